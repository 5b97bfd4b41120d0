#include "base/simd.h"
#include "match/program_layout.h"

static uint32_t run_plain(const struct cm_program_plain *plain, const struct cm_program_input *input, uint32_t at)
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
static inline uint32_t tiny_readers(const struct cm_program_tiny *tiny, uint32_t symbol)
{
    uint32_t groups = symbol <= UINT16_MAX ? tiny->head.count : 0;
    return cm_simd_marks(tiny->groups, groups, (uint16_t)symbol) | tiny->any;
}

static uint32_t tiny_follow(const struct cm_program_tiny *tiny, uint32_t positions)
{
    uint32_t expected = 0;
    for (; positions != 0; positions &= positions - 1) {
        uint32_t position = (uint32_t)__builtin_ctz(positions);
        expected |= (uint32_t)tiny->follow[position] << 1 << position;
    }
    return expected;
}

static inline __attribute__((always_inline)) uint32_t run_tiny(const struct cm_program_tiny *tiny, const struct cm_program_input *input,
                                                               uint32_t at, uint32_t reached)
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

static inline struct cm_program_around run_tiny_around(const struct cm_program_tiny *tiny, const struct cm_program_input *input,
                                                       uint32_t at, unsigned left, unsigned right)
{
    struct cm_program_around around = {0, run_tiny(tiny, input, at + (left != right), 1u << right)};
    uint32_t reached = 1u << left;
    for (uint32_t distance = 0; around.end != 0 && reached != 0; distance++) {
        uint32_t token = at - distance;
        if ((reached & tiny->first) && (!tiny->head.at_start || token == 0))
            around.starts |= UINT64_C(1) << distance;
        if (!(reached & tiny->inner) || (input->tokens[token] & CM_PROGRAM_BEGINS))
            break;
        reached = cm_simd_before(tiny->follow, (uint16_t)reached) & tiny_readers(tiny, CM_SYMBOL_NUMBER(input->tokens[token - 1]));
    }
    return around;
}

/* Where a symbol stands among the grouped ones; at least symbol_count where it does not. */
static inline uint32_t find_grouped(const struct cm_program_small *small, const void *symbols, uint32_t symbol)
{
    uint64_t found = symbol <= UINT16_MAX ? cm_simd_places(symbols, small->groups, (uint16_t)symbol) : 0;
    return found ? (uint32_t)__builtin_ctzll(found) : small->symbol_count;
}

/* The positions that can read a token. */
static inline uint64_t small_readers(const struct cm_program_small *small, uint32_t token)
{
    const uint64_t *readers = small->masks + small->head.count, *classes = readers + small->symbol_count;
    const void *symbols = classes + 2 * (size_t)small->class_count + small->head.count;
    uint32_t symbol = CM_SYMBOL_NUMBER(token), class = cm_program_class(token);
    uint32_t at = small->groups ? find_grouped(small, symbols, symbol) : cm_program_find(symbols, small->symbol_count, symbol);
    uint64_t mask = small->any;
    if (at < small->symbol_count)
        mask |= readers[at];
    for (uint32_t i = 0; i < small->class_count; i++)
        mask |= classes[2 * i] >> class & 1 ? classes[2 * i + 1] : 0;
    return mask;
}

static uint32_t run_small(const struct cm_program_small *small, const struct cm_program_input *input, uint32_t at, uint64_t reached)
{
    uint32_t end = 0;
    for (;;) {
        uint64_t expected = 0;
        if ((reached & small->last) && (!small->head.at_end || at + 1 == input->count))
            end = at + 1;
        if (reached == 0 || (input->tokens[at] & CM_PROGRAM_ENDS))
            return end;
        for (; reached != 0; reached &= reached - 1)
            expected |= small->masks[__builtin_ctzll(reached)];
        if (expected == 0)
            return end;
        reached = expected & small_readers(small, input->tokens[++at]);
    }
}

/* The positions that any of these may follow. */
static uint64_t small_precede(const struct cm_program_small *small, uint64_t positions)
{
    const uint64_t *precede = small->masks + small->head.count + small->symbol_count + 2 * (size_t)small->class_count;
    uint64_t expected = 0;
    for (; positions != 0; positions &= positions - 1)
        expected |= precede[__builtin_ctzll(positions)];
    return expected;
}

static struct cm_program_around run_small_around(const struct cm_program_small *small, const struct cm_program_input *input, uint32_t at,
                                                 unsigned left, unsigned right)
{
    struct cm_program_around around = {0, run_small(small, input, at + (left != right), UINT64_C(1) << right)};
    uint64_t reached = UINT64_C(1) << left;
    for (uint32_t distance = 0; around.end != 0 && reached != 0; distance++) {
        uint32_t token = at - distance;
        if ((reached & small->first) && (!small->head.at_start || token == 0))
            around.starts |= UINT64_C(1) << distance;
        if (!(reached & small->inner) || (input->tokens[token] & CM_PROGRAM_BEGINS))
            break;
        reached = small_precede(small, reached) & small_readers(small, input->tokens[token - 1]);
    }
    return around;
}

static struct cm_program_node node_at(const struct cm_program_large *large, uint32_t node)
{
    struct cm_program_node words;
    memcpy(&words, large->words + node * CM_PROGRAM_NODE_WORDS, sizeof(words));
    return words;
}

static bool large_reads(const struct cm_program_large *large, struct cm_program_node node, uint32_t symbol, unsigned class)
{
    if ((node.flags & CM_PROGRAM_FLAG_ANY) || ((node.flags & CM_PROGRAM_FLAG_CLASSES) >> class & 1))
        return true;
    return cm_program_find(large->words + node.set, node.set_count, symbol) < node.set_count;
}

/* Put the nodes behind from into the list, each once, what lies behind a junction instead of the junction. */
static uint32_t follow_large(const struct cm_program_large *large, struct cm_program_node from, struct cm_program_scratch *scratch,
                             uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < from.out_count; i++) {
        uint32_t to = large->words[from.out + i];
        if (scratch->stamps[to] == scratch->stamp)
            continue;
        scratch->stamps[to] = scratch->stamp;
        struct cm_program_node node = node_at(large, to);
        if (!(node.flags & CM_PROGRAM_FLAG_JUNCTION)) {
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

static uint32_t run_large(const struct cm_programs *programs, const struct cm_program_large *large, const struct cm_program_input *input,
                          uint32_t at, struct cm_program_scratch *scratch)
{
    uint32_t *now = scratch->now, *next = scratch->next;
    uint32_t count = large->begin_count, end = 0;
    memcpy(now, large->words + large->begins, count * sizeof(*now));
    for (; count > 0; at++) {
        uint32_t token = input->tokens[at], next_count = 0;
        new_stamp(scratch, programs->largest);
        for (uint32_t i = 0; i < count; i++) {
            struct cm_program_node node = node_at(large, now[i]);
            if (!large_reads(large, node, CM_SYMBOL_NUMBER(token), cm_program_class(token)))
                continue;
            if ((node.flags & CM_PROGRAM_FLAG_LAST) && (!large->head.at_end || at + 1 == input->count))
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

uint32_t cm_program_run(const struct cm_programs *programs, const struct cm_program *program, const struct cm_program_input *input,
                        uint32_t start, struct cm_program_scratch *scratch)
{
    const void *whole = program;
    if (program->at_start && start != 0)
        return 0;
    switch ((enum cm_program_kind)program->kind) {
    case CM_PROGRAM_PLAIN:
        return run_plain(whole, input, start);
    case CM_PROGRAM_TINY:
        return run_tiny(whole, input, start,
                        ((const struct cm_program_tiny *)whole)->first & tiny_readers(whole, CM_SYMBOL_NUMBER(input->tokens[start])));
    case CM_PROGRAM_SMALL:
        return run_small(whole, input, start, ((const struct cm_program_small *)whole)->first & small_readers(whole, input->tokens[start]));
    case CM_PROGRAM_LARGE:
        return run_large(programs, whole, input, start, scratch);
    }
    return 0;
}

struct cm_program_around cm_program_run_around(const struct cm_program *program, const struct cm_program_input *input, uint32_t at,
                                               unsigned left, unsigned right)
{
    const void *whole = program;
    return program->kind == CM_PROGRAM_TINY ? run_tiny_around(whole, input, at, left, right)
                                            : run_small_around(whole, input, at, left, right);
}
