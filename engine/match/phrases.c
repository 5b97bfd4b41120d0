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
#define VALUE_LEFT (1u << 30)   /* left of some pair */
#define VALUE_RIGHT (1u << 29)  /* right of some pair */
#define VALUE_SINGLE (1u << 28) /* an anchor by itself */

/* A signature is kept for each run of this many slots: a turn of chat is one or two. */
#define BLOCK_SHIFT 4u

/* Bits of the pair filter for each pair: one absent pair in sixteen passes. */
#define FILTER_BITS_PER_PAIR ((size_t)16)
#define FILTER_BITS_MIN ((size_t)4096)
#define FILTER_BITS_MAX ((size_t)1 << 18) /* 32 KiB: more would leave the first-level cache */

struct entry {
    uint64_t needs; /* signature of what every match has */
    uint32_t phrase;
    uint8_t least_before, most_before, most_after; /* as struct cm_anchor */
    uint8_t unused;
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
    uint32_t phrase, first, last, end;
};

struct cm_phrase_scratch {
    char *text; /* the folded text, readable beyond its end */
    uint32_t *values, *token_of;
    uint8_t *classes;
    uint64_t *signatures;
    struct candidate *candidates, *sorted;
    struct cm_phrase_hit *hits;
    size_t text_cap, values_cap, tokens_cap, classes_cap, signatures_cap, candidate_cap, sorted_cap, hit_cap;
    size_t candidate_count;
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
    cm_symbols_mark(&phrases->symbols, left, VALUE_LEFT);
    cm_symbols_mark(&phrases->symbols, right, VALUE_RIGHT);
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
        cm_symbols_mark(&phrases->symbols, anchor->left, VALUE_SINGLE);
        break;
    default:
        put_pair(phrases, anchor->left, anchor->right, range);
    }
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
            phrases->entries[end] = (struct entry){
                builder->needs[anchor->phrase], anchor->phrase, anchor->least_before, anchor->most_before, anchor->most_after, 0};
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
    free(scratch->text);
    free(scratch->values);
    free(scratch->token_of);
    free(scratch->classes);
    free(scratch->signatures);
    free(scratch->candidates);
    free(scratch->sorted);
    free(scratch->hits);
    free(scratch->run.stamps);
    free(scratch->run.now);
    free(scratch->run.next);
    free(scratch);
}

static enum cm_status scratch_room(struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    size_t slots = 2 * (size_t)turn->count + 2; /* a break after every token, at worst, and one before them all */
    enum cm_status status = cm_grow(&scratch->text, &scratch->text_cap, turn->text.len + CM_SYMBOL_READ_BYTES, 1);
    if (status == CM_OK)
        status = cm_grow(&scratch->values, &scratch->values_cap, slots, sizeof(*scratch->values));
    if (status == CM_OK)
        status = cm_grow(&scratch->token_of, &scratch->tokens_cap, slots, sizeof(*scratch->token_of));
    if (status == CM_OK)
        status = cm_grow(&scratch->classes, &scratch->classes_cap, slots, 1);
    if (status == CM_OK)
        status = cm_grow(&scratch->signatures, &scratch->signatures_cap, (slots >> BLOCK_SHIFT) + 1, sizeof(*scratch->signatures));
    return status;
}

/* ---- first pass: symbols ---- */

static uint32_t read_symbols(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    uint32_t *values = scratch->values, *token_of = scratch->token_of, slot = 0;
    uint8_t *classes = scratch->classes;
    memcpy(scratch->text, turn->text.ptr, turn->text.len);
    values[slot] = CM_SYMBOL_BREAK;
    token_of[slot] = 0;
    classes[slot++] = 0;
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        values[slot] = cm_symbols_value(&phrases->symbols, scratch->text + token->at, token->len, token->hash);
        classes[slot] = token->class;
        token_of[slot++] = i;
        if ((token->flags & CM_TOKEN_SENTENCE_END) || i + 1 == turn->count) {
            values[slot] = CM_SYMBOL_BREAK;
            classes[slot] = 0;
            token_of[slot++] = i + 1;
        }
    }
    return slot;
}

static void sign_blocks(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t slots)
{
    for (uint32_t at = 0; at < slots; at += 1u << BLOCK_SHIFT) {
        uint32_t end = at + (1u << BLOCK_SHIFT) < slots ? at + (1u << BLOCK_SHIFT) : slots;
        uint64_t signature = 0;
        for (uint32_t i = at; i < end; i++)
            signature |= symbol_signature(CM_SYMBOL_NUMBER(scratch->values[i])) | phrases->class_signature[scratch->classes[i] & 15];
        scratch->signatures[at >> BLOCK_SHIFT] = signature;
    }
}

/* ---- second pass: anchors ---- */

static bool has_needs(const struct cm_phrase_scratch *scratch, const struct entry *entry, uint32_t slot, uint32_t slots)
{
    uint32_t from = entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot ? slot - entry->most_before : 0;
    uint32_t to = entry->most_after != CM_ANCHOR_FAR && slot + entry->most_after < slots ? slot + entry->most_after : slots - 1;
    uint64_t signature = 0;
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

static void try_entries(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct entry_range range, uint32_t slot,
                        const struct cm_program_input *input)
{
    for (uint32_t i = range.at; i < range.at + range.count; i++) {
        const struct entry *entry = &phrases->entries[i];
        if (slot <= entry->least_before || !has_needs(scratch, entry, slot, input->count))
            continue;
        struct candidate candidate = {entry->phrase, 1, slot - entry->least_before, 0};
        if (entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot)
            candidate.first = slot - entry->most_before;
        const struct cm_program *program = &phrases->programs.items[entry->phrase];
        if (program->kind == CM_PROGRAM_PLAIN) {
            candidate.first = candidate.last;
            candidate.end = cm_program_run(&phrases->programs, program, input, candidate.first, &scratch->run);
            if (candidate.end == 0)
                continue;
        }
        add_candidate(scratch, candidate);
    }
}

static void try_pair(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t hash, uint32_t slot,
                     const struct cm_program_input *input)
{
    uint32_t left = CM_SYMBOL_NUMBER(input->values[slot - 1]), right = CM_SYMBOL_NUMBER(input->values[slot]);
    for (uint32_t i = hash & phrases->pair_mask; phrases->pairs[i].left != 0; i = (i + 1) & phrases->pair_mask) {
        if (phrases->pairs[i].left == left && phrases->pairs[i].right == right) {
            try_entries(phrases, scratch, phrases->pairs[i].entries, slot - 1, input);
            return;
        }
    }
}

static void find_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_program_input *input)
{
    const uint32_t *values = input->values;
    for (uint32_t slot = 1; slot < input->count; slot++) {
        uint32_t value = values[slot];
        if (value & VALUE_SINGLE)
            try_entries(phrases, scratch, phrases->singles[CM_SYMBOL_NUMBER(value)], slot, input);
        if (!(values[slot - 1] & VALUE_LEFT) || !(value & VALUE_RIGHT))
            continue;
        uint32_t hash = pair_hash(CM_SYMBOL_NUMBER(values[slot - 1]), CM_SYMBOL_NUMBER(value)), bit = hash >> phrases->filter_shift;
        if (phrases->filter[bit >> 6] >> (bit & 63) & 1)
            try_pair(phrases, scratch, hash, slot, input);
    }
    if (phrases->anchor_classes == 0)
        return;
    for (uint32_t slot = 1; slot < input->count; slot++)
        if (values[slot] != CM_SYMBOL_BREAK && (phrases->anchor_classes >> (input->classes[slot] & 15) & 1))
            try_entries(phrases, scratch, phrases->classes[input->classes[slot] & 15], slot, input);
}

/* ---- hits ---- */

static bool candidate_before(const struct candidate *a, const struct candidate *b)
{
    return a->phrase != b->phrase ? a->phrase < b->phrase : a->first < b->first;
}

/* By phrase, then first start. Merge sort in the scratch: the C library's may allocate. */
static enum cm_status sort_candidates(struct cm_phrase_scratch *scratch)
{
    size_t count = scratch->candidate_count;
    bool sorted = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = !candidate_before(&scratch->candidates[i], &scratch->candidates[i - 1]);
    if (sorted)
        return CM_OK;
    enum cm_status status = cm_grow(&scratch->sorted, &scratch->sorted_cap, scratch->candidate_cap, sizeof(*scratch->sorted));
    if (status != CM_OK)
        return status;
    for (size_t width = 1; width < count; width *= 2) {
        const struct candidate *from = scratch->candidates;
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t middle = at + width < count ? at + width : count, end = at + 2 * width < count ? at + 2 * width : count;
            size_t left = at, right = middle;
            for (size_t i = at; i < end; i++)
                scratch->sorted[i] = left < middle && (right >= end || !candidate_before(&from[right], &from[left])) ? from[left++] : from[right++];
        }
        struct candidate *swap = scratch->candidates;
        scratch->candidates = scratch->sorted;
        scratch->sorted = swap;
        size_t cap = scratch->candidate_cap;
        scratch->candidate_cap = scratch->sorted_cap;
        scratch->sorted_cap = cap;
    }
    return CM_OK;
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
        const struct cm_program *program = &phrases->programs.items[candidate->phrase];
        if (candidate->phrase != phrase) {
            phrase = candidate->phrase;
            from = 1;
        }
        for (uint32_t start = candidate->first > from ? candidate->first : from; start <= candidate->last; start = from) {
            uint32_t end = candidate->end ? candidate->end : cm_program_run(&phrases->programs, program, input, start, &scratch->run);
            from = end ? end : start + 1;
            if (end && scratch->status == CM_OK)
                add_hit(scratch, turn, (struct cm_phrase_hit){program->id, scratch->token_of[start], scratch->token_of[end - 1] + 1});
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
    scratch->status = scratch_room(scratch, turn);
    if (scratch->status != CM_OK)
        return scratch->status;
    struct cm_program_input input = {scratch->values, scratch->classes, read_symbols(phrases, scratch, turn)};
    sign_blocks(phrases, scratch, input.count);
    find_anchors(phrases, scratch, &input);
    if (scratch->candidate_count && scratch->status == CM_OK)
        scratch->status = sort_candidates(scratch);
    if (scratch->status == CM_OK)
        verify(phrases, scratch, turn, &input);
    *hits = scratch->hits;
    *count = scratch->hit_count;
    return scratch->status;
}
