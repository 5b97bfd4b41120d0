/*
 * client: what all handles on a Kafka cluster are made of.
 *
 * This folder is the only one that knows librdkafka; nothing of it shows in its
 * headers. It knows topics, partitions, offsets and bytes, and nothing of
 * events. Four kinds of handle:
 *
 *   member   belongs to the consumer group: who owns which partition; commits
 *   reader   reads partitions from exact offsets, as many as it is told to
 *   writer   produces, idempotently or in transactions
 *   topics   looks at topics and makes them
 *
 * The member never reads and the reader is in no group, so that an assignment
 * starts nothing by itself: a partition is read once its state is there, from
 * the offset that the state names.
 *
 * Every handle belongs to one thread, whose calls into it never overlap.
 * librdkafka's own threads stay behind these functions.
 */
#ifndef CM_KAFKA_CLIENT_H
#define CM_KAFKA_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/span.h"

/* How long a broker is still waited for once a process is to end. */
#define CM_KAFKA_HURRY_MS 1500

/* The oldest librdkafka that we run with: what Debian 12 has. */
#define CM_KAFKA_VERSION_MIN 0x02000200

struct cm_kafka_property {
    const char *name; /* a property of librdkafka: "security.protocol" */
    const char *value;
};

/* How to reach a cluster; borrowed while a handle is opened, copied into it. */
struct cm_kafka_options {
    const char *brokers;                        /* bootstrap.servers */
    const struct cm_kafka_property *properties; /* as the user gave them; they override ours where we do not rely on ours */
    size_t property_count;
    uint64_t prefetch_bytes; /* readers: what may lie in memory unread, for all partitions together */
    uint32_t session_ms;     /* session.timeout.ms of members; message.timeout.ms of writers is no longer */
    uint32_t poll_ms;        /* max.poll.interval.ms of members */
    /* One line for a log, from any thread of librdkafka; NULL: dropped. level as syslog's. */
    void (*log)(void *context, int level, const char *facility, const char *text);
    void *log_context;
    /* Set: the process is to end, and nothing waits for a broker for longer than CM_KAFKA_HURRY_MS. NULL: never. */
    const atomic_bool *stop;
};

/* "2.0.2", of the library that runs; and its number, as CM_KAFKA_VERSION_MIN. */
const char *cm_kafka_version(void);
uint32_t cm_kafka_version_number(void);

/*
 * Is name a property that users may set? CM_EUSAGE where librdkafka does not know it (*nearest: the most similar one it knows, static, or
 * NULL) or where *why says (static) that it is not theirs to set: what delivery relies on (enable.auto.commit, enable.idempotence,
 * isolation.level, acks, transactional.id, bootstrap.servers, group.id …), and plugin.library.paths, which loads code. A value that does
 * not fit is CM_EUSAGE too, with *why by librdkafka in error.
 */
enum cm_status cm_kafka_property_check(const struct cm_kafka_property *property, const char **nearest, const char **why, char *error,
                                       size_t error_size) CM_MUST_CHECK;

/* Does its value hide something (passwords, keys, tokens)? Printed as ******. */
bool cm_kafka_property_is_secret(const char *name);

#endif
