/*
 * scan: the line that is decoded, and what its decoding has found so far.
 * Between decode.c (keys, the object) and value.c (values) alone.
 */
#ifndef CM_EVENT_SCAN_H
#define CM_EVENT_SCAN_H

#include "base/arena.h"
#include "event/fields.h"
#include "event/json.h"

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

struct cm_scan {
    const char *start, *end;
    struct cm_arena *arena;
    struct cm_event *event;
    struct cm_decoded *decoded;
    uint32_t seen;    /* keys, a bit per enum cm_field */
    uint32_t present; /* those with a value */
    unsigned ids;     /* interaction ids that are valid */
    bool no_memory;
    struct cm_json_fault fault;
};

/* One row a known key. */
struct cm_known {
    char quoted[CM_SIMD_BLOCK_BYTES]; /* the key and its closing quote, zeros behind it */
    const char *key;
    uint32_t has;    /* enum cm_event_has, or 0 */
    uint16_t offset; /* of the member in struct cm_event */
    uint8_t len, kind;
};

extern const struct cm_known cm_known[CM_FIELD_COUNT];

/* The first fault of an event in valid JSON stands; the scan goes on, for the rest may be no JSON at all. at NULL: no place. */
void cm_scan_note(struct cm_scan *scan, enum cm_reject reject, enum cm_field field, const char *at);

/* A string with escapes, or a broken one; p is behind the quote. See cm_scan_string. */
const char *cm_scan_escaped(struct cm_scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone);

/* The same from where its plain stretch, which begins at from, has stopped. */
static inline const char *cm_scan_stopped(struct cm_scan *scan, const char *from, const char *stop, size_t max, struct cm_span *text,
                                          bool *lone)
{
    if (likely(stop < scan->end && *stop == '"')) {
        *text = (struct cm_span){from, (size_t)(stop - from)};
        return stop + 1;
    }
    return cm_scan_escaped(scan, from, max, text, lone);
}

/*
 * p is at the opening quote; behind the closing one, or NULL (fault, no_memory).
 * A result longer than max may be anything longer than max. *lone is set where
 * half of a surrogate pair was repaired.
 */
static inline const char *cm_scan_string(struct cm_scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone)
{
    return cm_scan_stopped(scan, p + 1, cm_json_plain_end(p + 1, scan->end), max, text, lone);
}

/* The same, sooner where the string is long. */
static inline const char *cm_scan_long_string(struct cm_scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone)
{
    return cm_scan_stopped(scan, p + 1, cm_simd->plain_end(p + 1, scan->end), max, text, lone);
}

/* p is at the first byte of a known key's value: takes it into the event; behind it, or NULL (fault, no_memory). */
const char *cm_scan_value(struct cm_scan *scan, enum cm_field field, const char *p);

#endif
