#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

#define CM_BUFFER_FIRST_BYTES ((size_t)256)

bool cm_buffer_extend(struct cm_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    size_t need;
    if (__builtin_add_overflow(buffer->len, more, &need))
        need = SIZE_MAX;
    size_t cap = buffer->cap ? buffer->cap : CM_BUFFER_FIRST_BYTES;
    while (cap < need && cap <= SIZE_MAX / 2)
        cap *= 2;
    char *ptr = cap >= need ? realloc(buffer->ptr, cap) : NULL;
    if (!ptr) {
        buffer->failed = true;
        return false;
    }
    buffer->ptr = ptr;
    buffer->cap = cap;
    return true;
}

void cm_buffer_printf(struct cm_buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        buffer->failed = true;
    else if (cm_buffer_reserve(buffer, (size_t)length + 1)) {
        vsnprintf(buffer->ptr + buffer->len, (size_t)length + 1, format, again);
        buffer->len += (size_t)length;
    }
    va_end(again);
}

void cm_buffer_unsigned(struct cm_buffer *buffer, uint64_t value)
{
    char digits[20];
    unsigned at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    cm_buffer_append(buffer, digits + at, sizeof digits - at);
}

void cm_buffer_decimal(struct cm_buffer *buffer, int64_t value, unsigned places)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t unit = 1;
    for (unsigned i = 0; i < places; i++)
        unit *= 10;
    if (value < 0)
        cm_buffer_byte(buffer, '-');
    cm_buffer_unsigned(buffer, size / unit);
    if (places == 0)
        return;
    cm_buffer_byte(buffer, '.');
    for (uint64_t rest = size % unit; unit > 1; rest %= unit) {
        unit /= 10;
        cm_buffer_byte(buffer, (char)('0' + rest / unit));
    }
}

static void json_escape(struct cm_buffer *buffer, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    char short_form = byte == '"' ? '"' : byte == '\\' ? '\\' : byte == '\n' ? 'n' : byte == '\t' ? 't' : byte == '\r' ? 'r' : 0;
    if (short_form) {
        cm_buffer_append(buffer, (char[]){'\\', short_form}, 2);
        return;
    }
    cm_buffer_append(buffer, (char[]){'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}, 6);
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Not 0 where one of eight bytes is zero: S. E. Anderson, "Bit Twiddling Hacks", as is the test for less than 32 below. */
static inline uint64_t zero_byte(uint64_t bytes)
{
    return (bytes - EACH_BYTE) & ~bytes;
}

/* Not 0 where one of eight bytes must be looked at: no ASCII, a control character, or what JSON escapes. */
static inline uint64_t special_byte(uint64_t bytes)
{
    uint64_t below_space = (bytes - EACH_BYTE * 0x20) & ~bytes;
    uint64_t escaped = zero_byte(bytes ^ (EACH_BYTE * '"')) | zero_byte(bytes ^ (EACH_BYTE * '\\')) | zero_byte(bytes ^ (EACH_BYTE * 0x7F));
    return (bytes | below_space | escaped) & EACH_BYTE << 7;
}

/* Ids, names and nearly all quotes are. */
static bool is_plain(struct cm_span text)
{
    uint64_t bytes, special = 0;
    if (text.len < sizeof bytes) {
        for (size_t i = 0; i < text.len; i++)
            special |= special_byte(EACH_BYTE * (unsigned char)text.ptr[i]);
        return special == 0;
    }
    for (size_t at = 0; at < text.len; at += sizeof bytes) { /* the last eight overlap with those before */
        memcpy(&bytes, text.ptr + (at + sizeof bytes <= text.len ? at : text.len - sizeof bytes), sizeof bytes);
        special |= special_byte(bytes);
    }
    return special == 0;
}

static void json_plain(struct cm_buffer *buffer, struct cm_span text)
{
    if (!cm_buffer_reserve(buffer, text.len + 2))
        return;
    char *out = buffer->ptr + buffer->len;
    *out = '"';
    if (text.len > 0)
        memcpy(out + 1, text.ptr, text.len);
    out[text.len + 1] = '"';
    buffer->len += text.len + 2;
}

void cm_buffer_json(struct cm_buffer *buffer, struct cm_span text)
{
    if (is_plain(text)) {
        json_plain(buffer, text);
        return;
    }
    const char *p = text.ptr, *end = text.ptr + text.len;
    cm_buffer_byte(buffer, '"');
    const char *plain = p;
    while (p < end) {
        unsigned char byte = (unsigned char)*p;
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte < 0x7F) {
            p++;
            continue;
        }
        unsigned taken = 1;
        bool invalid = byte >= 0x80 && cm_utf8_decode(p, end, &taken) == CM_UTF8_INVALID;
        if (byte >= 0x80 && !invalid) {
            p += taken;
            continue;
        }
        cm_buffer_append(buffer, plain, (size_t)(p - plain));
        if (invalid)
            cm_buffer_append(buffer, "\xEF\xBF\xBD", 3);
        else
            json_escape(buffer, byte);
        p += taken;
        plain = p;
    }
    cm_buffer_append(buffer, plain, (size_t)(p - plain));
    cm_buffer_byte(buffer, '"');
}

enum cm_status cm_buffer_status(const struct cm_buffer *buffer)
{
    return buffer->failed ? CM_ENOMEM : CM_OK;
}

void cm_buffer_reset(struct cm_buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

void cm_buffer_free(struct cm_buffer *buffer)
{
    free(buffer->ptr);
    *buffer = CM_BUFFER_EMPTY;
}

enum cm_status cm_grow_more(void *items, size_t *cap, size_t need, size_t item_size)
{
    size_t more = *cap ? *cap : 16;
    while (more < need && more <= SIZE_MAX / 2)
        more *= 2;
    size_t bytes;
    if (more < need || __builtin_mul_overflow(more, item_size, &bytes))
        return CM_ENOMEM;
    void *old;
    memcpy(&old, items, sizeof old);
    void *grown = realloc(old, bytes);
    if (!grown)
        return CM_ENOMEM;
    memcpy(items, &grown, sizeof grown);
    *cap = more;
    return CM_OK;
}
