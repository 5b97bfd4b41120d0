/*
 * private: what the files of kafka/ share: a handle of librdkafka with its last
 * complaint, the configuration that makes one, and the topics that it knows.
 *
 * One thread, but for the log: that comes from librdkafka's own.
 */
#ifndef CM_KAFKA_PRIVATE_H
#define CM_KAFKA_PRIVATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "kafka/client.h"
#include "kafka/member.h"

#define CM_KAFKA_TEXT_MAX_BYTES 512u
/* On the heap: a handle that does not die in time takes it along. */
struct cm_kafka_client {
    rd_kafka_t *rk;
    char error[CM_KAFKA_TEXT_MAX_BYTES]; /* the last fault, for people */
    bool refused;                        /* by authentication or authorisation: waiting does not help */
    bool keeps_hints; /* at the first contact: that a protocol may be the wrong one says more than that the connection broke off again */
    bool fatal;       /* librdkafka does nothing more with this handle */
    void *owner;      /* of callbacks that are not the client's own */
    const atomic_bool *stop; /* of the options */
    int64_t stopped_ms;      /* when that was first seen to be set; 0: not yet */

    pthread_mutex_t log_lock; /* guards the two below: closing takes them away while librdkafka still talks */
    void (*log)(void *context, int level, const char *facility, const char *text);
    void *log_context;
};

/*
 * A configuration on its way. Faults become diagnostics and stay in status, so
 * that making one is a straight line with one check, at cm_kafka_setup_open.
 */
struct cm_kafka_setup {
    const struct cm_kafka_options *options;
    struct cm_diagnostics *diagnostics;
    struct cm_kafka_client *client;
    rd_kafka_conf_t *conf;
    enum cm_status status;
};

void cm_kafka_setup_begin(struct cm_kafka_setup *setup, const struct cm_kafka_options *options, struct cm_diagnostics *diagnostics);
void cm_kafka_setup_set(struct cm_kafka_setup *setup, const char *name, const char *format, ...) CM_PRINTF(3, 4);
/* Only where this version of librdkafka has it. */
void cm_kafka_setup_try(struct cm_kafka_setup *setup, const char *name, const char *value);
/* The user's properties: over what was set before, under what comes after. */
void cm_kafka_setup_user(struct cm_kafka_setup *setup);
enum cm_status cm_kafka_setup_open(struct cm_kafka_setup *setup, rd_kafka_type_t type, struct cm_kafka_client **out) CM_MUST_CHECK;

/* At most about two seconds: what does not end by then ends by itself, later. All topics, queues and lists of it must be gone. */
void cm_kafka_client_close(struct cm_kafka_client *client);

/* When a wait that may last until then ends: sooner, where the process is to end and nothing has moved since. */
int64_t cm_kafka_client_until(struct cm_kafka_client *client, int64_t until, int64_t moved_ms);

/* Keep what librdkafka said; true where waiting does not help. */
bool cm_kafka_client_fault(struct cm_kafka_client *client, rd_kafka_resp_err_t err, const char *text);
/* The same, and error is freed. */
rd_kafka_resp_err_t cm_kafka_client_take(struct cm_kafka_client *client, rd_kafka_error_t *error);
void cm_kafka_client_log(struct cm_kafka_client *client, int level, const char *text);

/* Metadata of one topic, to be destroyed by rd_kafka_metadata_destroy. CM_EIO: no answer; CM_EUSAGE: we are refused. Never makes a topic
 * where the client is a consumer. */
enum cm_status cm_kafka_client_metadata(struct cm_kafka_client *client, rd_kafka_topic_t *topic, int wait_ms,
                                        const rd_kafka_metadata_t **out) CM_MUST_CHECK;

int64_t cm_kafka_now_ms(void);
/* What is left until then, never below 0. */
int cm_kafka_left_ms(int64_t until);

void cm_kafka_tell(struct cm_diagnostics *diagnostics, const char *id, const char *help, const char *format, ...) CM_PRINTF(4, 5);

/* A topic that a handle has met; what the handle keeps for each partition lies in parts. */
struct cm_kafka_topic {
    char *name;
    rd_kafka_topic_t *rkt; /* its opaque is this struct */
    size_t known;          /* partitions that the cluster has, by the last metadata that we asked for; 0: never asked */
    void *parts;
    size_t part_count, part_cap;
};

struct cm_kafka_registry {
    struct cm_kafka_client *client;
    size_t part_size;
    struct cm_kafka_topic **topics;
    size_t count, cap;
};

/* NULL: out of memory. */
struct cm_kafka_topic *cm_kafka_registry_topic(struct cm_kafka_registry *registry, const char *name);
/* As that; if it was not met before, what is put to it is not compressed. */
struct cm_kafka_topic *cm_kafka_registry_plain(struct cm_kafka_registry *registry, const char *name);
/* The topic of this name if it was met, or NULL. */
struct cm_kafka_topic *cm_kafka_registry_find(const struct cm_kafka_registry *registry, const char *name);
/* Zeroed when it is new; NULL: out of memory. Valid until a higher partition of this topic is asked for. */
void *cm_kafka_registry_part(struct cm_kafka_registry *registry, struct cm_kafka_topic *topic, uint32_t partition);
/* The part, or NULL where none was made. */
static inline void *cm_kafka_part(const struct cm_kafka_registry *registry, const struct cm_kafka_topic *topic, uint32_t partition)
{
    return partition < topic->part_count ? (char *)topic->parts + partition * registry->part_size : NULL;
}
void cm_kafka_registry_free(struct cm_kafka_registry *registry);

/* What a transaction needs to commit in a member's name. */
rd_kafka_t *cm_kafka_member_handle(const struct cm_kafka_member *member);
/* NULL: out of memory. */
rd_kafka_topic_partition_list_t *cm_kafka_member_list(const struct cm_kafka_member *member, const struct cm_kafka_place *places,
                                                      size_t count);

/* No broker takes a partition yet: it has just started, or was too busy to be heard of. Kafka has no code of its own for that. */
bool cm_kafka_brokers_not_ready(rd_kafka_resp_err_t err, const char *text);

#endif
