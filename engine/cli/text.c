#include "cli/text.h"

#include <stdio.h>

#include "base/utf8.h"

static uint32_t next_code(struct cm_span *text, unsigned *len)
{
    uint32_t code = cm_utf8_decode(text->ptr, text->ptr + text->len, len);
    text->ptr += *len;
    text->len -= *len;
    return code;
}

void cm_text_clean(struct cm_buffer *out, struct cm_span text)
{
    while (text.len > 0) {
        unsigned len;
        const char *at = text.ptr;
        uint32_t code = next_code(&text, &len);
        bool bidi = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
        if (code == '\n' || code == '\r' || code == '\t')
            cm_buffer_byte(out, ' ');
        else if (code == CM_UTF8_INVALID || code < 0x20 || (code >= 0x7F && code < 0xA0) || bidi)
            cm_buffer_text(out, "\xEF\xBF\xBD");
        else
            cm_buffer_append(out, at, len);
    }
}

static unsigned code_columns(uint32_t code)
{
    if ((code >= 0x300 && code <= 0x36F) || code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F))
        return 0;
    bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) || (code >= 0xAC00 && code <= 0xD7A3) ||
                (code >= 0xF900 && code <= 0xFAFF) || (code >= 0xFF00 && code <= 0xFF60) || (code >= 0x1F300 && code <= 0x1FAFF);
    return wide ? 2 : 1;
}

unsigned cm_text_columns(struct cm_span text)
{
    unsigned columns = 0, len;
    while (text.len > 0)
        columns += code_columns(next_code(&text, &len));
    return columns;
}

void cm_text_pad(struct cm_buffer *out, struct cm_span text, unsigned columns)
{
    unsigned used = 0, len;
    bool cut = cm_text_columns(text) > columns;
    while (text.len > 0) {
        const char *at = text.ptr;
        unsigned width = code_columns(next_code(&text, &len));
        if (used + width + cut > columns)
            break;
        cm_buffer_append(out, at, len);
        used += width;
    }
    if (cut) {
        cm_buffer_text(out, "…");
        used++;
    }
    for (; used < columns; used++)
        cm_buffer_byte(out, ' ');
}

void cm_text_wrap(struct cm_buffer *out, struct cm_span text, unsigned column, unsigned indent, unsigned columns)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    bool first = true;
    cm_text_clean(&clean, text);
    struct cm_span rest = cm_buffer_view(&clean);
    while (rest.len > 0) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        struct cm_span word = {rest.ptr, space ? (size_t)(space - rest.ptr) : rest.len};
        unsigned width = cm_text_columns(word);
        if (column > indent && column + !first + width > columns) {
            cm_buffer_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first && column > indent) {
            cm_buffer_byte(out, ' ');
            column++;
        }
        first = false;
        cm_buffer_span(out, word);
        column += width;
        rest.ptr += word.len + (space != NULL);
        rest.len -= word.len + (space != NULL);
    }
    if (cm_buffer_status(&clean) != CM_OK)
        out->failed = true;
    cm_buffer_free(&clean);
}

void cm_text_cut(struct cm_buffer *out, struct cm_span text, unsigned columns)
{
    if (cm_text_columns(text) > columns)
        cm_text_pad(out, text, columns);
    else
        cm_buffer_span(out, text);
}

void cm_text_duration(struct cm_buffer *out, double seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    if (seconds < 10) {
        bool whole = seconds - (double)(uint64_t)seconds < 0.05;
        cm_buffer_printf(out, "%.*f s", whole ? 0 : 1, seconds);
        return;
    }
    uint64_t left = (uint64_t)(seconds + 0.5);
    unsigned told = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && told < 2; i++) {
        uint64_t count = left / units[i].seconds;
        if (count == 0 && told == 0)
            continue;
        if (count > 0)
            cm_buffer_printf(out, "%s%llu %s", told ? " " : "", (unsigned long long)count, units[i].name);
        left %= units[i].seconds;
        told++;
    }
}

void cm_text_number(struct cm_buffer *out, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            cm_buffer_byte(out, ',');
        cm_buffer_byte(out, digits[i]);
    }
}
