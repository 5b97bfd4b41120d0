/*
 * score: one run over an archive, as a command line describes it.
 */
#ifndef CM_CLI_SCORE_H
#define CM_CLI_SCORE_H

#include "cli/opts.h"

struct cm_score_job {
    char **inputs;
    size_t input_count;
    struct cm_opt_list packs;
    const char *out, *dead_letter, *spill, *profile; /* NULL: not given */
    int evidence;                                    /* enum cm_evidence_mode */
    bool full, payload, json, quiet;
    unsigned threads;
    uint64_t max_memory;
};

/* Everything from opening to the summary; the exit code. */
int cm_score_run(const struct cm_score_job *job);

#endif
