/* Scores in pairs: what the mean difference is, and whether it is one. */
#include <math.h>
#include <stdlib.h>

#include "study/compare/comparing.h"

#define CM_SCORE_TOP 10000 /* hundredths */
#define CM_DIFFERENCES ((size_t)(2 * CM_SCORE_TOP + 1))
#define CM_HUNDREDTHS 100.0

void cm_pairs_add(struct cm_pairs *pairs, int32_t before, int32_t after)
{
    if (before < 0 || after < 0) {
        pairs->only[CM_SIDE_OLD] += before >= 0;
        pairs->only[CM_SIDE_NEW] += after >= 0;
        return;
    }
    int64_t difference = (int64_t)after - before;
    pairs->count++;
    pairs->moved += difference != 0;
    pairs->sum[CM_SIDE_OLD] += (uint64_t)before;
    pairs->sum[CM_SIDE_NEW] += (uint64_t)after;
    pairs->squares += (uint64_t)(difference * difference);
}

void cm_pairs_merge(struct cm_pairs *into, const struct cm_pairs *from)
{
    into->count += from->count;
    into->moved += from->moved;
    into->squares += from->squares;
    for (unsigned side = 0; side < CM_SIDES; side++) {
        into->sum[side] += from->sum[side];
        into->only[side] += from->only[side];
    }
}

void cm_pairs_figures(const struct cm_pairs *pairs, struct cm_change_figures *out)
{
    *out = (struct cm_change_figures){.count = pairs->count, .margin = -1};
    if (pairs->count == 0)
        return;
    double n = (double)pairs->count;
    __int128 sum = (__int128)pairs->sum[CM_SIDE_NEW] - (__int128)pairs->sum[CM_SIDE_OLD];
    out->before = (double)pairs->sum[CM_SIDE_OLD] / n / CM_HUNDREDTHS;
    out->after = (double)pairs->sum[CM_SIDE_NEW] / n / CM_HUNDREDTHS;
    out->mean = (double)sum / n / CM_HUNDREDTHS;
    if (pairs->count < 2)
        return;
    /* In 128 bits, for small spreads beside large sums. */
    __int128 spread = (__int128)pairs->count * (__int128)pairs->squares - sum * sum;
    double variance = (double)spread / (n * (n - 1));
    out->margin = cm_student_95(pairs->count - 1) * sqrt(variance) / CM_HUNDREDTHS / sqrt(n);
    out->clear = fabs(out->mean) > out->margin;
}

enum cm_status cm_score_diff_init(struct cm_score_diff *diff)
{
    *diff = (struct cm_score_diff){0};
    diff->bins = calloc(CM_DIFFERENCES, sizeof *diff->bins);
    return diff->bins ? CM_OK : CM_ENOMEM;
}

void cm_score_diff_free(struct cm_score_diff *diff)
{
    for (unsigned side = 0; side < CM_SIDES; side++)
        for (uint32_t i = 0; i < diff->extreme_count[side]; i++)
            cm_span_free(&diff->extremes[side][i].interaction_id);
    free(diff->bins);
    *diff = (struct cm_score_diff){0};
}

static int32_t change_of(const struct cm_score_extreme *extreme)
{
    return extreme->score[CM_SIDE_NEW] - extreme->score[CM_SIDE_OLD];
}

/* The larger change first, then by id. */
static int order(const struct cm_score_extreme *a, const struct cm_score_extreme *b)
{
    int32_t x = abs(change_of(a)), y = abs(change_of(b));
    return x != y ? (x < y) - (x > y) : cm_span_compare(a->interaction_id, b->interaction_id);
}

static enum cm_status extreme_add(struct cm_score_diff *diff, struct cm_score_extreme extreme)
{
    unsigned side = change_of(&extreme) > 0 ? CM_SIDE_NEW : CM_SIDE_OLD;
    struct cm_score_extreme *list = diff->extremes[side];
    uint32_t *count = &diff->extreme_count[side];
    if (*count == CM_COMPARE_EXTREMES && order(&extreme, &list[*count - 1]) >= 0)
        return CM_OK;
    enum cm_status status = cm_span_own(&extreme.interaction_id, extreme.interaction_id);
    if (status != CM_OK)
        return status;
    if (*count == CM_COMPARE_EXTREMES)
        cm_span_free(&list[--*count].interaction_id);
    uint32_t at = (*count)++;
    for (; at > 0 && order(&extreme, &list[at - 1]) < 0; at--)
        list[at] = list[at - 1];
    list[at] = extreme;
    return CM_OK;
}

enum cm_status cm_score_diff_add(struct cm_score_diff *diff, struct cm_span interaction_id, int32_t before, int32_t after)
{
    cm_pairs_add(&diff->pairs, before, after);
    if (before < 0 || after < 0)
        return CM_OK;
    diff->bins[after - before + CM_SCORE_TOP]++;
    diff->up += after > before;
    diff->down += after < before;
    return after == before ? CM_OK : extreme_add(diff, (struct cm_score_extreme){interaction_id, {before, after}});
}

enum cm_status cm_score_diff_merge(struct cm_score_diff *into, const struct cm_score_diff *from)
{
    enum cm_status status = CM_OK;
    cm_pairs_merge(&into->pairs, &from->pairs);
    into->up += from->up;
    into->down += from->down;
    for (size_t i = 0; i < CM_DIFFERENCES; i++)
        into->bins[i] += from->bins[i];
    for (unsigned side = 0; side < CM_SIDES; side++)
        for (uint32_t i = 0; i < from->extreme_count[side] && status == CM_OK; i++)
            status = extreme_add(into, from->extremes[side][i]);
    return status;
}

/* The difference of nearest rank to the middle. */
static double median(const struct cm_score_diff *diff, uint64_t count, bool moved_only)
{
    uint64_t rank = (count + 1) / 2, seen = 0;
    for (size_t i = 0; i < CM_DIFFERENCES && count > 0; i++) {
        if (moved_only && i == CM_SCORE_TOP)
            continue;
        seen += diff->bins[i];
        if (seen >= rank)
            return ((double)i - CM_SCORE_TOP) / CM_HUNDREDTHS;
    }
    return 0;
}

void cm_change_figures(const struct cm_score_diff *diff, struct cm_change_figures *out)
{
    cm_pairs_figures(&diff->pairs, out);
    out->median = median(diff, diff->pairs.count, false);
    out->median_moved = median(diff, diff->pairs.moved, true);
}
