/*
 * The turns of an interaction, in the engine's order (rules/REFERENCE.md §8), so that the evidence of a scorecard finds its words:
 * duplicates dropped, conflicts settled, by seq where all messages have one, else by time; the last edit wins, a deletion beats edits.
 */
#include <stdlib.h>

#include "board/private.h"

enum by { BY_SEQ, BY_TS, BY_ARRIVAL };

struct kept {
    const struct cm_board_text *text;
};

static int compare_numbers(bool has_a, int64_t a, bool has_b, int64_t b)
{
    return has_a != has_b ? has_a - has_b : has_a ? (a > b) - (a < b) : 0;
}

static int compare_seq(const struct cm_board_text *a, const struct cm_board_text *b)
{
    bool has_a = a->has & CM_HAS_SEQ, has_b = b->has & CM_HAS_SEQ;
    return has_a != has_b ? has_a - has_b : has_a ? (a->seq > b->seq) - (a->seq < b->seq) : 0;
}

static int compare_ts(const struct cm_board_text *a, const struct cm_board_text *b)
{
    return compare_numbers(a->has & CM_HAS_TS, a->ts, b->has & CM_HAS_TS, b->ts);
}

/* By name of the speaker, absent first; H; then who came first. */
static int compare_rest(const struct cm_board_text *a, const struct cm_board_text *b)
{
    int order = strcmp(cm_speaker_name((enum cm_speaker)a->speaker), cm_speaker_name((enum cm_speaker)b->speaker));
    if (!order)
        order = cm_hash128_compare(a->hash, b->hash);
    return order ? order : (a->serial > b->serial) - (a->serial < b->serial);
}

static int compare(const struct cm_board_text *a, const struct cm_board_text *b, enum by by)
{
    int order = by == BY_SEQ ? compare_seq(a, b) : by == BY_TS ? compare_ts(a, b) : 0;
    if (!order && by == BY_ARRIVAL)
        return (a->serial > b->serial) - (a->serial < b->serial);
    if (!order)
        order = by == BY_SEQ ? compare_ts(a, b) : compare_seq(a, b);
    return order ? order : compare_rest(a, b);
}

static int compare_by_seq(const void *a, const void *b)
{
    return compare(((const struct kept *)a)->text, ((const struct kept *)b)->text, BY_SEQ);
}

static int compare_by_ts(const void *a, const void *b)
{
    return compare(((const struct kept *)a)->text, ((const struct kept *)b)->text, BY_TS);
}

/* ----------------------------------------------------------------- identity */

/* Those of one identity stand together; of them the one that stays comes first. */
static int compare_identity(const void *a, const void *b)
{
    const struct cm_board_text *x = ((const struct kept *)a)->text, *y = ((const struct kept *)b)->text;
    bool x_id = x->event_id.ptr, y_id = y->event_id.ptr;
    int order = x_id != y_id ? x_id - y_id : x_id ? cm_span_compare(x->event_id, y->event_id) : compare_seq(x, y);
    if (!order && !x_id && !(x->has & CM_HAS_SEQ))
        return (x->serial > y->serial) - (x->serial < y->serial); /* not known at all: no two are one */
    if (!order)
        order = compare_ts(x, y);
    return order ? order : compare_rest(x, y);
}

static bool same_identity(const struct cm_board_text *a, const struct cm_board_text *b)
{
    if (a->event_id.ptr || b->event_id.ptr)
        return a->event_id.ptr && b->event_id.ptr && cm_span_equal(a->event_id, b->event_id);
    return a->has & b->has & CM_HAS_SEQ && a->seq == b->seq;
}

static size_t drop_duplicates(struct kept *kept, size_t count)
{
    size_t stay = 0;
    qsort(kept, count, sizeof *kept, compare_identity);
    for (size_t i = 0; i < count; i++)
        if (stay == 0 || !same_identity(kept[stay - 1].text, kept[i].text))
            kept[stay++] = kept[i];
    return stay;
}

/* -------------------------------------------------------------------- edits */

static bool is_later(const struct cm_board_text *edit, const struct cm_board_text *than)
{
    if (edit->type != than->type)
        return edit->type == CM_EVENT_DELETE;
    int order = compare_seq(edit, than);
    if (!order)
        order = compare_ts(edit, than);
    return (order ? order : cm_hash128_compare(edit->hash, than->hash)) > 0;
}

static struct cm_board_turn *target_of(struct cm_board_turn *turns, size_t count, const struct cm_board_text *edit)
{
    for (size_t i = 0; i < count; i++) {
        const struct cm_board_text *message = turns[i].message;
        bool meant = edit->target_event_id.ptr
                         ? message->event_id.ptr && cm_span_equal(message->event_id, edit->target_event_id)
                         : edit->has & CM_HAS_TARGET_SEQ && message->has & CM_HAS_SEQ && message->seq == edit->target_seq;
        if (meant)
            return &turns[i];
    }
    return NULL;
}

static void apply(struct cm_board_turn *turns, size_t count, const struct kept *kept, size_t kept_count)
{
    for (size_t i = 0; i < kept_count; i++) {
        const struct cm_board_text *edit = kept[i].text;
        struct cm_board_turn *turn = edit->type == CM_EVENT_MESSAGE ? NULL : target_of(turns, count, edit);
        if (turn && (turn->words == turn->message || is_later(edit, turn->words)))
            turn->words = edit;
    }
    for (size_t i = 0; i < count; i++)
        if (turns[i].words->type == CM_EVENT_DELETE)
            turns[i].words = NULL;
}

/* -------------------------------------------------------------------- turns */

/* Messages to the front, in order; how they are ordered depends on what all of them have. */
static size_t order_messages(struct kept *kept, size_t count)
{
    bool seq = true, ts = true;
    size_t messages = 0;
    for (size_t i = 0; i < count; i++) {
        struct kept one = kept[i];
        if (one.text->type != CM_EVENT_MESSAGE)
            continue;
        seq &= (one.text->has & CM_HAS_SEQ) != 0;
        ts &= (one.text->has & CM_HAS_TS) != 0;
        kept[i] = kept[messages];
        kept[messages++] = one;
    }
    if (seq || ts) {
        qsort(kept, messages, sizeof *kept, seq ? compare_by_seq : compare_by_ts);
        return messages;
    }
    for (size_t i = 1; i < messages; i++) { /* as they came: they are nearly in order */
        struct kept one = kept[i];
        size_t at = i;
        for (; at > 0 && compare(one.text, kept[at - 1].text, BY_ARRIVAL) < 0; at--)
            kept[at] = kept[at - 1];
        kept[at] = one;
    }
    return messages;
}

enum cm_status cm_board_turns(struct cm_board *board, const struct cm_board_item *item)
{
    size_t kept_count = 0, at = 0;
    if (board->turned == item)
        return CM_OK;
    for (const struct cm_board_text *text = item->texts; text; text = text->next)
        kept_count++;
    struct kept *kept = cm_arena_calloc(&board->arena, kept_count, sizeof *kept);
    struct cm_board_turn *turns = cm_arena_calloc(&board->arena, kept_count, sizeof *turns);
    if (!kept || !turns)
        return CM_ENOMEM;
    for (const struct cm_board_text *text = item->texts; text; text = text->next)
        kept[at++].text = text;
    kept_count = drop_duplicates(kept, kept_count);
    size_t count = order_messages(kept, kept_count);
    for (size_t i = 0; i < count; i++)
        turns[i] = (struct cm_board_turn){kept[i].text, kept[i].text};
    apply(turns, count, kept, kept_count);
    board->turned = item;
    board->turns = turns;
    board->turn_count = count;
    return CM_OK;
}

const struct cm_board_turn *cm_board_turn_of(struct cm_board *board, const struct cm_board_item *item,
                                             const struct cm_sheet_evidence *evidence)
{
    if (!item->texts || cm_board_turns(board, item) != CM_OK)
        return NULL;
    for (size_t i = 0; evidence->has_seq && i < board->turn_count; i++)
        if (board->turns[i].message->has & CM_HAS_SEQ && board->turns[i].message->seq == evidence->seq)
            return &board->turns[i];
    return evidence->turn < board->turn_count ? &board->turns[evidence->turn] : NULL;
}
