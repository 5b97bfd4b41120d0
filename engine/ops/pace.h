/*
 * pace: events of many files in the order in which they happened.
 *
 * Lines are added in the order of the input and go to a temporary file without a
 * name; what stays in memory is 24 bytes a line, and 16 an interaction. An event
 * comes at its ts; what has none comes behind the event of its interaction that
 * was added before it, or else behind the line before it. Lines of one moment
 * keep their order. One thread.
 */
#ifndef CM_OPS_PACE_H
#define CM_OPS_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/span.h"

/* The moment of what comes before everything that has one. */
#define CM_PACE_NONE_MS INT64_MIN

struct cm_pace;

struct cm_paced {
    struct cm_span line; /* borrowed until the pace is freed */
    int64_t at;          /* ms; CM_PACE_NONE_MS */
    bool first_of_file;
};

/* folder: for the temporary file. */
enum cm_status cm_pace_new(const char *folder, struct cm_pace **out) CM_MUST_CHECK;
/* NULL is nothing. */
void cm_pace_free(struct cm_pace *pace);

/* interaction: ptr NULL where the line names none. ts: CM_PACE_NONE_MS where it has none. CM_EIO with errno; CM_ENOMEM; CM_ELIMIT. */
enum cm_status cm_pace_add(struct cm_pace *pace, struct cm_span line, bool first_of_file, struct cm_span interaction,
                           int64_t ts) CM_MUST_CHECK;

/* After the last line: put them in order. CM_EIO with errno. */
enum cm_status cm_pace_sort(struct cm_pace *pace) CM_MUST_CHECK;
size_t cm_pace_count(const struct cm_pace *pace);
/* Of a sorted one, by index. */
struct cm_paced cm_pace_at(const struct cm_pace *pace, size_t index);
/* The first and the last moment of a sorted one; CM_PACE_NONE_MS: no line has one. */
int64_t cm_pace_first(const struct cm_pace *pace);
int64_t cm_pace_last(const struct cm_pace *pace);

#endif
