/*
 * parts: what match/profile has counted, as the parts of matching that
 * bench.h names. Pure.
 */
#ifndef CM_STUDY_PARTS_H
#define CM_STUDY_PARTS_H

#include "study/bench/bench.h"

/* Add what a pack's profile says. */
void cm_bench_add_parts(const struct cm_profile *profile, const struct cm_profile_report *report, double ns[CM_BENCH_PART_COUNT]);

#endif
