#include <endian.h>

#include "event/number.h"
#include "event/scan.h"
#include "text/fold.h"

/* The years 0000 to 9999 of RFC 3339, in milliseconds: what lies beyond is no time of a conversation. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)
#define RATING_MAX_THOUSANDTHS INT64_C(1000000000000)
#define CONFIDENCE_ONE_PPM INT64_C(1000000)
/* So many digits fit 64 bits whatever they are. */
#define SHORT_NUMBER_DIGITS 18
/* An escape of six bytes gives one byte at the least. */
#define ESCAPE_MAX_BYTES ((size_t)6)

const char *cm_scan_escaped(struct cm_scan *scan, const char *p, size_t max, struct cm_span *text, bool *lone)
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

/* The first eight bytes of a word, or as many as it has with zeros behind them. readable: how many may be touched. */
static inline uint64_t word_of(struct cm_span word, size_t readable)
{
    uint64_t value = 0;
    if (unlikely(readable < sizeof value || word.len > sizeof value)) {
        memcpy(&value, word.ptr, word.len < sizeof value ? word.len : sizeof value);
        return le64toh(value);
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
        found = le64toh(name) == value ? i : found;
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

static const char *wrong_type(struct cm_scan *scan, enum cm_field field, const char *p)
{
    cm_scan_note(scan, reject_of_kind(cm_known[field].kind), field, p);
    return cm_json_skip_value(p, scan->end, &scan->fault);
}

static inline void *member_of(struct cm_scan *scan, enum cm_field field)
{
    return (char *)scan->event + cm_known[field].offset;
}

static inline void set_present(struct cm_scan *scan, enum cm_field field)
{
    scan->present |= 1u << field;
    scan->event->has |= cm_known[field].has;
}

/* An identifier or a name; "" is absence, for exports write it so. */
static const char *take_string(struct cm_scan *scan, enum cm_field field, const char *p)
{
    struct cm_span text;
    bool lone = false;
    const char *next = cm_scan_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(text.len > CM_EVENT_FIELD_MAX_BYTES)) {
        cm_scan_note(scan, CM_REJECT_FIELD_TOO_LONG, field, p);
    } else if (text.len) {
        *(struct cm_span *)member_of(scan, field) = text;
        set_present(scan, field);
    }
    return next;
}

static const char *take_text(struct cm_scan *scan, const char *p)
{
    bool lone = false;
    struct cm_span text;
    const char *next = cm_scan_long_string(scan, p, CM_TEXT_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(text.len > CM_TEXT_MAX_BYTES)) {
        cm_scan_note(scan, CM_REJECT_TEXT_TOO_LONG, CM_FIELD_TEXT, p);
        return next;
    }
    scan->event->text = text;
    set_present(scan, CM_FIELD_TEXT);
    return next;
}

/* Identity must be certain: what would need repair is no id. */
static const char *take_id(struct cm_scan *scan, const char *p)
{
    bool lone = false;
    struct cm_span id;
    const char *next = cm_scan_string(scan, p, CM_INTERACTION_ID_MAX_BYTES, &id, &lone);
    if (unlikely(!next))
        return NULL;
    if (unlikely(id.len == 0 || id.len > CM_INTERACTION_ID_MAX_BYTES || lone || !cm_json_is_utf8(id.ptr, id.ptr + id.len))) {
        cm_scan_note(scan, CM_REJECT_BAD_ID, CM_FIELD_INTERACTION_ID, p);
        return next;
    }
    scan->ids++;
    scan->event->interaction_id = id;
    set_present(scan, CM_FIELD_INTERACTION_ID);
    return next;
}

static const char *take_enum(struct cm_scan *scan, enum cm_field field, const char *p)
{
    struct cm_span word;
    bool lone = false;
    const char *next = cm_scan_string(scan, p, sizeof(uint64_t), &word, &lone);
    if (unlikely(!next))
        return NULL;
    if (word.len == 0)
        return next;
    /* a word with escapes lies in the arena */
    bool in_line = word.ptr == p + 1;
    unsigned value = find_enum(cm_known[field].kind, word, in_line ? (size_t)(scan->end - word.ptr) : word.len);
    if (unlikely(value == 0xFF)) {
        cm_scan_note(scan, reject_of_kind(cm_known[field].kind), field, p);
        return next;
    }
    *(uint8_t *)member_of(scan, field) = (uint8_t)value;
    set_present(scan, field);
    return next;
}

static const char *take_time_text(struct cm_scan *scan, enum cm_field field, const char *p)
{
    struct cm_span text;
    bool lone = false;
    const char *next = cm_scan_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &text, &lone);
    if (unlikely(!next))
        return NULL;
    if (text.len == 0)
        return next;
    if (unlikely(!cm_decode_time(text, member_of(scan, field)))) {
        cm_scan_note(scan, CM_REJECT_BAD_TIME, field, p);
        return next;
    }
    set_present(scan, field);
    return next;
}

/* Write the number of a field; false where it is out of the field's range. */
static bool store_number(struct cm_scan *scan, enum cm_field field, struct cm_span token, bool integer)
{
    void *member = member_of(scan, field);
    int64_t value;
    uint64_t count;
    switch (cm_known[field].kind) {
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

static const char *take_number(struct cm_scan *scan, enum cm_field field, const char *p)
{
    bool integer = true;
    const char *next = cm_json_skip_number(p, scan->end, &integer, &scan->fault);
    if (unlikely(!next))
        return NULL;
    if (likely(store_number(scan, field, (struct cm_span){p, (size_t)(next - p)}, integer)))
        set_present(scan, field);
    else
        cm_scan_note(scan, cm_known[field].kind == CM_KIND_TIME ? CM_REJECT_BAD_TIME : CM_REJECT_BAD_NUMBER, field, p);
    return next;
}

/* Most numbers are a few digits and no more; NULL where this one is not. */
static inline const char *read_short_number(const char *p, const char *end, uint64_t *value)
{
    const char *first = p;
    uint64_t sum = 0;
    for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
        sum = sum * 10 + (uint64_t)(*p - '0');
    *value = sum;
    bool plain = p < end && *p != '.' && (*p | 0x20) != 'e' && p - first <= SHORT_NUMBER_DIGITS && (*first != '0' || p - first == 1);
    return plain && p > first ? p : NULL;
}

static const char *take_seq(struct cm_scan *scan, enum cm_field field, const char *p)
{
    uint64_t value;
    const char *next = read_short_number(p, scan->end, &value);
    if (unlikely(!next))
        return take_number(scan, field, p);
    *(uint64_t *)member_of(scan, field) = value;
    set_present(scan, field);
    return next;
}

const char *cm_scan_value(struct cm_scan *scan, enum cm_field field, const char *p)
{
    enum cm_field_kind kind = cm_known[field].kind;
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
        return kind == CM_KIND_SEQ ? take_seq(scan, field, p) : take_number(scan, field, p);
    return wrong_type(scan, field, p);
}
