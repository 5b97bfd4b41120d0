/*
 * audience: who looks on at a live run. Connects it with the wallboard (web/).
 *
 * Where scorecards go to a topic of Kafka, the board shows what stands in that
 * topic: a thread of the audience's own reads it, so that one board shows all
 * processes of a group, and one that begins again knows what was there. Else the
 * run hands over its own. Nothing here makes the run wait.
 *
 *   audience.c   the address, and what the run hands over
 *   names.c      what packs call what scorecards hold
 *   scores.c     the thread that reads topics of scorecards
 *
 * Opened and closed by one thread; what the run hands over comes from its owner's.
 */
#ifndef CM_LIVE_AUDIENCE_H
#define CM_LIVE_AUDIENCE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "live/config/config.h"
#include "live/owner/journal.h"
#include "live/rules/rules.h"
#include "web/web.h"

struct cm_audience;

struct cm_audience_request {
    const struct cm_config *config; /* complete and checked, with an address; borrowed until close */
    struct cm_rules *rules;         /* whose names are shown; held. Packs that are reloaded keep the names of the first */
    const struct cm_clock *clock;   /* NULL: the machine's; copied */
    const atomic_bool *stop;        /* true: no broker is waited for any more */
    /* One line for people; from any thread. */
    void (*tell)(void *context, bool warning, const char *text);
    void *context;
};

/* Would the settings of the board fit these packs? CM_EUSAGE, told: a target is of no dimension. CM_ENOMEM. */
enum cm_status cm_audience_check(const struct cm_config *config, const struct cm_rules *rules,
                                 struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
/* CM_EUSAGE: tokens, targets or an address that cannot be; CM_EIO: it cannot be listened on; told. CM_ENOMEM. */
enum cm_status cm_audience_open(const struct cm_audience_request *request, struct cm_diagnostics *diagnostics,
                                struct cm_audience **out) CM_MUST_CHECK;
/* NULL is nothing. */
void cm_audience_close(struct cm_audience *audience);
/* Where it can be seen: "127.0.0.1:8737". */
const char *cm_audience_address(const struct cm_audience *audience);

/*
 * What a run tells; of a NULL audience nothing. A scorecard that reaches the board by way of its topic is passed over. false: the board has
 * not looked at those before it yet, and there is no room; it is to be told again when there is.
 */
bool cm_audience_card(struct cm_audience *audience, const struct cm_card *card);
/* Half of the inbox is free. */
bool cm_audience_has_room(struct cm_audience *audience);
/* Of how many interactions the newest scorecard is still to be told again, and of how many it never will be. */
void cm_audience_missed(struct cm_audience *audience, uint64_t count, uint64_t forgone);
/* The line of an event that was applied; kept only where texts are. */
void cm_audience_event(struct cm_audience *audience, struct cm_span line);
/* partitions: that are read, of those that it has; both 0 where there are none. */
void cm_audience_state(struct cm_audience *audience, enum cm_board_state state, uint32_t running, uint32_t partitions);
void cm_audience_metrics(struct cm_audience *audience, struct cm_span text);

/* A wallboard alone: until stop, or a fault that does not pass (CM_EIO, told). */
enum cm_status cm_audience_stay(struct cm_audience *audience) CM_MUST_CHECK;

#endif
