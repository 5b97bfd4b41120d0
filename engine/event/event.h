/*
 * event: one line of a conversation, decoded. rules/event.schema.json is the
 * format for the outside world; this is the same thing in memory.
 *
 * A decoded event borrows: its spans point into the input line or into the
 * decoder's arena and live as long as both. Shared read-only between threads.
 */
#ifndef CM_EVENT_EVENT_H
#define CM_EVENT_EVENT_H

#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"

#define CM_EVENT_SCHEMA_VERSION "1.0"
#define CM_INTERACTION_ID_MAX_BYTES ((size_t)256)
/* Every other identifier and name; longer ones are no identifiers. */
#define CM_EVENT_FIELD_MAX_BYTES ((size_t)1024)

#define CM_EVENT_TYPES(X)                                                                                                                  \
    X(MESSAGE, "message")                                                                                                                  \
    X(START, "start")                                                                                                                      \
    X(END, "end")                                                                                                                          \
    X(TRANSFER, "transfer")                                                                                                                \
    X(FEEDBACK, "feedback")                                                                                                                \
    X(EDIT, "edit")                                                                                                                        \
    X(DELETE, "delete")
#define CM_SPEAKERS(X)                                                                                                                     \
    X(NONE, "")                                                                                                                            \
    X(AGENT, "agent")                                                                                                                      \
    X(LEAD, "lead")                                                                                                                        \
    X(CUSTOMER, "customer")                                                                                                                \
    X(BOT, "bot")                                                                                                                          \
    X(SYSTEM, "system")
#define CM_CHANNELS(X)                                                                                                                     \
    X(NONE, "")                                                                                                                            \
    X(CHAT, "chat")                                                                                                                        \
    X(CALL, "call")                                                                                                                        \
    X(EMAIL, "email")                                                                                                                      \
    X(SOCIAL, "social")                                                                                                                    \
    X(TEAM, "team")
#define CM_ENDERS(X)                                                                                                                       \
    X(NONE, "")                                                                                                                            \
    X(AGENT, "agent")                                                                                                                      \
    X(CUSTOMER, "customer")                                                                                                                \
    X(BOT, "bot")                                                                                                                          \
    X(SYSTEM, "system")

#define X(name, text) CM_EVENT_##name,
enum cm_event_type { CM_EVENT_TYPES(X) CM_EVENT_TYPE_COUNT };
#undef X
#define X(name, text) CM_SPEAKER_##name,
enum cm_speaker { CM_SPEAKERS(X) CM_SPEAKER_COUNT };
#undef X
#define X(name, text) CM_CHANNEL_##name,
enum cm_channel { CM_CHANNELS(X) CM_CHANNEL_COUNT };
#undef X
#define X(name, text) CM_ENDED_BY_##name,
enum cm_ended_by { CM_ENDERS(X) CM_ENDED_BY_COUNT };
#undef X

/* The names as they stand in JSON; "" for NONE. Never NULL. */
const char *cm_event_type_name(enum cm_event_type type);
const char *cm_speaker_name(enum cm_speaker speaker);
const char *cm_channel_name(enum cm_channel channel);
const char *cm_ended_by_name(enum cm_ended_by ended_by);

/* Numbers that may be absent; a span is absent where its ptr is NULL, an enum where it is NONE. */
enum cm_event_has {
    CM_HAS_SEQ = 1u << 0,
    CM_HAS_TS = 1u << 1,
    CM_HAS_END_TS = 1u << 2,
    CM_HAS_CONFIDENCE = 1u << 3,
    CM_HAS_OPEN_CHATS = 1u << 4,
    CM_HAS_RATING = 1u << 5,
    CM_HAS_SCALE = 1u << 6,
    CM_HAS_TARGET_SEQ = 1u << 7,
};

struct cm_event {
    struct cm_span interaction_id; /* 1 to 256 bytes, always there */
    struct cm_span text;           /* at most CM_TEXT_MAX_BYTES; there for messages and edits */
    struct cm_span event_id, agent_id, to_agent_id, customer_id, customer_name, queue, team, lang, target_event_id;
    int64_t ts, end_ts; /* milliseconds since 1970 UTC */
    uint64_t seq, target_seq;
    uint32_t confidence; /* ppm, 0 to 1,000,000 */
    uint32_t open_chats;
    int64_t rating, scale;  /* thousandths */
    uint8_t type;           /* enum cm_event_type */
    uint8_t speaker;        /* enum cm_speaker */
    uint8_t channel;        /* enum cm_channel */
    uint8_t ended_by;       /* enum cm_ended_by */
    uint32_t has;           /* enum cm_event_has bits */
    struct cm_hash128 hash; /* XXH3-128 of the known fields, normalised, keys sorted (decode.h has the bytes); H is its first 48 bits */
};

#endif
