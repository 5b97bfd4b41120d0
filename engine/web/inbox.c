#include "web/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* A buffer that a burst made larger than this is given back when the burst is over. */
#define INBOX_KEPT_BYTES ((size_t)1 << 20)

/* Stands before the bytes of an entry, unaligned. */
struct header {
    int64_t at_ms;
    uint32_t kind, len;
};

enum cm_status cm_inbox_open(struct cm_inbox *inbox, uint64_t limit)
{
    *inbox = (struct cm_inbox){.limit = limit, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (inbox->wake < 0)
        return CM_EIO;
    pthread_mutex_init(&inbox->lock, NULL);
    atomic_init(&inbox->left, 0);
    return CM_OK;
}

void cm_inbox_close(struct cm_inbox *inbox)
{
    close(inbox->wake);
    pthread_mutex_destroy(&inbox->lock);
    cm_buffer_free(&inbox->filling);
    cm_buffer_free(&inbox->taken);
    cm_buffer_free(&inbox->metrics);
}

void cm_inbox_wake(struct cm_inbox *inbox)
{
    const uint64_t one = 1;
    /* It fails only where the counter is full, and then the taker has enough to wake up for. */
    if (write(inbox->wake, &one, sizeof one) < 0)
        return;
}

static bool fits(const struct cm_inbox *inbox, enum cm_inbox_kind kind, size_t len)
{
    return len <= UINT32_MAX && (kind == CM_INBOX_ERASE || inbox->filling.len + sizeof(struct header) + len <= inbox->limit);
}

static bool append(struct cm_inbox *inbox, enum cm_inbox_kind kind, struct cm_span bytes, int64_t now_ms)
{
    const struct header header = {.at_ms = now_ms, .kind = (uint32_t)kind, .len = (uint32_t)bytes.len};
    if (!fits(inbox, kind, bytes.len))
        return false;
    if (!cm_buffer_reserve(&inbox->filling, sizeof header + bytes.len)) {
        inbox->filling.failed = false; /* what stands in it is whole: only this one is lost */
        return false;
    }
    cm_buffer_append(&inbox->filling, &header, sizeof header);
    cm_buffer_span(&inbox->filling, bytes);
    return true;
}

/* Relaxed: a figure, by which nothing else is read. */
uint64_t cm_inbox_waiting(struct cm_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    uint64_t waiting = inbox->filling.len + atomic_load_explicit(&inbox->left, memory_order_relaxed);
    pthread_mutex_unlock(&inbox->lock);
    return waiting;
}

/* Under the lock; true: the taker must be woken, which is done without it. */
static bool must_wake(struct cm_inbox *inbox)
{
    bool first = !inbox->woken;
    inbox->woken = true;
    return first;
}

bool cm_inbox_put(struct cm_inbox *inbox, enum cm_inbox_kind kind, struct cm_span bytes, int64_t now_ms)
{
    pthread_mutex_lock(&inbox->lock);
    bool put = append(inbox, kind, bytes, now_ms);
    if (!put && kind == CM_INBOX_CARD)
        inbox->lost_cards++;
    else if (!put)
        inbox->lost_events++;
    bool wake = must_wake(inbox);
    pthread_mutex_unlock(&inbox->lock);
    if (wake)
        cm_inbox_wake(inbox);
    return put;
}

void cm_inbox_source(struct cm_inbox *inbox, const struct cm_board_source *source)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->source = *source;
    inbox->has_source = true;
    bool wake = must_wake(inbox);
    pthread_mutex_unlock(&inbox->lock);
    if (wake)
        cm_inbox_wake(inbox);
}

void cm_inbox_metrics(struct cm_inbox *inbox, struct cm_span text)
{
    pthread_mutex_lock(&inbox->lock);
    cm_buffer_reset(&inbox->metrics);
    cm_buffer_span(&inbox->metrics, text);
    pthread_mutex_unlock(&inbox->lock);
}

void cm_inbox_copy_metrics(struct cm_inbox *inbox, struct cm_buffer *out)
{
    pthread_mutex_lock(&inbox->lock);
    cm_buffer_span(out, cm_buffer_view(&inbox->metrics));
    pthread_mutex_unlock(&inbox->lock);
}

static void empty(struct cm_inbox *inbox)
{
    if (inbox->taken.cap > INBOX_KEPT_BYTES && inbox->taken.len <= INBOX_KEPT_BYTES / 4)
        cm_buffer_free(&inbox->taken);
    else
        cm_buffer_reset(&inbox->taken);
    inbox->at = 0;
}

void cm_inbox_take(struct cm_inbox *inbox, struct cm_inbox_news *news)
{
    uint64_t count;
    if (read(inbox->wake, &count, sizeof count) < 0)
        count = 0; /* nobody woke us: it is time, then */
    empty(inbox);
    pthread_mutex_lock(&inbox->lock);
    struct cm_buffer filled = inbox->filling;
    inbox->filling = inbox->taken;
    inbox->taken = filled;
    atomic_store_explicit(&inbox->left, filled.len, memory_order_relaxed);
    *news = (struct cm_inbox_news){inbox->lost_cards, inbox->lost_events, inbox->has_source, inbox->source};
    inbox->lost_cards = inbox->lost_events = 0;
    inbox->has_source = inbox->woken = false;
    pthread_mutex_unlock(&inbox->lock);
}

bool cm_inbox_next(struct cm_inbox *inbox, struct cm_inbox_entry *entry)
{
    struct header header;
    atomic_store_explicit(&inbox->left, inbox->taken.len - inbox->at, memory_order_relaxed);
    if (inbox->at >= inbox->taken.len)
        return false;
    memcpy(&header, inbox->taken.ptr + inbox->at, sizeof header);
    *entry =
        (struct cm_inbox_entry){(enum cm_inbox_kind)header.kind, header.at_ms, {inbox->taken.ptr + inbox->at + sizeof header, header.len}};
    inbox->at += sizeof header + header.len;
    return true;
}
