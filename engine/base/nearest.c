#include "base/nearest.h"

/* Names longer than this are not compared letter by letter when a better one is sought. */
#define CM_NEAREST_MAX_BYTES 64u

struct cm_nearest cm_nearest_to(struct cm_span wanted)
{
    /* one slip in four letters is a slip; more is another word */
    size_t slips = wanted.len / 4 > 3 ? 3 : wanted.len / 4 > 1 ? wanted.len / 4 : 1;
    return (struct cm_nearest){wanted, {NULL, 0}, (unsigned)slips + 1};
}

/* Edits (insert, delete, replace, swap neighbours) from a to b. */
static unsigned edit_distance(struct cm_span a, struct cm_span b)
{
    unsigned rows[3][CM_NEAREST_MAX_BYTES + 1];
    unsigned *before = rows[0], *previous = rows[1], *current = rows[2];
    for (unsigned j = 0; j <= b.len; j++)
        previous[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        current[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned best = previous[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            if (previous[j] + 1 < best)
                best = previous[j] + 1;
            if (current[j - 1] + 1 < best)
                best = current[j - 1] + 1;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            current[j] = best;
        }
        unsigned *free_row = before;
        before = previous;
        previous = current;
        current = free_row;
    }
    return previous[b.len];
}

void cm_nearest_offer(struct cm_nearest *nearest, struct cm_span name)
{
    if (name.len > CM_NEAREST_MAX_BYTES || nearest->wanted.len > CM_NEAREST_MAX_BYTES || name.len == 0)
        return;
    unsigned distance = edit_distance(nearest->wanted, name);
    if (distance >= nearest->distance || distance >= name.len)
        return;
    nearest->distance = distance;
    nearest->best = name;
}
