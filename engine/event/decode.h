/*
 * decode: one line of NDJSON to one event, strictly, in one pass.
 *
 * A flat scanner of our own, because decoding is part of the hot loop; held
 * against jansson by the tests for ever. Strings without escapes stay where they
 * are; the others are unescaped into the arena. Unknown keys (nested values
 * included) are checked for being JSON and skipped. null is absence.
 *
 * Where RFC 8259 and the format leave a choice:
 * - Half of a surrogate pair alone is U+FFFD; invalid UTF-8 passes through
 *   (fold repairs it). In interaction_id both are bad_interaction_id, for two
 *   ids must not become one. Invalid UTF-8 in a top-level key is bad_utf8_key.
 * - "" is absence, as null is, but in text (a message may be empty) and in
 *   interaction_id (bad). So no two events share the event_id "".
 * - A known key twice is duplicate_key even where one of them is null, and even
 *   where one is written with escapes.
 * - seq, target_seq, open_chats and ts are integers and written so: 1.0 and 1e3
 *   are bad_number (bad_time), -0 is 0. confidence, rating and scale are any
 *   JSON number, rounded half away from zero to ppm and thousandths; rating and
 *   scale stay within 10^9, scale above 0.
 * - ts: RFC 3339 with "T", "t" or a space, a zone with its colon, second 60 as
 *   the end of its minute; or epoch milliseconds within the years 0 to 9999.
 * - Lengths are of the decoded value, in bytes.
 * - The first fault of a line stands, by place; what a type lacks comes last;
 *   no JSON (not_json, too_deep, bad_utf8_key) outranks all of them.
 *
 * One decode belongs to one thread; any number of threads may decode.
 *
 * What H (rules/REFERENCE.md §8) is of: XXH3-128, seed 0, of the present known fields in
 * bytewise order of their keys, each as  key NUL kind value,  kind 's' with a
 * little-endian u32 length and the bytes, or 'i' with a little-endian i64 in the
 * units of struct cm_event. interaction_id is among them; type is always there.
 */
#ifndef CM_EVENT_DECODE_H
#define CM_EVENT_DECODE_H

#include "base/arena.h"
#include "event/event.h"

/* Depth to which values of unknown keys may nest: recursion is bounded, and no honest event comes near. */
#define CM_JSON_DEPTH_MAX 64u

/*
 * Why a line is no event. The text is the reason code in dead letters and
 * counters: stable. The last column says whether the line was valid JSON, for
 * such a line flags its interaction incomplete if it has exactly one valid id.
 */
#define CM_REJECTS(X)                                                                                                                      \
    X(NONE, "", 0)                                                                                                                         \
    X(NOT_JSON, "not_json", 0)                                                                                                             \
    X(NOT_OBJECT, "not_object", 1)                                                                                                         \
    X(TOO_DEEP, "too_deep", 0)                                                                                                             \
    X(BAD_UTF8_KEY, "bad_utf8_key", 0)                                                                                                     \
    X(DUPLICATE_KEY, "duplicate_key", 1)                                                                                                   \
    X(NO_ID, "no_interaction_id", 1)                                                                                                       \
    X(BAD_ID, "bad_interaction_id", 1)                                                                                                     \
    X(BAD_TYPE, "bad_type", 1) /* type is not one of the seven */                                                                          \
    X(NO_SPEAKER, "no_speaker", 1)                                                                                                         \
    X(BAD_SPEAKER, "bad_speaker", 1)                                                                                                       \
    X(NO_TEXT, "no_text", 1)                                                                                                               \
    X(TEXT_TOO_LONG, "text_too_long", 1)                                                                                                   \
    X(BAD_TIME, "bad_time", 1)                                                                                                             \
    X(BAD_NUMBER, "bad_number", 1) /* out of the range of its field */                                                                     \
    X(BAD_VALUE, "bad_value", 1)   /* wrong JSON type, or an enum with another word */                                                     \
    X(FIELD_TOO_LONG, "field_too_long", 1)                                                                                                 \
    X(NO_TARGET, "no_target", 1) /* an edit or delete that names nothing */                                                                \
    X(LINE_TOO_LONG, "line_too_long", 0)

enum cm_reject {
#define X(name, code, json) CM_REJECT_##name,
    CM_REJECTS(X)
#undef X
        CM_REJECT_COUNT
};

const char *cm_reject_code(enum cm_reject reject);

struct cm_decoded {
    enum cm_reject reject; /* NONE: event is good */
    uint32_t column;       /* 1-based byte of the line at which it was noticed; 0 where no place is meant */
    const char *field;     /* the known key it is about, or NULL; static */
    /*
     * Where the line was rejected but was valid JSON with exactly one valid
     * interaction_id: that id, whose interaction is now incomplete. Else empty.
     */
    struct cm_span incomplete_id;
};

/*
 * line: without its newline; a trailing CR and, at a file's start, a BOM are
 * the caller's to leave out (cm_decode_trim does). Empty lines are not events and
 * must not be passed. CM_OK also for a rejected line (see decoded); CM_ENOMEM
 * else. event borrows from line and arena.
 */
enum cm_status cm_decode(struct cm_arena *arena, struct cm_span line, struct cm_event *event, struct cm_decoded *decoded) CM_MUST_CHECK;

/* The line without white space around it, and without a BOM where it is the first of its source. Empty: nothing to decode. */
struct cm_span cm_decode_trim(struct cm_span line, int first_of_source);

/* RFC 3339 with a zone to epoch milliseconds (digits beyond the millisecond are cut off); 0 where it is none. */
int cm_decode_time(struct cm_span text, int64_t *ms);

#endif
