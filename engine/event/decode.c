#include "event/decode.h"

#include <endian.h>
#include <stdbool.h>

#include "event/fields.h"
#include "event/identity.h"
#include "event/json.h"
#include "event/number.h"
#include "text/fold.h"

/* The years 0000 to 9999 of RFC 3339, in milliseconds: what lies beyond is no time of a conversation. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)
#define RATING_MAX_THOUSANDTHS INT64_C(1000000000000)
#define CONFIDENCE_ONE_PPM INT64_C(1000000)
/* An escape of six bytes gives one byte at the least. */
#define ESCAPE_MAX_BYTES ((size_t)6)

/* What is cleared with a few stores. */
#define PIECE_BYTES ((size_t)64)

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

struct scan {
    const char *start, *end;
    struct cm_arena *arena;
    struct cm_event *event;
    struct cm_decoded *decoded;
    uint32_t seen;    /* keys, a bit per enum cm_field */
    uint32_t present; /* those with a value */
    unsigned ids;     /* interaction ids that are valid */
    bool no_memory;
    struct cm_json_fault fault;
};

/* One row a known key. */
struct field {
    _Alignas(16) char quoted[16]; /* the key and its closing quote, zeros behind it */
    const char *key;
    uint32_t has;    /* enum cm_event_has, or 0 */
    uint16_t mask;   /* a bit for each byte of quoted that counts */
    uint16_t offset; /* of the member in struct cm_event */
    uint8_t len, kind;
};

static const struct field fields[CM_FIELD_COUNT] = {
#define X(name, key, first, third, kind, member, has)                                                                                      \
    {key "\"", key, has, (1u << sizeof(key)) - 1, offsetof(struct cm_event, member), sizeof(key) - 1, CM_KIND_##kind},
    CM_FIELDS(X)
#undef X
};

/*
 * A key's length, first and third byte tell the known keys apart (found by search). The table holds field + 1.
 */
#define KEY_SLOTS 64u
#define KEY_SLOT(len, first, third) (((len) + 2u * (unsigned char)(first) + 28u * (unsigned char)(third)) % KEY_SLOTS)

static const uint8_t slots[KEY_SLOTS] = {
#define X(name, key, first, third, kind, member, has) [KEY_SLOT(sizeof(key) - 1, first, third)] = CM_FIELD_##name + 1,
    CM_FIELDS(X)
#undef X
};

const char *cm_reject_code(enum cm_reject reject)
{
    static const char *const codes[] = {
#define X(name, code, json) code,
        CM_REJECTS(X)
#undef X
    };
    return (unsigned)reject < CM_REJECT_COUNT ? codes[reject] : "";
}

static bool reject_is_json(enum cm_reject reject)
{
    static const bool is_json[] = {
#define X(name, code, json) json,
        CM_REJECTS(X)
#undef X
    };
    return is_json[reject];
}

struct cm_span cm_decode_trim(struct cm_span line, int first_of_source)
{
    const char *p = line.ptr, *end = p + line.len;
    if (first_of_source && cm_span_starts_with(line, CM_SPAN("\xEF\xBB\xBF")))
        p += 3;
    p = cm_json_space(p, end);
    while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' || end[-1] == '\n'))
        end--;
    return (struct cm_span){p, (size_t)(end - p)};
}

/* The first fault of an event in valid JSON stands; the scan goes on, for the rest may be no JSON at all. */
static void note(struct scan *scan, enum cm_reject reject, enum cm_field field, const char *at)
{
    if (scan->decoded->reject != CM_REJECT_NONE)
        return;
    scan->decoded->reject = reject;
    scan->decoded->field = field < CM_FIELD_COUNT ? fields[field].key : NULL;
    scan->decoded->column = at ? (uint32_t)(at - scan->start) + 1 : 0;
}

/* A string with escapes, or a broken one. p is behind the quote. max: longer results may be cut, but stay longer than max. */
static const char *read_escaped(struct scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone)
{
    bool escaped;
    const char *end = cm_json_skip_string(p, scan->end, &escaped, &scan->fault);
    if (!end)
        return NULL;
    size_t raw = (size_t)(end - 1 - p);
    if (raw > max * ESCAPE_MAX_BYTES) { /* too long whatever it holds: no memory for it */
        *text = (struct cm_span){p, raw};
        return end;
    }
    char *out = cm_arena_alloc(scan->arena, raw);
    if (!out) {
        scan->no_memory = true;
        return NULL;
    }
    *text = (struct cm_span){out, cm_json_unescape(p, end - 1, out, lone)};
    return end;
}

/* p is at the opening quote. */
static inline const char *read_string(struct scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone)
{
    const char *from = p + 1, *stop = cm_json_plain_end(from, scan->end);
    if (likely(stop < scan->end && *stop == '"')) {
        *text = (struct cm_span){from, (size_t)(stop - from)};
        return stop + 1;
    }
    return read_escaped(scan, from, max, text, lone);
}

/*
 * Which key stood behind which the last time: lines of one file have their keys
 * in one order, and a right guess spares the wait for the key's length. Only
 * ever a guess; index CM_FIELD_COUNT is the start of a line or an unknown key.
 */
static _Thread_local uint8_t followers[CM_FIELD_COUNT + 1];

static enum cm_field find_key(struct cm_span key)
{
    if (key.len < 2 || key.len >= sizeof fields[0].quoted)
        return CM_FIELD_UNKNOWN;
    /* the byte behind a key of two is its closing quote */
    unsigned slot = slots[KEY_SLOT(key.len, key.ptr[0], key.len > 2 ? key.ptr[2] : '"')];
    if (slot == 0 || fields[slot - 1].len != key.len || memcmp(fields[slot - 1].key, key.ptr, key.len) != 0)
        return CM_FIELD_UNKNOWN;
    return (enum cm_field)(slot - 1);
}

static const char *read_any_key(struct scan *scan, const char *p, enum cm_field *field)
{
    struct cm_span key;
    bool lone = false;
    const char *next = read_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &key, &lone);
    if (unlikely(!next))
        return NULL;
    *field = find_key(key);
    if (unlikely(*field == CM_FIELD_UNKNOWN && !cm_json_is_utf8(key.ptr, key.ptr + key.len))) {
        scan->fault = (struct cm_json_fault){p, CM_REJECT_BAD_UTF8_KEY};
        return NULL;
    }
    return next;
}

/* p is at the opening quote of a key, *field the key before: behind the closing quote with the field that it names, or NULL. */
static inline const char *read_key(struct scan *scan, const char *p, enum cm_field *field)
{
    uint8_t *follower = &followers[*field < CM_FIELD_COUNT ? *field : CM_FIELD_COUNT];
#ifdef __SSE2__
    if (likely(scan->end - p > 16)) { /* known keys with their closing quote have at most 16 bytes */
        const struct field *guess = &fields[*follower];
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
        __m128i equal = _mm_cmpeq_epi8(bytes, _mm_load_si128((const __m128i *)(const void *)guess->quoted));
        if (likely((~(unsigned)_mm_movemask_epi8(equal) & guess->mask) == 0)) {
            *field = (enum cm_field) * follower;
            return p + guess->len + 2;
        }
    }
#endif
    p = read_any_key(scan, p, field);
    if (*field < CM_FIELD_COUNT)
        *follower = (uint8_t)*field;
    return p;
}

/* The first eight bytes of a word, or as many as it has with zeros behind them. readable: how many may be touched. */
static inline uint64_t word_of(struct cm_span word, size_t readable)
{
    uint64_t value = 0;
    if (unlikely(readable < sizeof value || word.len > sizeof value)) {
        memcpy(&value, word.ptr, word.len < sizeof value ? word.len : sizeof value);
        return value;
    }
    memcpy(&value, word.ptr, sizeof value);
    return le64toh(value) & (~UINT64_C(0) >> (64 - 8 * word.len));
}

/* The enum value whose name this word (not empty) is; 0xFF where none is. Names have at most eight bytes and are compared as numbers. */
static inline unsigned find_name(struct cm_span word, size_t readable, const char names[][8], unsigned count)
{
    uint64_t value = word_of(word, readable);
    unsigned found = 0xFF;
    for (unsigned i = 0; i < count; i++) {
        uint64_t name;
        memcpy(&name, names[i], sizeof name);
        found = name == value ? i : found;
    }
    /* a NUL at the word's end would look like the zeros behind a name */
    return word.len <= sizeof value && word.ptr[word.len - 1] ? found : 0xFF;
}

#define X(name, text) text,
static const char type_names[][8] = {CM_EVENT_TYPES(X)};
static const char speaker_names[][8] = {CM_SPEAKERS(X)};
static const char channel_names[][8] = {CM_CHANNELS(X)};
static const char ender_names[][8] = {CM_ENDERS(X)};
#undef X

static inline unsigned find_enum(enum cm_field_kind kind, struct cm_span word, size_t readable)
{
    switch (kind) {
    case CM_KIND_TYPE:
        return find_name(word, readable, type_names, CM_EVENT_TYPE_COUNT);
    case CM_KIND_SPEAKER:
        return find_name(word, readable, speaker_names, CM_SPEAKER_COUNT);
    case CM_KIND_CHANNEL:
        return find_name(word, readable, channel_names, CM_CHANNEL_COUNT);
    default:
        return find_name(word, readable, ender_names, CM_ENDED_BY_COUNT);
    }
}

/* The reason for a value of the wrong JSON type, and for an enum of another word. */
static enum cm_reject reject_of_kind(enum cm_field_kind kind)
{
    switch (kind) {
    case CM_KIND_ID:
        return CM_REJECT_BAD_ID;
    case CM_KIND_TYPE:
        return CM_REJECT_BAD_TYPE;
    case CM_KIND_SPEAKER:
        return CM_REJECT_BAD_SPEAKER;
    case CM_KIND_TIME:
        return CM_REJECT_BAD_TIME;
    default:
        return CM_REJECT_BAD_VALUE;
    }
}

static const char *wrong_type(struct scan *scan, enum cm_field field, const char *p)
{
    note(scan, reject_of_kind(fields[field].kind), field, p);
    return cm_json_skip_value(p, scan->end, &scan->fault);
}

static inline void *member_of(struct scan *scan, enum cm_field field)
{
    return (char *)scan->event + fields[field].offset;
}

static inline void set_present(struct scan *scan, enum cm_field field)
{
    scan->present |= 1u << field;
    scan->event->has |= fields[field].has;
}

/* An identifier or a name; "" is absence, for exports write it so. */
static const char *take_string(struct scan *scan, enum cm_field field, const char *p)
{
    struct cm_span text;
    bool lone = false;
    const char *next = read_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(text.len > CM_EVENT_FIELD_MAX_BYTES)) {
        note(scan, CM_REJECT_FIELD_TOO_LONG, field, p);
    } else if (text.len) {
        *(struct cm_span *)member_of(scan, field) = text;
        set_present(scan, field);
    }
    return next;
}

static const char *take_text(struct scan *scan, const char *p)
{
    bool lone = false;
    struct cm_span text;
    const char *next = read_string(scan, p, CM_TEXT_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(text.len > CM_TEXT_MAX_BYTES)) {
        note(scan, CM_REJECT_TEXT_TOO_LONG, CM_FIELD_TEXT, p);
        return next;
    }
    scan->event->text = text;
    set_present(scan, CM_FIELD_TEXT);
    return next;
}

/* Identity must be certain: what would need repair is no id. */
static const char *take_id(struct scan *scan, const char *p)
{
    bool lone = false;
    struct cm_span id;
    const char *next = read_string(scan, p, CM_INTERACTION_ID_MAX_BYTES, &id, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(id.len == 0 || id.len > CM_INTERACTION_ID_MAX_BYTES || lone || !cm_json_is_utf8(id.ptr, id.ptr + id.len))) {
        note(scan, CM_REJECT_BAD_ID, CM_FIELD_INTERACTION_ID, p);
        return next;
    }
    scan->ids++;
    scan->event->interaction_id = id;
    set_present(scan, CM_FIELD_INTERACTION_ID);
    return next;
}

static const char *take_enum(struct scan *scan, enum cm_field field, const char *p)
{
    struct cm_span word;
    bool lone = false;
    const char *next = read_string(scan, p, sizeof(uint64_t), &word, &lone);
    if (unlikely(!next))
        return NULL;
    if (word.len == 0)
        return next;
    /* a word with escapes lies in the arena */
    bool in_line = word.ptr == p + 1;
    unsigned value = find_enum(fields[field].kind, word, in_line ? (size_t)(scan->end - word.ptr) : word.len);
    if (unlikely(value == 0xFF)) {
        note(scan, reject_of_kind(fields[field].kind), field, p);
        return next;
    }
    *(uint8_t *)member_of(scan, field) = (uint8_t)value;
    set_present(scan, field);
    return next;
}

static const char *take_time_text(struct scan *scan, enum cm_field field, const char *p)
{
    struct cm_span text;
    bool lone = false;
    const char *next = read_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (text.len == 0)
        return next;
    if (unlikely(!cm_decode_time(text, member_of(scan, field)))) {
        note(scan, CM_REJECT_BAD_TIME, field, p);
        return next;
    }
    set_present(scan, field);
    return next;
}

/* Write the number of a field; false where it is out of the field's range. */
static bool store_number(struct scan *scan, enum cm_field field, struct cm_span token, bool integer)
{
    void *member = member_of(scan, field);
    int64_t value;
    uint64_t count;
    switch (fields[field].kind) {
    case CM_KIND_SEQ:
        return integer && cm_number_unsigned(token, UINT64_MAX, member);
    case CM_KIND_COUNT:
        if (!integer || !cm_number_unsigned(token, UINT32_MAX, &count))
            return false;
        *(uint32_t *)member = (uint32_t)count;
        return true;
    case CM_KIND_TIME:
        return integer && cm_number_signed(token, TIME_MAX_MS, member) && *(int64_t *)member >= TIME_MIN_MS;
    case CM_KIND_CONFIDENCE:
        if (!cm_number_scaled(token, 6, CONFIDENCE_ONE_PPM, &value) || value < 0)
            return false;
        *(uint32_t *)member = (uint32_t)value;
        return true;
    case CM_KIND_SCALE:
        return cm_number_scaled(token, 3, RATING_MAX_THOUSANDTHS, member) && *(int64_t *)member > 0;
    default:
        return cm_number_scaled(token, 3, RATING_MAX_THOUSANDTHS, member);
    }
}

static const char *take_number(struct scan *scan, enum cm_field field, const char *p)
{
    bool integer = true;
    const char *next = cm_json_skip_number(p, scan->end, &integer, &scan->fault);
    if (unlikely(!next))
        return NULL;
    if (likely(store_number(scan, field, (struct cm_span){p, (size_t)(next - p)}, integer)))
        set_present(scan, field);
    else
        note(scan, fields[field].kind == CM_KIND_TIME ? CM_REJECT_BAD_TIME : CM_REJECT_BAD_NUMBER, field, p);
    return next;
}

/* p is at the first byte of a known key's value. */
static inline const char *take_value(struct scan *scan, enum cm_field field, const char *p)
{
    enum cm_field_kind kind = fields[field].kind;
    if (*p == 'n')
        return likely(scan->end - p > 4 && memcmp(p, "null", 4) == 0) ? p + 4 : cm_json_fail(&scan->fault, p);
    if (*p == '"') {
        switch (kind) {
        case CM_KIND_STRING:
            return take_string(scan, field, p);
        case CM_KIND_TEXT:
            return take_text(scan, p);
        case CM_KIND_ID:
            return take_id(scan, p);
        case CM_KIND_TIME:
            return take_time_text(scan, field, p);
        case CM_KIND_TYPE:
        case CM_KIND_SPEAKER:
        case CM_KIND_CHANNEL:
        case CM_KIND_ENDED_BY:
            return take_enum(scan, field, p);
        default:
            return wrong_type(scan, field, p);
        }
    }
    if (kind >= CM_KIND_SEQ && (*p == '-' || (unsigned char)(*p - '0') <= 9))
        return take_number(scan, field, p);
    return wrong_type(scan, field, p);
}

/*
 * One key and its value, p at the key's quote; behind the value, or NULL. *before:
 * the key before this one, and then this one. The line ends in '}' (scan_object has looked), which stops every single step on
 * its way: only what can swallow a '}' must look for the end.
 */
static inline const char *scan_member(struct scan *scan, const char *p, enum cm_field *before)
{
    const char *start = p;
    if (unlikely(*p != '"'))
        return cm_json_fail(&scan->fault, p);
    p = read_key(scan, p, before);
    if (unlikely(!p))
        return NULL;
    enum cm_field field = *before;
    if (unlikely(*p != ':')) {
        p = cm_json_space(p, scan->end);
        if (*p != ':')
            return cm_json_fail(&scan->fault, p);
    }
    p++;
    p += *p == ' ';
    if (unlikely((unsigned char)*p <= ' '))
        p = cm_json_space(p, scan->end);
    if (field == CM_FIELD_UNKNOWN)
        return cm_json_skip_value(p, scan->end, &scan->fault);
    if (unlikely(scan->seen >> field & 1))
        note(scan, CM_REJECT_DUPLICATE_KEY, field, start);
    scan->seen |= 1u << field;
    return take_value(scan, field, p);
}

static bool scan_object(struct scan *scan)
{
    const char *end = scan->end, *p = cm_json_space(scan->start + 1, end);
    if (unlikely(*p == '}'))
        return p + 1 == end || cm_json_fail(&scan->fault, p + 1);
    enum cm_field field = CM_FIELD_UNKNOWN;
    for (;;) {
        p = scan_member(scan, p, &field);
        if (unlikely(!p))
            return false;
        if (unlikely(p < end && (unsigned char)*p <= ' '))
            p = cm_json_space(p, end);
        if (unlikely(p == end))
            return cm_json_fail(&scan->fault, p);
        if (*p != ',')
            break;
        p++;
        p += *p == ' ';
        if (unlikely((unsigned char)*p <= ' '))
            p = cm_json_space(p, end);
    }
    if (unlikely(*p != '}' || p + 1 != end))
        return cm_json_fail(&scan->fault, *p == '}' ? p + 1 : p);
    return true;
}

/* What a line that does not begin with '{' and end in '}' is. */
static bool scan_other(struct scan *scan)
{
    const char *end = cm_json_skip_value(scan->start, scan->end, &scan->fault);
    if (!end)
        return false;
    if (end != scan->end)
        return cm_json_fail(&scan->fault, end);
    note(scan, CM_REJECT_NOT_OBJECT, CM_FIELD_UNKNOWN, scan->start);
    return true;
}

static void require(struct scan *scan, enum cm_field field, enum cm_reject reject)
{
    if (unlikely(!(scan->present >> field & 1)))
        note(scan, reject, field, NULL);
}

static void check_required(struct scan *scan)
{
    uint32_t targets = 1u << CM_FIELD_TARGET_EVENT_ID | 1u << CM_FIELD_TARGET_SEQ;
    uint8_t type = scan->event->type;
    require(scan, CM_FIELD_INTERACTION_ID, CM_REJECT_NO_ID);
    if (type == CM_EVENT_MESSAGE)
        require(scan, CM_FIELD_SPEAKER, CM_REJECT_NO_SPEAKER);
    if ((type == CM_EVENT_EDIT || type == CM_EVENT_DELETE) && !(scan->present & targets))
        note(scan, CM_REJECT_NO_TARGET, CM_FIELD_UNKNOWN, NULL);
    if (type == CM_EVENT_MESSAGE || type == CM_EVENT_EDIT)
        require(scan, CM_FIELD_TEXT, CM_REJECT_NO_TEXT);
}

/* The line is no JSON: that outranks whatever was noticed before. */
static void reject_line(struct scan *scan)
{
    scan->decoded->reject = CM_REJECT_NONE;
    note(scan, scan->fault.reject, CM_FIELD_UNKNOWN, scan->fault.at);
}

/* In pieces, for which compilers store registers; for the whole they call a string instruction that takes longer to start than to run. */
static inline void clear_event(struct cm_event *event)
{
    char *p = (char *)event;
    size_t at = 0;
    for (; at + PIECE_BYTES <= sizeof *event; at += PIECE_BYTES)
        memset(p + at, 0, PIECE_BYTES);
    memset(p + at, 0, sizeof *event - at);
}

enum cm_status cm_decode(struct cm_arena *arena, struct cm_span line, struct cm_event *event, struct cm_decoded *decoded)
{
    struct scan scan = {.start = line.ptr, .end = line.ptr + line.len, .arena = arena, .event = event, .decoded = decoded};
    *decoded = (struct cm_decoded){0};
    clear_event(event);
    if (line.len > UINT32_MAX) {
        note(&scan, CM_REJECT_LINE_TOO_LONG, CM_FIELD_UNKNOWN, NULL);
        return CM_OK;
    }
    bool object = line.len >= 2 && line.ptr[0] == '{' && scan.end[-1] == '}';
    if (!(object ? scan_object(&scan) : scan_other(&scan))) {
        if (scan.no_memory)
            return CM_ENOMEM;
        reject_line(&scan);
        return CM_OK;
    }
    if (object)
        check_required(&scan);
    if (unlikely(decoded->reject != CM_REJECT_NONE)) {
        if (scan.ids == 1 && reject_is_json(decoded->reject))
            decoded->incomplete_id = event->interaction_id;
        return CM_OK;
    }
    return cm_event_identify(arena, event, scan.present | 1u << CM_FIELD_TYPE);
}
