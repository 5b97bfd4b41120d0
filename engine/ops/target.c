#include "ops/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "kafka/topics.h"

/* What a writer takes at most (kafka/writer.c), and what a broker takes that was not told otherwise. */
#define MESSAGE_MAX_BYTES ((uint64_t)16 << 20)
#define TOPIC_MAX_BYTES ((uint64_t)1048588)
/* It has just answered: a broker that tells no settings never will. */
#define SETTING_WAIT_MS 3000

static enum cm_status told(struct cm_kafka_topics *topics, const char *topic, enum cm_status status, struct cm_diagnostics *diagnostics)
{
    if (status == CM_EUSAGE)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "kafka-refused", (struct cm_place){0},
                           "see --set kafka.security.protocol, kafka.sasl.*, kafka.ssl.*", "topic %s: %s", topic,
                           cm_kafka_topics_error(topics));
    else if (status == CM_EIO)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "kafka-away", (struct cm_place){0}, NULL, "no broker answers: %s",
                           cm_kafka_topics_error(topics));
    return status;
}

/* A setting that is a number; otherwise where the broker does not tell it. */
static uint64_t number_of(struct cm_kafka_topics *topics, const char *topic, const char *setting, uint64_t otherwise)
{
    char *text = NULL;
    uint64_t number = otherwise;
    if (cm_kafka_topic_setting(topics, topic, setting, SETTING_WAIT_MS, &text) == CM_OK && !cm_number_parse(text, &number))
        number = otherwise;
    free(text);
    return number;
}

static enum cm_status look(struct cm_kafka_topics *topics, const char *topic, struct cm_target *out, struct cm_diagnostics *diagnostics)
{
    char *policy = NULL;
    enum cm_status status = cm_kafka_topic_setting(topics, topic, "cleanup.policy", SETTING_WAIT_MS, &policy);
    bool asked = status == CM_OK;
    if (asked && strstr(policy, "compact")) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "topic-policy", (struct cm_place){0},
                           "kafka-configs --alter --add-config cleanup.policy=delete",
                           "topic %s has cleanup.policy=%s: of each conversation it would keep the last event only", topic, policy);
        status = CM_EUSAGE;
    } else if (status != CM_ENOMEM) {
        status = CM_OK; /* a broker that does not tell its settings is none that we could check */
    }
    if (asked && status == CM_OK) {
        uint64_t bytes = number_of(topics, topic, "max.message.bytes", TOPIC_MAX_BYTES);
        uint64_t retention = number_of(topics, topic, "retention.ms", UINT64_MAX); /* it is -1 for ever, which is no number here */
        bytes = bytes < MESSAGE_MAX_BYTES ? bytes : MESSAGE_MAX_BYTES;
        out->value_bytes = bytes > CM_TARGET_OVERHEAD_BYTES ? bytes - CM_TARGET_OVERHEAD_BYTES : 0;
        out->retention_ms = retention <= INT64_MAX && !strstr(policy, "compact") ? (int64_t)retention : -1;
    }
    free(policy);
    return status;
}

static enum cm_status make_topic(struct cm_kafka_topics *topics, const char *topic, uint32_t partitions, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_kafka_topic_create(topics, topic, partitions, -1, NULL, 0, CM_TARGET_WAIT_MS);
    if (status == CM_OK || status == CM_ENOMEM)
        return status;
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "topic-create", (struct cm_place){0}, NULL, "topic %s cannot be made: %s", topic,
                       cm_kafka_topics_error(topics));
    return status;
}

enum cm_status cm_target_prepare(const struct cm_kafka_options *options, const char *topic, uint32_t partitions, bool make,
                                 struct cm_diagnostics *diagnostics, struct cm_target *out)
{
    struct cm_kafka_topics *topics = NULL;
    *out = (struct cm_target){.value_bytes = TOPIC_MAX_BYTES - CM_TARGET_OVERHEAD_BYTES, .retention_ms = -1};
    enum cm_status status = cm_kafka_topics_open(options, diagnostics, &topics);
    if (status != CM_OK)
        return status;
    status = told(topics, topic, cm_kafka_topic_partitions(topics, topic, CM_TARGET_WAIT_MS, &out->partitions), diagnostics);
    out->made = status == CM_END;
    if (out->made) {
        out->partitions = partitions;
        status = make ? make_topic(topics, topic, partitions, diagnostics) : CM_OK;
    }
    if (status == CM_OK && !(out->made && !make))
        status = look(topics, topic, out, diagnostics);
    cm_kafka_topics_close(topics);
    return status;
}

int64_t cm_target_time(const struct cm_target *target, int64_t ts, int64_t now)
{
    bool kept = target->retention_ms < 0 || ts > now - target->retention_ms;
    return ts > 0 && ts <= now && kept ? ts : 0;
}

enum cm_status cm_target_source(const struct cm_kafka_options *options, const char *topic, struct cm_diagnostics *diagnostics,
                                uint32_t *partitions)
{
    struct cm_kafka_topics *topics = NULL;
    enum cm_status status = cm_kafka_topics_open(options, diagnostics, &topics);
    if (status != CM_OK)
        return status;
    status = told(topics, topic, cm_kafka_topic_partitions(topics, topic, CM_TARGET_WAIT_MS, partitions), diagnostics);
    if (status == CM_END) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "topic-missing", (struct cm_place){0}, NULL, "there is no topic %s", topic);
        status = CM_EUSAGE;
    }
    cm_kafka_topics_close(topics);
    return status;
}
