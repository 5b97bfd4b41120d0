#include <stdlib.h>

#include "base/buffer.h"
#include "match/anchors.h"
#include "match/phrases_image.h"
#include "match/witness.h"

/* Bits of the pair filter for each pair: one absent pair in sixteen passes. */
#define FILTER_BITS_PER_PAIR ((size_t)16)
#define FILTER_BITS_MIN ((size_t)4096)
#define FILTER_BITS_MAX ((size_t)1 << CM_PHRASE_FILTER_BITS)
#define PAIR_SLOTS_MIN ((size_t)64)
/* Of all pairs, in the units of frequencies: to filter those that have the bits costs twice as much each as to filter all at once. */
#define MANY_PAIRS ((uint64_t)CM_FREQUENCY_UNIT / 2)
/* One anchor in so many: then whether it is a whole phrase cannot be foreseen. */
#define OFTEN_ALONE 32u

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
    int32_t *cover;
    size_t mandatory_cap, cover_cap;
    struct cm_witness_search witnesses;
};

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
    builder->witnesses.graph = graph;
    builder->witnesses.mandatory = builder->mandatory;
    builder->witnesses.frequency = &builder->frequency;
    for (uint32_t i = 0; i < graph->count; i++) {
        uint64_t signature = builder->mandatory[i] && !graph->nodes[i].any ? position_signature(builder, &graph->nodes[i]) : 0;
        *needs |= (signature & (signature - 1)) == 0 ? signature : 0;
    }
    for (size_t i = first; i < builder->anchors.count && status == CM_OK; i++) {
        if (i > first && same_place(&anchors[i], &anchors[i - 1]))
            anchors[i].witness = anchors[i - 1].witness;
        else
            status = cm_witness_find(&builder->witnesses, &anchors[i]);
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
        status = cm_symbols_add_words(&phrases->symbols, builder->sources[i]);
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
    if (left->alone != right->alone)
        return left->alone ? -1 : 1;
    return (left->phrase > right->phrase) - (left->phrase < right->phrase);
}

static void put_pair(struct cm_phrases *phrases, const struct cm_anchor *anchor, struct cm_phrase_range range)
{
    uint32_t left = cm_symbols_marked(&phrases->symbols, anchor->left), right = cm_symbols_marked(&phrases->symbols, anchor->right);
    uint32_t hash = cm_phrase_pair_hash(left, right), bit = cm_phrase_filter_bit(hash) & phrases->filter_mask,
             i = hash >> phrases->pair_shift;
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
    phrases->entry_count = (uint32_t)anchors->count;
    phrases->filter_words = (uint32_t)(bits / 64);
    phrases->pair_shift = 32 - (unsigned)__builtin_ctzll(slots);
    phrases->filter_mask = (uint32_t)(bits - 1);
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

static bool is_alone(const struct builder *builder, const struct cm_anchor *anchor)
{
    const struct cm_program *program = cm_program_at(&builder->phrases->programs, builder->places[anchor->phrase]);
    return program->kind == CM_PROGRAM_PLAIN && !program->at_start && !program->at_end &&
           program->count == (anchor->kind == CM_ANCHOR_PAIR ? 2u : 1u);
}

static struct cm_phrase_entry make_entry(const struct builder *builder, const struct cm_anchor *anchor)
{
    const struct cm_program *program = cm_program_at(&builder->phrases->programs, builder->places[anchor->phrase]);
    bool known = anchor->neighbour != CM_SYMBOL_OTHER;
    uint32_t seen = (anchor->kind == CM_ANCHOR_PAIR ? 2u : 1u) + known;
    bool whole = program->kind == CM_PROGRAM_PLAIN && program->count == seen && !program->at_start && !program->at_end;
    uint32_t joint = anchor->neighbour_at < 0 ? CM_PROGRAM_ENDS : CM_PROGRAM_BEGINS; /* in the same sentence */
    return (struct cm_phrase_entry){
        .program = builder->places[anchor->phrase],
        .neighbour = known ? anchor->neighbour : 0,
        .neighbour_mask = known ? CM_SYMBOL_NUMBER(UINT32_MAX) | joint : 0,
        .neighbour_at = known ? anchor->neighbour_at : 0,
        .witness = program->kind == CM_PROGRAM_PLAIN ? (struct cm_anchor_witness){.least = 0} : anchor->witness, /* compared at once */
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

/* Do more pairs of a text have both bits than it takes to filter them all at once? */
static bool has_many_pairs(const struct builder *builder)
{
    const struct cm_symbols *symbols = &builder->phrases->symbols;
    uint64_t left = 0, right = 0;
    for (uint32_t i = CM_SYMBOL_FIRST; i < symbols->count; i++) {
        uint32_t marks = cm_symbols_marked(symbols, i);
        left += marks >> CM_MARK_LEFT & 1 ? cm_frequency_word(&builder->frequency, i) : 0;
        right += marks >> CM_MARK_RIGHT & 1 ? cm_frequency_word(&builder->frequency, i) : 0;
    }
    left = left < CM_FREQUENCY_UNIT ? left : CM_FREQUENCY_UNIT;
    right = right < CM_FREQUENCY_UNIT ? right : CM_FREQUENCY_UNIT;
    return left * right > MANY_PAIRS * CM_FREQUENCY_UNIT;
}

/* The entries of the anchors that are the same as the first. */
static struct cm_phrase_range put_entries(struct builder *builder, size_t first)
{
    struct cm_phrases *phrases = builder->phrases;
    const struct cm_anchor *anchors = builder->anchors.items, *head = &anchors[first];
    uint32_t count = 0, alone = 0;
    for (size_t i = first; i < builder->anchors.count; i++, count++) {
        if (anchors[i].kind != head->kind || anchors[i].left != head->left || anchors[i].right != head->right)
            break;
        phrases->entries[i] = make_entry(builder, &anchors[i]);
        phrases->needs[i] = builder->needs[anchors[i].phrase];
        phrases->any_witness |= phrases->entries[i].witness.symbols[0] != CM_SYMBOL_OTHER;
        alone += anchors[i].alone && alone < CM_PHRASE_ALONE_MAX;
    }
    return (struct cm_phrase_range){(uint32_t)first, count & CM_PHRASE_ENTRIES_MAX, alone & CM_PHRASE_ALONE_MAX,
                                    phrases->entries[first].program};
}

static enum cm_status build_anchors(struct builder *builder)
{
    struct cm_phrases *phrases = builder->phrases;
    struct cm_anchors *anchors = &builder->anchors;
    if (anchors->count > CM_PHRASE_ENTRIES_MAX)
        return CM_ELIMIT;
    size_t alone = 0;
    for (size_t i = 0; i < anchors->count; i++)
        alone += anchors->items[i].alone = is_alone(builder, &anchors->items[i]);
    phrases->often_alone = alone > anchors->count / OFTEN_ALONE;
    if (anchors->count)
        qsort(anchors->items, anchors->count, sizeof(*anchors->items), compare_anchors);
    enum cm_status status = make_tables(phrases, anchors);
    mark_symbols(phrases, anchors);
    phrases->many_pairs = has_many_pairs(builder);
    for (size_t i = 0; i < anchors->count && status == CM_OK;) {
        struct cm_phrase_range range = put_entries(builder, i);
        put_range(phrases, &anchors->items[i], range);
        i += range.count;
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
    cm_witness_search_free(&builder.witnesses);
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
