#include "base/utf8.h"

#include <string.h>

uint32_t cm_utf8_decode(const char *p, const char *end, unsigned *len)
{
    unsigned char lead = (unsigned char)*p;
    *len = 1;
    if (lead < 0x80)
        return lead;

    /* the second byte's range rules out overlong forms, surrogates and beyond U+10FFFF */
    unsigned more;
    unsigned char low = 0x80, high = 0xBF;
    uint32_t code;
    if (lead >= 0xC2 && lead <= 0xDF) {
        more = 1;
        code = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        more = 2;
        code = lead & 0x0Fu;
        if (lead == 0xE0)
            low = 0xA0;
        else if (lead == 0xED)
            high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        more = 3;
        code = lead & 0x07u;
        if (lead == 0xF0)
            low = 0x90;
        else if (lead == 0xF4)
            high = 0x8F;
    } else {
        return CM_UTF8_INVALID;
    }
    for (unsigned i = 1; i <= more; i++) {
        if (p + i >= end)
            return CM_UTF8_INVALID;
        unsigned char byte = (unsigned char)p[i];
        if (byte < low || byte > high)
            return CM_UTF8_INVALID;
        low = 0x80;
        high = 0xBF;
        code = (code << 6) | (byte & 0x3Fu);
        *len = i + 1;
    }
    return code;
}

unsigned cm_utf8_encode(uint32_t code, char out[CM_UTF8_MAX_BYTES])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t cm_utf8_floor(const char *text, size_t len, size_t at)
{
    if (at >= len)
        return len;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

size_t cm_utf8_valid_prefix(const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    while (p < end) {
        uint64_t word;
        if (end - p >= 8) {
            memcpy(&word, p, 8);
            if (!(word & UINT64_C(0x8080808080808080))) {
                p += 8;
                continue;
            }
        }
        unsigned taken;
        if (cm_utf8_decode(p, end, &taken) == CM_UTF8_INVALID)
            break;
        p += taken;
    }
    return (size_t)(p - text);
}
