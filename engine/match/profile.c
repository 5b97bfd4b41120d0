#include "match/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
/* Readings by which the cost of one is found: the median, so that an interrupt among them is nothing. */
#define COST_READINGS 255u
/* The clock is held against the system's over the whole run, and at least so long. */
#define CALIBRATION_MIN_NS UINT64_C(1000000)

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int compare_ticks(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static uint64_t reading_cost(void)
{
    uint64_t costs[COST_READINGS];
    for (size_t i = 0; i < COST_READINGS; i++) {
        uint64_t from = cm_profile_now();
        costs[i] = cm_profile_now() - from;
    }
    qsort(costs, COST_READINGS, sizeof *costs, compare_ticks);
    return costs[COST_READINGS / 2];
}

/* Mean every; never 0. The same sequence in every profile: packs of one run are timed on the same turns. */
static uint32_t draw_gap(struct cm_profile *profile)
{
    profile->random ^= profile->random << 13; /* xorshift64 */
    profile->random ^= profile->random >> 7;
    profile->random ^= profile->random << 17;
    return 1 + (uint32_t)((profile->random >> 32) % (2 * (uint64_t)profile->every - 1));
}

enum cm_status cm_profile_new(const struct cm_ruleset *ruleset, uint32_t every, struct cm_profile **out)
{
    *out = NULL;
    struct cm_profile *profile = calloc(1, sizeof *profile);
    if (!profile)
        return CM_ENOMEM;
    profile->ruleset = ruleset;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        profile->phrase_count += ruleset->cues[i].phrase_count;
        profile->regex_count += ruleset->cues[i].regex_count;
    }
    profile->phrases = calloc(profile->phrase_count + 1, sizeof *profile->phrases);
    profile->regexes = calloc(profile->regex_count + 1, sizeof *profile->regexes);
    profile->cues = calloc((size_t)ruleset->cue_count + 1, sizeof *profile->cues);
    profile->cue_turns = calloc((size_t)ruleset->cue_count + 1, sizeof *profile->cue_turns);
    if (!profile->phrases || !profile->regexes || !profile->cues || !profile->cue_turns) {
        cm_profile_free(profile);
        return CM_ENOMEM;
    }
    profile->every = every ? every : 1;
    profile->random = UINT64_C(0x9E3779B97F4A7C15);
    profile->turns_left = draw_gap(profile);
    profile->interactions_left = draw_gap(profile);
    profile->cost = reading_cost();
    profile->ticks0 = cm_profile_now();
    profile->ns0 = now_ns();
    *out = profile;
    return CM_OK;
}

void cm_profile_free(struct cm_profile *profile)
{
    if (!profile)
        return;
    free(profile->phrases);
    free(profile->regexes);
    free(profile->cues);
    free(profile->cue_turns);
    free(profile);
}

/* ---- filling ---- */

bool cm_profile_interrupted(struct cm_profile *profile)
{
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0)
        return false;
    bool interrupted = usage.ru_nivcsw + usage.ru_nvcsw != profile->switches;
    profile->switches = usage.ru_nivcsw + usage.ru_nvcsw;
    profile->interrupted += interrupted;
    return interrupted;
}

/* What happened to the thread before a timed stretch is of no interest. */
static void forget_switches(struct cm_profile *profile)
{
    uint64_t interrupted = profile->interrupted;
    (void)cm_profile_interrupted(profile);
    profile->interrupted = interrupted;
}

bool cm_profile_turn(struct cm_profile *profile)
{
    profile->turns++;
    profile->timing = --profile->turns_left == 0;
    if (!profile->timing)
        return false;
    profile->turns_left = draw_gap(profile);
    profile->timed_turns++;
    forget_switches(profile);
    return true;
}

bool cm_profile_interaction(struct cm_profile *profile)
{
    profile->interactions++;
    if (--profile->interactions_left != 0)
        return false;
    profile->interactions_left = draw_gap(profile);
    profile->timed_interactions++;
    forget_switches(profile);
    return true;
}

void cm_profile_run(struct cm_profile *profile, struct cm_tally *tally, uint64_t from, bool matched)
{
    uint64_t ticks = cm_profile_now() - from, *sum = matched ? &tally->ticks_matched : &tally->ticks_missed;
    uint64_t before = matched ? tally->matched : tally->verifications - tally->matched;
    profile->nested_ticks += ticks;
    profile->nested++;
    if (ticks > CM_PROFILE_SUSPECT_TICKS && cm_profile_interrupted(profile))
        ticks = before ? *sum / before : 0;
    *sum += ticks;
    tally->verifications++;
    tally->matched += matched;
}

void cm_profile_step_around(struct cm_profile *profile, enum cm_stage stage, uint64_t from)
{
    uint64_t ticks = cm_profile_now() - from;
    ticks = ticks > profile->nested_ticks ? ticks - profile->nested_ticks : 0;
    if (ticks > CM_PROFILE_SUSPECT_TICKS && cm_profile_interrupted(profile))
        ticks = profile->readings[stage] ? profile->ticks[stage] / profile->readings[stage] : 0;
    profile->ticks[stage] += ticks;
    profile->readings[stage] += 1 + profile->nested; /* a run costs two readings, of which its own ticks have one */
}

static void add_tallies(struct cm_tally *into, const struct cm_tally *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        into[i].candidates += from[i].candidates;
        into[i].sifted += from[i].sifted;
        into[i].verifications += from[i].verifications;
        into[i].matched += from[i].matched;
        into[i].hits += from[i].hits;
        into[i].faults += from[i].faults;
        into[i].ticks_matched += from[i].ticks_matched;
        into[i].ticks_missed += from[i].ticks_missed;
    }
}

void cm_profile_add(struct cm_profile *into, const struct cm_profile *from)
{
    add_tallies(into->phrases, from->phrases, into->phrase_count);
    add_tallies(into->regexes, from->regexes, into->regex_count);
    add_tallies(into->cues, from->cues, into->ruleset->cue_count);
    for (uint32_t i = 0; i < into->ruleset->cue_count; i++)
        into->cue_turns[i] += from->cue_turns[i];
    for (size_t i = 0; i < CM_STAGE_COUNT; i++) {
        into->ticks[i] += from->ticks[i];
        into->readings[i] += from->readings[i];
    }
    into->turns += from->turns;
    into->timed_turns += from->timed_turns;
    into->interactions += from->interactions;
    into->timed_interactions += from->timed_interactions;
    into->interrupted += from->interrupted;
}

/* ---- reading ---- */

static const struct {
    const char *name, *key;
} stage_names[CM_STAGE_COUNT] = {
    [CM_STAGE_FOLD] = {"fold: text to tokens", "fold"},
    [CM_STAGE_SYMBOLS] = {"symbols: tokens to words of phrases, filter", "symbols"},
    [CM_STAGE_ANCHORS] = {"anchors: which phrases to look at", "anchors"},
    [CM_STAGE_GATHER] = {"gather: hits into order", "gather"},
    [CM_STAGE_LITERALS] = {"literals: which expressions to run", "literals"},
    [CM_STAGE_ATTRIBUTES] = {"attributes: negated, quoted, supposed", "attributes"},
    [CM_STAGE_MERGE] = {"merge: hits of a cue to one, weights", "merge"},
    [CM_STAGE_WORDS] = {"words: what an echo may take up", "words"},
    [CM_STAGE_JUDGE] = {"judge: all but cues made of others", "judge"},
};

/* The clock since the profile began, waiting until that is long enough to tell. */
static double measure_tick(const struct cm_profile *profile)
{
    uint64_t ns, ticks;
    do {
        ns = now_ns() - profile->ns0;
        ticks = cm_profile_now() - profile->ticks0;
    } while (ns < CALIBRATION_MIN_NS);
    return ticks > 0 ? (double)ns / (double)ticks : 1;
}

/* Ticks without those of the clock itself, as time. */
static double net_ns(const struct cm_profile *profile, double ns_per_tick, uint64_t ticks, uint64_t readings)
{
    uint64_t clock = readings * profile->cost;
    return ticks > clock ? (double)(ticks - clock) * ns_per_tick : 0;
}

static double ratio(uint64_t all, uint64_t part)
{
    return part ? (double)all / (double)part : 0;
}

/* What is being reported. */
struct reporting {
    const struct cm_profile *profile;
    double ns_per_tick;
    double turn_scale, interaction_scale;
    double needs_ns, sift_ns; /* of a candidate, of a sifted one */
};

static struct cm_tally sum_tallies(const struct cm_tally *tallies, size_t count)
{
    struct cm_tally sum = {0};
    for (size_t i = 0; i < count; i++) {
        add_tallies(&sum, &tallies[i], 1);
    }
    return sum;
}

struct run_time {
    double matched_ns, missed_ns;
};

static struct run_time time_of(const struct reporting *reporting, const struct cm_tally *tally)
{
    uint64_t missed = tally->verifications - tally->matched;
    return (struct run_time){net_ns(reporting->profile, reporting->ns_per_tick, tally->ticks_matched, tally->matched),
                             net_ns(reporting->profile, reporting->ns_per_tick, tally->ticks_missed, missed)};
}

/* What the scanner has counted of a cue, and what the judge has. */
static void cost_of(const struct reporting *reporting, const struct cm_tally *phrases, const struct cm_tally *regexes,
                    struct cm_cue_cost *cost)
{
    const struct cm_profile *profile = reporting->profile;
    const struct cm_cue *cue = &profile->ruleset->cues[cost->cue];
    struct cm_tally all = sum_tallies(phrases, cue->phrase_count), expressions = sum_tallies(regexes, cue->regex_count);
    const struct cm_tally *judged = &profile->cues[cost->cue];
    double needs_ns = (double)all.candidates * reporting->needs_ns + (double)all.sifted * reporting->sift_ns;
    add_tallies(&all, &expressions, 1);
    struct run_time scanned = time_of(reporting, &all), composed = time_of(reporting, judged);
    double turns = reporting->turn_scale, interactions = reporting->interaction_scale;
    uint64_t matched = all.matched + judged->matched, runs = all.verifications + judged->verifications;
    bool by_judge = cm_profile_judged(cue);
    cost->candidates = (double)all.candidates * turns + (double)judged->candidates * interactions;
    cost->verifications = (double)all.verifications * turns + (double)judged->verifications * interactions;
    cost->hits = by_judge ? (double)judged->hits * interactions : (double)all.hits * turns;
    cost->turns = (double)profile->cue_turns[cost->cue] * (by_judge ? interactions : turns);
    cost->faults = (double)all.faults * turns + (double)judged->faults * interactions;
    cost->ns_hit = matched ? (scanned.matched_ns + composed.matched_ns) / (double)matched : NAN;
    cost->ns_miss = runs > matched ? (scanned.missed_ns + composed.missed_ns) / (double)(runs - matched) : NAN;
    cost->ns = (needs_ns + scanned.matched_ns + scanned.missed_ns) * turns + (composed.matched_ns + composed.missed_ns) * interactions;
    cost->measured = all.candidates > all.verifications ? all.candidates : all.verifications;
    cost->measured += judged->verifications;
}

static void report_cues(const struct reporting *reporting, struct cm_profile_report *report)
{
    const struct cm_profile *profile = reporting->profile;
    size_t phrase = 0, regex = 0;
    for (uint32_t i = 0; i < profile->ruleset->cue_count; i++) {
        report->cues[i].cue = i;
        cost_of(reporting, profile->phrases + phrase, profile->regexes + regex, &report->cues[i]);
        report->cue_ns += report->cues[i].ns;
        phrase += profile->ruleset->cues[i].phrase_count;
        regex += profile->ruleset->cues[i].regex_count;
    }
    report->ns += report->cue_ns;
}

static void report_stages(const struct reporting *reporting, struct cm_profile_report *report)
{
    const struct cm_profile *profile = reporting->profile;
    size_t at = 0;
    for (size_t i = 0; i < CM_STAGE_COUNT; i++) {
        if (!stage_names[i].name)
            continue;
        double scale = i == CM_STAGE_JUDGE ? reporting->interaction_scale : reporting->turn_scale;
        double ns = net_ns(profile, reporting->ns_per_tick, profile->ticks[i], profile->readings[i]) * scale;
        report->stages[at++] = (struct cm_stage_cost){.name = stage_names[i].name, .key = stage_names[i].key, .ns = ns};
        report->ns += ns;
    }
}

enum cm_status cm_profile_report(const struct cm_profile *profile, struct cm_profile_report *report)
{
    *report = (struct cm_profile_report){.ns_per_tick = measure_tick(profile)};
    report->cues = calloc((size_t)profile->ruleset->cue_count + 1, sizeof *report->cues);
    if (!report->cues)
        return CM_ENOMEM;
    report->clock_ns = (double)profile->cost * report->ns_per_tick;
    struct cm_tally phrases = sum_tallies(profile->phrases, profile->phrase_count);
    struct reporting reporting = {.profile = profile,
                                  .ns_per_tick = report->ns_per_tick,
                                  .turn_scale = ratio(profile->turns, profile->timed_turns),
                                  .interaction_scale = ratio(profile->interactions, profile->timed_interactions)};
    if (phrases.candidates)
        reporting.needs_ns = net_ns(profile, report->ns_per_tick, profile->ticks[CM_STAGE_NEEDS], profile->readings[CM_STAGE_NEEDS]) /
                             (double)phrases.candidates;
    if (phrases.sifted)
        reporting.sift_ns =
            net_ns(profile, report->ns_per_tick, profile->ticks[CM_STAGE_SIFT], profile->readings[CM_STAGE_SIFT]) / (double)phrases.sifted;
    report_cues(&reporting, report);
    report_stages(&reporting, report);
    for (uint32_t i = 0; i < profile->ruleset->cue_count && report->ns > 0; i++)
        report->cues[i].share = report->cues[i].ns / report->ns;
    for (size_t i = 0; i < CM_STAGE_COSTS && report->ns > 0; i++)
        report->stages[i].share = report->stages[i].ns / report->ns;
    return CM_OK;
}

void cm_profile_report_free(struct cm_profile_report *report)
{
    free(report->cues);
    *report = (struct cm_profile_report){0};
}

/* ---- order ---- */

struct order {
    const struct cm_ruleset *ruleset;
    enum cm_cost_order by;
};

static double key_of(const struct cm_cue_cost *cost, enum cm_cost_order by)
{
    switch (by) {
    case CM_COST_BY_CANDIDATES:
        return cost->candidates;
    case CM_COST_BY_VERIFICATIONS:
        return cost->verifications;
    case CM_COST_BY_HITS:
        return cost->hits;
    case CM_COST_BY_TURNS:
        return cost->turns;
    case CM_COST_BY_FAULTS:
        return cost->faults;
    case CM_COST_BY_HIT_NS:
        return isnan(cost->ns_hit) ? -1 : cost->ns_hit;
    case CM_COST_BY_MISS_NS:
        return isnan(cost->ns_miss) ? -1 : cost->ns_miss;
    case CM_COST_BY_TIME:
    case CM_COST_BY_CUE:
        break;
    }
    return cost->ns;
}

static int compare_costs(const void *a, const void *b, void *context)
{
    const struct cm_cue_cost *left = a, *right = b;
    const struct order *order = context;
    if (order->by == CM_COST_BY_CUE)
        return strcmp(order->ruleset->cues[left->cue].id, order->ruleset->cues[right->cue].id);
    double x = key_of(left, order->by), y = key_of(right, order->by);
    if (x != y)
        return x > y ? -1 : 1;
    return (left->cue > right->cue) - (left->cue < right->cue);
}

void cm_profile_sort(struct cm_profile_report *report, const struct cm_ruleset *ruleset, enum cm_cost_order order)
{
    struct order by = {ruleset, order};
    if (ruleset->cue_count)
        qsort_r(report->cues, ruleset->cue_count, sizeof *report->cues, compare_costs, &by);
}
