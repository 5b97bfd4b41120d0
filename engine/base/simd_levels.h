/*
 * simd_levels: the kernels of each level, for simd.c, which says whether the machine has it. A run that is no whole
 * number of registers ends with one that overlaps the last but one, where it is long enough for that: the end of a line
 * of 58 bytes would else cost as much as all before it. For the files of simd alone.
 */
#ifndef CM_BASE_SIMD_LEVELS_H
#define CM_BASE_SIMD_LEVELS_H

#include "base/simd.h"

/* Those that this architecture has not are declared all the same, and nowhere. */
extern const struct cm_simd_kernels cm_simd_kernels_scalar, cm_simd_kernels_sse2, cm_simd_kernels_avx2, cm_simd_kernels_neon;

/* ASCII of fewer than 16 bytes, in two loads that may overlap. */
static inline bool cm_simd_copy_short(char *out, const char *from, size_t len)
{
    uint64_t first = 0, last = 0;
    if (len >= 8) {
        __builtin_memcpy(&first, from, 8);
        __builtin_memcpy(&last, from + len - 8, 8);
        __builtin_memcpy(out, &first, 8);
        __builtin_memcpy(out + len - 8, &last, 8);
    } else if (len >= 4) {
        uint32_t begin, end;
        __builtin_memcpy(&begin, from, 4);
        __builtin_memcpy(&end, from + len - 4, 4);
        __builtin_memcpy(out, &begin, 4);
        __builtin_memcpy(out + len - 4, &end, 4);
        first = begin | end;
    } else {
        for (size_t i = 0; i < len; i++) {
            out[i] = from[i];
            first |= (unsigned char)from[i];
        }
    }
    return ((first | last) & UINT64_C(0x8080808080808080)) == 0;
}

#endif
