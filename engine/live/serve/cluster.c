#include "live/serve/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "live/serve/cluster_private.h"

struct cm_kafka_options cm_cluster_options(const struct cm_config *config, const struct cm_cluster_log *log)
{
    const char *brokers = NULL;
    for (size_t i = 0; i < config->source_count && !brokers; i++)
        brokers = config->sources[i].brokers;
    for (size_t i = 0; i < config->sink_count && !brokers; i++)
        brokers = config->sinks[i].brokers;
    return (struct cm_kafka_options){.brokers = brokers,
                                     .properties = config->kafka,
                                     .property_count = config->kafka_count,
                                     .prefetch_bytes = config->prefetch_bytes,
                                     .session_ms = (uint32_t)config->session_ms,
                                     .poll_ms = (uint32_t)config->poll_ms,
                                     .log = log->log,
                                     .log_context = log->context,
                                     .stop = log->stop};
}

static enum cm_status name_topics(struct cm_cluster *cluster)
{
    const struct cm_config *config = cluster->config;
    cluster->topic_count = config->source_count;
    for (size_t i = 0; i < config->source_count; i++) {
        cluster->topics[i] = config->sources[i].topic;
        cm_buffer_text(&cluster->states[i], config->sources[i].topic);
        cm_buffer_text(&cluster->states[i], config->state_suffix);
        cm_buffer_byte(&cluster->states[i], '\0');
        if (cm_buffer_status(&cluster->states[i]) != CM_OK)
            return CM_ENOMEM;
    }
    return CM_OK;
}

/* One a process and life: two with one name would fence each other. */
static enum cm_status open_writer(struct cm_cluster *cluster, struct cm_diagnostics *diagnostics)
{
    char name[512], host[256] = "";
    struct cm_kafka_options options = cm_cluster_options(cluster->config, &cluster->log);
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s-%s-%ld", cluster->config->group, host, (long)getpid());
    enum cm_status status = cm_kafka_writer_open(&options, cluster->transactional ? name : NULL, diagnostics, &cluster->writer);
    /* states are packed: a quarter is all that lz4 would save, and it takes twice as long as on scorecards */
    for (size_t i = 0; i < cluster->topic_count && status == CM_OK; i++)
        status = cm_kafka_writer_plain(cluster->writer, cluster->states[i].ptr);
    return status;
}

static enum cm_status open_handles(struct cm_cluster *cluster, struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_options options = cm_cluster_options(cluster->config, &cluster->log);
    enum cm_status status = open_writer(cluster, diagnostics);
    if (status == CM_OK)
        status = cm_outlets_open(cluster->config, cluster->writer, true, diagnostics, &cluster->outlets);
    if (status == CM_OK)
        status = cm_kafka_reader_open(&options, true, diagnostics, &cluster->reader);
    if (status == CM_OK)
        status = cm_kafka_stream_open(cluster->reader, &cluster->events);
    if (status == CM_OK)
        status = cm_kafka_stream_open(cluster->reader, &cluster->restoring);
    if (status == CM_OK)
        status =
            cm_kafka_member_open(&options, cluster->config->group, cluster->topics, cluster->topic_count, diagnostics, &cluster->member);
    return status;
}

enum cm_status cm_cluster_open(const struct cm_config *config, const struct cm_cluster_log *log, const uint32_t *partitions,
                               struct cm_diagnostics *diagnostics, struct cm_cluster **out)
{
    struct cm_cluster *cluster = calloc(1, sizeof *cluster);
    *out = NULL;
    if (!cluster)
        return CM_ENOMEM;
    cluster->feed.ops = &cm_cluster_feed_ops;
    cluster->journal.ops = &cm_cluster_journal_ops;
    cluster->config = config;
    cluster->log = *log;
    cluster->transactional = config->delivery == CM_DELIVERY_TRANSACTIONAL;
    for (size_t i = 0; i < config->source_count; i++)
        cluster->partitions[i] = partitions[i];
    enum cm_status status = name_topics(cluster);
    if (status == CM_OK)
        status = cm_cluster_cards_open(cluster);
    if (status == CM_OK)
        status = open_handles(cluster, diagnostics);
    if (status == CM_OK)
        *out = cluster;
    else
        cm_cluster_close(cluster);
    return status;
}

/* The member first: others can take over while the rest is being closed. */
void cm_cluster_close(struct cm_cluster *cluster)
{
    if (!cluster)
        return;
    cm_kafka_member_close(cluster->member);
    cm_kafka_batch_free(&cluster->entries);
    cm_kafka_stream_close(cluster->events);
    cm_kafka_stream_close(cluster->restoring);
    cm_kafka_reader_close(cluster->reader);
    enum cm_status closed = cm_outlets_close(cluster->outlets);
    if (closed != CM_OK && cluster->log.log) /* of what was not settled the flush that failed has told */
        cluster->log.log(cluster->log.context, 6, "sinks", "a sink could not be closed well");
    cm_kafka_writer_close(cluster->writer);
    for (size_t i = 0; i < CM_CONFIG_LIST_MAX; i++)
        cm_buffer_free(&cluster->states[i]);
    cm_cluster_cards_close(cluster);
    free(cluster->units);
    free(cluster->places);
    free(cluster);
}

struct cm_journal *cm_cluster_journal(struct cm_cluster *cluster)
{
    return &cluster->journal;
}

struct cm_feed *cm_cluster_feed(struct cm_cluster *cluster)
{
    return &cluster->feed;
}

const char *cm_cluster_error(const struct cm_cluster *cluster)
{
    return cluster->error;
}

enum cm_status cm_cluster_renew(struct cm_cluster *cluster, struct cm_diagnostics *diagnostics)
{
    cm_kafka_writer_close(cluster->writer);
    cluster->writer = NULL;
    cluster->in_transaction = false;
    enum cm_status status = open_writer(cluster, diagnostics);
    cm_outlets_writer(cluster->outlets, cluster->writer);
    return status;
}

int64_t cm_cluster_high(struct cm_cluster *cluster, uint32_t unit)
{
    return cm_kafka_reader_high(cluster->reader, cluster->topics[CM_UNIT_SOURCE(unit)], CM_UNIT_PARTITION(unit));
}

/* ----------------------------------------------------------------- ownership */

enum cm_status cm_cluster_poll(struct cm_cluster *cluster, int wait_ms, struct cm_ownership *ownership)
{
    struct cm_kafka_assignment assignment;
    enum cm_status status = cm_kafka_member_poll(cluster->member, wait_ms, &assignment);
    if (status == CM_EIO)
        snprintf(cluster->error, sizeof cluster->error, "%s", cm_kafka_member_error(cluster->member));
    if (status != CM_OK)
        return status;
    status = cm_grow(&cluster->units, &cluster->unit_cap, assignment.count, sizeof *cluster->units);
    for (size_t i = 0; i < assignment.count && status == CM_OK; i++) {
        const struct cm_kafka_place *place = &assignment.places[i];
        if (assignment.change == CM_KAFKA_ASSIGNED && place->partition >= cluster->partitions[place->topic]) {
            snprintf(cluster->error, sizeof cluster->error,
                     "topic %s has more partitions than the %u that it had at the start: give %s and its other topics as many "
                     "(kafka-topics --alter --partitions), and start again",
                     cluster->topics[place->topic], cluster->partitions[place->topic], cluster->states[place->topic].ptr);
            return CM_EUSAGE;
        }
        cluster->units[i] = CM_UNIT(place->topic, place->partition);
    }
    *ownership = (struct cm_ownership){assignment.change, cluster->units, assignment.count};
    return status;
}

enum cm_status cm_cluster_done(struct cm_cluster *cluster)
{
    return cm_kafka_member_done(cluster->member);
}

/* ---------------------------------------------------------------------- feed */

static struct cm_cluster *cluster_of(struct cm_feed *feed)
{
    return (struct cm_cluster *)feed;
}

static enum cm_status feed_start(struct cm_feed *feed, uint32_t unit, uint64_t position, struct cm_diagnostics *diagnostics)
{
    struct cm_cluster *cluster = cluster_of(feed);
    uint32_t topic = CM_UNIT_SOURCE(unit);
    int64_t offset = position == UINT64_MAX ? CM_KAFKA_LAST : position == UINT64_MAX - 1 ? CM_KAFKA_FIRST : (int64_t)position;
    return cm_kafka_stream_start(cluster->events, cluster->topics[topic], topic, CM_UNIT_PARTITION(unit), offset, diagnostics);
}

static enum cm_status feed_stop(struct cm_feed *feed, uint32_t unit)
{
    return cm_kafka_stream_stop(cluster_of(feed)->events, CM_UNIT_SOURCE(unit), CM_UNIT_PARTITION(unit));
}

static void add_message(struct cm_batch *batch, const struct cm_kafka_message *message)
{
    batch->messages[batch->count++] = (struct cm_message){.unit = CM_UNIT(message->topic, message->partition),
                                                          .offset = (uint64_t)message->offset,
                                                          .log_ts = message->ts,
                                                          .key = message->key,
                                                          .line = message->value,
                                                          .keyed = true};
}

static void add_mark(struct cm_batch *batch, const struct cm_kafka_message *message)
{
    uint8_t note = message->note == CM_KAFKA_AT_END ? CM_FEED_AT_END : message->note == CM_KAFKA_GONE ? CM_FEED_GAP : CM_FEED_BROKEN;
    batch->marks[batch->mark_count++] = (struct cm_feed_mark){.note = note,
                                                              .unit = CM_UNIT(message->topic, message->partition),
                                                              .offset = (uint64_t)message->offset,
                                                              .before = batch->count,
                                                              .error = message->error};
}

static enum cm_status feed_next(struct cm_feed *feed, int wait_ms, struct cm_batch *batch)
{
    struct cm_cluster *cluster = cluster_of(feed);
    enum cm_status status = cm_kafka_stream_read(cluster->events, wait_ms, &batch->kafka);
    if (status == CM_END)
        return CM_ELIMIT;
    if (status == CM_EIO)
        snprintf(cluster->error, sizeof cluster->error, "%s", cm_kafka_stream_error(cluster->events));
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < batch->kafka.count; i++) {
        const struct cm_kafka_message *message = &batch->kafka.items[i];
        if (message->note == CM_KAFKA_MESSAGE)
            add_message(batch, message);
        else
            add_mark(batch, message);
    }
    return CM_OK;
}

static void feed_clear(struct cm_feed *feed, struct cm_batch *batch)
{
    (void)feed;
    cm_kafka_batch_free(&batch->kafka);
}

const struct cm_feed_ops cm_cluster_feed_ops = {feed_start, feed_stop, feed_next, feed_clear};
