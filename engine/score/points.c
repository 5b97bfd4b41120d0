/* Bonus and penalty: points for what happened, once a turn (rules/REFERENCE.md §6). */
#include "score/private.h"

uint32_t cm_agent_at(const struct cm_interaction *in, uint32_t turn)
{
    for (uint32_t i = turn + 1; i-- > 0;)
        if (in->turns[i].agent != CM_NONE)
            return in->turns[i].agent;
    return CM_NONE;
}

static void keep_standing(struct cm_judge *judge, uint32_t fallen)
{
    struct cm_list *hits = &judge->met.hits;
    size_t count = 0;
    for (size_t i = 0; i < hits->count; i++)
        if (!(judge->firings[hits->items[i]].flags & fallen))
            hits->items[count++] = hits->items[i];
    hits->count = count;
}

static void mark_live(struct cm_judge *judge)
{
    for (size_t i = 0; i < judge->met.hits.count; i++)
        judge->firings[judge->met.hits.items[i]].flags |= CM_FIRING_LIVE;
}

enum cm_status cm_judge_points(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    bool bonus = behaviour->kind == CM_BEHAVIOUR_BONUS;
    if (judge->reasons || (judge->marking && !bonus))
        return CM_OK;
    enum cm_status status = cm_judge_find(judge, behaviour->met_by, &judge->met);
    if (status != CM_OK)
        return status;
    if (judge->marking) {
        mark_live(judge);
        return CM_OK;
    }
    keep_standing(judge, bonus ? CM_FIRING_UNEARNED : CM_FIRING_SPARED);
    uint32_t last = CM_NONE;
    for (size_t i = 0; status == CM_OK && i < judge->met.hits.count; i++) {
        uint32_t firing = judge->met.hits.items[i], turn = judge->firings[firing].turn;
        struct cm_verdict verdict = {.kind = turn == last ? CM_VERDICT_MORE : CM_VERDICT_SEEN,
                                     .agent = cm_agent_at(judge->in, turn),
                                     .evidence = {firing, CM_NONE, CM_NONE}};
        if (verdict.agent != CM_NONE)
            status = cm_tally(judge, behaviour, &verdict);
        last = turn;
    }
    if (status == CM_OK && !judge->met.hits.count && judge->met.faults.count) {
        struct cm_verdict verdict = {.kind = CM_VERDICT_NOT_EVALUATED,
                                     .reason = CM_REASON_FAULT,
                                     .agent = cm_agent_at(judge->in, judge->firings[judge->met.faults.items[0]].turn),
                                     .evidence = {CM_NONE, CM_NONE, CM_NONE}};
        status = cm_tally(judge, behaviour, &verdict);
    }
    return status;
}
