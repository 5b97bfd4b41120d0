#include "study/lint/reach.h"

#include <stdlib.h>

#include "match/graph.h"

/* Words that are shown as what is needed. */
#define NEEDS_SHOWN_MAX 6u
/* A word of the stop list, and any other. */
#define STOP_WEIGHT 1u
#define WORD_WEIGHT 4u
/* Larger phrases and turns are not looked at: nobody reads the answer. */
#define CELLS_MAX ((size_t)1 << 22)

/* The best way to a node that reads a token: what it has got, and where it began. */
struct cell {
    uint32_t weight, got, first;
    bool there;
};

struct walk {
    const struct cm_folded *turn;
    const struct cm_symbols *symbols;
    const struct cm_graph *graph;
    const struct cm_phrase *phrase;
    struct cell *now, *before;   /* by node */
    uint32_t *rest, *rest_words; /* by node: least weight and words to the end, its own left out */
    uint32_t *weights;           /* by node: of the lightest word that it reads */
    struct cm_reach best;
    uint32_t best_node;
};

static uint32_t weight_of(const struct walk *walk, uint32_t index)
{
    const struct cm_graph_node *node = &walk->graph->nodes[index];
    if (node->any || node->junction)
        return 0;
    if (node->classes || node->set_count == 0)
        return WORD_WEIGHT;
    for (uint32_t i = node->set; i < node->set + node->set_count; i++) {
        const struct cm_symbol *symbol = &walk->symbols->items[walk->graph->sets[i]];
        struct cm_span word = {walk->symbols->pool + symbol->at, symbol->len};
        if (!symbol->prefix && (cm_lexicon_lists(walk->turn->lexicon, word) & CM_WORD_STOP))
            return STOP_WEIGHT;
    }
    return WORD_WEIGHT;
}

/* What is missing behind each node: the lightest way on, of two the one with fewer words. */
static void measure(struct walk *walk)
{
    const struct cm_graph *graph = walk->graph;
    for (uint32_t i = 0; i < graph->count; i++)
        walk->weights[i] = weight_of(walk, i);
    for (size_t i = graph->count; i-- > 0;) {
        uint32_t index = graph->order[i];
        const struct cm_graph_node *node = &graph->nodes[index];
        walk->rest[index] = node->last ? 0 : UINT32_MAX;
        walk->rest_words[index] = 0;
        for (uint32_t j = node->out; j < node->out + node->out_count; j++) {
            uint32_t next = graph->edges[j], rest = walk->rest[next] + walk->weights[next];
            uint32_t words = walk->rest_words[next] + (walk->weights[next] > 0);
            if (rest < walk->rest[index] || (rest == walk->rest[index] && words < walk->rest_words[index])) {
                walk->rest[index] = rest;
                walk->rest_words[index] = words;
            }
        }
    }
}

static bool reads(const struct walk *walk, uint32_t index, uint32_t symbol, uint8_t class)
{
    const struct cm_graph_node *node = &walk->graph->nodes[index];
    if (node->any || (node->classes & CM_TOKEN_CLASS_BIT(class)))
        return true;
    for (uint32_t i = node->set; i < node->set + node->set_count && symbol != CM_SYMBOL_OTHER; i++)
        if (walk->graph->sets[i] == symbol)
            return true;
    return false;
}

bool cm_reach_nearer(const struct cm_reach *a, const struct cm_reach *b)
{
    if (!a->phrase || !b->phrase)
        return a->phrase != NULL;
    uint64_t left = (uint64_t)a->weight * (b->weight + b->missing), right = (uint64_t)b->weight * (a->weight + a->missing);
    return left != right ? left > right : a->weight > b->weight;
}

/* Of two phrases of a cue: of which more is there, then of which less is missing. */
static bool longer(const struct cm_reach *a, const struct cm_reach *b)
{
    if (!b->phrase || a->weight != b->weight)
        return !b->phrase || a->weight > b->weight;
    return a->missing < b->missing;
}

static void offer(struct walk *walk, uint32_t node, const struct cell *cell, uint32_t token)
{
    struct cm_reach reach = {.phrase = walk->phrase,
                             .first = cell->first,
                             .end = token + 1,
                             .got = cell->got,
                             .of = cell->got + walk->rest_words[node],
                             .weight = cell->weight,
                             .missing = walk->rest[node]};
    if (cell->weight > 0 && walk->weights[node] > 0 && longer(&reach, &walk->best)) {
        walk->best = reach;
        walk->best_node = node;
    }
}

static void better(struct cell *to, const struct cell *from)
{
    if (!to->there || from->weight > to->weight || (from->weight == to->weight && from->first > to->first))
        *to = *from;
}

/* All nodes that may read this token, from those that have read the one before it. */
static void step(struct walk *walk, uint32_t token, bool begins)
{
    const struct cm_graph *graph = walk->graph;
    const struct cm_token *word = &walk->turn->tokens[token];
    uint32_t symbol = CM_SYMBOL_NUMBER(cm_symbols_value(walk->symbols, walk->turn->text.ptr + word->at, word->len, word->hash));
    struct cell *swap = walk->before;
    walk->before = walk->now;
    walk->now = swap;
    memset(walk->now, 0, graph->count * sizeof *walk->now);
    for (uint32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].first)
            walk->now[i] = (struct cell){0, 0, token, true};
    for (uint32_t i = 0; i < graph->count && !begins; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        for (uint32_t j = node->out; walk->before[i].there && j < node->out + node->out_count; j++) {
            const struct cm_graph_node *to = &graph->nodes[graph->edges[j]];
            if (!to->junction)
                better(&walk->now[graph->edges[j]], &walk->before[i]);
            for (uint32_t k = to->out; to->junction && k < to->out + to->out_count; k++)
                better(&walk->now[graph->edges[k]], &walk->before[i]);
        }
    }
    for (uint32_t i = 0; i < graph->count; i++) {
        struct cell *cell = &walk->now[i];
        cell->there = cell->there && reads(walk, i, symbol, word->class);
        if (!cell->there)
            continue;
        if (walk->weights[i] > 0)
            cell->weight += word->lists & CM_WORD_STOP ? STOP_WEIGHT : WORD_WEIGHT;
        cell->got += walk->weights[i] > 0;
        offer(walk, i, cell, token);
    }
}

/* ---- what would have to follow ---- */

static void add_need(struct walk *walk, uint32_t index, uint32_t *shown, struct cm_buffer *needs)
{
    const struct cm_graph_node *node = &walk->graph->nodes[index];
    for (uint32_t i = node->set; i < node->set + node->set_count && *shown <= NEEDS_SHOWN_MAX; i++) {
        const struct cm_symbol *symbol = &walk->symbols->items[walk->graph->sets[i]];
        cm_buffer_text(needs, *shown ? "|" : "");
        if (++*shown > NEEDS_SHOWN_MAX)
            cm_buffer_text(needs, "…");
        else
            cm_buffer_span(needs, (struct cm_span){walk->symbols->pool + symbol->at, symbol->len});
        if (*shown <= NEEDS_SHOWN_MAX && symbol->prefix)
            cm_buffer_byte(needs, '*');
    }
    for (unsigned i = 0; i < CM_TOKEN_CLASS_BITS; i++)
        if ((node->classes & CM_TOKEN_CLASS_BIT(i)) && *cm_token_class_term(i))
            cm_buffer_printf(needs, "%s%%%s", (*shown)++ ? "|" : "", cm_token_class_term(i));
}

/* The nodes that may follow, gaps passed: marked in the scratch of cells, in order of the graph. */
static void write_needs(struct walk *walk, struct cm_buffer *needs)
{
    const struct cm_graph *graph = walk->graph;
    uint32_t shown = 0;
    memset(walk->now, 0, graph->count * sizeof *walk->now);
    walk->now[walk->best_node].there = true;
    for (size_t i = 0; i < graph->count; i++) {
        uint32_t index = graph->order[i];
        const struct cm_graph_node *node = &graph->nodes[index];
        if (!walk->now[index].there)
            continue;
        if (index != walk->best_node && !node->any && !node->junction) {
            add_need(walk, index, &shown, needs);
            continue;
        }
        walk->best.within |= node->any;
        uint32_t gap = walk->now[index].got + node->any;
        walk->best.gap = gap > walk->best.gap ? gap : walk->best.gap;
        for (uint32_t j = node->out; j < node->out + node->out_count; j++) {
            struct cell *next = &walk->now[graph->edges[j]];
            next->there = true;
            next->got = gap > next->got ? gap : next->got;
        }
    }
}

static enum cm_status walk_phrase(struct walk *walk, const struct cm_phrase *phrase, struct cm_buffer *needs)
{
    struct cm_graph graph = {0};
    struct cm_reach before = walk->best;
    enum cm_status status = cm_graph_build(&graph, walk->symbols, phrase);
    bool fits = status == CM_OK && graph.count * (walk->turn->count + 1) <= CELLS_MAX;
    walk->graph = &graph;
    walk->phrase = phrase;
    struct cell *cells = fits ? calloc(2 * graph.count, sizeof *cells) : NULL;
    uint32_t *numbers = fits ? calloc(3 * graph.count, sizeof *numbers) : NULL;
    if (fits && (!cells || !numbers))
        status = CM_ENOMEM;
    if (fits && status == CM_OK) {
        walk->now = cells;
        walk->before = cells + graph.count;
        walk->rest = numbers;
        walk->rest_words = numbers + graph.count;
        walk->weights = numbers + 2 * graph.count;
        measure(walk);
        bool begins = true;
        for (uint32_t i = 0; i < walk->turn->count; i++) {
            step(walk, i, begins);
            begins = walk->turn->tokens[i].flags & CM_TOKEN_SENTENCE_END;
        }
        if (walk->best.phrase != before.phrase) {
            cm_buffer_reset(needs);
            write_needs(walk, needs);
            if (walk->best.missing == 0)
                cm_buffer_reset(needs);
        }
    }
    free(cells);
    free(numbers);
    cm_graph_free(&graph);
    return status;
}

enum cm_status cm_reach(const struct cm_cue *cue, const struct cm_folded *turn, struct cm_reach *out, struct cm_buffer *needs)
{
    struct cm_symbols symbols;
    enum cm_status status = CM_OK;
    *out = (struct cm_reach){0};
    cm_buffer_reset(needs);
    cm_symbols_init(&symbols);
    for (uint32_t i = 0; i < cue->phrase_count; i++)
        for (uint32_t j = 0; j < cue->phrases[i].phrase.count && status == CM_OK; j++) {
            const struct cm_term *term = &cue->phrases[i].phrase.terms[j];
            if (term->kind == CM_TERM_WORD || term->kind == CM_TERM_PREFIX)
                status = cm_symbols_add(&symbols, term->text, term->kind == CM_TERM_PREFIX);
        }
    if (status == CM_OK)
        status = cm_symbols_finish(&symbols);
    struct walk walk = {.turn = turn, .symbols = &symbols};
    for (uint32_t i = 0; i < cue->phrase_count && status == CM_OK; i++)
        status = walk_phrase(&walk, &cue->phrases[i].phrase, needs);
    cm_symbols_free(&symbols);
    *out = walk.best;
    return status == CM_OK ? cm_buffer_status(needs) : status;
}
