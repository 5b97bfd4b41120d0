/*
 * harness: how a step is measured. Its sides take turns, run after run, after one run of each that is not kept; a run goes over all units
 * as often as it takes to last BENCH_RUN_MIN_S, and is one figure. After each run every unit is timed alone, for percentiles: the clock's
 * own cost is measured first and taken off. Prints a line of JSON a side.
 */
#ifndef CM_BENCH_STEPS_HARNESS_H
#define CM_BENCH_STEPS_HARNESS_H

#include "step.h"

#define BENCH_RUNS_MAX 99
#define BENCH_RUN_MIN_S 0.05

/* False, and told on stderr: sides that do the same work found different things, or one of them did from run to run. */
bool bench_measure(const char *name, const struct bench_step *step, int runs);

#endif
