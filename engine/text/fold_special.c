/* Tokens that are no words: numbers, masks, mentions, tags, signs, emoji. */
#include "text/folding.h"

/* What stands inside a mask; longer brackets are text. */
#define MASK_MIN_BYTES 2u
#define MASK_MAX_BYTES 40u
#define MASK_MAX_SPACES 2u

/* A unit behind digits ("30mins"), the longest that is looked up. */
#define UNIT_MAX_BYTES 12u

static struct cm_span source_to(const struct cm_folding *text, const char *end)
{
    return (struct cm_span){text->p, (size_t)(end - text->p)};
}

static void emit_lowered(struct cm_folding *text, enum cm_token_class class, struct cm_span source, struct cm_span from)
{
    from.len = cm_utf8_floor(from.ptr, from.len, CM_TOKEN_MAX_BYTES);
    struct cm_span bytes = {text->stage, cm_chars_lower(from, text->stage)};
    cm_fold_emit(text, class, source, bytes, 0);
}

/* The letters at p, elongation cut to two, are a listed unit, and nothing else of a word follows. */
static bool is_unit(const struct cm_folding *text, const char *p)
{
    char unit[UNIT_MAX_BYTES];
    size_t len = 0;
    while (p < text->end) {
        struct cm_char_here here = cm_char_here(p, text->end);
        if (here.what == CM_CHAR_DIGIT)
            return false;
        if (here.what != CM_CHAR_LETTER && here.what != CM_CHAR_JOINER)
            break;
        p += here.len;
        uint32_t lower = cm_char_lower(here.code);
        if (here.what == CM_CHAR_JOINER || (len > 1 && lower == (uint32_t)unit[len - 1] && lower == (uint32_t)unit[len - 2]))
            continue;
        if (lower >= 0x80 || len == sizeof(unit))
            return false;
        unit[len++] = (char)lower;
    }
    return cm_lexicon_slot_lists(cm_fold_look_up(text, (struct cm_span){unit, len})) & CM_WORD_UNIT;
}

/* Digits and letters from text->p on are a key of their own ("2day"). */
static bool is_key(const struct cm_folding *text, const char *p)
{
    while (cm_is_alnum(*p))
        p++;
    struct cm_span raw = source_to(text, p);
    if (raw.len > CM_LEXICON_WORD_MAX_BYTES)
        return false;
    char word[CM_LEXICON_WORD_MAX_BYTES];
    struct cm_span key = {word, cm_chars_lower(raw, word)};
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, key);
    return slot && slot->meta & CM_SLOT_FOLDS;
}

void cm_fold_number(struct cm_folding *text)
{
    const char *p = text->p;
    bool plain = true;
    while (cm_is_digit(*p) && (size_t)(p - text->p) < CM_TOKEN_MAX_BYTES) {
        p++;
        if ((*p == '.' || *p == ',' || *p == ':') && cm_is_digit(p[1])) {
            plain = false;
            p++;
        }
    }
    bool letters = p < text->end && cm_char_here(p, text->end).what == CM_CHAR_LETTER;
    bool address = *p == '@' || *p == '_' || (*p == '.' && cm_is_alnum(p[1]));
    if (address && cm_fold_address(text))
        return;
    bool fits = (size_t)(p - text->p) + CM_TOKEN_MARGIN_BYTES < CM_TOKEN_MAX_BYTES;
    if (plain && letters && fits && (!is_unit(text, p) || is_key(text, p))) {
        cm_fold_word(text);
        return;
    }
    const char *end = p;
    struct cm_char_here here = p < text->end ? cm_char_here(p, text->end) : (struct cm_char_here){0, 1, CM_CHAR_SPACE};
    if (here.what == CM_CHAR_APOSTROPHE && (p[here.len] | 0x20) == 's' && !cm_is_alnum(p[here.len + 1]))
        end = p + here.len + 1; /* the 80's */
    struct cm_span bytes = source_to(text, p), source = source_to(text, end);
    text->p = end;
    cm_fold_emit(text, CM_TOKEN_NUMBER, source, bytes, 0);
}

/* The end of a mask's inside at p, written to out in lower case, spaces and hyphens as _; NULL: no mask. */
static const char *read_mask(const struct cm_folding *text, const char *p, char close, char *out, size_t *len)
{
    unsigned spaces = 0;
    bool upper = close == '#'; /* #love#peace are tags, #NAME# is a mask */
    *len = 0;
    if (cm_char_ascii[(unsigned char)*p] != CM_CHAR_LETTER)
        return NULL;
    for (; p < text->end && *p != close; p++) {
        char c = *p;
        bool space = c == ' ' && p[1] != ' ' && p[1] != close && close != '#' && ++spaces <= MASK_MAX_SPACES;
        if (!(cm_is_alnum(c) || c == '_' || c == '-' || space) || *len == MASK_MAX_BYTES || (upper && c >= 'a' && c <= 'z'))
            return NULL;
        out[(*len)++] = c == ' ' || c == '-' ? '_' : (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return p < text->end ? p : NULL;
}

/* The class of a mask by its name, the number behind it (NUMBER-0, name_2) taken off. */
static enum cm_token_class mask_class(const struct cm_folding *text, const char *name, size_t *len)
{
    size_t cut = *len;
    while (cut > 0 && cm_is_digit(name[cut - 1]))
        cut--;
    while (cut > 0 && cut < *len && name[cut - 1] == '_')
        cut--;
    if (cut >= MASK_MIN_BYTES)
        *len = cut;
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, (struct cm_span){name, *len});
    uint16_t lists = cm_lexicon_slot_lists(slot);
    return lists & CM_WORD_NUMBER_MASK ? CM_TOKEN_NUMBER : lists & CM_WORD_PERSON_MASK ? CM_TOKEN_NAME_MASK : CM_TOKEN_MASK;
}

/* A mask at p: its end and name; NULL: none. */
static const char *mask_at(const struct cm_folding *text, const char *p, char *name, size_t *len, enum cm_token_class *class)
{
    char close = *p == '[' ? ']' : *p == '<' ? '>' : '#';
    const char *end = read_mask(text, p + 1, close, name, len);
    if (!end || *len < MASK_MIN_BYTES || (close == '#' && cm_is_alnum(end[1])))
        return NULL;
    *class = mask_class(text, name, len);
    return end + 1;
}

bool cm_fold_mask(struct cm_folding *text)
{
    char name[MASK_MAX_BYTES];
    size_t len;
    enum cm_token_class class;
    const char *end = mask_at(text, text->p, name, &len, &class);
    if (!end)
        return false;
    struct cm_span source = source_to(text, end);
    text->p = end;
    cm_fold_emit(text, class, source, (struct cm_span){name, len}, 0);
    return true;
}

/* The last token is of this class and ends at p. */
static bool follows(const struct cm_folding *text, enum cm_token_class class)
{
    return text->token > text->tokens && text->token[-1].class == class && text->token[-1].end == (uint32_t)(text->p - text->text);
}

bool cm_fold_handle(struct cm_folding *text)
{
    const char *start = text->p + 1, *p = start;
    bool letter = false;
    bool after_tag = *text->p == '#' && follows(text, CM_TOKEN_TAG);
    if (text->p > text->text && cm_is_alnum(text->p[-1]) && !after_tag)
        return false;
    while (p < text->end) {
        struct cm_char_here here = cm_char_here(p, text->end);
        if (!cm_char_is_word(here.what) && here.code != '_')
            break;
        letter |= here.what == CM_CHAR_LETTER;
        p += here.len;
    }
    if (p == start || (*text->p == '#' && !letter))
        return false;
    struct cm_span source = source_to(text, p);
    enum cm_token_class class = *text->p == '@' ? CM_TOKEN_MENTION : CM_TOKEN_TAG;
    text->p = p;
    emit_lowered(text, class, source, (struct cm_span){start, (size_t)(p - start)});
    return true;
}

static bool number_at(const struct cm_folding *text, const char *p)
{
    if (cm_is_digit(*p) || (*p == '.' && cm_is_digit(p[1])))
        return true;
    char name[MASK_MAX_BYTES];
    size_t len;
    enum cm_token_class class;
    return (*p == '[' || *p == '<' || *p == '#') && mask_at(text, p, name, &len, &class) && class == CM_TOKEN_NUMBER;
}

/* "&" between spaces is a word; "&amp;" is one written by a machine. */
static bool fold_ampersand(struct cm_folding *text)
{
    const char *start = text->p, *end = start + 1;
    if (text->end - start >= 5 && memcmp(start, "&amp;", 5) == 0)
        end = start + 5;
    if (!cm_fold_space_before(text, start) || !cm_fold_space_at(text, end)) {
        text->p = end; /* no token, but taken: no word "amp" */
        return true;
    }
    struct cm_span source = source_to(text, end);
    text->p = end;
    cm_fold_emit_folded(text, CM_TOKEN_WORD, source, CM_SPAN("&"));
    return true;
}

bool cm_fold_sign(struct cm_folding *text)
{
    struct cm_char_here here = cm_char_here(text->p, text->end);
    if (here.what == CM_CHAR_AMPERSAND)
        return fold_ampersand(text);
    const char *end = text->p + here.len;
    bool beside = follows(text, CM_TOKEN_NUMBER) || (here.what == CM_CHAR_CURRENCY && number_at(text, end));
    struct cm_span source = source_to(text, end);
    const struct cm_lexicon_slot *slot = beside ? cm_fold_look_up(text, source) : NULL;
    if (!slot)
        return false; /* a sign that the lexicon cannot name is punctuation */
    text->p = end;
    cm_fold_emit_entry(text, CM_TOKEN_WORD, source, cm_lexicon_slot_entry(text->table, slot));
    return true;
}

/*
 * Eyes, perhaps a nose, a mouth. The lexicon is asked for eyes and one mouth,
 * ":)" for ":-)))". Letters and slashes as mouths need white space before.
 */
bool cm_fold_emoticon(struct cm_folding *text)
{
    const char *p = text->p;
    if (!strchr(":;=<", *p))
        return false;
    char key[3] = {*p == '=' ? ':' : *p};
    size_t len = 1;
    if (*p == '<') {
        if (p[1] != '3')
            return false;
    } else if (p[1] == '\'' && (p[2] == '(' || p[2] == ')')) {
        key[len++] = *++p;
    } else if (p[1] == '-' || p[1] == '^') {
        p++;
    }
    char mouth = *++p;
    if (p >= text->end || !strchr(")(DPpOo/\\|*]3", mouth) || (mouth == '3' && *text->p != '<'))
        return false;
    while (p < text->end && *p == mouth)
        p++;
    bool plain = mouth == ')' || mouth == '(';
    if ((!plain && !cm_fold_space_before(text, text->p)) || cm_is_alnum(*p) || (mouth == '/' && p > text->p + 2))
        return false;
    key[len++] = (char)(mouth >= 'A' && mouth <= 'Z' ? mouth + 32 : mouth);
    struct cm_span source = source_to(text, p);
    text->p = p;
    cm_fold_emit_folded(text, CM_TOKEN_EMOJI, source, (struct cm_span){key, len});
    return true;
}

/* One emoji with what is joined to it; skin tones and styles are left out of the folded bytes. */
void cm_fold_emoji(struct cm_folding *text)
{
    const char *p = text->p, *next = p;
    size_t len = 0;
    bool join = true, flag = false;
    while (p < text->end && len + 2 * CM_UTF8_MAX_BYTES <= CM_TOKEN_MAX_BYTES) {
        struct cm_char_here here = cm_char_here(p, text->end);
        bool emoji = here.what == CM_CHAR_EMOJI, letter = cm_char_is_flag_letter(here.code);
        bool tone = cm_char_is_skin_tone(here.code) && !join;
        if (!(tone || here.what == CM_CHAR_JOINER || (emoji && join && !letter) || (letter && (len == 0 || flag))))
            break;
        flag = letter && len == 0;
        if ((emoji && !tone) || here.code >= 0xE0000) {
            memcpy(text->stage + len, p, here.len);
            len += here.len;
        }
        join = here.code == CM_CHAR_ZWJ;
        p += here.len;
        next = p;
        if (join && len > 0) {
            memcpy(text->stage + len, next - here.len, here.len);
            len += here.len;
        }
    }
    static const char zwj[] = "\xE2\x80\x8D";
    while (len > 3 && memcmp(text->stage + len - 3, zwj, 3) == 0)
        len -= 3; /* joined to nothing */
    struct cm_span source = source_to(text, next);
    text->p = next;
    cm_fold_emit_folded(text, CM_TOKEN_EMOJI, source, (struct cm_span){text->stage, len});
}
