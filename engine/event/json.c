#include "event/json.h"

#include <string.h>

#include "base/utf8.h"

/* -1 for what is no hexadecimal digit. */
static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* p is at the backslash; behind the escape, or NULL. */
static const char *skip_escape(const char *p, const char *end, struct cm_json_fault *fault)
{
    if (end - p < 2)
        return cm_json_fail(fault, end);
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        for (const char *digit = p + 2; digit < p + 6; digit++)
            if (digit >= end || hex_digit(*digit) < 0)
                return cm_json_fail(fault, digit);
        return p + 6;
    default:
        return cm_json_fail(fault, p);
    }
}

const char *cm_json_skip_string(const char *p, const char *end, bool *escaped, struct cm_json_fault *fault)
{
    *escaped = false;
    for (;;) {
        p = cm_json_plain_end(p, end);
        if (p == end || (unsigned char)*p < 0x20)
            return cm_json_fail(fault, p);
        if (*p == '"')
            return p + 1;
        *escaped = true;
        p = skip_escape(p, end, fault);
        if (!p)
            return NULL;
    }
}

static const char *skip_digits(const char *p, const char *end, struct cm_json_fault *fault)
{
    const char *first = p;
    while (p < end && (unsigned char)(*p - '0') <= 9)
        p++;
    return p > first ? p : cm_json_fail(fault, p);
}

const char *cm_json_skip_number(const char *p, const char *end, bool *integer, struct cm_json_fault *fault)
{
    *integer = true;
    if (p < end && *p == '-')
        p++;
    if (p < end && *p == '0')
        p++;
    else if (!(p = skip_digits(p, end, fault)))
        return NULL;
    if (p < end && *p == '.') {
        *integer = false;
        if (!(p = skip_digits(p + 1, end, fault)))
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        *integer = false;
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (!(p = skip_digits(p, end, fault)))
            return NULL;
    }
    return p;
}

static const char *skip_word(const char *p, const char *end, const char *word, size_t len, struct cm_json_fault *fault)
{
    if ((size_t)(end - p) < len || memcmp(p, word, len) != 0)
        return cm_json_fail(fault, p);
    return p + len;
}

static const char *skip_scalar(const char *p, const char *end, struct cm_json_fault *fault)
{
    bool ignored;
    if (p == end)
        return cm_json_fail(fault, p);
    switch (*p) {
    case '"':
        return cm_json_skip_string(p + 1, end, &ignored, fault);
    case 't':
        return skip_word(p, end, "true", 4, fault);
    case 'f':
        return skip_word(p, end, "false", 5, fault);
    case 'n':
        return skip_word(p, end, "null", 4, fault);
    default:
        return cm_json_skip_number(p, end, &ignored, fault);
    }
}

/* "key" and colon, up to the value. */
static const char *skip_key(const char *p, const char *end, struct cm_json_fault *fault)
{
    bool ignored;
    if (p == end || *p != '"')
        return cm_json_fail(fault, p);
    p = cm_json_skip_string(p + 1, end, &ignored, fault);
    if (!p)
        return NULL;
    p = cm_json_space(p, end);
    return p < end && *p == ':' ? cm_json_space(p + 1, end) : cm_json_fail(fault, p);
}

/* The containers that are open, innermost in the lowest bit: 1 an object, 0 an array. */
struct open {
    uint64_t objects;
    unsigned depth;
};

/* p is behind an opening bracket or a comma: up to the next value. */
static const char *skip_to_value(const struct open *open, const char *p, const char *end, struct cm_json_fault *fault)
{
    p = cm_json_space(p, end);
    return open->objects & 1 ? skip_key(p, end, fault) : p;
}

/* p is behind a value: closes what ends here; up to the next value, or behind the outermost bracket with depth 0. */
static const char *skip_after_value(struct open *open, const char *p, const char *end, struct cm_json_fault *fault)
{
    while (open->depth) {
        p = cm_json_space(p, end);
        if (p < end && *p == ',')
            return skip_to_value(open, p + 1, end, fault);
        if (p == end || *p != (open->objects & 1 ? '}' : ']'))
            return cm_json_fail(fault, p);
        p++;
        open->objects >>= 1;
        open->depth--;
    }
    return p;
}

const char *cm_json_skip_value(const char *p, const char *end, struct cm_json_fault *fault)
{
    _Static_assert(CM_JSON_DEPTH_MAX == 64, "a bit a level");
    struct open open = {0, 0};
    do {
        if (p == end || (*p != '{' && *p != '[')) {
            p = skip_scalar(p, end, fault);
        } else if (open.depth == CM_JSON_DEPTH_MAX) {
            *fault = (struct cm_json_fault){p, CM_REJECT_TOO_DEEP};
            return NULL;
        } else {
            open.objects = open.objects << 1 | (*p == '{');
            open.depth++;
            p = cm_json_space(p + 1, end);
            if (p == end || *p != (open.objects & 1 ? '}' : ']')) {
                p = skip_to_value(&open, p, end, fault);
                if (!p)
                    return NULL;
                continue;
            }
            p++;
            open.objects >>= 1;
            open.depth--;
        }
        p = p ? skip_after_value(&open, p, end, fault) : NULL;
    } while (p && open.depth);
    return p;
}

static uint32_t hex4(const char *p)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < 4; i++)
        code = code << 4 | (uint32_t)hex_digit(p[i]);
    return code;
}

/* The code point of the \u escape at *from (a backslash); moves behind it, both halves of a pair included. */
static uint32_t unescape_code(const char **from, const char *to, bool *lone)
{
    const char *p = *from;
    uint32_t code = hex4(p + 2);
    *from = p + 6;
    if (code < 0xD800 || code > 0xDFFF)
        return code;
    if (code < 0xDC00 && to - p >= 12 && p[6] == '\\' && p[7] == 'u') {
        uint32_t low = hex4(p + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *from = p + 12;
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    *lone = true;
    return CM_UTF8_REPLACEMENT;
}

static char unescape_short(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

size_t cm_json_unescape(const char *from, const char *to, char *out, bool *lone)
{
    char *start = out;
    while (from < to) {
        const char *plain = cm_json_plain_end(from, to);
        memcpy(out, from, (size_t)(plain - from));
        out += plain - from;
        from = plain;
        if (from == to)
            break;
        if (from[1] == 'u') {
            out += cm_utf8_encode(unescape_code(&from, to, lone), out);
        } else {
            *out++ = unescape_short(from[1]);
            from += 2;
        }
    }
    return (size_t)(out - start);
}
