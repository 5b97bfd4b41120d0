/* Results come out in order of blocks, whoever gives them when; a failure reaches everybody, and nobody waits for ever. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "run/ordered.h"

static struct cm_buffer written;
static enum cm_status refuse_after;
static unsigned writes;

static enum cm_status writer(void *context, struct cm_span bytes)
{
    (void)context;
    writes++;
    if (refuse_after && writes > (unsigned)refuse_after)
        return CM_EIO;
    cm_buffer_span(&written, bytes);
    return CM_OK;
}

static void give(struct cm_ordered *ordered, uint64_t ordinal, const char *text)
{
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    cm_buffer_text(&buffer, text);
    cr_assert_eq(cm_ordered_give(ordered, ordinal, &buffer), CM_OK);
    cr_assert_eq(buffer.len, 0);
    cm_buffer_free(&buffer);
}

Test(ordered, order_of_blocks_not_of_giving)
{
    struct cm_ordered *ordered;
    cr_assert_eq(cm_ordered_new(writer, NULL, &ordered), CM_OK);
    give(ordered, 2, "c");
    give(ordered, 1, "");
    cr_assert_eq(written.len, 0, "nothing before the first");
    give(ordered, 0, "a");
    give(ordered, 3, "d");
    cr_assert(cm_span_equal(cm_buffer_view(&written), CM_SPAN("acd")));
    cr_assert_eq(writes, 3, "empty results are no writes");
    cm_ordered_free(ordered);
    cm_buffer_free(&written);
}

Test(ordered, a_failed_write_is_everybodys)
{
    struct cm_ordered *ordered;
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    refuse_after = (enum cm_status)1;
    cr_assert_eq(cm_ordered_new(writer, NULL, &ordered), CM_OK);
    give(ordered, 0, "a");
    cm_buffer_text(&buffer, "b");
    cr_assert_eq(cm_ordered_give(ordered, 1, &buffer), CM_EIO);
    cm_buffer_text(&buffer, "c");
    cr_assert_eq(cm_ordered_give(ordered, 2, &buffer), CM_EIO);
    cm_ordered_free(ordered);
    cm_buffer_free(&buffer);
    cm_buffer_free(&written);
}

static void *far_ahead(void *context)
{
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    enum cm_status status = cm_ordered_give(context, CM_ORDERED_WINDOW, &buffer);
    cm_buffer_free(&buffer);
    return (void *)(uintptr_t)status;
}

Test(ordered, who_is_too_far_ahead_waits_until_stopped, .timeout = 60)
{
    struct cm_ordered *ordered;
    pthread_t thread;
    void *status;
    cr_assert_eq(cm_ordered_new(writer, NULL, &ordered), CM_OK);
    cr_assert_eq(pthread_create(&thread, NULL, far_ahead, ordered), 0);
    cm_ordered_stop(ordered);
    pthread_join(thread, &status);
    cr_assert_eq((enum cm_status)(uintptr_t)status, CM_ESTOPPED);
    cm_ordered_free(ordered);
}

Test(ordered, and_goes_on_when_the_slow_one_is_done, .timeout = 60)
{
    struct cm_ordered *ordered;
    pthread_t thread;
    void *status;
    cr_assert_eq(cm_ordered_new(writer, NULL, &ordered), CM_OK);
    cr_assert_eq(pthread_create(&thread, NULL, far_ahead, ordered), 0);
    give(ordered, 0, "a");
    pthread_join(thread, &status);
    cr_assert_eq((enum cm_status)(uintptr_t)status, CM_OK);
    cm_ordered_free(ordered);
    cm_buffer_free(&written);
}
