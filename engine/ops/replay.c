#include "ops/replay.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "event/retime.h"
#include "kafka/writer.h"
#include "ops/address.h"
#include "ops/pace.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000L
/* At full speed the clock is looked at after so many lines. */
#define LOOK_EVERY 1024u
/* How often progress is told; how long a wait lasts before a stop is noticed. */
#define PROGRESS_MS 100
/* What failed is noticed at a settle, and a settle is a short pause: seldom at full speed, soon where there is time. */
#define SETTLE_FULL_MS 5000
#define SETTLE_PACED_MS 1000

struct replay {
    const struct cm_replay_request *request;
    struct cm_replay_result *result;
    struct cm_kafka_writer *writer; /* NULL: nothing is sent */
    struct cm_pace *pace;           /* NULL: at full speed */
    struct cm_arena arena;
    struct cm_buffer line;          /* rebased */
    int64_t started, told, settled; /* monotonic ms; started 0: nothing was sent yet */
    int64_t began, now;             /* wall ms: of the first message, and lately */
    int64_t before;                 /* ts of the line before, in this file */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static bool stopped(const struct replay *replay)
{
    /* Relaxed: a flag that is only polled. */
    return replay->request->stop && atomic_load_explicit(replay->request->stop, memory_order_relaxed);
}

static void tell_error(struct replay *replay, const char *id, const char *what, const char *why)
{
    cm_diagnostics_add(replay->request->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){0}, NULL, "%s: %s", what, why);
}

/* ------------------------------------------------------------------- sending */

static enum cm_status settle(struct replay *replay)
{
    replay->settled = clock_ms(CLOCK_MONOTONIC);
    if (!replay->writer || replay->result->safe == replay->result->sent)
        return CM_OK;
    enum cm_status status = cm_kafka_settle(replay->writer);
    if (status == CM_OK) {
        replay->result->safe = replay->result->sent;
        return CM_OK;
    }
    tell_error(replay, "kafka-write", "not everything was taken", cm_kafka_writer_error(replay->writer));
    return CM_EIO;
}

static void tell_progress(struct replay *replay, int64_t now)
{
    const struct cm_replay_request *request = replay->request;
    struct cm_replay_progress progress = {.gathering = replay->pace && !replay->started,
                                          .lines = replay->pace && replay->started ? cm_pace_count(replay->pace) : 0,
                                          .sent = replay->result->sent,
                                          .bytes = replay->result->bytes,
                                          .seconds = replay->started ? (double)(now - replay->started) / MS_PER_S : 0};
    replay->told = now;
    cm_source_progress(request->source, &progress.source);
    request->progress(request->progress_context, &progress);
}

/* The clocks, and what goes by them. */
static enum cm_status look_up(struct replay *replay)
{
    int64_t now = clock_ms(CLOCK_MONOTONIC);
    replay->now = clock_ms(CLOCK_REALTIME);
    if (replay->request->progress && now - replay->told >= PROGRESS_MS)
        tell_progress(replay, now);
    if (stopped(replay))
        return CM_ESTOPPED;
    return now - replay->settled >= (replay->pace ? SETTLE_PACED_MS : SETTLE_FULL_MS) ? settle(replay) : CM_OK;
}

/* What the message says about when it was; 0: now. */
static int64_t time_of(struct replay *replay, const struct cm_address *address, int64_t ts)
{
    if (replay->request->rebase && ts > 0)
        return ts; /* now, for whoever asks no finer than the clock is looked at */
    if (address->reject != CM_REJECT_NONE || !(address->event.has & CM_HAS_TS))
        return ts > 0 && ts <= replay->now ? ts : 0; /* it goes with its neighbours */
    int64_t time = cm_target_time(&replay->result->target, ts, replay->now);
    replay->result->redated += time == 0;
    return time;
}

static enum cm_status put(struct replay *replay, const struct cm_address *address, struct cm_span value, int64_t ts)
{
    struct cm_kafka_put put = {
        .topic = replay->request->topic, .partition = CM_KAFKA_ANY_PARTITION, .key = address->key, .value = value, .ts = ts};
    enum cm_status status = replay->writer ? cm_kafka_put(replay->writer, &put) : CM_OK;
    if (status == CM_OK) {
        replay->result->sent++;
        replay->result->bytes += value.len;
        return CM_OK;
    }
    if (status != CM_ENOMEM)
        tell_error(replay, "kafka-write", "a message was not taken", cm_kafka_writer_error(replay->writer));
    return status == CM_ENOMEM ? CM_ENOMEM : CM_EIO;
}

/* ms of the archive as the moment at which it is sent. */
static int64_t rebased(const struct replay *replay, int64_t ms)
{
    return replay->began + (ms - cm_pace_first(replay->pace)) * CM_REPLAY_SPEED_ONE / (int64_t)replay->request->speed;
}

/* The line with other times. */
static enum cm_status rebase(struct replay *replay, struct cm_address *address, struct cm_span *line)
{
    struct cm_event *event = &address->event;
    if (address->reject != CM_REJECT_NONE || !(event->has & (CM_HAS_TS | CM_HAS_END_TS)))
        return CM_OK;
    event->ts = rebased(replay, event->ts);
    event->end_ts = rebased(replay, event->end_ts);
    cm_buffer_reset(&replay->line);
    enum cm_status status = cm_event_retime(&replay->line, *line, event->ts, event->end_ts);
    *line = cm_buffer_view(&replay->line);
    return status;
}

static void count(struct replay *replay, const struct cm_address *address, struct cm_span line)
{
    struct cm_replay_result *result = replay->result;
    result->lines++;
    result->events += address->reject == CM_REJECT_NONE;
    result->anonymous += address->anonymous;
    if (address->reject == CM_REJECT_NONE)
        return;
    cm_dead_letter_count(&result->rejected, address->reject);
    cm_dead_letter_look(&result->rejected, line);
    result->keyed += address->key.ptr != NULL && !replay->request->skip_bad;
}

/* ts: of the event, or the one that stands for it. */
static enum cm_status send(struct replay *replay, struct cm_address *address, struct cm_span line, int64_t ts)
{
    if (replay->request->skip_bad && address->reject != CM_REJECT_NONE)
        return CM_OK;
    enum cm_status status = CM_OK;
    if (replay->request->rebase) {
        status = rebase(replay, address, &line);
        ts = ts == CM_PACE_NONE_MS ? ts : rebased(replay, ts);
    }
    if (status == CM_OK && line.len + address->key.len > replay->result->target.value_bytes) {
        replay->result->too_large++;
        return CM_OK;
    }
    return status == CM_OK ? put(replay, address, line, time_of(replay, address, ts)) : status;
}

/* ------------------------------------------------------------- at full speed */

static enum cm_status send_line(struct replay *replay, const struct cm_block *block, const struct cm_line *line)
{
    struct cm_address address;
    bool first = block->first_of_file && line->number == 1;
    enum cm_status status = cm_address_line(&replay->arena, line->bytes, first, &address);
    if (status != CM_OK || address.blank)
        return status;
    if (first)
        replay->before = CM_PACE_NONE_MS;
    count(replay, &address, line->bytes);
    if (address.reject == CM_REJECT_NONE && address.event.has & CM_HAS_TS)
        replay->before = address.event.ts;
    if (replay->result->lines % LOOK_EVERY == 0)
        status = look_up(replay);
    return status == CM_OK ? send(replay, &address, line->bytes, replay->before) : status;
}

/* ---------------------------------------------------------------------- paced */

static enum cm_status gather_line(struct replay *replay, const struct cm_block *block, const struct cm_line *line)
{
    struct cm_address address;
    bool first = block->first_of_file && line->number == 1;
    enum cm_status status = cm_address_line(&replay->arena, line->bytes, first, &address);
    if (status != CM_OK || address.blank)
        return status;
    count(replay, &address, line->bytes);
    if (replay->result->lines % LOOK_EVERY == 0)
        status = look_up(replay);
    if (replay->request->skip_bad && address.reject != CM_REJECT_NONE)
        return status;
    int64_t ts = address.reject == CM_REJECT_NONE && address.event.has & CM_HAS_TS ? address.event.ts : CM_PACE_NONE_MS;
    if (status == CM_OK)
        status = cm_pace_add(replay->pace, line->bytes, first, address.key, ts);
    if (status == CM_EIO)
        tell_error(replay, "spill", replay->request->folder, strerror(errno));
    return status;
}

/* Until ms after the start; messages under way need nothing of us. */
static enum cm_status wait_until(struct replay *replay, int64_t due)
{
    for (;;) {
        int64_t left = due - (clock_ms(CLOCK_MONOTONIC) - replay->started);
        enum cm_status status = left > 0 || replay->result->sent % LOOK_EVERY == 0 ? look_up(replay) : CM_OK;
        if (status != CM_OK || left <= 0)
            return status;
        int64_t step = left < PROGRESS_MS ? left : PROGRESS_MS;
        struct timespec pause = {.tv_sec = step / MS_PER_S, .tv_nsec = step % MS_PER_S * NS_PER_MS};
        nanosleep(&pause, NULL); /* a signal ends it early, and is looked at */
    }
}

static enum cm_status send_paced(struct replay *replay, struct cm_paced paced)
{
    struct cm_address address;
    int64_t first = cm_pace_first(replay->pace);
    enum cm_status status = CM_OK;
    if (replay->writer && paced.at != CM_PACE_NONE_MS)
        status = wait_until(replay, (paced.at - first) * CM_REPLAY_SPEED_ONE / (int64_t)replay->request->speed);
    if (status == CM_OK)
        status = cm_address_line(&replay->arena, paced.line, paced.first_of_file, &address);
    return status == CM_OK ? send(replay, &address, paced.line, paced.at) : status;
}

static void begin(struct replay *replay)
{
    replay->started = replay->settled = clock_ms(CLOCK_MONOTONIC);
    replay->began = replay->now = clock_ms(CLOCK_REALTIME);
}

static enum cm_status run_paced(struct replay *replay)
{
    enum cm_status status = cm_pace_sort(replay->pace);
    if (status == CM_EIO)
        tell_error(replay, "spill", replay->request->folder, strerror(errno));
    if (status != CM_OK)
        return status;
    if (cm_pace_first(replay->pace) != CM_PACE_NONE_MS)
        replay->result->span_ms = cm_pace_last(replay->pace) - cm_pace_first(replay->pace);
    begin(replay);
    for (size_t i = 0; i < cm_pace_count(replay->pace) && status == CM_OK; i++)
        status = send_paced(replay, cm_pace_at(replay->pace, i));
    return status;
}

/* ------------------------------------------------------------------- the whole */

/* Only the head of the line is there. */
static void count_cut(struct replay *replay, struct cm_span head)
{
    struct cm_address address = {.reject = CM_REJECT_LINE_TOO_LONG};
    count(replay, &address, head);
    replay->result->too_large++;
}

static enum cm_status read_block(struct replay *replay, const struct cm_block *block)
{
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    if (block->line_too_long)
        count_cut(replay, block->bytes);
    else
        while (status == CM_OK && cm_block_next_line(block, &line))
            status = replay->pace ? gather_line(replay, block, &line) : send_line(replay, block, &line);
    return status;
}

static enum cm_status read_all(struct replay *replay)
{
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status;
    while ((status = cm_source_next(replay->request->source, &block)) == CM_OK) {
        status = read_block(replay, &block);
        if (status != CM_OK)
            break;
    }
    cm_block_free(&block);
    return status == CM_END ? CM_OK : status;
}

static enum cm_status open_all(struct replay *replay)
{
    const struct cm_replay_request *request = replay->request;
    enum cm_status status = cm_target_prepare(request->kafka, request->topic, request->partitions, !request->dry_run, request->diagnostics,
                                              &replay->result->target);
    struct cm_kafka_options options = *request->kafka;
    options.session_ms = CM_TARGET_MESSAGE_MS;
    if (status == CM_OK && !request->dry_run)
        status = cm_kafka_writer_open(&options, NULL, request->diagnostics, &replay->writer);
    if (status != CM_OK || request->speed == 0)
        return status;
    status = cm_pace_new(request->folder, &replay->pace);
    if (status == CM_EIO)
        tell_error(replay, "spill", request->folder, strerror(errno));
    return status;
}

enum cm_status cm_replay(const struct cm_replay_request *request, struct cm_replay_result *result)
{
    struct replay replay = {.request = request, .result = result, .before = CM_PACE_NONE_MS};
    *result = (struct cm_replay_result){0};
    enum cm_status status = open_all(&replay);
    if (status == CM_OK) {
        if (!replay.pace)
            begin(&replay);
        status = read_all(&replay);
        if (status == CM_OK && replay.pace)
            status = run_paced(&replay);
    }
    if (status == CM_OK || status == CM_ESTOPPED) {
        enum cm_status settled = settle(&replay);
        status = settled == CM_OK ? status : settled;
    }
    if (replay.started)
        result->seconds = (double)(clock_ms(CLOCK_MONOTONIC) - replay.started) / MS_PER_S;
    if (request->dry_run)
        result->safe = result->sent;
    cm_kafka_writer_close(replay.writer);
    cm_pace_free(replay.pace);
    cm_arena_free(&replay.arena);
    cm_buffer_free(&replay.line);
    return status;
}
