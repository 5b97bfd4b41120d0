/*
 * Many workers over one archive in memory, with and without spilling and dead
 * letters, and runs that are stopped in the middle. Built with ThreadSanitizer
 * it must stay silent; everywhere it checks that the bytes are the same.
 */
#include <pthread.h>
#include <stdlib.h>

#include "archived.h"

static int failures;

static void check(bool good, const char *what, unsigned threads)
{
    if (good)
        return;
    fprintf(stderr, "FAIL: %s, %u threads\n", what, threads);
    failures++;
}

static void compare(struct archived *archived, struct archiving how, struct cm_span wanted, struct cm_span dead)
{
    for (how.threads = 2; how.threads <= 8; how.threads += 3) {
        archived_run(archived, &how);
        check(archived->status == CM_OK, "status", how.threads);
        check(cm_span_equal(cm_buffer_view(&archived->cards), wanted), "scorecards", how.threads);
        check(cm_span_equal(cm_buffer_view(&archived->dead_letters), dead), "dead letters", how.threads);
    }
}

static atomic_bool stop_flag;

static void *set_stop(void *after)
{
    /* Not a sleep: some work whose length varies, so that the flag falls into every phase. */
    for (volatile unsigned long i = 0; i < (unsigned long)(uintptr_t)after; i++)
        ;
    atomic_store(&stop_flag, true);
    return NULL;
}

static void stop_in_the_middle(struct archived *archived, struct archiving how, struct cm_span wanted)
{
    how.threads = 4;
    how.stop = &stop_flag;
    for (unsigned long work = 1000; work < 100000000; work *= 5) {
        pthread_t thread;
        atomic_store(&stop_flag, false);
        if (pthread_create(&thread, NULL, set_stop, (void *)(uintptr_t)work) != 0)
            return;
        archived_run(archived, &how);
        pthread_join(thread, NULL);
        bool whole = archived->status == CM_OK && cm_span_equal(cm_buffer_view(&archived->cards), wanted);
        check(whole || archived->status == CM_ESTOPPED, "stopped or whole", 4);
    }
}

int main(void)
{
    struct archived archived;
    struct cm_buffer text = CM_BUFFER_EMPTY, wanted = CM_BUFFER_EMPTY, dead = CM_BUFFER_EMPTY;
    if (!archived_open(&archived))
        return 1;
    for (unsigned i = 0; i < 6; i++) {
        archived_generate(&text, 800 + i, i % 2);
        cm_buffer_text(&text, "no event\n");
    }
    struct cm_span parts[] = {{text.ptr, 0}, {NULL, 0}};
    const char *half = memchr(text.ptr + text.len / 2, '\n', text.len / 2);
    parts[0].len = (size_t)(half + 1 - text.ptr);
    parts[1] = (struct cm_span){half + 1, text.len - parts[0].len};
    struct archiving how = {.contents = parts, .count = 2, .dead_letters = true};
    archived_run(&archived, &how);
    check(archived.status == CM_OK && archived.cards.len > 0 && archived.dead_letters.len > 0, "the first run", 1);
    cm_buffer_span(&wanted, cm_buffer_view(&archived.cards));
    cm_buffer_span(&dead, cm_buffer_view(&archived.dead_letters));

    compare(&archived, how, cm_buffer_view(&wanted), cm_buffer_view(&dead));
    how.max_memory = CM_MEMORY_MIN_BYTES;
    compare(&archived, how, cm_buffer_view(&wanted), cm_buffer_view(&dead));
    stop_in_the_middle(&archived, how, cm_buffer_view(&wanted));

    cm_buffer_free(&text);
    cm_buffer_free(&wanted);
    cm_buffer_free(&dead);
    archived_close(&archived);
    if (failures == 0)
        puts("no race seen, the bytes are the same");
    return failures != 0;
}
