/*
 * kafka_bare: the least that anyone could do who reads a topic: librdkafka's
 * rd_kafka_consume_batch_queue over all partitions, from their beginning to their
 * end, counting messages and bytes.
 *
 *   kafka_bare BROKERS TOPIC [--stock] [--work-ns N]
 *
 * Without --stock its queue holds all of the topic, so that it never runs full: nothing can be faster. --stock leaves every setting as
 * librdkafka has it. Prints one line of JSON; processor time is that of the whole process.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define BATCH_MAX 512
#define ASK_MS 10000
#define WAIT_MS 100
#define PARTITIONS_MAX 1024

static void die(const char *what, const char *why)
{
    fprintf(stderr, "kafka_bare: %s: %s\n", what, why);
    exit(2);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        die(name, why);
}

static rd_kafka_t *connect_to(const char *brokers, bool stock)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.partition.eof", "true");
    set(conf, "check.crcs", "true"); /* not by itself; whoever goes by what he read wants it */
    if (!stock) {
        set(conf, "queued.min.messages", "10000000");
        set(conf, "queued.max.messages.kbytes", "2097151");
        set(conf, "fetch.wait.max.ms", "50"); /* 500: partitions that come a moment later wait for those that are at their end */
        rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "5", NULL, 0); /* 2.2 and newer */
    }
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!rk)
        die("no consumer", why);
    return rk;
}

/* How many partitions are being read. */
static int start(rd_kafka_t *rk, rd_kafka_topic_t *topic, rd_kafka_queue_t *queue)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 0, topic, &metadata, ASK_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("no metadata", rd_kafka_err2str(err));
    int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (partitions < 1 || partitions > PARTITIONS_MAX)
        die("no such topic", rd_kafka_topic_name(topic));
    for (int i = 0; i < partitions; i++)
        if (rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_BEGINNING, queue) != 0)
            die("cannot read", rd_kafka_err2str(rd_kafka_last_error()));
    return partitions;
}

struct totals {
    uint64_t messages, bytes;
    int64_t from_ns; /* when the first came: finding the topic is not reading it */
    int open;        /* partitions that were not read to their end */
};

static void take(const rd_kafka_message_t *message, int64_t work_ns, struct totals *totals)
{
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        totals->from_ns = totals->messages++ ? totals->from_ns : bench_now_ns();
        totals->bytes += message->len;
        bench_work(work_ns);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        totals->open--;
    } else {
        die("reading", rd_kafka_message_errstr(message));
    }
}

static struct totals read_all(rd_kafka_queue_t *queue, int partitions, int64_t work_ns)
{
    struct totals totals = {.open = partitions};
    rd_kafka_message_t *messages[BATCH_MAX];
    while (totals.open > 0) {
        /* with a time-out it would wait for a full batch */
        ssize_t count = rd_kafka_consume_batch_queue(queue, 0, messages, BATCH_MAX);
        if (count == 0)
            count = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, 1);
        for (ssize_t i = 0; i < count; i++) {
            take(messages[i], work_ns, &totals);
            rd_kafka_message_destroy(messages[i]);
        }
    }
    return totals;
}

int main(int argc, char **argv)
{
    bool stock = false;
    int64_t work_ns = 0;
    for (int i = 3; i < argc; i++) {
        if (!strcmp(argv[i], "--stock"))
            stock = true;
        else if (!strcmp(argv[i], "--work-ns") && i + 1 < argc)
            work_ns = strtoll(argv[++i], NULL, 10);
        else
            argc = 0;
    }
    if (argc < 3)
        die("usage", "kafka_bare BROKERS TOPIC [--stock] [--work-ns N]");
    rd_kafka_t *rk = connect_to(argv[1], stock);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, argv[2], NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    int partitions = start(rk, topic, queue);
    struct totals totals = read_all(queue, partitions, work_ns);
    double seconds = (double)(bench_now_ns() - totals.from_ns) / 1e9;
    for (int i = 0; i < partitions; i++)
        rd_kafka_consume_stop(topic, i);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    printf("{\"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"librdkafka\": \"%s\"}\n",
           totals.messages, totals.bytes, seconds, bench_cpu_seconds(), rd_kafka_version_str());
    return 0;
}
