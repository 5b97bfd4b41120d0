/* Where sentences, clauses and quotations end and begin. */
#include "text/folding.h"

/* Closing quotes, brackets and emoji behind a full stop; more of them are no sentence end. */
#define CLOSERS_MAX 32u

/* "On <date>, <name> <address> wrote:" may be wrapped by mail programs, but not endlessly. */
#define QUOTE_HEADER_MAX_BYTES 320u
#define QUOTE_HEADER_MAX_LINES 3u

/* A quote header within a line must look like one: a date and a time have this many digits. */
#define QUOTE_HEADER_MIN_DIGITS 3u

/* The longest listed abbreviation, stops included ("approx", "e.g"). */
#define ABBREVIATION_MAX_BYTES 16u

bool cm_fold_space_at(const struct cm_folding *text, const char *p)
{
    return p >= text->end || cm_char_is_space(cm_char_here(p, text->end).what);
}

bool cm_fold_space_before(const struct cm_folding *text, const char *p)
{
    if (p == text->text)
        return true;
    do
        p--;
    while (p > text->text && ((unsigned char)*p & 0xC0) == 0x80);
    return cm_char_is_space(cm_char_here(p, text->end).what);
}

void cm_fold_clause_end(struct cm_folding *text)
{
    if (text->token > text->tokens)
        text->token[-1].flags |= CM_TOKEN_CLAUSE_END;
}

void cm_fold_sentence_end(struct cm_folding *text, bool question)
{
    text->fresh = true;
    if (text->token == text->tokens)
        return;
    text->token[-1].flags |= CM_TOKEN_SENTENCE_END | CM_TOKEN_CLAUSE_END | (question ? CM_TOKEN_QUESTION : 0);
    text->out[-1] = '\n';
}

/* The word that ends at p, with stops inside, is a listed abbreviation. */
static bool is_listed_abbreviation(const struct cm_folding *text, const char *p)
{
    char word[ABBREVIATION_MAX_BYTES];
    size_t len = 0;
    while (p > text->text && (cm_is_alnum(p[-1]) || p[-1] == '.')) {
        if (++len > sizeof(word))
            return false;
        p--;
    }
    if (len == 0)
        return false;
    cm_chars_lower((struct cm_span){p, len}, word);
    return cm_lexicon_slot_lists(cm_fold_look_up(text, (struct cm_span){word, len})) & CM_WORD_ABBREVIATION;
}

/* The same, asked of the last token where that is enough: it stands here as it is, and no stop before it. */
static bool is_abbreviation(const struct cm_folding *text, const char *p)
{
    if (text->token == text->tokens)
        return false;
    const struct cm_token *last = &text->token[-1];
    if (text->text + last->end != p)
        return false;
    if (last->changed || (last->start > 0 && text->text[last->start - 1] == '.'))
        return is_listed_abbreviation(text, p);
    return last->lists & CM_WORD_ABBREVIATION;
}

static bool is_question(uint32_t code)
{
    return code == '?' || code == 0xFF1F || (code >= 0x203D && code <= 0x2049);
}

/* What stands at p and behind it up to white space. */
struct terminator {
    const char *stop;  /* the first byte that is no terminator */
    const char *space; /* where white space begins; NULL: it is no sentence end */
    bool question, emoji;
};

static struct terminator look_ahead(const struct cm_folding *text)
{
    struct terminator ahead = {.stop = text->p};
    unsigned closers = 0;
    bool running = true;
    for (const char *p = text->p; closers <= CLOSERS_MAX; closers += !running) {
        if (p >= text->end) {
            ahead.space = p;
            break;
        }
        struct cm_char_here here = cm_char_here(p, text->end);
        bool closes = here.what == CM_CHAR_CLOSER || here.what == CM_CHAR_QUOTE || here.what == CM_CHAR_APOSTROPHE || here.code == ')';
        bool emoji = here.what == CM_CHAR_EMOJI || here.what == CM_CHAR_JOINER;
        if (cm_char_is_space(here.what))
            ahead.space = p;
        if (here.what != CM_CHAR_TERMINATOR && !closes && !emoji)
            break;
        ahead.emoji |= emoji;
        ahead.question |= is_question(here.code);
        running = running && here.what == CM_CHAR_TERMINATOR;
        p += here.len;
        if (running)
            ahead.stop = p;
    }
    return ahead;
}

void cm_fold_terminator(struct cm_folding *text)
{
    const char *start = text->p;
    if (start[1] == ' ' && (unsigned char)*start < 0x80) {
        /* by far the most frequent */
        text->p = start + 1;
        if (*start != '.' || !is_abbreviation(text, start))
            cm_fold_sentence_end(text, *start == '?');
        return;
    }
    struct terminator ahead = look_ahead(text);
    if (!ahead.space || (*start == '.' && ahead.space == start + 1 && is_abbreviation(text, start))) {
        text->p = ahead.stop;
        return;
    }
    text->p = ahead.space;
    if (ahead.emoji) {
        /* emoji before the white space belong to the sentence that ends */
        for (text->p = ahead.stop; text->p < ahead.space;) {
            struct cm_char_here here = cm_char_here(text->p, text->end);
            if (here.what == CM_CHAR_EMOJI)
                cm_fold_emoji(text);
            else
                text->p += here.len;
        }
    }
    cm_fold_sentence_end(text, ahead.question);
}

void cm_fold_dash(struct cm_folding *text)
{
    const char *start = text->p;
    unsigned dashes = 0;
    bool em = false;
    while (text->p < text->end) {
        struct cm_char_here here = cm_char_here(text->p, text->end);
        if (here.what != CM_CHAR_HYPHEN && here.what != CM_CHAR_EM_DASH)
            break;
        em |= here.what == CM_CHAR_EM_DASH;
        dashes++;
        text->p += here.len;
    }
    if (em || dashes > 1 || (cm_fold_space_before(text, start) && cm_fold_space_at(text, text->p)))
        cm_fold_clause_end(text);
}

static bool starts_with(const struct cm_folding *text, const char *p, struct cm_span what)
{
    return (size_t)(text->end - p) >= what.len && memcmp(p, what.ptr, what.len) == 0;
}

/* The colon of "wrote:" where a quote header begins at p, else NULL. */
static const char *quote_header(const struct cm_folding *text, const char *p)
{
    const char *end = (size_t)(text->end - p) > QUOTE_HEADER_MAX_BYTES ? p + QUOTE_HEADER_MAX_BYTES : text->end;
    unsigned lines = 0, digits = 0;
    for (; p < end && lines < QUOTE_HEADER_MAX_LINES; p++) {
        lines += *p == '\n';
        digits += cm_is_digit(*p);
        if (*p != 'w' || !starts_with(text, p, CM_SPAN("wrote:")) || !cm_fold_space_before(text, p))
            continue;
        const char *rest = p + 6;
        while (rest < text->end && (*rest == ' ' || *rest == '\t' || *rest == '\r'))
            rest++;
        if (rest == text->end || *rest == '\n' || (digits >= QUOTE_HEADER_MIN_DIGITS && rest > p + 6))
            return p + 5;
    }
    return NULL;
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
    if (!text->quoted_rest && !text->quoted_from && starts_with(text, p, CM_SPAN("On ")))
        text->quoted_from = quote_header(text, p);
    text->flags = quoted || text->quoted_rest ? CM_TOKEN_QUOTED : 0;
}
