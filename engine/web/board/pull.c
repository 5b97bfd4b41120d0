#include "board/pull.h"

#include "event/json.h"

void cm_pull_begin(struct cm_pull *pull, struct cm_arena *arena, struct cm_span text)
{
    text = text.ptr ? text : CM_SPAN("");
    *pull = (struct cm_pull){.at = text.ptr, .end = text.ptr + text.len, .arena = arena, .status = CM_OK};
}

static void fail(struct cm_pull *pull, enum cm_status status)
{
    if (pull->status == CM_OK)
        pull->status = status;
    pull->at = pull->end;
}

/* Up to the next byte that is no blank; 0: there is none. */
static char peek(struct cm_pull *pull)
{
    pull->at = cm_json_space(pull->at, pull->end);
    return pull->at < pull->end ? *pull->at : '\0';
}

static bool take(struct cm_pull *pull, char byte)
{
    if (peek(pull) != byte || pull->at == pull->end)
        return false;
    pull->at++;
    return true;
}

static bool take_null(struct cm_pull *pull)
{
    if (peek(pull) != 'n' || pull->end - pull->at < 4 || memcmp(pull->at, "null", 4) != 0)
        return false;
    pull->at += 4;
    return true;
}

/* '{' and '[' stand two before '}' and ']'. */
bool cm_pull_open(struct cm_pull *pull, char bracket)
{
    if (!take(pull, bracket)) {
        fail(pull, CM_EINPUT);
        return false;
    }
    return !take(pull, (char)(bracket + 2));
}

bool cm_pull_more(struct cm_pull *pull, char bracket)
{
    if (pull->status != CM_OK)
        return false;
    if (take(pull, ','))
        return true;
    if (!take(pull, bracket))
        fail(pull, CM_EINPUT);
    return false;
}

static struct cm_span unescape(struct cm_pull *pull, struct cm_span raw)
{
    bool lone;
    char *bytes = cm_arena_alloc(pull->arena, raw.len + 1);
    if (!bytes) {
        fail(pull, CM_ENOMEM);
        return (struct cm_span){NULL, 0};
    }
    return (struct cm_span){bytes, cm_json_unescape(raw.ptr, raw.ptr + raw.len, bytes, &lone)};
}

static struct cm_span string(struct cm_pull *pull)
{
    struct cm_json_fault fault;
    bool escaped = false;
    const char *from = pull->at + 1;
    const char *behind = peek(pull) == '"' ? cm_json_skip_string(from = pull->at + 1, pull->end, &escaped, &fault) : NULL;
    if (!behind) {
        fail(pull, CM_EINPUT);
        return (struct cm_span){NULL, 0};
    }
    struct cm_span raw = {from, (size_t)(behind - 1 - from)};
    pull->at = behind;
    return escaped ? unescape(pull, raw) : raw;
}

struct cm_span cm_pull_key(struct cm_pull *pull)
{
    struct cm_span key = string(pull);
    if (!take(pull, ':'))
        fail(pull, CM_EINPUT);
    return key;
}

struct cm_span cm_pull_text(struct cm_pull *pull)
{
    return take_null(pull) ? (struct cm_span){NULL, 0} : string(pull);
}

int64_t cm_pull_time(struct cm_pull *pull)
{
    int64_t ms;
    struct cm_span text = cm_pull_text(pull);
    if (!text.ptr)
        return INT64_MIN;
    if (!cm_decode_time(text, &ms)) {
        fail(pull, CM_EINPUT);
        return INT64_MIN;
    }
    return ms;
}

/* The digits at the front of *text, up to max; more are a fault. */
static uint64_t digits(struct cm_pull *pull, struct cm_span *text, uint64_t max)
{
    uint64_t value = 0;
    for (; text->len > 0 && (unsigned char)(*text->ptr - '0') <= 9; text->ptr++, text->len--) {
        unsigned digit = (unsigned)(*text->ptr - '0');
        if (value > (max - digit) / 10) {
            fail(pull, CM_EINPUT);
            return 0;
        }
        value = value * 10 + digit;
    }
    return value;
}

static struct cm_span number(struct cm_pull *pull)
{
    struct cm_json_fault fault;
    bool integer;
    peek(pull);
    const char *from = pull->at, *behind = cm_json_skip_number(from, pull->end, &integer, &fault);
    if (!behind) {
        fail(pull, CM_EINPUT);
        return (struct cm_span){NULL, 0};
    }
    pull->at = behind;
    return (struct cm_span){from, (size_t)(behind - from)};
}

uint64_t cm_pull_unsigned(struct cm_pull *pull, bool *there)
{
    if (there && take_null(pull)) {
        *there = false;
        return 0;
    }
    struct cm_span text = number(pull);
    uint64_t value = digits(pull, &text, UINT64_MAX);
    if (text.len > 0)
        fail(pull, CM_EINPUT);
    if (there)
        *there = pull->status == CM_OK;
    return value;
}

int32_t cm_pull_hundredths(struct cm_pull *pull)
{
    if (take_null(pull))
        return -1;
    struct cm_span text = number(pull);
    int32_t value = (int32_t)digits(pull, &text, 1000000) * 100;
    unsigned place[3] = {0, 0, 0};
    if (text.len > 0 && *text.ptr == '.') {
        text.ptr++;
        text.len--;
        for (unsigned i = 0; text.len > 0 && (unsigned char)(*text.ptr - '0') <= 9; i++, text.ptr++, text.len--)
            if (i < 3)
                place[i] = (unsigned)(*text.ptr - '0');
    }
    if (text.len > 0) /* a sign, an exponent */
        fail(pull, CM_EINPUT);
    return pull->status == CM_OK ? value + (int32_t)(place[0] * 10 + place[1] + (place[2] >= 5)) : -1;
}

struct cm_span cm_pull_skip(struct cm_pull *pull)
{
    struct cm_json_fault fault;
    peek(pull);
    const char *from = pull->at, *behind = cm_json_skip_value(from, pull->end, &fault);
    if (!behind) {
        fail(pull, CM_EINPUT);
        return (struct cm_span){NULL, 0};
    }
    pull->at = behind;
    return (struct cm_span){from, (size_t)(behind - from)};
}

enum cm_status cm_pull_end(struct cm_pull *pull)
{
    peek(pull);
    if (pull->at < pull->end)
        fail(pull, CM_EINPUT);
    return pull->status;
}
