/*
 * What agents said they will do, until it is due and a day beyond: whether it was done nobody tells us, so what nobody complains of
 * leaves quietly, and at once where the customer has been back without a reproach. A promise is broken when the customer says so later,
 * in this interaction or another one of his, in whatever order their scorecards come.
 */
#include <stdlib.h>

#include "board/due.h"
#include "board/private.h"

#define KEPT_MS CM_BOARD_DAY_MS

static bool begins(struct cm_span rule, const char *start)
{
    return rule.ptr && cm_span_starts_with(rule, cm_span_of(start));
}

/* -------------------------------------------------------------------- lists */

static void drop_promise(struct cm_board *board, size_t index)
{
    struct cm_board_promise *promise = &board->promises[index];
    free(promise->block);
    free(promise->broken_block);
    *promise = board->promises[--board->promise_count];
    board->promise_customers[index] = board->promise_customers[board->promise_count];
}

static void drop_reproach(struct cm_board *board, size_t index)
{
    free(board->reproaches[index].block);
    board->reproaches[index] = board->reproaches[--board->reproach_count];
}

static size_t soonest_promise(const struct cm_board *board)
{
    size_t soonest = 0;
    for (size_t i = 1; i < board->promise_count; i++)
        if (board->promises[i].until < board->promises[soonest].until)
            soonest = i;
    return soonest;
}

static size_t soonest_reproach(const struct cm_board *board)
{
    size_t soonest = 0;
    for (size_t i = 1; i < board->reproach_count; i++)
        if (board->reproaches[i].until < board->reproaches[soonest].until)
            soonest = i;
    return soonest;
}

/* ------------------------------------------------------------------- broken */

/* The one was said after the other had been promised, by the same customer. */
static bool is_about(const struct cm_board_reproach *reproach, const struct cm_board_promise *promise)
{
    if (reproach->interaction == promise->interaction)
        return reproach->turn > promise->turn;
    return reproach->customer && reproach->customer == promise->customer && reproach->started_at > promise->made_at;
}

static enum cm_status mark_broken(struct cm_board_promise *promise, const struct cm_board_reproach *reproach)
{
    struct cm_span id = reproach->interaction_id, words = reproach->words;
    char *block = cm_board_block((struct cm_span *[]){&id, &words}, 2);
    if (!block)
        return CM_ENOMEM;
    free(promise->broken_block);
    promise->broken_block = block;
    promise->broken_id = id;
    promise->broken_words = words;
    promise->broken_interaction = reproach->interaction;
    promise->until = reproach->until;
    return CM_OK;
}

/* One reproach is about one promise: the last that was made before. */
static enum cm_status settle_reproach(struct cm_board *board, const struct cm_board_reproach *reproach)
{
    struct cm_board_promise *last = NULL;
    for (size_t i = 0; i < board->promise_count; i++) {
        struct cm_board_promise *promise = &board->promises[i];
        if (promise->broken_interaction == reproach->interaction)
            return CM_OK;
        if (is_about(reproach, promise) && !promise->broken_interaction && (!last || promise->made_at > last->made_at))
            last = promise;
    }
    return last ? mark_broken(last, reproach) : CM_OK;
}

static enum cm_status settle_promise(struct cm_board *board, struct cm_board_promise *promise)
{
    for (size_t i = 0; i < board->reproach_count; i++)
        if (is_about(&board->reproaches[i], promise))
            return mark_broken(promise, &board->reproaches[i]);
    return CM_OK;
}

static enum cm_status add_reproach(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card,
                                   const struct cm_sheet_evidence *evidence)
{
    int64_t started_at = card->started_at != CM_SHEET_NO_TIME ? card->started_at : item->first_ms;
    struct cm_board_reproach reproach = {.interaction = item->hash,
                                         .customer = item->customer,
                                         .started_at = started_at,
                                         .until = (started_at < board->now_ms ? started_at : board->now_ms) + KEPT_MS,
                                         .turn = evidence->turn,
                                         .interaction_id = item->id,
                                         .words = cm_board_words(board, item, evidence)};
    item->reproached |= reproach.until <= board->now_ms;
    if (item->reproached)
        return CM_OK;
    enum cm_status status = cm_grow(&board->reproaches, &board->reproach_cap, board->reproach_count + 1, sizeof *board->reproaches);
    reproach.block = status == CM_OK ? cm_board_block((struct cm_span *[]){&reproach.interaction_id, &reproach.words}, 2) : NULL;
    if (!reproach.block)
        return CM_ENOMEM;
    if (board->reproach_count == CM_BOARD_PROMISES_MAX)
        drop_reproach(board, soonest_reproach(board));
    board->reproaches[board->reproach_count++] = reproach;
    item->reproached = true;
    return settle_reproach(board, &board->reproaches[board->reproach_count - 1]);
}

/* What a customer said, not an agent. */
static bool is_customers(struct cm_span rule)
{
    return begins(rule, "customer.") || begins(rule, "complaint.") || begins(rule, "concern.") || begins(rule, "uncared.") ||
           begins(rule, "repeat.");
}

/*
 * What is looked through for a reproach. A whole turn tells where texts are kept; the quote is two words of it. Much evidence is of the
 * same turns.
 */
struct search {
    struct cm_board *board;
    const struct cm_board_item *item;
    uint64_t turns; /* that were looked through: a bit each of the first 64 */
};

static bool says_broken(struct search *search, const struct cm_sheet_evidence *evidence)
{
    if (!evidence || !is_customers(evidence->rule))
        return false;
    uint64_t bit = evidence->turn < 64 ? UINT64_C(1) << evidence->turn : 0;
    const struct cm_board_turn *turn = cm_board_turn_of(search->board, search->item, evidence);
    if (!turn || !turn->words)
        return cm_board_says_broken(evidence->quote);
    if (search->turns & bit)
        return false;
    search->turns |= bit;
    return cm_board_says_broken(turn->words->text);
}

static const struct cm_sheet_evidence *reproach_of(struct cm_board *board, const struct cm_board_item *item, const struct cm_sheet *card)
{
    struct search search = {board, item, 0};
    for (const struct cm_sheet_pending *pending = card->pending; pending; pending = pending->next)
        if (says_broken(&search, pending->evidence))
            return pending->evidence;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_sheet_evidence *evidence = behaviour->evidence; evidence; evidence = evidence->next)
            if (says_broken(&search, evidence))
                return evidence;
    return NULL;
}

/* --------------------------------------------------------------------- made */

/* The sentence of a turn in which something is promised, and when it is due: one with a time before one without. */
static bool find_sentence(struct cm_span text, int64_t made_at, size_t *from, size_t *to, int64_t *due_at)
{
    bool found = false;
    for (size_t at = 0, begin, end; at<text.len; at = end> at ? end : at + 1) {
        cm_board_sentence(text, at, &begin, &end);
        struct cm_span sentence = {text.ptr + begin, end - begin};
        int64_t due;
        if (!cm_due_promises(sentence))
            continue;
        bool timed = cm_due_read(sentence, made_at, &due);
        if (found && !timed)
            continue;
        *from = begin;
        *to = end;
        *due_at = timed ? due : CM_SHEET_NO_TIME;
        found = true;
        if (timed)
            return true;
    }
    return found;
}

/* Words and due time of a promise, in board->words or the card; false: it is none after all. */
static bool read_promise(struct cm_board *board, const struct cm_board_item *item, const struct cm_sheet_evidence *evidence,
                         struct cm_board_promise *promise)
{
    const struct cm_board_turn *turn = board->redaction ? cm_board_turn_of(board, item, evidence) : NULL;
    promise->due_at = CM_SHEET_NO_TIME;
    size_t from, to;
    if (!turn || !turn->words) {
        bool timed = cm_due_read(evidence->quote, promise->made_at, &promise->due_at);
        promise->due_at = timed ? promise->due_at : CM_SHEET_NO_TIME;
        if (timed || cm_due_promises(evidence->quote)) /* else it is of another part of the turn */
            promise->words = evidence->quote;
        return true;
    }
    if (turn->message->ts != CM_SHEET_NO_TIME)
        promise->made_at = turn->message->ts;
    if (!find_sentence(turn->words->text, promise->made_at, &from, &to, &promise->due_at))
        return false;
    promise->words = cm_board_masked(board, item, turn->words->text, from, to);
    return true;
}

/* Said before, or said again for the same time. */
static bool is_known(const struct cm_board *board, const struct cm_board_promise *promise, bool by_turn)
{
    for (size_t i = 0; i < board->promise_count; i++) {
        const struct cm_board_promise *known = &board->promises[i];
        if (known->interaction == promise->interaction && (by_turn ? known->turn == promise->turn : known->due_at == promise->due_at))
            return true;
    }
    return false;
}

static enum cm_status room_for_promise(struct cm_board *board)
{
    size_t need = board->promise_count + 1;
    enum cm_status status = cm_grow(&board->promises, &board->promise_cap, need, sizeof *board->promises);
    if (status == CM_OK)
        status = cm_grow(&board->promise_customers, &board->promise_customer_cap, need, sizeof *board->promise_customers);
    return status;
}

static enum cm_status add_promise(struct cm_board *board, struct cm_board_promise promise)
{
    enum cm_status status = room_for_promise(board);
    struct cm_span *const texts[] = {&promise.interaction_id, &promise.agent_id, &promise.words};
    promise.block = status == CM_OK ? cm_board_block(texts, 3) : NULL;
    if (!promise.block)
        return CM_ENOMEM;
    if (board->promise_count == CM_BOARD_PROMISES_MAX)
        drop_promise(board, soonest_promise(board));
    board->promise_customers[board->promise_count] = promise.customer;
    board->promises[board->promise_count++] = promise;
    return settle_promise(board, &board->promises[board->promise_count - 1]);
}

static enum cm_status take_promise(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card,
                                   const struct cm_sheet_evidence *evidence, int64_t at, struct cm_span agent_id)
{
    struct cm_board_promise promise = {.interaction = item->hash,
                                       .customer = item->customer,
                                       .turn = evidence->turn,
                                       .channel = item->channel,
                                       .queue = item->queue,
                                       .interaction_id = item->id,
                                       .agent_id = agent_id};
    uint64_t bit = evidence->turn < 64 ? UINT64_C(1) << evidence->turn : 0;
    if (!begins(evidence->rule, "promise.") || item->promise_turns & bit || is_known(board, &promise, true))
        return CM_OK;
    enum cm_status status = CM_OK;
    promise.made_at = at != CM_SHEET_NO_TIME ? at : card->ended_at != CM_SHEET_NO_TIME ? card->ended_at : board->now_ms;
    if (read_promise(board, item, evidence, &promise) && !is_known(board, &promise, false)) {
        promise.until = (promise.due_at != CM_SHEET_NO_TIME ? promise.due_at : promise.made_at) + KEPT_MS;
        status = promise.until > board->now_ms ? add_promise(board, promise) : CM_OK;
        item->promised = true;
    }
    item->promise_turns |= status == CM_OK ? bit : 0;
    return status;
}

static enum cm_status take_all(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    enum cm_status status = CM_OK;
    for (const struct cm_sheet_moment *moment = card->moments; moment && status == CM_OK; moment = moment->next)
        status = take_promise(board, item, card, &moment->evidence, moment->at, moment->agent_id.ptr ? moment->agent_id : item->agent_id);
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_sheet_evidence *evidence = behaviour->evidence; evidence && status == CM_OK; evidence = evidence->next)
            status = take_promise(board, item, card, evidence, CM_SHEET_NO_TIME, item->agent_id);
    return status;
}

static bool is_promised_in(const struct cm_sheet *card, uint32_t turn)
{
    for (const struct cm_sheet_moment *moment = card->moments; moment; moment = moment->next)
        if (moment->evidence.turn == turn && begins(moment->evidence.rule, "promise."))
            return true;
    for (const struct cm_sheet_behaviour *behaviour = card->behaviours; behaviour; behaviour = behaviour->next)
        for (const struct cm_sheet_evidence *evidence = behaviour->evidence; evidence; evidence = evidence->next)
            if (evidence->turn == turn && begins(evidence->rule, "promise."))
                return true;
    return false;
}

/* Cards hold all promises. Where no texts are kept, one that a card does not say any more is all that tells of a deletion. */
static void take_back(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    for (size_t i = item->promised && !item->texts ? board->promise_count : 0; i-- > 0;) {
        struct cm_board_promise *promise = &board->promises[i];
        if (promise->interaction != item->hash || is_promised_in(card, promise->turn))
            continue;
        item->promise_turns = 0; /* another may have been left out as the same one */
        drop_promise(board, i);
    }
}

/*
 * The customer was here again, later, and has not complained: whatever was due is done, as far as anybody can tell. Within the hour, for
 * what ended may go on again.
 */
static void leave_quietly(struct cm_board *board, const struct cm_board_item *item, const struct cm_sheet *card)
{
    int64_t soon = board->now_ms + CM_BOARD_HOUR_MS;
    for (size_t i = 0; item->customer && i < board->promise_count; i++) {
        if (board->promise_customers[i] != item->customer)
            continue;
        struct cm_board_promise *promise = &board->promises[i];
        bool later = promise->interaction != item->hash && card->started_at > promise->made_at;
        bool over = promise->due_at == CM_SHEET_NO_TIME || promise->due_at < card->ended_at;
        if (later && over && !promise->broken_interaction && promise->until > soon)
            promise->until = soon;
    }
}

enum cm_status cm_board_promises_take(struct cm_board *board, struct cm_board_item *item, const struct cm_sheet *card)
{
    if (item->edited) { /* words may be others */
        cm_board_promises_erase(board, item->hash);
        item->promise_turns = 0;
        item->reproached = false;
    }
    take_back(board, item, card);
    enum cm_status status = take_all(board, item, card);
    const struct cm_sheet_evidence *evidence = status == CM_OK && !item->reproached ? reproach_of(board, item, card) : NULL;
    if (evidence)
        status = add_reproach(board, item, card, evidence);
    if (card->final && !item->reproached)
        leave_quietly(board, item, card);
    return status;
}

/* ------------------------------------------------------------------ leaving */

void cm_board_promises_erase(struct cm_board *board, uint64_t interaction)
{
    for (size_t i = board->promise_count; i-- > 0;) {
        struct cm_board_promise *promise = &board->promises[i];
        if (promise->interaction == interaction) {
            drop_promise(board, i);
        } else if (promise->broken_interaction == interaction) {
            free(promise->broken_block);
            promise->broken_block = NULL;
            promise->broken_id = promise->broken_words = (struct cm_span){NULL, 0};
            promise->broken_interaction = 0;
        }
    }
    for (size_t i = board->reproach_count; i-- > 0;)
        if (board->reproaches[i].interaction == interaction)
            drop_reproach(board, i);
}

void cm_board_promises_time(struct cm_board *board)
{
    for (size_t i = board->promise_count; i-- > 0;)
        if (board->promises[i].until <= board->now_ms)
            drop_promise(board, i);
    for (size_t i = board->reproach_count; i-- > 0;)
        if (board->reproaches[i].until <= board->now_ms)
            drop_reproach(board, i);
}

void cm_board_promises_free(struct cm_board *board)
{
    while (board->promise_count > 0)
        drop_promise(board, board->promise_count - 1);
    while (board->reproach_count > 0)
        drop_reproach(board, board->reproach_count - 1);
    free(board->promises);
    free(board->promise_customers);
    free(board->reproaches);
}

enum cm_board_promise_state cm_board_promise_state(const struct cm_board *board, const struct cm_board_promise *promise)
{
    if (promise->broken_interaction)
        return CM_BOARD_PROMISE_BROKEN;
    return promise->due_at != CM_SHEET_NO_TIME && promise->due_at <= board->now_ms ? CM_BOARD_PROMISE_DUE : CM_BOARD_PROMISE_OPEN;
}
