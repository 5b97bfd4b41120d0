/* Scorecards as JSON (design.md §4). rules/scorecard.schema.json is the same for the outside world. */
#include "score/scorecard.h"

#include <inttypes.h>

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

/* Proleptic Gregorian date of a day count from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

bool cm_render_time(struct cm_buffer *out, int64_t ms)
{
    const int64_t day_ms = INT64_C(86400000);
    int64_t days = ms / day_ms - (ms % day_ms < 0), of_day, year;
    unsigned month, day;
    if (ms == INT64_MIN)
        return false;
    of_day = ms - days * day_ms;
    civil_from_days(days, &year, &month, &day);
    if (year < 0 || year > 9999) /* RFC 3339 has four digits */
        return false;
    cm_buffer_printf(out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", (int)year, month, day, (int)(of_day / 3600000), (int)(of_day / 60000 % 60),
                     (int)(of_day / 1000 % 60), (int)(of_day % 1000));
    return true;
}

static void key(struct cm_buffer *out, const char *name)
{
    cm_buffer_byte(out, '"');
    cm_buffer_text(out, name);
    cm_buffer_append(out, "\":", 2);
}

/* ,"name": */
static void next_key(struct cm_buffer *out, const char *name)
{
    cm_buffer_byte(out, ',');
    key(out, name);
}

static void null_value(struct cm_buffer *out)
{
    cm_buffer_append(out, "null", 4);
}

static void span_value(struct cm_buffer *out, struct cm_span value)
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
        cm_buffer_decimal(out, value, places);
    else
        null_value(out);
}

static void time_value(struct cm_buffer *out, int64_t ms)
{
    size_t before = out->len;
    cm_buffer_byte(out, '"');
    if (cm_render_time(out, ms)) {
        cm_buffer_byte(out, '"');
    } else if (!out->failed) {
        out->len = before;
        null_value(out);
    }
}

/* --------------------------------------------------------------------- parts */

static void pack_value(struct cm_buffer *out, const struct cm_ruleset *ruleset)
{
    cm_buffer_text(out, "{\"name\":");
    cm_buffer_json(out, cm_span_of(ruleset->name));
    next_key(out, "version");
    cm_buffer_json(out, cm_span_of(ruleset->version));
    next_key(out, "hash");
    cm_buffer_printf(out, "\"%016" PRIx64 "%016" PRIx64 "\"}", ruleset->hash.high, ruleset->hash.low);
}

static void care_value(struct cm_buffer *out, const struct cm_ruleset *ruleset, const struct cm_care_scores *care)
{
    cm_buffer_text(out, "{\"score\":");
    decimal_value(out, care->score, 2);
    for (uint32_t i = 0; i < ruleset->dimension_count; i++) {
        cm_buffer_byte(out, ',');
        cm_buffer_json(out, cm_span_of(ruleset->dimensions[i].id));
        cm_buffer_byte(out, ':');
        decimal_value(out, care->dimensions[i], 2);
    }
    cm_buffer_byte(out, '}');
}

static void agents_value(struct cm_buffer *out, const struct cm_scorecard *card)
{
    cm_buffer_byte(out, '[');
    for (uint32_t i = 0; i < card->agent_count; i++) {
        if (i)
            cm_buffer_byte(out, ',');
        cm_buffer_text(out, "{\"agent_id\":");
        span_value(out, card->agents[i].agent_id);
        next_key(out, "turns");
        cm_buffer_unsigned(out, card->agents[i].turns);
        next_key(out, "care");
        care_value(out, card->ruleset, &card->agents[i].care);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, ']');
}

static void evidence_value(struct cm_buffer *out, const struct cm_evidence *evidence, bool quotes)
{
    cm_buffer_text(out, "{\"turn\":");
    cm_buffer_unsigned(out, evidence->turn);
    next_key(out, "seq");
    if (evidence->has_seq)
        cm_buffer_unsigned(out, evidence->seq);
    else
        null_value(out);
    next_key(out, "rule");
    cm_buffer_json(out, cm_span_of(evidence->rule));
    next_key(out, "start");
    cm_buffer_unsigned(out, evidence->start);
    next_key(out, "end");
    cm_buffer_unsigned(out, evidence->end);
    if (quotes && evidence->quote.ptr) {
        next_key(out, "quote");
        cm_buffer_json(out, evidence->quote);
    }
    cm_buffer_byte(out, '}');
}

/* Credits of penalties are below zero. */
static void behaviour_value(struct cm_buffer *out, const struct cm_behaviour_result *result, enum cm_evidence_mode mode)
{
    cm_buffer_text(out, "{\"id\":");
    cm_buffer_json(out, cm_span_of(result->behaviour->id));
    next_key(out, "outcome");
    cm_buffer_json(out, cm_span_of(cm_outcome_name((enum cm_outcome)result->outcome)));
    if (result->reason != CM_REASON_NONE) {
        next_key(out, "reason");
        cm_buffer_json(out, cm_span_of(cm_reason_name((enum cm_reason)result->reason)));
    }
    next_key(out, "credit");
    cm_buffer_decimal(out, result->credit_ppm, 6);
    next_key(out, "seen");
    cm_buffer_unsigned(out, result->seen);
    next_key(out, "met");
    cm_buffer_unsigned(out, result->met);
    next_key(out, "agent_id");
    span_value(out, result->agent_id);
    next_key(out, "evidence");
    cm_buffer_byte(out, '[');
    for (uint32_t i = 0; mode != CM_EVIDENCE_NONE && i < result->evidence_count; i++) {
        if (i)
            cm_buffer_byte(out, ',');
        evidence_value(out, &result->evidence[i], mode == CM_EVIDENCE_QUOTES);
    }
    cm_buffer_byte(out, ']');
    if (result->has_searched)
        cm_buffer_printf(out, ",\"searched\":{\"from\":%" PRIu32 ",\"to\":%" PRIu32 "}", result->searched_from, result->searched_to);
    cm_buffer_byte(out, '}');
}

static void behaviours_value(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_render_options *options)
{
    bool first = true;
    cm_buffer_byte(out, '[');
    for (uint32_t i = 0; i < card->behaviour_count; i++) {
        if (card->behaviours[i].outcome == CM_OUTCOME_NO_OPPORTUNITY && !options->full)
            continue;
        if (!first)
            cm_buffer_byte(out, ',');
        first = false;
        behaviour_value(out, &card->behaviours[i], options->evidence);
    }
    cm_buffer_byte(out, ']');
}

static void customer_value(struct cm_buffer *out, const struct cm_scorecard *card)
{
    cm_buffer_text(out, "{\"resolution\":");
    cm_buffer_json(out, cm_span_of(cm_resolution_name((enum cm_resolution)card->resolution)));
    next_key(out, "delight");
    cm_buffer_unsigned(out, card->delight);
    next_key(out, "thanks");
    cm_buffer_unsigned(out, card->thanks);
    if (card->has_rating) {
        cm_buffer_text(out, ",\"feedback\":{\"rating\":");
        cm_buffer_decimal(out, card->rating, 3);
        next_key(out, "scale");
        decimal_value(out, card->scale, 3);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, '}');
}

static void timing_value(struct cm_buffer *out, const struct cm_timing *timing)
{
    const struct {
        const char *name;
        int64_t ms;
    } clocks[] = {
        {"first_response_s", timing->first_response_ms},
        {"median_gap_s", timing->median_gap_ms},
        {"p90_gap_s", timing->p90_gap_ms},
        {"dead_air_s", timing->dead_air_ms},
        {"talk_over_s", timing->talk_over_ms},
        {"customer_wait_s", timing->customer_wait_ms},
    };
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        cm_buffer_byte(out, i ? ',' : '{');
        key(out, clocks[i].name);
        decimal_value(out, clocks[i].ms, 3);
    }
    cm_buffer_byte(out, '}');
}

/* The flags are numbered in bytewise order of their names. */
static void flags_value(struct cm_buffer *out, uint32_t flags)
{
    bool first = true;
    cm_buffer_byte(out, '[');
    for (unsigned i = 0; i < CM_FLAG_COUNT; i++) {
        if (!(flags & 1u << i))
            continue;
        if (!first)
            cm_buffer_byte(out, ',');
        first = false;
        cm_buffer_json(out, cm_span_of(flag_names[i]));
    }
    cm_buffer_byte(out, ']');
}

/* What an open scorecard waits for, and what is worth showing while it is open: points that were given. */
static void open_values(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_render_options *options)
{
    bool first = true;
    cm_buffer_text(out, ",\"pending\":[");
    for (uint32_t i = 0; i < card->behaviour_count; i++) {
        const struct cm_behaviour_result *result = &card->behaviours[i];
        if (result->outcome != CM_OUTCOME_PENDING)
            continue;
        cm_buffer_text(out, first ? "{\"id\":" : ",{\"id\":");
        first = false;
        cm_buffer_json(out, cm_span_of(result->behaviour->id));
        next_key(out, "agent_id");
        span_value(out, result->agent_id);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "],\"moments\":[");
    first = true;
    for (uint32_t i = 0; i < card->behaviour_count; i++) {
        const struct cm_behaviour_result *result = &card->behaviours[i];
        bool points = result->behaviour->kind == CM_BEHAVIOUR_BONUS || result->behaviour->kind == CM_BEHAVIOUR_PENALTY;
        for (uint32_t k = 0; points && k < result->evidence_count; k++) {
            cm_buffer_text(out, first ? "{\"id\":" : ",{\"id\":");
            first = false;
            cm_buffer_json(out, cm_span_of(result->behaviour->id));
            next_key(out, "evidence");
            evidence_value(out, &result->evidence[k], options->evidence == CM_EVIDENCE_QUOTES);
            cm_buffer_byte(out, '}');
        }
    }
    cm_buffer_byte(out, ']');
}

static void head_values(struct cm_buffer *out, const struct cm_scorecard *card)
{
    cm_buffer_text(out, "{\"schema_version\":\"" CM_SCORECARD_SCHEMA_VERSION "\",\"interaction_id\":");
    cm_buffer_json(out, card->interaction_id);
    next_key(out, "pack");
    pack_value(out, card->ruleset);
    cm_buffer_text(out, ",\"engine\":\"caremeter " CM_VERSION "\"");
    next_key(out, "channel");
    span_value(out, card->channel);
    next_key(out, "lang");
    span_value(out, card->lang);
    next_key(out, "agents");
    agents_value(out, card);
    next_key(out, "agent_id");
    span_value(out, card->agent_id);
    next_key(out, "customer_id");
    span_value(out, card->customer_id);
    next_key(out, "queue");
    span_value(out, card->queue);
    next_key(out, "team");
    span_value(out, card->team);
    next_key(out, "started_at");
    time_value(out, card->started_at);
    next_key(out, "ended_at");
    time_value(out, card->ended_at);
}

void cm_scorecard_json(const struct cm_scorecard *card, const struct cm_render_options *options, struct cm_buffer *out)
{
    head_values(out, card);
    cm_buffer_printf(out, ",\"turns\":{\"agent\":%" PRIu32 ",\"customer\":%" PRIu32 ",\"bot\":%" PRIu32 "}", card->agent_turns,
                     card->customer_turns, card->bot_turns);
    next_key(out, "care");
    care_value(out, card->ruleset, &card->care);
    next_key(out, "coverage");
    decimal_value(out, card->coverage_ppm, 6);
    next_key(out, "behaviours");
    behaviours_value(out, card, options);
    next_key(out, "customer_outcome");
    customer_value(out, card);
    next_key(out, "timing");
    timing_value(out, &card->timing);
    next_key(out, "flags");
    flags_value(out, card->flags);
    cm_buffer_text(out, card->final ? ",\"status\":\"final\"" : ",\"status\":\"open\"");
    next_key(out, "revision");
    cm_buffer_unsigned(out, options->revision);
    if (!card->final)
        open_values(out, card, options);
    cm_buffer_append(out, "}\n", 2);
}
