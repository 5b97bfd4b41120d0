#include "cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kafka/topics.h"

/* Listens and never answers: as bad as a broker can be. */
static int listen_mutely(char *address, size_t size)
{
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;
    cr_assert_eq(bind(socket_, (struct sockaddr *)&name, len), 0);
    cr_assert_eq(listen(socket_, 16), 0);
    cr_assert_eq(getsockname(socket_, (struct sockaddr *)&name, &len), 0);
    snprintf(address, size, "127.0.0.1:%u", (unsigned)ntohs(name.sin_port));
    return socket_;
}

struct heard {
    pthread_mutex_t lock;
    size_t count, warnings_of_kind;
};

static void hear(void *context, int level, const char *facility, const char *text)
{
    struct heard *heard = context;
    pthread_mutex_lock(&heard->lock);
    heard->count++;
    heard->warnings_of_kind += strstr(text, "producer property") || strstr(text, "consumer property");
    pthread_mutex_unlock(&heard->lock);
    cr_assert(level >= 0 && level <= 7);
    cr_assert_not_null(facility);
}

Test(kafka_client, its_version_fits)
{
    cr_assert_geq(cm_kafka_version_number(), CM_KAFKA_VERSION_MIN);
    cr_assert(strchr(cm_kafka_version(), '.'));
}

static void open_and_close_all(const char *brokers, struct heard *heard)
{
    struct cm_kafka_property properties[] = {{"linger.ms", "1"},
                                             {"fetch.min.bytes", "1"},
                                             {"group.instance.id", "one"},
                                             {"message.max.bytes", "20000000"},
                                             {"compression.type", "zstd"}};
    struct cm_kafka_options options = {.brokers = brokers,
                                       .properties = properties,
                                       .property_count = 5,
                                       .prefetch_bytes = 1 << 20,
                                       .session_ms = 1000,
                                       .poll_ms = 2000,
                                       .log = heard ? hear : NULL,
                                       .log_context = heard};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    static const char *const topics[] = {"t"};
    struct cm_kafka_member *member;
    struct cm_kafka_assignment assignment;
    cr_assert_eq(cm_kafka_member_open(&options, "g", topics, 1, &diagnostics, &member), CM_OK);
    cr_assert_eq(cm_kafka_member_poll(member, 300, &assignment), CM_END);

    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    int64_t low, high;
    cr_assert_eq(cm_kafka_reader_open(&options, false, &diagnostics, &reader), CM_OK);
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_reader_bounds(reader, "t", 0, 200, &low, &high), CM_EIO);

    struct cm_kafka_writer *writer;
    struct cm_kafka_put put = {.topic = "t", .value = CM_SPAN("x")};
    cr_assert_eq(cm_kafka_writer_open(&options, NULL, &diagnostics, &writer), CM_OK);
    cr_assert_eq(cm_kafka_put(writer, &put), CM_OK);
    int64_t before = cluster_now_ms();
    cr_assert_eq(cm_kafka_settle(writer), CM_EIO);
    cr_assert_lt(cluster_now_ms() - before, 2200);

    struct cm_kafka_topics *handle;
    uint32_t partitions;
    char *value;
    cr_assert_eq(cm_kafka_topics_open(&options, &diagnostics, &handle), CM_OK);
    cr_assert_eq(cm_kafka_topic_partitions(handle, "t", 300, &partitions), CM_EIO);
    cr_assert_neq(cm_kafka_topics_error(handle)[0], '\0');
    cr_assert_eq(cm_kafka_topic_create(handle, "t", 1, 1, NULL, 0, 300), CM_EIO);
    cr_assert_eq(cm_kafka_topic_setting(handle, "t", "x", 300, &value), CM_EIO);

    before = cluster_now_ms();
    cm_kafka_topics_close(handle);
    cm_kafka_writer_close(writer);
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cm_kafka_member_close(member);
    cr_assert_lt(cluster_now_ms() - before, 5000, "all five together");
    cm_diagnostics_free(&diagnostics);
}

Test(kafka_client, where_nobody_listens_nothing_hangs)
{
    struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
    open_and_close_all("127.0.0.1:1", &heard);
    cr_assert_gt(heard.count, 0, "that nobody listens is told");
    cr_assert_eq(heard.warnings_of_kind, 0, "that one kind of handle has no use for a property is not");
}

Test(kafka_client, where_nobody_answers_nothing_hangs)
{
    char address[32];
    int mute = listen_mutely(address, sizeof address);
    open_and_close_all(address, NULL);
    close(mute);
}

/* Whatever waits for a broker gives up soon once the process is to end, and at once where it has waited for as long already. */
Test(kafka_client, an_end_is_not_waited_for)
{
    static atomic_bool stop;
    char address[32], *value;
    int mute = listen_mutely(address, sizeof address);
    struct cm_kafka_options options = {.brokers = address, .prefetch_bytes = 1 << 20, .session_ms = 60000, .poll_ms = 60000, .stop = &stop};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_writer *writer;
    struct cm_kafka_topics *topics;
    struct cm_kafka_put put = {.topic = "t", .value = CM_SPAN("x")};
    uint32_t partitions;
    cr_assert_eq(cm_kafka_writer_open(&options, NULL, &diagnostics, &writer), CM_OK);
    cr_assert_eq(cm_kafka_topics_open(&options, &diagnostics, &topics), CM_OK);
    atomic_store(&stop, true);
    int64_t before = cluster_now_ms();
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(cm_kafka_put(writer, &put), CM_OK);
        cr_assert_eq(cm_kafka_settle(writer), CM_EIO);
    }
    cr_assert_lt(cluster_now_ms() - before, CM_KAFKA_HURRY_MS + 1500);
    before = cluster_now_ms();
    cr_assert_eq(cm_kafka_topic_partitions(topics, "t", 60000, &partitions), CM_EIO);
    cr_assert_eq(cm_kafka_topic_setting(topics, "t", "x", 60000, &value), CM_EIO);
    cr_assert_eq(cm_kafka_topic_create(topics, "t", 1, 1, NULL, 0, 60000), CM_EIO);
    cr_assert_lt(cluster_now_ms() - before, CM_KAFKA_HURRY_MS + 1500);
    cm_kafka_topics_close(topics);
    cm_kafka_writer_close(writer);
    close(mute);
}

struct last {
    pthread_mutex_t lock;
    char text[256];
};

static void keep(void *context, int level, const char *facility, const char *text)
{
    struct last *last = context;
    (void)level, (void)facility;
    pthread_mutex_lock(&last->lock);
    snprintf(last->text, sizeof last->text, "%s", text);
    pthread_mutex_unlock(&last->lock);
}

/* No threads, nodes, states or counts of librdkafka's own. */
Test(kafka_client, what_librdkafka_says_is_told_in_plain_words)
{
    struct last last = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct cm_kafka_options options = {.brokers = "127.0.0.1:1", .session_ms = 1000, .poll_ms = 2000, .log = keep, .log_context = &last};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_topics *topics;
    uint32_t partitions;
    static const char wanted[] = "127.0.0.1:1: Connect to ipv4#127.0.0.1:1 failed: Connection refused";
    cr_assert_eq(cm_kafka_topics_open(&options, &diagnostics, &topics), CM_OK);
    cr_assert_eq(cm_kafka_topic_partitions(topics, "t", 500, &partitions), CM_EIO);
    cr_expect_str_eq(cm_kafka_topics_error(topics), wanted);
    cm_kafka_topics_close(topics);
    cr_expect_str_eq(last.text, wanted);
}

Test(kafka_client, a_batch_that_was_forgotten_does_not_hang_the_end)
{
    struct cluster cluster;
    cluster_make(&cluster, 1);
    cluster_topic(&cluster, "t", 1);
    struct cm_kafka_writer *writer = cluster_writer(&cluster, NULL);
    cluster_put(writer, "t", 0, 0, 10);
    cr_assert_eq(cm_kafka_settle(writer), CM_OK);
    cm_kafka_writer_close(writer);
    struct cm_kafka_reader *reader = cluster_reader(&cluster);
    struct cm_kafka_stream *stream;
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, "t", 0, 0, 0, &cluster.diagnostics), CM_OK);
    static struct cm_kafka_batch batch;
    int64_t until = cluster_now_ms() + CLUSTER_DEADLINE_MS;
    while (cm_kafka_stream_read(stream, 100, &batch) != CM_OK)
        cr_assert_lt(cluster_now_ms(), until);
    int64_t before = cluster_now_ms();
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    cr_assert_lt(cluster_now_ms() - before, 3500);
    cm_kafka_batch_free(&batch); /* and the handle ends by itself */
    cluster_free(&cluster);
}
