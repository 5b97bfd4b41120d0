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

/* Where the symbols of a turn stand is kept as a bit for each token; turns with more tokens have a signature for each run of sixteen. */
#define PLACES_TOKENS 64u
#define BLOCK_SHIFT 4u

/* A match with its end; or a place where a phrase may match, any start in [first, last], end being 0. */
struct candidate {
    uint64_t key; /* program << 32 | first start */
    uint32_t last, end;
};

/* An anchor whose left symbol stands at token at. */
struct found {
    struct cm_phrase_range entries;
    uint32_t at;
};

/* An entry that nothing has ruled out so far. */
struct kept {
    uint32_t entry, at;
};

struct cm_phrase_scratch {
    const struct cm_phrases *image;
    uint32_t *tokens;     /* of struct cm_program_input */
    uint32_t *marked;     /* tokens at which an anchor may stand: the token is one, or the right side of a pair */
    uint64_t *signatures; /* by block */
    uint64_t signature;   /* of the turn */
    uint64_t *places;     /* by symbol: the tokens that have it; all 0 between turns */
    struct found *found;
    struct kept *kept;
    struct candidate *candidates, *sorted;
    struct cm_phrase_hit *hits;
    size_t token_cap, kept_cap, candidate_cap, sorted_cap, hit_cap;
    size_t marked_count, found_count, kept_count, candidate_count;
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
    scratch->places = calloc(phrases->symbols.count, sizeof(*scratch->places));
    if (!scratch->places || !scratch->run.stamps || !scratch->run.now || !scratch->run.next) {
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
    free(scratch->tokens);
    free(scratch->marked);
    free(scratch->found);
    free(scratch->kept);
    free(scratch->signatures);
    free(scratch->places);
    free(scratch->candidates);
    free(scratch->sorted);
    free(scratch->hits);
    free(scratch->run.stamps);
    free(scratch->run.now);
    free(scratch->run.next);
    free(scratch);
}

/* Arrays for every token of a turn; all grow together. */
static enum cm_status scratch_room(struct cm_phrase_scratch *scratch, size_t tokens)
{
    if (tokens <= scratch->token_cap)
        return CM_OK;
    size_t cap = 0;
    enum cm_status status = cm_grow(&scratch->tokens, &cap, tokens, sizeof(*scratch->tokens));
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->marked, &cap, tokens + 1, sizeof(*scratch->marked));
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->found, &cap, 3 * tokens, sizeof(*scratch->found)); /* a pair, a symbol and a class each */
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->signatures, &cap, (tokens >> BLOCK_SHIFT) + 1, sizeof(*scratch->signatures));
    scratch->token_cap = status == CM_OK ? tokens : scratch->token_cap;
    return status;
}

/* ---- first pass: symbols, and where anchors may be ---- */

_Static_assert(CM_TOKEN_SENTENCE_END == 1, "shifted into a token");

static uint32_t is_filtered_in(const struct cm_phrases *phrases, uint32_t left, uint32_t right)
{
    uint32_t bit = cm_phrase_pair_hash(left, right) >> phrases->filter_shift;
    return (uint32_t)(phrases->filter[bit >> 6] >> (bit & 63)) & 1;
}

/*
 * Whether a word is known, and whether it may be an anchor, are coin tosses:
 * everything here is computed for every token, and a token that is not marked is
 * overwritten by the next.
 */
static void read_symbols(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    uint32_t *tokens = scratch->tokens, *marked = scratch->marked;
    uint32_t before = CM_SYMBOL_OTHER, begins = CM_PROGRAM_BEGINS;
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        uint32_t value = CM_SYMBOL_MARKED(cm_symbols_value(&phrases->symbols, turn->text.ptr + token->at, token->len, token->hash));
        uint32_t ends = token->flags & CM_TOKEN_SENTENCE_END;
        uint32_t pair = (before >> CM_MARK_LEFT) & (value >> CM_MARK_RIGHT) & is_filtered_in(phrases, before, value);
        tokens[i] = value | begins | (uint32_t)token->class << CM_PROGRAM_CLASS_SHIFT | ends << 31;
        *marked = i;
        marked += (pair | value >> CM_MARK_SINGLE) & 1;
        before = value & (ends - 1); /* no left side, where a sentence ends */
        begins = (0u - ends) & CM_PROGRAM_BEGINS;
    }
    tokens[turn->count - 1] |= CM_PROGRAM_ENDS;
    scratch->marked_count = (size_t)(marked - scratch->marked);
}

static uint64_t sign(const struct cm_phrases *phrases, uint32_t token)
{
    return cm_phrase_signature(token) | phrases->class_signature[cm_program_class(token)];
}

static void sign_blocks(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    scratch->signature = 0;
    for (uint32_t at = 0; at < tokens; at += 1u << BLOCK_SHIFT) {
        uint32_t end = at + (1u << BLOCK_SHIFT) < tokens ? at + (1u << BLOCK_SHIFT) : tokens;
        uint64_t signature = 0;
        for (uint32_t i = at; i < end; i++)
            signature |= sign(phrases, scratch->tokens[i]);
        scratch->signatures[at >> BLOCK_SHIFT] = signature;
        scratch->signature |= signature;
    }
}

/* What stands in the turn, as a signature, and where. */
static void note_places(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    if (tokens > PLACES_TOKENS) {
        sign_blocks(phrases, scratch, tokens);
        return;
    }
    scratch->signature = 0;
    for (uint32_t i = 0; i < tokens; i++)
        scratch->signature |= sign(phrases, scratch->tokens[i]);
    for (uint32_t i = 0; phrases->any_witness && i < tokens; i++)
        scratch->places[CM_SYMBOL_NUMBER(scratch->tokens[i])] |= UINT64_C(1) << i;
    scratch->places[CM_SYMBOL_OTHER] = 0; /* nobody's witness */
}

static void forget_places(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    for (uint32_t i = 0; phrases->any_witness && tokens <= PLACES_TOKENS && i < tokens; i++)
        scratch->places[CM_SYMBOL_NUMBER(scratch->tokens[i])] = 0;
}

/* ---- second pass: anchors ---- */

static void add_range(struct cm_phrase_scratch *scratch, struct cm_phrase_range entries, uint32_t at)
{
    scratch->found[scratch->found_count++] = (struct found){entries, at};
    __builtin_prefetch(&scratch->image->needs[entries.at]);
    __builtin_prefetch(&scratch->image->entries[entries.at]);
}

/* The pair whose right side is token at, if it is an anchor. */
static void add_pair(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t at)
{
    uint32_t left = CM_SYMBOL_MARKED(scratch->tokens[at - 1]), right = CM_SYMBOL_MARKED(scratch->tokens[at]);
    uint32_t i = cm_phrase_pair_hash(left, right) >> phrases->pair_shift;
    for (; phrases->pairs[i].left != 0; i = (i + 1) & (phrases->pair_count - 1)) {
        if (phrases->pairs[i].left == left && phrases->pairs[i].right == right) {
            add_range(scratch, phrases->pairs[i].entries, at - 1);
            return;
        }
    }
}

/* The tables may be in the second-level cache or further away: all are asked for first. */
static void prefetch_pairs(const struct cm_phrases *phrases, const struct cm_phrase_scratch *scratch)
{
    for (size_t i = 0; i < scratch->marked_count; i++) {
        const uint32_t *token = &scratch->tokens[scratch->marked[i]];
        uint32_t left = *token & CM_PROGRAM_BEGINS ? CM_SYMBOL_OTHER : CM_SYMBOL_MARKED(token[-1]);
        __builtin_prefetch(&phrases->pairs[cm_phrase_pair_hash(left, CM_SYMBOL_MARKED(*token)) >> phrases->pair_shift]);
    }
}

static void find_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    scratch->found_count = 0;
    prefetch_pairs(phrases, scratch);
    for (size_t i = 0; i < scratch->marked_count; i++) {
        uint32_t at = scratch->marked[i], token = scratch->tokens[at];
        if (!(token & CM_PROGRAM_BEGINS) && (token >> CM_MARK_RIGHT & scratch->tokens[at - 1] >> CM_MARK_LEFT & 1))
            add_pair(phrases, scratch, at);
        if (token >> CM_MARK_SINGLE & 1)
            add_range(scratch, phrases->singles[CM_SYMBOL_NUMBER(token)], at);
    }
    for (uint32_t at = 0; phrases->anchor_classes && at < tokens; at++) {
        uint32_t class = cm_program_class(scratch->tokens[at]);
        if (phrases->anchor_classes >> class & 1) /* never that of words */
            add_range(scratch, phrases->classes[class], at);
    }
}

/* ---- candidates ---- */

/* Entries whose words the turn has. Which these are cannot be foreseen: each is written down, and overwritten by the next where it is none.
 */
static void keep_possible(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct found found)
{
    uint64_t missing = ~scratch->signature;
    size_t count = scratch->kept_count;
    if (count + found.entries.count > scratch->kept_cap)
        scratch->status = cm_grow(&scratch->kept, &scratch->kept_cap, count + found.entries.count, sizeof(*scratch->kept));
    if (scratch->status != CM_OK)
        return;
    struct kept *kept = scratch->kept;
    for (uint32_t i = found.entries.at; i < found.entries.at + found.entries.count; i++) {
        kept[count] = (struct kept){i, found.at};
        count += (phrases->needs[i] & missing) == 0;
    }
    scratch->kept_count = count;
}

/* Whether the neighbour that an entry wants is there: in the same sentence, and the turn's. */
static inline uint32_t has_neighbour(const struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t at,
                                     uint32_t tokens)
{
    uint32_t beside = at + (uint32_t)(int32_t)entry->neighbour_at; /* before the first token it wraps to a large number */
    uint32_t inside = beside < tokens, joint = entry->neighbour_at < 0 ? CM_PROGRAM_ENDS : CM_PROGRAM_BEGINS;
    uint32_t token = scratch->tokens[inside ? beside : at] & (CM_SYMBOL_NUMBER(UINT32_MAX) | joint);
    return (inside & (token == entry->neighbour)) | !entry->checked;
}

/* Whether the witness of an entry stands where it must, in a turn of at most PLACES_TOKENS. */
static inline uint32_t has_witness(const struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t at)
{
    const struct cm_anchor_witness *witness = &entry->witness;
    int32_t from = (int32_t)at + witness->least, to = (int32_t)at + witness->most;
    uint64_t places = scratch->places[witness->symbols[0]] | scratch->places[witness->symbols[1]] | scratch->places[witness->symbols[2]];
    uint64_t behind = UINT64_MAX << (from < 0 ? 0 : from > 63 ? 63 : from), before = UINT64_MAX >> (to > 63 ? 0 : 63 - (to < 0 ? 0 : to));
    return ((places & behind & before) != 0) | !witness->any;
}

/* Whether what a match has stands in those parts of a longer turn where a match around token at could be. */
static bool stands_around(const struct cm_phrase_scratch *scratch, uint64_t needs, const struct cm_phrase_entry *entry, uint32_t at,
                          uint32_t tokens)
{
    uint32_t from = entry->most_before != CM_ANCHOR_FAR && entry->most_before < at ? at - entry->most_before : 0;
    uint32_t to = entry->most_after != CM_ANCHOR_FAR && at + entry->most_after < tokens ? at + entry->most_after : tokens - 1;
    uint64_t signature = 0;
    for (uint32_t block = from >> BLOCK_SHIFT; block <= to >> BLOCK_SHIFT; block++)
        signature |= scratch->signatures[block];
    return (needs & ~signature) == 0;
}

/* Of the entries kept, those whose neighbour and witness stand where they must. */
static void sift(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    size_t count = 0;
    bool places = tokens <= PLACES_TOKENS;
    for (size_t i = 0; i < scratch->kept_count; i++) {
        struct kept kept = scratch->kept[i];
        const struct cm_phrase_entry *entry = &phrases->entries[kept.entry];
        uint32_t stands =
            places ? has_witness(scratch, entry, kept.at) : stands_around(scratch, phrases->needs[kept.entry], entry, kept.at, tokens);
        __builtin_prefetch(cm_program_at(&phrases->programs, entry->program));
        scratch->kept[count] = kept;
        count += stands & has_neighbour(scratch, entry, kept.at, tokens) & (kept.at >= entry->least_before);
    }
    scratch->kept_count = count;
}

/* ---- matches ---- */

static void add_candidate(struct cm_phrase_scratch *scratch, uint32_t program, uint32_t first, uint32_t last, uint32_t end)
{
    if (scratch->candidate_count == scratch->candidate_cap && scratch->status == CM_OK)
        scratch->status =
            cm_grow(&scratch->candidates, &scratch->candidate_cap, scratch->candidate_count + 1, sizeof(*scratch->candidates));
    if (scratch->status == CM_OK)
        scratch->candidates[scratch->candidate_count++] = (struct candidate){(uint64_t)program << 32 | first, last, end};
}

/* What can be told at once is: all matches that go through this anchor. Others leave it at where one may start. */
static void resolve(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct kept kept,
                    const struct cm_program_input *input)
{
    const struct cm_phrase_entry *entry = &phrases->entries[kept.entry];
    const struct cm_program *program = cm_program_at(&phrases->programs, entry->program);
    uint32_t last = kept.at - entry->least_before, end;
    if (entry->whole) {
        add_candidate(scratch, entry->program, last, last, last + entry->whole);
    } else if (program->around) {
        struct cm_program_around around = cm_program_run_around(program, input, kept.at, entry->left, entry->right);
        for (; around.starts != 0; around.starts &= around.starts - 1) {
            uint32_t start = kept.at - (uint32_t)__builtin_ctzll(around.starts);
            add_candidate(scratch, entry->program, start, start, around.end);
        }
    } else if (program->kind == CM_PROGRAM_PLAIN) {
        end = cm_program_run(&phrases->programs, program, input, last, &scratch->run);
        if (end != 0)
            add_candidate(scratch, entry->program, last, last, end);
    } else {
        uint32_t first = entry->most_before != CM_ANCHOR_FAR && entry->most_before < kept.at ? kept.at - entry->most_before : 0;
        add_candidate(scratch, entry->program, first, last, 0);
    }
}

/* ---- hits ---- */

/* So few candidates are put into order one by one; more are merged from runs of so many. */
#define INSERTION_SORT_MAX ((size_t)16)

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

/* Where a hit goes among those of its id, which come by start except where phrases share the id. */
static uint32_t place_of(const struct cm_phrase_scratch *scratch, const struct cm_phrase_hit *hit)
{
    uint32_t at = scratch->hit_count;
    while (
        at > 0 && scratch->hits[at - 1].id == hit->id &&
        (scratch->hits[at - 1].first > hit->first || (scratch->hits[at - 1].first == hit->first && scratch->hits[at - 1].end > hit->end)))
        at--;
    return at;
}

/* Is there a hit of the same id and bytes? Then it is beside the place, since it begins at a token with the same start. */
static bool is_known(const struct cm_phrase_scratch *scratch, const struct cm_folded *turn, const struct cm_phrase_hit *hit, uint32_t at)
{
    uint32_t start = turn->tokens[hit->first].start;
    for (uint32_t i = at; i > 0 && scratch->hits[i - 1].id == hit->id && turn->tokens[scratch->hits[i - 1].first].start == start; i--)
        if (same_bytes(turn, &scratch->hits[i - 1], hit))
            return true;
    for (uint32_t i = at; i < scratch->hit_count && turn->tokens[scratch->hits[i].first].start == start; i++)
        if (same_bytes(turn, &scratch->hits[i], hit))
            return true;
    return false;
}

static void add_hit(struct cm_phrase_scratch *scratch, const struct cm_folded *turn, struct cm_phrase_hit hit)
{
    uint32_t at = scratch->hit_count;
    if (at > 0 && scratch->hits[at - 1].id == hit.id) { /* else it is the first of its id */
        at = place_of(scratch, &hit);
        if (is_known(scratch, turn, &hit, at))
            return;
    }
    if (scratch->hit_count == scratch->hit_cap)
        scratch->status = cm_grow(&scratch->hits, &scratch->hit_cap, (size_t)scratch->hit_count + 1, sizeof(*scratch->hits));
    if (scratch->status != CM_OK)
        return;
    if (at < scratch->hit_count)
        memmove(scratch->hits + at + 1, scratch->hits + at, (scratch->hit_count - at) * sizeof(*scratch->hits));
    scratch->hits[at] = hit;
    scratch->hit_count++;
}

/* The longest match that starts where candidate *i does, which may have been found around several anchors; *i becomes the last of them. */
static uint32_t longest_end(const struct cm_phrase_scratch *scratch, size_t *i)
{
    uint32_t end = scratch->candidates[*i].end;
    for (; *i + 1 < scratch->candidate_count && scratch->candidates[*i + 1].key == scratch->candidates[*i].key; ++*i)
        end = scratch->candidates[*i + 1].end > end ? scratch->candidates[*i + 1].end : end;
    return end;
}

/* Leftmost, then longest, not overlapping: candidates of a phrase come by start, and starts before from are spoken for. */
static void verify(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                   const struct cm_program_input *input)
{
    uint32_t place = UINT32_MAX, from = 0;
    for (size_t i = 0; i < scratch->candidate_count && scratch->status == CM_OK; i++) {
        struct candidate candidate = scratch->candidates[i];
        uint32_t first = (uint32_t)candidate.key, end = candidate.end;
        if (candidate.key >> 32 != place) {
            place = (uint32_t)(candidate.key >> 32);
            from = 0;
        }
        const struct cm_program *program = cm_program_at(&phrases->programs, place);
        if (end != 0)
            end = longest_end(scratch, &i);
        for (uint32_t start = first > from ? first : from; start <= candidate.last; start = from) {
            if (candidate.end == 0)
                end = cm_program_run(&phrases->programs, program, input, start, &scratch->run);
            from = end ? end : start + 1;
            if (end != 0 && scratch->status == CM_OK)
                add_hit(scratch, turn, (struct cm_phrase_hit){program->id, start, end});
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
    scratch->kept_count = 0;
    scratch->candidate_count = 0;
    scratch->hit_count = 0;
    scratch->status = scratch_room(scratch, turn->count);
    if (scratch->status != CM_OK)
        return scratch->status;
    struct cm_program_input input = {scratch->tokens, turn->count};
    read_symbols(phrases, scratch, turn);
    find_anchors(phrases, scratch, input.count);
    if (scratch->found_count) {
        note_places(phrases, scratch, input.count);
        for (size_t i = 0; i < scratch->found_count; i++)
            keep_possible(phrases, scratch, scratch->found[i]);
        sift(phrases, scratch, input.count);
        forget_places(phrases, scratch, input.count);
    }
    for (size_t i = 0; i < scratch->kept_count; i++)
        resolve(phrases, scratch, scratch->kept[i], &input);
    if (scratch->candidate_count && scratch->status == CM_OK) {
        scratch->status = sort_candidates(scratch);
        if (scratch->status == CM_OK)
            verify(phrases, scratch, turn, &input);
    }
    *hits = scratch->hits;
    *count = scratch->hit_count;
    return scratch->status;
}
