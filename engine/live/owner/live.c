#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "live/owner/owner.h"

enum cm_status cm_live_new(const struct cm_live_settings *settings, struct cm_live **out)
{
    struct cm_live *live = calloc(1, sizeof *live);
    *out = NULL;
    if (!live)
        return CM_ENOMEM;
    live->set = *settings;
    cm_spill_init(&live->spill, settings->spill_folder);
    if (getrandom(&live->token, sizeof live->token, 0) != sizeof live->token) /* only fences need it, to be told from those of others */
        live->token = (uint64_t)getpid() << 32 ^ (uintptr_t)live;
    live->current = cm_edition_of_rules(&live->editions, settings->rules);
    if (!live->current) {
        cm_live_free(live);
        return CM_ENOMEM;
    }
    live->set.rules = NULL;
    *out = live;
    return CM_OK;
}

static void free_unit(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_item *item;
    for (size_t at = 0; (item = cm_table_next(&unit->table, &at));)
        cm_item_empty(live, item);
    cm_table_free(&unit->table);
    for (size_t i = 0; i < unit->stored_count; i++)
        unit->stored[i]->logs--;
    free(unit->stored);
    free(unit->dirty);
    free(unit->owed);
    free(unit->missed);
    free(unit->dead);
    cm_buffer_free(&unit->dead_lines);
    free(unit);
}

void cm_live_free(struct cm_live *live)
{
    if (!live)
        return;
    for (size_t i = 0; i < live->unit_count; i++)
        free_unit(live, live->units[i]);
    free(live->units);
    cm_edition_release(live->current);
    cm_editions_free(&live->editions);
    cm_spill_close(&live->spill);
    cm_buffer_free(&live->key);
    cm_buffer_free(&live->value);
    cm_buffer_free(&live->records);
    cm_buffer_free(&live->scratch);
    cm_buffer_free(&live->rescanned);
    free(live);
}

void cm_live_clock(struct cm_live *live, int64_t now_ms)
{
    if (now_ms > live->now)
        live->now = now_ms;
}

void cm_live_tell(struct cm_live *live, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (live->set.tell)
        live->set.tell(live->set.context, text);
}

/* --------------------------------------------------------------------- rules */

enum cm_status cm_live_use(struct cm_live *live, struct cm_rules *rules)
{
    struct cm_edition *edition = cm_edition_of_rules(&live->editions, rules);
    if (!edition)
        return CM_ENOMEM;
    cm_edition_release(live->current);
    live->current = edition;
    live->counters.reloads++;
    cm_editions_sweep(&live->editions);
    return CM_OK;
}

struct cm_rules *cm_live_rules(const struct cm_live *live)
{
    return live->current->rules;
}

/* --------------------------------------------------------------------- units */

struct cm_unit_state *cm_live_unit_of(const struct cm_live *live, uint32_t unit)
{
    for (size_t i = 0; i < live->unit_count; i++)
        if (live->units[i]->unit == unit)
            return live->units[i];
    return NULL;
}

enum cm_status cm_live_assign(struct cm_live *live, uint32_t number)
{
    if (cm_live_unit_of(live, number))
        return CM_OK;
    enum cm_status status = cm_grow(&live->units, &live->unit_cap, live->unit_count + 1, sizeof *live->units);
    struct cm_unit_state *unit = status == CM_OK ? calloc(1, sizeof *unit) : NULL;
    if (!unit)
        return CM_ENOMEM;
    *unit = (struct cm_unit_state){.unit = number,
                                   .phase = CM_UNIT_READING,
                                   .position = CM_POSITION_FIRST,
                                   .clock = CM_TIME_NONE_MS,
                                   .log_clock = CM_TIME_NONE_MS,
                                   .arrived = live->now,
                                   .assigned = live->now,
                                   .written = live->now,
                                   .log_next = -1};
    live->units[live->unit_count++] = unit;
    live->counters.assigned++;
    cm_failpoint(CM_FAILPOINT_RESTORE_BEGIN);
    return cm_journal_restore(live->set.journal, number, -1);
}

size_t cm_live_restoring(const struct cm_live *live)
{
    size_t count = 0;
    for (size_t i = 0; i < live->unit_count; i++)
        count += live->units[i]->phase != CM_UNIT_RUNNING || live->units[i]->auditing || live->units[i]->looking;
    return count;
}

bool cm_live_runs(const struct cm_live *live, uint32_t unit)
{
    const struct cm_unit_state *found = cm_live_unit_of(live, unit);
    return found && found->phase == CM_UNIT_RUNNING;
}

void cm_live_drop(struct cm_live *live, uint32_t number)
{
    for (size_t i = 0; i < live->unit_count; i++) {
        struct cm_unit_state *unit = live->units[i];
        if (unit->unit != number)
            continue;
        if (unit->phase != CM_UNIT_RUNNING || unit->auditing) {
            enum cm_status stopped = cm_journal_restored(live->set.journal, number);
            if (stopped != CM_OK)
                cm_live_tell(live, "reading the state of a unit could not be ended: %s", cm_status_text(stopped));
        }
        cm_journal_looked(live->set.journal, number);
        free_unit(live, unit);
        live->units[i] = live->units[--live->unit_count];
        cm_editions_sweep(&live->editions);
        return;
    }
}

void cm_live_at_end(struct cm_live *live, uint32_t number, bool at_end)
{
    struct cm_unit_state *unit = cm_live_unit_of(live, number);
    if (unit)
        unit->at_end = at_end;
}

void cm_live_gap(struct cm_live *live, uint32_t number, uint64_t offset)
{
    struct cm_unit_state *unit = cm_live_unit_of(live, number);
    if (!unit || unit->phase != CM_UNIT_RUNNING)
        return;
    if (unit->position < CM_POSITION_FIRST) {
        live->counters.gaps++;
        cm_live_tell(live, "partition %u: the source goes on at offset %llu, not at %llu: what lay between is gone from it",
                     CM_UNIT_PARTITION(number), (unsigned long long)offset, (unsigned long long)unit->position);
    }
    unit->position = offset;
    unit->moved = true;
}

/* --------------------------------------------------------------------- items */

enum cm_status cm_unit_soil(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    item->touched = live->flushes;
    item->dirty = true;
    if (item->listed)
        return CM_OK;
    enum cm_status status = cm_grow(&unit->dirty, &unit->dirty_cap, unit->dirty_count + 1, sizeof(struct cm_item *));
    if (status != CM_OK)
        return status;
    unit->dirty[unit->dirty_count++] = item;
    item->listed = true;
    return CM_OK;
}

void cm_item_empty(struct cm_live *live, struct cm_item *item)
{
    if (item->packed.bytes)
        live->held -= item->packed.cap;
    if (item->spilled >= 0)
        cm_spill_drop(&live->spill, item->spilled, item->packed.len);
    item->spilled = -1;
    cm_packed_free(&item->packed);
}

bool cm_item_done(const struct cm_unit_state *unit, const struct cm_item *item)
{
    uint64_t position = unit->position < CM_POSITION_FIRST ? unit->position : 0;
    return item->phase == CM_PHASE_GONE && item->applied + 1 <= position; /* none is one less than 0 */
}

void cm_item_forget(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    cm_item_empty(live, item);
    cm_table_remove(&unit->table, item);
}

static enum cm_status unspill(struct cm_live *live, struct cm_item *item)
{
    char *bytes = malloc(item->packed.len);
    if (!bytes)
        return CM_ENOMEM;
    enum cm_status status = cm_spill_get(&live->spill, item->spilled, bytes, item->packed.len);
    if (status != CM_OK) {
        free(bytes);
        return status;
    }
    cm_spill_drop(&live->spill, item->spilled, item->packed.len);
    item->spilled = -1;
    item->packed.bytes = bytes;
    item->packed.cap = item->packed.len;
    live->held += item->packed.cap;
    live->counters.unspilled++;
    return CM_OK;
}

enum cm_status cm_item_ready(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    enum cm_status status = item->spilled >= 0 ? unspill(live, item) : CM_OK;
    if (status == CM_OK && item->edition && !item->edition->rules) {
        status = cm_item_mix(live, item);
        if (status == CM_OK)
            status = cm_unit_soil(live, unit, item);
    }
    return status;
}

/* What items take beside their records, and stays. */
static uint64_t bookkeeping(const struct cm_live *live)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < live->unit_count; i++) {
        const struct cm_table *table = &live->units[i]->table;
        bytes +=
            table->count * (sizeof(struct cm_item) + CM_ITEM_BESIDE_BYTES) + (table->size + table->heap_cap) * sizeof(struct cm_item *);
    }
    return bytes;
}

/* Records have what bookkeeping leaves of the limit; where that is nearly nothing, a quarter, lest everything is read back all the time. */
static uint64_t room_for_records(const struct cm_live *live)
{
    uint64_t limit = live->set.max_memory_bytes, beside = bookkeeping(live);
    return beside < limit - limit / 4 ? limit - beside : limit / 4;
}

/* What has not been touched since the last two flushes, unit after unit, until enough is out. */
enum cm_status cm_live_spill(struct cm_live *live)
{
    size_t tried = 0, units = live->unit_count;
    uint64_t room = room_for_records(live);
    while (live->held > room && tried <= units) {
        if (live->spill_unit >= units) {
            live->spill_unit = live->spill_at = 0;
            if (!units)
                return CM_OK;
        }
        struct cm_unit_state *unit = live->units[live->spill_unit];
        struct cm_item *item = cm_table_next(&unit->table, &live->spill_at);
        if (!item) {
            live->spill_unit++;
            live->spill_at = 0;
            tried++;
            continue;
        }
        if (!item->packed.bytes || item->dirty || item->touched + 2 > live->flushes)
            continue;
        int64_t at;
        enum cm_status status = cm_spill_put(&live->spill, (struct cm_span){item->packed.bytes, item->packed.len}, &at);
        if (status != CM_OK)
            return status;
        live->held -= item->packed.cap;
        uint32_t len = item->packed.len;
        cm_packed_free(&item->packed);
        item->packed.len = len;
        item->spilled = at;
        live->counters.spilled++;
    }
    return CM_OK;
}

/* ------------------------------------------------------------------- figures */

struct cm_counters *cm_live_counters(struct cm_live *live)
{
    return &live->counters;
}

uint64_t cm_live_unflushed(const struct cm_live *live)
{
    return live->unflushed;
}

void cm_live_gauges(const struct cm_live *live, struct cm_live_gauges *out)
{
    *out = (struct cm_live_gauges){
        .units = live->unit_count, .state_bytes = live->held + bookkeeping(live), .spilled_bytes = live->spill.held};
    for (size_t i = 0; i < live->unit_count; i++) {
        const struct cm_unit_state *unit = live->units[i];
        out->running += unit->phase == CM_UNIT_RUNNING;
        out->dirty += unit->dirty_count;
        out->open += unit->table.phases[CM_PHASE_OPEN];
        out->closed += unit->table.phases[CM_PHASE_CLOSED];
        out->markers += unit->table.phases[CM_PHASE_MARKER];
    }
}

bool cm_live_unit_at(const struct cm_live *live, size_t index, struct cm_live_unit *out)
{
    if (index >= live->unit_count)
        return false;
    const struct cm_unit_state *unit = live->units[index];
    *out = (struct cm_live_unit){.unit = unit->unit,
                                 .running = unit->phase == CM_UNIT_RUNNING,
                                 .position = unit->position,
                                 .epoch = unit->epoch,
                                 .items = unit->table.count,
                                 .watermark = cm_unit_watermark(live, unit)};
    return true;
}
