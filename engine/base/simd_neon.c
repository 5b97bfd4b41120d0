#include <string.h>

#include "base/simd_levels.h"

#if CM_SIMD_HAS_NEON

static const char *plain_end(const char *p, const char *end)
{
    const char *start = p;
    uint32_t plain;
    for (; end - p >= 16; p += 16) {
        plain = cm_simd_plain_neon(p);
        if (plain < 16)
            return p + plain;
    }
    if (p == end || end - start < 16)
        return cm_simd_kernels_scalar.plain_end(p, end);
    uint32_t special = cm_simd_bits_neon(cm_simd_special_neon(cm_simd_load_neon(end - 16))) >> (16 - (end - p));
    return special ? p + __builtin_ctz(special) : end;
}

static bool copy_ascii(char *out, const char *from, size_t len)
{
    if (len < 16)
        return cm_simd_copy_short(out, from, len);
    uint8x16_t last = cm_simd_load_neon(from + len - 16), high = last;
    for (size_t i = 0; i + 16 < len; i += 16) {
        uint8x16_t bytes = cm_simd_load_neon(from + i);
        high = vorrq_u8(high, bytes);
        vst1q_u8((uint8_t *)(out + i), bytes);
    }
    vst1q_u8((uint8_t *)(out + len - 16), last);
    return vmaxvq_u8(high) < 0x80;
}

static uint64_t count_newlines(const char *p, const char *end)
{
    const uint8x16_t newline = vdupq_n_u8('\n');
    uint64_t count = 0;
    while (end - p >= 64) {
        size_t rounds = (size_t)(end - p) / 64;
        uint8x16_t even = vdupq_n_u8(0), odd = even; /* a byte each, which two a round do not overflow */
        for (rounds = rounds < 127 ? rounds : 127; rounds > 0; rounds--, p += 64) {
            even = vsubq_u8(even, vceqq_u8(cm_simd_load_neon(p), newline));
            odd = vsubq_u8(odd, vceqq_u8(cm_simd_load_neon(p + 16), newline));
            even = vsubq_u8(even, vceqq_u8(cm_simd_load_neon(p + 32), newline));
            odd = vsubq_u8(odd, vceqq_u8(cm_simd_load_neon(p + 48), newline));
        }
        count += (uint64_t)vaddlvq_u8(even) + vaddlvq_u8(odd);
    }
    return count + cm_simd_kernels_scalar.count_newlines(p, end);
}

/* The sets of one half that each byte may be in, as byte k. */
static inline uint8x16_t sets_of(const struct cm_simd_grams *grams, unsigned half, unsigned k, uint8x16_t bytes)
{
    uint8x16_t low = vqtbl1q_u8(vld1q_u8(grams->low[half][k]), vandq_u8(bytes, vdupq_n_u8(15)));
    return vandq_u8(low, vqtbl1q_u8(vld1q_u8(grams->high[half][k]), vshrq_n_u8(bytes, 4)));
}

/* 16 places; two bytes more are read. */
static inline uint64_t grams_at(const struct cm_simd_grams *grams, const char *p)
{
    uint8x16_t here = cm_simd_load_neon(p), next = cm_simd_load_neon(p + 1), after = cm_simd_load_neon(p + 2);
    uint8x16_t found = sets_of(grams, 0, CM_SIMD_GRAM_BYTES, here);
    for (unsigned half = 0; half < 2; half++) {
        uint8x16_t begun = vandq_u8(sets_of(grams, half, 0, here), sets_of(grams, half, 1, next));
        found = vorrq_u8(found, vandq_u8(begun, sets_of(grams, half, 2, after)));
    }
    return cm_simd_bits_neon(vtstq_u8(found, found));
}

static bool find_grams(const struct cm_simd_grams *grams, const char *p, size_t len, uint64_t *places)
{
    char rest[64] = {0};
    uint8x16_t high = vdupq_n_u8(0);
    size_t i = 0;
    for (; len - i >= 18; i += 16) {
        uint64_t found = grams_at(grams, p + i);
        places[i / 64] = i % 64 ? places[i / 64] | found << (i % 64) : found;
        high = vorrq_u8(high, cm_simd_load_neon(p + i));
    }
    memcpy(rest, p + i, len - i);
    for (size_t at = 0; i < len; i += 16, at += 16) {
        uint64_t found = grams_at(grams, rest + at) & (len - i < 16 ? (1u << (len - i)) - 1 : UINT16_MAX);
        places[i / 64] = i % 64 ? places[i / 64] | found << (i % 64) : found;
        high = vorrq_u8(high, cm_simd_load_neon(rest + at));
    }
    return vmaxvq_u8(high) < 0x80;
}

const struct cm_simd_kernels cm_simd_kernels_neon = {plain_end, copy_ascii, count_newlines, find_grams};

#endif
