/*
 * summary: what a run says about all its scorecards of one pack: per agent and
 * dimension count, mean with its interval, floor and spread; why interactions
 * were not scored; evidence worth showing.
 *
 * Sums are integers and evidence is chosen by its contents, so that a summary
 * does not depend on threads. One summary belongs to one worker; they are merged
 * when all have ended.
 */
#ifndef CM_RUN_SUMMARY_H
#define CM_RUN_SUMMARY_H

#include "match/scan.h"
#include "score/scorecard.h"

/* CARE first, then the pack's dimensions in order. */
#define CM_SUMMARY_SCORES_MAX (CM_DIMENSIONS_MAX + 1u)
/* Until then scores are kept one by one: an archive where every conversation has an agent id of its own must not cost kilobytes each. */
#define CM_SUMMARY_FEW 8u
/* One bin a point of score, 0 to 100. */
#define CM_SUMMARY_BINS 101u
/* Of "nine of ten score at least this". */
#define CM_SUMMARY_FLOOR_PERCENTILE 10u

struct cm_score_stat {
    uint64_t count, sum, sum_of_squares; /* hundredths */
    union {
        uint16_t few[CM_SUMMARY_FEW]; /* count <= CM_SUMMARY_FEW: hundredths */
        uint32_t *bins;               /* malloc'd; else */
    } scores;
};

/* Points, 0 to 100. */
struct cm_score_figures {
    uint64_t count;
    double mean;   /* count > 0 */
    double margin; /* half of the 95 % interval of the mean (Student's t); < 0: fewer than two */
    double spread; /* standard deviation; < 0: fewer than two */
    double floor;  /* the tenth percentile, nearest rank */
};

/* The two-sided 95 % quantile of Student's t; degrees >= 1. */
double cm_student_95(uint64_t degrees);

void cm_score_figures(const struct cm_score_stat *stat, struct cm_score_figures *out);

struct cm_agent_summary {
    struct cm_span id; /* ptr NULL: agents without an id. malloc'd */
    uint64_t hash;
    uint64_t interactions, turns;
    struct cm_score_stat scores[CM_SUMMARY_SCORES_MAX];
};

enum cm_moment_kind { CM_MOMENT_MET, CM_MOMENT_BONUS, CM_MOMENT_MISSED, CM_MOMENT_COUNT };

/* A piece of evidence worth showing: the one with the longest quote of its kind. */
struct cm_moment {
    const struct cm_behaviour *behaviour; /* NULL: none was found */
    const char *rule;
    uint32_t turn;
    struct cm_span interaction_id, agent_id, quote; /* malloc'd copies; quote.ptr NULL: none was kept */
};

struct cm_summary {
    const struct cm_ruleset *ruleset;
    uint64_t interactions, scored;
    uint64_t not_scored[CM_REASON_COUNT];
    uint64_t flags[CM_FLAG_COUNT];
    uint64_t resolutions[CM_RESOLUTION_COUNT];
    uint64_t delight, thanks; /* interactions with any */
    struct cm_score_stat all[CM_SUMMARY_SCORES_MAX];
    uint64_t (*outcomes)[CM_OUTCOME_COUNT]; /* one a behaviour of the ruleset */
    uint64_t *faults;                       /* one a cue of the ruleset: turns on which it reached its limit */
    struct cm_agent_summary *agents;        /* sorted by id once cm_summary_sort was called */
    size_t agent_count, agent_cap;
    uint32_t *table; /* index + 1 by hash; table_size a power of two */
    size_t table_size;
    struct cm_moment moments[CM_MOMENT_COUNT];
};

enum cm_status cm_summary_init(struct cm_summary *summary, const struct cm_ruleset *ruleset) CM_MUST_CHECK;
void cm_summary_free(struct cm_summary *summary);

enum cm_status cm_summary_add(struct cm_summary *summary, const struct cm_scorecard *card) CM_MUST_CHECK;
/* The cues that could not be decided on a turn. */
void cm_summary_add_faults(struct cm_summary *summary, const struct cm_scanned *scanned);
enum cm_status cm_summary_merge(struct cm_summary *into, const struct cm_summary *from) CM_MUST_CHECK;

/* Agents by name, bytewise, those without an id last: never worst first. No adding afterwards. */
void cm_summary_sort(struct cm_summary *summary);

#endif
