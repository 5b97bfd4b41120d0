/*
 * What an open scorecard says beside: what it waits for, who waits longest
 * first, and moments that are worth showing while the conversation goes on.
 * A final card has neither, and pays for neither.
 */
#include "score/private.h"

enum cm_status cm_open_await(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct cm_verdict *verdict)
{
    enum cm_status status = cm_grow(&judge->awaited, &judge->awaited_cap, judge->awaited_count + 1, sizeof *judge->awaited);
    if (status != CM_OK)
        return status;
    struct cm_awaited *awaited = &judge->awaited[judge->awaited_count++];
    *awaited = (struct cm_awaited){behaviour, verdict->agent, {CM_NONE, CM_NONE, CM_NONE}};
    if (behaviour->kind == CM_BEHAVIOUR_OPPORTUNITY)
        memcpy(awaited->evidence, verdict->evidence, sizeof awaited->evidence);
    return CM_OK;
}

static enum cm_status add_sight(struct cm_judge *judge, struct cm_sight sight)
{
    enum cm_status status = cm_grow(&judge->sights, &judge->sight_cap, judge->sight_count + 1, sizeof *judge->sights);
    if (status == CM_OK)
        judge->sights[judge->sight_count++] = sight;
    return status;
}

enum cm_status cm_open_note(struct cm_judge *judge, enum cm_card_moment_kind kind, uint32_t firing, uint32_t number)
{
    struct cm_sight sight = {NULL, cm_agent_at(judge->in, judge->firings[firing].turn), (uint32_t)judge->shown_count, (uint8_t)kind};
    enum cm_status status = cm_show(judge, firing, number < CM_QUOTES_PER_BEHAVIOUR);
    return status == CM_OK ? add_sight(judge, sight) : status;
}

static enum cm_status note_points(struct cm_judge *judge)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < judge->entry_count; i++) {
        const struct cm_entry *entry = &judge->entries[i];
        const struct cm_behaviour *behaviour = entry->result.behaviour;
        if (behaviour->kind != CM_BEHAVIOUR_BONUS && behaviour->kind != CM_BEHAVIOUR_PENALTY)
            continue;
        uint8_t kind = behaviour->kind == CM_BEHAVIOUR_BONUS ? CM_CARD_MOMENT_BONUS : CM_CARD_MOMENT_PENALTY;
        for (uint32_t k = 0; status == CM_OK && k < entry->result.evidence_count; k++)
            status = add_sight(judge, (struct cm_sight){behaviour, entry->agent, entry->evidence_at + k, kind});
    }
    return status;
}

/* ---------------------------------------------------------------------- order */

static int64_t since_of(const struct cm_judge *judge, const struct cm_awaited *awaited)
{
    return awaited->evidence[0] == CM_NONE ? CM_TIME_NONE : judge->in->turns[judge->firings[awaited->evidence[0]].turn].ts;
}

/* What has no time comes last. */
static bool earlier(int64_t a, int64_t b)
{
    return a != CM_TIME_NONE && (b == CM_TIME_NONE || a < b);
}

static bool awaited_before(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    return earlier(since_of(judge, &judge->awaited[a]), since_of(judge, &judge->awaited[b]));
}

static bool sight_before(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    uint32_t one = judge->shown[judge->sights[a].shown].turn, other = judge->shown[judge->sights[b].shown].turn;
    int64_t at = judge->in->turns[one].ts, other_at = judge->in->turns[other].ts;
    return at != other_at ? earlier(at, other_at) : one < other;
}

/* The indices below count, in that order; those that are equal as they came: in the order of the pack. */
static enum cm_status in_order(struct cm_judge *judge, size_t count, cm_before before)
{
    judge->sites.count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!cm_list_add(&judge->sites, i))
            return CM_ENOMEM;
    return cm_judge_sort(judge, &judge->sites, before) ? CM_OK : CM_ENOMEM;
}

/* ----------------------------------------------------------------- publishing */

/* Its words have mostly been looked through already: for the behaviour's own evidence. */
static enum cm_status show_once(struct cm_judge *judge, uint32_t index, struct cm_evidence *out)
{
    const struct cm_firing *firing = &judge->firings[index];
    for (size_t i = judge->shown_count; i-- > 0;) {
        const struct cm_evidence *shown = &judge->shown[i];
        if (shown->quote.ptr && shown->turn == firing->turn && shown->start == firing->start && shown->end == firing->end &&
            shown->rule == judge->ruleset->cues[firing->cue].id) {
            *out = *shown;
            return CM_OK;
        }
    }
    enum cm_status status = cm_show(judge, index, true);
    if (status == CM_OK)
        *out = judge->shown[--judge->shown_count];
    return status;
}

static enum cm_status publish_pending(struct cm_judge *judge)
{
    enum cm_status status = cm_grow(&judge->pending, &judge->pending_cap, judge->awaited_count, sizeof *judge->pending);
    if (status == CM_OK)
        status = in_order(judge, judge->awaited_count, awaited_before);
    for (size_t i = 0; status == CM_OK && i < judge->awaited_count; i++) {
        const struct cm_awaited *awaited = &judge->awaited[judge->sites.items[i]];
        struct cm_card_pending *pending = &judge->pending[i];
        *pending = (struct cm_card_pending){.behaviour = awaited->behaviour,
                                            .agent_id = cm_agent_id(judge, awaited->agent),
                                            .since = since_of(judge, awaited),
                                            .state = awaited->evidence[0] == CM_NONE   ? CM_PENDING_DUE
                                                     : awaited->evidence[1] == CM_NONE ? CM_PENDING_UNMET
                                                                                       : CM_PENDING_HALF};
        for (unsigned k = 0; status == CM_OK && k < 3 && awaited->evidence[k] != CM_NONE; k++)
            status = show_once(judge, awaited->evidence[k], &pending->evidence[pending->evidence_count++]);
    }
    judge->card.pending = judge->pending;
    judge->card.pending_count = (uint32_t)judge->awaited_count;
    return status;
}

static enum cm_status publish_moments(struct cm_judge *judge)
{
    enum cm_status status = cm_grow(&judge->moments, &judge->moment_cap, judge->sight_count, sizeof *judge->moments);
    if (status == CM_OK)
        status = in_order(judge, judge->sight_count, sight_before);
    for (size_t i = 0; status == CM_OK && i < judge->sight_count; i++) {
        const struct cm_sight *sight = &judge->sights[judge->sites.items[i]];
        const struct cm_evidence *evidence = &judge->shown[sight->shown];
        judge->moments[i] = (struct cm_card_moment){sight->behaviour, cm_agent_id(judge, sight->agent), judge->in->turns[evidence->turn].ts,
                                                    sight->kind, evidence};
    }
    judge->card.moments = judge->moments;
    judge->card.moment_count = (uint32_t)judge->sight_count;
    return status;
}

enum cm_status cm_open_publish(struct cm_judge *judge)
{
    enum cm_status status = note_points(judge);
    if (status == CM_OK)
        status = publish_pending(judge);
    return status == CM_OK ? publish_moments(judge) : status;
}
