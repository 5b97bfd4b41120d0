/*
 * simd_sse2: the operations of simd.h for x86-64. A function that is compiled for more than SSE2 gets them in that
 * machine's encoding, for they are inlined.
 */
#ifndef CM_BASE_SIMD_SSE2_H
#define CM_BASE_SIMD_SSE2_H

#include "base/simd_types.h"

#if CM_SIMD_HAS_SSE2

#include <emmintrin.h>

static inline __m128i cm_simd_load_sse2(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* A bit for each byte that is all ones. */
static inline uint32_t cm_simd_bits_sse2(__m128i bytes)
{
    return (uint32_t)_mm_movemask_epi8(bytes);
}

static inline struct cm_simd_halves cm_simd_halves_sse2(__m128i bytes)
{
    return (struct cm_simd_halves){(uint64_t)_mm_cvtsi128_si64(bytes), (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes))};
}

static inline uint32_t cm_simd_shared_sse2(const char *a, const char *b)
{
    uint32_t equal = cm_simd_bits_sse2(_mm_cmpeq_epi8(cm_simd_load_sse2(a), cm_simd_load_sse2(b)));
    return (uint32_t)__builtin_ctz(~equal); /* the upper half of ~equal is ones: at most 16 */
}

static inline uint32_t cm_simd_differing_sse2(const char *a, const char *b)
{
    return ~cm_simd_bits_sse2(_mm_cmpeq_epi8(cm_simd_load_sse2(a), cm_simd_load_sse2(b))) & UINT16_MAX;
}

/* A bit for each byte that ends a plain stretch of a JSON string. */
static inline uint32_t cm_simd_special_sse2(__m128i bytes)
{
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, back));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    return cm_simd_bits_sse2(_mm_or_si128(special, control));
}

static inline uint32_t cm_simd_plain_sse2(const char *p)
{
    return (uint32_t)__builtin_ctz(cm_simd_special_sse2(cm_simd_load_sse2(p)) | 1u << CM_SIMD_BLOCK_BYTES);
}

static inline uint32_t cm_simd_marks_sse2(const void *groups, uint32_t count, uint16_t wanted)
{
    const __m128i *group = (const __m128i *)groups;
    __m128i key = _mm_set1_epi16((short)wanted), found = _mm_setzero_si128();
    for (uint32_t i = 0; i < count; i++, group += 2)
        found = _mm_or_si128(found, _mm_and_si128(_mm_cmpeq_epi16(_mm_loadu_si128(group), key), _mm_loadu_si128(group + 1)));
    found = _mm_or_si128(found, _mm_unpackhi_epi64(found, found));
    uint64_t four = (uint64_t)_mm_cvtsi128_si64(found);
    four |= four >> 32;
    return (uint32_t)((four | four >> 16) & 0xFFFF);
}

static inline uint64_t cm_simd_places_sse2(const void *groups, uint32_t count, uint16_t wanted)
{
    const __m128i *group = (const __m128i *)groups;
    __m128i key = _mm_set1_epi16((short)wanted);
    uint64_t places = 0;
    for (uint32_t i = 0; i < count; i++) {
        __m128i equal = _mm_cmpeq_epi16(_mm_loadu_si128(group + i), key);
        places |= (uint64_t)cm_simd_bits_sse2(_mm_packs_epi16(equal, _mm_setzero_si128())) << (i * CM_SIMD_GROUP_VALUES);
    }
    return places;
}

static inline uint32_t cm_simd_before_sse2(const uint8_t *follow, uint16_t wanted)
{
    const __m128i zero = _mm_setzero_si128(), key = _mm_set1_epi16((short)wanted), bytes = cm_simd_load_sse2(follow);
    __m128i low = _mm_mullo_epi16(_mm_unpacklo_epi8(bytes, zero), _mm_setr_epi16(2, 4, 8, 16, 32, 64, 128, 256));
    __m128i high = _mm_mullo_epi16(_mm_unpackhi_epi8(bytes, zero), _mm_setr_epi16(512, 1024, 2048, 4096, 8192, 16384, INT16_MIN, 0));
    low = _mm_cmpeq_epi16(_mm_and_si128(low, key), zero);
    high = _mm_cmpeq_epi16(_mm_and_si128(high, key), zero);
    return ~(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) & UINT16_MAX;
}

static inline struct cm_simd_halves cm_simd_head_sse2(const char *p, uint32_t len)
{
    return cm_simd_halves_sse2(_mm_and_si128(cm_simd_load_sse2(p), cm_simd_load_sse2(cm_simd_keep + CM_SIMD_BLOCK_BYTES - len)));
}

/* Each byte that is in [first, first + count), as 0xFF; signed compares, so the range is moved to the bottom. */
static inline __m128i cm_simd_in_range_sse2(__m128i bytes, char first, char count)
{
    __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(-128 - first)));
    return _mm_cmplt_epi8(moved, _mm_set1_epi8((char)(-128 + count)));
}

static inline __attribute__((always_inline)) struct cm_simd_word cm_simd_word_sse2(const char *p, char *out)
{
    __m128i bytes = cm_simd_load_sse2(p);
    __m128i low = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i letter = cm_simd_in_range_sse2(low, 'a', 26);
    uint32_t words = cm_simd_bits_sse2(_mm_or_si128(letter, cm_simd_in_range_sse2(bytes, '0', 10)));
    uint32_t spaces = cm_simd_bits_sse2(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
    struct cm_simd_word word = {.len = (uint32_t)__builtin_ctz(~words)}; /* bits 16 and up are clear: an end is always found */
    word.gap = spaces >> word.len & 1;
    __m128i lower = _mm_or_si128(bytes, _mm_and_si128(letter, _mm_set1_epi8(0x20)));
    uint32_t same = cm_simd_bits_sse2(_mm_cmpeq_epi8(lower, _mm_srli_si128(lower, 1)));
    word.special = (same & same >> 1 & words) | (word.len >> 4);
    lower = _mm_and_si128(lower, cm_simd_load_sse2(cm_simd_keep + CM_SIMD_BLOCK_BYTES - word.len));
    _mm_storeu_si128((__m128i *)out, lower);
    word.lower = cm_simd_halves_sse2(lower);
    return word;
}

static inline uint64_t cm_simd_stops_sse2(const char *p)
{
    uint64_t stops = 0;
    for (unsigned i = 0; i < CM_SIMD_STOPS_BYTES; i += CM_SIMD_BLOCK_BYTES) {
        __m128i bytes = cm_simd_load_sse2(p + i);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
        stops |= (uint64_t)cm_simd_bits_sse2(found) << i;
    }
    return stops;
}

#endif

#endif
