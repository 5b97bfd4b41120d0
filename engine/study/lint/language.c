#include "study/lint/language.h"

#include <stdlib.h>

#include "base/hash.h"
#include "text/fold.h"

enum cm_status cm_language_new(const struct cm_phrase *const *phrases, size_t count, struct cm_language **out)
{
    struct cm_language *language = calloc(1, sizeof *language);
    *out = NULL;
    if (!language)
        return CM_ENOMEM;
    cm_symbols_init(&language->symbols);
    language->graphs = calloc(count + 1, sizeof *language->graphs);
    enum cm_status status = language->graphs ? CM_OK : CM_ENOMEM;
    language->count = language->graphs ? count : 0;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = cm_symbols_add_words(&language->symbols, phrases[i]);
    if (status == CM_OK)
        status = cm_symbols_finish(&language->symbols);
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = cm_graph_build(&language->graphs[i], &language->symbols, phrases[i]);
    if (status == CM_OK)
        *out = language;
    else
        cm_language_free(language);
    return status;
}

void cm_language_free(struct cm_language *language)
{
    if (!language)
        return;
    for (size_t i = 0; i < language->count; i++)
        cm_graph_free(&language->graphs[i]);
    free(language->graphs);
    cm_symbols_free(&language->symbols);
    free(language);
}

/* ---- one phrase within another ---- */

/* The positions that may follow a node, junctions passed; only for graphs of up to CM_LANGUAGE_NODES_MAX nodes. */
static uint64_t followers(const struct cm_graph *graph, uint32_t node)
{
    uint64_t set = 0;
    const struct cm_graph_node *from = &graph->nodes[node];
    for (uint32_t i = from->out; i < from->out + from->out_count; i++) {
        const struct cm_graph_node *to = &graph->nodes[graph->edges[i]];
        if (!to->junction)
            set |= UINT64_C(1) << graph->edges[i];
        for (uint32_t j = to->out; to->junction && j < to->out + to->out_count; j++)
            set |= UINT64_C(1) << graph->edges[j];
    }
    return set;
}

static void outer_tables(struct cm_language *language, const struct cm_graph *outer)
{
    language->first = language->last = 0;
    for (uint32_t i = 0; i < outer->count; i++) {
        language->follow[i] = followers(outer, i);
        language->first |= (uint64_t)outer->nodes[i].first << i;
        language->last |= (uint64_t)outer->nodes[i].last << i;
    }
}

static bool in_set(const struct cm_graph *graph, const struct cm_graph_node *node, uint32_t symbol)
{
    uint32_t low = node->set, high = node->set + node->set_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (graph->sets[middle] == symbol)
            return true;
        if (graph->sets[middle] < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Which of the positions in set read this token: a symbol (of a plain word), or any word of a class. */
static uint64_t accepting(const struct cm_graph *graph, uint64_t set, uint32_t symbol, uint16_t classes)
{
    uint64_t out = 0;
    for (uint64_t rest = set; rest; rest &= rest - 1) {
        unsigned i = (unsigned)__builtin_ctzll(rest);
        const struct cm_graph_node *node = &graph->nodes[i];
        if (node->any || (classes & node->classes) || (symbol != CM_SYMBOL_OTHER && in_set(graph, node, symbol)))
            out |= UINT64_C(1) << i;
    }
    return out;
}

/* false: no room to go on, or the pair shows that inner is not within. */
static bool visit(struct cm_language *language, uint32_t node, uint64_t set, bool whole)
{
    if (!whole && (set & language->last))
        return true; /* whatever follows, the outer one is in it */
    if (whole && set == 0)
        return false;
    uint64_t mixed = set * UINT64_C(0x9E3779B97F4A7C15) ^ node * UINT64_C(0xC2B2AE3D27D4EB4F);
    for (size_t i = (size_t)(mixed >> 53);; i++) {
        struct cm_language_state *slot = &language->seen[i % (2 * CM_LANGUAGE_STATES_MAX)];
        uint32_t *stamp = &language->stamps[i % (2 * CM_LANGUAGE_STATES_MAX)];
        if (*stamp == language->stamp && slot->node == node && slot->set == set)
            return true;
        if (*stamp == language->stamp)
            continue;
        if (language->states == CM_LANGUAGE_STATES_MAX)
            return false;
        *stamp = language->stamp;
        *slot = (struct cm_language_state){node, set};
        language->states++;
        language->stack[language->depth++] = *slot;
        return true;
    }
}

/* All tokens that a position of the inner phrase reads, from the outer positions in set on. */
static bool read_node(struct cm_language *language, const struct cm_graph *inner, const struct cm_graph *outer, uint32_t index,
                      uint64_t set, bool whole)
{
    const struct cm_graph_node *node = &inner->nodes[index];
    language->steps += node->set_count + 1;
    if (language->steps > CM_LANGUAGE_STEPS_MAX)
        return false;
    if (node->any)
        return visit(language, index, accepting(outer, set, CM_SYMBOL_OTHER, 0), whole);
    for (uint32_t i = node->set; i < node->set + node->set_count; i++)
        if (!visit(language, index, accepting(outer, set, inner->sets[i], 0), whole))
            return false;
    for (unsigned class = 0; class < 16; class ++)
        if ((node->classes & CM_TOKEN_CLASS_BIT(class)) &&
            !visit(language, index, accepting(outer, set, CM_SYMBOL_OTHER, (uint16_t)CM_TOKEN_CLASS_BIT(class)), whole))
            return false;
    return true;
}

static bool read_followers(struct cm_language *language, const struct cm_graph *inner, const struct cm_graph *outer, uint32_t index,
                           uint64_t set, bool whole)
{
    const struct cm_graph_node *node = &inner->nodes[index];
    for (uint32_t i = node->out; i < node->out + node->out_count; i++) {
        uint32_t next = inner->edges[i];
        bool fine = inner->nodes[next].junction ? read_followers(language, inner, outer, next, set, whole) /* one deep: see connect */
                                                : read_node(language, inner, outer, next, set, whole);
        if (!fine)
            return false;
    }
    return true;
}

bool cm_language_within(struct cm_language *language, size_t inner_index, size_t outer_index, bool whole)
{
    const struct cm_graph *inner = &language->graphs[inner_index], *outer = &language->graphs[outer_index];
    if (outer->count > CM_LANGUAGE_NODES_MAX)
        return false;
    outer_tables(language, outer);
    language->depth = language->states = language->steps = 0;
    language->stamp++;
    for (uint32_t i = 0; i < inner->count; i++)
        if (inner->nodes[i].first && !read_node(language, inner, outer, i, language->first, whole))
            return false;
    while (language->depth > 0) {
        struct cm_language_state state = language->stack[--language->depth];
        if (inner->nodes[state.node].last && !(state.set & language->last))
            return false;
        uint64_t next = whole ? 0 : language->first;
        for (uint64_t rest = state.set; rest; rest &= rest - 1)
            next |= language->follow[__builtin_ctzll(rest)];
        if (!read_followers(language, inner, outer, state.node, next, whole))
            return false;
    }
    return true;
}

/* ---- a term in words ---- */

static void write_classes(uint16_t classes, struct cm_buffer *out)
{
    const char *between = "%";
    for (unsigned i = 0; i < CM_TOKEN_CLASS_BITS; i++)
        if ((classes & CM_TOKEN_CLASS_BIT(i)) && *cm_token_class_term(i)) {
            cm_buffer_printf(out, "%s%s", between, cm_token_class_term(i));
            between = "|%";
        }
}

static void write_term(const struct cm_phrase *phrase, uint32_t index, unsigned depth, struct cm_buffer *out)
{
    const struct cm_term *term = &phrase->terms[index];
    bool choice = term->kind == CM_TERM_CHOICE;
    if (depth > CM_PHRASE_TREE_DEPTH_MAX)
        return;
    if (term->kind == CM_TERM_WORD || term->kind == CM_TERM_PREFIX) {
        cm_buffer_span(out, term->text);
        cm_buffer_text(out, term->kind == CM_TERM_PREFIX ? "*" : "");
        return; /* what else a prefix reaches is folding's, nobody wrote it */
    }
    if (term->kind == CM_TERM_CLASS)
        write_classes(term->classes, out);
    if (term->kind == CM_TERM_GAP)
        cm_buffer_printf(out, "<%u-%u>", term->min, term->max);
    cm_buffer_text(out, choice ? "(" : "");
    for (uint32_t child = term->child; child; child = phrase->terms[child].next) {
        write_term(phrase, child, depth + 1, out);
        if (phrase->terms[child].next)
            cm_buffer_byte(out, choice ? '|' : ' ');
    }
    cm_buffer_text(out, choice ? ")" : term->kind == CM_TERM_OPTIONAL ? "?" : "");
}

void cm_term_write(const struct cm_phrase *phrase, uint32_t index, struct cm_buffer *out)
{
    write_term(phrase, index, 0, out);
}
