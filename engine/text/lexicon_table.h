/*
 * lexicon_table: how the folder asks the lexicon, inside text/ only.
 *
 * Open addressing on the word hash. A slot of 16 bytes holds the key itself
 * where it has at most 12, as nearly all words do, so that a look-up costs one
 * cache line whether the lexicon knows the word or not, and is exact.
 */
#ifndef CM_TEXT_LEXICON_TABLE_H
#define CM_TEXT_LEXICON_TABLE_H

#include <stdint.h>

#include "text/lexicon.h"
#include "text/words.h"

/* A longer key is kept as its hash, and compared in the table's keys. */
#define CM_SLOT_KEY_BYTES ((size_t)12)

/* In meta, above the lists (CM_WORD_LISTS) and below the number of the entry. */
enum cm_lexicon_slot_flag {
    CM_SLOT_FOLDS = 1u << 13,     /* the key folds to something else: see the entry */
    CM_SLOT_KNOWN = 1u << 14,     /* elongation may settle on it */
    CM_SLOT_DISPLACED = 1u << 15, /* a key whose home this is lives further on */
};
#define CM_SLOT_LISTS (CM_SLOT_FOLDS - 1u)
#define CM_SLOT_ENTRY_SHIFT 16
#define CM_SLOT_ENTRIES_MAX ((size_t)1 << 16)

struct cm_lexicon_slot {
    uint64_t low;  /* the key's first eight bytes, 0: empty slot; of a long key its hash */
    uint32_t high; /* its next four; CM_SLOT_LONG of a long key */
    uint32_t meta; /* lists of the key (of a folding key the raw ones only), flags, entry */
};

/* No text has these four bytes. */
#define CM_SLOT_LONG UINT32_MAX

struct cm_lexicon_table {
    const struct cm_lexicon_slot *slots;
    uint64_t mask; /* slots - 1, a power of two less one */
    const struct cm_lexicon_entry *entries;
    const struct cm_span *keys; /* beside entries */
    uint32_t entry_count;
    /* Bounds for the folder's buffers: what one byte of text can become. */
    uint32_t bytes_per_byte, tokens_per_byte;
};

const struct cm_lexicon_table *cm_lexicon_table(const struct cm_lexicon *lexicon);

static inline uint16_t cm_lexicon_slot_lists(const struct cm_lexicon_slot *slot)
{
    return slot ? (uint16_t)(slot->meta & CM_SLOT_LISTS) : 0;
}

static inline const struct cm_lexicon_entry *cm_lexicon_slot_entry(const struct cm_lexicon_table *table, const struct cm_lexicon_slot *slot)
{
    return &table->entries[slot->meta >> CM_SLOT_ENTRY_SHIFT];
}

static inline bool cm_lexicon_slot_holds(const struct cm_lexicon_slot *slot, uint64_t low, uint32_t high)
{
    return ((slot->low ^ low) | (slot->high ^ high)) == 0;
}

/* A word of any length, never empty; hash is cm_word_hash of it. NULL: not there. */
const struct cm_lexicon_slot *cm_lexicon_slot_of(const struct cm_lexicon_table *table, struct cm_span word, uint64_t hash);

#endif
