/*
 * record: what is kept of an event after its text is gone.
 *
 * A record is a self-describing run of bytes, little-endian, a multiple of 8
 * long; a stream is records end to end and begins at an address that is a
 * multiple of 8 (malloc's are). Archives append records to partitions and spill
 * them; live keeps the same bytes as state. Never the text itself.
 *
 *   at  bytes
 *    0  4  size of the whole record
 *    4  2  CM_RECORD_MAGIC, which counts the versions of this layout
 *    6  1  type (enum cm_event_type; CM_EVENT_TYPE_COUNT: only "a line was lost")
 *    7  1  speaker
 *    8  8  cm_hash64 of the interaction id
 *   16  8  H, 48 bits
 *   24  8  origin: offset
 *   32  4  origin: path
 *   36  4  has: enum cm_event_has bits 0-7; bit 8 + i: string i below is there; 24: all backchannel; 25: quotes kept
 *   40  2  packs
 *   42  1  channel in the low four bits, ended_by in the high four
 *   43  1  words of the customer's name
 *   44  4  content words
 *   48  4  bytes of the text
 *   52  2  tokens, 65535 where there are more
 *   54  2  bytes of the interaction id
 *   56     the interaction id, zeros up to a multiple of 8
 *          8 each, where present, in the order of enum cm_event_has: seq, ts, end_ts, confidence, open_chats, rating, scale, target_seq
 *          4 each: hashes of the content words, ascending; then of the name's words
 *          a pack: 4 hits, 4 faults, 16 a hit (struct cm_hit), 4 a fault (cue), and where quotes are kept 4 a hit: their lengths
 *          2 each: lengths of the strings that are there: event_id, agent_id, to_agent_id, customer_id, queue, team, lang,
 *          target_event_id, customer_name (only where quotes are kept: it is looked for in them once more)
 *          the bytes of all these strings, then of the quotes; zeros up to a multiple of 8
 */
#ifndef CM_SCORE_RECORD_H
#define CM_SCORE_RECORD_H

#include "base/buffer.h"
#include "event/event.h"
#include "match/scan.h"
#include "text/redact.h"

#define CM_RECORD_MAGIC 0xCA02u

/* Where an event came from: order of sources, then byte offset; the order of last resort (rules/REFERENCE.md §8). */
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
 * Append the record of event. findings NULL: it has no words. redaction NULL: no quotes are kept; else the text
 * is looked through (only if there are hits) and each hit's quote, redacted and
 * cut, kept beside it; a redaction that fails keeps none. Buffer failure shows in
 * cm_buffer_status.
 */
void cm_record_append(struct cm_buffer *out, const struct cm_event *event, struct cm_origin origin, const struct cm_findings *findings,
                      struct cm_redaction *redaction);

/* A record that only says: this interaction lost a line. */
void cm_record_append_incomplete(struct cm_buffer *out, struct cm_span interaction_id, struct cm_origin origin);

/*
 * The first record of a stream and what follows it; false at the end or where the bytes are no record (a damaged spill file): then the
 * stream is not empty. Looks at the head only; cm_interaction_add looks at the rest.
 */
bool cm_record_next(struct cm_span *stream, struct cm_span *record);

/* The interaction a record (of cm_record_next) belongs to, and cm_hash64 of that id. Borrowed from the record. */
struct cm_span cm_record_interaction(struct cm_span record);
uint64_t cm_record_hash(struct cm_span record);

#endif
