/* How far a behaviour is looked for, and who answers where it is not found (language.md §5). */
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

static bool is_agent(const struct cm_interaction *in, uint32_t agent, struct cm_span id)
{
    return agent != CM_NONE && in->agents[agent].id.ptr && cm_span_equal(in->agents[agent].id, id);
}

/* The first run from index `from` on of another agent than this one, up to (not including) index end; CM_NONE: none. */
static uint32_t run_of_another(const struct cm_interaction *in, uint32_t from, size_t end, uint32_t agent)
{
    for (size_t i = from; i < end; i++)
        if (in->runs[i].agent != CM_NONE && in->runs[i].agent != agent)
            return (uint32_t)i;
    return CM_NONE;
}

/* The first mark of a transfer away from the agent who is in charge, placed after turn `after` and no later than before turn `before`. */
static const struct cm_mark *transfer_mark(const struct cm_interaction *in, uint32_t after, uint32_t before, uint32_t agent)
{
    for (size_t i = 0; i < in->mark_count; i++) {
        const struct cm_mark *mark = &in->marks[i];
        if (mark->record->type == CM_EVENT_TRANSFER && mark->at > after && mark->at <= before &&
            !is_agent(in, agent, mark->record->to_agent_id))
            return mark;
    }
    return NULL;
}

/* The first run that begins at or after this turn. */
static uint32_t run_from_turn(const struct cm_interaction *in, uint32_t turn)
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

static bool writes_from(const struct cm_interaction *in, uint32_t run, struct cm_span id)
{
    for (size_t i = run; i < in->run_count; i++)
        if (is_agent(in, in->runs[i].agent, id))
            return true;
    return false;
}

/* He who was named by the last transfer in the window and never wrote since; else who wrote last in it; else who was in charge before. */
static enum cm_status find_owner(struct cm_judge *judge, uint32_t turn, struct cm_window *window)
{
    const struct cm_interaction *in = judge->in;
    uint32_t last = run_from_turn(in, window->to + 1);
    uint32_t wrote = cm_previous_agent_run(in, last);
    window->owner = wrote == CM_NONE ? CM_NONE : in->runs[wrote].agent;
    for (size_t i = in->mark_count; i-- > 0;) {
        const struct cm_mark *mark = &in->marks[i];
        if (mark->record->type != CM_EVENT_TRANSFER || mark->at <= turn || mark->at > window->to + 1)
            continue;
        struct cm_span named = mark->record->to_agent_id;
        if (!named.ptr || writes_from(in, run_from_turn(in, mark->at), named))
            return CM_OK;
        return cm_silent_agent(judge, named, &window->owner);
    }
    return CM_OK;
}

enum cm_status cm_window_after(struct cm_judge *judge, uint32_t turn, uint32_t agent_runs, struct cm_window *window)
{
    const struct cm_interaction *in = judge->in;
    uint32_t last_turn = (uint32_t)in->turn_count - 1;
    uint32_t run = in->turns[turn].run;
    uint32_t closing = closing_run(in, run + 1, agent_runs);
    uint32_t end = closing == CM_NONE ? last_turn + 1 : in->runs[closing].first;

    uint32_t before = cm_previous_agent_run(in, run), first = cm_next_agent_run(in, run + 1);
    uint32_t in_charge = before != CM_NONE ? in->runs[before].agent : first != CM_NONE ? in->runs[first].agent : CM_NONE;
    const struct cm_mark *mark = transfer_mark(in, turn, end, in_charge);
    uint32_t restart = run_of_another(in, run + 1, closing == CM_NONE ? in->run_count : closing, in_charge);
    bool waiting = false;
    if (mark && (restart == CM_NONE || mark->at <= in->runs[restart].first)) {
        restart = run_of_another(in, run_from_turn(in, mark->at), in->run_count, in_charge);
        waiting = restart == CM_NONE;
    }
    if (restart != CM_NONE) {
        closing = closing_run(in, restart, agent_runs);
        end = closing == CM_NONE ? last_turn + 1 : in->runs[closing].first;
    }
    *window = (struct cm_window){.from = in->runs[run].last + 1, .to = end - 1, .closed = judge->final || (closing != CM_NONE && !waiting)};
    for (size_t i = run + 1; i < in->run_count && in->runs[i].first < end; i++)
        window->agent_runs += in->runs[i].agent != CM_NONE;
    return find_owner(judge, turn, window);
}

uint32_t cm_first_in(const struct cm_judge *judge, const struct cm_list *list, uint32_t from, uint32_t to, uint32_t agent)
{
    const struct cm_interaction *in = judge->in;
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (judge->firings[list->items[middle]].turn < from)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < list->count; low++) {
        const struct cm_turn *turn = &in->turns[judge->firings[list->items[low]].turn];
        if (judge->firings[list->items[low]].turn > to)
            break;
        if (turn->run != CM_NONE && turn->agent != CM_NONE && (agent == CM_NONE || turn->agent == agent))
            return list->items[low];
    }
    return CM_NONE;
}

bool cm_all_unsure(const struct cm_judge *judge, uint32_t from, uint32_t to, uint32_t agent)
{
    bool any = false;
    for (uint32_t i = from; i <= to && i < judge->in->turn_count; i++) {
        const struct cm_turn *turn = &judge->in->turns[i];
        if (turn->run == CM_NONE || turn->agent == CM_NONE || (agent != CM_NONE && turn->agent != agent))
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
