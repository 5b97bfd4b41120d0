#include "base/utf8.h"
#include "page/page.h"

#define CM_PAGE_REPLACEMENT "\xEF\xBF\xBD"

static const char *entity_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/*
 * Neither HTML nor XML may hold these: C0 but for white space, DEL and C1, surrogates (bad UTF-8 already) and non-characters. Those that
 * turn the direction of text go too: one of them in a quote would turn the rest of the page's line.
 */
static bool is_forbidden(uint32_t code)
{
    if (code < 0x20)
        return code != '\t' && code != '\n';
    if (code >= 0x7F && code <= 0x9F)
        return true;
    if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069))
        return true;
    return code == CM_UTF8_INVALID || (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

void cm_page_escape(struct cm_buffer *out, struct cm_span text)
{
    const char *p = text.ptr, *end = text.ptr + text.len, *plain = p;
    while (p < end) {
        unsigned taken;
        uint32_t code = cm_utf8_decode(p, end, &taken);
        const char *instead = code < 0x80 ? entity_of((char)code) : NULL;
        if (!instead && is_forbidden(code))
            instead = code == '\r' ? "\n" : CM_PAGE_REPLACEMENT;
        if (instead) {
            cm_buffer_append(out, plain, (size_t)(p - plain));
            cm_buffer_text(out, instead);
            plain = p + taken;
        }
        p += taken;
    }
    cm_buffer_append(out, plain, (size_t)(p - plain));
}
