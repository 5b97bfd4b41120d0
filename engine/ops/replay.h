/*
 * replay: an archive of events into a topic, for load and for backfill.
 *
 * Each line becomes a message: value, its bytes; key, its interaction; time of
 * the message, the event's own. So one partition has all of an interaction, in
 * the order of the input (at full speed) or of time (paced).
 *
 * The time of a message also says when the broker deletes it, and how far ahead
 * of the log an event is. An event that lies ahead of now, or so far back that
 * the topic's retention would delete it at once, is given the time at which it
 * is sent; a line without a time that of the line before it.
 *
 * At least once: whoever starts a replay again sends again what was sent. That
 * does no harm where events have an identity (event_id or seq).
 *
 * One thread; librdkafka's own send.
 */
#ifndef CM_OPS_REPLAY_H
#define CM_OPS_REPLAY_H

#include <stdatomic.h>

#include "io/deadletter.h"
#include "io/source.h"
#include "ops/target.h"

/* Of a topic that is missing. */
#define CM_REPLAY_PARTITIONS_DEFAULT 4u
/* A speed is told in thousandths: 1000 is as fast as it happened. */
#define CM_REPLAY_SPEED_ONE 1000u
#define CM_REPLAY_SPEED_MAX ((uint64_t)1000000 * CM_REPLAY_SPEED_ONE)

struct cm_replay_progress {
    struct cm_source_progress source;
    bool gathering; /* paced: all is read before the first is sent */
    uint64_t lines; /* to be sent; 0: not known */
    uint64_t sent, bytes;
    double seconds; /* of sending */
};

struct cm_replay_request {
    struct cm_source *source;
    const struct cm_kafka_options *kafka;
    const char *topic;
    uint32_t partitions; /* of a topic that is missing */
    uint64_t speed;      /* thousandths; 0: as fast as the broker takes them */
    bool rebase;         /* paced: ts and end_ts in the lines become the moments at which they are sent */
    bool skip_bad;       /* lines that are no events are not sent */
    bool dry_run;        /* read, look at the topic, send nothing */
    const char *folder;  /* for the temporary file of a paced replay */
    const atomic_bool *stop;
    void (*progress)(void *context, const struct cm_replay_progress *progress); /* a few times a second; NULL */
    void *progress_context;
    struct cm_diagnostics *diagnostics;
};

struct cm_replay_result {
    uint64_t lines;                        /* that are not blank */
    uint64_t events, bytes;                /* good ones among them; of the values sent */
    uint64_t sent;                         /* given to the broker (dry run: that would be) */
    uint64_t safe;                         /* acknowledged; differs from sent only where the replay failed */
    struct cm_dead_letter_counts rejected; /* lines that are no events, sent or not */
    uint64_t keyed;                        /* of these: name one interaction, and went where it goes */
    uint64_t too_large;                    /* lines that the topic would not take; not sent */
    uint64_t redated, anonymous;           /* events sent under the time of sending; without event_id and seq */
    int64_t span_ms;                       /* paced: from the first to the last event */
    double seconds;                        /* of sending, to the last acknowledgement */
    struct cm_target target;
};

/* CM_ESTOPPED: what was sent is acknowledged. CM_EIO, CM_EUSAGE: told. result is valid in every case. */
enum cm_status cm_replay(const struct cm_replay_request *request, struct cm_replay_result *result) CM_MUST_CHECK;

#endif
