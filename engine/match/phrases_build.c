#include <stdlib.h>

#include "base/buffer.h"
#include "match/anchors.h"
#include "match/phrases_image.h"

/* Bits of the pair filter for each pair: one absent pair in sixteen passes. */
#define FILTER_BITS_PER_PAIR ((size_t)16)
#define FILTER_BITS_MIN ((size_t)4096)
#define FILTER_BITS_MAX ((size_t)1 << 18) /* 32 KiB: more would leave the first-level cache */
#define PAIR_SLOTS_MIN ((size_t)64)

/* Name and name mask are one: a phrase asks for both. */
static uint64_t class_signature(unsigned class)
{
    unsigned one = class == CM_TOKEN_NAME_MASK ? CM_TOKEN_NAME : class;
    return class == CM_TOKEN_WORD ? 0 : UINT64_C(1) << (one * 7 + 3) % 64;
}

struct builder {
    struct cm_phrases *phrases;
    const struct cm_phrase *const *sources;
    const uint32_t *ids;
    uint32_t *order; /* sources by id, so that hits come sorted */
    size_t count;
    struct cm_graph graph;
    struct cm_frequency frequency;
    struct cm_anchors anchors;
    uint64_t *needs;  /* by phrase, in order */
    uint32_t *places; /* of its program, likewise */
    uint8_t *mandatory;
    int32_t *cover, *distances;
    size_t mandatory_cap, cover_cap, distance_cap;
};

static enum cm_status add_words(struct cm_symbols *symbols, const struct cm_phrase *phrase)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < phrase->count && status == CM_OK; i++) {
        const struct cm_term *term = &phrase->terms[i];
        if (term->kind == CM_TERM_WORD || term->kind == CM_TERM_PREFIX)
            status = cm_symbols_add(symbols, term->text, term->kind == CM_TERM_PREFIX);
    }
    return status;
}

/* Adjacent words as they are written, for the estimate of pairs. */
static enum cm_status note_pairs(struct builder *builder, const struct cm_phrase *phrase)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < phrase->count && status == CM_OK; i++) {
        const struct cm_term *term = &phrase->terms[i];
        if (term->kind != CM_TERM_WORD || term->next == 0 || phrase->terms[term->next].kind != CM_TERM_WORD)
            continue;
        uint32_t left = cm_symbols_find(&builder->phrases->symbols, term->text);
        uint32_t right = cm_symbols_find(&builder->phrases->symbols, phrase->terms[term->next].text);
        status = cm_frequency_note(&builder->frequency, left, right);
    }
    return status;
}

/* All bits that a position can set. */
static uint64_t position_signature(const struct builder *builder, const struct cm_graph_node *node)
{
    uint64_t signature = 0;
    for (uint32_t i = 0; i < node->set_count; i++)
        signature |= cm_phrase_signature(builder->graph.sets[node->set + i]);
    for (unsigned class = 0; class < 16; class ++)
        signature |= node->classes & CM_TOKEN_CLASS_BIT(class) ? class_signature(class) : 0;
    return signature;
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

static bool can_witness(const struct builder *builder, uint32_t node, const struct cm_anchor *anchor)
{
    const struct cm_graph_node *position = &builder->graph.nodes[node];
    return builder->mandatory[node] && !position->any && position->classes == 0 && position->set_count > 0 &&
           position->set_count <= CM_WITNESS_SYMBOLS_MAX && node != anchor->left_node && node != anchor->right_node &&
           builder->graph.sets[position->set + position->set_count - 1] <= UINT16_MAX;
}

/* How often a witness may stand there by chance. */
static uint64_t witness_cost(const struct builder *builder, uint32_t node, int32_t width)
{
    const struct cm_graph_node *position = &builder->graph.nodes[node];
    uint64_t cost = 0;
    for (uint32_t i = 0; i < position->set_count; i++)
        cost += cm_frequency_word(&builder->frequency, builder->graph.sets[position->set + i]);
    return cost * (uint64_t)width;
}

/* Of the positions on one side of the anchor, the one that stands there least often by chance. */
static void choose_witness(const struct builder *builder, struct cm_anchor *anchor, const int32_t *least, const int32_t *most, bool before,
                           uint64_t *best)
{
    const struct cm_graph *graph = &builder->graph;
    for (uint32_t i = 0; i < graph->count; i++) {
        if (least[i] < 0 || most[i] > INT8_MAX || !can_witness(builder, i, anchor))
            continue;
        uint64_t cost = witness_cost(builder, i, most[i] - least[i] + 1);
        if (cost >= *best)
            continue;
        struct cm_anchor_witness witness = {.any = true};
        witness.least = (int8_t)(before ? -most[i] : least[i]);
        witness.most = (int8_t)(before ? -least[i] : most[i]);
        for (uint32_t j = 0; j < graph->nodes[i].set_count; j++)
            witness.symbols[j] = (uint16_t)graph->sets[graph->nodes[i].set + j];
        anchor->witness = witness;
        *best = cost;
    }
}

static enum cm_status find_witness(struct builder *builder, struct cm_anchor *anchor)
{
    uint64_t best = UINT64_MAX;
    size_t count = builder->graph.count;
    enum cm_status status = cm_grow(&builder->distances, &builder->distance_cap, 2 * count, sizeof(*builder->distances));
    if (status != CM_OK)
        return status;
    int32_t *least = builder->distances, *most = builder->distances + count;
    measure_behind(&builder->graph, anchor, least, most);
    choose_witness(builder, anchor, least, most, false, &best);
    measure_before(&builder->graph, anchor, least, most);
    choose_witness(builder, anchor, least, most, true, &best);
    return CM_OK;
}

static bool same_place(const struct cm_anchor *a, const struct cm_anchor *b)
{
    return a->left_node == b->left_node && a->right_node == b->right_node;
}

/* What every match of the phrase has, as a signature; and the witnesses of its anchors, from the first one on. */
static enum cm_status find_needs(struct builder *builder, uint64_t *needs, size_t first)
{
    const struct cm_graph *graph = &builder->graph;
    struct cm_anchor *anchors = builder->anchors.items;
    enum cm_status status = cm_grow(&builder->mandatory, &builder->mandatory_cap, graph->count, 1);
    if (status == CM_OK)
        status = cm_grow(&builder->cover, &builder->cover_cap, 2 * (graph->count + 2), sizeof(*builder->cover));
    if (status != CM_OK)
        return status;
    cm_graph_mandatory(graph, builder->mandatory, builder->cover);
    for (uint32_t i = 0; i < graph->count; i++) {
        uint64_t signature = builder->mandatory[i] && !graph->nodes[i].any ? position_signature(builder, &graph->nodes[i]) : 0;
        *needs |= (signature & (signature - 1)) == 0 ? signature : 0;
    }
    for (size_t i = first; i < builder->anchors.count && status == CM_OK; i++) {
        if (i > first && same_place(&anchors[i], &anchors[i - 1]))
            anchors[i].witness = anchors[i - 1].witness;
        else
            status = find_witness(builder, &anchors[i]);
    }
    return status;
}

static int compare_ids(const void *a, const void *b, void *context)
{
    const uint32_t *ids = context;
    uint32_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    if (ids[left] != ids[right])
        return ids[left] < ids[right] ? -1 : 1;
    return (left > right) - (left < right);
}

static enum cm_status build_programs(struct builder *builder)
{
    struct cm_phrases *phrases = builder->phrases;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < builder->count && status == CM_OK; i++)
        status = add_words(&phrases->symbols, builder->sources[i]);
    if (status == CM_OK)
        status = cm_symbols_finish(&phrases->symbols);
    if (status == CM_OK)
        status = cm_frequency_init(&builder->frequency, &phrases->symbols);
    if (status == CM_OK)
        status = cm_symbols_arrange(&phrases->symbols, builder->frequency.words);
    for (size_t i = 0; i < builder->count && status == CM_OK; i++)
        status = note_pairs(builder, builder->sources[i]);
    for (size_t i = 0; i < builder->count && status == CM_OK; i++) {
        const struct cm_phrase *source = builder->sources[builder->order[i]];
        status = cm_graph_build(&builder->graph, &phrases->symbols, source);
        if (status == CM_OK)
            status = cm_programs_add(&phrases->programs, &builder->graph, source, builder->ids[builder->order[i]], &builder->places[i]);
        size_t first = builder->anchors.count;
        if (status == CM_OK)
            status = cm_anchors_add(&builder->anchors, &builder->graph, &builder->frequency, (uint32_t)i);
        if (status == CM_OK)
            status = find_needs(builder, &builder->needs[i], first);
    }
    return status == CM_OK ? cm_programs_finish(&phrases->programs) : status;
}

static int compare_anchors(const void *a, const void *b)
{
    const struct cm_anchor *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->left != right->left)
        return left->left < right->left ? -1 : 1;
    if (left->right != right->right)
        return left->right < right->right ? -1 : 1;
    return (left->phrase > right->phrase) - (left->phrase < right->phrase);
}

static void put_pair(struct cm_phrases *phrases, const struct cm_anchor *anchor, struct cm_phrase_range range)
{
    uint32_t left = cm_symbols_marked(&phrases->symbols, anchor->left), right = cm_symbols_marked(&phrases->symbols, anchor->right);
    uint32_t hash = cm_phrase_pair_hash(left, right), bit = hash >> phrases->filter_shift, i = hash >> phrases->pair_shift;
    while (phrases->pairs[i].left != 0)
        i = (i + 1) & (phrases->pair_count - 1);
    phrases->pairs[i] = (struct cm_phrase_pair){left, right, range};
    phrases->filter[bit >> 6] |= UINT64_C(1) << (bit & 63);
}

static enum cm_status make_tables(struct cm_phrases *phrases, const struct cm_anchors *anchors)
{
    size_t pairs = 0, slots = PAIR_SLOTS_MIN, bits = FILTER_BITS_MIN;
    for (size_t i = 0; i < anchors->count; i++)
        pairs += anchors->items[i].kind == CM_ANCHOR_PAIR;
    while (slots < pairs * 2)
        slots *= 2;
    while (bits < pairs * FILTER_BITS_PER_PAIR && bits < FILTER_BITS_MAX)
        bits *= 2;
    phrases->pair_count = (uint32_t)slots;
    phrases->pair_shift = 32 - (unsigned)__builtin_ctzll(slots);
    phrases->filter_shift = 32 - (unsigned)__builtin_ctzll(bits);
    phrases->pairs = calloc(slots, sizeof(*phrases->pairs));
    phrases->filter = calloc(bits / 64, sizeof(*phrases->filter));
    phrases->singles = calloc(phrases->symbols.count, sizeof(*phrases->singles));
    phrases->entries = calloc(anchors->count + 1, sizeof(*phrases->entries));
    phrases->needs = calloc(anchors->count + 1, sizeof(*phrases->needs));
    return phrases->pairs && phrases->needs && phrases->filter && phrases->singles && phrases->entries ? CM_OK : CM_ENOMEM;
}

static void put_range(struct cm_phrases *phrases, const struct cm_anchor *anchor, struct cm_phrase_range range)
{
    switch (anchor->kind) {
    case CM_ANCHOR_CLASS:
        phrases->classes[anchor->left] = range;
        phrases->anchor_classes |= (uint16_t)CM_TOKEN_CLASS_BIT(anchor->left);
        break;
    case CM_ANCHOR_SYMBOL:
        phrases->singles[anchor->left] = range;
        break;
    default:
        put_pair(phrases, anchor, range);
    }
}

static struct cm_phrase_entry make_entry(const struct builder *builder, const struct cm_anchor *anchor)
{
    const struct cm_program *program = cm_program_at(&builder->phrases->programs, builder->places[anchor->phrase]);
    bool known = anchor->neighbour != CM_SYMBOL_OTHER;
    uint32_t seen = (anchor->kind == CM_ANCHOR_PAIR ? 2u : 1u) + known;
    bool whole = program->kind == CM_PROGRAM_PLAIN && program->count == seen && !program->at_start && !program->at_end;
    return (struct cm_phrase_entry){
        .program = builder->places[anchor->phrase],
        .neighbour = anchor->neighbour,
        .neighbour_at = known ? anchor->neighbour_at : 0,
        .checked = known,
        .witness = program->kind == CM_PROGRAM_PLAIN ? (struct cm_anchor_witness){.any = false} : anchor->witness, /* compared at once */
        .least_before = anchor->least_before,
        .most_before = anchor->most_before,
        .most_after = anchor->most_after,
        .whole = whole ? (uint8_t)seen : 0,
        .left = (uint8_t)anchor->left_node, /* programs with around have as many positions as nodes */
        .right = (uint8_t)anchor->right_node,
    };
}

/* All marks before the first pair: a pair is known by its marked values. */
static void mark_symbols(struct cm_phrases *phrases, const struct cm_anchors *anchors)
{
    for (size_t i = 0; i < anchors->count; i++) {
        const struct cm_anchor *anchor = &anchors->items[i];
        if (anchor->kind == CM_ANCHOR_PAIR)
            cm_symbols_mark(&phrases->symbols, anchor->right, 1u << CM_MARK_RIGHT);
        if (anchor->kind != CM_ANCHOR_CLASS)
            cm_symbols_mark(&phrases->symbols, anchor->left, 1u << (anchor->kind == CM_ANCHOR_PAIR ? CM_MARK_LEFT : CM_MARK_SINGLE));
    }
}

static enum cm_status build_anchors(struct builder *builder)
{
    struct cm_phrases *phrases = builder->phrases;
    struct cm_anchors *anchors = &builder->anchors;
    if (anchors->count)
        qsort(anchors->items, anchors->count, sizeof(*anchors->items), compare_anchors);
    enum cm_status status = make_tables(phrases, anchors);
    mark_symbols(phrases, anchors);
    for (size_t i = 0, end; i < anchors->count && status == CM_OK; i = end) {
        const struct cm_anchor *head = &anchors->items[i];
        for (end = i; end < anchors->count; end++) {
            const struct cm_anchor *anchor = &anchors->items[end];
            if (anchor->kind != head->kind || anchor->left != head->left || anchor->right != head->right)
                break;
            phrases->entries[end] = make_entry(builder, anchor);
            phrases->needs[end] = builder->needs[anchor->phrase];
            phrases->any_witness |= phrases->entries[end].witness.any;
        }
        put_range(phrases, head, (struct cm_phrase_range){(uint32_t)i, (uint32_t)(end - i)});
    }
    return status;
}

static enum cm_status build(struct builder *builder)
{
    builder->order = calloc(builder->count + 1, sizeof(*builder->order));
    builder->needs = calloc(builder->count + 1, sizeof(*builder->needs));
    builder->places = calloc(builder->count + 1, sizeof(*builder->places));
    if (!builder->order || !builder->needs || !builder->places)
        return CM_ENOMEM;
    for (size_t i = 0; i < builder->count; i++)
        builder->order[i] = (uint32_t)i;
    union {
        const uint32_t *from;
        void *to;
    } ids = {builder->ids}; /* qsort_r's context is not const */
    qsort_r(builder->order, builder->count, sizeof(*builder->order), compare_ids, ids.to);
    for (unsigned class = 0; class < 16; class ++)
        builder->phrases->class_signature[class] = class_signature(class);
    enum cm_status status = build_programs(builder);
    return status == CM_OK ? build_anchors(builder) : status;
}

enum cm_status cm_phrases_new(const struct cm_phrase *const *phrases, const uint32_t *ids, size_t count, struct cm_phrases **out)
{
    *out = NULL;
    struct cm_phrases *made = calloc(1, sizeof(*made));
    if (!made)
        return CM_ENOMEM;
    struct builder builder = {.phrases = made, .sources = phrases, .ids = ids, .count = count};
    cm_symbols_init(&made->symbols);
    enum cm_status status = count < UINT32_MAX ? build(&builder) : CM_ELIMIT;
    free(builder.order);
    free(builder.needs);
    free(builder.places);
    free(builder.mandatory);
    free(builder.cover);
    free(builder.distances);
    cm_graph_free(&builder.graph);
    cm_frequency_free(&builder.frequency);
    cm_anchors_free(&builder.anchors);
    if (status != CM_OK) {
        cm_phrases_free(made);
        return status;
    }
    *out = made;
    return CM_OK;
}

void cm_phrases_free(struct cm_phrases *phrases)
{
    if (!phrases)
        return;
    cm_symbols_free(&phrases->symbols);
    cm_programs_free(&phrases->programs);
    free(phrases->entries);
    free(phrases->needs);
    free(phrases->pairs);
    free(phrases->filter);
    free(phrases->singles);
    free(phrases);
}
