/*
 * sampler: strata, and drawing from them. Inside study/ only.
 */
#ifndef CM_STUDY_SAMPLER_H
#define CM_STUDY_SAMPLER_H

#include <stdlib.h>

#include "study/sample/draw.h"
#include "study/sample/sampling.h"

struct cm_lot {
    uint64_t key;
    struct cm_sampled_turn *turn;
};

void cm_stratum_init(struct cm_stratum *stratum, struct cm_span name, uint64_t seed);
void cm_stratum_free(struct cm_stratum *stratum);

/* Might a turn with this key be among the limit that are kept? */
bool cm_stratum_wants(const struct cm_stratum *stratum, uint32_t limit, uint64_t key);
/* Takes part in holding turn, or not; a turn that nobody holds afterwards is the caller's to free. */
enum cm_status cm_stratum_add(struct cm_stratum *stratum, uint32_t limit, uint64_t key, struct cm_sampled_turn *turn) CM_MUST_CHECK;
/* from is empty afterwards. */
enum cm_status cm_stratum_merge(struct cm_stratum *into, struct cm_stratum *from, uint32_t limit) CM_MUST_CHECK;

/* By interaction, then turn. */
int cm_sampled_turn_compare(const struct cm_sampled_turn *a, const struct cm_sampled_turn *b);
static inline void cm_sampled_turn_drop(struct cm_sampled_turn *turn)
{
    if (--turn->held == 0)
        free(turn);
}

/*
 * Draw turns at most: sets drawn of strata and turns, stands and weight of turns. first: so many of the strata, the first ones, are served
 * before the others in every round, and strata[0] is given its own part of the budget before the first (see CM_SAMPLING_RANDOM_PART); 0:
 * all are alike. How many turns stand goes to *drawn.
 */
enum cm_status cm_strata_draw(struct cm_stratum *strata, uint32_t count, uint32_t first, uint32_t turns, uint32_t *drawn) CM_MUST_CHECK;

/* Something that is so in a turn: turn << 32 | what. */
struct cm_marks {
    uint64_t *items;
    size_t count, cap;
};

/* One worker's. */
struct cm_sampling_part {
    struct cm_stratum *strata;
    uint32_t count;
    size_t cap;
    uint64_t population;
    struct cm_arena names;     /* of strata that were met */
    struct cm_marks said, are; /* of the interaction at hand: by the machine; strata */
    uint32_t *of;              /* strata of the turn at hand */
};

struct cm_sampling {
    struct cm_sampling_request request;
    struct cm_sampling_part *parts;
    uint32_t *entries, *first_entry; /* of the map: those that have cue c are entries[first_entry[c]] up to first_entry[c + 1] */
    struct cm_sampled_turn **turns;
    uint32_t count;
    struct cm_arena arena; /* names of fixed strata; texts */
};

/* The fixed strata of a sample by cues or labels. */
enum { CM_STRATUM_RANDOM, CM_STRATUM_NOTHING, CM_STRATUM_FIRST };

static inline bool cm_sampling_is_fixed(enum cm_sampling_by by)
{
    return by == CM_SAMPLING_CUE || by == CM_SAMPLING_LABEL;
}

static inline const struct cm_ruleset *cm_sampling_ruleset(const struct cm_sampling *sampling)
{
    return sampling->request.packs->items[0].ruleset;
}

/* The stratum with this name, made where there is none yet. CM_ELIMIT: there are too many. */
enum cm_status cm_sampling_named(const struct cm_sampling *sampling, struct cm_sampling_part *part, struct cm_span name,
                                 uint32_t *out) CM_MUST_CHECK;

#endif
