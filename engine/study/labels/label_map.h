/*
 * label_map: which cues of a pack say what a label of a codebook says.
 *
 *   greet: {speaker: agent, any: [greet.hello, greet.dear]}
 *   customer.question: {label: question, speaker: customer, any: [customer.question]}
 *
 * A label holds where any of its cues does, in turns of its speaker; agent
 * brings lead. Where two speakers share a label's name the key is free and
 * `label` names it. `label: [a, b]` takes several labels for one: the turn
 * carries any of them; what is reported is then named by the key. Read-only once
 * it is read.
 */
#ifndef CM_STUDY_LABEL_MAP_H
#define CM_STUDY_LABEL_MAP_H

#include "ruleset/ruleset.h"

struct cm_mapped {
    struct cm_span key, label;   /* label: the name that figures are told under */
    const struct cm_span *names; /* that mean it in label files */
    uint32_t name_count;
    enum cm_speaker speaker;
    const uint32_t *cues; /* of the pack, in the map's order, each once */
    uint32_t cue_count;
    struct cm_place place;
};

struct cm_label_map {
    struct cm_mapped *items; /* in the map's order */
    uint32_t count;
    struct cm_arena arena;
};

#define CM_LABEL_MAP_EMPTY ((struct cm_label_map){0})

/* Every fault is told with its place; any gives CM_ERULES. map is to be freed in every case. */
enum cm_status cm_label_map_read(struct cm_label_map *map, const char *file, struct cm_span bytes, const struct cm_ruleset *ruleset,
                                 struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_label_map_free(struct cm_label_map *map);

#endif
