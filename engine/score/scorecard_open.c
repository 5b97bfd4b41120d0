/* What stands in open scorecards alone: pending and moments (rules/REFERENCE.md §10). */
#include "score/render.h"

#define X(name, text) text,
static const char *const behaviour_kinds[] = {CM_BEHAVIOUR_KINDS(X)};
static const char *const pending_states[] = {CM_PENDING_STATES(X)};
static const char *const moment_kinds[] = {CM_CARD_MOMENTS(X)};
#undef X

static void dimension_value(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_behaviour *behaviour)
{
    CM_PUT(out, ",\"dimension\":");
    if (behaviour)
        cm_render_name(out, card->ruleset->dimensions[behaviour->dimension].id);
    else
        CM_PUT(out, "null");
}

static void pending_value(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_card_pending *pending,
                          enum cm_evidence_mode mode)
{
    CM_PUT(out, "{\"id\":");
    cm_render_name(out, pending->behaviour->id);
    dimension_value(out, card, pending->behaviour);
    CM_PUT(out, ",\"kind\":");
    cm_render_name(out, behaviour_kinds[pending->behaviour->kind]);
    CM_PUT(out, ",\"agent_id\":");
    cm_render_span(out, pending->agent_id);
    CM_PUT(out, ",\"since\":");
    cm_render_time_or_null(out, pending->since);
    CM_PUT(out, ",\"state\":");
    cm_render_name(out, pending_states[pending->state]);
    CM_PUT(out, ",\"evidence\":[");
    for (uint32_t i = 0; mode != CM_EVIDENCE_NONE && i < pending->evidence_count; i++) {
        if (i)
            CM_PUT(out, ",");
        cm_render_evidence(out, &pending->evidence[i], mode == CM_EVIDENCE_QUOTES);
    }
    CM_PUT(out, "]}");
}

static void moment_value(struct cm_buffer *out, const struct cm_scorecard *card, const struct cm_card_moment *moment,
                         enum cm_evidence_mode mode)
{
    CM_PUT(out, "{\"id\":");
    if (moment->behaviour)
        cm_render_name(out, moment->behaviour->id);
    else
        cm_buffer_printf(out, "\"customer_outcome.%s\"", moment_kinds[moment->kind]);
    CM_PUT(out, ",\"kind\":");
    cm_render_name(out, moment_kinds[moment->kind]);
    dimension_value(out, card, moment->behaviour);
    CM_PUT(out, ",\"agent_id\":");
    cm_render_span(out, moment->agent_id);
    CM_PUT(out, ",\"at\":");
    cm_render_time_or_null(out, moment->at);
    if (mode != CM_EVIDENCE_NONE) {
        CM_PUT(out, ",\"evidence\":");
        cm_render_evidence(out, moment->evidence, mode == CM_EVIDENCE_QUOTES);
    }
    CM_PUT(out, "}");
}

void cm_render_open(struct cm_buffer *out, const struct cm_scorecard *card, enum cm_evidence_mode mode)
{
    CM_PUT(out, ",\"pending\":[");
    for (uint32_t i = 0; i < card->pending_count; i++) {
        if (i)
            CM_PUT(out, ",");
        pending_value(out, card, &card->pending[i], mode);
    }
    CM_PUT(out, "],\"moments\":[");
    for (uint32_t i = 0; i < card->moment_count; i++) {
        if (i)
            CM_PUT(out, ",");
        moment_value(out, card, &card->moments[i], mode);
    }
    CM_PUT(out, "]");
}
