#include "score/private.h"

/* Which cues credit and which punish, by channel: claims are settled between the two. */
static void note_roles(struct cm_judge *judge)
{
    const struct cm_ruleset *ruleset = judge->ruleset;
    for (uint32_t b = 0; b < ruleset->behaviour_count; b++) {
        const struct cm_behaviour *behaviour = &ruleset->behaviours[b];
        uint16_t *roles = behaviour->kind == CM_BEHAVIOUR_PENALTY ? judge->penalty_channels : judge->credit_channels;
        for (uint32_t i = 0; i < behaviour->met_by.count; i++)
            roles[behaviour->met_by.items[i]] |= behaviour->channels;
        for (uint32_t i = 0; i < behaviour->then_any.count; i++)
            roles[behaviour->then_any.items[i]] |= behaviour->channels;
    }
}

static void note_cues(struct cm_judge *judge)
{
    const struct cm_ruleset *ruleset = judge->ruleset;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        const struct cm_cue *cue = &ruleset->cues[i];
        judge->cue_gated[i] = cue->channels != UINT16_MAX || cue->language_count || cue->position_first || cue->position_last ||
                              cue->replies || cue->min_words || cue->max_words;
    }
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        uint32_t cue = ruleset->cue_order ? ruleset->cue_order[i] : i;
        uint8_t kind = ruleset->cues[cue].kind;
        if (kind == CM_CUE_COMPOSITE || kind == CM_CUE_ECHO || kind == CM_CUE_SUMMED)
            judge->composed[judge->composed_count++] = cue;
    }
}

enum cm_status cm_judge_new(const struct cm_ruleset *ruleset, struct cm_judge **out)
{
    size_t cues = ruleset->cue_count + 1; /* a pack without cues is a pack */
    struct cm_judge *judge = calloc(1, sizeof *judge);
    *out = NULL;
    if (!judge)
        return CM_ENOMEM;
    judge->ruleset = ruleset;
    judge->credit_channels = calloc(cues, sizeof *judge->credit_channels);
    judge->penalty_channels = calloc(cues, sizeof *judge->penalty_channels);
    judge->cue_gated = calloc(cues, sizeof *judge->cue_gated);
    judge->composed = calloc(cues, sizeof *judge->composed);
    judge->head = calloc(cues, sizeof *judge->head);
    judge->tail = calloc(cues, sizeof *judge->tail);
    judge->stamp = calloc(cues, sizeof *judge->stamp);
    judge->part_head = calloc(cues, sizeof *judge->part_head);
    judge->part_tail = calloc(cues, sizeof *judge->part_tail);
    judge->cursor = calloc(cues, sizeof *judge->cursor);
    judge->gate = calloc(cues, sizeof *judge->gate);
    if (!judge->credit_channels || !judge->penalty_channels || !judge->cue_gated || !judge->composed || !judge->head || !judge->tail ||
        !judge->stamp || !judge->part_head || !judge->part_tail || !judge->cursor || !judge->gate) {
        cm_judge_free(judge);
        return CM_ENOMEM;
    }
    note_roles(judge);
    note_cues(judge);
    *out = judge;
    return CM_OK;
}

void cm_judge_free(struct cm_judge *judge)
{
    if (!judge)
        return;
    struct cm_list *lists[] = {
        &judge->sites,    &judge->claims,     &judge->spare,      &judge->echo,         &judge->opened.hits, &judge->opened.faults,
        &judge->met.hits, &judge->met.faults, &judge->deeds.hits, &judge->deeds.faults, &judge->evidence,    &judge->evidence_of,
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        free(lists[i]->items);
    void *arrays[] = {
        judge->credit_channels, judge->penalty_channels, judge->cue_gated, judge->composed, judge->head,  judge->tail,    judge->stamp,
        judge->part_head,       judge->part_tail,        judge->parts,     judge->cursor,   judge->gate,  judge->firings, judge->entries,
        judge->shown,           judge->results,          judge->agents,    judge->sums,     judge->holds, judge->gaps,    judge->awaited,
        judge->sights,          judge->pending,          judge->moments,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    cm_buffer_free(&judge->quote);
    cm_arena_free(&judge->quotes);
    free(judge);
}

void cm_judge_redact(struct cm_judge *judge, struct cm_redaction *redaction)
{
    judge->redaction = redaction;
}

void cm_judge_profile(struct cm_judge *judge, struct cm_profile *profile)
{
    judge->profile = profile;
}

/* In a team's own channel the customer is a colleague: two of them make a dialogue. */
static bool is_dialogue(const struct cm_interaction *in)
{
    return in->customer_runs > 0 || (in->channel == CM_CHANNEL_TEAM && in->agent_count > 1);
}

static uint32_t whole_reasons(const struct cm_judge *judge)
{
    const struct cm_interaction *in = judge->in;
    const struct cm_ruleset *ruleset = judge->ruleset;
    uint32_t reasons = 0;
    if (!in->agent_count)
        reasons |= 1u << CM_REASON_NO_AGENT;
    else if (!in->agent_runs) /* nothing but "right", "okay" */
        reasons |= 1u << CM_REASON_TOO_SHORT;
    if (!cm_language_in(in->lang, ruleset->languages, ruleset->language_count))
        reasons |= 1u << CM_REASON_LANGUAGE;
    if (judge->final && !is_dialogue(in)) /* while it is open the customer may still come */
        reasons |= 1u << CM_REASON_NO_DIALOGUE;
    return reasons;
}

static enum cm_status judge_behaviour(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    switch (behaviour->kind) {
    case CM_BEHAVIOUR_EXPECTED:
        return cm_judge_expected(judge, behaviour);
    case CM_BEHAVIOUR_OPPORTUNITY:
        return cm_judge_opportunity(judge, behaviour);
    case CM_BEHAVIOUR_TIMED:
        return cm_judge_timed(judge, behaviour);
    default:
        return cm_judge_points(judge, behaviour);
    }
}

enum cm_status cm_judge_behaviours(struct cm_judge *judge)
{
    const struct cm_ruleset *ruleset = judge->ruleset;
    enum cm_status status = CM_OK;
    judge->entry_count = judge->entry_from = judge->shown_count = 0;
    judge->awaited_count = judge->sight_count = 0;
    judge->evidence.count = judge->evidence_of.count = 0;
    cm_arena_reset(&judge->quotes);
    for (uint32_t i = 0; status == CM_OK && i < ruleset->behaviour_count; i++) {
        const struct cm_behaviour *behaviour = &ruleset->behaviours[i];
        if (!(ruleset->channels & behaviour->channels & CM_BIT(judge->in->channel)))
            continue;
        if (judge->marking && behaviour->kind == CM_BEHAVIOUR_TIMED)
            continue; /* names no cues */
        status = judge_behaviour(judge, behaviour);
        if (status == CM_OK && !judge->marking)
            status = cm_tally_close(judge, behaviour);
    }
    return status;
}

/* Entries to results that no longer move. */
static enum cm_status publish(struct cm_judge *judge)
{
    enum cm_status status = cm_grow(&judge->results, &judge->result_cap, judge->entry_count, sizeof *judge->results);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < judge->entry_count; i++) {
        judge->results[i] = judge->entries[i].result;
        judge->results[i].evidence = judge->shown + judge->entries[i].evidence_at;
    }
    judge->card.behaviours = judge->results;
    judge->card.behaviour_count = (uint32_t)judge->entry_count;
    return CM_OK;
}

static void describe(struct cm_judge *judge)
{
    const struct cm_interaction *in = judge->in;
    const char *channel = cm_channel_name((enum cm_channel)in->channel);
    struct cm_scorecard *card = &judge->card;
    *card = (struct cm_scorecard){
        .ruleset = judge->ruleset,
        .interaction_id = in->id,
        .channel = in->channel == CM_CHANNEL_NONE ? (struct cm_span){NULL, 0} : cm_span_of(channel),
        .lang = in->lang,
        .customer_id = in->customer_id,
        .queue = in->queue,
        .team = in->team,
        .started_at = in->started_at,
        .ended_at = in->ended_at,
        .flags = in->flags,
        .final = judge->final,
    };
    for (size_t i = 0; i < in->turn_count; i++) {
        card->agent_turns += in->turns[i].agent != CM_NONE;
        card->customer_turns += in->turns[i].speaker == CM_SPEAKER_CUSTOMER;
        card->bot_turns += in->turns[i].speaker == CM_SPEAKER_BOT;
    }
    uint32_t most = 0;
    for (size_t i = 0; i < in->agent_count; i++) {
        if (in->agents[i].turns <= most)
            continue;
        most = in->agents[i].turns;
        card->agent_id = in->agents[i].id;
    }
}

enum cm_status cm_judge_run(struct cm_judge *judge, const struct cm_interaction *interaction, uint32_t pack, bool final,
                            const struct cm_scorecard **card)
{
    *card = NULL;
    if (!interaction->sealed)
        return CM_EUSAGE;
    judge->in = interaction;
    judge->pack = pack;
    judge->final = final;
    judge->reasons = whole_reasons(judge);
    judge->timing = judge->profile && cm_profile_interaction(judge->profile) ? judge->profile : NULL;
    if (judge->timing)
        cm_profile_nest(judge->timing);
    uint64_t from = cm_profile_start(judge->timing);
    describe(judge);
    enum cm_status status = cm_judge_cues(judge);
    if (status == CM_OK)
        status = cm_timing_prepare(judge);
    if (status == CM_OK)
        status = cm_timing_measure(judge, CM_NONE, &judge->card.timing, &judge->clockless);
    if (status == CM_OK)
        status = cm_judge_claims(judge);
    if (status == CM_OK)
        status = cm_judge_behaviours(judge);
    if (status == CM_OK)
        status = cm_judge_care(judge);
    if (status == CM_OK)
        status = cm_judge_customer(judge);
    if (status == CM_OK && !final)
        status = cm_open_publish(judge);
    if (status == CM_OK)
        status = publish(judge);
    if (judge->timing)
        cm_profile_step_around(judge->timing, CM_STAGE_JUDGE, from);
    if (status == CM_OK)
        *card = &judge->card;
    return status;
}

size_t cm_judge_fired_count(const struct cm_judge *judge)
{
    return judge->firing_count;
}

struct cm_fired cm_judge_fired(const struct cm_judge *judge, size_t index)
{
    const struct cm_firing *firing = &judge->firings[index];
    return (struct cm_fired){.cue = firing->cue,
                             .turn = firing->turn,
                             .start = firing->start,
                             .end = firing->end,
                             .fault = (firing->flags & CM_FIRING_FAULT) != 0};
}
