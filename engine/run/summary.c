#include "run/summary.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"

#define CM_HUNDREDTHS 100u
#define CM_SUMMARY_TABLE_FIRST ((size_t)64)

/* Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom; beyond, the normal's serves to two digits. */
static const double student[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
                                 2.120,  2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
#define CM_NORMAL_95 1.96

double cm_student_95(uint64_t degrees)
{
    return degrees <= sizeof student / sizeof *student ? student[degrees - 1] : CM_NORMAL_95;
}

static int by_score(const void *left, const void *right)
{
    uint16_t a = *(const uint16_t *)left, b = *(const uint16_t *)right;
    return (a > b) - (a < b);
}

static double floor_of(const struct cm_score_stat *stat)
{
    uint64_t rank = (stat->count * CM_SUMMARY_FLOOR_PERCENTILE + 99) / 100;
    if (stat->count <= CM_SUMMARY_FEW) {
        uint16_t sorted[CM_SUMMARY_FEW];
        memcpy(sorted, stat->scores.few, sizeof sorted);
        qsort(sorted, stat->count, sizeof *sorted, by_score);
        return (double)(sorted[rank - 1] / CM_HUNDREDTHS);
    }
    uint64_t seen = 0;
    unsigned bin = 0;
    while (bin < CM_SUMMARY_BINS - 1 && (seen += stat->scores.bins[bin]) < rank)
        bin++;
    return (double)bin;
}

void cm_score_figures(const struct cm_score_stat *stat, struct cm_score_figures *out)
{
    *out = (struct cm_score_figures){.count = stat->count, .margin = -1, .spread = -1};
    if (stat->count == 0)
        return;
    double n = (double)stat->count;
    double mean = (double)stat->sum / n;
    out->mean = mean / CM_HUNDREDTHS;
    out->floor = floor_of(stat);
    if (stat->count < 2)
        return;
    /* n * squares - sum^2 in 128 bits: the usual difference of two large doubles would lose small spreads. */
    unsigned __int128 spread = (unsigned __int128)stat->count * stat->sum_of_squares - (unsigned __int128)stat->sum * stat->sum;
    double variance = (double)spread / (n * (n - 1));
    out->spread = sqrt(variance) / CM_HUNDREDTHS;
    out->margin = cm_student_95(stat->count - 1) * out->spread / sqrt(n);
}

static bool has_bins(const struct cm_score_stat *stat)
{
    return stat->count > CM_SUMMARY_FEW;
}

static enum cm_status stat_add(struct cm_score_stat *stat, int32_t score)
{
    if (score < 0)
        return CM_OK;
    if (stat->count == CM_SUMMARY_FEW) {
        uint32_t *bins = calloc(CM_SUMMARY_BINS, sizeof *bins);
        if (!bins)
            return CM_ENOMEM;
        for (size_t i = 0; i < CM_SUMMARY_FEW; i++)
            bins[stat->scores.few[i] / CM_HUNDREDTHS]++;
        stat->scores.bins = bins;
    }
    if (stat->count >= CM_SUMMARY_FEW)
        stat->scores.bins[(uint32_t)score / CM_HUNDREDTHS]++;
    else
        stat->scores.few[stat->count] = (uint16_t)score;
    stat->count++;
    stat->sum += (uint64_t)score;
    stat->sum_of_squares += (uint64_t)score * (uint64_t)score;
    return CM_OK;
}

static enum cm_status stat_merge(struct cm_score_stat *into, const struct cm_score_stat *from)
{
    enum cm_status status = CM_OK;
    if (!has_bins(from)) {
        for (size_t i = 0; i < from->count && status == CM_OK; i++)
            status = stat_add(into, from->scores.few[i]);
        return status;
    }
    if (!has_bins(into)) {
        uint32_t *bins = calloc(CM_SUMMARY_BINS, sizeof *bins);
        if (!bins)
            return CM_ENOMEM;
        for (size_t i = 0; i < into->count; i++)
            bins[into->scores.few[i] / CM_HUNDREDTHS]++;
        into->scores.bins = bins;
    }
    for (size_t i = 0; i < CM_SUMMARY_BINS; i++)
        into->scores.bins[i] += from->scores.bins[i];
    into->count += from->count;
    into->sum += from->sum;
    into->sum_of_squares += from->sum_of_squares;
    return CM_OK;
}

static void stats_free(struct cm_score_stat *stats)
{
    for (size_t i = 0; i < CM_SUMMARY_SCORES_MAX; i++)
        if (has_bins(&stats[i]))
            free(stats[i].scores.bins);
}

static enum cm_status scores_add(struct cm_score_stat *stats, const struct cm_care_scores *care, uint32_t dimensions)
{
    enum cm_status status = stat_add(&stats[0], care->score);
    for (uint32_t i = 0; i < dimensions && status == CM_OK; i++)
        status = stat_add(&stats[i + 1], care->dimensions[i]);
    return status;
}

static enum cm_status table_grow(struct cm_summary *summary)
{
    size_t size = summary->table_size ? summary->table_size * 2 : CM_SUMMARY_TABLE_FIRST;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return CM_ENOMEM;
    for (size_t i = 0; i < summary->agent_count; i++) {
        size_t at = summary->agents[i].hash & (size - 1);
        while (table[at])
            at = (at + 1) & (size - 1);
        table[at] = (uint32_t)i + 1;
    }
    free(summary->table);
    summary->table = table;
    summary->table_size = size;
    return CM_OK;
}

static enum cm_status agent_find(struct cm_summary *summary, struct cm_span id, struct cm_agent_summary **out)
{
    if ((summary->agent_count + 1) * 2 > summary->table_size && table_grow(summary) != CM_OK)
        return CM_ENOMEM;
    uint64_t hash = cm_hash64(id);
    size_t at = hash & (summary->table_size - 1);
    for (; summary->table[at]; at = (at + 1) & (summary->table_size - 1)) {
        *out = &summary->agents[summary->table[at] - 1];
        if ((*out)->hash == hash && cm_span_equal((*out)->id, id) && !(*out)->id.ptr == !id.ptr)
            return CM_OK;
    }
    struct cm_span copy;
    enum cm_status status = cm_grow(&summary->agents, &summary->agent_cap, summary->agent_count + 1, sizeof *summary->agents);
    if (status == CM_OK)
        status = cm_span_own(&copy, id);
    if (status != CM_OK)
        return status;
    *out = &summary->agents[summary->agent_count++];
    **out = (struct cm_agent_summary){.id = copy, .hash = hash};
    summary->table[at] = (uint32_t)summary->agent_count;
    return CM_OK;
}

enum cm_status cm_summary_init(struct cm_summary *summary, const struct cm_ruleset *ruleset)
{
    *summary = (struct cm_summary){.ruleset = ruleset};
    summary->outcomes = calloc(ruleset->behaviour_count ? ruleset->behaviour_count : 1, sizeof *summary->outcomes);
    summary->faults = calloc(ruleset->cue_count ? ruleset->cue_count : 1, sizeof *summary->faults);
    return summary->outcomes && summary->faults ? CM_OK : CM_ENOMEM;
}

static void moment_free(struct cm_moment *moment)
{
    cm_span_free(&moment->interaction_id);
    cm_span_free(&moment->agent_id);
    cm_span_free(&moment->quote);
}

void cm_summary_free(struct cm_summary *summary)
{
    stats_free(summary->all);
    for (size_t i = 0; i < summary->agent_count; i++) {
        stats_free(summary->agents[i].scores);
        cm_span_free(&summary->agents[i].id);
    }
    for (size_t i = 0; i < CM_MOMENT_COUNT; i++)
        moment_free(&summary->moments[i]);
    free(summary->outcomes);
    free(summary->faults);
    free(summary->agents);
    free(summary->table);
    *summary = (struct cm_summary){0};
}

/* Longer quote first, then by id, behaviour and turn: an order of contents, so that threads do not choose. */
static bool moment_better(const struct cm_moment *left, const struct cm_moment *right)
{
    if (!right->behaviour)
        return true;
    if (left->quote.len != right->quote.len)
        return left->quote.len > right->quote.len;
    int order = cm_span_compare(left->interaction_id, right->interaction_id);
    if (order == 0)
        order = (left->behaviour > right->behaviour) - (left->behaviour < right->behaviour);
    if (order == 0)
        order = (left->turn > right->turn) - (left->turn < right->turn);
    return order < 0;
}

static enum cm_status moment_offer(struct cm_moment *kept, const struct cm_moment *offer)
{
    if (!moment_better(offer, kept))
        return CM_OK;
    struct cm_moment copy = *offer;
    enum cm_status status = cm_span_own(&copy.interaction_id, offer->interaction_id);
    enum cm_status second = cm_span_own(&copy.agent_id, offer->agent_id);
    enum cm_status third = cm_span_own(&copy.quote, offer->quote);
    if (status != CM_OK || second != CM_OK || third != CM_OK) {
        moment_free(&copy);
        return CM_ENOMEM;
    }
    moment_free(kept);
    *kept = copy;
    return CM_OK;
}

static int moment_kind(const struct cm_behaviour_result *result)
{
    if (result->behaviour->kind == CM_BEHAVIOUR_OPPORTUNITY && result->outcome == CM_OUTCOME_DELIVERED)
        return CM_MOMENT_MET;
    if (result->behaviour->kind == CM_BEHAVIOUR_OPPORTUNITY && result->outcome == CM_OUTCOME_MISSED)
        return CM_MOMENT_MISSED;
    if (result->behaviour->kind == CM_BEHAVIOUR_BONUS && result->credit_ppm > 0)
        return CM_MOMENT_BONUS;
    return -1;
}

static enum cm_status moments_add(struct cm_summary *summary, const struct cm_scorecard *card, const struct cm_behaviour_result *result)
{
    int kind = moment_kind(result);
    if (kind < 0 || result->evidence_count == 0)
        return CM_OK;
    const struct cm_evidence *best = &result->evidence[0];
    for (uint32_t i = 1; i < result->evidence_count; i++)
        if (result->evidence[i].quote.len > best->quote.len)
            best = &result->evidence[i];
    struct cm_moment offer = {
        .behaviour = result->behaviour,
        .rule = best->rule,
        .turn = best->turn,
        .interaction_id = card->interaction_id,
        .agent_id = result->agent_id,
        .quote = best->quote,
    };
    return moment_offer(&summary->moments[kind], &offer);
}

static enum cm_status behaviours_add(struct cm_summary *summary, const struct cm_scorecard *card)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < card->behaviour_count && status == CM_OK; i++) {
        const struct cm_behaviour_result *result = &card->behaviours[i];
        summary->outcomes[result->behaviour - summary->ruleset->behaviours][result->outcome]++;
        status = moments_add(summary, card, result);
    }
    return status;
}

enum cm_status cm_summary_add(struct cm_summary *summary, const struct cm_scorecard *card)
{
    summary->interactions++;
    if (card->care.score >= 0)
        summary->scored++;
    else
        summary->not_scored[card->null_reason]++;
    for (unsigned flag = 0; flag < CM_FLAG_COUNT; flag++)
        summary->flags[flag] += card->flags >> flag & 1;
    summary->resolutions[card->resolution]++;
    summary->delight += card->delight > 0;
    summary->thanks += card->thanks > 0;

    uint32_t dimensions = summary->ruleset->dimension_count;
    enum cm_status status = scores_add(summary->all, &card->care, dimensions);
    for (uint32_t i = 0; i < card->agent_count && status == CM_OK; i++) {
        struct cm_agent_summary *agent;
        status = agent_find(summary, card->agents[i].agent_id, &agent);
        if (status != CM_OK)
            break;
        agent->interactions++;
        agent->turns += card->agents[i].turns;
        status = scores_add(agent->scores, &card->agents[i].care, dimensions);
    }
    return status == CM_OK ? behaviours_add(summary, card) : status;
}

void cm_summary_add_faults(struct cm_summary *summary, const struct cm_scanned *scanned)
{
    for (uint32_t i = 0; i < scanned->fault_count; i++)
        summary->faults[scanned->faults[i]]++;
}

static void counts_merge(struct cm_summary *into, const struct cm_summary *from)
{
    into->interactions += from->interactions;
    into->scored += from->scored;
    into->delight += from->delight;
    into->thanks += from->thanks;
    for (size_t i = 0; i < CM_REASON_COUNT; i++)
        into->not_scored[i] += from->not_scored[i];
    for (size_t i = 0; i < CM_FLAG_COUNT; i++)
        into->flags[i] += from->flags[i];
    for (size_t i = 0; i < CM_RESOLUTION_COUNT; i++)
        into->resolutions[i] += from->resolutions[i];
    for (size_t i = 0; i < into->ruleset->behaviour_count; i++)
        for (size_t outcome = 0; outcome < CM_OUTCOME_COUNT; outcome++)
            into->outcomes[i][outcome] += from->outcomes[i][outcome];
    for (size_t i = 0; i < into->ruleset->cue_count; i++)
        into->faults[i] += from->faults[i];
}

enum cm_status cm_summary_merge(struct cm_summary *into, const struct cm_summary *from)
{
    enum cm_status status = CM_OK;
    counts_merge(into, from);
    for (size_t i = 0; i < CM_SUMMARY_SCORES_MAX && status == CM_OK; i++)
        status = stat_merge(&into->all[i], &from->all[i]);
    for (size_t i = 0; i < from->agent_count && status == CM_OK; i++) {
        const struct cm_agent_summary *agent = &from->agents[i];
        struct cm_agent_summary *mine;
        status = agent_find(into, agent->id, &mine);
        if (status != CM_OK)
            break;
        mine->interactions += agent->interactions;
        mine->turns += agent->turns;
        for (size_t j = 0; j < CM_SUMMARY_SCORES_MAX && status == CM_OK; j++)
            status = stat_merge(&mine->scores[j], &agent->scores[j]);
    }
    for (size_t i = 0; i < CM_MOMENT_COUNT && status == CM_OK; i++)
        if (from->moments[i].behaviour)
            status = moment_offer(&into->moments[i], &from->moments[i]);
    return status;
}

static int by_name(const void *left, const void *right)
{
    const struct cm_agent_summary *a = left, *b = right;
    if (!a->id.ptr != !b->id.ptr)
        return a->id.ptr ? -1 : 1;
    return cm_span_compare(a->id, b->id);
}

void cm_summary_sort(struct cm_summary *summary)
{
    if (summary->agent_count > 1)
        qsort(summary->agents, summary->agent_count, sizeof *summary->agents, by_name);
}
