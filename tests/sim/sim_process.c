#include <stdlib.h>

#include "base/failpoint.h"
#include "live/owner/owner.h"
#include "sim.h"

static void started(void *context, uint32_t unit, uint64_t position)
{
    struct sim_process *process = context;
    struct sim *sim = process->sim;
    uint32_t partition = CM_UNIT_PARTITION(unit);
    uint64_t committed = sim->broker.committed[partition];
    sim_say(sim, "process %u starts partition %u at %lld", process->number, partition,
            position >= CM_POSITION_FIRST ? -1LL : (long long)position);
    if (cm_sabotaged("commit-first") && committed < CM_POSITION_FIRST)
        position = committed;
    process->position[partition] = position >= CM_POSITION_FIRST ? 0 : position;
    process->reading[partition] = true;
    if (!sim->plan.zombies && process->position[partition] < sim->broker.confirmed[partition])
        sim_fail(sim, "partition %u goes on at %llu, but %llu was safe", partition, (unsigned long long)process->position[partition],
                 (unsigned long long)sim->broker.confirmed[partition]);
}

static void superseded(void *context, uint32_t unit)
{
    struct sim_process *process = context;
    uint32_t partition = CM_UNIT_PARTITION(unit);
    sim_say(process->sim, "process %u is superseded in partition %u", process->number, partition);
    process->held[partition] = process->reading[partition] = false;
    process->again[partition] = true;
}

static void tell(void *context, const char *text)
{
    const struct sim_process *process = context;
    sim_say(process->sim, "process %u: %s", process->number, text);
}

void sim_process_start(struct sim_process *process)
{
    static const char *const names[] = {"events"};
    struct sim *sim = process->sim;
    const struct sim_plan *plan = &sim->plan;
    *process = (struct sim_process){.sim = sim, .number = process->number, .up = true};
    fake_client_init(&process->client, &sim->broker, process->number);
    process->client.sends_early = plan->early;
    process->client.tells = !cm_sabotaged("no-epoch");
    struct cm_live_settings settings = {.journal = &process->client.journal,
                                        .pool = sim->world->pool,
                                        .worker = sim->world->worker,
                                        .rules = sim->world->rules[sim->version],
                                        .keep_closed_ms = plan->keep_closed_ms,
                                        .keep_marker_ms = plan->keep_marker_ms,
                                        .lateness_ms = plan->lateness_ms,
                                        .skew_ms = 300000,
                                        .quiet_ms = plan->quiet_ms,
                                        .max_turns = plan->max_turns,
                                        .max_state_bytes = 900 * 1024,
                                        .max_memory_bytes = plan->max_memory,
                                        .spill_folder = sim->world->spill_folder,
                                        .open_cards = plan->open_cards,
                                        .source_names = names,
                                        .started = started,
                                        .superseded = superseded,
                                        .tell = tell,
                                        .context = process};
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        settings.idle_ms[channel] = plan->idle_ms * (channel + 1);
    if (cm_live_new(&settings, &process->live) != CM_OK)
        sim_fail(sim, "no memory");
    else
        cm_live_clock(process->live, sim->broker.now);
}

static void count(struct sim_process *process)
{
    const struct cm_counters *counters = cm_live_counters(process->live);
    struct sim *sim = process->sim;
    uint64_t told = counters->events + counters->skipped + counters->tombstones + counters->rejected + counters->too_late + counters->full +
                    counters->erased + process->nothings;
    if (told != counters->messages && !process->client.crashed)
        sim_fail(sim, "process %u has read %llu messages, and tells of %llu", process->number, (unsigned long long)counters->messages,
                 (unsigned long long)told);
    if (counters->rebuilt)
        sim_fail(sim, "process %u has built states anew", process->number);
    sim->did.rebuilt += counters->rebuilt;
    sim->did.mixed += counters->mixed;
    sim->did.revised += counters->revised;
    sim->did.spilled += counters->spilled;
    sim->did.too_late += counters->too_late;
    sim->did.full += counters->full;
    sim->did.healed += counters->healed;
}

/* However it ended. */
void sim_process_stop(struct sim_process *process)
{
    if (!process->up)
        return;
    count(process);
    process->client.crashed = true;
    process->sim->broker.now += 1; /* no two processes begin in one moment */
    cm_live_free(process->live);
    fake_client_free(&process->client);
    process->live = NULL;
    process->up = process->paused = false;
}

void sim_process_check(struct sim_process *process, enum cm_status status, const char *what)
{
    if (!process->up)
        return;
    if (process->client.crashed) {
        sim_say(process->sim, "process %u crashes in %s", process->number, what);
        process->sim->did.crashes++;
        sim_process_stop(process);
    } else if (status != CM_OK) {
        sim_fail(process->sim, "process %u: %s: %s", process->number, what, cm_status_text(status));
    }
}

void sim_process_assign(struct sim_process *process, uint32_t partition)
{
    process->held[partition] = true;
    process->again[partition] = process->reading[partition] = false;
    sim_process_check(process, cm_live_assign(process->live, CM_UNIT(0, partition)), "assign");
}

void sim_process_drop(struct sim_process *process, uint32_t partition)
{
    process->held[partition] = process->reading[partition] = process->again[partition] = false;
    cm_live_drop(process->live, CM_UNIT(0, partition));
}

/* After a restore that nothing of others came between: is it what it was? */
static void compare_digest(struct sim_process *process, uint32_t partition)
{
    struct sim *sim = process->sim;
    const struct fake_log *log = &sim->broker.topics[FAKE_STATE][partition];
    bool same =
        sim->digest_at[partition] && !sim->plan.erases && !sim->plan.zombies && log->count == sim->digest_at[partition] + 1; /* our fence */
    if (same && sim_process_digest(process, partition) != sim->digest[partition])
        sim_fail(sim, "partition %u is not what it was before it was handed over", partition);
    sim->did.checked += same;
    sim->digest_at[partition] = 0;
}

void sim_process_restore(struct sim_process *process, uint32_t entries)
{
    struct cm_entry entry;
    for (uint32_t i = 0; i < entries && process->up && cm_live_restoring(process->live); i++) {
        enum cm_status status = cm_journal_next(&process->client.journal, 0, &entry);
        if (status == CM_END)
            break;
        uint32_t partition = CM_UNIT_PARTITION(entry.unit);
        bool was_reading = status == CM_OK && process->reading[partition];
        if (status == CM_OK)
            status = cm_live_entry(process->live, &entry);
        if (status == CM_EIO && !process->client.crashed) {
            sim_process_drop(process, partition);
            process->again[partition] = true;
            status = CM_OK;
        }
        sim_process_check(process, status, "restore");
        if (process->up && !was_reading && process->reading[partition])
            compare_digest(process, partition);
    }
    for (uint32_t i = 0; i < process->sim->plan.partitions && process->up; i++)
        if (process->again[i])
            sim_process_assign(process, i);
}

static void pull_one(struct sim_process *process, uint32_t partition)
{
    struct sim *sim = process->sim;
    const struct fake_log *input = &sim->broker.input[partition];
    const struct fake_record *source = &input->items[process->position[partition]];
    struct cm_message message = {.unit = CM_UNIT(0, partition),
                                 .offset = process->position[partition]++,
                                 .log_ts = source->at,
                                 .key = source->key,
                                 .line = source->value,
                                 .keyed = true};
    struct cm_rules *rules = cm_live_rules(process->live);
    struct cm_parsed parsed;
    if (sim->plan.reloads && cm_chance_once_in(&sim->chance, 4)) /* a batch that was scanned before a reload */
        rules = sim->world->rules[cm_chance_below(&sim->chance, SIM_VERSIONS)];
    cm_buffer_reset(&sim->records);
    enum cm_status status = cm_live_worker_parse(sim->world->worker, rules, &message, &sim->records, &parsed);
    if (status == CM_OK) {
        uint64_t before = cm_live_counters(process->live)->messages;
        status = cm_live_apply(process->live, &message, &parsed, rules, (struct cm_span){sim->records.ptr, parsed.record_len});
        if (parsed.kind == CM_PARSED_NOTHING)
            process->nothings += cm_live_counters(process->live)->messages - before;
    }
    sim_process_check(process, status, "apply");
}

void sim_process_pull(struct sim_process *process, uint32_t messages)
{
    struct sim *sim = process->sim;
    cm_live_clock(process->live, sim->broker.now);
    for (uint32_t i = 0; i < messages && process->up && !sim->failed; i++) {
        uint32_t partition = cm_chance_below(&sim->chance, sim->plan.partitions);
        if (!process->reading[partition])
            continue;
        if (process->position[partition] < sim->broker.input[partition].count)
            pull_one(process, partition);
        else
            cm_live_at_end(process->live, CM_UNIT(0, partition), true);
    }
}

void sim_process_timers(struct sim_process *process)
{
    cm_live_clock(process->live, process->sim->broker.now);
    sim_process_check(process, cm_live_timers(process->live), "timers");
}

bool sim_process_flush(struct sim_process *process)
{
    struct sim *sim = process->sim;
    cm_live_clock(process->live, sim->broker.now);
    process->client.crash_in = sim->plan.crashes && sim_perhaps(sim, 12) ? cm_chance_below(&sim->chance, 60) : FAKE_NEVER;
    process->client.settle_fails = sim->plan.failures && sim_perhaps(sim, 8) ? 2 : 0;
    enum cm_status status = cm_live_flush(process->live);
    bool failed = status == CM_EIO && process->client.settle_fails;
    process->client.crash_in = FAKE_NEVER;
    process->client.settle_fails = 0;
    sim->did.failures += failed;
    sim_process_check(process, failed ? CM_OK : status, "flush");
    if (process->up && !failed)
        sim_process_check(process, cm_live_spill(process->live), "spill");
    return process->up && !failed;
}

void sim_process_reload(struct sim_process *process)
{
    sim_process_check(process, cm_live_use(process->live, process->sim->world->rules[process->sim->version]), "reload");
}

/* -------------------------------------------------------------------- digest */

static uint64_t digest_item(const struct sim_process *process, const struct cm_item *item)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    bool marker = item->phase == CM_PHASE_MARKER; /* of which less is stored */
    uint64_t numbers[] = {item->phase,
                          item->flags,
                          item->finals,
                          item->applied,
                          (uint64_t)item->due,
                          marker ? 0 : (uint64_t)item->last_ts,
                          marker ? 0 : item->channel};
    cm_buffer_span(&bytes, cm_item_id(item));
    cm_buffer_append(&bytes, numbers, sizeof numbers);
    if (item->packed.bytes)
        cm_buffer_append(&bytes, item->packed.bytes, item->packed.len);
    else if (item->spilled >= 0 && cm_buffer_reserve(&bytes, item->packed.len) &&
             cm_spill_get(&process->live->spill, item->spilled, bytes.ptr + bytes.len, item->packed.len) == CM_OK)
        bytes.len += item->packed.len;
    uint64_t digest = cm_hash64(cm_buffer_view(&bytes));
    cm_buffer_free(&bytes);
    return digest;
}

uint64_t sim_process_digest(const struct sim_process *process, uint32_t partition)
{
    const struct cm_unit_state *unit = cm_live_unit_of(process->live, CM_UNIT(0, partition));
    uint64_t digest = 0;
    struct cm_item *item;
    for (size_t at = 0; unit && (item = cm_table_next(&unit->table, &at));)
        digest += item->phase == CM_PHASE_GONE ? 0 : digest_item(process, item);
    return unit ? digest + unit->position + (uint64_t)unit->clock : 0;
}
