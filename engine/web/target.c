#include "web/target.h"

#include "base/utf8.h"

#define INTERACTIONS CM_SPAN("/api/interactions/")

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The byte that begins at *at, which is moved on; -1: none does. */
static int decode_byte(struct cm_span text, size_t *at, bool plus)
{
    char byte = text.ptr[(*at)++];
    if (byte == '+' && plus)
        return ' ';
    if (byte != '%')
        return (unsigned char)byte > ' ' && byte != 0x7F ? (unsigned char)byte : -1;
    if (text.len - *at < 2)
        return -1;
    int high = hex(text.ptr[*at]), low = hex(text.ptr[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 || (high | low) == 0 ? -1 : high << 4 | low;
}

enum cm_target_fault cm_target_decode(struct cm_span text, bool plus, char *out, struct cm_span *decoded)
{
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        int byte = decode_byte(text, &at, plus);
        if (byte < 0)
            return CM_TARGET_BAD;
        if (len == CM_TARGET_NAME_BYTES_MAX)
            return CM_TARGET_LONG;
        out[len++] = (char)byte;
    }
    *decoded = (struct cm_span){out, len};
    return cm_utf8_valid_prefix(out, len) == len ? CM_TARGET_OK : CM_TARGET_BAD;
}

static struct cm_span until(struct cm_span text, char end)
{
    const char *found = text.len ? memchr(text.ptr, end, text.len) : NULL;
    return (struct cm_span){text.ptr, found ? (size_t)(found - text.ptr) : text.len};
}

static struct cm_span behind(struct cm_span text, size_t len)
{
    len = len < text.len ? len : text.len;
    return (struct cm_span){text.ptr + len, text.len - len};
}

/* Parameters of others (a theme, say) are the page's affair; of two queues nobody knows which is meant. */
static enum cm_target_fault parse_query(struct cm_span query, struct cm_target *out)
{
    bool seen = false;
    while (query.len) {
        struct cm_span pair = until(query, '&'), name = until(pair, '=');
        query = behind(query, pair.len + 1);
        if (!cm_span_equal(name, CM_SPAN("queue")))
            continue;
        if (seen)
            return CM_TARGET_BAD;
        seen = true;
        enum cm_target_fault fault = cm_target_decode(behind(pair, name.len + 1), true, out->names[0], &out->queue);
        if (fault != CM_TARGET_OK)
            return fault;
        if (out->queue.len == 0)
            out->queue.ptr = NULL;
    }
    return CM_TARGET_OK;
}

static bool printable(struct cm_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7F)
            return false;
    return true;
}

enum cm_target_fault cm_target_parse(struct cm_span text, struct cm_target *out)
{
    *out = (struct cm_target){.path = until(text, '?')};
    if (text.len > CM_TARGET_BYTES_MAX)
        return CM_TARGET_LONG;
    if (text.len == 0 || text.ptr[0] != '/' || !printable(text))
        return CM_TARGET_BAD;
    enum cm_target_fault fault = parse_query(behind(text, out->path.len + 1), out);
    if (fault == CM_TARGET_OK && cm_span_starts_with(out->path, INTERACTIONS)) {
        fault = cm_target_decode(behind(out->path, INTERACTIONS.len), false, out->names[1], &out->id);
        if (out->id.len == 0)
            out->id.ptr = NULL;
    }
    return fault;
}
