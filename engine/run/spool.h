/*
 * spool: bytes that wait for a later phase, in memory up to a ceiling and
 * beyond it in one unlinked temporary file.
 *
 * Whoever fills a buffer hands it over whole; above the ceiling that very
 * buffer goes to disk, so that memory stays where it is and no victim has to be
 * chosen. keep, load and drop are safe from any thread; a chunk has one owner at
 * a time. The file never shrinks: it lives for one run and its space returns
 * with it.
 */
#ifndef CM_RUN_SPOOL_H
#define CM_RUN_SPOOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/buffer.h"

struct cm_chunk {
    struct cm_chunk *next; /* the owner's list */
    char *bytes;           /* NULL while it is on disk */
    size_t len, cap;
    uint64_t offset; /* in the file, where on_disk */
    bool on_disk;
};

struct cm_spool {
    const char *folder; /* borrowed; for the file */
    uint64_t limit;     /* bytes in memory */
    _Atomic uint64_t held, end;
    _Atomic int error; /* errno of the first failure, 0: none */
    pthread_mutex_t opening;
    _Atomic int file; /* -1 until something had to go */
};

void cm_spool_init(struct cm_spool *spool, const char *folder, uint64_t limit);
/* All chunks are to be dropped before. */
void cm_spool_close(struct cm_spool *spool);

/*
 * Take what is in buffer (not empty); buffer is left empty, with or without its
 * memory. CM_ENOMEM, or CM_EIO with spool->error.
 */
enum cm_status cm_spool_keep(struct cm_spool *spool, struct cm_buffer *buffer, struct cm_chunk **out) CM_MUST_CHECK;

/* Have the chunk's bytes in memory, ceiling or not; its owner has made sure of the room. */
enum cm_status cm_spool_load(struct cm_spool *spool, struct cm_chunk *chunk) CM_MUST_CHECK;

/* Free a chunk, and all behind it. NULL is nothing. */
void cm_spool_drop(struct cm_spool *spool, struct cm_chunk *chunk);
void cm_spool_drop_all(struct cm_spool *spool, struct cm_chunk *first);

/* Bytes that went to disk. */
uint64_t cm_spool_spilled(const struct cm_spool *spool);

#endif
