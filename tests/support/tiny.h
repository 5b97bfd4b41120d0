/* Support for tests: the small lexicon with its folder, and numbers that are random the same way everywhere. */
#ifndef TESTS_SUPPORT_TINY_H
#define TESTS_SUPPORT_TINY_H

#include <stdio.h>
#include <stdlib.h>

#include "ruleset/phrase.h"
#include "text/fold.h"

struct tiny {
    struct cm_diagnostics diagnostics;
    struct cm_lexicon *lexicon;
    struct cm_folder *folder;
    struct cm_arena arena;
    struct cm_phrase_parser parser;
};

/* False, and told on stderr, when the lexicon is not there. lexicon NULL: the small one. */
static inline bool tiny_open(struct tiny *tiny, const char *lexicon)
{
    *tiny = (struct tiny){0};
    if (!lexicon)
        lexicon = CM_SOURCE_DIR "/tests/support/lexicon_small";
    if (cm_lexicon_load(lexicon, &tiny->diagnostics, &tiny->lexicon) != CM_OK || cm_folder_new(tiny->lexicon, &tiny->folder) != CM_OK) {
        cm_diagnostics_print(&tiny->diagnostics, stderr, false);
        return false;
    }
    tiny->parser = (struct cm_phrase_parser){
        .lexicon = tiny->lexicon, .folder = tiny->folder, .arena = &tiny->arena, .diagnostics = &tiny->diagnostics};
    return true;
}

static inline void tiny_close(struct tiny *tiny)
{
    cm_folder_free(tiny->folder);
    cm_lexicon_free(tiny->lexicon);
    cm_arena_free(&tiny->arena);
    cm_diagnostics_free(&tiny->diagnostics);
}

/* Parse a phrase as if it stood at 1:1 of "t"; NULL: it has faults, which are in diagnostics. */
static inline struct cm_phrase *tiny_phrase(struct tiny *tiny, const char *text)
{
    struct cm_phrase *phrase = cm_arena_alloc(&tiny->arena, sizeof(*phrase));
    struct cm_place place = {"t", 1, 1, 1};
    return phrase && cm_phrase_parse(&tiny->parser, cm_span_of(text), place, phrase) == CM_OK ? phrase : NULL;
}

static inline struct cm_folded tiny_fold(struct tiny *tiny, const char *text)
{
    struct cm_folded folded = {0};
    if (cm_fold(tiny->folder, cm_span_of(text), &folded) != CM_OK) {
        fprintf(stderr, "cannot fold: %s\n", text);
        abort();
    }
    return folded;
}

/* xorshift64*: the same numbers on every machine. state is never 0. */
static inline uint64_t tiny_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* Evenly enough in [0, below). */
static inline unsigned tiny_below(uint64_t *state, unsigned below)
{
    return (unsigned)((tiny_random(state) >> 33) % below);
}

#endif
