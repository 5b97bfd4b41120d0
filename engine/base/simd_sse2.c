#include "base/simd_levels.h"

#if CM_SIMD_HAS_SSE2

static const char *plain_end(const char *p, const char *end)
{
    const char *start = p;
    uint32_t special;
    for (; end - p >= 16; p += 16) {
        special = cm_simd_special_sse2(cm_simd_load_sse2(p));
        if (special)
            return p + __builtin_ctz(special);
    }
    if (p == end || end - start < 16)
        return cm_simd_kernels_scalar.plain_end(p, end);
    special = cm_simd_special_sse2(cm_simd_load_sse2(end - 16)) >> (16 - (end - p));
    return special ? p + __builtin_ctz(special) : end;
}

static bool copy_ascii(char *out, const char *from, size_t len)
{
    if (len < 16)
        return cm_simd_copy_short(out, from, len);
    __m128i last = cm_simd_load_sse2(from + len - 16), high = last;
    for (size_t i = 0; i + 16 < len; i += 16) {
        __m128i bytes = cm_simd_load_sse2(from + i);
        high = _mm_or_si128(high, bytes);
        _mm_storeu_si128((__m128i *)(out + i), bytes);
    }
    _mm_storeu_si128((__m128i *)(out + len - 16), last);
    return cm_simd_bits_sse2(high) == 0;
}

static uint64_t count_newlines(const char *p, const char *end)
{
    const __m128i newline = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();
    uint64_t count = 0;
    while (end - p >= 64) {
        size_t rounds = (size_t)(end - p) / 64;
        __m128i even = zero, odd = zero; /* a byte each, which two a round do not overflow */
        for (rounds = rounds < 127 ? rounds : 127; rounds > 0; rounds--, p += 64) {
            even = _mm_sub_epi8(even, _mm_cmpeq_epi8(cm_simd_load_sse2(p), newline));
            odd = _mm_sub_epi8(odd, _mm_cmpeq_epi8(cm_simd_load_sse2(p + 16), newline));
            even = _mm_sub_epi8(even, _mm_cmpeq_epi8(cm_simd_load_sse2(p + 32), newline));
            odd = _mm_sub_epi8(odd, _mm_cmpeq_epi8(cm_simd_load_sse2(p + 48), newline));
        }
        struct cm_simd_halves halves = cm_simd_halves_sse2(_mm_add_epi64(_mm_sad_epu8(even, zero), _mm_sad_epu8(odd, zero)));
        count += halves.low + halves.high;
    }
    return count + cm_simd_kernels_scalar.count_newlines(p, end);
}

/* SSE2 has no look-up within a register. */
static bool find_grams(const struct cm_simd_grams *grams, const char *p, size_t len, uint64_t *places)
{
    return cm_simd_kernels_scalar.find_grams(grams, p, len, places);
}

const struct cm_simd_kernels cm_simd_kernels_sse2 = {plain_end, copy_ascii, count_newlines, find_grams};

#endif
