/*
 * ordered: what workers make from numbered blocks, written in block order.
 *
 * Any worker gives the result of any block; results come out 0, 1, 2 … through
 * one callback, never two at once. A worker that is too far ahead waits, so that
 * memory stays small however slow one block is. One lock a block.
 */
#ifndef CM_RUN_ORDERED_H
#define CM_RUN_ORDERED_H

#include <stdint.h>

#include "base/buffer.h"

/* How far ahead of the slowest block a worker may run: enough to hide one that takes fifty times as long. */
#define CM_ORDERED_WINDOW 64u

struct cm_ordered;

/* Called for every block that gave anything, in order. Its failure is what every later give returns. */
typedef enum cm_status (*cm_ordered_writer)(void *context, struct cm_span bytes);

enum cm_status cm_ordered_new(cm_ordered_writer writer, void *context, struct cm_ordered **out) CM_MUST_CHECK;
void cm_ordered_free(struct cm_ordered *ordered);

/*
 * The result of block ordinal, perhaps empty; every ordinal exactly once, each
 * worker in ascending order. buffer comes back empty. CM_ESTOPPED after stop.
 */
enum cm_status cm_ordered_give(struct cm_ordered *ordered, uint64_t ordinal, struct cm_buffer *buffer) CM_MUST_CHECK;

/* A block will never come: whoever waits for it is released. Any thread. */
void cm_ordered_stop(struct cm_ordered *ordered);

#endif
