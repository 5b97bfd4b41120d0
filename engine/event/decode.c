#include "event/decode.h"

#include <stdbool.h>

#include "event/identity.h"
#include "event/scan.h"

/* What is cleared with a few stores. */
#define PIECE_BYTES ((size_t)64)

const struct cm_known cm_known[CM_FIELD_COUNT] = {
#define X(name, key, first, third, kind, member, has)                                                                                      \
    {key "\"", key, has, offsetof(struct cm_event, member), sizeof(key) - 1, CM_KIND_##kind},
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

void cm_scan_note(struct cm_scan *scan, enum cm_reject reject, enum cm_field field, const char *at)
{
    if (scan->decoded->reject != CM_REJECT_NONE)
        return;
    scan->decoded->reject = reject;
    scan->decoded->field = field < CM_FIELD_COUNT ? cm_known[field].key : NULL;
    scan->decoded->column = at ? (uint32_t)(at - scan->start) + 1 : 0;
}

/*
 * Which key stood behind which the last time: lines of one file have their keys
 * in one order, and a right guess spares the wait for the key's length. Only
 * ever a guess; index CM_FIELD_COUNT is the start of a line or an unknown key.
 */
static _Thread_local uint8_t followers[CM_FIELD_COUNT + 1];

static enum cm_field find_key(struct cm_span key)
{
    if (key.len < 2 || key.len >= sizeof cm_known[0].quoted)
        return CM_FIELD_UNKNOWN;
    /* the byte behind a key of two is its closing quote */
    unsigned slot = slots[KEY_SLOT(key.len, key.ptr[0], key.len > 2 ? key.ptr[2] : '"')];
    if (slot == 0 || cm_known[slot - 1].len != key.len || memcmp(cm_known[slot - 1].key, key.ptr, key.len) != 0)
        return CM_FIELD_UNKNOWN;
    return (enum cm_field)(slot - 1);
}

static const char *read_any_key(struct cm_scan *scan, const char *p, enum cm_field *field)
{
    struct cm_span key;
    bool lone = false;
    const char *next = cm_scan_string(scan, p, CM_EVENT_FIELD_MAX_BYTES, &key, &lone);
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
static inline const char *read_key(struct cm_scan *scan, const char *p, enum cm_field *field)
{
    uint8_t *follower = &followers[*field < CM_FIELD_COUNT ? *field : CM_FIELD_COUNT];
    if (likely(scan->end - p > (ptrdiff_t)sizeof cm_known->quoted)) { /* as long as known keys with their closing quote may be */
        const struct cm_known *guess = &cm_known[*follower];
        if (likely(cm_simd_shared(p + 1, guess->quoted) > guess->len)) {
            *field = (enum cm_field) * follower;
            return p + guess->len + 2;
        }
    }
    p = read_any_key(scan, p, field);
    if (*field < CM_FIELD_COUNT)
        *follower = (uint8_t)*field;
    return p;
}

/*
 * One key and its value, p at the key's quote; behind the value, or NULL. *before:
 * the key before this one, and then this one. The line ends in '}' (scan_object has looked), which stops every single step on
 * its way: only what can swallow a '}' must look for the end.
 */
static inline const char *scan_member(struct cm_scan *scan, const char *p, enum cm_field *before)
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
        cm_scan_note(scan, CM_REJECT_DUPLICATE_KEY, field, start);
    scan->seen |= 1u << field;
    return cm_scan_value(scan, field, p);
}

static bool scan_object(struct cm_scan *scan)
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
static bool scan_other(struct cm_scan *scan)
{
    const char *end = cm_json_skip_value(scan->start, scan->end, &scan->fault);
    if (!end)
        return false;
    if (end != scan->end)
        return cm_json_fail(&scan->fault, end);
    cm_scan_note(scan, CM_REJECT_NOT_OBJECT, CM_FIELD_UNKNOWN, scan->start);
    return true;
}

static void require(struct cm_scan *scan, enum cm_field field, enum cm_reject reject)
{
    if (unlikely(!(scan->present >> field & 1)))
        cm_scan_note(scan, reject, field, NULL);
}

static void check_required(struct cm_scan *scan)
{
    uint32_t targets = 1u << CM_FIELD_TARGET_EVENT_ID | 1u << CM_FIELD_TARGET_SEQ;
    uint8_t type = scan->event->type;
    require(scan, CM_FIELD_INTERACTION_ID, CM_REJECT_NO_ID);
    if (type == CM_EVENT_MESSAGE)
        require(scan, CM_FIELD_SPEAKER, CM_REJECT_NO_SPEAKER);
    if ((type == CM_EVENT_EDIT || type == CM_EVENT_DELETE) && !(scan->present & targets))
        cm_scan_note(scan, CM_REJECT_NO_TARGET, CM_FIELD_UNKNOWN, NULL);
    if (type == CM_EVENT_MESSAGE || type == CM_EVENT_EDIT)
        require(scan, CM_FIELD_TEXT, CM_REJECT_NO_TEXT);
}

/* The line is no JSON: that outranks whatever was noticed before. */
static void reject_line(struct cm_scan *scan)
{
    scan->decoded->reject = CM_REJECT_NONE;
    cm_scan_note(scan, scan->fault.reject, CM_FIELD_UNKNOWN, scan->fault.at);
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
    struct cm_scan scan = {.start = line.ptr, .end = line.ptr + line.len, .arena = arena, .event = event, .decoded = decoded};
    *decoded = (struct cm_decoded){0};
    clear_event(event);
    if (line.len > UINT32_MAX) {
        cm_scan_note(&scan, CM_REJECT_LINE_TOO_LONG, CM_FIELD_UNKNOWN, NULL);
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
    return cm_event_identify(arena, event, scan.present | 1u << CM_FIELD_TYPE, line.len);
}
