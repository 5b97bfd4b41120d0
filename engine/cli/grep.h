/*
 * grep: what is searched how, as a command line says it, and the search.
 */
#ifndef CM_CLI_GREP_H
#define CM_CLI_GREP_H

#include "cli/opts.h"
#include "cli/patterns.h"
#include "cli/turns.h"

struct cm_grep_job {
    struct cm_opt_list phrases, files, regexes, packs, cues, speakers;
    struct cm_opt_list inputs;
    uint64_t context, threads;
    int engine;
    bool count, json;
    uint16_t speaker_set; /* CM_BIT set; 0: all */
};

/* Workers over the inputs, hits to standard output in source order; the exit code. */
int cm_grep_search(const struct cm_grep_job *job, const struct cm_patterns *patterns, const struct cm_turn_style *style,
                   const struct cm_inputs *inputs);

#endif
