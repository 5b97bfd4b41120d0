/*
 * steps: what a worker of an archive run does with a line, up to a step and no
 * further, so that the difference of two of them is what a step costs. The same
 * calls in the same batches as run/gather, on the caller's thread; nothing is
 * kept of what was made.
 *
 * One thread's scratch, made ahead of time.
 */
#ifndef CM_STUDY_STEPS_H
#define CM_STUDY_STEPS_H

#include <stdatomic.h>

#include "io/source.h"
#include "run/pack.h"

enum cm_step {
    CM_STEP_READ,   /* blocks from the source, decompressed, and the lines in them */
    CM_STEP_DECODE, /* lines to events */
    CM_STEP_FOLD,   /* text to tokens */
    CM_STEP_SCAN,   /* hits of every pack */
    CM_STEP_RECORD, /* the words for echoes and of names, and the record of each event */
    CM_STEP_COUNT
};

struct cm_step_counts {
    uint64_t lines, events, turns; /* as far as the step knows them */
    uint64_t hits;                 /* of SCAN: of all packs, before the judge's gates */
};

struct cm_steps;

/* matchers: one a pack, in the place of the packs' own; NULL: those. RECORD takes the packs' own alone. All must outlive the steps. */
enum cm_status cm_steps_new(const struct cm_packs *packs, const struct cm_matcher *const *matchers, enum cm_step until,
                            struct cm_steps **out) CM_MUST_CHECK;
void cm_steps_free(struct cm_steps *steps);

/* All of source. CM_ESTOPPED, CM_ENOMEM. */
enum cm_status cm_steps_run(struct cm_steps *steps, struct cm_source *source, const atomic_bool *stop,
                            struct cm_step_counts *counts) CM_MUST_CHECK;

#endif
