/*
 * profile: what every rule of a pack costs. One thread's counts for one pack,
 * filled by its scanner and its judge on some turns, which go by a second, timed
 * path through the same steps; on all others nothing is counted and nothing read.
 *
 * Which turns: one in `every`, at gaps drawn evenly from 1 to 2 * every - 1, so
 * that turns which take turns (customer, agent, customer, …) are met alike. With
 * every 1 all counts are exact; otherwise a report scales them. (Of a turn that is
 * read again, phrases.c, only the hits are those of the second time.)
 *
 * The clock is the processor's time stamp where there is one, fenced, so that a
 * step is charged with its own cache misses; what a reading costs is measured and
 * taken off. A step in which the thread lost its processor counts with the mean
 * of its kind. Timed turns are slower than others by their readings, and steps
 * that would overlap do not: figures are for comparing, throughput is another's.
 *
 * Phrases and regexes are numbered as in match/scan.h: through the pack, in the
 * order of its cues. Equal phrases of several cues are each charged.
 */
#ifndef CM_MATCH_PROFILE_H
#define CM_MATCH_PROFILE_H

#include "ruleset/ruleset.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

#define CM_PROFILE_EVERY_DEFAULT 64u
#define CM_PROFILE_EVERY_MAX 1000000u
/* A step that took this long may have been interrupted: only then is it worth a system call to know. At 3 GHz 10 us. */
#define CM_PROFILE_SUSPECT_TICKS UINT64_C(30000)

/* Work that belongs to no cue; of NEEDS and SIFT a cue has the share of its candidates. */
enum cm_stage {
    CM_STAGE_FOLD,
    CM_STAGE_SYMBOLS,    /* words to symbols, and the filter of anchors */
    CM_STAGE_ANCHORS,    /* which anchors stand where */
    CM_STAGE_NEEDS,      /* candidates: does the turn have the words? */
    CM_STAGE_SIFT,       /* those that are left: neighbours and witnesses */
    CM_STAGE_GATHER,     /* candidates into order, hits told once */
    CM_STAGE_LITERALS,   /* the literals of regexes */
    CM_STAGE_ATTRIBUTES, /* quoted, negated, hypothetical, names */
    CM_STAGE_MERGE,      /* weights, hits of a cue to one */
    CM_STAGE_WORDS,      /* content words, for echoes */
    CM_STAGE_JUDGE,      /* all of judging but the cues made of others */
    CM_STAGE_COUNT
};

/* Of a phrase, of a regex, or of a cue that the judge makes of others. */
struct cm_tally {
    uint64_t candidates;    /* an anchor or a literal stood there, or none is needed */
    uint64_t sifted;        /* phrases: candidates whose words the turn has */
    uint64_t verifications; /* runs: of a phrase's program, of a regex over a turn, of the judge over an interaction */
    uint64_t matched;       /* of these, with a match */
    uint64_t hits;
    uint64_t faults;
    uint64_t ticks_matched, ticks_missed;
};

struct cm_profile {
    const struct cm_ruleset *ruleset;
    struct cm_tally *phrases, *regexes, *cues;
    uint64_t *cue_turns; /* by cue: turns in which it stands, before the judge's gates; of the judge's cues: in which they fire */
    size_t phrase_count, regex_count;
    uint64_t ticks[CM_STAGE_COUNT], readings[CM_STAGE_COUNT];
    uint64_t turns, timed_turns, interactions, timed_interactions;
    uint64_t interrupted;
    uint64_t nested_ticks, nested; /* runs within the gathering under way */
    uint32_t every, turns_left, interactions_left;
    uint64_t random;
    bool timing;     /* the turn under way is timed */
    long switches;   /* of the thread, when last asked */
    uint64_t cost;   /* ticks of a reading */
    uint64_t ticks0; /* the clock when it began, and what time it was */
    uint64_t ns0;
};

enum cm_status cm_profile_new(const struct cm_ruleset *ruleset, uint32_t every, struct cm_profile **out) CM_MUST_CHECK;
void cm_profile_free(struct cm_profile *profile);

/* Add another thread's counts, of the same ruleset. */
void cm_profile_add(struct cm_profile *into, const struct cm_profile *from);

/* Is the cue made of others, so that the judge counts its turns and hits? It may have phrases besides. */
static inline bool cm_profile_judged(const struct cm_cue *cue)
{
    return cue->kind != CM_CUE_DIRECT && cue->kind != CM_CUE_WEIGHTED;
}

/* ---- filling ---- */

/* A turn, an interaction begins: is it to be timed? */
bool cm_profile_turn(struct cm_profile *profile);
bool cm_profile_interaction(struct cm_profile *profile);

/* Did the thread lose its processor since it was last asked? */
bool cm_profile_interrupted(struct cm_profile *profile);

static inline uint64_t cm_profile_now(void)
{
#if defined(__x86_64__)
    _mm_lfence();
    uint64_t now = __rdtsc();
    _mm_lfence();
    return now;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* A step of a stage, from a reading until now; the next may begin with what is returned. profile NULL: nothing. */
static inline uint64_t cm_profile_step(struct cm_profile *profile, enum cm_stage stage, uint64_t from)
{
    if (!profile)
        return 0;
    uint64_t ticks = cm_profile_now() - from;
    if (ticks > CM_PROFILE_SUSPECT_TICKS && cm_profile_interrupted(profile))
        ticks = profile->readings[stage] ? profile->ticks[stage] / profile->readings[stage] : 0;
    profile->ticks[stage] += ticks;
    profile->readings[stage]++;
    return cm_profile_now();
}

static inline uint64_t cm_profile_start(const struct cm_profile *profile)
{
    return profile ? cm_profile_now() : 0;
}

/* Steps that runs of rules fall into: nest before the first reading, then step_around leaves the runs out. */
static inline void cm_profile_nest(struct cm_profile *profile)
{
    profile->nested_ticks = profile->nested = 0;
}
void cm_profile_step_around(struct cm_profile *profile, enum cm_stage stage, uint64_t from);

/* A run of a rule, from a reading until now. */
void cm_profile_run(struct cm_profile *profile, struct cm_tally *tally, uint64_t from, bool matched);

/* ---- reading ---- */

struct cm_cue_cost {
    uint32_t cue;
    double candidates, verifications, hits, turns, faults; /* scaled to all turns */
    double ns_hit, ns_miss;                                /* a run with a match, and without; NAN: there was none */
    double ns, share;                                      /* in all, scaled; of all that was timed */
    uint64_t measured;                                     /* candidates and runs that the time rests on, as they were counted */
};

struct cm_stage_cost {
    const char *name; /* what is done, for people */
    const char *key;  /* and for programs */
    double ns, share;
};

/* Costs of stages that are charged to cues are not among stages. */
#define CM_STAGE_COSTS (CM_STAGE_COUNT - 2)

struct cm_profile_report {
    struct cm_cue_cost *cues; /* as many as the ruleset has, in its order */
    struct cm_stage_cost stages[CM_STAGE_COSTS];
    double ns;          /* of everything */
    double cue_ns;      /* of all cues */
    double ns_per_tick; /* what the clock resolves */
    double clock_ns;    /* what a reading costs */
};

/* CM_ENOMEM. To be freed in any case. */
enum cm_status cm_profile_report(const struct cm_profile *profile, struct cm_profile_report *report) CM_MUST_CHECK;
void cm_profile_report_free(struct cm_profile_report *report);

enum cm_cost_order {
    CM_COST_BY_TIME,
    CM_COST_BY_CANDIDATES,
    CM_COST_BY_VERIFICATIONS,
    CM_COST_BY_HITS,
    CM_COST_BY_TURNS,
    CM_COST_BY_FAULTS,
    CM_COST_BY_HIT_NS,
    CM_COST_BY_MISS_NS,
    CM_COST_BY_CUE,
};

/* Largest first, equal ones as the ruleset has them; by cue: by id. */
void cm_profile_sort(struct cm_profile_report *report, const struct cm_ruleset *ruleset, enum cm_cost_order order);

#endif
