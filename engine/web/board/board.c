#include "board/board.h"

#include <stdlib.h>

#include "board/private.h"
#include "event/decode.h"

/* ------------------------------------------------------------------- life */

static enum cm_status set_up(struct cm_board *board)
{
    const struct cm_board_settings *settings = &board->settings;
    if (settings->dimension_count > CM_BOARD_DIMENSIONS_MAX)
        return CM_ELIMIT;
    board->since_ms = CM_SHEET_NO_TIME;
    enum cm_status status = cm_board_items_new(board);
    if (status == CM_OK)
        status = cm_board_care_new(board);
    if (status == CM_OK)
        status = cm_board_groups_new(board);
    if (status == CM_OK && settings->texts && settings->redactor)
        status = cm_redaction_new(settings->redactor, &board->redaction);
    return status;
}

enum cm_status cm_board_new(const struct cm_board_settings *settings, struct cm_board **out)
{
    *out = NULL;
    struct cm_board *board = calloc(1, sizeof *board);
    if (!board)
        return CM_ENOMEM;
    board->settings = *settings;
    enum cm_status status = set_up(board);
    if (status != CM_OK) {
        cm_board_free(board);
        return status;
    }
    *out = board;
    return CM_OK;
}

void cm_board_free(struct cm_board *board)
{
    if (!board)
        return;
    cm_board_items_free(board);
    cm_board_promises_free(board);
    cm_board_letters_free(board);
    cm_board_groups_free(board);
    free(board->cues);
    free(board->sum);
    cm_redaction_free(board->redaction);
    cm_arena_free(&board->arena);
    cm_buffer_free(&board->words);
    cm_buffer_free(&board->scratch);
    free(board);
}

void cm_board_begin(struct cm_board *board)
{
    cm_arena_reset(&board->arena);
    board->turned = NULL;
}

/* ------------------------------------------------------------- scorecards */

static bool is_first_pack(const struct cm_board *board, struct cm_span pack)
{
    return !board->settings.pack || cm_span_equal(pack, cm_span_of(board->settings.pack));
}

/* Out of what the older card said: figures, and how many are open. */
static void uncount(struct cm_board *board, struct cm_board_item *item)
{
    if (item->status == CM_BOARD_ITEM_OPEN) {
        item->queue->open--;
        board->all.open--;
    } else if (item->status == CM_BOARD_ITEM_FINAL) {
        cm_board_care_drop(board, item);
    }
}

static enum cm_status move_to_queue(struct cm_board *board, struct cm_board_item *item, struct cm_span name)
{
    struct cm_board_group *queue = cm_board_queue(board, name);
    if (!queue)
        return CM_ENOMEM;
    if (queue != item->queue)
        cm_board_moments_move(item, queue);
    item->queue = queue;
    return CM_OK;
}

static enum cm_status describe(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    item->channel = cm_board_name(board, card->channel);
    item->customer = card->customer_id.len ? cm_hash64(card->customer_id) : 0;
    enum cm_status status = cm_board_own(board, &item->agent_id, card->agent_id);
    return status == CM_OK ? move_to_queue(board, item, card->queue) : status;
}

static enum cm_status count_final(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    enum cm_status status = cm_board_care_room(board, &board->all);
    if (status == CM_OK)
        status = cm_board_care_room(board, item->queue);
    if (status != CM_OK)
        return status;
    cm_board_care_take(board, item, card);
    if (item->status == CM_BOARD_ITEM_FINAL)
        return CM_OK;
    board->finals++;
    item->queue->scored += card->score >= 0;
    item->queue->unscored += card->score < 0;
    return cm_board_count_outcomes(board, card);
}

static enum cm_status count(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    enum cm_status status = card->final ? count_final(board, item, card) : CM_OK;
    if (status == CM_OK && !card->final) {
        board->finals -= item->status == CM_BOARD_ITEM_FINAL;
        item->queue->open++;
        board->all.open++;
    }
    if (status == CM_OK)
        item->status = card->final ? CM_BOARD_ITEM_FINAL : CM_BOARD_ITEM_OPEN;
    return status;
}

/* Figures are of the first pack alone. */
static enum cm_status take_first_pack(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    uncount(board, item);
    item->revised = card->final && item->status == CM_BOARD_ITEM_FINAL && !item->texts && card->revision != item->revision;
    item->revision = card->revision;
    item->status = item->status == CM_BOARD_ITEM_OPEN ? CM_BOARD_ITEM_SEEN : item->status;
    enum cm_status status = describe(board, item, card);
    if (status == CM_OK)
        status = cm_board_moments_take(board, item, card);
    if (status == CM_OK)
        status = count(board, item, card);
    if (status == CM_OK)
        status = cm_board_concern_take(board, item, card);
    if (status == CM_OK)
        status = cm_board_promises_take(board, item, card);
    item->edited = false;
    return status;
}

enum cm_status cm_board_card(struct cm_board *board, struct cm_span line)
{
    struct cm_sheet card;
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    cm_board_begin(board);
    enum cm_status status = cm_sheet_read(&board->arena, line, board->settings.dimensions, board->settings.dimension_count, false, &card);
    if (status != CM_OK) {
        board->bad += status == CM_EINPUT;
        return status;
    }
    struct cm_board_item *item = cm_board_item_get(board, card.interaction_id);
    if (!item)
        return CM_ENOMEM;
    status = cm_board_store(board, item, &card, line);
    if (status == CM_OK && is_first_pack(board, card.pack))
        status = take_first_pack(board, item, &card);
    cm_board_item_used(board, item);
    cm_board_make_room(board, item);
    return status;
}

void cm_board_erase(struct cm_board *board, struct cm_span interaction_id)
{
    struct cm_board_item *item = cm_board_item_find(board, interaction_id);
    uint64_t hash = cm_hash64(interaction_id);
    cm_board_moments_erase(board, hash);
    cm_board_promises_erase(board, hash);
    cm_board_letters_erase(board, hash);
    if (item)
        cm_board_item_erase(board, item);
}

/* ------------------------------------------------------------------ events */

static bool is_kept(const struct cm_event *event)
{
    return event->type == CM_EVENT_MESSAGE || event->type == CM_EVENT_EDIT || event->type == CM_EVENT_DELETE;
}

enum cm_status cm_board_event(struct cm_board *board, struct cm_span line)
{
    struct cm_event event;
    struct cm_decoded decoded;
    line = cm_decode_trim(line, false);
    if (!board->redaction || line.len == 0)
        return CM_OK;
    cm_board_begin(board);
    enum cm_status status = cm_decode(&board->arena, line, &event, &decoded);
    if (status != CM_OK || decoded.reject != CM_REJECT_NONE)
        return status;
    struct cm_board_item *item = cm_board_item_get(board, event.interaction_id);
    if (!item)
        return CM_ENOMEM;
    status = cm_board_text_name(board, item, event.customer_name);
    if (status == CM_OK && is_kept(&event))
        status = cm_board_text_keep(board, item, &event);
    if (event.type == CM_EVENT_DELETE)
        cm_board_letters_erase(board, item->hash);
    if (status == CM_OK)
        status = cm_board_letter_take(board, item, &event);
    cm_board_item_used(board, item);
    cm_board_make_room(board, item);
    return status;
}

/* -------------------------------------------------------------------- rest */

void cm_board_lost(struct cm_board *board, uint64_t cards)
{
    board->lost += cards;
}

void cm_board_source_is(struct cm_board *board, const struct cm_board_source *source)
{
    board->source = *source;
}

void cm_board_time(struct cm_board *board, int64_t now_ms)
{
    if (now_ms <= board->now_ms)
        return;
    board->now_ms = now_ms;
    cm_board_promises_time(board);
    cm_board_letters_time(board);
}
