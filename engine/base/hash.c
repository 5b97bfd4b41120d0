#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t cm_hash64(struct cm_span bytes)
{
    return XXH3_64bits(bytes.ptr, bytes.len);
}

struct cm_hash128 cm_hash128(struct cm_span bytes)
{
    XXH128_hash_t hash = XXH3_128bits(bytes.ptr, bytes.len);
    return (struct cm_hash128){hash.high64, hash.low64};
}
