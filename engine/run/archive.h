/*
 * archive: a whole archive to scorecards, written once, in bytewise order of
 * interaction ids, then of packs.
 *
 *   gather   every worker pulls blocks of lines, decodes, folds, scans, and
 *            appends records to 64 partitions by hash of the id
 *   settle   every worker takes partitions, groups them by interaction, judges,
 *            and leaves a sorted run of rendered scorecards
 *   merge    the runs go to the sink in order
 *
 * Records and runs beyond the memory ceiling lie in a temporary file; a
 * partition too large to settle in memory is split by the next bits of the hash.
 * The bytes do not depend on threads, blocks, the order of lines or files, or
 * the ceiling. One caller; it waits while the workers run.
 */
#ifndef CM_RUN_ARCHIVE_H
#define CM_RUN_ARCHIVE_H

#include <stdatomic.h>

#include "io/deadletter.h"
#include "io/sink.h"
#include "io/source.h"
#include "run/pack.h"
#include "run/summary.h"
#include "score/judge.h"

#define CM_THREADS_MAX 256u
/* Less is a typing error: the workers' buffers alone would not fit. */
#define CM_MEMORY_MIN_BYTES ((uint64_t)1 << 20)

struct cm_archive_progress {
    struct cm_source_progress source;
    uint32_t settled, partitions; /* partitions 0: still gathering */
};

/* One interaction, judged by every pack of the run; all of it is the worker's, until the observer returns. */
struct cm_judged {
    const struct cm_interaction *interaction;
    struct cm_judge *const *judges;          /* one a pack: what fired, and its words */
    const struct cm_scorecard *const *cards; /* one a pack */
    size_t pack_count;
};

/*
 * Called once an interaction by the worker (0 to threads - 1) that judged it, in no order: what it adds up must not depend on order, and
 * is either one worker's own or under a lock. Not CM_OK ends the run.
 */
typedef enum cm_status (*cm_judged_observer)(void *context, unsigned worker, const struct cm_judged *judged);

/* How far a run goes. Whoever measures what a phase costs ends before the next: what is behind is not done, and no card is made. */
enum cm_archive_until {
    CM_ARCHIVE_WHOLE,
    CM_ARCHIVE_GATHERED, /* all records are in their partitions */
    CM_ARCHIVE_GROUPED,  /* the records of every interaction are sorted */
};

struct cm_archive_request {
    const struct cm_packs *packs;
    struct cm_source *source;
    struct cm_sink *sink;         /* scorecards; its format says how they are rendered, NONE: not at all */
    struct cm_sink *dead_letters; /* NULL: counted only */
    bool dead_letter_payload;
    struct cm_render_options render;
    unsigned threads;         /* 1 to CM_THREADS_MAX */
    uint64_t max_memory;      /* bytes that records and scorecards may take, at least CM_MEMORY_MIN_BYTES */
    const char *spill_folder; /* for the temporary file */
    const atomic_bool *stop;  /* NULL, or true once the run is to end; whoever sets it also calls cm_source_stop */
    void (*progress)(void *context,
                     const struct cm_archive_progress *progress); /* NULL, or called a few times a second by the caller's thread */
    void *progress_context;
    cm_judged_observer observer; /* NULL: nobody looks on */
    void *observer_context;
    enum cm_archive_until until;
    uint32_t profile_every; /* 0: nothing is profiled; else about one turn and one interaction in so many (match/profile.h) */
    struct cm_diagnostics *diagnostics;
};

struct cm_archive_result {
    uint64_t lines, events, turns; /* lines that are not empty; good events; messages among them */
    uint64_t text_bytes;
    uint64_t interactions, cards, card_bytes;
    uint64_t spilled_bytes;
    uint32_t runs; /* that were merged: more than 64 means that partitions were split */
    struct cm_dead_letter_counts dead_letters;
    struct cm_summary summaries[CM_PACKS_MAX]; /* one a pack, sorted */
    size_t summary_count;
    struct cm_profile *profiles[CM_PACKS_MAX]; /* one a pack, of all workers, where the request asks; what packs share is in the first */
};

/*
 * CM_ESTOPPED: stopped; nothing whole was written, the caller drops the sink.
 * CM_EIO: a sink or the temporary file (told as diagnostic). CM_ENOMEM. result
 * is to be freed in every case. The sinks stay open.
 */
enum cm_status cm_archive_run(const struct cm_archive_request *request, struct cm_archive_result *result) CM_MUST_CHECK;
void cm_archive_result_free(struct cm_archive_result *result);

#endif
