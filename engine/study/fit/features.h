/*
 * features: what could be told of labelled turns: the runs of words that are
 * said in them, as phrases of the rule language, and the cues that fire.
 *
 * A phrase is one to three folded words in a row within a sentence; words of a
 * class stand as it (%number, %name, %url …); `^` and `$` make it one of the
 * turn's first or last words. A phrase is in a turn where a cue with `negated:
 * accept` and `hypothetical: accept` would hit it. Sorted: cues in pack order,
 * then phrases bytewise, so that nothing depends on the order of turns. Read-only
 * once made.
 */
#ifndef CM_STUDY_FEATURES_H
#define CM_STUDY_FEATURES_H

#include "study/labels/labels.h"

/* Longer runs of words are somebody's sentence, not what people say. */
#define CM_FEATURE_WORDS_MAX 3u

struct cm_feature {
    uint32_t cue;          /* CM_CUE_NONE: a phrase */
    struct cm_span phrase; /* as it is written in a pack */
    const uint32_t *rows;  /* turns that have it, ascending */
    uint32_t count;        /* of rows */
};

struct cm_features {
    struct cm_feature *items;
    uint32_t count, cue_count; /* the first cue_count are cues */
    struct cm_arena arena;
};

struct cm_features_request {
    const struct cm_packs *packs;
    size_t pack;
    const struct cm_labels *labels;
    const uint32_t *turns; /* of labels; rows are indices into this list */
    uint32_t turn_count;
    const uint8_t *cues;   /* a cue of the pack: 1 where it may be a feature */
    uint32_t phrase_least; /* a phrase that fewer turns have is left out */
    uint32_t phrase_most;  /* likewise one that more turns have: it tells little and costs much */
};

/* features is to be freed in every case. */
enum cm_status cm_features_find(const struct cm_features_request *request, struct cm_features *features) CM_MUST_CHECK;
void cm_features_free(struct cm_features *features);

#endif
