/*
 * spill: states that have no room in memory, in one unlinked temporary file.
 *
 * A slab file: blocks of powers of two from 256 bytes, free ones in a list a
 * size, so that the file grows to the most that was ever spilled at once and no
 * compaction is needed. Nothing in it outlives the process: what is true stands in the
 * state topic. One thread.
 */
#ifndef CM_LIVE_SPILL_H
#define CM_LIVE_SPILL_H

#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

#define CM_SPILL_CLASSES 24u /* 256 B to 2 GiB */

struct cm_spill {
    const char *folder; /* borrowed */
    int file;           /* -1 until something is spilled */
    uint64_t end;       /* of the file */
    uint64_t held;      /* bytes of what is in it */
    int64_t *free[CM_SPILL_CLASSES];
    size_t free_count[CM_SPILL_CLASSES], free_cap[CM_SPILL_CLASSES];
};

void cm_spill_init(struct cm_spill *spill, const char *folder);
void cm_spill_close(struct cm_spill *spill);

/* *at names the bytes from now on. CM_EIO with errno (no space: nothing is lost, the caller keeps its bytes), CM_ENOMEM. */
enum cm_status cm_spill_put(struct cm_spill *spill, struct cm_span bytes, int64_t *at) CM_MUST_CHECK;
/* The len bytes that were put there. */
enum cm_status cm_spill_get(struct cm_spill *spill, int64_t at, char *to, size_t len) CM_MUST_CHECK;
void cm_spill_drop(struct cm_spill *spill, int64_t at, size_t len);

#endif
