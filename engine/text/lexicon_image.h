/*
 * lexicon_image: what a loaded lexicon is, inside text/ only. lexicon_build.c
 * makes it, lexicon.c answers from it, nobody writes it after that.
 */
#ifndef CM_TEXT_LEXICON_IMAGE_H
#define CM_TEXT_LEXICON_IMAGE_H

#include "base/arena.h"
#include "base/hash.h"
#include "text/lexicon_table.h"

struct cm_lexicon_list {
    struct cm_span name;
    struct cm_span *entries;
    size_t count;
};

struct cm_lexicon_macro {
    struct cm_span name, expression;
    struct cm_place place;
};

struct cm_lexicon {
    struct cm_arena arena; /* everything below except the slots */
    struct cm_lexicon_table table;
    struct cm_lexicon_slot *slots; /* the table's, aligned to cache lines */
    struct cm_lexicon_list *lists;
    size_t list_count;
    struct cm_lexicon_macro *macros;
    size_t macro_count;
    struct cm_lexicon_entry *backchannels; /* entries of lists/backchannel with several words */
    size_t backchannel_count;
    uint32_t *prefixed; /* entries that prefix terms may reach, sorted by key */
    size_t prefixed_count;
    struct cm_hash128 hash;
};

/* How a key stands in a slot: lexicon_table.h. */
static inline uint64_t cm_lexicon_slot_low(struct cm_span key, uint64_t hash)
{
    return key.len > CM_SLOT_KEY_BYTES ? hash : cm_word_halves(key.ptr, key.len).low;
}

static inline uint32_t cm_lexicon_slot_high(struct cm_span key)
{
    return key.len > CM_SLOT_KEY_BYTES ? CM_SLOT_LONG : (uint32_t)cm_word_halves(key.ptr, key.len).high;
}

#endif
