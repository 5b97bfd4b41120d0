/* Verdicts to entries: one a behaviour and agent, its outcome, its evidence (rules/REFERENCE.md §6, §8). */
#include "score/private.h"

static enum cm_status find_entry(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t agent, bool own, size_t *index)
{
    for (size_t i = judge->entry_count; i-- > judge->entry_from;) {
        *index = i;
        if (judge->entries[i].agent == agent && judge->entries[i].own == own)
            return CM_OK;
    }
    enum cm_status status = cm_grow(&judge->entries, &judge->entry_cap, judge->entry_count + 1, sizeof *judge->entries);
    if (status != CM_OK)
        return status;
    *index = judge->entry_count++;
    judge->entries[*index] =
        (struct cm_entry){.agent = agent, .own = own, .result = {.behaviour = behaviour, .agent_id = cm_agent_id(judge, agent)}};
    return CM_OK;
}

static void widen(struct cm_behaviour_result *result, const struct cm_verdict *verdict)
{
    if (!result->has_searched || verdict->searched_from < result->searched_from)
        result->searched_from = verdict->searched_from;
    if (!result->has_searched || verdict->searched_to > result->searched_to)
        result->searched_to = verdict->searched_to;
    result->has_searched = true;
}

/*
 * A firing, and of a weighted cue all that it fired for in the turn: what made
 * it reach its threshold. Points come with every hit anyway.
 */
static bool add_evidence(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t firing, uint32_t entry)
{
    const struct cm_firing *all = judge->firings;
    uint32_t from = firing, to = firing + 1, turn = all[firing].turn;
    if (cm_firing_weighted(judge, firing) && behaviour->kind != CM_BEHAVIOUR_BONUS && behaviour->kind != CM_BEHAVIOUR_PENALTY) {
        while (from > 0 && all[from - 1].turn == turn)
            from--;
        while (to < judge->firing_count && all[to].turn == turn)
            to++;
    }
    for (uint32_t i = from; i < to; i++) {
        bool wanted = i == firing || (all[i].cue == all[firing].cue && !(all[i].flags & (CM_FIRING_FAULT | CM_FIRING_UNEARNED)));
        if (wanted && (!cm_list_add(&judge->evidence, i) || !cm_list_add(&judge->evidence_of, entry)))
            return false;
    }
    return true;
}

enum cm_status cm_tally(struct cm_judge *judge, const struct cm_behaviour *behaviour, const struct cm_verdict *verdict)
{
    size_t index;
    if (judge->marking)
        return CM_OK;
    enum cm_status status = find_entry(judge, behaviour, verdict->agent, verdict->own, &index);
    if (status != CM_OK)
        return status;
    struct cm_entry *entry = &judge->entries[index];
    if (verdict->kind == CM_VERDICT_SEEN) {
        entry->result.seen++;
        entry->result.met += verdict->credit > 0;
        entry->result.credit_ppm += verdict->credit;
        if (verdict->credit == 0 && verdict->has_window)
            widen(&entry->result, verdict);
        entry->unanswered += verdict->reason == CM_REASON_NO_REPLY;
    } else if (verdict->kind == CM_VERDICT_PENDING) {
        entry->pending = true;
        status = cm_open_await(judge, behaviour, verdict);
    } else if (verdict->kind == CM_VERDICT_NOT_EVALUATED) {
        entry->reasons |= 1u << verdict->reason;
    }
    for (unsigned i = 0; i < sizeof verdict->evidence / sizeof *verdict->evidence; i++) {
        if (verdict->evidence[i] != CM_NONE && !add_evidence(judge, behaviour, verdict->evidence[i], (uint32_t)index))
            return CM_ENOMEM;
    }
    return status;
}

enum cm_status cm_tally_whole(struct cm_judge *judge, const struct cm_behaviour *behaviour, uint32_t more_reasons)
{
    uint32_t reasons = judge->reasons | more_reasons;
    bool may_change = !judge->final && !(judge->reasons & 1u << CM_REASON_LANGUAGE);
    struct cm_verdict verdict = {.kind = may_change ? CM_VERDICT_PENDING : CM_VERDICT_NOT_EVALUATED,
                                 .reason = may_change ? CM_REASON_NONE : (uint8_t)__builtin_ctz(reasons),
                                 .agent = CM_NONE,
                                 .evidence = {CM_NONE, CM_NONE, CM_NONE}};
    return cm_tally(judge, behaviour, &verdict);
}

/* ------------------------------------------------------------------ finishing */

static void settle_points(struct cm_behaviour_result *result)
{
    const struct cm_behaviour *behaviour = result->behaviour;
    int64_t points = (int64_t)result->seen * behaviour->points;
    if (behaviour->points_cap && points > behaviour->points_cap)
        points = behaviour->points_cap;
    result->credit_ppm = (behaviour->kind == CM_BEHAVIOUR_PENALTY ? -points : points) * (CM_PPM / 100);
    result->met = result->seen;
    result->outcome = CM_OUTCOME_DELIVERED;
}

static void settle(struct cm_entry *entry)
{
    struct cm_behaviour_result *result = &entry->result;
    bool points = result->behaviour->kind == CM_BEHAVIOUR_BONUS || result->behaviour->kind == CM_BEHAVIOUR_PENALTY;
    if (result->seen && points) {
        settle_points(result);
    } else if (result->seen) {
        result->outcome = result->credit_ppm == (int64_t)result->seen * CM_PPM ? CM_OUTCOME_DELIVERED
                          : result->credit_ppm == 0                            ? CM_OUTCOME_MISSED
                                                                               : CM_OUTCOME_PARTIAL;
        if (result->outcome == CM_OUTCOME_MISSED && entry->unanswered == result->seen)
            result->reason = CM_REASON_NO_REPLY;
    } else if (entry->pending) {
        result->outcome = CM_OUTCOME_PENDING;
    } else if (entry->reasons) {
        result->outcome = CM_OUTCOME_NOT_EVALUATED;
        result->reason = (uint8_t)__builtin_ctz(entry->reasons);
    } else {
        result->outcome = CM_OUTCOME_NO_OPPORTUNITY;
    }
}

static bool evidence_before(const struct cm_judge *judge, uint32_t a, uint32_t b)
{
    if (judge->evidence_of.items[a] != judge->evidence_of.items[b])
        return judge->evidence_of.items[a] < judge->evidence_of.items[b];
    return cm_firing_before(judge, judge->evidence.items[a], judge->evidence.items[b]);
}

static enum cm_status show(struct cm_judge *judge, struct cm_entry *entry, uint32_t index)
{
    const struct cm_firing *firing = &judge->firings[index];
    unsigned shown = 0, enough = cm_firing_weighted(judge, index) ? CM_QUOTES_PER_BEHAVIOUR : 1;
    for (size_t i = judge->shown_count; i-- > entry->evidence_at && judge->shown[i].turn == firing->turn;) {
        const struct cm_evidence *before = &judge->shown[i];
        if (before->rule != judge->ruleset->cues[firing->cue].id)
            continue;
        if (++shown == enough || (before->start == firing->start && before->end == firing->end))
            return CM_OK; /* a cue counts once a turn; a weighted one shows what it added up */
    }
    enum cm_status status = cm_show(judge, index, entry->result.evidence_count < CM_QUOTES_PER_BEHAVIOUR);
    entry->result.evidence_count += status == CM_OK;
    return status;
}

static enum cm_status show_evidence(struct cm_judge *judge)
{
    struct cm_list *order = &judge->sites;
    order->count = 0;
    for (uint32_t i = 0; i < judge->evidence.count; i++)
        if (!cm_list_add(order, i))
            return CM_ENOMEM;
    if (!cm_judge_sort(judge, order, evidence_before))
        return CM_ENOMEM;
    enum cm_status status = CM_OK;
    for (size_t i = 0; status == CM_OK && i < order->count; i++) {
        struct cm_entry *entry = &judge->entries[judge->evidence_of.items[order->items[i]]];
        if (!entry->result.evidence_count)
            entry->evidence_at = (uint32_t)judge->shown_count;
        status = show(judge, entry, judge->evidence.items[order->items[i]]);
    }
    return status;
}

/* Nobody's first, then by who spoke first, then those who never did. */
static int compare_entries(const void *a, const void *b)
{
    uint32_t x = ((const struct cm_entry *)a)->agent + 1, y = ((const struct cm_entry *)b)->agent + 1;
    return (x > y) - (x < y);
}

/* qsort allocates; nearly all conversations have few agents. */
static void sort_entries(struct cm_entry *entries, size_t count)
{
    enum { FEW = 16 };
    if (count > FEW) {
        qsort(entries, count, sizeof *entries, compare_entries);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct cm_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && compare_entries(&entry, &entries[at - 1]) < 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

enum cm_status cm_tally_close(struct cm_judge *judge, const struct cm_behaviour *behaviour)
{
    enum cm_status status = CM_OK;
    size_t index;
    if (judge->entry_count == judge->entry_from)
        status = find_entry(judge, behaviour, CM_NONE, false, &index);
    if (status == CM_OK && judge->evidence.count)
        status = show_evidence(judge);
    if (status != CM_OK)
        return status;
    size_t count = judge->entry_count - judge->entry_from;
    for (size_t i = judge->entry_from; i < judge->entry_count; i++)
        settle(&judge->entries[i]);
    sort_entries(judge->entries + judge->entry_from, count);
    judge->evidence.count = judge->evidence_of.count = 0;
    judge->entry_from = judge->entry_count;
    return CM_OK;
}
