/*
 * Where to go on from, once all that is stored was read: at the manifest's position, where
 * what is stored is what it says; a little before it, where a zombie may have cost some
 * events; at the source's beginning, where nothing can be believed.
 */
#include <stdlib.h>

#include "base/failpoint.h"
#include "live/owner/owner.h"

/* What was stored, summed up; and is all of it whole? */
static void sum_up(struct cm_unit_state *unit)
{
    struct cm_item *item;
    for (size_t at = 0; (item = cm_table_next(&unit->table, &at));) {
        bool stored = item->read_at >= 0 && item->phase != CM_PHASE_GONE;
        item->sum = stored ? cm_state_sum(item->hash, item->applied) : 0;
        unit->checksum += item->sum;
        unit->states += stored;
        unit->damaged |= item->damaged;
    }
}

/*
 * A record of who was an owner no longer, or of an owner whose manifest such a one has written over: what compaction has taken with it may
 * have held later events. They are read again: from here on, for this item.
 */
static bool is_suspect(const struct cm_unit_state *unit, const struct cm_item *item)
{
    bool orphan = unit->overtaken && item->epoch > unit->manifest.epoch;
    return (item->overtaken || orphan) && !(item->flags & CM_ITEM_ERASED); /* of what was erased nothing is missed */
}

/* Where reading on misses nothing that is suspect; false: nothing is. */
static bool safe_position(const struct cm_unit_state *unit, uint64_t *position)
{
    struct cm_item *item;
    bool any = false;
    for (size_t at = 0; (item = cm_table_next(&unit->table, &at));) {
        if (!is_suspect(unit, item))
            continue;
        any = true;
        if (item->applied + 1 < *position)
            *position = item->applied + 1;
    }
    return any;
}

/* Tombstones that have done their work are forgotten; those of which the source is read again are put again until it is past them. */
static enum cm_status forget_gone(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_item **gone = NULL, *item;
    size_t gone_count = 0, cap = 0;
    enum cm_status status = CM_OK;
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        if (item->phase != CM_PHASE_GONE || item->listed)
            continue;
        if (!cm_item_done(unit, item)) {
            status = cm_unit_soil(live, unit, item);
            continue;
        }
        status = cm_grow(&gone, &cap, gone_count + 1, sizeof(struct cm_item *));
        if (status == CM_OK)
            gone[gone_count++] = item;
    }
    for (size_t i = 0; i < gone_count; i++)
        cm_item_forget(live, unit, gone[i]);
    free(gone);
    return status;
}

/*
 * A state behind the last manifest is that of a flush that did not end, and so is one that its manifest cannot have counted: it is right,
 * but whether its card came out nobody knows. So the card is written again.
 */
static enum cm_status show_again(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_item *item;
    enum cm_status status = CM_OK;
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        bool erased = item->phase == CM_PHASE_MARKER && item->flags & CM_ITEM_ERASED;
        bool settled = unit->has_manifest && item->read_at < unit->manifest_at && !item->overtaken && item->epoch <= unit->manifest.epoch;
        if (settled || (item->phase > CM_PHASE_CLOSED && !erased))
            continue;
        cm_item_show_again(item);
        status = cm_unit_soil(live, unit, item);
    }
    return status;
}

/* Hits that are stored as numbers which nobody can read any more. */
static bool is_unreadable(const struct cm_live *live, const struct cm_unit_state *unit)
{
    const struct cm_edition *readable = NULL;
    struct cm_item *item;
    for (size_t at = 0; (item = cm_table_next(&unit->table, &at));) {
        struct cm_cue_map map;
        if (!item->edition || item->edition->rules || item->edition == readable)
            continue;
        if (cm_cue_map_new(cm_buffer_view(&item->edition->names), live->current->rules, &map) != CM_OK)
            return true;
        cm_cue_map_free(&map);
        readable = item->edition;
    }
    return false;
}

/* Nothing that was stored is to be believed: all but what was erased is deleted, and the source is read again from its beginning. */
static enum cm_status rebuild(struct cm_live *live, struct cm_unit_state *unit, const char *why)
{
    enum cm_status status = CM_OK;
    struct cm_item *item;
    live->counters.rebuilt++;
    cm_live_tell(live, "partition %u: the stored state %s; it is built anew from the source", CM_UNIT_PARTITION(unit->unit), why);
    for (size_t at = 0; status == CM_OK && (item = cm_table_next(&unit->table, &at));) {
        item->sum = 0;
        if (!(item->flags & CM_ITEM_ERASED)) {
            const struct cm_entry none = {.applied = CM_APPLIED_NONE, .epoch = item->epoch, .at = -1};
            status = cm_item_bury(live, unit, item, &none);
        }
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
    sum_up(unit);
    if (unit->damaged)
        return rebuild(live, unit, "is damaged");
    if (is_unreadable(live, unit))
        return rebuild(live, unit, "lacks the names of its cues");
    bool summed = unit->has_manifest && unit->checksum == unit->manifest.checksum && unit->states == unit->manifest.count;
    uint64_t position = unit->manifest.position;
    bool suspect = unit->has_manifest && !summed && safe_position(unit, &position);
    /* behind a manifest stands what an unfinished flush wrote: right, but not summed up */
    if (unit->has_manifest && unit->manifest_last && !summed && !suspect)
        return rebuild(live, unit, "is not what its manifest says");
    if (unit->has_manifest) {
        unit->position = position;
        unit->clock = unit->manifest.clock;
        unit->timed = unit->manifest.timed;
    } else {
        unit->position = live->set.from_latest && !unit->states && !unit->disowned ? CM_POSITION_LAST : CM_POSITION_FIRST;
    }
    enum cm_status status = forget_gone(live, unit);
    return status == CM_OK ? show_again(live, unit) : status;
}

enum cm_status cm_unit_start(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = cm_journal_restored(live->set.journal, unit->unit);
    if (status == CM_OK)
        status = check(live, unit);
    if (status != CM_OK)
        return status;
    unit->phase = CM_UNIT_RUNNING;
    cm_journal_cards_from(live->set.journal, unit->unit, unit->has_manifest ? unit->manifest.cards : -1);
    unit->arrived = live->now;
    live->counters.restores++;
    live->counters.restored_states += unit->table.count;
    live->counters.restore_ms += (uint64_t)(live->now - unit->assigned);
    cm_failpoint(CM_FAILPOINT_RESTORED);
    live->set.started(live->set.context, unit->unit, unit->position);
    return CM_OK;
}
