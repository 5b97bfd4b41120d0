#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct reader {
    struct cm_arena *arena;
    const char *begin, *at, *end;
    unsigned depth;
};

static enum cm_status value(struct reader *reader, struct cm_json *out);

static void skip(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t'))
        reader->at++;
}

static bool take(struct reader *reader, char byte)
{
    skip(reader);
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

static bool hex4(struct reader *reader, uint32_t *out)
{
    *out = 0;
    if (reader->end - reader->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *reader->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        else
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

/* Behind a backslash; writes what it stands for. */
static bool escape(struct reader *reader, char **to)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char letter = reader->at < reader->end ? *reader->at++ : '\0';
    const char *known = letter ? strchr(letters, letter) : NULL;
    uint32_t code, low;
    if (known) {
        *(*to)++ = values[known - letters];
        return true;
    }
    if (letter != 'u' || !hex4(reader, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u')
            return false;
        reader->at += 2;
        if (!hex4(reader, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        return false;
    }
    *to += cm_utf8_encode(code, *to);
    return true;
}

static enum cm_status string(struct reader *reader, struct cm_span *out)
{
    if (!take(reader, '"'))
        return CM_EINPUT;
    const char *start = reader->at, *stop = start;
    while (stop < reader->end && *stop != '"')
        stop += *stop == '\\' ? 2 : 1;
    if (stop >= reader->end)
        return CM_EINPUT;
    char *bytes = cm_arena_alloc(reader->arena, (size_t)(stop - start) + 1), *to = bytes;
    if (!bytes)
        return CM_ENOMEM;
    while (reader->at < stop) {
        char c = *reader->at;
        if ((unsigned char)c < 0x20)
            return CM_EINPUT;
        reader->at++;
        if (c != '\\')
            *to++ = c;
        else if (!escape(reader, &to))
            return CM_EINPUT;
    }
    reader->at = stop + 1;
    *out = (struct cm_span){bytes, (size_t)(to - bytes)};
    return CM_OK;
}

/* Members or items, up to the closing bracket. */
static enum cm_status children(struct reader *reader, struct cm_json *parent, char close)
{
    struct cm_json **last = &parent->child;
    if (reader->depth == CM_JSON_TREE_DEPTH_MAX)
        return CM_EINPUT;
    reader->depth++;
    bool more = !take(reader, close);
    while (more) {
        struct cm_json *child = cm_arena_calloc(reader->arena, 1, sizeof *child);
        if (!child)
            return CM_ENOMEM;
        enum cm_status status = CM_OK;
        if (close == '}') {
            status = string(reader, &child->key);
            if (status == CM_OK && !take(reader, ':'))
                status = CM_EINPUT;
        }
        if (status == CM_OK)
            status = value(reader, child);
        if (status != CM_OK)
            return status;
        *last = child;
        last = &child->next;
        more = take(reader, ',');
        if (!more && !take(reader, close))
            return CM_EINPUT;
    }
    reader->depth--;
    return CM_OK;
}

static bool digits(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static bool byte(struct reader *reader, const char *any)
{
    bool found = reader->at < reader->end && *reader->at && strchr(any, *reader->at);
    reader->at += found;
    return found;
}

/* RFC 8259: no leading zeros, digits on both sides of the point. */
static bool number(struct reader *reader, struct cm_json *out)
{
    const char *start = reader->at;
    byte(reader, "-");
    if (!byte(reader, "0") && !digits(reader))
        return false;
    if (byte(reader, ".") && !digits(reader))
        return false;
    if (byte(reader, "eE")) {
        byte(reader, "+-");
        if (!digits(reader))
            return false;
    }
    out->kind = CM_JSON_NUMBER;
    out->text = (struct cm_span){start, (size_t)(reader->at - start)};
    return true;
}

static enum cm_status word(struct reader *reader, struct cm_json *out)
{
    static const struct {
        struct cm_span text;
        enum cm_json_kind kind;
    } words[] = {{{"null", 4}, CM_JSON_NULL}, {{"false", 5}, CM_JSON_FALSE}, {{"true", 4}, CM_JSON_TRUE}};
    struct cm_span rest = {reader->at, (size_t)(reader->end - reader->at)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cm_span_starts_with(rest, words[i].text)) {
            out->kind = words[i].kind;
            reader->at += words[i].text.len;
            return CM_OK;
        }
    return number(reader, out) ? CM_OK : CM_EINPUT;
}

static enum cm_status value(struct reader *reader, struct cm_json *out)
{
    skip(reader);
    out->at = (size_t)(reader->at - reader->begin);
    if (reader->at == reader->end)
        return CM_EINPUT;
    if (*reader->at == '"') {
        out->kind = CM_JSON_STRING;
        return string(reader, &out->text);
    }
    if (take(reader, '{')) {
        out->kind = CM_JSON_OBJECT;
        return children(reader, out, '}');
    }
    if (take(reader, '[')) {
        out->kind = CM_JSON_ARRAY;
        return children(reader, out, ']');
    }
    return word(reader, out);
}

enum cm_status cm_json_parse(struct cm_arena *arena, struct cm_span text, struct cm_json **out, size_t *fault)
{
    text = text.ptr ? text : CM_SPAN("");
    struct reader reader = {.arena = arena, .begin = text.ptr, .at = text.ptr, .end = text.ptr + text.len};
    *out = cm_arena_calloc(arena, 1, sizeof **out);
    if (!*out)
        return CM_ENOMEM;
    enum cm_status status = value(&reader, *out);
    if (status == CM_OK)
        skip(&reader);
    if (fault)
        *fault = (size_t)(reader.at - reader.begin);
    return status == CM_OK && reader.at != reader.end ? CM_EINPUT : status;
}

const struct cm_json *cm_json_get(const struct cm_json *json, const char *key)
{
    if (!json || json->kind != CM_JSON_OBJECT)
        return NULL;
    for (const struct cm_json *child = json->child; child; child = child->next)
        if (cm_span_equal(child->key, cm_span_of(key)))
            return child->kind == CM_JSON_NULL ? NULL : child;
    return NULL;
}

struct cm_span cm_json_text(const struct cm_json *json, const char *key)
{
    const struct cm_json *found = cm_json_get(json, key);
    bool text = found && (found->kind == CM_JSON_STRING || found->kind == CM_JSON_NUMBER);
    return text ? found->text : (struct cm_span){NULL, 0};
}

bool cm_json_double(const struct cm_json *json, double *out)
{
    char text[64];
    if (!json || json->kind != CM_JSON_NUMBER || json->text.len >= sizeof text)
        return false;
    memcpy(text, json->text.ptr, json->text.len);
    text[json->text.len] = '\0';
    *out = strtod(text, NULL);
    return true;
}

uint64_t cm_json_number(const struct cm_json *json, const char *key, uint64_t otherwise)
{
    struct cm_span text = cm_json_text(json, key);
    uint64_t number = 0;
    if (text.len == 0)
        return otherwise;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || number > (UINT64_MAX - 9) / 10)
            return otherwise;
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return number;
}
