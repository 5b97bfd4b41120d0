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

const struct cm_simd_kernels cm_simd_kernels_neon = {plain_end, copy_ascii, count_newlines};

#endif
