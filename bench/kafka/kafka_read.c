/*
 * kafka_read: as kafka_bare, but by the engine's own reader (engine/kafka/reader.h).
 *
 *   kafka_read BROKERS TOPIC [--prefetch BYTES] [--work-ns N] [--values FILE]
 *
 * --values: the last value of every key, a line each, in order of keys: what compaction would leave.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "clock.h"
#include "kafka/reader.h"
#include "kafka/topics.h"

#define ASK_MS 10000
#define WAIT_MS 100
#define PREFETCH_BYTES (64u << 20) /* limits.prefetch, by default */

struct value {
    struct cm_span key, value; /* owned */
    size_t at;                 /* in the order of reading */
};

struct job {
    const char *topic, *values;
    int64_t work_ns;
    uint64_t messages, bytes;
    int64_t from_ns; /* when the first came */
    uint32_t open;   /* partitions that were not read to their end */
    struct value *kept;
    size_t kept_count, kept_cap;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "kafka_read: %s: %s\n", what, why);
    exit(2);
}

static void check(enum cm_status status, const struct cm_diagnostics *diagnostics)
{
    if (status == CM_OK)
        return;
    cm_diagnostics_print(diagnostics, stderr, false);
    die("it failed", cm_status_text(status));
}

static void keep(struct job *job, const struct cm_kafka_message *message)
{
    if (!message->value.ptr || !message->key.ptr)
        return;
    enum cm_status status = cm_grow(&job->kept, &job->kept_cap, job->kept_count + 1, sizeof *job->kept);
    struct value *value = status == CM_OK ? &job->kept[job->kept_count] : NULL;
    if (status == CM_OK)
        status = cm_span_own(&value->key, message->key);
    if (status == CM_OK)
        status = cm_span_own(&value->value, message->value);
    if (status != CM_OK)
        die("it failed", cm_status_text(status));
    value->at = job->kept_count++;
}

static void take(struct job *job, const struct cm_kafka_message *message)
{
    switch (message->note) {
    case CM_KAFKA_MESSAGE:
        job->from_ns = job->messages++ ? job->from_ns : bench_now_ns();
        job->bytes += message->value.len;
        if (job->values)
            keep(job, message);
        bench_work(job->work_ns);
        return;
    case CM_KAFKA_AT_END:
        job->open--;
        return;
    default:
        die("reading", message->error ? message->error : "an offset is gone");
    }
}

static uint32_t partitions_of(const struct cm_kafka_options *options, const char *topic, struct cm_diagnostics *diagnostics)
{
    struct cm_kafka_topics *topics;
    uint32_t partitions;
    check(cm_kafka_topics_open(options, diagnostics, &topics), diagnostics);
    check(cm_kafka_topic_partitions(topics, topic, ASK_MS, &partitions), diagnostics);
    cm_kafka_topics_close(topics);
    return partitions;
}

static void read_all(struct job *job, struct cm_kafka_reader *reader, uint32_t partitions, struct cm_diagnostics *diagnostics)
{
    static struct cm_kafka_batch batch;
    struct cm_kafka_stream *stream;
    check(cm_kafka_stream_open(reader, &stream), diagnostics);
    for (; job->open < partitions; job->open++)
        check(cm_kafka_stream_start(stream, job->topic, 0, job->open, CM_KAFKA_FIRST, diagnostics), diagnostics);
    while (job->open > 0) {
        enum cm_status status = cm_kafka_stream_read(stream, WAIT_MS, &batch);
        if (status != CM_OK && status != CM_END)
            check(status, diagnostics);
        for (size_t i = 0; i < batch.count; i++)
            take(job, &batch.items[i]);
        cm_kafka_batch_free(&batch);
    }
    cm_kafka_stream_close(stream);
}

static int compare(const void *left, const void *right)
{
    const struct value *a = left, *b = right;
    int order = cm_span_compare(a->key, b->key);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void write_values(struct job *job)
{
    FILE *out = fopen(job->values, "w");
    if (!out)
        die("cannot write", job->values);
    if (job->kept_count)
        qsort(job->kept, job->kept_count, sizeof *job->kept, compare);
    for (size_t i = 0; i < job->kept_count; i++) {
        const struct value *value = &job->kept[i];
        bool last = i + 1 == job->kept_count || !cm_span_equal(value->key, job->kept[i + 1].key);
        if (last && (fwrite(value->value.ptr, 1, value->value.len, out) != value->value.len || putc('\n', out) == EOF))
            die("cannot write", job->values);
    }
    if (fclose(out) != 0)
        die("cannot write", job->values);
}

int main(int argc, char **argv)
{
    struct job job = {0};
    uint64_t prefetch = PREFETCH_BYTES;
    for (int i = 3; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--prefetch"))
            prefetch = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--work-ns"))
            job.work_ns = strtoll(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--values"))
            job.values = argv[i + 1];
        else
            argc = 0;
    }
    if (argc < 3 || argc % 2 == 0)
        die("usage", "kafka_read BROKERS TOPIC [--prefetch BYTES] [--work-ns N] [--values FILE]");
    job.topic = argv[2];
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_options options = {.brokers = argv[1], .prefetch_bytes = prefetch, .session_ms = ASK_MS, .poll_ms = ASK_MS};
    struct cm_kafka_reader *reader;
    uint32_t partitions = partitions_of(&options, job.topic, &diagnostics);
    check(cm_kafka_reader_open(&options, true, &diagnostics, &reader), &diagnostics);
    read_all(&job, reader, partitions, &diagnostics);
    double seconds = (double)(bench_now_ns() - job.from_ns) / 1e9;
    cm_kafka_reader_close(reader);
    if (job.values)
        write_values(&job);
    printf("{\"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"librdkafka\": \"%s\"}\n",
           job.messages, job.bytes, seconds, bench_cpu_seconds(), cm_kafka_version());
    return 0;
}
