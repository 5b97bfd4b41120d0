/* Letters with stops: "U.S.", "e.g.", "J. R. Smith". rules/REFERENCE.md has the rules in words. */
#include "text/folding.h"

/* The longest run of letters and stops that is one token, a longer one is several; listed abbreviations are shorter ("approx", "ph.d"). */
#define DOTTED_MAX_BYTES 16u

/* A capitalised word is looked up whole up to this length; names longer than any word of the lists are names. */
#define NAME_MAX_BYTES 24u

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return cm_char_ascii[(unsigned char)c] == CM_CHAR_LETTER;
}

/* The end of the word of ASCII letters, digits and inner stops at p, or a byte too far where it is too long. */
static const char *run_end(const char *p)
{
    const char *start = p;
    while ((cm_is_alnum(*p) || (*p == '.' && cm_is_alnum(p[1]))) && (size_t)(p - start) <= DOTTED_MAX_BYTES)
        p++;
    return p;
}

/* The end of the single letters with stops between them at p (u.s of "u.s.the"), two or more, as many as fit; else p. */
static const char *letters_end(const struct cm_folding *text, const char *p)
{
    const char *end = p;
    for (const char *letter = p; is_letter(*letter) && (size_t)(letter - p) < DOTTED_MAX_BYTES; letter += 2) {
        const char *next = letter + 1;
        if (next < text->end && cm_char_is_word(cm_char_here(next, text->end).what))
            break;
        end = letter + 1;
        if (*next != '.')
            break;
    }
    return end > p + 1 ? end : p;
}

bool cm_fold_dotted(struct cm_folding *text)
{
    const char *end = run_end(text->p);
    char key[DOTTED_MAX_BYTES];
    const struct cm_lexicon_slot *slot = NULL;
    struct cm_span word = {key, 0};
    bool whole = (size_t)(end - text->p) <= sizeof(key) && (end >= text->end || !cm_char_is_word(cm_char_here(end, text->end).what));
    if (whole) {
        word.len = cm_chars_lower((struct cm_span){text->p, (size_t)(end - text->p)}, key);
        slot = cm_fold_look_up(text, word);
    }
    if (!(cm_lexicon_slot_lists(slot) & CM_WORD_ABBREVIATION)) {
        end = letters_end(text, text->p);
        if (end == text->p)
            return false;
        word.len = cm_chars_lower((struct cm_span){text->p, (size_t)(end - text->p)}, key);
        slot = cm_fold_look_up(text, word);
    }
    struct cm_span source = {text->p, (size_t)(end - text->p)};
    text->p = end;
    if (slot && slot->meta & CM_SLOT_FOLDS)
        cm_fold_emit_entry(text, CM_TOKEN_WORD, source, cm_lexicon_slot_entry(text->table, slot));
    else
        cm_fold_emit(text, CM_TOKEN_WORD, source, word, cm_lexicon_slot_lists(slot) | CM_WORD_ABBREVIATION);
    return true;
}

/* A capital letter alone, with a stop. */
static bool is_letter_with_stop(const struct cm_folding *text, const char *p)
{
    return is_upper(*p) && p[1] == '.' && (p == text->text || !cm_is_alnum(p[-1]));
}

/* A capitalised word that no list says is none of a name, or a letter with a stop. */
static bool is_name_at(const struct cm_folding *text, const char *p)
{
    if (is_letter_with_stop(text, p))
        return *p != 'I';
    if ((unsigned char)*p >= 0x80 && p < text->end) {
        struct cm_char_here here = cm_char_here(p, text->end);
        return here.what == CM_CHAR_LETTER && cm_char_lower(here.code) != here.code;
    }
    const char *end = p;
    while (cm_is_alnum(*end))
        end++;
    size_t len = (size_t)(end - p);
    if (!is_upper(*p) || (len == 1 && *end != '\''))
        return false;
    if (len > NAME_MAX_BYTES)
        return true;
    if (len > 1 && is_upper(p[1]))
        return false; /* shouting tells nothing */
    char word[NAME_MAX_BYTES];
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, (struct cm_span){word, cm_chars_lower((struct cm_span){p, len}, word)});
    return !slot || !(slot->meta & (CM_SLOT_FOLDS | CM_WORD_NOT_NAME | CM_WORD_STOP));
}

/* An initial stands before p, with blanks between. */
static bool follows_initial(const struct cm_folding *text, const char *p)
{
    const char *before = p;
    while (before > text->text && before[-1] == ' ')
        before--;
    return before - text->text >= 2 && before < p && before[-1] == '.' && is_letter_with_stop(text, before - 2);
}

bool cm_fold_is_initial(const struct cm_folding *text, const char *p)
{
    if (!is_letter_with_stop(text, p))
        return false;
    const char *next = p + 2;
    while (*next == ' ')
        next++;
    bool follows = follows_initial(text, p);
    if (follows && next > p + 2 && is_letter(*next) && !is_upper(*next))
        return true; /* the last of several: "Smith J. R. said" */
    return (*p != 'I' || follows) && is_name_at(text, next);
}
