/*
 * member: a place in a consumer group: which partitions are ours, and commits.
 *
 * Never reads messages. Poll it every few milliseconds, at least within poll_ms:
 * that is how the group knows that this process lives. A change of the
 * assignment is handed out by poll; the group waits (as long as poll_ms at
 * most) until cm_kafka_member_done. While one is being carried out, poll on: it
 * gives CM_END. One thread.
 */
#ifndef CM_KAFKA_MEMBER_H
#define CM_KAFKA_MEMBER_H

#include "kafka/client.h"

struct cm_kafka_member;

/* A partition, and an offset in it where one is meant. */
struct cm_kafka_place {
    uint32_t topic; /* index into the topics that the member was opened with */
    uint32_t partition;
    int64_t offset;
};

enum cm_kafka_change {
    CM_KAFKA_ASSIGNED, /* these are ours now */
    CM_KAFKA_REVOKED,  /* hand these over: write, commit, then done */
    CM_KAFKA_LOST,     /* these are somebody else's already, or may be, for we slept through a session: drop, write nothing, then done */
};

struct cm_kafka_assignment {
    enum cm_kafka_change change;
    const struct cm_kafka_place *places; /* the member's, until done */
    size_t count;                        /* 0 where there are more members than partitions */
};

/* topics: names, copied. CM_EUSAGE, CM_EIO, CM_ENOMEM with a diagnostic. The broker need not be there yet. */
enum cm_status cm_kafka_member_open(const struct cm_kafka_options *options, const char *group, const char *const *topics,
                                    size_t topic_count, struct cm_diagnostics *diagnostics, struct cm_kafka_member **out) CM_MUST_CHECK;

/*
 * CM_OK: *assignment holds a change; call done when it is carried out. CM_END:
 * nothing new within wait_ms. CM_EIO: the handle is of no further use (fenced
 * by another static member, authentication refused): cm_kafka_member_error says why.
 * Faults that pass (a broker away) are counted and logged, not returned.
 */
enum cm_status cm_kafka_member_poll(struct cm_kafka_member *member, int wait_ms, struct cm_kafka_assignment *assignment) CM_MUST_CHECK;
enum cm_status cm_kafka_member_done(struct cm_kafka_member *member) CM_MUST_CHECK;
const char *cm_kafka_member_error(const struct cm_kafka_member *member);

/*
 * Commit offset (of the next message to read) of each place, and wait at most
 * wait_ms. CM_ESTOPPED: the group no longer takes commits of this member (it was
 * left behind); CM_EIO: not now, later perhaps.
 */
enum cm_status cm_kafka_member_commit(struct cm_kafka_member *member, const struct cm_kafka_place *places, size_t count,
                                      int wait_ms) CM_MUST_CHECK;

/* The group's committed offset of each place into places[i].offset; -1 where none was committed. CM_EIO: not within wait_ms. */
enum cm_status cm_kafka_member_committed(struct cm_kafka_member *member, struct cm_kafka_place *places, size_t count,
                                         int wait_ms) CM_MUST_CHECK;

/* Leaves the group at once, so that others need not wait for the session to end (a static member, group.instance.id, stays until it does);
 * never blocks for longer than a few seconds. NULL is nothing. */
void cm_kafka_member_close(struct cm_kafka_member *member);

#endif
