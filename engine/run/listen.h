/*
 * listen: what a pack hears in the last turn of a conversation that is given as
 * texts: the way of an event through the engine, for one turn at a time.
 *
 * The same fold, scan and judge as in a run, so that cues which need other turns
 * (echo, near, replies, position) are heard as they are in an archive. What came
 * before is taken as all that came before. One thread's scratch.
 */
#ifndef CM_RUN_LISTEN_H
#define CM_RUN_LISTEN_H

#include "run/pack.h"
#include "score/judge.h"

struct cm_said {
    enum cm_speaker speaker;
    struct cm_span text;
};

/* Of the last turn; all of it is the listener's, valid until it listens again. */
struct cm_heard {
    const uint32_t *cues; /* that fired, each once, ascending */
    uint32_t cue_count;
    const uint32_t *faults; /* that could not be decided, likewise */
    uint32_t fault_count;
    const struct cm_folded *folded; /* the turn as the rules see it */
    const struct cm_judge *judge;   /* cm_judge_fired says which words of which turn, this one being number turn */
    uint32_t turn;
};

struct cm_listener;

/* By packs->items[pack], which must outlive it. */
enum cm_status cm_listener_new(const struct cm_packs *packs, size_t pack, struct cm_listener **out) CM_MUST_CHECK;
void cm_listener_free(struct cm_listener *listener);

/* count >= 1; the last of turns is the one that is listened to. CM_ELIMIT: a text is longer than CM_TEXT_MAX_BYTES. */
enum cm_status cm_listen(struct cm_listener *listener, enum cm_channel channel, const struct cm_said *turns, size_t count,
                         struct cm_heard *heard) CM_MUST_CHECK;

/* Does cue stand in an ascending list? */
bool cm_heard_has(const uint32_t *cues, uint32_t count, uint32_t cue);

#endif
