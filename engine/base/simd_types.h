/*
 * simd_types: what the levels of simd.h share. For them alone; everybody else includes simd.h.
 */
#ifndef CM_BASE_SIMD_TYPES_H
#define CM_BASE_SIMD_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__SSE2__)
#define CM_SIMD_HAS_SSE2 1
#else
#define CM_SIMD_HAS_SSE2 0
#endif

#if defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CM_SIMD_HAS_NEON 1
#else
#define CM_SIMD_HAS_NEON 0
#endif

/* A block, which is one register of SSE2 and of NEON. */
#define CM_SIMD_BLOCK_BYTES 16u
/* 16-bit values of one group. */
#define CM_SIMD_GROUP_VALUES 8u
/* Bytes that cm_simd_stops looks at. */
#define CM_SIMD_STOPS_BYTES 64u

/* Up to 16 bytes, the first one lowest, zeros behind them. */
struct cm_simd_halves {
    uint64_t low, high;
};

/* ASCII letters and digits at the start of a block. */
struct cm_simd_word {
    struct cm_simd_halves lower; /* in lower case */
    uint32_t len;                /* up to 16: then the word may go on */
    uint32_t gap;                /* 1: a space stands behind it, within the block */
    uint32_t special;            /* not 0: len is 16, or three equal bytes stand in a row in the word, or (where one likes) behind it */
};

/*
 * Runs of three bytes that are looked for, in sixteen sets, and single bytes: bit b of low[h][k][c & 15] & high[h][k][c >> 4] says that c
 * may be byte k of a run of set 8 h + b; with k = 3 it may be a single one, whatever the set. So more may be found than was added.
 * byte: the same, by whole bytes.
 */
#define CM_SIMD_GRAM_BYTES 3u
#define CM_SIMD_GRAM_SETS 16u
struct cm_simd_grams {
    uint8_t low[2][CM_SIMD_GRAM_BYTES + 1][16], high[2][CM_SIMD_GRAM_BYTES + 1][16];
    uint16_t byte[CM_SIMD_GRAM_BYTES + 1][256];
};

/* What may stand in a JSON string as it is. */
static inline bool cm_simd_is_plain(char c)
{
    return c != '"' && c != '\\' && (unsigned char)c >= 0x20;
}

static inline bool cm_simd_is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* bytes + 16 - len begins a mask that keeps the first len bytes of a block. */
static const uint8_t cm_simd_keep[2 * CM_SIMD_BLOCK_BYTES] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

#endif
