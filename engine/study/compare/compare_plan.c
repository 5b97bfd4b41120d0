/* Which cue, behaviour and dimension of the old pack is which of the new one: by id. */
#include <stdlib.h>

#include "study/compare/comparing.h"

struct named {
    const char *id;
    uint32_t number;
    struct cm_hash128 hash;
};

static int by_id(const void *left, const void *right)
{
    return strcmp(((const struct named *)left)->id, ((const struct named *)right)->id);
}

static void set_part(struct cm_compare_part *part, const struct named *before, const struct named *after)
{
    *part = (struct cm_compare_part){.id = before ? before->id : after->id, .at = {CM_PART_NONE, CM_PART_NONE}};
    if (before)
        part->at[CM_SIDE_OLD] = before->number;
    if (after)
        part->at[CM_SIDE_NEW] = after->number;
    if (!before)
        part->change = CM_CHANGE_ADDED;
    else if (!after)
        part->change = CM_CHANGE_REMOVED;
    else
        part->change = cm_hash128_compare(before->hash, after->hash) == 0 ? CM_CHANGE_NONE : CM_CHANGE_CHANGED;
}

/* Two lists, sorted here, to one; parts has room for both. How many there are. */
static uint32_t join(struct named *lists[CM_SIDES], const uint32_t counts[CM_SIDES], struct cm_compare_part *parts, uint32_t *of[CM_SIDES])
{
    uint32_t at[CM_SIDES] = {0, 0}, count = 0;
    for (unsigned side = 0; side < CM_SIDES; side++)
        if (counts[side] > 0)
            qsort(lists[side], counts[side], sizeof *lists[side], by_id);
    while (at[0] < counts[0] || at[1] < counts[1]) {
        const struct named *before = at[0] < counts[0] ? &lists[0][at[0]] : NULL;
        const struct named *after = at[1] < counts[1] ? &lists[1][at[1]] : NULL;
        int order = !before ? 1 : !after ? -1 : strcmp(before->id, after->id);
        before = order <= 0 ? before : NULL;
        after = order >= 0 ? after : NULL;
        set_part(&parts[count], before, after);
        if (before)
            of[0][before->number] = count;
        if (after)
            of[1][after->number] = count;
        at[0] += before != NULL;
        at[1] += after != NULL;
        count++;
    }
    return count;
}

struct lists {
    struct named *cues[CM_SIDES], *behaviours[CM_SIDES];
    uint32_t cue_counts[CM_SIDES], behaviour_counts[CM_SIDES];
};

/* Ids and hashes of one side; one more item than there are, because a pack without cues is a pack. */
static enum cm_status list_parts(struct lists *lists, const struct cm_ruleset *rules, unsigned side)
{
    lists->cue_counts[side] = rules->cue_count;
    lists->behaviour_counts[side] = rules->behaviour_count;
    struct named *cues = lists->cues[side] = calloc(rules->cue_count + 1u, sizeof *cues);
    struct named *behaviours = lists->behaviours[side] = calloc(rules->behaviour_count + 1u, sizeof *behaviours);
    struct cm_hash128 *hashes = calloc((size_t)rules->cue_count + rules->behaviour_count + 1, sizeof *hashes);
    enum cm_status status = cues && behaviours && hashes ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_ruleset_part_hashes(rules, hashes, hashes + rules->cue_count);
    for (uint32_t i = 0; i < rules->cue_count && status == CM_OK; i++)
        cues[i] = (struct named){rules->cues[i].id, i, hashes[i]};
    for (uint32_t i = 0; i < rules->behaviour_count && status == CM_OK; i++)
        behaviours[i] = (struct named){rules->behaviours[i].id, i, hashes[rules->cue_count + i]};
    free(hashes);
    return status;
}

static enum cm_status make_parts(struct cm_compare_plan *plan, struct lists *lists)
{
    plan->cues = calloc((size_t)lists->cue_counts[0] + lists->cue_counts[1] + 1, sizeof *plan->cues);
    plan->behaviours = calloc((size_t)lists->behaviour_counts[0] + lists->behaviour_counts[1] + 1, sizeof *plan->behaviours);
    bool made = plan->cues && plan->behaviours;
    for (unsigned side = 0; side < CM_SIDES; side++) {
        plan->cue_of[side] = calloc(lists->cue_counts[side] + 1u, sizeof(uint32_t));
        plan->behaviour_of[side] = calloc(lists->behaviour_counts[side] + 1u, sizeof(uint32_t));
        made = made && plan->cue_of[side] && plan->behaviour_of[side];
    }
    if (!made)
        return CM_ENOMEM;
    plan->cue_count = join(lists->cues, lists->cue_counts, plan->cues, plan->cue_of);
    plan->behaviour_count = join(lists->behaviours, lists->behaviour_counts, plan->behaviours, plan->behaviour_of);
    return CM_OK;
}

static uint32_t find_score(const struct cm_compare_plan *plan, const char *name)
{
    uint32_t i = 1;
    while (i < plan->score_count && strcmp(plan->score_names[i], name) != 0)
        i++;
    return i;
}

/* CARE, the new pack's dimensions in its order, then those that it no longer has. */
static void plan_scores(struct cm_compare_plan *plan)
{
    plan->score_names[0] = "CARE";
    plan->score_count = 1;
    for (unsigned i = 0; i < CM_COMPARE_SCORES_MAX; i++)
        plan->dimension_of[CM_SIDE_OLD][i] = plan->dimension_of[CM_SIDE_NEW][i] = CM_PART_NONE;
    for (unsigned turn = 0; turn < CM_SIDES; turn++) {
        unsigned side = turn == 0 ? CM_SIDE_NEW : CM_SIDE_OLD;
        const struct cm_ruleset *rules = plan->rules[side];
        for (uint32_t i = 0; i < rules->dimension_count; i++) {
            uint32_t score = find_score(plan, rules->dimensions[i].id);
            if (score == plan->score_count)
                plan->score_names[plan->score_count++] = rules->dimensions[i].id;
            plan->dimension_of[side][score] = i;
        }
    }
}

enum cm_status cm_compare_plan_init(struct cm_compare_plan *plan, const struct cm_packs *packs, const struct cm_compare_options *options)
{
    struct lists lists = {0};
    enum cm_status status = CM_OK;
    *plan = (struct cm_compare_plan){.samples = options->samples, .seed = options->seed};
    for (unsigned side = 0; side < CM_SIDES && status == CM_OK; side++) {
        plan->rules[side] = packs->items[side].ruleset;
        status = list_parts(&lists, plan->rules[side], side);
    }
    if (status == CM_OK)
        status = make_parts(plan, &lists);
    if (status == CM_OK)
        plan_scores(plan);
    for (unsigned side = 0; side < CM_SIDES; side++) {
        free(lists.cues[side]);
        free(lists.behaviours[side]);
    }
    return status;
}

void cm_compare_plan_free(struct cm_compare_plan *plan)
{
    for (unsigned side = 0; side < CM_SIDES; side++) {
        free(plan->cue_of[side]);
        free(plan->behaviour_of[side]);
    }
    free(plan->cues);
    free(plan->behaviours);
    *plan = (struct cm_compare_plan){0};
}
