/*
 * bench: how fast packs are on an archive, where the time goes, what it would be
 * with other numbers of rules and of threads.
 *
 * Every figure is of several runs. A round runs all that is measured once, every
 * other round in the opposite order, so that a machine that gets slower or
 * faster meanwhile does so for all of it; the first round is not measured.
 *
 * Whole runs are those of `score` with --evidence refs, their scorecards
 * rendered and dropped. Stages are differences of runs on one thread that go
 * one step further each (steps.h, then cm_archive_until), in time of the
 * processor; what the differences' medians leave of the whole run's median is
 * told as rest. Parts of matching have the shares that match/profile counts in a
 * run of its own.
 *
 * Every run of one thing must give the same counts; where one does not, the
 * result says so and is worth nothing. One caller.
 */
#ifndef CM_STUDY_BENCH_H
#define CM_STUDY_BENCH_H

#include "run/archive.h"
#include "study/bench/material.h"
#include "study/bench/timing.h"

#define CM_BENCH_RUNS_MAX 1000u
/* 1, 2, 4 … 256, and as many as are asked for. */
#define CM_BENCH_CORES_MAX 10u
/* 1/8, 1/4, 1/2, 1, 2, 4, 8 times the rules. */
#define CM_BENCH_SIZES 7u

#define CM_BENCH_STAGES(X)                                                                                                                 \
    X(READ, "read", "read: blocks, decompressed, and the lines in them")                                                                   \
    X(DECODE, "decode", "decode: JSON to events")                                                                                          \
    X(FOLD, "fold", "fold: text to tokens")                                                                                                \
    X(MATCH, "match", "match: phrases and expressions")                                                                                    \
    X(RECORD, "record", "record: words for echoes, one record an event")                                                                   \
    X(SHARE, "share", "share: records to partitions; making of workers")                                                                   \
    X(GROUP, "group", "group: records by interaction, in order")                                                                           \
    X(JUDGE, "judge", "judge: behaviours and scores")                                                                                      \
    X(RENDER, "render", "render: scorecards to JSON, merged")
#define X(name, key, text) CM_BENCH_##name,
enum cm_bench_stage { CM_BENCH_STAGES(X) CM_BENCH_STAGE_COUNT };
#undef X

#define CM_BENCH_PARTS(X)                                                                                                                  \
    X(SYMBOLS, "symbols", "words that phrases name, and the filter")                                                                       \
    X(ANCHORS, "anchors", "which phrases to look at")                                                                                      \
    X(PHRASES, "phrases", "phrases looked at and verified")                                                                                \
    X(HITS, "hits", "hits in order, merged, weighed")                                                                                      \
    X(LITERALS, "literals", "which expressions to run")                                                                                    \
    X(EXPRESSIONS, "expressions", "expressions run")                                                                                       \
    X(ATTRIBUTES, "attributes", "negated, quoted, supposed")
#define X(name, key, text) CM_BENCH_PART_##name,
enum cm_bench_part { CM_BENCH_PARTS(X) CM_BENCH_PART_COUNT };
#undef X

struct cm_bench_name {
    const char *key, *text;
};
extern const struct cm_bench_name cm_bench_stages[CM_BENCH_STAGE_COUNT], cm_bench_parts[CM_BENCH_PART_COUNT];

struct cm_bench_counts {
    uint64_t lines, events, turns, text_bytes, interactions, cards, card_bytes, hits;
};

struct cm_bench_cores {
    unsigned threads;
    struct cm_spread wall_ns, processor_ns;
    uint64_t cards_hash;
};

struct cm_bench_size {
    unsigned eighths; /* of the packs' own number of rules */
    size_t phrases, expressions;
    uint64_t hits;
    double compile_ns;             /* of all packs, once */
    struct cm_spread processor_ns; /* read, decode, fold, match */
};

struct cm_bench_request {
    const struct cm_packs *packs;
    const char *const *names; /* as they were given to cm_packs_load, which is measured, too */
    size_t name_count;
    const struct cm_material *material; /* with events in it */
    unsigned threads;                   /* 1 to CM_THREADS_MAX */
    unsigned runs;                      /* 1 to CM_BENCH_RUNS_MAX */
    uint64_t max_memory;
    const char *spill_folder;
    const atomic_bool *stop;
    void (*progress)(void *context, size_t done, size_t of); /* NULL, or called between runs */
    void *progress_context;
    struct cm_diagnostics *diagnostics;
};

struct cm_bench_result {
    struct cm_bench_counts counts; /* of a whole run */
    uint64_t peak_bytes;           /* while scoring with all threads, without what was kept of the archive; 0: not known */
    struct cm_spread load_ns;      /* lexicon, redaction, packs; by the wall */
    struct cm_bench_cores cores[CM_BENCH_CORES_MAX];
    size_t core_count; /* the first of one thread, the last of as many as were asked for */
    struct cm_spread stage_ns[CM_BENCH_STAGE_COUNT];
    double rest_ns; /* of the whole, with one thread, that no stage explains; may be negative */
    double part_ns[CM_BENCH_PART_COUNT];
    struct cm_bench_size sizes[CM_BENCH_SIZES];
    size_t size_count;
    struct cm_archive_result profiled;              /* profiles of a run of its own */
    struct cm_profile_report reports[CM_PACKS_MAX]; /* one a pack, dearest cues first */
    char difference[160];                           /* empty, or in which way two runs of the same were not the same */
};

/* CM_OK also where there is a difference. CM_ESTOPPED, CM_ENOMEM, CM_EIO (told as a diagnostic). result is to be freed in every case. */
enum cm_status cm_bench_run(const struct cm_bench_request *request, struct cm_bench_result *result) CM_MUST_CHECK;
void cm_bench_result_free(struct cm_bench_result *result);

/* What the shares of a sorted, whole run add up to, in nanoseconds: the whole with one thread. */
static inline double cm_bench_whole_ns(const struct cm_bench_result *result)
{
    return result->cores[0].processor_ns.median;
}

#endif
