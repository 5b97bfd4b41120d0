/*
 * attributes: what stands around a hit that turns its meaning: negated,
 * hypothetical, quoted (language.md §3). Looked at for hits only, which are few.
 * Pure functions over tokens.
 */
#ifndef CM_MATCH_ATTRIBUTES_H
#define CM_MATCH_ATTRIBUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "text/fold.h"

/* A negator reaches this many folded tokens forward; further away it negates something else. */
#define CM_NEGATION_REACH_TOKENS 3u

/* Conditionals that are courtesy (would like, would be happy) have at most this many words. */
#define CM_SOFT_WORDS_MAX 4u
#define CM_SOFT_PHRASES_MAX 32u

/* The words that attributes know by name, taken from a lexicon once. */
struct cm_attribute_words {
    uint64_t have;
    uint64_t could;
    struct {
        uint64_t words[CM_SOFT_WORDS_MAX];
        uint32_t count;
    } soft[CM_SOFT_PHRASES_MAX];
    uint32_t soft_count;
};

struct cm_attributes {
    bool negated, hypothetical, quoted;
};

void cm_attribute_words_load(struct cm_attribute_words *words, const struct cm_lexicon *lexicon);

/* Of the hit on tokens [first, end). */
struct cm_attributes cm_attributes_of(const struct cm_attribute_words *words, const struct cm_folded *turn, uint32_t first, uint32_t end);

#endif
