/* Where sentences and clauses end. */
#include "text/folding.h"

/* Closing quotes, brackets and emoji behind a full stop; more of them are no sentence end. */
#define CLOSERS_MAX 32u

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

bool cm_fold_is_abbreviation(const struct cm_folding *text, const char *p)
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

/* No sentence ends at the stop at p. The last token is asked where that is enough: it stands here as it is, and no stop before it. */
static bool is_abbreviation(const struct cm_folding *text, const char *p)
{
    if (text->token == text->tokens)
        return false;
    const struct cm_token *last = &text->token[-1];
    if (text->text + last->end != p)
        return false;
    if (last->changed || (last->start > 0 && text->text[last->start - 1] == '.'))
        return cm_fold_is_abbreviation(text, p);
    if (last->len == 1 && cm_fold_is_initial(text, p - 1))
        return true;
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
    if (!ahead.space || (*start == '.' && ahead.stop == start + 1 && is_abbreviation(text, start))) {
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
