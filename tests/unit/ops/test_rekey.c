#include "topic.h"

#include "ops/rekey.h"

static struct cluster cluster;
static struct cm_rekey_result result;
static atomic_bool stop;

static void make(void)
{
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "chats", 3);
    cluster_topic(&cluster, "events", 4);
    atomic_store(&stop, false);
}

static void drop(void)
{
    cluster_free(&cluster);
}

TestSuite(rekey, .init = make, .fini = drop);

static enum cm_status rekey(struct cm_rekey_request request)
{
    request.from = request.to = &cluster.options;
    request.from_topic = "chats";
    request.to_topic = "events";
    request.group = "movers";
    request.stop = &stop;
    request.diagnostics = &cluster.diagnostics;
    return cm_rekey(&request, &result);
}

static void put(struct cm_kafka_writer *writer, int partition, const char *key, const char *value, int64_t ts)
{
    struct cm_kafka_put message = {.topic = "chats", .partition = partition, .ts = ts};
    if (key)
        message.key = cm_span_of(key);
    if (value)
        message.value = cm_span_of(value);
    cr_assert_eq(cm_kafka_put(writer, &message), CM_OK);
}

static void put_event(struct cm_kafka_writer *writer, int partition, const char *key, int interaction, int seq, int64_t ts)
{
    char text[128];
    snprintf(text, sizeof text, "{\"interaction_id\":\"i%d\",\"seq\":%d,\"speaker\":\"agent\",\"text\":\"hi\"}", interaction, seq);
    put(writer, partition, key, text, ts);
}

static const struct topic_record *find(const struct topic *topic, const char *key, const char *part)
{
    for (size_t i = 0; i < topic->count; i++)
        if (strcmp(topic->records[i].key, key) == 0 && strstr(topic->records[i].value, part))
            return &topic->records[i];
    return NULL;
}

Test(rekey, every_message_goes_where_its_interaction_goes)
{
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    put_event(writer, 0, "amara", 1, 1, 1000);
    put_event(writer, 0, "i2", 2, 1, 2000);
    put_event(writer, 1, "ben", 1, 2, 3000);
    put_event(writer, 2, NULL, 1, 3, 4000);
    put(writer, 1, "old", "no JSON", 5000);
    put(writer, 1, "old", "{\"interaction_id\":\"i1\"}", 6000);
    put(writer, 2, "gone", NULL, 7000);
    put(writer, 2, NULL, "{\"interaction_id\":\"i3\",\"speaker\":\"agent\",\"text\":\"\"}", 8000);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.read, 8);
    cr_expect_eq(result.written, 8);
    cr_expect_eq(result.events, 5);
    cr_expect_eq(result.same, 1);
    cr_expect_eq(result.keyed, 1);
    cr_expect_eq(result.blank, 1);
    cr_expect_eq(result.anonymous, 1);
    cr_expect_eq(result.source_partitions, 3);
    cr_expect_eq(cm_dead_letter_counts_total(&result.rejected), 2);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_assert_eq(topic->count, 8);
    for (size_t i = 1; i < topic->count; i++)
        for (size_t k = 0; k < i; k++)
            if (topic->records[i].has_key && strcmp(topic->records[i].key, topic->records[k].key) == 0)
                cr_expect_eq(topic->records[i].partition, topic->records[k].partition);
    cr_assert_not_null(find(topic, "i1", "\"seq\":3"));
    cr_expect_eq(find(topic, "i1", "\"seq\":3")->ts, 4000);
    cr_assert_not_null(find(topic, "old", "no JSON"));
    cr_expect_eq(find(topic, "old", "no JSON")->ts, 5000);
    cr_expect_not_null(find(topic, "i1", "{\"interaction_id\":\"i1\"}"));
    cr_assert_not_null(find(topic, "gone", ""));
    cr_expect_not(find(topic, "gone", "")->has_value);
    free(topic);
    cm_kafka_writer_close(writer);
}

Test(rekey, a_second_run_goes_on_where_the_first_one_ended)
{
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    for (int i = 0; i < 300; i++)
        put_event(writer, i % 3, "x", i % 7, i, 1000 + i);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.written, 300);
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.read, 0, "nothing is new");
    put_event(writer, 1, "x", 1, 300, 5000);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.read, 1);
    struct topic *topic = topic_read(&cluster, "events", 4);
    cr_expect_eq(topic->count, 301);
    free(topic);
    cm_kafka_writer_close(writer);
}

Test(rekey, of_an_empty_topic_ends)
{
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.read, 0);
}

/* One message comes while it follows; then it is asked to stop. */
static struct cm_kafka_writer *late;

static void write_then_stop(void *context, const struct cm_rekey_progress *progress)
{
    int *told = context;
    if (progress->read == 1 && ++*told == 1) {
        put_event(late, 2, "x", 5, 2, 2000);
        cr_assert_eq(cm_kafka_settle(late), CM_OK);
    }
    if (progress->read == 2)
        atomic_store(&stop, true);
}

Test(rekey, follows_until_it_is_stopped)
{
    int told = 0;
    late = cluster_writer(&cluster, NULL);
    put_event(late, 0, "x", 5, 1, 1000);
    cr_assert_eq(cm_kafka_settle(late), CM_OK);
    cr_assert_eq(rekey((struct cm_rekey_request){.follow = true, .progress = write_then_stop, .progress_context = &told}), CM_ESTOPPED);
    cr_expect_eq(result.written, 2);
    atomic_store(&stop, false);
    cr_assert_eq(rekey((struct cm_rekey_request){0}), CM_OK);
    cr_expect_eq(result.read, 0, "what it had copied was committed");
    cm_kafka_writer_close(late);
}
