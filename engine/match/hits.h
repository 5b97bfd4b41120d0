/*
 * hits: from the places where phrases may match or do match in a turn to the
 * hits that are told: leftmost, then longest, not overlapping, equal bytes once.
 * A worker's scratch.
 */
#ifndef CM_MATCH_HITS_H
#define CM_MATCH_HITS_H

#include "match/phrases.h"
#include "match/profile.h"
#include "match/program.h"

/* A match with its end; or a place where a phrase may match, any start in [first, last], end being 0. */
struct cm_candidate {
    uint64_t key; /* place of the program << 32 | first start */
    uint32_t last, end;
};

struct cm_candidates {
    struct cm_candidate *items, *spare;
    size_t count, cap, spare_cap;
};

struct cm_hits {
    struct cm_phrase_hit *items;
    size_t cap;
    uint32_t count;
};

void cm_candidates_free(struct cm_candidates *candidates);
void cm_hits_free(struct cm_hits *hits);

/* Append the hits of the turn by (id, first, end); candidates are put into order. */
enum cm_status cm_hits_gather(struct cm_hits *hits, struct cm_candidates *candidates, const struct cm_programs *programs,
                              const struct cm_folded *turn, const struct cm_program_input *input,
                              struct cm_program_scratch *run) CM_MUST_CHECK;
/* The same, timed. */
enum cm_status cm_hits_gather_timed(struct cm_hits *hits, struct cm_candidates *candidates, const struct cm_programs *programs,
                                    const struct cm_folded *turn, const struct cm_program_input *input, struct cm_program_scratch *run,
                                    struct cm_profile *profile) CM_MUST_CHECK;

#endif
