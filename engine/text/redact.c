#include "text/redact.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "text/chars.h"
#include "text/fold.h"
#include "text/redact_patterns.h"

/* A name of more words is a mistake of the source, and its text is withheld. Bytes are of the folded words together. */
#define NAME_WORDS_MAX 24u
#define NAME_MAX_BYTES ((size_t)512)
#define NAME_WORD_MIN_LETTERS 2u

/* A pattern that needs more than this on 64 KiB is hostile text: the quote is withheld. */
#define MATCH_LIMIT 1000000u
#define DEPTH_LIMIT 10000u
#define HEAP_LIMIT_KIB 8192u
#define JIT_STACK_FIRST_BYTES ((size_t)32 * 1024)
#define JIT_STACK_MAX_BYTES ((size_t)512 * 1024)

/* Digits of a card number, characters of an IBAN (ISO/IEC 7812, ISO 13616). */
#define CARD_MIN_DIGITS 13u
#define CARD_MAX_DIGITS 19u
#define IBAN_MIN_CHARS 15u
#define IBAN_MAX_CHARS 34u

/* Bytes [start, end) become mask. */
struct hidden {
    uint32_t start, end;
    const char *mask; /* the redactor's */
};

struct name_word {
    uint16_t at, len; /* in name */
};

struct cm_redaction {
    const struct cm_redactor *redactor;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    struct cm_span text;
    bool usable; /* the text was looked through to its end */
    struct hidden *hidden;
    size_t hidden_count, hidden_cap;
    char name[NAME_MAX_BYTES];
    struct name_word words[NAME_WORDS_MAX];
    size_t word_count;
    bool starts[256];               /* bytes that a word of the name may begin with */
    char name_read[NAME_MAX_BYTES]; /* the name that words and starts are of: most quotes of an interaction have the same */
    size_t name_read_len;           /* 0: of none */
};

enum cm_status cm_redaction_new(const struct cm_redactor *redactor, struct cm_redaction **out)
{
    struct cm_redaction *redaction = calloc(1, sizeof(*redaction));
    *out = NULL;
    if (!redaction)
        return CM_ENOMEM;
    redaction->redactor = redactor;
    redaction->match = pcre2_match_data_create(1, NULL);
    redaction->context = pcre2_match_context_create(NULL);
    redaction->stack = pcre2_jit_stack_create(JIT_STACK_FIRST_BYTES, JIT_STACK_MAX_BYTES, NULL);
    if (!redaction->match || !redaction->context || !redaction->stack) {
        cm_redaction_free(redaction);
        return CM_ENOMEM;
    }
    pcre2_set_match_limit(redaction->context, MATCH_LIMIT);
    pcre2_set_depth_limit(redaction->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(redaction->context, HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(redaction->context, NULL, redaction->stack);
    *out = redaction;
    return CM_OK;
}

void cm_redaction_free(struct cm_redaction *redaction)
{
    if (!redaction)
        return;
    pcre2_match_data_free(redaction->match);
    pcre2_match_context_free(redaction->context);
    pcre2_jit_stack_free(redaction->stack);
    free(redaction->hidden);
    free(redaction);
}

static enum cm_status hide(struct cm_redaction *redaction, size_t start, size_t end, const char *mask)
{
    if (cm_grow(&redaction->hidden, &redaction->hidden_cap, redaction->hidden_count + 1, sizeof(*redaction->hidden)) != CM_OK)
        return CM_ENOMEM;
    redaction->hidden[redaction->hidden_count++] = (struct hidden){(uint32_t)start, (uint32_t)end, mask};
    return CM_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Luhn's check over the digits of text, which may hold separators. */
static bool passes_luhn(struct cm_span text)
{
    unsigned sum = 0, place = 0;
    for (size_t i = text.len; i > 0; i--) {
        if (!is_digit(text.ptr[i - 1]))
            continue;
        unsigned digit = (unsigned)(text.ptr[i - 1] - '0');
        if (place++ % 2 == 1)
            digit = digit > 4 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* ISO 7064 mod 97-10 over letters and digits, the first four moved to the end. */
static bool passes_mod97(struct cm_span text)
{
    unsigned rest = 0;
    for (unsigned round = 0; round < 2; round++) {
        unsigned seen = 0;
        for (size_t i = 0; i < text.len; i++) {
            char c = text.ptr[i];
            if (!is_alnum(c) || (seen++ < 4) != (round == 1))
                continue;
            unsigned value = is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
        }
    }
    return rest == 1;
}

/* A candidate's characters that count, as offsets; groups begin where separators stood. */
static bool begins_group(struct cm_span text, size_t i)
{
    return is_alnum(text.ptr[i]) && (i == 0 || !is_alnum(text.ptr[i - 1]));
}

static bool ends_group(struct cm_span text, size_t end)
{
    return is_alnum(text.ptr[end - 1]) && (end == text.len || !is_alnum(text.ptr[end]));
}

/* The longest part from start on that ends with a group, is long enough and passes; 0: none. */
static size_t checked_length(struct cm_span text, size_t start, enum cm_redact_check check)
{
    unsigned least = check == CM_REDACT_LUHN ? CARD_MIN_DIGITS : IBAN_MIN_CHARS;
    unsigned most = check == CM_REDACT_LUHN ? CARD_MAX_DIGITS : IBAN_MAX_CHARS;
    unsigned count = 0;
    size_t longest = 0;
    for (size_t end = start + 1; end <= text.len; end++) {
        count += is_alnum(text.ptr[end - 1]);
        if (count > most)
            break;
        struct cm_span part = {text.ptr + start, end - start};
        if (count >= least && ends_group(text, end) && (check == CM_REDACT_LUHN ? passes_luhn(part) : passes_mod97(part)))
            longest = end - start;
    }
    return longest;
}

/* Hide what passes the check within a candidate: "1 4111 1111 1111 1111" is an amount and a card. *end: where to search on. */
static enum cm_status hide_checked(struct cm_redaction *redaction, const struct cm_redact_pattern *pattern, size_t start, size_t *end)
{
    struct cm_span candidate = {redaction->text.ptr + start, *end - start};
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < candidate.len && status == CM_OK;) {
        size_t len = begins_group(candidate, i) ? checked_length(candidate, i, pattern->check) : 0;
        if (len > 0) {
            status = hide(redaction, start + i, start + i + len, pattern->mask);
            *end = start + i + len;
        }
        i += len > 0 ? len : 1;
        if (pattern->check == CM_REDACT_MOD97)
            break; /* an IBAN begins where the pattern says */
    }
    return status;
}

static size_t next_character(struct cm_span text, size_t at)
{
    do
        at++;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80);
    return at;
}

static enum cm_status run_pattern(struct cm_redaction *redaction, const struct cm_redact_pattern *pattern)
{
    struct cm_span text = redaction->text;
    for (size_t at = 0; at < text.len;) {
        int found = pcre2_match(pattern->code, (PCRE2_SPTR)text.ptr, text.len, at, 0, redaction->match, redaction->context);
        if (found == PCRE2_ERROR_NOMATCH)
            return CM_OK;
        if (found < 0)
            return CM_ELIMIT;
        const PCRE2_SIZE *range = pcre2_get_ovector_pointer(redaction->match);
        size_t start = range[0], end = range[1];
        if (end <= start) {
            at = next_character(text, at);
            continue;
        }
        size_t hidden = redaction->hidden_count;
        enum cm_status status = CM_OK;
        if (pattern->check == CM_REDACT_UNCHECKED)
            status = hide(redaction, start, end, pattern->mask);
        else
            status = hide_checked(redaction, pattern, start, &end);
        if (status != CM_OK)
            return status;
        at = redaction->hidden_count > hidden || pattern->check == CM_REDACT_LUHN ? end : next_character(text, start);
    }
    return CM_OK;
}

/* Caseless, and without the accents of Latin-1: customers write Jose. */
static uint32_t fold_letter(uint32_t code)
{
    static const char base[] = "aaaaaa\0ceeeeiiii\0nooooo\0ouuuuy\0y";
    uint32_t lower = cm_char_lower(code);
    if (lower >= 0xE0 && lower <= 0xFF && base[lower - 0xE0])
        return (uint32_t)(unsigned char)base[lower - 0xE0];
    return lower;
}

/* The word that begins at *at, folded into out (room for max bytes); letters tells how many. Moves *at behind it. */
static size_t next_word(struct cm_span text, size_t *at, char *out, size_t max, unsigned *letters)
{
    size_t len = 0;
    *letters = 0;
    while (*at < text.len) {
        unsigned taken;
        uint32_t code = cm_utf8_decode(text.ptr + *at, text.ptr + text.len, &taken);
        enum cm_char what = code == CM_UTF8_INVALID ? CM_CHAR_OTHER : code < 0x80 ? cm_char_ascii[code] : cm_char_of(code);
        if (what != CM_CHAR_LETTER && what != CM_CHAR_DIGIT && what != CM_CHAR_JOINER)
            break;
        char bytes[CM_UTF8_MAX_BYTES];
        unsigned size = what == CM_CHAR_JOINER ? 0 : cm_utf8_encode(fold_letter(code), bytes);
        if (len + size <= max)
            memcpy(out + len, bytes, size);
        len += size;
        *letters += what == CM_CHAR_LETTER;
        *at += taken;
    }
    return len;
}

/* The name's words, folded; false: too long to look for. */
static bool read_words_of_name(struct cm_redaction *redaction, struct cm_span name)
{
    size_t used = 0;
    redaction->word_count = 0;
    memset(redaction->starts, 0, 128);
    memset(redaction->starts + 128, 1, 128); /* letters with accents fold to others */
    for (size_t at = 0; at < name.len;) {
        unsigned letters;
        size_t before = at, len = next_word(name, &at, redaction->name + used, NAME_MAX_BYTES - used, &letters);
        if (at == before)
            at++;
        if (letters < NAME_WORD_MIN_LETTERS)
            continue;
        if (len > NAME_MAX_BYTES - used || redaction->word_count == NAME_WORDS_MAX)
            return false;
        unsigned char first = (unsigned char)redaction->name[used];
        redaction->starts[first] = true;
        if (first >= 'a' && first <= 'z')
            redaction->starts[first - 32] = true;
        redaction->words[redaction->word_count++] = (struct name_word){(uint16_t)used, (uint16_t)len};
        used += len;
    }
    return true;
}

static bool read_name(struct cm_redaction *redaction, struct cm_span name)
{
    if (name.len > 0 && name.len == redaction->name_read_len && memcmp(name.ptr, redaction->name_read, name.len) == 0)
        return true;
    redaction->name_read_len = 0;
    if (!read_words_of_name(redaction, name))
        return false;
    if (name.len > 0 && name.len <= sizeof(redaction->name_read)) {
        memcpy(redaction->name_read, name.ptr, name.len);
        redaction->name_read_len = name.len;
    }
    return true;
}

static bool is_name_word(const struct cm_redaction *redaction, const char *word, size_t len)
{
    for (size_t i = 0; i < redaction->word_count; i++) {
        const struct name_word *name = &redaction->words[i];
        if (name->len == len && memcmp(redaction->name + name->at, word, len) == 0)
            return true;
    }
    return false;
}

/* The end of the word at at. */
static size_t word_end(struct cm_span text, size_t at)
{
    while (at < text.len) {
        unsigned char byte = (unsigned char)text.ptr[at];
        unsigned taken = 1;
        if (byte >= 0x80) {
            uint32_t code = cm_utf8_decode(text.ptr + at, text.ptr + text.len, &taken);
            enum cm_char what = code == CM_UTF8_INVALID ? CM_CHAR_OTHER : cm_char_of(code);
            if (what != CM_CHAR_LETTER && what != CM_CHAR_JOINER)
                break;
        } else if (!is_alnum(text.ptr[at])) {
            break;
        }
        at += taken;
    }
    return at;
}

/* Behind white space and punctuation, and behind words that begin as no word of the name does. */
static size_t skip_to_candidate(const struct cm_redaction *redaction, size_t at)
{
    struct cm_span text = redaction->text;
    while (at < text.len) {
        if (!is_alnum(text.ptr[at]) && (unsigned char)text.ptr[at] < 0x80)
            at++;
        else if (redaction->starts[(unsigned char)text.ptr[at]])
            break;
        else
            at = word_end(text, at);
    }
    return at;
}

static enum cm_status hide_name(struct cm_redaction *redaction, struct cm_span name)
{
    if (!read_name(redaction, name))
        return CM_ELIMIT;
    struct cm_span text = redaction->text;
    for (size_t at = 0; redaction->word_count > 0 && (at = skip_to_candidate(redaction, at)) < text.len;) {
        char word[NAME_MAX_BYTES];
        unsigned letters;
        size_t start = at, len = next_word(text, &at, word, sizeof(word), &letters);
        if (at == start) {
            at++;
            continue;
        }
        if (len <= sizeof(word) && is_name_word(redaction, word, len) && hide(redaction, start, at, "[name]") != CM_OK)
            return CM_ENOMEM;
    }
    return CM_OK;
}

static int compare_hidden(const void *a, const void *b)
{
    const struct hidden *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end); /* the longer first: its mask stays */
}

/* Overlapping parts become one, under the mask of the first. */
static void merge_hidden(struct cm_redaction *redaction)
{
    if (redaction->hidden_count < 2)
        return;
    qsort(redaction->hidden, redaction->hidden_count, sizeof(*redaction->hidden), compare_hidden);
    size_t kept = 0;
    for (size_t i = 1; i < redaction->hidden_count; i++) {
        struct hidden *last = &redaction->hidden[kept], *next = &redaction->hidden[i];
        if (next->start >= last->end)
            redaction->hidden[++kept] = *next;
        else if (next->end > last->end)
            last->end = next->end;
    }
    redaction->hidden_count = kept + 1;
}

/* In pieces whose counts fit a byte: so many bytes are compared and counted at once. */
static void count_needs(struct cm_span text, unsigned *digits, bool *at)
{
    *digits = 0;
    *at = false;
    for (size_t from = 0; from < text.len; from += UINT8_MAX) {
        size_t len = text.len - from < UINT8_MAX ? text.len - from : UINT8_MAX;
        uint8_t count = 0, ats = 0;
        for (size_t i = 0; i < len; i++) {
            count = (uint8_t)(count + ((uint8_t)(text.ptr[from + i] - '0') < 10));
            ats |= text.ptr[from + i] == '@';
        }
        *digits += count;
        *at |= ats != 0;
    }
}

enum cm_status cm_redact_text(struct cm_redaction *redaction, struct cm_span text, struct cm_span customer_name)
{
    redaction->text = text;
    redaction->usable = false;
    redaction->hidden_count = 0;
    if (text.len > CM_TEXT_MAX_BYTES)
        return CM_ELIMIT;
    unsigned digits;
    bool has_at;
    count_needs(text, &digits, &has_at);
    const struct cm_redactor *redactor = redaction->redactor;
    bool any = digits >= redactor->least_digits || has_at;
    for (size_t i = 0; any && i < redactor->count; i++) {
        const struct cm_redact_pattern *pattern = &redactor->patterns[i];
        if (digits < pattern->digits || (pattern->at && !has_at))
            continue;
        enum cm_status status = run_pattern(redaction, pattern);
        if (status != CM_OK)
            return status;
    }
    enum cm_status status = hide_name(redaction, customer_name);
    if (status != CM_OK)
        return status;
    merge_hidden(redaction);
    redaction->usable = true;
    return CM_OK;
}

/* How many bytes are ASCII before the first that is not, eight at a time. */
static size_t ascii_run(const char *p, const char *end)
{
    const char *begin = p;
    for (uint64_t bytes; end - p >= (ptrdiff_t)sizeof(bytes); p += sizeof(bytes)) {
        memcpy(&bytes, p, sizeof(bytes));
        if (bytes & UINT64_C(0x8080808080808080))
            break;
    }
    while (p < end && (unsigned char)*p < 0x80)
        p++;
    return (size_t)(p - begin);
}

/* Append plain text, bad UTF-8 replaced, no more than *room bytes; false: the room is used up. */
static bool append_plain(struct cm_span text, size_t *room, struct cm_buffer *out)
{
    for (const char *p = text.ptr, *end = text.ptr + text.len; p < end;) {
        size_t run = ascii_run(p, end), fits = run < *room ? run : *room;
        cm_buffer_append(out, p, fits);
        *room -= fits;
        if (fits < run)
            return false;
        p += run;
        if (p == end)
            return true;
        unsigned taken;
        char bytes[CM_UTF8_MAX_BYTES];
        uint32_t code = cm_utf8_decode(p, end, &taken);
        unsigned len = cm_utf8_encode(code == CM_UTF8_INVALID ? CM_UTF8_REPLACEMENT : code, bytes);
        if (len > *room)
            return false;
        cm_buffer_append(out, bytes, len);
        *room -= len;
        p += taken;
    }
    return true;
}

void cm_redact_quote(const struct cm_redaction *redaction, size_t start, size_t end, size_t max, struct cm_buffer *out)
{
    if (!redaction->usable || start >= end || start >= redaction->text.len)
        return;
    end = end < redaction->text.len ? end : redaction->text.len;
    size_t room = max > 0 ? max : SIZE_MAX;
    const char *text = redaction->text.ptr;
    for (size_t i = 0; i < redaction->hidden_count && redaction->hidden[i].start < end; i++) {
        const struct hidden *hidden = &redaction->hidden[i];
        if (hidden->end <= start)
            continue;
        if (hidden->start > start && !append_plain((struct cm_span){text + start, hidden->start - start}, &room, out))
            return;
        size_t len = strlen(hidden->mask);
        if (len > room)
            return;
        cm_buffer_append(out, hidden->mask, len);
        room -= len;
        start = hidden->end;
    }
    if (start < end)
        append_plain((struct cm_span){text + start, end - start}, &room, out);
}
