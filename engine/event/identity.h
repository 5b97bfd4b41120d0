/*
 * identity: H of an event (decode.h has its bytes). For the decoder alone.
 */
#ifndef CM_EVENT_IDENTITY_H
#define CM_EVENT_IDENTITY_H

#include "base/arena.h"
#include "event/event.h"

/*
 * present: a bit (1u << enum cm_field) for each known field that has a value,
 * type included. string_bytes: at least the lengths of their strings together.
 * The arena holds long events' scratch.
 */
enum cm_status cm_event_identify(struct cm_arena *arena, struct cm_event *event, uint32_t present, size_t string_bytes) CM_MUST_CHECK;

#endif
