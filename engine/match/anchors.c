#include "match/anchors.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "text/fold.h"

/* What cannot be an anchor: gaps, junctions, edges between large sets. */
#define COST_INFINITE (UINT64_C(1) << 60)
/* Beside its firing an anchor costs room in the tables; this many firings in a billion tokens. */
#define COST_ENTRY 500u
/* More pairs than this between two sets are not worth it: single symbols will do. */
#define PAIRS_MAX 64u
#define NO_ARC UINT32_MAX

struct cm_anchor_arc {
    uint64_t room; /* capacity that is left */
    uint32_t to, next;
};

void cm_anchors_free(struct cm_anchors *anchors)
{
    free(anchors->items);
    free(anchors->arcs);
    free(anchors->heads);
    free(anchors->queue);
    free(anchors->came_by);
    *anchors = (struct cm_anchors){0};
}

/* ---- costs ---- */

static uint64_t position_cost(const struct cm_graph *graph, const struct cm_frequency *frequency, const struct cm_graph_node *node)
{
    uint64_t cost = 0;
    if (node->any || node->junction)
        return COST_INFINITE;
    for (uint32_t i = 0; i < node->set_count; i++)
        cost += cm_frequency_word(frequency, graph->sets[node->set + i]) + COST_ENTRY;
    for (unsigned class = 0; class < 16; class ++)
        if (node->classes & CM_TOKEN_CLASS_BIT(class))
            cost += cm_frequency_class(class) + COST_ENTRY;
    return cost;
}

static bool has_pairs(const struct cm_graph_node *left, const struct cm_graph_node *right)
{
    return left->classes == 0 && right->classes == 0 && left->set_count > 0 && right->set_count > 0 && left->set_count <= PAIRS_MAX &&
           left->set_count * right->set_count <= PAIRS_MAX;
}

static uint64_t edge_cost(const struct cm_graph *graph, const struct cm_frequency *frequency, uint32_t from, uint32_t to)
{
    const struct cm_graph_node *left = &graph->nodes[from], *right = &graph->nodes[to];
    uint64_t cost = 0;
    if (!has_pairs(left, right))
        return COST_INFINITE;
    for (uint32_t i = 0; i < left->set_count; i++)
        for (uint32_t j = 0; j < right->set_count; j++)
            cost += cm_frequency_pair(frequency, graph->sets[left->set + i], graph->sets[right->set + j]) + COST_ENTRY;
    return cost;
}

/* ---- the flow network: node i is 2i (in) and 2i + 1 (out), then source and sink ---- */

static enum cm_status add_arc(struct cm_anchors *anchors, uint32_t from, uint32_t to, uint64_t capacity)
{
    enum cm_status status = cm_grow(&anchors->arcs, &anchors->arc_cap, anchors->arc_count + 2, sizeof(*anchors->arcs));
    if (status != CM_OK)
        return status;
    uint32_t arc = (uint32_t)anchors->arc_count;
    anchors->arcs[arc] = (struct cm_anchor_arc){capacity, to, anchors->heads[from]};
    anchors->arcs[arc + 1] = (struct cm_anchor_arc){0, from, anchors->heads[to]};
    anchors->heads[from] = arc;
    anchors->heads[to] = arc + 1;
    anchors->arc_count += 2;
    return CM_OK;
}

static enum cm_status make_network(struct cm_anchors *anchors, const struct cm_graph *graph, const struct cm_frequency *frequency)
{
    uint32_t source = (uint32_t)graph->count * 2, sink = source + 1;
    enum cm_status status = cm_grow(&anchors->heads, &anchors->heads_cap, sink + 1, sizeof(*anchors->heads));
    if (status == CM_OK)
        status = cm_grow(&anchors->queue, &anchors->queue_cap, sink + 1, sizeof(*anchors->queue));
    if (status == CM_OK)
        status = cm_grow(&anchors->came_by, &anchors->came_cap, sink + 1, sizeof(*anchors->came_by));
    if (status != CM_OK)
        return status;
    memset(anchors->heads, 0xFF, (sink + 1) * sizeof(*anchors->heads));
    anchors->arc_count = 0;
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        status = add_arc(anchors, 2 * i, 2 * i + 1, position_cost(graph, frequency, node));
        if (status == CM_OK && node->first)
            status = add_arc(anchors, source, 2 * i, COST_INFINITE);
        if (status == CM_OK && node->last)
            status = add_arc(anchors, 2 * i + 1, sink, COST_INFINITE);
        for (uint32_t j = node->out; j < node->out + node->out_count && status == CM_OK; j++)
            status = add_arc(anchors, 2 * i + 1, 2 * graph->edges[j], edge_cost(graph, frequency, i, graph->edges[j]));
    }
    return status;
}

/* Breadth first through arcs with room; came_by[node] is NO_ARC where nothing leads. True when the sink is reached. */
static bool search(struct cm_anchors *anchors, uint32_t source, uint32_t sink)
{
    size_t head = 0, tail = 0;
    memset(anchors->came_by, 0xFF, (sink + 1) * sizeof(*anchors->came_by));
    anchors->queue[tail++] = source;
    while (head < tail) {
        uint32_t node = anchors->queue[head++];
        for (uint32_t arc = anchors->heads[node]; arc != NO_ARC; arc = anchors->arcs[arc].next) {
            uint32_t to = anchors->arcs[arc].to;
            if (anchors->arcs[arc].room == 0 || to == source || anchors->came_by[to] != NO_ARC)
                continue;
            anchors->came_by[to] = arc;
            if (to == sink)
                return true;
            anchors->queue[tail++] = to;
        }
    }
    return false;
}

static void augment(struct cm_anchors *anchors, uint32_t source, uint32_t sink)
{
    uint64_t least = COST_INFINITE;
    for (uint32_t node = sink; node != source; node = anchors->arcs[anchors->came_by[node] ^ 1].to)
        if (anchors->arcs[anchors->came_by[node]].room < least)
            least = anchors->arcs[anchors->came_by[node]].room;
    for (uint32_t node = sink; node != source; node = anchors->arcs[anchors->came_by[node] ^ 1].to) {
        anchors->arcs[anchors->came_by[node]].room -= least;
        anchors->arcs[anchors->came_by[node] ^ 1].room += least;
    }
}

/* ---- the cut ---- */

static uint8_t near(uint32_t tokens)
{
    return tokens < CM_ANCHOR_FAR ? (uint8_t)tokens : CM_ANCHOR_FAR;
}

/* Where the anchor stands, and the rarer of the symbols that alone can stand before first and behind last, if there is any. */
static void set_place(const struct cm_graph *graph, const struct cm_frequency *frequency, uint32_t first, uint32_t last,
                      struct cm_anchor *anchor)
{
    const struct cm_graph_node *left = &graph->nodes[first], *right = &graph->nodes[last];
    uint32_t before = !left->first && left->in_count == 1 ? cm_graph_only_symbol(graph, left->in_one) : CM_SYMBOL_OTHER;
    uint32_t behind = !right->last && right->out_count == 1 ? cm_graph_only_symbol(graph, graph->edges[right->out]) : CM_SYMBOL_OTHER;
    bool left_is_better = before != CM_SYMBOL_OTHER &&
                          (behind == CM_SYMBOL_OTHER || cm_frequency_word(frequency, before) <= cm_frequency_word(frequency, behind));
    anchor->left_node = first;
    anchor->right_node = last;
    anchor->neighbour = left_is_better ? before : behind;
    anchor->neighbour_at = left_is_better ? -1 : first == last ? 1 : 2;
}

static enum cm_status emit(struct cm_anchors *anchors, const struct cm_graph_node *node, struct cm_anchor anchor)
{
    enum cm_status status = cm_grow(&anchors->items, &anchors->cap, anchors->count + 1, sizeof(*anchors->items));
    if (status != CM_OK)
        return status;
    anchor.least_before = near(node->least_before);
    anchor.most_before = near(node->most_before);
    anchor.most_after = near(node->most_after);
    anchors->items[anchors->count++] = anchor;
    return CM_OK;
}

static enum cm_status emit_position(struct cm_anchors *anchors, const struct cm_graph *graph, const struct cm_graph_node *node,
                                    struct cm_anchor anchor)
{
    enum cm_status status = CM_OK;
    anchor.kind = CM_ANCHOR_SYMBOL;
    for (uint32_t i = 0; i < node->set_count && status == CM_OK; i++) {
        anchor.left = graph->sets[node->set + i];
        status = emit(anchors, node, anchor);
    }
    anchor.kind = CM_ANCHOR_CLASS;
    for (unsigned class = 0; class < 16 && status == CM_OK; class ++) {
        anchor.left = class;
        if (node->classes & CM_TOKEN_CLASS_BIT(class))
            status = emit(anchors, node, anchor);
    }
    return status;
}

static enum cm_status emit_edge(struct cm_anchors *anchors, const struct cm_graph *graph, uint32_t from, uint32_t to,
                                struct cm_anchor anchor)
{
    const struct cm_graph_node *left = &graph->nodes[from], *right = &graph->nodes[to];
    enum cm_status status = CM_OK;
    anchor.kind = CM_ANCHOR_PAIR;
    for (uint32_t i = 0; i < left->set_count; i++)
        for (uint32_t j = 0; j < right->set_count && status == CM_OK; j++) {
            anchor.left = graph->sets[left->set + i];
            anchor.right = graph->sets[right->set + j];
            status = emit(anchors, left, anchor);
        }
    return status;
}

enum cm_status cm_anchors_add(struct cm_anchors *anchors, const struct cm_graph *graph, const struct cm_frequency *frequency,
                              uint32_t phrase)
{
    uint32_t source = (uint32_t)graph->count * 2, sink = source + 1;
    enum cm_status status = make_network(anchors, graph, frequency);
    if (status != CM_OK)
        return status;
    while (search(anchors, source, sink))
        augment(anchors, source, sink);
    /* what search reached from the source is one side; arcs that leave it are the cut */
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        bool in = anchors->came_by[2 * i] != NO_ARC, out = anchors->came_by[2 * i + 1] != NO_ARC;
        struct cm_anchor anchor = {.phrase = phrase};
        set_place(graph, frequency, i, i, &anchor);
        if (in && !out)
            status = emit_position(anchors, graph, node, anchor);
        for (uint32_t j = node->out; out && j < node->out + node->out_count && status == CM_OK; j++)
            if (anchors->came_by[2 * graph->edges[j]] == NO_ARC) {
                set_place(graph, frequency, i, graph->edges[j], &anchor);
                status = emit_edge(anchors, graph, i, graph->edges[j], anchor);
            }
    }
    return status;
}
