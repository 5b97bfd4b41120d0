/*
 * hearing: what every labelled turn was heard to say, for those who count
 * (validate.c, worst.c). Inside study/ only.
 */
#ifndef CM_STUDY_HEARING_H
#define CM_STUDY_HEARING_H

#include "study/validity/validate.h"

enum { CM_HEARD_FIRED = 1, CM_HEARD_FAULT = 2 };

/* How one turn stands to a label or a group of them. */
enum cm_standing {
    CM_STANDING_OUT, /* another speaker's, or not of the half that is looked at */
    CM_STANDING_DISPUTED,
    CM_STANDING_FAULT,
    CM_STANDING_HIT,   /* heard, and is */
    CM_STANDING_FALSE, /* heard, and is not */
    CM_STANDING_MISS,  /* is, and was not heard */
    CM_STANDING_QUIET,
};

struct cm_hearing {
    const struct cm_labels *labels;
    struct cm_listener *listener;
    uint32_t cue_count;
    uint8_t *heard;       /* [turn * cue_count + cue]: CM_HEARD bits */
    uint32_t *unit;       /* of a turn: its conversation, in bytewise order */
    uint8_t *half;        /* of a turn */
    uint8_t *outside;     /* of a turn: not looked at */
    uint32_t *group_unit; /* of a conversation: its number within its half */
    uint32_t units, half_units[CM_HALF_COUNT];
};

/* Cues that say any of names, in one speaker's turns. */
struct cm_listened {
    enum cm_speaker speaker;
    const uint32_t *cues, *names;
    uint32_t cue_count, name_count;
};

enum cm_status cm_hearing_init(struct cm_hearing *hearing, const struct cm_validate_request *request) CM_MUST_CHECK;
void cm_hearing_free(struct cm_hearing *hearing);

enum cm_standing cm_standing_of(const struct cm_hearing *hearing, const struct cm_listened *listened, size_t turn);

static inline bool cm_heard_fired(const struct cm_hearing *hearing, size_t turn, uint32_t cue)
{
    return hearing->heard[turn * hearing->cue_count + cue] & CM_HEARD_FIRED;
}

/* worst.c: the turns to look at first, of every label. */
enum cm_status cm_worst_find(const struct cm_hearing *hearing, const struct cm_validate_request *request,
                             struct cm_validation *out) CM_MUST_CHECK;

#endif
