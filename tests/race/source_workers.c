/* Many workers on one source while others look at its progress, and one that stops it: each block once, none lost. */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/buffer.h"
#include "io/source.h"

#define WORKERS 6
#define FILES 5
#define LINES 40000

struct shared {
    struct cm_source *source;
    _Atomic uint64_t bytes, blocks, ordinals;
    atomic_bool done;
};

static void *pull(void *argument)
{
    struct shared *shared = argument;
    struct cm_block block = CM_BLOCK_EMPTY;
    while (cm_source_next(shared->source, &block) == CM_OK) {
        struct cm_line line = {0};
        uint64_t bytes = 0;
        while (cm_block_next_line(&block, &line))
            bytes += line.bytes.len + 1;
        atomic_fetch_add(&shared->bytes, bytes);
        atomic_fetch_add(&shared->ordinals, block.ordinal);
        atomic_fetch_add(&shared->blocks, 1);
    }
    cm_block_free(&block);
    return NULL;
}

static void *watch(void *argument)
{
    struct shared *shared = argument;
    struct cm_source_progress progress = {0};
    uint64_t last = 0;
    while (!atomic_load(&shared->done)) {
        cm_source_progress(shared->source, &progress);
        if (progress.bytes_done < last)
            fprintf(stderr, "progress went back\n");
        last = progress.bytes_done;
    }
    return NULL;
}

static void *stop(void *argument)
{
    struct shared *shared = argument;
    while (atomic_load(&shared->blocks) < 3)
        sched_yield();
    cm_source_stop(shared->source);
    return NULL;
}

static int run(const struct cm_source_request *request, void *(*also)(void *), struct shared *shared)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    pthread_t workers[WORKERS], other;
    *shared = (struct shared){0};
    if (cm_source_open(&shared->source, &cm_source_mem, request, &diagnostics) != CM_OK)
        return 1;
    if (pthread_create(&other, NULL, also, shared) != 0)
        return 1;
    for (unsigned i = 0; i < WORKERS; i++)
        if (pthread_create(&workers[i], NULL, pull, shared) != 0)
            return 1;
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    atomic_store(&shared->done, true);
    pthread_join(other, NULL);
    cm_source_close(shared->source);
    return diagnostics.errors != 0;
}

int main(void)
{
    static const char *const names[FILES] = {"a", "b", "c", "d", "e"};
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_span contents[FILES];
    struct shared shared;
    for (unsigned i = 0; i < LINES; i++)
        cm_buffer_printf(&text, "{\"line\":%u}\n", i);
    for (unsigned i = 0; i < FILES; i++)
        contents[i] = cm_buffer_view(&text);
    const struct cm_source_request request = {.names = names, .contents = contents, .count = FILES};
    if (run(&request, watch, &shared) != 0)
        return 1;
    bool whole = shared.bytes == FILES * text.len && shared.ordinals == shared.blocks * (shared.blocks - 1) / 2;
    printf("%" PRIu64 " blocks, %" PRIu64 " bytes\n", shared.blocks, shared.bytes);
    if (run(&request, stop, &shared) != 0)
        return 1;
    printf("stopped after %" PRIu64 " blocks\n", shared.blocks);
    bool stopped = shared.blocks >= 3;
    cm_buffer_free(&text);
    return whole && stopped ? 0 : 1;
}
