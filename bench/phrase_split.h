/*
 * phrase_split: what is timed of our side where the phrase engine stands beside
 * peers: folded text into tokens, words found and hashed. cm_fold leaves its
 * tokens ready made; here they are made from the bytes that the peers get, too.
 *
 * Single-threaded, header only.
 */
#ifndef CM_BENCH_PHRASE_SPLIT_H
#define CM_BENCH_PHRASE_SPLIT_H

#include "base/simd.h"
#include "text/fold.h"
#include "text/words.h"

/* Readable behind every turn; the first of them is a newline. */
#define BENCH_SPLIT_READ_BYTES ((size_t)80)

/* Apart, for it would take the registers of the loop around it. */
static uint64_t __attribute__((noinline)) bench_hash_long(const char *word, size_t len)
{
    return cm_word_hash(word, len);
}

/* As cm_word_hash, without a branch on the length of words up to 16 bytes; text is readable beyond the word. */
static inline uint64_t bench_hash_word(const char *word, uint32_t len)
{
    if (__builtin_expect(len > CM_WORD_HALVES_BYTES, 0))
        return bench_hash_long(word, len);
    struct cm_simd_halves halves = cm_simd_head(word, len);
    return cm_word_hash_halves((struct cm_word_halves){halves.low, halves.high}, len);
}

/* Field by field: a token made in one piece is first put together on the stack, and reading it back stalls. */
static inline void bench_put_token(const char *text, uint32_t begin, uint32_t end, struct cm_token *token)
{
    uint8_t first = (uint8_t)text[begin];
    uint32_t marked = first < 0x20, at = begin + marked;
    token->hash = bench_hash_word(text + at, end - at);
    token->start = at;
    token->end = end;
    token->at = at;
    token->len = (uint16_t)(end - at);
    token->class = (uint8_t)(first & (0u - marked));
    token->flags = text[end] == '\n' ? CM_TOKEN_SENTENCE_END : 0;
    token->lists = 0;
}

/*
 * A folded turn into tokens: a space or newline stands behind every word, the last one's beyond text, where it ends no sentence. Tokens:
 * as many as text has bytes.
 */
static inline uint32_t bench_split(struct cm_span text, struct cm_token *tokens)
{
    struct cm_token *token = tokens;
    uint32_t begin = 0, len = (uint32_t)text.len;
    for (uint32_t at = 0; at <= len; at += CM_SIMD_STOPS_BYTES) {
        uint64_t stops = cm_simd_stops(text.ptr + at), all = UINT64_MAX;
        for (stops &= len - at < 63 ? (UINT64_C(2) << (len - at)) - 1 : all; stops != 0; stops &= stops - 1) {
            uint32_t end = at + (uint32_t)__builtin_ctzll(stops);
            bench_put_token(text.ptr, begin, end, token++);
            begin = end + 1;
        }
    }
    if (token > tokens)
        token[-1].flags = 0;
    return (uint32_t)(token - tokens);
}

#endif
