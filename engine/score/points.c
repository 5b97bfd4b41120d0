/* Bonus and penalty: points for what happened, once a turn (language.md §6). */
#include "score/private.h"

/* He who wrote the turn; where the customer or a bot did, the agent who wrote last before it. */
static uint32_t agent_at(const struct cm_interaction *in, uint32_t turn)
{
    for (uint32_t i = turn + 1; i-- > 0;)
        if (in->turns[i].agent != CM_NONE)
            return in->turns[i].agent;
    return CM_NONE;
}

enum cm_status cm_judge_points(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    if (judge->reasons)
        return CM_OK;
    enum cm_status status = cm_judge_find(judge, behaviour->met_by, &judge->met);
    uint32_t last = CM_NONE;
    for (size_t i = 0; status == CM_OK && i < judge->met.hits.count; i++) {
        uint32_t firing = judge->met.hits.items[i], turn = judge->firings[firing].turn;
        struct cm_verdict verdict = {.kind = turn == last ? CM_VERDICT_MORE : CM_VERDICT_SEEN,
                                     .agent = agent_at(judge->in, turn),
                                     .evidence = {firing, CM_NONE, CM_NONE}};
        if (verdict.agent != CM_NONE)
            status = cm_tally(judge, behaviour, &verdict);
        last = turn;
    }
    if (status == CM_OK && !judge->met.hits.count && judge->met.faults.count) {
        struct cm_verdict verdict = {.kind = CM_VERDICT_NOT_EVALUATED,
                                     .reason = CM_REASON_FAULT,
                                     .agent = agent_at(judge->in, judge->firings[judge->met.faults.items[0]].turn),
                                     .evidence = {CM_NONE, CM_NONE, CM_NONE}};
        status = cm_tally(judge, behaviour, &verdict);
    }
    return status;
}
