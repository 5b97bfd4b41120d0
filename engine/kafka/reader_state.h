/*
 * reader_state: what reader.c and stream.c share.
 */
#ifndef CM_KAFKA_READER_STATE_H
#define CM_KAFKA_READER_STATE_H

#include "kafka/private.h"
#include "kafka/reader.h"

/* What a reader keeps for a partition. */
struct cm_kafka_part {
    struct cm_kafka_stream *stream; /* that it is read into; NULL: it is not read */
    uint32_t mark;                  /* what its messages are marked with */
    bool gone;                      /* librdkafka stopped: the offset was out of range */
    int64_t next;                   /* of the next message; or CM_KAFKA_FIRST, CM_KAFKA_LAST */
};

struct cm_kafka_reader {
    struct cm_kafka_client *client;
    struct cm_kafka_registry registry; /* of struct cm_kafka_part */
    bool sleepy;                       /* this librdkafka's fetchers oversleep */
    int64_t woken_ms;
    char *user, *password; /* as configured, "" if not: see cm_kafka_reader_wake */
};

struct cm_kafka_stream {
    struct cm_kafka_reader *reader;
    rd_kafka_queue_t *queue;
    size_t gone;  /* partitions to be started again */
    bool flowing; /* messages have come since we last had to wait */
};

/* Fetchers that sleep because the queue was full look at it again; now: even if they were woken a moment ago. */
void cm_kafka_reader_wake(struct cm_kafka_reader *reader, bool now);

#endif
