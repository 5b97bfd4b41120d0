/* Clocks to credit: full up to the target, none from the limit on, linear between; the mean over measures (rules/REFERENCE.md §6). */
#include "score/private.h"

static int64_t credit_for(int64_t value, struct cm_time_target target)
{
    if (value <= target.target)
        return CM_PPM;
    if (value >= target.limit)
        return 0;
    return cm_round((__int128)CM_PPM * (target.limit - value), target.limit - target.target);
}

/* The entry of agent (CM_NONE: of the interaction). */
static enum cm_status judge_clock(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t agent)
{
    struct cm_timing timing = judge->card.timing;
    uint32_t clockless = judge->clockless, missing = 0;
    if (agent != CM_NONE) {
        enum cm_status status = cm_timing_measure(judge, agent, &timing, &clockless);
        if (status != CM_OK)
            return status;
    }
    int64_t credit = 0, known = 0;
    for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++) {
        struct cm_time_target target = behaviour->targets[measure][judge->in->channel];
        int64_t value = cm_timing_value(&timing, (enum cm_measure)measure);
        if (target.target < 0)
            continue;
        if (value < 0) {
            missing |= clockless & 1u << measure;
            continue;
        }
        credit += credit_for(value, target);
        known++;
    }
    if (judge->reasons)
        return agent == CM_NONE ? cm_tally_whole(judge, behaviour, missing && !known ? 1u << CM_REASON_NO_CLOCK : 0) : CM_OK;
    struct cm_verdict verdict = {.agent = agent, .own = agent != CM_NONE, .evidence = {CM_NONE, CM_NONE, CM_NONE}};
    if (known) {
        verdict.kind = CM_VERDICT_SEEN;
        verdict.credit = cm_round(credit, known);
    } else if (missing) {
        verdict.kind = CM_VERDICT_NOT_EVALUATED;
        verdict.reason = CM_REASON_NO_CLOCK;
    } else if (!judge->final) {
        verdict.kind = CM_VERDICT_PENDING;
    } else {
        return CM_OK; /* nothing happened that a clock could measure */
    }
    /* an agent's own clock is there only where it could be read */
    return agent != CM_NONE && !known ? CM_OK : cm_tally(judge, behaviour, &verdict);
}

static bool has_own_clock(const struct cm_interaction *in)
{
    for (size_t i = 0; i < in->turn_count; i++)
        if (in->turns[i].agent != CM_NONE && in->turns[i].message->has & CM_HAS_OPEN_CHATS && in->turns[i].message->open_chats == 1)
            return true;
    return false;
}

enum cm_status cm_judge_timed(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    bool judged_here = false;
    for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++)
        judged_here = judged_here || behaviour->targets[measure][judge->in->channel].target >= 0;
    if (!judged_here)
        return CM_OK;
    enum cm_status status = judge_clock(judge, behaviour, CM_NONE);
    if (!has_own_clock(judge->in))
        return status;
    for (uint32_t agent = 0; status == CM_OK && agent < judge->in->agent_count; agent++)
        status = judge_clock(judge, behaviour, agent);
    return status;
}
