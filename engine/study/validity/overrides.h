/*
 * overrides: where people, labelling what `caremeter sample` drew, said
 * something else than the machine had said (the columns human and machine), a
 * label at a time. The machine's outcome is the one of the day the sample was
 * drawn: it stays, whatever the rules say now.
 */
#ifndef CM_STUDY_OVERRIDES_H
#define CM_STUDY_OVERRIDES_H

#include "study/validity/validate.h"

/* Turns of the label's speaker. */
struct cm_override {
    uint32_t kept;           /* machine and human say it */
    uint32_t added, removed; /* the human alone; the machine alone */
    uint32_t neither;
};

struct cm_overrides {
    struct cm_override *items; /* one a result of the validation */
    size_t turns;              /* in which a human stood beside the machine; 0: the labels are of another kind */
    size_t changed;            /* of these, with a label added or removed */
};

#define CM_OVERRIDES_EMPTY ((struct cm_overrides){0})

/*
 * Of the labels that validation measured; half_only: of its half. A machine's word is a label of the map, or a cue that the map has for
 * one. Turns whose label is disputed do not count for it.
 */
enum cm_status cm_overrides_count(const struct cm_validation *validation, bool half_only, enum cm_half half,
                                  struct cm_overrides *out) CM_MUST_CHECK;
void cm_overrides_free(struct cm_overrides *overrides);

#endif
