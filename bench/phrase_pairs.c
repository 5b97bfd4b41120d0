#include "phrase_pairs.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/hash.h"

#define SLOTS_FIRST ((size_t)1 << 16)
#define PAIRS_MIN 16u

/* Open addressing by the hash of "word word". */
struct counting {
    struct bench_pair *slots;
    size_t size, used;
};

static uint64_t hash_of(const struct bench_pair *pair)
{
    return cm_hash64(pair->words[0]) * 31 + cm_hash64(pair->words[1]);
}

static bool same(const struct bench_pair *a, const struct bench_pair *b)
{
    return cm_span_equal(a->words[0], b->words[0]) && cm_span_equal(a->words[1], b->words[1]);
}

static struct bench_pair *slot_of(const struct counting *counting, const struct bench_pair *pair)
{
    size_t at = hash_of(pair) & (counting->size - 1);
    while (counting->slots[at].times > 0 && !same(&counting->slots[at], pair))
        at = (at + 1) & (counting->size - 1);
    return &counting->slots[at];
}

static enum cm_status make_room(struct counting *counting)
{
    struct counting larger = {.size = counting->size ? counting->size * 2 : SLOTS_FIRST, .used = counting->used};
    if (counting->used * 2 < counting->size)
        return CM_OK;
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots)
        return CM_ENOMEM;
    for (size_t i = 0; i < counting->size; i++)
        if (counting->slots[i].times > 0)
            *slot_of(&larger, &counting->slots[i]) = counting->slots[i];
    free(counting->slots);
    *counting = larger;
    return CM_OK;
}

static enum cm_status count_pair(struct counting *counting, struct cm_span one, struct cm_span other)
{
    struct bench_pair pair = {.words = {one, other}, .times = 0};
    enum cm_status status = make_room(counting);
    if (status != CM_OK)
        return status;
    struct bench_pair *slot = slot_of(counting, &pair);
    if (slot->times == 0) {
        *slot = pair;
        counting->used++;
    }
    slot->times++;
    return CM_OK;
}

static bool is_plain(struct cm_span word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < 'a' || word.ptr[i] > 'z')
            return false;
    return word.len > 0;
}

/* Neighbours of one sentence, both of plain letters. */
static enum cm_status count_turn(struct counting *counting, struct cm_span turn)
{
    struct cm_span before = {NULL, 0};
    enum cm_status status = CM_OK;
    for (size_t at = 0; at < turn.len && status == CM_OK;) {
        size_t end = at;
        while (end < turn.len && turn.ptr[end] != ' ' && turn.ptr[end] != '\n')
            end++;
        struct cm_span word = {turn.ptr + at, end - at};
        bool plain = is_plain(word);
        if (plain && before.len > 0)
            status = count_pair(counting, before, word);
        before = plain && end < turn.len && turn.ptr[end] == ' ' ? word : (struct cm_span){NULL, 0};
        at = end + 1;
    }
    return status;
}

static int by_words(const void *a, const void *b)
{
    const struct bench_pair *left = a, *right = b;
    int order = cm_span_compare(left->words[0], right->words[0]);
    return order ? order : cm_span_compare(left->words[1], right->words[1]);
}

/* Commonest first; words decide where two are equally common, so that every run has the same. */
static int by_times(const void *a, const void *b)
{
    const struct bench_pair *left = a, *right = b;
    int order = (left->times < right->times) - (left->times > right->times);
    return order ? order : by_words(a, b);
}

enum cm_status bench_pairs_count(struct bench_pairs *pairs, const struct bench_turns *turns)
{
    struct counting counting = {0};
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < turns->count && status == CM_OK; i++)
        status = count_turn(&counting, turns->items[i]);
    size_t kept = 0;
    for (size_t i = 0; i < counting.size; i++)
        if (counting.slots[i].times > 0)
            counting.slots[kept++] = counting.slots[i];
    *pairs = (struct bench_pairs){counting.slots, kept < BENCH_PAIRS_MAX ? kept : BENCH_PAIRS_MAX};
    if (status == CM_OK && kept < PAIRS_MIN)
        return CM_EINPUT;
    if (kept > 0)
        qsort(counting.slots, kept, sizeof *counting.slots, by_times);
    if (pairs->count > 0)
        qsort(pairs->items, pairs->count, sizeof *pairs->items, by_words);
    return status;
}

void bench_pairs_free(struct bench_pairs *pairs)
{
    free(pairs->items);
    *pairs = (struct bench_pairs){0};
}

/* Where the pairs that begin with word begin. */
static size_t first_with(const struct bench_pairs *pairs, struct cm_span word, bool past)
{
    size_t low = 0, high = pairs->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cm_span_compare(pairs->items[middle].words[0], word);
        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct bench_pair *bench_pairs_next(const struct bench_pairs *pairs, const struct bench_pair *pair, uint64_t drawn)
{
    size_t from = first_with(pairs, pair->words[1], false), to = first_with(pairs, pair->words[1], true);
    return from < to ? &pairs->items[from + drawn % (to - from)] : NULL;
}
