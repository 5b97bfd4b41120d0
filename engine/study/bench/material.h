/*
 * material: the events that are measured, and that can be read as often as one
 * likes: the files themselves; or what was kept of them in memory, where they
 * are too large (whole lines from the beginning), come from a pipe, or are too
 * small to be measured, and then are repeated: each copy is of other
 * interactions, who say the same, so that none is taken for a duplicate.
 *
 * Made by one thread, then read only.
 */
#ifndef CM_STUDY_MATERIAL_H
#define CM_STUDY_MATERIAL_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "io/deadletter.h"
#include "io/source.h"

enum cm_material_kind {
    CM_MATERIAL_FILES,    /* all of the inputs, read where they are */
    CM_MATERIAL_MEMORY,   /* all of them, kept: a pipe is among them */
    CM_MATERIAL_PART,     /* their beginning */
    CM_MATERIAL_REPEATED, /* all of them, several times */
};

struct cm_material {
    enum cm_material_kind kind;
    const struct cm_inputs *inputs; /* borrowed */
    struct cm_buffer kept;          /* but for FILES */
    struct cm_span contents;        /* the same, as the source borrows it */
    const char *name;
    uint32_t copies; /* 1, but for REPEATED */
    /* of one copy */
    uint64_t bytes; /* decompressed */
    uint64_t lines, events, turns;
    struct cm_dead_letter_counts dead_letters;
};

/*
 * size: so many bytes (decompressed) are worth measuring: of what is longer the beginning is taken, what is not half of it is repeated.
 * source: a file source of inputs, not yet read; used up. CM_ESTOPPED, CM_ENOMEM, CM_ELIMIT (REPEATED: ids that have no room for a
 * number); CM_OK also where it had faults (its diagnostics say so) or no events. To be freed in every case.
 */
enum cm_status cm_material_make(struct cm_material *material, const struct cm_inputs *inputs, struct cm_source *source, uint64_t size,
                                const atomic_bool *stop) CM_MUST_CHECK;
void cm_material_free(struct cm_material *material);

/* A source of all of it. What it has to say was said when it was made: diagnostics are for the caller to drop. */
enum cm_status cm_material_open(const struct cm_material *material, struct cm_source **source,
                                struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
