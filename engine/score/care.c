/* Entries to dimensions, CARE and coverage (rules/REFERENCE.md §6): integers only, each shown figure rounded once, half up. */
#include "score/private.h"

#define SCORE_MAX 10000 /* hundredths */

struct dimension_sums {
    int64_t weight;    /* thousandths, of evaluated base behaviours */
    __int128 credited; /* weight x ppm */
    int64_t points;    /* bonus less penalty, hundredths */
};

struct cm_sums {
    struct dimension_sums dimensions[CM_DIMENSIONS_MAX];
    unsigned __int128 applicable, evaluated; /* weight x dimension weight */
};

/* What one behaviour came to, for an agent or for all of them. */
struct share {
    int64_t credit, seen;
    bool applicable;
};

static bool is_base(const struct cm_behaviour *behaviour)
{
    return behaviour->kind != CM_BEHAVIOUR_BONUS && behaviour->kind != CM_BEHAVIOUR_PENALTY;
}

static void add_share(const struct cm_ruleset *ruleset, struct cm_sums *sums, const struct cm_behaviour *behaviour, struct share share)
{
    struct dimension_sums *dimension = &sums->dimensions[behaviour->dimension];
    if (!is_base(behaviour)) {
        dimension->points += share.credit / (CM_PPM / 100);
        return;
    }
    uint64_t weight = (uint64_t)behaviour->weight * ruleset->dimensions[behaviour->dimension].weight;
    if (share.applicable)
        sums->applicable += weight;
    if (!share.seen)
        return;
    sums->evaluated += weight;
    dimension->weight += behaviour->weight;
    dimension->credited += (__int128)behaviour->weight * cm_round(share.credit, share.seen);
}

/* Points of all agents together are capped as those of one. */
static int64_t cap_points(const struct cm_behaviour *behaviour, int64_t credit)
{
    int64_t cap = (int64_t)behaviour->points_cap * (CM_PPM / 100);
    if (!behaviour->points_cap || is_base(behaviour))
        return credit;
    return credit > cap ? cap : credit < -cap ? -cap : credit;
}

/* sums[agent], and the interaction's in sums[agent_count]. */
static void add_up(const struct cm_judge *judge, struct cm_sums *sums)
{
    size_t agents = judge->in->agent_count;
    for (size_t i = 0; i < judge->entry_count;) {
        const struct cm_behaviour *behaviour = judge->entries[i].result.behaviour;
        struct share all = {0, 0, false};
        for (; i < judge->entry_count && judge->entries[i].result.behaviour == behaviour; i++) {
            const struct cm_entry *entry = &judge->entries[i];
            struct share share = {entry->result.credit_ppm, entry->result.seen, entry->result.outcome != CM_OUTCOME_NO_OPPORTUNITY};
            if (entry->agent < agents)
                add_share(judge->ruleset, &sums[entry->agent], behaviour, share);
            if (entry->own)
                continue;
            all.credit += share.credit;
            all.seen += share.seen;
            all.applicable |= share.applicable;
        }
        all.credit = cap_points(behaviour, all.credit);
        add_share(judge->ruleset, &sums[agents], behaviour, all);
    }
}

static int32_t clamp_score(int64_t score)
{
    return (int32_t)(score < 0 ? 0 : score > SCORE_MAX ? SCORE_MAX : score);
}

static int32_t dimension_score(const struct dimension_sums *sums)
{
    if (sums->weight == 0)
        return -1;
    return clamp_score(cm_round(sums->credited, (__int128)sums->weight * (CM_PPM / SCORE_MAX)) + sums->points);
}

static int64_t coverage_of(const struct cm_sums *sums)
{
    if (sums->applicable == 0)
        return -1;
    return cm_round((__int128)sums->evaluated * CM_PPM, (__int128)sums->applicable);
}

/* The weighted mean of the dimensions that are there, and the points of those that are not, by their weight among all. */
static int32_t care_score(const struct cm_ruleset *ruleset, const struct cm_sums *sums, const int32_t *dimensions)
{
    int64_t all = 0, there = 0;
    __int128 scored = 0, points = 0;
    for (uint32_t i = 0; i < ruleset->dimension_count; i++) {
        int64_t weight = ruleset->dimensions[i].weight;
        all += weight;
        if (dimensions[i] >= 0) {
            there += weight;
            scored += (__int128)weight * dimensions[i];
        } else {
            points += (__int128)weight * sums->dimensions[i].points;
        }
    }
    return there ? clamp_score(cm_round(scored * all + points * there, (__int128)there * all)) : -1;
}

/* runs: of agents, to hold against the least that the pack asks for. */
static int64_t score(const struct cm_judge *judge, const struct cm_sums *sums, uint32_t runs, struct cm_care_scores *care)
{
    const struct cm_ruleset *ruleset = judge->ruleset;
    for (uint32_t i = 0; i < CM_DIMENSIONS_MAX; i++)
        care->dimensions[i] = i < ruleset->dimension_count ? dimension_score(&sums->dimensions[i]) : -1;
    int64_t coverage = coverage_of(sums);
    bool enough = runs > 0 && runs >= ruleset->min_agent_runs[judge->in->channel] && coverage >= (int64_t)ruleset->min_coverage;
    care->score = enough ? care_score(ruleset, sums, care->dimensions) : -1;
    return coverage;
}

static uint8_t null_reason(const struct cm_judge *judge)
{
    const struct cm_interaction *in = judge->in;
    uint32_t reasons = judge->reasons;
    if (judge->card.care.score >= 0)
        return CM_REASON_NONE;
    if (in->agent_runs && in->agent_runs < judge->ruleset->min_agent_runs[in->channel])
        reasons |= 1u << CM_REASON_TOO_SHORT;
    if (!(judge->ruleset->channels >> in->channel & 1))
        reasons |= 1u << CM_REASON_CHANNEL;
    return reasons ? (uint8_t)__builtin_ctz(reasons) : CM_REASON_LOW_COVERAGE;
}

enum cm_status cm_judge_care(struct cm_judge *judge)
{
    const struct cm_interaction *in = judge->in;
    enum cm_status status = cm_grow(&judge->sums, &judge->sum_cap, in->agent_count + 1, sizeof *judge->sums);
    if (status == CM_OK)
        status = cm_grow(&judge->agents, &judge->agent_cap, in->agent_count + 1, sizeof *judge->agents);
    if (status != CM_OK)
        return status;
    memset(judge->sums, 0, (in->agent_count + 1) * sizeof *judge->sums);
    add_up(judge, judge->sums);
    for (size_t i = 0; i < in->agent_count; i++) {
        judge->agents[i] = (struct cm_agent_result){.agent_id = in->agents[i].id, .turns = in->agents[i].turns};
        score(judge, &judge->sums[i], in->agents[i].runs, &judge->agents[i].care);
    }
    judge->card.agents = judge->agents;
    judge->card.agent_count = (uint32_t)in->agent_count;
    judge->card.coverage_ppm = score(judge, &judge->sums[in->agent_count], in->agent_runs, &judge->card.care);
    judge->card.null_reason = null_reason(judge);
    return CM_OK;
}
