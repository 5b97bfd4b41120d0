/*
 * attributes: what stands around a hit and turns its meaning: was it denied,
 * supposed, or quoted (rules/REFERENCE.md §3)? Pure functions of a folded turn, asked
 * for hits only, so a turn without hits pays nothing.
 */
#ifndef CM_MATCH_ATTRIBUTES_H
#define CM_MATCH_ATTRIBUTES_H

#include <stdbool.h>

#include "base/arena.h"
#include "text/fold.h"

/* A negator reaches this many folded tokens: "not at all happy"; further away it negates something else. */
#define CM_NEGATION_REACH_TOKENS 3u

/* What follows "would" where nothing is supposed: would like, would be happy. Immutable, shared. */
struct cm_soft_conditionals {
    const struct cm_soft_conditional {
        const struct cm_lexicon_word *words; /* the first is would */
        uint32_t count;
    } * items;
    uint32_t count;
};

/* Read lists/soft_hypothetical into arena. */
enum cm_status cm_soft_conditionals_init(struct cm_soft_conditionals *soft, const struct cm_lexicon *lexicon,
                                         struct cm_arena *arena) CM_MUST_CHECK;

/* Of the hit that is tokens [first, end). */
bool cm_attribute_negated(const struct cm_folded *turn, uint32_t first);
bool cm_attribute_hypothetical(const struct cm_folded *turn, const struct cm_soft_conditionals *soft, uint32_t first);
bool cm_attribute_quoted(const struct cm_folded *turn, uint32_t first, uint32_t end);

#endif
