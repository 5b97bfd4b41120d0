#include "event/retime.h"

#include "base/moment.h"
#include "event/json.h"

/* Keys of ours with every letter written as an escape. */
#define KEY_MAX_BYTES (sizeof "end_ts" * 6)

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

enum cm_status cm_event_retime(struct cm_buffer *out, struct cm_span line, int64_t ts_ms, int64_t end_ts_ms)
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
        if (is_ts || is_end) {
            cm_buffer_append(out, written, (size_t)(value - written));
            put_value(out, (struct cm_span){value, (size_t)(p - value)}, is_ts ? ts_ms : end_ts_ms);
            written = p;
        }
        p = cm_json_space(p, end);
        if (p == end || *p != ',')
            break;
    }
    cm_buffer_append(out, written, (size_t)(end - written));
    return cm_buffer_status(out);
}
