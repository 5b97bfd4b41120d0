/* What is due without being asked for: from all together, from each agent, or from the last (rules/REFERENCE.md §6). */
#include "score/private.h"

/* Where it is due, and where it still counts as late; turns of agent alone, CM_NONE: of any. */
struct due {
    uint32_t agent;
    uint32_t from, to; /* the window */
    uint32_t segment_from, segment_to;
    bool open; /* what is still to come may meet it in time */
};

/* Of those who wrote in the window, who wrote most of it; the first on ties. */
static enum cm_status main_agent(struct cm_judge *judge, uint32_t from, uint32_t to, uint32_t *agent)
{
    const struct cm_interaction *in = judge->in;
    struct cm_list *turns = &judge->spare;
    enum cm_status status = cm_grow(&turns->items, &turns->cap, in->agent_count, sizeof *turns->items);
    if (status != CM_OK)
        return status;
    memset(turns->items, 0, in->agent_count * sizeof *turns->items);
    for (uint32_t i = from; i <= to; i++)
        if (in->turns[i].agent != CM_NONE && in->turns[i].run != CM_NONE)
            turns->items[in->turns[i].agent]++;
    *agent = 0;
    for (uint32_t i = 1; i < in->agent_count; i++)
        if (turns->items[i] > turns->items[*agent])
            *agent = i;
    return CM_OK;
}

static uint32_t reasons_unmet(const struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct due *due)
{
    const struct cm_interaction *in = judge->in;
    const struct cm_list *faults = &judge->met.faults;
    uint32_t reasons = 0, from = due->from, to = due->to;
    if (behaviour->late_credit) {
        from = due->segment_from;
        to = due->segment_to;
    }
    if (cm_first_in(judge, faults, from, to, due->agent, 0) != CM_NONE)
        reasons |= 1u << CM_REASON_FAULT;
    if (in->agent_runs < judge->ruleset->min_agent_runs[in->channel])
        reasons |= 1u << CM_REASON_TOO_SHORT;
    if (behaviour->due != CM_DUE_ONCE && cm_customer_left(judge, cm_timing_last_word(in)))
        reasons |= 1u << CM_REASON_CUSTOMER_LEFT;
    return reasons;
}

/* Hits that would earn something: those of the window, or the late ones where it has none. */
static void mark_live(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct due *due, bool in_window)
{
    const struct cm_list *hits = &judge->met.hits;
    uint32_t from = in_window ? due->from : due->segment_from, to = in_window ? due->to : due->segment_to;
    if (!in_window && !behaviour->late_credit)
        return;
    for (size_t i = cm_list_from(judge, hits, from); i < hits->count; i++) {
        struct cm_firing *firing = &judge->firings[hits->items[i]];
        const struct cm_turn *turn = &judge->in->turns[firing->turn];
        if (firing->turn > to)
            break;
        if (cm_turn_meets(turn) && (due->agent == CM_NONE || turn->agent == due->agent))
            firing->flags |= CM_FIRING_LIVE;
    }
}

/* Where it was met, or met late; CM_NONE: not. */
struct meeting {
    uint32_t met, late;
};

static struct meeting find_meeting(const struct cm_judge *judge, const struct due *due, uint32_t without)
{
    const struct cm_list *hits = &judge->met.hits;
    struct meeting meeting = {cm_first_in(judge, hits, due->from, due->to, due->agent, without), CM_NONE};
    if (meeting.met == CM_NONE)
        meeting.late = cm_first_in(judge, hits, due->segment_from, due->segment_to, due->agent, without);
    return meeting;
}

static enum cm_status judge_due(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct due *due)
{
    struct meeting said = find_meeting(judge, due, 0), stands = said;
    enum cm_status status = CM_OK;
    if (judge->marking) {
        mark_live(judge, behaviour, due, said.met != CM_NONE);
        return CM_OK;
    }
    if (judge->fell)
        stands = find_meeting(judge, due, CM_FIRING_UNEARNED);
    uint32_t met = stands.met, first = said.met != CM_NONE ? said.met : said.late;
    struct cm_verdict verdict = {.kind = CM_VERDICT_SEEN,
                                 .agent = due->agent,
                                 .has_window = true,
                                 .credit = met != CM_NONE           ? CM_PPM
                                           : stands.late != CM_NONE ? behaviour->late_credit
                                                                    : 0,
                                 .searched_from = due->from,
                                 .searched_to = due->to,
                                 .evidence = {met != CM_NONE ? met : stands.late, CM_NONE, CM_NONE}};
    if (first != CM_NONE)
        verdict.agent = judge->in->turns[judge->firings[first].turn].agent;
    else if (due->agent == CM_NONE)
        status = main_agent(judge, due->from, due->to, &verdict.agent);
    if (status != CM_OK)
        return status;

    if (due->open && (met == CM_NONE || behaviour->due == CM_DUE_LAST_AGENT)) {
        verdict.kind = CM_VERDICT_PENDING;
    } else if (said.met == CM_NONE) {
        uint32_t reasons = first == CM_NONE ? reasons_unmet(judge, behaviour, due) : 0;
        if (cm_first_in(judge, &judge->met.faults, due->from, due->to, due->agent, 0) != CM_NONE)
            reasons |= 1u << CM_REASON_FAULT;
        if (cm_all_unsure(judge, due->from, due->to, due->agent))
            reasons |= 1u << CM_REASON_LOW_CONFIDENCE;
        if (reasons & 1u << CM_REASON_TOO_SHORT && !judge->final) {
            verdict.kind = CM_VERDICT_PENDING;
        } else if (reasons) {
            verdict.kind = CM_VERDICT_NOT_EVALUATED;
            verdict.reason = (uint8_t)__builtin_ctz(reasons);
        }
    }
    return cm_tally(judge, behaviour, &verdict);
}

/* The k-th run (from 0) of agent (CM_NONE: of any); there are more than k. */
static uint32_t kth_run(const struct cm_interaction *in, uint32_t agent, uint32_t k)
{
    for (uint32_t i = 0;; i++)
        if (in->runs[i].agent != CM_NONE && (agent == CM_NONE || in->runs[i].agent == agent) && k-- == 0)
            return i;
}

static void from_start(const struct cm_judge *judge, uint32_t agent, uint32_t runs, uint32_t window, struct due *due)
{
    const struct cm_interaction *in = judge->in;
    due->agent = agent;
    due->segment_from = due->from = in->runs[kth_run(in, agent, 0)].first;
    due->segment_to = due->to = (uint32_t)in->turn_count - 1;
    due->open = !judge->final;
    if (window && window <= runs) {
        due->to = cm_window_last_turn(in, kth_run(in, agent, window - 1));
        due->open = !judge->final && due->to + 1 == in->turn_count;
    }
}

static void from_end(const struct cm_judge *judge, uint32_t agent, uint32_t window, struct due *due)
{
    const struct cm_interaction *in = judge->in;
    uint32_t runs = in->agents[agent].runs;
    from_start(judge, agent, runs, 0, due);
    if (window && window < runs)
        due->from = in->runs[kth_run(in, agent, runs - window)].first;
}

enum cm_status cm_judge_expected(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    const struct cm_interaction *in = judge->in;
    if (judge->reasons)
        return cm_tally_whole(judge, behaviour, 0);
    enum cm_status status = cm_judge_find(judge, behaviour->met_by, &judge->met);
    struct due due;
    if (behaviour->due == CM_DUE_EACH_AGENT) {
        for (uint32_t agent = 0; status == CM_OK && agent < in->agent_count; agent++) {
            if (!in->agents[agent].runs)
                continue;
            from_start(judge, agent, in->agents[agent].runs, behaviour->window_runs, &due);
            status = judge_due(judge, behaviour, &due);
        }
        return status;
    }
    if (behaviour->due == CM_DUE_LAST_AGENT)
        from_end(judge, in->runs[cm_previous_agent_run(in, (uint32_t)in->run_count)].agent, behaviour->window_runs, &due);
    else
        from_start(judge, CM_NONE, in->agent_runs, behaviour->window_runs, &due);
    return status == CM_OK ? judge_due(judge, behaviour, &due) : status;
}
