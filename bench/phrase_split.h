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

/* As cm_word_hash, without a branch on the length of words up to 16 bytes; text is readable beyond the word. */
static inline uint64_t bench_hash_word(const char *word, size_t len)
{
    if (len > CM_WORD_HALVES_BYTES)
        return cm_word_hash(word, len);
    struct cm_simd_halves halves = cm_simd_head(word, (uint32_t)len);
    return cm_word_hash_halves((struct cm_word_halves){halves.low, halves.high}, len);
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
    for (size_t at = 0; at <= text.len; at += CM_SIMD_STOPS_BYTES) {
        for (uint64_t stops = cm_simd_stops(text.ptr + at); stops != 0; stops &= stops - 1) {
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
