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

static void sim_open(struct sim *sim, const struct sim_world *world, uint64_t seed, bool verbose)
{
    *sim = (struct sim){.world = world, .seed = seed, .chance = {seed * 2 + 1}, .verbose = verbose};
    sim_decide(sim);
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
        sim_step(sim);
    if (!sim->failed)
        sim_finish(sim);
    if (!sim->failed)
        sim_oracle_check(sim);
    if (!sim->failed)
        sim_topics_check(sim);
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
