/*
 * What a customer opened, and whether it was met (language.md §5). One
 * opportunity of a behaviour is open at a time: repeats before it is met, or
 * before its window has ended, are absorbed.
 */
#include "score/private.h"

static bool is_late(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t met_turn)
{
    int64_t prompt = behaviour->prompt_ms[judge->in->channel];
    int64_t from = cm_timing_run_end(judge->in, &judge->in->runs[run]), to = judge->in->turns[met_turn].ts;
    if (prompt < 0 || from == CM_TIME_NONE || to == CM_TIME_NONE || to < judge->in->turns[judge->in->runs[run].last].ts)
        return false;
    return cm_timing_between(judge, from, to, true) > prompt;
}

/* The last turn in which a deed counts after words in turn met, and whether runs that count are still to come. */
static uint32_t deeds_end(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t met_turn, bool *to_come)
{
    const struct cm_interaction *in = judge->in;
    uint32_t run = in->turns[met_turn].run, left = behaviour->then_runs;
    while (left > 0) {
        uint32_t next = cm_next_agent_run(in, run + 1);
        if (next == CM_NONE)
            break;
        run = next;
        left--;
    }
    *to_come = !judge->final && (left > 0 || run + 1 == in->run_count);
    return in->runs[run].last;
}

/* Credit for an opportunity that was met; a fault makes anything less than full uncertain. */
static void judge_met(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t met, uint32_t window_from,
                      struct cm_verdict *verdict)
{
    uint32_t turn = judge->firings[met].turn;
    bool fault = cm_first_in(judge, &judge->met.faults, window_from, turn, CM_NONE) != CM_NONE;
    verdict->kind = CM_VERDICT_SEEN;
    verdict->agent = judge->in->turns[turn].agent;
    verdict->credit = CM_PPM;
    verdict->evidence[1] = met;
    if (is_late(judge, behaviour, run, turn))
        verdict->credit = behaviour->prompt_late_credit;
    if (behaviour->then_any.count) {
        bool to_come;
        uint32_t from = judge->in->runs[judge->in->turns[turn].run].first, to = deeds_end(judge, behaviour, turn, &to_come);
        verdict->evidence[2] = cm_first_in(judge, &judge->deeds.hits, from, to, CM_NONE);
        if (verdict->evidence[2] == CM_NONE) {
            fault = fault || cm_first_in(judge, &judge->deeds.faults, from, to, CM_NONE) != CM_NONE;
            if (behaviour->then_credit < verdict->credit)
                verdict->credit = behaviour->then_credit;
            if (to_come)
                verdict->kind = CM_VERDICT_PENDING;
        }
    }
    if (verdict->kind == CM_VERDICT_SEEN && verdict->credit < CM_PPM && fault) {
        verdict->kind = CM_VERDICT_NOT_EVALUATED;
        verdict->reason = CM_REASON_FAULT;
    }
}

static void judge_unmet(const struct cm_judge *judge, uint32_t run, const struct cm_window *window, struct cm_verdict *verdict)
{
    verdict->agent = window->owner;
    verdict->kind = CM_VERDICT_PENDING;
    if (!window->closed)
        return;
    verdict->kind = CM_VERDICT_NOT_EVALUATED;
    if (!window->answered && cm_customer_left(judge, cm_timing_run_end(judge->in, &judge->in->runs[run])))
        verdict->reason = CM_REASON_CUSTOMER_LEFT;
    else if (cm_all_unsure(judge, window->from, window->to, CM_NONE))
        verdict->reason = CM_REASON_LOW_CONFIDENCE;
    else if (cm_first_in(judge, &judge->met.faults, window->from, window->to, CM_NONE) != CM_NONE)
        verdict->reason = CM_REASON_FAULT;
    else
        verdict->kind = CM_VERDICT_SEEN;
    if (verdict->kind == CM_VERDICT_SEEN && !window->answered)
        verdict->reason = CM_REASON_NO_REPLY;
}

/* One opportunity; *until: the last turn in which a repeat is absorbed. */
static enum cm_status judge_opened(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t opened, uint32_t *until)
{
    uint32_t turn = judge->firings[opened].turn, run = judge->in->turns[turn].run;
    struct cm_window window;
    cm_window_after(judge, turn, behaviour->window_runs, &window);
    uint32_t met = cm_first_in(judge, &judge->met.hits, window.from, window.to, CM_NONE);
    struct cm_verdict verdict = {.has_window = true,
                                 .searched_from = turn,
                                 .searched_to = window.to > turn ? window.to : turn,
                                 .evidence = {opened, CM_NONE, CM_NONE}};
    if (met != CM_NONE)
        judge_met(judge, behaviour, run, met, window.from, &verdict);
    else
        judge_unmet(judge, run, &window, &verdict);
    *until = met != CM_NONE ? judge->firings[met].turn : verdict.searched_to;
    return cm_tally(judge, behaviour, &verdict);
}

/* A customer cue that could not be decided, where no opportunity is open: perhaps one was missed. */
static enum cm_status judge_uncertain(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t fault)
{
    const struct cm_interaction *in = judge->in;
    uint32_t run = in->turns[judge->firings[fault].turn].run;
    uint32_t answer = cm_next_agent_run(in, run + 1);
    if (answer == CM_NONE)
        answer = cm_previous_agent_run(in, run);
    struct cm_verdict verdict = {.kind = CM_VERDICT_NOT_EVALUATED,
                                 .reason = CM_REASON_FAULT,
                                 .agent = answer == CM_NONE ? CM_NONE : in->runs[answer].agent,
                                 .evidence = {CM_NONE, CM_NONE, CM_NONE}};
    return cm_tally(judge, behaviour, &verdict);
}

/* Only what stands in a run of the customer opens anything: not his backchannels while the agent speaks. */
static void keep_customer_runs(const struct cm_judge *judge, struct cm_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct cm_turn *turn = &judge->in->turns[judge->firings[list->items[i]].turn];
        if (turn->speaker == CM_SPEAKER_CUSTOMER && turn->run != CM_NONE)
            list->items[count++] = list->items[i];
    }
    list->count = count;
}

static uint32_t run_of(const struct cm_judge *judge, uint32_t firing)
{
    return judge->in->turns[judge->firings[firing].turn].run;
}

static enum cm_status judge_each(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    const struct cm_found *opened = &judge->opened;
    size_t hit = 0, fault = 0;
    uint32_t until = 0, run = CM_NONE; /* of the last opportunity */
    bool any = false;
    enum cm_status status = CM_OK;
    while (status == CM_OK && (hit < opened->hits.count || fault < opened->faults.count)) {
        bool is_hit = fault == opened->faults.count ||
                      (hit < opened->hits.count && run_of(judge, opened->hits.items[hit]) <= run_of(judge, opened->faults.items[fault]));
        uint32_t firing = is_hit ? opened->hits.items[hit++] : opened->faults.items[fault++];
        uint32_t turn = judge->firings[firing].turn;
        if (run_of(judge, firing) == run || (any && turn <= until))
            continue;
        run = run_of(judge, firing);
        if (!is_hit) {
            status = judge_uncertain(judge, behaviour, firing);
            continue;
        }
        any = true;
        status = judge_opened(judge, behaviour, firing, &until);
    }
    return status;
}

enum cm_status cm_judge_opportunity(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    enum cm_status status = cm_judge_find(judge, behaviour->opportunity, &judge->opened);
    if (status != CM_OK)
        return status;
    keep_customer_runs(judge, &judge->opened.hits);
    keep_customer_runs(judge, &judge->opened.faults);
    if (!judge->opened.hits.count && !judge->opened.faults.count)
        return CM_OK;
    if (judge->reasons)
        return cm_tally_whole(judge, behaviour, 0);
    status = cm_judge_find(judge, behaviour->met_by, &judge->met);
    if (status == CM_OK && behaviour->then_any.count)
        status = cm_judge_find(judge, behaviour->then_any, &judge->deeds);
    return status == CM_OK ? judge_each(judge, behaviour) : status;
}
