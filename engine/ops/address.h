/*
 * address: to which partition of a topic of events a line belongs.
 *
 * Events are keyed by their interaction, so that one partition has all of it,
 * in order. Pure but for the arena; one thread.
 */
#ifndef CM_OPS_ADDRESS_H
#define CM_OPS_ADDRESS_H

#include "event/decode.h"

struct cm_address {
    enum cm_reject reject; /* NONE: the line is an event */
    struct cm_event event; /* of an event; borrows from the line and the arena */
    /*
     * The interaction: of an event, and of a line that is none but names just one, for that one has lost a line and its owner must hear
     * of it. ptr NULL: there is none.
     */
    struct cm_span key;
    bool blank;     /* nothing stands in the line */
    bool anonymous; /* an event with neither event_id nor seq: a second copy of it would count as another one */
};

/* line: without its newline. The arena is reset. CM_ENOMEM. */
enum cm_status cm_address_line(struct cm_arena *arena, struct cm_span line, bool first_of_source, struct cm_address *out) CM_MUST_CHECK;

#endif
