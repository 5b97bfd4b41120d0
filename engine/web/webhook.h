/*
 * webhook: concerns that nobody answers, told to somebody else: a POST of JSON
 * for each (docs/wallboard-api.md), one at a time, by a thread of its own.
 *
 * At least once: what was not taken is tried again, at first after a second, at
 * last every five minutes, or when the other side says, as long as the concern
 * is unanswered and there is room. One that has been answered before it could be
 * told is not told any more: nobody could do anything about it. What a process
 * has not told when it ends is told by the next one, from the same board; the
 * delivery's id is the same then.
 *
 * Opened and closed by one thread; the others from any, and they never wait for
 * the network.
 */
#ifndef CM_WEB_WEBHOOK_H
#define CM_WEB_WEBHOOK_H

#include "web/web.h"

struct cm_webhook;

struct cm_webhook_pace {
    int64_t connect_ms, answer_ms; /* until there is a connection; until all is over */
    int64_t first_ms, most_ms;     /* before it is tried again: doubled from one to the other, give or take a quarter */
    int64_t ask_most_ms;           /* Retry-After is obeyed up to this */
    int64_t close_ms;              /* for what is under way when we close */
    uint32_t waiting;              /* above it the oldest are given up */
};
#define CM_WEBHOOK_PACE ((struct cm_webhook_pace){5000, 10000, 1000, 300000, 3600000, 1000, 10000})

/*
 * Settings are copied. tell: one line for people, from any of the threads, never with what the address or the token hold. CM_EUSAGE: the
 * address is no http or https URL; CM_ENOMEM; CM_ELIMIT: no thread.
 */
enum cm_status cm_webhook_open(const struct cm_webhook_settings *settings, const struct cm_webhook_pace *pace,
                               void (*tell)(void *context, bool warning, const char *text), void *context,
                               struct cm_webhook **out) CM_MUST_CHECK;
/* Within pace.close_ms, and what the system needs to let go. NULL is nothing. */
void cm_webhook_close(struct cm_webhook *webhook);

/* Copies. */
void cm_webhook_tell(struct cm_webhook *webhook, const struct cm_board_overdue *overdue);
/* What has been answered is told no more: waits is asked of all that wait, during the call. Once a second is enough. */
void cm_webhook_settle(struct cm_webhook *webhook, bool (*waits)(void *context, struct cm_span interaction_id, int64_t since_ms),
                       void *context);
/* Prometheus text. */
void cm_webhook_metrics(struct cm_webhook *webhook, struct cm_buffer *out);

#endif
