/*
 * target: the topic that events are written to: looked at, and made where it is missing.
 * One thread.
 */
#ifndef CM_OPS_TARGET_H
#define CM_OPS_TARGET_H

#include "kafka/client.h"

/* Answers of a broker that is there take milliseconds; one that is starting takes seconds. */
#define CM_TARGET_WAIT_MS 10000
/* A message may take as long as this to be acknowledged: a broker that is started anew takes seconds, and nobody waits for us. */
#define CM_TARGET_MESSAGE_MS 60000u
/* Of a message beside its key and value, at most. */
#define CM_TARGET_OVERHEAD_BYTES 1024u

struct cm_target {
    uint32_t partitions;
    bool made;            /* it was missing */
    uint64_t value_bytes; /* the largest value that it takes */
    int64_t retention_ms; /* the broker deletes what is older, by the time of its message; -1: nothing, or not known */
};

/*
 * partitions: of a topic that is missing. make false: only look, and say what would be made. CM_EIO: no broker answers; CM_EUSAGE: refused,
 * or the topic is compacted, which would keep one event an interaction. Both told.
 */
enum cm_status cm_target_prepare(const struct cm_kafka_options *options, const char *topic, uint32_t partitions, bool make,
                                 struct cm_diagnostics *diagnostics, struct cm_target *out) CM_MUST_CHECK;

/*
 * The time of a message that is ts by its own account: ts, or 0 (the time of sending) where that lies ahead of now, or so far back that the
 * topic's retention would delete it at once.
 */
int64_t cm_target_time(const struct cm_target *target, int64_t ts, int64_t now);

/* Number of partitions of a topic that must be there, told where it is not (CM_EUSAGE). */
enum cm_status cm_target_source(const struct cm_kafka_options *options, const char *topic, struct cm_diagnostics *diagnostics,
                                uint32_t *partitions) CM_MUST_CHECK;

#endif
