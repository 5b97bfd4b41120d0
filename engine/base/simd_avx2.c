#include "base/simd_levels.h"

#if CM_SIMD_HAS_SSE2

#include <immintrin.h>
#include <string.h>

/* The rest of the program stays plain x86-64. */
#define FOR_AVX2 __attribute__((target("avx2,bmi,bmi2")))

FOR_AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* A bit for each byte that ends a plain stretch of a JSON string. */
FOR_AVX2 static inline uint32_t special_of(__m256i bytes)
{
    const __m256i quote = _mm256_set1_epi8('"'), back = _mm256_set1_epi8('\\'), last_control = _mm256_set1_epi8(0x1F);
    __m256i special = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, back));
    __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, last_control), bytes);
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(special, control));
}

FOR_AVX2 static const char *plain_end(const char *p, const char *end)
{
    uint32_t special;
    if (end - p < 32)
        return cm_simd_kernels_sse2.plain_end(p, end);
    for (; end - p >= 32; p += 32) {
        special = special_of(load(p));
        if (special)
            return p + __builtin_ctz(special);
    }
    if (p == end)
        return end;
    special = special_of(load(end - 32)) >> (32 - (end - p));
    return special ? p + __builtin_ctz(special) : end;
}

FOR_AVX2 static bool copy_ascii(char *out, const char *from, size_t len)
{
    if (len < 32)
        return cm_simd_kernels_sse2.copy_ascii(out, from, len);
    __m256i last = load(from + len - 32), high = last;
    for (size_t i = 0; i + 32 < len; i += 32) {
        __m256i bytes = load(from + i);
        high = _mm256_or_si256(high, bytes);
        _mm256_storeu_si256((__m256i *)(out + i), bytes);
    }
    _mm256_storeu_si256((__m256i *)(out + len - 32), last);
    return _mm256_movemask_epi8(high) == 0;
}

FOR_AVX2 static uint64_t count_newlines(const char *p, const char *end)
{
    const __m256i newline = _mm256_set1_epi8('\n'), zero = _mm256_setzero_si256();
    uint64_t count = 0;
    while (end - p >= 128) {
        size_t rounds = (size_t)(end - p) / 128;
        __m256i even = zero, odd = zero; /* a byte each, which two a round do not overflow */
        for (rounds = rounds < 127 ? rounds : 127; rounds > 0; rounds--, p += 128) {
            even = _mm256_sub_epi8(even, _mm256_cmpeq_epi8(load(p), newline));
            odd = _mm256_sub_epi8(odd, _mm256_cmpeq_epi8(load(p + 32), newline));
            even = _mm256_sub_epi8(even, _mm256_cmpeq_epi8(load(p + 64), newline));
            odd = _mm256_sub_epi8(odd, _mm256_cmpeq_epi8(load(p + 96), newline));
        }
        __m256i sums = _mm256_add_epi64(_mm256_sad_epu8(even, zero), _mm256_sad_epu8(odd, zero));
        __m128i halves = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        count += (uint64_t)_mm_cvtsi128_si64(halves) + (uint64_t)_mm_extract_epi64(halves, 1);
    }
    return count + cm_simd_kernels_sse2.count_newlines(p, end);
}

/* A table of 16 bytes, in either half of a register. */
FOR_AVX2 static inline __m256i table(const uint8_t *bytes)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

/* Bytes as what tables are asked by. */
struct nibbles {
    __m256i low, high;
};

FOR_AVX2 static inline struct nibbles nibbles_of(__m256i bytes)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    return (struct nibbles){_mm256_and_si256(bytes, nibble), _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble)};
}

/* The sets of one half that each byte may be in, as byte k. */
FOR_AVX2 static inline __m256i sets_of(const struct cm_simd_grams *grams, unsigned half, unsigned k, struct nibbles bytes)
{
    return _mm256_and_si256(_mm256_shuffle_epi8(table(grams->low[half][k]), bytes.low),
                            _mm256_shuffle_epi8(table(grams->high[half][k]), bytes.high));
}

/* 32 places; two bytes more are read. */
FOR_AVX2 static inline uint32_t grams_at(const struct cm_simd_grams *grams, const char *p)
{
    struct nibbles here = nibbles_of(load(p)), next = nibbles_of(load(p + 1)), after = nibbles_of(load(p + 2));
    __m256i found = sets_of(grams, 0, CM_SIMD_GRAM_BYTES, here);
    for (unsigned half = 0; half < 2; half++) {
        __m256i begun = _mm256_and_si256(sets_of(grams, half, 0, here), sets_of(grams, half, 1, next));
        found = _mm256_or_si256(found, _mm256_and_si256(begun, sets_of(grams, half, 2, after)));
    }
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

FOR_AVX2 static bool find_grams(const struct cm_simd_grams *grams, const char *p, size_t len, uint64_t *places)
{
    char rest[96] = {0};
    uint32_t high = 0;
    size_t i = 0;
    for (; len - i >= 34; i += 32) {
        uint64_t found = grams_at(grams, p + i);
        places[i / 64] = i % 64 ? places[i / 64] | found << 32 : found;
        high |= (uint32_t)_mm256_movemask_epi8(load(p + i));
    }
    memcpy(rest, p + i, len - i);
    for (size_t at = 0; i < len; i += 32, at += 32) {
        uint64_t found = grams_at(grams, rest + at) & (len - i < 32 ? (1u << (len - i)) - 1 : UINT32_MAX);
        places[i / 64] = i % 64 ? places[i / 64] | found << 32 : found;
        high |= (uint32_t)_mm256_movemask_epi8(load(rest + at));
    }
    return high == 0;
}

const struct cm_simd_kernels cm_simd_kernels_avx2 = {plain_end, copy_ascii, count_newlines, find_grams};

#endif
