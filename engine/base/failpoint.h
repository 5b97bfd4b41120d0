/*
 * failpoint: named places at which a test makes the process die, to prove that
 * nothing is lost there.
 *
 *   CAREMETER_FAILPOINT=state-put:3     killed (SIGKILL) at the third passage
 *   CAREMETER_SABOTAGE=no-skip          a safeguard left out, so that a test of the tests must fail
 *
 * Only in builds with tests; elsewhere both are nothing, and the environment is not looked at. Any thread.
 */
#ifndef CM_BASE_FAILPOINT_H
#define CM_BASE_FAILPOINT_H

#include <stdbool.h>

/* In the order in which a run comes by them. */
#define CM_FAILPOINTS(X)                                                                                                                   \
    X(RESTORE_BEGIN, "restore-begin")   /* before the first state is read */                                                               \
    X(RESTORE_MIDDLE, "restore-middle") /* some states are there */                                                                        \
    X(FENCE_PUT, "fence-put")           /* the fence is on its way */                                                                      \
    X(FENCE_SETTLED, "fence-settled")   /* and safe, not yet read back */                                                                  \
    X(RESTORED, "restored")             /* before the first event */                                                                       \
    X(APPLIED, "applied")               /* a batch is in memory only */                                                                    \
    X(FLUSH_BEGIN, "flush-begin")                                                                                                          \
    X(STATE_PUT, "state-put")           /* one state on its way */                                                                         \
    X(STATES_PUT, "states-put")         /* all of them */                                                                                  \
    X(STATES_SETTLED, "states-settled") /* safe, scorecards not written */                                                                 \
    X(CARDS_PUT, "cards-put")           /* scorecards on their way */                                                                      \
    X(CARDS_SETTLED, "cards-settled")   /* safe, manifest not written */                                                                   \
    X(MANIFEST_PUT, "manifest-put")                                                                                                        \
    X(MANIFEST_SETTLED, "manifest-settled") /* before the group commit */                                                                  \
    X(COMMITTED, "committed")                                                                                                              \
    X(SINK_WRITE, "sink-write") /* a file sink has written, not synced */                                                                  \
    X(SINK_SYNCED, "sink-synced")                                                                                                          \
    X(COUNTERS_RENAME, "counters-rename") /* written, not yet renamed */                                                                   \
    X(REVOKED, "revoked")                 /* a partition is to be handed over, nothing written yet */                                      \
    X(HANDED_OVER, "handed-over")         /* written and dropped, the group not told */                                                    \
    X(DRAINED, "drained")                 /* the last flush is done, the process not ended */

enum cm_failpoint {
#define X(name, text) CM_FAILPOINT_##name,
    CM_FAILPOINTS(X)
#undef X
        CM_FAILPOINT_COUNT
};

#ifdef CM_WITH_FAILPOINTS
void cm_failpoint(enum cm_failpoint point);
bool cm_sabotaged(const char *what);
#else
static inline void cm_failpoint(enum cm_failpoint point)
{
    (void)point;
}
static inline bool cm_sabotaged(const char *what)
{
    (void)what;
    return false;
}
#endif

/* NULL where this build has none. */
const char *cm_failpoint_name(enum cm_failpoint point);

#endif
