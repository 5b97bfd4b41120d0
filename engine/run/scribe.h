/*
 * scribe: an event to the record that is kept of it: fold, scan by every pack,
 * the words for echoes, those of the customer's name, quotes. Where archive and
 * live meet: the same event by the same packs is the same bytes, whoever asks.
 *
 * The packs are shared; a scribe is one thread's scratch, made ahead of time. It
 * allocates nothing for an event once the scratch has grown.
 */
#ifndef CM_RUN_SCRIBE_H
#define CM_RUN_SCRIBE_H

#include "run/pack.h"
#include "score/record.h"

struct cm_scribe;

/*
 * packs must outlive the scribe. quotes: evidence is kept in words, redacted. profile_every: 0, or what rules cost is counted on about one
 * turn in so many (match/profile.h).
 */
enum cm_status cm_scribe_new(const struct cm_packs *packs, bool quotes, uint32_t profile_every, struct cm_scribe **out) CM_MUST_CHECK;
void cm_scribe_free(struct cm_scribe *scribe);

/* Append one record, whole or not at all. CM_ENOMEM; CM_ELIMIT: the text is longer than the decoder lets pass. */
enum cm_status cm_scribe_write(struct cm_scribe *scribe, const struct cm_event *event, struct cm_origin origin,
                               struct cm_buffer *records) CM_MUST_CHECK;

/*
 * The same in two halves, for batches: all events of a batch are folded, each in a slot of its own, then all are written. Code and tables
 * of one half then fill the first-level caches once a batch, and not once an event. A slot is written with the event that it was folded
 * for, once. Slot 0 is there from the beginning, and is also cm_scribe_write's; the others are made by cm_scribe_slots.
 */
#define CM_SCRIBE_SLOTS 16u
enum cm_status cm_scribe_slots(struct cm_scribe *scribe) CM_MUST_CHECK;
enum cm_status cm_scribe_fold(struct cm_scribe *scribe, size_t slot, const struct cm_event *event) CM_MUST_CHECK;
enum cm_status cm_scribe_write_folded(struct cm_scribe *scribe, size_t slot, const struct cm_event *event, struct cm_origin origin,
                                      struct cm_buffer *records) CM_MUST_CHECK;

/* What each pack found in the event last written, valid until the next; NULL: nothing was scanned (it has no words, or failed). */
const struct cm_scanned *cm_scribe_found(const struct cm_scribe *scribe);

/* The scribe's, valid until it is freed, and for its thread alone; NULL where there are no quotes, or nothing is profiled. */
struct cm_redaction *cm_scribe_redaction(struct cm_scribe *scribe);
struct cm_profile *cm_scribe_profile(const struct cm_scribe *scribe, size_t pack);

/* Nothing more is to be written: gives back what only writing needs. Redaction and profiles stay until the scribe is freed. Twice is once.
 */
void cm_scribe_retire(struct cm_scribe *scribe);

#endif
