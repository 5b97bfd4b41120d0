/*
 * writer_state: what writer.c and transaction.c share.
 */
#ifndef CM_KAFKA_WRITER_STATE_H
#define CM_KAFKA_WRITER_STATE_H

#include "kafka/private.h"
#include "kafka/writer.h"

/* A broker drops a transaction whose writer is silent for so long; a message must not outlive its transaction. */
#define CM_KAFKA_TRANSACTION_MAX_MS 15000u
/* How long librdkafka may take to tell what was under way when it is given up. */
#define CM_KAFKA_PURGE_MS 250

/* What a writer keeps for a partition. */
struct written {
    int64_t first, last; /* where placed > 0 */
    uint64_t count, placed;
};

struct cm_kafka_writer {
    struct cm_kafka_client *client;
    struct cm_kafka_registry registry; /* of struct written */
    uint32_t message_ms;
    size_t under_way; /* put in this round, not reported yet */
    size_t round;     /* of settle: reports of rounds that were given up do not count any more */
    uint32_t puts;    /* since reports were looked at */
    int64_t moved_ms; /* when a message was last reported to be safe */
    bool failed;      /* something of this round is not safe */
    bool transactional, ready, begun;
    bool compressed_by_user;
    char error[CM_KAFKA_TEXT_MAX_BYTES];
};

/* All of this round is told; true: all of it is safe. */
bool cm_kafka_writer_flush(struct cm_kafka_writer *writer) CM_MUST_CHECK;
/* What is under way is told as lost. */
void cm_kafka_writer_give_up(struct cm_kafka_writer *writer, int wait_ms);
/* Fenced, or a fault after which librdkafka itself gives up. */
bool cm_kafka_writer_stopped(struct cm_kafka_writer *writer);

#endif
