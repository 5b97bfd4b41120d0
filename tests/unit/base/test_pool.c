/* Jobs: all of them run, in order where one thread runs them, and are done when that is said. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>

#include "base/pool.h"

#define JOBS 500

struct worker {
    unsigned number, ran;
};

struct counted {
    struct cm_job job; /* first */
    int *order, *next;
    int place;
    unsigned worker;
};

static unsigned made, freed;
static unsigned fails_at = UINT_MAX;

static enum cm_status worker_new(void *context, unsigned number, void **out)
{
    cr_assert_eq(context, &made);
    if (number == fails_at)
        return CM_ELIMIT;
    struct worker *worker = calloc(1, sizeof *worker);
    cr_assert_not_null(worker);
    worker->number = number;
    made++;
    *out = worker;
    return CM_OK;
}

static void worker_free(void *context, void *worker)
{
    cr_assert_eq(context, &made);
    freed++;
    free(worker);
}

static struct cm_pool *pool_of(unsigned threads)
{
    struct cm_pool *pool;
    made = freed = 0;
    const struct cm_pool_request request = {threads, worker_new, worker_free, &made};
    cr_assert_eq(cm_pool_new(&request, &pool), CM_OK);
    cr_assert_eq(made, threads ? threads : 1);
    cr_assert_eq(cm_pool_threads(pool), threads);
    return pool;
}

static void run(struct cm_job *job, void *own)
{
    struct counted *counted = (struct counted *)job;
    struct worker *worker = own;
    worker->ran++;
    counted->worker = worker->number;
    if (counted->order)
        counted->order[(*counted->next)++] = counted->place;
}

TestSuite(pool, .timeout = 60);

Test(pool, without_threads_a_job_runs_at_once)
{
    struct cm_pool *pool = pool_of(0);
    int order[2] = {0}, next = 0;
    struct counted job = {.job.run = run, .order = order, .next = &next, .place = 7};
    cm_pool_submit(pool, &job.job);
    cr_assert(cm_pool_done(&job.job));
    cr_assert_eq(order[0], 7);
    cm_pool_wait(pool, &job.job);
    cm_pool_submit(pool, &job.job);
    cr_assert_eq(next, 2);
    cm_pool_free(pool);
    cr_assert_eq(freed, 1);
}

Test(pool, one_thread_keeps_the_order)
{
    static struct counted jobs[JOBS];
    int order[JOBS], next = 0;
    struct cm_pool *pool = pool_of(1);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct counted){.job.run = run, .order = order, .next = &next, .place = i};
        cm_pool_submit(pool, &jobs[i].job);
    }
    cm_pool_wait(pool, &jobs[JOBS - 1].job);
    for (int i = 0; i < JOBS; i++) {
        cr_assert(cm_pool_done(&jobs[i].job));
        cr_assert_eq(order[i], i);
    }
    cm_pool_free(pool);
}

Test(pool, several_threads_with_contexts_of_their_own)
{
    static struct counted jobs[JOBS];
    struct cm_pool *pool = pool_of(4);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < JOBS; i++) {
            jobs[i] = (struct counted){.job.run = run, .worker = UINT_MAX};
            cm_pool_submit(pool, &jobs[i].job);
        }
        for (int i = JOBS - 1; i >= 0; i--) {
            cm_pool_wait(pool, &jobs[i].job);
            cr_assert_lt(jobs[i].worker, 4);
        }
    }
    cm_pool_free(pool);
    cr_assert_eq(freed, 4);
}

Test(pool, what_was_submitted_is_done_before_it_is_freed)
{
    static struct counted jobs[JOBS];
    struct cm_pool *pool = pool_of(2);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct counted){.job.run = run};
        cm_pool_submit(pool, &jobs[i].job);
    }
    cm_pool_free(pool);
    for (int i = 0; i < JOBS; i++)
        cr_assert(cm_pool_done(&jobs[i].job));
}

Test(pool, a_worker_that_cannot_be_made)
{
    struct cm_pool *pool;
    const struct cm_pool_request request = {3, worker_new, worker_free, &made};
    for (fails_at = 0; fails_at < 3; fails_at++) {
        made = freed = 0;
        cr_assert_eq(cm_pool_new(&request, &pool), CM_ELIMIT);
        cr_assert_null(pool);
        cr_assert_eq(made, fails_at);
        cr_assert_eq(freed, made);
    }
}

Test(pool, more_threads_than_anybody_has)
{
    struct cm_pool *pool;
    const struct cm_pool_request request = {CM_POOL_THREADS_MAX + 1, worker_new, worker_free, &made};
    cr_assert_eq(cm_pool_new(&request, &pool), CM_EUSAGE);
    cm_pool_free(NULL);
}
