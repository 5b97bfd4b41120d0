/*
 * reach: of the phrases of a cue that does not hit a turn, the one that comes
 * nearest: how far it got, and the word that broke it.
 *
 * The longest partial match over all phrases, by their graphs: words that are
 * seldom count more than those of the stop list, gaps count nothing.
 */
#ifndef CM_STUDY_REACH_H
#define CM_STUDY_REACH_H

#include "base/buffer.h"
#include "ruleset/ruleset.h"
#include "text/fold.h"

struct cm_reach {
    const struct cm_phrase *phrase; /* NULL: the cue has no phrases, or no word of any is in the turn */
    uint32_t first, end;            /* tokens of the part that is there; found: token end, or the end of the turn or its sentence */
    uint32_t got, of;               /* words of the phrase that are there, and as many as it takes at least */
    uint32_t weight, missing;       /* the same, weighted: for comparing cues */
    bool within;                    /* up to gap more words may stand before what is needed */
    uint32_t gap;
};

/* needs gets what would have to follow, as in "to hear|about|for"; "" where all is there and only ^ or $ is in the way. */
enum cm_status cm_reach(const struct cm_cue *cue, const struct cm_folded *turn, struct cm_reach *out,
                        struct cm_buffer *needs) CM_MUST_CHECK;

/* Of the best phrases of two cues, or in two turns: of which the greater part is there. */
bool cm_reach_nearer(const struct cm_reach *a, const struct cm_reach *b);

#endif
