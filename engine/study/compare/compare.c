#include "study/compare/compare.h"

#include <stdlib.h>

#include "base/hash.h"
#include "study/compare/comparing.h"

/* A distinct (turn, cue) of one interaction. */
struct hit {
    uint64_t key;   /* part << 32 | turn */
    uint32_t index; /* of its first firing */
};

struct hits {
    struct hit *items;
    size_t count, cap;
};

/* One worker's. */
struct part {
    const struct cm_compare_plan *plan;
    struct cm_comparison sum;
    /* of the interaction at hand */
    struct hits hits[CM_SIDES];
    uint64_t *seen[CM_SIDES]; /* a cue: round << 32 | turn + 1 of its last hit */
    uint32_t round;
    uint32_t *first; /* a behaviour: entry + 1 of the new card that begins its chain; 0 between interactions */
    uint32_t *next;  /* an entry of the new card: the chain's next + 1 */
    size_t next_cap;
    struct cm_span id;
    uint64_t hash;
};

struct cm_compare {
    struct cm_compare_plan plan;
    struct part *parts;
    unsigned count;
};

bool cm_outcome_moved(unsigned from, unsigned to)
{
    from = from == CM_STATE_ABSENT ? CM_OUTCOME_NO_OPPORTUNITY : from;
    to = to == CM_STATE_ABSENT ? CM_OUTCOME_NO_OPPORTUNITY : to;
    return from != to;
}

const char *cm_state_name(unsigned state)
{
    return state == CM_STATE_ABSENT ? "absent" : cm_outcome_name((enum cm_outcome)state);
}

uint64_t cm_behaviour_moved(const struct cm_behaviour_diff *diff)
{
    uint64_t moved = 0;
    for (unsigned from = 0; from < CM_STATES; from++)
        for (unsigned to = 0; to < CM_STATES; to++)
            moved += cm_outcome_moved(from, to) ? diff->moves[from][to] : 0;
    return moved;
}

/* ---- hits ---- */

static int by_key(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

/* Those of one cue come in order of turns, so that a repeat is one of the last turn. */
static enum cm_status collect_hits(struct part *part, const struct cm_judge *judge, unsigned side)
{
    struct hits *hits = &part->hits[side];
    size_t count = cm_judge_fired_count(judge);
    enum cm_status status = cm_grow(&hits->items, &hits->cap, count, sizeof *hits->items);
    hits->count = 0;
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        struct cm_fired fired = cm_judge_fired(judge, i);
        uint32_t cue = part->plan->cue_of[side][fired.cue];
        if (fired.fault) {
            part->sum.cues[cue].faults[side]++;
            continue;
        }
        uint64_t now = (uint64_t)part->round << 32 | (fired.turn + 1u);
        if (part->seen[side][cue] == now)
            continue;
        part->seen[side][cue] = now;
        part->sum.cues[cue].hits[side]++;
        hits->items[hits->count++] = (struct hit){(uint64_t)cue << 32 | fired.turn, (uint32_t)i};
    }
    return status;
}

static bool same_hits(const struct hits *a, const struct hits *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].key != b->items[i].key)
            return false;
    return true;
}

/* A hit that only one side has. */
static enum cm_status note_hit(struct part *part, const struct cm_judged *judged, const struct hit *hit, unsigned side)
{
    struct cm_cue_diff *diff = &part->sum.cues[hit->key >> 32];
    uint32_t turn = (uint32_t)hit->key;
    struct cm_sample sample = {.key = cm_draw_key(part->hash, turn, part->plan->seed), .interaction_id = part->id, .turn = turn};
    if (side == CM_SIDE_OLD)
        diff->lost++;
    else
        diff->gained++;
    if (!cm_samples_wants(&diff->samples[side], part->plan->samples, sample.key))
        return CM_OK;
    enum cm_speaker speaker;
    sample.has_seq = cm_interaction_seq(judged->interaction, turn, &speaker, &sample.seq);
    sample.speaker = (uint8_t)speaker;
    sample.names = cm_interaction_names(judged->interaction);
    struct cm_origin message;
    struct cm_fired fired = cm_judge_fired(judged->judges[side], hit->index);
    cm_interaction_turn(judged->interaction, turn, &message, &sample.origin);
    sample.start = fired.start;
    sample.end = fired.end;
    enum cm_status status = cm_judge_quote(judged->judges[side], hit->index, &sample.quote);
    return status == CM_OK ? cm_samples_add(&diff->samples[side], part->plan->samples, &sample) : status;
}

static enum cm_status compare_hits(struct part *part, const struct cm_judged *judged)
{
    enum cm_status status = CM_OK;
    for (unsigned side = 0; side < CM_SIDES && status == CM_OK; side++)
        status = collect_hits(part, judged->judges[side], side);
    const struct hits *old = &part->hits[CM_SIDE_OLD], *new = &part->hits[CM_SIDE_NEW];
    if (status != CM_OK || same_hits(old, new))
        return status;
    for (unsigned side = 0; side < CM_SIDES; side++)
        if (part->hits[side].count > 0)
            qsort(part->hits[side].items, part->hits[side].count, sizeof(struct hit), by_key);
    bool moved = false;
    for (size_t i = 0, j = 0; (i < old->count || j < new->count) && status == CM_OK;) {
        int order = i == old->count ? 1 : j == new->count ? -1 : by_key(&old->items[i], &new->items[j]);
        if (order != 0) {
            status = note_hit(part, judged, order < 0 ? &old->items[i] : &new->items[j], order < 0 ? CM_SIDE_OLD : CM_SIDE_NEW);
            moved = true;
        }
        i += order <= 0;
        j += order >= 0;
    }
    part->sum.moved_hits += moved;
    return status;
}

/* ---- outcomes ---- */

static enum cm_status note_move(struct part *part, uint32_t behaviour, struct cm_span agent_id, unsigned from, unsigned to)
{
    struct cm_behaviour_diff *diff = &part->sum.behaviours[behaviour];
    diff->moves[from][to]++;
    if (!cm_outcome_moved(from, to))
        return CM_OK;
    part->sum.moved_outcomes++;
    if (!diff->samples && !(diff->samples = calloc(CM_STATES, sizeof *diff->samples)))
        return CM_ENOMEM;
    uint64_t agent = agent_id.ptr ? cm_hash64(agent_id) : 0;
    struct cm_sample sample = {.key = cm_draw_key(part->hash, agent, part->plan->seed), .interaction_id = part->id, .agent_id = agent_id};
    return cm_samples_add(&diff->samples[from][to], part->plan->samples, &sample);
}

static unsigned state_without_entry(const struct cm_compare_plan *plan, uint32_t behaviour, unsigned side)
{
    return plan->behaviours[behaviour].at[side] == CM_PART_NONE ? CM_STATE_ABSENT : CM_OUTCOME_NO_OPPORTUNITY;
}

static uint32_t behaviour_of(const struct part *part, unsigned side, const struct cm_behaviour_result *entry)
{
    return part->plan->behaviour_of[side][entry->behaviour - part->plan->rules[side]->behaviours];
}

/* Take the new card's entry of the same agent off its behaviour's chain; NULL: there is none. */
static const struct cm_behaviour_result *take_entry(struct part *part, const struct cm_scorecard *card, uint32_t behaviour,
                                                    struct cm_span agent_id)
{
    for (uint32_t *link = &part->first[behaviour]; *link; link = &part->next[*link - 1]) {
        const struct cm_behaviour_result *entry = &card->behaviours[*link - 1];
        if (!entry->agent_id.ptr == !agent_id.ptr && cm_span_equal(entry->agent_id, agent_id)) {
            *link = part->next[*link - 1];
            return entry;
        }
    }
    return NULL;
}

static enum cm_status compare_outcomes(struct part *part, const struct cm_scorecard *old, const struct cm_scorecard *new)
{
    enum cm_status status = cm_grow(&part->next, &part->next_cap, new->behaviour_count, sizeof *part->next);
    uint64_t before = part->sum.moved_outcomes;
    for (uint32_t i = new->behaviour_count; i-- > 0 && status == CM_OK;) {
        uint32_t behaviour = behaviour_of(part, CM_SIDE_NEW, &new->behaviours[i]);
        part->next[i] = part->first[behaviour];
        part->first[behaviour] = i + 1;
    }
    for (uint32_t i = 0; i < old->behaviour_count && status == CM_OK; i++) {
        const struct cm_behaviour_result *entry = &old->behaviours[i];
        uint32_t behaviour = behaviour_of(part, CM_SIDE_OLD, entry);
        const struct cm_behaviour_result *now = take_entry(part, new, behaviour, entry->agent_id);
        unsigned to = now ? now->outcome : state_without_entry(part->plan, behaviour, CM_SIDE_NEW);
        part->sum.behaviours[behaviour].credit_moved += now && to == entry->outcome && now->credit_ppm != entry->credit_ppm;
        status = note_move(part, behaviour, entry->agent_id, entry->outcome, to);
    }
    /* What is left on the chains is the new card's alone; afterwards they are empty. */
    for (uint32_t i = 0; i < new->behaviour_count &&status == CM_OK; i++) {
        uint32_t behaviour = behaviour_of(part, CM_SIDE_NEW, &new->behaviours[i]);
        for (uint32_t at = part->first[behaviour]; at && status == CM_OK; at = part->next[at - 1]) {
            const struct cm_behaviour_result *entry = &new->behaviours[at - 1];
            status = note_move(part, behaviour, entry->agent_id, state_without_entry(part->plan, behaviour, CM_SIDE_OLD), entry->outcome);
        }
        part->first[behaviour] = 0;
    }
    part->sum.moved_interactions += part->sum.moved_outcomes > before;
    return status;
}

/* ---- scores ---- */

static int32_t score_of(const struct cm_compare_plan *plan, const struct cm_scorecard *card, unsigned side, uint32_t score)
{
    if (score == 0)
        return card->care.score;
    uint32_t dimension = plan->dimension_of[side][score];
    return dimension == CM_PART_NONE ? -1 : card->care.dimensions[dimension];
}

static enum cm_status group_add(struct cm_group_diffs *groups, struct cm_span id, int32_t before, int32_t after)
{
    if (before < 0 && after < 0)
        return CM_OK;
    struct cm_group_diff *group = cm_group_diffs_get(groups, id);
    if (!group)
        return CM_ENOMEM;
    cm_pairs_add(&group->pairs, before, after);
    return CM_OK;
}

/* Who spoke does not depend on the pack: agents stand in the same order on both cards. */
static enum cm_status compare_agents(struct part *part, const struct cm_scorecard *old, const struct cm_scorecard *new)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < old->agent_count && i < new->agent_count &&status == CM_OK; i++)
        status = group_add(&part->sum.agents, new->agents[i].agent_id, old->agents[i].care.score, new->agents[i].care.score);
    return status;
}

static enum cm_status compare_scores(struct part *part, const struct cm_scorecard *old, const struct cm_scorecard *new)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < part->plan->score_count && status == CM_OK; i++)
        status = cm_score_diff_add(&part->sum.scores[i], part->id, score_of(part->plan, old, CM_SIDE_OLD, i),
                                   score_of(part->plan, new, CM_SIDE_NEW, i));
    if (old->care.score < 0 && new->care.score >= 0)
        part->sum.unscored[CM_SIDE_OLD][old->null_reason]++;
    if (new->care.score < 0 && old->care.score >= 0)
        part->sum.unscored[CM_SIDE_NEW][new->null_reason]++;
    if (status == CM_OK)
        status = group_add(&part->sum.queues, new->queue, old->care.score, new->care.score);
    return status == CM_OK ? compare_agents(part, old, new) : status;
}

enum cm_status cm_compare_observe(void *context, unsigned worker, const struct cm_judged *judged)
{
    struct cm_compare *compare = context;
    struct part *part = &compare->parts[worker];
    const struct cm_scorecard *old = judged->cards[CM_SIDE_OLD], *new = judged->cards[CM_SIDE_NEW];
    part->sum.interactions++;
    part->round++; /* after 2^32 interactions of one worker a stamp could come back; turns would have to agree too */
    part->id = new->interaction_id;
    part->hash = cm_hash64(part->id);
    enum cm_status status = compare_hits(part, judged);
    if (status == CM_OK)
        status = compare_outcomes(part, old, new);
    return status == CM_OK ? compare_scores(part, old, new) : status;
}

/* ---- all workers ---- */

static enum cm_status part_init(struct part *part, const struct cm_compare_plan *plan)
{
    struct cm_comparison *sum = &part->sum;
    part->plan = plan;
    sum->cue_parts = plan->cues;
    sum->behaviour_parts = plan->behaviours;
    sum->cue_count = plan->cue_count;
    sum->behaviour_count = plan->behaviour_count;
    sum->score_count = plan->score_count;
    memcpy(sum->score_names, plan->score_names, sizeof sum->score_names);
    sum->cues = calloc(plan->cue_count + 1u, sizeof *sum->cues);
    sum->behaviours = calloc(plan->behaviour_count + 1u, sizeof *sum->behaviours);
    part->first = calloc(plan->behaviour_count + 1u, sizeof *part->first);
    bool made = sum->cues && sum->behaviours && part->first;
    for (unsigned side = 0; side < CM_SIDES; side++) {
        sum->rules[side] = plan->rules[side];
        part->seen[side] = calloc(plan->cue_count + 1u, sizeof *part->seen[side]);
        made = made && part->seen[side];
    }
    enum cm_status status = made ? CM_OK : CM_ENOMEM;
    for (uint32_t i = 0; i < plan->score_count && status == CM_OK; i++)
        status = cm_score_diff_init(&sum->scores[i]);
    return status;
}

static void behaviour_free(struct cm_behaviour_diff *diff)
{
    for (unsigned from = 0; from < CM_STATES && diff->samples; from++)
        for (unsigned to = 0; to < CM_STATES; to++)
            cm_samples_free(&diff->samples[from][to]);
    free(diff->samples);
}

static void part_free(struct part *part)
{
    struct cm_comparison *sum = &part->sum;
    for (unsigned side = 0; side < CM_SIDES; side++) {
        for (uint32_t i = 0; sum->cues && i < sum->cue_count; i++)
            cm_samples_free(&sum->cues[i].samples[side]);
        free(part->hits[side].items);
        free(part->seen[side]);
    }
    for (uint32_t i = 0; sum->behaviours && i < sum->behaviour_count; i++)
        behaviour_free(&sum->behaviours[i]);
    for (uint32_t i = 0; i < sum->score_count; i++)
        cm_score_diff_free(&sum->scores[i]);
    cm_group_diffs_free(&sum->agents);
    cm_group_diffs_free(&sum->queues);
    free(sum->cues);
    free(sum->behaviours);
    free(part->first);
    free(part->next);
}

enum cm_status cm_compare_new(const struct cm_packs *packs, const struct cm_compare_options *options, struct cm_compare **out)
{
    *out = NULL;
    struct cm_compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return CM_ENOMEM;
    enum cm_status status = cm_compare_plan_init(&compare->plan, packs, options);
    if (status == CM_OK && !(compare->parts = calloc(options->workers, sizeof *compare->parts)))
        status = CM_ENOMEM;
    for (; status == CM_OK && compare->count < options->workers; compare->count++)
        status = part_init(&compare->parts[compare->count], &compare->plan);
    if (status != CM_OK)
        cm_compare_free(compare);
    else
        *out = compare;
    return status;
}

void cm_compare_free(struct cm_compare *compare)
{
    if (!compare)
        return;
    for (unsigned i = 0; i < compare->count; i++)
        part_free(&compare->parts[i]);
    free(compare->parts);
    cm_compare_plan_free(&compare->plan);
    free(compare);
}

static enum cm_status merge_cue(struct cm_cue_diff *into, struct cm_cue_diff *from, uint32_t samples)
{
    enum cm_status status = CM_OK;
    into->gained += from->gained;
    into->lost += from->lost;
    for (unsigned side = 0; side < CM_SIDES && status == CM_OK; side++) {
        into->hits[side] += from->hits[side];
        into->faults[side] += from->faults[side];
        status = cm_samples_merge(&into->samples[side], &from->samples[side], samples);
    }
    return status;
}

static enum cm_status merge_behaviour(struct cm_behaviour_diff *into, struct cm_behaviour_diff *from, uint32_t samples)
{
    enum cm_status status = CM_OK;
    into->credit_moved += from->credit_moved;
    if (from->samples && !into->samples && !(into->samples = calloc(CM_STATES, sizeof *into->samples)))
        return CM_ENOMEM;
    for (unsigned from_state = 0; from_state < CM_STATES; from_state++)
        for (unsigned to = 0; to < CM_STATES && status == CM_OK; to++) {
            into->moves[from_state][to] += from->moves[from_state][to];
            if (from->samples)
                status = cm_samples_merge(&into->samples[from_state][to], &from->samples[from_state][to], samples);
        }
    return status;
}

static enum cm_status merge_part(struct cm_comparison *into, struct cm_comparison *from, uint32_t samples)
{
    enum cm_status status = CM_OK;
    into->interactions += from->interactions;
    into->moved_interactions += from->moved_interactions;
    into->moved_outcomes += from->moved_outcomes;
    into->moved_hits += from->moved_hits;
    for (unsigned side = 0; side < CM_SIDES; side++)
        for (unsigned reason = 0; reason < CM_REASON_COUNT; reason++)
            into->unscored[side][reason] += from->unscored[side][reason];
    for (uint32_t i = 0; i < into->cue_count && status == CM_OK; i++)
        status = merge_cue(&into->cues[i], &from->cues[i], samples);
    for (uint32_t i = 0; i < into->behaviour_count && status == CM_OK; i++)
        status = merge_behaviour(&into->behaviours[i], &from->behaviours[i], samples);
    for (uint32_t i = 0; i < into->score_count && status == CM_OK; i++)
        status = cm_score_diff_merge(&into->scores[i], &from->scores[i]);
    if (status == CM_OK)
        status = cm_group_diffs_merge(&into->agents, &from->agents);
    return status == CM_OK ? cm_group_diffs_merge(&into->queues, &from->queues) : status;
}

enum cm_status cm_compare_finish(struct cm_compare *compare)
{
    struct cm_comparison *sum = &compare->parts[0].sum;
    enum cm_status status = CM_OK;
    for (unsigned i = 1; i < compare->count && status == CM_OK; i++)
        status = merge_part(sum, &compare->parts[i].sum, compare->plan.samples);
    cm_group_diffs_sort(&sum->agents);
    cm_group_diffs_sort(&sum->queues);
    return status;
}

const struct cm_comparison *cm_compare_result(const struct cm_compare *compare)
{
    return &compare->parts[0].sum;
}

enum cm_status cm_compare_context(struct cm_compare *compare, const struct cm_redactor *redactor, struct cm_source *source)
{
    return cm_compare_look(&compare->parts[0].sum, redactor, source);
}
