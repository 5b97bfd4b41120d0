/*
 * words: the hash that stands for a folded word in the hot loop.
 *
 * Equal bytes hash equally on every machine (little-endian loads, no seed), so
 * that stored content-word hashes can be compared across runs. It is not a
 * defence against crafted collisions: whoever must be exact compares bytes.
 *
 * A word of up to 16 bytes is two zero-padded 64-bit halves, which the folder
 * has in registers: its hash is one multiplication, without a branch on length.
 */
#ifndef CM_TEXT_WORDS_H
#define CM_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Words up to this many bytes are their own key: two 64-bit halves. */
#define CM_WORD_HALVES_BYTES ((size_t)16)

/* Set in every hash, so that 0 can mean "no word". */
#define CM_WORD_HASH_BIT (UINT64_C(1) << 63)

/* Up to 16 bytes of a word, first byte lowest, zero-padded. */
struct cm_word_halves {
    uint64_t low, high;
};

static inline uint64_t cm_word_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* len <= 8 bytes as one number; reads only [0, len). */
static inline uint64_t cm_word_load(const char *bytes, size_t len)
{
    uint64_t value = 0;
    if (len == 8) {
        memcpy(&value, bytes, 8);
    } else if (len >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + len - 4, 4);
        value = (uint64_t)first | (uint64_t)last << (8 * (len - 4));
    } else if (len > 0) {
        size_t middle = len >> 1;
        value = (uint64_t)(unsigned char)bytes[0] | (uint64_t)(unsigned char)bytes[middle] << (8 * middle) |
                (uint64_t)(unsigned char)bytes[len - 1] << (8 * (len - 1));
    }
    return value;
}

/* The halves of a word of at most CM_WORD_HALVES_BYTES; reads only [0, len). */
static inline struct cm_word_halves cm_word_halves(const char *word, size_t len)
{
    if (len <= 8)
        return (struct cm_word_halves){cm_word_load(word, len), 0};
    return (struct cm_word_halves){cm_word_load(word, 8), cm_word_load(word + 8, len - 8)};
}

/* The hash of a word of at most CM_WORD_HALVES_BYTES. */
static inline uint64_t cm_word_hash_halves(struct cm_word_halves halves, size_t len)
{
    return cm_word_mix(halves.low ^ UINT64_C(0x9E3779B97F4A7C15), halves.high ^ UINT64_C(0xD6E8FEB86659FD93) ^ len) | CM_WORD_HASH_BIT;
}

/* Never 0. word is read only in [0, len). */
static inline uint64_t cm_word_hash(const char *word, size_t len)
{
    if (len <= CM_WORD_HALVES_BYTES)
        return cm_word_hash_halves(cm_word_halves(word, len), len);
    uint64_t hash = len;
    while (len > CM_WORD_HALVES_BYTES) {
        struct cm_word_halves halves = cm_word_halves(word, CM_WORD_HALVES_BYTES);
        hash = cm_word_mix(halves.low ^ hash, halves.high ^ UINT64_C(0xA0761D6478BD642F));
        word += CM_WORD_HALVES_BYTES;
        len -= CM_WORD_HALVES_BYTES;
    }
    return (hash ^ cm_word_hash_halves(cm_word_halves(word, len), len)) | CM_WORD_HASH_BIT;
}

/* The 32-bit form that records keep for echo and names. Never 0. */
static inline uint32_t cm_word_hash32(uint64_t hash)
{
    uint32_t half = (uint32_t)(hash >> 32) ^ (uint32_t)hash;
    return half ? half : 1;
}

#endif
