/*
 * Figures of what ended in the window, kept in slots of a minute (longer ones where the window is longer than four hours), so that a window
 * moves by leaving slots out. A revision is taken out of its slot before it is put into another. The slot of this moment is not over
 * yet: figures are of the last window less at most one slot.
 */
#include <stdlib.h>

#include "board/private.h"

#define SLOTS_OF_WINDOW_MAX 240

static const char *const reason_ids[] = {
#define X(name, id, title) id,
    CM_BOARD_REASONS(X)
#undef X
};
static const char *const reason_titles[] = {
#define X(name, id, title) title,
    CM_BOARD_REASONS(X)
#undef X
};

const char *cm_board_reason_id(enum cm_board_reason reason)
{
    return reason_ids[reason];
}

const char *cm_board_reason_title(enum cm_board_reason reason)
{
    return reason_titles[reason];
}

/* -------------------------------------------------------------------- slots */

static int64_t slot_of(const struct cm_board *board, int64_t ms)
{
    return ms / board->slot_ms - (ms % board->slot_ms < 0);
}

int64_t cm_board_slot_now(const struct cm_board *board)
{
    return slot_of(board, board->now_ms);
}

enum cm_status cm_board_care_new(struct cm_board *board)
{
    int64_t window = board->settings.window_ms > CM_BOARD_MINUTE_MS ? board->settings.window_ms : CM_BOARD_MINUTE_MS;
    int64_t minutes = (window + CM_BOARD_MINUTE_MS - 1) / CM_BOARD_MINUTE_MS;
    int64_t minutes_of_slot = (minutes + SLOTS_OF_WINDOW_MAX - 1) / SLOTS_OF_WINDOW_MAX;
    board->slot_ms = minutes_of_slot * CM_BOARD_MINUTE_MS;
    board->slots_of_window = (window + board->slot_ms - 1) / board->slot_ms;
    int64_t of_trend = CM_BOARD_HOUR_MS / board->slot_ms + 5; /* five minutes may have begun before the hour */
    board->slot_count = (size_t)(board->slots_of_window > of_trend ? board->slots_of_window : of_trend);
    board->slot_bytes = sizeof(struct cm_board_slot) + (1 + board->settings.dimension_count) * sizeof(struct cm_board_figure);
    board->sum = malloc(board->slot_bytes);
    return board->sum ? CM_OK : CM_ENOMEM;
}

/* Its place in a group, whatever stands there; NULL: nothing has ended. */
static struct cm_board_slot *place_of(const struct cm_board *board, const struct cm_board_group *group, int64_t slot)
{
    int64_t count = (int64_t)board->slot_count;
    return group->slots ? (struct cm_board_slot *)(void *)(group->slots + (size_t)((slot % count + count) % count) * board->slot_bytes)
                        : NULL;
}

enum cm_status cm_board_care_room(struct cm_board *board, struct cm_board_group *group)
{
    if (group->slots)
        return CM_OK;
    group->slots = calloc(board->slot_count, board->slot_bytes);
    if (!group->slots)
        return CM_ENOMEM;
    for (size_t i = 0; i < board->slot_count; i++)
        place_of(board, group, (int64_t)i)->slot = CM_SHEET_NO_TIME;
    board->bytes += board->slot_count * board->slot_bytes;
    return CM_OK;
}

/* ------------------------------------------------------------------ counting */

/* sign: 1 puts in, -1 takes out. */
static void count(const struct cm_board *board, const struct cm_board_group *group, const struct cm_board_counted *counted, int sign)
{
    struct cm_board_slot *slot = place_of(board, group, counted->slot);
    if (slot->slot != counted->slot) {
        if (sign < 0 || (slot->slot != CM_SHEET_NO_TIME && slot->slot > counted->slot))
            return; /* it is over */
        memset(slot, 0, board->slot_bytes);
        slot->slot = counted->slot;
    }
    if (counted->scores[0] < 0)
        slot->unscored[counted->reason] += (uint32_t)sign;
    for (size_t i = 0; counted->scores[0] >= 0 && i <= board->settings.dimension_count; i++) {
        if (counted->scores[i] < 0)
            continue;
        slot->figures[i].n += (uint32_t)sign;
        slot->figures[i].sum += sign * counted->scores[i];
        slot->figures[i].unvalidated += (uint32_t)sign * (counted->unvalidated >> i & 1);
    }
}

static enum cm_board_reason reason_of(const struct cm_sheet *card)
{
    unsigned reason = CM_BOARD_REASON_LOW_COVERAGE;
    if (!card->behaviours)
        return CM_BOARD_REASON_CHANNEL;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (unsigned i = 0; i < CM_BOARD_REASON_CHANNEL && i < reason; i++)
            if (behaviour->outcome == CM_SHEET_OTHER && cm_span_equal(behaviour->reason, cm_span_of(reason_ids[i])))
                reason = i;
    return (enum cm_board_reason)reason;
}

/* CARE, and each dimension, of which something counted that nobody has measured. */
static uint32_t unvalidated_of(const struct cm_board *board, const struct cm_sheet *card)
{
    uint32_t bits = 0;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next) {
        const struct cm_board_behaviour *known = behaviour->outcome != CM_SHEET_OTHER ? cm_board_behaviour(board, behaviour->id) : NULL;
        if (!known || !known->unvalidated)
            continue;
        bits |= 1;
        for (size_t i = 0; i < board->settings.dimension_count; i++)
            if (known->dimension && strcmp(known->dimension, board->settings.dimensions[i].id) == 0)
                bits |= 2u << i;
    }
    return bits;
}

/* When it ended, or when it was told that it did. */
static int64_t end_of(const struct cm_board *board, const struct cm_sheet *card)
{
    return card->ended_at == CM_SHEET_NO_TIME || card->ended_at > board->now_ms ? board->now_ms : card->ended_at;
}

void cm_board_care_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    struct cm_board_counted *counted = &item->counted;
    int64_t ended_at = end_of(board, card), slot = slot_of(board, ended_at);
    *counted = (struct cm_board_counted){.slot = CM_SHEET_NO_TIME};
    counted->scores[0] = (int16_t)card->score;
    for (size_t i = 0; i < board->settings.dimension_count; i++)
        counted->scores[1 + i] = (int16_t)card->dimensions[i];
    counted->reason = card->score < 0 ? (uint8_t)reason_of(card) : 0;
    counted->unvalidated = unvalidated_of(board, card);
    if (board->since_ms == CM_SHEET_NO_TIME || ended_at < board->since_ms)
        board->since_ms = ended_at;
    if (slot <= cm_board_slot_now(board) - (int64_t)board->slot_count)
        return;
    counted->slot = slot;
    count(board, &board->all, counted, 1);
    count(board, item->queue, counted, 1);
}

void cm_board_care_drop(struct cm_board *board, struct cm_board_item *item)
{
    if (item->counted.slot == CM_SHEET_NO_TIME)
        return;
    count(board, &board->all, &item->counted, -1);
    count(board, item->queue, &item->counted, -1);
    item->counted.slot = CM_SHEET_NO_TIME;
}

void cm_board_care_sum(const struct cm_board *board, const struct cm_board_group *group, int64_t from, int64_t to,
                       struct cm_board_slot *sum)
{
    memset(sum, 0, board->slot_bytes);
    for (int64_t at = from; group && group->slots && at <= to; at++) {
        const struct cm_board_slot *slot = place_of(board, group, at);
        if (slot->slot != at)
            continue;
        for (unsigned i = 0; i < CM_BOARD_REASON_COUNT; i++)
            sum->unscored[i] += slot->unscored[i];
        for (size_t i = 0; i <= board->settings.dimension_count; i++) {
            sum->figures[i].n += slot->figures[i].n;
            sum->figures[i].sum += slot->figures[i].sum;
            sum->figures[i].unvalidated += slot->figures[i].unvalidated;
        }
    }
}
