/*
 * explain: why cues do, and do not, hit a text.
 */
#ifndef CM_CLI_EXPLAIN_H
#define CM_CLI_EXPLAIN_H

#include "cli/trial.h"

enum cm_explain_why {
    CM_WHY_HIT,
    CM_WHY_NEGATED,
    CM_WHY_HYPOTHETICAL,
    CM_WHY_BOTH, /* negated and hypothetical */
    CM_WHY_QUOTED,
    CM_WHY_WEIGHTS, /* a phrase of it matches, its threshold is not reached */
    CM_WHY_OTHER,   /* a count, an attribute that the cue requires */
};

/* A place where a cue hits, or would but for its rules. */
struct cm_explained {
    uint32_t cue;
    uint32_t start, end; /* bytes of the text */
    enum cm_explain_why why;
};

struct cm_explanation {
    struct cm_explained *items; /* by start, end, cue */
    size_t count, cap;
};

/* Of the text that trial was last run with. packs->items[pack] is the trial's pack. CM_ENOMEM and what loading variants gives. */
enum cm_status cm_explain(const struct cm_trial *trial, const struct cm_packs *packs, size_t pack, enum cm_speaker speaker,
                          struct cm_explanation *out) CM_MUST_CHECK;
void cm_explanation_free(struct cm_explanation *explanation);

const char *cm_explain_text(enum cm_explain_why why);

/*
 * The phrase of the cue that comes nearest to the turn, and what is missing in
 * it ("" where all words are there, but not together). NULL: the cue has no phrases.
 */
const struct cm_phrase *cm_explain_nearest(const struct cm_cue *cue, const struct cm_folded *turn, struct cm_buffer *missing);

#endif
