/*
 * fold: text to tokens, the first step of the hot loop.
 *
 * text (JSON-decoded, perhaps invalid UTF-8) -> repair -> simple lower case ->
 * quotes, dashes, spaces unified -> tokens -> elongation -> one lexicon look-up
 * a token. rules/REFERENCE.md has the meaning, and the decisions where the
 * language is silent.
 *
 * A folder is one thread's scratch: fold reuses its memory, and the result is
 * valid until the next fold. The lexicon is shared.
 */
#ifndef CM_TEXT_FOLD_H
#define CM_TEXT_FOLD_H

#include <stdint.h>

#include "base/span.h"
#include "base/status.h"
#include "text/lexicon.h"

/* Larger text is refused by the decoder; offsets fit 32 bits with room. */
#define CM_TEXT_MAX_BYTES ((size_t)64 * 1024)

/*
 * The class of a token, and at the same time the byte that marks it in the
 * folded text, directly before the token's own bytes. 0 is a plain word and
 * has no mark. Name of the class in phrases, or "" where no phrase term names it.
 */
#define CM_TOKEN_CLASSES(X)                                                                                                                \
    X(WORD, 0, "")                                                                                                                         \
    X(NUMBER, 1, "number") /* 20, 4.50, 10:30, 1,000, and number masks such as [num] or #NUMBER-0# */                                      \
    X(URL, 2, "url")                                                                                                                       \
    X(EMAIL, 3, "email")                                                                                                                   \
    X(MENTION, 4, "mention") /* @brand */                                                                                                  \
    X(TAG, 5, "tag")         /* #topic */                                                                                                  \
    X(MASK, 6, "mask")       /* [business], #PRS_ORG#, <ORG>: any mask that is neither a number's nor a person's */                        \
    X(EMOJI, 7, "emoji")                                                                                                                   \
    X(NAME, 8, "name")   /* a capitalised word that may be a person's name */                                                              \
    X(NAME_MASK, 14, "") /* [name], #NAME#, <PERSON>: also %name */

enum cm_token_class {
#define X(name, mark, term) CM_TOKEN_##name = (mark),
    CM_TOKEN_CLASSES(X)
#undef X
};

/* What a phrase calls the class, without its %, or "": CM_TOKEN_CLASSES. Never NULL. */
const char *cm_token_class_term(unsigned token_class);

/* A class fits a bit of a 16-bit set: 1u << class. */
#define CM_TOKEN_CLASS_BIT(class) (1u << (class))
#define CM_TOKEN_CLASS_BITS 16u

enum cm_token_flag {
    CM_TOKEN_SENTENCE_END = 1u << 0, /* a sentence ends after this token (never on the last one) */
    CM_TOKEN_CLAUSE_END = 1u << 1,   /* a clause boundary by punctuation stands after this token; sentence ends included */
    CM_TOKEN_QUOTED = 1u << 2,       /* in a quoted e-mail line, or after "On … wrote:" */
    CM_TOKEN_QUESTION = 1u << 3,     /* the sentence end after it, or the end of the text, has a question mark */
};

struct cm_token {
    uint64_t hash;       /* cm_word_hash of the folded bytes, mark left out */
    uint32_t start, end; /* bytes of the text before repair, end exclusive: those of the token it came from */
    uint32_t at;         /* first byte of the token in the folded text, its mark left out */
    uint16_t len;        /* bytes in the folded text, mark left out */
    uint8_t class;       /* enum cm_token_class */
    uint8_t flags;       /* enum cm_token_flag bits */
    uint16_t lists;      /* enum cm_word_list bits */
    uint16_t changed;    /* 1 where the lexicon made it of another word, else 0 */
};

/* Whoever makes a cm_folded leaves this much readable behind its text, so that words can be compared 16 bytes at once. */
#define CM_FOLDED_SLACK_BYTES ((size_t)16)

struct cm_folded {
    const struct cm_token *tokens;
    uint32_t count;
    struct cm_span text;     /* folded text: tokens with marks, joined by one space or, at sentence ends, one newline; CM_FOLDED_SLACK_BYTES
                                behind its end may be read */
    struct cm_span repaired; /* the text with bad UTF-8 replaced, what regexes run on; the input itself where it is valid */
    const uint32_t *repaired_to_source; /* NULL where repaired is the input; else repaired.len + 1 source offsets */
    const struct cm_lexicon *lexicon;   /* that it was folded with; NULL where nobody folded it */
};

struct cm_folder;

enum cm_status cm_folder_new(const struct cm_lexicon *lexicon, struct cm_folder **out) CM_MUST_CHECK;
void cm_folder_free(struct cm_folder *folder);

/* Fold without vector instructions from now on, whatever cm_simd_level was when the folder was made: the same result, for tests that hold
   the two together. */
void cm_folder_use_scalar(struct cm_folder *folder);

/*
 * Fold text of at most CM_TEXT_MAX_BYTES (CM_ELIMIT above). CM_ENOMEM when the
 * scratch cannot grow. *out points into the folder and into text.
 */
enum cm_status cm_fold(struct cm_folder *folder, struct cm_span text, struct cm_folded *out) CM_MUST_CHECK;

#endif
