/*
 * prove: a pack against its own examples. An example that tells what was said
 * before it goes the way of a conversation, gates and all; others are tried as
 * one turn alone, gates aside, and what depends on other turns is not decided.
 *
 * Whoever tests rules and whoever loads them while running ask the same prover.
 * One thread's scratch.
 */
#ifndef CM_RUN_PROVE_H
#define CM_RUN_PROVE_H

#include "run/listen.h"
#include "run/trial.h"

struct cm_prover {
    struct cm_trial trial; /* of the example tried last: its turn, and the verdicts of all cues */
    struct cm_listener *listener;
};

/* For packs->items[pack], which must outlive it. To be freed in every case. */
enum cm_status cm_prover_init(struct cm_prover *prover, const struct cm_packs *packs, size_t pack) CM_MUST_CHECK;
void cm_prover_free(struct cm_prover *prover);

/* Try an example of cue number index. */
enum cm_status cm_prover_try(struct cm_prover *prover, uint32_t index, const struct cm_example *example,
                             enum cm_verdict *verdict) CM_MUST_CHECK;

/* What is wrong with a verdict where a hit (or none) is wanted, for people; NULL: nothing, or it could not be decided. */
const char *cm_prover_complaint(enum cm_verdict verdict, bool wanted);

/* Try all examples of all packs. Those that fail are told to diagnostics, all of them: CM_ERULES. */
enum cm_status cm_packs_prove(const struct cm_packs *packs, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
