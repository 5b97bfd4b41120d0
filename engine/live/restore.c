/*
 * States back from the log.
 *
 * Of several records of a key the one of the highest epoch stands, among these the one of
 * the highest offset, among these the last. A record of a lower epoch behind one of a
 * higher is a zombie's: it is right for its offset, but compaction would keep it instead
 * of the newer one, so the newer one is written again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "live/owner.h"

/* Is what entry says newer than what we have of it? */
static bool wins(const struct cm_entry *entry, const struct cm_item *item)
{
    return entry->epoch != item->epoch ? entry->epoch > item->epoch : entry->applied >= item->applied;
}

/* A person asked for it to be forgotten: whatever we have of it goes, and what comes of it later is refused. */
static enum cm_status erase(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    item->flags = CM_ITEM_ERASED;
    item->due = INT64_MAX;
    return cm_item_mark(live, unit, item);
}

static struct cm_edition *edition_for(struct cm_live *live, struct cm_hash128 rules)
{
    return cm_edition_of(&live->editions, rules);
}

/* The item becomes what the log says. */
static enum cm_status take(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_entry *entry,
                           const struct cm_state_view *view)
{
    cm_item_empty(live, item);
    cm_edition_release(item->edition);
    item->edition = NULL;
    item->phase = view->phase;
    item->flags = view->flags;
    item->finals = view->finals;
    item->due = view->due;
    item->last_ts = view->last_ts;
    item->channel = view->channel;
    item->applied = entry->applied;
    item->epoch = (uint32_t)entry->epoch;
    item->read_at = entry->at;
    item->dirty = item->card_due = false;
    if (view->phase != CM_PHASE_MARKER) {
        item->edition = edition_for(live, view->rules);
        item->packed.bytes = malloc(view->packed.len);
        if (!item->edition || !item->packed.bytes)
            return CM_ENOMEM;
        memcpy(item->packed.bytes, view->packed.ptr, view->packed.len);
        item->packed.len = item->packed.cap = (uint32_t)view->packed.len;
        live->held += item->packed.cap;
    }
    if (view->phase == CM_PHASE_OPEN) /* by what is configured now, not by what was then */
        item->due = item->last_ts + live->set.idle_ms[item->channel];
    return cm_table_schedule(&unit->table, item);
}

static enum cm_status read_interaction(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry, struct cm_span id)
{
    uint64_t hash = cm_hash64(id);
    struct cm_state_view view;
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    bool known = item != NULL;
    if (entry->value.ptr && cm_state_decode(entry->value, &view) != CM_OK) {
        unit->damaged = true;
        return CM_OK;
    }
    if (!item && (item = cm_table_add(&unit->table, id, hash)) == NULL)
        return CM_ENOMEM;
    if (entry->erased)
        return erase(live, unit, item);
    if (known && !wins(entry, item))
        return cm_unit_soil(live, unit, item); /* a stale record stands last: ours is to be written over it */
    if (entry->value.ptr)
        return take(live, unit, item, entry, &view);
    cm_item_empty(live, item);
    cm_edition_release(item->edition);
    item->edition = NULL;
    item->phase = CM_PHASE_GONE;
    item->applied = entry->applied;
    item->epoch = (uint32_t)entry->epoch;
    item->due = INT64_MAX;
    item->dirty = false;
    return cm_table_schedule(&unit->table, item);
}

/* Its names are there for whoever restores next. */
static enum cm_status note_stored(struct cm_unit_state *unit, struct cm_edition *edition)
{
    for (size_t i = 0; i < unit->stored_count; i++)
        if (unit->stored[i] == edition) {
            cm_edition_release(edition);
            return CM_OK;
        }
    enum cm_status status = cm_grow(&unit->stored, &unit->stored_cap, unit->stored_count + 1, sizeof(struct cm_edition *));
    if (status == CM_OK)
        unit->stored[unit->stored_count++] = edition;
    else
        cm_edition_release(edition);
    return status;
}

static enum cm_status read_pack(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry, struct cm_hash128 rules)
{
    struct cm_edition *edition = entry->value.ptr ? edition_for(live, rules) : NULL;
    if (!edition)
        return entry->value.ptr ? CM_ENOMEM : CM_OK;
    enum cm_status status = cm_edition_name(edition, entry->value);
    if (status != CM_OK) {
        cm_edition_release(edition);
        return status;
    }
    return note_stored(unit, edition);
}

static void read_manifest(struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_manifest manifest;
    if (unit->has_manifest && entry->epoch < unit->manifest.epoch)
        return; /* a zombie's */
    unit->has_manifest = false;
    if (!entry->value.ptr)
        return; /* disowned: what it spoke of is being built anew */
    if (cm_manifest_decode(entry->value, &manifest) != CM_OK) {
        unit->damaged = true;
        return;
    }
    unit->manifest = manifest;
    unit->manifest_at = entry->at;
    unit->has_manifest = true;
}

/* ------------------------------------------------------------------ starting */

/* What was stored, summed up; what is gone is dropped; what was erased keeps its marker. */
static enum cm_status settle_items(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_item **gone = NULL, *item;
    size_t gone_count = 0, cap = 0;
    enum cm_status status = CM_OK;
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        if (item->phase == CM_PHASE_GONE && !item->dirty) {
            status = cm_grow(&gone, &cap, gone_count + 1, sizeof(struct cm_item *));
            if (status == CM_OK)
                gone[gone_count++] = item;
            continue;
        }
        item->sum = item->phase == CM_PHASE_GONE ? 0 : cm_state_sum(item->hash, item->applied);
        unit->checksum += item->sum;
        unit->states += item->sum != 0;
    }
    for (size_t i = 0; i < gone_count; i++)
        if (!gone[i]->listed)
            cm_item_forget(live, unit, gone[i]);
    free(gone);
    return status;
}

/*
 * A state behind the last manifest is that of a flush that did not end: it is right, but whether its card came out nobody knows. So the
 * card is written again.
 */
static enum cm_status show_again(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_item *item;
    enum cm_status status = CM_OK;
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        if (item->phase > CM_PHASE_CLOSED || (unit->has_manifest && item->read_at < unit->manifest_at))
            continue;
        item->repeat = item->phase == CM_PHASE_CLOSED && item->finals > 0;
        item->card_due = true;
        status = cm_unit_soil(live, unit, item);
    }
    return status;
}

/* Nothing that was stored is to be believed: all of it is deleted, and the source is read again from its beginning. */
static enum cm_status rebuild(struct cm_live *live, struct cm_unit_state *unit, const char *why)
{
    enum cm_status status = CM_OK;
    struct cm_item *item;
    live->counters.rebuilt++;
    cm_live_tell(live, "partition %u: the stored state %s; it is built anew from the source", CM_UNIT_PARTITION(unit->unit), why);
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        cm_item_empty(live, item);
        cm_edition_release(item->edition);
        item->edition = NULL;
        item->phase = CM_PHASE_GONE;
        item->card_due = false;
        item->due = INT64_MAX;
        item->sum = 0;
        status = cm_table_schedule(&unit->table, item);
        if (status == CM_OK)
            status = cm_unit_soil(live, unit, item);
    }
    unit->disown = unit->has_manifest;
    unit->has_manifest = false;
    unit->position = CM_POSITION_FIRST;
    unit->checksum = unit->states = 0;
    return status;
}

static enum cm_status check(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = settle_items(live, unit);
    if (status != CM_OK)
        return status;
    if (unit->damaged)
        return rebuild(live, unit, "is damaged");
    /* behind a manifest stands what an unfinished flush wrote: right, but not summed up */
    if (unit->has_manifest && unit->manifest_last && (unit->checksum != unit->manifest.checksum || unit->states != unit->manifest.count))
        return rebuild(live, unit, "is not what its manifest says");
    if (unit->has_manifest) {
        unit->position = unit->manifest.position;
        unit->clock = unit->manifest.clock;
    } else {
        unit->position = live->set.from_latest && !unit->states ? CM_POSITION_LAST : CM_POSITION_FIRST;
    }
    return show_again(live, unit);
}

static enum cm_status start(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = cm_journal_restored(live->set.journal, unit->unit);
    if (status == CM_OK)
        status = check(live, unit);
    if (status != CM_OK)
        return status;
    unit->phase = CM_UNIT_RUNNING;
    unit->arrived = live->now;
    live->counters.restores++;
    live->counters.restored_states += unit->table.count;
    live->counters.restore_ms += (uint64_t)(live->now - unit->assigned);
    cm_failpoint(CM_FAILPOINT_RESTORED);
    live->set.started(live->set.context, unit->unit, unit->position);
    return CM_OK;
}

static enum cm_status put_fence(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_journal *journal = live->set.journal;
    uint64_t newest = unit->has_manifest && unit->manifest.epoch > unit->epoch_seen ? unit->manifest.epoch : unit->epoch_seen;
    unit->epoch = newest + 1;
    snprintf(unit->fence, sizeof unit->fence, "%ld-%" PRIu64 "-%" PRIx64, (long)getpid(), ++live->fences, (uint64_t)live->now);
    struct cm_entry fence = {
        .unit = unit->unit, .key = cm_state_fence_key, .value = cm_span_of(unit->fence), .applied = 0, .epoch = unit->epoch};
    enum cm_status status = cm_journal_begin(journal);
    if (status == CM_OK)
        status = cm_journal_state(journal, &fence);
    cm_failpoint(CM_FAILPOINT_FENCE_PUT);
    if (status == CM_OK)
        status = cm_journal_settle(journal);
    if (status == CM_OK)
        status = cm_journal_commit(journal, NULL, 0);
    if (status != CM_OK) {
        cm_journal_abort(journal);
        return status;
    }
    cm_failpoint(CM_FAILPOINT_FENCE_SETTLED);
    int64_t first, last;
    uint64_t count;
    unit->log_next = cm_journal_written(journal, unit->unit, &first, &last, &count) ? last + 1 : -1;
    unit->phase = CM_UNIT_FENCING;
    return CM_OK;
}

static enum cm_status read_entry(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_span id;
    struct cm_hash128 rules;
    enum cm_key_kind kind = cm_state_key_kind(entry->key, &id, &rules);
    if (unit->entries++ == 1)
        cm_failpoint(CM_FAILPOINT_RESTORE_MIDDLE);
    if (kind == CM_KEY_FENCE && unit->phase == CM_UNIT_FENCING && cm_span_equal(entry->value, cm_span_of(unit->fence)))
        return unit->epoch > unit->epoch_seen ? start(live, unit) : put_fence(live, unit); /* somebody was here between: go above him */
    if (entry->epoch > unit->epoch_seen)
        unit->epoch_seen = entry->epoch;
    if (kind == CM_KEY_FENCE)
        return CM_OK;
    unit->manifest_last = kind == CM_KEY_MANIFEST;
    switch (kind) {
    case CM_KEY_MANIFEST:
        read_manifest(unit, entry);
        return CM_OK;
    case CM_KEY_PACK:
        return read_pack(live, unit, entry, rules);
    case CM_KEY_INTERACTION:
        return read_interaction(live, unit, entry, id);
    default:
        unit->damaged = true;
        return CM_OK;
    }
}

/* ------------------------------------------------------------------ auditing */

enum cm_status cm_unit_audit(struct cm_live *live, struct cm_unit_state *unit)
{
    live->counters.foreign++;
    cm_live_tell(live, "partition %u: somebody else has written to its state; looking through what it was", CM_UNIT_PARTITION(unit->unit));
    enum cm_status status = unit->log_next < 0 ? CM_OK : cm_journal_restore(live->set.journal, unit->unit, unit->log_next);
    unit->auditing = status == CM_OK && unit->log_next >= 0;
    return status;
}

/* The item that somebody wrote over is written again, whatever they wrote: an owner's state is the one that stands. */
static enum cm_status heal(struct cm_live *live, struct cm_unit_state *unit, struct cm_span id)
{
    uint64_t hash = cm_hash64(id);
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    if (!item) {
        item = cm_table_add(&unit->table, id, hash);
        if (!item)
            return CM_ENOMEM;
        item->phase = CM_PHASE_GONE;
    }
    live->counters.healed++;
    return cm_unit_soil(live, unit, item);
}

static enum cm_status audit_entry(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_span id;
    struct cm_hash128 rules;
    enum cm_key_kind kind = cm_state_key_kind(entry->key, &id, &rules);
    bool rival = kind == CM_KEY_FENCE && entry->epoch == unit->epoch && !cm_span_equal(entry->value, cm_span_of(unit->fence));
    if (entry->epoch > unit->epoch || rival) {
        uint32_t number = unit->unit;
        live->counters.lost++;
        cm_live_tell(live, "partition %u: it has another owner by now; dropped", CM_UNIT_PARTITION(number));
        cm_live_drop(live, number);
        live->set.superseded(live->set.context, number);
        return CM_OK;
    }
    if (kind != CM_KEY_INTERACTION || (entry->epoch == unit->epoch && !entry->erased))
        return CM_OK;
    if (!entry->erased)
        return heal(live, unit, id);
    uint64_t hash = cm_hash64(id);
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    if (!item && (item = cm_table_add(&unit->table, id, hash)) == NULL)
        return CM_ENOMEM;
    return erase(live, unit, item);
}

enum cm_status cm_live_entry(struct cm_live *live, const struct cm_entry *entry)
{
    struct cm_unit_state *unit = cm_live_unit_of(live, entry->unit);
    if (!unit)
        return CM_OK;
    if (entry->note == CM_ENTRY_BROKEN)
        return CM_EIO;
    if (unit->phase == CM_UNIT_RUNNING && entry->note == CM_ENTRY_AT_END) {
        bool audited = unit->auditing;
        unit->auditing = false;
        return audited ? cm_journal_restored(live->set.journal, unit->unit) : CM_OK;
    }
    if (unit->phase == CM_UNIT_RUNNING)
        return unit->auditing ? audit_entry(live, unit, entry) : CM_OK;
    if (entry->note == CM_ENTRY_AT_END)
        return unit->phase == CM_UNIT_READING ? put_fence(live, unit) : CM_OK;
    return read_entry(live, unit, entry);
}
