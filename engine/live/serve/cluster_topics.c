#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka/topics.h"
#include "live/serve/cluster.h"

/* Answers of a broker that is there take milliseconds; making a topic may take seconds. */
#define CM_MAKE_WAIT_MS 10000

/*
 * Of state topics: a record is compacted away only after ten minutes, so that of two owners' records the right one can still be told; and
 * a state may be as large as an interaction gets.
 */
static const struct cm_kafka_property state_settings[] = {{"cleanup.policy", "compact"},
                                                          {"min.compaction.lag.ms", "600000"},
                                                          {"max.message.bytes", "16777216"},
                                                          {"delete.retention.ms", "604800000"}};
static const struct cm_kafka_property scores_settings[] = {{"cleanup.policy", "compact"}, {"max.message.bytes", "16777216"}};
static const struct cm_kafka_property dead_settings[] = {{"cleanup.policy", "delete"}};

struct making {
    const struct cm_config *config;
    struct cm_kafka_topics *topics;
    int wait_ms;
    struct cm_diagnostics *diagnostics;
};

static enum cm_status wrong(struct making *making, const char *id, const char *help, const char *format, const char *name, const char *text)
{
    cm_diagnostics_add(making->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){0}, help, format, name, text);
    return CM_EUSAGE;
}

static enum cm_status away(struct making *making)
{
    cm_diagnostics_add(making->diagnostics, CM_SEVERITY_ERROR, "kafka-away", (struct cm_place){0}, NULL, "no broker answers: %s",
                       cm_kafka_topics_error(making->topics));
    return CM_EIO;
}

static enum cm_status find(struct making *making, const char *name, uint32_t *partitions)
{
    enum cm_status status = cm_kafka_topic_partitions(making->topics, name, making->wait_ms, partitions);
    if (status == CM_EUSAGE)
        return wrong(making, "kafka-refused", "see kafka.* in the configuration: security.protocol, sasl.*, ssl.*",
                     "topic %s cannot be used: %s", name, cm_kafka_topics_error(making->topics));
    return status == CM_EIO ? away(making) : status;
}

/* A topic of ours: there and as wide, or made so. */
static enum cm_status ensure(struct making *making, const char *name, uint32_t wanted, const struct cm_kafka_property *settings,
                             size_t count)
{
    uint32_t partitions = 0;
    enum cm_status status = find(making, name, &partitions);
    if (status == CM_END && !making->config->create_topics)
        return wrong(making, "topic-missing", "make it as wide as the source, or set topics.create: true", "there is no topic %s%s", name,
                     "");
    if (status == CM_END) {
        status = cm_kafka_topic_create(making->topics, name, wanted, (int)making->config->replication, settings, count, CM_MAKE_WAIT_MS);
        if (status == CM_EUSAGE)
            wrong(making, "topic-create", NULL, "topic %s cannot be made: %s", name, cm_kafka_topics_error(making->topics));
        return status == CM_EIO ? away(making) : status;
    }
    if (status == CM_OK && partitions != wanted) {
        char text[128];
        snprintf(text, sizeof text, "%u partition%s, and the source has %u", partitions, partitions == 1 ? "" : "s", wanted);
        return wrong(making, "topic-width",
                     partitions < wanted ? "if the source has grown: kafka-topics --alter --partitions; else use another topic "
                                           "(topics.*_suffix, or another sink)"
                                         : "use another topic (topics.*_suffix, or another sink), or delete this one if its source was "
                                           "made anew",
                     "topic %s has %s", name, text);
    }
    return status;
}

/* A state log that throws away what is old by age would lose states. */
static enum cm_status check_compaction(struct making *making, const char *name)
{
    char *policy = NULL;
    enum cm_status status = cm_kafka_topic_setting(making->topics, name, "cleanup.policy", making->wait_ms, &policy);
    bool compact = status == CM_OK && strcmp(policy, "compact") == 0;
    if (status == CM_OK && !compact)
        status = wrong(making, "topic-policy", "kafka-configs --alter --add-config cleanup.policy=compact",
                       "topic %s has cleanup.policy=%s; states need compact", name, policy);
    else if (status == CM_EIO)
        away(making);
    else
        status = CM_OK; /* a broker that does not tell its settings is none we could check */
    free(policy);
    return status;
}

static enum cm_status ensure_named(struct making *making, const char *topic, const char *suffix, uint32_t wanted,
                                   const struct cm_kafka_property *settings, size_t count, bool compacted)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    cm_buffer_text(&name, topic);
    cm_buffer_text(&name, suffix);
    cm_buffer_byte(&name, '\0');
    enum cm_status status = cm_buffer_status(&name);
    if (status == CM_OK)
        status = ensure(making, name.ptr, wanted, settings, count);
    if (status == CM_OK && compacted)
        status = check_compaction(making, name.ptr);
    cm_buffer_free(&name);
    return status;
}

static enum cm_status ensure_scores(struct making *making, uint32_t widest, const char *const *pack_names, size_t pack_count)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < making->config->sink_count && status == CM_OK; i++) {
        const struct cm_uri *sink = &making->config->sinks[i];
        for (uint32_t pack = 0; pack < pack_count && sink->kind == CM_PLACE_KAFKA && status == CM_OK; pack++) {
            struct cm_buffer name = CM_BUFFER_EMPTY;
            cm_outlets_topic(&name, sink->topic, pack, pack_names[pack]);
            cm_buffer_byte(&name, '\0');
            status = cm_buffer_status(&name);
            if (status == CM_OK)
                status = ensure(making, name.ptr, widest, scores_settings, sizeof scores_settings / sizeof *scores_settings);
            cm_buffer_free(&name);
        }
    }
    return status;
}

static enum cm_status ensure_all(struct making *making, const char *const *pack_names, size_t pack_count, uint32_t *partitions)
{
    const struct cm_config *config = making->config;
    uint32_t widest = 1;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < config->source_count && config->sources[i].kind == CM_PLACE_KAFKA && status == CM_OK; i++) {
        const char *topic = config->sources[i].topic;
        status = find(making, topic, &partitions[i]);
        if (status == CM_END)
            return wrong(making, "topic-missing", "caremeter replay ARCHIVE --to kafka://HOST/TOPIC makes and fills one",
                         "there is no topic %s%s", topic, "");
        if (status != CM_OK)
            return status;
        widest = partitions[i] > widest ? partitions[i] : widest;
        status = ensure_named(making, topic, config->state_suffix, partitions[i], state_settings,
                              sizeof state_settings / sizeof *state_settings, true);
        if (status == CM_OK && !config->dead_letter)
            status = ensure_named(making, topic, config->dead_letter_suffix, partitions[i], dead_settings, 1, false);
    }
    return status == CM_OK ? ensure_scores(making, widest, pack_names, pack_count) : status;
}

enum cm_status cm_cluster_topics(const struct cm_config *config, const struct cm_cluster_log *log, const char *const *pack_names,
                                 size_t pack_count, int wait_ms, uint32_t *partitions, struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_options options = cm_cluster_options(config, log);
    struct making making = {.config = config, .wait_ms = wait_ms, .diagnostics = diagnostics};
    enum cm_status status = cm_kafka_topics_open(&options, diagnostics, &making.topics);
    if (status == CM_OK)
        status = ensure_all(&making, pack_names, pack_count, partitions);
    cm_kafka_topics_close(making.topics);
    return status;
}
