/*
 * Words cannot earn and cost at once (language.md §6): where a credit and a
 * penalty claim overlapping bytes of a turn the longer stands; equal: the
 * penalty. The longest claim is settled first, and only what stands can make
 * another fall.
 */
#include "score/private.h"

static bool claims_credit(const struct cm_judge *judge, uint32_t cue)
{
    return judge->credit_channels[cue] >> judge->in->channel & 1;
}

static bool claims_penalty(const struct cm_judge *judge, uint32_t cue)
{
    return judge->penalty_channels[cue] >> judge->in->channel & 1;
}

static bool has_claim(const struct cm_judge *judge, const struct cm_firing *firing)
{
    return !(firing->flags & (CM_FIRING_FAULT | CM_FIRING_WHOLE)) &&
           (claims_credit(judge, firing->cue) || claims_penalty(judge, firing->cue));
}

/* By turn, then longer first, then penalties first. */
static bool stronger(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    const struct cm_firing *x = &judge->firings[a], *y = &judge->firings[b];
    if (x->turn != y->turn)
        return x->turn < y->turn;
    uint32_t x_len = x->end - x->start, y_len = y->end - y->start;
    if (x_len != y_len)
        return x_len > y_len;
    return claims_penalty(judge, x->cue) && !claims_penalty(judge, y->cue);
}

static bool overlap(const struct cm_firing *a, const struct cm_firing *b)
{
    return a->start < b->end && b->start < a->end;
}

/* A cue that a penalty names stands for the penalty, whoever else names it. */
static bool loses(const struct cm_judge *judge, size_t index)
{
    const struct cm_list *claims = &judge->claims;
    const struct cm_firing *claim = &judge->firings[claims->items[index]];
    for (size_t i = index; i-- > 0;) {
        const struct cm_firing *other = &judge->firings[claims->items[i]];
        if (other->turn != claim->turn)
            break;
        bool opposed = claims_penalty(judge, other->cue) != claims_penalty(judge, claim->cue);
        if (opposed && !(other->flags & CM_FIRING_FALLEN) && overlap(other, claim))
            return true;
    }
    return false;
}

enum cm_status cm_judge_claims(struct cm_judge *judge)
{
    judge->claims.count = 0;
    if (!judge->has_penalty)
        return CM_OK;
    for (uint32_t i = 0; i < judge->firing_count; i++)
        if (has_claim(judge, &judge->firings[i]) && !cm_list_add(&judge->claims, i))
            return CM_ENOMEM;
    if (!cm_judge_sort(judge, &judge->claims, stronger))
        return CM_ENOMEM;
    for (size_t i = 0; i < judge->claims.count; i++)
        if (loses(judge, i))
            judge->firings[judge->claims.items[i]].flags |= CM_FIRING_FALLEN;
    return CM_OK;
}
