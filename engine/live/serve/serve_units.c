#include <string.h>

#include "base/failpoint.h"
#include "live/serve/serving.h"

/* Not now, but soon again: the broker may be back by then, or the other owner gone. */
static void try_again_later(struct cm_serving *serving, uint32_t unit)
{
    if (serving->retry_count < CM_SERVE_RETRIES_MAX)
        serving->retry[serving->retry_count++] = unit;
    serving->retry_at = cm_serving_monotonic_ms() + CM_SERVE_RETRY_MS;
}

static void forget_retry(struct cm_serving *serving, uint32_t unit)
{
    size_t kept = 0;
    for (size_t i = 0; i < serving->retry_count; i++)
        if (serving->retry[i] != unit)
            serving->retry[kept++] = serving->retry[i];
    serving->retry_count = kept;
}

void cm_serving_started(void *context, uint32_t unit, uint64_t position)
{
    struct cm_serving *serving = context;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (cm_feed_start(serving->feed, unit, position, &diagnostics) != CM_OK) {
        cm_serving_tell(serving, CM_SERVE_WARNING, "%s; trying again",
                        diagnostics.count ? diagnostics.items[0].message : "a partition cannot be read");
        cm_serving_superseded(serving, unit);
    }
    cm_diagnostics_free(&diagnostics);
}

/* It was dropped, or cannot be read: if the group still says that it is ours, it is taken over anew. */
void cm_serving_superseded(void *context, uint32_t unit)
{
    struct cm_serving *serving = context;
    if (cm_feed_stop(serving->feed, unit) != CM_OK)
        cm_serving_tell(serving, CM_SERVE_WARNING, "reading of partition %u could not be stopped", CM_UNIT_PARTITION(unit));
    try_again_later(serving, unit);
}

static enum cm_status assign(struct cm_serving *serving, uint32_t unit)
{
    enum cm_status status = cm_live_assign(serving->live, unit);
    if (status != CM_EIO)
        return status;
    cm_live_drop(serving->live, unit);
    try_again_later(serving, unit);
    return CM_OK;
}

/* No message of the unit comes any more, and none of it is under way. */
static enum cm_status stop_reading(struct cm_serving *serving, const uint32_t *units, size_t count)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        forget_retry(serving, units[i]);
        if (cm_live_runs(serving->live, units[i]))
            status = cm_feed_stop(serving->feed, units[i]);
    }
    return status;
}

/* What was under way may have told that one cannot be read: that is the next owner's to try again. */
static void drop_all(struct cm_serving *serving, const uint32_t *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        forget_retry(serving, units[i]);
        cm_live_drop(serving->live, units[i]);
    }
}

/* Hand over in order: read no more, apply what is here, write, drop; then the group may give them to others. */
static enum cm_status revoke(struct cm_serving *serving, const uint32_t *units, size_t count)
{
    cm_failpoint(CM_FAILPOINT_REVOKED);
    enum cm_status status = stop_reading(serving, units, count);
    if (status == CM_OK)
        status = cm_serving_drain(serving, true);
    if (status == CM_OK)
        status = cm_live_flush(serving->live);
    if (status == CM_EIO || status == CM_ESTOPPED) {
        /* what could not be written the next owner does again, from the last manifest on */
        cm_serving_tell(serving, CM_SERVE_WARNING, "handing over without the last flush: %s", cm_cluster_error(serving->cluster));
        status = status == CM_ESTOPPED ? cm_cluster_renew(serving->cluster, serving->diagnostics) : CM_OK;
    }
    drop_all(serving, units, count);
    cm_live_counters(serving->live)->revoked += count;
    cm_serving_tell(serving, CM_SERVE_NOTE, "the group has changed: %zu partition%s given back", count, count == 1 ? "" : "s");
    cm_failpoint(CM_FAILPOINT_HANDED_OVER);
    return status;
}

/* Somebody else owns them: nothing may be written any more. Others of ours go on, but what is under way is theirs, too: it is read again.
 */
static enum cm_status lose(struct cm_serving *serving, const uint32_t *units, size_t count)
{
    enum cm_status status = stop_reading(serving, units, count);
    drop_all(serving, units, count);
    if (status == CM_OK)
        status = cm_serving_drain(serving, true); /* messages of units that are not ours are passed over */
    cm_live_counters(serving->live)->lost += count;
    serving->stalled = serving->stall.on = false; /* what could not be written is not ours to write any more */
    serving->lost = true;
    cm_serving_tell(serving, CM_SERVE_WARNING, "%zu partition%s lost: the group and we have not heard of each other for too long", count,
                    count == 1 ? "" : "s");
    return status;
}

static enum cm_status carry_out(struct cm_serving *serving, const struct cm_ownership *ownership)
{
    enum cm_status status = CM_OK;
    switch (ownership->change) {
    case CM_KAFKA_ASSIGNED:
        serving->joined = true;
        serving->lost &= ownership->count == 0;
        if (ownership->count)
            cm_serving_tell(serving, CM_SERVE_NOTE, "taking over %zu partition%s", ownership->count, ownership->count == 1 ? "" : "s");
        for (size_t i = 0; i < ownership->count && status == CM_OK; i++)
            status = assign(serving, ownership->units[i]);
        break;
    case CM_KAFKA_REVOKED:
        status = revoke(serving, ownership->units, ownership->count);
        break;
    case CM_KAFKA_LOST:
        status = lose(serving, ownership->units, ownership->count);
        break;
    }
    return status == CM_OK ? cm_cluster_done(serving->cluster) : status;
}

static enum cm_status take_over_again(struct cm_serving *serving)
{
    enum cm_status status = CM_OK;
    size_t count = serving->retry_count;
    uint32_t units[64];
    if (!count || cm_serving_monotonic_ms() < serving->retry_at)
        return CM_OK;
    status = cm_serving_drain(serving, true); /* nothing of an earlier reading of theirs may come in between */
    count = count < 64 ? count : 64;
    memcpy(units, serving->retry, count * sizeof *units);
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        forget_retry(serving, units[i]);
        cm_live_drop(serving->live, units[i]); /* one that could not be read still stands there, and would not be begun anew */
        status = assign(serving, units[i]);
    }
    return status;
}

enum cm_status cm_serving_poll(struct cm_serving *serving)
{
    struct cm_ownership ownership;
    if (!serving->cluster)
        return CM_OK;
    for (;;) {
        enum cm_status status = cm_cluster_poll(serving->cluster, 0, &ownership);
        serving->polled = cm_serving_monotonic_ms();
        if (status == CM_END)
            return take_over_again(serving);
        if (status != CM_OK) {
            cm_serving_tell(serving, CM_SERVE_ERROR, "%s", cm_cluster_error(serving->cluster));
            return status;
        }
        status = carry_out(serving, &ownership);
        if (status != CM_OK)
            return status;
    }
}

enum cm_status cm_serving_restore(struct cm_serving *serving)
{
    struct cm_entry entry;
    for (unsigned i = 0; i < CM_SERVE_ENTRIES && cm_live_restoring(serving->live); i++) {
        enum cm_status status = cm_journal_next(serving->journal, i ? 0 : CM_SERVE_WAIT_MS, &entry);
        if (status == CM_END)
            return CM_OK;
        if (status != CM_OK) { /* of all units: there is no entry that says of which */
            cm_serving_tell(serving, CM_SERVE_ERROR, "stored states cannot be read: %s", cm_status_text(status));
            return status;
        }
        status = cm_live_entry(serving->live, &entry);
        if (status == CM_EIO || status == CM_ESTOPPED) {
            cm_serving_tell(serving, CM_SERVE_WARNING, "the state of partition %u cannot be taken over now (%s); trying again",
                            CM_UNIT_PARTITION(entry.unit), serving->cluster ? cm_cluster_error(serving->cluster) : cm_status_text(status));
            cm_live_drop(serving->live, entry.unit);
            try_again_later(serving, entry.unit);
            status = status == CM_ESTOPPED ? cm_serving_start_over(serving) : CM_OK;
        }
        if (status == CM_ERULES) /* which one was told */
            cm_serving_tell(serving, CM_SERVE_ERROR, "a state that this version cannot read is not touched: the run ends");
        if (status != CM_OK)
            return status;
    }
    return CM_OK;
}

enum cm_status cm_serving_start_over(struct cm_serving *serving)
{
    struct cm_live_unit unit;
    enum cm_status status = CM_OK;
    while (status == CM_OK && cm_live_unit_at(serving->live, 0, &unit)) {
        if (unit.running)
            status = cm_feed_stop(serving->feed, unit.unit);
        cm_live_drop(serving->live, unit.unit);
        try_again_later(serving, unit.unit);
    }
    if (status == CM_OK)
        status = cm_serving_drain(serving, true);
    return status == CM_OK && serving->cluster ? cm_cluster_renew(serving->cluster, serving->diagnostics) : status;
}
