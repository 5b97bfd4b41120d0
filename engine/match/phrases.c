#include "match/phrases.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "match/anchors.h"
#include "match/program.h"

/*
 * One pass gives every token its symbol, a second one finds anchors: pairs of
 * adjacent symbols behind a filter that fits the first-level cache, and single
 * symbols by index. An anchor's entry names a phrase and where a match would
 * begin; before anything else the entry's signature is compared with that of
 * the text around. What is left is verified by the phrase's program.
 */

/* Bits of a symbol's value, above its number. */
#define MARK_LEFT CM_SYMBOL_BITS         /* left of some pair */
#define MARK_RIGHT (CM_SYMBOL_BITS + 1)  /* right of some pair */
#define MARK_SINGLE (CM_SYMBOL_BITS + 2) /* an anchor by itself */

/* A signature is kept for each run of this many slots: a turn of chat is one or two. */
#define BLOCK_SHIFT 4u

/* Bits of the pair filter for each pair: one absent pair in sixteen passes. */
#define FILTER_BITS_PER_PAIR ((size_t)16)
#define FILTER_BITS_MIN ((size_t)4096)
#define FILTER_BITS_MAX ((size_t)1 << 18) /* 32 KiB: more would leave the first-level cache */

struct entry {
    uint64_t needs; /* signature of what every match has */
    uint32_t phrase;
    uint32_t neighbour; /* as struct cm_anchor */
    int8_t neighbour_at;
    uint8_t least_before, most_before, most_after;
    uint8_t whole; /* tokens of the match where anchor and neighbour are all of it, else 0 */
};

/* entries[at .. at + count) */
struct entry_range {
    uint32_t at, count;
};

struct pair_slot {
    uint32_t left, right; /* symbols; left 0: empty */
    struct entry_range entries;
};

struct cm_phrases {
    struct cm_symbols symbols;
    struct cm_programs programs;
    struct entry *entries;
    struct pair_slot *pairs;
    uint32_t pair_mask;
    uint64_t *filter;
    unsigned filter_shift;
    struct entry_range *singles;      /* by symbol */
    struct entry_range classes[16];   /* by class */
    uint16_t anchor_classes;          /* classes that are anchors */
    uint64_t class_signature[16];
};

/* A place where a phrase may match: any start in [first, last]; end is known where the match is. */
struct candidate {
    uint64_t key; /* phrase << 32 | first start */
    uint32_t last, end;
};

struct cm_phrase_scratch {
    struct cm_program_slot *slots;
    uint32_t *marked; /* slots at which an anchor may stand: slot << 2, 2: the symbol is one, 1: with that before it may be */
    uint64_t *signatures; /* by block */
    struct candidate *candidates, *sorted;
    struct cm_phrase_hit *hits;
    size_t slot_cap, candidate_cap, sorted_cap, hit_cap;
    size_t marked_count, candidate_count;
    bool have_signatures;
    uint32_t hit_count;
    enum cm_status status;
    struct cm_program_scratch run;
};

static uint32_t pair_hash(uint32_t left, uint32_t right)
{
    uint32_t mixed = (left * 0x9E3779B1u ^ right) * 0x85EBCA77u;
    return mixed ^ mixed >> 15;
}

static uint64_t symbol_signature(uint32_t number)
{
    return UINT64_C(1) << (number * 0x9E3779B1u >> 26);
}

/* Name and name mask are one: a phrase asks for both. */
static uint64_t class_signature(unsigned class)
{
    return class == CM_TOKEN_WORD ? 0 : UINT64_C(1) << (((class == CM_TOKEN_NAME_MASK ? CM_TOKEN_NAME : class) * 7 + 3) % 64);
}

/* ---- building ---- */

struct builder {
    struct cm_phrases *phrases;
    const struct cm_phrase *const *sources;
    const uint32_t *ids;
    uint32_t *order; /* sources by id, so that hits come sorted */
    size_t count;
    struct cm_graph graph;
    struct cm_frequency frequency;
    struct cm_anchors anchors;
    uint64_t *needs; /* by phrase */
    uint8_t *mandatory;
    int32_t *cover;
    size_t mandatory_cap, cover_cap;
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

/* What every match of the phrase contains, as a signature. */
static enum cm_status find_needs(struct builder *builder, uint64_t *needs)
{
    const struct cm_graph *graph = &builder->graph;
    enum cm_status status = cm_grow(&builder->mandatory, &builder->mandatory_cap, graph->count, 1);
    if (status == CM_OK)
        status = cm_grow(&builder->cover, &builder->cover_cap, 2 * (graph->count + 2), sizeof(*builder->cover));
    if (status != CM_OK)
        return status;
    cm_graph_mandatory(graph, builder->mandatory, builder->cover);
    for (uint32_t i = 0; i < graph->count; i++) {
        const struct cm_graph_node *node = &graph->nodes[i];
        if (!builder->mandatory[i] || node->any)
            continue;
        uint64_t bit = 0;
        bool one = true; /* all that the position reads has the same bit */
        for (uint32_t j = 0; j < node->set_count; j++) {
            uint64_t other = symbol_signature(graph->sets[node->set + j]);
            one = one && (bit == 0 || bit == other);
            bit = other;
        }
        for (unsigned class = 0; class < 16; class ++) {
            uint64_t other = node->classes & CM_TOKEN_CLASS_BIT(class) ? class_signature(class) : bit;
            one = one && (bit == 0 || bit == other) && (other != 0 || bit == 0);
            bit = other;
        }
        *needs |= one ? bit : 0;
    }
    return CM_OK;
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
    for (size_t i = 0; i < builder->count && status == CM_OK; i++)
        status = note_pairs(builder, builder->sources[i]);
    for (size_t i = 0; i < builder->count && status == CM_OK; i++) {
        const struct cm_phrase *source = builder->sources[builder->order[i]];
        status = cm_graph_build(&builder->graph, &phrases->symbols, source);
        if (status == CM_OK)
            status = cm_programs_add(&phrases->programs, &builder->graph, source, builder->ids[builder->order[i]]);
        if (status == CM_OK)
            status = cm_anchors_add(&builder->anchors, &builder->graph, &builder->frequency, (uint32_t)i);
        if (status == CM_OK)
            status = find_needs(builder, &builder->needs[i]);
    }
    return status;
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

static void put_pair(struct cm_phrases *phrases, uint32_t left, uint32_t right, struct entry_range range)
{
    uint32_t hash = pair_hash(left, right), i = hash & phrases->pair_mask;
    while (phrases->pairs[i].left != 0)
        i = (i + 1) & phrases->pair_mask;
    phrases->pairs[i] = (struct pair_slot){left, right, range};
    uint32_t bit = hash >> phrases->filter_shift;
    phrases->filter[bit >> 6] |= UINT64_C(1) << (bit & 63);
    cm_symbols_mark(&phrases->symbols, left, 1u << MARK_LEFT);
    cm_symbols_mark(&phrases->symbols, right, 1u << MARK_RIGHT);
}

static enum cm_status make_tables(struct cm_phrases *phrases, const struct cm_anchors *anchors)
{
    size_t pairs = 0, slots = 64, bits = FILTER_BITS_MIN;
    for (size_t i = 0; i < anchors->count; i++)
        pairs += anchors->items[i].kind == CM_ANCHOR_PAIR;
    while (slots < pairs * 2)
        slots *= 2;
    while (bits < pairs * FILTER_BITS_PER_PAIR && bits < FILTER_BITS_MAX)
        bits *= 2;
    phrases->pair_mask = (uint32_t)(slots - 1);
    phrases->filter_shift = 32 - (unsigned)__builtin_ctzll(bits);
    phrases->pairs = calloc(slots, sizeof(*phrases->pairs));
    phrases->filter = calloc(bits / 64, sizeof(*phrases->filter));
    phrases->singles = calloc(phrases->symbols.count, sizeof(*phrases->singles));
    phrases->entries = calloc(anchors->count + 1, sizeof(*phrases->entries));
    return phrases->pairs && phrases->filter && phrases->singles && phrases->entries ? CM_OK : CM_ENOMEM;
}

static void put_range(struct cm_phrases *phrases, const struct cm_anchor *anchor, struct entry_range range)
{
    switch (anchor->kind) {
    case CM_ANCHOR_CLASS:
        phrases->classes[anchor->left] = range;
        phrases->anchor_classes |= (uint16_t)CM_TOKEN_CLASS_BIT(anchor->left);
        break;
    case CM_ANCHOR_SYMBOL:
        phrases->singles[anchor->left] = range;
        cm_symbols_mark(&phrases->symbols, anchor->left, 1u << MARK_SINGLE);
        break;
    default:
        put_pair(phrases, anchor->left, anchor->right, range);
    }
}

static struct entry make_entry(const struct builder *builder, const struct cm_anchor *anchor)
{
    const struct cm_program *program = &builder->phrases->programs.items[anchor->phrase];
    uint32_t seen = (anchor->kind == CM_ANCHOR_PAIR ? 2u : 1u) + (anchor->neighbour != CM_SYMBOL_OTHER);
    bool whole = program->kind == CM_PROGRAM_PLAIN && program->code_count == seen && !program->at_start && !program->at_end;
    return (struct entry){
        .needs = builder->needs[anchor->phrase],
        .phrase = anchor->phrase,
        .neighbour = anchor->neighbour,
        .neighbour_at = anchor->neighbour_at,
        .least_before = anchor->least_before,
        .most_before = anchor->most_before,
        .most_after = anchor->most_after,
        .whole = whole ? (uint8_t)seen : 0,
    };
}

static enum cm_status build_anchors(struct builder *builder)
{
    struct cm_phrases *phrases = builder->phrases;
    struct cm_anchors *anchors = &builder->anchors;
    if (anchors->count)
        qsort(anchors->items, anchors->count, sizeof(*anchors->items), compare_anchors);
    enum cm_status status = make_tables(phrases, anchors);
    for (size_t i = 0, end; i < anchors->count && status == CM_OK; i = end) {
        const struct cm_anchor *head = &anchors->items[i];
        for (end = i; end < anchors->count; end++) {
            const struct cm_anchor *anchor = &anchors->items[end];
            if (anchor->kind != head->kind || anchor->left != head->left || anchor->right != head->right)
                break;
            phrases->entries[end] = make_entry(builder, anchor);
        }
        put_range(phrases, head, (struct entry_range){(uint32_t)i, (uint32_t)(end - i)});
    }
    return status;
}

static enum cm_status build(struct builder *builder)
{
    builder->order = calloc(builder->count + 1, sizeof(*builder->order));
    builder->needs = calloc(builder->count + 1, sizeof(*builder->needs));
    if (!builder->order || !builder->needs)
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
    free(builder.mandatory);
    free(builder.cover);
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
    free(phrases->pairs);
    free(phrases->filter);
    free(phrases->singles);
    free(phrases);
}

/* ---- scratch ---- */

enum cm_status cm_phrase_scratch_new(const struct cm_phrases *phrases, struct cm_phrase_scratch **out)
{
    *out = NULL;
    struct cm_phrase_scratch *scratch = calloc(1, sizeof(*scratch));
    if (!scratch)
        return CM_ENOMEM;
    size_t nodes = phrases->programs.largest;
    scratch->run.stamps = calloc(nodes + 1, sizeof(*scratch->run.stamps));
    scratch->run.now = calloc(nodes + 1, sizeof(*scratch->run.now));
    scratch->run.next = calloc(nodes + 1, sizeof(*scratch->run.next));
    if (!scratch->run.stamps || !scratch->run.now || !scratch->run.next) {
        cm_phrase_scratch_free(scratch);
        return CM_ENOMEM;
    }
    *out = scratch;
    return CM_OK;
}

void cm_phrase_scratch_free(struct cm_phrase_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->slots);
    free(scratch->marked);
    free(scratch->signatures);
    free(scratch->candidates);
    free(scratch->sorted);
    free(scratch->hits);
    free(scratch->run.stamps);
    free(scratch->run.now);
    free(scratch->run.next);
    free(scratch);
}

/* Arrays for every slot that a turn can have; all grow together. */
static enum cm_status scratch_room(struct cm_phrase_scratch *scratch, size_t slots)
{
    if (slots <= scratch->slot_cap)
        return CM_OK;
    size_t cap = 0;
    enum cm_status status = cm_grow(&scratch->slots, &cap, slots, sizeof(*scratch->slots));
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->marked, &cap, slots, sizeof(*scratch->marked));
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->signatures, &cap, (slots >> BLOCK_SHIFT) + 1, sizeof(*scratch->signatures));
    scratch->slot_cap = status == CM_OK ? slots : scratch->slot_cap;
    return status;
}

/* ---- first pass: symbols, and where anchors may be ---- */

/*
 * Whether a word is known, and whether it may be an anchor, are coin tosses:
 * everything here is computed for every token and written where it is
 * overwritten unless it counts.
 */
static uint32_t read_symbols(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    struct cm_program_slot *slots = scratch->slots;
    uint32_t *marked = scratch->marked, slot = 1, before = CM_SYMBOL_BREAK;
    slots[0] = (struct cm_program_slot){CM_SYMBOL_BREAK, 0};
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        uint32_t value = cm_symbols_value(&phrases->symbols, turn->text.ptr + token->at, token->len, token->hash);
        uint32_t hash = pair_hash(CM_SYMBOL_NUMBER(before), CM_SYMBOL_NUMBER(value)) >> phrases->filter_shift;
        uint32_t pair = (before >> MARK_LEFT) & (value >> MARK_RIGHT) & (uint32_t)(phrases->filter[hash >> 6] >> (hash & 63)) & 1;
        slots[slot] = (struct cm_program_slot){cm_program_value(value, token->class), i};
        uint32_t single = value >> MARK_SINGLE & 1;
        *marked = slot << 2 | single << 1 | pair;
        marked += pair | single;
        /* a break stands in the next slot, which the next token takes if no sentence ends here */
        uint32_t ends = token->flags & CM_TOKEN_SENTENCE_END;
        slots[++slot] = (struct cm_program_slot){CM_SYMBOL_BREAK, i + 1};
        before = value & (ends - 1); /* 0, which is no left side, behind a break */
        slot += ends;
    }
    scratch->marked_count = (size_t)(marked - scratch->marked);
    /* the break that ends the turn, unless the last token has said so */
    return slots[slot - 1].value == CM_SYMBOL_BREAK ? slot : slot + 1;
}

_Static_assert(CM_TOKEN_SENTENCE_END == 1, "added to a slot");

static void sign_blocks(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t slots)
{
    for (uint32_t at = 0; at < slots; at += 1u << BLOCK_SHIFT) {
        uint32_t end = at + (1u << BLOCK_SHIFT) < slots ? at + (1u << BLOCK_SHIFT) : slots;
        uint64_t signature = 0;
        for (uint32_t i = at; i < end; i++) {
            uint32_t value = scratch->slots[i].value;
            signature |= symbol_signature(CM_SYMBOL_NUMBER(value)) | phrases->class_signature[cm_program_class(value)];
        }
        scratch->signatures[at >> BLOCK_SHIFT] = signature;
    }
    scratch->have_signatures = true;
}

/* ---- second pass: anchors ---- */

static bool has_needs(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct entry *entry, uint32_t slot, uint32_t slots)
{
    uint32_t from = entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot ? slot - entry->most_before : 0;
    uint32_t to = entry->most_after != CM_ANCHOR_FAR && slot + entry->most_after < slots ? slot + entry->most_after : slots - 1;
    uint64_t signature = 0;
    if (!scratch->have_signatures)
        sign_blocks(phrases, scratch, slots);
    for (uint32_t block = from >> BLOCK_SHIFT; block <= to >> BLOCK_SHIFT; block++)
        signature |= scratch->signatures[block];
    return (entry->needs & ~signature) == 0;
}

static void add_candidate(struct cm_phrase_scratch *scratch, struct candidate candidate)
{
    if (scratch->candidate_count == scratch->candidate_cap && scratch->status == CM_OK)
        scratch->status = cm_grow(&scratch->candidates, &scratch->candidate_cap, scratch->candidate_count + 1, sizeof(*scratch->candidates));
    if (scratch->status == CM_OK)
        scratch->candidates[scratch->candidate_count++] = candidate;
}

static void try_entry(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct entry *entry, uint32_t slot,
                      const struct cm_program_input *input)
{
    uint32_t last = slot - entry->least_before;
    if (entry->whole) {
        add_candidate(scratch, (struct candidate){(uint64_t)entry->phrase << 32 | last, last, last + entry->whole});
        return;
    }
    if (!has_needs(phrases, scratch, entry, slot, input->count))
        return;
    const struct cm_program *program = &phrases->programs.items[entry->phrase];
    if (program->kind == CM_PROGRAM_PLAIN) {
        uint32_t end = cm_program_run(&phrases->programs, program, input, last, &scratch->run);
        if (end)
            add_candidate(scratch, (struct candidate){(uint64_t)entry->phrase << 32 | last, last, end});
        return;
    }
    uint32_t first = entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot ? slot - entry->most_before : 1;
    add_candidate(scratch, (struct candidate){(uint64_t)entry->phrase << 32 | first, last, 0});
}

static void try_entries(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct entry_range range, uint32_t slot,
                        const struct cm_program_input *input)
{
    for (uint32_t i = range.at; i < range.at + range.count; i++) {
        const struct entry *entry = &phrases->entries[i];
        if (slot <= entry->least_before)
            continue;
        /* behind a break nothing follows, so a neighbour is never beyond the input */
        if (entry->neighbour != CM_SYMBOL_OTHER && CM_SYMBOL_NUMBER(input->slots[slot + (uint32_t)(int32_t)entry->neighbour_at].value) != entry->neighbour)
            continue;
        try_entry(phrases, scratch, entry, slot, input);
    }
}

static void try_pair(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t slot, const struct cm_program_input *input)
{
    uint32_t left = CM_SYMBOL_NUMBER(input->slots[slot - 1].value), right = CM_SYMBOL_NUMBER(input->slots[slot].value);
    for (uint32_t i = pair_hash(left, right) & phrases->pair_mask; phrases->pairs[i].left != 0; i = (i + 1) & phrases->pair_mask) {
        if (phrases->pairs[i].left == left && phrases->pairs[i].right == right) {
            try_entries(phrases, scratch, phrases->pairs[i].entries, slot - 1, input);
            return;
        }
    }
}

static void try_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_program_input *input)
{
    for (size_t i = 0; i < scratch->marked_count; i++) {
        uint32_t slot = scratch->marked[i] >> 2;
        if (scratch->marked[i] & 1)
            try_pair(phrases, scratch, slot, input);
        if (scratch->marked[i] & 2)
            try_entries(phrases, scratch, phrases->singles[CM_SYMBOL_NUMBER(input->slots[slot].value)], slot, input);
    }
    if (phrases->anchor_classes == 0)
        return;
    for (uint32_t slot = 1; slot < input->count; slot++) {
        uint32_t class = cm_program_class(input->slots[slot].value);
        if (phrases->anchor_classes >> class & 1) /* never that of words, and so of breaks */
            try_entries(phrases, scratch, phrases->classes[class], slot, input);
    }
}

/* ---- hits ---- */

/* Few candidates are put into order one by one. */
#define INSERTION_SORT_MAX ((size_t)24)

static void insertion_sort(struct candidate *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct candidate item = items[i];
        size_t at = i;
        for (; at > 0 && item.key < items[at - 1].key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge_runs(const struct candidate *from, struct candidate *to, size_t count, size_t width)
{
    for (size_t at = 0; at < count; at += 2 * width) {
        size_t middle = at + width < count ? at + width : count, end = at + 2 * width < count ? at + 2 * width : count;
        size_t left = at, right = middle;
        for (size_t i = at; i < end; i++)
            to[i] = left < middle && (right >= end || from[left].key <= from[right].key) ? from[left++] : from[right++];
    }
}

/* By phrase, then first start. In the scratch: the C library's sort may allocate. */
static enum cm_status sort_candidates(struct cm_phrase_scratch *scratch)
{
    size_t count = scratch->candidate_count;
    if (count <= INSERTION_SORT_MAX) {
        insertion_sort(scratch->candidates, count);
        return CM_OK;
    }
    enum cm_status status = cm_grow(&scratch->sorted, &scratch->sorted_cap, scratch->candidate_cap, sizeof(*scratch->sorted));
    for (size_t at = 0; at < count && status == CM_OK; at += INSERTION_SORT_MAX)
        insertion_sort(scratch->candidates + at, count - at < INSERTION_SORT_MAX ? count - at : INSERTION_SORT_MAX);
    for (size_t width = INSERTION_SORT_MAX; width < count && status == CM_OK; width *= 2) {
        merge_runs(scratch->candidates, scratch->sorted, count, width);
        struct candidate *items = scratch->candidates;
        size_t cap = scratch->candidate_cap;
        scratch->candidates = scratch->sorted;
        scratch->candidate_cap = scratch->sorted_cap;
        scratch->sorted = items;
        scratch->sorted_cap = cap;
    }
    return status;
}

static bool same_bytes(const struct cm_folded *turn, const struct cm_phrase_hit *a, const struct cm_phrase_hit *b)
{
    return turn->tokens[a->first].start == turn->tokens[b->first].start && turn->tokens[a->end - 1].end == turn->tokens[b->end - 1].end;
}

/* Hits of one id come by start, except where phrases share the id: put each into its place, and equal bytes but once. */
static void add_hit(struct cm_phrase_scratch *scratch, const struct cm_folded *turn, struct cm_phrase_hit hit)
{
    uint32_t at = scratch->hit_count;
    while (at > 0 && scratch->hits[at - 1].id == hit.id &&
           (scratch->hits[at - 1].first > hit.first || (scratch->hits[at - 1].first == hit.first && scratch->hits[at - 1].end > hit.end)))
        at--;
    /* equal bytes begin at a token with the same start: neighbours of the place */
    for (uint32_t i = at; i > 0 && scratch->hits[i - 1].id == hit.id; i--) {
        if (turn->tokens[scratch->hits[i - 1].first].start != turn->tokens[hit.first].start)
            break;
        if (same_bytes(turn, &scratch->hits[i - 1], &hit))
            return;
    }
    for (uint32_t i = at; i < scratch->hit_count && turn->tokens[scratch->hits[i].first].start == turn->tokens[hit.first].start; i++)
        if (same_bytes(turn, &scratch->hits[i], &hit))
            return;
    scratch->status = cm_grow(&scratch->hits, &scratch->hit_cap, (size_t)scratch->hit_count + 1, sizeof(*scratch->hits));
    if (scratch->status != CM_OK)
        return;
    memmove(scratch->hits + at + 1, scratch->hits + at, (scratch->hit_count - at) * sizeof(*scratch->hits));
    scratch->hits[at] = hit;
    scratch->hit_count++;
}

/* Leftmost, then longest, not overlapping: candidates of a phrase come by start, and starts before from are spoken for. */
static void verify(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn, const struct cm_program_input *input)
{
    uint32_t phrase = UINT32_MAX, from = 0;
    for (size_t i = 0; i < scratch->candidate_count && scratch->status == CM_OK; i++) {
        const struct candidate *candidate = &scratch->candidates[i];
        uint32_t first = (uint32_t)candidate->key;
        if (candidate->key >> 32 != phrase) {
            phrase = (uint32_t)(candidate->key >> 32);
            from = 1;
        }
        const struct cm_program *program = &phrases->programs.items[phrase];
        for (uint32_t start = first > from ? first : from; start <= candidate->last; start = from) {
            uint32_t end = candidate->end ? candidate->end : cm_program_run(&phrases->programs, program, input, start, &scratch->run);
            from = end ? end : start + 1;
            if (end && scratch->status == CM_OK)
                add_hit(scratch, turn, (struct cm_phrase_hit){program->id, scratch->slots[start].token, scratch->slots[end - 1].token + 1});
        }
    }
}

enum cm_status cm_phrases_find(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                               const struct cm_phrase_hit **hits, uint32_t *count)
{
    *hits = NULL;
    *count = 0;
    if (turn->count == 0)
        return CM_OK;
    scratch->candidate_count = 0;
    scratch->hit_count = 0;
    scratch->have_signatures = false;
    /* a break after every token, at worst, one before them all, and one written beyond the last */
    scratch->status = scratch_room(scratch, 2 * (size_t)turn->count + 3);
    if (scratch->status != CM_OK)
        return scratch->status;
    struct cm_program_input input = {scratch->slots, read_symbols(phrases, scratch, turn)};
    try_anchors(phrases, scratch, &input);
    if (scratch->candidate_count && scratch->status == CM_OK) {
        scratch->status = sort_candidates(scratch);
        if (scratch->status == CM_OK)
            verify(phrases, scratch, turn, &input);
    }
    *hits = scratch->hits;
    *count = scratch->hit_count;
    return scratch->status;
}
