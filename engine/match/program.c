#include "match/program.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "text/fold.h"

#define SMALL_POSITIONS_MAX ((size_t)64)
/* Symbol tables up to this size are searched from end to end. */
#define LINEAR_SEARCH_MAX 8u

/* SMALL, in the pool of masks: these three, then positions followers, code_count symbol masks, class_count pairs. */
enum { MASK_FIRST, MASK_LAST, MASK_ANY, MASK_FOLLOW };

/* LARGE, in the pool of codes: NODE_WORDS a node, then the nodes that begin a match (count first), sets and edges, by offset from code. */
enum { NODE_FLAGS, NODE_SET, NODE_SET_COUNT, NODE_OUT, NODE_OUT_COUNT, NODE_WORDS };
enum { FLAG_ANY = 1u << 16, FLAG_JUNCTION = 1u << 17, FLAG_LAST = 1u << 18, FLAG_CLASSES = 0xFFFFu };

void cm_programs_free(struct cm_programs *programs)
{
    free(programs->items);
    free(programs->codes);
    free(programs->masks);
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

static enum cm_status put_code(struct cm_programs *programs, uint32_t code)
{
    enum cm_status status = cm_grow(&programs->codes, &programs->code_cap, programs->code_len + 1, sizeof(*programs->codes));
    if (status == CM_OK)
        programs->codes[programs->code_len++] = code;
    return status;
}

static enum cm_status put_mask(struct cm_programs *programs, uint64_t mask)
{
    enum cm_status status = cm_grow(&programs->masks, &programs->mask_cap, programs->mask_len + 1, sizeof(*programs->masks));
    if (status == CM_OK)
        programs->masks[programs->mask_len++] = mask;
    return status;
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

static enum cm_status add_plain(struct cm_programs *programs, struct cm_program *program, const struct cm_graph *graph)
{
    enum cm_status status = CM_OK;
    program->kind = CM_PROGRAM_PLAIN;
    program->code_count = (uint32_t)graph->count;
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++)
        status = put_code(programs, cm_graph_only_symbol(graph, i));
    return status;
}

static int compare_symbols(const void *a, const void *b)
{
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

/* The symbols of all positions, ascending, each once; behind code in the pool. */
static enum cm_status add_symbol_table(struct cm_programs *programs, struct cm_program *program, const struct cm_graph *graph)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < graph->set_len && status == CM_OK; i++)
        status = put_code(programs, graph->sets[i]);
    if (status != CM_OK || graph->set_len == 0)
        return status;
    uint32_t *table = programs->codes + program->code;
    qsort(table, graph->set_len, sizeof(*table), compare_symbols);
    for (size_t i = 0; i < graph->set_len; i++)
        if (program->code_count == 0 || table[i] != table[program->code_count - 1])
            table[program->code_count++] = table[i];
    programs->code_len = program->code + program->code_count;
    return CM_OK;
}

/* For each symbol of the table, the positions that read it. */
static enum cm_status add_symbol_masks(struct cm_programs *programs, const struct cm_program *program, const struct cm_graph *graph, const uint8_t *bit)
{
    size_t base = programs->mask_len;
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < program->code_count && status == CM_OK; i++)
        status = put_mask(programs, 0);
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++)
        for (uint32_t j = 0; j < graph->nodes[i].set_count; j++) {
            uint32_t symbol = graph->sets[graph->nodes[i].set + j];
            programs->masks[base + find_symbol(programs->codes + program->code, program->code_count, symbol)] |= UINT64_C(1) << bit[i];
        }
    return status;
}

static uint64_t followers(const struct cm_graph *graph, uint32_t from, const uint8_t *bit)
{
    const struct cm_graph_node *node = &graph->nodes[from];
    uint64_t mask = 0;
    for (uint32_t i = node->out; i < node->out + node->out_count; i++) {
        const struct cm_graph_node *next = &graph->nodes[graph->edges[i]];
        if (!next->junction)
            mask |= UINT64_C(1) << bit[graph->edges[i]];
        for (uint32_t j = next->out; next->junction && j < next->out + next->out_count; j++)
            mask |= UINT64_C(1) << bit[graph->edges[j]];
    }
    return mask;
}

static enum cm_status add_small(struct cm_programs *programs, struct cm_program *program, const struct cm_graph *graph, const uint8_t *bit)
{
    uint64_t first = 0, last = 0, any = 0;
    program->kind = CM_PROGRAM_SMALL;
    for (uint32_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint64_t mask = node->junction ? 0 : UINT64_C(1) << bit[i];
        first |= node->first ? mask : 0;
        last |= node->last ? mask : 0;
        any |= node->any ? mask : 0;
        program->positions += !node->junction;
    }
    enum cm_status status = add_symbol_table(programs, program, graph);
    uint64_t head[MASK_FOLLOW] = {first, last, any};
    for (size_t i = 0; i < MASK_FOLLOW && status == CM_OK; i++)
        status = put_mask(programs, head[i]);
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++)
        if (!graph->nodes[i].junction)
            status = put_mask(programs, followers(graph, i, bit));
    if (status == CM_OK)
        status = add_symbol_masks(programs, program, graph, bit);
    for (uint32_t i = 0; i < graph->count && status == CM_OK; i++) {
        if (graph->nodes[i].classes == 0)
            continue;
        program->class_count++;
        status = put_mask(programs, graph->nodes[i].classes);
        if (status == CM_OK)
            status = put_mask(programs, UINT64_C(1) << bit[i]);
    }
    return status;
}

static enum cm_status add_large(struct cm_programs *programs, struct cm_program *program, const struct cm_graph *graph)
{
    uint32_t begins = 0, count = (uint32_t)graph->count;
    enum cm_status status = CM_OK;
    program->kind = CM_PROGRAM_LARGE;
    program->code_count = count;
    for (uint32_t i = 0; i < count; i++)
        begins += graph->nodes[i].first;
    uint32_t sets = count * NODE_WORDS + 1 + begins, edges = sets + (uint32_t)graph->set_len;
    for (uint32_t i = 0; i < count && status == CM_OK; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        uint32_t flags = (node->any ? FLAG_ANY : 0u) | (node->junction ? FLAG_JUNCTION : 0u) | (node->last ? FLAG_LAST : 0u) | node->classes;
        uint32_t words[NODE_WORDS] = {flags, sets + node->set, node->set_count, edges + node->out, node->out_count};
        for (size_t j = 0; j < NODE_WORDS && status == CM_OK; j++)
            status = put_code(programs, words[j]);
    }
    if (status == CM_OK)
        status = put_code(programs, begins);
    for (uint32_t i = 0; i < count && status == CM_OK; i++)
        if (graph->nodes[i].first)
            status = put_code(programs, i);
    for (size_t i = 0; i < graph->set_len && status == CM_OK; i++)
        status = put_code(programs, graph->sets[i]);
    for (size_t i = 0; i < graph->edge_count && status == CM_OK; i++)
        status = put_code(programs, graph->edges[i]);
    programs->largest = count > programs->largest ? count : programs->largest;
    return status;
}

enum cm_status cm_programs_add(struct cm_programs *programs, const struct cm_graph *graph, const struct cm_phrase *phrase, uint32_t id)
{
    enum cm_status status = cm_grow(&programs->items, &programs->cap, programs->count + 1, sizeof(*programs->items));
    if (status != CM_OK)
        return status;
    struct cm_program *program = &programs->items[programs->count++];
    *program = (struct cm_program){.id = id, .at_start = phrase->at_start, .at_end = phrase->at_end, .code = (uint32_t)programs->code_len};
    program->masks = (uint32_t)programs->mask_len;
    uint8_t bit[SMALL_POSITIONS_MAX * 2];
    size_t positions = 0;
    for (uint32_t i = 0; i < graph->count && graph->count <= sizeof(bit); i++) {
        bit[i] = (uint8_t)positions;
        positions += !graph->nodes[i].junction;
    }
    if (is_plain(graph))
        return add_plain(programs, program, graph);
    if (graph->count <= sizeof(bit) && positions <= SMALL_POSITIONS_MAX)
        return add_small(programs, program, graph, bit);
    return add_large(programs, program, graph);
}

/* ---- running ---- */

static uint32_t run_plain(const uint32_t *symbols, uint32_t count, const struct cm_program_input *input, uint32_t slot)
{
    if (count > input->count - slot)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        if (CM_SYMBOL_NUMBER(input->slots[slot + i].value) != symbols[i])
            return 0;
    return slot + count;
}

/* The positions that can read this slot. */
static inline uint64_t readers(const struct cm_programs *programs, const struct cm_program *program, uint32_t symbol, unsigned class)
{
    const uint64_t *masks = programs->masks + program->masks;
    const uint64_t *symbol_masks = masks + MASK_FOLLOW + program->positions;
    uint64_t mask = masks[MASK_ANY];
    uint32_t at = find_symbol(programs->codes + program->code, program->code_count, symbol);
    if (at < program->code_count)
        mask |= symbol_masks[at];
    const uint64_t *classes = symbol_masks + program->code_count;
    for (uint32_t i = 0; i < program->class_count; i++)
        mask |= classes[2 * i] >> class & 1 ? classes[2 * i + 1] : 0;
    return mask;
}

static uint32_t run_small(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t slot)
{
    const uint64_t *masks = programs->masks + program->masks;
    uint64_t expected = masks[MASK_FIRST];
    uint32_t end = 0;
    for (;; slot++) {
        uint32_t value = input->slots[slot].value, symbol = CM_SYMBOL_NUMBER(value);
        if (symbol == CM_SYMBOL_BREAK) /* the last slot is one */
            return end;
        uint64_t reached = expected & readers(programs, program, symbol, cm_program_class(value));
        if (reached == 0)
            return end;
        if ((reached & masks[MASK_LAST]) && (!program->at_end || slot + 2 == input->count))
            end = slot + 1;
        for (expected = 0; reached != 0; reached &= reached - 1)
            expected |= masks[MASK_FOLLOW + __builtin_ctzll(reached)];
        if (expected == 0)
            return end;
    }
}

static bool large_reads(const uint32_t *code, const uint32_t *node, uint32_t symbol, unsigned class)
{
    if ((node[NODE_FLAGS] & FLAG_ANY) || ((node[NODE_FLAGS] & FLAG_CLASSES) >> class & 1))
        return true;
    return find_symbol(code + node[NODE_SET], node[NODE_SET_COUNT], symbol) < node[NODE_SET_COUNT];
}

/* Put the targets of a node into the list, each once, what lies behind a junction instead of the junction. */
static uint32_t follow_large(const uint32_t *code, uint32_t node, struct cm_program_scratch *scratch, uint32_t *list, uint32_t count)
{
    const uint32_t *from = code + node * NODE_WORDS;
    for (uint32_t i = 0; i < from[NODE_OUT_COUNT]; i++) {
        uint32_t to = code[from[NODE_OUT] + i];
        if (scratch->stamps[to] == scratch->stamp)
            continue;
        scratch->stamps[to] = scratch->stamp;
        if (!(code[to * NODE_WORDS + NODE_FLAGS] & FLAG_JUNCTION)) {
            list[count++] = to;
            continue;
        }
        const uint32_t *junction = code + to * NODE_WORDS; /* only positions lie behind it */
        for (uint32_t j = 0; j < junction[NODE_OUT_COUNT]; j++) {
            uint32_t target = code[junction[NODE_OUT] + j];
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

static uint32_t run_large(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t slot,
                          struct cm_program_scratch *scratch)
{
    const uint32_t *code = programs->codes + program->code;
    const uint32_t *begins = code + program->code_count * NODE_WORDS;
    uint32_t *now = scratch->now, *next = scratch->next;
    uint32_t count = begins[0], end = 0;
    memcpy(now, begins + 1, count * sizeof(*now));
    for (; count > 0; slot++) {
        uint32_t value = input->slots[slot].value, symbol = CM_SYMBOL_NUMBER(value), next_count = 0;
        if (symbol == CM_SYMBOL_BREAK)
            break;
        new_stamp(scratch, programs->largest);
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t *node = code + now[i] * NODE_WORDS;
            if (!large_reads(code, node, symbol, cm_program_class(value)))
                continue;
            if ((node[NODE_FLAGS] & FLAG_LAST) && (!program->at_end || slot + 2 == input->count))
                end = slot + 1;
            next_count = follow_large(code, now[i], scratch, next, next_count);
        }
        uint32_t *swap = now;
        now = next;
        next = swap;
        count = next_count;
    }
    return end;
}

uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input, uint32_t slot,
                        struct cm_program_scratch *scratch)
{
    if (program->at_start && slot != 1)
        return 0;
    if (program->kind == CM_PROGRAM_SMALL)
        return run_small(programs, program, input, slot);
    if (program->kind == CM_PROGRAM_LARGE)
        return run_large(programs, program, input, slot, scratch);
    uint32_t end = run_plain(programs->codes + program->code, program->code_count, input, slot);
    return program->at_end && end + 1 != input->count ? 0 : end;
}
