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

#include <string.h>

#include "base/simd.h"
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

/*
 * The first byte that is a quote, a backslash or below 0x20; end where there is none. Written out, for ids, times and names
 * are done in a step or two; what is longer goes to cm_simd->plain_end, which gives the same.
 */
static inline const char *cm_json_plain_end(const char *p, const char *end)
{
    for (; end - p >= CM_SIMD_BLOCK_BYTES; p += CM_SIMD_BLOCK_BYTES) {
        uint32_t plain = cm_simd_plain(p);
        if (plain < CM_SIMD_BLOCK_BYTES)
            return p + plain;
    }
    while (p < end && cm_simd_is_plain(*p))
        p++;
    return p;
}

/* Whether p..end is valid UTF-8: at once where it is ASCII. */
static inline bool cm_json_is_utf8(const char *p, const char *end)
{
    uint64_t eight;
    for (; end - p >= (ptrdiff_t)sizeof eight; p += sizeof eight) {
        memcpy(&eight, p, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
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
