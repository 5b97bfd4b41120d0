/*
 * What is worth celebrating: delight of customers, and what agents do beyond what was due. Each queue keeps its newest of both kinds, so
 * that a day full of care leaves room for praise; all queues together show the newest of theirs. An open scorecard says anew what there
 * is: what it says no more was taken back, and leaves.
 */
#include <stdlib.h>

#include "board/private.h"

#define DELIGHTED "The customer is delighted"
#define THANKS "The customer cannot thank enough"

/* One thing that a scorecard says, wherever it stands in it. */
struct sight {
    struct cm_span id, agent_id;
    int64_t at;
    const char *title; /* NULL: nothing to celebrate */
    bool praise;
    const struct cm_sheet_evidence *evidence;
};

static bool says(struct cm_span rule, const char *part)
{
    return rule.ptr && memmem(rule.ptr, rule.len, part, strlen(part));
}

/* "Got it", "of course", "is that okay?": it adds up to listening, and no single one is a moment. */
static bool is_ordinary(struct cm_span rule)
{
    static const char *const starts[] = {"ack.", "answer.", "apology.", "bye.", "check.", "courtesy.", "question.", "restate.", "wait."};
    for (size_t i = 0; rule.ptr && i < sizeof starts / sizeof *starts; i++)
        if (cm_span_starts_with(rule, cm_span_of(starts[i])))
            return true;
    return false;
}

/* Bonus of how a customer is met, not of how a matter is settled: that is what he came for. */
static const char *title_of_bonus(const struct cm_board *board, struct cm_span id, const struct cm_sheet_evidence *evidence)
{
    const struct cm_board_behaviour *known = cm_board_behaviour(board, id);
    if (!known || !known->dimension || strcmp(known->kind, "bonus") != 0 || is_ordinary(evidence->rule))
        return NULL;
    bool beyond = strcmp(known->dimension, "enrich") == 0 || strcmp(known->dimension, "acknowledge") == 0;
    return beyond ? known->title : NULL;
}

/* ---------------------------------------------------------------------- shelf */

static bool newer(const struct cm_board_moment *a, const struct cm_board_moment *b)
{
    return a->at != b->at ? a->at > b->at : a->key < b->key;
}

static bool fits(const struct cm_board_shelf *shelf, const struct cm_board_moment *moment)
{
    return shelf->count < CM_BOARD_MOMENTS_OF_KIND_MAX || newer(moment, &shelf->moments[shelf->count - 1]);
}

static void take_out(struct cm_board_shelf *shelf, size_t index)
{
    shelf->count--;
    memmove(&shelf->moments[index], &shelf->moments[index + 1], (shelf->count - index) * sizeof *shelf->moments);
}

/* It fits. */
static void put_in(struct cm_board_shelf *shelf, struct cm_board_moment moment)
{
    size_t at = shelf->count;
    if (at == CM_BOARD_MOMENTS_OF_KIND_MAX) {
        free(shelf->moments[--at].block);
        shelf->count--;
    }
    for (; at > 0 && newer(&moment, &shelf->moments[at - 1]); at--)
        shelf->moments[at] = shelf->moments[at - 1];
    shelf->moments[at] = moment;
    shelf->count++;
}

/* ------------------------------------------------------------------- scorecards */

/* Praise counts each time that it is given. Care is told once a behaviour and once a turn: the same words show several behaviours. */
static struct cm_board_moment *find(struct cm_board_shelf *shelf, const struct cm_board_moment *like)
{
    for (size_t i = 0; i < shelf->count; i++) {
        struct cm_board_moment *moment = &shelf->moments[i];
        if (moment->key == like->key || (!like->praise && moment->interaction == like->interaction && moment->turn == like->turn))
            return moment;
    }
    return NULL;
}

static uint64_t key_of(const struct cm_board_item *item, const struct sight *sight)
{
    uint64_t parts[] = {item->hash, cm_hash64(sight->id), sight->praise ? sight->evidence->turn : UINT64_MAX};
    return cm_hash64((struct cm_span){(const char *)parts, sizeof parts});
}

static enum cm_status take(struct cm_board *board, struct cm_board_item *item, const struct sight *sight)
{
    struct cm_board_shelf *shelf = &item->queue->shelves[sight->praise];
    struct cm_board_moment moment = {.key = key_of(item, sight),
                                     .interaction = item->hash,
                                     .at = sight->at != CM_SHEET_NO_TIME ? sight->at : item->first_ms,
                                     .turn = sight->evidence->turn,
                                     .praise = sight->praise,
                                     .title = sight->title,
                                     .channel = item->channel,
                                     .queue = item->queue};
    if (find(shelf, &moment) || !fits(shelf, &moment))
        return CM_OK;
    moment.interaction_id = item->id;
    moment.agent_id = sight->agent_id.ptr ? sight->agent_id : item->agent_id;
    moment.words = cm_board_words(board, item, sight->evidence);
    moment.block = cm_board_block((struct cm_span *[]){&moment.interaction_id, &moment.agent_id, &moment.words}, 3);
    if (!moment.block)
        return CM_ENOMEM;
    put_in(shelf, moment);
    return CM_OK;
}

/* "Well done, another day without water": who complains in the same breath is not delighted. */
static bool complains(struct cm_span rule)
{
    static const char *const starts[] = {"complaint",      "customer.churn", "customer.complaint", "customer.repeat", "customer.uncared",
                                         "customer.upset", "concern.not",    "concern.same",       "upset.",          "uncared."};
    for (size_t i = 0; rule.ptr && i < sizeof starts / sizeof *starts; i++)
        if (cm_span_starts_with(rule, cm_span_of(starts[i])))
            return true;
    return false;
}

static bool complains_in(const struct cm_sheet *card, uint32_t turn)
{
    for (const struct cm_sheet_pending *pending = card->pending; pending; pending = pending->next)
        if (pending->evidence && pending->evidence->turn == turn && complains(pending->evidence->rule))
            return true;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_sheet_evidence *evidence = behaviour->evidence; evidence; evidence = evidence->next)
            if (evidence->turn == turn && complains(evidence->rule))
                return true;
    return false;
}

static bool of_moment(const struct cm_board *board, const struct cm_sheet *card, const struct cm_sheet_moment *moment, struct sight *sight)
{
    *sight = (struct sight){moment->id, moment->agent_id, moment->at, NULL, moment->kind != CM_SHEET_BONUS, &moment->evidence};
    bool enough = says(moment->evidence.rule, "cannot_thank_enough");
    if (moment->kind == CM_SHEET_BONUS)
        sight->title = title_of_bonus(board, moment->id, &moment->evidence);
    else if (moment->kind == CM_SHEET_DELIGHT)
        sight->title = enough ? THANKS : DELIGHTED;
    else if (moment->kind == CM_SHEET_THANKS && enough)
        sight->title = THANKS;
    if (sight->praise)
        sight->id = CM_SPAN("customer_outcome"); /* delight and thanks of one turn are one */
    return sight->title && !(sight->praise && complains_in(card, moment->evidence.turn));
}

/* What of this interaction the card does not say any more. */
static void take_back(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card, struct cm_board_shelf *shelf)
{
    struct sight sight;
    for (size_t i = shelf->count; i-- > 0;) {
        bool said = shelf->moments[i].interaction != item->hash;
        for (const struct cm_sheet_moment *moment = card->moments; moment && !said; moment = moment->next)
            said = of_moment(board, card, moment, &sight) && key_of(item, &sight) == shelf->moments[i].key &&
                   moment->evidence.turn == shelf->moments[i].turn;
        if (said)
            continue;
        free(shelf->moments[i].block);
        take_out(shelf, i);
    }
}

static enum cm_status take_open(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    struct sight sight;
    enum cm_status status = CM_OK;
    for (unsigned kind = 0; kind < 2; kind++)
        take_back(board, item, card, &item->queue->shelves[kind]);
    for (const struct cm_sheet_moment *moment = card->moments; moment && status == CM_OK; moment = moment->next)
        if (of_moment(board, card, moment, &sight))
            status = take(board, item, &sight);
    return status;
}

/* What a final card says of it, for who has not seen it open: a board that has just been started. */
static bool of_evidence(const struct cm_board *board, const struct cm_sheet *card, const struct cm_sheet_behaviour *behaviour,
                        const struct cm_sheet_evidence *evidence, struct sight *sight)
{
    *sight = (struct sight){behaviour->id, {NULL, 0}, card->ended_at, NULL, false, evidence};
    if (says(evidence->rule, "customer.delight") || says(evidence->rule, "cannot_thank_enough")) {
        sight->id = CM_SPAN("customer_outcome");
        sight->title = says(evidence->rule, "cannot_thank_enough") ? THANKS : DELIGHTED;
        sight->praise = true;
    } else if (behaviour->outcome == CM_SHEET_DELIVERED) {
        sight->title = title_of_bonus(board, behaviour->id, evidence);
    }
    return sight->title && !(sight->praise && complains_in(card, evidence->turn));
}

static enum cm_status take_final(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    struct sight sight;
    enum cm_status status = CM_OK;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_sheet_evidence *evidence = behaviour->evidence; evidence && status == CM_OK; evidence = evidence->next)
            if (of_evidence(board, card, behaviour, evidence, &sight))
                status = take(board, item, &sight);
    return status;
}

static void erase(struct cm_board_group *group, uint64_t interaction)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        struct cm_board_shelf *shelf = &group->shelves[kind];
        for (size_t i = shelf->count; i-- > 0;) {
            if (shelf->moments[i].interaction != interaction)
                continue;
            free(shelf->moments[i].block);
            take_out(shelf, i);
        }
    }
}

enum cm_status cm_board_moments_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    bool other = item->edited || item->revised; /* words, or none */
    if (other)
        erase(item->queue, item->hash);
    if (!card->final)
        return take_open(board, item, card);
    return item->status == CM_BOARD_ITEM_NEW || other ? take_final(board, item, card) : CM_OK;
}

/* ---------------------------------------------------------------------- leaving */

void cm_board_moments_erase(struct cm_board *board, uint64_t interaction)
{
    erase(&board->rest, interaction);
    for (size_t i = 0; i < board->queue_count; i++)
        erase(board->queues[i], interaction);
}

void cm_board_moments_move(struct cm_board_item *item, struct cm_board_group *queue)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        struct cm_board_shelf *from = &item->queue->shelves[kind], *to = &queue->shelves[kind];
        for (size_t i = from->count; i-- > 0;) {
            struct cm_board_moment moment = from->moments[i];
            if (moment.interaction != item->hash)
                continue;
            take_out(from, i);
            moment.queue = queue;
            if (fits(to, &moment))
                put_in(to, moment);
            else
                free(moment.block);
        }
    }
}

/* --------------------------------------------------------------------- newest */

/* Into a list of the newest of a kind, which begins at list. */
static size_t merge(const struct cm_board_shelf *shelf, const struct cm_board_moment **list, size_t count)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct cm_board_moment *moment = &shelf->moments[i];
        bool full = count == CM_BOARD_MOMENTS_OF_KIND_MAX;
        if (full && !newer(moment, list[count - 1]))
            return count;
        size_t at = full ? count - 1 : count++;
        for (; at > 0 && newer(moment, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moment;
    }
    return count;
}

/* Of what happened in the same minute, praise comes first. */
static bool shown_before(const struct cm_board_moment *a, const struct cm_board_moment *b)
{
    int64_t a_minute = a->at / CM_BOARD_MINUTE_MS, b_minute = b->at / CM_BOARD_MINUTE_MS;
    if (a_minute != b_minute)
        return a_minute > b_minute;
    return a->praise != b->praise ? a->praise : newer(a, b);
}

static size_t newest(const struct cm_board *board, const struct cm_board_group *group, unsigned kind, const struct cm_board_moment **list)
{
    if (group != &board->all)
        return merge(&group->shelves[kind], list, 0);
    size_t count = merge(&board->rest.shelves[kind], list, 0);
    for (size_t i = 0; i < board->queue_count; i++)
        count = merge(&board->queues[i]->shelves[kind], list, count);
    return count;
}

size_t cm_board_moments_list(const struct cm_board *board, const struct cm_board_group *group,
                             const struct cm_board_moment *list[CM_BOARD_MOMENTS_MAX])
{
    size_t count = newest(board, group, 1, list);
    count += newest(board, group, 0, list + count);
    for (size_t i = 1; i < count; i++) {
        const struct cm_board_moment *moment = list[i];
        size_t at = i;
        for (; at > 0 && shown_before(moment, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moment;
    }
    return count;
}
