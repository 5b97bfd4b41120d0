/*
 * kafka_load: makes a topic and writes an archive to it, each line as it is, keyed
 * by its interaction.
 *
 *   kafka_load BROKERS TOPIC FILE [--partitions N] [--times N]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "kafka/topics.h"
#include "kafka/writer.h"

#define ASK_MS 10000
#define MESSAGE_MS 60000
#define PARTITIONS 4u
/* Messages under way; librdkafka's own limit is 100,000. */
#define SETTLE_EVERY 65536u

static void check(enum cm_status status, const char *what, const struct cm_diagnostics *diagnostics)
{
    if (status == CM_OK)
        return;
    cm_diagnostics_print(diagnostics, stderr, false);
    fprintf(stderr, "kafka_load: %s: %s\n", what, cm_status_text(status));
    exit(2);
}

static void make(const struct cm_kafka_options *options, const char *topic, uint32_t partitions, struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_topics *topics;
    check(cm_kafka_topics_open(options, diagnostics, &topics), "no broker", diagnostics);
    check(cm_kafka_topic_create(topics, topic, partitions, -1, NULL, 0, ASK_MS), topic, diagnostics);
    cm_kafka_topics_close(topics);
}

static void load(struct cm_kafka_writer *writer, const char *topic, const struct bench_events *events, struct cm_diagnostics *diagnostics)
{
    int64_t ts = bench_wall_ms() - BENCH_LOG_AGE_MS;
    for (size_t i = 0; i < events->count; i++) {
        struct cm_kafka_put put = {.topic = topic,
                                   .partition = CM_KAFKA_ANY_PARTITION,
                                   .key = bench_event_id(events->lines[i]),
                                   .value = events->lines[i],
                                   .ts = ts};
        check(cm_kafka_put(writer, &put), cm_kafka_writer_error(writer), diagnostics);
        if (i % SETTLE_EVERY == SETTLE_EVERY - 1 || i + 1 == events->count)
            check(cm_kafka_settle(writer), cm_kafka_writer_error(writer), diagnostics);
    }
}

int main(int argc, char **argv)
{
    uint32_t partitions = PARTITIONS, times = 1;
    for (int i = 4; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--partitions"))
            partitions = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--times"))
            times = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else
            argc = 0;
    }
    if (argc < 4 || argc % 2) {
        fputs("usage: kafka_load BROKERS TOPIC FILE [--partitions N] [--times N]\n", stderr);
        return 2;
    }
    struct bench_events events = {0};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_options options = {.brokers = argv[1], .prefetch_bytes = 1u << 20, .session_ms = MESSAGE_MS, .poll_ms = MESSAGE_MS};
    struct cm_kafka_writer *writer;
    check(bench_events_read(&events, argv[3]), argv[3], &diagnostics);
    make(&options, argv[2], partitions, &diagnostics);
    check(cm_kafka_writer_open(&options, NULL, &diagnostics, &writer), "no writer", &diagnostics);
    for (uint32_t i = 0; i < times; i++)
        load(writer, argv[2], &events, &diagnostics);
    cm_kafka_writer_close(writer);
    printf("{\"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n", (uint64_t)events.count * times,
           (uint64_t)(events.bytes.len - events.count) * times);
    bench_events_free(&events);
    return 0;
}
