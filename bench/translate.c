#include "translate.h"

#include <stdlib.h>

static enum cm_status push(struct cm_span **items, size_t *count, size_t *cap, struct cm_span text)
{
    enum cm_status status = cm_grow(items, cap, *count + 1, sizeof **items);
    if (status == CM_OK)
        (*items)[(*count)++] = text;
    return status;
}

enum cm_status bench_words_add(struct bench_words *words, const struct cm_phrase *phrase)
{
    enum cm_status status = CM_OK;
    words->sorted = false;
    for (uint32_t i = 0; i < phrase->count && status == CM_OK; i++) {
        const struct cm_term *term = &phrase->terms[i];
        if (term->kind == CM_TERM_WORD)
            status = push(&words->words, &words->word_count, &words->word_cap, term->text);
        else if (term->kind == CM_TERM_PREFIX)
            status = push(&words->prefixes, &words->prefix_count, &words->prefix_cap, term->text);
    }
    return status;
}

void bench_words_free(struct bench_words *words)
{
    free(words->words);
    free(words->prefixes);
    *words = BENCH_WORDS_EMPTY;
}

static int compare(const void *a, const void *b)
{
    return cm_span_compare(*(const struct cm_span *)a, *(const struct cm_span *)b);
}

/* Numbers and emoji keep their marks always; words that could be one are translated with an optional mark instead. */
static bool may_be_marked(struct cm_span word)
{
    return word.len == 0 || !(word.ptr[0] >= 'a' && word.ptr[0] <= 'z');
}

unsigned bench_token_mark(struct bench_words *words, unsigned class, struct cm_span bytes)
{
    if (class == CM_TOKEN_WORD || may_be_marked(bytes))
        return class;
    if (!words->sorted && words->word_count)
        qsort(words->words, words->word_count, sizeof *words->words, compare);
    words->sorted = true;
    if (words->word_count && bsearch(&bytes, words->words, words->word_count, sizeof bytes, compare))
        return CM_TOKEN_WORD;
    for (size_t i = 0; i < words->prefix_count; i++)
        if (cm_span_starts_with(bytes, words->prefixes[i]))
            return CM_TOKEN_WORD;
    return class;
}

#define NO_SPACE "[^ \\n\\x1e]"
#define ANY_MARK "[\\x01-\\x08\\x0e]?"

static void put_word(struct cm_span word, struct cm_buffer *out)
{
    if (may_be_marked(word))
        cm_buffer_text(out, ANY_MARK);
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] && strchr("\\^$.[|()?*+{}-]", word.ptr[i]))
            cm_buffer_byte(out, '\\');
        cm_buffer_byte(out, word.ptr[i]);
    }
}

static void put_class(uint16_t classes, struct cm_buffer *out)
{
    cm_buffer_byte(out, '[');
    for (unsigned kind = 1; kind < 16; kind++)
        if (classes & CM_TOKEN_CLASS_BIT(kind))
            cm_buffer_printf(out, "\\x%02x", kind);
    cm_buffer_text(out, "]" NO_SPACE "+ ");
}

static void put_term(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out);

static void put_prefix(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out)
{
    cm_buffer_text(out, "(?:");
    put_word(term->text, out);
    cm_buffer_text(out, NO_SPACE "* ");
    for (uint32_t child = term->child; child; child = phrase->terms[child].next) {
        cm_buffer_byte(out, '|');
        put_term(phrase, &phrase->terms[child], out);
    }
    cm_buffer_byte(out, ')');
}

static void put_children(const struct cm_phrase *phrase, const struct cm_term *term, const char *between, struct cm_buffer *out)
{
    for (uint32_t child = term->child; child; child = phrase->terms[child].next) {
        if (child != term->child)
            cm_buffer_text(out, between);
        put_term(phrase, &phrase->terms[child], out);
    }
}

/*
 * Every token brings the space behind it: with the space before it instead, Vectorscan 5.4.9 loses more
 * matches around optional words (README.md). Depth is the phrase's own: CM_PHRASE_DEPTH_MAX brackets.
 */
static void put_term(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out)
{
    switch (term->kind) {
    case CM_TERM_WORD:
        put_word(term->text, out);
        cm_buffer_byte(out, ' ');
        break;
    case CM_TERM_PREFIX:
        put_prefix(phrase, term, out);
        break;
    case CM_TERM_CLASS:
        put_class(term->classes, out);
        break;
    case CM_TERM_GAP:
        cm_buffer_printf(out, "(?:" NO_SPACE "+ ){%u,%u}", term->min, term->max);
        break;
    case CM_TERM_SEQUENCE:
        put_children(phrase, term, "", out);
        break;
    case CM_TERM_CHOICE:
    case CM_TERM_OPTIONAL:
        cm_buffer_text(out, "(?:");
        put_children(phrase, term, "|", out);
        cm_buffer_text(out, term->kind == CM_TERM_OPTIONAL ? ")?" : ")");
        break;
    default:
        break;
    }
}

void bench_translate(const struct cm_phrase *phrase, struct cm_buffer *out)
{
    cm_buffer_text(out, phrase->at_start ? "\\x1e " : " ");
    put_term(phrase, &phrase->terms[0], out);
    if (phrase->at_end)
        cm_buffer_text(out, "\\x1e");
}

static void put_tree(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out);

static void put_branches(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out)
{
    for (uint32_t child = term->child; child; child = phrase->terms[child].next) {
        cm_buffer_byte(out, ',');
        put_tree(phrase, &phrase->terms[child], out);
    }
}

static void put_marks(uint16_t classes, struct cm_buffer *out)
{
    for (unsigned kind = 1; kind < 16; kind++)
        if (classes & CM_TOKEN_CLASS_BIT(kind))
            cm_buffer_printf(out, ",%u", kind);
}

static void put_tree(const struct cm_phrase *phrase, const struct cm_term *term, struct cm_buffer *out)
{
    static const char *const names[] = {[CM_TERM_PREFIX] = "prefix", [CM_TERM_CLASS] = "class", [CM_TERM_GAP] = "gap",
                                        [CM_TERM_SEQUENCE] = "seq",  [CM_TERM_CHOICE] = "or",   [CM_TERM_OPTIONAL] = "opt"};
    if (term->kind == CM_TERM_WORD) {
        cm_buffer_json(out, term->text);
        return;
    }
    cm_buffer_printf(out, "[\"%s\"", names[term->kind]);
    if (term->kind == CM_TERM_GAP)
        cm_buffer_printf(out, ",%u,%u", term->min, term->max);
    if (term->kind == CM_TERM_PREFIX) {
        cm_buffer_byte(out, ',');
        cm_buffer_json(out, term->text);
    }
    put_marks(term->kind == CM_TERM_CLASS ? term->classes : 0, out);
    put_branches(phrase, term, out);
    cm_buffer_byte(out, ']');
}

void bench_tree(const struct cm_phrase *phrase, struct cm_buffer *out)
{
    cm_buffer_text(out, phrase->at_start ? "[\"seq\",[\"start\"]" : "[\"seq\"");
    put_branches(phrase, &phrase->terms[0], out);
    cm_buffer_text(out, phrase->at_end ? ",[\"end\"]]" : "]");
}
