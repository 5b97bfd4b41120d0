/* URLs and e-mail addresses. */
#include "text/folding.h"

/* RFC 5321 and RFC 1035: nothing longer is an address, so no scan is longer either. */
#define LOCAL_PART_MAX_BYTES 64u
#define DOMAIN_MAX_BYTES 253u
#define SCHEME_MAX_BYTES 16u

static const char *limit(const struct cm_folding *text, const char *p, size_t max)
{
    return (size_t)(text->end - p) > max ? p + max : text->end;
}

/*
 * The end of the domain at p: labels of letters, digits and inner hyphens, two
 * or more. *top is its last label. NULL: none.
 */
static const char *domain_end(const struct cm_folding *text, const char *p, struct cm_span *top)
{
    const char *end = limit(text, p, DOMAIN_MAX_BYTES), *label = p;
    unsigned labels = 0;
    for (;;) {
        while (p < end && (cm_is_alnum(*p) || (*p == '-' && p > label && p + 1 < end && cm_is_alnum(p[1]))))
            p++;
        if (p == label)
            return NULL;
        labels++;
        *top = (struct cm_span){label, (size_t)(p - label)};
        if (p + 1 >= end || *p != '.' || !cm_is_alnum(p[1]))
            break;
        label = ++p;
    }
    for (size_t i = 0; i < top->len; i++) {
        if (cm_char_ascii[(unsigned char)top->ptr[i]] != CM_CHAR_LETTER)
            return NULL;
    }
    return labels >= 2 && top->len >= 2 ? p : NULL;
}

static bool is_local_char(char c)
{
    return cm_is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

static const char *email_end(struct cm_folding *text)
{
    if (text->has_at < 0)
        text->has_at = memchr(text->text, '@', (size_t)(text->end - text->text)) != NULL;
    if (!text->has_at)
        return NULL;
    const char *p = text->p, *end = limit(text, p, LOCAL_PART_MAX_BYTES + 1);
    while (p < end && is_local_char(*p))
        p++;
    struct cm_span top;
    return p < end && *p == '@' ? domain_end(text, p + 1, &top) : NULL;
}

static bool stops_url(struct cm_char_here here)
{
    return cm_char_is_space(here.what) || here.what == CM_CHAR_QUOTE || here.code == '<' || here.code == '>';
}

/* From p on, all that belongs to a URL; what ends a sentence or closes a bracket around it does not. */
static const char *url_end(const struct cm_folding *text, const char *p)
{
    const char *start = text->p;
    while (p < text->end) {
        struct cm_char_here here = cm_char_here(p, text->end);
        if (stops_url(here))
            break;
        p += here.len;
    }
    while (p > start + 1 && p[-1] != '\0' && strchr(".,;:!?'*_])}", p[-1])) {
        if (p[-1] == ')' && memchr(start, '(', (size_t)(p - start)))
            break;
        p--;
    }
    return p;
}

/* scheme://, www. or a domain under a listed top domain, with what follows it. */
static const char *address_end(const struct cm_folding *text)
{
    const char *p = text->p, *end = limit(text, p, SCHEME_MAX_BYTES);
    while (p < end && cm_char_ascii[(unsigned char)*p] == CM_CHAR_LETTER)
        p++;
    if (text->end - p > 3 && memcmp(p, "://", 3) == 0 && !stops_url(cm_char_here(p + 3, text->end)))
        return url_end(text, p + 3);
    if (*p != '.' && *p != '-' && !cm_is_digit(*p) && p < end)
        return NULL;
    struct cm_span top;
    const char *domain = domain_end(text, text->p, &top);
    if (!domain || *domain == '@')
        return NULL;
    char word[DOMAIN_MAX_BYTES];
    size_t len = cm_chars_lower(top, word);
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, (struct cm_span){word, len});
    bool www = (text->p[0] | 0x20) == 'w' && (text->p[1] | 0x20) == 'w' && (text->p[2] | 0x20) == 'w' && text->p[3] == '.';
    if (!www && !(cm_lexicon_slot_lists(slot) & CM_WORD_TOP_DOMAIN))
        return NULL;
    if (domain < text->end && (*domain == '/' || *domain == '?' || *domain == '#' || (*domain == ':' && cm_is_digit(domain[1]))))
        return url_end(text, domain);
    /* "word.comé": no domain */
    return domain < text->end && cm_char_is_word(cm_char_here(domain, text->end).what) ? NULL : domain;
}

bool cm_fold_address(struct cm_folding *text)
{
    enum cm_token_class class = CM_TOKEN_EMAIL;
    const char *end = email_end(text);
    if (!end) {
        class = CM_TOKEN_URL;
        end = address_end(text);
    }
    if (!end)
        return false;
    struct cm_span source = {text->p, (size_t)(end - text->p)};
    struct cm_span kept = {source.ptr, cm_utf8_floor(source.ptr, source.len, CM_TOKEN_MAX_BYTES)};
    struct cm_span bytes = {text->stage, cm_chars_lower(kept, text->stage)};
    text->p = end;
    cm_fold_emit(text, class, source, bytes, 0);
    return true;
}
