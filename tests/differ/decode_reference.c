#include "decode_reference.h"

#include <errno.h>
#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "text/fold.h"

/*
 * jansson refuses invalid UTF-8, NUL, halves of surrogate pairs and great
 * numbers, and merges duplicate keys. So a line is first rewritten: odd bytes
 * become private characters (byte b is U+F0000 + b, a lone half U+F0100), a
 * number n becomes ["<U+F0200>n"], and the nth top-level key gets "n:" in front.
 */
#define PRIVATE_BYTE 0xF0000u
#define PRIVATE_HALF 0xF0100u
#define PRIVATE_NUMBER 0xF0200u

static regex_t number_shape, integer_shape, time_shape;

bool reference_start(void)
{
    return regcomp(&number_shape, "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$", REG_EXTENDED | REG_NOSUB) == 0 &&
           regcomp(&integer_shape, "^-?[0-9]+$", REG_EXTENDED | REG_NOSUB) == 0 &&
           regcomp(&time_shape, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
                   REG_EXTENDED | REG_NOSUB) == 0;
}

void reference_end(void)
{
    regfree(&number_shape);
    regfree(&integer_shape);
    regfree(&time_shape);
}

struct rewrite {
    const char *p, *end;
    struct cm_buffer out;
    int depth, deepest;
    unsigned keys;
    bool object;  /* the line begins with '{' */
    bool bad_key; /* a top-level key with invalid UTF-8 */
    bool no_json; /* a number that is none */
    char before;  /* the last byte outside strings that is no white space */
};

static void put_code(struct cm_buffer *out, uint32_t code)
{
    char bytes[CM_UTF8_MAX_BYTES];
    cm_buffer_append(out, bytes, cm_utf8_encode(code, bytes));
}

/* The \uXXXX at p as a number; -1 where it is none. */
static long escape_at(const char *p, const char *end)
{
    char digits[5] = {0}, *stop;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || p[2] == '+' || p[2] == '-' || p[2] == ' ' || (p[2] >= 9 && p[2] <= 13))
        return -1;
    memcpy(digits, p + 2, 4);
    if ((digits[1] | 0x20) == 'x')
        return -1;
    long code = strtol(digits, &stop, 16);
    return stop == digits + 4 ? code : -1;
}

static void rewrite_escape(struct rewrite *work)
{
    long code = escape_at(work->p, work->end);
    size_t len = code >= 0 ? 6 : work->end - work->p >= 2 ? 2 : 1;
    if (code == 0) {
        put_code(&work->out, PRIVATE_BYTE);
    } else if (code >= 0xD800 && code <= 0xDFFF) {
        long low = escape_at(work->p + 6, work->end);
        if (code < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF) {
            len = 12;
            put_code(&work->out, 0x10000 + ((uint32_t)code - 0xD800) * 0x400 + ((uint32_t)low - 0xDC00));
        } else {
            put_code(&work->out, PRIVATE_HALF);
        }
    } else {
        cm_buffer_append(&work->out, work->p, len);
    }
    work->p += len;
}

static void rewrite_string(struct rewrite *work)
{
    bool key = work->object && work->depth == 1 && (work->before == '{' || work->before == ',');
    cm_buffer_byte(&work->out, '"');
    if (key)
        cm_buffer_printf(&work->out, "%u:", work->keys++);
    work->p++;
    while (work->p < work->end && *work->p != '"') {
        unsigned len;
        if (*work->p == '\\') {
            rewrite_escape(work);
        } else if (cm_utf8_decode(work->p, work->end, &len) == CM_UTF8_INVALID) {
            work->bad_key = work->bad_key || key;
            put_code(&work->out, PRIVATE_BYTE + (unsigned char)*work->p);
            work->p++;
        } else {
            cm_buffer_append(&work->out, work->p, len);
            work->p += len;
        }
    }
    if (work->p < work->end) {
        cm_buffer_byte(&work->out, '"');
        work->p++;
    }
    work->before = '"';
}

static void rewrite_number(struct rewrite *work)
{
    const char *start = work->p;
    while (work->p < work->end && *work->p && strchr("+-.0123456789eE", *work->p))
        work->p++;
    struct cm_buffer token = CM_BUFFER_EMPTY;
    cm_buffer_append(&token, start, (size_t)(work->p - start));
    cm_buffer_byte(&token, '\0');
    if (cm_buffer_status(&token) != CM_OK || regexec(&number_shape, token.ptr, 0, NULL, 0) != 0)
        work->no_json = true;
    cm_buffer_text(&work->out, "[\"");
    put_code(&work->out, PRIVATE_NUMBER);
    cm_buffer_append(&work->out, start, (size_t)(work->p - start));
    cm_buffer_text(&work->out, "\"]");
    cm_buffer_free(&token);
    work->before = '0';
}

static void rewrite_line(struct rewrite *work)
{
    while (work->p < work->end) {
        char byte = *work->p;
        if (byte == '"') {
            rewrite_string(work);
            continue;
        }
        if (byte == '-' || (byte >= '0' && byte <= '9')) {
            rewrite_number(work);
            continue;
        }
        work->depth += (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
        if (work->depth > work->deepest)
            work->deepest = work->depth;
        if (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')
            work->before = byte;
        cm_buffer_byte(&work->out, byte);
        work->p++;
    }
}

/* A jansson string with the private characters undone. */
static struct cm_span restore(struct cm_arena *arena, const char *text, size_t len, bool *lone)
{
    char *out = cm_arena_alloc(arena, len + 1);
    if (!out)
        return (struct cm_span){NULL, 0};
    size_t size = 0;
    for (const char *p = text, *end = text + len; p < end;) {
        unsigned taken;
        uint32_t code = cm_utf8_decode(p, end, &taken);
        if (code >= PRIVATE_BYTE && code <= PRIVATE_BYTE + 0xFF) {
            out[size++] = (char)(code - PRIVATE_BYTE);
        } else if (code == PRIVATE_HALF) {
            *lone = true;
            memcpy(out + size, "\xEF\xBF\xBD", 3);
            size += 3;
        } else {
            memcpy(out + size, p, taken);
            size += taken;
        }
        p += taken;
    }
    return (struct cm_span){out, size};
}

/* The text of a rewritten number; NULL for any other value. */
static const char *number_of(const json_t *value)
{
    char mark[CM_UTF8_MAX_BYTES];
    unsigned len = cm_utf8_encode(PRIVATE_NUMBER, mark);
    if (!json_is_array(value) || json_array_size(value) != 1)
        return NULL;
    const char *text = json_string_value(json_array_get(value, 0));
    return text && strncmp(text, mark, len) == 0 ? text + len : NULL;
}

static bool read_unsigned(const char *token, uint64_t limit, uint64_t *value)
{
    if (regexec(&integer_shape, token, 0, NULL, 0) != 0)
        return false;
    if (*token == '-') {
        *value = 0;
        return strspn(token + 1, "0") == strlen(token + 1);
    }
    errno = 0;
    *value = strtoull(token, NULL, 10);
    return errno == 0 && *value <= limit;
}

static bool read_signed(const char *token, int64_t low, int64_t high, int64_t *value)
{
    if (regexec(&integer_shape, token, 0, NULL, 0) != 0)
        return false;
    errno = 0;
    *value = strtoll(token, NULL, 10);
    return errno == 0 && *value >= low && *value <= high;
}

/* token × 10^places, half away from zero: all digits written out, the point moved, cut and rounded. */
static bool read_scaled(const char *token, int places, int64_t limit, int64_t *value)
{
    char digits[2048] = {0};
    bool negative = *token == '-';
    size_t count = 0;
    long point = -1;
    const char *p = token + negative;
    if (strlen(token) > 600)
        return false;
    for (; *p && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            point = (long)count;
        else
            digits[count++] = *p;
    }
    if (point < 0)
        point = (long)count;
    bool zero = strspn(digits, "0") == count;
    long exponent = *p ? strtol(p + 1, NULL, 10) : 0;
    if (zero || exponent < -1000) {
        *value = 0;
        return true;
    }
    if (exponent > 1000)
        return false;
    point += exponent + places;
    if (point < 0) {
        *value = 0;
        return true;
    }
    while ((long)count <= point)
        digits[count++] = '0';
    bool up = digits[point] >= '5';
    digits[point] = '\0';
    const char *first = digits + strspn(digits, "0");
    if (strlen(first) > 17)
        return false;
    *value = strtoll(*first ? first : "0", NULL, 10) + up;
    if (*value > limit)
        return false;
    if (negative)
        *value = -*value;
    return true;
}

static bool read_time(struct cm_span text, int64_t *ms)
{
    char copy[1100];
    int year, month, day, hour, minute, second;
    if (text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (regexec(&time_shape, copy, 0, NULL, 0) != 0)
        return false;
    if (sscanf(copy, "%4d-%2d-%2d%*c%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
        return false;
    int fraction = 0;
    if (copy[19] == '.') {
        char three[4] = "000";
        for (int i = 0; i < 3 && copy[20 + i] >= '0' && copy[20 + i] <= '9'; i++)
            three[i] = copy[20 + i];
        fraction = (int)strtol(three, NULL, 10);
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (second == 60) {
        second = 59;
        fraction = 999;
    }
    struct tm parts = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
    time_t seconds = timegm(&parts);
    if (parts.tm_mon != month - 1 || parts.tm_mday != day || parts.tm_year != year - 1900)
        return false;
    const char *zone = copy + text.len - 6;
    if (copy[text.len - 1] != 'Z' && copy[text.len - 1] != 'z') {
        int hours = (int)strtol(zone + 1, NULL, 10), minutes = (int)strtol(zone + 4, NULL, 10);
        if (hours > 23 || minutes > 59)
            return false;
        seconds -= (hours * 60 + minutes) * 60 * (*zone == '-' ? -1 : 1);
    }
    *ms = (int64_t)seconds * 1000 + fraction;
    return true;
}

struct work {
    struct cm_arena *arena;
    struct reference *result;
    unsigned ids;
    uint32_t seen;
    bool no_memory;
};

static const char *const keys[] = {
    "agent_id",        "channel",    "confidence", "customer_id", "customer_name", "end_ts", "ended_by", "event_id",
    "interaction_id",  "lang",       "open_chats", "queue",       "rating",        "scale",  "seq",      "speaker",
    "target_event_id", "target_seq", "team",       "text",        "to_agent_id",   "ts",     "type"};
#define KEYS (sizeof keys / sizeof *keys)

static void note(struct work *work, enum cm_reject reject, const char *field)
{
    if (work->result->reject == CM_REJECT_NONE) {
        work->result->reject = reject;
        work->result->field = field;
    }
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void take_string(struct work *work, const char *key, const json_t *value, struct cm_span *member, size_t limit, enum cm_reject bad,
                        enum cm_reject too_long)
{
    bool lone = false;
    if (!json_is_string(value)) {
        note(work, bad, key);
        return;
    }
    struct cm_span text = restore(work->arena, json_string_value(value), json_string_length(value), &lone);
    if (!text.ptr) {
        work->no_memory = true;
        return;
    }
    if (is(key, "interaction_id") && (text.len == 0 || lone || cm_utf8_valid_prefix(text.ptr, text.len) != text.len)) {
        note(work, bad, key);
    } else if (text.len > limit) {
        note(work, too_long, key);
    } else if (text.len || is(key, "text")) {
        *member = text;
        work->ids += is(key, "interaction_id");
    }
}

static void take_name(struct work *work, const char *key, const json_t *value, uint8_t *member, const char *(*name)(unsigned),
                      unsigned count, enum cm_reject bad)
{
    struct cm_span word = {NULL, 0};
    bool lone = false;
    if (json_is_string(value))
        word = restore(work->arena, json_string_value(value), json_string_length(value), &lone);
    if (word.ptr && word.len == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        if (word.ptr && cm_span_equal(word, cm_span_of(name(i)))) {
            *member = (uint8_t)i;
            return;
        }
    note(work, bad, key);
}

static const char *type_name(unsigned i)
{
    return cm_event_type_name(i);
}
static const char *speaker_name(unsigned i)
{
    return cm_speaker_name(i);
}
static const char *channel_name(unsigned i)
{
    return cm_channel_name(i);
}
static const char *ender_name(unsigned i)
{
    return cm_ended_by_name(i);
}

static void take_number(struct work *work, const char *key, const json_t *value)
{
    struct cm_event *event = &work->result->event;
    const char *token = number_of(value);
    uint64_t count = 0;
    int64_t number = 0;
    if (!token) {
        note(work, CM_REJECT_BAD_VALUE, key);
    } else if (is(key, "seq") && read_unsigned(token, UINT64_MAX, &event->seq)) {
        event->has |= CM_HAS_SEQ;
    } else if (is(key, "target_seq") && read_unsigned(token, UINT64_MAX, &event->target_seq)) {
        event->has |= CM_HAS_TARGET_SEQ;
    } else if (is(key, "open_chats") && read_unsigned(token, UINT32_MAX, &count)) {
        event->open_chats = (uint32_t)count;
        event->has |= CM_HAS_OPEN_CHATS;
    } else if (is(key, "confidence") && read_scaled(token, 6, 1000000, &number) && number >= 0) {
        event->confidence = (uint32_t)number;
        event->has |= CM_HAS_CONFIDENCE;
    } else if (is(key, "rating") && read_scaled(token, 3, INT64_C(1000000000000), &event->rating)) {
        event->has |= CM_HAS_RATING;
    } else if (is(key, "scale") && read_scaled(token, 3, INT64_C(1000000000000), &event->scale) && event->scale > 0) {
        event->has |= CM_HAS_SCALE;
    } else {
        note(work, CM_REJECT_BAD_NUMBER, key);
    }
}

static void take_time(struct work *work, const char *key, const json_t *value, int64_t *member, uint32_t has)
{
    const char *token = number_of(value);
    bool lone = false;
    if (json_is_string(value) && json_string_length(value) == 0)
        return;
    bool good = false;
    if (token) {
        good = read_signed(token, INT64_C(-62167219200000), INT64_C(253402300799999), member);
    } else if (json_is_string(value)) {
        struct cm_span text = restore(work->arena, json_string_value(value), json_string_length(value), &lone);
        good = text.ptr && read_time(text, member);
    }
    if (good)
        work->result->event.has |= has;
    else
        note(work, CM_REJECT_BAD_TIME, key);
}

#define STRING(name)                                                                                                                       \
    if (is(key, #name))                                                                                                                    \
    take_string(work, key, value, &event->name, CM_EVENT_FIELD_MAX_BYTES, CM_REJECT_BAD_VALUE, CM_REJECT_FIELD_TOO_LONG)

static void take_value(struct work *work, const char *key, const json_t *value)
{
    struct cm_event *event = &work->result->event;
    if (json_is_null(value))
        return;
    STRING(agent_id);
    STRING(to_agent_id);
    STRING(customer_id);
    STRING(customer_name);
    STRING(event_id);
    STRING(target_event_id);
    STRING(queue);
    STRING(team);
    STRING(lang);
    if (is(key, "interaction_id"))
        take_string(work, key, value, &event->interaction_id, CM_INTERACTION_ID_MAX_BYTES, CM_REJECT_BAD_ID, CM_REJECT_BAD_ID);
    if (is(key, "text"))
        take_string(work, key, value, &event->text, CM_TEXT_MAX_BYTES, CM_REJECT_BAD_VALUE, CM_REJECT_TEXT_TOO_LONG);
    if (is(key, "type"))
        take_name(work, key, value, &event->type, type_name, CM_EVENT_TYPE_COUNT, CM_REJECT_BAD_TYPE);
    if (is(key, "speaker"))
        take_name(work, key, value, &event->speaker, speaker_name, CM_SPEAKER_COUNT, CM_REJECT_BAD_SPEAKER);
    if (is(key, "channel"))
        take_name(work, key, value, &event->channel, channel_name, CM_CHANNEL_COUNT, CM_REJECT_BAD_VALUE);
    if (is(key, "ended_by"))
        take_name(work, key, value, &event->ended_by, ender_name, CM_ENDED_BY_COUNT, CM_REJECT_BAD_VALUE);
    if (is(key, "ts"))
        take_time(work, key, value, &event->ts, CM_HAS_TS);
    if (is(key, "end_ts"))
        take_time(work, key, value, &event->end_ts, CM_HAS_END_TS);
    if (is(key, "seq") || is(key, "target_seq") || is(key, "open_chats") || is(key, "confidence") || is(key, "rating") || is(key, "scale"))
        take_number(work, key, value);
}

static void take_member(struct work *work, const char *key, const json_t *value)
{
    for (unsigned i = 0; i < KEYS; i++)
        if (is(key, keys[i])) {
            if (work->seen & 1u << i)
                note(work, CM_REJECT_DUPLICATE_KEY, keys[i]);
            work->seen |= 1u << i;
            take_value(work, keys[i], value);
        }
}

static void check_required(struct work *work)
{
    const struct cm_event *event = &work->result->event;
    if (!event->interaction_id.ptr)
        note(work, CM_REJECT_NO_ID, "interaction_id");
    if (event->type == CM_EVENT_MESSAGE && event->speaker == CM_SPEAKER_NONE)
        note(work, CM_REJECT_NO_SPEAKER, "speaker");
    if ((event->type == CM_EVENT_EDIT || event->type == CM_EVENT_DELETE) && !event->target_event_id.ptr &&
        !(event->has & CM_HAS_TARGET_SEQ))
        note(work, CM_REJECT_NO_TARGET, NULL);
    if ((event->type == CM_EVENT_MESSAGE || event->type == CM_EVENT_EDIT) && !event->text.ptr)
        note(work, CM_REJECT_NO_TEXT, "text");
}

static void hash_string(struct cm_buffer *out, const char *key, struct cm_span value)
{
    if (!value.ptr)
        return;
    cm_buffer_append(out, key, strlen(key) + 1);
    cm_buffer_byte(out, 's');
    for (unsigned i = 0; i < 4; i++)
        cm_buffer_byte(out, (char)(value.len >> 8 * i));
    cm_buffer_span(out, value);
}

static void hash_name(struct cm_buffer *out, const char *key, const char *name)
{
    if (*name)
        hash_string(out, key, cm_span_of(name));
}

static void hash_integer(struct cm_buffer *out, const char *key, bool has, uint64_t value)
{
    if (!has)
        return;
    cm_buffer_append(out, key, strlen(key) + 1);
    cm_buffer_byte(out, 'i');
    for (unsigned i = 0; i < 8; i++)
        cm_buffer_byte(out, (char)(value >> 8 * i));
}

static bool hash_event(struct cm_event *e)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    hash_string(&out, "agent_id", e->agent_id);
    hash_name(&out, "channel", cm_channel_name(e->channel));
    hash_integer(&out, "confidence", e->has & CM_HAS_CONFIDENCE, e->confidence);
    hash_string(&out, "customer_id", e->customer_id);
    hash_string(&out, "customer_name", e->customer_name);
    hash_integer(&out, "end_ts", e->has & CM_HAS_END_TS, (uint64_t)e->end_ts);
    hash_name(&out, "ended_by", cm_ended_by_name(e->ended_by));
    hash_string(&out, "event_id", e->event_id);
    hash_string(&out, "interaction_id", e->interaction_id);
    hash_string(&out, "lang", e->lang);
    hash_integer(&out, "open_chats", e->has & CM_HAS_OPEN_CHATS, e->open_chats);
    hash_string(&out, "queue", e->queue);
    hash_integer(&out, "rating", e->has & CM_HAS_RATING, (uint64_t)e->rating);
    hash_integer(&out, "scale", e->has & CM_HAS_SCALE, (uint64_t)e->scale);
    hash_integer(&out, "seq", e->has & CM_HAS_SEQ, e->seq);
    hash_name(&out, "speaker", cm_speaker_name(e->speaker));
    hash_string(&out, "target_event_id", e->target_event_id);
    hash_integer(&out, "target_seq", e->has & CM_HAS_TARGET_SEQ, e->target_seq);
    hash_string(&out, "team", e->team);
    hash_string(&out, "text", e->text);
    hash_string(&out, "to_agent_id", e->to_agent_id);
    hash_integer(&out, "ts", e->has & CM_HAS_TS, (uint64_t)e->ts);
    hash_name(&out, "type", cm_event_type_name(e->type));
    bool good = cm_buffer_status(&out) == CM_OK;
    e->hash = cm_hash128(cm_buffer_view(&out));
    cm_buffer_free(&out);
    return good;
}

/* The member whose key was the nth of its line. */
static const json_t *nth_member(const json_t *object, unsigned n, const char **key)
{
    char prefix[16];
    size_t len = (size_t)snprintf(prefix, sizeof prefix, "%u:", n);
    const char *name;
    json_t *value, *constant = (json_t *)(uintptr_t)object;
    json_object_foreach(constant, name, value) if (strncmp(name, prefix, len) == 0)
    {
        *key = name + len;
        return value;
    }
    return NULL;
}

static void read_event(struct work *work, const json_t *object, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *key = NULL;
        const json_t *value = nth_member(object, i, &key);
        if (value)
            take_member(work, key, value);
    }
    check_required(work);
}

bool reference_decode(struct cm_arena *arena, struct cm_span line, struct reference *result)
{
    *result = (struct reference){0};
    struct rewrite rewrite = {.p = line.ptr, .end = line.ptr + line.len, .object = line.len && line.ptr[0] == '{'};
    rewrite_line(&rewrite);
    if (cm_buffer_status(&rewrite.out) != CM_OK)
        return false;
    json_error_t error;
    json_t *root = json_loadb(rewrite.out.ptr ? rewrite.out.ptr : "", rewrite.out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    bool nul = line.len && memchr(line.ptr, '\0', line.len); /* jansson takes one behind a word for white space */
    bool valid = root && !rewrite.no_json && !nul;
    bool too_deep = rewrite.deepest > (int)CM_JSON_DEPTH_MAX + rewrite.object;
    struct work work = {.arena = arena, .result = result};
    result->may_be_not_json = !valid;
    /* in a line that is cut off, the outermost object may count as a level */
    result->may_be_too_deep = too_deep || (!valid && rewrite.deepest > (int)CM_JSON_DEPTH_MAX);
    result->may_be_bad_key = rewrite.object && rewrite.bad_key;
    if (!valid)
        result->reject = CM_REJECT_NOT_JSON;
    else if (too_deep)
        result->reject = CM_REJECT_TOO_DEEP;
    else if (result->may_be_bad_key)
        result->reject = CM_REJECT_BAD_UTF8_KEY;
    else if (!json_is_object(root))
        result->reject = CM_REJECT_NOT_OBJECT;
    else
        read_event(&work, root, rewrite.keys);
    bool structural = !valid || too_deep || result->may_be_bad_key;
    if (result->reject != CM_REJECT_NONE && !structural && work.ids == 1)
        result->incomplete_id = result->event.interaction_id;
    json_decref(root);
    cm_buffer_free(&rewrite.out);
    return !work.no_memory && (result->reject != CM_REJECT_NONE || hash_event(&result->event));
}
