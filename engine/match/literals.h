/*
 * literals: what a text must contain for a regex to match at all: a run of
 * characters, a sign such as "?" or "#", or both. Read off the pattern by a reader of
 * our own that knows the plain part of PCRE2's syntax; whatever it does not know
 * makes it give up, and then the regex always runs. Never wrong, only sometimes
 * without an answer.
 *
 * Start-up only. ASCII in lower case: the text is compared in lower case, with
 * the two other characters that PCRE2 folds to ASCII letters (U+017F to s,
 * U+212A to k) replaced.
 */
#ifndef CM_MATCH_LITERALS_H
#define CM_MATCH_LITERALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Shorter ones are in every other text. */
#define CM_LITERAL_MIN_BYTES ((size_t)3)
/* More alternatives than this: run the regex. */
#define CM_LITERALS_MAX 16u
/* Longer runs are cut: the part is required as well. */
#define CM_LITERAL_MAX_BYTES ((size_t)64)
/* Nesting of groups that is followed. */
#define CM_LITERALS_DEPTH_MAX 16u

/* At least one of these is in every text that the regex matches. count 0: nothing is known. */
struct cm_literals {
    struct cm_span items[CM_LITERALS_MAX];
    uint32_t count;
    uint64_t signs[2]; /* ASCII, a bit each: so is one of these. No bit: nothing is known */
};

/* pattern has been compiled by PCRE2 without PCRE2_EXTENDED or PCRE2_LITERAL. CM_ENOMEM or CM_OK. */
enum cm_status cm_literals_required(struct cm_span pattern, struct cm_arena *arena, struct cm_literals *out) CM_MUST_CHECK;

#endif
