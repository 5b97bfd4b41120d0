/*
 * The clocks of rules/REFERENCE.md §7: working hours, holds, gaps, dead air.
 *
 * A moment that is not known makes no pair; a pair whose second message began
 * before its first is no pair either (the interaction is flagged); an answer that
 * begins while the question is still being spoken took no time.
 */
#include "score/private.h"

#define MINUTE_MS INT64_C(60000)
#define WEEK_MS (7 * 24 * 60 * MINUTE_MS)
/* 1970-01-01 was a Thursday: three days into a week that begins on Monday. */
#define EPOCH_IN_WEEK_MS (3 * 24 * 60 * MINUTE_MS)

/* ------------------------------------------------------------------- calendar */

static int64_t week_total(const struct cm_calendar *calendar)
{
    int64_t minutes = 0;
    for (uint32_t i = 0; i < calendar->span_count; i++)
        minutes += calendar->spans[i].to - calendar->spans[i].from;
    return minutes * MINUTE_MS;
}

/* Working milliseconds from the calendar's zero to a moment. */
static int64_t worked_until(const struct cm_calendar *calendar, int64_t moment)
{
    int64_t local = moment + calendar->offset_min * MINUTE_MS + EPOCH_IN_WEEK_MS;
    int64_t week = local / WEEK_MS - (local % WEEK_MS < 0), in_week = local - week * WEEK_MS;
    int64_t worked = week * week_total(calendar);
    for (uint32_t i = 0; i < calendar->span_count; i++) {
        int64_t from = calendar->spans[i].from * MINUTE_MS, to = calendar->spans[i].to * MINUTE_MS;
        if (in_week > from)
            worked += (in_week < to ? in_week : to) - from;
    }
    return worked;
}

/* Milliseconds: the year 5138. Clocks beyond it are wrong, and stand still there, so that no sum of an interaction can overflow. */
#define MOMENT_MAX INT64_C(100000000000000)

static int64_t clamp_moment(int64_t moment)
{
    return moment > MOMENT_MAX ? MOMENT_MAX : moment < -MOMENT_MAX ? -MOMENT_MAX : moment;
}

static int64_t on_the_clock(const struct cm_judge *judge, int64_t from, int64_t to)
{
    const struct cm_calendar *calendar = &judge->ruleset->calendar;
    from = clamp_moment(from);
    to = clamp_moment(to);
    if (from >= to)
        return 0;
    return calendar->channels >> judge->in->channel & 1 ? worked_until(calendar, to) - worked_until(calendar, from) : to - from;
}

int64_t cm_timing_between(const struct cm_judge *judge, int64_t from, int64_t to, bool paused)
{
    int64_t time = on_the_clock(judge, from, to);
    for (size_t i = 0; paused && i < judge->hold_count; i++) {
        const struct cm_hold *hold = &judge->holds[i];
        time -= on_the_clock(judge, hold->from > from ? hold->from : from, hold->to < to ? hold->to : to);
    }
    return time > 0 ? time : 0;
}

/* ---------------------------------------------------------------------- holds */

/* Where a message ends: what was said at end_ts, what was written when it was sent. CM_TIME_NONE: not known. */
static int64_t end_of(const struct cm_turn *turn)
{
    return turn->end_ts != CM_TIME_NONE ? turn->end_ts : turn->ts;
}

static uint32_t next_speech(const struct cm_interaction *in, uint32_t turn)
{
    for (uint32_t i = turn + 1; i < in->turn_count; i++)
        if (cm_turn_speaks(&in->turns[i]))
            return i;
    return CM_NONE;
}

static enum cm_status add_hold(struct cm_judge *judge, uint32_t turn)
{
    const struct cm_interaction *in = judge->in;
    uint32_t next = next_speech(in, turn);
    if (next == CM_NONE || in->turns[turn].ts == CM_TIME_NONE || in->turns[next].ts == CM_TIME_NONE)
        return CM_OK;
    int64_t from = end_of(&in->turns[turn]), to = in->turns[next].ts;
    if (judge->hold_count && from < judge->holds[judge->hold_count - 1].to)
        from = judge->holds[judge->hold_count - 1].to; /* no moment is paused twice */
    if (from >= to)
        return CM_OK;
    enum cm_status status = cm_grow(&judge->holds, &judge->hold_cap, judge->hold_count + 1, sizeof *judge->holds);
    if (status == CM_OK)
        judge->holds[judge->hold_count++] = (struct cm_hold){from, to};
    return status;
}

enum cm_status cm_timing_prepare(struct cm_judge *judge)
{
    judge->hold_count = 0;
    if (!judge->ruleset->hold.count)
        return CM_OK;
    enum cm_status status = cm_judge_find(judge, judge->ruleset->hold, &judge->met);
    const struct cm_list *hits = &judge->met.hits;
    for (size_t i = 0; status == CM_OK && i < hits->count; i++) {
        uint32_t turn = judge->firings[hits->items[i]].turn;
        if (i == 0 || judge->firings[hits->items[i - 1]].turn != turn)
            status = add_hold(judge, turn);
    }
    return status;
}

/* ----------------------------------------------------------------------- pairs */

int64_t cm_timing_run_end(const struct cm_interaction *in, const struct cm_run *run)
{
    const struct cm_turn *turn = &in->turns[run->last];
    return in->channel == CM_CHANNEL_CALL ? turn->end_ts : end_of(turn);
}

int64_t cm_timing_last_word(const struct cm_interaction *in)
{
    for (size_t i = in->turn_count; i-- > 0;)
        if (cm_turn_speaks(&in->turns[i]))
            return end_of(&in->turns[i]);
    return CM_TIME_NONE;
}

static bool runs_backwards(int64_t first, int64_t second)
{
    return first != CM_TIME_NONE && second != CM_TIME_NONE && second < first;
}

/* Whose messages are measured: an agent's own only while he had no other chat open. */
static bool is_measured(const struct cm_turn *turn, uint32_t agent)
{
    if (agent == CM_NONE)
        return turn->agent != CM_NONE;
    return turn->agent == agent && turn->message->has & CM_HAS_OPEN_CHATS && turn->message->open_chats == 1;
}

/* The next message of an agent from turn on (agent CM_NONE: of any), or CM_NONE. */
static uint32_t next_answer(const struct cm_interaction *in, uint32_t turn, uint32_t agent)
{
    for (uint32_t i = turn; i < in->turn_count; i++)
        if (in->turns[i].agent != CM_NONE && !in->turns[i].transparent && (agent == CM_NONE || in->turns[i].agent == agent))
            return i;
    return CM_NONE;
}

static uint32_t next_question(const struct cm_interaction *in, uint32_t turn)
{
    for (uint32_t i = turn; i < in->turn_count; i++)
        if (in->turns[i].speaker == CM_SPEAKER_CUSTOMER && !in->turns[i].transparent)
            return i;
    return CM_NONE;
}

/* The transfer that called this agent in, before his first message; NULL: none. */
static const struct cm_mark *called_by(const struct cm_interaction *in, uint32_t agent, uint32_t first)
{
    const struct cm_mark *mark = NULL;
    for (size_t i = 0; i < in->mark_count && in->marks[i].at <= first; i++)
        if (in->marks[i].target == agent)
            mark = &in->marks[i];
    return mark;
}

struct measuring {
    struct cm_judge *judge;
    uint32_t agent;
    uint32_t clockless; /* bits of enum cm_measure that happened without a clock */
    struct cm_timing *timing;
};

static void first_response(struct measuring *m)
{
    const struct cm_interaction *in = m->judge->in;
    uint32_t from = 0, answer;
    int64_t since = CM_TIME_NONE;
    const struct cm_mark *call = NULL;
    if (m->agent != CM_NONE) {
        uint32_t first = next_answer(in, 0, m->agent);
        if (first == CM_NONE)
            return;
        call = called_by(in, m->agent, first);
        from = call ? call->at : first + 1;
    }
    uint32_t question = next_question(in, 0);
    if (call && question < call->at) { /* the customer waits already */
        answer = next_answer(in, from, m->agent);
        since = call->record->has & CM_HAS_TS ? call->record->ts : CM_TIME_NONE;
    } else {
        question = next_question(in, from);
        answer = question == CM_NONE ? CM_NONE : next_answer(in, question, m->agent);
        if (answer != CM_NONE && !runs_backwards(in->turns[question].ts, in->turns[answer].ts))
            since = in->turns[question].ts == CM_TIME_NONE ? CM_TIME_NONE : end_of(&in->turns[question]);
    }
    if (answer == CM_NONE || !is_measured(&in->turns[answer], m->agent))
        return;
    int64_t at = in->turns[answer].ts;
    bool called = call && question < call->at, backwards = called && runs_backwards(since, at);
    if (backwards)
        m->judge->card.flags |= 1u << CM_FLAG_CLOCK_BACKWARDS;
    if (since == CM_TIME_NONE || at == CM_TIME_NONE || backwards)
        m->clockless |= 1u << CM_MEASURE_FIRST_RESPONSE;
    else
        m->timing->first_response_ms = cm_timing_between(m->judge, since, at, true);
}

static int compare_gaps(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort_gaps(int64_t *gaps, size_t count)
{
    enum { FEW = 64 };
    if (count > FEW) {
        qsort(gaps, count, sizeof *gaps, compare_gaps);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        int64_t gap = gaps[i];
        size_t at = i;
        for (; at > 0 && gaps[at - 1] > gap; at--)
            gaps[at] = gaps[at - 1];
        gaps[at] = gap;
    }
}

/* Nearest rank: the least value that at least percent of the values do not exceed. */
static int64_t percentile(const int64_t *sorted, size_t count, unsigned percent)
{
    return sorted[(count * percent + 99) / 100 - 1];
}

static enum cm_status reply_gaps(struct measuring *m)
{
    const struct cm_interaction *in = m->judge->in;
    const uint32_t bits = 1u << CM_MEASURE_MEDIAN_GAP | 1u << CM_MEASURE_P90_GAP | 1u << CM_MEASURE_CUSTOMER_WAIT;
    size_t count = 0;
    int64_t wait = 0;
    for (size_t i = 1; i < in->run_count; i++) {
        const struct cm_run *asked = &in->runs[i - 1], *answer = &in->runs[i];
        const struct cm_turn *last = &in->turns[asked->last], *first = &in->turns[answer->first];
        if (asked->agent != CM_NONE || !is_measured(first, m->agent))
            continue;
        int64_t from = cm_timing_run_end(in, asked);
        if (from == CM_TIME_NONE || last->ts == CM_TIME_NONE || first->ts == CM_TIME_NONE || runs_backwards(last->ts, first->ts)) {
            m->clockless |= bits;
            continue;
        }
        enum cm_status status = cm_grow(&m->judge->gaps, &m->judge->gap_cap, count + 1, sizeof *m->judge->gaps);
        if (status != CM_OK)
            return status;
        m->judge->gaps[count++] = cm_timing_between(m->judge, from, first->ts, true);
        wait += cm_timing_between(m->judge, from, first->ts, false);
    }
    if (!count)
        return CM_OK;
    sort_gaps(m->judge->gaps, count);
    m->timing->median_gap_ms = percentile(m->judge->gaps, count, 50);
    m->timing->p90_gap_ms = percentile(m->judge->gaps, count, 90);
    m->timing->customer_wait_ms = wait;
    return CM_OK;
}

static bool is_other_side(const struct cm_turn *a, const struct cm_turn *b)
{
    return cm_turn_speaks(a) && cm_turn_speaks(b) && (a->speaker == CM_SPEAKER_CUSTOMER) != (b->speaker == CM_SPEAKER_CUSTOMER);
}

/* Silence and overlap between one message and the next that is heard (all but system notes), on calls with end times. */
static void dead_air(struct measuring *m)
{
    const struct cm_interaction *in = m->judge->in;
    const uint32_t bits = 1u << CM_MEASURE_DEAD_AIR | 1u << CM_MEASURE_TALK_OVER;
    const struct cm_turn *before = NULL;
    int64_t heard_until = CM_TIME_NONE, silent = 0, over = 0;
    bool any = false;
    for (size_t i = 0; in->channel == CM_CHANNEL_CALL && i < in->turn_count; i++) {
        const struct cm_turn *turn = &in->turns[i];
        if (turn->speaker == CM_SPEAKER_SYSTEM)
            continue;
        bool measured = before && (m->agent == CM_NONE || is_measured(turn, m->agent) || is_measured(before, m->agent));
        bool timed = measured && before->ts != CM_TIME_NONE && before->end_ts != CM_TIME_NONE && turn->ts != CM_TIME_NONE &&
                     !runs_backwards(before->ts, turn->ts);
        if (measured && !timed)
            m->clockless |= bits;
        if (timed) {
            any = true;
            silent += cm_timing_between(m->judge, heard_until, turn->ts, true);
            int64_t until = turn->end_ts != CM_TIME_NONE && turn->end_ts < before->end_ts ? turn->end_ts : before->end_ts;
            if (is_other_side(before, turn) && until > turn->ts)
                over += clamp_moment(until) - clamp_moment(turn->ts);
        }
        if (turn->end_ts != CM_TIME_NONE && (heard_until == CM_TIME_NONE || turn->end_ts > heard_until))
            heard_until = turn->end_ts;
        before = turn;
    }
    if (any) {
        m->timing->dead_air_ms = silent;
        m->timing->talk_over_ms = over;
    }
}

enum cm_status cm_timing_measure(struct cm_judge *judge, uint32_t agent, struct cm_timing *timing, uint32_t *clockless)
{
    struct measuring measuring = {judge, agent, 0, timing};
    *timing = (struct cm_timing){-1, -1, -1, -1, -1, -1};
    first_response(&measuring);
    enum cm_status status = reply_gaps(&measuring);
    dead_air(&measuring);
    *clockless = measuring.clockless;
    return status;
}

int64_t cm_timing_value(const struct cm_timing *timing, enum cm_measure measure)
{
    switch (measure) {
    case CM_MEASURE_FIRST_RESPONSE:
        return timing->first_response_ms;
    case CM_MEASURE_MEDIAN_GAP:
        return timing->median_gap_ms;
    case CM_MEASURE_P90_GAP:
        return timing->p90_gap_ms;
    case CM_MEASURE_DEAD_AIR:
        return timing->dead_air_ms;
    case CM_MEASURE_TALK_OVER:
        return timing->talk_over_ms;
    case CM_MEASURE_CUSTOMER_WAIT:
        return timing->customer_wait_ms;
    case CM_MEASURE_COUNT:
        break;
    }
    return -1;
}
