#include "event/retime.h"

#include "base/moment.h"
#include "event/json.h"

/* Keys of ours with every letter written as an escape. */
#define KEY_MAX_BYTES (sizeof "interaction_id" * 6)

/* Is this the key, whatever escapes it is written with? */
static bool key_is(struct cm_span written, bool escaped, struct cm_span key)
{
    char plain[KEY_MAX_BYTES];
    bool lone;
    if (!escaped)
        return cm_span_equal(written, key);
    if (written.len > sizeof plain)
        return false;
    size_t len = cm_json_unescape(written.ptr, written.ptr + written.len, plain, &lone);
    return cm_span_equal((struct cm_span){plain, len}, key);
}

/* null and "" are absence. */
static bool is_time(struct cm_span value)
{
    return value.len > 2 || (value.len > 0 && value.ptr[0] != '"');
}

static void put_value(struct cm_buffer *out, struct cm_span value, int64_t ms)
{
    char text[CM_MOMENT_BYTES];
    bool other = ms != CM_RETIME_KEEP && is_time(value) && value.ptr[0] != 'n' && cm_moment_write(text, ms);
    if (!other) {
        cm_buffer_span(out, value);
        return;
    }
    cm_buffer_byte(out, '"');
    cm_buffer_append(out, text, sizeof text);
    cm_buffer_byte(out, '"');
}

static void put_id(struct cm_buffer *out, struct cm_span value, struct cm_span suffix)
{
    bool text = value.len > 2 && value.ptr[0] == '"';
    cm_buffer_append(out, value.ptr, text ? value.len - 1 : value.len);
    if (!text)
        return;
    cm_buffer_span(out, suffix);
    cm_buffer_byte(out, '"');
}

enum cm_status cm_event_retime(struct cm_buffer *out, struct cm_span line, int64_t ts_ms, int64_t end_ts_ms)
{
    return cm_event_again(out, line, ts_ms, end_ts_ms, CM_SPAN(""));
}

enum cm_status cm_event_again(struct cm_buffer *out, struct cm_span line, int64_t ts_ms, int64_t end_ts_ms, struct cm_span suffix)
{
    const char *end = line.ptr + line.len, *written = line.ptr, *p = memchr(line.ptr, '{', line.len);
    struct cm_json_fault fault;
    while (p && (p = cm_json_space(p + 1, end)) < end && *p == '"') {
        bool escaped;
        const char *key = p + 1, *behind = cm_json_skip_string(key, end, &escaped, &fault);
        const char *colon = behind ? cm_json_space(behind, end) : end;
        if (colon == end || *colon != ':')
            break;
        const char *value = cm_json_space(colon + 1, end);
        p = cm_json_skip_value(value, end, &fault);
        if (!p)
            break;
        struct cm_span name = {key, (size_t)(behind - 1 - key)};
        bool is_ts = key_is(name, escaped, CM_SPAN("ts")), is_end = key_is(name, escaped, CM_SPAN("end_ts"));
        bool is_id = suffix.len && (key_is(name, escaped, CM_SPAN("interaction_id")) || key_is(name, escaped, CM_SPAN("customer_id")));
        if (is_ts || is_end || is_id) {
            struct cm_span old = {value, (size_t)(p - value)};
            cm_buffer_append(out, written, (size_t)(value - written));
            if (is_id)
                put_id(out, old, suffix);
            else
                put_value(out, old, is_ts ? ts_ms : end_ts_ms);
            written = p;
        }
        p = cm_json_space(p, end);
        if (p == end || *p != ',')
            break;
    }
    cm_buffer_append(out, written, (size_t)(end - written));
    return cm_buffer_status(out);
}
