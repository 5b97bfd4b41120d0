/*
 * draw: the same things are drawn, whoever meets them first.
 *
 * A thing's key is a hash of where it stands and of a seed; of those that are
 * met, the ones with the smallest keys are kept ("bottom-k"). What is kept
 * depends neither on order nor on threads, and any part of a whole can be drawn
 * from by itself and be put together afterwards. Pure function, any thread.
 */
#ifndef CM_STUDY_DRAW_H
#define CM_STUDY_DRAW_H

#include <stdint.h>

/* The finisher of SplitMix64: every bit of x moves every bit of the result. */
uint64_t cm_draw_mix(uint64_t x);

/* interaction_hash: cm_hash64 of the id. place: a turn's number, or whatever tells things of one interaction apart. */
uint64_t cm_draw_key(uint64_t interaction_hash, uint64_t place, uint64_t seed);

#endif
