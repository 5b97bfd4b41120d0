/*
 * inbox: what the engine hands to the board, between their threads.
 *
 * Putting is a copy under a lock that nobody holds for longer than that: two
 * buffers, of which one is filled while the other is read. Above its ceiling
 * cards and events are dropped, and counted, and who put them is told; what was erased is always taken.
 * Put from any thread; opened, taken and closed by the web's.
 */
#ifndef CM_WEB_INBOX_H
#define CM_WEB_INBOX_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "board/board.h"

enum cm_inbox_kind { CM_INBOX_CARD, CM_INBOX_ERASE, CM_INBOX_EVENT };

struct cm_inbox_entry {
    enum cm_inbox_kind kind;
    int64_t at_ms; /* when it was put */
    struct cm_span bytes;
};

struct cm_inbox {
    pthread_mutex_t lock;
    int wake;       /* an eventfd: there is something to take */
    uint64_t limit; /* bytes that wait */

    /* under the lock */
    struct cm_buffer filling;
    struct cm_buffer metrics;
    struct cm_board_source source;
    bool has_source; /* since it was last taken */
    bool woken;      /* wake was written to since the last take */
    uint64_t lost_cards, lost_events;

    /* the taker's */
    struct cm_buffer taken;
    size_t at;          /* the first byte of taken that was not looked at */
    atomic_size_t left; /* bytes behind it, for others to see */
};

/* What came since the last take, beside the entries. */
struct cm_inbox_news {
    uint64_t lost_cards, lost_events;
    bool has_source;
    struct cm_board_source source;
};

/* CM_EIO: the system gives no eventfd; errno says why. */
enum cm_status cm_inbox_open(struct cm_inbox *inbox, uint64_t limit) CM_MUST_CHECK;
void cm_inbox_close(struct cm_inbox *inbox);

/* false: it was dropped. */
bool cm_inbox_put(struct cm_inbox *inbox, enum cm_inbox_kind kind, struct cm_span bytes, int64_t now_ms);
void cm_inbox_source(struct cm_inbox *inbox, const struct cm_board_source *source);
/* In place of what was there. */
void cm_inbox_metrics(struct cm_inbox *inbox, struct cm_span text);
/* Bytes that were put, and that the board was not told. */
uint64_t cm_inbox_waiting(struct cm_inbox *inbox);
/* Somebody wants the taker to look up. */
void cm_inbox_wake(struct cm_inbox *inbox);

/* Entries that wait are now the taker's, behind those that it has not looked at yet: take only when there are none. */
void cm_inbox_take(struct cm_inbox *inbox, struct cm_inbox_news *news);
/* The next entry that was taken, valid until the next take; false: there is none. */
bool cm_inbox_next(struct cm_inbox *inbox, struct cm_inbox_entry *entry);
void cm_inbox_copy_metrics(struct cm_inbox *inbox, struct cm_buffer *out);

#endif
