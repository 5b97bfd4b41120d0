#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "live/serve/serving.h"

/* ------------------------------------------------------------------ counters */

static void put_gauges(struct cm_serving *serving, struct cm_buffer *out)
{
    struct cm_live_gauges gauges;
    cm_live_gauges(serving->live, &gauges);
    cm_buffer_printf(out,
                     ",\"partitions\":%" PRIu64 ",\"running\":%" PRIu64 ",\"open\":%" PRIu64 ",\"closed_kept\":%" PRIu64
                     ",\"markers\":%" PRIu64 ",\"dirty\":%" PRIu64 ",\"memory_bytes\":%" PRIu64 ",\"spilled_bytes\":%" PRIu64,
                     gauges.units, gauges.running, gauges.open, gauges.closed, gauges.markers, gauges.dirty, gauges.state_bytes,
                     gauges.spilled_bytes);
}

static void put_units(struct cm_serving *serving, struct cm_buffer *out)
{
    struct cm_live_unit unit;
    cm_buffer_text(out, ",\"units\":[");
    for (size_t i = 0; cm_live_unit_at(serving->live, i, &unit); i++) {
        int64_t high = serving->cluster ? cm_cluster_high(serving->cluster, unit.unit) : -1;
        bool placed = unit.running && unit.position < CM_POSITION_FIRST;
        cm_buffer_printf(out, "%s{\"source\":", i ? "," : "");
        cm_buffer_json(out, cm_span_of(serving->config->sources[CM_UNIT_SOURCE(unit.unit)].text));
        cm_buffer_printf(out, ",\"partition\":%u,\"running\":%s,\"epoch\":%" PRIu64 ",\"interactions\":%" PRIu64,
                         CM_UNIT_PARTITION(unit.unit), unit.running ? "true" : "false", unit.epoch, unit.items);
        if (placed)
            cm_buffer_printf(out, ",\"position\":%" PRIu64, unit.position);
        if (placed && high >= 0)
            cm_buffer_printf(out, ",\"lag\":%" PRId64, high > (int64_t)unit.position ? high - (int64_t)unit.position : 0);
        if (unit.watermark != CM_TIME_NONE_MS)
            cm_buffer_printf(out, ",\"watermark\":%" PRId64, unit.watermark);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}\n");
}

static void put_counters(struct cm_serving *serving, struct cm_buffer *out)
{
    const struct cm_counters *counters = cm_live_counters(serving->live);
    cm_buffer_printf(out, "{\"at\":%" PRId64 ",\"pid\":%ld", cm_serving_now_ms(serving), (long)getpid());
#define X(name, text) cm_buffer_printf(out, ",\"" #name "\":%" PRIu64, counters->name);
    CM_COUNTERS(X)
#undef X
    cm_buffer_text(out, ",\"rejected_by\":{");
    bool first = true;
    for (unsigned i = 1; i < CM_REJECT_COUNT; i++) {
        if (!counters->by_reason[i])
            continue;
        cm_buffer_printf(out, "%s\"%s\":%" PRIu64, first ? "" : ",", cm_reject_code((enum cm_reject)i), counters->by_reason[i]);
        first = false;
    }
    cm_buffer_byte(out, '}');
    put_gauges(serving, out);
    put_units(serving, out);
}

static bool write_file(const char *path, struct cm_span bytes)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = file >= 0;
    while (good && bytes.len) {
        ssize_t written = write(file, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        good = written > 0;
        bytes = good ? (struct cm_span){bytes.ptr + written, bytes.len - (size_t)written} : bytes;
    }
    return file >= 0 && close(file) == 0 && good;
}

/* Under another name first: a reader sees all of the old or all of the new. That it cannot be written ends nothing. */
static void write_counters(struct cm_serving *serving)
{
    const char *target = serving->config->counters_file;
    if (!target)
        return;
    cm_buffer_reset(&serving->counters);
    cm_buffer_reset(&serving->path);
    put_counters(serving, &serving->counters);
    cm_buffer_printf(&serving->path, "%s.new", target);
    cm_buffer_byte(&serving->path, '\0');
    bool good = cm_buffer_status(&serving->counters) == CM_OK && cm_buffer_status(&serving->path) == CM_OK &&
                write_file(serving->path.ptr, cm_buffer_view(&serving->counters));
    cm_failpoint(CM_FAILPOINT_COUNTERS_RENAME);
    if (good && rename(serving->path.ptr, target) == 0) {
        if (cm_serving_relieved(&serving->uncounted))
            cm_serving_tell(serving, CM_SERVE_NOTE, "counters are written again");
    } else if (cm_serving_troubled(&serving->uncounted)) {
        cm_serving_tell(serving, CM_SERVE_WARNING, "counters cannot be written to %s: %s", target, strerror(errno));
    }
}

/* --------------------------------------------------------------------- flush */

/* Why nothing could be written: by a sink, else by the writer. */
static void keep_error(struct cm_serving *serving)
{
    const char *why = serving->cluster  ? cm_cluster_error(serving->cluster)
                      : serving->writer ? cm_kafka_writer_error(serving->writer)
                                        : cm_status_text(CM_EIO);
    if (serving->diagnostics->count)
        why = serving->diagnostics->items[serving->diagnostics->count - 1].message;
    snprintf(serving->last_error, sizeof serving->last_error, "%s", why);
}

/* Nothing more is read, and it is tried again: a broker comes back, somebody makes room. But who read our standard output is gone. */
static enum cm_status stall(struct cm_serving *serving)
{
    if (cm_diagnostics_find(serving->diagnostics, "sink-closed"))
        return CM_EIO;
    keep_error(serving);
    if (cm_serving_troubled(&serving->stall) && !cm_serving_stopped(serving))
        cm_serving_tell(serving, CM_SERVE_WARNING, "%s%s; reading stops until it can be written", serving->stalled ? "still: " : "",
                        serving->last_error);
    cm_diagnostics_free(serving->diagnostics);
    *serving->diagnostics = CM_DIAGNOSTICS_EMPTY;
    serving->stall_ms = serving->stalled ? serving->stall_ms * 2 : CM_SERVE_STALL_MIN_MS;
    if (serving->stall_ms > CM_SERVE_STALL_MAX_MS)
        serving->stall_ms = CM_SERVE_STALL_MAX_MS;
    serving->stalled = true;
    return CM_OK;
}

static enum cm_status spill(struct cm_serving *serving)
{
    uint64_t before = cm_live_counters(serving->live)->spilled;
    enum cm_status status = cm_live_spill(serving->live);
    if (status == CM_OK && before < cm_live_counters(serving->live)->spilled && cm_serving_relieved(&serving->unspilled))
        cm_serving_tell(serving, CM_SERVE_NOTE, "states are moved out of memory again");
    if (status == CM_EIO && cm_serving_troubled(&serving->unspilled))
        cm_serving_tell(serving, CM_SERVE_WARNING, "states cannot be moved out of memory to %s, and stay there: %s",
                        cm_serving_spill_folder(serving), strerror(errno));
    return status == CM_EIO ? CM_OK : status;
}

static enum cm_status flush(struct cm_serving *serving)
{
    int64_t from = cm_serving_monotonic_ms();
    enum cm_status status = cm_live_timers(serving->live);
    if (status == CM_OK)
        status = cm_live_flush(serving->live);
    int64_t took = cm_serving_monotonic_ms() - from;
    cm_live_counters(serving->live)->flush_ms += (uint64_t)took;
    cm_metric_observe(&serving->flushes, took);
    if (status == CM_EIO)
        return stall(serving);
    if (status == CM_ESTOPPED) {
        cm_serving_tell(serving, CM_SERVE_WARNING, "another process has taken over (%s); starting over",
                        cm_cluster_error(serving->cluster));
        return cm_serving_start_over(serving);
    }
    if (status != CM_OK)
        return status;
    serving->stalled = false;
    cm_serving_written(serving);
    if (cm_serving_relieved(&serving->stall))
        cm_serving_tell(serving, CM_SERVE_NOTE, "writing again");
    status = cm_live_show_missed(serving->live); /* before states move out of memory: it reads some back */
    return status == CM_OK ? spill(serving) : status;
}

static enum cm_reject commonest(const struct cm_counters *counters)
{
    unsigned most = 1;
    for (unsigned i = 2; i < CM_REJECT_COUNT; i++)
        most = counters->by_reason[i] > counters->by_reason[most] ? i : most;
    return (enum cm_reject)most;
}

/* Where dead letters have no place to go, nobody would ever hear of lines that are no events. */
static void tell_rejected(struct cm_serving *serving)
{
    const struct cm_counters *counters = cm_live_counters(serving->live);
    if (serving->cluster || serving->config->dead_letter || counters->rejected == serving->rejected_told ||
        !cm_serving_troubled(&serving->rejecting))
        return;
    serving->rejected_told = counters->rejected;
    cm_serving_tell(serving, CM_SERVE_WARNING,
                    "%" PRIu64 " of %" PRIu64
                    " lines so far are no events (%s, most of them); dead_letter.file keeps their places and reasons",
                    counters->rejected, counters->messages, cm_reject_code(commonest(counters)));
}

/* The group may have given our units away while this process stood still: ask it first. */
static bool too_long_away(const struct cm_serving *serving)
{
    return serving->cluster && cm_serving_monotonic_ms() - serving->polled > serving->config->session_ms;
}

enum cm_status cm_serving_tick(struct cm_serving *serving, bool force)
{
    int64_t now = cm_serving_monotonic_ms();
    cm_live_clock(serving->live, cm_serving_now_ms(serving));
    bool full = cm_live_unflushed(serving->live) >= serving->config->flush_events && !serving->stalled;
    if (!force && now < serving->next_tick && !full)
        return CM_OK;
    if (too_long_away(serving)) {
        enum cm_status status = cm_serving_poll(serving);
        if (status != CM_OK)
            return status;
    }
    cm_serving_tell_warnings(serving);
    enum cm_status status = flush(serving);
    tell_rejected(serving);
    write_counters(serving);
    cm_serving_show(serving, false);
    /* a flush that takes longer than a tick must not be all that is done */
    int64_t end = cm_serving_monotonic_ms(), took = end - now, tick = serving->config->tick_ms;
    serving->next_tick = serving->stalled ? end + serving->stall_ms : now + (2 * took > tick ? 2 * took : tick);
    return status;
}
