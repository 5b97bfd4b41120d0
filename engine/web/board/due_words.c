#include "board/due_words.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'z';
}

static int spelled(const char *text)
{
    static const char *const names[] = {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                                        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                                        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const struct {
        const char *name;
        int number;
    } tens[] = {{"twenty", 20}, {"thirty", 30}, {"forty", 40}, {"fifty", 50}, {"sixty", 60}};
    for (int i = 0; i < 20; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    for (size_t i = 0; i < sizeof tens / sizeof *tens; i++)
        if (strcmp(text, tens[i].name) == 0)
            return tens[i].number;
    return -1;
}

static size_t read_letters(struct cm_span text, size_t at, struct cm_due_word *word)
{
    size_t len = 0;
    for (; at < text.len && is_letter(text.ptr[at]); at++, len++)
        if (len < CM_DUE_WORD_MAX_BYTES)
            word->text[len] = (char)(text.ptr[at] | 0x20);
    if (len > CM_DUE_WORD_MAX_BYTES)
        len = 0;
    word->text[len] = '\0';
    word->number = spelled(word->text);
    word->spelled = word->number >= 0;
    return at;
}

static int digits(struct cm_span text, size_t *at)
{
    int number = 0;
    for (; *at < text.len && is_digit(text.ptr[*at]); (*at)++)
        number = number < 100000 ? number * 10 + (text.ptr[*at] - '0') : number;
    return number;
}

static bool at_is(struct cm_span text, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at + len <= text.len && strncmp(text.ptr + at, word, len) == 0 && (at + len == text.len || !is_letter(text.ptr[at + len]));
}

/* "pm", "p.m.", " pm" behind a number. */
static size_t read_half_day(struct cm_span text, size_t at, struct cm_due_word *word)
{
    static const char *const names[] = {"am", "pm", "a.m", "p.m", "AM", "PM", "A.M", "P.M"};
    size_t from = at + (at < text.len && text.ptr[at] == ' ');
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (at_is(text, from, names[i])) {
            word->half_day = (char)(names[i][0] | 0x20);
            from += strlen(names[i]);
            return from + (from < text.len && text.ptr[from] == '.');
        }
    return at;
}

static size_t read_number(struct cm_span text, size_t at, struct cm_due_word *word)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    word->padded = text.ptr[at] == '0';
    word->number = digits(text, &at);
    bool minutes =
        at + 2 < text.len && (text.ptr[at] == ':' || text.ptr[at] == '.') && is_digit(text.ptr[at + 1]) && is_digit(text.ptr[at + 2]);
    if (minutes && (at + 3 == text.len || !is_digit(text.ptr[at + 3]))) {
        at++;
        word->minutes = digits(text, &at);
    }
    for (size_t i = 0; i < sizeof ordinals / sizeof *ordinals; i++)
        word->ordinal |= at_is(text, at, ordinals[i]);
    return read_half_day(text, word->ordinal ? at + 2 : at, word);
}

/* A hyphen or a dash between two numbers. */
static bool is_range(struct cm_span text, size_t at)
{
    size_t behind = at + 1;
    if (at + 2 < text.len && memcmp(text.ptr + at, "\xE2\x80\x93", 3) == 0)
        behind = at + 3;
    else if (text.ptr[at] != '-')
        return false;
    return at > 0 && is_digit(text.ptr[at - 1]) && behind < text.len && is_digit(text.ptr[behind]);
}

size_t cm_due_words(struct cm_span text, struct cm_due_word list[CM_DUE_WORDS_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < text.len && count < CM_DUE_WORDS_MAX;) {
        struct cm_due_word word = {.number = -1, .minutes = -1};
        if (is_letter(text.ptr[at])) {
            at = read_letters(text, at, &word);
        } else if (is_digit(text.ptr[at])) {
            at = read_number(text, at, &word);
        } else if (is_range(text, at)) {
            memcpy(word.text, "to", sizeof "to");
            at++;
        } else {
            at++;
            continue;
        }
        list[count++] = word;
    }
    return count;
}
