/*
 * fit: the weights of a `weights:` cue, learnt from labels.
 *
 * What a cue of the pack cannot say alone, a sum of cues and of short phrases
 * can: regress.c finds few of them under a penalty. Which penalty, and which
 * threshold, is chosen by cross-validation over conversations; how well that
 * whole procedure does on conversations it has not seen is measured by a second
 * one around it (nested), so the figure is not that of the turns it learnt from.
 * The result is text that a person can read and edit. Deterministic: the folds
 * go by a seeded hash of the conversation.
 */
#ifndef CM_STUDY_FIT_H
#define CM_STUDY_FIT_H

#include <stdatomic.h>

#include "study/fit/features.h"
#include "study/labels/half.h"
#include "study/validity/agreement.h"

#define CM_FIT_FOLDS_MIN 2u
#define CM_FIT_FOLDS_MAX 20u
/* Fewer turns with the label than this teach nothing. */
#define CM_FIT_POSITIVES_MIN 10u

struct cm_fit_request {
    const struct cm_packs *packs; /* packs[0] */
    const struct cm_labels *labels;
    struct cm_span label;
    enum cm_speaker speaker;
    const uint8_t *cues;   /* a cue of the pack: 1 where it may be summed up */
    uint32_t phrases_most; /* in the result */
    uint32_t phrase_least; /* turns that a phrase must be in */
    double share_most;     /* of the turns that a phrase may be in: a word that everybody says tells little and costs much */
    uint32_t folds;
    uint64_t seed;
    bool half_only; /* learn from the turns of half alone */
    enum cm_half half;
    const atomic_bool *stop;
    void (*progress)(void *context, size_t done, size_t total); /* NULL, or called now and then */
    void *progress_context;
};

struct cm_fit_weight {
    uint32_t cue; /* CM_CUE_NONE: a phrase */
    struct cm_span phrase;
    double weight;          /* log odds, two decimals, not 0 */
    uint32_t turns, labels; /* turns that have it, and how many of them carry the label */
};

struct cm_fit {
    struct cm_fit_weight *weights; /* by absolute weight, falling; then as they stand in the pack, phrases bytewise */
    uint32_t count;
    double threshold; /* two decimals, above 0 */
    double penalty;
    uint32_t turns, labelled, conversations;
    struct cm_figures learnt; /* on the turns it was learnt from: too good to be true */
    struct cm_figures nested; /* of the procedure on conversations it had not seen */
    struct cm_arena arena;
};

/*
 * CM_EINPUT: too few turns carry the label, or nothing tells it (fit->turns and labelled say how many there were). CM_ESTOPPED. fit is to
 * be freed in every case.
 */
enum cm_status cm_fit_run(const struct cm_fit_request *request, struct cm_fit *fit) CM_MUST_CHECK;
void cm_fit_free(struct cm_fit *fit);

#endif
