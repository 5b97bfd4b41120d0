/*
 * Live running, under whatever a seed does to it.
 *
 *   sim SEEDS [FIRST]            every seed must hold; the first that does not is told, with SIM_SEED to see it step by step
 *   sim --must-fail SEEDS        one of them must not hold: with CAREMETER_SABOTAGE, to see that the simulation can see
 *   SIM_SEED=n sim               one seed, every step told
 */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "sim.h"

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list arguments;
    if (sim->failed)
        return;
    sim->failed = true;
    va_start(arguments, format);
    vsnprintf(sim->why, sizeof sim->why, format, arguments);
    va_end(arguments);
}

void sim_say(const struct sim *sim, const char *format, ...)
{
    va_list arguments;
    if (!sim->verbose)
        return;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

bool sim_perhaps(struct sim *sim, uint32_t of)
{
    return !sim->calm && cm_chance_once_in(&sim->chance, of);
}

/* ------------------------------------------------------------------------ plan */

static void decide(struct sim *sim)
{
    struct cm_chance *chance = &sim->chance;
    struct sim_plan *plan = &sim->plan;
    *plan = (struct sim_plan){.processes = 1 + cm_chance_below(chance, SIM_PROCESSES_MAX),
                              .partitions = 1 + cm_chance_below(chance, FAKE_PARTITIONS_MAX),
                              .steps = 100 + cm_chance_below(chance, 500),
                              .reloads = cm_chance_once_in(chance, 3),
                              .crashes = !cm_chance_once_in(chance, 4),
                              .failures = !cm_chance_once_in(chance, 4),
                              .short_keep = cm_chance_once_in(chance, 2),
                              .open_cards = !cm_chance_once_in(chance, 4),
                              .early = cm_chance_once_in(chance, 2),
                              .idle_ms = 5000 + cm_chance_below(chance, 60000),
                              .lateness_ms = cm_chance_below(chance, 20000),
                              .quiet_ms = 1000 + cm_chance_below(chance, 60000),
                              .max_turns = cm_chance_once_in(chance, 3) ? 3 + cm_chance_below(chance, 10) : 10000,
                              .max_memory = cm_chance_once_in(chance, 3) ? 2000 : UINT64_MAX};
    plan->zombies = plan->processes > 1 && cm_chance_once_in(chance, 2);
    plan->erases = cm_chance_once_in(chance, 5);
    /* what a zombie has written over can be seen, and mended, only while it is there; and only of what is kept can cards be written again
     */
    plan->lag = plan->zombies || plan->erases ? 100000 : cm_chance_below(chance, 30);
    plan->short_keep &= !plan->zombies;
    plan->short_marker = plan->short_keep && cm_chance_once_in(chance, 2);
    plan->keep_closed_ms = plan->short_keep ? 1000 + cm_chance_below(chance, 300000) : INT64_C(100) * 86400000;
    plan->keep_marker_ms = plan->short_marker ? 1000 + cm_chance_below(chance, 600000) : INT64_C(1000) * 86400000;
}

/* ----------------------------------------------------------------------- steps */

static void pass(struct sim *sim, int64_t ms)
{
    sim->broker.now += ms;
}

static void produce(struct sim *sim, uint32_t count)
{
    for (; count && sim->sent < sim->feed.count; count--) {
        const struct sim_message *message = &sim->feed.messages[sim->sent++];
        if (SIM_BEGINNING_MS + message->due > sim->broker.now)
            sim->broker.now = SIM_BEGINNING_MS + message->due;
        fake_produce(&sim->broker, message->partition, message->key, message->line);
    }
}

static void step_group(struct sim *sim, struct sim_process *process)
{
    if (!process->up) {
        sim_say(sim, "process %u starts", process->number);
        sim_process_start(process);
        sim_group_rebalance(sim);
    } else if (process->paused) {
        sim_say(sim, "process %u wakes up", process->number);
        process->paused = false;
    } else if (sim_process_is_zombie(process)) {
        if (cm_chance_once_in(&sim->chance, 2))
            sim_group_find_out(process);
    } else if (sim->plan.zombies && cm_chance_once_in(&sim->chance, 3)) {
        sim_say(sim, "process %u stands still", process->number);
        process->paused = true;
        sim->did.zombies++;
        if (cm_chance_once_in(&sim->chance, 2))
            sim_group_rebalance(sim);
    } else {
        sim_group_rebalance(sim);
    }
}

static void step_crash(struct sim *sim, struct sim_process *process)
{
    if (!sim->plan.crashes || !process->up || !cm_chance_once_in(&sim->chance, 3))
        return;
    sim_say(sim, "process %u is killed", process->number);
    sim->did.crashes++;
    fake_crash(&process->client);
    sim_process_stop(process);
}

/* Tombstones are kept for much longer than anybody needs to read a state from its beginning. */
static void compact(struct sim *sim, uint32_t partition)
{
    bool read = false;
    for (uint32_t i = 0; i < sim->plan.processes; i++)
        read |= sim->processes[i].up && sim->processes[i].held[partition] && !sim->processes[i].reading[partition];
    sim->did.compactions++;
    fake_compact(&sim->broker, partition, sim->plan.lag, !read);
}

static void step_world(struct sim *sim)
{
    struct cm_chance *chance = &sim->chance;
    switch (cm_chance_below(chance, 6)) {
    case 0:
        compact(sim, cm_chance_below(chance, sim->plan.partitions));
        break;
    case 1: /* the clock jumps */
        pass(sim, cm_chance_below(chance, cm_chance_once_in(chance, 5) ? 7200000 : 300000));
        break;
    case 2: /* nothing comes for a while */
        pass(sim, sim->plan.quiet_ms + cm_chance_below(chance, 30000));
        break;
    case 3:
        if (sim->plan.reloads && cm_chance_once_in(chance, 3)) {
            sim->version = cm_chance_below(chance, SIM_VERSIONS);
            sim_say(sim, "version %u is deployed", sim->version);
        }
        break;
    case 4:
        if (sim->plan.erases && cm_chance_once_in(chance, 3)) {
            const struct sim_interaction *one = &sim->feed.interactions[cm_chance_below(chance, (uint32_t)sim->feed.interaction_count)];
            if (cm_grow(&sim->erased, &sim->erased_cap, sim->erased_count + 1, sizeof *sim->erased) != CM_OK)
                sim_fail(sim, "no memory");
            else
                sim->erased[sim->erased_count++] = one->id;
            sim_say(sim, "somebody has an interaction of partition %u erased", one->partition);
            fake_erase(&sim->broker, one->partition, one->id);
        }
        break;
    default:
        pass(sim, cm_chance_below(chance, 5000));
        break;
    }
}

static void step_process(struct sim *sim, struct sim_process *process)
{
    if (!process->up || process->paused)
        return;
    cm_live_clock(process->live, sim->broker.now);
    sim_process_restore(process, 1 + cm_chance_below(&sim->chance, 40));
    if (!process->up)
        return;
    switch (cm_chance_below(&sim->chance, 8)) {
    case 0:
        sim_process_timers(process);
        break;
    case 1:
    case 2:
        sim_process_flush(process);
        break;
    case 3:
        if (sim->plan.reloads && cm_chance_once_in(&sim->chance, 2))
            sim_process_reload(process);
        break;
    default:
        sim_process_pull(process, 1 + cm_chance_below(&sim->chance, 30));
        break;
    }
}

static void step(struct sim *sim)
{
    struct sim_process *process = &sim->processes[cm_chance_below(&sim->chance, sim->plan.processes)];
    uint32_t chance = cm_chance_below(&sim->chance, 100);
    if (chance < 15)
        produce(sim, 1 + cm_chance_below(&sim->chance, 20));
    else if (chance < 18)
        step_group(sim, process);
    else if (chance < 21)
        step_crash(sim, process);
    else if (chance < 30)
        step_world(sim);
    else
        step_process(sim, process);
}

/* --------------------------------------------------------------------- the end */

static bool is_settled(const struct sim *sim)
{
    for (uint32_t i = 0; i < sim->plan.processes; i++) {
        const struct sim_process *process = &sim->processes[i];
        struct cm_live_gauges gauges;
        cm_live_gauges(process->live, &gauges);
        if (gauges.dirty || cm_live_restoring(process->live))
            return false;
        for (uint32_t k = 0; k < sim->plan.partitions; k++)
            if (process->again[k] || (process->held[k] && process->position[k] < sim->broker.input[k].count))
                return false;
    }
    return true;
}

static void run_all(struct sim *sim, bool close)
{
    for (unsigned round = 0; round < 1000 && !sim->failed; round++) {
        for (uint32_t i = 0; i < sim->plan.processes && !sim->failed; i++) {
            struct sim_process *process = &sim->processes[i];
            cm_live_clock(process->live, sim->broker.now);
            sim_process_restore(process, 100000);
            sim_process_pull(process, 2000);
            if (close)
                sim_process_check(process, cm_live_close_all(process->live), "close");
            sim_process_flush(process);
        }
        pass(sim, 100);
        if (!sim->failed && is_settled(sim))
            return;
    }
    sim_fail(sim, "it never comes to rest");
}

/* Nothing fails any more: all is read, closed and written; and once more by new owners, who mend what nobody has seen yet. */
static void finish(struct sim *sim)
{
    sim->calm = true;
    sim_say(sim, "the end: nothing fails any more");
    produce(sim, UINT32_MAX);
    for (uint32_t i = 0; i < sim->plan.processes; i++) {
        sim->processes[i].paused = false;
        if (!sim->processes[i].up)
            sim_process_start(&sim->processes[i]);
    }
    sim_group_rebalance(sim);
    run_all(sim, false);
    run_all(sim, true);
    for (uint32_t i = 0; i < sim->plan.processes && !sim->failed; i++) {
        sim_process_stop(&sim->processes[i]);
        sim_process_start(&sim->processes[i]);
    }
    if (sim->failed)
        return;
    for (uint32_t i = 0; i < sim->plan.partitions; i++)
        sim->broker.owner[i] = FAKE_NOBODY;
    sim_group_rebalance(sim);
    run_all(sim, false);
    run_all(sim, true);
}

static void sim_open(struct sim *sim, const struct sim_world *world, uint64_t seed, bool verbose)
{
    *sim = (struct sim){.world = world, .seed = seed, .chance = {seed * 2 + 1}, .verbose = verbose};
    decide(sim);
    fake_broker_init(&sim->broker, sim->plan.partitions, seed * 2);
    sim->broker.now = SIM_BEGINNING_MS;
    sim_feed_make(&sim->feed, &sim->chance, sim->plan.partitions);
    for (uint32_t i = 0; i < sim->plan.processes; i++) {
        sim->processes[i].sim = sim;
        sim->processes[i].number = i;
    }
    sim_process_start(&sim->processes[0]);
    sim_group_rebalance(sim);
}

static void sim_close(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->plan.processes; i++)
        sim_process_stop(&sim->processes[i]);
    sim_feed_free(&sim->feed);
    fake_broker_free(&sim->broker);
    cm_buffer_free(&sim->records);
    cm_buffer_free(&sim->key);
    free(sim->erased);
}

static bool run_seed(const struct sim_world *world, uint64_t seed, bool verbose, struct sim *sim)
{
    sim_open(sim, world, seed, verbose);
    sim_say(sim, "seed %llu: %u processes, %u partitions, %zu interactions, %zu messages%s%s%s%s", (unsigned long long)seed,
            sim->plan.processes, sim->plan.partitions, sim->feed.interaction_count, sim->feed.count, sim->plan.zombies ? ", zombies" : "",
            sim->plan.erases ? ", erasures" : "", sim->plan.reloads ? ", reloads" : "", sim->plan.short_keep ? ", short memory" : "");
    for (uint32_t i = 0; i < sim->plan.steps && !sim->failed; i++)
        step(sim);
    if (!sim->failed)
        finish(sim);
    if (!sim->failed)
        sim_oracle_check(sim);
    sim_close(sim);
    return !sim->failed;
}

/* ----------------------------------------------------------------------- world */

static enum cm_status worker_new(void *context, unsigned number, void **worker)
{
    const struct sim_world *world = context;
    (void)number;
    return cm_live_worker_new(&world->render, (struct cm_live_worker **)worker);
}

static void worker_free(void *context, void *worker)
{
    (void)context;
    cm_live_worker_free(worker);
}

static bool world_open(struct sim_world *world)
{
    static const char *const packs[SIM_VERSIONS] = {CM_SOURCE_DIR "/tests/e2e/pack", CM_SOURCE_DIR "/tests/e2e/pack_next"};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    *world = (struct sim_world){.render = {.evidence = CM_EVIDENCE_QUOTES}};
    snprintf(world->spill_folder, sizeof world->spill_folder, "/tmp");
    enum cm_status status = CM_OK;
    for (unsigned i = 0; i < SIM_VERSIONS && status == CM_OK; i++)
        status = cm_rules_load(&packs[i], 1, &diagnostics, &world->rules[i]);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cm_diagnostics_free(&diagnostics);
    struct cm_pool_request request = {.worker_new = worker_new, .worker_free = worker_free, .context = world};
    if (status == CM_OK)
        status = cm_pool_new(&request, &world->pool);
    if (status == CM_OK)
        status = cm_live_worker_new(&world->render, &world->worker);
    return status == CM_OK;
}

static void world_close(struct sim_world *world)
{
    cm_pool_free(world->pool);
    cm_live_worker_free(world->worker);
    for (unsigned i = 0; i < SIM_VERSIONS; i++)
        cm_rules_release(world->rules[i]);
}

static void tell_all(const struct sim *sum, uint64_t seeds)
{
    printf(
        "%llu seeds: %llu crashes, %llu failed flushes, %llu rebalances, %llu stood still, %llu compactions; %llu states healed, "
        "%llu partitions rebuilt, %llu found as they were, %llu interactions mixed, %llu cards revised, %llu states spilled, %llu events "
        "too late, %llu beyond the limit\n",
        (unsigned long long)seeds, (unsigned long long)sum->did.crashes, (unsigned long long)sum->did.failures,
        (unsigned long long)sum->did.rebalances, (unsigned long long)sum->did.zombies, (unsigned long long)sum->did.compactions,
        (unsigned long long)sum->did.healed, (unsigned long long)sum->did.rebuilt, (unsigned long long)sum->did.checked,
        (unsigned long long)sum->did.mixed, (unsigned long long)sum->did.revised, (unsigned long long)sum->did.spilled,
        (unsigned long long)sum->did.too_late, (unsigned long long)sum->did.full);
}

static void add_up(struct sim *sum, const struct sim *sim)
{
    uint64_t *to = (uint64_t *)&sum->did;
    const uint64_t *from = (const uint64_t *)&sim->did;
    for (size_t i = 0; i < sizeof sum->did / sizeof *to; i++)
        to[i] += from[i];
}

int main(int argc, char **argv)
{
    static struct sim sim, sum;
    struct sim_world world;
    bool must_fail = argc > 1 && strcmp(argv[1], "--must-fail") == 0;
    const char *one = getenv("SIM_SEED"), *seeds_text = argc > 1 + must_fail ? argv[1 + must_fail] : "1000";
    const char *first_text = argc > 2 + must_fail ? argv[2 + must_fail] : "1";
    uint64_t seeds = strtoull(getenv("CAREMETER_TEST_LONG") && !must_fail ? "100000" : seeds_text, NULL, 10);
    uint64_t first = strtoull(one ? one : first_text, NULL, 10), failed = 0;
    if (!world_open(&world)) {
        fputs("the packs cannot be loaded\n", stderr);
        return 2;
    }
    seeds = one ? 1 : seeds;
    for (uint64_t i = 0; i < seeds && !failed; i++) {
        if (!run_seed(&world, first + i, one != NULL, &sim))
            failed = first + i;
        add_up(&sum, &sim);
        if (failed && !must_fail)
            printf("seed %llu failed: %s (SIM_SEED=%llu tells its steps)\n", (unsigned long long)failed, sim.why,
                   (unsigned long long)failed);
        if (failed && must_fail)
            printf("seen at seed %llu: %s\n", (unsigned long long)failed, sim.why);
    }
    tell_all(&sum, seeds);
    world_close(&world);
    if (must_fail && !failed)
        puts("nothing of it was seen");
    return (failed != 0) != must_fail;
}
