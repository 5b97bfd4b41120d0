/* What the files of the audience share. Not for others. */
#ifndef CM_LIVE_WATCHING_H
#define CM_LIVE_WATCHING_H

#include <pthread.h>

#include "live/audience/audience.h"

/* Above such a part of the inbox scorecards that are older wait for the board already. */
#define CM_AUDIENCE_INBOX_SHARE 2

/* Names for the board, borrowed from packs and from the configuration; dimension titles are its own. */
struct cm_names {
    struct cm_arena arena;
    struct cm_board_behaviour *behaviours;
    size_t behaviour_count;
    struct cm_board_dimension *dimensions;
    size_t dimension_count;
};

/* names is empty, and to be freed in every case. CM_EUSAGE, told: a target is of no dimension. CM_ENOMEM. */
enum cm_status cm_names_make(struct cm_names *names, const struct cm_packs *packs, const struct cm_config *config,
                             struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_names_free(struct cm_names *names);

struct cm_scores;

/* config names the topics; what they hold goes to web, and how far it got to seen. Borrowed until close. CM_ENOMEM, CM_ELIMIT. */
struct cm_scores_request {
    const struct cm_config *config;
    struct cm_web *web;
    const atomic_bool *stop;
    /* Partitions whose scorecards are all there, of so many; state: STARTING until then, STALLED while no broker answers. */
    void (*seen)(void *context, enum cm_board_state state, uint32_t seen, uint32_t partitions);
    void (*tell)(void *context, bool warning, const char *text);
    void *context;
};
/* Does a run of this configuration have its scorecards in a topic? */
bool cm_scores_wanted(const struct cm_config *config);
enum cm_status cm_scores_open(const struct cm_scores_request *request, struct cm_scores **out) CM_MUST_CHECK;
/* Ends the thread, within seconds. NULL is nothing. */
void cm_scores_close(struct cm_scores *scores);
/* It has told of a fault that does not pass, and ended. */
bool cm_scores_failed(const struct cm_scores *scores);

#endif
