/*
 * words: the hash that stands for a folded word in the hot loop.
 *
 * Equal bytes hash equally on every machine (little-endian loads, no seed), so
 * that stored content-word hashes can be compared across runs. It is not a
 * defence against crafted collisions: whoever must be exact compares bytes.
 */
#ifndef CM_TEXT_WORDS_H
#define CM_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t cm_word_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Never 0, so that 0 can mean "no word". word may be read only in [0, len). */
static inline uint64_t cm_word_hash(const char *word, size_t len)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ len;
    while (len > 8) {
        uint64_t chunk;
        memcpy(&chunk, word, 8);
        hash = cm_word_mix(hash ^ chunk, UINT64_C(0xD6E8FEB86659FD93));
        word += 8;
        len -= 8;
    }
    uint64_t tail = 0;
    if (len >= 4) {
        uint32_t low, high;
        memcpy(&low, word, 4);
        memcpy(&high, word + len - 4, 4);
        tail = (uint64_t)high << 32 | low;
    } else if (len > 0) {
        tail = (uint64_t)(unsigned char)word[0] << 16 | (uint64_t)(unsigned char)word[len >> 1] << 8 | (unsigned char)word[len - 1];
    }
    hash = cm_word_mix(hash ^ tail, UINT64_C(0xA0761D6478BD642F));
    return hash ? hash : 1;
}

/* The 32-bit form that records keep for echo and names. Never 0. */
static inline uint32_t cm_word_hash32(uint64_t hash)
{
    uint32_t half = (uint32_t)(hash >> 32) ^ (uint32_t)hash;
    return half ? half : 1;
}

#endif
