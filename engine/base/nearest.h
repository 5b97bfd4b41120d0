/*
 * nearest: the known name that a person may have meant.
 *
 *   struct cm_nearest nearest = cm_nearest_to(given);
 *   for each known name: cm_nearest_offer(&nearest, name);
 *   if (nearest.best.ptr) "did you mean …?"
 *
 * Spans are borrowed for as long as the struct is used. Any thread.
 */
#ifndef CM_BASE_NEAREST_H
#define CM_BASE_NEAREST_H

#include "base/span.h"

struct cm_nearest {
    struct cm_span wanted, best; /* best.ptr NULL: none that was offered is near */
    unsigned distance;
};

/* Up to three slips (a letter too many, too few, another, two swapped), fewer in short names. */
struct cm_nearest cm_nearest_to(struct cm_span wanted);
void cm_nearest_offer(struct cm_nearest *nearest, struct cm_span name);

#endif
