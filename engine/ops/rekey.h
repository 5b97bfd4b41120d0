/*
 * rekey: a topic of events under any keys, copied to one that is keyed by interaction.
 *
 * Each message goes over with its value and its time (but for one that the new
 * topic's retention would delete at once); headers do not (the reader
 * does not show them). What is no event keeps its old key, unless it names one
 * interaction. At least once: offsets are committed for what is acknowledged, so
 * a copy that was cut short goes on where it was and repeats a few messages. That does
 * no harm where events have an identity (event_id or seq).
 *
 * Several processes of one group share the work. One thread.
 */
#ifndef CM_OPS_REKEY_H
#define CM_OPS_REKEY_H

#include <stdatomic.h>

#include "io/deadletter.h"
#include "ops/target.h"

struct cm_rekey_progress {
    uint64_t read, bytes;
    uint64_t total; /* of what was there at the start; 0: it goes on for ever, or nothing is known yet */
    uint64_t left;  /* of it */
    double seconds;
};

struct cm_rekey_request {
    const struct cm_kafka_options *from, *to;
    const char *from_topic, *to_topic, *group;
    uint32_t partitions; /* of the new topic, where it is missing; 0: as many as the old one has */
    bool follow;         /* false: ends when all is read that was there at the start */
    const atomic_bool *stop;
    void (*progress)(void *context, const struct cm_rekey_progress *progress); /* a few times a second; NULL */
    void *progress_context;
    struct cm_diagnostics *diagnostics;
};

struct cm_rekey_result {
    uint64_t read;                         /* messages */
    uint64_t events, written, bytes;       /* good ones among them; acknowledged, or not told otherwise yet; of the values */
    struct cm_dead_letter_counts rejected; /* what is no event */
    uint64_t keyed;                        /* of these: name one interaction, and went where it goes */
    uint64_t blank;                        /* tombstones and empty values: under their old key */
    uint64_t same;                         /* events that had their interaction as key already */
    uint64_t too_large;                    /* that the new topic would not take: not copied */
    uint64_t anonymous;                    /* events without event_id and seq */
    uint64_t redated;                      /* under the time of the copy: the new topic would have deleted them */
    uint64_t gone;                         /* that the broker deleted before they were read */
    double seconds;
    uint32_t source_partitions;
    struct cm_target target;
};

/* CM_ESTOPPED: what was read is acknowledged and committed. CM_EIO, CM_EUSAGE: told. result is valid in every case. */
enum cm_status cm_rekey(const struct cm_rekey_request *request, struct cm_rekey_result *result) CM_MUST_CHECK;

#endif
