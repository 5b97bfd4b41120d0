/* What is quoted from another message: lines of mail, and all behind a header. rules/REFERENCE.md has the rules in words. */
#include "text/folding.h"

/* "On <date>, <name> <address> wrote:" may be wrapped by mail programs, but not endlessly. */
#define HEADER_MAX_BYTES 320u
#define HEADER_MAX_LINES 3u

/* Within a line "on" in small letters is speech, unless a date and a time are there: so many digits. */
#define HEADER_MIN_DIGITS 3u

/* Bytes of a weekday or month, and of the pronouns of speech. */
#define DATE_WORD_MAX_BYTES 9u
#define DATE_WORD_MIN_BYTES 3u
#define PRONOUN_MAX_BYTES 4u

static bool starts_with(const struct cm_folding *text, const char *p, struct cm_span what)
{
    return (size_t)(text->end - p) >= what.len && memcmp(p, what.ptr, what.len) == 0;
}

/* The ASCII word at p in simple lower case, at most max bytes; 0: it is longer, or none. */
static size_t short_word(const char *p, char *out, size_t max)
{
    size_t len = 0;
    for (; cm_is_alnum(p[len]); len++) {
        if (len == max)
            return 0;
        out[len] = (char)(p[len] | 0x20);
    }
    return len;
}

/* A weekday or month, of three letters or more (Mon, Tues, Sept). */
static bool is_date_word(const char *p)
{
    static const char *const words[] = {"monday",  "tuesday",   "wednesday", "thursday", "friday",  "saturday", "sunday",
                                        "january", "february",  "march",     "april",    "may",     "june",     "july",
                                        "august",  "september", "october",   "november", "december"};
    char word[DATE_WORD_MAX_BYTES];
    size_t len = short_word(p, word, sizeof(word));
    for (size_t i = 0; len >= DATE_WORD_MIN_BYTES && i < sizeof(words) / sizeof(words[0]); i++) {
        if (cm_span_starts_with(cm_span_of(words[i]), (struct cm_span){word, len}))
            return true;
    }
    return false;
}

/* "on" at p, and a date right behind it. */
static bool is_header_start(const struct cm_folding *text, const char *p)
{
    if ((p[0] | 0x20) != 'o' || p[1] != 'n' || !cm_char_is_space(cm_char_ascii[(unsigned char)p[2]]) || !cm_fold_space_before(text, p))
        return false;
    p += 2;
    while (p < text->end && cm_char_is_space(cm_char_ascii[(unsigned char)*p]))
        p++;
    char the[DATE_WORD_MIN_BYTES];
    if (short_word(p, the, sizeof(the)) == 3 && memcmp(the, "the", 3) == 0 && p[3] == ' ')
        p += 4;
    return cm_is_digit(*p) || is_date_word(p);
}

static bool is_line_start(const struct cm_folding *text, const char *p)
{
    while (p > text->text && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    return p == text->text || p[-1] == '\n' || p[-1] == '\r';
}

/* A mark at p that ends a sentence: what stands before it is no part of a header. */
static bool ends_header(const struct cm_folding *text, const char *p)
{
    if (!cm_fold_space_at(text, p + 1))
        return false;
    if (*p == '!' || *p == '?')
        return true;
    if (*p != '.' || p == text->text)
        return false;
    bool letter = cm_is_alnum(p[-1]) && (p - 1 == text->text || !cm_is_alnum(p[-2]));
    return !letter && !cm_is_digit(p[-1]) && !cm_fold_is_abbreviation(text, p);
}

/* Who tells of himself or of others (on Monday I wrote: ...) quotes no mail. */
static bool is_pronoun_before(const struct cm_folding *text, const char *p)
{
    static const char *const pronouns[] = {"i", "we", "he", "she", "they", "it", "who"};
    while (p > text->text && cm_char_is_space(cm_char_ascii[(unsigned char)p[-1]]))
        p--;
    const char *end = p;
    while (p > text->text && cm_is_alnum(p[-1]) && (size_t)(end - p) <= PRONOUN_MAX_BYTES)
        p--;
    char word[PRONOUN_MAX_BYTES];
    size_t len = short_word(p, word, sizeof(word));
    for (size_t i = 0; i < sizeof(pronouns) / sizeof(pronouns[0]); i++) {
        if (cm_span_equal((struct cm_span){word, len}, cm_span_of(pronouns[i])))
            return true;
    }
    return false;
}

/* "On <date> ... " stands before wrote. */
static bool has_header_start(const struct cm_folding *text, const char *wrote)
{
    const char *least = (size_t)(wrote - text->text) > HEADER_MAX_BYTES ? wrote - HEADER_MAX_BYTES : text->text;
    unsigned lines = 1, digits = 0;
    for (const char *p = wrote; p-- > least && lines <= HEADER_MAX_LINES;) {
        lines += *p == '\n';
        digits += cm_is_digit(*p);
        if (cm_char_ascii[(unsigned char)*p] == CM_CHAR_TERMINATOR && ends_header(text, p))
            return false;
        if (is_header_start(text, p) && (*p == 'O' || digits >= HEADER_MIN_DIGITS || is_line_start(text, p)))
            return true;
    }
    return false;
}

void cm_fold_colon(struct cm_folding *text)
{
    static const char wrote[] = "wrote";
    const ptrdiff_t len = sizeof(wrote) - 1;
    const char *p = text->p - text->text > len ? text->p - len : text->p;
    if (text->quoted_rest || memcmp(p, wrote, (size_t)len) != 0 || !cm_fold_space_before(text, p))
        return;
    if (is_pronoun_before(text, p) || !has_header_start(text, p))
        return;
    text->quoted_rest = true;
    text->flags = CM_TOKEN_QUOTED;
}

/* "-----Original Message-----" and its like. */
static bool is_quote_rule(const struct cm_folding *text, const char *p)
{
    const char *start = p;
    while (p < text->end && *p == '-')
        p++;
    if (p < start + 2)
        return false;
    while (p < text->end && *p == ' ')
        p++;
    char line[24] = {0};
    size_t len = (size_t)(text->end - p) < sizeof(line) ? (size_t)(text->end - p) : sizeof(line);
    len = cm_chars_lower((struct cm_span){p, cm_utf8_floor(p, (size_t)(text->end - p), len)}, line);
    struct cm_span head = {line, len};
    return cm_span_starts_with(head, CM_SPAN("original message")) || cm_span_starts_with(head, CM_SPAN("forwarded message"));
}

void cm_fold_line_start(struct cm_folding *text)
{
    const char *p = text->p;
    while (p < text->end && (*p == ' ' || *p == '\t'))
        p++;
    bool quoted = p < text->end && *p == '>' && !starts_with(text, p, CM_SPAN(">:"));
    if (p < text->end && *p == '-' && is_quote_rule(text, p))
        text->quoted_rest = true;
    text->flags = quoted || text->quoted_rest ? CM_TOKEN_QUOTED : 0;
}
