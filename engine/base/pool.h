/*
 * pool: a fixed set of threads that run jobs, first in, first out.
 *
 * For batches of hundreds of messages, or of scorecards: a lock a job is nothing
 * beside it. A job is the caller's memory, and is not touched any more once it
 * is done; what a job wrote is visible to whoever saw that. Any thread may
 * submit, wait and ask. Jobs may not submit and wait for others: all threads
 * could be waiting.
 *
 * With 0 threads a job runs within submit, so that tests are deterministic; then
 * only one thread may use the pool.
 */
#ifndef CM_BASE_POOL_H
#define CM_BASE_POOL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/status.h"

#define CM_POOL_THREADS_MAX 256u

struct cm_job {
    void (*run)(struct cm_job *job, void *worker); /* worker: the running thread's own context */
    /* the pool's */
    struct cm_job *next;
    atomic_bool done;
};

struct cm_pool_request {
    unsigned threads; /* 0 to CM_POOL_THREADS_MAX */
    /*
     * Make and free the context of one worker (number from 0); with 0 threads there is one. Both are called by the thread that makes and
     * frees the pool: what can fail fails before anything runs.
     */
    enum cm_status (*worker_new)(void *context, unsigned number, void **worker);
    void (*worker_free)(void *context, void *worker);
    void *context;
};

struct cm_pool;

/* What worker_new said, CM_ENOMEM, CM_ELIMIT (no more threads), CM_EUSAGE (too many). */
enum cm_status cm_pool_new(const struct cm_pool_request *request, struct cm_pool **out) CM_MUST_CHECK;
/* Jobs that were submitted are done first. NULL is nothing. */
void cm_pool_free(struct cm_pool *pool);

unsigned cm_pool_threads(const struct cm_pool *pool);

/* The job's own part must be filled; it stays the pool's until it is done. A done job may be submitted again. */
void cm_pool_submit(struct cm_pool *pool, struct cm_job *job);
/* Wait until the job, which was submitted, is done. */
void cm_pool_wait(struct cm_pool *pool, struct cm_job *job);

/* Is it done? Does not wait. */
static inline bool cm_pool_done(const struct cm_job *job)
{
    /* Acquire, with the release in the worker: what the job wrote is visible to whoever sees that it is done. */
    return atomic_load_explicit(&job->done, memory_order_acquire);
}

#endif
