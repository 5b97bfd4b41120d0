/* Memory that fails at every single allocation of a run in turn, in whatever thread: a clean end each time, and never other bytes. */
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "archived.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static atomic_long left = -1; /* allocations until one fails; below 0: none does */
static atomic_bool failed;

static bool fails(void)
{
    if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 0)
        return false;
    atomic_store(&failed, true);
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

/* A run whose allocation number i fails; false when there were not so many. */
static bool run_failing(struct archived *archived, struct archiving *how, long i, struct cm_span wanted)
{
    atomic_store(&failed, false);
    atomic_store(&left, i);
    archived_run(archived, how);
    atomic_store(&left, -1);
    cr_assert(archived->status == CM_OK || archived->status == CM_ENOMEM, "allocation %ld: %s", i, cm_status_text(archived->status));
    if (!atomic_load(&failed)) {
        cr_assert_eq(archived->status, CM_OK);
        cr_assert(cm_span_equal(cm_buffer_view(&archived->cards), wanted));
    }
    return atomic_load(&failed);
}

static void fail_everywhere(struct archiving how, unsigned least)
{
    struct archived archived;
    struct cm_buffer text = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY;
    cr_assert(archived_open(&archived));
    archived_generate(&text, 40, true);
    cm_buffer_text(&text,
                   "bad\n{\"interaction_id\":\"x\",\"speaker\":\"agent\",\"customer_name\":\"Ann\",\"text\":\"hello Ann \\u00e9\"}\n");
    struct cm_span contents = cm_buffer_view(&text);
    how.contents = &contents;
    how.count = 1;
    how.dead_letters = true;
    archived_run(&archived, &how);
    cr_assert_eq(archived.status, CM_OK);
    cm_buffer_span(&wanted, cm_buffer_view(&archived.cards));
    long count = 0;
    while (run_failing(&archived, &how, count, cm_buffer_view(&wanted)))
        count++;
    cr_assert_gt(count, (long)least);
    cm_buffer_free(&text);
    cm_buffer_free(&wanted);
    archived_close(&archived);
}

Test(run_memory, one_thread, .timeout = 200)
{
    fail_everywhere((struct archiving){.threads = 1}, 100);
}

Test(run_memory, profiled, .timeout = 200)
{
    fail_everywhere((struct archiving){.threads = 1, .profile_every = 1}, 100);
}

Test(run_memory, two_threads_that_spill, .timeout = 200)
{
    fail_everywhere((struct archiving){.threads = 2, .max_memory = 16 * 1024}, 100);
}
