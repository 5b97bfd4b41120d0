/*
 * symbols: every word that phrases name, as a small number.
 *
 * A token has exactly one symbol: that of its word where phrases name it
 * literally; else that of the longest prefix term that it starts with; else
 * CM_SYMBOL_OTHER. The prefixes that a word starts with are nested, so the
 * longest one tells them all: a prefix term is a set of symbols, and nothing
 * behind this header knows prefixes any more.
 *
 * Filled at start-up by one thread, then finished; after that immutable and
 * shared. Look-ups compare bytes, so crafted hash collisions change nothing.
 */
#ifndef CM_MATCH_SYMBOLS_H
#define CM_MATCH_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"
#include "base/status.h"
#include "text/words.h"

#define CM_SYMBOL_OTHER 0u /* a token that no phrase names */
#define CM_SYMBOL_BREAK 1u /* the place between two sentences */
#define CM_SYMBOL_FIRST 2u

/* A symbol's number; the bits above it are the anchors' (phrases.c), so that the scan needs no second look-up. */
#define CM_SYMBOL_BITS 24u
#define CM_SYMBOL_NUMBER(value) ((value) & ((1u << CM_SYMBOL_BITS) - 1))

/* Words are compared 16 bytes at once: a word must be readable that far. */
#define CM_SYMBOL_READ_BYTES ((size_t)16)

struct cm_symbol {
    uint64_t hash;
    uint64_t low, high; /* the first 16 bytes, zero-padded */
    uint32_t at;        /* in the pool */
    uint16_t len;
    bool prefix;
};

struct cm_symbol_slot {
    uint32_t tag;   /* upper half of the hash */
    uint32_t value; /* number and anchor bits; 0: empty */
};

struct cm_symbols {
    struct cm_symbol *items; /* by number; the first two are no words */
    size_t count, cap;
    char *pool;
    size_t pool_len, pool_cap;
    struct cm_symbol_slot *words, *prefixes;
    uint32_t word_mask, prefix_mask; /* slots - 1 */
    uint32_t *sorted;                /* numbers by bytes, once finished */
    uint8_t *prefix_begins;          /* a bit for each two first bytes of a prefix */
    uint16_t *prefix_lens;           /* distinct, longest first */
    size_t prefix_len_count, prefix_count;
};

#define CM_SYMBOL_BEGIN_BITS 65536u

void cm_symbols_init(struct cm_symbols *symbols);
void cm_symbols_free(struct cm_symbols *symbols);

/* Name a word or a prefix, again or for the first time. */
enum cm_status cm_symbols_add(struct cm_symbols *symbols, struct cm_span word, bool prefix) CM_MUST_CHECK;

/* All words are named: build what look-ups need. */
enum cm_status cm_symbols_finish(struct cm_symbols *symbols) CM_MUST_CHECK;

/* After finish: the number of a word, CM_SYMBOL_OTHER where none names it. */
uint32_t cm_symbols_find(const struct cm_symbols *symbols, struct cm_span word);

/* After finish: sorted[*from .. *to) are the symbols of all tokens that start with prefix. */
void cm_symbols_prefixed(const struct cm_symbols *symbols, struct cm_span prefix, size_t *from, size_t *to);

/* After finish: set anchor bits of a symbol, for the values that look-ups give. */
void cm_symbols_mark(struct cm_symbols *symbols, uint32_t number, uint32_t bits);

/* The value of the longest prefix that a word starts with, for words that nothing names. */
uint32_t cm_symbols_prefix_of(const struct cm_symbols *symbols, const char *word, size_t len);

static inline uint64_t cm_symbol_load(const char *p)
{
    uint64_t bytes;
    memcpy(&bytes, p, sizeof(bytes));
    return bytes;
}

/* The len (at most 8) first bytes of a little-endian load. */
static inline uint64_t cm_symbol_keep(uint64_t bytes, size_t len)
{
    return len >= 8 ? bytes : bytes & ((UINT64_C(1) << (8 * len)) - 1);
}

/* word must be readable for CM_SYMBOL_READ_BYTES, or for len where that is more. */
static inline bool cm_symbol_is(const struct cm_symbols *symbols, const struct cm_symbol *symbol, const char *word, size_t len)
{
    if (symbol->len != len || symbol->low != cm_symbol_keep(cm_symbol_load(word), len))
        return false;
    if (len <= 8)
        return true;
    if (symbol->high != cm_symbol_keep(cm_symbol_load(word + 8), len - 8))
        return false;
    return len <= 16 || memcmp(symbols->pool + symbol->at + 16, word + 16, len - 16) == 0;
}

/* The value of a token: the hot look-up. */
static inline uint32_t cm_symbols_value(const struct cm_symbols *symbols, const char *word, size_t len, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = (uint32_t)hash & symbols->word_mask;; i = (i + 1) & symbols->word_mask) {
        struct cm_symbol_slot slot = symbols->words[i];
        if (slot.tag == tag && slot.value != 0 && cm_symbol_is(symbols, &symbols->items[CM_SYMBOL_NUMBER(slot.value)], word, len))
            return slot.value;
        if (slot.value == 0)
            break;
    }
    return symbols->prefix_count ? cm_symbols_prefix_of(symbols, word, len) : CM_SYMBOL_OTHER;
}

#endif
