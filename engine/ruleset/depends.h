/*
 * depends: what names what (lists in lists, cues in cues), put in an order in
 * which everything comes after what it names, and the circles in it.
 */
#ifndef CM_RULESET_DEPENDS_H
#define CM_RULESET_DEPENDS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct cm_depends {
    uint32_t count;        /* nodes */
    const uint32_t *first; /* count + 1: the edges of node i are [first[i], first[i + 1]) */
    const uint32_t *edges; /* the node that is named */
};

/*
 * order gets all nodes, those named before those who name them, else by number.
 * cycle is called for every circle found, with the nodes along it. Scratch
 * comes from the arena.
 */
enum cm_status cm_depends_order(const struct cm_depends *graph, struct cm_arena *arena, uint32_t *order,
                                void (*cycle)(void *context, const uint32_t *path, uint32_t count), void *context) CM_MUST_CHECK;

#endif
