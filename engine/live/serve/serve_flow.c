#include <stdlib.h>

#include "base/failpoint.h"
#include "live/serve/serving.h"

static void scan(struct cm_job *job, void *worker)
{
    struct cm_batch *batch = (struct cm_batch *)job;
    batch->status = CM_OK;
    for (size_t i = 0; i < batch->count && batch->status == CM_OK; i++)
        batch->status = cm_live_worker_parse(worker, batch->rules, &batch->messages[i], &batch->records, &batch->parsed[i]);
}

static enum cm_status make_batch(struct cm_serving *serving, struct cm_batch **out)
{
    struct cm_batch **place = &serving->batches[serving->head % serving->batch_count];
    if (!*place)
        *place = calloc(1, sizeof **place);
    *out = *place;
    return *place ? CM_OK : CM_ENOMEM;
}

/* One batch more is under way; CM_ELIMIT: nothing came. */
static enum cm_status feed(struct cm_serving *serving, int wait_ms)
{
    struct cm_batch *batch;
    enum cm_status status = make_batch(serving, &batch);
    if (status == CM_OK)
        status = cm_feed_next(serving->feed, wait_ms, batch);
    if (status == CM_EIO && serving->cluster)
        cm_serving_tell(serving, CM_SERVE_ERROR, "events cannot be read: %s", cm_cluster_error(serving->cluster));
    if (status != CM_OK)
        return status;
    cm_buffer_reset(&batch->records);
    batch->read_ms = cm_serving_monotonic_ms();
    batch->rules = cm_rules_hold(cm_live_rules(serving->live));
    batch->job.run = scan;
    cm_pool_submit(serving->pool, &batch->job);
    serving->head++;
    return CM_OK;
}

/* Where the unit's next event would be; UINT64_MAX: it has no place yet, or is not ours. */
static uint64_t position_of(const struct cm_serving *serving, uint32_t unit)
{
    struct cm_live_unit found;
    for (size_t i = 0; cm_live_unit_at(serving->live, i, &found); i++)
        if (found.unit == unit)
            return found.running && found.position < CM_POSITION_FIRST ? found.position : UINT64_MAX;
    return UINT64_MAX;
}

/* What comes at these offsets now is not what the states hold: it would be taken for known and passed over. */
static enum cm_status refuse_shorter(struct cm_serving *serving, const struct cm_feed_mark *mark, uint64_t position)
{
    const char *topic = serving->config->sources[CM_UNIT_SOURCE(mark->unit)].topic;
    cm_serving_tell(
        serving, CM_SERVE_ERROR,
        "partition %u of %s ends at %llu, but was read up to %llu already: the topic was made anew, or has lost its end. Delete "
        "%s%s to begin anew",
        CM_UNIT_PARTITION(mark->unit), topic, (unsigned long long)mark->offset, (unsigned long long)position, topic,
        serving->config->state_suffix);
    return CM_EUSAGE;
}

static enum cm_status note(struct cm_serving *serving, const struct cm_feed_mark *mark)
{
    uint64_t position;
    switch (mark->note) {
    case CM_FEED_AT_END:
        if (position_of(serving, mark->unit) == UINT64_MAX) /* nothing of it was read: here it was begun, whoever goes on with it */
            cm_live_gap(serving->live, mark->unit, mark->offset);
        cm_live_at_end(serving->live, mark->unit, true);
        return CM_OK;
    case CM_FEED_GAP:
        position = position_of(serving, mark->unit);
        if (position != UINT64_MAX && mark->offset < position)
            return refuse_shorter(serving, mark, position);
        cm_live_gap(serving->live, mark->unit, mark->offset);
        return CM_OK;
    default:
        if (!cm_live_runs(serving->live, mark->unit)) /* it is not ours any more */
            return CM_OK;
        cm_serving_tell(serving, CM_SERVE_ERROR, "partition %u cannot be read: %s", CM_UNIT_PARTITION(mark->unit), mark->error);
        cm_serving_superseded(serving, mark->unit);
        return CM_OK;
    }
}

static enum cm_status apply(struct cm_serving *serving, const struct cm_batch *batch)
{
    enum cm_status status = batch->status;
    size_t mark = 0;
    for (size_t i = 0; status == CM_OK; i++) {
        while (mark < batch->mark_count && batch->marks[mark].before == i && status == CM_OK)
            status = note(serving, &batch->marks[mark++]);
        if (status != CM_OK || i == batch->count)
            break;
        const struct cm_parsed *parsed = &batch->parsed[i];
        struct cm_span record = {batch->records.ptr + parsed->record_at, parsed->record_len};
        status = cm_live_apply(serving->live, &batch->messages[i], parsed, batch->rules, record);
        if (status == CM_OK && parsed->kind == CM_PARSED_EVENT)
            cm_audience_event(serving->request->audience, batch->messages[i].line);
    }
    if (batch->count)
        cm_serving_applied(serving, batch->read_ms);
    cm_failpoint(CM_FAILPOINT_APPLIED);
    return status;
}

static enum cm_status finish_oldest(struct cm_serving *serving, bool use)
{
    struct cm_batch *batch = serving->batches[serving->tail % serving->batch_count];
    cm_pool_wait(serving->pool, &batch->job);
    enum cm_status status = use ? apply(serving, batch) : CM_OK;
    cm_feed_clear(serving->feed, batch);
    cm_rules_release(batch->rules);
    batch->rules = NULL;
    serving->tail++;
    return status;
}

enum cm_status cm_serving_drain(struct cm_serving *serving, bool use)
{
    enum cm_status status = CM_OK;
    while (serving->tail < serving->head) {
        enum cm_status one = finish_oldest(serving, use && status == CM_OK);
        status = status == CM_OK ? one : status;
    }
    return status;
}

enum cm_status cm_serving_flow(struct cm_serving *serving, int wait_ms)
{
    enum cm_status status = CM_ELIMIT;
    size_t under_way = serving->head - serving->tail;
    if (!serving->ended && !serving->stalled && under_way < serving->batch_count)
        status = feed(serving, under_way ? 0 : wait_ms);
    serving->ended |= status == CM_END;
    if (status != CM_OK && status != CM_ELIMIT && status != CM_END)
        return status;
    under_way = serving->head - serving->tail;
    if (under_way && (status != CM_OK || under_way == serving->batch_count))
        return finish_oldest(serving, true);
    return serving->ended && !under_way ? CM_END : CM_OK;
}
