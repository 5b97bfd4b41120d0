#include "topic.h"

#include "io/source.h"
#include "ops/replay.h"

#define HOUR_MS INT64_C(3600000)

static struct cluster cluster;
static struct cm_replay_result result;
static atomic_bool stop;

static void make(void)
{
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "events", 4);
    atomic_store(&stop, false);
}

static void drop(void)
{
    cluster_free(&cluster);
}

TestSuite(replay, .init = make, .fini = drop);

static enum cm_status replay(const char *const *texts, size_t count, struct cm_replay_request request)
{
    struct cm_span contents[4];
    static const char *const names[4] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < count; i++)
        contents[i] = cm_span_of(texts[i]);
    struct cm_source_request sources = {.names = names, .contents = contents, .count = count};
    cr_assert_eq(cm_source_open(&request.source, &cm_source_mem, &sources, &cluster.diagnostics), CM_OK);
    request.kafka = &cluster.options;
    request.topic = "events";
    request.partitions = 4;
    request.folder = "/tmp";
    request.stop = &stop;
    request.diagnostics = &cluster.diagnostics;
    enum cm_status status = cm_replay(&request, &result);
    cm_source_close(request.source);
    return status;
}

#define EVENT(id, seq, more) "{\"interaction_id\":\"" id "\",\"seq\":" #seq ",\"speaker\":\"agent\",\"text\":\"hi\"" more "}\n"

/* The partition of a key, and that all its messages are there in the order in which they came. */
static void expect_order(const struct topic *topic, const char *key, const char *order)
{
    char text[128] = "";
    size_t len = 0;
    for (size_t i = 0; i < topic->count; i++) {
        const struct topic_record *record = &topic->records[i];
        const char *seq = strstr(record->value, "\"seq\":");
        if (strcmp(record->key, key) == 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%.1s", seq ? seq + 6 : "?");
    }
    cr_expect_str_eq(text, order, "%s: %s", key, text);
}

Test(replay, lines_go_over_as_they_are_keyed_by_their_interaction)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":1000") EVENT("b", 1, "") "\n" EVENT("a", 2, ",\"ts\":3000") "no JSON\r\n",
                                        EVENT("a", 3, "") "{\"interaction_id\":\"a\",\"seq\":4,\"speaker\":\"x\"}"};
    cr_assert_eq(replay(texts, 2, (struct cm_replay_request){0}), CM_OK);
    cr_expect_eq(result.lines, 6);
    cr_expect_eq(result.events, 4);
    cr_expect_eq(result.sent, 6);
    cr_expect_eq(result.safe, 6);
    cr_expect_eq(result.keyed, 1);
    cr_expect_eq(result.rejected.by_reason[CM_REJECT_NOT_JSON], 1);
    cr_expect_eq(result.target.partitions, 4);
    cr_expect_not(result.target.made);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_assert_eq(topic->count, 6);
    expect_order(topic, "a", "1234");
    expect_order(topic, "b", "1");
    for (size_t i = 0; i < topic->count; i++) {
        const struct topic_record *record = &topic->records[i];
        if (strcmp(record->key, "b") == 0)
            cr_expect_eq(record->ts, 1000, "the time of the line before it");
        if (!record->has_key)
            cr_expect_str_eq(record->value, "no JSON\r");
        if (strcmp(record->key, "a") == 0 && strstr(record->value, "\"seq\":2"))
            cr_expect_eq(record->ts, 3000);
        if (strcmp(record->key, "a") == 0 && strstr(record->value, "\"seq\":3"))
            cr_expect_gt(record->ts, HOUR_MS, "the first line of a file without a time: now");
    }
    free(topic);
}

Test(replay, bad_lines_may_be_left_out)
{
    static const char *const texts[] = {EVENT("a", 1, "") "no JSON\n{\"interaction_id\":\"a\"}\n"};
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){.skip_bad = true}), CM_OK);
    cr_expect_eq(result.sent, 1);
    cr_expect_eq(result.lines, 3);
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){.skip_bad = true, .speed = 1000}), CM_OK);
    cr_expect_eq(result.sent, 1);
}

Test(replay, paced_events_come_by_their_time)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":1000") EVENT("a", 3, ",\"ts\":61000") EVENT("a", 4, ""),
                                        EVENT("a", 2, ",\"ts\":31000") EVENT("a", 5, ",\"ts\":121000")};
    int64_t before = cluster_now_ms();
    cr_assert_eq(replay(texts, 2, (struct cm_replay_request){.speed = 100 * CM_REPLAY_SPEED_ONE}), CM_OK);
    cr_expect_geq(cluster_now_ms() - before, 1200);
    cr_expect_eq(result.span_ms, 120000);
    cr_expect_eq(result.safe, 5);
    struct topic *topic = topic_read(&cluster, "events", 4);
    expect_order(topic, "a", "12345");
    free(topic);
}

Test(replay, rebased_events_happen_now)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":1000,\"end_ts\":2000") EVENT("a", 2, ",\"ts\":11000")};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t wall = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){.speed = 100 * CM_REPLAY_SPEED_ONE, .rebase = true}), CM_OK);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_assert_eq(topic->count, 2);
    cr_expect_geq(topic->records[0].ts, wall);
    cr_expect_lt(topic->records[0].ts, wall + CLUSTER_DEADLINE_MS);
    cr_expect_eq(topic->records[1].ts - topic->records[0].ts, 100, "ten seconds, a hundred times as fast");
    cr_expect_not_null(strstr(topic->records[0].value, "\"ts\":\"20"));
    cr_expect_not_null(strstr(topic->records[0].value, "\"end_ts\":\"20"));
    cr_expect_eq(result.redated, 0);
    free(topic);
}

Test(replay, an_event_ahead_of_now_is_sent_under_the_time_of_now)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":\"2999-01-01T00:00:00Z\"") EVENT("b", 1, "")};
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){0}), CM_OK);
    cr_expect_eq(result.redated, 1);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_assert_eq(topic->count, 2);
    for (size_t i = 0; i < 2; i++)
        cr_expect_lt(topic->records[i].ts, INT64_C(32472144000000));
    free(topic);
}

Test(replay, a_dry_run_sends_nothing)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":1000") EVENT("a", 2, ",\"ts\":3601000")};
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){.dry_run = true, .speed = CM_REPLAY_SPEED_ONE}), CM_OK);
    cr_expect_eq(result.sent, 2);
    cr_expect_eq(result.span_ms, HOUR_MS);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_expect_eq(topic->count, 0);
    free(topic);
}

Test(replay, a_line_that_is_too_large_is_counted)
{
    size_t len = 2u << 20;
    char *text = malloc(len + 1);
    memset(text, 'x', len);
    text[len] = '\0';
    const char *texts[] = {text, EVENT("a", 1, "")};
    cr_assert_eq(replay(texts, 2, (struct cm_replay_request){0}), CM_OK);
    cr_expect_eq(result.too_large, 1);
    cr_expect_eq(result.sent, 1);
    cr_expect_eq(result.rejected.by_reason[CM_REJECT_NOT_JSON], 1);
    free(text);
}

static void stop_at_once(void *context, const struct cm_replay_progress *progress)
{
    (void)context;
    if (progress->sent > 0)
        atomic_store(&stop, true);
}

Test(replay, stops_when_it_is_asked_to)
{
    static const char *const texts[] = {EVENT("a", 1, ",\"ts\":1000") EVENT("a", 2, ",\"ts\":9999999999")};
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){.speed = CM_REPLAY_SPEED_ONE, .progress = stop_at_once}), CM_ESTOPPED);
    cr_expect_eq(result.sent, 1);
    cr_expect_eq(result.safe, 1);
}

Test(replay, where_no_broker_answers_is_told)
{
    static const char *const texts[] = {EVENT("a", 1, "")};
    struct cm_kafka_options options = cluster.options;
    cluster.options.brokers = "127.0.0.1:1";
    cr_assert_eq(replay(texts, 1, (struct cm_replay_request){0}), CM_EIO);
    cr_expect_not_null(cm_diagnostics_find(&cluster.diagnostics, "kafka-away"));
    cr_expect_eq(result.sent, 0);
    cluster.options = options;
}
