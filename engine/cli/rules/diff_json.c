#include "cli/rules/diff.h"

static const char *const side_names[CM_SIDES] = {"old", "new"};

static void text(struct cm_buffer *out, struct cm_span span)
{
    if (span.ptr)
        cm_buffer_json(out, span);
    else
        cm_buffer_text(out, "null");
}

static void pack(struct cm_buffer *out, const struct cm_ruleset *rules)
{
    cm_buffer_text(out, "{\"name\":");
    text(out, cm_span_of(rules->name));
    cm_buffer_text(out, ",\"version\":");
    text(out, cm_span_of(rules->version));
    cm_buffer_printf(out, ",\"hash\":\"%016llx%016llx\"}", (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low);
}

static void change(struct cm_buffer *out, uint8_t value)
{
    const char *name = cm_diff_change(value, false);
    cm_buffer_text(out, ",\"change\":");
    text(out, *name ? cm_span_of(name) : (struct cm_span){NULL, 0});
}

static void pairs(struct cm_buffer *out, const struct cm_pairs *sums, const struct cm_change_figures *figures)
{
    cm_buffer_printf(out, ",\"pairs\":%llu,\"moved\":%llu,\"only_old\":%llu,\"only_new\":%llu", (unsigned long long)sums->count,
                     (unsigned long long)sums->moved, (unsigned long long)sums->only[CM_SIDE_OLD],
                     (unsigned long long)sums->only[CM_SIDE_NEW]);
    if (figures->count == 0)
        cm_buffer_text(out, ",\"before\":null,\"after\":null,\"change\":null");
    else
        cm_buffer_printf(out, ",\"before\":%.4f,\"after\":%.4f,\"change\":%.4f", figures->before, figures->after, figures->mean);
    if (figures->margin < 0)
        cm_buffer_text(out, ",\"margin\":null");
    else
        cm_buffer_printf(out, ",\"margin\":%.4f", figures->margin);
    cm_buffer_printf(out, ",\"clear\":%s", figures->clear ? "true" : "false");
}

static void extremes(struct cm_buffer *out, const struct cm_score_diff *diff, unsigned side)
{
    for (uint32_t i = 0; i < diff->extreme_count[side]; i++) {
        const struct cm_score_extreme *extreme = &diff->extremes[side][i];
        cm_buffer_text(out, i ? ",{\"interaction_id\":" : "{\"interaction_id\":");
        text(out, extreme->interaction_id);
        cm_buffer_text(out, ",\"before\":");
        cm_buffer_decimal(out, extreme->score[CM_SIDE_OLD], 2);
        cm_buffer_text(out, ",\"after\":");
        cm_buffer_decimal(out, extreme->score[CM_SIDE_NEW], 2);
        cm_buffer_byte(out, '}');
    }
}

static void score(struct cm_buffer *out, const char *name, const struct cm_score_diff *diff)
{
    struct cm_change_figures figures;
    cm_change_figures(diff, &figures);
    cm_buffer_text(out, "{\"score\":");
    text(out, cm_span_of(name));
    pairs(out, &diff->pairs, &figures);
    cm_buffer_printf(out, ",\"up\":%llu,\"down\":%llu,\"median\":%.2f,\"median_moved\":%.2f,\"largest_up\":[", (unsigned long long)diff->up,
                     (unsigned long long)diff->down, figures.median, figures.median_moved);
    extremes(out, diff, CM_SIDE_NEW);
    cm_buffer_text(out, "],\"largest_down\":[");
    extremes(out, diff, CM_SIDE_OLD);
    cm_buffer_text(out, "]}");
}

static void unscored(struct cm_buffer *out, const uint64_t reasons[CM_REASON_COUNT])
{
    bool first = true;
    cm_buffer_byte(out, '{');
    for (unsigned i = 0; i < CM_REASON_COUNT; i++) {
        if (reasons[i] == 0)
            continue;
        cm_buffer_printf(out, "%s\"%s\":%llu", first ? "" : ",", cm_reason_name((enum cm_reason)i), (unsigned long long)reasons[i]);
        first = false;
    }
    cm_buffer_byte(out, '}');
}

static void hit_samples(struct cm_buffer *out, const struct cm_samples *samples)
{
    for (uint32_t i = 0; i < samples->count; i++) {
        const struct cm_sample *sample = &samples->items[i];
        cm_buffer_text(out, i ? ",{\"interaction_id\":" : "{\"interaction_id\":");
        text(out, sample->interaction_id);
        cm_buffer_printf(out, ",\"turn\":%u,\"seq\":", sample->turn);
        if (sample->has_seq)
            cm_buffer_unsigned(out, sample->seq);
        else
            cm_buffer_text(out, "null");
        cm_buffer_printf(out, ",\"speaker\":\"%s\",\"quote\":", cm_speaker_name((enum cm_speaker)sample->speaker));
        text(out, sample->quote);
        cm_buffer_text(out, ",\"text_before\":");
        text(out, sample->before);
        cm_buffer_text(out, ",\"text_after\":");
        text(out, sample->after);
        cm_buffer_byte(out, '}');
    }
}

static void cue(struct cm_buffer *out, const struct cm_comparison *sum, uint32_t i)
{
    const struct cm_cue_diff *diff = &sum->cues[i];
    cm_buffer_text(out, "{\"cue\":");
    text(out, cm_span_of(sum->cue_parts[i].id));
    change(out, sum->cue_parts[i].change);
    cm_buffer_printf(out, ",\"before\":%llu,\"after\":%llu,\"gained\":%llu,\"lost\":%llu", (unsigned long long)diff->hits[CM_SIDE_OLD],
                     (unsigned long long)diff->hits[CM_SIDE_NEW], (unsigned long long)diff->gained, (unsigned long long)diff->lost);
    cm_buffer_printf(out, ",\"faults_before\":%llu,\"faults_after\":%llu,\"samples\":{\"gained\":[",
                     (unsigned long long)diff->faults[CM_SIDE_OLD], (unsigned long long)diff->faults[CM_SIDE_NEW]);
    hit_samples(out, &diff->samples[CM_SIDE_NEW]);
    cm_buffer_text(out, "],\"lost\":[");
    hit_samples(out, &diff->samples[CM_SIDE_OLD]);
    cm_buffer_text(out, "]}}");
}

static void move(struct cm_buffer *out, const struct cm_behaviour_diff *diff, unsigned from, unsigned to)
{
    cm_buffer_printf(out, "{\"from\":\"%s\",\"to\":\"%s\",\"count\":%llu,\"samples\":[", cm_state_name(from), cm_state_name(to),
                     (unsigned long long)diff->moves[from][to]);
    const struct cm_samples *samples = diff->samples ? &diff->samples[from][to] : NULL;
    for (uint32_t i = 0; samples && i < samples->count; i++) {
        cm_buffer_text(out, i ? ",{\"interaction_id\":" : "{\"interaction_id\":");
        text(out, samples->items[i].interaction_id);
        cm_buffer_text(out, ",\"agent_id\":");
        text(out, samples->items[i].agent_id);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}");
}

static void behaviour(struct cm_buffer *out, const struct cm_comparison *sum, uint32_t i)
{
    const struct cm_behaviour_diff *diff = &sum->behaviours[i];
    bool first = true;
    cm_buffer_text(out, "{\"behaviour\":");
    text(out, cm_span_of(sum->behaviour_parts[i].id));
    change(out, sum->behaviour_parts[i].change);
    cm_buffer_printf(out, ",\"moved\":%llu,\"credit_moved\":%llu,\"moves\":[", (unsigned long long)cm_behaviour_moved(diff),
                     (unsigned long long)diff->credit_moved);
    for (unsigned from = 0; from < CM_STATES; from++)
        for (unsigned to = 0; to < CM_STATES; to++) {
            if (!cm_outcome_moved(from, to) || diff->moves[from][to] == 0)
                continue;
            cm_buffer_text(out, first ? "" : ",");
            move(out, diff, from, to);
            first = false;
        }
    cm_buffer_text(out, "]}");
}

static void groups(struct cm_buffer *out, const struct cm_diff_report *report, const struct cm_group_diffs *list, const char *key)
{
    bool first = true;
    for (size_t i = 0; i < list->count; i++) {
        if (!cm_diff_wants_group(report, &list->items[i]))
            continue;
        struct cm_change_figures figures;
        cm_pairs_figures(&list->items[i].pairs, &figures);
        cm_buffer_printf(out, "%s{\"%s\":", first ? "" : ",", key);
        text(out, list->items[i].id);
        pairs(out, &list->items[i].pairs, &figures);
        cm_buffer_byte(out, '}');
        first = false;
    }
}

static void cues(struct cm_buffer *out, const struct cm_diff_report *report)
{
    bool first = true;
    for (uint32_t i = 0; i < report->sum->cue_count; i++) {
        if (!cm_diff_wants_cue(report, i))
            continue;
        cm_buffer_text(out, first ? "" : ",");
        cue(out, report->sum, i);
        first = false;
    }
}

static void behaviours(struct cm_buffer *out, const struct cm_diff_report *report)
{
    bool first = true;
    for (uint32_t i = 0; i < report->sum->behaviour_count; i++) {
        if (!cm_diff_wants_behaviour(report, i))
            continue;
        cm_buffer_text(out, first ? "" : ",");
        behaviour(out, report->sum, i);
        first = false;
    }
}

static void sums(struct cm_buffer *out, const struct cm_diff_report *report)
{
    const struct cm_comparison *sum = report->sum;
    cm_buffer_printf(out,
                     ",\"events\":%llu,\"interactions\":%llu,\"moved_outcomes\":%llu,\"moved_interactions\":%llu,"
                     "\"interactions_with_moved_hits\":%llu,\"scores\":[",
                     (unsigned long long)report->archive->events, (unsigned long long)sum->interactions,
                     (unsigned long long)sum->moved_outcomes, (unsigned long long)sum->moved_interactions,
                     (unsigned long long)sum->moved_hits);
    for (uint32_t i = 0; i < sum->score_count; i++) {
        cm_buffer_text(out, i ? "," : "");
        score(out, sum->score_names[i], &sum->scores[i]);
    }
    cm_buffer_text(out, "],\"no_longer_scored\":");
    unscored(out, sum->unscored[CM_SIDE_NEW]);
    cm_buffer_text(out, ",\"newly_scored\":");
    unscored(out, sum->unscored[CM_SIDE_OLD]);
    cm_buffer_text(out, ",\"cues\":[");
    cues(out, report);
    cm_buffer_text(out, "],\"behaviours\":[");
    behaviours(out, report);
    cm_buffer_text(out, "],\"agents\":[");
    groups(out, report, &sum->agents, "agent_id");
    cm_buffer_text(out, "],\"queues\":[");
    groups(out, report, &sum->queues, "queue");
    cm_buffer_byte(out, ']');
}

void cm_diff_json(const struct cm_diff_report *report, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"engine\":\"" CM_VERSION "\"");
    for (unsigned side = 0; side < CM_SIDES; side++) {
        cm_buffer_printf(out, ",\"%s\":", side_names[side]);
        pack(out, report->rules[side]);
    }
    cm_buffer_printf(out, ",\"identical\":%s", report->sum ? "false" : "true");
    if (report->sum)
        sums(out, report);
    cm_buffer_text(out, "}\n");
}
