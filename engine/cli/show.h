/*
 * show: what the parts of the show command share.
 */
#ifndef CM_CLI_SHOW_H
#define CM_CLI_SHOW_H

#include "base/json.h"
#include "cli/common.h"
#include "cli/conversation.h"

#define CM_SHOW_COLUMNS 80u

struct cm_show_job {
    const char *id, *scores;
    struct cm_opt_list events;
};

struct cm_show {
    const struct cm_show_job *job;
    struct cm_packs packs; /* for titles; empty where the pack is not at hand */
    struct cm_conversation conversation;
    bool has_events, colour;
    struct cm_buffer out;
    uint32_t shown;
    struct cm_buffer some_id; /* an id that is there, for who gave one that is not */
};

/* Header, scores, customer, clocks, flags; then, apart, every outcome: to show->out. */
void cm_show_scores(struct cm_show *show, const struct cm_json *card);
void cm_show_behaviours(struct cm_show *show, const struct cm_json *card);

/* The conversation, with the evidence of the card lit in it: to show->out. */
enum cm_status cm_show_turns(struct cm_show *show, const struct cm_json *card) CM_MUST_CHECK;

#endif
