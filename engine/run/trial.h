/*
 * trial: one turn against one pack, with everything that can be said without
 * a conversation: for examples and for explanations. One thread's scratch.
 */
#ifndef CM_RUN_TRIAL_H
#define CM_RUN_TRIAL_H

#include "match/scan.h"
#include "run/pack.h"

/* Whether a cue hits; unknown: it depends on other turns. */
enum cm_verdict { CM_VERDICT_MISS, CM_VERDICT_HIT, CM_VERDICT_UNKNOWN, CM_VERDICT_FAULT };

struct cm_trial {
    const struct cm_ruleset *ruleset;
    struct cm_folder *folder;
    struct cm_scanner *scanner;
    struct cm_folded turn;     /* of the last run */
    struct cm_scanned scanned; /* likewise */
    uint8_t *verdicts;         /* enum cm_verdict, one a cue */
};

enum cm_status cm_trial_init(struct cm_trial *trial, const struct cm_packs *packs, size_t pack) CM_MUST_CHECK;
void cm_trial_free(struct cm_trial *trial);

/* text is borrowed until the next run. */
enum cm_status cm_trial_run(struct cm_trial *trial, struct cm_span text, enum cm_speaker speaker) CM_MUST_CHECK;

/* The speaker whose turns a cue is about; of several the first. */
enum cm_speaker cm_trial_speaker(const struct cm_cue *cue);

/* The folded turn for people: tokens, " | " at sentence ends, no marks. */
void cm_trial_tokens(const struct cm_folded *turn, struct cm_buffer *out);

/* The ids of all cues that hit, with commas; "nothing" where none does. */
void cm_trial_hits(const struct cm_trial *trial, struct cm_buffer *out);

#endif
