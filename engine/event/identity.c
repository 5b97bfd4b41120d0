#include "event/identity.h"

#include <endian.h>
#include <stdbool.h>

#include "event/fields.h"

/* Longer events than this (about one in a thousand) take their scratch from the arena. */
#define STACK_BYTES ((size_t)2048)
/* Key, NUL and kind are copied as one fixed-size move. */
#define HEAD_BYTES ((size_t)24)
#define INTEGER_BYTES (sizeof(int64_t))
/* The longest name of an enum. */
#define NAME_BYTES ((size_t)8)

#define LETTER_STRING "s"
#define LETTER_ID "s"
#define LETTER_TEXT "s"
#define LETTER_TYPE "s"
#define LETTER_SPEAKER "s"
#define LETTER_CHANNEL "s"
#define LETTER_ENDED_BY "s"
#define LETTER_SEQ "i"
#define LETTER_COUNT "i"
#define LETTER_TIME "i"
#define LETTER_CONFIDENCE "i"
#define LETTER_DECIMAL "i"
#define LETTER_SCALE "i"

struct head {
    char bytes[HEAD_BYTES];
    uint8_t len, kind;
    uint16_t offset; /* of the member */
};

static const struct head heads[CM_FIELD_COUNT] = {
#define X(name, key, first, third, kind, member, has)                                                                                      \
    {key "\0" LETTER_##kind, sizeof(key "\0" LETTER_##kind) - 1, CM_KIND_##kind, offsetof(struct cm_event, member)},
    CM_FIELDS(X)
#undef X
};

/* Names of enums with their lengths, one after another: where each kind begins is below. */
struct name {
    char bytes[NAME_BYTES];
    uint32_t len;
};

#define X(name, text) {text, sizeof(text) - 1},
static const struct name type_names[] = {CM_EVENT_TYPES(X)};
static const struct name speaker_names[] = {CM_SPEAKERS(X)};
static const struct name channel_names[] = {CM_CHANNELS(X)};
static const struct name ender_names[] = {CM_ENDERS(X)};
#undef X

static const struct name *const names_of_kind[] = {
    [CM_KIND_TYPE] = type_names, [CM_KIND_SPEAKER] = speaker_names, [CM_KIND_CHANNEL] = channel_names, [CM_KIND_ENDED_BY] = ender_names};

static inline char *put_length(char *out, size_t len)
{
    uint32_t bytes = htole32((uint32_t)len);
    memcpy(out, &bytes, sizeof bytes);
    return out + sizeof bytes;
}

static inline char *put_name(char *out, const struct name *name)
{
    out = put_length(out, name->len);
    memcpy(out, name->bytes, NAME_BYTES);
    return out + name->len;
}

/* Ids are short: two moves that may overlap are sooner done than a call. */
static inline void copy(char *out, const char *from, size_t len)
{
    uint64_t first, last;
    if (len < sizeof first || len > 2 * sizeof first) {
        memcpy(out, from, len);
        return;
    }
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + len - sizeof last, sizeof last);
    memcpy(out, &first, sizeof first);
    memcpy(out + len - sizeof last, &last, sizeof last);
}

static inline char *put_string(char *out, struct cm_span text)
{
    out = put_length(out, text.len);
    copy(out, text.ptr, text.len);
    return out + text.len;
}

static inline char *put_integer(char *out, uint64_t value)
{
    value = htole64(value);
    memcpy(out, &value, sizeof value);
    return out + INTEGER_BYTES;
}

static inline char *put_field(char *out, const struct head *head, const struct cm_event *event)
{
    const void *member = (const char *)event + head->offset;
    memcpy(out, head->bytes, HEAD_BYTES);
    out += head->len;
    if (head->kind <= CM_KIND_TEXT)
        return put_string(out, *(const struct cm_span *)member);
    if (head->kind <= CM_KIND_ENDED_BY)
        return put_name(out, &names_of_kind[head->kind][*(const uint8_t *)member]);
    if (head->kind == CM_KIND_COUNT || head->kind == CM_KIND_CONFIDENCE)
        return put_integer(out, *(const uint32_t *)member);
    return put_integer(out, *(const uint64_t *)member);
}

enum cm_status cm_event_identify(struct cm_arena *arena, struct cm_event *event, uint32_t present, size_t string_bytes)
{
    char stack[STACK_BYTES];
    /* enum names and integers fit what HEAD_BYTES leaves over for each field */
    size_t room = HEAD_BYTES + (size_t)__builtin_popcount(present) * (HEAD_BYTES + INTEGER_BYTES) + string_bytes;
    char *scratch = room <= sizeof stack ? stack : cm_arena_alloc(arena, room);
    if (!scratch)
        return CM_ENOMEM;
    char *out = scratch;
    for (uint32_t rest = present; rest; rest &= rest - 1)
        out = put_field(out, &heads[__builtin_ctz(rest)], event);
    event->hash = cm_hash128((struct cm_span){scratch, (size_t)(out - scratch)});
    return CM_OK;
}
