#include "sim.h"

/* Does it think that it owns what others own? */
bool sim_process_is_zombie(const struct sim_process *process)
{
    const struct sim *sim = process->sim;
    for (uint32_t i = 0; i < sim->plan.partitions; i++)
        if ((process->held[i] || process->again[i]) && sim->broker.owner[i] != process->number)
            return true;
    return false;
}

void sim_group_find_out(struct sim_process *process)
{
    struct sim *sim = process->sim;
    for (uint32_t i = 0; i < sim->plan.partitions && process->up; i++)
        if ((process->held[i] || process->again[i]) && sim->broker.owner[i] != process->number) {
            sim_say(sim, "process %u learns that it has lost partition %u", process->number, i);
            sim_process_drop(process, i);
        }
}

static bool is_member(const struct sim_process *process)
{
    return process->up && !process->paused;
}

static void choose(struct sim *sim, uint32_t owners[FAKE_PARTITIONS_MAX])
{
    uint32_t members[SIM_PROCESSES_MAX], count = 0;
    for (uint32_t i = 0; i < sim->plan.processes; i++)
        if (is_member(&sim->processes[i]))
            members[count++] = i;
    for (uint32_t i = 0; i < sim->plan.partitions; i++) {
        owners[i] = count ? members[cm_chance_below(&sim->chance, count)] : FAKE_NOBODY;
        if (count && sim->broker.owner[i] < sim->plan.processes && is_member(&sim->processes[sim->broker.owner[i]]) &&
            !cm_chance_once_in(&sim->chance, 3))
            owners[i] = sim->broker.owner[i]; /* most stay where they are */
    }
}

/* In order: what is there is written, and then it is dropped. Or not in order. */
static void give_up(struct sim_process *process, const uint32_t owners[FAKE_PARTITIONS_MAX])
{
    struct sim *sim = process->sim;
    bool leaves = false;
    for (uint32_t i = 0; i < sim->plan.partitions; i++)
        leaves |= process->held[i] && owners[i] != process->number;
    bool written = leaves && !sim_perhaps(sim, 4) && sim_process_flush(process);
    for (uint32_t i = 0; i < sim->plan.partitions && process->up; i++) {
        if (!process->held[i] || owners[i] == process->number)
            continue;
        if (written && cm_live_runs(process->live, CM_UNIT(0, i)) && !cm_live_restoring(process->live)) {
            sim->digest[i] = sim_process_digest(process, i);
            sim->digest_at[i] = sim->broker.topics[FAKE_STATE][i].count;
        }
        sim_process_drop(process, i);
    }
}

void sim_group_rebalance(struct sim *sim)
{
    uint32_t owners[FAKE_PARTITIONS_MAX];
    sim->did.rebalances++;
    for (uint32_t i = 0; i < sim->plan.processes; i++)
        if (is_member(&sim->processes[i]))
            sim_group_find_out(&sim->processes[i]);
    choose(sim, owners);
    for (uint32_t i = 0; i < sim->plan.processes; i++)
        if (is_member(&sim->processes[i]))
            give_up(&sim->processes[i], owners);
    for (uint32_t i = 0; i < sim->plan.partitions; i++) {
        struct sim_process *process = owners[i] == FAKE_NOBODY ? NULL : &sim->processes[owners[i]];
        sim->broker.owner[i] = process && is_member(process) ? owners[i] : FAKE_NOBODY;
        if (process && is_member(process) && !process->held[i]) {
            sim_say(sim, "partition %u goes to process %u", i, owners[i]);
            sim_process_assign(process, i);
        }
    }
}
