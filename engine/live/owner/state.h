/*
 * state: what stands in a state topic, byte for byte.
 *
 * Key                 Value
 * interaction id      an open or closed interaction: 64 bytes and its packed records; a marker: 16 bytes; a tombstone
 *                     (an id that begins with NUL has two NULs before it)
 * NUL "manifest"      JSON: how far the unit is; the last record of every flush
 * NUL "fence"         the owner who writes from here on, as text
 * NUL "pack/" hash    the names of the cues by which hits are stored (live/rules/rules.h)
 *
 *   at  bytes            little-endian
 *    0  2  CM_STATE_MAGIC, which counts the versions of this layout
 *    2  1  phase
 *    3  1  flags
 *    4  4  final scorecards so far
 *    8  8  due, ms of event time; INT64_MAX: never                  (a marker ends here)
 *   16  8  event time of the newest event
 *   24  8  offset of the last event in it (as header o)
 *   32 16  rules (as header r)
 *   48  1  channel, enum cm_channel
 *   49  7  zeros
 *   56  8  cm_hash64 of all that stands before it and of cm_hash64 of all behind it
 *   64     cm_packed
 *
 * What is read comes from a network: every length is checked.
 */
#ifndef CM_LIVE_STATE_H
#define CM_LIVE_STATE_H

#include "live/owner/item.h"
#include "live/owner/journal.h"

#define CM_STATE_MAGIC 0xCC01u

/* How far a unit is, as its manifest says. */
struct cm_manifest {
    uint64_t position; /* next source offset to be read */
    uint64_t epoch;
    uint64_t count;    /* states, markers included */
    int64_t clock;     /* newest event time; INT64_MIN: none yet */
    bool timed;        /* events told it, not the log */
    uint64_t checksum; /* sum of cm_state_sum over all of them */
    int64_t cards;     /* offset behind our last scorecard, in the first topic of them; -1: not known */
};

enum cm_key_kind { CM_KEY_INTERACTION, CM_KEY_MANIFEST, CM_KEY_FENCE, CM_KEY_PACK, CM_KEY_UNKNOWN };

/* What a key names: *id of an interaction, *rules of a pack. */
enum cm_key_kind cm_state_key_kind(struct cm_span key, struct cm_span *id, struct cm_hash128 *rules);

void cm_state_key(struct cm_buffer *out, struct cm_span id);
void cm_state_pack_key(struct cm_buffer *out, struct cm_hash128 rules);
extern const struct cm_span cm_state_manifest_key, cm_state_fence_key;

/* The value of an item that is open, closed or a marker; packed: its records. */
void cm_state_encode(struct cm_buffer *out, const struct cm_item *item, struct cm_span packed);

struct cm_state_view {
    uint8_t phase, flags, channel;
    uint32_t finals;
    int64_t due, last_ts;
    struct cm_hash128 rules;
    struct cm_span packed; /* within value */
};

/* CM_ERULES: it has another version of this layout. CM_EINPUT: it is damaged. */
enum cm_status cm_state_decode(struct cm_span value, struct cm_state_view *out) CM_MUST_CHECK;

void cm_manifest_encode(struct cm_buffer *out, const struct cm_manifest *manifest);
enum cm_status cm_manifest_decode(struct cm_span value, struct cm_manifest *out) CM_MUST_CHECK;

/* What one stored interaction adds to a manifest's checksum; never 0. */
uint64_t cm_state_sum(uint64_t id_hash, uint64_t applied);

#endif
