#include "run/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run/worker.h"

/* How often progress is told: often enough to look alive, seldom enough to cost nothing. */
#define CM_PROGRESS_EVERY_NS 100000000L
#define CM_NS_PER_S 1000000000L

void cm_archive_fail(struct cm_archive *archive, enum cm_status status)
{
    int none = CM_OK;
    if (!atomic_compare_exchange_strong(&archive->status, &none, (int)status))
        return;
    cm_source_stop(archive->request->source);
    if (archive->dead_letters)
        cm_ordered_stop(archive->dead_letters);
    pthread_mutex_lock(&archive->lock);
    pthread_cond_broadcast(&archive->changed);
    pthread_mutex_unlock(&archive->lock);
}

enum cm_status cm_archive_status(struct cm_archive *archive)
{
    /* Relaxed: flags that are only polled; the joins order everything else. */
    const atomic_bool *stop = archive->request->stop;
    if (stop && atomic_load_explicit(stop, memory_order_relaxed))
        return CM_ESTOPPED;
    return (enum cm_status)atomic_load_explicit(&archive->status, memory_order_relaxed);
}

enum cm_status cm_archive_add_task(struct cm_archive *archive, struct cm_task task)
{
    pthread_mutex_lock(&archive->lock);
    enum cm_status status = cm_grow(&archive->tasks, &archive->task_cap, archive->task_count + 1, sizeof *archive->tasks);
    if (status == CM_OK) {
        archive->tasks[archive->task_count++] = task;
        archive->task_total++;
        pthread_cond_broadcast(&archive->changed);
    }
    pthread_mutex_unlock(&archive->lock);
    return status;
}

enum cm_status cm_archive_add_run(struct cm_archive *archive, struct cm_run run)
{
    if (!run.first)
        return CM_OK;
    pthread_mutex_lock(&archive->lock);
    enum cm_status status = cm_grow(&archive->runs, &archive->run_cap, archive->run_count + 1, sizeof *archive->runs);
    if (status == CM_OK)
        archive->runs[archive->run_count++] = run;
    pthread_mutex_unlock(&archive->lock);
    return status;
}

/* A task, or false when there is none and none can come. */
static bool take_task(struct cm_archive *archive, struct cm_task *task)
{
    pthread_mutex_lock(&archive->lock);
    while (archive->task_count == 0 && archive->active > 0 && cm_archive_status(archive) == CM_OK)
        pthread_cond_wait(&archive->changed, &archive->lock);
    bool taken = archive->task_count > 0 && cm_archive_status(archive) == CM_OK;
    if (taken) {
        *task = archive->tasks[--archive->task_count];
        archive->active++;
    }
    pthread_mutex_unlock(&archive->lock);
    return taken;
}

static void task_done(struct cm_archive *archive)
{
    pthread_mutex_lock(&archive->lock);
    archive->active--;
    archive->settled++;
    pthread_cond_broadcast(&archive->changed);
    pthread_mutex_unlock(&archive->lock);
}

/* One thread turns the partitions into tasks, the largest to be taken first, so that none is left over for a lonely worker at the end. */
static enum cm_status make_tasks(struct cm_archive *archive)
{
    enum cm_status status = CM_OK;
    bool made[CM_PARTITIONS] = {false};
    for (uint32_t round = 0; round < CM_PARTITIONS && status == CM_OK; round++) {
        uint32_t least = CM_PARTITIONS;
        for (uint32_t i = 0; i < CM_PARTITIONS; i++)
            if (!made[i] && (least == CM_PARTITIONS || archive->partition_bytes[i] < archive->partition_bytes[least]))
                least = i;
        made[least] = true;
        struct cm_task task = {.bytes = archive->partition_bytes[least], .bits = CM_PARTITION_BITS};
        task.chunks = atomic_load_explicit(&archive->partitions[least], memory_order_acquire);
        if (!task.chunks)
            continue;
        status = cm_archive_add_task(archive, task);
        if (status == CM_OK)
            atomic_store_explicit(&archive->partitions[least], NULL, memory_order_relaxed);
    }
    return status;
}

/* Settling needs all records: the last worker to arrive makes the tasks and lets the others go on. */
static void wait_for_gather(struct cm_archive *archive)
{
    pthread_mutex_lock(&archive->lock);
    bool last = ++archive->arrived == archive->workers;
    pthread_mutex_unlock(&archive->lock);
    if (last && cm_archive_status(archive) == CM_OK) {
        enum cm_status status = make_tasks(archive);
        if (status != CM_OK)
            cm_archive_fail(archive, status);
    }
    pthread_mutex_lock(&archive->lock);
    if (last) {
        archive->gathered = true;
        pthread_cond_broadcast(&archive->changed);
    }
    while (!archive->gathered)
        pthread_cond_wait(&archive->changed, &archive->lock);
    pthread_mutex_unlock(&archive->lock);
}

static void *work(void *argument)
{
    struct cm_worker *worker = argument;
    struct cm_archive *archive = worker->archive;
    enum cm_status status = cm_gather(worker);
    if (status != CM_OK)
        cm_archive_fail(archive, status);
    cm_gather_free(worker); /* its memory is the next phase's */
    wait_for_gather(archive);

    struct cm_task task;
    while (take_task(archive, &task)) {
        status = cm_settle(worker, &task);
        if (status != CM_OK)
            cm_archive_fail(archive, status);
        task_done(archive);
    }
    pthread_mutex_lock(&archive->lock);
    archive->workers--;
    pthread_cond_broadcast(&archive->changed);
    pthread_mutex_unlock(&archive->lock);
    return NULL;
}

static void tell_progress(struct cm_archive *archive)
{
    const struct cm_archive_request *request = archive->request;
    struct cm_archive_progress progress = {.settled = archive->settled, .partitions = archive->task_total};
    pthread_mutex_unlock(&archive->lock);
    cm_source_progress(request->source, &progress.source);
    request->progress(request->progress_context, &progress);
    pthread_mutex_lock(&archive->lock);
}

/* Until every worker has ended. */
static void wait_for_workers(struct cm_archive *archive)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    pthread_mutex_lock(&archive->lock);
    while (archive->workers > 0) {
        if (!archive->request->progress) {
            pthread_cond_wait(&archive->changed, &archive->lock);
            continue;
        }
        until.tv_nsec += CM_PROGRESS_EVERY_NS;
        until.tv_sec += until.tv_nsec / CM_NS_PER_S;
        until.tv_nsec %= CM_NS_PER_S;
        while (archive->workers > 0 && pthread_cond_timedwait(&archive->changed, &archive->lock, &until) != ETIMEDOUT)
            ;
        if (archive->workers > 0)
            tell_progress(archive);
    }
    pthread_mutex_unlock(&archive->lock);
}

static enum cm_status write_dead_letters(void *context, struct cm_span bytes)
{
    return cm_sink_write(context, bytes);
}

static size_t chunk_bytes_for(const struct cm_archive_request *request)
{
    /* A quarter of the ceiling for the buffers that are being filled: 64 a worker. */
    uint64_t bytes = request->max_memory / 4 / CM_PARTITIONS / request->threads;
    size_t chunk = CM_CHUNK_MAX_BYTES;
    while (chunk > bytes && chunk > CM_CHUNK_MIN_BYTES)
        chunk /= 2;
    return chunk;
}

static enum cm_status archive_init(struct cm_archive *archive, const struct cm_archive_request *request)
{
    pthread_condattr_t clock;
    *archive = (struct cm_archive){.request = request, .chunk_bytes = chunk_bytes_for(request)};
    /* Half for what waits; the rest for the tasks in work, which also need lists and scratch. */
    archive->task_bytes = request->max_memory / 4 / request->threads;
    cm_spool_init(&archive->spool, request->spill_folder, request->max_memory / 2);
    pthread_mutex_init(&archive->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&archive->changed, &clock);
    pthread_condattr_destroy(&clock);
    return request->dead_letters ? cm_ordered_new(write_dead_letters, request->dead_letters, &archive->dead_letters) : CM_OK;
}

static void archive_free(struct cm_archive *archive)
{
    for (size_t i = 0; i < CM_PARTITIONS; i++)
        cm_spool_drop_all(&archive->spool, atomic_load(&archive->partitions[i]));
    for (size_t i = 0; i < archive->task_count; i++)
        cm_spool_drop_all(&archive->spool, archive->tasks[i].chunks);
    for (size_t i = 0; i < archive->run_count; i++)
        cm_spool_drop_all(&archive->spool, archive->runs[i].first);
    free(archive->tasks);
    free(archive->runs);
    cm_ordered_free(archive->dead_letters);
    cm_spool_close(&archive->spool);
    pthread_cond_destroy(&archive->changed);
    pthread_mutex_destroy(&archive->lock);
}

/* Scratch first, all of it, so that a worker that starts can only fail at work. */
static enum cm_status workers_init(struct cm_archive *archive, struct cm_worker *workers)
{
    enum cm_status status = CM_OK;
    for (unsigned i = 0; i < archive->request->threads && status == CM_OK; i++) {
        workers[i].archive = archive;
        workers[i].number = i;
        status = cm_gather_init(&workers[i]);
        if (status == CM_OK)
            status = cm_settle_init(&workers[i]);
    }
    return status;
}

static enum cm_status workers_run(struct cm_archive *archive, struct cm_worker *workers)
{
    unsigned started = 0, wanted = archive->request->threads;
    /* Workers wait for those that really started: the lock keeps them from asking before that number is known. */
    pthread_mutex_lock(&archive->lock);
    for (; started < wanted; started++)
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    archive->workers = started;
    pthread_mutex_unlock(&archive->lock);
    if (started == 0)
        return CM_ELIMIT;
    wait_for_workers(archive);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    return cm_archive_status(archive);
}

static void add_counts(struct cm_archive_result *result, const struct cm_worker *worker)
{
    result->lines += worker->lines;
    result->events += worker->events;
    result->turns += worker->turns;
    result->text_bytes += worker->text_bytes;
    result->interactions += worker->interactions;
    result->cards += worker->cards;
    result->card_bytes += worker->card_bytes;
    cm_dead_letter_counts_add(&result->dead_letters, &worker->dead_letters);
}

static enum cm_status collect_profile(const struct cm_archive_request *request, size_t pack, const struct cm_worker *workers,
                                      struct cm_archive_result *result)
{
    enum cm_status status = cm_profile_new(request->packs->items[pack].ruleset, request->profile_every, &result->profiles[pack]);
    for (unsigned i = 0; i < request->threads && status == CM_OK; i++)
        cm_profile_add(result->profiles[pack], cm_scribe_profile(workers[i].scribe, pack));
    return status;
}

static enum cm_status collect(const struct cm_archive *archive, const struct cm_worker *workers, struct cm_archive_result *result)
{
    const struct cm_archive_request *request = archive->request;
    enum cm_status status = CM_OK;
    for (unsigned i = 0; i < request->threads; i++)
        add_counts(result, &workers[i]);
    result->spilled_bytes = cm_spool_spilled(&archive->spool);
    result->runs = (uint32_t)archive->run_count;
    for (size_t pack = 0; pack < request->packs->count && status == CM_OK; pack++) {
        struct cm_summary *summary = &result->summaries[pack];
        status = cm_summary_init(summary, request->packs->items[pack].ruleset);
        result->summary_count++;
        for (unsigned i = 0; i < request->threads && status == CM_OK; i++)
            status = cm_summary_merge(summary, &workers[i].summaries[pack]);
        cm_summary_sort(summary);
    }
    for (size_t pack = 0; pack < request->packs->count && request->profile_every && status == CM_OK; pack++)
        status = collect_profile(request, pack, workers, result);
    return status;
}

/* What the sinks and the source have not told themselves. */
static void tell_failure(const struct cm_archive *archive, enum cm_status status)
{
    struct cm_diagnostics *diagnostics = archive->request->diagnostics;
    int error = atomic_load(&archive->spool.error);
    if (status == CM_EIO && error != 0)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "spill", (struct cm_place){.file = archive->request->spill_folder},
                           "give --spill-dir a folder with room, or raise --max-memory", "temporary file: %s", strerror(error));
    else if (status == CM_EINPUT)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "spill", (struct cm_place){.file = archive->request->spill_folder}, NULL,
                           "temporary file: what was read back is not what was written");
}

enum cm_status cm_archive_run(const struct cm_archive_request *request, struct cm_archive_result *result)
{
    struct cm_archive archive;
    *result = (struct cm_archive_result){0};
    struct cm_worker *workers = calloc(request->threads, sizeof *workers);
    if (!workers)
        return CM_ENOMEM;
    enum cm_status status = archive_init(&archive, request);
    if (status == CM_OK)
        status = workers_init(&archive, workers);
    if (status == CM_OK)
        status = workers_run(&archive, workers);
    if (status == CM_OK)
        status = collect(&archive, workers, result);
    if (status == CM_OK)
        status = cm_merge(&archive);
    tell_failure(&archive, status);
    for (unsigned i = 0; i < request->threads; i++) {
        cm_gather_free(&workers[i]);
        cm_settle_free(&workers[i]);
    }
    free(workers);
    archive_free(&archive);
    return status;
}

void cm_archive_result_free(struct cm_archive_result *result)
{
    for (size_t i = 0; i < result->summary_count; i++)
        cm_summary_free(&result->summaries[i]);
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_profile_free(result->profiles[i]);
    *result = (struct cm_archive_result){0};
}
