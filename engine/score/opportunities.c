/*
 * What a customer opened, and whether it was met (rules/REFERENCE.md §5). One
 * opportunity of a behaviour is open at a time: repeats before it is met, or
 * before its window has ended, are absorbed.
 *
 * It is met by the first hit in its window, and is his who said it. Its credit
 * is the best that a hit in the window earns (of equal ones the first's), up to
 * the next opportunity of the behaviour: better words may follow the first ones.
 * Hits that lost their words to a penalty earn nothing, but all else (whose it
 * is, whether it is evaluated, which repeats are new) goes by them as by others;
 * where every one of them fell it is missed.
 */
#include "score/private.h"

/* The customer's last words in run before the turn that met them. */
static struct cm_run heard_before(const struct cm_interaction *in, uint32_t run, uint32_t turn)
{
    struct cm_run heard = in->runs[run];
    while (heard.last > turn || in->turns[heard.last].run != run || in->turns[heard.last].transparent)
        heard.last--; /* a backchannel answered while he was not done */
    return heard;
}

static bool is_late(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t met_turn)
{
    int64_t prompt = behaviour->prompt_ms[judge->in->channel];
    if (prompt < 0)
        return false;
    struct cm_run heard = heard_before(judge->in, run, met_turn);
    int64_t from = cm_timing_run_end(judge->in, &heard), to = judge->in->turns[met_turn].ts;
    if (from == CM_TIME_NONE || to == CM_TIME_NONE || to < judge->in->turns[heard.last].ts)
        return false;
    return cm_timing_between(judge, from, to, true) > prompt;
}

/* Where a deed counts after words in turn met: in their run (or the message that is in none) and the next runs. */
struct reach {
    uint32_t from, to;
    bool to_come; /* runs that count are still to come */
};

static struct reach reach_of(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t met_turn)
{
    const struct cm_interaction *in = judge->in;
    const struct cm_turn *turn = &in->turns[met_turn];
    uint32_t run = turn->run, left = behaviour->then_runs;
    struct reach reach = {met_turn, met_turn, false};
    uint32_t next = run == CM_NONE ? cm_run_from(in, met_turn) : run + 1;
    if (run != CM_NONE)
        reach = (struct reach){in->runs[run].first, in->runs[run].last, false};
    while (left > 0 && (next = cm_next_agent_run(in, next)) != CM_NONE) {
        run = next++;
        reach.to = in->runs[run].last;
        left--;
    }
    reach.to_come = !judge->final && (left > 0 || (run != CM_NONE && run + 1 == in->run_count));
    return reach;
}

/* What hits in the window come to. */
struct meeting {
    uint32_t hit, deed; /* the best hit, and the deed after it; CM_NONE: none */
    int64_t credit;
    bool to_come; /* deeds after one of them may still come */
    bool doubt;   /* a deed after one of them could not be decided */
};

/* One hit; deeds after the same run are the same: looked for once. */
static void weigh(const struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t hit, uint32_t without,
                  struct meeting *one)
{
    uint32_t turn = judge->firings[hit].turn;
    bool late = is_late(judge, behaviour, run, turn);
    int64_t credit = late ? behaviour->prompt_late_credit : CM_PPM;
    if (behaviour->then_any.count) {
        uint32_t before = one->hit == CM_NONE ? CM_NONE : judge->in->turns[judge->firings[one->hit].turn].run;
        if (before == CM_NONE || before != judge->in->turns[turn].run) {
            struct reach reach = reach_of(judge, behaviour, turn);
            one->deed = cm_first_in(judge, &judge->deeds.hits, reach.from, reach.to, CM_NONE, without);
            one->to_come = one->deed == CM_NONE && reach.to_come;
            one->doubt = one->deed == CM_NONE && cm_first_in(judge, &judge->deeds.faults, reach.from, reach.to, CM_NONE, 0) != CM_NONE;
        }
        if (one->deed == CM_NONE && behaviour->then_credit < credit)
            credit = behaviour->then_credit;
    }
    one->hit = hit;
    one->credit = credit;
}

/* The hits in [from, to], without those that have any of these flags. */
static struct meeting best_meeting(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t from, uint32_t to,
                                   uint32_t without)
{
    const struct cm_list *hits = &judge->met.hits;
    struct meeting best = {.hit = CM_NONE, .deed = CM_NONE}, one = best;
    for (size_t i = cm_list_from(judge, hits, from); i < hits->count; i++) {
        struct cm_firing *firing = &judge->firings[hits->items[i]];
        if (firing->turn > to)
            break;
        if (firing->flags & without || !cm_turn_meets(&judge->in->turns[firing->turn]))
            continue;
        weigh(judge, behaviour, run, hits->items[i], without, &one);
        if (judge->marking && one.credit > 0) {
            firing->flags |= CM_FIRING_LIVE;
            if (one.deed != CM_NONE)
                judge->firings[one.deed].flags |= CM_FIRING_LIVE;
        }
        bool to_come = best.to_come || one.to_come, doubt = best.doubt || one.doubt;
        if (best.hit == CM_NONE || one.credit > best.credit)
            best = one;
        best.to_come = to_come;
        best.doubt = doubt;
    }
    return best;
}

/* first: the first hit in the window; to: the last turn that counts. A fault makes anything less than full uncertain. */
static void judge_met(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t run, uint32_t first,
                      const struct cm_window *window, uint32_t to, struct cm_verdict *verdict)
{
    struct meeting said = best_meeting(judge, behaviour, run, window->from, to, 0), stands = said;
    if (judge->fell)
        stands = best_meeting(judge, behaviour, run, window->from, to, CM_FIRING_UNEARNED);
    bool doubt = said.doubt || cm_first_in(judge, &judge->met.faults, window->from, to, CM_NONE, 0) != CM_NONE;
    bool open = stands.to_come || (!window->closed && to == window->to);
    verdict->kind = CM_VERDICT_SEEN;
    verdict->agent = judge->in->turns[judge->firings[first].turn].agent;
    verdict->credit = stands.credit;
    verdict->evidence[1] = stands.hit;
    verdict->evidence[2] = stands.deed;
    if (stands.credit < CM_PPM && open) {
        verdict->kind = CM_VERDICT_PENDING;
    } else if (said.credit < CM_PPM && doubt) {
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
    else if (cm_first_in(judge, &judge->met.faults, window->from, window->to, CM_NONE, 0) != CM_NONE)
        verdict->reason = CM_REASON_FAULT;
    else
        verdict->kind = CM_VERDICT_SEEN;
    if (verdict->kind == CM_VERDICT_SEEN && !window->answered)
        verdict->reason = CM_REASON_NO_REPLY;
}

static uint32_t run_of(const struct cm_judge *judge, uint32_t firing)
{
    return judge->in->turns[judge->firings[firing].turn].run;
}

/* The last turn before the next opportunity, one of opened from index next on, if run was met in turn met. */
static uint32_t before_next(const struct cm_judge *judge, size_t next, uint32_t run, uint32_t met)
{
    const struct cm_list *opened = &judge->opened.hits;
    while (next < opened->count && (run_of(judge, opened->items[next]) == run || judge->firings[opened->items[next]].turn <= met))
        next++;
    return next < opened->count ? judge->firings[opened->items[next]].turn - 1 : CM_NONE;
}

/* One opportunity, the hits of opened behind it from index next on; *until: the last turn in which a repeat is absorbed. */
static enum cm_status judge_opened(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t opened, size_t next,
                                   uint32_t *until)
{
    uint32_t turn = judge->firings[opened].turn, run = judge->in->turns[turn].run;
    struct cm_window window;
    cm_window_after(judge, turn, behaviour->window_runs, &window);
    uint32_t first = cm_first_in(judge, &judge->met.hits, window.from, window.to, CM_NONE, 0);
    struct cm_verdict verdict = {.has_window = true,
                                 .searched_from = turn,
                                 .searched_to = window.to > turn ? window.to : turn,
                                 .evidence = {opened, CM_NONE, CM_NONE}};
    if (first != CM_NONE) {
        *until = judge->firings[first].turn;
        uint32_t last = before_next(judge, next, run, *until);
        judge_met(judge, behaviour, run, first, &window, last < window.to ? last : window.to, &verdict);
    } else {
        *until = verdict.searched_to;
        judge_unmet(judge, run, &window, &verdict);
    }
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
        status = judge_opened(judge, behaviour, firing, hit, &until);
    }
    return status;
}

/*
 * Nothing of the interaction can be evaluated. While that may change the customer waits all the same, mostly for anybody at all: no run of
 * an agent's ended one opportunity or began another, so that all that he says is the first.
 */
static enum cm_status judge_whole(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    size_t before = judge->awaited_count;
    enum cm_status status = cm_tally_whole(judge, behaviour, 0);
    if (judge->awaited_count > before && judge->opened.hits.count)
        judge->awaited[before].evidence[0] = judge->opened.hits.items[0];
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
        return judge_whole(judge, behaviour);
    status = cm_judge_find(judge, behaviour->met_by, &judge->met);
    if (status == CM_OK && behaviour->then_any.count)
        status = cm_judge_find(judge, behaviour->then_any, &judge->deeds);
    return status == CM_OK ? judge_each(judge, behaviour) : status;
}
