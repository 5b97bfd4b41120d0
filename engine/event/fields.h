/*
 * fields: the known keys of an event, once. For the decoder and its tests alone.
 *
 * In bytewise order of the keys, which is the order of H. Columns: constant,
 * key, its first and third byte (the closing quote where it has two), kind, member,
 * bit of enum cm_event_has.
 */
#ifndef CM_EVENT_FIELDS_H
#define CM_EVENT_FIELDS_H

#define CM_FIELDS(X)                                                                                                                       \
    X(AGENT_ID, "agent_id", 'a', 'e', STRING, agent_id, 0)                                                                                 \
    X(CHANNEL, "channel", 'c', 'a', CHANNEL, channel, 0)                                                                                   \
    X(CONFIDENCE, "confidence", 'c', 'n', CONFIDENCE, confidence, CM_HAS_CONFIDENCE)                                                       \
    X(CUSTOMER_ID, "customer_id", 'c', 's', STRING, customer_id, 0)                                                                        \
    X(CUSTOMER_NAME, "customer_name", 'c', 's', STRING, customer_name, 0)                                                                  \
    X(END_TS, "end_ts", 'e', 'd', TIME, end_ts, CM_HAS_END_TS)                                                                             \
    X(ENDED_BY, "ended_by", 'e', 'd', ENDED_BY, ended_by, 0)                                                                               \
    X(EVENT_ID, "event_id", 'e', 'e', STRING, event_id, 0)                                                                                 \
    X(INTERACTION_ID, "interaction_id", 'i', 't', ID, interaction_id, 0)                                                                   \
    X(LANG, "lang", 'l', 'n', STRING, lang, 0)                                                                                             \
    X(OPEN_CHATS, "open_chats", 'o', 'e', COUNT, open_chats, CM_HAS_OPEN_CHATS)                                                            \
    X(QUEUE, "queue", 'q', 'e', STRING, queue, 0)                                                                                          \
    X(RATING, "rating", 'r', 't', DECIMAL, rating, CM_HAS_RATING)                                                                          \
    X(SCALE, "scale", 's', 'a', SCALE, scale, CM_HAS_SCALE)                                                                                \
    X(SEQ, "seq", 's', 'q', SEQ, seq, CM_HAS_SEQ)                                                                                          \
    X(SPEAKER, "speaker", 's', 'e', SPEAKER, speaker, 0)                                                                                   \
    X(TARGET_EVENT_ID, "target_event_id", 't', 'r', STRING, target_event_id, 0)                                                            \
    X(TARGET_SEQ, "target_seq", 't', 'r', SEQ, target_seq, CM_HAS_TARGET_SEQ)                                                              \
    X(TEAM, "team", 't', 'a', STRING, team, 0)                                                                                             \
    X(TEXT, "text", 't', 'x', TEXT, text, 0)                                                                                               \
    X(TO_AGENT_ID, "to_agent_id", 't', '_', STRING, to_agent_id, 0)                                                                        \
    X(TS, "ts", 't', '"', TIME, ts, CM_HAS_TS)                                                                                             \
    X(TYPE, "type", 't', 'p', TYPE, type, 0)

enum cm_field {
#define X(name, key, first, third, kind, member, has) CM_FIELD_##name,
    CM_FIELDS(X)
#undef X
        CM_FIELD_COUNT,
    CM_FIELD_UNKNOWN = 0xFF
};

enum cm_field_kind {
    CM_KIND_STRING,
    CM_KIND_ID,
    CM_KIND_TEXT,
    CM_KIND_TYPE,
    CM_KIND_SPEAKER,
    CM_KIND_CHANNEL,
    CM_KIND_ENDED_BY,
    CM_KIND_SEQ,
    CM_KIND_COUNT,
    CM_KIND_TIME,
    CM_KIND_CONFIDENCE,
    CM_KIND_DECIMAL,
    CM_KIND_SCALE,
};

#endif
