/*
 * backchannel: turns that only listen ("yeah", "oh I see").
 *
 * lists/backchannel holds folded words, and rows of up to
 * CM_BACKCHANNEL_MAX_WORDS of them. Pure, safe from any thread.
 */
#ifndef CM_TEXT_BACKCHANNEL_H
#define CM_TEXT_BACKCHANNEL_H

#include "text/fold.h"

/* Every token is a backchannel's or an emoji, and one at least is a backchannel's. A turn without words is none. */
bool cm_is_backchannel(const struct cm_folded *turn);

#endif
