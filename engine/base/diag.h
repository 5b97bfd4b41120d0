/*
 * diag: faults in what a person wrote (packs, lexicons, configuration, command
 * lines), each with its place, collected so that all of them are told at once.
 *
 *   rules/customer-care/greeting.yaml:14:19: error: a gap stands at the end of the phrase [phrase-gap-edge]
 *      14 |     phrases: ["good morning <0-3>"]
 *         |                             ^~~~~
 *      help: end the phrase with a word
 *
 * One list belongs to one thread. Strings are copied; the list owns them.
 */
#ifndef CM_BASE_DIAG_H
#define CM_BASE_DIAG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

/* More than this many are counted, not kept: a broken generator must not eat the memory. */
#define CM_DIAGNOSTICS_KEPT_MAX 1000u

enum cm_severity { CM_SEVERITY_ERROR, CM_SEVERITY_WARNING };

/* A place in a file; all 1-based. column and width count characters, not bytes. line 0: the whole file. */
struct cm_place {
    const char *file; /* borrowed until the call that takes it returns; NULL: no file */
    uint32_t line, column;
    uint32_t width; /* characters under the caret, at least 1 when line > 0 */
};

struct cm_diagnostic {
    enum cm_severity severity;
    const char *id; /* stable, kebab-case: people search for it and scripts match it */
    struct cm_place place;
    const char *message;
    const char *help; /* NULL: none */
};

struct cm_diagnostics {
    struct cm_diagnostic *items;
    size_t count, cap;
    size_t errors, warnings; /* told in all, those not kept included */
    struct cm_arena arena;
    struct cm_diagnostic_source *sources;
    enum cm_status status; /* CM_ENOMEM once a diagnostic could not be kept (it is counted all the same) */
};

#define CM_DIAGNOSTICS_EMPTY ((struct cm_diagnostics){0})

/* Remember the contents of a file, so that its lines can be shown under carets. Copied. */
void cm_diagnostics_source(struct cm_diagnostics *list, const char *file, struct cm_span contents);

/* The files that were remembered, in order of first mention; NULL behind the last. */
const char *cm_diagnostics_source_file(const struct cm_diagnostics *list, size_t index);

/* help may be NULL. id is a string literal. */
void cm_diagnostics_add(struct cm_diagnostics *list, enum cm_severity severity, const char *id, struct cm_place place, const char *help,
                        const char *format, ...) CM_PRINTF(6, 7);

/* By file in order of first mention, then line, column. */
void cm_diagnostics_sort(struct cm_diagnostics *list);

/* For people; colour only where the caller knows that out is a terminal. */
void cm_diagnostics_print(const struct cm_diagnostics *list, FILE *out, bool colour);

/* The first diagnostic with this id, or NULL: for tests and tools. */
const struct cm_diagnostic *cm_diagnostics_find(const struct cm_diagnostics *list, const char *id);

void cm_diagnostics_free(struct cm_diagnostics *list);

#endif
