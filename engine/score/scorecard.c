/* Scorecards as JSON (rules/REFERENCE.md §4). rules/scorecard.schema.json is the same for the outside world. */
#include "score/scorecard.h"

#include "base/moment.h"
#include "score/render.h"

#define X(name, text) text,
static const char *const outcome_names[] = {CM_OUTCOMES(X)};
static const char *const reason_names[] = {CM_REASONS(X)};
static const char *const flag_names[] = {CM_FLAGS(X)};
static const char *const resolution_names[] = {CM_RESOLUTIONS(X)};
#undef X

const char *cm_outcome_name(enum cm_outcome outcome)
{
    return outcome_names[outcome];
}

const char *cm_reason_name(enum cm_reason reason)
{
    return reason_names[reason];
}

const char *cm_flag_name(enum cm_flag flag)
{
    return flag_names[flag];
}

const char *cm_resolution_name(enum cm_resolution resolution)
{
    return resolution_names[resolution];
}

/* ------------------------------------------------------------------- scalars */

bool cm_render_time(struct cm_buffer *out, int64_t ms)
{
    char text[CM_MOMENT_BYTES];
    if (!cm_moment_write(text, ms))
        return false;
    cm_put(out, text, sizeof text);
    return true;
}

static void null_value(struct cm_buffer *out)
{
    CM_PUT(out, "null");
}

void cm_render_span(struct cm_buffer *out, struct cm_span value)
{
    if (value.ptr)
        cm_buffer_json(out, value);
    else
        null_value(out);
}

/* null below zero */
static void decimal_value(struct cm_buffer *out, int64_t value, unsigned places)
{
    if (value >= 0)
        cm_put_decimal(out, value, places);
    else
        null_value(out);
}

void cm_render_time_or_null(struct cm_buffer *out, int64_t ms)
{
    size_t before = out->len;
    CM_PUT(out, "\"");
    if (cm_render_time(out, ms)) {
        CM_PUT(out, "\"");
    } else if (!out->failed) {
        out->len = before;
        null_value(out);
    }
}

/* --------------------------------------------------------------------- parts */

static void hex_value(struct cm_buffer *out, struct cm_hash128 hash)
{
    char text[34];
    text[0] = text[33] = '"';
    for (unsigned i = 0; i < 16; i++) {
        text[16 - i] = "0123456789abcdef"[hash.high >> 4 * i & 15];
        text[32 - i] = "0123456789abcdef"[hash.low >> 4 * i & 15];
    }
    cm_put(out, text, sizeof text);
}

static void pack_value(struct cm_buffer *out, const struct cm_ruleset *ruleset)
{
    CM_PUT(out, "{\"name\":");
    cm_render_name(out, ruleset->name);
    CM_PUT(out, ",\"version\":");
    cm_render_name(out, ruleset->version);
    CM_PUT(out, ",\"hash\":");
    hex_value(out, ruleset->hash);
    CM_PUT(out, "}");
}

static void care_value(struct cm_buffer *out, const struct cm_ruleset *ruleset, const struct cm_care_scores *care)
{
    CM_PUT(out, "{\"score\":");
    decimal_value(out, care->score, 2);
    for (uint32_t i = 0; i < ruleset->dimension_count; i++) {
        CM_PUT(out, ",\"");
        cm_put_word(out, ruleset->dimensions[i].id);
        CM_PUT(out, "\":");
        decimal_value(out, care->dimensions[i], 2);
    }
    CM_PUT(out, "}");
}

static void agents_value(struct cm_buffer *out, const struct cm_scorecard *card)
{
    CM_PUT(out, "[");
    for (uint32_t i = 0; i < card->agent_count; i++) {
        if (i)
            CM_PUT(out, ",");
        CM_PUT(out, "{\"agent_id\":");
        cm_render_span(out, card->agents[i].agent_id);
        CM_PUT(out, ",\"turns\":");
        cm_put_unsigned(out, card->agents[i].turns);
        CM_PUT(out, ",\"care\":");
        care_value(out, card->ruleset, &card->agents[i].care);
        CM_PUT(out, "}");
    }
    CM_PUT(out, "]");
}

void cm_render_evidence(struct cm_buffer *out, const struct cm_evidence *evidence, bool quotes)
{
    CM_PUT(out, "{\"turn\":");
    cm_put_unsigned(out, evidence->turn);
    CM_PUT(out, ",\"seq\":");
    if (evidence->has_seq)
        cm_put_unsigned(out, evidence->seq);
    else
        null_value(out);
    CM_PUT(out, ",\"rule\":\"");
    cm_put_word(out, evidence->rule);
    CM_PUT(out, "\",\"start\":");
    cm_put_unsigned(out, evidence->start);
    CM_PUT(out, ",\"end\":");
    cm_put_unsigned(out, evidence->end);
    if (quotes && evidence->quote.ptr) {
        CM_PUT(out, ",\"quote\":");
        cm_buffer_json(out, evidence->quote);
    }
    CM_PUT(out, "}");
}

/* Credits of penalties are below zero. */
static void behaviour_value(struct cm_buffer *out, const struct cm_behaviour_result *result, enum cm_evidence_mode mode)
{
    CM_PUT(out, "{\"id\":\"");
    cm_put_word(out, result->behaviour->id);
    CM_PUT(out, "\",\"outcome\":\"");
    cm_put_word(out, cm_outcome_name((enum cm_outcome)result->outcome));
    if (result->reason != CM_REASON_NONE) {
        CM_PUT(out, "\",\"reason\":\"");
        cm_put_word(out, cm_reason_name((enum cm_reason)result->reason));
    }
    CM_PUT(out, "\",\"credit\":");
    cm_put_decimal(out, result->credit_ppm, 6);
    CM_PUT(out, ",\"seen\":");
    cm_put_unsigned(out, result->seen);
    CM_PUT(out, ",\"met\":");
    cm_put_unsigned(out, result->met);
    CM_PUT(out, ",\"agent_id\":");
    cm_render_span(out, result->agent_id);
    CM_PUT(out, ",\"evidence\":[");
    for (uint32_t i = 0; mode != CM_EVIDENCE_NONE && i < result->evidence_count; i++) {
        if (i)
            CM_PUT(out, ",");
        cm_render_evidence(out, &result->evidence[i], mode == CM_EVIDENCE_QUOTES);
    }
    CM_PUT(out, "]");
    if (result->has_searched) {
        CM_PUT(out, ",\"searched\":{\"from\":");
        cm_put_unsigned(out, result->searched_from);
        CM_PUT(out, ",\"to\":");
        cm_put_unsigned(out, result->searched_to);
        CM_PUT(out, "}");
    }
    CM_PUT(out, "}");
}

static void behaviours_value(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_render_options *options)
{
    bool first = true;
    CM_PUT(out, "[");
    for (uint32_t i = 0; i < card->behaviour_count; i++) {
        if (card->behaviours[i].outcome == CM_OUTCOME_NO_OPPORTUNITY && !options->full)
            continue;
        if (!first)
            CM_PUT(out, ",");
        first = false;
        behaviour_value(out, &card->behaviours[i], options->evidence);
    }
    CM_PUT(out, "]");
}

static void customer_value(struct cm_buffer *out, const struct cm_scorecard *card)
{
    CM_PUT(out, "{\"resolution\":");
    cm_render_name(out, cm_resolution_name((enum cm_resolution)card->resolution));
    CM_PUT(out, ",\"delight\":");
    cm_put_unsigned(out, card->delight);
    CM_PUT(out, ",\"thanks\":");
    cm_put_unsigned(out, card->thanks);
    if (card->has_rating) {
        CM_PUT(out, ",\"feedback\":{\"rating\":");
        cm_put_decimal(out, card->rating, 3);
        CM_PUT(out, ",\"scale\":");
        decimal_value(out, card->scale, 3);
        CM_PUT(out, "}");
    }
    CM_PUT(out, "}");
}

static void timing_value(struct cm_buffer *out, const struct cm_timing *timing)
{
    CM_PUT(out, "{\"first_response_s\":");
    decimal_value(out, timing->first_response_ms, 3);
    CM_PUT(out, ",\"median_gap_s\":");
    decimal_value(out, timing->median_gap_ms, 3);
    CM_PUT(out, ",\"p90_gap_s\":");
    decimal_value(out, timing->p90_gap_ms, 3);
    CM_PUT(out, ",\"dead_air_s\":");
    decimal_value(out, timing->dead_air_ms, 3);
    CM_PUT(out, ",\"talk_over_s\":");
    decimal_value(out, timing->talk_over_ms, 3);
    CM_PUT(out, ",\"customer_wait_s\":");
    decimal_value(out, timing->customer_wait_ms, 3);
    CM_PUT(out, "}");
}

/* The flags are numbered in bytewise order of their names. */
static void flags_value(struct cm_buffer *out, uint32_t flags)
{
    bool first = true;
    CM_PUT(out, "[");
    for (unsigned i = 0; i < CM_FLAG_COUNT; i++) {
        if (!(flags & 1u << i))
            continue;
        if (!first)
            CM_PUT(out, ",");
        first = false;
        cm_render_name(out, flag_names[i]);
    }
    CM_PUT(out, "]");
}

static void head_values(struct cm_buffer *out, const struct cm_scorecard *card)
{
    CM_PUT(out, "{\"schema_version\":\"" CM_SCORECARD_SCHEMA_VERSION "\",\"interaction_id\":");
    cm_buffer_json(out, card->interaction_id);
    CM_PUT(out, ",\"pack\":");
    pack_value(out, card->ruleset);
    CM_PUT(out, ",\"engine\":\"caremeter " CM_VERSION "\"");
    CM_PUT(out, ",\"channel\":");
    cm_render_span(out, card->channel);
    CM_PUT(out, ",\"lang\":");
    cm_render_span(out, card->lang);
    CM_PUT(out, ",\"agents\":");
    agents_value(out, card);
    CM_PUT(out, ",\"agent_id\":");
    cm_render_span(out, card->agent_id);
    CM_PUT(out, ",\"customer_id\":");
    cm_render_span(out, card->customer_id);
    CM_PUT(out, ",\"queue\":");
    cm_render_span(out, card->queue);
    CM_PUT(out, ",\"team\":");
    cm_render_span(out, card->team);
    CM_PUT(out, ",\"started_at\":");
    cm_render_time_or_null(out, card->started_at);
    CM_PUT(out, ",\"ended_at\":");
    cm_render_time_or_null(out, card->ended_at);
}

void cm_scorecard_json(const struct cm_scorecard *card, const struct cm_render_options *options, struct cm_buffer *out)
{
    head_values(out, card);
    CM_PUT(out, ",\"turns\":{\"agent\":");
    cm_put_unsigned(out, card->agent_turns);
    CM_PUT(out, ",\"customer\":");
    cm_put_unsigned(out, card->customer_turns);
    CM_PUT(out, ",\"bot\":");
    cm_put_unsigned(out, card->bot_turns);
    CM_PUT(out, "}");
    CM_PUT(out, ",\"care\":");
    care_value(out, card->ruleset, &card->care);
    CM_PUT(out, ",\"coverage\":");
    decimal_value(out, card->coverage_ppm, 6);
    CM_PUT(out, ",\"behaviours\":");
    behaviours_value(out, card, options);
    CM_PUT(out, ",\"customer_outcome\":");
    customer_value(out, card);
    CM_PUT(out, ",\"timing\":");
    timing_value(out, &card->timing);
    CM_PUT(out, ",\"flags\":");
    flags_value(out, card->flags);
    cm_buffer_text(out, card->final ? ",\"status\":\"final\"" : ",\"status\":\"open\"");
    CM_PUT(out, ",\"revision\":");
    cm_put_unsigned(out, options->revision);
    if (!card->final)
        cm_render_open(out, card, options->evidence);
    CM_PUT(out, "}\n");
}
