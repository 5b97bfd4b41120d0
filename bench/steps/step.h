/*
 * step: one step of the way from a line to a scorecard, as something to measure.
 *
 * A step is so many units (lines, turns, conversations) and some sides, ours
 * first, each of which does the step for one unit. What a side finds goes into a
 * tally; sides that do the same work must end with the same tally, in every run
 * (harness.h). Setting up may end the program; measuring has no other way out.
 */
#ifndef CM_BENCH_STEP_H
#define CM_BENCH_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/event.h"
#include "run/pack.h"

#define BENCH_SIDES_MAX 4u

/* The events of an archive in memory; lines have 64 readable bytes behind them. */
struct bench_archive {
    struct cm_buffer bytes;
    struct cm_span *lines;
    struct cm_event *events; /* by line; of lines up to count */
    size_t count, line_cap;
    struct cm_arena arena;
};

struct bench_tally {
    uint64_t found; /* what the step counts */
    uint64_t check; /* a sum over what was found, for sides that must agree in detail */
};

struct bench_side {
    const char *name;
    void (*run)(void *context, size_t unit, struct bench_tally *tally);
    void *context;
    bool reference;   /* does other work: its tally is told and not compared */
    double compile_s; /* of rules, where it has any */
};

struct bench_step {
    const char *unit, *found; /* what is counted: "turn", "tokens" */
    size_t units;
    uint64_t bytes; /* of input, in all units */
    struct bench_side sides[BENCH_SIDES_MAX];
    size_t side_count;
};

struct bench_step_options {
    const char *pack;
    size_t rules; /* regex: so many made-up ones; 0: those of the pack */
    size_t units; /* at most; 0: all */
};

/* Each fills in step; what it makes goes with the process. */
void bench_step_decode(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_fold(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_words(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_phrase(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_regex(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_scan(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
void bench_step_judge(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);

/* Ends the program with 2 where a fact that measuring needs is not there. */
void bench_must(bool good, const char *what);
double bench_seconds(void);

/* The pack of the options, loaded once; faults are printed and end the program. */
const struct cm_packs *bench_packs(const struct bench_step_options *options);

/* The texts of an archive's messages, in order. */
struct bench_texts {
    struct cm_span *items;
    const struct cm_event **events;
    size_t count, cap, event_cap;
    uint64_t bytes;
};
struct bench_texts bench_texts_of(const struct bench_archive *archive, size_t most);

static inline void bench_side_add(struct bench_step *step, struct bench_side side)
{
    bench_must(step->side_count < BENCH_SIDES_MAX, "too many sides");
    step->sides[step->side_count++] = side;
}

#endif
