/*
 * phrase_split: what is timed of our side where the phrase engine stands beside
 * peers: folded text into tokens, words found and hashed. cm_fold leaves its
 * tokens ready made; here they are made from the bytes that the peers get, too.
 *
 * Single-threaded, header only.
 */
#ifndef CM_BENCH_PHRASE_SPLIT_H
#define CM_BENCH_PHRASE_SPLIT_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "text/fold.h"
#include "text/words.h"

/* Readable behind every turn; the first of them is a newline. */
#define BENCH_SPLIT_READ_BYTES ((size_t)80)

/* Where words end: a bit for each of 64 bytes that is a space or a newline. text is readable for 64 bytes. */
static inline uint64_t bench_find_stops(const char *text)
{
    uint64_t stops = 0;
#ifdef __SSE2__
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(text + i));
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
        stops |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << i;
    }
#else
    for (unsigned i = 0; i < 64; i++)
        stops |= (uint64_t)(text[i] == ' ' || text[i] == '\n') << i;
#endif
    return stops;
}

/* As cm_word_hash, without a branch on the length of words up to 16 bytes; text is readable beyond the word. */
static inline uint64_t bench_hash_word(const char *word, size_t len)
{
#ifdef __SSE2__
    static const uint8_t keep[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    if (len <= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)word);
        bytes = _mm_and_si128(bytes, _mm_loadu_si128((const __m128i *)(keep + 16 - len)));
        struct cm_word_halves halves = {(uint64_t)_mm_cvtsi128_si64(bytes), (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes))};
        return cm_word_hash_halves(halves, len);
    }
#endif
    return cm_word_hash(word, len);
}

/* Field by field: a token made in one piece is first put together on the stack, and reading it back stalls. */
static inline void bench_put_token(struct cm_span text, size_t begin, size_t end, struct cm_token *token)
{
    uint32_t marked = (unsigned char)text.ptr[begin] < 0x20;
    size_t at = begin + marked;
    token->hash = bench_hash_word(text.ptr + at, end - at);
    token->start = token->at = (uint32_t)at;
    token->end = (uint32_t)end;
    token->len = (uint16_t)(end - at);
    token->class = marked ? (uint8_t)text.ptr[begin] : 0;
    token->flags = text.ptr[end] == '\n' && end < text.len ? CM_TOKEN_SENTENCE_END : 0;
    token->lists = 0;
}

/* A folded turn into tokens: a space or newline stands behind every word, the last one's beyond text. Tokens: as many as text has bytes. */
static inline uint32_t bench_split(struct cm_span text, struct cm_token *tokens)
{
    uint32_t count = 0;
    size_t begin = 0;
    for (size_t at = 0; at <= text.len; at += 64) {
        for (uint64_t stops = bench_find_stops(text.ptr + at); stops != 0; stops &= stops - 1) {
            size_t end = at + (size_t)__builtin_ctzll(stops);
            if (end > text.len)
                break;
            bench_put_token(text, begin, end, &tokens[count++]);
            begin = end + 1;
        }
    }
    return count;
}

#endif
