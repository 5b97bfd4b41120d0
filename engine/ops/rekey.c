#include "ops/rekey.h"

#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "kafka/reader.h"
#include "kafka/writer.h"
#include "ops/address.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000
/* While nothing comes: how long until a stop is noticed. */
#define WAIT_MS 50
#define PROGRESS_MS 100
/* What may have to be copied again after a crash. */
#define FLUSH_MS 1000
#define FLUSH_MESSAGES 200000u
/* How often the group is asked about partitions that others copy, and how long it may take to answer. */
#define ASK_MS 1000
#define GROUP_WAIT_MS 5000
/* A writer may wait for its broker for longer than a member may be silent by default. */
#define POLL_MAX_MS (CM_TARGET_MESSAGE_MS + 30000u)

struct part {
    bool ours;
    int64_t position; /* next to be read; -1: not known yet */
    int64_t safe;     /* committed; -1: nothing */
    int64_t start;    /* where the copy began that is told as progress */
    int64_t goal;     /* the end at the start of the copy; 0: it was empty */
};

struct rekey {
    const struct cm_rekey_request *request;
    struct cm_rekey_result *result;
    struct cm_kafka_member *member;
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *stream;
    struct cm_kafka_writer *writer;
    struct part *parts;
    struct cm_kafka_place *places; /* as many as there are partitions */
    struct cm_kafka_batch batch;
    struct cm_arena arena;
    int64_t started, flushed, asked, told; /* monotonic ms */
    int64_t wall;                          /* ms, lately */
    uint64_t unflushed;
    bool moved; /* positions have changed since the last commit */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static enum cm_status fail(struct rekey *rekey, const char *id, const char *what, const char *why)
{
    cm_diagnostics_add(rekey->request->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){0}, NULL, "%s: %s", what, why);
    return CM_EIO;
}

static int64_t now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* -------------------------------------------------------------------- flushing */

/* A commit that does not come through now comes with the next one: the group's offsets are never ahead of what is safe. */
static enum cm_status commit(struct rekey *rekey)
{
    size_t count = 0;
    for (uint32_t i = 0; i < rekey->result->source_partitions; i++)
        if (rekey->parts[i].ours && rekey->parts[i].position > rekey->parts[i].safe)
            rekey->places[count++] = (struct cm_kafka_place){0, i, rekey->parts[i].position};
    if (count == 0)
        return CM_OK;
    enum cm_status status = cm_kafka_member_commit(rekey->member, rekey->places, count, GROUP_WAIT_MS);
    if (status == CM_OK)
        for (size_t i = 0; i < count; i++)
            rekey->parts[rekey->places[i].partition].safe = rekey->places[i].offset;
    rekey->moved = status != CM_OK;
    return status == CM_ENOMEM ? CM_ENOMEM : CM_OK;
}

static enum cm_status flush(struct rekey *rekey)
{
    rekey->flushed = now_ms();
    if (rekey->unflushed > 0 && cm_kafka_settle(rekey->writer) != CM_OK)
        return fail(rekey, "kafka-write", "not everything was taken; start again to go on", cm_kafka_writer_error(rekey->writer));
    rekey->unflushed = 0;
    return rekey->moved ? commit(rekey) : CM_OK;
}

/* ------------------------------------------------------------------- ownership */

static enum cm_status start(struct rekey *rekey, const struct cm_kafka_place *place)
{
    struct part *part = &rekey->parts[place->partition];
    *part = (struct part){.ours = true, .position = place->offset, .safe = place->offset, .start = part->start, .goal = part->goal};
    return cm_kafka_stream_start(rekey->stream, rekey->request->from_topic, 0, place->partition,
                                 place->offset >= 0 ? place->offset : CM_KAFKA_FIRST, rekey->request->diagnostics);
}

static enum cm_status take_over(struct rekey *rekey, const struct cm_kafka_assignment *assignment)
{
    struct cm_kafka_place *places = rekey->places;
    size_t count = 0;
    for (size_t i = 0; i < assignment->count; i++)
        if (assignment->places[i].partition < rekey->result->source_partitions)
            places[count++] = assignment->places[i];
    if (count < assignment->count) {
        fail(rekey, "kafka-group", "partitions were added to the topic; start again", rekey->request->from_topic);
        return CM_EIO;
    }
    if (count > 0 && cm_kafka_member_committed(rekey->member, places, count, CM_TARGET_WAIT_MS) != CM_OK)
        return fail(rekey, "kafka-group", "the group does not tell its offsets", cm_kafka_member_error(rekey->member));
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = start(rekey, &places[i]);
    return status;
}

static enum cm_status hand_over(struct rekey *rekey, const struct cm_kafka_assignment *assignment)
{
    enum cm_status status = assignment->change == CM_KAFKA_REVOKED ? flush(rekey) : CM_OK;
    for (size_t i = 0; i < assignment->count && status == CM_OK; i++) {
        uint32_t partition = assignment->places[i].partition;
        rekey->parts[partition].ours = false;
        status = cm_kafka_stream_stop(rekey->stream, 0, partition);
    }
    return status;
}

static enum cm_status poll_group(struct rekey *rekey, int wait_ms)
{
    struct cm_kafka_assignment assignment;
    enum cm_status status = cm_kafka_member_poll(rekey->member, wait_ms, &assignment);
    if (status == CM_END)
        return CM_OK;
    if (status == CM_EIO)
        return fail(rekey, "kafka-group", "the group does not go on with us", cm_kafka_member_error(rekey->member));
    if (status == CM_OK)
        status = assignment.change == CM_KAFKA_ASSIGNED ? take_over(rekey, &assignment) : hand_over(rekey, &assignment);
    return status == CM_OK ? cm_kafka_member_done(rekey->member) : status;
}

/* --------------------------------------------------------------------- copying */

static void count(struct cm_rekey_result *result, const struct cm_address *address, const struct cm_kafka_message *message)
{
    result->read++;
    result->blank += address->blank;
    result->anonymous += address->anonymous;
    if (address->blank)
        return;
    result->events += address->reject == CM_REJECT_NONE;
    result->same += address->reject == CM_REJECT_NONE && cm_span_equal(address->key, message->key);
    if (address->reject == CM_REJECT_NONE)
        return;
    cm_dead_letter_count(&result->rejected, address->reject);
    cm_dead_letter_look(&result->rejected, message->value);
    result->keyed += address->key.ptr != NULL;
}

static enum cm_status copy(struct rekey *rekey, const struct cm_kafka_message *message)
{
    struct cm_rekey_result *result = rekey->result;
    struct cm_address address;
    enum cm_status status = cm_address_line(&rekey->arena, message->value, true, &address);
    if (status != CM_OK)
        return status;
    count(result, &address, message);
    int64_t time = cm_target_time(&result->target, message->ts, rekey->wall);
    struct cm_kafka_put put = {.topic = rekey->request->to_topic,
                               .partition = CM_KAFKA_ANY_PARTITION,
                               .key = address.key.ptr ? address.key : message->key,
                               .value = message->value,
                               .ts = time};
    if (put.key.len + put.value.len > result->target.value_bytes) {
        result->too_large++;
        return CM_OK;
    }
    status = cm_kafka_put(rekey->writer, &put);
    if (status == CM_ENOMEM)
        return status;
    if (status != CM_OK)
        return fail(rekey, "kafka-write", "a message was not taken; start again to go on", cm_kafka_writer_error(rekey->writer));
    result->written++;
    result->redated += time == 0;
    result->bytes += put.value.len;
    rekey->unflushed++;
    return CM_OK;
}

static enum cm_status take(struct rekey *rekey, const struct cm_kafka_message *message)
{
    struct part *part = &rekey->parts[message->partition];
    enum cm_status status = CM_OK;
    switch (message->note) {
    case CM_KAFKA_MESSAGE:
        status = copy(rekey, message);
        part->position = message->offset + 1;
        break;
    case CM_KAFKA_GONE:
        if (part->position >= 0 && message->offset > part->position)
            rekey->result->gone += (uint64_t)(message->offset - part->position);
        part->position = message->offset;
        break;
    case CM_KAFKA_AT_END: /* marks of transactions have offsets, too */
        if (message->offset <= part->position)
            return CM_OK;
        part->position = message->offset;
        break;
    default:
        return fail(rekey, "kafka-read", rekey->request->from_topic, message->error);
    }
    rekey->moved = true;
    return status;
}

static enum cm_status read_batch(struct rekey *rekey)
{
    enum cm_status status = cm_kafka_stream_read(rekey->stream, WAIT_MS, &rekey->batch);
    rekey->wall = clock_ms(CLOCK_REALTIME);
    if (status == CM_END)
        return CM_OK;
    if (status == CM_EIO)
        return fail(rekey, "kafka-read", rekey->request->from_topic, "the broker refuses us");
    for (size_t i = 0; i < rekey->batch.count && status == CM_OK; i++)
        status = take(rekey, &rekey->batch.items[i]);
    cm_kafka_batch_free(&rekey->batch);
    return status;
}

/* ---------------------------------------------------------------------- the end */

/* Where others copy, the group knows how far they are. */
static enum cm_status ask_others(struct rekey *rekey)
{
    size_t count = 0;
    int64_t now = now_ms();
    if (now - rekey->asked < ASK_MS)
        return CM_OK;
    rekey->asked = now;
    for (uint32_t i = 0; i < rekey->result->source_partitions; i++)
        if (!rekey->parts[i].ours)
            rekey->places[count++] = (struct cm_kafka_place){0, i, -1};
    if (count == 0)
        return CM_OK;
    enum cm_status status = cm_kafka_member_committed(rekey->member, rekey->places, count, GROUP_WAIT_MS);
    for (size_t i = 0; i < count && status == CM_OK; i++)
        rekey->parts[rekey->places[i].partition].safe = rekey->places[i].offset;
    return status == CM_ENOMEM ? status : CM_OK;
}

/* What lies between where the copy is and where it is to end. */
static uint64_t left(const struct rekey *rekey, bool safely)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rekey->result->source_partitions; i++) {
        const struct part *part = &rekey->parts[i];
        int64_t at = part->ours && !safely ? part->position : part->safe;
        at = at < part->start ? part->start : at;
        sum += at < part->goal ? (uint64_t)(part->goal - at) : 0;
    }
    return sum;
}

static uint64_t total(const struct rekey *rekey)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rekey->result->source_partitions; i++)
        sum += (uint64_t)(rekey->parts[i].goal - rekey->parts[i].start);
    return sum;
}

static void tell_progress(struct rekey *rekey, int64_t now)
{
    struct cm_rekey_progress progress = {.read = rekey->result->read,
                                         .bytes = rekey->result->bytes,
                                         .total = rekey->request->follow ? 0 : total(rekey),
                                         .left = left(rekey, false),
                                         .seconds = (double)(now - rekey->started) / MS_PER_S};
    rekey->told = now;
    rekey->request->progress(rekey->request->progress_context, &progress);
}

static enum cm_status step(struct rekey *rekey, bool *ended)
{
    enum cm_status status = poll_group(rekey, 0);
    if (status == CM_OK)
        status = read_batch(rekey);
    int64_t now = now_ms();
    if (status == CM_OK && (now - rekey->flushed >= FLUSH_MS || rekey->unflushed >= FLUSH_MESSAGES))
        status = flush(rekey);
    if (rekey->request->progress && now - rekey->told >= PROGRESS_MS)
        tell_progress(rekey, now);
    if (status != CM_OK || rekey->request->follow || left(rekey, false) > 0)
        return status == CM_OK && !rekey->request->follow ? ask_others(rekey) : status;
    status = flush(rekey);
    *ended = left(rekey, true) == 0;
    return status;
}

/* Where the copy begins and where it is to end. */
static enum cm_status find_ends(struct rekey *rekey)
{
    for (uint32_t i = 0; i < rekey->result->source_partitions; i++) {
        int64_t low, high;
        if (cm_kafka_reader_bounds(rekey->reader, rekey->request->from_topic, i, CM_TARGET_WAIT_MS, &low, &high) != CM_OK)
            return fail(rekey, "kafka-read", rekey->request->from_topic, "its ends are not told");
        rekey->parts[i] = (struct part){.position = -1, .safe = -1, .start = low, .goal = high};
    }
    return CM_OK;
}

static enum cm_status open_handles(struct rekey *rekey)
{
    const struct cm_rekey_request *request = rekey->request;
    struct cm_kafka_options from = *request->from, to = *request->to;
    from.poll_ms = from.poll_ms > POLL_MAX_MS ? from.poll_ms : POLL_MAX_MS;
    to.session_ms = CM_TARGET_MESSAGE_MS;
    enum cm_status status = cm_kafka_writer_open(&to, NULL, request->diagnostics, &rekey->writer);
    if (status == CM_OK)
        status = cm_kafka_reader_open(&from, true, request->diagnostics, &rekey->reader);
    if (status == CM_OK)
        status = cm_kafka_stream_open(rekey->reader, &rekey->stream);
    if (status == CM_OK)
        status = find_ends(rekey);
    if (status == CM_OK)
        status = cm_kafka_member_open(&from, request->group, &request->from_topic, 1, request->diagnostics, &rekey->member);
    return status;
}

static enum cm_status open_all(struct rekey *rekey)
{
    const struct cm_rekey_request *request = rekey->request;
    struct cm_rekey_result *result = rekey->result;
    enum cm_status status = cm_target_source(request->from, request->from_topic, request->diagnostics, &result->source_partitions);
    if (status == CM_OK)
        status = cm_target_prepare(request->to, request->to_topic, request->partitions ? request->partitions : result->source_partitions,
                                   true, request->diagnostics, &result->target);
    if (status != CM_OK)
        return status;
    rekey->parts = calloc(result->source_partitions, sizeof *rekey->parts);
    rekey->places = calloc(result->source_partitions, sizeof *rekey->places);
    return rekey->parts && rekey->places ? open_handles(rekey) : CM_ENOMEM;
}

static void close_all(struct rekey *rekey)
{
    cm_kafka_member_close(rekey->member);
    cm_kafka_batch_free(&rekey->batch);
    cm_kafka_stream_close(rekey->stream);
    cm_kafka_reader_close(rekey->reader);
    cm_kafka_writer_close(rekey->writer);
    cm_arena_free(&rekey->arena);
    free(rekey->parts);
    free(rekey->places);
}

static bool stopped(const struct rekey *rekey)
{
    /* Relaxed: a flag that is only polled. */
    return rekey->request->stop && atomic_load_explicit(rekey->request->stop, memory_order_relaxed);
}

enum cm_status cm_rekey(const struct cm_rekey_request *request, struct cm_rekey_result *result)
{
    struct rekey *rekey = calloc(1, sizeof *rekey);
    bool ended = false;
    *result = (struct cm_rekey_result){0};
    if (!rekey)
        return CM_ENOMEM;
    rekey->request = request;
    rekey->result = result;
    enum cm_status status = open_all(rekey);
    rekey->started = rekey->flushed = now_ms();
    while (status == CM_OK && !ended && !stopped(rekey))
        status = step(rekey, &ended);
    if (status == CM_OK && !ended) {
        status = flush(rekey);
        status = status == CM_OK ? CM_ESTOPPED : status;
    }
    result->seconds = (double)(now_ms() - rekey->started) / MS_PER_S;
    close_all(rekey);
    free(rekey);
    return status;
}
