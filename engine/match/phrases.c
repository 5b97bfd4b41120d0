#include "match/phrases.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "match/anchors.h"
#include "match/phrases_image.h"

/*
 * One pass gives every token its symbol and marks where an anchor may stand:
 * pairs of adjacent symbols by a filter that fits the first-level cache, single
 * symbols by a bit of their value. A second one collects the entries of the
 * anchors; an entry names a phrase and where a match would begin, and is dropped
 * at once where a neighbour or the text around says that there is none. What is
 * left is verified by the phrase's program.
 */

/* A signature is kept for each run of this many slots, and looked at where a turn is longer than SIGNATURE_SLOTS. */
#define BLOCK_SHIFT 4u
#define SIGNATURE_SLOTS 24u

/* A place where a phrase may match: any start in [first, last]; end is known where the match is. */
struct candidate {
    uint64_t key; /* program << 32 | first start */
    uint32_t last, end;
};

/* An anchor whose left symbol stands at slot. */
struct found {
    struct cm_phrase_range entries;
    uint32_t slot;
};

struct cm_phrase_scratch {
    const struct cm_phrases *image;
    struct cm_program_slot *slots;
    uint32_t *marked; /* slots at which an anchor may stand: slot << 2, 2: the symbol is one, 1: with that before it may be */
    uint64_t *signatures; /* by block */
    uint64_t signature;   /* of the turn */
    struct found *found;
    struct candidate *candidates, *sorted;
    struct cm_phrase_hit *hits;
    size_t slot_cap, candidate_cap, sorted_cap, hit_cap;
    size_t marked_count, found_count, candidate_count;
    uint32_t hit_count;
    enum cm_status status;
    struct cm_program_scratch run;
};

/* ---- scratch ---- */

enum cm_status cm_phrase_scratch_new(const struct cm_phrases *phrases, struct cm_phrase_scratch **out)
{
    *out = NULL;
    struct cm_phrase_scratch *scratch = calloc(1, sizeof(*scratch));
    if (!scratch)
        return CM_ENOMEM;
    scratch->image = phrases;
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
    free(scratch->found);
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
        status = cm_grow(&scratch->found, &cap, 3 * slots, sizeof(*scratch->found)); /* a pair, a symbol and a class each */
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
        uint32_t hash = cm_phrase_pair_hash(CM_SYMBOL_NUMBER(before), CM_SYMBOL_NUMBER(value)) >> phrases->filter_shift;
        uint32_t pair = (before >> CM_MARK_LEFT) & (value >> CM_MARK_RIGHT) & (uint32_t)(phrases->filter[hash >> 6] >> (hash & 63)) & 1;
        slots[slot] = (struct cm_program_slot){cm_program_value(value, token->class), i};
        uint32_t single = value >> CM_MARK_SINGLE & 1;
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
    scratch->signature = 0;
    for (uint32_t at = 0; at < slots; at += 1u << BLOCK_SHIFT) {
        uint32_t end = at + (1u << BLOCK_SHIFT) < slots ? at + (1u << BLOCK_SHIFT) : slots;
        uint64_t signature = 0;
        for (uint32_t i = at; i < end; i++) {
            uint32_t value = scratch->slots[i].value;
            signature |= cm_phrase_signature(CM_SYMBOL_NUMBER(value)) | phrases->class_signature[cm_program_class(value)];
        }
        scratch->signatures[at >> BLOCK_SHIFT] = signature;
        scratch->signature |= signature;
    }
}

/* ---- second pass: anchors ---- */

static void add_range(struct cm_phrase_scratch *scratch, struct cm_phrase_range entries, uint32_t slot)
{
    scratch->found[scratch->found_count++] = (struct found){entries, slot};
    __builtin_prefetch(&scratch->image->entries[entries.at]);
}

static void add_pair(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t slot)
{
    uint32_t left = CM_SYMBOL_NUMBER(scratch->slots[slot - 1].value), right = CM_SYMBOL_NUMBER(scratch->slots[slot].value);
    for (uint32_t i = cm_phrase_pair_hash(left, right) & phrases->pair_mask; phrases->pairs[i].left != 0; i = (i + 1) & phrases->pair_mask) {
        if (phrases->pairs[i].left == left && phrases->pairs[i].right == right) {
            add_range(scratch, phrases->pairs[i].entries, slot - 1);
            return;
        }
    }
}

/* The tables may be in the second-level cache or further away: all are asked for first. */
static void prefetch_pairs(const struct cm_phrases *phrases, const struct cm_phrase_scratch *scratch)
{
    for (size_t i = 0; i < scratch->marked_count; i++) {
        uint32_t slot = scratch->marked[i] >> 2;
        uint32_t left = CM_SYMBOL_NUMBER(scratch->slots[slot - 1].value), right = CM_SYMBOL_NUMBER(scratch->slots[slot].value);
        __builtin_prefetch(&phrases->pairs[cm_phrase_pair_hash(left, right) & phrases->pair_mask]);
    }
}

static void find_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t slots)
{
    scratch->found_count = 0;
    prefetch_pairs(phrases, scratch);
    for (size_t i = 0; i < scratch->marked_count; i++) {
        uint32_t slot = scratch->marked[i] >> 2;
        if (scratch->marked[i] & 1)
            add_pair(phrases, scratch, slot);
        if (scratch->marked[i] & 2)
            add_range(scratch, phrases->singles[CM_SYMBOL_NUMBER(scratch->slots[slot].value)], slot);
    }
    for (uint32_t slot = 1; phrases->anchor_classes && slot < slots; slot++) {
        uint32_t class = cm_program_class(scratch->slots[slot].value);
        if (phrases->anchor_classes >> class & 1) /* never that of words, and so of breaks */
            add_range(scratch, phrases->classes[class], slot);
    }
}

/* ---- candidates ---- */

/* What stands where a match around slot could be. */
static uint64_t signature_around(const struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t slot, uint32_t slots)
{
    uint32_t from = entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot ? slot - entry->most_before : 0;
    uint32_t to = entry->most_after != CM_ANCHOR_FAR && slot + entry->most_after < slots ? slot + entry->most_after : slots - 1;
    uint64_t signature = 0;
    for (uint32_t block = from >> BLOCK_SHIFT; block <= to >> BLOCK_SHIFT; block++)
        signature |= scratch->signatures[block];
    return signature;
}

static void add_candidate(struct cm_phrase_scratch *scratch, uint32_t program, uint32_t first, uint32_t last, uint32_t end)
{
    if (scratch->candidate_count == scratch->candidate_cap && scratch->status == CM_OK)
        scratch->status = cm_grow(&scratch->candidates, &scratch->candidate_cap, scratch->candidate_count + 1, sizeof(*scratch->candidates));
    if (scratch->status == CM_OK)
        scratch->candidates[scratch->candidate_count++] = (struct candidate){(uint64_t)program << 32 | first, last, end};
}

static void try_entry(struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t slot, const struct cm_program_input *input)
{
    if (slot <= entry->least_before)
        return;
    uint32_t last = slot - entry->least_before;
    if (entry->whole) {
        add_candidate(scratch, entry->program, last, last, last + entry->whole);
        return;
    }
    if (input->count > SIGNATURE_SLOTS && (entry->needs & ~signature_around(scratch, entry, slot, input->count)))
        return;
    __builtin_prefetch(cm_program_at(&scratch->image->programs, entry->program));
    uint32_t first = entry->most_before != CM_ANCHOR_FAR && entry->most_before < slot ? slot - entry->most_before : 1;
    add_candidate(scratch, entry->program, first, last, 0);
}

static void try_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_program_input *input)
{
    uint64_t missing = ~scratch->signature;
    for (size_t i = 0; i < scratch->found_count; i++) {
        uint32_t slot = scratch->found[i].slot;
        const struct cm_phrase_entry *entry = &phrases->entries[scratch->found[i].entries.at], *end = entry + scratch->found[i].entries.count;
        for (; entry < end; entry++) {
            /* a neighbour is never beyond the input: behind a break, which is the last slot, none is looked for */
            uint32_t beside = CM_SYMBOL_NUMBER(input->slots[slot + (uint32_t)(int32_t)entry->neighbour_at].value);
            if (((entry->needs & missing) | (entry->checked & (beside != entry->neighbour))) == 0)
                try_entry(scratch, entry, slot, input);
        }
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
    uint32_t place = UINT32_MAX, from = 0;
    for (size_t i = 0; i < scratch->candidate_count && scratch->status == CM_OK; i++) {
        const struct candidate *candidate = &scratch->candidates[i];
        uint32_t first = (uint32_t)candidate->key;
        if (candidate->key >> 32 != place) {
            place = (uint32_t)(candidate->key >> 32);
            from = 1;
        }
        const struct cm_program *program = cm_program_at(&phrases->programs, place);
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
    /* a break after every token, at worst, one before them all, and one written beyond the last */
    scratch->status = scratch_room(scratch, 2 * (size_t)turn->count + 3);
    if (scratch->status != CM_OK)
        return scratch->status;
    struct cm_program_input input = {scratch->slots, read_symbols(phrases, scratch, turn)};
    find_anchors(phrases, scratch, input.count);
    if (scratch->found_count) {
        sign_blocks(phrases, scratch, input.count);
        try_anchors(phrases, scratch, &input);
    }
    if (scratch->candidate_count && scratch->status == CM_OK) {
        scratch->status = sort_candidates(scratch);
        if (scratch->status == CM_OK)
            verify(phrases, scratch, turn, &input);
    }
    *hits = scratch->hits;
    *count = scratch->hit_count;
    return scratch->status;
}
