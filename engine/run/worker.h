/*
 * worker: what the phases of an archive run share. Inside run/ only.
 *
 * struct cm_archive is shared: what is written in it is atomic or under its lock.
 * struct cm_worker belongs to one thread from its start to the join.
 */
#ifndef CM_RUN_WORKER_H
#define CM_RUN_WORKER_H

#include <pthread.h>

#include "run/archive.h"
#include "run/ordered.h"
#include "run/scribe.h"
#include "run/spool.h"
#include "score/judge.h"

/* 64: enough that any number of cores finds work, few enough that every worker can hold a buffer for each. */
#define CM_PARTITION_BITS 6u
#define CM_PARTITIONS (1u << CM_PARTITION_BITS)
/* A full buffer is handed over: large enough that a hand-over is nothing, small enough for 64 of them a worker. */
#define CM_CHUNK_MAX_BYTES ((size_t)64 * 1024)
#define CM_CHUNK_MIN_BYTES ((size_t)4 * 1024)
/* Room for an ordinary record: a buffer with less is full, so that it seldom has to grow. */
#define CM_CHUNK_SLACK_BYTES ((size_t)1024)
/* A partition is split by at most so many bits at once. */
#define CM_SPLIT_BITS_MAX 6u
/* Hash bits that splitting may use up; what then still is too large is one interaction, and is settled as it is. */
#define CM_SPLIT_SHIFT_MAX 48u

/* Records of the interactions whose hash has the same first bits. */
struct cm_task {
    struct cm_chunk *chunks;
    uint64_t bytes;
    unsigned bits; /* of the hash, that are the same in all */
};

/* Rendered scorecards of one partition, by id; entries of u32 id length, u32 length of the cards, id, cards. */
struct cm_run {
    struct cm_chunk *first, *last;
};

struct cm_archive {
    const struct cm_archive_request *request;
    struct cm_spool spool;
    struct cm_ordered *dead_letters; /* NULL: counted only */
    size_t chunk_bytes;
    uint64_t task_bytes; /* a partition above this is split */
    _Atomic(struct cm_chunk *) partitions[CM_PARTITIONS];
    _Atomic uint64_t partition_bytes[CM_PARTITIONS];
    _Atomic int status; /* enum cm_status, the first that was not CM_OK */

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t changed;
    struct cm_task *tasks; /* a stack */
    size_t task_count, task_cap;
    uint32_t active, settled, task_total; /* tasks in work; done; ever made */
    uint32_t workers, arrived;            /* still running; done with gathering */
    bool gathered;                        /* all are, and the tasks are made */
    struct cm_run *runs;
    size_t run_count, run_cap;
};

/* One record in a settled partition; a chain a group, newest first. */
struct cm_link {
    struct cm_span record;
    uint32_t older; /* index + 1, 0: none */
};

struct cm_group {
    struct cm_span id;
    uint64_t hash;
    uint32_t newest; /* link index + 1 */
};

/* An event that was read and folded, and whose record is not yet written. */
struct cm_ahead {
    struct cm_event event;
    uint64_t offset;
};

struct cm_worker {
    struct cm_archive *archive;
    pthread_t thread;
    unsigned number; /* 0 to threads - 1 */

    /* gather */
    struct cm_block block;
    struct cm_arena arena;                  /* unescaped strings of the lines ahead */
    struct cm_scribe *scribe;               /* its redaction and profiles are settling's too */
    struct cm_ahead ahead[CM_SCRIBE_SLOTS]; /* by slot of the scribe; of this block */
    size_t ahead_count, ahead_max;
    struct cm_buffer records[CM_PARTITIONS];
    struct cm_buffer dead;

    /* settle */
    struct cm_interaction *interaction;
    struct cm_judge *judges[CM_PACKS_MAX];
    struct cm_link *links;
    struct cm_group *groups;
    uint32_t *table; /* group index + 1 by hash */
    size_t link_count, link_cap, group_count, group_cap, table_size, table_cap;
    struct cm_buffer run;
    struct cm_buffer split[1u << CM_SPLIT_BITS_MAX];

    /* result */
    uint64_t lines, events, turns, text_bytes, interactions, cards, card_bytes;
    struct cm_dead_letter_counts dead_letters;
    struct cm_summary summaries[CM_PACKS_MAX];
};

/* Remember the first failure and let all workers end. Any thread. */
void cm_archive_fail(struct cm_archive *archive, enum cm_status status);
/* CM_OK, or why the run ends. Any thread. */
enum cm_status cm_archive_status(struct cm_archive *archive) CM_MUST_CHECK;

/* Hand a filled buffer to the partition's list. Any thread. */
enum cm_status cm_partition_push(struct cm_archive *archive, uint32_t partition, struct cm_buffer *buffer) CM_MUST_CHECK;

/* Pull blocks until there are no more; all records are in the partitions afterwards. */
enum cm_status cm_gather(struct cm_worker *worker) CM_MUST_CHECK;
enum cm_status cm_gather_init(struct cm_worker *worker) CM_MUST_CHECK;
void cm_gather_free(struct cm_worker *worker);

/* Group, judge and render one task, which is used up; or split it into new tasks. */
enum cm_status cm_settle(struct cm_worker *worker, struct cm_task *task) CM_MUST_CHECK;
enum cm_status cm_settle_init(struct cm_worker *worker) CM_MUST_CHECK;
void cm_settle_free(struct cm_worker *worker);

/* New work, or a finished run, under the archive's lock. */
enum cm_status cm_archive_add_task(struct cm_archive *archive, struct cm_task task) CM_MUST_CHECK;
enum cm_status cm_archive_add_run(struct cm_archive *archive, struct cm_run run) CM_MUST_CHECK;

/* All runs to the sink, in order of id. The caller's thread, when the workers have ended. */
enum cm_status cm_merge(struct cm_archive *archive) CM_MUST_CHECK;

#endif
