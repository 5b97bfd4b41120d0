/*
 * source: where lines come from.
 *
 * There is no serial reader: each worker pulls blocks of whole lines into its
 * own memory. cm_source_next is safe from any number of threads and takes one
 * lock a block (about 256 KiB), never one an event. Under that lock the next
 * bytes are read or decompressed, so that blocks are numbered in source order;
 * all else (decode, scan) runs outside it.
 *
 * Compression (gzip with many members, zstd with many frames) is known by its
 * first bytes, not by the name; pipes and standard input may be compressed too.
 *
 * Faults while reading (a truncated .zst, a disk error, a file that shrank) do
 * not end the run: what stands before them is delivered, a diagnostic with file
 * and offset is added, and the next file is read. A run whose source had faults
 * must end with exit code 3.
 */
#ifndef CM_IO_SOURCE_H
#define CM_IO_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/span.h"
#include "io/inputs.h"

/* Large enough that a lock per block is nothing, small enough to stay in the second level cache while it is decoded. */
#define CM_BLOCK_BYTES ((size_t)256 * 1024)
/* No honest event comes near (text is at most 64 KiB); a longer line is not kept in memory. */
#define CM_LINE_MAX_BYTES ((size_t)16 * 1024 * 1024)
/* What is kept of a line that is too long, for its dead letter. */
#define CM_LINE_HEAD_BYTES ((size_t)4096)

struct cm_source;

/* Whole lines. Owned by one worker, which passes it to every cm_source_next; its memory is reused. */
struct cm_block {
    struct cm_span bytes; /* lines with their newlines; the last line of a file may lack its own. Never empty after CM_OK */
    const char *name;     /* path of the file, "-" for standard input; lives as long as the source */
    uint32_t path;        /* index of the file in source order */
    uint64_t offset;      /* of the first byte, within the decompressed file */
    uint64_t line;        /* number of the first line within the file, 1-based */
    uint64_t ordinal;     /* 0, 1, 2 … over the whole source, in source order, without holes */
    bool first_of_file;   /* a BOM may stand here */
    bool line_too_long;   /* bytes are only the head of one line longer than CM_LINE_MAX_BYTES; the rest was skipped */
    char *memory;         /* the block's own; bytes may point elsewhere */
    size_t cap;
};

#define CM_BLOCK_EMPTY ((struct cm_block){0})

void cm_block_free(struct cm_block *block);

/* One line of a block. */
struct cm_line {
    struct cm_span bytes; /* without its newline; may be empty */
    uint64_t offset, number;
    const char *next; /* where the following line starts: for cm_block_next_line alone */
};

/* struct cm_line line = {0}; while (cm_block_next_line(&block, &line)) … */
static inline bool cm_block_next_line(const struct cm_block *block, struct cm_line *line)
{
    const char *end = block->bytes.ptr + block->bytes.len;
    const char *start = line->next ? line->next : block->bytes.ptr;
    if (start >= end)
        return false;
    const char *stop = (const char *)memchr(start, '\n', (size_t)(end - start));
    line->number = line->next ? line->number + 1 : block->line;
    line->offset = block->offset + (uint64_t)(start - block->bytes.ptr);
    line->next = stop ? stop + 1 : end;
    line->bytes = (struct cm_span){start, (size_t)((stop ? stop : end) - start)};
    return true;
}

struct cm_source_progress {
    uint64_t bytes_done;  /* as they lie on disk: compressed bytes of compressed files */
    uint64_t bytes_total; /* 0 where unknown: a pipe is among the files */
    uint32_t files_done, files;
};

/* What open needs; a scheme uses what it knows. */
struct cm_source_request {
    const struct cm_inputs *inputs; /* file (standard input and pipes included): borrowed until close */
    const char *const *names;       /* mem: names of the contents */
    const struct cm_span *contents; /* mem: borrowed until close; may be compressed */
    size_t count;                   /* mem: how many */
};

struct cm_source_ops {
    const char *scheme;
    enum cm_status (*open)(struct cm_source **source, const struct cm_source_request *request, struct cm_diagnostics *diagnostics);
    enum cm_status (*next)(struct cm_source *source, struct cm_block *block);
    void (*progress)(struct cm_source *source, struct cm_source_progress *progress);
    void (*stop)(struct cm_source *source);
    void (*close)(struct cm_source *source);
};

/* What every implementation begins with. */
struct cm_source {
    const struct cm_source_ops *ops;
};

extern const struct cm_source_ops cm_source_file; /* files, pipes, standard input */
extern const struct cm_source_ops cm_source_mem;

/*
 * diagnostics is borrowed until close and written under the source's lock while
 * workers pull: look at it when they have ended (errors > 0: exit code 3).
 */
static inline enum cm_status cm_source_open(struct cm_source **source, const struct cm_source_ops *ops,
                                            const struct cm_source_request *request, struct cm_diagnostics *diagnostics)
{
    return ops->open(source, request, diagnostics);
}

/* CM_OK: a block. CM_END: no more, for every later caller too. CM_ESTOPPED: after cm_source_stop. CM_ENOMEM. Any thread. */
static inline enum cm_status cm_source_next(struct cm_source *source, struct cm_block *block)
{
    return source->ops->next(source, block);
}

/* Any thread, any time between open and close. */
static inline void cm_source_progress(struct cm_source *source, struct cm_source_progress *progress)
{
    source->ops->progress(source, progress);
}

/* No more blocks are given, not even to a worker that waits at a pipe. Any thread; safe in a signal handler. */
static inline void cm_source_stop(struct cm_source *source)
{
    source->ops->stop(source);
}

/* When no worker is in cm_source_next. NULL is nothing. */
static inline void cm_source_close(struct cm_source *source)
{
    if (source)
        source->ops->close(source);
}

#endif
