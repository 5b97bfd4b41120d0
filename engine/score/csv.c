/* Scorecards as CSV (RFC 4180): what a spreadsheet can use of them. An absent value is an empty field. */
#include "score/render.h"

/* Up to the dimensions, and after them. */
static const char *const first_columns[] = {"interaction_id", "pack",           "pack_version", "status", "channel",    "lang",
                                            "agent_id",       "customer_id",    "queue",        "team",   "started_at", "ended_at",
                                            "agent_turns",    "customer_turns", "bot_turns",    "care"};
static const char *const last_columns[] = {"coverage",   "not_scored",   "resolution",       "delight",      "thanks",
                                           "rating",     "rating_scale", "first_response_s", "median_gap_s", "p90_gap_s",
                                           "dead_air_s", "talk_over_s",  "customer_wait_s",  "flags"};

static void field(struct cm_buffer *out, struct cm_span text)
{
    bool quote = false;
    for (size_t i = 0; i < text.len && !quote; i++)
        quote = text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (!quote) {
        cm_buffer_span(out, text);
        return;
    }
    cm_buffer_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            cm_buffer_byte(out, '"');
        cm_buffer_byte(out, text.ptr[i]);
    }
    cm_buffer_byte(out, '"');
}

static void next_field(struct cm_buffer *out, struct cm_span text)
{
    cm_buffer_byte(out, ',');
    field(out, text);
}

static void next_text(struct cm_buffer *out, const char *text)
{
    next_field(out, cm_span_of(text));
}

static void next_number(struct cm_buffer *out, uint64_t value)
{
    cm_buffer_byte(out, ',');
    cm_put_unsigned(out, value);
}

/* Empty below zero. */
static void next_decimal(struct cm_buffer *out, int64_t value, unsigned places)
{
    cm_buffer_byte(out, ',');
    if (value >= 0)
        cm_put_decimal(out, value, places);
}

static void next_time(struct cm_buffer *out, int64_t ms)
{
    cm_buffer_byte(out, ',');
    cm_render_time(out, ms);
}

void cm_scorecard_csv_header(const struct cm_ruleset *ruleset, struct cm_buffer *out)
{
    for (unsigned i = 0; i < sizeof first_columns / sizeof *first_columns; i++) {
        if (i)
            cm_buffer_byte(out, ',');
        cm_buffer_text(out, first_columns[i]);
    }
    for (uint32_t i = 0; i < ruleset->dimension_count; i++)
        next_text(out, ruleset->dimensions[i].id);
    for (unsigned i = 0; i < sizeof last_columns / sizeof *last_columns; i++)
        next_text(out, last_columns[i]);
    cm_buffer_append(out, "\r\n", 2);
}

static void flags_field(struct cm_buffer *out, uint32_t flags)
{
    bool first = true;
    cm_buffer_byte(out, ',');
    for (unsigned i = 0; i < CM_FLAG_COUNT; i++) {
        if (!(flags & 1u << i))
            continue;
        if (!first)
            cm_buffer_byte(out, ' ');
        first = false;
        cm_buffer_text(out, cm_flag_name((enum cm_flag)i));
    }
}

static void outcome_fields(const struct cm_scorecard *card, struct cm_buffer *out)
{
    next_text(out, cm_resolution_name((enum cm_resolution)card->resolution));
    next_number(out, card->delight);
    next_number(out, card->thanks);
    cm_buffer_byte(out, ',');
    if (card->has_rating)
        cm_put_decimal(out, card->rating, 3);
    next_decimal(out, card->has_rating ? card->scale : -1, 3);
    next_decimal(out, card->timing.first_response_ms, 3);
    next_decimal(out, card->timing.median_gap_ms, 3);
    next_decimal(out, card->timing.p90_gap_ms, 3);
    next_decimal(out, card->timing.dead_air_ms, 3);
    next_decimal(out, card->timing.talk_over_ms, 3);
    next_decimal(out, card->timing.customer_wait_ms, 3);
    flags_field(out, card->flags);
}

void cm_scorecard_csv(const struct cm_scorecard *card, struct cm_buffer *out)
{
    field(out, card->interaction_id);
    next_text(out, card->ruleset->name);
    next_text(out, card->ruleset->version);
    next_text(out, card->final ? "final" : "open");
    next_field(out, card->channel);
    next_field(out, card->lang);
    next_field(out, card->agent_id);
    next_field(out, card->customer_id);
    next_field(out, card->queue);
    next_field(out, card->team);
    next_time(out, card->started_at);
    next_time(out, card->ended_at);
    next_number(out, card->agent_turns);
    next_number(out, card->customer_turns);
    next_number(out, card->bot_turns);
    next_decimal(out, card->care.score, 2);
    for (uint32_t i = 0; i < card->ruleset->dimension_count; i++)
        next_decimal(out, card->care.dimensions[i], 2);
    next_decimal(out, card->coverage_ppm, 6);
    next_text(out, cm_reason_name((enum cm_reason)card->null_reason));
    outcome_fields(card, out);
    cm_buffer_append(out, "\r\n", 2);
}
