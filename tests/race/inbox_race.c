/*
 * Threads that put into one inbox while another takes from it. Built with ThreadSanitizer it must stay silent: each entry comes
 * out whole, once, in the order of the thread that put it, or is counted as lost.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "web/inbox.h"

#define PUTTERS 4u
#define ENTRIES 20000u
#define LIMIT_BYTES (256u << 10) /* small: entries must be lost, too */

struct entry {
    unsigned putter, number;
    char filler[24];
};

static struct cm_inbox inbox;
static unsigned failures;

static void *put(void *argument)
{
    unsigned putter = (unsigned)(uintptr_t)argument;
    struct entry entry = {.putter = putter};
    struct cm_board_source source = {.partitions = putter};
    for (unsigned i = 0; i < ENTRIES; i++) {
        entry.number = i;
        memset(entry.filler, (int)(i % 251), sizeof entry.filler);
        cm_inbox_put(&inbox, i % 8 ? CM_INBOX_CARD : CM_INBOX_ERASE, (struct cm_span){(char *)&entry, sizeof entry}, i);
        source.partitions_seen = i;
        if (i % 16 == 0)
            cm_inbox_source(&inbox, &source);
        if (i % 64 == 0)
            cm_inbox_metrics(&inbox, (struct cm_span){entry.filler, sizeof entry.filler});
    }
    return NULL;
}

static void fail(const char *what)
{
    fprintf(stderr, "FAIL: %s\n", what);
    failures++;
}

static void look_at(const struct cm_inbox_entry *got, unsigned *next)
{
    struct entry entry;
    if (got->bytes.len != sizeof entry) {
        fail("an entry of another length");
        return;
    }
    memcpy(&entry, got->bytes.ptr, sizeof entry);
    if (entry.putter >= PUTTERS || entry.number < next[entry.putter] || (int64_t)entry.number != got->at_ms)
        fail("an entry that was not put, or not then");
    else if (entry.filler[0] != (char)(entry.number % 251) || entry.filler[23] != entry.filler[0])
        fail("an entry that is not whole");
    else
        next[entry.putter] = entry.number + 1;
}

int main(void)
{
    pthread_t putters[PUTTERS];
    unsigned next[PUTTERS] = {0}, taken = 0, rounds = 0;
    uint64_t lost = 0;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    if (cm_inbox_open(&inbox, LIMIT_BYTES) != CM_OK)
        abort();
    for (unsigned i = 0; i < PUTTERS; i++)
        if (pthread_create(&putters[i], NULL, put, (void *)(uintptr_t)i) != 0)
            abort();
    while (taken + lost < PUTTERS * ENTRIES && rounds++ < 100000) {
        struct cm_inbox_news news;
        struct cm_inbox_entry entry;
        struct pollfd wake = {.fd = inbox.wake, .events = POLLIN};
        if (poll(&wake, 1, 5000) != 1)
            break; /* nobody woke us, and not all is there */
        cm_inbox_take(&inbox, &news);
        lost += news.lost_cards + news.lost_events;
        for (; cm_inbox_next(&inbox, &entry); taken++)
            look_at(&entry, next);
        cm_inbox_copy_metrics(&inbox, &text);
        if (text.len && text.ptr[0] != text.ptr[23])
            fail("metrics that are not whole");
        cm_buffer_reset(&text);
    }
    for (unsigned i = 0; i < PUTTERS; i++)
        pthread_join(putters[i], NULL);
    if (taken + lost != PUTTERS * ENTRIES || cm_inbox_waiting(&inbox) != 0)
        fail("some were neither taken nor counted");
    cm_inbox_close(&inbox);
    cm_buffer_free(&text);
    if (failures == 0)
        printf("no race seen, %u taken and %llu lost of %u\n", taken, (unsigned long long)lost, PUTTERS * ENTRIES);
    return failures != 0;
}
