#include "match/graph.h"

#include <stdlib.h>

#include "base/buffer.h"

/* Up to this many edges join two sets of positions directly; beyond it a junction stands between them. */
#define DIRECT_EDGES_MAX ((size_t)64)
#define NO_LINK UINT32_MAX

/* An element of a list of nodes; lists are joined end to end, never copied. */
struct cm_graph_link {
    uint32_t node, next;
};

struct list {
    uint32_t head, tail; /* links; NO_LINK: empty */
    uint32_t count;
};

#define EMPTY_LIST ((struct list){NO_LINK, NO_LINK, 0})

/* A part of the phrase: where it may begin and end, whether it may be passed without a token. */
struct part {
    struct list first, last;
    bool nullable;
};

struct build {
    struct cm_graph *graph;
    const struct cm_symbols *symbols;
    const struct cm_term *terms;
};

static struct part build_term(struct build *build, uint32_t index, unsigned depth);

void cm_graph_free(struct cm_graph *graph)
{
    free(graph->nodes);
    free(graph->sets);
    free(graph->edges);
    free(graph->order);
    free(graph->pairs);
    free(graph->links);
    free(graph->degree);
    *graph = (struct cm_graph){0};
}

/* ---- lists and nodes ---- */

/* Room for need items; false once memory was out, and then the build goes on to its end without effect. */
static bool room(struct cm_graph *graph, void *items, size_t *cap, size_t need, size_t size)
{
    if (graph->status == CM_OK)
        graph->status = cm_grow(items, cap, need, size);
    return graph->status == CM_OK;
}

static struct list list_of(struct cm_graph *graph, uint32_t node)
{
    if (!room(graph, &graph->links, &graph->link_cap, graph->link_count + 1, sizeof(*graph->links)))
        return EMPTY_LIST;
    uint32_t link = (uint32_t)graph->link_count++;
    graph->links[link] = (struct cm_graph_link){node, NO_LINK};
    return (struct list){link, link, 1};
}

/* a then b; both are used up. */
static struct list joined(struct cm_graph *graph, struct list a, struct list b)
{
    if (a.count == 0)
        return b;
    if (b.count == 0)
        return a;
    graph->links[a.tail].next = b.head;
    return (struct list){a.head, b.tail, a.count + b.count};
}

static uint32_t add_node(struct cm_graph *graph)
{
    if (!room(graph, &graph->nodes, &graph->node_cap, graph->count + 1, sizeof(*graph->nodes)))
        return 0;
    graph->nodes[graph->count] = (struct cm_graph_node){.set = (uint32_t)graph->set_len};
    return (uint32_t)graph->count++;
}

static void add_edge(struct cm_graph *graph, uint32_t from, uint32_t to)
{
    if (!room(graph, &graph->pairs, &graph->pair_cap, graph->pair_count + 1, sizeof(*graph->pairs)))
        return;
    graph->pairs[graph->pair_count++] = (struct cm_graph_edge){from, to};
}

/* Every one of from may be followed by every one of to. */
static void connect(struct cm_graph *graph, struct list from, struct list to)
{
    if (from.count == 0 || to.count == 0)
        return;
    bool direct = from.count == 1 || to.count == 1 || (size_t)from.count * to.count <= DIRECT_EDGES_MAX;
    uint32_t junction = direct ? 0 : add_node(graph);
    if (!direct && graph->status == CM_OK)
        graph->nodes[junction].junction = true;
    for (uint32_t i = from.head; i != NO_LINK && graph->status == CM_OK; i = graph->links[i].next) {
        for (uint32_t j = to.head; direct && j != NO_LINK && graph->status == CM_OK; j = graph->links[j].next)
            add_edge(graph, graph->links[i].node, graph->links[j].node);
        if (!direct)
            add_edge(graph, graph->links[i].node, junction);
    }
    for (uint32_t j = to.head; !direct && j != NO_LINK && graph->status == CM_OK; j = graph->links[j].next)
        add_edge(graph, junction, graph->links[j].node);
}

/* ---- positions ---- */

static void add_symbol(struct cm_graph *graph, uint32_t node, uint32_t symbol)
{
    if (symbol == CM_SYMBOL_OTHER || !room(graph, &graph->sets, &graph->set_cap, graph->set_len + 1, sizeof(*graph->sets)))
        return;
    graph->sets[graph->set_len++] = symbol;
    graph->nodes[node].set_count++;
}

static bool is_single(const struct cm_term *terms, uint32_t index, unsigned depth)
{
    const struct cm_term *term = &terms[index];
    if (term->kind <= CM_TERM_CLASS)
        return true;
    if (depth > CM_PHRASE_TREE_DEPTH_MAX || term->child == 0 || (term->kind != CM_TERM_SEQUENCE && term->kind != CM_TERM_CHOICE))
        return false;
    if (term->kind == CM_TERM_SEQUENCE && terms[term->child].next != 0)
        return false;
    for (uint32_t i = term->child; i != 0; i = terms[i].next)
        if (!is_single(terms, i, depth + 1))
            return false;
    return true;
}

/* What a term that is always one token can read, into the newest node. */
static void read_single(struct build *build, uint32_t node, uint32_t index, unsigned depth)
{
    struct cm_graph *graph = build->graph;
    const struct cm_term *term = &build->terms[index];
    if (graph->status != CM_OK || depth > CM_PHRASE_TREE_DEPTH_MAX)
        return;
    if (term->kind == CM_TERM_WORD)
        add_symbol(graph, node, cm_symbols_find(build->symbols, term->text));
    if (term->kind == CM_TERM_CLASS)
        graph->nodes[node].classes |= term->classes;
    if (term->kind == CM_TERM_PREFIX) {
        size_t from, to;
        cm_symbols_prefixed(build->symbols, term->text, &from, &to);
        for (size_t i = from; i < to; i++)
            add_symbol(graph, node, build->symbols->sorted[i]);
    }
    for (uint32_t i = term->child; i != 0; i = build->terms[i].next)
        read_single(build, node, i, depth + 1);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static void sort_set(struct cm_graph *graph, uint32_t node)
{
    struct cm_graph_node *position = &graph->nodes[node];
    if (position->set_count < 2)
        return;
    uint32_t *set = graph->sets + position->set;
    uint32_t kept = 0;
    qsort(set, position->set_count, sizeof(*set), compare_numbers);
    for (uint32_t i = 0; i < position->set_count; i++)
        if (kept == 0 || set[i] != set[kept - 1])
            set[kept++] = set[i];
    position->set_count = kept;
    graph->set_len = position->set + kept;
}

static struct part position(struct cm_graph *graph, uint32_t node)
{
    sort_set(graph, node);
    return (struct part){list_of(graph, node), list_of(graph, node), false};
}

static struct part build_single(struct build *build, uint32_t index)
{
    uint32_t node = add_node(build->graph);
    read_single(build, node, index, 0);
    return build->graph->status == CM_OK ? position(build->graph, node) : (struct part){EMPTY_LIST, EMPTY_LIST, false};
}

/* ---- compound terms ---- */

static struct part build_gap(struct build *build, const struct cm_term *gap)
{
    struct cm_graph *graph = build->graph;
    struct part part = {EMPTY_LIST, EMPTY_LIST, gap->min == 0};
    for (unsigned i = 1; i <= gap->max && graph->status == CM_OK; i++) {
        uint32_t node = add_node(graph);
        if (graph->status != CM_OK)
            break;
        graph->nodes[node].any = true;
        if (i == 1)
            part.first = list_of(graph, node);
        else
            add_edge(graph, node - 1, node);
        if (i >= gap->min)
            part.last = joined(graph, part.last, list_of(graph, node));
    }
    return part;
}

static struct part build_choice(struct build *build, const struct cm_term *choice, unsigned depth)
{
    struct part whole = {EMPTY_LIST, EMPTY_LIST, false};
    uint32_t node = 0;
    bool single = false;
    /* the single words first: they share one position, whose set must stay in one piece */
    for (uint32_t i = choice->child; i != 0; i = build->terms[i].next) {
        if (!is_single(build->terms, i, 0))
            continue;
        if (!single)
            node = add_node(build->graph);
        single = true;
        read_single(build, node, i, 0);
    }
    if (single && build->graph->status == CM_OK)
        whole = position(build->graph, node);
    for (uint32_t i = choice->child; i != 0; i = build->terms[i].next) {
        if (is_single(build->terms, i, 0))
            continue;
        struct part part = build_term(build, i, depth + 1);
        whole.first = joined(build->graph, whole.first, part.first);
        whole.last = joined(build->graph, whole.last, part.last);
        whole.nullable = whole.nullable || part.nullable;
    }
    return whole;
}

static struct part build_sequence(struct build *build, const struct cm_term *sequence, unsigned depth)
{
    struct part whole = {EMPTY_LIST, EMPTY_LIST, true};
    for (uint32_t i = sequence->child; i != 0; i = build->terms[i].next) {
        struct part part = build_term(build, i, depth + 1);
        connect(build->graph, whole.last, part.first);
        if (whole.nullable)
            whole.first = joined(build->graph, whole.first, part.first);
        whole.last = part.nullable ? joined(build->graph, whole.last, part.last) : part.last;
        whole.nullable = whole.nullable && part.nullable;
    }
    return whole;
}

/* Depth: that of the tree, CM_PHRASE_TREE_DEPTH_MAX. */
static struct part build_term(struct build *build, uint32_t index, unsigned depth)
{
    const struct cm_term *term = &build->terms[index];
    struct part part = {EMPTY_LIST, EMPTY_LIST, true};
    if (build->graph->status != CM_OK || depth > CM_PHRASE_TREE_DEPTH_MAX)
        return part;
    if (is_single(build->terms, index, 0))
        return build_single(build, index);
    switch (term->kind) {
    case CM_TERM_GAP:
        return build_gap(build, term);
    case CM_TERM_CHOICE:
        return build_choice(build, term, depth);
    case CM_TERM_OPTIONAL:
        part = build_term(build, term->child, depth + 1);
        part.nullable = true;
        return part;
    default:
        return build_sequence(build, term, depth);
    }
}

/* ---- the finished graph ---- */

static void sort_edges(struct cm_graph *graph)
{
    size_t at = 0;
    for (size_t i = 0; i < graph->pair_count; i++) {
        graph->nodes[graph->pairs[i].from].out_count++;
        graph->nodes[graph->pairs[i].to].in_count++;
        graph->nodes[graph->pairs[i].to].in_one = graph->pairs[i].from;
    }
    for (size_t i = 0; i < graph->count; i++) {
        graph->nodes[i].out = (uint32_t)at;
        at += graph->nodes[i].out_count;
        graph->nodes[i].out_count = 0;
    }
    for (size_t i = 0; i < graph->pair_count; i++) {
        struct cm_graph_node *from = &graph->nodes[graph->pairs[i].from];
        graph->edges[from->out + from->out_count++] = graph->pairs[i].to;
    }
    graph->edge_count = at;
}

static void sort_nodes(struct cm_graph *graph)
{
    size_t sorted = 0;
    memset(graph->degree, 0, graph->count * sizeof(*graph->degree));
    for (size_t i = 0; i < graph->edge_count; i++)
        graph->degree[graph->edges[i]]++;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->degree[i] == 0)
            graph->order[sorted++] = (uint32_t)i;
    for (size_t done = 0; done < sorted; done++) {
        const struct cm_graph_node *node = &graph->nodes[graph->order[done]];
        for (uint32_t i = node->out; i < node->out + node->out_count; i++)
            if (--graph->degree[graph->edges[i]] == 0)
                graph->order[sorted++] = graph->edges[i];
    }
}

/* How many tokens of a match may stand before and after each node. */
static void measure(struct cm_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i].least_before = graph->nodes[i].first ? 0 : UINT32_MAX;
    for (size_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[graph->order[i]];
        uint32_t step = node->junction ? 0 : 1;
        for (uint32_t j = node->out; j < node->out + node->out_count; j++) {
            struct cm_graph_node *next = &graph->nodes[graph->edges[j]];
            uint32_t least = node->least_before == UINT32_MAX ? UINT32_MAX : node->least_before + step;
            next->least_before = least < next->least_before ? least : next->least_before;
            next->most_before = node->most_before + step > next->most_before ? node->most_before + step : next->most_before;
        }
    }
    for (size_t i = graph->count; i-- > 0;) {
        struct cm_graph_node *node = &graph->nodes[graph->order[i]];
        for (uint32_t j = node->out; j < node->out + node->out_count; j++) {
            const struct cm_graph_node *next = &graph->nodes[graph->edges[j]];
            uint32_t after = next->most_after + (next->junction ? 0 : 1);
            node->most_after = after > node->most_after ? after : node->most_after;
        }
    }
}

enum cm_status cm_graph_build(struct cm_graph *graph, const struct cm_symbols *symbols, const struct cm_phrase *phrase)
{
    graph->count = graph->set_len = graph->edge_count = graph->pair_count = graph->link_count = 0;
    graph->status = CM_OK;
    struct build build = {graph, symbols, phrase->terms};
    struct part whole = build_term(&build, 0, 0);
    if (graph->status == CM_OK && graph->count == 0)
        graph->status = CM_EUSAGE; /* no parsed phrase is empty */
    if (!room(graph, &graph->edges, &graph->edge_cap, graph->pair_count + 1, sizeof(*graph->edges)) ||
        !room(graph, &graph->order, &graph->order_cap, graph->count, sizeof(*graph->order)) ||
        !room(graph, &graph->degree, &graph->degree_cap, graph->count, sizeof(*graph->degree)))
        return graph->status;
    for (uint32_t i = whole.first.head; i != NO_LINK; i = graph->links[i].next)
        graph->nodes[graph->links[i].node].first = true;
    for (uint32_t i = whole.last.head; i != NO_LINK; i = graph->links[i].next)
        graph->nodes[graph->links[i].node].last = true;
    sort_edges(graph);
    sort_nodes(graph);
    measure(graph);
    return CM_OK;
}

uint32_t cm_graph_only_symbol(const struct cm_graph *graph, uint32_t node)
{
    const struct cm_graph_node *position = &graph->nodes[node];
    bool only = !position->any && !position->junction && position->classes == 0 && position->set_count == 1;
    return only ? graph->sets[position->set] : CM_SYMBOL_OTHER;
}

/*
 * In an order in which every edge goes forward, a position is on every path
 * exactly if no edge jumps over it (nor a begin behind it, nor an end before it).
 */
void cm_graph_mandatory(const struct cm_graph *graph, uint8_t *mandatory, int32_t *cover)
{
    int32_t *rank = cover + graph->count + 2;
    int32_t count = (int32_t)graph->count, jumps = 0;
    memset(cover, 0, (graph->count + 2) * sizeof(*cover));
    for (int32_t i = 0; i < count; i++)
        rank[graph->order[i]] = i + 1; /* the begin is 0, the end count + 1 */
    for (int32_t i = 0; i < count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        /* an edge (a, b) covers a + 1 .. b - 1 */
        if (node->first && rank[i] > 1)
            cover[1]++, cover[rank[i]]--;
        if (node->last && rank[i] < count)
            cover[rank[i] + 1]++, cover[count + 1]--;
        for (uint32_t j = node->out; j < node->out + node->out_count; j++)
            cover[rank[i] + 1]++, cover[rank[graph->edges[j]]]--;
    }
    for (int32_t r = 1; r <= count; r++) {
        jumps += cover[r];
        mandatory[graph->order[r - 1]] = jumps == 0 && !graph->nodes[graph->order[r - 1]].junction;
    }
}
