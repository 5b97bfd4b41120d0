#include "match/program.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "text/fold.h"

#define TINY_POSITIONS_MAX ((size_t)16)
/* Symbols are compared in groups of so many, each a register; more groups than this are searched faster as a table. */
#define TINY_GROUP ((size_t)8)
#define TINY_GROUPS_MAX ((size_t)6)
#define SMALL_POSITIONS_MAX ((size_t)64)
/* Symbol tables up to this size are searched from end to end. */
#define LINEAR_SEARCH_MAX 8u
#define CACHE_LINE_BYTES ((size_t)64)

struct plain {
    struct cm_program head;
    uint32_t symbols[];
};

/*
 * Bit i of a mask is position i; a group's masks[i] are the positions that read
 * its symbols[i]; bit j of follow[i] says that position i + 1 + j may follow
 * position i. With one group, which is what most phrases need, one cache line.
 */
struct tiny {
    struct cm_program head;
    uint16_t first, last, any;
    uint16_t inner; /* positions that may follow another */
    uint8_t follow[TINY_POSITIONS_MAX];
    struct tiny_group {
        uint16_t symbols[TINY_GROUP]; /* unused ones are CM_SYMBOL_OTHER, with a mask of 0 */
        uint16_t masks[TINY_GROUP];
    } groups[];
};

_Static_assert(sizeof(struct tiny) + sizeof(struct tiny_group) == 64, "a cache line");

/* masks: follow by position, then readers by symbol, then class_count pairs of class set and readers; behind them the symbols, ascending. */
struct small {
    struct cm_program head;
    uint32_t symbol_count, class_count;
    uint64_t first, last, any;
    uint64_t masks[];
};

/* A node of a LARGE program; offsets are in words from the first node. */
struct node {
    uint32_t flags; /* classes, and FLAG_ */
    uint32_t set, set_count;
    uint32_t out, out_count;
};

enum { FLAG_ANY = 1u << 16, FLAG_JUNCTION = 1u << 17, FLAG_LAST = 1u << 18, FLAG_CLASSES = 0xFFFFu };

/* words: the nodes, then the nodes that begin a match, sets and edges. */
struct large {
    struct cm_program head;
    uint32_t begins, begin_count;
    uint32_t words[];
};

#define NODE_WORDS (sizeof(struct node) / sizeof(uint32_t))

void cm_programs_free(struct cm_programs *programs)
{
    free(programs->pool);
    *programs = (struct cm_programs){0};
}

/* Where symbol stands in the ascending table; count where it does not. */
static uint32_t find_symbol(const uint32_t *table, uint32_t count, uint32_t symbol)
{
    if (count <= LINEAR_SEARCH_MAX) {
        for (uint32_t i = 0; i < count; i++)
            if (table[i] == symbol)
                return i;
        return count;
    }
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table[middle] < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && table[low] == symbol ? low : count;
}

/* ---- building ---- */

/* What is known of a graph before its program is laid out. */
struct plan {
    const struct cm_graph *graph;
    struct cm_program head;
    uint8_t bit[SMALL_POSITIONS_MAX * 2]; /* by node, where it is a position of a TINY or SMALL program */
    uint32_t positions, class_count, symbol_count;
    uint32_t *symbols; /* of all sets, ascending, each once */
};

/* A zeroed program of bytes at the end of the pool; NULL when memory is out. Valid until the next one. */
static void *new_program(struct cm_programs *programs, const struct plan *plan, size_t bytes)
{
    size_t room = (bytes + CM_PROGRAM_UNIT_BYTES - 1) / CM_PROGRAM_UNIT_BYTES * CM_PROGRAM_UNIT_BYTES;
    size_t skip = room > CM_PROGRAM_UNIT_BYTES ? programs->len % CACHE_LINE_BYTES : 0; /* none lies on one line more than it must */
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
    plan->head.count = (uint32_t)plan->graph->count & 0xFFFFFFFu;
    struct plain *plain = new_program(programs, plan, sizeof(*plain) + plan->graph->count * sizeof(*plain->symbols));
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

static void fill_small(const struct plan *plan, struct small *small)
{
    const struct cm_graph *graph = plan->graph;
    uint64_t *readers = small->masks + plan->positions, *classes = readers + plan->symbol_count;
    for (uint32_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint64_t bit = bit_of(plan, i);
        if (bit == 0)
            continue;
        small->first |= node->first ? bit : 0;
        small->last |= node->last ? bit : 0;
        small->any |= node->any ? bit : 0;
        small->masks[plan->bit[i]] = followers(plan, i);
        for (uint32_t j = 0; j < node->set_count; j++)
            readers[find_symbol(plan->symbols, plan->symbol_count, graph->sets[node->set + j])] |= bit;
        if (node->classes) {
            *classes++ = node->classes;
            *classes++ = bit;
        }
    }
    small->symbol_count = plan->symbol_count;
    small->class_count = plan->class_count;
}

static size_t small_masks(const struct plan *plan)
{
    return plan->positions + plan->symbol_count + 2 * (size_t)plan->class_count;
}

static enum cm_status add_small(struct cm_programs *programs, struct plan *plan)
{
    size_t masks = small_masks(plan);
    plan->head.kind = CM_PROGRAM_SMALL;
    plan->head.count = plan->positions;
    struct small *small = new_program(programs, plan, sizeof(*small) + masks * sizeof(*small->masks) + plan->symbol_count * sizeof(*plan->symbols));
    if (!small)
        return CM_ENOMEM;
    fill_small(plan, small);
    if (plan->symbol_count)
        memcpy(small->masks + masks, plan->symbols, plan->symbol_count * sizeof(*plan->symbols));
    return CM_OK;
}

static bool is_tiny(const struct plan *plan)
{
    const struct cm_graph *graph = plan->graph;
    if (plan->positions > TINY_POSITIONS_MAX || plan->symbol_count > TINY_GROUP * TINY_GROUPS_MAX || plan->class_count)
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
        struct small small;
        uint64_t room[sizeof(struct small) / sizeof(uint64_t) + TINY_POSITIONS_MAX + TINY_GROUP * TINY_GROUPS_MAX];
    } wide = {.room = {0}};
    plan->head.kind = CM_PROGRAM_TINY;
    size_t groups = (plan->symbol_count + TINY_GROUP - 1) / TINY_GROUP;
    plan->head.count = (uint32_t)groups & 0xFFFFFFFu;
    struct tiny *tiny = new_program(programs, plan, sizeof(*tiny) + groups * sizeof(*tiny->groups));
    if (!tiny)
        return CM_ENOMEM;
    fill_small(plan, &wide.small);
    tiny->first = (uint16_t)wide.small.first;
    tiny->last = (uint16_t)wide.small.last;
    tiny->any = (uint16_t)wide.small.any;
    for (uint32_t i = 0; i < plan->positions; i++) {
        tiny->follow[i] = (uint8_t)(wide.small.masks[i] >> (i + 1));
        tiny->inner |= (uint16_t)wide.small.masks[i];
    }
    for (uint32_t i = 0; i < plan->symbol_count; i++) {
        tiny->groups[i / TINY_GROUP].symbols[i % TINY_GROUP] = (uint16_t)plan->symbols[i];
        tiny->groups[i / TINY_GROUP].masks[i % TINY_GROUP] = (uint16_t)wide.small.masks[plan->positions + i];
    }
    return CM_OK;
}

static enum cm_status add_large(struct cm_programs *programs, struct plan *plan)
{
    const struct cm_graph *graph = plan->graph;
    uint32_t count = (uint32_t)graph->count, begins = count * NODE_WORDS, begin_count = 0;
    for (uint32_t i = 0; i < count; i++)
        begin_count += graph->nodes[i].first;
    uint32_t sets = begins + begin_count, edges = sets + (uint32_t)graph->set_len;
    plan->head.kind = CM_PROGRAM_LARGE;
    plan->head.count = count & 0xFFFFFFFu;
    struct large *large = new_program(programs, plan, sizeof(*large) + (edges + graph->edge_count) * sizeof(*large->words));
    if (!large)
        return CM_ENOMEM;
    large->begins = begins;
    for (uint32_t i = 0; i < count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint32_t flags = (node->any ? FLAG_ANY : 0u) | (node->junction ? FLAG_JUNCTION : 0u) | (node->last ? FLAG_LAST : 0u) | node->classes;
        struct node words = {flags, sets + node->set, node->set_count, edges + node->out, node->out_count};
        memcpy(large->words + i * NODE_WORDS, &words, sizeof(words));
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

enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id, uint32_t *place)
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
    else if (graph->count <= sizeof(plan.bit) && plan.positions <= SMALL_POSITIONS_MAX)
        status = add_masked(programs, &plan);
    else
        status = add_large(programs, &plan);
    *place = (uint32_t)(programs->newest / CM_PROGRAM_UNIT_BYTES);
    return status;
}

enum cm_status cm_programs_finish(struct cm_programs *programs)
{
    size_t bytes = (programs->len + CACHE_LINE_BYTES) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    char *pool = aligned_alloc(CACHE_LINE_BYTES, bytes);
    if (!pool)
        return CM_ENOMEM;
    if (programs->len)
        memcpy(pool, programs->pool, programs->len);
    free(programs->pool);
    programs->pool = pool;
    programs->cap = bytes;
    return CM_OK;
}

/* ---- running ---- */

static uint32_t run_plain(const struct plain *plain, const struct cm_program_input *input, uint32_t at)
{
    uint32_t count = plain->head.count;
    const uint32_t *tokens = input->tokens + at;
    if (count > input->count - at || CM_SYMBOL_NUMBER(tokens[0]) != plain->symbols[0])
        return 0;
    for (uint32_t i = 1; i < count; i++)
        if ((tokens[i] & (CM_SYMBOL_NUMBER(UINT32_MAX) | CM_PROGRAM_BEGINS)) != plain->symbols[i])
            return 0;
    return plain->head.at_end && at + count != input->count ? 0 : at + count;
}

/* The positions that read a symbol. Of all entries that are equal at most one has a mask: all of them together are it. */
static inline uint32_t tiny_readers(const struct tiny *tiny, uint32_t symbol)
{
    uint32_t groups = symbol <= UINT16_MAX ? tiny->head.count : 0;
#ifdef __SSE2__
    __m128i wanted = _mm_set1_epi16((short)symbol), found = _mm_setzero_si128();
    for (uint32_t i = 0; i < groups; i++) {
        __m128i symbols = _mm_loadu_si128((const __m128i *)(const void *)tiny->groups[i].symbols);
        __m128i masks = _mm_loadu_si128((const __m128i *)(const void *)tiny->groups[i].masks);
        found = _mm_or_si128(found, _mm_and_si128(_mm_cmpeq_epi16(symbols, wanted), masks));
    }
    found = _mm_or_si128(found, _mm_unpackhi_epi64(found, found));
    uint64_t four = (uint64_t)_mm_cvtsi128_si64(found);
    four |= four >> 32;
    return (uint32_t)((four | four >> 16) & 0xFFFF) | tiny->any;
#else
    uint32_t mask = tiny->any;
    for (uint32_t i = 0; i < groups; i++)
        for (size_t j = 0; j < TINY_GROUP; j++)
            mask |= tiny->groups[i].symbols[j] == symbol ? tiny->groups[i].masks[j] : 0u;
    return mask;
#endif
}

static uint32_t tiny_follow(const struct tiny *tiny, uint32_t positions)
{
    uint32_t expected = 0;
    for (; positions != 0; positions &= positions - 1) {
        uint32_t position = (uint32_t)__builtin_ctz(positions);
        expected |= (uint32_t)tiny->follow[position] << 1 << position;
    }
    return expected;
}

/* The positions that any of these may follow. */
static uint32_t tiny_precede(const struct tiny *tiny, uint32_t positions)
{
    uint32_t expected = 0;
    for (uint32_t i = 0; positions >> 1 >> i != 0; i++)
        expected |= (uint32_t)(((uint32_t)tiny->follow[i] << 1 << i & positions) != 0) << i;
    return expected;
}

static uint32_t run_tiny(const struct tiny *tiny, const struct cm_program_input *input, uint32_t at, uint32_t reached)
{
    uint32_t end = 0;
    for (;;) {
        if ((reached & tiny->last) && (!tiny->head.at_end || at + 1 == input->count))
            end = at + 1;
        if (reached == 0 || (input->tokens[at] & CM_PROGRAM_ENDS))
            return end;
        uint32_t expected = tiny_follow(tiny, reached);
        if (expected == 0)
            return end;
        reached = expected & tiny_readers(tiny, CM_SYMBOL_NUMBER(input->tokens[++at]));
    }
}

struct cm_program_around cm_program_run_around(const struct cm_program *program, const struct cm_program_input *input, uint32_t at, unsigned left,
                                               unsigned right)
{
    const void *whole = program;
    const struct tiny *tiny = whole;
    struct cm_program_around around = {0, run_tiny(tiny, input, at + (left != right), 1u << right)};
    uint32_t reached = 1u << left;
    for (uint32_t distance = 0; around.end != 0 && reached != 0; distance++) {
        uint32_t token = at - distance;
        if ((reached & tiny->first) && (!tiny->head.at_start || token == 0))
            around.starts |= 1u << distance;
        if (!(reached & tiny->inner) || (input->tokens[token] & CM_PROGRAM_BEGINS))
            break;
        reached = tiny_precede(tiny, reached) & tiny_readers(tiny, CM_SYMBOL_NUMBER(input->tokens[token - 1]));
    }
    return around;
}

/* The positions that can read a token. */
static inline uint64_t small_readers(const struct small *small, uint32_t symbol, unsigned class)
{
    const uint64_t *readers = small->masks + small->head.count, *classes = readers + small->symbol_count;
    const uint32_t *symbols = (const uint32_t *)(const void *)(classes + 2 * (size_t)small->class_count);
    uint64_t mask = small->any;
    uint32_t at = find_symbol(symbols, small->symbol_count, symbol);
    if (at < small->symbol_count)
        mask |= readers[at];
    for (uint32_t i = 0; i < small->class_count; i++)
        mask |= classes[2 * i] >> class & 1 ? classes[2 * i + 1] : 0;
    return mask;
}

static uint32_t run_small(const struct small *small, const struct cm_program_input *input, uint32_t at)
{
    uint64_t expected = small->first;
    uint32_t end = 0;
    for (;; at++) {
        uint32_t token = input->tokens[at];
        uint64_t reached = expected & small_readers(small, CM_SYMBOL_NUMBER(token), cm_program_class(token));
        if ((reached & small->last) && (!small->head.at_end || at + 1 == input->count))
            end = at + 1;
        if (reached == 0 || (token & CM_PROGRAM_ENDS))
            return end;
        for (expected = 0; reached != 0; reached &= reached - 1)
            expected |= small->masks[__builtin_ctzll(reached)];
    }
}

static struct node node_at(const struct large *large, uint32_t node)
{
    struct node words;
    memcpy(&words, large->words + node * NODE_WORDS, sizeof(words));
    return words;
}

static bool large_reads(const struct large *large, struct node node, uint32_t symbol, unsigned class)
{
    if ((node.flags & FLAG_ANY) || ((node.flags & FLAG_CLASSES) >> class & 1))
        return true;
    return find_symbol(large->words + node.set, node.set_count, symbol) < node.set_count;
}

/* Put the nodes behind from into the list, each once, what lies behind a junction instead of the junction. */
static uint32_t follow_large(const struct large *large, struct node from, struct cm_program_scratch *scratch, uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < from.out_count; i++) {
        uint32_t to = large->words[from.out + i];
        if (scratch->stamps[to] == scratch->stamp)
            continue;
        scratch->stamps[to] = scratch->stamp;
        struct node node = node_at(large, to);
        if (!(node.flags & FLAG_JUNCTION)) {
            list[count++] = to;
            continue;
        }
        for (uint32_t j = 0; j < node.out_count; j++) { /* only positions lie behind a junction */
            uint32_t target = large->words[node.out + j];
            if (scratch->stamps[target] != scratch->stamp)
                list[count++] = target;
            scratch->stamps[target] = scratch->stamp;
        }
    }
    return count;
}

static void new_stamp(struct cm_program_scratch *scratch, uint32_t largest)
{
    if (++scratch->stamp == 0) { /* once in four billion steps */
        memset(scratch->stamps, 0, largest * sizeof(*scratch->stamps));
        scratch->stamp = 1;
    }
}

static uint32_t run_large(const struct cm_programs *programs, const struct large *large, const struct cm_program_input *input, uint32_t at,
                          struct cm_program_scratch *scratch)
{
    uint32_t *now = scratch->now, *next = scratch->next;
    uint32_t count = large->begin_count, end = 0;
    memcpy(now, large->words + large->begins, count * sizeof(*now));
    for (; count > 0; at++) {
        uint32_t token = input->tokens[at], next_count = 0;
        new_stamp(scratch, programs->largest);
        for (uint32_t i = 0; i < count; i++) {
            struct node node = node_at(large, now[i]);
            if (!large_reads(large, node, CM_SYMBOL_NUMBER(token), cm_program_class(token)))
                continue;
            if ((node.flags & FLAG_LAST) && (!large->head.at_end || at + 1 == input->count))
                end = at + 1;
            next_count = follow_large(large, node, scratch, next, next_count);
        }
        if (token & CM_PROGRAM_ENDS)
            break;
        uint32_t *swap = now;
        now = next;
        next = swap;
        count = next_count;
    }
    return end;
}

uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t start,
                        struct cm_program_scratch *scratch)
{
    const void *whole = program;
    if (program->at_start && start != 0)
        return 0;
    switch ((enum cm_program_kind)program->kind) {
    case CM_PROGRAM_PLAIN:
        return run_plain(whole, input, start);
    case CM_PROGRAM_TINY:
        return run_tiny(whole, input, start, ((const struct tiny *)whole)->first & tiny_readers(whole, CM_SYMBOL_NUMBER(input->tokens[start])));
    case CM_PROGRAM_SMALL:
        return run_small(whole, input, start);
    case CM_PROGRAM_LARGE:
        return run_large(programs, whole, input, start, scratch);
    }
    return 0;
}
