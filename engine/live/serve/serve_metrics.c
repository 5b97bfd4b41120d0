/* How a run goes, for Prometheus and for the wallboard. */
#include <stdio.h>
#include <string.h>

#include "live/serve/serving.h"

/* ----------------------------------------------------------------- latencies */

void cm_serving_applied(struct cm_serving *serving, int64_t read_ms)
{
    if (serving->applied_count < CM_SERVE_LATENCIES) /* of so many, the others are younger than the last */
        serving->applied[serving->applied_count++] = read_ms;
}

void cm_serving_written(struct cm_serving *serving)
{
    int64_t now = cm_serving_monotonic_ms();
    for (size_t i = 0; i < serving->applied_count; i++)
        cm_metric_observe(&serving->cards, now - serving->applied[i]);
    serving->applied_count = 0;
}

/* The owner counts how many there were and how long they took together. */
static void observe_restores(struct cm_serving *serving, const struct cm_counters *counters)
{
    uint64_t count = counters->restores - serving->restores_told, ms = counters->restore_ms - serving->restore_ms_told;
    for (uint64_t i = 0; i < count; i++)
        cm_metric_observe(&serving->restores, (int64_t)(ms / count));
    serving->restores_told = counters->restores;
    serving->restore_ms_told = counters->restore_ms;
}

/* -------------------------------------------------------------------- figures */

static void put_counter(struct cm_buffer *out, const char *name, const char *help, uint64_t value)
{
    cm_metric_family(out, name, "counter", help);
    cm_metric_unsigned(out, name, NULL, value);
}

static void put_gauge(struct cm_buffer *out, const char *name, const char *help, uint64_t value)
{
    cm_metric_family(out, name, "gauge", help);
    cm_metric_unsigned(out, name, NULL, value);
}

static void put_histogram(struct cm_buffer *out, const char *name, const char *help, const struct cm_metric_histogram *histogram)
{
    cm_metric_family(out, name, "histogram", help);
    cm_metric_histogram(out, name, NULL, histogram);
}

/* Milliseconds are told as histograms in seconds, of which they are the sums. */
static bool is_time(const char *name)
{
    size_t len = strlen(name);
    return len > 9 && strcmp(name + len - 9, "_ms_total") == 0;
}

static void put_counters(const struct cm_counters *counters, struct cm_buffer *out)
{
#define X(name, text)                                                                                                                      \
    if (!is_time("caremeter_" #name "_total"))                                                                                             \
        put_counter(out, "caremeter_" #name "_total", text, counters->name);
    CM_COUNTERS(X)
#undef X
    static const char name[] = "caremeter_rejected_by_reason_total";
    cm_metric_family(out, name, "counter", "lines that are no events, by reason");
    for (unsigned i = 1; i < CM_REJECT_COUNT; i++)
        cm_metric_unsigned(out, name, (const char *[]){"reason", cm_reject_code((enum cm_reject)i), NULL}, counters->by_reason[i]);
}

static void put_gauges(const struct cm_serving *serving, const struct cm_live_gauges *gauges, struct cm_buffer *out)
{
    put_gauge(out, "caremeter_partitions", "partitions that this process owns", gauges->units);
    put_gauge(out, "caremeter_running", "of these: whose states are restored, so that they are read", gauges->running);
    put_gauge(out, "caremeter_open", "interactions that go on", gauges->open);
    put_gauge(out, "caremeter_closed_kept", "interactions that are closed, and still revised by stragglers", gauges->closed);
    put_gauge(out, "caremeter_markers", "interactions of which only is known that they were closed", gauges->markers);
    put_gauge(out, "caremeter_dirty", "interactions that wait for the next flush", gauges->dirty);
    put_gauge(out, "caremeter_memory_bytes", "of states in memory", gauges->state_bytes);
    put_gauge(out, "caremeter_spilled_bytes", "of states that were moved out of memory", gauges->spilled_bytes);
    put_gauge(out, "caremeter_stalled", "1 while nothing can be written, and reading stops", serving->stalled);
}

static void put_lag(struct cm_serving *serving, struct cm_buffer *out)
{
    struct cm_live_unit unit;
    cm_metric_family(out, "caremeter_lag", "gauge", "messages of a partition that are not read yet");
    if (!serving->cluster)
        return;
    for (size_t i = 0; cm_live_unit_at(serving->live, i, &unit); i++) {
        int64_t high = cm_cluster_high(serving->cluster, unit.unit);
        char number[16];
        if (!unit.running || unit.position >= CM_POSITION_FIRST || high < 0)
            continue;
        snprintf(number, sizeof number, "%u", CM_UNIT_PARTITION(unit.unit));
        cm_metric_unsigned(out, "caremeter_lag",
                           (const char *[]){"topic", serving->config->sources[CM_UNIT_SOURCE(unit.unit)].topic, "partition", number, NULL},
                           high > (int64_t)unit.position ? (uint64_t)(high - (int64_t)unit.position) : 0);
    }
}

static void put_metrics(struct cm_serving *serving, const struct cm_live_gauges *gauges, struct cm_buffer *out)
{
    const struct cm_counters *counters = cm_live_counters(serving->live);
    observe_restores(serving, counters);
    put_counters(counters, out);
    put_gauges(serving, gauges, out);
    put_lag(serving, out);
    put_histogram(out, "caremeter_flush_seconds", "what a flush takes", &serving->flushes);
    put_histogram(out, "caremeter_restore_seconds", "from taking a partition over to its first event", &serving->restores);
    put_histogram(out, "caremeter_card_seconds", "from reading an event to writing its scorecard", &serving->cards);
}

void cm_serving_show(struct cm_serving *serving, bool ended)
{
    struct cm_audience *audience = serving->request->audience;
    struct cm_live_gauges gauges;
    if (!audience)
        return;
    cm_live_gauges(serving->live, &gauges);
    uint64_t forgone, missed = cm_live_missed(serving->live, &forgone);
    cm_audience_missed(audience, missed, forgone);
    enum cm_board_state state = ended              ? CM_BOARD_ENDED
                                : serving->stalled ? CM_BOARD_STALLED
                                : serving->ready   ? CM_BOARD_LIVE
                                                   : CM_BOARD_STARTING;
    cm_audience_state(audience, state, serving->cluster ? (uint32_t)gauges.running : 0, serving->cluster ? (uint32_t)gauges.units : 0);
    cm_buffer_reset(&serving->metrics);
    put_metrics(serving, &gauges, &serving->metrics);
    if (cm_buffer_status(&serving->metrics) == CM_OK)
        cm_audience_metrics(audience, cm_buffer_view(&serving->metrics));
}
