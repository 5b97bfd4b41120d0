/*
 * writer: produces messages: idempotently with acks=all, or in transactions.
 *
 * put copies and returns; settle waits until everything put since the last
 * settle lies on all in-sync replicas, or says that it does not. Messages of one
 * partition arrive in the order in which they were put. One thread.
 */
#ifndef CM_KAFKA_WRITER_H
#define CM_KAFKA_WRITER_H

#include "kafka/member.h"

/* put: let the partition follow from the key as Kafka's own Java client does (murmur2). */
#define CM_KAFKA_ANY_PARTITION (-1)
#define CM_KAFKA_HEADERS_MAX 8u

struct cm_kafka_writer;

struct cm_kafka_header {
    const char *name;
    struct cm_span value;
};

struct cm_kafka_put {
    const char *topic;
    int32_t partition;
    struct cm_span key;   /* ptr NULL: none */
    struct cm_span value; /* ptr NULL: a tombstone */
    int64_t ts;           /* epoch ms; 0: now */
    struct cm_kafka_header headers[CM_KAFKA_HEADERS_MAX];
    size_t header_count;
};

/* transactional_id NULL: idempotent only. Opening waits for nothing. */
enum cm_status cm_kafka_writer_open(const struct cm_kafka_options *options, const char *transactional_id,
                                    struct cm_diagnostics *diagnostics, struct cm_kafka_writer **out) CM_MUST_CHECK;

/* What is put to this topic hardly gets smaller: it is not compressed, unless the user has said how. Before the first put to it. CM_ENOMEM.
 */
enum cm_status cm_kafka_writer_plain(struct cm_kafka_writer *writer, const char *topic) CM_MUST_CHECK;

/* Waits while the library's queue is full, unless something of this round was lost already: then CM_EIO, and all of it is forgotten as
 * after settle. CM_EUSAGE: the message can never go (too large, no such topic or partition); CM_EIO, CM_ENOMEM. */
enum cm_status cm_kafka_put(struct cm_kafka_writer *writer, const struct cm_kafka_put *put) CM_MUST_CHECK;

/*
 * CM_OK: all is safe. CM_EIO: something is not, cm_kafka_writer_error says what; what was not safe is forgotten and must be put again.
 * CM_ESTOPPED: fenced; the writer is of no further use. Never longer than the message time-out and a second.
 */
enum cm_status cm_kafka_settle(struct cm_kafka_writer *writer) CM_MUST_CHECK;
const char *cm_kafka_writer_error(const struct cm_kafka_writer *writer);

/*
 * Of one partition of one topic since it was last forgotten: how many of our messages are safe, and the offsets of the first and the last
 * of them. In a log that only we write to (outside of transactions) last - first + 1 is count. A message that was sent twice and whose
 * place no broker told counts, too; first and last are -1 where there are no others. false: none.
 */
bool cm_kafka_written(const struct cm_kafka_writer *writer, const char *topic, uint32_t partition, int64_t *first, int64_t *last,
                      uint64_t *count);
void cm_kafka_written_forget(struct cm_kafka_writer *writer, const char *topic, uint32_t partition);

/*
 * Transactions. begin before the first put (the first begin initialises and fences a writer of the same id); commit settles, adds the
 * member's offsets (names: its topics) and ends it; abort drops it. CM_EIO: aborted, try again with begin. CM_ESTOPPED: fenced: close the
 * writer and open another one.
 */
enum cm_status cm_kafka_begin(struct cm_kafka_writer *writer) CM_MUST_CHECK;
enum cm_status cm_kafka_commit(struct cm_kafka_writer *writer, struct cm_kafka_member *member, const struct cm_kafka_place *places,
                               size_t count) CM_MUST_CHECK;
enum cm_status cm_kafka_abort(struct cm_kafka_writer *writer) CM_MUST_CHECK;

/* Drops what is not safe yet; never blocks for longer than a second or two. NULL is nothing. */
void cm_kafka_writer_close(struct cm_kafka_writer *writer);

#endif
