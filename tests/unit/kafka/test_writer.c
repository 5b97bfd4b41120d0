#include "cluster.h"

#define PRODUCE 0 /* ApiKey */

/* The values of a partition, as numbers; each must be there once, in order. */
static void sum(void *context, const struct cm_kafka_message *message)
{
    long *next = context;
    if (message->note != CM_KAFKA_MESSAGE)
        return;
    cr_assert_eq(strtol(message->value.ptr, NULL, 10), *next, "lost, doubled or out of order");
    *next += 1;
}

static void expect_numbers(struct cluster *cluster, const char *topic, uint32_t partition, long count)
{
    struct cm_kafka_reader *reader = cluster_reader(cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, topic, 0, partition, CM_KAFKA_FIRST, &cluster->diagnostics), CM_OK);
    long next = 0;
    cr_assert_eq(cluster_read_to_end(stream, sum, &next), (size_t)count);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
}

Test(kafka_writer, what_is_written_is_counted_by_partition)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 2);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    int64_t first, last;
    uint64_t count;
    cr_assert_not(cm_kafka_written(writer, "t", 0, &first, &last, &count));
    cr_assert_eq(cm_kafka_settle(writer), CM_OK, "nothing is safe at once");
    cluster_put(writer, "t", 0, 0, 100);
    cluster_put(writer, "t", 1, 0, 3);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert(cm_kafka_written(writer, "t", 0, &first, &last, &count));
    cr_assert(first == 0 && last == 99 && count == 100);
    cm_kafka_written_forget(writer, "t", 0);
    cm_kafka_written_forget(writer, "other", 9);
    cr_assert_not(cm_kafka_written(writer, "t", 0, &first, &last, &count));
    cr_assert(cm_kafka_written(writer, "t", 1, &first, &last, &count));
    cr_assert(first == 0 && last == 2 && count == 3);
    cluster_put(writer, "t", 0, 100, 5);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert(cm_kafka_written(writer, "t", 0, &first, &last, &count));
    cr_assert(first == 100 && last == 104 && count == 5);
    cm_kafka_writer_close(writer);
    cm_kafka_writer_close(NULL);
    expect_numbers(&cluster, "t", 0, 105);
    cluster_free(&cluster);
}

Test(kafka_writer, the_partition_of_a_key_is_that_of_javas_client)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 7);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", CM_KAFKA_ANY_PARTITION, 21, 1);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    int64_t first, last;
    uint64_t count;
    /* what Kafka's own tests expect of murmur2("21") */
    uint32_t expected = (uint32_t)(-973932308 & 0x7fffffff) % 7;
    cr_assert(cm_kafka_written(writer, "t", expected, &first, &last, &count));
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

Test(kafka_writer, faults_that_pass_neither_lose_nor_double)
{
    static const rd_kafka_resp_err_t faults[] = {
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR__TRANSPORT,
    };
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    int next = 10;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        rd_kafka_mock_push_request_errors(cluster.mock, PRODUCE, 2, faults[i], faults[i]);
        cluster_put(writer, "t", 0, next, 50);
        next += 50;
        cr_assert_eq(cm_kafka_settle(writer), CM_OK, "%s: %s", rd_kafka_err2name(faults[i]), cm_kafka_writer_error(writer));
    }
    int64_t first, last;
    uint64_t count;
    cr_assert(cm_kafka_written(writer, "t", 0, &first, &last, &count));
    cr_assert_eq(count, (uint64_t)next);
    cm_kafka_writer_close(writer);
    expect_numbers(&cluster, "t", 0, next);
    cluster_free(&cluster);
}

Test(kafka_writer, after_a_time_out_it_is_as_good_as_before)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    cluster.options.session_ms = 1000;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    rd_kafka_mock_broker_set_down(cluster.mock, 1);
    for (int i = 0; i < 2; i++) {
        int64_t before = cluster_now_ms();
        cluster_put(writer, "t", 0, 10, 10);
        cr_assert_eq(cm_kafka_settle(writer), CM_EIO);
        cr_assert_lt(cluster_now_ms() - before, 2200, "the time-out and a second");
        cr_assert(strstr(cm_kafka_writer_error(writer), "topic t, partition 0"), "%s", cm_kafka_writer_error(writer));
    }
    rd_kafka_mock_broker_set_up(cluster.mock, 1);
    enum cm_status status = CM_EIO;
    for (int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS; status == CM_EIO && cluster_now_ms() < until;) {
        cluster_put(writer, "t", 0, 10, 10); /* what was not safe is put again */
        status = cm_kafka_settle(writer);
    }
    cr_assert_eq(status, CM_OK, "%s", cm_kafka_writer_error(writer));
    cluster_put(writer, "t", 0, 20, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK, "%s", cm_kafka_writer_error(writer));
    cm_kafka_writer_close(writer);
    expect_numbers(&cluster, "t", 0, 30);
    cluster_free(&cluster);
}

Test(kafka_writer, a_broker_that_answers_too_late_is_no_broker)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    cluster.options.session_ms = 1000;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    rd_kafka_mock_broker_set_rtt(cluster.mock, 1, 4000);
    int64_t before = cluster_now_ms();
    cluster_put(writer, "t", 0, 10, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_EIO);
    cr_assert_lt(cluster_now_ms() - before, 2200);
    rd_kafka_mock_broker_set_rtt(cluster.mock, 1, 0);
    enum cm_status status = CM_EIO;
    for (int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS; status == CM_EIO && cluster_now_ms() < until;) {
        cluster_put(writer, "t", 0, 10, 10);
        status = cm_kafka_settle(writer);
    }
    cr_assert_eq(status, CM_OK, "%s", cm_kafka_writer_error(writer));
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

Test(kafka_writer, a_full_queue_is_waited_for)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_property small = {"queue.buffering.max.messages", "100"};
    cluster.options.properties = &small;
    cluster.options.property_count = 1;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 5000);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cm_kafka_writer_close(writer);
    expect_numbers(&cluster, "t", 0, 5000);
    cluster_free(&cluster);
}

/* Many more than the queue holds, and nobody takes them: a time-out once, not once a queue. */
Test(kafka_writer, a_full_queue_is_not_waited_for_where_all_is_lost)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    /* A broker that is back is found at once: else that may take longer than a message may. */
    struct cm_kafka_property properties[] = {{"queue.buffering.max.messages", "100"}, {"reconnect.backoff.max.ms", "100"}};
    cluster.options.properties = properties;
    cluster.options.property_count = 2;
    cluster.options.session_ms = 1000;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    rd_kafka_mock_broker_set_down(cluster.mock, 1);
    int64_t before = cluster_now_ms();
    struct cm_kafka_put put = {.topic = "t", .value = CM_SPAN("lost")};
    enum cm_status status = CM_OK;
    for (int i = 0; i < 1000 && status == CM_OK; i++)
        status = cm_kafka_put(writer, &put);
    cr_expect_eq(status, CM_EIO);
    cr_expect_lt(cluster_now_ms() - before, 7000);
    cr_expect(strstr(cm_kafka_writer_error(writer), "not acknowledged"), "%s", cm_kafka_writer_error(writer));
    rd_kafka_mock_broker_set_up(cluster.mock, 1);
    cluster_put(writer, "t", 0, 10, 500);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK, "%s", cm_kafka_writer_error(writer));
    cm_kafka_writer_close(writer);
    expect_numbers(&cluster, "t", 0, 510);
    cluster_free(&cluster);
}

/* Cards of very many interactions at once must not fill the memory. */
Test(kafka_writer, what_waits_to_be_sent_has_a_limit_in_bytes)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    cluster.options.session_ms = 1000;
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    rd_kafka_mock_broker_set_down(cluster.mock, 1);
    char *large = calloc(1, 1u << 20);
    struct cm_kafka_put put = {.topic = "t", .value = {large, 1u << 20}};
    enum cm_status status = CM_OK;
    int taken = 0;
    for (; taken < 100 && status == CM_OK; taken++)
        status = cm_kafka_put(writer, &put);
    cr_expect_eq(status, CM_EIO);
    cr_expect_leq(taken, 33);
    free(large);
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

Test(kafka_writer, a_topic_may_go_uncompressed)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    cluster_topic(&cluster, "u", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cr_assert_eq(cm_kafka_writer_plain(writer, "t"), CM_OK);
    cr_assert_eq(cm_kafka_writer_plain(writer, "t"), CM_OK);
    cluster_put(writer, "t", 0, 0, 50);
    cluster_put(writer, "u", 0, 0, 50);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cm_kafka_writer_close(writer);
    expect_numbers(&cluster, "t", 0, 50);
    expect_numbers(&cluster, "u", 0, 50);
    cluster_free(&cluster);
}

Test(kafka_writer, what_can_never_go_is_refused)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 1);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    char *vast = calloc(1, 17u << 20);
    struct cm_kafka_put put = {.topic = "t", .value = {vast, 17u << 20}};
    cr_assert_eq(cm_kafka_put(writer, &put), CM_EUSAGE);
    put = (struct cm_kafka_put){.topic = "t", .partition = 5, .value = CM_SPAN("x")};
    cr_assert_eq(cm_kafka_put(writer, &put), CM_EUSAGE);
    cr_assert(strstr(cm_kafka_writer_error(writer), "topic t"));
    free(vast);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK, "and harms nothing else");
    cm_kafka_writer_close(writer);
    cluster_free(&cluster);
}

Test(kafka_writer, closing_with_a_broker_away_is_quick)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 1);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    rd_kafka_mock_broker_set_down(cluster.mock, 1);
    cluster_put(writer, "t", 0, 0, 1000);
    int64_t before = cluster_now_ms();
    cm_kafka_writer_close(writer);
    cr_assert_lt(cluster_now_ms() - before, 2000);
    cluster_free(&cluster);
}
