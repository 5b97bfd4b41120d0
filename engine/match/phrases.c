#include "match/phrases.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "match/hits.h"
#include "match/phrases_image.h"

/*
 * One pass gives every token its symbol and marks where an anchor may stand:
 * pairs of adjacent symbols by bits of their values and a filter that fits the
 * first-level cache, single symbols by a bit. A second one collects the entries of
 * the anchors; an entry names a phrase and where a match would begin, and is
 * dropped at once where a neighbour or the text around says that there is none.
 * What is left is verified by the phrase's program. Where few pairs of a text have
 * the bits, these are asked the filter in a pass of their own.
 *
 * Words get their symbols by their hashes. One that is taken for another can only
 * add matches, for what nothing names is read by gaps and classes alone, and these
 * read everything else as well. An added match may come before a true one and hide
 * it, but then it is a hit itself. So where the words of all hits are the words of
 * their symbols, the hits are right; where one is not, the turn is read again, by
 * bytes, as it is at once where two words have one hash, or prefixes are named.
 */

/* Where the symbols of a turn stand is kept as a bit for each token; turns with more tokens have a signature for each run of sixteen. */
#define PLACES_TOKENS 64u
#define BLOCK_SHIFT 4u

/* Where an anchor may stand: the token is one, or the right side of a pair. */
struct mark {
    uint32_t at;   /* of the token; MARK_PAIR: the right side of a pair */
    uint32_t hash; /* of the pair, once it is filtered */
};
#define MARK_PAIR (UINT32_C(1) << 31)

/* An anchor whose left symbol stands at token at. */
struct found {
    uint32_t entry, count; /* the first of its entries, and how many */
    uint32_t at;
};

/* An entry that nothing has ruled out so far. */
struct kept {
    uint32_t entry, at;
};

struct cm_phrase_scratch {
    const struct cm_phrases *image;
    uint32_t *fenced; /* tokens, with one before and one behind them that is nobody's neighbour */
    uint32_t *tokens; /* of struct cm_program_input */
    struct mark *marked;
    uint64_t *signatures; /* by block */
    uint64_t signature;   /* of the turn */
    uint64_t *places;     /* by symbol: the tokens that have it; all 0 between turns, but for that of CM_SYMBOL_OTHER: all ones */
    struct found *found;
    struct kept *kept;
    struct cm_candidates candidates;
    struct cm_hits hits;
    size_t token_cap, kept_cap;
    size_t marked_count, found_count, kept_count;
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
    scratch->places[CM_SYMBOL_OTHER] = UINT64_MAX;
    *out = scratch;
    return CM_OK;
}

void cm_phrase_scratch_free(struct cm_phrase_scratch *scratch)
{
    if (!scratch)
        return;
    free(scratch->fenced);
    free(scratch->marked);
    free(scratch->found);
    free(scratch->kept);
    free(scratch->signatures);
    free(scratch->places);
    cm_candidates_free(&scratch->candidates);
    cm_hits_free(&scratch->hits);
    free(scratch->run.stamps);
    free(scratch->run.now);
    free(scratch->run.next);
    free(scratch);
}

/* Arrays for every token of a turn that has more than any before; all grow together. */
static enum cm_status scratch_room(struct cm_phrase_scratch *scratch, size_t tokens)
{
    size_t cap = 0;
    enum cm_status status = cm_grow(&scratch->fenced, &cap, tokens + 2, sizeof(*scratch->fenced));
    if (status == CM_OK) {
        scratch->tokens = scratch->fenced + 1; /* at once: shorter turns go on where the rest finds no memory */
        scratch->fenced[0] = UINT32_MAX;
    }
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->marked, &cap, tokens + 1, sizeof(*scratch->marked));
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->found, &cap, 3 * tokens + 1, sizeof(*scratch->found)); /* a pair, a symbol and a class each */
    for (cap = 0; status == CM_OK && cap == 0;)
        status = cm_grow(&scratch->signatures, &cap, (tokens >> BLOCK_SHIFT) + 1, sizeof(*scratch->signatures));
    scratch->token_cap = status == CM_OK ? tokens : scratch->token_cap;
    return status;
}

/* ---- first pass: symbols, and where anchors may be ---- */

_Static_assert((uint32_t)CM_TOKEN_SENTENCE_END << 8 << CM_PROGRAM_CLASS_SHIFT == CM_PROGRAM_ENDS, "shifted into a token with its class");

/*
 * Whether a word is known, and whether it may be an anchor, are coin tosses:
 * everything here is computed for every token, and a token that is not marked is
 * overwritten by the next. Compiled for each way that is taken.
 */
static inline __attribute__((always_inline)) void read_tokens(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch,
                                                              const struct cm_folded *turn, bool by_bytes, bool filtering)
{
    const struct cm_symbols_view symbols = cm_symbols_view(&phrases->symbols);
    const struct cm_token *token = turn->tokens;
    const char *text = turn->text.ptr;
    const uint64_t *filter = phrases->filter;
    uint32_t *tokens = scratch->tokens;
    struct mark *marked = scratch->marked;
    uint32_t count = turn->count, filter_mask = phrases->filter_mask, left = CM_SYMBOL_OTHER, before = CM_PROGRAM_ENDS;
    for (uint32_t i = 0; i < count; i++, token++) {
        uint32_t right =
            CM_SYMBOL_MARKED(by_bytes ? cm_symbols_by_bytes(&phrases->symbols, symbols, text + token->at, token->len, token->hash)
                                      : cm_symbols_by_hash(&phrases->symbols, symbols, text + token->at, token->len, token->hash));
        uint32_t pair = left >> CM_MARK_LEFT & right >> CM_MARK_RIGHT;
        if (filtering) {
            uint32_t hash = cm_phrase_pair_hash(left, right), bit = cm_phrase_filter_bit(hash) & filter_mask;
            pair &= (uint32_t)(filter[bit >> 6] >> (bit & 63));
            marked->hash = hash;
        }
        uint32_t now = (uint32_t)(token->class | token->flags << 8) << CM_PROGRAM_CLASS_SHIFT | right; /* other flags fall off its top */
        tokens[i] = now | (before / (CM_PROGRAM_ENDS / CM_PROGRAM_BEGINS) & CM_PROGRAM_BEGINS);
        marked->at = i | pair << 31;
        marked += (pair | right >> CM_MARK_SINGLE) & 1;
        left = now & CM_PROGRAM_ENDS ? CM_SYMBOL_OTHER : right; /* no left side, where a sentence ends */
        before = now;
    }
    tokens[count - 1] |= CM_PROGRAM_ENDS;
    tokens[count] = UINT32_MAX;
    scratch->marked_count = (size_t)(marked - scratch->marked);
}

/* Of the pairs that are marked those that pass the filter, with their hashes. */
static void filter_pairs(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch)
{
    struct mark *kept = scratch->marked;
    for (const struct mark *mark = kept, *end = mark + scratch->marked_count; mark < end; mark++) {
        uint32_t at = mark->at & ~MARK_PAIR, right = CM_SYMBOL_MARKED(scratch->tokens[at]);
        uint32_t hash = cm_phrase_pair_hash(CM_SYMBOL_MARKED(scratch->tokens[(int32_t)at - 1]), right);
        uint32_t bit = cm_phrase_filter_bit(hash) & phrases->filter_mask;
        uint32_t pair = mark->at >> 31 & (uint32_t)(phrases->filter[bit >> 6] >> (bit & 63));
        *kept = (struct mark){at | pair << 31, hash};
        kept += (pair | right >> CM_MARK_SINGLE) & 1;
    }
    scratch->marked_count = (size_t)(kept - scratch->marked);
}

static bool must_compare(const struct cm_phrases *phrases)
{
    return phrases->symbols.any_prefix || phrases->symbols.any_twins;
}

static void read_symbols(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn, bool by_bytes)
{
    if (by_bytes) {
        read_tokens(phrases, scratch, turn, true, true);
    } else if (phrases->many_pairs) {
        read_tokens(phrases, scratch, turn, false, true);
    } else {
        read_tokens(phrases, scratch, turn, false, false);
        filter_pairs(phrases, scratch);
    }
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
    scratch->places[CM_SYMBOL_OTHER] = UINT64_MAX;
}

static void forget_places(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    for (uint32_t i = 0; phrases->any_witness && tokens <= PLACES_TOKENS && i < tokens; i++)
        scratch->places[CM_SYMBOL_NUMBER(scratch->tokens[i])] = 0;
    scratch->places[CM_SYMBOL_OTHER] = UINT64_MAX;
}

/* ---- second pass: anchors ---- */

/* Room for what find_anchors writes, and one more. */
static void reserve_candidates(struct cm_phrase_scratch *scratch)
{
    if (scratch->status == CM_OK)
        scratch->status = cm_grow(&scratch->candidates.items, &scratch->candidates.cap,
                                  scratch->candidates.count + 3 * scratch->token_cap + 1, sizeof(*scratch->candidates.items));
}

static void add_candidate(struct cm_phrase_scratch *scratch, uint32_t program, uint32_t first, uint32_t last, uint32_t end)
{
    if (scratch->candidates.count == scratch->candidates.cap && scratch->status == CM_OK)
        scratch->status = cm_grow(&scratch->candidates.items, &scratch->candidates.cap, scratch->candidates.count + 1,
                                  sizeof(*scratch->candidates.items));
    if (scratch->status == CM_OK)
        scratch->candidates.items[scratch->candidates.count++] = (struct cm_candidate){(uint64_t)program << 32 | first, last, end};
}

/*
 * An anchor of so many tokens whose left symbol stands at token at: what it
 * matches by itself, and what else it may be part of, in *found, which is behind
 * what is there already. Either is written, and counts if it is there, unless it
 * hardly ever is; there is room (find_anchors). Returned: where the next goes.
 */
static inline struct found *add_range(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch,
                                      const struct cm_phrase_range *range, uint32_t at, uint32_t tokens, struct found *found)
{
    if (phrases->often_alone || range->alone) {
        scratch->candidates.items[scratch->candidates.count] = (struct cm_candidate){(uint64_t)range->program << 32 | at, at, at + tokens};
        scratch->candidates.count += range->alone != 0;
        for (uint32_t i = 1; i < range->alone; i++) { /* equal phrases of several cues */
            add_candidate(scratch, phrases->entries[range->at + i].program, at, at, at + tokens);
            reserve_candidates(scratch);
        }
    }
    *found = (struct found){range->at + range->alone, range->count - range->alone, at};
    __builtin_prefetch(&phrases->needs[range->at]);
    __builtin_prefetch(&phrases->entries[range->at]);
    return found + (range->count != range->alone);
}

/* The pair that is marked, if it is an anchor. */
static inline struct found *add_pair(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t at, uint32_t hash,
                                     struct found *found)
{
    uint32_t left = CM_SYMBOL_MARKED(scratch->tokens[at - 1]), right = CM_SYMBOL_MARKED(scratch->tokens[at]);
    for (uint32_t i = hash >> phrases->pair_shift; phrases->pairs[i].left != 0; i = (i + 1) & (phrases->pair_count - 1))
        if (phrases->pairs[i].left == left && phrases->pairs[i].right == right)
            return add_range(phrases, scratch, &phrases->pairs[i].entries, at - 1, 2, found);
    return found;
}

static void find_anchors(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens)
{
    struct found *found = scratch->found;
    scratch->found_count = 0;
    reserve_candidates(scratch);
    if (scratch->status != CM_OK)
        return;
    const struct mark *marked = scratch->marked, *end = marked + scratch->marked_count;
    for (const struct mark *mark = marked; mark < end; mark++) /* the table may be in the second-level cache or further away */
        __builtin_prefetch(&phrases->pairs[mark->hash >> phrases->pair_shift]);
    for (const struct mark *mark = marked; mark < end && scratch->status == CM_OK; mark++) {
        uint32_t at = mark->at & ~MARK_PAIR, token = scratch->tokens[at];
        if (mark->at & MARK_PAIR)
            found = add_pair(phrases, scratch, at, mark->hash, found);
        if (token >> CM_MARK_SINGLE & 1)
            found = add_range(phrases, scratch, &phrases->singles[CM_SYMBOL_NUMBER(token)], at, 1, found);
    }
    for (uint32_t at = 0; phrases->anchor_classes && at < tokens && scratch->status == CM_OK; at++) {
        uint32_t class = cm_program_class(scratch->tokens[at]);
        if (phrases->anchor_classes >> class & 1) /* never that of words */
            found = add_range(phrases, scratch, &phrases->classes[class], at, 1, found);
    }
    scratch->found_count = (size_t)(found - scratch->found);
}

/* ---- candidates ---- */

/* Entries whose words the turn has. Which these are cannot be foreseen: each is written down, and overwritten by the next where it is none.
 */
static inline void keep_possible(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct found found)
{
    uint64_t missing = ~scratch->signature;
    size_t count = scratch->kept_count;
    if (count + found.count > scratch->kept_cap)
        scratch->status = cm_grow(&scratch->kept, &scratch->kept_cap, count + found.count, sizeof(*scratch->kept));
    if (scratch->status != CM_OK)
        return;
    struct kept *kept = scratch->kept;
    for (uint32_t i = found.entry; i < found.entry + found.count; i++) {
        kept[count] = (struct kept){i, found.at};
        count += (phrases->needs[i] & missing) == 0;
    }
    scratch->kept_count = count;
}

/* Whether the neighbour that an entry wants is there: in the same sentence, and the turn's. A neighbour is at most one token away. */
static inline uint32_t has_neighbour(const struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t at)
{
    return (scratch->tokens[(int32_t)at + entry->neighbour_at] & entry->neighbour_mask) == entry->neighbour;
}

/*
 * Whether the witness of an entry stands where it must, in a turn of at most PLACES_TOKENS: the places are turned round so that the
 * first one where it may stand comes lowest. What lies before the turn is then at its end, which may say yes where it should not; no
 * match is lost by that.
 */
static inline uint32_t has_witness(const struct cm_phrase_scratch *scratch, const struct cm_phrase_entry *entry, uint32_t at)
{
    const struct cm_anchor_witness *witness = &entry->witness;
    uint32_t by = (at + (uint32_t)(int32_t)witness->least) & 63;
    uint64_t places = scratch->places[witness->symbols[0]] | scratch->places[witness->symbols[1]] | scratch->places[witness->symbols[2]];
    places = places >> by | places << (-by & 63);
    return (places & ((UINT64_C(2) << witness->width) - 1)) != 0;
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
        count += stands & has_neighbour(scratch, entry, kept.at) & (kept.at >= entry->least_before);
    }
    scratch->kept_count = count;
}

/* ---- matches ---- */

/* What can be told at once is: all matches that go through this anchor. Others leave it at where one may start. */
static inline void resolve(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct kept kept,
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

static inline void forget(struct cm_phrase_scratch *scratch)
{
    scratch->kept_count = 0;
    scratch->found_count = 0;
    scratch->candidates.count = 0;
    scratch->hits.count = 0;
    scratch->status = CM_OK;
}

/* Is there anything to do? */
static inline bool begin(struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    forget(scratch);
    if (turn->count > scratch->token_cap)
        scratch->status = scratch_room(scratch, turn->count);
    return turn->count > 0 && scratch->status == CM_OK;
}

/* All that comes after the symbols. */
static void find_hits(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    struct cm_program_input input = {scratch->tokens, turn->count};
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
    if (scratch->candidates.count && scratch->status == CM_OK)
        scratch->status = cm_hits_gather(&scratch->hits, &scratch->candidates, &phrases->programs, turn, &input, &scratch->run);
}

/* Is a token the word that its hash says? */
static inline bool is_confirmed(const struct cm_phrases *phrases, const struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                                uint32_t at)
{
    const struct cm_token *token = &turn->tokens[at];
    uint32_t symbol = CM_SYMBOL_NUMBER(scratch->tokens[at]);
    return symbol == CM_SYMBOL_OTHER || cm_symbols_confirm(&phrases->symbols, symbol, turn->text.ptr + token->at, token->len);
}

/* The same of the words that hits go through, as they are written: of hits on the same bytes only one is kept, which may have fewer tokens.
 */
static bool are_confirmed(const struct cm_phrases *phrases, const struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    const struct cm_token *tokens = turn->tokens;
    for (const struct cm_phrase_hit *hit = scratch->hits.items, *last = hit + scratch->hits.count; hit < last; hit++) {
        uint32_t first = hit->first, end = hit->end;
        while (first > 0 && tokens[first - 1].start == tokens[first].start)
            first--;
        while (end < turn->count && tokens[end].end == tokens[end - 1].end)
            end++;
        for (uint32_t at = first; at < end; at++)
            if (!is_confirmed(phrases, scratch, turn, at))
                return false;
    }
    return true;
}

static void confirm(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn)
{
    if (must_compare(phrases) || are_confirmed(phrases, scratch, turn))
        return;
    forget(scratch);
    read_symbols(phrases, scratch, turn, true);
    find_hits(phrases, scratch, turn);
}

enum cm_status cm_phrases_find(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                               const struct cm_phrase_hit **hits, uint32_t *count)
{
    *hits = NULL;
    *count = 0;
    if (!begin(scratch, turn))
        return scratch->status;
    read_symbols(phrases, scratch, turn, must_compare(phrases));
    find_hits(phrases, scratch, turn);
    if (scratch->hits.count)
        confirm(phrases, scratch, turn);
    *hits = scratch->hits.items;
    *count = scratch->hits.count;
    return scratch->status;
}

/* ---- the same by the clock ---- */

static struct cm_tally *tally_of(const struct cm_phrases *phrases, struct cm_profile *profile, uint32_t program)
{
    return &profile->phrases[cm_program_at(&phrases->programs, program)->id];
}

/* All that anchors point at: entries, and phrases that are nothing but their anchor. */
static void count_candidates(const struct cm_phrases *phrases, const struct cm_phrase_scratch *scratch, struct cm_profile *profile)
{
    for (size_t i = 0; i < scratch->candidates.count; i++)
        tally_of(phrases, profile, (uint32_t)(scratch->candidates.items[i].key >> 32))->candidates++;
    for (size_t i = 0; i < scratch->found_count; i++)
        for (uint32_t j = 0; j < scratch->found[i].count; j++)
            tally_of(phrases, profile, phrases->entries[scratch->found[i].entry + j].program)->candidates++;
}

static void sift_timed(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t tokens, struct cm_profile *profile)
{
    uint64_t from = cm_profile_now();
    note_places(phrases, scratch, tokens);
    from = cm_profile_step(profile, CM_STAGE_ANCHORS, from);
    for (size_t i = 0; i < scratch->found_count; i++)
        keep_possible(phrases, scratch, scratch->found[i]);
    cm_profile_step(profile, CM_STAGE_NEEDS, from);
    for (size_t i = 0; i < scratch->kept_count; i++)
        tally_of(phrases, profile, phrases->entries[scratch->kept[i].entry].program)->sifted++;
    from = cm_profile_now();
    sift(phrases, scratch, tokens);
    from = cm_profile_step(profile, CM_STAGE_SIFT, from);
    forget_places(phrases, scratch, tokens);
    cm_profile_step(profile, CM_STAGE_ANCHORS, from);
}

/* Only what runs a program is verified here: what sifting has told, or gathering will, is not. */
static void resolve_timed(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, struct kept kept,
                          const struct cm_program_input *input, struct cm_profile *profile)
{
    const struct cm_phrase_entry *entry = &phrases->entries[kept.entry];
    const struct cm_program *program = cm_program_at(&phrases->programs, entry->program);
    size_t before = scratch->candidates.count;
    uint64_t from = cm_profile_now();
    resolve(phrases, scratch, kept, input);
    if (!entry->whole && (program->around || program->kind == CM_PROGRAM_PLAIN))
        cm_profile_run(profile, &profile->phrases[program->id], from, scratch->candidates.count > before);
    else
        cm_profile_step(profile, CM_STAGE_GATHER, from);
}

static void gather_timed(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                         const struct cm_program_input *input, struct cm_profile *profile)
{
    cm_profile_nest(profile);
    uint64_t from = cm_profile_now();
    scratch->status = cm_hits_gather_timed(&scratch->hits, &scratch->candidates, &phrases->programs, turn, input, &scratch->run, profile);
    confirm(phrases, scratch, turn);
    cm_profile_step_around(profile, CM_STAGE_GATHER, from);
    for (uint32_t i = 0; i < scratch->hits.count; i++)
        profile->phrases[scratch->hits.items[i].id].hits++;
}

enum cm_status cm_phrases_find_timed(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                                     struct cm_profile *profile, const struct cm_phrase_hit **hits, uint32_t *count)
{
    *hits = NULL;
    *count = 0;
    if (!begin(scratch, turn))
        return scratch->status;
    struct cm_program_input input = {scratch->tokens, turn->count};
    uint64_t from = cm_profile_now();
    read_symbols(phrases, scratch, turn, must_compare(phrases));
    from = cm_profile_step(profile, CM_STAGE_SYMBOLS, from);
    find_anchors(phrases, scratch, input.count);
    cm_profile_step(profile, CM_STAGE_ANCHORS, from);
    count_candidates(phrases, scratch, profile);
    if (scratch->found_count)
        sift_timed(phrases, scratch, input.count, profile);
    for (size_t i = 0; i < scratch->kept_count; i++)
        resolve_timed(phrases, scratch, scratch->kept[i], &input, profile);
    if (scratch->candidates.count && scratch->status == CM_OK)
        gather_timed(phrases, scratch, turn, &input, profile);
    *hits = scratch->hits.items;
    *count = scratch->hits.count;
    return scratch->status;
}
