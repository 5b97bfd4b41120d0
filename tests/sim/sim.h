/*
 * sim: live running under a fake broker, clock and group, from a seed. What the files of
 * the simulation share.
 *
 *   sim.c           runs seeds
 *   sim_run.c       what a run may do, and when; and how it ends
 *   sim_process.c   one process: a struct cm_live, its client, what it has read
 *   sim_group.c     who owns which partition: rebalances, zombies, crashes
 *   sim_oracle.c    what must have come out, from the input alone
 *   sim_topics.c    dead letters, and the order of what was written
 *   sim_feed.c      the input
 *   fake_broker.c   the topics
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "fake_broker.h"
#include "live/owner/live.h"
#include "sim_feed.h"

#define SIM_PROCESSES_MAX 3u
#define SIM_VERSIONS 2u

/* What all seeds use: loaded once. */
struct sim_world {
    struct cm_rules *rules[SIM_VERSIONS];
    struct cm_pool *pool;
    struct cm_live_worker *worker;
    struct cm_render_options render;
    char spill_folder[64];
};

/* What a seed has decided on before it begins. */
struct sim_plan {
    uint32_t processes, partitions, steps;
    bool zombies, erases, reloads, crashes, failures, short_keep, short_marker, open_cards, early;
    size_t lag; /* of compaction, in records */
    int64_t idle_ms, keep_closed_ms, keep_marker_ms, lateness_ms, quiet_ms;
    uint64_t max_turns, max_memory;
};

struct sim;

struct sim_process {
    struct sim *sim;
    uint32_t number;
    bool up, paused;
    struct fake_client client;
    struct cm_live *live;
    bool held[FAKE_PARTITIONS_MAX];    /* it thinks so */
    bool reading[FAKE_PARTITIONS_MAX]; /* its source: the state is restored */
    bool again[FAKE_PARTITIONS_MAX];   /* to be taken over once more */
    uint64_t position[FAKE_PARTITIONS_MAX];
    uint64_t nothings; /* messages that no counter but `messages` tells of */
    uint64_t digest[FAKE_PARTITIONS_MAX];
    size_t digest_at[FAKE_PARTITIONS_MAX]; /* length of the state log then; 0: none */
};

struct sim {
    const struct sim_world *world;
    uint64_t seed;
    struct sim_plan plan;
    struct cm_chance chance;
    struct fake_broker broker;
    struct sim_feed feed;
    size_t sent; /* messages of the feed */
    struct sim_process processes[SIM_PROCESSES_MAX];
    unsigned version; /* of the rules that are deployed */
    bool calm;        /* the end: nothing fails any more */
    bool verbose, failed;
    char why[512];
    struct cm_buffer records, key;
    struct cm_span *erased; /* ids; borrowed from the feed */
    size_t erased_count, erased_cap;
    uint64_t digest[FAKE_PARTITIONS_MAX];  /* of a partition that was handed over in order */
    size_t digest_at[FAKE_PARTITIONS_MAX]; /* length of its state log then; 0: none */
    struct {
        uint64_t crashes, failures, rebalances, zombies, compactions, rebuilt, checked, mixed, revised, spilled, too_late, full, healed;
    } did;
};

void sim_fail(struct sim *sim, const char *format, ...) CM_PRINTF(2, 3);
void sim_say(const struct sim *sim, const char *format, ...) CM_PRINTF(2, 3);
/* True once in so many times, and never at the end. */
bool sim_perhaps(struct sim *sim, uint32_t of);

/* sim_run.c */
void sim_decide(struct sim *sim);
void sim_step(struct sim *sim);
void sim_finish(struct sim *sim);

/* sim_process.c. A status that only a crash explains takes the process down; any other fails the run. */
void sim_process_start(struct sim_process *process);
void sim_process_stop(struct sim_process *process);
void sim_process_check(struct sim_process *process, enum cm_status status, const char *what);
void sim_process_assign(struct sim_process *process, uint32_t partition);
void sim_process_drop(struct sim_process *process, uint32_t partition);
void sim_process_restore(struct sim_process *process, uint32_t entries);
void sim_process_pull(struct sim_process *process, uint32_t messages);
void sim_process_timers(struct sim_process *process);
/* True: it ended well. */
bool sim_process_flush(struct sim_process *process);
void sim_process_reload(struct sim_process *process);
/* All that the owner holds of a partition, in one number. */
uint64_t sim_process_digest(const struct sim_process *process, uint32_t partition);

/* sim_group.c */
void sim_group_rebalance(struct sim *sim);
/* A process that was away learns what it has lost. */
void sim_group_find_out(struct sim_process *process);
bool sim_process_is_zombie(const struct sim_process *process);

/* sim_oracle.c: everything that must be true at the end. */
void sim_oracle_check(struct sim *sim);

/* sim_topics.c */
void sim_topics_check(struct sim *sim);
/* Why a dead letter is one. */
const char *sim_reason(const struct fake_record *dead, char reason[32]);

#endif
