/*
 * frequency: how often a symbol or a pair of symbols may be met, so that
 * anchors can be placed where they seldom fire. Estimates: a wrong one costs
 * time, never a hit. Start-up only.
 */
#ifndef CM_MATCH_FREQUENCY_H
#define CM_MATCH_FREQUENCY_H

#include "match/symbols.h"

/* Occurrences in a billion tokens of conversation. */
#define CM_FREQUENCY_UNIT 1000000000u

struct cm_frequency {
    uint32_t *words; /* by symbol */
    struct cm_frequency_pair {
        uint64_t key; /* left symbol << 32 | right symbol; 0: empty */
        uint32_t count;
    } * pairs; /* adjacent words within the phrases themselves */
    size_t pair_count, pair_slots;
    uint64_t noted; /* pairs in all, repeated ones again */
};

/* For finished symbols: what is known of English, and a guess for the rest. */
enum cm_status cm_frequency_init(struct cm_frequency *frequency, const struct cm_symbols *symbols) CM_MUST_CHECK;
void cm_frequency_free(struct cm_frequency *frequency);

/* A phrase has these two next to each other: people write phrases for what people say. */
enum cm_status cm_frequency_note(struct cm_frequency *frequency, uint32_t left, uint32_t right) CM_MUST_CHECK;

uint32_t cm_frequency_word(const struct cm_frequency *frequency, uint32_t symbol);
uint32_t cm_frequency_pair(const struct cm_frequency *frequency, uint32_t left, uint32_t right);

/* Tokens of a class (enum cm_token_class), likewise. */
uint32_t cm_frequency_class(unsigned class);

#endif
