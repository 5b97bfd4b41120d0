/*
 * buffer: growing bytes, for everything that is written (JSON, CSV, records).
 *
 * Appends never fail in place: when memory is out the buffer remembers it,
 * drops further appends and says so once, in cm_buffer_status. A writer can so
 * be a straight line of appends with one check at its end. One thread at a time.
 */
#ifndef CM_BASE_BUFFER_H
#define CM_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

struct cm_buffer {
    char *ptr;
    size_t len; /* bytes written */
    size_t cap;
    bool failed; /* an append was dropped */
};

#define CM_BUFFER_EMPTY ((struct cm_buffer){0})

/* Memory for more bytes: what cm_buffer_reserve does where there is none. */
bool cm_buffer_extend(struct cm_buffer *buffer, size_t more);

/* Room for more bytes at ptr + len; false (and failed) when memory is out. The caller adds to len. */
static inline bool cm_buffer_reserve(struct cm_buffer *buffer, size_t more)
{
    return (!buffer->failed && more <= buffer->cap - buffer->len) || cm_buffer_extend(buffer, more);
}

static inline void cm_buffer_append(struct cm_buffer *buffer, const void *bytes, size_t len)
{
    if (len == 0 || !cm_buffer_reserve(buffer, len))
        return;
    memcpy(buffer->ptr + buffer->len, bytes, len);
    buffer->len += len;
}

void cm_buffer_printf(struct cm_buffer *buffer, const char *format, ...) CM_PRINTF(2, 3);

static inline void cm_buffer_span(struct cm_buffer *buffer, struct cm_span span)
{
    cm_buffer_append(buffer, span.ptr, span.len);
}

static inline void cm_buffer_text(struct cm_buffer *buffer, const char *text)
{
    cm_buffer_append(buffer, text, strlen(text));
}

static inline void cm_buffer_byte(struct cm_buffer *buffer, char byte)
{
    if (buffer->len < buffer->cap)
        buffer->ptr[buffer->len++] = byte;
    else
        cm_buffer_append(buffer, &byte, 1);
}

/* Decimal, no sign, no padding. */
void cm_buffer_unsigned(struct cm_buffer *buffer, uint64_t value);

/*
 * value / 10^places as an exact decimal with that many places: (12345, 2) is
 * 123.45. Used for scores, seconds and credits, which are integers inside.
 */
void cm_buffer_decimal(struct cm_buffer *buffer, int64_t value, unsigned places);

/* A JSON string with its quotes. Invalid UTF-8 becomes U+FFFD, so the output is always valid JSON. */
void cm_buffer_json(struct cm_buffer *buffer, struct cm_span text);

/* CM_OK, or CM_ENOMEM if any append since the last reset was dropped. */
enum cm_status cm_buffer_status(const struct cm_buffer *buffer) CM_MUST_CHECK;

static inline struct cm_span cm_buffer_view(const struct cm_buffer *buffer)
{
    return (struct cm_span){buffer->ptr, buffer->len};
}

/* Empty, memory kept, failure forgotten. */
void cm_buffer_reset(struct cm_buffer *buffer);
void cm_buffer_free(struct cm_buffer *buffer);

/*
 * Growth of plain arrays: *items (a pointer to a malloc'd array of *cap items)
 * is made to hold at least need items. CM_ENOMEM leaves it as it was.
 */
enum cm_status cm_grow_more(void *items, size_t *cap, size_t need, size_t item_size) CM_MUST_CHECK;

CM_MUST_CHECK static inline enum cm_status cm_grow(void *items, size_t *cap, size_t need, size_t item_size)
{
    return need <= *cap ? CM_OK : cm_grow_more(items, cap, need, item_size);
}

#endif
