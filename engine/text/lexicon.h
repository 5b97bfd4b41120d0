/*
 * lexicon: what the words of the language fold to, and the closed lists that
 * the engine knows by name. Data under rules/lexicon/, read once.
 *
 * An immutable image: after load it is shared by every thread without locks.
 *
 * Files of the folder, UTF-8, one entry a line, # starts a comment:
 *   fold/NAME      key -> token [token...]        one token to n >= 1
 *   lists/NAME     word or words                  closed lists (enum cm_word_list, and phrase lists)
 *   words          word [word...]                 all that elongation may settle on; what fold/ leads to belongs to it too
 *   macros         %name = phrase expression      composites such as %money, parsed by ruleset/phrase
 * A # that starts a line or follows white space starts a comment. Every key and
 * word is itself brought to simple lower case, quotes unified, while it is read.
 * Applying the fold entries twice must change nothing; a key that is given
 * twice, or an expansion that is itself a key of something else, is an error.
 * So is a folded-word list (below) that holds a word which folds to another.
 */
#ifndef CM_TEXT_LEXICON_H
#define CM_TEXT_LEXICON_H

#include <stdint.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/image.h"

/*
 * Lists become one bit each in a token's flags, so that the one
 * look-up a token answers everything. Name of the file under lists/, bit.
 * negators: not never without hardly nor · no_negator: no · no_shields: thanks
 * problem worries and the pronouns, before which "no" negates nothing ·
 * hypothetical: if would could (have is told by the word before it) · clause:
 * but however though although because · stop: words that carry no content for
 * echo · backchannel: yeah right okay … · not_names: capitalised words that
 * are no person's name (weekdays, months, products, greetings …).
 *
 * The lists from CM_WORD_RAW_FIRST on are asked about words before they fold,
 * by the folder alone: abbreviations: no sentence ends at the stop behind them ·
 * units: "30mins" is a number and a word · top_domains: "example.com" is a URL ·
 * person_masks, number_masks: what stands inside a mask.
 */
#define CM_WORD_LISTS(X)                                                                                                                   \
    X(NEGATOR, "negators", 0)                                                                                                              \
    X(NO, "no_negator", 1)                                                                                                                 \
    X(NO_SHIELD, "no_shields", 2)                                                                                                          \
    X(HYPOTHETICAL, "hypothetical", 3)                                                                                                     \
    X(CLAUSE, "clause", 4)                                                                                                                 \
    X(STOP, "stop", 5)                                                                                                                     \
    X(BACKCHANNEL, "backchannel", 6)                                                                                                       \
    X(NOT_NAME, "not_names", 7)                                                                                                            \
    X(ABBREVIATION, "abbreviations", 8)                                                                                                    \
    X(UNIT, "units", 9)                                                                                                                    \
    X(TOP_DOMAIN, "top_domains", 10)                                                                                                       \
    X(PERSON_MASK, "person_masks", 11)                                                                                                     \
    X(NUMBER_MASK, "number_masks", 12)

enum cm_word_list {
#define X(name, file, bit) CM_WORD_##name = 1u << (bit),
    CM_WORD_LISTS(X)
#undef X
};

#define CM_WORD_RAW_FIRST CM_WORD_ABBREVIATION

/* The one list that holds rows of words, too ("i see"), has no longer ones: who listens says little. */
#define CM_BACKCHANNEL_MAX_WORDS 3u

/* A word of the lexicon's data, in bytes and in a row of words. Longer ones are refused: nobody types them. */
#define CM_LEXICON_WORD_MAX_BYTES 64u
#define CM_LEXICON_EXPANSION_MAX_WORDS 8u

/* A folded word of an expansion. */
struct cm_lexicon_word {
    const char *ptr; /* owned by the lexicon */
    uint16_t len;
    uint16_t lists; /* enum cm_word_list bits */
    uint64_t hash;  /* cm_word_hash of the bytes */
};

/* What one token (simple lower case, quotes unified) folds to. */
struct cm_lexicon_entry {
    const struct cm_lexicon_word *words; /* the key itself where it is only listed */
    uint16_t count;                      /* >= 1 */
    bool known;                          /* in words, or a fold key: elongation may settle on it */
};

struct cm_lexicon;

/*
 * Read a lexicon folder. Faults of the data go to diagnostics with their place
 * and make the result CM_ERULES; *out is then NULL.
 */
enum cm_status cm_lexicon_load(const char *folder, struct cm_diagnostics *diagnostics, struct cm_lexicon **out) CM_MUST_CHECK;
void cm_lexicon_free(struct cm_lexicon *lexicon);

/*
 * The same in two steps, for who may know the lexicon already: its files are
 * read, and known by the hash of their names and bytes; then they are compiled,
 * once. diagnostics are borrowed until the source is freed.
 */
struct cm_lexicon_source;
enum cm_status cm_lexicon_open(const char *folder, struct cm_diagnostics *diagnostics, struct cm_lexicon_source **out) CM_MUST_CHECK;
enum cm_status cm_lexicon_source_hash(const struct cm_lexicon_source *source, struct cm_hash128 *out) CM_MUST_CHECK;
enum cm_status cm_lexicon_compile(struct cm_lexicon_source *source, struct cm_lexicon **out) CM_MUST_CHECK;
void cm_lexicon_source_free(struct cm_lexicon_source *source);

/* As an image; and a lexicon from what one led to, which is borrowed until cm_lexicon_free. */
extern const struct cm_image_type cm_lexicon_type;
enum cm_status cm_lexicon_adopt(const struct cm_lexicon *from, struct cm_lexicon **out) CM_MUST_CHECK;

/* The entry of a token, or NULL where the lexicon does not know it. hash is cm_word_hash of word. */
const struct cm_lexicon_entry *cm_lexicon_find(const struct cm_lexicon *lexicon, struct cm_span word, uint64_t hash);

/* The bits of the lists that hold this folded word. */
uint16_t cm_lexicon_lists(const struct cm_lexicon *lexicon, struct cm_span word);

/*
 * Every one-to-one fold entry whose key starts with prefix and has four letters
 * or more: calls visit with the folded word. For prefix terms of phrases.
 */
void cm_lexicon_each_prefixed(const struct cm_lexicon *lexicon, struct cm_span prefix, void (*visit)(void *context, struct cm_span folded),
                              void *context);

/* The expression of a macro ("%money"), with the percent sign left out of name; ptr NULL: no such macro. *place may be NULL. */
struct cm_span cm_lexicon_macro(const struct cm_lexicon *lexicon, struct cm_span name, struct cm_place *place);

/* The entries of lists/NAME as they are written, for lists that are phrases (soft conditionals, abbreviations); count 0: no such list. */
const struct cm_span *cm_lexicon_list(const struct cm_lexicon *lexicon, struct cm_span name, size_t *count);

/* XXH3-128 of all entries in a canonical order: part of every pack's hash. */
void cm_lexicon_hash(const struct cm_lexicon *lexicon, uint64_t out[2]);

#endif
