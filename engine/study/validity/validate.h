/*
 * validate: what a pack's cues and behaviours are worth, measured against
 * labelled turns.
 *
 * Every turn is listened to with what came before it. A label is heard where a
 * cue of its map entry fired; where none did and one could not be decided (a
 * fault) the turn counts for neither side, and is told apart; so is a turn whose
 * label is disputed. Figures for all turns and for each half (half.h).
 * Equal input and seed give equal figures. One thread at a time.
 */
#ifndef CM_STUDY_VALIDATE_H
#define CM_STUDY_VALIDATE_H

#include <stdatomic.h>

#include "study/labels/half.h"
#include "study/labels/label_map.h"
#include "study/labels/labels.h"
#include "study/validity/agreement.h"

/* Below it figures are anecdotes: not in the macro mean of frequent labels, never marked weak. */
#define CM_SUPPORT_FREQUENT 30u
/* A behaviour with fewer labelled turns is unvalidated. */
#define CM_SUPPORT_MIN 10u
/* F1 below this is marked. */
#define CM_F1_WEAK 0.60
/* What is quoted of a turn. */
#define CM_WORST_QUOTE_BYTES ((size_t)240)

enum cm_part { CM_PART_ALL, CM_PART_WRITTEN, CM_PART_CHECKED, CM_PART_COUNT };

struct cm_measured {
    struct cm_figures figures[CM_PART_COUNT];
    uint32_t disputed, faults; /* turns that were left out */
};

/* n: turns that carry the label. */
static inline uint32_t cm_support(const struct cm_figures *figures)
{
    return figures->counts.tp + figures->counts.fn;
}

struct cm_label_result {
    const struct cm_mapped *mapped;
    const uint32_t *names; /* in the labels, of those of the map that they know */
    uint32_t name_count;
    struct cm_measured measured;
    bool weak;
};

struct cm_cue_result {
    uint32_t label; /* index of results: a cue stands once under each of its labels */
    uint32_t cue;
    uint32_t hits, right;
    double precision;
    struct cm_interval interval;
    uint32_t right_alone, wrong_alone; /* hits in turns in which no other cue of the label fires */
    double f1_without;                 /* of the label, were the cue not there */
    uint32_t overlap_cue;              /* the cue of the label that shares most of its hits; CM_CUE_NONE: none does */
    double overlap;                    /* how many of them, 0 to 1 */
};

/* A behaviour by the cues of its met_by (raised_by) and opportunity that stand in the map; each speaker's in his turns. */
struct cm_behaviour_measured {
    const struct cm_behaviour *behaviour;
    const uint32_t *labels; /* indices of results */
    uint32_t label_count;
    uint32_t cue_count, unmapped; /* its cues that are measured, and those that no label knows */
    struct cm_measured measured;
    bool validated; /* enough labelled turns */
};

struct cm_macro_result {
    enum cm_speaker speaker;
    uint32_t count, frequent_count; /* labels in each mean, by all turns */
    double all[CM_PART_COUNT], frequent[CM_PART_COUNT];
    struct cm_interval all_interval, frequent_interval; /* of CM_PART_ALL */
};

/* A turn that shows what is wrong, redacted. */
struct cm_worst {
    uint32_t label;         /* index of results */
    uint32_t turn;          /* of the labels */
    bool miss;              /* else a hit that is none */
    uint32_t cue;           /* that fired; CM_CUE_NONE for a miss */
    struct cm_span context; /* the turn before it, "customer: …"; may be empty */
    struct cm_span text;    /* withheld where it could not be redacted: ptr NULL */
    uint32_t from, to;      /* bytes of text that fired */
};

struct cm_validate_request {
    const struct cm_packs *packs; /* packs[0] is measured */
    const struct cm_labels *labels;
    const struct cm_label_map *map;
    bool half_only; /* only the turns of half */
    enum cm_half half;
    uint32_t worst; /* misses, and as many false hits, for each label */
    uint64_t seed;
    uint32_t resamples;
    const atomic_bool *stop;
    void (*progress)(void *context, size_t done, size_t total); /* NULL, or called now and then */
    void *progress_context;
};

struct cm_validation {
    const struct cm_ruleset *ruleset;
    const struct cm_labels *labels;
    size_t turns, conversations; /* that were measured */
    size_t half_turns[CM_HALF_COUNT];
    uint64_t seed;
    uint32_t resamples;
    struct cm_label_result *results; /* in the map's order */
    uint32_t result_count;
    struct cm_cue_result *cues; /* by label, in the map's order */
    uint32_t cue_count;
    struct cm_behaviour_measured *behaviours; /* in pack order; those without a mapped cue are left out */
    uint32_t behaviour_count;
    struct cm_macro_result macros[CM_SPEAKER_COUNT]; /* of speakers that have labels */
    uint32_t macro_count;
    struct cm_worst *worst; /* by label, misses first, the worst first */
    uint32_t worst_count;
    struct cm_arena arena;
};

#define CM_VALIDATION_EMPTY ((struct cm_validation){0})

/* CM_ESTOPPED, CM_ENOMEM; CM_EINPUT: no turn carries a label of the map or is of its speakers. Borrows from the request's parts. */
enum cm_status cm_validate(const struct cm_validate_request *request, struct cm_validation *out) CM_MUST_CHECK;
void cm_validation_free(struct cm_validation *validation);

/* Labels that the map does not know, and those of the map that no turn carries, as warnings. */
void cm_validate_compare_names(const struct cm_labels *labels, const struct cm_label_map *map, struct cm_diagnostics *diagnostics);

#endif
