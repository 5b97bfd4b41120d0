/*
 * roll: interactions by id and partition, with what was last heard of each.
 * One thread.
 */
#ifndef CM_OPS_ROLL_H
#define CM_OPS_ROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct cm_roll_entry {
    struct cm_span id; /* owned by the roll */
    uint64_t hash;
    uint32_t partition;
    uint64_t applied; /* header o of what stands */
    uint64_t epoch;   /* header e */
    bool live;        /* what stands is no tombstone */
    bool named;       /* and names the customer */
};

struct cm_roll {
    struct cm_roll_entry *items;
    size_t count, cap;
    uint32_t *slots; /* open addressing, index + 1 */
    size_t slot_count;
};

/* NULL: not there. Valid until the next add. */
struct cm_roll_entry *cm_roll_find(const struct cm_roll *roll, struct cm_span id, uint32_t partition);
/* Must not be there. NULL: no memory. */
struct cm_roll_entry *cm_roll_add(struct cm_roll *roll, struct cm_span id, uint32_t partition);
/* Empty again. */
void cm_roll_free(struct cm_roll *roll);

#endif
