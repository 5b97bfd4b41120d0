/* Words that the fast path does not take: other alphabets, apostrophes, hyphens, elongation. */
#include "text/folding.h"

/* Lexicon keys with hyphens have at most this many parts of at most this many bytes (tic-tac-toe). */
#define HYPHEN_PARTS_MAX 3u
#define HYPHEN_KEY_MAX_BYTES ((size_t)CM_LEXICON_WORD_MAX_BYTES)

/* An apostrophe and the longest suffix. */
#define DETACHED_MAX_BYTES 4u

/* A word as it was read: simple lower case, in the stage. */
struct word {
    char *ptr;
    size_t len;
    struct cm_span source;
    bool apostrophe;
    bool name; /* upper case first, then lower case, as in John, McDonald and O'Brien */
};

static const struct {
    struct cm_span end, word; /* word.len 0: dropped */
} suffixes[] = {
    {{"n't", 3}, {"not", 3}},  {{"'s", 2}, {"", 0}},      {{"'ll", 3}, {"will", 4}}, {{"'re", 3}, {"are", 3}},
    {{"'ve", 3}, {"have", 4}}, {{"'d", 2}, {"would", 5}}, {{"'m", 2}, {"am", 2}},
};
#define SUFFIX_COUNT (sizeof(suffixes) / sizeof(suffixes[0]))

/* The apostrophe at p stands between two letters or digits. */
static bool is_inner(const struct cm_folding *text, const char *p, unsigned len)
{
    return p + len < text->end && cm_char_is_word(cm_char_here(p + len, text->end).what);
}

/* A capital letter, then a small one; or O', a capital and a small one. */
static bool is_name_shaped(const struct cm_folding *text)
{
    struct cm_char_here here[4];
    const char *p = text->p;
    for (size_t i = 0; i < 4; i++) {
        here[i] = p < text->end ? cm_char_here(p, text->end) : (struct cm_char_here){0, 0, CM_CHAR_SPACE};
        p += here[i].len;
    }
    const struct cm_char_here *first = &here[0], *next = &here[1];
    if (next->what == CM_CHAR_APOSTROPHE) {
        if (here[2].what != CM_CHAR_LETTER || cm_char_lower(here[2].code) == here[2].code)
            return false;
        next = &here[3];
    }
    return cm_char_lower(first->code) != first->code && next->what == CM_CHAR_LETTER && cm_char_lower(next->code) == next->code;
}

static struct word read_word(struct cm_folding *text)
{
    struct word word = {.ptr = text->stage, .source = {text->p, 0}, .name = is_name_shaped(text)};
    const char *p = text->p, *last = p;
    while (p < text->end && word.len + CM_UTF8_MAX_BYTES <= CM_TOKEN_MAX_BYTES) {
        struct cm_char_here here = cm_char_here(p, text->end);
        if (here.what == CM_CHAR_APOSTROPHE && is_inner(text, p, here.len)) {
            word.ptr[word.len++] = '\'';
            word.apostrophe = true;
        } else if (cm_char_is_word(here.what)) {
            word.len += cm_utf8_encode(cm_char_lower(here.code), word.ptr + word.len);
        } else if (here.what != CM_CHAR_JOINER) {
            break;
        }
        p += here.len;
        if (here.what != CM_CHAR_JOINER)
            last = p;
    }
    word.source.len = (size_t)(last - text->p);
    text->p = last;
    return word;
}

static bool has_triple(struct cm_span word)
{
    for (size_t i = 2; i < word.len; i++) {
        if (word.ptr[i] == word.ptr[i - 1] && word.ptr[i] == word.ptr[i - 2])
            return true;
        if ((unsigned char)word.ptr[i] >= 0x80)
            return true; /* not bytewise: let the slow way find out */
    }
    return false;
}

/* word with every run of three or more equal letters cut to keep; the bytes written. */
static size_t shorten(struct cm_span word, unsigned keep, char *out)
{
    const char *p = word.ptr, *end = p + word.len;
    size_t len = 0;
    while (p < end) {
        struct cm_char_here here = cm_char_here(p, end);
        const char *start = p;
        unsigned run = 0;
        for (; (size_t)(end - p) >= here.len && memcmp(p, start, here.len) == 0; run++)
            p += here.len;
        unsigned copies = run >= 3 && here.what == CM_CHAR_LETTER ? keep : run;
        for (; copies > 0; copies--) {
            memcpy(out + len, p - here.len, here.len);
            len += here.len;
        }
    }
    return len;
}

static bool is_known(const struct cm_folding *text, struct cm_span word)
{
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, word);
    return slot && slot->meta & CM_SLOT_KNOWN;
}

/* n't hangs on letters: "1n't" and "a'n't" are no negations, and what is left of them would be no word. */
static bool takes_not(struct cm_span base)
{
    return !cm_is_digit(base.ptr[0]) && base.ptr[base.len - 1] != '\'';
}

/* The suffix that word ends in, something before it; SUFFIX_COUNT: none. */
static size_t suffix_of(struct cm_span word)
{
    for (size_t i = 0; i < SUFFIX_COUNT; i++) {
        struct cm_span end = suffixes[i].end;
        if (word.len <= end.len || memcmp(word.ptr + word.len - end.len, end.ptr, end.len) != 0)
            continue;
        return end.ptr[0] == 'n' && !takes_not((struct cm_span){word.ptr, word.len - end.len}) ? SUFFIX_COUNT : i;
    }
    return SUFFIX_COUNT;
}

static void emit_plain(struct cm_folding *text, struct cm_span source, struct cm_span word)
{
    cm_fold_emit(text, CM_TOKEN_WORD, source, word, cm_lexicon_slot_lists(cm_fold_look_up(text, word)));
}

static void emit_suffixes(struct cm_folding *text, struct cm_span source, struct cm_span rest)
{
    while (rest.len > 0) {
        size_t i = 0;
        while (i < SUFFIX_COUNT - 1 && !cm_span_starts_with(rest, suffixes[i].end))
            i++;
        struct cm_span word = suffixes[i].word;
        if (word.len > 0)
            emit_plain(text, source, word);
        rest = (struct cm_span){rest.ptr + suffixes[i].end.len, rest.len - suffixes[i].end.len};
    }
}

static void emit_base(struct cm_folding *text, const struct word *word, struct cm_span base)
{
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, base);
    bool initial = base.len == 1 && cm_fold_is_initial(text, word->source.ptr);
    if (slot && slot->meta & CM_SLOT_FOLDS && !initial) {
        cm_fold_emit_entry(text, CM_TOKEN_WORD, word->source, cm_lexicon_slot_entry(text->table, slot));
        return;
    }
    uint16_t lists = cm_lexicon_slot_lists(slot);
    bool name = word->name && base.len > 1 && !text->fresh && !(lists & CM_WORD_NOT_NAME);
    cm_fold_emit(text, name ? CM_TOKEN_NAME : CM_TOKEN_WORD, word->source, base, lists);
}

/* A word and what elongation may make of it; len 0: not that. */
struct forms {
    struct cm_span two, one;
    bool stretched;
};

static struct forms forms_of(const struct cm_folding *text, struct cm_span word)
{
    if (!has_triple(word))
        return (struct forms){.two = word};
    char *two = text->stage + CM_TOKEN_MAX_BYTES, *one = two + CM_TOKEN_MAX_BYTES;
    return (struct forms){{two, shorten(word, 2, two)}, {one, shorten(word, 1, one)}, true};
}

/* The form that the lexicon knows, else none (len 0). */
static struct cm_span settled(const struct cm_folding *text, const struct forms *forms)
{
    if (forms->stretched && is_known(text, forms->two))
        return forms->two;
    if (forms->stretched && forms->one.len > 0 && is_known(text, forms->one))
        return forms->one;
    return (struct cm_span){forms->two.ptr, 0};
}

static bool folds(const struct cm_folding *text, struct cm_span word)
{
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, word);
    return slot && slot->meta & CM_SLOT_FOLDS;
}

/*
 * The longest front of the word that the lexicon folds, or that has no more
 * suffix, is its base; what was taken off follows as words of its own.
 */
static void emit_word(struct cm_folding *text, const struct word *word)
{
    struct forms forms = forms_of(text, (struct cm_span){word->ptr, word->len});
    struct cm_span whole = forms.two, base;
    for (;;) {
        base = settled(text, &forms);
        size_t suffix = word->apostrophe && base.len == 0 ? suffix_of(forms.two) : SUFFIX_COUNT;
        if (suffix == SUFFIX_COUNT || folds(text, forms.two))
            break;
        forms.two.len -= suffixes[suffix].end.len;
        forms.one.len = suffix_of(forms.one) == suffix ? forms.one.len - suffixes[suffix].end.len : 0;
    }
    emit_base(text, word, base.len > 0 ? base : forms.two);
    emit_suffixes(text, word->source, (struct cm_span){whole.ptr + forms.two.len, whole.len - forms.two.len});
}

/* A hyphenated word that the lexicon folds as a whole (e-mail, co-operate), the longest. */
static bool fold_hyphenated(struct cm_folding *text)
{
    struct {
        const char *end;
        size_t len;
    } parts[HYPHEN_PARTS_MAX];
    unsigned count = 0;
    char key[HYPHEN_KEY_MAX_BYTES];
    size_t len = 0;
    const char *p = text->p;
    while (count < HYPHEN_PARTS_MAX) {
        for (; cm_is_alnum(*p) && len < sizeof(key); len++)
            key[len] = *p++;
        if (cm_is_alnum(*p))
            break; /* longer than any key */
        parts[count].end = p;
        parts[count++].len = len;
        struct cm_char_here here = p < text->end ? cm_char_here(p, text->end) : (struct cm_char_here){0, 1, CM_CHAR_SPACE};
        if (here.what != CM_CHAR_HYPHEN || !cm_is_alnum(p[here.len]) || len == sizeof(key))
            break;
        key[len++] = '-';
        p += here.len;
    }
    while (count-- > 1) {
        struct cm_span joined = {text->stage, cm_chars_lower((struct cm_span){key, parts[count].len}, text->stage)};
        const struct cm_lexicon_slot *slot = cm_fold_look_up(text, joined);
        const char *end = parts[count].end;
        bool ends = end >= text->end || !cm_char_is_word(cm_char_here(end, text->end).what);
        if (!slot || !(slot->meta & CM_SLOT_FOLDS) || !ends)
            continue;
        struct cm_span source = {text->p, (size_t)(end - text->p)};
        text->p = end;
        cm_fold_emit_entry(text, CM_TOKEN_WORD, source, cm_lexicon_slot_entry(text->table, slot));
        return true;
    }
    return false;
}

/*
 * A suffix (its apostrophe first, n't aside) that stands behind the last word,
 * blanks between: ca n't, let 's. Where the lexicon has the two as one word,
 * the last word becomes what it is there, and the suffix the rest.
 */
static bool fold_with_last(struct cm_folding *text, struct cm_span source, struct cm_span suffix)
{
    if (text->token == text->tokens)
        return false;
    const struct cm_token last = text->token[-1];
    struct cm_span before = {text->text + last.start, last.end - last.start};
    const char *p = before.ptr + before.len;
    while (p < source.ptr && *p == ' ')
        p++;
    if (p < source.ptr || (last.class != CM_TOKEN_WORD && last.class != CM_TOKEN_NAME) || last.len + suffix.len > CM_LEXICON_WORD_MAX_BYTES)
        return false;
    char whole[CM_LEXICON_WORD_MAX_BYTES];
    memcpy(whole, text->folded + last.at, last.len);
    memcpy(whole + last.len, suffix.ptr, suffix.len);
    const struct cm_lexicon_slot *slot = cm_fold_look_up(text, (struct cm_span){whole, last.len + suffix.len});
    if (!slot || !(slot->meta & CM_SLOT_FOLDS))
        return false;
    struct cm_lexicon_entry front = *cm_lexicon_slot_entry(text->table, slot), rest = front;
    if (front.count < 2)
        return false;
    front.count--;
    rest = (struct cm_lexicon_entry){rest.words + front.count, 1, true};
    bool same = front.count == 1 && front.words->len == last.len && memcmp(front.words->ptr, whole, last.len) == 0;
    if (!same) {
        text->token--;
        text->out = text->folded + last.at - (last.class != CM_TOKEN_WORD);
        cm_fold_emit_entry(text, CM_TOKEN_WORD, before, &front);
    }
    cm_fold_emit_entry(text, CM_TOKEN_WORD, source, &rest);
    return true;
}

void cm_fold_word(struct cm_folding *text)
{
    const char *end = text->p;
    while (cm_is_alnum(*end))
        end++;
    bool joined = end > text->p && cm_fold_goes_on(end) && cm_char_ascii[(unsigned char)*end] != CM_CHAR_APOSTROPHE;
    if (joined && (cm_fold_address(text) || (*end == '.' && cm_fold_dotted(text)) || fold_hyphenated(text)))
        return;
    struct word word = read_word(text);
    struct cm_span bytes = {word.ptr, word.len};
    if (!word.apostrophe || !cm_span_equal(bytes, CM_SPAN("n't")) || !fold_with_last(text, word.source, bytes))
        emit_word(text, &word);
}

/* The suffix at p is apart from its word: by a blank, or because it hangs on a token that is no word ([name]'s). */
static bool is_apart(const struct cm_folding *text)
{
    const struct cm_token *last = &text->token[-1];
    return cm_fold_space_before(text, text->p) || (text->text + last->end == text->p && last->class != CM_TOKEN_WORD);
}

/* Tokenised transcripts write it 's and we 're. The lexicon has the suffixes as keys; 's is "is" where the word before it takes it. */
bool cm_fold_detached(struct cm_folding *text)
{
    struct cm_char_here here = cm_char_here(text->p, text->end);
    const char *p = text->p + here.len;
    char key[DETACHED_MAX_BYTES] = "'";
    size_t len = 1;
    for (; cm_char_ascii[(unsigned char)*p] == CM_CHAR_LETTER; p++) {
        if (len == sizeof(key))
            return false;
        key[len++] = (char)(*p | 0x20);
    }
    struct cm_span source = {text->p, (size_t)(p - text->p)}, suffix = {key, len};
    bool ends = p >= text->end || !cm_char_is_word(cm_char_here(p, text->end).what);
    if (len == 1 || !ends || text->token == text->tokens || !is_apart(text))
        return false;
    bool drops = cm_span_equal(suffix, CM_SPAN("'s"));
    const struct cm_lexicon_slot *slot = drops ? NULL : cm_fold_look_up(text, suffix);
    if (!slot && !drops)
        return false;
    text->p = p;
    if (!fold_with_last(text, source, suffix) && slot)
        cm_fold_emit_entry(text, CM_TOKEN_WORD, source, cm_lexicon_slot_entry(text->table, slot));
    return true;
}
