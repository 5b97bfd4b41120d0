/* A whole run on a simulated cluster, where what goes wrong is what only the cluster can do. */
#include "live/serve/serve.h"

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "kafka/reader.h"
#include "kafka/writer.h"
#include "live/serve/cluster.h"

#define FETCH 1 /* ApiKey */
#define DEADLINE_MS 30000
#define EVENT "{\"interaction_id\":\"%s\",\"seq\":%d,\"type\":\"%s\",\"speaker\":\"agent\",\"text\":\"Good day\"}"

struct running {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *mock;
    struct cm_config config;
    struct cm_rules *rules;
    struct cm_diagnostics diagnostics;
    struct cm_serve_request request;
    atomic_bool stop, ready, broken;
    bool dies; /* the reader, as soon as there is a partition */
    enum cm_status status;
    pthread_t thread;
    struct cm_kafka_writer *writer;
};

/* The simulated cluster answers no administrator. All topics are there. */
enum cm_status __wrap_cm_cluster_topics(const struct cm_config *config, const struct cm_cluster_log *log, const char *const *pack_names,
                                        size_t pack_count, int wait_ms, uint32_t *partitions, struct cm_diagnostics *diagnostics);

enum cm_status __wrap_cm_cluster_topics(const struct cm_config *config, const struct cm_cluster_log *log, const char *const *pack_names,
                                        size_t pack_count, int wait_ms, uint32_t *partitions, struct cm_diagnostics *diagnostics)
{
    (void)config, (void)log, (void)pack_names, (void)pack_count, (void)wait_ms, (void)diagnostics;
    partitions[0] = 1;
    return CM_OK;
}

/* The reader may die, as one whose password is not taken any more. */
static atomic_bool reader_dies;
enum cm_status __real_cm_kafka_stream_read(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch);
enum cm_status __wrap_cm_kafka_stream_read(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch);

enum cm_status __wrap_cm_kafka_stream_read(struct cm_kafka_stream *stream, int wait_ms, struct cm_kafka_batch *batch)
{
    return atomic_load(&reader_dies) ? CM_EIO : __real_cm_kafka_stream_read(stream, wait_ms, batch);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell(void *context, enum cm_serve_level level, const char *text)
{
    struct running *running = context;
    (void)level;
    if (strstr(text, "taking over"))
        atomic_store(&reader_dies, running->dies);
    if (strstr(text, "cannot be read"))
        atomic_store(&running->broken, true);
}

static void ready(void *context)
{
    atomic_store(&((struct running *)context)->ready, true);
}

static void await(atomic_bool *flag, const char *what)
{
    int64_t until = now_ms() + DEADLINE_MS;
    while (!atomic_load(flag) && now_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_assert(atomic_load(flag), "%s", what);
}

static struct cm_kafka_options options_of(const struct running *running)
{
    return (struct cm_kafka_options){
        .brokers = rd_kafka_mock_cluster_bootstraps(running->mock), .prefetch_bytes = 8u << 20, .session_ms = 4000, .poll_ms = 10000};
}

static void *run(void *context)
{
    struct running *running = context;
    running->status = cm_serve(&running->request, &running->diagnostics);
    return NULL;
}

static void set(struct running *running, const char *assignment)
{
    cr_assert_eq(cm_config_set(&running->config, assignment, &running->diagnostics), CM_OK, "%s", assignment);
}

static void prepare(struct running *running)
{
    static const char *const topics[] = {"events", "events-state", "events-scores", "events-dead-letter"};
    static const char *const packs[] = {CM_SOURCE_DIR "/tests/e2e/pack"};
    char source[256];
    *running = (struct running){0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    running->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    running->mock = rd_kafka_mock_cluster_new(running->rk, 1);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        cr_assert_eq(rd_kafka_mock_topic_create(running->mock, topics[i], 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(cm_config_init(&running->config), CM_OK);
    snprintf(source, sizeof source, "source=kafka://%s/events", rd_kafka_mock_cluster_bootstraps(running->mock));
    set(running, source);
    set(running, "threads=1");
    set(running, "tick=50ms");
    set(running, "session=6s");
    cr_assert_eq(cm_config_complete(&running->config), CM_OK);
    cr_assert_eq(cm_rules_load(packs, 1, &running->diagnostics, &running->rules), CM_OK);
    running->request = (struct cm_serve_request){
        .config = &running->config, .rules = running->rules, .stop = &running->stop, .tell = tell, .ready = ready, .context = running};
    struct cm_kafka_options options = options_of(running);
    cr_assert_eq(cm_kafka_writer_open(&options, NULL, &running->diagnostics, &running->writer), CM_OK);
}

static void begin(struct running *running)
{
    atomic_store(&running->stop, false);
    atomic_store(&running->ready, false);
    cr_assert_eq(pthread_create(&running->thread, NULL, run, running), 0);
    await(&running->ready, "never ready");
}

static void end(struct running *running)
{
    atomic_store(&running->stop, true);
    pthread_join(running->thread, NULL);
    cr_expect_eq(running->status, CM_OK, "%d", (int)running->status);
}

static void finish(struct running *running)
{
    cm_kafka_writer_close(running->writer);
    cm_rules_release(running->rules);
    cm_config_free(&running->config);
    cm_diagnostics_free(&running->diagnostics);
    rd_kafka_mock_cluster_destroy(running->mock);
    rd_kafka_destroy(running->rk);
}

/* An interaction of a message and its end. */
static void put(struct running *running, const char *id)
{
    for (int seq = 1; seq <= 2; seq++) {
        char line[256];
        snprintf(line, sizeof line, EVENT, id, seq, seq == 1 ? "message" : "end");
        struct cm_kafka_put event = {.topic = "events", .key = cm_span_of(id), .value = cm_span_of(line)};
        cr_assert_eq(cm_kafka_put(running->writer, &event), CM_OK);
    }
    cr_assert_eq(cm_kafka_settle(running->writer), CM_OK);
}

/* Does a message with this key come to stand in the topic? */
static bool comes(struct running *running, const char *topic, struct cm_span key)
{
    static struct cm_kafka_batch batch;
    struct cm_kafka_options options = options_of(running);
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    bool found = false;
    cr_assert_eq(cm_kafka_reader_open(&options, true, &running->diagnostics, &reader), CM_OK);
    cr_assert_eq(cm_kafka_stream_open(reader, &stream), CM_OK);
    cr_assert_eq(cm_kafka_stream_start(stream, topic, 0, 0, CM_KAFKA_FIRST, &running->diagnostics), CM_OK);
    for (int64_t until = now_ms() + DEADLINE_MS / 2; !found && now_ms() < until;) {
        enum cm_status status = cm_kafka_stream_read(stream, 200, &batch);
        cr_assert(status == CM_OK || status == CM_END);
        for (size_t i = 0; status == CM_OK && i < batch.count; i++)
            found |= batch.items[i].note == CM_KAFKA_MESSAGE && cm_span_equal(batch.items[i].key, key);
        cm_kafka_batch_free(&batch);
    }
    cm_kafka_stream_close(stream);
    cm_kafka_reader_close(reader);
    return found;
}

static bool comes_out(struct running *running, const char *id)
{
    return comes(running, "events-scores", cm_span_of(id));
}

/* A permission that is taken away and given back: librdkafka stops reading, and says so once. */
Test(serve, a_partition_that_could_not_be_read_is_read_again)
{
    struct running running;
    prepare(&running);
    begin(&running);
    put(&running, "before");
    cr_expect(comes_out(&running, "before"));
    rd_kafka_mock_push_request_errors(running.mock, FETCH, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    await(&running.broken, "nobody noticed");
    put(&running, "after");
    cr_expect(comes_out(&running, "after"), "its partition is not read any more");
    end(&running);
    finish(&running);
}

/* The end of a partition is a place: what comes while nobody reads is behind it. */
Test(serve, latest_is_where_the_first_run_began)
{
    struct running running;
    prepare(&running);
    set(&running, "start=latest");
    put(&running, "old");
    begin(&running);
    cr_expect(comes(&running, "events-state", CM_SPAN("\0manifest")), "where it began is not kept");
    end(&running);
    put(&running, "between");
    begin(&running);
    cr_expect(comes_out(&running, "between"), "came between two runs, and was never read");
    end(&running);
    finish(&running);
}

Test(serve, states_that_nobody_can_read_end_the_run)
{
    struct running running;
    prepare(&running);
    running.dies = true;
    cr_assert_eq(pthread_create(&running.thread, NULL, run, &running), 0);
    await(&running.broken, "nobody was told");
    int64_t until = now_ms() + DEADLINE_MS;
    while (pthread_tryjoin_np(running.thread, NULL) != 0 && now_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    cr_assert_lt(now_ms(), until, "it goes on");
    cr_expect_eq(running.status, CM_EIO);
    finish(&running);
}
