/*
 * profile: how the cost of rules is shown: a table for people, JSON for
 * programs, a page of HTML. The figures are match/profile.h's.
 */
#ifndef CM_CLI_PROFILE_H
#define CM_CLI_PROFILE_H

#include <stdio.h>

#include "base/buffer.h"
#include "match/profile.h"

/* What is shown. */
struct cm_profile_view {
    const struct cm_ruleset *ruleset;
    const struct cm_profile *profile;
    const struct cm_profile_report *report; /* sorted */
    size_t top;                             /* so many cues at most */
    const char *order;                      /* by what they are sorted */
    unsigned threads;
    double seconds; /* of the whole run */
};

/* Fewer measurements than these behind a time are marked: a cache miss more or less is seen in it. */
#define CM_PROFILE_SURE 30u

/* Append. */
void cm_profile_text(const struct cm_profile_view *view, struct cm_buffer *out);
/* One line. */
void cm_profile_json(const struct cm_profile_view *view, struct cm_buffer *out);
void cm_profile_page(const struct cm_profile_view *view, struct cm_buffer *out);

/* One sentence: every turn, or which; shared by all three. */
void cm_profile_sampled(const struct cm_profile_view *view, struct cm_buffer *out);

/* All of bytes to a file, if they could be made (cm_buffer_status); the exit code, after it was told that this failed. */
int cm_profile_write(const struct cm_buffer *bytes, const char *option, const char *path);

#endif
