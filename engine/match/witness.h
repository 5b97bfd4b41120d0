/*
 * witness: a second look at an anchor that was found, before its phrase is
 * verified. Of the positions that every match goes through, the one that stands
 * where it must least often by chance; in a turn of up to 64 tokens that is
 * asked exactly, by a bit for each token. Start-up only.
 */
#ifndef CM_MATCH_WITNESS_H
#define CM_MATCH_WITNESS_H

#include "match/anchors.h"

struct cm_witness_search {
    const struct cm_graph *graph;
    const uint8_t *mandatory; /* by node: cm_graph_mandatory */
    const struct cm_frequency *frequency;
    int32_t *distances; /* scratch, reused */
    size_t distance_cap;
};

void cm_witness_search_free(struct cm_witness_search *search);

/* Set the anchor's witness, if its phrase has one. */
enum cm_status cm_witness_find(struct cm_witness_search *search, struct cm_anchor *anchor) CM_MUST_CHECK;

#endif
