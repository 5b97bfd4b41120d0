#include <string.h>

#include "base/simd_levels.h"

static const char *plain_end(const char *p, const char *end)
{
    while (p < end && cm_simd_is_plain(*p))
        p++;
    return p;
}

static bool copy_ascii(char *out, const char *from, size_t len)
{
    unsigned char high = 0;
    for (size_t i = 0; i < len; i++) {
        out[i] = from[i];
        high |= (unsigned char)from[i];
    }
    return high < 0x80;
}

static uint64_t count_newlines(const char *p, const char *end)
{
    uint64_t count = 0;
    for (; p < end; p++)
        count += *p == '\n';
    return count;
}

static bool find_grams(const struct cm_simd_grams *grams, const char *p, size_t len, uint64_t *places)
{
    unsigned char high = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char here = (unsigned char)p[i], next = i + 1 < len ? (unsigned char)p[i + 1] : 0;
        unsigned char after = i + 2 < len ? (unsigned char)p[i + 2] : 0;
        uint64_t found = (grams->byte[0][here] & grams->byte[1][next] & grams->byte[2][after]) | grams->byte[3][here];
        places[i / 64] = (i % 64 ? places[i / 64] : 0) | (uint64_t)(found != 0) << (i % 64);
        high |= here;
    }
    return high < 0x80;
}

const struct cm_simd_kernels cm_simd_kernels_scalar = {plain_end, copy_ascii, count_newlines, find_grams};
