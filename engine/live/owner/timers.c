/*
 * The clock of a unit is the time of its events: so the same events close the
 * same interactions at the same place in the log, whenever they are read. Only where
 * nothing comes any more does the wall move it on.
 */
#include "live/owner/owner.h"

int64_t cm_unit_watermark(const struct cm_live *live, const struct cm_unit_state *unit)
{
    if (unit->clock == CM_TIME_NONE_MS)
        return CM_TIME_NONE_MS;
    int64_t silent = live->now - unit->arrived;
    int64_t clock = unit->at_end && silent >= live->set.quiet_ms ? unit->clock + silent : unit->clock;
    return clock - live->set.lateness_ms;
}

int64_t cm_time_later(int64_t from, int64_t by)
{
    return from > INT64_MAX - 1 - by ? INT64_MAX - 1 : from + by;
}

enum cm_status cm_item_close(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    int64_t watermark = cm_unit_watermark(live, unit);
    cm_table_turn(&unit->table, item, CM_PHASE_CLOSED);
    item->card_due = true;
    item->due = cm_time_later(watermark > item->last_ts ? watermark : item->last_ts, live->set.keep_closed_ms);
    live->counters.closed++;
    enum cm_status status = cm_table_schedule(&unit->table, item);
    return status == CM_OK ? cm_unit_soil(live, unit, item) : status;
}

enum cm_status cm_item_mark(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    int64_t watermark = cm_unit_watermark(live, unit);
    if (item->due == INT64_MAX)
        item->due = watermark == CM_TIME_NONE_MS ? live->now : watermark;
    cm_item_empty(live, item);
    cm_edition_release(item->edition);
    item->edition = NULL;
    cm_table_turn(&unit->table, item, CM_PHASE_MARKER);
    item->card_due = item->repeat = false;
    item->due = cm_time_later(item->due, live->set.keep_marker_ms);
    enum cm_status status = cm_table_schedule(&unit->table, item);
    return status == CM_OK ? cm_unit_soil(live, unit, item) : status;
}

static enum cm_status fire(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    if (item->phase == CM_PHASE_OPEN)
        return cm_item_close(live, unit, item);
    if (item->phase == CM_PHASE_CLOSED && item->card_due) { /* its last word first: flush.c wakes it then */
        cm_table_rest(&unit->table, item);
        return CM_OK;
    }
    if (item->phase == CM_PHASE_CLOSED)
        return cm_item_mark(live, unit, item);
    cm_table_turn(&unit->table, item, CM_PHASE_GONE);
    /* for whoever reads these offsets again: up to here what came was refused, and begins nothing new */
    if (unit->position < CM_POSITION_FIRST && item->applied + 1 < unit->position)
        item->applied = unit->position - 1;
    item->due = INT64_MAX;
    enum cm_status status = cm_table_schedule(&unit->table, item);
    return status == CM_OK ? cm_unit_soil(live, unit, item) : status;
}

enum cm_status cm_unit_timers(struct cm_live *live, struct cm_unit_state *unit)
{
    int64_t watermark = cm_unit_watermark(live, unit);
    enum cm_status status = CM_OK;
    struct cm_item *item;
    while (status == CM_OK && (item = cm_table_due(&unit->table, watermark)))
        status = fire(live, unit, item);
    return status;
}

enum cm_status cm_live_timers(struct cm_live *live)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < live->unit_count && status == CM_OK; i++) {
        struct cm_unit_state *unit = live->units[i];
        if (unit->phase != CM_UNIT_RUNNING)
            continue;
        status = cm_unit_timers(live, unit);
        unit->moved |= live->now - unit->written >= CM_IDLE_WRITE_MS;
    }
    return status;
}

enum cm_status cm_live_close_all(struct cm_live *live)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < live->unit_count; i++) {
        struct cm_unit_state *unit = live->units[i];
        struct cm_item *item;
        for (size_t at = 0; status == CM_OK && unit->phase == CM_UNIT_RUNNING && (item = cm_table_next(&unit->table, &at));)
            if (item->phase == CM_PHASE_OPEN)
                status = cm_item_close(live, unit, item);
    }
    return status;
}
