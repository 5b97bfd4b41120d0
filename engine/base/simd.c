#include "base/simd.h"

#include <string.h>

#include "base/simd_levels.h"

/* A program that never chooses has what its blocks have. */
static enum cm_simd_level used = CM_SIMD_BLOCKS;
const struct cm_simd_kernels *cm_simd = &CM_SIMD_BLOCK(kernels);

static const char *const names[] = {
#define X(name, word) #word,
    CM_SIMD_LEVELS(X)
#undef X
};

const char *cm_simd_name(enum cm_simd_level level)
{
    return (unsigned)level < CM_SIMD_LEVEL_COUNT ? names[level] : "";
}

enum cm_simd_level cm_simd_level(void)
{
    return used;
}

const struct cm_simd_kernels *cm_simd_kernels_of(enum cm_simd_level level)
{
    switch (level) {
    case CM_SIMD_SCALAR:
        return &cm_simd_kernels_scalar;
#if CM_SIMD_HAS_SSE2
    case CM_SIMD_SSE2:
        return &cm_simd_kernels_sse2;
    case CM_SIMD_AVX2: /* asks the operating system, too, whether it saves the registers */
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") ? &cm_simd_kernels_avx2
                                                                                                                 : NULL;
#endif
#if CM_SIMD_HAS_NEON
    case CM_SIMD_NEON:
        return &cm_simd_kernels_neon;
#endif
    default:
        return NULL;
    }
}

bool cm_simd_supported(enum cm_simd_level level)
{
    return cm_simd_kernels_of(level) != NULL;
}

enum cm_status cm_simd_use(const char *name)
{
    for (unsigned level = CM_SIMD_LEVEL_COUNT; level-- > 0;) {
        const struct cm_simd_kernels *kernels = cm_simd_kernels_of((enum cm_simd_level)level);
        if (!kernels || (name && *name && strcmp(name, names[level]) != 0))
            continue;
        used = (enum cm_simd_level)level;
        cm_simd = kernels;
        return CM_OK;
    }
    return CM_EUSAGE;
}

void cm_simd_grams_add(struct cm_simd_grams *grams, unsigned k, unsigned set, char byte)
{
    unsigned half = k < CM_SIMD_GRAM_BYTES ? set / 8 : 0;
    grams->low[half][k][byte & 15] |= (uint8_t)(1u << (set & 7));
    grams->high[half][k][(unsigned char)byte >> 4] |= (uint8_t)(1u << (set & 7));
}

void cm_simd_grams_finish(struct cm_simd_grams *grams)
{
    for (unsigned k = 0; k <= CM_SIMD_GRAM_BYTES; k++)
        for (unsigned byte = 0; byte < 256; byte++)
            grams->byte[k][byte] = (uint16_t)((grams->low[0][k][byte & 15] & grams->high[0][k][byte >> 4]) |
                                              (grams->low[1][k][byte & 15] & grams->high[1][k][byte >> 4]) << 8);
}
