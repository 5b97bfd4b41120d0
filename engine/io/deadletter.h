/*
 * deadletter: lines that are no events, as NDJSON for people and scripts:
 *
 *   {"source":"a.ndjson","line":3,"offset":511,"reason":"duplicate_key","field":"seq","column":40,"payload":"…"}
 *
 * field and column are null where none is meant; payload is there only when it
 * was asked for (it is customers' text) and says with "payload_bytes" when it
 * was cut. Rendering only: workers append to their own buffers, and the run
 * writes these in block order, so that the file does not depend on threads.
 */
#ifndef CM_IO_DEADLETTER_H
#define CM_IO_DEADLETTER_H

#include "base/buffer.h"
#include "event/decode.h"
#include "io/source.h"

/* Of a bad line's payload: enough to see what it was. */
#define CM_DEAD_LETTER_PAYLOAD_MAX_BYTES ((size_t)4096)

/* decoded->reject is not NONE. line as cm_block_next_line gave it. */
void cm_dead_letter_append(struct cm_buffer *buffer, const struct cm_block *block, const struct cm_line *line,
                           const struct cm_decoded *decoded, bool payload);

/* The payload's part alone, as above: ,"payload":"…" and, where it was cut, ,"payload_bytes":n */
void cm_dead_letter_payload(struct cm_buffer *buffer, struct cm_span line);

/* What rejected lines looked like, where that says what the file is. */
enum cm_dead_shape {
    CM_DEAD_UTF16 = 1 << 0,  /* two bytes a letter */
    CM_DEAD_ARRAY = 1 << 1,  /* a JSON array begins */
    CM_DEAD_SPREAD = 1 << 2, /* an object begins and goes on in the next line */
};

struct cm_dead_letter_counts {
    uint64_t by_reason[CM_REJECT_COUNT];
    unsigned shapes; /* enum cm_dead_shape, of all lines together */
};

static inline void cm_dead_letter_count(struct cm_dead_letter_counts *counts, enum cm_reject reject)
{
    counts->by_reason[reject]++;
}

/* Note the shape of a line that was rejected. */
void cm_dead_letter_look(struct cm_dead_letter_counts *counts, struct cm_span line);

void cm_dead_letter_counts_add(struct cm_dead_letter_counts *into, const struct cm_dead_letter_counts *from);
uint64_t cm_dead_letter_counts_total(const struct cm_dead_letter_counts *counts);

#endif
