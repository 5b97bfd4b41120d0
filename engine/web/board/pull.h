/*
 * pull: JSON read in place and in one pass, what nobody asks for skipped. A
 * scorecard is read twenty thousand times a second, so no tree is made of it.
 *
 *   for (bool more = cm_pull_open(pull, '{'); more; more = cm_pull_more(pull, '}'))
 *       struct cm_span key = cm_pull_key(pull); ...one value...
 *
 * A fault stays: from then on there is nothing more, texts are absent and
 * numbers 0, so that a reader is a straight line with one look at status at its
 * end. What is read lives as long as the text and the arena. One thread.
 */
#ifndef CM_WEB_BOARD_PULL_H
#define CM_WEB_BOARD_PULL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct cm_pull {
    const char *at, *end;
    struct cm_arena *arena; /* of texts with escapes */
    enum cm_status status;  /* CM_EINPUT, CM_ENOMEM */
};

void cm_pull_begin(struct cm_pull *pull, struct cm_arena *arena, struct cm_span text);

/* bracket: '{' or '['; false: it is empty. */
bool cm_pull_open(struct cm_pull *pull, char bracket);
/* Behind a value: is there another one? */
bool cm_pull_more(struct cm_pull *pull, char bracket);
struct cm_span cm_pull_key(struct cm_pull *pull);

/* A string; null: ptr NULL. */
struct cm_span cm_pull_text(struct cm_pull *pull);
/* A string that is RFC 3339; null: INT64_MIN. */
int64_t cm_pull_time(struct cm_pull *pull);
/* A whole number that is not negative; null: *there is false. there may be NULL: null is a fault. */
uint64_t cm_pull_unsigned(struct cm_pull *pull, bool *there);
/* 72.50 as 7250, halves up; null: -1. At most 1,000,000. */
int32_t cm_pull_hundredths(struct cm_pull *pull);
/* Any value; the text of it. */
struct cm_span cm_pull_skip(struct cm_pull *pull);

/* Nothing but blanks may be left. */
enum cm_status cm_pull_end(struct cm_pull *pull) CM_MUST_CHECK;

#endif
