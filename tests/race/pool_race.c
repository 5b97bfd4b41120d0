/*
 * Many threads that submit jobs to one pool, wait for them or only look. Built
 * with ThreadSanitizer it must stay silent: what a job writes without a lock is
 * read by whoever saw that it is done, and the job's memory is used for the next.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"

#define SUBMITTERS 4
#define ROUNDS 400
#define BATCH 8

struct sum {
    struct cm_job job; /* first */
    unsigned from, count;
    unsigned long result; /* no atomic: done orders it */
};

static atomic_ulong failures;

static enum cm_status worker_new(void *context, unsigned number, void **worker)
{
    (void)context;
    (void)number;
    *worker = calloc(1, sizeof(unsigned long));
    return *worker ? CM_OK : CM_ENOMEM;
}

static void worker_free(void *context, void *worker)
{
    atomic_ulong *total = context;
    atomic_fetch_add(total, *(unsigned long *)worker);
    free(worker);
}

static void add_up(struct cm_job *job, void *worker)
{
    struct sum *sum = (struct sum *)job;
    sum->result = 0;
    for (unsigned i = 0; i < sum->count; i++)
        sum->result += sum->from + i;
    ++*(unsigned long *)worker; /* its own: no other thread may have it */
}

static void check(const struct sum *sum)
{
    unsigned long wanted = (unsigned long)sum->count * sum->from + (unsigned long)sum->count * (sum->count - 1) / 2;
    if (sum->result != wanted)
        atomic_fetch_add(&failures, 1);
}

static void *submit(void *argument)
{
    struct cm_pool *pool = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct sum *batch = calloc(BATCH, sizeof *batch);
        if (!batch)
            abort();
        for (unsigned i = 0; i < BATCH; i++) {
            batch[i] = (struct sum){.job.run = add_up, .from = round + i, .count = 1 + round % 50};
            cm_pool_submit(pool, &batch[i].job);
        }
        for (unsigned i = 0; i < BATCH; i++) {
            /* half of them by looking alone, so that nothing but the job's own flag orders what is read */
            while (round % 2 && !cm_pool_done(&batch[i].job))
                sched_yield();
            if (round % 2 == 0)
                cm_pool_wait(pool, &batch[i].job);
            check(&batch[i]);
        }
        free(batch);
    }
    return NULL;
}

static void run(unsigned threads)
{
    atomic_ulong total = 0;
    pthread_t submitters[SUBMITTERS];
    struct cm_pool *pool;
    const struct cm_pool_request request = {threads, worker_new, worker_free, &total};
    if (cm_pool_new(&request, &pool) != CM_OK)
        abort();
    for (unsigned i = 0; i < SUBMITTERS; i++)
        if (pthread_create(&submitters[i], NULL, submit, pool) != 0)
            abort();
    for (unsigned i = 0; i < SUBMITTERS; i++)
        pthread_join(submitters[i], NULL);
    cm_pool_free(pool);
    if (total != (unsigned long)SUBMITTERS * ROUNDS * BATCH) {
        fprintf(stderr, "FAIL: %u threads ran %lu jobs\n", threads, (unsigned long)total);
        atomic_fetch_add(&failures, 1);
    }
}

int main(void)
{
    for (unsigned threads = 1; threads <= 8; threads *= 2)
        run(threads);
    if (failures == 0)
        puts("no race seen, every sum is right");
    return failures != 0;
}
