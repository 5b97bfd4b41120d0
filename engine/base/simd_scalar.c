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

const struct cm_simd_kernels cm_simd_kernels_scalar = {plain_end, copy_ascii, count_newlines};
