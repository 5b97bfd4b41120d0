/*
 * matcher_parts: what of a matcher takes long to make and is flat, as an image
 * (base/image.h), for who keeps compiled packs: its word automata. Expressions are
 * machine code, and made anew.
 */
#ifndef CM_MATCH_MATCHER_PARTS_H
#define CM_MATCH_MATCHER_PARTS_H

#include "base/image.h"
#include "match/scan.h"

struct cm_phrases;

struct cm_matcher_parts {
    struct cm_phrases *phrases[CM_SPEAKER_COUNT]; /* by group of speakers; NULL: none of its own */
};

extern const struct cm_image_type cm_matcher_parts_type;

/* The parts of a matcher, which keeps them. */
struct cm_matcher_parts cm_matcher_parts(const struct cm_matcher *matcher);

/* cm_matcher_new with parts that an image of the same ruleset's led to: borrowed until cm_matcher_free. CM_EINPUT: they are of another. */
enum cm_status cm_matcher_adopt(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, const struct cm_matcher_parts *parts,
                                struct cm_diagnostics *diagnostics, struct cm_matcher **out) CM_MUST_CHECK;

#endif
