/* The places of a record's head (record.h has the whole layout). For record.c, remap.c and the files of packed alone. */
#ifndef CM_SCORE_RECORD_LAYOUT_H
#define CM_SCORE_RECORD_LAYOUT_H

#include "score/private.h"

enum {
    CM_AT_SIZE = 0,
    CM_AT_MAGIC = 4,
    CM_AT_TYPE = 6,
    CM_AT_SPEAKER = 7,
    CM_AT_ID_HASH = 8,
    CM_AT_HASH = 16,
    CM_AT_OFFSET = 24,
    CM_AT_PATH = 32,
    CM_AT_HAS = 36,
    CM_AT_PACKS = 40,
    CM_AT_CHANNEL = 42,
    CM_AT_NAMES = 43,
    CM_AT_CONTENT = 44,
    CM_AT_TEXT = 48,
    CM_AT_TOKENS = 52,
    CM_AT_ID_LEN = 54,
};

#define X(name) +1
enum { CM_RECORD_STRING_COUNT = 0 CM_RECORD_STRINGS(X) };
#undef X
enum { CM_RECORD_VALUE_COUNT = 8 };

/* H is the first 48 bits of an event's: no more are packed. */
enum { CM_RECORD_H_BYTES = 6, CM_RECORD_H_SHIFT = 16 };

static inline size_t cm_record_padding(size_t len)
{
    return (8 - len % 8) % 8;
}

/* Zeros up to a multiple of 8, and the size where it belongs; nothing at all where memory ran out. */
static inline void cm_record_close(struct cm_buffer *out, size_t from)
{
    static const char zeros[8];
    cm_buffer_append(out, zeros, cm_record_padding(out->len - from));
    if (out->failed) {
        out->len = from;
        return;
    }
    uint32_t size = (uint32_t)(out->len - from);
    memcpy(out->ptr + from + CM_AT_SIZE, &size, sizeof size);
}

/* The head, all but the fields that only events have, and the id. */
void cm_record_open(struct cm_buffer *out, struct cm_span interaction_id, struct cm_origin origin, uint8_t type);

#endif
