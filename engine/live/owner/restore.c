/*
 * States back from the log.
 *
 * Of several records of a key the one of the highest epoch stands, among these the last: one
 * owner writes in order. A record of a lower epoch behind one of a higher is a zombie's: it is
 * right for its offset, but compaction would keep it instead of the newer one, so the newer one
 * is written again, and so is its scorecard, which the zombie has written over, too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "live/owner/owner.h"

/* Is what entry says newer than what we have of it? */
static bool wins(const struct cm_entry *entry, const struct cm_item *item)
{
    return entry->epoch >= item->epoch;
}

void cm_item_show_again(struct cm_item *item)
{
    if (item->phase > CM_PHASE_CLOSED || item->card_due)
        return;
    item->repeat = item->phase == CM_PHASE_CLOSED && item->finals > 0;
    item->card_due = true;
}

/* A person asked for it to be forgotten: whatever we have of it goes, and what comes of it later is refused. */
static enum cm_status erase(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    item->flags = CM_ITEM_ERASED;
    item->due = INT64_MAX;
    return cm_item_mark(live, unit, item);
}

/* The item becomes what the log says. */
static enum cm_status take(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_entry *entry,
                           const struct cm_state_view *view)
{
    cm_item_empty(live, item);
    cm_edition_release(item->edition);
    item->edition = NULL;
    cm_table_turn(&unit->table, item, (enum cm_phase)view->phase);
    item->flags = view->flags;
    item->finals = view->finals;
    item->due = view->due;
    item->last_ts = view->last_ts;
    item->channel = view->channel;
    item->applied = entry->applied;
    item->epoch = (uint32_t)entry->epoch;
    item->read_at = entry->at;
    item->dirty = item->card_due = item->repeat = item->erasing = item->damaged = false;
    item->overtaken = entry->epoch < unit->epoch_seen;
    if (view->phase != CM_PHASE_MARKER) {
        item->edition = cm_edition_of(&live->editions, view->rules);
        item->packed.bytes = malloc(view->packed.len);
        if (!item->edition || !item->packed.bytes)
            return CM_ENOMEM;
        memcpy(item->packed.bytes, view->packed.ptr, view->packed.len);
        item->packed.len = item->packed.cap = (uint32_t)view->packed.len;
        live->held += item->packed.cap;
    }
    if (view->phase == CM_PHASE_OPEN) /* by what is configured now, not by what was then */
        item->due = cm_time_later(item->last_ts, live->set.idle_ms[item->channel]);
    return cm_table_schedule(&unit->table, item);
}

enum cm_status cm_item_bury(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_entry *entry)
{
    cm_item_empty(live, item);
    cm_edition_release(item->edition);
    item->edition = NULL;
    cm_table_turn(&unit->table, item, CM_PHASE_GONE);
    item->flags = 0;
    item->applied = entry->applied;
    item->epoch = (uint32_t)entry->epoch;
    item->read_at = entry->at;
    item->due = INT64_MAX;
    item->dirty = item->card_due = item->repeat = item->damaged = false;
    item->overtaken = entry->epoch < unit->epoch_seen;
    return cm_table_schedule(&unit->table, item);
}

/* A person's wish stands until an owner has written that it is done: what was written in ignorance of it is not taken. */
static bool ignores_wish(const struct cm_item *item, const struct cm_entry *entry, const struct cm_state_view *view)
{
    return item->erasing && !(entry->value.ptr && view->phase == CM_PHASE_MARKER && view->flags & CM_ITEM_ERASED);
}

static enum cm_status take_entry(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_entry *entry,
                                 const struct cm_state_view *view)
{
    bool known = item->read_at >= 0;
    if (ignores_wish(item, entry, view)) {
        item->applied = entry->applied;
        item->epoch = (uint32_t)entry->epoch;
        item->read_at = entry->value.ptr ? entry->at : -1;
        return CM_OK;
    }
    if (known && !wins(entry, item)) { /* a stale record stands last: ours is to be written over it */
        cm_item_show_again(item);
        return cm_unit_soil(live, unit, item);
    }
    return entry->value.ptr ? take(live, unit, item, entry, view) : cm_item_bury(live, unit, item, entry);
}

static enum cm_status read_interaction(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry, struct cm_span id)
{
    uint64_t hash = cm_hash64(id);
    struct cm_state_view view = {0};
    enum cm_status status = entry->value.ptr && !entry->erased ? cm_state_decode(entry->value, &view) : CM_OK;
    if (status == CM_ERULES)
        cm_live_tell(live, "partition %u: a stored state is of another version of caremeter; run that version, or delete the state topic",
                     CM_UNIT_PARTITION(unit->unit));
    if (status == CM_OK && view.packed.len && !cm_span_equal(cm_packed_interaction(view.packed), id))
        status = CM_EINPUT;
    if (status != CM_OK && status != CM_EINPUT)
        return status;
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    if (!item && (item = cm_table_add(&unit->table, id, hash)) == NULL)
        return CM_ENOMEM;
    if (status == CM_EINPUT && wins(entry, item)) {
        item->damaged = true;
        return CM_OK;
    }
    if (!entry->erased)
        return take_entry(live, unit, item, entry, &view);
    item->erasing = true;
    if (item->phase == CM_PHASE_GONE) /* no manifest counts it */
        item->read_at = -1;
    return erase(live, unit, item);
}

/* Its names are there for whoever restores next. */
static enum cm_status note_stored(struct cm_unit_state *unit, struct cm_edition *edition)
{
    for (size_t i = 0; i < unit->stored_count; i++)
        if (unit->stored[i] == edition)
            return CM_OK;
    enum cm_status status = cm_grow(&unit->stored, &unit->stored_cap, unit->stored_count + 1, sizeof(struct cm_edition *));
    if (status != CM_OK)
        return status;
    unit->stored[unit->stored_count++] = edition;
    unit->stored_safe = unit->stored_count;
    edition->logs++;
    return CM_OK;
}

static enum cm_status read_pack(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry, struct cm_hash128 rules)
{
    if (!entry->value.ptr)
        return CM_OK;
    struct cm_edition *edition = cm_edition_of(&live->editions, rules);
    if (!edition)
        return CM_ENOMEM;
    enum cm_status status = cm_edition_name(edition, entry->value);
    if (status == CM_OK)
        status = note_stored(unit, edition);
    cm_edition_release(edition);
    return status;
}

static void read_manifest(struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_manifest manifest;
    if (unit->has_manifest && entry->epoch < unit->manifest.epoch)
        return; /* a zombie's */
    unit->has_manifest = unit->manifest_last = unit->damaged = false;
    if (!entry->value.ptr) { /* what it spoke of is being built anew */
        unit->disowned = true;
        return;
    }
    if (cm_manifest_decode(entry->value, &manifest) != CM_OK) {
        unit->damaged = true;
        return;
    }
    unit->manifest = manifest;
    unit->manifest.epoch = entry->epoch;
    unit->manifest_at = entry->at;
    unit->has_manifest = unit->manifest_last = true;
    unit->overtaken = entry->epoch < unit->epoch_seen;
}

/* ------------------------------------------------------------------- fencing */

static enum cm_status put_fence(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_journal *journal = live->set.journal;
    uint64_t newest = unit->has_manifest && unit->manifest.epoch > unit->epoch_seen ? unit->manifest.epoch : unit->epoch_seen;
    unit->epoch = newest + 1;
    snprintf(unit->fence, sizeof unit->fence, "%" PRIx64 "-%" PRIu64 " %s", live->token, ++live->fences,
             live->set.group ? live->set.group : "");
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
    unit->log_next = cm_journal_written(journal, unit->unit, &first, &last, &count) && last >= 0 ? last + 1 : -1;
    unit->phase = CM_UNIT_FENCING;
    return CM_OK;
}

/* Two groups that shared a state would take it from each other, and count each other's events. */
static enum cm_status check_group(struct cm_live *live, const struct cm_unit_state *unit, struct cm_span fence)
{
    const char *blank = fence.len ? memchr(fence.ptr, ' ', fence.len) : NULL;
    if (!blank || !live->set.group)
        return CM_OK;
    struct cm_span group = {blank + 1, (size_t)(fence.ptr + fence.len - blank) - 1};
    if (cm_span_equal(group, cm_span_of(live->set.group)))
        return CM_OK;
    cm_live_tell(live,
                 "partition %u: this state topic belongs to the group %.*s, not to %s; give this run one of its own: topics.state_suffix",
                 CM_UNIT_PARTITION(unit->unit), (int)(group.len < 64 ? group.len : 64), group.ptr, live->set.group);
    return CM_ERULES;
}

/* For tests of the tests: as if nobody else could be writing. */
static enum cm_status start_unfenced(struct cm_live *live, struct cm_unit_state *unit)
{
    unit->epoch = unit->epoch_seen + 1;
    return cm_unit_start(live, unit);
}

static enum cm_status read_entry(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_span id;
    struct cm_hash128 rules;
    enum cm_key_kind kind = cm_state_key_kind(entry->key, &id, &rules);
    if (unit->entries++ == 1)
        cm_failpoint(CM_FAILPOINT_RESTORE_MIDDLE);
    if (kind == CM_KEY_FENCE && unit->phase == CM_UNIT_FENCING && cm_span_equal(entry->value, cm_span_of(unit->fence)))
        return unit->epoch > unit->epoch_seen ? cm_unit_start(live, unit)
                                              : put_fence(live, unit); /* somebody was here between: go above him */
    if (entry->epoch > unit->epoch_seen && !entry->erased)             /* who wishes something to be erased owns nothing */
        unit->epoch_seen = entry->epoch;
    if (kind == CM_KEY_FENCE)
        return check_group(live, unit, entry->value);
    unit->manifest_last &= kind == CM_KEY_MANIFEST;
    switch (kind) {
    case CM_KEY_MANIFEST:
        read_manifest(unit, entry);
        return CM_OK;
    case CM_KEY_PACK:
        return read_pack(live, unit, entry, rules);
    case CM_KEY_INTERACTION:
        return read_interaction(live, unit, entry, id);
    default: /* of a later version, which adds what this one can do without; or an interaction's, and then the manifest misses it */
        return CM_OK;
    }
}

/* ------------------------------------------------------------------ auditing */

enum cm_status cm_unit_audit(struct cm_live *live, struct cm_unit_state *unit)
{
    live->counters.foreign++;
    unit->wishes = 0;
    enum cm_status status = unit->log_next < 0 ? CM_OK : cm_journal_restore(live->set.journal, unit->unit, unit->log_next);
    unit->auditing = status == CM_OK && unit->log_next >= 0;
    return status;
}

/* The item that somebody wrote over is written again, and its card, whatever they wrote: an owner's state is the one that stands. */
static enum cm_status heal(struct cm_live *live, struct cm_unit_state *unit, struct cm_span id)
{
    uint64_t hash = cm_hash64(id);
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    if (!item) {
        item = cm_table_add(&unit->table, id, hash);
        if (!item)
            return CM_ENOMEM;
        cm_table_turn(&unit->table, item, CM_PHASE_GONE);
    }
    cm_item_show_again(item);
    live->counters.healed++;
    return cm_unit_soil(live, unit, item);
}

static enum cm_status audit_entry(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_span id;
    struct cm_hash128 rules;
    enum cm_key_kind kind = cm_state_key_kind(entry->key, &id, &rules);
    bool rival = kind == CM_KEY_FENCE && entry->epoch == unit->epoch && !cm_span_equal(entry->value, cm_span_of(unit->fence));
    bool wish = kind == CM_KEY_INTERACTION && entry->erased;
    if (!wish && (entry->epoch > unit->epoch || rival)) {
        uint32_t number = unit->unit;
        live->counters.lost++;
        cm_live_tell(live, "partition %u: it has another owner by now; dropped", CM_UNIT_PARTITION(number));
        cm_live_drop(live, number);
        live->set.superseded(live->set.context, number);
        return CM_OK;
    }
    if (!wish && entry->epoch == unit->epoch)
        return CM_OK;
    unit->moved |= kind == CM_KEY_MANIFEST; /* ours is to stand last again */
    if (kind != CM_KEY_INTERACTION)
        return CM_OK;
    if (!wish)
        return heal(live, unit, id);
    uint64_t hash = cm_hash64(id);
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    if (!item && (item = cm_table_add(&unit->table, id, hash)) == NULL)
        return CM_ENOMEM;
    unit->wishes++;
    return erase(live, unit, item);
}

/* What the looking through came to: a person's wish is no alarm. */
static enum cm_status end_audit(struct cm_live *live, struct cm_unit_state *unit)
{
    if (!unit->auditing)
        return CM_OK;
    unit->auditing = false;
    if (unit->wishes)
        cm_live_tell(live, "partition %u: %zu conversation%s erased, as was asked", CM_UNIT_PARTITION(unit->unit), unit->wishes,
                     unit->wishes == 1 ? "" : "s");
    else
        cm_live_tell(live, "partition %u: somebody else had written to its state; what he wrote over is written again",
                     CM_UNIT_PARTITION(unit->unit));
    return cm_journal_restored(live->set.journal, unit->unit);
}

/* The card of an older owner lies over ours, or over its deletion: ours is written again. Deletions are a person's wish. */
static enum cm_status look_at_card(struct cm_live *live, struct cm_unit_state *unit, const struct cm_entry *entry)
{
    struct cm_item *item = cm_table_find(&unit->table, entry->key, cm_hash64(entry->key));
    bool erased = item && item->phase == CM_PHASE_MARKER && item->flags & CM_ITEM_ERASED;
    if (!item || !entry->value.ptr || entry->epoch >= unit->epoch || (item->phase > CM_PHASE_CLOSED && !erased))
        return CM_OK;
    cm_item_show_again(item);
    live->counters.healed++;
    return cm_unit_soil(live, unit, item);
}

enum cm_status cm_live_entry(struct cm_live *live, const struct cm_entry *given)
{
    struct cm_unit_state *unit = cm_live_unit_of(live, given->unit);
    struct cm_entry copy = *given, *entry = &copy;
    if (cm_sabotaged("no-epoch"))
        copy.epoch = 0;
    if (!unit)
        return CM_OK;
    if (entry->note == CM_ENTRY_BROKEN)
        return CM_EIO;
    if (entry->note == CM_ENTRY_CARD)
        return unit->looking ? look_at_card(live, unit, entry) : CM_OK;
    if (entry->note == CM_ENTRY_LOOKED) {
        unit->looking = false;
        return CM_OK;
    }
    if (unit->phase == CM_UNIT_RUNNING && entry->note == CM_ENTRY_AT_END)
        return end_audit(live, unit);
    if (unit->phase == CM_UNIT_RUNNING)
        return unit->auditing ? audit_entry(live, unit, entry) : CM_OK;
    if (entry->note == CM_ENTRY_AT_END)
        return unit->phase != CM_UNIT_READING ? CM_OK : cm_sabotaged("no-fence") ? start_unfenced(live, unit) : put_fence(live, unit);
    return read_entry(live, unit, entry);
}
