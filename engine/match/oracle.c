#define PCRE2_CODE_UNIT_WIDTH 8
#include "match/oracle.h"

#include <pcre2.h>
#include <stdlib.h>

/*
 * Every element that stands for a token eats the space behind it, or sees that
 * a sentence ends there. Optional parts, alternatives and gaps can so be put
 * together freely, no element can begin inside a token, and none can reach
 * over a newline. A trailing space is not part of the hit.
 */
#define TOKEN_END "(?: |(?=\\n|\\z))"

/* Integers of workspace for the DFA to begin with, and where to give up. */
#define WORKSPACE_MIN ((size_t)4096)
#define WORKSPACE_MAX ((size_t)1 << 24)

struct cm_oracle {
    pcre2_code *code;
};

/* ---- translation ---- */

/* The bytes that mark classes in folded text, as the inside of a bracket. */
static void put_marks(struct cm_buffer *out, uint32_t classes)
{
#define X(name, mark, term)                                                                                                                \
    if ((mark) != 0 && (classes >> (mark)&1))                                                                                              \
        cm_buffer_printf(out, "\\x%02x", (unsigned)(mark));
    CM_TOKEN_CLASSES(X)
#undef X
}

static void put_bytes(struct cm_buffer *out, struct cm_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            cm_buffer_byte(out, (char)c);
        else
            cm_buffer_printf(out, "\\x%02x", c);
    }
}

static void put_mark(struct cm_buffer *out)
{
    cm_buffer_text(out, "[");
    put_marks(out, ~0u);
    cm_buffer_text(out, "]?");
}

static void put_term(struct cm_buffer *out, const struct cm_term *terms, uint32_t index, unsigned depth);

static void put_children(struct cm_buffer *out, const struct cm_term *terms, uint32_t index, unsigned depth)
{
    for (uint32_t i = terms[index].child; i != 0; i = terms[i].next)
        put_term(out, terms, i, depth + 1);
}

/* The word or prefix that a term is, sequences of one unwrapped; 0: it is something else. */
static uint32_t word_of(const struct cm_term *terms, uint32_t index)
{
    while (terms[index].kind == CM_TERM_SEQUENCE && terms[index].child != 0 && terms[terms[index].child].next == 0)
        index = terms[index].child;
    return terms[index].kind == CM_TERM_WORD || terms[index].kind == CM_TERM_PREFIX ? index : 0;
}

/* A word; of a prefix all that it stands for. */
static void put_word(struct cm_buffer *out, const struct cm_term *terms, uint32_t index)
{
    put_bytes(out, terms[index].text);
    if (terms[index].kind == CM_TERM_PREFIX)
        cm_buffer_text(out, "[^ \\n]*");
    for (uint32_t i = terms[index].child; i != 0; i = terms[i].next) {
        cm_buffer_text(out, "|");
        put_bytes(out, terms[i].text);
    }
}

/* All words of a choice share one mark and one end: lists are long, and PCRE2's patterns must stay below 64 KiB. */
static void put_choice(struct cm_buffer *out, const struct cm_term *terms, uint32_t index, unsigned depth)
{
    const char *between = "(?:";
    for (uint32_t i = terms[index].child; i != 0; i = terms[i].next) {
        uint32_t word = word_of(terms, i);
        if (word == 0)
            continue;
        if (between[0] == '(') {
            cm_buffer_text(out, between);
            put_mark(out);
            cm_buffer_text(out, "(?:");
        } else {
            cm_buffer_text(out, between);
        }
        put_word(out, terms, word);
        between = "|";
    }
    if (between[0] == '|')
        cm_buffer_text(out, ")" TOKEN_END);
    for (uint32_t i = terms[index].child; i != 0; i = terms[i].next) {
        if (word_of(terms, i) != 0)
            continue;
        cm_buffer_text(out, between);
        put_term(out, terms, i, depth + 1);
        between = "|";
    }
    cm_buffer_text(out, ")");
}

/* Depth: that of the tree, CM_PHRASE_TREE_DEPTH_MAX. */
static void put_term(struct cm_buffer *out, const struct cm_term *terms, uint32_t index, unsigned depth)
{
    const struct cm_term *term = &terms[index];
    if (depth > CM_PHRASE_TREE_DEPTH_MAX)
        return;
    switch ((enum cm_term_kind)term->kind) {
    case CM_TERM_WORD:
    case CM_TERM_PREFIX:
        put_mark(out);
        cm_buffer_text(out, "(?:");
        put_word(out, terms, index);
        cm_buffer_text(out, ")" TOKEN_END);
        return;
    case CM_TERM_CLASS:
        cm_buffer_text(out, "[");
        put_marks(out, term->classes);
        cm_buffer_text(out, "][^ \\n]+" TOKEN_END);
        return;
    case CM_TERM_GAP:
        cm_buffer_printf(out, "(?:[^ \\n]+" TOKEN_END "){%u,%u}", term->min, term->max);
        return;
    case CM_TERM_SEQUENCE:
        put_children(out, terms, index, depth);
        return;
    case CM_TERM_CHOICE:
        put_choice(out, terms, index, depth);
        return;
    case CM_TERM_OPTIONAL:
        cm_buffer_text(out, "(?:");
        put_children(out, terms, index, depth);
        cm_buffer_text(out, ")?");
        return;
    }
}

void cm_oracle_translate(const struct cm_phrase *phrase, struct cm_buffer *out)
{
    cm_buffer_text(out, phrase->at_start ? "\\A" : "(?<![^ \\n])");
    put_term(out, phrase->terms, 0, 0);
    if (phrase->at_end)
        cm_buffer_text(out, "\\z");
}

/* ---- running ---- */

enum cm_status cm_oracle_new(const struct cm_phrase *phrase, struct cm_oracle **out)
{
    struct cm_buffer pattern = CM_BUFFER_EMPTY;
    int error;
    PCRE2_SIZE at;
    *out = NULL;
    cm_oracle_translate(phrase, &pattern);
    enum cm_status status = cm_buffer_status(&pattern);
    struct cm_oracle *oracle = calloc(1, sizeof(*oracle));
    if (status == CM_OK && !oracle)
        status = CM_ENOMEM;
    if (status == CM_OK) {
        oracle->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, 0, &error, &at, NULL);
        if (!oracle->code)
            status = error == PCRE2_ERROR_HEAP_FAILED ? CM_ENOMEM : CM_ELIMIT; /* too large a pattern */
    }
    cm_buffer_free(&pattern);
    if (status != CM_OK) {
        cm_oracle_free(oracle);
        return status;
    }
    *out = oracle;
    return CM_OK;
}

void cm_oracle_free(struct cm_oracle *oracle)
{
    if (!oracle)
        return;
    pcre2_code_free(oracle->code);
    free(oracle);
}

struct search {
    pcre2_match_data *data;
    int *workspace;
    size_t workspace_cap;
};

/* The longest match at the leftmost place from at on. CM_END: none. */
static enum cm_status find_next(const struct cm_oracle *oracle, struct search *search, struct cm_span text, size_t at)
{
    for (;;) {
        int found = pcre2_dfa_match(oracle->code, (PCRE2_SPTR)text.ptr, text.len, at, 0, search->data, NULL, search->workspace,
                                    search->workspace_cap);
        if (found >= 0)
            return CM_OK;
        if (found == PCRE2_ERROR_NOMATCH)
            return CM_END;
        if (found == PCRE2_ERROR_NOMEMORY)
            return CM_ENOMEM;
        if (found != PCRE2_ERROR_DFA_WSSIZE || search->workspace_cap >= WORKSPACE_MAX)
            return CM_ELIMIT;
        enum cm_status status = cm_grow(&search->workspace, &search->workspace_cap, search->workspace_cap * 4, sizeof(*search->workspace));
        if (status != CM_OK)
            return status;
    }
}

/* The first token whose bytes, mark included, do not lie before at. */
static uint32_t token_at(const struct cm_folded *turn, size_t at)
{
    uint32_t low = 0, high = turn->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (turn->tokens[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum cm_status add_hit(const struct cm_folded *turn, struct cm_phrase_hit hit, struct cm_phrase_hit **hits, size_t *count,
                              size_t begun, size_t *cap)
{
    const struct cm_token *tokens = turn->tokens;
    if (*count > begun) { /* n tokens of one expansion are the same bytes: equal spans count once, and they follow each other */
        const struct cm_phrase_hit *before = &(*hits)[*count - 1];
        if (tokens[before->first].start == tokens[hit.first].start && tokens[before->end - 1].end == tokens[hit.end - 1].end)
            return CM_OK;
    }
    enum cm_status status = cm_grow(hits, cap, *count + 1, sizeof(**hits));
    if (status == CM_OK)
        (*hits)[(*count)++] = hit;
    return status;
}

enum cm_status cm_oracle_find(const struct cm_oracle *oracle, const struct cm_folded *turn, uint32_t id, struct cm_phrase_hit **hits,
                              size_t *count, size_t *cap)
{
    struct search search = {.data = pcre2_match_data_create(2, NULL)};
    enum cm_status status =
        search.data ? cm_grow(&search.workspace, &search.workspace_cap, WORKSPACE_MIN, sizeof(*search.workspace)) : CM_ENOMEM;
    size_t begun = *count;
    for (size_t at = 0; status == CM_OK && at < turn->text.len;) {
        status = find_next(oracle, &search, turn->text, at);
        if (status != CM_OK)
            break;
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(search.data);
        struct cm_phrase_hit hit = {id, token_at(turn, span[0]), token_at(turn, span[1])};
        status = add_hit(turn, hit, hits, count, begun, cap);
        at = span[1];
    }
    pcre2_match_data_free(search.data);
    free(search.workspace);
    return status == CM_END ? CM_OK : status;
}
