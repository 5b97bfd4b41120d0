/*
 * hear: what a message of a source says, before and after it was scanned.
 */
#ifndef CM_LIVE_MESSAGE_H
#define CM_LIVE_MESSAGE_H

#include "event/decode.h"

#define CM_TIME_NONE_MS INT64_MIN

/* A message as a source gives it; borrowed from its batch. */
struct cm_message {
    uint32_t unit;
    uint64_t offset;
    int64_t log_ts;      /* epoch ms at which the log took it; -1: not known */
    struct cm_span key;  /* ptr NULL: none */
    struct cm_span line; /* ptr NULL: a tombstone */
    bool cut;            /* line is only the head of one that is too long */
    bool keyed;          /* the source has keys, which should be the interaction's id */
};

enum cm_parsed_kind {
    CM_PARSED_NOTHING,   /* an empty line */
    CM_PARSED_TOMBSTONE, /* a message without value */
    CM_PARSED_EVENT,     /* record is its record */
    CM_PARSED_REJECTED,  /* no event: reject says why; if record is not empty, it flags its interaction */
};

/* What it was. Plain data: the record is named by its place in the batch's buffer. */
struct cm_parsed {
    uint8_t kind;
    uint8_t type, channel; /* of an event */
    bool misplaced;        /* its key is not its interaction's id */
    uint8_t reject;        /* enum cm_reject */
    uint32_t column;
    const char *field; /* static, or NULL */
    int64_t ts;        /* event time; CM_TIME_NONE_MS: none */
    size_t record_at, record_len;
};

#endif
