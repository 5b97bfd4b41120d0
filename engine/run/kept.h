/*
 * kept: a lexicon or a pack as an earlier run has compiled it (run/cache.h), or
 * compiled now and kept for the next one. What comes out is the same, faults and
 * warnings too: what had any to tell is never kept.
 */
#ifndef CM_RUN_KEPT_H
#define CM_RUN_KEPT_H

#include "run/pack.h"

/* packs->lexicon from folder. */
enum cm_status cm_kept_lexicon(struct cm_packs *packs, const char *folder, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The pack in folder, by the lexicon of packs; where that fails *pack is to be freed all the same. */
enum cm_status cm_kept_pack(const struct cm_packs *packs, const char *folder, struct cm_diagnostics *diagnostics,
                            struct cm_pack *pack) CM_MUST_CHECK;

#endif
