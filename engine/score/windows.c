/* How far a behaviour is looked for, and who answers where it is not found (rules/REFERENCE.md §5). */
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

/* He who was named by the last transfer in the window and never wrote since; else who wrote last in it; else who was in charge before. */
static uint32_t owner_of(const struct cm_interaction *in, uint32_t turn, uint32_t last_turn)
{
    for (size_t i = first_mark_after(in, last_turn + 1); i-- > 0 && in->marks[i].at > turn;) {
        const struct cm_mark *mark = &in->marks[i];
        if (mark->record->type != CM_EVENT_TRANSFER)
            continue;
        if (mark->target != CM_NONE && !writes_from(in, mark->target, mark->at))
            return mark->target;
        break;
    }
    uint32_t wrote = cm_previous_agent_run(in, cm_run_from(in, last_turn + 1));
    return wrote == CM_NONE ? CM_NONE : in->runs[wrote].agent;
}

void cm_window_after(const struct cm_judge *judge, uint32_t turn, uint32_t agent_runs, struct cm_window *window)
{
    const struct cm_interaction *in = judge->in;
    uint32_t run = in->turns[turn].run, turns = (uint32_t)in->turn_count;
    uint32_t closing = closing_run(in, run + 1, agent_runs);
    uint32_t end = closing == CM_NONE ? turns : in->runs[closing].first;

    uint32_t before = cm_previous_agent_run(in, run), first = cm_next_agent_run(in, run + 1);
    uint32_t in_charge = before != CM_NONE ? in->runs[before].agent : first != CM_NONE ? in->runs[first].agent : CM_NONE;
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
        .owner = owner_of(in, turn, end - 1),
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
