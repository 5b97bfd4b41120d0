/*
 * serve: a live run, from its first poll to its last flush.
 *
 * The caller's thread owns all units: it polls the group, reads the feed, hands batches to the pool to be scanned, applies them in order,
 * and at every tick lets the owner flush. Whatever needs more than one core (scanning, judging) is on the pool; nothing else is.
 *
 *   serve.c        opening, the loop, closing
 *   serve_flow.c   batches on their way: fed, scanned, applied
 *   serve_units.c  units that come and go, restores
 *   serve_tick.c   flushes, and the counters for whoever watches
 *   serve_metrics.c  the same for Prometheus
 */
#ifndef CM_LIVE_SERVE_H
#define CM_LIVE_SERVE_H

#include <stdatomic.h>

#include "live/audience/audience.h"
#include "live/config/config.h"
#include "live/rules/reload.h"
#include "live/rules/rules.h"

enum cm_serve_level { CM_SERVE_ERROR, CM_SERVE_WARNING, CM_SERVE_NOTE };

struct cm_serve_request {
    const struct cm_config *config; /* complete and checked */
    struct cm_rules *rules;         /* held by the caller for as long as the run lasts */
    struct cm_reloader *reloader;   /* NULL: packs stay as they are */
    struct cm_audience *audience;   /* who looks on; NULL: nobody */
    const struct cm_clock *clock;   /* what time it is in this run; NULL: the machine's. Time-outs are the machine's always */
    int input;                      /* what a source "-" reads: a descriptor, which stays the caller's; 0: standard input */
    const atomic_bool *stop;        /* true: drain and return, within seconds, whatever the broker does */
    /* One line for people; from the caller's thread, and from librdkafka's. */
    void (*tell)(void *context, enum cm_serve_level level, const char *text);
    /* Events are being read; once. NULL: nobody asks. */
    void (*ready)(void *context);
    void *context;
};

/*
 * Runs until stop, the end of standard input, or a fault that does not pass. CM_OK: drained, everything is safe. CM_ESTOPPED: stopped
 * before anything was read, or while nothing could be written, and the next run does the rest. CM_EUSAGE: topics, refusals and the like;
 * CM_ERULES: states of another version; CM_EIO, CM_ENOMEM. What is wrong is told, as an error line or in diagnostics.
 */
enum cm_status cm_serve(const struct cm_serve_request *request, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
