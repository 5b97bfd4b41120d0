/*
 * phrase_parse: what the parts of the phrase parser share; not for others.
 *
 * Recursive descent, depth bounded by CM_PHRASE_DEPTH_MAX. Lists and macros are
 * read in place by a reader of their own; their faults are told at the
 * reference in the phrase, since that is what its author can see.
 */
#ifndef CM_RULESET_PHRASE_PARSE_H
#define CM_RULESET_PHRASE_PARSE_H

#include "ruleset/phrase.h"

struct cm_phrase_reader {
    struct cm_span source;
    size_t at;
    const struct cm_phrase_reader *outer; /* the reader that holds the reference; NULL: the phrase itself */
    size_t ref_at, ref_len;               /* the reference, in outer's source */
    char sigil;                           /* '@', '%', or 0 for the phrase itself */
    struct cm_span name;
};

/* What parsing knows of a term beside the term: where it was written, whether it can be passed without a token. */
struct cm_phrase_note {
    uint32_t at, len; /* bytes of the phrase as written */
    bool nullable;
};

struct cm_phrase_parse {
    struct cm_phrase_parser *parser;
    struct cm_place place;
    struct cm_phrase_reader *reader;
    struct cm_term *terms;
    struct cm_phrase_note *notes;
    size_t count, term_cap, note_cap;
    uint32_t written;  /* terms of the phrase itself */
    uint32_t brackets; /* open ones: what stands in them is no term of its own */
    bool at_start, at_end;
    bool failed;  /* a fault was told */
    bool stopped; /* reading further is of no use */
    enum cm_status status;
};

/* ---- phrase_tree.c: faults with their places, and the tree ---- */

/* at and len are bytes of what is being read now. */
void cm_phrase_fault(struct cm_phrase_parse *parse, const char *id, size_t at, size_t len, const char *help, const char *format, ...)
    CM_PRINTF(6, 7);
/* at and len are bytes of the phrase as it is written. */
void cm_phrase_fault_at(struct cm_phrase_parse *parse, const char *id, size_t at, size_t len, const char *help, const char *message);
/* Reading further is of no use; status CM_OK where a fault was the reason. */
void cm_phrase_stop(struct cm_phrase_parse *parse, enum cm_status status);
/* A new term; 0 when there is no room, and then reading has stopped. */
uint32_t cm_phrase_add_term(struct cm_phrase_parse *parse, enum cm_term_kind kind, size_t at, size_t len);
/* Make term the next child of parent. *last is the newest child so far, 0: none. */
void cm_phrase_append(struct cm_phrase_parse *parse, uint32_t parent, uint32_t *last, uint32_t term);
uint32_t cm_phrase_add_word(struct cm_phrase_parse *parse, struct cm_span bytes, size_t at, size_t len);
/* A term of the phrase itself was written: there may be so many. */
void cm_phrase_count(struct cm_phrase_parse *parse, size_t at, size_t len);

/* ---- the readers of terms; each gives the term, 0: none ---- */

uint32_t cm_phrase_read_word(struct cm_phrase_parse *parse);                      /* phrase_words.c: words and prefixes */
uint32_t cm_phrase_read_reference(struct cm_phrase_parse *parse, unsigned depth); /* phrase_references.c: @lists, %classes and macros */
uint32_t cm_phrase_read_choice(struct cm_phrase_parse *parse, unsigned depth);    /* phrase.c: alternatives up to a bracket or the end */

/* ---- characters ---- */

static inline bool cm_phrase_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool cm_phrase_is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static inline bool cm_phrase_ends_word(char c)
{
    return cm_phrase_is_space(c) || strchr("()|<^$?", c) != NULL;
}

static inline char cm_phrase_peek(const struct cm_phrase_parse *parse)
{
    const struct cm_phrase_reader *reader = parse->reader;
    return reader->at < reader->source.len ? reader->source.ptr[reader->at] : '\0';
}

static inline bool cm_phrase_at_end(const struct cm_phrase_parse *parse)
{
    return parse->stopped || parse->reader->at >= parse->reader->source.len;
}

static inline void cm_phrase_skip_spaces(struct cm_phrase_parse *parse)
{
    while (!cm_phrase_at_end(parse) && cm_phrase_is_space(cm_phrase_peek(parse)))
        parse->reader->at++;
}

#endif
