/*
 * half: which half of the labelled conversations a turn belongs to.
 *
 * Rules are written, and weights fitted, on the one half, and checked on the
 * other: a figure is honest only for conversations that nobody looked at. The
 * half goes by the conversation, never by the turn, and is a hash of its id, so
 * that it is the same on every machine and for every sample. Any thread.
 */
#ifndef CM_STUDY_HALF_H
#define CM_STUDY_HALF_H

#include "base/span.h"

enum cm_half { CM_HALF_WRITTEN, CM_HALF_CHECKED, CM_HALF_COUNT };

/* "written", "checked". */
const char *cm_half_name(enum cm_half half);

/* The conversation of a labelled turn's id: without what stands behind the last ':' if that is a number. Borrowed from id. */
struct cm_span cm_half_conversation(struct cm_span id);

enum cm_half cm_half_of(struct cm_span conversation);

#endif
