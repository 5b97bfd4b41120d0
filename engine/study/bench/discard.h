/*
 * discard: a sink that takes rendered scorecards and keeps none: how many bytes
 * they were, and, where asked for, a hash of them in their order, for telling
 * whether two runs have written the same. One thread at a time.
 */
#ifndef CM_STUDY_DISCARD_H
#define CM_STUDY_DISCARD_H

#include "io/sink.h"

struct cm_discard {
    struct cm_sink sink; /* first: a sink is its discard */
    bool hashing;
    uint64_t bytes, hash;
};

/* The caller's memory; cm_sink_close does nothing to it. */
void cm_discard_init(struct cm_discard *discard, bool hashing);

#endif
