/*
 * What is worth celebrating: delight of customers, and what agents do beyond what was due. Each queue keeps its newest; all of them
 * together show the newest of theirs. An open scorecard says anew what there is: what it says no more was taken back, and leaves.
 */
#include <stdlib.h>

#include "private.h"

#define DELIGHTED "The customer is delighted"
#define THANKS "The customer cannot thank enough"

/* One thing that a scorecard says, wherever it stands in it. */
struct sight {
    struct cm_span id, agent_id;
    int64_t at;
    const char *title;
    bool praise;
    const struct cm_card_evidence *evidence;
};

static bool says(struct cm_span rule, const char *part)
{
    return rule.ptr && memmem(rule.ptr, rule.len, part, strlen(part));
}

static uint64_t key_of(const struct cm_board_item *item, struct cm_span id, uint32_t turn)
{
    return cm_hash64((struct cm_span){(const char *)(uint64_t[]){item->hash, cm_hash64(id), turn}, 3 * sizeof(uint64_t)});
}

/* Bonus of how a customer is met, not of how a matter is settled: that is what he came for. */
static const char *title_of_bonus(const struct cm_board *board, struct cm_span id, struct cm_span dimension)
{
    const struct cm_board_behaviour *known = cm_board_behaviour(board, id);
    if (known && !dimension.ptr && known->dimension)
        dimension = cm_span_of(known->dimension);
    bool beyond = cm_span_equal(dimension, CM_SPAN("enrich")) || cm_span_equal(dimension, CM_SPAN("acknowledge"));
    return known && beyond && strcmp(known->kind, "bonus") == 0 ? known->title : NULL;
}

/* ---------------------------------------------------------------------- list */

/* Newer first; at one time praise first. */
static bool newer(const struct cm_board_moment *a, const struct cm_board_moment *b)
{
    if (a->at != b->at)
        return a->at > b->at;
    return a->praise != b->praise ? a->praise : a->key < b->key;
}

static struct cm_board_moment *find(struct cm_board_group *group, uint64_t key)
{
    for (size_t i = 0; i < group->moment_count; i++)
        if (group->moments[i].key == key)
            return &group->moments[i];
    return NULL;
}

static void take_out(struct cm_board_group *group, size_t index)
{
    free(group->moments[index].block);
    group->moment_count--;
    memmove(&group->moments[index], &group->moments[index + 1], (group->moment_count - index) * sizeof *group->moments);
}

static void put_in(struct cm_board_group *group, struct cm_board_moment moment)
{
    size_t at = group->moment_count;
    if (at == CM_BOARD_MOMENTS_MAX)
        take_out(group, --at);
    for (; at > 0 && newer(&moment, &group->moments[at - 1]); at--)
        group->moments[at] = group->moments[at - 1];
    group->moments[at] = moment;
    group->moment_count++;
}

static enum cm_status take(struct cm_board *board, struct cm_board_item *item, const struct sight *sight)
{
    struct cm_board_group *group = item->queue;
    struct cm_board_moment moment = {.key = key_of(item, sight->id, sight->evidence->turn),
                                     .interaction = item->hash,
                                     .at = sight->at != CM_CARD_NO_TIME ? sight->at : item->first_ms,
                                     .praise = sight->praise,
                                     .title = sight->title,
                                     .channel = item->channel,
                                     .queue = group};
    bool full = group->moment_count == CM_BOARD_MOMENTS_MAX;
    if (find(group, moment.key) || (full && !newer(&moment, &group->moments[CM_BOARD_MOMENTS_MAX - 1])))
        return CM_OK;
    moment.interaction_id = item->id;
    moment.agent_id = sight->agent_id.ptr ? sight->agent_id : item->agent_id;
    moment.words = cm_board_words(board, item, sight->evidence);
    moment.block = cm_board_block((struct cm_span *[]){&moment.interaction_id, &moment.agent_id, &moment.words}, 3);
    if (!moment.block)
        return CM_ENOMEM;
    put_in(group, moment);
    return CM_OK;
}

/* ------------------------------------------------------------------ scorecards */

static bool of_moment(const struct cm_board *board, const struct cm_card_moment *moment, struct sight *sight)
{
    *sight = (struct sight){moment->id, moment->agent_id, moment->at, NULL, false, &moment->evidence};
    if (moment->kind == CM_CARD_BONUS)
        sight->title = title_of_bonus(board, moment->id, moment->dimension);
    else if (moment->kind == CM_CARD_DELIGHT || moment->kind == CM_CARD_THANKS)
        sight->title = says(moment->evidence.rule, "cannot_thank_enough") ? THANKS : moment->kind == CM_CARD_DELIGHT ? DELIGHTED : NULL;
    sight->praise = sight->title && moment->kind != CM_CARD_BONUS;
    return sight->title != NULL;
}

/* What of this interaction the card does not say any more. */
static void take_back(struct cm_board *board, struct cm_board_item *item, const struct cm_card *card)
{
    struct cm_board_group *group = item->queue;
    struct sight sight;
    for (size_t i = group->moment_count; i-- > 0;) {
        bool said = group->moments[i].interaction != item->hash;
        for (const struct cm_card_moment *moment = card->moments; moment && !said; moment = moment->next)
            said = of_moment(board, moment, &sight) && key_of(item, sight.id, moment->evidence.turn) == group->moments[i].key;
        if (!said)
            take_out(group, i);
    }
}

static enum cm_status take_open(struct cm_board *board, struct cm_board_item *item, const struct cm_card *card)
{
    struct sight sight;
    enum cm_status status = CM_OK;
    take_back(board, item, card);
    for (const struct cm_card_moment *moment = card->moments; moment && status == CM_OK; moment = moment->next)
        if (of_moment(board, moment, &sight))
            status = take(board, item, &sight);
    return status;
}

/* What a final card says of it, for who has not seen it open: a board that has just been started. */
static bool of_evidence(const struct cm_board *board, const struct cm_card *card, const struct cm_card_behaviour *behaviour,
                        const struct cm_card_evidence *evidence, struct sight *sight)
{
    *sight = (struct sight){behaviour->id, {NULL, 0}, card->ended_at, NULL, false, evidence};
    if (says(evidence->rule, "customer.delight") || says(evidence->rule, "cannot_thank_enough")) {
        sight->id = CM_SPAN("customer_outcome.delight");
        sight->title = says(evidence->rule, "cannot_thank_enough") ? THANKS : DELIGHTED;
        sight->praise = true;
    } else if (behaviour->outcome == CM_CARD_DELIVERED) {
        sight->title = title_of_bonus(board, behaviour->id, (struct cm_span){NULL, 0});
    }
    return sight->title != NULL;
}

static enum cm_status take_final(struct cm_board *board, struct cm_board_item *item, const struct cm_card *card)
{
    struct sight sight;
    enum cm_status status = CM_OK;
    for (const struct cm_card_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_card_evidence *evidence = behaviour->evidence; evidence && status == CM_OK; evidence = evidence->next)
            if (of_evidence(board, card, behaviour, evidence, &sight))
                status = take(board, item, &sight);
    return status;
}

enum cm_status cm_board_moments_take(struct cm_board *board, struct cm_board_item *item, const struct cm_card *card)
{
    if (!card->final)
        return take_open(board, item, card);
    return item->status == CM_BOARD_ITEM_NEW ? take_final(board, item, card) : CM_OK;
}

static void erase(struct cm_board_group *group, uint64_t interaction)
{
    for (size_t i = group->moment_count; i-- > 0;)
        if (group->moments[i].interaction == interaction)
            take_out(group, i);
}

void cm_board_moments_erase(struct cm_board *board, uint64_t interaction)
{
    erase(&board->rest, interaction);
    for (size_t i = 0; i < board->queue_count; i++)
        erase(board->queues[i], interaction);
}

void cm_board_moments_move(struct cm_board_item *item, struct cm_board_group *queue)
{
    struct cm_board_group *from = item->queue;
    for (size_t i = from->moment_count; i-- > 0;) {
        struct cm_board_moment moment = from->moments[i];
        if (moment.interaction != item->hash)
            continue;
        moment.queue = queue;
        from->moment_count--;
        memmove(&from->moments[i], &from->moments[i + 1], (from->moment_count - i) * sizeof moment);
        if (queue->moment_count == CM_BOARD_MOMENTS_MAX && !newer(&moment, &queue->moments[CM_BOARD_MOMENTS_MAX - 1]))
            free(moment.block);
        else
            put_in(queue, moment);
    }
}

/* --------------------------------------------------------------------- newest */

static void merge(const struct cm_board_group *group, const struct cm_board_moment **list, size_t *count)
{
    for (size_t i = 0; i < group->moment_count; i++) {
        const struct cm_board_moment *moment = &group->moments[i];
        size_t at = *count;
        if (at == CM_BOARD_MOMENTS_MAX && !newer(moment, list[at - 1]))
            return;
        at -= at == CM_BOARD_MOMENTS_MAX;
        for (*count = at + 1; at > 0 && newer(moment, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moment;
    }
}

/* Of what happened in the same minute, praise comes first. */
static bool shown_before(const struct cm_board_moment *a, const struct cm_board_moment *b)
{
    int64_t a_minute = a->at / CM_BOARD_MINUTE_MS, b_minute = b->at / CM_BOARD_MINUTE_MS;
    if (a_minute != b_minute)
        return a_minute > b_minute;
    return a->praise != b->praise ? a->praise : newer(a, b);
}

size_t cm_board_moments_list(const struct cm_board *board, const struct cm_board_group *group,
                             const struct cm_board_moment *list[CM_BOARD_MOMENTS_MAX])
{
    size_t count = 0;
    if (group != &board->all) {
        merge(group, list, &count);
    } else {
        merge(&board->rest, list, &count);
        for (size_t i = 0; i < board->queue_count; i++)
            merge(board->queues[i], list, &count);
    }
    for (size_t i = 1; i < count; i++) {
        const struct cm_board_moment *moment = list[i];
        size_t at = i;
        for (; at > 0 && shown_before(moment, list[at - 1]); at--)
            list[at] = list[at - 1];
        list[at] = moment;
    }
    return count;
}
