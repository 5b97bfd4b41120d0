/*
 * Who waits for what at this moment. An interaction has one line: the words that have waited longest. Several behaviours may be due for
 * the same words; the line is half met where words have answered one of them, and says that nobody cares where the customer says so.
 */
#include <stdlib.h>

#include "board/private.h"

#define UNCARED 0u
#define CARED 1u
#define BEHIND_ALL 2u

static bool begins(struct cm_span rule, const char *start)
{
    return cm_span_starts_with(rule, cm_span_of(start));
}

/* Not heard, passed around, has to say it again: ids of the shipped pack, and of whoever names cues as it does. */
static bool says_uncared(struct cm_span rule)
{
    if (!rule.ptr || cm_span_equal(rule, CM_SPAN("concern.asks_why")))
        return false;
    return begins(rule, "concern.") || begins(rule, "uncared.") || begins(rule, "repeat.") ||
           cm_span_equal(rule, CM_SPAN("customer.uncared")) || cm_span_equal(rule, CM_SPAN("customer.repeat"));
}

static bool is_concern(const struct cm_sheet_pending *pending)
{
    return pending->opportunity && pending->evidence && cm_span_equal(pending->dimension, CM_SPAN("respond"));
}

/* The line of an interaction. */
struct line {
    const struct cm_sheet_pending *shown; /* NULL: nobody waits */
    bool uncared, half;
    uint32_t more; /* other words that wait, too */
};

/* Which of those due for the same words tells most: a cry that nobody cares, then what was half met. */
static int weight(const struct cm_sheet_pending *pending)
{
    return 2 * says_uncared(pending->evidence->rule) + pending->half;
}

static bool earlier(const struct cm_sheet_pending *a, const struct cm_sheet_pending *b)
{
    int64_t a_since = a->since == CM_SHEET_NO_TIME ? INT64_MAX : a->since, b_since = b->since == CM_SHEET_NO_TIME ? INT64_MAX : b->since;
    return a_since != b_since ? a_since < b_since : a->evidence->turn < b->evidence->turn;
}

static bool opens_another_turn(const struct cm_sheet_pending *first, const struct cm_sheet_pending *pending, uint32_t shown)
{
    uint32_t turn = pending->evidence->turn;
    if (turn == shown)
        return false;
    for (; first != pending; first = first->next)
        if (is_concern(first) && first->evidence->turn == turn)
            return false;
    return true;
}

static struct line line_of(const struct cm_sheet *card)
{
    struct line line = {NULL, false, false, 0};
    for (const struct cm_sheet_pending *pending = card->pending; pending; pending = pending->next)
        if (is_concern(pending) && (!line.shown || earlier(pending, line.shown)))
            line.shown = pending;
    uint32_t turn = line.shown ? line.shown->evidence->turn : 0;
    for (const struct cm_sheet_pending *pending = line.shown ? card->pending : NULL; pending; pending = pending->next) {
        if (!is_concern(pending))
            continue;
        line.uncared |= says_uncared(pending->evidence->rule);
        line.more += opens_another_turn(card->pending, pending, turn);
        if (pending->evidence->turn != turn)
            continue;
        line.half |= pending->half;
        if (weight(pending) > weight(line.shown))
            line.shown = pending;
    }
    return line;
}

/* -------------------------------------------------------------------- order */

static struct cm_order_key key_of(const struct cm_board_concern *concern)
{
    return (struct cm_order_key){concern->uncared ? UNCARED : CARED, concern->late_at, concern->item->serial};
}

static void take_out(struct cm_board *board, struct cm_board_concern *concern)
{
    if (!concern->queue)
        return;
    cm_order_remove(&board->all.concerns, &concern->in_all);
    cm_order_remove(&concern->queue->concerns, &concern->in_queue);
    if (!concern->told)
        cm_order_remove(&board->untold, &concern->untold);
    concern->queue = NULL;
}

static void put_in(struct cm_board *board, struct cm_board_concern *concern)
{
    concern->in_all.key = concern->in_queue.key = key_of(concern);
    concern->untold.key = (struct cm_order_key){0, concern->late_at, concern->item->serial};
    concern->queue = concern->item->queue;
    cm_order_insert(&board->all.concerns, &concern->in_all);
    cm_order_insert(&concern->queue->concerns, &concern->in_queue);
    if (!concern->told)
        cm_order_insert(&board->untold, &concern->untold);
}

void cm_board_concern_drop(struct cm_board *board, struct cm_board_item *item)
{
    struct cm_board_concern *concern = item->concern;
    if (!concern)
        return;
    take_out(board, concern);
    cm_board_disown(board, &concern->words);
    cm_board_disown(board, &concern->agent_id);
    board->bytes -= sizeof *concern;
    free(concern);
    item->concern = NULL;
}

static struct cm_board_concern *concern_of(struct cm_board *board, struct cm_board_item *item)
{
    if (item->concern)
        return item->concern;
    item->concern = calloc(1, sizeof *item->concern);
    if (item->concern) {
        item->concern->item = item;
        item->concern->turn = UINT32_MAX;
        item->concern->since = CM_SHEET_NO_TIME;
        board->bytes += sizeof *item->concern;
    }
    return item->concern;
}

/* Words are looked up where they are others than before: it takes a redaction. */
static enum cm_status take_words(struct cm_board *board, struct cm_board_concern *concern, const struct cm_sheet_evidence *evidence)
{
    bool same = concern->turn == evidence->turn && concern->start == evidence->start && concern->end == evidence->end;
    if (same && !concern->item->edited)
        return CM_OK;
    concern->turn = evidence->turn;
    concern->start = evidence->start;
    concern->end = evidence->end;
    return cm_board_own(board, &concern->words, cm_board_words(board, concern->item, evidence));
}

/* Since when, if no event has a time: since the conversation began, as far as anybody knows. */
static int64_t since_of(const struct cm_board_item *item, const struct cm_sheet *card, const struct cm_sheet_pending *pending)
{
    return pending->since != CM_SHEET_NO_TIME ? pending->since : card->started_at != CM_SHEET_NO_TIME ? card->started_at : item->first_ms;
}

/* A mail may wait for longer than a call: each channel has its own time. */
static int64_t late_at(const struct cm_board *board, const struct cm_board_item *item, int64_t since)
{
    unsigned channel = CM_CHANNEL_COUNT - 1;
    while (channel != CM_CHANNEL_NONE && !(item->channel && strcmp(item->channel, cm_channel_name((enum cm_channel)channel)) == 0))
        channel--;
    return since + board->settings.late_ms[channel];
}

static enum cm_status show(struct cm_board *board, struct cm_board_concern *concern, const struct cm_sheet *card, const struct line *line)
{
    const struct cm_sheet_pending *shown = line->shown;
    const struct cm_board_behaviour *known = cm_board_behaviour(board, shown->id);
    int64_t since = since_of(concern->item, card, shown);
    const char *name = known ? known->id : cm_board_name(board, shown->id);
    concern->behaviour = name ? name : "respond";
    concern->title = known ? known->title : concern->behaviour;
    concern->half = line->half;
    concern->more = line->more;
    int64_t late = late_at(board, concern->item, since);
    if (!concern->queue || concern->queue != concern->item->queue || concern->uncared != line->uncared || concern->since != since ||
        concern->late_at != late) {
        take_out(board, concern);
        concern->told &= concern->since == since;
        concern->uncared = line->uncared;
        concern->since = since;
        concern->late_at = late;
        put_in(board, concern);
    }
    enum cm_status status = take_words(board, concern, shown->evidence);
    return status == CM_OK ? cm_board_own(board, &concern->agent_id, shown->agent_id) : status;
}

enum cm_status cm_board_concern_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    struct line line = line_of(card);
    if (card->final || !line.shown) {
        cm_board_concern_drop(board, item);
        return CM_OK;
    }
    struct cm_board_concern *concern = concern_of(board, item);
    return concern ? show(board, concern, card, &line) : CM_ENOMEM;
}

/* ------------------------------------------------------------------- figures */

#define CONCERN_OF(node, member) ((struct cm_board_concern *)(void *)((char *)(node)-offsetof(struct cm_board_concern, member)))

const struct cm_board_concern *cm_board_concern_at(const struct cm_board *board, const struct cm_board_group *group, size_t index)
{
    struct cm_order_node *node = cm_order_at(&group->concerns, index);
    return !node ? NULL : group == &board->all ? CONCERN_OF(node, in_all) : CONCERN_OF(node, in_queue);
}

static size_t before(const struct cm_order *order, uint32_t rank, int64_t late_at)
{
    return cm_order_before(order, (struct cm_order_key){rank, late_at, 0});
}

struct cm_board_waiting cm_board_waiting(const struct cm_board *board, const struct cm_board_group *group)
{
    struct cm_board_waiting waiting = {0, 0, 0, CM_SHEET_NO_TIME, CM_SHEET_NO_TIME};
    if (!group || !group->concerns.root)
        return waiting;
    const struct cm_order *order = &group->concerns;
    waiting.count = before(order, BEHIND_ALL, INT64_MIN);
    waiting.uncared = before(order, CARED, INT64_MIN);
    waiting.late = before(order, UNCARED, board->now_ms) + before(order, CARED, board->now_ms) - waiting.uncared;
    for (unsigned i = 0; i < 2; i++) {
        const struct cm_board_concern *first = cm_board_concern_at(board, group, i ? waiting.uncared : 0);
        if (!first || (waiting.worst_late_at != CM_SHEET_NO_TIME && first->late_at >= waiting.worst_late_at))
            continue;
        waiting.worst_since = first->since;
        waiting.worst_late_at = first->late_at;
    }
    return waiting;
}

static void describe(const struct cm_board *board, const struct cm_board_concern *concern, struct cm_board_overdue *overdue)
{
    const struct cm_board_item *item = concern->item;
    struct cm_span none = {NULL, 0}, agent = concern->agent_id.ptr ? concern->agent_id : item->agent_id;
    *overdue = (struct cm_board_overdue){
        .interaction_id = item->id,
        .channel = item->channel ? cm_span_of(item->channel) : none,
        .queue = item->queue->name,
        .agent_id = board->settings.agents ? agent : none,
        .words = concern->words,
        .behaviour = cm_span_of(concern->behaviour),
        .title = cm_span_of(concern->title),
        .since_ms = concern->since,
        .now_ms = board->now_ms,
        .uncared = concern->uncared,
        .half = concern->half,
    };
}

void cm_board_overdue(struct cm_board *board, int64_t after_ms, void (*tell)(void *context, const struct cm_board_overdue *overdue),
                      void *context)
{
    struct cm_order_node *node;
    while ((node = cm_order_at(&board->untold, 0)) && node->key.at < board->now_ms - after_ms) {
        struct cm_board_concern *concern = CONCERN_OF(node, untold);
        struct cm_board_overdue overdue;
        cm_order_remove(&board->untold, node);
        concern->told = true;
        describe(board, concern, &overdue);
        tell(context, &overdue);
    }
}

bool cm_board_waits(const struct cm_board *board, struct cm_span interaction_id, int64_t since_ms)
{
    const struct cm_board_item *item = cm_board_item_find(board, interaction_id);
    return item && item->concern && item->concern->since == since_ms;
}
