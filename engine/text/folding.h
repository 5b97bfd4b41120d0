/*
 * folding: one fold under way, inside text/ only.
 *
 * fold.c holds the loop and its fast path (ASCII words between spaces, which
 * is nearly everything); what it meets beyond goes to one of the functions
 * here. Each takes what stands at text->p, moves p behind it, and leaves the
 * folded bytes and tokens so that the loop can go on.
 */
#ifndef CM_TEXT_FOLDING_H
#define CM_TEXT_FOLDING_H

#include "base/utf8.h"
#include "text/chars.h"
#include "text/fold.h"
#include "text/lexicon_table.h"

/* A longer run of letters is several tokens; of a longer URL only so much is kept (its span is whole). Fits cm_token.len. */
#define CM_TOKEN_MAX_BYTES ((size_t)1024)

/* Words are cut this much earlier: room for their next character. */
#define CM_TOKEN_MARGIN_BYTES ((size_t)8)

/* A word, and its two forms of elongation. */
#define CM_FOLD_STAGE_BYTES (3 * CM_TOKEN_MAX_BYTES)

/* Zero bytes behind the text, so that the fast path may load whole blocks. */
#define CM_FOLD_PADDING_BYTES ((size_t)64)

struct cm_folding {
    const struct cm_lexicon_table *table;
    const char *text, *end;          /* repaired text, CM_FOLD_PADDING_BYTES zero bytes behind end */
    const char *p;                   /* next byte to read */
    char *folded, *out;              /* the folded text and its next byte; a separator stands behind each token */
    struct cm_token *tokens, *token; /* first and next */
    char *stage;                     /* CM_FOLD_STAGE_BYTES for words in the making */
    uint8_t flags;                   /* of the tokens to come: CM_TOKEN_QUOTED or 0 */
    bool quoted_rest;                /* everything from here on is quoted */
    bool fresh;                      /* no word yet in this sentence */
    int8_t has_at;                   /* an @ stands in the text; -1: nobody has looked */
};

struct cm_char_here {
    uint32_t code;
    unsigned len;
    enum cm_char what;
};

/* The character at p < end of repaired text. */
static inline struct cm_char_here cm_char_here(const char *p, const char *end)
{
    struct cm_char_here here = {(unsigned char)*p, 1, cm_char_ascii[(unsigned char)*p]};
    if (here.what == CM_CHAR_HIGH) {
        here.code = cm_utf8_decode(p, end, &here.len);
        here.what = cm_char_of(here.code);
    }
    return here;
}

static inline bool cm_char_is_word(enum cm_char what)
{
    return what == CM_CHAR_LETTER || what == CM_CHAR_DIGIT;
}

static inline bool cm_char_is_space(enum cm_char what)
{
    return what == CM_CHAR_SPACE || what == CM_CHAR_NEWLINE;
}

/* ASCII letter or digit. */
static inline bool cm_is_alnum(char c)
{
    return cm_char_is_word(cm_char_ascii[(unsigned char)c]);
}

static inline bool cm_is_digit(char c)
{
    return cm_char_ascii[(unsigned char)c] == CM_CHAR_DIGIT;
}

/* next stands behind an ASCII word, two bytes of it may be read: the word may go on. */
static inline bool cm_fold_goes_on(const char *next)
{
    return cm_char_may_join[(unsigned char)next[0]] & cm_char_joins[(unsigned char)next[1]];
}

/* White space, or the text's edge, stands before (or at) p. */
bool cm_fold_space_before(const struct cm_folding *text, const char *p);
bool cm_fold_space_at(const struct cm_folding *text, const char *p);

/* ---- fold.c */

/* One token from bytes that are as they shall be; start and end are its source. */
void cm_fold_emit(struct cm_folding *text, enum cm_token_class class, struct cm_span source, struct cm_span bytes, uint16_t lists);

/* The words of a lexicon entry. */
void cm_fold_emit_entry(struct cm_folding *text, enum cm_token_class class, struct cm_span source, const struct cm_lexicon_entry *entry);

/* What the lexicon knows about bytes, NULL: nothing. */
const struct cm_lexicon_slot *cm_fold_look_up(const struct cm_folding *text, struct cm_span bytes);

/* The bytes as a token, or what they fold to. */
void cm_fold_emit_folded(struct cm_folding *text, enum cm_token_class class, struct cm_span source, struct cm_span bytes);

/* ---- fold_word.c */

/* A word at p: any letter or digit begins it. URLs and addresses that begin with one included. */
void cm_fold_word(struct cm_folding *text);

/* A suffix apart from its word (it 's, [name]'s); false: there is none, p unmoved. */
bool cm_fold_detached(struct cm_folding *text);

/* ---- fold_special.c: each returns false, p unmoved, where there is none */

void cm_fold_number(struct cm_folding *text);
bool cm_fold_mask(struct cm_folding *text);
bool cm_fold_handle(struct cm_folding *text); /* @mention, #tag */
bool cm_fold_sign(struct cm_folding *text);   /* currency, percent, ampersand */
bool cm_fold_emoticon(struct cm_folding *text);
void cm_fold_emoji(struct cm_folding *text);

/* ---- fold_address.c */

bool cm_fold_address(struct cm_folding *text); /* URL or e-mail address that begins with a letter or digit */

/* ---- fold_bounds.c */

void cm_fold_clause_end(struct cm_folding *text);
void cm_fold_sentence_end(struct cm_folding *text, bool question);
void cm_fold_terminator(struct cm_folding *text);
void cm_fold_dash(struct cm_folding *text);
/* The word that ends at p, with stops inside, is a listed abbreviation. */
bool cm_fold_is_abbreviation(const struct cm_folding *text, const char *p);

/* ---- fold_initials.c */

/* Letters with stops between them, and listed abbreviations with stops, are one token; false: there is none at p. */
bool cm_fold_dotted(struct cm_folding *text);

/* The capital letter at p has a stop, and is an initial of a name: no sentence ends there, and it is no chat form. */
bool cm_fold_is_initial(const struct cm_folding *text, const char *p);

/* ---- fold_quote.c: what is quoted from p on; p does not move */

void cm_fold_line_start(struct cm_folding *text);
void cm_fold_colon(struct cm_folding *text); /* may end the header of a quoted mail */

#endif
