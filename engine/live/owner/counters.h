/*
 * counters: what a live run counts. Written by the owner's thread; read by it
 * for the counters file. A list once: struct, JSON and documentation come from it.
 */
#ifndef CM_LIVE_COUNTERS_H
#define CM_LIVE_COUNTERS_H

#include "base/buffer.h"
#include "event/decode.h"

#define CM_COUNTERS(X)                                                                                                                     \
    X(messages, "messages read from the source, whatever they were")                                                                       \
    X(events, "events applied")                                                                                                            \
    X(turns, "messages of people and bots among them")                                                                                     \
    X(skipped, "events that were in a restored state already")                                                                             \
    X(tombstones, "messages without a value")                                                                                              \
    X(rejected, "lines that are no events")                                                                                                \
    X(too_late, "events of interactions that were closed too long ago")                                                                    \
    X(full, "events of interactions that had reached their limit")                                                                         \
    X(erased, "events of interactions that were erased")                                                                                   \
    X(misplaced, "events whose key is not their interaction's id")                                                                         \
    X(split, "interactions that stand in two partitions: their topic is not keyed by interaction (see caremeter rekey)")                   \
    X(future, "events with a time too far ahead of the log's")                                                                             \
    X(opened, "interactions that began")                                                                                                   \
    X(closed, "interactions that were closed")                                                                                             \
    X(revised, "final scorecards that replaced a final one")                                                                               \
    X(cards_open, "scorecards of open interactions written")                                                                               \
    X(cards_final, "final scorecards written")                                                                                             \
    X(states, "states written")                                                                                                            \
    X(state_bytes, "bytes of them")                                                                                                        \
    X(tombstones_put, "states deleted")                                                                                                    \
    X(dead_letters, "dead letters written")                                                                                                \
    X(flushes, "flushes that ended well")                                                                                                  \
    X(flush_failures, "flushes that are to be tried again")                                                                                \
    X(flush_ms, "milliseconds spent in flushes")                                                                                           \
    X(assigned, "partitions that were taken over")                                                                                         \
    X(revoked, "partitions that were handed over")                                                                                         \
    X(lost, "partitions that were lost without handing over")                                                                              \
    X(restores, "partitions restored")                                                                                                     \
    X(restored_states, "states read in doing so")                                                                                          \
    X(restore_ms, "milliseconds from taking over to the first event")                                                                      \
    X(rebuilt, "partitions whose state was missing or damaged, and which were read anew from the source")                                  \
    X(foreign, "flushes after which somebody else had written to our state")                                                               \
    X(healed, "states written again after that")                                                                                           \
    X(gaps, "partitions whose next event was not in the source any more")                                                                  \
    X(mixed, "interactions judged by other packs than those that heard them")                                                              \
    X(reloads, "times that new packs were taken")                                                                                          \
    X(reload_failures, "times that new packs were refused")                                                                                \
    X(spilled, "states moved out of memory")                                                                                               \
    X(unspilled, "states read back")

struct cm_counters {
#define X(name, text) uint64_t name;
    CM_COUNTERS(X)
#undef X
    uint64_t by_reason[CM_REJECT_COUNT]; /* of rejected */
};

#endif
