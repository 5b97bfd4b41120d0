/*
 * Words cannot earn and cost at once (rules/REFERENCE.md §6): where a credit and
 * a penalty claim overlapping bytes of a turn the longer stands; equal: the
 * penalty. The longest claim is settled first, and only what stands can make
 * another fall. A cue that both a credit and a penalty name claims twice, and
 * may stand as one and fall as the other.
 *
 * A credit makes penalties fall only where it is live: where it would earn
 * something if nothing fell (a hit in the window of an opportunity, a deed after
 * it, what an expected behaviour asks for, a bonus). One that is not live claims
 * no words, and gives way to any penalty that stands on them.
 *
 * A penalty never raises a score: which opportunities there are, which are
 * evaluated and whose they are is settled as if nothing had fallen; what falls
 * can only lower the credit of what was seen. For the same reason nothing falls
 * for holds and for the customer's own outcome.
 */
#include "score/private.h"

static bool credits(const struct cm_judge *judge, uint32_t cue)
{
    return judge->credit_channels[cue] >> judge->in->channel & 1;
}

static bool punishes(const struct cm_judge *judge, uint32_t cue)
{
    return judge->penalty_channels[cue] >> judge->in->channel & 1;
}

/* A claim is twice the number of its firing, and one more for a penalty. */
static struct cm_firing *firing_of(const struct cm_judge *judge, uint32_t claim)
{
    return &judge->firings[claim / 2];
}

static bool is_penalty(uint32_t claim)
{
    return claim & 1;
}

/* By turn, then longer first, then penalties first. */
static bool stronger(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    const struct cm_firing *x = firing_of(judge, a), *y = firing_of(judge, b);
    if (x->turn != y->turn)
        return x->turn < y->turn;
    uint32_t x_len = x->end - x->start, y_len = y->end - y->start;
    if (x_len != y_len)
        return x_len > y_len;
    return is_penalty(a) && !is_penalty(b);
}

static enum cm_status collect(struct cm_judge *judge)
{
    judge->claims.count = 0;
    for (uint32_t i = 0; i < judge->firing_count; i++) {
        const struct cm_firing *firing = &judge->firings[i];
        if (firing->flags & (CM_FIRING_FAULT | CM_FIRING_WHOLE))
            continue;
        if (punishes(judge, firing->cue) && !cm_list_add(&judge->claims, 2 * i + 1))
            return CM_ENOMEM;
        if (credits(judge, firing->cue) && !cm_list_add(&judge->claims, 2 * i))
            return CM_ENOMEM;
    }
    return cm_judge_sort(judge, &judge->claims, stronger) ? CM_OK : CM_ENOMEM;
}

/* Does a claim of the other side that stands, one of [from, to), overlap this one? */
static bool is_opposed(const struct cm_judge *judge, uint32_t claim, size_t from, size_t to)
{
    const struct cm_firing *one = firing_of(judge, claim);
    for (size_t i = from; i < to; i++) {
        uint32_t other = judge->claims.items[i];
        const struct cm_firing *two = firing_of(judge, other);
        bool stands =
            is_penalty(other) ? !(two->flags & CM_FIRING_SPARED) : (two->flags & (CM_FIRING_LIVE | CM_FIRING_UNEARNED)) == CM_FIRING_LIVE;
        if (is_penalty(other) != is_penalty(claim) && stands && one->start < two->end && two->start < one->end)
            return true;
    }
    return false;
}

static bool claims_words(const struct cm_judge *judge, uint32_t claim)
{
    return is_penalty(claim) || firing_of(judge, claim)->flags & CM_FIRING_LIVE;
}

/* The claims [from, to) of one turn. */
static void settle_turn(struct cm_judge *judge, size_t from, size_t to)
{
    const uint32_t *claims = judge->claims.items;
    for (size_t i = from; i < to; i++)
        if (claims_words(judge, claims[i]) && is_opposed(judge, claims[i], from, i))
            firing_of(judge, claims[i])->flags |= is_penalty(claims[i]) ? CM_FIRING_SPARED : CM_FIRING_UNEARNED;
    for (size_t i = from; i < to; i++)
        if (!claims_words(judge, claims[i]) && is_opposed(judge, claims[i], from, to))
            firing_of(judge, claims[i])->flags |= CM_FIRING_UNEARNED;
}

static size_t end_of_turn(const struct cm_judge *judge, size_t from)
{
    size_t to = from;
    while (to < judge->claims.count && firing_of(judge, judge->claims.items[to])->turn == firing_of(judge, judge->claims.items[from])->turn)
        to++;
    return to;
}

/* Are there turns in which both sides claim something? */
static bool is_contested(const struct cm_judge *judge)
{
    for (size_t i = 1; i < judge->claims.count; i++) {
        uint32_t a = judge->claims.items[i - 1], b = judge->claims.items[i];
        if (is_penalty(a) != is_penalty(b) && firing_of(judge, a)->turn == firing_of(judge, b)->turn)
            return true;
    }
    return false;
}

enum cm_status cm_judge_claims(struct cm_judge *judge)
{
    judge->fell = false;
    if (!judge->has_penalty)
        return CM_OK;
    enum cm_status status = collect(judge);
    if (status != CM_OK || !is_contested(judge))
        return status;
    judge->marking = true;
    status = cm_judge_behaviours(judge);
    judge->marking = false;
    for (size_t from = 0, to; status == CM_OK && from < judge->claims.count; from = to) {
        to = end_of_turn(judge, from);
        settle_turn(judge, from, to);
    }
    judge->fell = true;
    return status;
}
