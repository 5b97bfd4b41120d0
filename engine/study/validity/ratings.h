/*
 * ratings: whole conversations as readers rate them, beside the scores that a
 * pack gives them.
 *
 * NDJSON: interaction_id, care and the pack's dimensions, each 0 to 100 or null;
 * other keys are ignored. Compared by rank: readers and packs use the scale
 * differently, but should agree which conversation is the better one.
 */
#ifndef CM_STUDY_RATINGS_H
#define CM_STUDY_RATINGS_H

#include "base/diag.h"
#include "run/archive.h"
#include "study/labels/half.h"
#include "study/validity/agreement.h"
#include "study/validity/validate.h"

/* CARE, then the pack's dimensions. */
#define CM_SCALES_MAX (1 + CM_DIMENSIONS_MAX)

struct cm_rating {
    struct cm_span interaction_id;
    double given[CM_SCALES_MAX];  /* NaN: not rated */
    double scored[CM_SCALES_MAX]; /* NaN: no score */
    bool found;                   /* among the events */
};

struct cm_ratings {
    const struct cm_ruleset *ruleset;
    struct cm_rating *items; /* by id, bytewise */
    size_t count, cap;
    struct cm_arena arena;
};

#define CM_RATINGS_EMPTY ((struct cm_ratings){0})

/* Faults are told with their places and give CM_EINPUT. May be called for several files. */
enum cm_status cm_ratings_read(struct cm_ratings *ratings, const char *file, struct cm_span bytes, const struct cm_ruleset *ruleset,
                               struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_ratings_free(struct cm_ratings *ratings);

/* "care", or the dimension's id. */
const char *cm_scale_name(const struct cm_ruleset *ruleset, uint32_t scale);

/* For cm_archive_request.observer, context being the ratings: keeps the scores of rated interactions. A run judges each once, so no two
 * workers meet. */
enum cm_status cm_ratings_observe(void *context, unsigned worker, const struct cm_judged *judged);

struct cm_rank_agreement {
    uint32_t n;
    double rho;
    struct cm_interval interval;
};

/* Two opinions of one conversation. */
struct cm_apart {
    uint32_t rating; /* index of the ratings */
    double rank_given, rank_scored;
};

struct cm_scale_result {
    struct cm_rank_agreement parts[CM_PART_COUNT];
    uint32_t unrated, unscored; /* conversations found that had no rating, and of the others those without a score */
    struct cm_apart *apart;     /* furthest apart first */
    uint32_t apart_count;
};

struct cm_ratings_result {
    uint32_t found, missing; /* rated conversations in the events, and not */
    uint32_t scale_count;
    struct cm_scale_result scales[CM_SCALES_MAX];
    struct cm_arena arena;
};

/* apart: how many conversations are named for each scale. */
enum cm_status cm_ratings_compare(const struct cm_ratings *ratings, uint32_t apart, struct cm_ratings_result *out) CM_MUST_CHECK;
void cm_ratings_result_free(struct cm_ratings_result *result);

#endif
