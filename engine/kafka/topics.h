/*
 * topics: look at topics, and make them.
 *
 * A handle of its own, for start-up and for commands. One thread.
 */
#ifndef CM_KAFKA_TOPICS_H
#define CM_KAFKA_TOPICS_H

#include "kafka/client.h"

struct cm_kafka_topics;

enum cm_status cm_kafka_topics_open(const struct cm_kafka_options *options, struct cm_diagnostics *diagnostics,
                                    struct cm_kafka_topics **out) CM_MUST_CHECK;
void cm_kafka_topics_close(struct cm_kafka_topics *topics);

/*
 * CM_OK and its number of partitions; CM_END: there is no such topic; CM_EIO: no broker answered within wait_ms; CM_EUSAGE: the cluster
 * refuses us (authentication, authorisation). cm_kafka_topics_error says why. Never makes a topic by asking
 * (allow.auto.create.topics=false).
 */
enum cm_status cm_kafka_topic_partitions(struct cm_kafka_topics *topics, const char *name, int wait_ms, uint32_t *partitions) CM_MUST_CHECK;

/*
 * replication -1: the broker's default. settings: topic configuration ("cleanup.policy", "compact"). CM_OK also where it is there already.
 * CM_EIO: no broker answered within wait_ms, or none takes partitions yet; CM_EUSAGE: the cluster refuses us, or what we ask for.
 */
enum cm_status cm_kafka_topic_create(struct cm_kafka_topics *topics, const char *name, uint32_t partitions, int replication,
                                     const struct cm_kafka_property *settings, size_t setting_count, int wait_ms) CM_MUST_CHECK;

/* The value of one setting of a topic, malloc'd, as "cleanup.policy". CM_END: no such topic or setting. */
enum cm_status cm_kafka_topic_setting(struct cm_kafka_topics *topics, const char *name, const char *setting, int wait_ms,
                                      char **value) CM_MUST_CHECK;

const char *cm_kafka_topics_error(const struct cm_kafka_topics *topics);

/* May this be the name of a topic (1 to 249 of letters, digits, '.', '_', '-', not "." or "..")? */
bool cm_kafka_topic_name_ok(struct cm_span name);

#endif
