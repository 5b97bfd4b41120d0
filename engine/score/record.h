/*
 * record: what is kept of an event after its text is gone.
 *
 * A record is a self-describing run of bytes, little-endian, 8-byte aligned in
 * a stream of records: lengths first, then identity, clocks, hits and faults of
 * every pack, content-word hashes, optional redacted quotes. Archives append
 * records to partitions and spill them; live keeps the same bytes as state.
 * Never the text itself.
 */
#ifndef CM_SCORE_RECORD_H
#define CM_SCORE_RECORD_H

#include "base/buffer.h"
#include "event/event.h"
#include "match/scan.h"
#include "text/redact.h"

/* Where an event came from: order of sources, then byte offset; the order of last resort (language.md §8). */
struct cm_origin {
    uint32_t path;   /* index of the source in path order; live: partition */
    uint64_t offset; /* of the line's first byte in the decompressed source; live: offset */
};

/* What the scan of one event found; borrowed while it is appended. */
struct cm_findings {
    const struct cm_scanned *packs; /* one a pack, in pack order; NULL for events without text */
    uint32_t pack_count;
    const uint32_t *content; /* cm_content_words of the text */
    uint32_t content_count;
    uint32_t token_count;
    bool all_backchannel;
    const uint32_t *name_words; /* cm_word_hash32 of the folded words of customer_name, for `name: customer` */
    uint32_t name_word_count;
};

/*
 * Append the record of event. redaction NULL: no quotes are kept; else the text
 * is looked through (only if there are hits) and each hit's quote, redacted and
 * cut, kept beside it; a redaction that fails keeps none. Buffer failure shows in
 * cm_buffer_status.
 */
void cm_record_append(struct cm_buffer *out, const struct cm_event *event, struct cm_origin origin, const struct cm_findings *findings,
                      struct cm_redaction *redaction);

/* A record that only says: this interaction lost a line. */
void cm_record_append_incomplete(struct cm_buffer *out, struct cm_span interaction_id, struct cm_origin origin);

/* The first record of a stream and what follows it; false at the end or where the bytes are no record (a damaged spill file). */
bool cm_record_next(struct cm_span *stream, struct cm_span *record);

/* The interaction a record belongs to, and cm_hash64 of that id. Borrowed from the record. */
struct cm_span cm_record_interaction(struct cm_span record);
uint64_t cm_record_hash(struct cm_span record);

#endif
