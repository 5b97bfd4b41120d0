/*
 * packed: the records of one interaction, close together, as live running
 * keeps them in memory and stores them in its state topic.
 *
 * Lossless: unpacked records are equal to the packed ones, byte for byte. About
 * a quarter of their size: the id stands once, numbers are differences to the record before,
 * what a record is and names that stay the same are said once, words that come again are a byte,
 * a hit is three bytes. The same bytes in memory and on the wire, so that a flush copies and a restore copies back.
 *
 *   at  bytes
 *    0  2  CM_PACKED_MAGIC, which counts the versions of this layout
 *    2  2  bytes of the interaction id
 *    4  4  records
 *    8  4  messages among them
 *   12  4  origin: path
 *   16 24  seq, ts and offset of the last record that had them
 *   40 36  where what later records refer to stands (packed_layout.h)
 *   76     the id, then the records, then the words that they share (packed_layout.h)
 *
 * What is read may come from a disk or a network: every length is checked.
 */
#ifndef CM_SCORE_PACKED_H
#define CM_SCORE_PACKED_H

#include "score/record.h"

#define CM_PACKED_MAGIC 0xCB04u

/* Owned bytes; zeroed: empty. One thread at a time. */
struct cm_packed {
    char *bytes;
    uint32_t len, cap;
};

/* Of one record: more packs do not judge at once (run/pack.h). */
#define CM_PACKED_PACKS_MAX 16u

/* record is whole (cm_record_next), its words ascend, of the interaction and the path of those before it; scratch is used up. CM_ENOMEM,
 * CM_EINPUT, CM_ELIMIT (4 GiB). */
enum cm_status cm_packed_add(struct cm_packed *packed, struct cm_span record, struct cm_buffer *scratch) CM_MUST_CHECK;

/* All records behind what is in out (a multiple of 8 long), as a stream for cm_record_next. CM_EINPUT: damaged. CM_ENOMEM. */
enum cm_status cm_packed_unpack(struct cm_span packed, struct cm_buffer *out) CM_MUST_CHECK;

/* Its head is sound; the rest is known only after unpacking. */
bool cm_packed_valid(struct cm_span packed);
/* Of valid ones. */
struct cm_span cm_packed_interaction(struct cm_span packed);
uint32_t cm_packed_messages(struct cm_span packed);

void cm_packed_free(struct cm_packed *packed);

#endif
