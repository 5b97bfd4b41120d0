/*
 * lexicon_table: how the folder asks the lexicon, inside text/ only.
 *
 * Open addressing on the word hash. A slot is half a cache line and holds the
 * key itself (two halves, words.h), so that a token of up to 16 bytes costs one
 * cache line whether the lexicon knows it or not, and is compared exactly.
 */
#ifndef CM_TEXT_LEXICON_TABLE_H
#define CM_TEXT_LEXICON_TABLE_H

#include <stdint.h>

#include "text/lexicon.h"
#include "text/words.h"

enum cm_lexicon_slot_flag {
    CM_SLOT_FOLDS = 1u << 0,     /* the key folds to something else: see the entry */
    CM_SLOT_KNOWN = 1u << 1,     /* elongation may settle on it */
    CM_SLOT_DISPLACED = 1u << 2, /* a key whose home this is lives further on */
};

struct cm_lexicon_slot {
    struct cm_word_halves key; /* all zero: empty. Longer keys: {hash, CM_SLOT_LONG} */
    uint32_t entry;
    uint16_t lists; /* of the key; of a folding key the raw lists only */
    uint8_t flags;  /* enum cm_lexicon_slot_flag */
    uint8_t reserved;
    uint64_t padding; /* to 32 bytes */
};

/* The high half of a key of more than 16 bytes; no text has it. */
#define CM_SLOT_LONG UINT64_MAX

struct cm_lexicon_table {
    const struct cm_lexicon_slot *slots;
    uint64_t mask; /* slots - 1, a power of two less one */
    const struct cm_lexicon_entry *entries;
    const struct cm_span *keys; /* beside entries */
    /* Bounds for the folder's buffers: what one byte of text can become. */
    uint32_t bytes_per_byte, tokens_per_byte;
};

const struct cm_lexicon_table *cm_lexicon_table(const struct cm_lexicon *lexicon);

/* A word of at most 16 bytes, never empty. NULL: not there. */
static inline const struct cm_lexicon_slot *cm_lexicon_probe(const struct cm_lexicon_table *table, struct cm_word_halves key, uint64_t hash)
{
    uint64_t at = hash & table->mask;
    const struct cm_lexicon_slot *slot = &table->slots[at];
    if (slot->key.low == key.low && slot->key.high == key.high)
        return slot;
    if (__builtin_expect(!(slot->flags & CM_SLOT_DISPLACED), 1))
        return NULL;
    do {
        at = (at + 1) & table->mask;
        slot = &table->slots[at];
        if (slot->key.low == key.low && slot->key.high == key.high)
            return slot;
    } while (slot->key.low != 0);
    return NULL;
}

/* A word of any length, never empty; hash is cm_word_hash of it. */
const struct cm_lexicon_slot *cm_lexicon_slot_of(const struct cm_lexicon_table *table, struct cm_span word, uint64_t hash);

#endif
