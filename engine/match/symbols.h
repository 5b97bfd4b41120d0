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
 * shared. Look-ups compare bytes, so crafted hash collisions change nothing; who
 * uses cm_symbols_by_hash compares them later.
 */
#ifndef CM_MATCH_SYMBOLS_H
#define CM_MATCH_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/simd.h"
#include "base/span.h"
#include "base/status.h"
#include "ruleset/phrase.h"
#include "text/words.h"

#define CM_SYMBOL_OTHER 0u /* a token that no phrase names */
#define CM_SYMBOL_FIRST 1u

/*
 * The value of a token is one 32-bit word: its symbol's number, three bits that
 * belong to the anchors (phrases.c), so that the scan needs no second look-up; in
 * the table, above them, a bit that says that the look-up of a word that is not
 * in this slot must go on.
 */
#define CM_SYMBOL_BITS 20u
#define CM_SYMBOL_MARK_BITS 3u
#define CM_SYMBOL_MARKED(value) ((value) & ((1u << (CM_SYMBOL_BITS + CM_SYMBOL_MARK_BITS)) - 1)) /* without GOES_ON */
#define CM_SYMBOL_NUMBER(value) ((value) & ((1u << CM_SYMBOL_BITS) - 1))
#define CM_SYMBOL_GOES_ON (1u << (CM_SYMBOL_BITS + CM_SYMBOL_MARK_BITS))

struct cm_symbol_slot {
    uint32_t value; /* 0: empty */
    uint32_t tag;   /* cm_symbol_tag of the word; 0 where it is empty, and nowhere else */
};

/* No token has this length: it is more than a folded text. The top bit stays free (cm_symbols_same). */
#define CM_SYMBOL_LONG 0x40000000u

struct cm_symbol {
    char begin[CM_WORD_HALVES_BYTES]; /* the first bytes, zero-padded */
    uint32_t short_len;               /* bytes of a word that begin holds, else CM_SYMBOL_LONG */
    uint32_t at;                      /* in the pool */
    uint32_t len;
    uint16_t held; /* a bit for each byte of the word that begin holds */
    bool prefix;
}; /* 32 bytes: half a cache line */

struct cm_symbols {
    struct cm_symbol *items; /* by number; the first two are no words */
    size_t count, cap;
    char *pool;
    size_t pool_len, pool_cap;
    struct cm_symbol_slot *words, *prefixes; /* by hash */
    uint32_t word_mask, prefix_mask;         /* slots - 1 */
    uint32_t *sorted;                        /* numbers by bytes, once finished */
    uint8_t *prefix_begins;                  /* a bit for each two first bytes of a prefix */
    uint16_t *prefix_lens;                   /* distinct, longest first */
    size_t prefix_len_count;
    bool any_prefix;
    bool any_twins; /* two words, or two prefixes, may have one tag */
};

#define CM_SYMBOL_BEGIN_BITS 65536u

void cm_symbols_init(struct cm_symbols *symbols);
void cm_symbols_free(struct cm_symbols *symbols);

/* Name a word or a prefix, again or for the first time. */
enum cm_status cm_symbols_add(struct cm_symbols *symbols, struct cm_span word, bool prefix) CM_MUST_CHECK;
/* The same for every word and prefix of a phrase. */
enum cm_status cm_symbols_add_words(struct cm_symbols *symbols, const struct cm_phrase *phrase) CM_MUST_CHECK;

/* All words are named: build what look-ups need. */
enum cm_status cm_symbols_finish(struct cm_symbols *symbols) CM_MUST_CHECK;

/* After finish: give the words with the largest weights (by number) the slots in which they are found at once. */
enum cm_status cm_symbols_arrange(struct cm_symbols *symbols, const uint32_t *weights) CM_MUST_CHECK;

/* After finish: the number of a word, CM_SYMBOL_OTHER where none names it. */
uint32_t cm_symbols_find(const struct cm_symbols *symbols, struct cm_span word);

/* After finish: sorted[*from .. *to) are the symbols of all tokens that start with prefix. */
void cm_symbols_prefixed(const struct cm_symbols *symbols, struct cm_span prefix, size_t *from, size_t *to);

/* After finish: set marks (bits above the number) of a symbol, for the values that look-ups give. */
void cm_symbols_mark(struct cm_symbols *symbols, uint32_t number, uint32_t marks);

/* CM_SYMBOL_MARKED of the values that look-ups give for this symbol. */
uint32_t cm_symbols_marked(const struct cm_symbols *symbols, uint32_t number);

/* What a slot has of the hash beside its place. Never 0: CM_WORD_HASH_BIT. */
static inline uint32_t cm_symbol_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The rest of a look-up that its first slot has not decided: other words, long words, prefixes. */
uint32_t cm_symbols_value_slow(const struct cm_symbols *symbols, const char *word, size_t len, uint64_t hash);

/* Which bit of prefix_begins stands for words that begin with these two bytes; the second is any for words of one. */
static inline uint32_t cm_symbol_begin(const char *word)
{
    return (uint32_t)(unsigned char)word[0] | (uint32_t)(unsigned char)word[1] << 8;
}

/* What look-ups read of the symbols, for the registers of a loop. */
struct cm_symbols_view {
    const struct cm_symbol *items;
    const struct cm_symbol_slot *words;
    const uint8_t *prefix_begins;
    uint32_t word_mask;
};

static inline struct cm_symbols_view cm_symbols_view(const struct cm_symbols *symbols)
{
    return (struct cm_symbols_view){symbols->items, symbols->words, symbols->prefix_begins, symbols->word_mask};
}

/* All ones where x is 0, else 0, of x below 2^31, and of others either; written so that no compiler makes a branch of it. */
static inline uint32_t cm_symbols_same(uint32_t x)
{
    return 0u - ((x - 1) >> 31);
}

/* A bit for each byte in which a word and what a symbol holds differ, and others where their lengths do; 0 for short words that are the
 * same. */
static inline uint32_t cm_symbol_differs(const struct cm_symbol *symbol, const char *word, uint32_t len)
{
    return (symbol->held & cm_simd_differing(word, symbol->begin)) | (symbol->short_len ^ len);
}

/*
 * The value of a token by its bytes. Whether a word is known is a coin toss, so
 * nothing here branches on it; that a word stands in another slot than its own,
 * or begins as some prefix does, is rarer. The bytes behind the word are compared,
 * too (CM_FOLDED_SLACK_BYTES), and may differ or not.
 */
static inline __attribute__((always_inline)) uint32_t cm_symbols_by_bytes(const struct cm_symbols *symbols, struct cm_symbols_view view,
                                                                          const char *word, uint32_t len, uint64_t hash)
{
    uint32_t value = view.words[(uint32_t)hash & view.word_mask].value, begin = cm_symbol_begin(word);
    uint32_t same = cm_symbols_same(cm_symbol_differs(&view.items[CM_SYMBOL_NUMBER(value)], word, len));
    uint32_t unsure = (value & CM_SYMBOL_GOES_ON) | (view.prefix_begins[begin >> 3] >> (begin & 7) & 1u);
    if (__builtin_expect((unsure & ~same) != 0, 0))
        return cm_symbols_value_slow(symbols, word, len, hash);
    return value & same;
}

/*
 * The hot look-up, for symbols without prefixes and twins: by the hash alone,
 * which needs neither the word nor its symbol. One word in two billion that nothing
 * names, or a crafted one, is taken for another: whoever cares asks
 * cm_symbols_confirm. A word that is named is always taken for itself.
 */
static inline __attribute__((always_inline)) uint32_t cm_symbols_by_hash(const struct cm_symbols *symbols, struct cm_symbols_view view,
                                                                         const char *word, uint32_t len, uint64_t hash)
{
    struct cm_symbol_slot slot = view.words[(uint32_t)hash & view.word_mask];
    uint32_t same = cm_symbols_same(slot.tag ^ cm_symbol_tag(hash)); /* of an empty slot, whose value is 0, anything */
    if (__builtin_expect((slot.value & CM_SYMBOL_GOES_ON & ~same) != 0, 0))
        return cm_symbols_value_slow(symbols, word, len, hash);
    return slot.value & same;
}

/* Is a word that has got this symbol by its hash the word of the symbol? */
static inline bool cm_symbols_confirm(const struct cm_symbols *symbols, uint32_t number, const char *word, uint32_t len)
{
    const struct cm_symbol *symbol = &symbols->items[number];
    if (__builtin_expect(symbol->short_len != CM_SYMBOL_LONG, 1))
        return cm_symbol_differs(symbol, word, len) == 0;
    return symbol->len == len && memcmp(symbols->pool + symbol->at, word, len) == 0;
}

static inline uint32_t cm_symbols_value(const struct cm_symbols *symbols, const char *word, size_t len, uint64_t hash)
{
    return cm_symbols_by_bytes(symbols, cm_symbols_view(symbols), word, (uint32_t)len, hash);
}

#endif
