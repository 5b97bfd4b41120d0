/*
 * inputs: what a person named on the command line, as a list of files.
 *
 * An argument is a file, a folder, a glob pattern or "-" (standard input). The
 * result is sorted bytewise by path; a file that is named twice, under whatever
 * path, is read once. Everything that cannot be read is told before work begins.
 * One thread.
 */
#ifndef CM_IO_INPUTS_H
#define CM_IO_INPUTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* Folders within folders; deeper ones are told as an error. Symbolic links to folders are not followed, so loops cannot be. */
#define CM_FOLDER_DEPTH_MAX 64u

/* A folder gives the regular files with these endings, each also with .gz or .zst behind it. Names that begin with a dot are left out. */
#define CM_INPUT_ENDINGS(X)                                                                                                                \
    X(".ndjson")                                                                                                                           \
    X(".jsonl")                                                                                                                            \
    X(".json")

struct cm_input {
    const char *path; /* "-" is standard input */
    uint64_t bytes;   /* size on disk; 0 where unknown (pipes) */
    bool sized;       /* a regular file */
    uint64_t device, inode;
};

struct cm_inputs {
    struct cm_input *items;
    size_t count, cap;
    struct cm_arena arena; /* owns the paths */
};

#define CM_INPUTS_EMPTY ((struct cm_inputs){0})

/*
 * CM_EIO when anything that was named cannot be read or a folder or pattern
 * holds no file: diagnostics then says what, one error each. A file that a
 * pattern or folder finds may be given by its full name with any ending.
 */
enum cm_status cm_inputs_expand(struct cm_inputs *inputs, const char *const *arguments, size_t count,
                                struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

void cm_inputs_free(struct cm_inputs *inputs);

#endif
