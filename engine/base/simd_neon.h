/*
 * simd_neon: the operations of simd.h for aarch64, which always has NEON. Little-endian, as everything that hashes words.
 */
#ifndef CM_BASE_SIMD_NEON_H
#define CM_BASE_SIMD_NEON_H

#include "base/simd_types.h"

#if CM_SIMD_HAS_NEON

#include <arm_neon.h>

static inline uint8x16_t cm_simd_load_neon(const void *p)
{
    return vld1q_u8((const uint8_t *)p);
}

/* A bit for each byte that is all ones. */
static inline uint32_t cm_simd_bits_neon(uint8x16_t bytes)
{
    static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = vandq_u8(bytes, vld1q_u8(bit));
    return (uint32_t)vaddv_u8(vget_low_u8(bits)) | (uint32_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

/* How many bytes stand before the first that is all ones; 16: there is none. Four bits a byte are had in one step. */
static inline uint32_t cm_simd_first_neon(uint8x16_t bytes)
{
    uint64_t nibbles = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4)), 0);
    return nibbles ? (uint32_t)__builtin_ctzll(nibbles) >> 2 : CM_SIMD_BLOCK_BYTES;
}

static inline struct cm_simd_halves cm_simd_halves_neon(uint8x16_t bytes)
{
    uint64x2_t halves = vreinterpretq_u64_u8(bytes);
    return (struct cm_simd_halves){vgetq_lane_u64(halves, 0), vgetq_lane_u64(halves, 1)};
}

static inline uint32_t cm_simd_shared_neon(const char *a, const char *b)
{
    return cm_simd_first_neon(vmvnq_u8(vceqq_u8(cm_simd_load_neon(a), cm_simd_load_neon(b))));
}

static inline uint32_t cm_simd_differing_neon(const char *a, const char *b)
{
    return cm_simd_bits_neon(vmvnq_u8(vceqq_u8(cm_simd_load_neon(a), cm_simd_load_neon(b))));
}

/* Each byte that ends a plain stretch of a JSON string. */
static inline uint8x16_t cm_simd_special_neon(uint8x16_t bytes)
{
    uint8x16_t special = vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
    return vorrq_u8(special, vcltq_u8(bytes, vdupq_n_u8(0x20)));
}

static inline uint32_t cm_simd_plain_neon(const char *p)
{
    return cm_simd_first_neon(cm_simd_special_neon(cm_simd_load_neon(p)));
}

static inline uint32_t cm_simd_marks_neon(const void *groups, uint32_t count, uint16_t wanted)
{
    const uint16_t *values = groups;
    uint16x8_t key = vdupq_n_u16(wanted), found = vdupq_n_u16(0);
    for (uint32_t i = 0; i < count; i++, values += 2 * CM_SIMD_GROUP_VALUES)
        found = vorrq_u16(found, vandq_u16(vceqq_u16(vld1q_u16(values), key), vld1q_u16(values + CM_SIMD_GROUP_VALUES)));
    uint64x2_t halves = vreinterpretq_u64_u16(found);
    uint64_t four = vgetq_lane_u64(halves, 0) | vgetq_lane_u64(halves, 1);
    four |= four >> 32;
    return (uint32_t)((four | four >> 16) & 0xFFFF);
}

static inline uint64_t cm_simd_places_neon(const void *groups, uint32_t count, uint16_t wanted)
{
    static const uint8_t bit[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16_t *values = groups;
    uint16x8_t key = vdupq_n_u16(wanted);
    uint8x8_t bits = vld1_u8(bit);
    uint64_t places = 0;
    for (uint32_t i = 0; i < count; i++, values += CM_SIMD_GROUP_VALUES) {
        uint8x8_t equal = vmovn_u16(vceqq_u16(vld1q_u16(values), key));
        places |= (uint64_t)vaddv_u8(vand_u8(equal, bits)) << (i * CM_SIMD_GROUP_VALUES);
    }
    return places;
}

static inline uint32_t cm_simd_before_neon(const uint8_t *follow, uint16_t wanted)
{
    static const int16_t by[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const uint16x8_t key = vdupq_n_u16(wanted);
    uint8x16_t bytes = vld1q_u8(follow);
    uint16x8_t low = vtstq_u16(vshlq_u16(vmovl_u8(vget_low_u8(bytes)), vld1q_s16(by)), key);
    uint16x8_t high = vtstq_u16(vshlq_u16(vmovl_u8(vget_high_u8(bytes)), vld1q_s16(by + 8)), key);
    return cm_simd_bits_neon(vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
}

static inline struct cm_simd_halves cm_simd_head_neon(const char *p, uint32_t len)
{
    return cm_simd_halves_neon(vandq_u8(cm_simd_load_neon(p), cm_simd_load_neon(cm_simd_keep + CM_SIMD_BLOCK_BYTES - len)));
}

/* Each byte that is in [first, first + count), as 0xFF. */
static inline uint8x16_t cm_simd_in_range_neon(uint8x16_t bytes, uint8_t first, uint8_t count)
{
    return vcltq_u8(vsubq_u8(bytes, vdupq_n_u8(first)), vdupq_n_u8(count));
}

static inline __attribute__((always_inline)) struct cm_simd_word cm_simd_word_neon(const char *p, char *out)
{
    uint8x16_t bytes = cm_simd_load_neon(p), shift = vdupq_n_u8(0x20);
    uint8x16_t letter = cm_simd_in_range_neon(vorrq_u8(bytes, shift), 'a', 26);
    uint8x16_t alnum = vorrq_u8(letter, cm_simd_in_range_neon(bytes, '0', 10));
    uint8x16_t lower = vorrq_u8(bytes, vandq_u8(letter, shift));
    uint8x16_t next = vextq_u8(lower, vdupq_n_u8(0), 1), after = vextq_u8(lower, vdupq_n_u8(0), 2);
    uint8x16_t thrice = vandq_u8(vandq_u8(vceqq_u8(lower, next), vceqq_u8(next, after)), alnum);
    struct cm_simd_word word = {.len = cm_simd_first_neon(vmvnq_u8(alnum))};
    word.gap = cm_simd_bits_neon(vceqq_u8(bytes, shift)) >> word.len & 1;
    word.special = cm_simd_bits_neon(thrice) | word.len >> 4;
    lower = vandq_u8(lower, cm_simd_load_neon(cm_simd_keep + CM_SIMD_BLOCK_BYTES - word.len));
    vst1q_u8((uint8_t *)out, lower);
    word.lower = cm_simd_halves_neon(lower);
    return word;
}

static inline uint64_t cm_simd_stops_neon(const char *p)
{
    uint64_t stops = 0;
    for (unsigned i = 0; i < CM_SIMD_STOPS_BYTES; i += CM_SIMD_BLOCK_BYTES) {
        uint8x16_t bytes = cm_simd_load_neon(p + i);
        uint8x16_t found = vorrq_u8(vceqq_u8(bytes, vdupq_n_u8(' ')), vceqq_u8(bytes, vdupq_n_u8('\n')));
        stops |= (uint64_t)cm_simd_bits_neon(found) << i;
    }
    return stops;
}

#endif

#endif
