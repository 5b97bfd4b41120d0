#include "match/hits.h"

#include <stdlib.h>

#include "base/buffer.h"

void cm_candidates_free(struct cm_candidates *candidates)
{
    free(candidates->items);
    free(candidates->spare);
    *candidates = (struct cm_candidates){0};
}

void cm_hits_free(struct cm_hits *hits)
{
    free(hits->items);
    *hits = (struct cm_hits){0};
}

/* So few candidates are put into order one by one; more are merged from runs of so many. */
#define INSERTION_SORT_MAX ((size_t)16)

static void insertion_sort(struct cm_candidate *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct cm_candidate item = items[i];
        size_t at = i;
        for (; at > 0 && item.key < items[at - 1].key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge_runs(const struct cm_candidate *from, struct cm_candidate *to, size_t count, size_t width)
{
    for (size_t at = 0; at < count; at += 2 * width) {
        size_t middle = at + width < count ? at + width : count, end = at + 2 * width < count ? at + 2 * width : count;
        size_t left = at, right = middle;
        for (size_t i = at; i < end; i++)
            to[i] = left < middle && (right >= end || from[left].key <= from[right].key) ? from[left++] : from[right++];
    }
}

/* By program, then first start. In scratch of our own: the C library's sort may allocate. */
static enum cm_status sort_candidates(struct cm_candidates *candidates)
{
    size_t count = candidates->count;
    if (count <= INSERTION_SORT_MAX) {
        insertion_sort(candidates->items, count);
        return CM_OK;
    }
    enum cm_status status = cm_grow(&candidates->spare, &candidates->spare_cap, candidates->cap, sizeof(*candidates->spare));
    for (size_t at = 0; at < count && status == CM_OK; at += INSERTION_SORT_MAX)
        insertion_sort(candidates->items + at, count - at < INSERTION_SORT_MAX ? count - at : INSERTION_SORT_MAX);
    for (size_t width = INSERTION_SORT_MAX; width < count && status == CM_OK; width *= 2) {
        merge_runs(candidates->items, candidates->spare, count, width);
        struct cm_candidate *items = candidates->items;
        size_t cap = candidates->cap;
        candidates->items = candidates->spare;
        candidates->cap = candidates->spare_cap;
        candidates->spare = items;
        candidates->spare_cap = cap;
    }
    return status;
}

static bool same_bytes(const struct cm_folded *turn, const struct cm_phrase_hit *a, const struct cm_phrase_hit *b)
{
    return turn->tokens[a->first].start == turn->tokens[b->first].start && turn->tokens[a->end - 1].end == turn->tokens[b->end - 1].end;
}

/* Where a hit goes among those of its id, which come by start except where phrases share the id. */
static uint32_t place_of(const struct cm_hits *hits, const struct cm_phrase_hit *hit)
{
    uint32_t at = hits->count;
    while (at > 0 && hits->items[at - 1].id == hit->id &&
           (hits->items[at - 1].first > hit->first || (hits->items[at - 1].first == hit->first && hits->items[at - 1].end > hit->end)))
        at--;
    return at;
}

/* Is there a hit of the same id and bytes? Then it is beside the place, since it begins at a token with the same start. */
static bool is_known(const struct cm_hits *hits, const struct cm_folded *turn, const struct cm_phrase_hit *hit, uint32_t at)
{
    uint32_t start = turn->tokens[hit->first].start;
    for (uint32_t i = at; i > 0 && hits->items[i - 1].id == hit->id && turn->tokens[hits->items[i - 1].first].start == start; i--)
        if (same_bytes(turn, &hits->items[i - 1], hit))
            return true;
    for (uint32_t i = at; i < hits->count && turn->tokens[hits->items[i].first].start == start; i++)
        if (same_bytes(turn, &hits->items[i], hit))
            return true;
    return false;
}

static enum cm_status add_hit(struct cm_hits *hits, const struct cm_folded *turn, struct cm_phrase_hit hit)
{
    uint32_t at = hits->count;
    if (at > 0 && hits->items[at - 1].id == hit.id) { /* else it is the first of its id */
        at = place_of(hits, &hit);
        if (is_known(hits, turn, &hit, at))
            return CM_OK;
    }
    enum cm_status status = cm_grow(&hits->items, &hits->cap, (size_t)hits->count + 1, sizeof(*hits->items));
    if (status != CM_OK)
        return status;
    if (at < hits->count)
        memmove(hits->items + at + 1, hits->items + at, (hits->count - at) * sizeof(*hits->items));
    hits->items[at] = hit;
    hits->count++;
    return CM_OK;
}

/* The longest match that starts where candidate *i does, which may have been found around several anchors; *i becomes the last of them. */
static uint32_t longest_end(const struct cm_candidates *candidates, size_t *i)
{
    const struct cm_candidate *items = candidates->items;
    uint32_t end = items[*i].end;
    for (; *i + 1 < candidates->count && items[*i + 1].key == items[*i].key; ++*i)
        end = items[*i + 1].end > end ? items[*i + 1].end : end;
    return end;
}

/*
 * Leftmost, then longest, not overlapping: candidates of a program come by start, and starts before from are spoken for. Compiled twice,
 * with profile and, for nearly all turns, without.
 */
static inline __attribute__((always_inline)) enum cm_status gather(struct cm_hits *hits, struct cm_candidates *candidates,
                                                                   const struct cm_programs *programs, const struct cm_folded *turn,
                                                                   const struct cm_program_input *input, struct cm_program_scratch *run,
                                                                   struct cm_profile *profile)
{
    uint32_t place = UINT32_MAX, from = 0;
    enum cm_status status = sort_candidates(candidates);
    for (size_t i = 0; i < candidates->count && status == CM_OK; i++) {
        struct cm_candidate candidate = candidates->items[i];
        uint32_t first = (uint32_t)candidate.key, end = candidate.end;
        if (candidate.key >> 32 != place) {
            place = (uint32_t)(candidate.key >> 32);
            from = 0;
        }
        const struct cm_program *program = cm_program_at(programs, place);
        if (end != 0)
            end = longest_end(candidates, &i);
        for (uint32_t start = first > from ? first : from; start <= candidate.last && status == CM_OK; start = from) {
            if (candidate.end == 0) {
                uint64_t begun = cm_profile_start(profile);
                end = cm_program_run(programs, program, input, start, run);
                if (profile)
                    cm_profile_run(profile, &profile->phrases[program->id], begun, end != 0);
            }
            from = end ? end : start + 1;
            if (end != 0)
                status = add_hit(hits, turn, (struct cm_phrase_hit){program->id, start, end});
        }
    }
    return status;
}

enum cm_status cm_hits_gather(struct cm_hits *hits, struct cm_candidates *candidates, const struct cm_programs *programs,
                              const struct cm_folded *turn, const struct cm_program_input *input, struct cm_program_scratch *run)
{
    return gather(hits, candidates, programs, turn, input, run, NULL);
}

enum cm_status cm_hits_gather_timed(struct cm_hits *hits, struct cm_candidates *candidates, const struct cm_programs *programs,
                                    const struct cm_folded *turn, const struct cm_program_input *input, struct cm_program_scratch *run,
                                    struct cm_profile *profile)
{
    return gather(hits, candidates, programs, turn, input, run, profile);
}
