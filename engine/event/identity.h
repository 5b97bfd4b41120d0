/*
 * identity: H of an event (decode.h has its bytes). For the decoder alone.
 */
#ifndef CM_EVENT_IDENTITY_H
#define CM_EVENT_IDENTITY_H

#include "base/arena.h"
#include "event/event.h"

/* present: a bit (1u << enum cm_field) for each known field that has a value, type included. The arena holds long events' scratch. */
enum cm_status cm_event_identify(struct cm_arena *arena, struct cm_event *event, uint32_t present) CM_MUST_CHECK;

#endif
