/*
 * The customer's side, beside CARE and never in it. What was said last about the
 * matter counts: by the customer that it is solved, confirmed; by the agent,
 * likely; by anyone that it is not, open. Thanks or delight after nothing of
 * the kind make it likely.
 */
#include "score/private.h"

/* Customer turns in which any of the cues fired, moments of an open card; *last: the last of them. */
static enum cm_status count_turns(struct cm_judge *judge, struct cm_cue_list cues, enum cm_card_moment_kind kind, uint32_t *count,
                                  uint32_t *last)
{
    enum cm_status status = cm_judge_find(judge, cues, &judge->met);
    *count = 0;
    *last = CM_NONE;
    for (size_t i = 0; status == CM_OK && i < judge->met.hits.count; i++) {
        uint32_t turn = judge->firings[judge->met.hits.items[i]].turn;
        if (judge->in->turns[turn].speaker != CM_SPEAKER_CUSTOMER || turn == *last)
            continue;
        if (!judge->final)
            status = cm_open_note(judge, kind, judge->met.hits.items[i], *count);
        ++*count;
        *last = turn;
    }
    return status;
}

static enum cm_status last_turn(struct cm_judge *judge, struct cm_cue_list cues, uint32_t *last)
{
    enum cm_status status = cm_judge_find(judge, cues, &judge->met);
    *last = CM_NONE;
    if (status == CM_OK && judge->met.hits.count)
        *last = judge->firings[judge->met.hits.items[judge->met.hits.count - 1]].turn;
    return status;
}

enum cm_status cm_judge_customer(struct cm_judge *judge)
{
    const struct cm_ruleset *ruleset = judge->ruleset;
    struct cm_scorecard *card = &judge->card;
    uint32_t delight, thanks, resolved, unresolved;
    enum cm_status status = count_turns(judge, ruleset->delight, CM_CARD_MOMENT_DELIGHT, &card->delight, &delight);
    if (status == CM_OK)
        status = count_turns(judge, ruleset->thanks, CM_CARD_MOMENT_THANKS, &card->thanks, &thanks);
    if (status == CM_OK)
        status = last_turn(judge, ruleset->resolved, &resolved);
    if (status == CM_OK)
        status = last_turn(judge, ruleset->unresolved, &unresolved);
    if (status != CM_OK)
        return status;
    if (resolved != CM_NONE && (unresolved == CM_NONE || resolved > unresolved))
        card->resolution = judge->in->turns[resolved].speaker == CM_SPEAKER_CUSTOMER ? CM_RESOLUTION_CONFIRMED : CM_RESOLUTION_LIKELY;
    else if (unresolved != CM_NONE)
        card->resolution = CM_RESOLUTION_OPEN;
    else
        card->resolution = delight != CM_NONE || thanks != CM_NONE ? CM_RESOLUTION_LIKELY : CM_RESOLUTION_UNKNOWN;
    const struct cm_record *rating = judge->in->rating;
    card->has_rating = rating != NULL;
    card->rating = rating ? rating->rating : 0;
    card->scale = rating && rating->has & CM_HAS_SCALE ? rating->scale : -1;
    return CM_OK;
}
