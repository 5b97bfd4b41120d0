/*
 * A flush makes safe what the unit has become, in an order that any crash leaves
 * right, each step safe before the next begins: dead letters, for the states leave out
 * what they tell; states, so that no card is out that a later owner does not know of; cards;
 * the manifests that say how far all these reach; then the group's offsets, which only
 * mirror that.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/failpoint.h"
#include "live/owner/owner.h"

static bool has_work(const struct cm_unit_state *unit)
{
    return unit->phase == CM_UNIT_RUNNING && (unit->dirty_count || unit->dead_count || (unit->moved && unit->position < CM_POSITION_FIRST));
}

/*
 * Cards that waited while there was a backlog are due once the unit has caught up. Their states are written again, too: a card never comes
 * out without a state behind which others can see it.
 */
static enum cm_status call_in_owed(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = CM_OK;
    size_t kept = 0;
    for (size_t i = 0; i < unit->owed_count; i++) {
        struct cm_item *item = unit->owed[i];
        if (status == CM_OK && item->card_due && cm_item_shows(live, unit, item))
            status = cm_unit_soil(live, unit, item);
        if (item->card_due)
            unit->owed[kept++] = item;
        else
            item->owed = false;
    }
    unit->owed_count = kept;
    return status;
}

static enum cm_status put_dead(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < unit->dead_count && status == CM_OK; i++) {
        struct cm_dead dead = {unit->unit, unit->dead[i].offset, {unit->dead_lines.ptr + unit->dead[i].from, unit->dead[i].len}};
        status = cm_journal_dead(live->set.journal, &dead);
    }
    return status;
}

/* The names by which hits are stored stand in the log before the first state that needs them. */
static enum cm_status put_names(struct cm_live *live, struct cm_unit_state *unit, struct cm_edition *edition)
{
    for (size_t i = 0; i < unit->stored_count; i++)
        if (unit->stored[i] == edition)
            return CM_OK;
    enum cm_status status = cm_grow(&unit->stored, &unit->stored_cap, unit->stored_count + 1, sizeof(struct cm_edition *));
    if (status != CM_OK)
        return status;
    cm_buffer_reset(&live->key);
    cm_state_pack_key(&live->key, edition->hash);
    status = cm_buffer_status(&live->key);
    struct cm_entry entry = {.unit = unit->unit,
                             .key = cm_buffer_view(&live->key),
                             .value = cm_buffer_view(&edition->names),
                             .epoch = unit->epoch,
                             .rules = edition->hash};
    if (status == CM_OK)
        status = cm_journal_state(live->set.journal, &entry);
    if (status == CM_OK) {
        unit->stored[unit->stored_count++] = edition;
        edition->logs++;
    }
    return status;
}

/* Its time came while its card was not out (timers.c): it comes again at once when it is. */
static bool rests(const struct cm_item *item)
{
    return item->phase == CM_PHASE_CLOSED && item->heap_at == CM_HEAP_NONE && item->due != INT64_MAX;
}

static enum cm_status put_state(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    struct cm_entry entry = {.unit = unit->unit, .applied = item->applied, .epoch = unit->epoch};
    enum cm_status status = CM_OK;
    if (item->edition)
        status = put_names(live, unit, item->edition);
    if (status != CM_OK)
        return status;
    cm_buffer_reset(&live->key);
    cm_buffer_reset(&live->value);
    cm_state_key(&live->key, cm_item_id(item));
    if (rests(item))
        item->due = cm_time_later(cm_unit_watermark(live, unit), 1);
    if (item->phase != CM_PHASE_GONE) {
        struct cm_item stored = *item; /* as it will be once this flush has ended well */
        stored.finals += item->card_due && item->phase == CM_PHASE_CLOSED && !item->repeat;
        cm_state_encode(&live->value, &stored, (struct cm_span){item->packed.bytes, item->packed.len});
        entry.value = cm_buffer_view(&live->value);
        entry.rules = item->edition ? item->edition->hash : (struct cm_hash128){0, 0};
    }
    entry.key = cm_buffer_view(&live->key);
    status = cm_buffer_status(&live->key);
    if (status == CM_OK)
        status = cm_buffer_status(&live->value);
    if (status == CM_OK)
        status = cm_journal_state(live->set.journal, &entry);
    cm_failpoint(CM_FAILPOINT_STATE_PUT);
    live->counters.states += entry.value.ptr != NULL;
    live->counters.tombstones_put += entry.value.ptr == NULL;
    live->counters.state_bytes += entry.value.len;
    return status;
}

/* Before its states are deleted: nobody may go on from a manifest whose states are gone. */
static enum cm_status put_disown(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_entry entry = {.unit = unit->unit, .key = cm_state_manifest_key, .epoch = unit->epoch};
    return unit->disown ? cm_journal_state(live->set.journal, &entry) : CM_OK;
}

/* Whatever is stored or judged now is in memory and goes by packs that are loaded: what this changes is stored, too. */
static enum cm_status make_ready(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < unit->dirty_count && status == CM_OK; i++) {
        struct cm_item *item = unit->dirty[i];
        if (item->phase <= CM_PHASE_CLOSED && (item->dirty || cm_item_shows(live, unit, item)))
            status = cm_item_ready(live, unit, item);
    }
    return status;
}

static enum cm_status put_states(struct cm_live *live, struct cm_unit_state *unit)
{
    enum cm_status status = make_ready(live, unit);
    if (status == CM_OK)
        status = put_disown(live, unit);
    for (size_t i = 0; i < unit->dirty_count && status == CM_OK; i++)
        if (unit->dirty[i]->dirty)
            status = put_state(live, unit, unit->dirty[i]);
    return status;
}

static uint64_t sum_of(const struct cm_item *item)
{
    return item->phase == CM_PHASE_GONE ? 0 : cm_state_sum(item->hash, item->applied);
}

/* What the manifest will say: what is stored already, and everything dirty as it now is. */
static struct cm_manifest manifest_of(const struct cm_unit_state *unit)
{
    struct cm_manifest manifest = {.position = unit->position,
                                   .epoch = unit->epoch,
                                   .clock = unit->clock,
                                   .timed = unit->timed,
                                   .checksum = unit->checksum,
                                   .count = unit->states};
    for (size_t i = 0; i < unit->dirty_count; i++) {
        const struct cm_item *item = unit->dirty[i];
        uint64_t sum = item->dirty ? sum_of(item) : item->sum;
        manifest.checksum += sum - item->sum;
        manifest.count += (uint64_t)(sum != 0) - (item->sum != 0);
    }
    return manifest;
}

static enum cm_status put_manifest(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_manifest manifest = manifest_of(unit);
    manifest.cards = cm_journal_cards_end(live->set.journal, unit->unit);
    if (unit->position >= CM_POSITION_FIRST) /* nothing of the source was read yet */
        return CM_OK;
    cm_buffer_reset(&live->value);
    cm_manifest_encode(&live->value, &manifest);
    struct cm_entry entry = {.unit = unit->unit,
                             .key = cm_state_manifest_key,
                             .value = cm_buffer_view(&live->value),
                             .applied = unit->position - 1,
                             .epoch = unit->epoch};
    enum cm_status status = cm_buffer_status(&live->value);
    if (status == CM_OK && !cm_sabotaged("no-manifest"))
        status = cm_journal_state(live->set.journal, &entry);
    cm_failpoint(CM_FAILPOINT_MANIFEST_PUT);
    return status;
}

static enum cm_status owe(struct cm_unit_state *unit, struct cm_item *item)
{
    if (item->owed)
        return CM_OK;
    enum cm_status status = cm_grow(&unit->owed, &unit->owed_cap, unit->owed_count + 1, sizeof(struct cm_item *));
    if (status != CM_OK)
        return status;
    unit->owed[unit->owed_count++] = item;
    item->owed = true;
    return CM_OK;
}

static enum cm_status card_is_out(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    if (!item->card_due)
        return CM_OK;
    if (!cm_item_shows(live, unit, item))
        return owe(unit, item);
    bool final = item->phase == CM_PHASE_CLOSED;
    live->counters.cards_final += final;
    live->counters.cards_open += !final;
    live->counters.revised += final && !item->repeat && item->finals > 0;
    item->finals += final && !item->repeat;
    item->card_due = item->repeat = false;
    return rests(item) ? cm_table_schedule(&unit->table, item) : CM_OK;
}

/* Those that are gone are forgotten; those that still stand in the way of what is read again are put again. How many. */
static size_t forget_gone(struct cm_live *live, struct cm_unit_state *unit)
{
    size_t kept = 0;
    for (size_t i = 0; i < unit->dirty_count; i++) {
        struct cm_item *item = unit->dirty[i];
        if (item->phase != CM_PHASE_GONE)
            continue;
        if (cm_item_done(unit, item)) {
            cm_item_forget(live, unit, item);
        } else {
            item->listed = item->dirty = true;
            unit->dirty[kept++] = item;
        }
    }
    return kept;
}

/* Everything is safe: nothing of the unit is due any more, but cards that wait until it has caught up. */
static enum cm_status clean(struct cm_live *live, struct cm_unit_state *unit)
{
    struct cm_manifest manifest = manifest_of(unit);
    enum cm_status status = CM_OK;
    unit->checksum = manifest.checksum;
    unit->states = manifest.count;
    for (size_t i = 0; i < unit->dirty_count && status == CM_OK; i++) {
        struct cm_item *item = unit->dirty[i];
        if (item->dirty) {
            item->sum = sum_of(item);
            item->epoch = (uint32_t)unit->epoch;
        }
        item->listed = item->dirty = false;
        status = card_is_out(live, unit, item);
    }
    if (status == CM_OK)
        status = call_in_owed(live, unit); /* nothing owed or missed may point to what is forgotten now */
    cm_unit_take_back(live, unit);
    unit->dirty_count = status == CM_OK ? forget_gone(live, unit) : 0;
    unit->stored_safe = unit->stored_count;
    live->counters.dead_letters += unit->dead_count;
    unit->dead_count = 0;
    cm_buffer_reset(&unit->dead_lines);
    unit->moved = unit->disown = false;
    unit->written = live->now;
    return status;
}

/* A zombie's scorecards that were on their way when he was stopped: they may lie over newer ones of ours. */
static void look_at_cards(struct cm_live *live, struct cm_unit_state *unit)
{
    bool ask = live->now - unit->looked >= CM_IDLE_WRITE_MS;
    if (unit->looking)
        return;
    unit->looking = cm_journal_look(live->set.journal, unit->unit, ask);
    unit->looked = ask ? live->now : unit->looked;
    if (!unit->looking)
        return;
    live->counters.foreign++;
    cm_live_tell(live, "partition %u: somebody else has written scorecards; looking which", CM_UNIT_PARTITION(unit->unit));
}

/* A log that only we write to has our records one behind the other. */
static enum cm_status look_for_others(struct cm_live *live, struct cm_unit_state *unit)
{
    int64_t first, last;
    uint64_t count;
    enum cm_status status = CM_OK;
    look_at_cards(live, unit);
    if (unit->auditing || !cm_journal_written(live->set.journal, unit->unit, &first, &last, &count))
        return CM_OK;
    if (unit->log_next >= 0 && (first != unit->log_next || (uint64_t)(last - first) + 1 != count))
        status = cm_unit_audit(live, unit);
    if (status == CM_OK && last >= 0) /* else the next flush finds the same, and tries again */
        unit->log_next = last + 1;
    return status;
}

static enum cm_status commit(struct cm_live *live)
{
    struct cm_position *positions = calloc(live->unit_count + 1, sizeof *positions);
    size_t count = 0;
    if (!positions)
        return CM_ENOMEM;
    for (size_t i = 0; i < live->unit_count; i++)
        if (has_work(live->units[i]) && live->units[i]->position < CM_POSITION_FIRST)
            positions[count++] = (struct cm_position){live->units[i]->unit, live->units[i]->position};
    enum cm_status status = cm_journal_commit(live->set.journal, positions, count);
    free(positions);
    return status;
}

/* One step of a flush, of all units that have something to write. */
static enum cm_status each(struct cm_live *live, enum cm_status (*put)(struct cm_live *, struct cm_unit_state *))
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < live->unit_count && status == CM_OK; i++)
        if (has_work(live->units[i]))
            status = put(live, live->units[i]);
    return status;
}

static enum cm_status settle_dead(struct cm_live *live)
{
    size_t count = 0;
    for (size_t i = 0; i < live->unit_count; i++)
        count += has_work(live->units[i]) ? live->units[i]->dead_count : 0;
    enum cm_status status = count ? each(live, put_dead) : CM_OK;
    return status == CM_OK && count ? cm_journal_settle(live->set.journal) : status;
}

static enum cm_status write_all(struct cm_live *live)
{
    struct cm_journal *journal = live->set.journal;
    enum cm_status status = cm_sabotaged("commit-first") ? commit(live) : CM_OK;
    if (status == CM_OK)
        status = settle_dead(live);
    if (status == CM_OK)
        status = each(live, put_states);
    cm_failpoint(CM_FAILPOINT_STATES_PUT);
    if (status == CM_OK)
        status = cm_journal_settle(journal);
    cm_failpoint(CM_FAILPOINT_STATES_SETTLED);
    if (status == CM_OK)
        status = each(live, cm_unit_cards);
    cm_failpoint(CM_FAILPOINT_CARDS_PUT);
    if (status == CM_OK)
        status = cm_journal_settle(journal);
    cm_failpoint(CM_FAILPOINT_CARDS_SETTLED);
    if (status == CM_OK)
        status = each(live, put_manifest);
    if (status == CM_OK)
        status = cm_journal_settle(journal);
    cm_failpoint(CM_FAILPOINT_MANIFEST_SETTLED);
    if (status == CM_OK)
        status = commit(live);
    cm_failpoint(CM_FAILPOINT_COMMITTED);
    return status;
}

/* Nothing of it may have arrived: names, too, are put again. */
static void give_up(struct cm_live *live)
{
    live->counters.flush_failures++;
    cm_journal_abort(live->set.journal);
    for (size_t i = 0; i < live->unit_count; i++) {
        struct cm_unit_state *unit = live->units[i];
        while (unit->stored_count > unit->stored_safe)
            unit->stored[--unit->stored_count]->logs--;
    }
}

enum cm_status cm_live_flush(struct cm_live *live)
{
    bool work = false;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < live->unit_count && status == CM_OK; i++) {
        if (live->units[i]->phase == CM_UNIT_RUNNING)
            status = call_in_owed(live, live->units[i]);
        work |= has_work(live->units[i]);
    }
    live->flushes++;
    live->unflushed = 0;
    if (!work || status != CM_OK)
        return status;
    cm_failpoint(CM_FAILPOINT_FLUSH_BEGIN);
    status = cm_journal_begin(live->set.journal);
    if (status == CM_OK)
        status = write_all(live);
    if (status != CM_OK) {
        give_up(live);
        return status;
    }
    for (size_t i = 0; i < live->unit_count && status == CM_OK; i++) {
        if (!has_work(live->units[i]))
            continue;
        status = clean(live, live->units[i]);
        if (status == CM_OK)
            status = look_for_others(live, live->units[i]);
    }
    live->counters.flushes++;
    return status;
}
