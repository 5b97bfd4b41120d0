#include "base/pool.h"

#include <stdlib.h>

#include "base/thread.h"

struct worker {
    struct cm_pool *pool;
    pthread_t thread;
    void *own;
};

struct cm_pool {
    struct cm_pool_request request;
    struct worker *workers;
    unsigned made, started; /* contexts; threads */

    pthread_mutex_t lock; /* over all below, and over done's becoming true */
    pthread_cond_t come;  /* a job, or the end */
    pthread_cond_t done;  /* some job is */
    struct cm_job *first, *last;
    bool ends;
};

/* The oldest job; NULL: there is none, and none will come. */
static struct cm_job *take(struct cm_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->ends)
        pthread_cond_wait(&pool->come, &pool->lock);
    struct cm_job *job = pool->first;
    if (job)
        pool->first = job->next;
    if (!pool->first)
        pool->last = NULL;
    pthread_mutex_unlock(&pool->lock);
    return job;
}

/*
 * Under the lock, so that nobody goes to wait between looking and being told. From the store on the job may be gone: whoever polls needs no
 * lock to see it.
 */
static void tell_done(struct cm_pool *pool, struct cm_job *job)
{
    pthread_mutex_lock(&pool->lock);
    atomic_store_explicit(&job->done, true, memory_order_release);
    pthread_cond_broadcast(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (struct cm_job *job; (job = take(worker->pool));) {
        job->run(job, worker->own);
        tell_done(worker->pool, job);
    }
    return NULL;
}

static enum cm_status make_workers(struct cm_pool *pool)
{
    unsigned contexts = pool->request.threads ? pool->request.threads : 1;
    pool->workers = calloc(contexts, sizeof *pool->workers);
    enum cm_status status = pool->workers ? CM_OK : CM_ENOMEM;
    while (pool->made < contexts && status == CM_OK) {
        struct worker *worker = &pool->workers[pool->made];
        worker->pool = pool;
        status = pool->request.worker_new(pool->request.context, pool->made, &worker->own);
        pool->made += status == CM_OK;
    }
    while (pool->started < pool->request.threads && status == CM_OK) {
        struct worker *worker = &pool->workers[pool->started];
        status = cm_thread_start(&worker->thread, work, worker);
        pool->started += status == CM_OK;
    }
    return status;
}

enum cm_status cm_pool_new(const struct cm_pool_request *request, struct cm_pool **out)
{
    *out = NULL;
    if (request->threads > CM_POOL_THREADS_MAX)
        return CM_EUSAGE;
    struct cm_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return CM_ENOMEM;
    pool->request = *request;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->come, NULL);
    pthread_cond_init(&pool->done, NULL);
    enum cm_status status = make_workers(pool);
    if (status == CM_OK)
        *out = pool;
    else
        cm_pool_free(pool);
    return status;
}

void cm_pool_free(struct cm_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ends = true;
    pthread_cond_broadcast(&pool->come);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    for (unsigned i = 0; i < pool->made; i++)
        pool->request.worker_free(pool->request.context, pool->workers[i].own);
    free(pool->workers);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->come);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

unsigned cm_pool_threads(const struct cm_pool *pool)
{
    return pool->request.threads;
}

void cm_pool_submit(struct cm_pool *pool, struct cm_job *job)
{
    /* Relaxed: the lock, or program order, brings it to the worker before its own store. */
    atomic_store_explicit(&job->done, false, memory_order_relaxed);
    job->next = NULL;
    if (pool->request.threads == 0) {
        job->run(job, pool->workers[0].own);
        atomic_store_explicit(&job->done, true, memory_order_release);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->last)
        pool->last->next = job;
    else
        pool->first = job;
    pool->last = job;
    pthread_cond_signal(&pool->come);
    pthread_mutex_unlock(&pool->lock);
}

void cm_pool_wait(struct cm_pool *pool, struct cm_job *job)
{
    if (cm_pool_done(job))
        return;
    pthread_mutex_lock(&pool->lock);
    while (!cm_pool_done(job))
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
