/*
 * lexicon_read: the files of a lexicon folder as entries, inside text/ only.
 *
 * Reading knows the syntax and the place of everything; lexicon.c checks the
 * whole and builds the image. All memory is the arena's that the caller gives.
 */
#ifndef CM_TEXT_LEXICON_READ_H
#define CM_TEXT_LEXICON_READ_H

#include "base/arena.h"
#include "base/diag.h"
#include "text/lexicon.h"

enum cm_lexicon_line_kind { CM_LEXICON_FOLD, CM_LEXICON_LIST, CM_LEXICON_WORD, CM_LEXICON_MACRO };

/* One entry as it stands in a file. Spans are in the arena. */
struct cm_lexicon_line {
    enum cm_lexicon_line_kind kind;
    struct cm_span name; /* list: its name; macro: its name; else empty */
    struct cm_span key;  /* fold: the key; word: the word; list: the whole entry, words joined by one space; macro: the expression */
    struct cm_span words[CM_LEXICON_EXPANSION_MAX_WORDS]; /* fold: what it folds to */
    uint32_t word_count;
    struct cm_place place; /* of the key */
};

struct cm_lexicon_lines {
    struct cm_lexicon_line *items;
    size_t count, cap; /* items from malloc: free them */
};

/* A file of the folder. All is in the arena. */
struct cm_lexicon_file {
    const char *path;
    struct cm_span name; /* the list that it is; else empty */
    enum cm_lexicon_line_kind kind;
    struct cm_span bytes;
};

struct cm_lexicon_files {
    struct cm_lexicon_file *items;
    size_t count, cap; /* items from malloc: free them */
};

/* All files, in a fixed order. Faults go to diagnostics; CM_EIO (with a diagnostic) where the folder cannot be read. */
enum cm_status cm_lexicon_open_files(const char *folder, struct cm_arena *arena, struct cm_diagnostics *diagnostics,
                                     struct cm_lexicon_files *files) CM_MUST_CHECK;

/* Their lines. Faults go to diagnostics. */
enum cm_status cm_lexicon_read(const struct cm_lexicon_files *files, struct cm_arena *arena, struct cm_diagnostics *diagnostics,
                               struct cm_lexicon_lines *lines) CM_MUST_CHECK;

#endif
