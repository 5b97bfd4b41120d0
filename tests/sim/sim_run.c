/* What a run may do, and when; and how it ends. */
#include "sim.h"

/* ------------------------------------------------------------------------ plan */

void sim_decide(struct sim *sim)
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

void sim_step(struct sim *sim)
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
void sim_finish(struct sim *sim)
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
