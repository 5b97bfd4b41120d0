/* A simulated cluster for a test, by librdkafka itself, and the handles on it. */
#ifndef CM_TEST_CLUSTER_H
#define CM_TEST_CLUSTER_H

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <time.h>

#include "kafka/reader.h"
#include "kafka/writer.h"

#define CLUSTER_DEADLINE_MS 15000

struct cluster {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    struct cm_kafka_options options;
    struct cm_diagnostics diagnostics;
};

static inline int64_t cluster_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void cluster_make(struct cluster *cluster, int brokers)
{
    *cluster = (struct cluster){0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    cluster->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cluster->mock = rd_kafka_mock_cluster_new(cluster->rk, brokers);
    cluster->options = (struct cm_kafka_options){
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster->mock),
        .prefetch_bytes = 64u << 20,
        .session_ms = 4000, /* no less: the simulated group lets nobody in for three seconds */
        .poll_ms = 10000,
    };
}

static inline void cluster_topic(struct cluster *cluster, const char *name, int partitions)
{
    cr_assert_eq(rd_kafka_mock_topic_create(cluster->mock, name, partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline void cluster_free(struct cluster *cluster)
{
    rd_kafka_mock_cluster_destroy(cluster->mock);
    rd_kafka_destroy(cluster->rk);
    if (cluster->diagnostics.count)
        cm_diagnostics_print(&cluster->diagnostics, stderr, false);
    cm_diagnostics_free(&cluster->diagnostics);
}

static inline struct cm_kafka_writer *cluster_writer(struct cluster *cluster, const char *id)
{
    struct cm_kafka_writer *writer;
    cr_assert_eq(cm_kafka_writer_open(&cluster->options, id, &cluster->diagnostics, &writer), CM_OK);
    return writer;
}

static inline struct cm_kafka_reader *cluster_reader(struct cluster *cluster)
{
    struct cm_kafka_reader *reader;
    cr_assert_eq(cm_kafka_reader_open(&cluster->options, true, &cluster->diagnostics, &reader), CM_OK);
    return reader;
}

/* count messages "0", "1", … from number first on; not settled. */
static inline void cluster_put(struct cm_kafka_writer *writer, const char *topic, int partition, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        struct cm_kafka_put put = {.topic = topic, .partition = partition, .key = {text, strlen(text)}, .value = {text, strlen(text)}};
        cr_assert_eq(cm_kafka_put(writer, &put), CM_OK, "%s", cm_kafka_writer_error(writer));
    }
}

/* Reads until a partition's end was told; what was read goes to see. The number of messages. */
static inline size_t cluster_read_to_end(struct cm_kafka_stream *stream, void (*see)(void *context, const struct cm_kafka_message *message),
                                         void *context)
{
    static struct cm_kafka_batch batch;
    size_t count = 0;
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    for (bool ended = false; !ended;) {
        cr_assert_lt(cluster_now_ms(), until, "the end never came");
        enum cm_status status = cm_kafka_stream_read(stream, 200, &batch);
        cr_assert(status == CM_OK || status == CM_END);
        for (size_t i = 0; i < batch.count; i++) {
            ended |= batch.items[i].note == CM_KAFKA_AT_END;
            count += batch.items[i].note == CM_KAFKA_MESSAGE;
            if (see)
                see(context, &batch.items[i]);
        }
        cm_kafka_batch_free(&batch);
    }
    return count;
}

#endif
