/*
 * simd_scalar: what every operation of simd.h means, a byte or a value at a time.
 * It is compiled everywhere: tests hold all other levels against it.
 */
#ifndef CM_BASE_SIMD_SCALAR_H
#define CM_BASE_SIMD_SCALAR_H

#include "base/simd_types.h"

static inline uint32_t cm_simd_shared_scalar(const char *a, const char *b)
{
    uint32_t shared = 0;
    while (shared < CM_SIMD_BLOCK_BYTES && a[shared] == b[shared])
        shared++;
    return shared;
}

static inline uint32_t cm_simd_differing_scalar(const char *a, const char *b)
{
    uint32_t differing = 0;
    for (uint32_t i = 0; i < CM_SIMD_BLOCK_BYTES; i++)
        differing |= (uint32_t)(a[i] != b[i]) << i;
    return differing;
}

static inline uint32_t cm_simd_plain_scalar(const char *p)
{
    uint32_t plain = 0;
    while (plain < CM_SIMD_BLOCK_BYTES && cm_simd_is_plain(p[plain]))
        plain++;
    return plain;
}

static inline uint32_t cm_simd_marks_scalar(const void *groups, uint32_t count, uint16_t wanted)
{
    const uint16_t *values = groups;
    uint32_t marks = 0;
    for (uint32_t i = 0; i < count; i++, values += 2 * CM_SIMD_GROUP_VALUES)
        for (uint32_t j = 0; j < CM_SIMD_GROUP_VALUES; j++)
            marks |= values[j] == wanted ? values[CM_SIMD_GROUP_VALUES + j] : 0u;
    return marks;
}

static inline uint64_t cm_simd_places_scalar(const void *groups, uint32_t count, uint16_t wanted)
{
    const uint16_t *values = groups;
    uint64_t places = 0;
    for (uint32_t i = 0; i < count * CM_SIMD_GROUP_VALUES; i++)
        places |= (uint64_t)(values[i] == wanted) << i;
    return places;
}

static inline uint32_t cm_simd_before_scalar(const uint8_t *follow, uint16_t wanted)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < CM_SIMD_BLOCK_BYTES; i++)
        before |= (uint32_t)(((uint32_t)follow[i] << 1 << i & wanted) != 0) << i;
    return before;
}

/* len <= 16 bytes as two numbers, the first byte lowest; reads no others. */
static inline struct cm_simd_halves cm_simd_head_scalar(const char *p, uint32_t len)
{
    struct cm_simd_halves halves = {0, 0};
    for (uint32_t i = 0; i < len && i < 8; i++)
        halves.low |= (uint64_t)(unsigned char)p[i] << (8 * i);
    for (uint32_t i = 8; i < len; i++)
        halves.high |= (uint64_t)(unsigned char)p[i] << (8 * (i - 8));
    return halves;
}

static inline struct cm_simd_word cm_simd_word_scalar(const char *p, char *out)
{
    struct cm_simd_word word = {.len = 0};
    while (word.len < CM_SIMD_BLOCK_BYTES && cm_simd_is_alnum(p[word.len])) {
        char c = p[word.len];
        out[word.len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    for (uint32_t i = 2; i < word.len; i++)
        word.special |= out[i] == out[i - 1] && out[i] == out[i - 2];
    word.special |= word.len == CM_SIMD_BLOCK_BYTES;
    word.lower = cm_simd_head_scalar(out, word.len);
    word.gap = word.len < CM_SIMD_BLOCK_BYTES && p[word.len] == ' ';
    return word;
}

static inline uint64_t cm_simd_stops_scalar(const char *p)
{
    uint64_t stops = 0;
    for (unsigned i = 0; i < CM_SIMD_STOPS_BYTES; i++)
        stops |= (uint64_t)(p[i] == ' ' || p[i] == '\n') << i;
    return stops;
}

#endif
