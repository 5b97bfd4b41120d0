#include <inttypes.h>
#include <stdio.h>

#include "base/failpoint.h"
#include "io/deadletter.h"
#include "live/owner/owner.h"

/* -------------------------------------------------------------- dead letters */

/* Reasons of the owner's own, beside those of the decoder. */
static const char *const too_late = "too_late", *const interaction_full = "interaction_full", *const was_erased = "erased";

static void render(struct cm_live *live, struct cm_buffer *out, const struct cm_message *message, const struct cm_parsed *parsed,
                   const char *reason)
{
    uint32_t source = CM_UNIT_SOURCE(message->unit);
    cm_buffer_text(out, "{\"source\":");
    cm_buffer_json(out, cm_span_of(live->set.source_names[source]));
    cm_buffer_printf(out, ",\"partition\":%u,\"offset\":%" PRIu64 ",\"reason\":\"%s\",\"field\":", CM_UNIT_PARTITION(message->unit),
                     message->offset, reason);
    if (parsed->field)
        cm_buffer_printf(out, "\"%s\"", parsed->field);
    else
        cm_buffer_text(out, "null");
    cm_buffer_text(out, ",\"column\":");
    if (parsed->column)
        cm_buffer_unsigned(out, parsed->column);
    else
        cm_buffer_text(out, "null");
    if (live->set.dead_letter_payload)
        cm_dead_letter_payload(out, message->line);
    cm_buffer_text(out, "}\n");
}

static enum cm_status bury(struct cm_live *live, struct cm_unit_state *unit, const struct cm_message *message,
                           const struct cm_parsed *parsed, const char *reason)
{
    enum cm_status status = cm_grow(&unit->dead, &unit->dead_cap, unit->dead_count + 1, sizeof *unit->dead);
    if (status != CM_OK)
        return status;
    size_t from = unit->dead_lines.len;
    render(live, &unit->dead_lines, message, parsed, reason);
    status = cm_buffer_status(&unit->dead_lines);
    if (status == CM_OK)
        unit->dead[unit->dead_count++] = (struct cm_dead_place){message->offset, from, unit->dead_lines.len - from};
    return status;
}

/* ---------------------------------------------------------------------- time */

/*
 * The event's own time. Where it has none, or the line is no event, the clock of the unit stands still, if events tell the time there: the
 * log's time would carry a backlog's clock to today. Where no event does, the log's; where that has none, the wall's.
 */
static int64_t event_time(struct cm_live *live, struct cm_unit_state *unit, const struct cm_message *message,
                          const struct cm_parsed *parsed, bool *future)
{
    *future = parsed->ts != CM_TIME_NONE_MS && message->log_ts >= 0 && parsed->ts > message->log_ts + live->set.skew_ms;
    if (parsed->ts != CM_TIME_NONE_MS && !*future) {
        unit->timed = true;
        return parsed->ts;
    }
    if (unit->clock != CM_TIME_NONE_MS && (unit->timed || parsed->kind == CM_PARSED_REJECTED))
        return unit->clock;
    return message->log_ts >= 0 ? message->log_ts : live->now;
}

static void move_clock(struct cm_live *live, struct cm_unit_state *unit, const struct cm_message *message, int64_t ts)
{
    if (unit->clock == CM_TIME_NONE_MS || ts > unit->clock)
        unit->clock = ts;
    if (message->log_ts > unit->log_clock)
        unit->log_clock = message->log_ts;
    unit->arrived = live->now;
}

/* --------------------------------------------------------------------- items */

/* The same id in another partition of ours: its conversation is torn, and nobody can judge it whole. */
static void look_elsewhere(struct cm_live *live, const struct cm_unit_state *unit, struct cm_span id, uint64_t hash)
{
    for (size_t i = 0; i < live->unit_count; i++) {
        const struct cm_unit_state *other = live->units[i];
        if (other == unit || CM_UNIT_SOURCE(other->unit) != CM_UNIT_SOURCE(unit->unit) || !cm_table_find(&other->table, id, hash))
            continue;
        if (live->counters.split++ == 0)
            cm_live_tell(live,
                         "one interaction stands in partitions %u and %u: %s is not keyed by interaction (caremeter rekey mends that)",
                         CM_UNIT_PARTITION(other->unit), CM_UNIT_PARTITION(unit->unit), live->set.source_names[CM_UNIT_SOURCE(unit->unit)]);
        return;
    }
}

static enum cm_status begin(struct cm_live *live, struct cm_unit_state *unit, struct cm_span id, uint64_t hash, struct cm_item **out)
{
    look_elsewhere(live, unit, id, hash);
    *out = cm_table_add(&unit->table, id, hash);
    if (!*out)
        return CM_ENOMEM;
    (*out)->edition = cm_edition_hold(live->current);
    (*out)->last_ts = INT64_MIN;
    live->counters.opened++;
    return CM_OK;
}

/* One that was to be deleted begins anew. */
static void begin_again(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    cm_table_turn(&unit->table, item, CM_PHASE_OPEN);
    item->flags = 0;
    item->finals = 0;
    item->channel = CM_CHANNEL_NONE;
    item->last_ts = INT64_MIN;
    item->edition = cm_edition_hold(live->current);
    live->counters.opened++;
}

/* The record as the interaction's own packs make it, where others scanned it. */
static enum cm_status by_own_rules(struct cm_live *live, const struct cm_item *item, const struct cm_message *message,
                                   const struct cm_parsed *parsed, struct cm_span *record)
{
    struct cm_parsed again;
    if (parsed->kind != CM_PARSED_EVENT)
        return CM_OK;
    cm_buffer_reset(&live->rescanned);
    enum cm_status status = cm_live_worker_parse(live->set.worker, item->edition->rules, message, &live->rescanned, &again);
    *record = (struct cm_span){live->rescanned.ptr, again.record_len};
    return status;
}

/* May so many records be one interaction? */
static bool fits(const struct cm_live *live, const struct cm_packed *packed)
{
    return cm_packed_messages((struct cm_span){packed->bytes, packed->len}) <= live->set.max_turns &&
           packed->len <= live->set.max_state_bytes;
}

static enum cm_status pack_all(struct cm_live *live, struct cm_packed *packed)
{
    struct cm_span stream = cm_buffer_view(&live->records), record;
    enum cm_status status = CM_OK;
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_packed_add(packed, record, &live->scratch);
    return status;
}

/* Repeats are dropped before a turn is refused: who sends everything twice must not lose half of it. The new record may be one, too. */
static enum cm_status close_up(struct cm_live *live, struct cm_item *item, struct cm_span record, bool *kept)
{
    uint32_t dropped = 0;
    struct cm_packed packed = {0};
    cm_buffer_reset(&live->records);
    enum cm_status status = cm_packed_unpack((struct cm_span){item->packed.bytes, item->packed.len}, &live->records);
    cm_buffer_span(&live->records, record);
    if (status == CM_OK)
        status = cm_buffer_status(&live->records);
    if (status == CM_OK)
        status = cm_records_distinct(&live->records, &dropped);
    if (status == CM_OK && dropped)
        status = pack_all(live, &packed);
    *kept = status == CM_OK && dropped && fits(live, &packed);
    if (!*kept) {
        cm_packed_free(&packed);
        return status;
    }
    live->held -= item->packed.cap;
    cm_packed_free(&item->packed);
    item->packed = packed;
    live->held += packed.cap;
    return CM_OK;
}

static bool has_room(const struct cm_live *live, const struct cm_item *item, const struct cm_parsed *parsed, size_t record_len)
{
    if (!item->packed.bytes)
        return true;
    bool turns = parsed->kind != CM_PARSED_EVENT || parsed->type != CM_EVENT_MESSAGE ||
                 cm_packed_messages((struct cm_span){item->packed.bytes, item->packed.len}) < live->set.max_turns;
    return turns && item->packed.len + record_len <= live->set.max_state_bytes;
}

static enum cm_status keep(struct cm_live *live, struct cm_item *item, const struct cm_parsed *parsed, struct cm_span record, bool *kept)
{
    *kept = has_room(live, item, parsed, record.len);
    if (!*kept)
        return item->flags & CM_ITEM_FULL ? CM_OK : close_up(live, item, record, kept);
    uint32_t before = item->packed.cap;
    enum cm_status status = cm_packed_add(&item->packed, record, &live->scratch);
    live->held += item->packed.cap - before;
    return status;
}

/* What is an event at all, and found no place in its interaction; that a line was none is told already. */
static enum cm_status refuse(struct cm_live *live, struct cm_unit_state *unit, const struct cm_message *message,
                             const struct cm_parsed *parsed, const char *reason, uint64_t *counter)
{
    if (parsed->kind != CM_PARSED_EVENT)
        return CM_OK;
    ++*counter;
    return bury(live, unit, message, parsed, reason);
}

static enum cm_status schedule(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_parsed *parsed)
{
    if (item->phase != CM_PHASE_OPEN)
        return CM_OK;
    if (parsed->kind == CM_PARSED_EVENT && parsed->type == CM_EVENT_END)
        return cm_item_close(live, unit, item);
    item->due = cm_time_later(item->last_ts, live->set.idle_ms[item->channel]);
    return cm_table_schedule(&unit->table, item);
}

static enum cm_status join(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_message *message,
                           const struct cm_parsed *parsed, struct cm_rules *rules, struct cm_span record, int64_t ts, bool future)
{
    bool kept = false;
    enum cm_status status = cm_item_ready(live, unit, item);
    if (status == CM_OK && item->edition->rules != rules)
        status = by_own_rules(live, item, message, parsed, &record);
    if (status == CM_OK)
        status = keep(live, item, parsed, record, &kept);
    if (status == CM_OK && !kept) {
        item->flags |= CM_ITEM_FULL;
        status = refuse(live, unit, message, parsed, interaction_full, &live->counters.full);
    }
    if (status != CM_OK)
        return status;
    item->applied = message->offset;
    item->flags |= future ? CM_ITEM_FUTURE : 0;
    item->last_ts = ts > item->last_ts ? ts : item->last_ts;
    if (item->channel == CM_CHANNEL_NONE)
        item->channel = parsed->channel;
    item->card_due = true;
    item->repeat = false; /* another card than the one that was counted */
    live->counters.events += parsed->kind == CM_PARSED_EVENT && kept;
    live->counters.turns += parsed->kind == CM_PARSED_EVENT && kept && parsed->type == CM_EVENT_MESSAGE;
    live->counters.future += future;
    status = schedule(live, unit, item, parsed);
    return status == CM_OK ? cm_unit_soil(live, unit, item) : status;
}

/* Was the event dealt with when the item was stored? What is gone still stands in the way of what it had refused. */
static bool knows(const struct cm_item *item, uint64_t offset)
{
    return item->applied != CM_APPLIED_NONE && offset <= item->applied && !cm_sabotaged("no-skip");
}

static enum cm_status apply_record(struct cm_live *live, struct cm_unit_state *unit, const struct cm_message *message,
                                   const struct cm_parsed *parsed, struct cm_rules *rules, struct cm_span record)
{
    struct cm_span id = cm_record_interaction(record);
    uint64_t hash = cm_record_hash(record);
    bool future;
    int64_t ts = event_time(live, unit, message, parsed, &future);
    struct cm_item *item = cm_table_find(&unit->table, id, hash);
    enum cm_status status = CM_OK;
    live->counters.misplaced += parsed->misplaced;
    if (item && knows(item, message->offset)) {
        live->counters.skipped += parsed->kind == CM_PARSED_EVENT;
        move_clock(live, unit, message, ts);
        return CM_OK;
    }
    if (!item)
        status = begin(live, unit, id, hash, &item);
    else if (item->phase == CM_PHASE_GONE)
        begin_again(live, unit, item);
    if (status == CM_OK && item->phase == CM_PHASE_MARKER) {
        bool erased = item->flags & CM_ITEM_ERASED;
        uint64_t *counter = erased ? &live->counters.erased : &live->counters.too_late;
        status = refuse(live, unit, message, parsed, erased ? was_erased : too_late, counter);
    } else if (status == CM_OK) {
        status = join(live, unit, item, message, parsed, rules, record, ts, future);
    }
    move_clock(live, unit, message, ts);
    return status;
}

enum cm_status cm_live_apply(struct cm_live *live, const struct cm_message *message, const struct cm_parsed *parsed, struct cm_rules *rules,
                             struct cm_span record)
{
    struct cm_unit_state *unit = cm_live_unit_of(live, message->unit);
    if (!unit || unit->phase != CM_UNIT_RUNNING || (unit->position < CM_POSITION_FIRST && message->offset < unit->position))
        return CM_OK;
    enum cm_status status = CM_OK;
    live->counters.messages++;
    unit->at_end = false;
    unit->arrived = live->now;
    if (parsed->kind == CM_PARSED_TOMBSTONE)
        live->counters.tombstones++;
    if (parsed->kind == CM_PARSED_REJECTED) {
        live->counters.rejected++;
        live->counters.by_reason[parsed->reject]++;
        status = bury(live, unit, message, parsed, cm_reject_code((enum cm_reject)parsed->reject));
    }
    if (status == CM_OK && record.len)
        status = apply_record(live, unit, message, parsed, rules, record);
    if (status != CM_OK)
        return status;
    unit->position = message->offset + 1;
    unit->moved = true;
    live->unflushed++;
    return cm_unit_timers(live, unit);
}
