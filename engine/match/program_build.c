#include <stdlib.h>

#include "base/buffer.h"
#include "match/program_layout.h"
#include "text/fold.h"

void cm_programs_free(struct cm_programs *programs)
{
    free(programs->pool);
    *programs = (struct cm_programs){0};
}

/* What is known of a graph before its program is laid out. */
struct plan {
    const struct cm_graph *graph;
    struct cm_program head;
    uint8_t bit[CM_PROGRAM_SMALL_POSITIONS_MAX * 2]; /* by node, where it is a position of a TINY or SMALL program */
    uint32_t positions, class_count, symbol_count;
    uint32_t *symbols; /* of all sets, ascending, each once */
};

/* A zeroed program of bytes at the end of the pool; NULL when memory is out. Valid until the next one. */
static void *new_program(struct cm_programs *programs, const struct plan *plan, size_t bytes)
{
    size_t room = (bytes + CM_PROGRAM_UNIT_BYTES - 1) / CM_PROGRAM_UNIT_BYTES * CM_PROGRAM_UNIT_BYTES;
    size_t skip =
        room > CM_PROGRAM_UNIT_BYTES ? programs->len % CM_PROGRAM_CACHE_LINE_BYTES : 0; /* none lies on one line more than it must */
    if (cm_grow(&programs->pool, &programs->cap, programs->len + skip + room, 1) != CM_OK)
        return NULL;
    memset(programs->pool + programs->len, 0, skip + room);
    programs->newest = programs->len + skip;
    programs->len += skip + room;
    return memcpy(programs->pool + programs->newest, &plan->head, sizeof(plan->head));
}

static bool is_plain(const struct cm_graph *graph)
{
    for (uint32_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        bool end = i + 1 == graph->count;
        if (cm_graph_only_symbol(graph, i) == CM_SYMBOL_OTHER || node->first != (i == 0) || node->last != end || node->out_count != !end)
            return false;
        if (!end && graph->edges[node->out] != i + 1)
            return false;
    }
    return true;
}

static enum cm_status add_plain(struct cm_programs *programs, struct plan *plan)
{
    plan->head.kind = CM_PROGRAM_PLAIN;
    plan->head.count = (uint32_t)plan->graph->count & 0x7FFFFFFu;
    struct cm_program_plain *plain = new_program(programs, plan, sizeof(*plain) + plan->graph->count * sizeof(*plain->symbols));
    if (!plain)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < plan->graph->count; i++)
        plain->symbols[i] = cm_graph_only_symbol(plan->graph, i);
    return CM_OK;
}

static uint64_t bit_of(const struct plan *plan, uint32_t node)
{
    return plan->graph->nodes[node].junction ? 0 : UINT64_C(1) << plan->bit[node];
}

/* The positions behind a node, through junctions. */
static uint64_t followers(const struct plan *plan, uint32_t from)
{
    const struct cm_graph *graph = plan->graph;
    const struct cm_graph_node *node = &graph->nodes[from];
    uint64_t mask = 0;
    for (uint32_t i = node->out; i < node->out + node->out_count; i++) {
        const struct cm_graph_node *next = &graph->nodes[graph->edges[i]];
        mask |= bit_of(plan, graph->edges[i]);
        for (uint32_t j = next->out; next->junction && j < next->out + next->out_count; j++)
            mask |= bit_of(plan, graph->edges[j]);
    }
    return mask;
}

static void fill_small(const struct plan *plan, struct cm_program_small *small)
{
    const struct cm_graph *graph = plan->graph;
    uint64_t *readers = small->masks + plan->positions, *classes = readers + plan->symbol_count;
    uint64_t *precede = classes + 2 * (size_t)plan->class_count;
    for (uint32_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint64_t bit = bit_of(plan, i);
        if (bit == 0)
            continue;
        small->first |= node->first ? bit : 0;
        small->last |= node->last ? bit : 0;
        small->any |= node->any ? bit : 0;
        small->masks[plan->bit[i]] = followers(plan, i);
        small->inner |= small->masks[plan->bit[i]];
        for (uint64_t behind = small->masks[plan->bit[i]]; behind != 0; behind &= behind - 1)
            precede[__builtin_ctzll(behind)] |= bit;
        for (uint32_t j = 0; j < node->set_count; j++)
            readers[cm_program_find(plan->symbols, plan->symbol_count, graph->sets[node->set + j])] |= bit;
        if (node->classes) {
            *classes++ = node->classes;
            *classes++ = bit;
        }
    }
    small->symbol_count = plan->symbol_count;
    small->class_count = (uint16_t)plan->class_count;
}

static size_t small_masks(const struct plan *plan)
{
    return 2 * (size_t)plan->positions + plan->symbol_count + 2 * (size_t)plan->class_count;
}

/* Groups of 16-bit symbols that a SMALL program has; 0: its symbols are a table. */
static size_t small_groups(const struct plan *plan)
{
    bool narrow = plan->symbol_count <= CM_PROGRAM_SMALL_GROUPED_SYMBOLS_MAX && plan->symbol_count &&
                  plan->symbols[plan->symbol_count - 1] <= UINT16_MAX;
    return narrow ? (plan->symbol_count + CM_PROGRAM_TINY_GROUP - 1) / CM_PROGRAM_TINY_GROUP : 0;
}

static enum cm_status add_small(struct cm_programs *programs, struct plan *plan)
{
    size_t masks = small_masks(plan), groups = small_groups(plan);
    size_t bytes = groups ? groups * CM_PROGRAM_TINY_GROUP * sizeof(uint16_t) : plan->symbol_count * sizeof(*plan->symbols);
    plan->head.kind = CM_PROGRAM_SMALL;
    plan->head.around = plan->positions == plan->graph->count;
    plan->head.count = plan->positions;
    struct cm_program_small *small = new_program(programs, plan, sizeof(*small) + masks * sizeof(*small->masks) + bytes);
    if (!small)
        return CM_ENOMEM;
    fill_small(plan, small);
    small->groups = (uint16_t)groups;
    char *symbols = (char *)(small->masks + masks);
    for (uint32_t i = 0; i < plan->symbol_count; i++) {
        uint16_t narrow = (uint16_t)plan->symbols[i];
        if (groups)
            memcpy(symbols + i * sizeof(narrow), &narrow, sizeof(narrow));
        else
            memcpy(symbols + i * sizeof(plan->symbols[i]), &plan->symbols[i], sizeof(plan->symbols[i]));
    }
    return CM_OK;
}

static bool is_tiny(const struct plan *plan)
{
    const struct cm_graph *graph = plan->graph;
    if (plan->positions > CM_PROGRAM_TINY_POSITIONS_MAX || plan->symbol_count > CM_PROGRAM_TINY_GROUP * CM_PROGRAM_TINY_GROUPS_MAX ||
        plan->class_count)
        return false;
    if (plan->symbol_count && plan->symbols[plan->symbol_count - 1] > UINT16_MAX)
        return false;
    for (uint32_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].junction || (followers(plan, i) & ~((uint64_t)UINT8_MAX << (plan->bit[i] + 1))) != 0)
            return false;
    return true;
}

/* A small program whose masks are narrow. */
static enum cm_status add_tiny(struct cm_programs *programs, struct plan *plan)
{
    union {
        struct cm_program_small small;
        uint64_t room[sizeof(struct cm_program_small) / sizeof(uint64_t) + 2 * CM_PROGRAM_TINY_POSITIONS_MAX +
                      CM_PROGRAM_TINY_GROUP * CM_PROGRAM_TINY_GROUPS_MAX];
    } wide = {.room = {0}};
    plan->head.kind = CM_PROGRAM_TINY;
    plan->head.around = true;
    size_t groups = (plan->symbol_count + CM_PROGRAM_TINY_GROUP - 1) / CM_PROGRAM_TINY_GROUP;
    plan->head.count = (uint32_t)groups & 0x7FFFFFFu;
    struct cm_program_tiny *tiny = new_program(programs, plan, sizeof(*tiny) + groups * sizeof(*tiny->groups));
    if (!tiny)
        return CM_ENOMEM;
    fill_small(plan, &wide.small);
    tiny->first = (uint16_t)wide.small.first;
    tiny->last = (uint16_t)wide.small.last;
    tiny->any = (uint16_t)wide.small.any;
    for (uint32_t i = 0; i < plan->positions; i++)
        tiny->follow[i] = (uint8_t)(wide.small.masks[i] >> (i + 1));
    tiny->inner = (uint16_t)wide.small.inner;
    for (uint32_t i = 0; i < plan->symbol_count; i++) {
        tiny->groups[i / CM_PROGRAM_TINY_GROUP].symbols[i % CM_PROGRAM_TINY_GROUP] = (uint16_t)plan->symbols[i];
        tiny->groups[i / CM_PROGRAM_TINY_GROUP].masks[i % CM_PROGRAM_TINY_GROUP] = (uint16_t)wide.small.masks[plan->positions + i];
    }
    return CM_OK;
}

static enum cm_status add_large(struct cm_programs *programs, struct plan *plan)
{
    const struct cm_graph *graph = plan->graph;
    uint32_t count = (uint32_t)graph->count, begins = count * CM_PROGRAM_NODE_WORDS, begin_count = 0;
    for (uint32_t i = 0; i < count; i++)
        begin_count += graph->nodes[i].first;
    uint32_t sets = begins + begin_count, edges = sets + (uint32_t)graph->set_len;
    plan->head.kind = CM_PROGRAM_LARGE;
    plan->head.count = count & 0x7FFFFFFu;
    struct cm_program_large *large = new_program(programs, plan, sizeof(*large) + (edges + graph->edge_count) * sizeof(*large->words));
    if (!large)
        return CM_ENOMEM;
    large->begins = begins;
    for (uint32_t i = 0; i < count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint32_t flags = (node->any ? CM_PROGRAM_FLAG_ANY : 0u) | (node->junction ? CM_PROGRAM_FLAG_JUNCTION : 0u) |
                         (node->last ? CM_PROGRAM_FLAG_LAST : 0u) | node->classes;
        struct cm_program_node words = {flags, sets + node->set, node->set_count, edges + node->out, node->out_count};
        memcpy(large->words + i * CM_PROGRAM_NODE_WORDS, &words, sizeof(words));
        if (node->first)
            large->words[begins + large->begin_count++] = i;
    }
    if (graph->set_len)
        memcpy(large->words + sets, graph->sets, graph->set_len * sizeof(*graph->sets));
    if (graph->edge_count)
        memcpy(large->words + edges, graph->edges, graph->edge_count * sizeof(*graph->edges));
    programs->largest = count > programs->largest ? count : programs->largest;
    return CM_OK;
}

static int compare_symbols(const void *a, const void *b)
{
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static enum cm_status list_symbols(struct plan *plan)
{
    const struct cm_graph *graph = plan->graph;
    plan->symbols = calloc(graph->set_len + 1, sizeof(*plan->symbols));
    if (!plan->symbols)
        return CM_ENOMEM;
    if (graph->set_len)
        memcpy(plan->symbols, graph->sets, graph->set_len * sizeof(*plan->symbols));
    qsort(plan->symbols, graph->set_len, sizeof(*plan->symbols), compare_symbols);
    for (size_t i = 0; i < graph->set_len; i++)
        if (plan->symbol_count == 0 || plan->symbols[i] != plan->symbols[plan->symbol_count - 1])
            plan->symbols[plan->symbol_count++] = plan->symbols[i];
    return CM_OK;
}

static enum cm_status add_masked(struct cm_programs *programs, struct plan *plan)
{
    enum cm_status status = list_symbols(plan);
    if (status != CM_OK)
        return status;
    status = is_tiny(plan) ? add_tiny(programs, plan) : add_small(programs, plan);
    free(plan->symbols);
    return status;
}

enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id,
                               uint32_t *place)
{
    struct plan plan = {.graph = graph, .head = {.id = id, .at_start = phrase->at_start, .at_end = phrase->at_end}};
    if (programs->len / CM_PROGRAM_UNIT_BYTES >= UINT32_MAX)
        return CM_ELIMIT;
    for (uint32_t i = 0; i < graph->count && graph->count <= sizeof(plan.bit); i++) {
        plan.bit[i] = (uint8_t)plan.positions;
        plan.positions += !graph->nodes[i].junction;
        plan.class_count += graph->nodes[i].classes != 0;
    }
    enum cm_status status;
    if (is_plain(graph))
        status = add_plain(programs, &plan);
    else if (graph->count <= sizeof(plan.bit) && plan.positions <= CM_PROGRAM_SMALL_POSITIONS_MAX)
        status = add_masked(programs, &plan);
    else
        status = add_large(programs, &plan);
    *place = (uint32_t)(programs->newest / CM_PROGRAM_UNIT_BYTES);
    return status;
}

enum cm_status cm_programs_finish(struct cm_programs *programs)
{
    size_t bytes = (programs->len + CM_PROGRAM_CACHE_LINE_BYTES) / CM_PROGRAM_CACHE_LINE_BYTES * CM_PROGRAM_CACHE_LINE_BYTES;
    char *pool = aligned_alloc(CM_PROGRAM_CACHE_LINE_BYTES, bytes);
    if (!pool)
        return CM_ENOMEM;
    if (programs->len)
        memcpy(pool, programs->pool, programs->len);
    free(programs->pool);
    programs->pool = pool;
    programs->cap = bytes;
    return CM_OK;
}
