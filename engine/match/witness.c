#include "match/witness.h"

#include <stdlib.h>

#include "base/buffer.h"

void cm_witness_search_free(struct cm_witness_search *search)
{
    free(search->distances);
    search->distances = NULL;
}

/* Fewest and most tokens from the anchor's left symbol to each node that can only come behind its right one; -1: not such a node. */
static void measure_behind(const struct cm_graph *graph, const struct cm_anchor *anchor, int32_t *least, int32_t *most)
{
    for (size_t i = 0; i < graph->count; i++)
        least[i] = most[i] = -1;
    least[anchor->right_node] = most[anchor->right_node] = anchor->left_node != anchor->right_node;
    for (size_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[graph->order[i]];
        int32_t near = least[graph->order[i]], far = most[graph->order[i]];
        for (uint32_t j = node->out; near >= 0 && j < node->out + node->out_count; j++) {
            uint32_t next = graph->edges[j];
            int32_t step = !graph->nodes[next].junction;
            least[next] = least[next] < 0 || near + step < least[next] ? near + step : least[next];
            most[next] = far + step > most[next] ? far + step : most[next];
        }
    }
}

/* Likewise from each node before the anchor to its left symbol; a junction counts as the token behind it. */
static void measure_before(const struct cm_graph *graph, const struct cm_anchor *anchor, int32_t *least, int32_t *most)
{
    for (size_t i = 0; i < graph->count; i++)
        least[i] = most[i] = -1;
    least[anchor->left_node] = most[anchor->left_node] = 0;
    for (size_t i = graph->count; i-- > 0;) {
        uint32_t from = graph->order[i];
        const struct cm_graph_node *node = &graph->nodes[from];
        for (uint32_t j = node->out; from != anchor->left_node && j < node->out + node->out_count; j++) {
            uint32_t next = graph->edges[j];
            int32_t step = !node->junction;
            if (least[next] < 0)
                continue;
            least[from] = least[from] < 0 || least[next] + step < least[from] ? least[next] + step : least[from];
            most[from] = most[next] + step > most[from] ? most[next] + step : most[from];
        }
    }
}

static bool can_witness(const struct cm_witness_search *search, uint32_t node, const struct cm_anchor *anchor)
{
    const struct cm_graph_node *position = &search->graph->nodes[node];
    return search->mandatory[node] && !position->any && position->classes == 0 && position->set_count > 0 &&
           position->set_count <= CM_WITNESS_SYMBOLS_MAX && node != anchor->left_node && node != anchor->right_node &&
           search->graph->sets[position->set + position->set_count - 1] <= UINT16_MAX;
}

/* How often a witness may stand there by chance. */
static uint64_t witness_cost(const struct cm_witness_search *search, uint32_t node, int32_t width)
{
    const struct cm_graph_node *position = &search->graph->nodes[node];
    uint64_t cost = 0;
    for (uint32_t i = 0; i < position->set_count; i++)
        cost += cm_frequency_word(search->frequency, search->graph->sets[position->set + i]);
    return cost * (uint64_t)width;
}

/* Of the positions on one side of the anchor, the one that stands there least often by chance. */
static void choose_witness(const struct cm_witness_search *search, struct cm_anchor *anchor, const int32_t *least, const int32_t *most,
                           bool before, uint64_t *best)
{
    const struct cm_graph *graph = search->graph;
    for (uint32_t i = 0; i < graph->count; i++) {
        if (least[i] < 0 || most[i] > INT8_MAX || !can_witness(search, i, anchor))
            continue;
        uint64_t cost = witness_cost(search, i, most[i] - least[i] + 1);
        if (cost >= *best)
            continue;
        struct cm_anchor_witness witness = {.least = 0};
        witness.least = (int8_t)(before ? -most[i] : least[i]);
        witness.width = (uint8_t)(most[i] - least[i] < CM_WITNESS_WIDTH_MAX ? most[i] - least[i] : CM_WITNESS_WIDTH_MAX);
        for (uint32_t j = 0; j < CM_WITNESS_SYMBOLS_MAX; j++)
            witness.symbols[j] = (uint16_t)graph->sets[graph->nodes[i].set + (j < graph->nodes[i].set_count ? j : 0)];
        anchor->witness = witness;
        *best = cost;
    }
}

enum cm_status cm_witness_find(struct cm_witness_search *search, struct cm_anchor *anchor)
{
    uint64_t best = UINT64_MAX;
    size_t count = search->graph->count;
    enum cm_status status = cm_grow(&search->distances, &search->distance_cap, 2 * count, sizeof(*search->distances));
    if (status != CM_OK)
        return status;
    int32_t *least = search->distances, *most = search->distances + count;
    measure_behind(search->graph, anchor, least, most);
    choose_witness(search, anchor, least, most, false, &best);
    measure_before(search->graph, anchor, least, most);
    choose_witness(search, anchor, least, most, true, &best);
    return CM_OK;
}
