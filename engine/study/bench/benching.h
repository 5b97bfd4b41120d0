/*
 * benching: what the rounds of a bench and their single runs share. Inside
 * bench/ only; one thread's.
 */
#ifndef CM_STUDY_BENCHING_H
#define CM_STUDY_BENCHING_H

#include "study/bench/bench.h"
#include "study/bench/grown.h"
#include "study/bench/steps.h"

/* What is run once a round. */
enum cm_benched_kind {
    CM_BENCHED_WHOLE,   /* with threads */
    CM_BENCHED_STEP,    /* up to a step */
    CM_BENCHED_ARCHIVE, /* up to a phase; CM_ARCHIVE_WHOLE: judged, but not rendered */
    CM_BENCHED_SIZE,    /* matching, with another number of rules */
    CM_BENCHED_LOAD,    /* the packs */
};

#define CM_BENCHED_MAX (CM_BENCH_CORES_MAX + (size_t)CM_STEP_COUNT + 3 + CM_BENCH_SIZES + 1)

struct cm_benched {
    enum cm_benched_kind kind;
    unsigned which; /* index of cores, step, enum cm_archive_until, index of sizes */
    const char *name;
    bool seen;
    struct cm_bench_counts counts; /* of its first run */
    double *wall_ns, *processor_ns;
};

struct cm_benching {
    const struct cm_bench_request *request;
    struct cm_bench_result *result;
    struct cm_benched things[CM_BENCHED_MAX];
    size_t count;
    double *figures; /* of all things: two rows of runs each, and one more for differences */
    struct cm_grown_words words;
    struct cm_grown *grown[CM_BENCH_SIZES][CM_PACKS_MAX];
    size_t done, of;
};

/*
 * One run. Not timed: what only needs to be known once (the hash of the cards, the peak of memory, packs of other sizes) is found out.
 * CM_ELIMIT of a size: it is too large to be made.
 */
enum cm_status cm_benched_run(struct cm_benching *bench, struct cm_benched *thing, bool timed, struct cm_times *times,
                              struct cm_bench_counts *counts) CM_MUST_CHECK;

/* The run whose rules are timed: profiled and reports of the result. */
enum cm_status cm_benching_profile(struct cm_benching *bench) CM_MUST_CHECK;

/* A source of the material. diagnostics are to be freed and not to be told: they were, when the material was made. */
enum cm_status cm_benching_open(const struct cm_benching *bench, struct cm_source **source,
                                struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
