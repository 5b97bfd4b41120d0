/*
 * sim_feed: conversations at random, as the messages of a source: interleaved, out of
 * order, repeated, edited, handed on, some broken, some late.
 */
#ifndef TESTS_SIM_SIM_FEED_H
#define TESTS_SIM_SIM_FEED_H

#include "fake_broker.h"

/* The time at which every simulation begins, epoch ms. */
#define SIM_BEGINNING_MS INT64_C(1700000000000)

struct sim_message {
    uint32_t partition;
    int64_t due;              /* ms after the beginning at which it is sent */
    size_t order;             /* of making, among equals */
    struct cm_span key, line; /* owned; line.ptr NULL: a tombstone */
};

struct sim_interaction {
    struct cm_span id; /* owned */
    uint32_t partition;
};

struct sim_feed {
    struct sim_message *messages; /* by due */
    size_t count, cap;
    struct sim_interaction *interactions;
    size_t interaction_count;
};

void sim_feed_make(struct sim_feed *feed, struct cm_chance *chance, uint32_t partitions);
void sim_feed_free(struct sim_feed *feed);

#endif
