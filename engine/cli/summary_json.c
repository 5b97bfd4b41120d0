#include "cli/summary.h"

static enum cm_status put(struct cm_buffer *buffer, FILE *out)
{
    enum cm_status status = cm_buffer_status(buffer);
    if (status == CM_OK && buffer->len > 0 && fwrite(buffer->ptr, 1, buffer->len, out) != buffer->len)
        status = CM_EIO;
    cm_buffer_free(buffer);
    return status;
}

static void json_text(struct cm_buffer *out, struct cm_span text)
{
    if (text.ptr)
        cm_buffer_json(out, text);
    else
        cm_buffer_text(out, "null");
}

static void json_scores(struct cm_buffer *out, const struct cm_ruleset *ruleset, const struct cm_score_stat *stats)
{
    cm_buffer_byte(out, '{');
    for (uint32_t i = 0; i <= ruleset->dimension_count; i++) {
        struct cm_score_figures figures;
        cm_score_figures(&stats[i], &figures);
        cm_buffer_printf(out, "%s\"%s\":{\"n\":%llu", i ? "," : "", i ? ruleset->dimensions[i - 1].id : "care",
                         (unsigned long long)figures.count);
        if (figures.count > 0)
            cm_buffer_printf(out, ",\"mean\":%.2f,\"floor\":%.0f", figures.mean, figures.floor);
        if (figures.count > 1)
            cm_buffer_printf(out, ",\"margin\":%.2f,\"spread\":%.2f", figures.margin, figures.spread);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, '}');
}

static void json_counts(struct cm_buffer *out, const char *(*name)(unsigned), const uint64_t *values, unsigned count)
{
    const char *between = "";
    cm_buffer_byte(out, '{');
    for (unsigned i = 0; i < count; i++)
        if (values[i] > 0) {
            cm_buffer_printf(out, "%s\"%s\":%llu", between, name(i), (unsigned long long)values[i]);
            between = ",";
        }
    cm_buffer_byte(out, '}');
}

static const char *outcome(unsigned i)
{
    return cm_outcome_name((enum cm_outcome)i);
}

static const char *reason(unsigned i)
{
    return i == CM_REASON_NONE ? "other" : cm_reason_name((enum cm_reason)i);
}

static const char *flag(unsigned i)
{
    return cm_flag_name((enum cm_flag)i);
}

static const char *reject(unsigned i)
{
    return cm_reject_code((enum cm_reject)i);
}

static const char *resolution(unsigned i)
{
    static const char *const names[] = {
#define X(name, text) [CM_RESOLUTION_##name] = (text),
        CM_RESOLUTIONS(X)
#undef X
    };
    return names[i];
}

static void json_moments(struct cm_buffer *out, const struct cm_summary *summary)
{
    const char *between = "";
    for (size_t i = 0; i < CM_MOMENT_COUNT; i++) {
        const struct cm_moment *moment = &summary->moments[i];
        if (!moment->behaviour)
            continue;
        cm_buffer_printf(out, "%s{\"behaviour\":\"%s\",\"rule\":\"%s\",\"interaction_id\":", between, moment->behaviour->id, moment->rule);
        json_text(out, moment->interaction_id);
        cm_buffer_text(out, ",\"agent_id\":");
        json_text(out, moment->agent_id);
        cm_buffer_printf(out, ",\"turn\":%u,\"quote\":", moment->turn);
        json_text(out, moment->quote);
        cm_buffer_byte(out, '}');
        between = ",";
    }
}

static void json_behaviours(struct cm_buffer *out, const struct cm_summary *summary)
{
    for (uint32_t i = 0; i < summary->ruleset->behaviour_count; i++) {
        const struct cm_behaviour *behaviour = &summary->ruleset->behaviours[i];
        cm_buffer_printf(out, "%s{\"id\":\"%s\",\"validated\":%s,\"outcomes\":", i ? "," : "", behaviour->id,
                         behaviour->validated ? "true" : "false");
        json_counts(out, outcome, summary->outcomes[i], CM_OUTCOME_COUNT);
        cm_buffer_byte(out, '}');
    }
}

/* Turns on which a cue reached its limit, by cue. */
static void json_faults(struct cm_buffer *out, const struct cm_summary *summary)
{
    const char *between = "";
    cm_buffer_byte(out, '{');
    for (uint32_t i = 0; i < summary->ruleset->cue_count; i++)
        if (summary->faults[i] > 0) {
            cm_buffer_printf(out, "%s\"%s\":%llu", between, summary->ruleset->cues[i].id, (unsigned long long)summary->faults[i]);
            between = ",";
        }
    cm_buffer_byte(out, '}');
}

static void json_pack(struct cm_buffer *out, const struct cm_summary *summary)
{
    const struct cm_ruleset *ruleset = summary->ruleset;
    cm_buffer_text(out, "{\"name\":");
    cm_buffer_json(out, cm_span_of(ruleset->name));
    cm_buffer_text(out, ",\"version\":");
    cm_buffer_json(out, cm_span_of(ruleset->version));
    cm_buffer_printf(out, ",\"interactions\":%llu,\"scored\":%llu,\"not_scored\":", (unsigned long long)summary->interactions,
                     (unsigned long long)summary->scored);
    json_counts(out, reason, summary->not_scored, CM_REASON_COUNT);
    cm_buffer_text(out, ",\"flags\":");
    json_counts(out, flag, summary->flags, CM_FLAG_COUNT);
    cm_buffer_text(out, ",\"faults\":");
    json_faults(out, summary);
    cm_buffer_text(out, ",\"resolution\":");
    json_counts(out, resolution, summary->resolutions, CM_RESOLUTION_COUNT);
    cm_buffer_printf(out, ",\"delight\":%llu,\"thanks\":%llu,\"scores\":", (unsigned long long)summary->delight,
                     (unsigned long long)summary->thanks);
    json_scores(out, ruleset, summary->all);
    cm_buffer_text(out, ",\"agents\":[");
    for (size_t i = 0; i < summary->agent_count; i++) {
        const struct cm_agent_summary *agent = &summary->agents[i];
        cm_buffer_text(out, i ? ",{\"agent_id\":" : "{\"agent_id\":");
        json_text(out, agent->id);
        cm_buffer_printf(out, ",\"interactions\":%llu,\"turns\":%llu,\"scores\":", (unsigned long long)agent->interactions,
                         (unsigned long long)agent->turns);
        json_scores(out, ruleset, agent->scores);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "],\"behaviours\":[");
    json_behaviours(out, summary);
    cm_buffer_text(out, "],\"moments\":[");
    json_moments(out, summary);
    cm_buffer_text(out, "]}");
}

enum cm_status cm_summary_json(const struct cm_archive_result *result, FILE *out)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_printf(&text, "{\"lines\":%llu,\"events\":%llu,\"turns\":%llu,\"interactions\":%llu,\"scorecards\":%llu,\"dead_letters\":",
                     (unsigned long long)result->lines, (unsigned long long)result->events, (unsigned long long)result->turns,
                     (unsigned long long)result->interactions, (unsigned long long)result->cards);
    json_counts(&text, reject, result->dead_letters.by_reason, CM_REJECT_COUNT);
    cm_buffer_printf(&text, ",\"spilled_bytes\":%llu,\"packs\":[", (unsigned long long)result->spilled_bytes);
    for (size_t i = 0; i < result->summary_count; i++) {
        if (i > 0)
            cm_buffer_byte(&text, ',');
        json_pack(&text, &result->summaries[i]);
    }
    cm_buffer_text(&text, "]}\n");
    return put(&text, out);
}
