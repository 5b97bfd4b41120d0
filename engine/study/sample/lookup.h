/*
 * lookup: lines of an archive that a run has noted, read once more.
 *
 * Only lines that are wanted are decoded, so a second look costs what reading
 * does. The source is the archive of the run, opened anew: paths have the same
 * numbers. A line that no longer is what it was is not found. One thread.
 */
#ifndef CM_STUDY_LOOKUP_H
#define CM_STUDY_LOOKUP_H

#include "io/source.h"
#include "score/record.h"

struct cm_wanted {
    struct cm_origin origin;
    struct cm_span interaction_id; /* that the line must be of */
    void *owner;                   /* the caller's */
};

/* event has a text; it is valid until the call returns. Not CM_OK ends the look. */
typedef enum cm_status (*cm_lookup_found)(void *context, void *owner, const struct cm_event *event);

/* wanted is sorted by origin; several may want one line. CM_ESTOPPED after cm_source_stop; CM_EIO, CM_ENOMEM. */
enum cm_status cm_lookup(struct cm_wanted *wanted, size_t count, struct cm_source *source, cm_lookup_found found,
                         void *context) CM_MUST_CHECK;

#endif
