/*
 * span: bytes somewhere else. A span never owns, is never NUL-terminated and
 * may hold any byte, zero included. Its lifetime is that of what it points to.
 */
#ifndef CM_BASE_SPAN_H
#define CM_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

struct cm_span {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;      /* bytes */
};

/* A span over a string literal, its NUL left out. */
#define CM_SPAN(literal) ((struct cm_span){"" literal, sizeof(literal) - 1})

/* A span over our own NUL-terminated text (paths, ids of packs): never over user text. */
static inline struct cm_span cm_span_of(const char *text)
{
    return (struct cm_span){text, strlen(text)};
}

static inline bool cm_span_equal(struct cm_span a, struct cm_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Bytewise order, a shorter span before a longer one that it begins. */
static inline int cm_span_compare(struct cm_span a, struct cm_span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline bool cm_span_starts_with(struct cm_span span, struct cm_span start)
{
    return span.len >= start.len && (start.len == 0 || memcmp(span.ptr, start.ptr, start.len) == 0);
}

/* A copy on the heap, for cm_span_free; an absent span (ptr NULL) stays absent. CM_ENOMEM, then *to is absent. */
enum cm_status cm_span_own(struct cm_span *to, struct cm_span from) CM_MUST_CHECK;
void cm_span_free(struct cm_span *owned);

#endif
