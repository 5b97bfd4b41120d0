/*
 * phrase: the phrase language, from text to a tree over folded tokens.
 *
 *   i am @very? sorry (to hear|about|for) <0-3> (that|this|your)
 *
 * word · prefix* · (a|b c|d) · term? · <m-n> gap · @list · %class or %macro ·
 * ^ first and $ last term only. Words are folded by the lexicon that folds the
 * text; lists and macros are expanded in place; what one-to-one lexicon entries
 * make reachable by a prefix is listed with it. The result knows no lexicon.
 *
 * Parsing is for start-up: one thread, memory from the caller's arena. The tree
 * is immutable and may be shared.
 */
#ifndef CM_RULESET_PHRASE_H
#define CM_RULESET_PHRASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "text/fold.h"

/* A gap wider than this joins words of different thoughts: a cue of its own says so better. */
#define CM_PHRASE_GAP_MAX 10u
/* Written terms of one phrase, a bracket counting as one; people stop reading long before. */
#define CM_PHRASE_TERMS_MAX 32u
/* Nesting of brackets, lists and macros included. */
#define CM_PHRASE_DEPTH_MAX 4u
/* Nodes of the expanded tree: bounds what a list of lists can blow up to. */
#define CM_PHRASE_NODES_MAX 8192u
/* Word positions of the expanded phrase, a gap being as many as it is wide: bounds what one verification can cost. */
#define CM_PHRASE_POSITIONS_MAX 8192u
/* Depth of the expanded tree: a level of brackets adds at most optional, choice, sequence and the sequence of a folded word. */
#define CM_PHRASE_TREE_DEPTH_MAX (4u * (CM_PHRASE_DEPTH_MAX + 2u))

enum cm_term_kind {
    CM_TERM_WORD,   /* one token with these bytes, whatever its class */
    CM_TERM_PREFIX, /* one token that starts with text, or is one of its children (WORD) */
    CM_TERM_CLASS,  /* one token whose class is in classes */
    CM_TERM_GAP,    /* min to max tokens of any kind */
    CM_TERM_SEQUENCE,
    CM_TERM_CHOICE,
    CM_TERM_OPTIONAL, /* one child, or nothing */
};

struct cm_term {
    uint8_t kind;        /* enum cm_term_kind */
    uint8_t min, max;    /* GAP: tokens */
    uint16_t classes;    /* CLASS: CM_TOKEN_CLASS_BIT set */
    struct cm_span text; /* WORD, PREFIX: folded bytes */
    uint32_t child;      /* index of the first child, 0: none (the root, 0, is nobody's child) */
    uint32_t next;       /* index of the next sibling, 0: none */
};

struct cm_phrase {
    const struct cm_term *terms; /* terms[0] is the root, a SEQUENCE */
    uint32_t count;
    bool at_start, at_end; /* ^ and $ */
    struct cm_span source; /* as written */
};

/* How a phrase finds its @lists: count entries, each itself a phrase expression; NULL and 0 where there is none. */
struct cm_phrase_lists {
    const struct cm_span *(*find)(void *context, struct cm_span name, size_t *count);
    void *context;
};

/* What parsing needs; lists is asked before the lists of the lexicon. The folder is used and left reusable. */
struct cm_phrase_parser {
    const struct cm_lexicon *lexicon;
    struct cm_folder *folder;
    struct cm_phrase_lists lists;
    struct cm_arena *arena;
    struct cm_diagnostics *diagnostics;
};

/*
 * Parse one phrase. place is where source begins (after an opening quote);
 * diagnostics point into it by column. CM_ERULES when the phrase has a fault
 * (ids phrase-*), each of them told.
 */
enum cm_status cm_phrase_parse(struct cm_phrase_parser *parser, struct cm_span source, struct cm_place place,
                               struct cm_phrase *out) CM_MUST_CHECK;

/* Fewest and most tokens that a match can have. */
void cm_phrase_length(const struct cm_phrase *phrase, uint32_t *least, uint32_t *most);

#endif
