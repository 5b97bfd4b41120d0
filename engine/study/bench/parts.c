#include "study/bench/parts.h"

/* Time of runs, without what the clock took of it. */
static double runs_ns(const struct cm_profile *profile, const struct cm_profile_report *report, const struct cm_tally *tallies,
                      size_t count, double scale)
{
    uint64_t ticks = 0, clock = 0;
    for (size_t i = 0; i < count; i++) {
        ticks += tallies[i].ticks_matched + tallies[i].ticks_missed;
        clock += tallies[i].verifications * profile->cost;
    }
    return ticks > clock ? (double)(ticks - clock) * report->ns_per_tick * scale : 0;
}

static double stage_ns(const struct cm_profile_report *report, const char *key)
{
    for (size_t i = 0; i < CM_STAGE_COSTS; i++)
        if (strcmp(report->stages[i].key, key) == 0)
            return report->stages[i].ns;
    return 0;
}

void cm_bench_add_parts(const struct cm_profile *profile, const struct cm_profile_report *report, double ns[CM_BENCH_PART_COUNT])
{
    double turns = profile->timed_turns ? (double)profile->turns / (double)profile->timed_turns : 0;
    double interactions = profile->timed_interactions ? (double)profile->interactions / (double)profile->timed_interactions : 0;
    double expressions = runs_ns(profile, report, profile->regexes, profile->regex_count, turns);
    double judged = runs_ns(profile, report, profile->cues, profile->ruleset->cue_count, interactions);
    double phrases = report->cue_ns - expressions - judged; /* candidates, which cues are charged with, are phrases' */
    ns[CM_BENCH_PART_SYMBOLS] += stage_ns(report, "symbols");
    ns[CM_BENCH_PART_ANCHORS] += stage_ns(report, "anchors");
    ns[CM_BENCH_PART_PHRASES] += phrases > 0 ? phrases : 0;
    ns[CM_BENCH_PART_HITS] += stage_ns(report, "gather") + stage_ns(report, "merge");
    ns[CM_BENCH_PART_LITERALS] += stage_ns(report, "literals");
    ns[CM_BENCH_PART_EXPRESSIONS] += expressions;
    ns[CM_BENCH_PART_ATTRIBUTES] += stage_ns(report, "attributes");
}
