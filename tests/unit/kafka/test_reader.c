#include "cluster.h"
#include "kafka/private.h"
#include "kafka/reader_state.h"

static struct cm_kafka_batch batch;

/* The next item of any kind. */
static struct cm_kafka_message next_item(struct cm_kafka_stream *stream)
{
    static size_t at;
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (at >= batch.count) {
        cm_kafka_batch_free(&batch);
        at = 0;
        cr_assert_lt(cluster_now_ms(), until, "nothing came");
        cr_assert_neq(cm_kafka_stream_read(stream, 200, &batch), CM_EIO);
    }
    return batch.items[at++];
}

static void fill(struct cluster *cluster, const char *topic, int partition, int count)
{
    struct cm_kafka_writer *writer = cluster_writer(cluster, NULL);
    cluster_put(writer, topic, partition, 0, count);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK, "%s", cm_kafka_writer_error(writer));
    cm_kafka_writer_close(writer);
}

Test(kafka_reader, everything_of_a_message_arrives)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    struct cm_kafka_put puts[] = {
        {.topic = "t",
         .key = CM_SPAN("k"),
         .value = CM_SPAN("v\0w"),
         .ts = 1234567890123,
         .headers = {{"o", CM_SPAN("17")}, {"e", CM_SPAN("")}, {"o", CM_SPAN("18")}},
         .header_count = 3},
        {.topic = "t", .key = CM_SPAN("k")},
        {.topic = "t", .value = {"", 0}},
    };
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(cm_kafka_put(writer, &puts[i]), CM_OK);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);

    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 7, 0, CM_KAFKA_FIRST, &cluster.diagnostics), CM_OK);

    struct cm_kafka_message m = next_item(stream);
    struct cm_span value;
    cr_assert_eq(m.note, CM_KAFKA_MESSAGE);
    cr_assert_eq(m.topic, 7);
    cr_assert_eq(m.offset, 0);
    cr_assert_eq(m.ts, 1234567890123);
    cr_assert(cm_span_equal(m.key, CM_SPAN("k")));
    cr_assert(cm_span_equal(m.value, CM_SPAN("v\0w")));
    cr_assert(cm_kafka_header(&m, "o", &value));
    cr_assert(cm_span_equal(value, CM_SPAN("18")), "of several the last");
    cr_assert(cm_kafka_header(&m, "e", &value));
    cr_assert_eq(value.len, 0);
    cr_assert_not(cm_kafka_header(&m, "x", &value));

    m = next_item(stream);
    cr_assert_eq(m.offset, 1);
    cr_assert_null(m.value.ptr, "a tombstone");
    cr_assert_gt(m.ts, 1500000000000, "now");
    cr_assert_not(cm_kafka_header(&m, "o", &value));

    m = next_item(stream);
    cr_assert_null(m.key.ptr);
    cr_assert_not_null(m.value.ptr, "empty is no tombstone");
    cr_assert_eq(m.value.len, 0);

    m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_AT_END);
    cr_assert_eq(m.offset, 3);
    cr_assert_eq(m.topic, 7);
    cr_assert_not(cm_kafka_header(&m, "o", &value), "a note has none");

    int64_t low, high;
    cr_assert_eq(cm_kafka_reader_bounds(reader, "t", 0, 2000, &low, &high), CM_OK);
    cr_assert_eq(low, 0);
    cr_assert_eq(high, 3);
    cr_assert_eq(cm_kafka_reader_high(reader, "t", 0), 3);
    cr_assert_eq(cm_kafka_reader_high(reader, "other", 0), -1);
    cr_assert_eq(cm_kafka_reader_bounds(reader, "t", 9, 2000, &low, &high), CM_EIO);

    /* the end is told again after more */
    cluster_put(writer, "t", 0, 0, 1);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert_eq(next_item(stream).note, CM_KAFKA_MESSAGE);
    cr_assert_eq(next_item(stream).note, CM_KAFKA_AT_END);

    cm_kafka_batch_free(&batch);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

/* librdkafka makes a topic of its own where it is asked for one that we have not made. */
Test(kafka_reader, who_asks_for_bounds_before_it_reads_reads_all_the_same)
{
    struct cluster cluster;
    int64_t low, high;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    cluster_topic(&cluster, "u", 1);
    fill(&cluster, "t", 0, 3);
    fill(&cluster, "u", 0, 3);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_reader_high(reader, "t", 0), -1);
    cr_assert_eq(cm_kafka_reader_bounds(reader, "u", 0, 2000, &low, &high), CM_OK);
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 0, CM_KAFKA_FIRST, &cluster.diagnostics), CM_OK);
    cr_assert_eq(next_item(stream).note, CM_KAFKA_MESSAGE);
    cr_assert_eq(cm_kafka_stream_stop(stream, 0, 0), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "u", 1, 0, CM_KAFKA_FIRST, &cluster.diagnostics), CM_OK);
    struct cm_kafka_message item = next_item(stream);
    while (item.topic == 0) /* what of the first was in the batch */
        item = next_item(stream);
    cr_assert_eq(item.note, CM_KAFKA_MESSAGE);
    cm_kafka_batch_free(&batch);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, what_is_not_there_is_told_at_once)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 2);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 2, 0, &cluster.diagnostics), CM_EIO);
    cr_assert_str_eq(cluster.diagnostics.items[0].message, "topic t has no partition 2, only 2");
    cr_assert_eq(cm_kafka_stream_read(stream, 10, &batch), CM_END);
    cr_assert_eq(cm_kafka_stream_stop(stream, 0, 1), CM_OK, "to stop what is not read is nothing");
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster.diagnostics.count = 0;
    cluster_free(&cluster);
}

Test(kafka_reader, an_offset_that_is_gone_or_never_was_is_told)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 2);
    fill(&cluster, "t", 0, 10);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);

    cr_assert_eq(cm_kafka_stream_start(stream, "t", 3, 0, 1000, &cluster.diagnostics), CM_OK);
    struct cm_kafka_message m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_GONE);
    cr_assert_eq(m.topic, 3);
    cr_assert_eq(m.offset, 10, "behind the end: from the end");
    m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_AT_END);
    cr_assert_eq(m.offset, 10);

    fill(&cluster, "t", 0, 1);
    m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_MESSAGE);
    cr_assert_eq(m.offset, 10);
    cm_kafka_batch_free(&batch);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

struct seen {
    int64_t first, last;
    uint32_t topic;
    size_t count, wrong;
};

static void see(void *context, const struct cm_kafka_message *message)
{
    struct seen *seen = context;
    if (message->note != CM_KAFKA_MESSAGE)
        return;
    if (seen->count++ == 0)
        seen->first = message->offset;
    else
        seen->wrong += message->offset != seen->last + 1;
    seen->wrong += message->topic != seen->topic;
    seen->last = message->offset;
}

/* Some of a partition is read ahead; then it is stopped and read elsewhere, in another stream or in the same. */
static void move(bool same)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    fill(&cluster, "t", 0, 20000);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *one, *other;
    cr_assert_eq(cm_kafka_stream_open(reader, &one), CM_OK);
    cr_assert_eq(cm_kafka_stream_open(reader, &other), CM_OK);
    for (int round = 0; round < 20; round++) {
        cr_assert_eq(cm_kafka_stream_start(one, "t", 1, 0, 0, &cluster.diagnostics), CM_OK);
        cr_assert_eq(next_item(one).offset, 0);
        cm_kafka_batch_free(&batch);
        batch.count = 0;
        int64_t from = 19990 - round;
        struct seen seen = {.topic = 2};
        if (same) {
            cr_assert_eq(cm_kafka_stream_stop(one, 1, 0), CM_OK);
            cr_assert_eq(cm_kafka_stream_read(one, 0, &batch), CM_END, "nothing of it comes any more");
        }
        struct cm_kafka_stream *stream = same ? one : other; /* a start elsewhere is a stop */
        cr_assert_eq(cm_kafka_stream_start(stream, "t", 2, 0, from, &cluster.diagnostics), CM_OK);
        cr_assert_eq(cluster_read_to_end(stream, see, &seen), (size_t)(20000 - from));
        cr_assert_eq(seen.first, from);
        cr_assert_eq(seen.wrong, 0);
        if (!same)
            cr_assert_eq(cm_kafka_stream_read(one, 0, &batch), CM_END);
        cr_assert_eq(cm_kafka_stream_stop(stream, 2, 0), CM_OK);
    }
    cm_kafka_stream_close(one);
    cm_kafka_stream_close(other);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, after_a_stop_nothing_comes_in_the_same_stream)
{
    move(true);
}

Test(kafka_reader, after_a_start_elsewhere_nothing_comes_here)
{
    move(false);
}

Test(kafka_reader, many_partitions_in_order_and_batches_that_outlive_the_read)
{
    struct cluster cluster;
    cluster_make(&cluster, 3);
    cluster_topic(&cluster, "t", 8);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    for (int p = 0; p < 8; p++)
        cluster_put(writer, "t", p, 0, 1000);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cm_kafka_writer_close(writer);

    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    for (uint32_t p = 0; p < 8; p++)
        cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, p, CM_KAFKA_FIRST, &cluster.diagnostics), CM_OK);
    static struct cm_kafka_batch held[64];
    size_t batches = 0, ends = 0, count = 0;
    int64_t next[8] = {0}, until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (ends < 8) {
        cr_assert_lt(cluster_now_ms(), until);
        struct cm_kafka_batch *into = &held[batches % 64];
        cm_kafka_batch_free(into);
        cr_assert_neq(cm_kafka_stream_read(stream, 100, into), CM_EIO);
        batches++;
        for (size_t i = 0; i < into->count; i++) {
            const struct cm_kafka_message *m = &into->items[i];
            if (m->note == CM_KAFKA_AT_END && m->offset == 1000)
                ends++;
            if (m->note == CM_KAFKA_MESSAGE)
                cr_assert_eq(m->offset, next[m->partition]++);
            count += m->note == CM_KAFKA_MESSAGE;
        }
    }
    cr_assert_eq(count, 8000);
    for (size_t i = 0; i < 64; i++)
        for (size_t j = 0; j < held[i].count; j++)
            if (held[i].items[j].note == CM_KAFKA_MESSAGE)
                cr_assert_eq(strtol(held[i].items[j].value.ptr, NULL, 10), held[i].items[j].offset);
    for (size_t i = 0; i < 64; i++)
        cm_kafka_batch_free(&held[i]);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, a_topic_that_we_may_not_read_is_broken_not_silent)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    fill(&cluster, "t", 0, 5);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    rd_kafka_mock_push_request_errors(cluster.mock, 1 /* Fetch */, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 4, 0, 0, &cluster.diagnostics), CM_OK);
    struct cm_kafka_message m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_BROKEN);
    cr_assert_eq(m.topic, 4);
    cr_assert_eq(m.offset, 0, "where to go on");
    cr_assert_not_null(m.error);
    cr_assert_eq(cm_kafka_stream_read(stream, 100, &batch), CM_END, "it is stopped");
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 4, 0, m.offset, &cluster.diagnostics), CM_OK);
    cr_assert_eq(cluster_read_to_end(stream, NULL, NULL), 5);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, faults_that_pass_lose_nothing)
{
    static const rd_kafka_resp_err_t faults[] = {
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,      RD_KAFKA_RESP_ERR_UNKNOWN,           RD_KAFKA_RESP_ERR__TRANSPORT,
    };
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    fill(&cluster, "t", 0, 100);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        rd_kafka_mock_push_request_errors(cluster.mock, 1 /* Fetch */, 2, faults[i], faults[i]);
        struct seen seen = {.topic = 0};
        cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 0, 0, &cluster.diagnostics), CM_OK);
        cr_assert_eq(cluster_read_to_end(stream, see, &seen), 100, "%s", rd_kafka_err2name(faults[i]));
        cr_assert_eq(seen.wrong, 0);
    }
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, what_retention_took_is_told)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_property plain = {"compression.type", "none"};
    cluster.options.properties = &plain;
    cluster.options.property_count = 1;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    char *large = calloc(1, 900000);
    struct cm_kafka_put put = {.topic = "t", .value = {large, 900000}};
    for (int i = 0; i < 10; i++) { /* the simulated cluster keeps 5 MiB of a partition */
        cr_assert_eq(cm_kafka_put(writer, &put), CM_OK);
        cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    }
    cm_kafka_writer_close(writer);
    free(large);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    int64_t low, high;
    cr_assert_eq(cm_kafka_reader_bounds(reader, "t", 0, 2000, &low, &high), CM_OK);
    cr_assert(low > 0 && high == 10);
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 3, 0, 0, &cluster.diagnostics), CM_OK);
    struct cm_kafka_message m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_GONE);
    cr_assert_eq(m.offset, low);
    m = next_item(stream);
    cr_assert_eq(m.note, CM_KAFKA_MESSAGE);
    cr_assert_eq(m.offset, low);
    cm_kafka_batch_free(&batch);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

/* A fetcher that finds its queue full sleeps for a second, and there is room for a hundredth of this at a time. */
Test(kafka_reader, little_room_does_not_make_it_slow)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 2);
    fill(&cluster, "t", 0, 100000);
    cluster.options.prefetch_bytes = 1 << 20;
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    struct seen seen = {.topic = 0};
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 0, 0, &cluster.diagnostics), CM_OK);
    int64_t before = cluster_now_ms();
    cr_assert_eq(cluster_read_to_end(stream, see, &seen), 100000);
    cr_assert_lt(cluster_now_ms() - before, 2500);
    cr_assert_eq(seen.wrong, 0);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}

Test(kafka_reader, one_that_is_dead_says_why)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 0, 0, &cluster.diagnostics), CM_OK);
    rd_kafka_test_fatal_error(reader->client->rk, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "the end of it");
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (cm_kafka_stream_read(stream, 20, &batch) != CM_EIO) {
        cm_kafka_batch_free(&batch);
        cr_assert_lt(cluster_now_ms(), until, "it is read on");
    }
    cr_assert(strstr(cm_kafka_stream_error(stream), "the end of it"), "%s", cm_kafka_stream_error(stream));
    cm_kafka_batch_free(&batch);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cluster_free(&cluster);
}
