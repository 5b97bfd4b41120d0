/*
 * scores: topics of scorecards, read into the board from as far back as it may need.
 *
 * Cards are the same whoever reads them, and a newer one takes the place of an older: whatever goes wrong, all is read again.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "kafka/reader.h"
#include "kafka/topics.h"
#include "live/audience/watching.h"
#include "live/serve/cluster.h"

/* How long a broker may take to answer one question. */
#define ASK_MS 2000
/* How long a batch is waited for, and how soon an end is noticed. */
#define READ_MS 100
/* After so long without anything a broker is asked whether it is there, and whether topics have grown. */
#define LOOK_MS 3000
/* After a fault that passes: until it is tried again. */
#define RETRY_MS 1000
/* Unread in memory, whatever the run itself may have. */
#define PREFETCH_BYTES ((uint64_t)8 << 20)
#define WHY_MAX_BYTES 512u

/* What it waits for. */
enum missing { MISSING_NOTHING, MISSING_TOPIC, MISSING_ANSWER };

struct partition {
    uint32_t topic, number;
    int64_t until; /* offset before which all is history */
    bool seen;     /* up to there */
};

struct cm_scores {
    struct cm_scores_request request;
    pthread_t thread;
    atomic_bool ends, failed;
    const char *names[CM_CONFIG_LIST_MAX]; /* of topics */
    size_t name_count;

    /* the thread's alone */
    struct cm_kafka_topics *topics;
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    struct partition *partitions;
    size_t count, cap, seen;
    uint32_t widths[CM_CONFIG_LIST_MAX]; /* partitions of each topic */
    enum missing missing;                /* told once each time */
};

static bool ended(const struct cm_scores *scores)
{
    /* relaxed: nothing else is read by way of them */
    return atomic_load_explicit(&scores->ends, memory_order_relaxed) || atomic_load_explicit(scores->request.stop, memory_order_relaxed);
}

static void tell_seen(struct cm_scores *scores)
{
    enum cm_board_state state = scores->missing                                  ? CM_BOARD_STALLED
                                : scores->count && scores->seen == scores->count ? CM_BOARD_LIVE
                                                                                 : CM_BOARD_STARTING;
    scores->request.seen(scores->request.context, state, (uint32_t)scores->seen, (uint32_t)scores->count);
}

/* ---------------------------------------------------------------------- telling */

/* Why it waits may be put in other words each time that it asks; only where something else is missing than before is it news. */
static enum cm_status go_away(struct cm_scores *scores, enum missing missing, const char *why)
{
    char text[WHY_MAX_BYTES + 64];
    if (missing != scores->missing && !ended(scores)) {
        snprintf(text, sizeof text, "the wallboard waits for its scorecards: %s", why);
        scores->request.tell(scores->request.context, true, text);
    }
    scores->missing = missing;
    tell_seen(scores);
    return CM_EIO;
}

static enum cm_status of_diagnostics(struct cm_scores *scores, enum cm_status status, struct cm_diagnostics *diagnostics)
{
    if (status == CM_EIO)
        status = go_away(scores, MISSING_ANSWER, diagnostics->count ? diagnostics->items[0].message : cm_status_text(status));
    else if (status != CM_OK)
        scores->request.tell(scores->request.context, true, diagnostics->count ? diagnostics->items[0].message : cm_status_text(status));
    cm_diagnostics_free(diagnostics);
    return status;
}

static void come_back(struct cm_scores *scores)
{
    if (scores->missing)
        scores->request.tell(scores->request.context, false, "the wallboard reads scorecards again");
    scores->missing = MISSING_NOTHING;
}

/* ---------------------------------------------------------------------- opening */

/* CM_END: there is no such topic yet. */
static enum cm_status ask_width(struct cm_scores *scores, size_t topic, uint32_t *width)
{
    char why[WHY_MAX_BYTES];
    enum cm_status status = cm_kafka_topic_partitions(scores->topics, scores->names[topic], ASK_MS, width);
    if (status == CM_EIO)
        return go_away(scores, MISSING_ANSWER, cm_kafka_topics_error(scores->topics));
    if (status == CM_EUSAGE) {
        snprintf(why, sizeof why, "topic %s cannot be used: %s", scores->names[topic], cm_kafka_topics_error(scores->topics));
        scores->request.tell(scores->request.context, true, why);
    } else if (status == CM_END && scores->request.config->board.only) { /* else it is about to be made */
        snprintf(why, sizeof why, "there is no topic %s", scores->names[topic]);
        go_away(scores, MISSING_TOPIC, why);
    }
    return status;
}

/* From where on scorecards of a partition may be needed. */
static enum cm_status start_of(struct cm_scores *scores, const struct partition *partition, int64_t *from, int64_t *until)
{
    const struct cm_config_board *board = &scores->request.config->board;
    const char *name = scores->names[partition->topic];
    char why[WHY_MAX_BYTES];
    int64_t low, since = cm_clock_wall_ms() - board->window_ms - board->history_ms;
    enum cm_status status = cm_kafka_reader_bounds(scores->reader, name, partition->number, ASK_MS, &low, until);
    if (status == CM_OK)
        status = cm_kafka_reader_since(scores->reader, name, partition->number, since, ASK_MS, from);
    if (status == CM_OK && *from == CM_KAFKA_LAST)
        *from = *until;
    if (status == CM_EIO) {
        snprintf(why, sizeof why, "partition %u of topic %s does not answer", partition->number, name);
        return go_away(scores, MISSING_ANSWER, why);
    }
    return status;
}

static enum cm_status start(struct cm_scores *scores, uint32_t topic, uint32_t number)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct partition partition = {.topic = topic, .number = number};
    int64_t from = 0;
    enum cm_status status = cm_grow(&scores->partitions, &scores->cap, scores->count + 1, sizeof *scores->partitions);
    if (status == CM_OK)
        status = start_of(scores, &partition, &from, &partition.until);
    if (status != CM_OK)
        return status;
    partition.seen = from >= partition.until;
    status = cm_kafka_stream_start(scores->stream, scores->names[topic], topic, number, from, &diagnostics);
    if (status == CM_OK) {
        scores->partitions[scores->count++] = partition;
        scores->seen += partition.seen;
    }
    return of_diagnostics(scores, status, &diagnostics);
}

/* All partitions of all topics. */
static enum cm_status start_all(struct cm_scores *scores)
{
    enum cm_status status = CM_OK;
    for (uint32_t topic = 0; topic < scores->name_count && status == CM_OK; topic++) {
        status = ask_width(scores, topic, &scores->widths[topic]);
        for (uint32_t number = 0; status == CM_OK && number < scores->widths[topic] && !ended(scores); number++)
            status = start(scores, topic, number);
    }
    if (status != CM_OK)
        return status;
    come_back(scores);
    tell_seen(scores);
    return CM_OK;
}

static void tell_kafka(void *context, int level, const char *facility, const char *text)
{
    (void)context, (void)level, (void)facility, (void)text; /* what it comes to we tell in our own words */
}

static enum cm_status open_handles(struct cm_scores *scores)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_cluster_log log = {.log = tell_kafka, .stop = scores->request.stop};
    struct cm_kafka_options options = cm_cluster_options(scores->request.config, &log);
    options.prefetch_bytes = options.prefetch_bytes < PREFETCH_BYTES ? options.prefetch_bytes : PREFETCH_BYTES;
    enum cm_status status = cm_kafka_topics_open(&options, &diagnostics, &scores->topics);
    if (status == CM_OK)
        status = cm_kafka_reader_open(&options, true, &diagnostics, &scores->reader);
    if (status == CM_OK)
        status = cm_kafka_stream_open(scores->reader, &scores->stream);
    return of_diagnostics(scores, status, &diagnostics);
}

static void close_handles(struct cm_scores *scores)
{
    cm_kafka_stream_close(scores->stream);
    cm_kafka_reader_close(scores->reader);
    cm_kafka_topics_close(scores->topics);
    scores->stream = NULL;
    scores->reader = NULL;
    scores->topics = NULL;
    scores->count = scores->seen = 0;
    memset(scores->widths, 0, sizeof scores->widths);
}

/* ---------------------------------------------------------------------- reading */

static struct partition *find(struct cm_scores *scores, const struct cm_kafka_message *message)
{
    for (size_t i = 0; i < scores->count; i++)
        if (scores->partitions[i].topic == message->topic && scores->partitions[i].number == message->partition)
            return &scores->partitions[i];
    return NULL;
}

static void see(struct cm_scores *scores, const struct cm_kafka_message *message)
{
    struct partition *partition = find(scores, message);
    bool all =
        message->note == CM_KAFKA_AT_END || (message->note == CM_KAFKA_MESSAGE && partition && message->offset + 1 >= partition->until);
    if (!partition || partition->seen || !all)
        return;
    partition->seen = true;
    scores->seen++;
    tell_seen(scores);
}

/*
 * They may come faster than the board can look at them, and what it does not get nobody would give it again: it falls behind,
 * and the topic keeps them meanwhile.
 */
static void wait_for_board(struct cm_scores *scores)
{
    uint64_t most = scores->request.config->board.inbox_bytes / CM_AUDIENCE_INBOX_SHARE;
    while (cm_web_waiting(scores->request.web) > most && !ended(scores))
        poll(NULL, 0, 1);
}

/* One that does not fit into half an inbox is the only one that is dropped: the board has counted it, and does not show what was before it.
 */
static void take_card(struct cm_scores *scores, const struct cm_kafka_message *message)
{
    if (!cm_web_card(scores->request.web, message->value) && message->key.ptr)
        cm_web_erase(scores->request.web, message->key);
}

static enum cm_status take(struct cm_scores *scores, const struct cm_kafka_message *message)
{
    if (message->note == CM_KAFKA_BROKEN)
        return go_away(scores, MISSING_ANSWER, message->error);
    if (scores->missing) {
        come_back(scores);
        tell_seen(scores);
    }
    wait_for_board(scores);
    if (message->note == CM_KAFKA_MESSAGE && message->value.ptr)
        take_card(scores, message);
    else if (message->note == CM_KAFKA_MESSAGE && message->key.ptr)
        cm_web_erase(scores->request.web, message->key);
    if (scores->seen < scores->count)
        see(scores, message);
    return CM_OK;
}

/* Nothing came for a while. A broker that does not answer is no reason to begin anew: librdkafka goes on where it was. */
static enum cm_status look_around(struct cm_scores *scores)
{
    for (size_t topic = 0; topic < scores->name_count; topic++) {
        uint32_t width;
        enum cm_status status = ask_width(scores, topic, &width);
        if (status == CM_EIO || status == CM_END)
            return CM_OK;
        if (status != CM_OK)
            return status;
        if (width == scores->widths[topic])
            continue;
        scores->request.tell(scores->request.context, false, "a topic of scorecards has grown: they are read again");
        return CM_EIO;
    }
    if (scores->missing) {
        come_back(scores);
        tell_seen(scores);
    }
    return CM_OK;
}

static enum cm_status read_on(struct cm_scores *scores)
{
    struct cm_kafka_batch *batch = calloc(1, sizeof *batch);
    enum cm_status status = batch ? CM_OK : CM_ENOMEM;
    int quiet_ms = 0;
    while (status == CM_OK && !ended(scores)) {
        status = cm_kafka_stream_read(scores->stream, READ_MS, batch);
        quiet_ms = status == CM_END ? quiet_ms + READ_MS : 0;
        if (status == CM_END)
            status = quiet_ms % LOOK_MS == 0 ? look_around(scores) : CM_OK;
        else if (status == CM_EIO)
            go_away(scores, MISSING_ANSWER, "they cannot be read any more");
        for (size_t i = 0; status == CM_OK && i < batch->count; i++)
            status = take(scores, &batch->items[i]);
        cm_kafka_batch_free(batch);
    }
    free(batch);
    return status;
}

/* CM_EIO, CM_END: may get better. */
static enum cm_status watch(struct cm_scores *scores)
{
    enum cm_status status = open_handles(scores);
    while (status == CM_OK && !ended(scores)) {
        status = scores->count ? read_on(scores) : start_all(scores);
        if (status == CM_END || (status == CM_EIO && !scores->count)) { /* the handles are as good as new ones */
            status = CM_OK;
            for (int waited = 0; waited < RETRY_MS && !ended(scores); waited += READ_MS)
                poll(NULL, 0, READ_MS);
        }
    }
    close_handles(scores);
    return status;
}

static void *run(void *argument)
{
    struct cm_scores *scores = argument;
    enum cm_status status = CM_EIO;
    while (status == CM_EIO && !ended(scores)) {
        status = watch(scores);
        for (int waited = 0; status == CM_EIO && waited < RETRY_MS && !ended(scores); waited += READ_MS)
            poll(NULL, 0, READ_MS);
    }
    atomic_store_explicit(&scores->failed, status != CM_OK && !ended(scores), memory_order_relaxed);
    return NULL;
}

/* ----------------------------------------------------------------- open and close */

static const struct cm_uri *sink_of(const struct cm_config *config)
{
    for (size_t i = 0; i < config->sink_count; i++)
        if (config->sinks[i].kind == CM_PLACE_KAFKA)
            return &config->sinks[i];
    return NULL;
}

bool cm_scores_wanted(const struct cm_config *config)
{
    return config->board.only || sink_of(config);
}

enum cm_status cm_scores_open(const struct cm_scores_request *request, struct cm_scores **out)
{
    const struct cm_config *config = request->config;
    struct cm_scores *scores = calloc(1, sizeof *scores);
    *out = NULL;
    if (!scores)
        return CM_ENOMEM;
    scores->request = *request;
    for (size_t i = 0; config->board.only && i < config->source_count; i++)
        scores->names[scores->name_count++] = config->sources[i].topic;
    if (!config->board.only) /* of the first pack; all sinks hold the same */
        scores->names[scores->name_count++] = sink_of(config)->topic;
    enum cm_status status = cm_thread_start(&scores->thread, run, scores);
    if (status == CM_OK)
        *out = scores;
    else
        free(scores);
    return status;
}

void cm_scores_close(struct cm_scores *scores)
{
    if (!scores)
        return;
    atomic_store_explicit(&scores->ends, true, memory_order_relaxed);
    pthread_join(scores->thread, NULL);
    free(scores->partitions);
    free(scores);
}

bool cm_scores_failed(const struct cm_scores *scores)
{
    return scores && atomic_load_explicit(&scores->failed, memory_order_relaxed);
}
