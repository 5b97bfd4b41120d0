/*
 * live_latency: how long after an event its scorecard can be read: writes events at
 * a steady rate, reads the scores topic, and takes the time between.
 *
 *   live_latency BROKERS TOPIC SCORES FILE [--rate N | --window N] [--seconds N] [--warm N]
 *
 * --rate: so many events a second. --window: as fast as they are scored, with so many under way: what the run is capable of.
 *
 * An event is scored when a card of its interaction can be read whose header o is not below the event's offset. ts and end_ts of the events
 * are moved to now. What was written within --warm seconds is left out. Prints one line of JSON. One thread, and librdkafka's.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>

#include "base/hash.h"
#include "clock.h"
#include "event/retime.h"
#include "events.h"
#include "kafka/reader.h"
#include "kafka/topics.h"

#define ASK_MS 10000
#define DRAIN_NS INT64_C(20000000000) /* what is not scored by then is lost */
#define BURST 500u                    /* events between two looks at the cards */
#define NONE UINT32_MAX
#define SECOND_NS INT64_C(1000000000)

/* One event on its way; place in its interaction's list. */
struct sent {
    int64_t put_ns, offset; /* offset -1: not known yet */
    uint32_t talk, next;
};

/* One interaction: events that no card holds yet, oldest first. */
struct talk {
    struct cm_span id;
    uint64_t hash;
    uint32_t first, last;
    int64_t shown, shown_ns; /* newest card: offset of its last event, and when it was read */
};

struct run {
    const char *brokers, *topic, *scores, *file;
    uint64_t rate, window;
    double seconds, warm;
    struct bench_events events;
    struct sent *sent; /* an event */
    struct talk *talks;
    uint32_t *slots; /* open addressing by hash of the id */
    size_t talk_count, slot_mask;
    size_t put, shown, failed;
    int64_t from_ns;
    uint32_t *taken_us; /* of shown events that count */
    size_t taken;
    size_t shown_warm; /* shown when the warming was over */
    int64_t last_shown_ns;
    rd_kafka_t *producer;
    rd_kafka_topic_t *rkt;
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    struct cm_kafka_batch batch;
    struct cm_buffer line;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "live_latency: %s: %s\n", what, why);
    exit(2);
}

static void check(enum cm_status status, const char *what)
{
    if (status != CM_OK)
        die(what, cm_status_text(status));
}

/* -------------------------------------------------------------- interactions */

/* Its slot, or the free one where it would be. */
static uint32_t *slot_of(const struct run *run, struct cm_span id, uint64_t hash)
{
    size_t at = hash & run->slot_mask;
    while (run->slots[at] != NONE && !cm_span_equal(run->talks[run->slots[at]].id, id))
        at = (at + 1) & run->slot_mask;
    return &run->slots[at];
}

static void gather(struct run *run)
{
    size_t size = 1;
    while (size < 2 * run->events.count)
        size *= 2;
    run->slot_mask = size - 1;
    run->sent = calloc(run->events.count, sizeof *run->sent);
    run->talks = calloc(run->events.count, sizeof *run->talks);
    run->slots = malloc(size * sizeof *run->slots);
    run->taken_us = calloc(run->events.count, sizeof *run->taken_us);
    if (!run->sent || !run->talks || !run->slots || !run->taken_us)
        die("it failed", "out of memory");
    memset(run->slots, 0xff, size * sizeof *run->slots);
    for (size_t i = 0; i < run->events.count; i++) {
        struct cm_span id = bench_event_id(run->events.lines[i]);
        uint64_t hash = cm_hash64(id);
        uint32_t *slot = slot_of(run, id, hash);
        if (*slot == NONE) {
            *slot = (uint32_t)run->talk_count++;
            run->talks[*slot] = (struct talk){id, hash, NONE, NONE, -1, 0};
        }
        run->sent[i] = (struct sent){.offset = -1, .talk = *slot, .next = NONE};
    }
}

/* Events of this interaction that its newest card holds are scored. */
static void settle(struct run *run, struct talk *talk)
{
    while (talk->first != NONE) {
        const struct sent *sent = &run->sent[talk->first];
        if (sent->offset < 0 || sent->offset > talk->shown)
            return;
        if ((double)(sent->put_ns - run->from_ns) >= run->warm * 1e9)
            run->taken_us[run->taken++] = (uint32_t)((talk->shown_ns - sent->put_ns) / 1000);
        talk->first = sent->next;
        run->shown++;
        run->last_shown_ns = talk->shown_ns;
    }
    talk->last = NONE;
}

/* ------------------------------------------------------------------- writing */

static void take_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct run *run = opaque;
    struct sent *sent = message->_private;
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        run->failed++;
        return;
    }
    sent->offset = message->offset;
    settle(run, &run->talks[sent->talk]);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        die(name, why);
}

static void open_producer(struct run *run)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_conf_t *topic = rd_kafka_topic_conf_new();
    set(conf, "bootstrap.servers", run->brokers);
    set(conf, "linger.ms", "2");
    set(conf, "queue.buffering.max.messages", "1000000");
    rd_kafka_conf_set_dr_msg_cb(conf, take_report);
    rd_kafka_conf_set_opaque(conf, run);
    run->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!run->producer || rd_kafka_topic_conf_set(topic, "partitioner", "murmur2_random", why, sizeof why) != RD_KAFKA_CONF_OK)
        die("no producer", why);
    run->rkt = rd_kafka_topic_new(run->producer, run->topic, topic);
}

static void put_one(struct run *run)
{
    struct sent *sent = &run->sent[run->put];
    struct talk *talk = &run->talks[sent->talk];
    int64_t now = bench_wall_ms();
    cm_buffer_reset(&run->line);
    check(cm_event_retime(&run->line, run->events.lines[run->put], now, now), "an event");
    sent->put_ns = bench_now_ns();
    while (rd_kafka_produce(run->rkt, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, run->line.ptr, run->line.len, talk->id.ptr, talk->id.len,
                            sent) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("an event cannot be written", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(run->producer, 1);
    }
    if (talk->first == NONE)
        talk->first = (uint32_t)run->put;
    else
        run->sent[talk->last].next = (uint32_t)run->put;
    talk->last = (uint32_t)run->put++;
}

/* How many events should have been written by now. */
static size_t due(const struct run *run, int64_t now)
{
    double passed = (double)(now - run->from_ns) / 1e9;
    if (passed >= run->seconds)
        return run->put;
    size_t wanted = run->window ? run->shown + run->window : (size_t)(passed * (double)run->rate);
    return wanted < run->events.count ? wanted : run->events.count;
}

/* ------------------------------------------------------------------- reading */

static void open_reader(struct run *run)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_options options = {.brokers = run->brokers, .prefetch_bytes = 64u << 20, .session_ms = ASK_MS, .poll_ms = ASK_MS};
    struct cm_kafka_topics *topics;
    uint32_t partitions;
    check(cm_kafka_topics_open(&options, &diagnostics, &topics), "no broker");
    check(cm_kafka_topic_partitions(topics, run->scores, ASK_MS, &partitions), run->scores);
    cm_kafka_topics_close(topics);
    check(cm_kafka_reader_open(&options, true, &diagnostics, &run->reader), "no reader");
    check(cm_kafka_stream_open(run->reader, &run->stream), "no stream");
    for (uint32_t i = 0; i < partitions; i++)
        check(cm_kafka_stream_start(run->stream, run->scores, 0, i, CM_KAFKA_LAST, &diagnostics), run->scores);
}

static void take_card(struct run *run, const struct cm_kafka_message *message, int64_t now)
{
    struct cm_span text;
    int64_t offset = 0;
    uint32_t slot = *slot_of(run, message->key, cm_hash64(message->key));
    if (slot == NONE || !cm_kafka_header(message, "o", &text))
        die("a scorecard", "of nothing that was written here");
    for (size_t i = 0; i < text.len; i++)
        offset = offset * 10 + (text.ptr[i] - '0');
    struct talk *talk = &run->talks[slot];
    if (offset <= talk->shown)
        return;
    talk->shown = offset;
    talk->shown_ns = now;
    settle(run, talk);
}

static void read_cards(struct run *run, int wait_ms)
{
    enum cm_status status = cm_kafka_stream_read(run->stream, wait_ms, &run->batch);
    if (status != CM_END)
        check(status, "reading scorecards");
    int64_t now = bench_now_ns();
    for (size_t i = 0; i < run->batch.count; i++)
        if (run->batch.items[i].note == CM_KAFKA_MESSAGE)
            take_card(run, &run->batch.items[i], now);
    cm_kafka_batch_free(&run->batch);
}

/* ----------------------------------------------------------------------- run */

static void go(struct run *run)
{
    int64_t until = 0;
    run->from_ns = bench_now_ns();
    while (!until || (run->shown < run->put && bench_now_ns() < until)) {
        int64_t now = bench_now_ns();
        size_t wanted = due(run, now), burst = 0;
        while (run->put < wanted && burst++ < BURST)
            put_one(run);
        rd_kafka_poll(run->producer, 0);
        read_cards(run, run->put < wanted ? 0 : 1);
        if ((double)(now - run->from_ns) < run->warm * 1e9)
            run->shown_warm = run->shown;
        if (!until && (run->put == run->events.count || (double)(now - run->from_ns) >= run->seconds * 1e9))
            until = now + DRAIN_NS;
    }
}

static int by_size(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double quantile_ms(const struct run *run, double share)
{
    size_t at = (size_t)(share * (double)run->taken);
    return run->taken ? run->taken_us[at < run->taken ? at : run->taken - 1] / 1e3 : 0;
}

static void tell(struct run *run)
{
    double scored = (double)(run->shown - run->shown_warm) / ((double)(run->last_shown_ns - run->from_ns) / 1e9 - run->warm);
    qsort(run->taken_us, run->taken, sizeof *run->taken_us, by_size);
    printf("{\"events\": %zu, \"scored\": %zu, \"failed\": %zu, \"counted\": %zu, \"interactions\": %zu, \"events_per_s\": %.0f, "
           "\"p50_ms\": %.1f, \"p90_ms\": %.1f, \"p99_ms\": %.1f, \"max_ms\": %.1f}\n",
           run->put, run->shown, run->failed, run->taken, run->talk_count, scored, quantile_ms(run, 0.5), quantile_ms(run, 0.9),
           quantile_ms(run, 0.99), quantile_ms(run, 1));
}

static void read_arguments(struct run *run, int argc, char **argv)
{
    for (int i = 5; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--rate"))
            run->rate = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--window"))
            run->window = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seconds"))
            run->seconds = strtod(argv[i + 1], NULL);
        else if (!strcmp(argv[i], "--warm"))
            run->warm = strtod(argv[i + 1], NULL);
        else
            argc = 0;
    }
    if (argc < 5 || argc % 2 == 0 || (run->rate == 0) == (run->window == 0))
        die("usage", "live_latency BROKERS TOPIC SCORES FILE --rate N | --window N [--seconds N] [--warm N]");
    run->brokers = argv[1], run->topic = argv[2], run->scores = argv[3], run->file = argv[4];
}

int main(int argc, char **argv)
{
    struct run run = {.seconds = 10, .warm = 2};
    read_arguments(&run, argc, argv);
    check(bench_events_read(&run.events, run.file), run.file);
    gather(&run);
    open_producer(&run);
    open_reader(&run);
    go(&run);
    tell(&run);
    cm_kafka_stream_close(run.stream);
    cm_kafka_reader_close(run.reader);
    rd_kafka_topic_destroy(run.rkt);
    rd_kafka_destroy(run.producer);
    return run.failed || run.shown < run.put;
}
