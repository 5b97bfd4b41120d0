/*
 * How far a behaviour is looked for, and who answers where it is not found
 * (rules/REFERENCE.md §5). A window restarts at the first run of an agent who is
 * not the one in charge when it opened, once, whoever was named: he was handed
 * on to, or took over. What is missed is
 *
 *   his whom the last transfer of the window named, if he never wrote after it
 *   and nobody took over in his place;
 *   else his who wrote last in the window;
 *   else his who was in charge: named by the last transfer before the
 *   opportunity, if no agent wrote since; else who wrote last before it.
 */
#include "score/private.h"

uint32_t cm_next_agent_run(const struct cm_interaction *in, uint32_t run)
{
    for (size_t i = run; i < in->run_count; i++)
        if (in->runs[i].agent != CM_NONE)
            return (uint32_t)i;
    return CM_NONE;
}

uint32_t cm_previous_agent_run(const struct cm_interaction *in, uint32_t run)
{
    for (uint32_t i = run; i-- > 0;)
        if (in->runs[i].agent != CM_NONE)
            return i;
    return CM_NONE;
}

/* The customer run that ends a window of agent_runs runs from index `from` on; CM_NONE: none yet. agent_runs 0: nothing ends it. */
static uint32_t closing_run(const struct cm_interaction *in, uint32_t from, uint32_t agent_runs)
{
    uint32_t seen = 0;
    for (size_t i = from; agent_runs && i < in->run_count; i++) {
        if (in->runs[i].agent != CM_NONE)
            seen++;
        else if (seen >= agent_runs)
            return (uint32_t)i;
    }
    return CM_NONE;
}

uint32_t cm_window_last_turn(const struct cm_interaction *in, uint32_t run)
{
    uint32_t closing = closing_run(in, run, 1);
    return closing == CM_NONE ? (uint32_t)in->turn_count - 1 : in->runs[closing].first - 1;
}

/* The first run from index `from` on of another agent than this one; CM_NONE: none. */
static uint32_t run_of_another(const struct cm_interaction *in, uint32_t from, uint32_t agent)
{
    uint32_t run = cm_next_agent_run(in, from);
    return run == CM_NONE || in->runs[run].agent != agent ? run : in->runs[run].other;
}

/* The first mark that is placed after this turn. */
static size_t first_mark_after(const struct cm_interaction *in, uint32_t turn)
{
    size_t low = 0, high = in->mark_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (in->marks[middle].at <= turn)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first mark of a transfer away from the agent who is in charge, placed after turn `after` and no later than before turn `before`. */
static const struct cm_mark *transfer_mark(const struct cm_interaction *in, uint32_t after, uint32_t before, uint32_t agent)
{
    for (size_t i = first_mark_after(in, after); i < in->mark_count && in->marks[i].at <= before; i++) {
        const struct cm_mark *mark = &in->marks[i];
        if (mark->record->type == CM_EVENT_TRANSFER && (mark->target == CM_NONE || mark->target != agent))
            return mark;
    }
    return NULL;
}

uint32_t cm_run_from(const struct cm_interaction *in, uint32_t turn)
{
    uint32_t low = 0, high = (uint32_t)in->run_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (in->runs[middle].first < turn)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool writes_from(const struct cm_interaction *in, uint32_t agent, uint32_t turn)
{
    uint32_t last = in->agents[agent].last_run;
    return last != CM_NONE && in->runs[last].first >= turn;
}

/* Who is in charge in this turn of the customer's; before, after: runs of agents around his run; CM_NONE: nobody is known. */
static uint32_t in_charge_at(const struct cm_interaction *in, uint32_t turn, uint32_t before, uint32_t after)
{
    uint32_t from = before == CM_NONE ? 0 : in->runs[before].last + 1;
    for (size_t i = first_mark_after(in, turn); i-- > 0 && in->marks[i].at >= from;) {
        if (in->marks[i].record->type != CM_EVENT_TRANSFER)
            continue;
        if (in->marks[i].target != CM_NONE)
            return in->marks[i].target;
        break;
    }
    if (before != CM_NONE)
        return in->runs[before].agent;
    return after != CM_NONE ? in->runs[after].agent : CM_NONE;
}

/* Did another agent than the one who handed on write after this transfer, no later than last_turn? */
static bool was_taken_over(const struct cm_interaction *in, const struct cm_mark *mark, uint32_t turn, uint32_t last_turn,
                           uint32_t in_charge)
{
    uint32_t next = cm_run_from(in, mark->at), wrote = cm_previous_agent_run(in, next);
    bool in_window = wrote != CM_NONE && in->runs[wrote].first > turn;
    uint32_t other = run_of_another(in, next, in_window ? in->runs[wrote].agent : in_charge);
    return other != CM_NONE && in->runs[other].first <= last_turn;
}

static uint32_t owner_of(const struct cm_interaction *in, uint32_t turn, uint32_t last_turn, uint32_t in_charge)
{
    for (size_t i = first_mark_after(in, last_turn + 1); i-- > 0 && in->marks[i].at > turn;) {
        const struct cm_mark *mark = &in->marks[i];
        if (mark->record->type != CM_EVENT_TRANSFER)
            continue;
        if (mark->target != CM_NONE && !writes_from(in, mark->target, mark->at) && !was_taken_over(in, mark, turn, last_turn, in_charge))
            return mark->target;
        break;
    }
    uint32_t wrote = cm_previous_agent_run(in, cm_run_from(in, last_turn + 1));
    return wrote == CM_NONE || in->runs[wrote].first < turn ? in_charge : in->runs[wrote].agent;
}

void cm_window_after(const struct cm_judge *judge, uint32_t turn, uint32_t agent_runs, struct cm_window *window)
{
    const struct cm_interaction *in = judge->in;
    uint32_t run = in->turns[turn].run, turns = (uint32_t)in->turn_count;
    uint32_t closing = closing_run(in, run + 1, agent_runs);
    uint32_t end = closing == CM_NONE ? turns : in->runs[closing].first;

    uint32_t before = cm_previous_agent_run(in, run), first = cm_next_agent_run(in, run + 1);
    uint32_t in_charge = in_charge_at(in, turn, before, first);
    const struct cm_mark *mark = transfer_mark(in, turn, end, in_charge);
    uint32_t restart = run_of_another(in, run + 1, in_charge);
    if (restart != CM_NONE && in->runs[restart].first >= end)
        restart = CM_NONE;
    bool waiting = false;
    if (mark && (restart == CM_NONE || mark->at <= in->runs[restart].first)) {
        restart = run_of_another(in, cm_run_from(in, mark->at), in_charge);
        waiting = restart == CM_NONE;
    }
    if (restart != CM_NONE) {
        closing = closing_run(in, restart, agent_runs);
        end = closing == CM_NONE ? turns : in->runs[closing].first;
    }
    *window = (struct cm_window){
        .from = turn + 1,
        .to = end - 1,
        .owner = owner_of(in, turn, end - 1, in_charge),
        .answered = first != CM_NONE && in->runs[first].first < end,
        .closed = judge->final || (closing != CM_NONE && !waiting),
    };
}

size_t cm_list_from(const struct cm_judge *judge, const struct cm_list *list, uint32_t from)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (judge->firings[list->items[middle]].turn < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t cm_first_in(const struct cm_judge *judge, const struct cm_list *list, uint32_t from, uint32_t to, uint32_t agent, uint32_t without)
{
    for (size_t i = cm_list_from(judge, list, from); i < list->count; i++) {
        const struct cm_firing *firing = &judge->firings[list->items[i]];
        const struct cm_turn *turn = &judge->in->turns[firing->turn];
        if (firing->turn > to)
            break;
        if (!(firing->flags & without) && cm_turn_meets(turn) && (agent == CM_NONE || turn->agent == agent))
            return list->items[i];
    }
    return CM_NONE;
}

bool cm_all_unsure(const struct cm_judge *judge, uint32_t from, uint32_t to, uint32_t agent)
{
    bool any = false;
    for (uint32_t i = from; i <= to && i < judge->in->turn_count; i++) {
        const struct cm_turn *turn = &judge->in->turns[i];
        if (!cm_turn_meets(turn) || (agent != CM_NONE && turn->agent != agent))
            continue;
        if (!cm_turn_unsure(judge, turn))
            return false;
        any = true;
    }
    return any;
}

bool cm_customer_left(const struct cm_judge *judge, int64_t since)
{
    const struct cm_record *end = judge->in->end;
    if (!end || end->ended_by != CM_ENDED_BY_CUSTOMER)
        return false;
    int64_t target = judge->ruleset->reply_target_ms[judge->in->channel];
    if (!(end->has & CM_HAS_TS) || since == CM_TIME_NONE || target < 0)
        return true;
    return end->ts < since || cm_timing_between(judge, since, end->ts, true) < target;
}
