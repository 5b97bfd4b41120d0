/*
 * json: strict RFC 8259 scanning over bytes that need not end in NUL. For the
 * decoder alone.
 *
 * Every function takes the place p and the end, and gives the place behind what
 * it read, or NULL with the fault and its place. Strings may hold invalid UTF-8
 * (who needs it valid looks); control characters below 0x20 are faults.
 */
#ifndef CM_EVENT_JSON_H
#define CM_EVENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "event/decode.h"

struct cm_json_fault {
    const char *at;
    enum cm_reject reject; /* NOT_JSON or TOO_DEEP */
};

static inline const char *cm_json_fail(struct cm_json_fault *fault, const char *at)
{
    *fault = (struct cm_json_fault){at, CM_REJECT_NOT_JSON};
    return NULL;
}

static inline const char *cm_json_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p;
}

/* The first byte that is a quote, a backslash or below 0x20; end where there is none. A byte at a time: the meaning. */
static inline const char *cm_json_plain_end_scalar(const char *p, const char *end)
{
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that ends a plain stretch. */
static inline unsigned cm_json_special(__m128i bytes)
{
    const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, back));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(special, control));
}
#endif

/* The same, 16 bytes at a time where the machine has SSE2; never reads beyond end. */
static inline const char *cm_json_plain_end(const char *p, const char *end)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        unsigned mask = cm_json_special(_mm_loadu_si128((const __m128i *)(const void *)p));
        if (mask)
            return p + __builtin_ctz(mask);
    }
#endif
    return cm_json_plain_end_scalar(p, end);
}

/* Whether p..end is valid UTF-8: at once where it is ASCII. */
static inline bool cm_json_is_utf8(const char *p, const char *end)
{
#ifdef __SSE2__
    while (end - p >= 16 && !_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p)))
        p += 16;
#endif
    while (p < end && (unsigned char)*p < 0x80)
        p++;
    return p == end || cm_utf8_valid_prefix(p, (size_t)(end - p)) == (size_t)(end - p);
}

/* p is behind the opening quote. */
const char *cm_json_skip_string(const char *p, const char *end, bool *escaped, struct cm_json_fault *fault);

/* p is at the number's first byte. *integer: without fraction and exponent. */
const char *cm_json_skip_number(const char *p, const char *end, bool *integer, struct cm_json_fault *fault);

/* Any value, nested up to CM_JSON_DEPTH_MAX; no recursion. */
const char *cm_json_skip_value(const char *p, const char *end, struct cm_json_fault *fault);

/*
 * Resolve the escapes of from..to, which cm_json_skip_string has accepted, into
 * out, which has room for to - from bytes; returns the bytes written. Half of a
 * surrogate pair alone becomes U+FFFD and sets *lone.
 */
size_t cm_json_unescape(const char *from, const char *to, char *out, bool *lone);

#endif
