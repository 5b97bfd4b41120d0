/*
 * hash: the two hashes that leave a process (contents and identities), XXH3
 * with seed 0. The hash of words in the hot loop is text/words.h.
 */
#ifndef CM_BASE_HASH_H
#define CM_BASE_HASH_H

#include <stdint.h>

#include "base/span.h"

struct cm_hash128 {
    uint64_t high, low;
};

uint64_t cm_hash64(struct cm_span bytes);
struct cm_hash128 cm_hash128(struct cm_span bytes);

static inline int cm_hash128_compare(struct cm_hash128 a, struct cm_hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

#endif
