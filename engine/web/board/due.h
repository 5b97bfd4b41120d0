/*
 * due: when what was promised is due, by its words: "tomorrow before noon", "by
 * 5 pm", "on Thursday at ten", "within 24 hours", "in three working days".
 *
 * Careful rather than clever: what is not surely a time is none, of two times
 * that a phrase may mean the later counts, and a day without a time of day is
 * over at its end, so that nobody is called late who is not. UTC. Pure; any thread.
 */
#ifndef CM_WEB_BOARD_DUE_H
#define CM_WEB_BOARD_DUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* made_at: epoch ms at which it was said. false: the words name no time that can be told. */
bool cm_due_read(struct cm_span words, int64_t made_at, int64_t *due_at);

/* Do these words say what will be done: will, shall, going to, promise? */
bool cm_due_promises(struct cm_span words);

#endif
