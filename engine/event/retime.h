/*
 * retime: the line of an event with other times in it, perhaps of another interaction, and nothing else changed.
 * Pure functions, safe from any thread.
 */
#ifndef CM_EVENT_RETIME_H
#define CM_EVENT_RETIME_H

#include <stdint.h>

#include "base/buffer.h"

/* In the place of ms: the time that stands there stays. */
#define CM_RETIME_KEEP INT64_MIN

/*
 * Append line, which cm_decode has accepted (a BOM or blanks may stand around it), with ts and end_ts of the event, where it has them,
 * in RFC 3339, UTC. A ms that has no such form leaves its value as it is. CM_ENOMEM.
 */
enum cm_status cm_event_retime(struct cm_buffer *out, struct cm_span line, int64_t ts_ms, int64_t end_ts_ms) CM_MUST_CHECK;

/* The same, and suffix behind interaction_id and customer_id where they are texts: somebody else, who says the same. suffix needs no
 * escapes. CM_ENOMEM. */
enum cm_status cm_event_again(struct cm_buffer *out, struct cm_span line, int64_t ts_ms, int64_t end_ts_ms,
                              struct cm_span suffix) CM_MUST_CHECK;

#endif
