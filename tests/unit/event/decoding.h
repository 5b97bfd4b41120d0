/* One line decoded, for tests: the arena lives as long as the process. */
#ifndef CM_TEST_DECODING_H
#define CM_TEST_DECODING_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/decode.h"

struct decoding {
    struct cm_event event;
    struct cm_decoded decoded;
};

static struct cm_arena decoding_arena;

/* A copy of exactly the line's size, so that a sanitizer sees every byte read too far. */
static inline struct decoding decode_bytes(const char *bytes, size_t len)
{
    struct decoding result;
    char *copy = malloc(len ? len : 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, len);
    cr_assert_eq(cm_decode(&decoding_arena, (struct cm_span){copy, len}, &result.event, &result.decoded), CM_OK);
    struct cm_span kept = cm_arena_copy(&decoding_arena, (struct cm_span){copy, len});
    cr_assert_not_null(kept.ptr);
    /* decode the arena's copy for what outlives this call */
    cr_assert_eq(cm_decode(&decoding_arena, kept, &result.event, &result.decoded), CM_OK);
    free(copy);
    return result;
}

#define DECODE(literal) decode_bytes("" literal, sizeof(literal) - 1)

/* A good message with more members behind the required ones. */
#define MESSAGE(more) "{\"interaction_id\":\"i1\",\"speaker\":\"agent\",\"text\":\"hello\"" more "}"

#define assert_reject(result, name, at)                                                                                                    \
    do {                                                                                                                                   \
        struct decoding decoding_ = (result);                                                                                              \
        cr_assert_str_eq(cm_reject_code(decoding_.decoded.reject), cm_reject_code(CM_REJECT_##name));                                      \
        cr_assert_eq(decoding_.decoded.column, (uint32_t)(at), "column %u", decoding_.decoded.column);                                     \
    } while (0)

/* line: with one ^ before the byte at which the fault is noticed. */
static inline void assert_marked_bytes(const char *line, size_t len, enum cm_reject reject)
{
    char without[1024];
    const char *mark = memchr(line, '^', len);
    cr_assert(mark && len < sizeof without);
    size_t at = (size_t)(mark - line);
    memcpy(without, line, at);
    memcpy(without + at, mark + 1, len - at - 1);
    struct decoding d = decode_bytes(without, len - 1);
    cr_assert_eq(d.decoded.reject, reject, "%s: %s", line, cm_reject_code(d.decoded.reject));
    cr_assert_eq(d.decoded.column, at + 1, "%s: column %u, not %zu", line, d.decoded.column, at + 1);
}

#define assert_marked(literal, name) assert_marked_bytes("" literal, sizeof(literal) - 1, CM_REJECT_##name)

#define assert_good(result) cr_assert_str_eq(cm_reject_code((result).decoded.reject), "")

#define assert_span(span, literal)                                                                                                         \
    cr_assert(cm_span_equal((span), CM_SPAN(literal)), "is \"%.*s\"", (int)(span).len, (span).ptr ? (span).ptr : "")

#endif
