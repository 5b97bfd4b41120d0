#include <math.h>

#include "cli/common.h"
#include "cli/rules/profile_table.h"
#include "cli/text.h"
#include "page/page.h"

static void ns_cell(struct cm_buffer *out, double ns)
{
    if (isnan(ns))
        cm_page_cell_none(out);
    else
        cm_page_cell_number(out, ns, 0);
}

static void cue_table(const struct cm_profile_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {
        {"Cue", CM_PAGE_TEXT},        {"Share, %", CM_PAGE_NUMBER},       {"Time, ms", CM_PAGE_NUMBER},  {"Candidates", CM_PAGE_NUMBER},
        {"Checks", CM_PAGE_NUMBER},   {"Hits", CM_PAGE_NUMBER},           {"Turns hit", CM_PAGE_NUMBER}, {"Faults", CM_PAGE_NUMBER},
        {"ns a hit", CM_PAGE_NUMBER}, {"ns without hit", CM_PAGE_NUMBER}, {"Measured", CM_PAGE_NUMBER},
    };
    size_t count = view->ruleset->cue_count < view->top ? view->ruleset->cue_count : view->top;
    cm_page_section(out, "Cues",
                    "Candidates: how often a word or literal made the cue be looked at. Checks: phrases and expressions run, combinations "
                    "judged. Turns hit: before channel, position and name are asked. A time that rests on few measurements is an order of "
                    "magnitude.");
    cm_page_table(out, "What each cue costs", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        const struct cm_cue_cost *cost = &view->report->cues[i];
        cm_page_row(out, cm_span_of(view->ruleset->cues[cost->cue].id));
        cm_page_cell_number(out, 100 * cost->share, 1);
        cm_page_cell_number(out, cost->ns / 1e6, 3);
        cm_page_cell_count(out, (uint64_t)(cost->candidates + 0.5));
        cm_page_cell_count(out, (uint64_t)(cost->verifications + 0.5));
        cm_page_cell_count(out, (uint64_t)(cost->hits + 0.5));
        cm_page_cell_count(out, (uint64_t)(cost->turns + 0.5));
        cm_page_cell_count(out, (uint64_t)(cost->faults + 0.5));
        ns_cell(out, cost->ns_hit);
        ns_cell(out, cost->ns_miss);
        cm_page_cell_count(out, cost->measured);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

static void stage_table(const struct cm_profile_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Work", CM_PAGE_TEXT}, {"Share", CM_PAGE_SHARE}, {"Time, ms", CM_PAGE_NUMBER}};
    const struct cm_profile_report *report = view->report;
    cm_page_section(out, "All work", "Reading, decoding and writing are not in it. Times of all threads are added up.");
    cm_page_table(out, "Where the time goes", columns, sizeof columns / sizeof *columns);
    cm_page_row(out, CM_SPAN("cues"));
    cm_page_cell_share(out, report->ns > 0 ? report->cue_ns / report->ns : 0, NAN, NAN);
    cm_page_cell_number(out, report->cue_ns / 1e6, 3);
    cm_page_row_end(out);
    for (size_t i = 0; i < CM_STAGE_COSTS; i++) {
        cm_page_row(out, cm_span_of(report->stages[i].name));
        cm_page_cell_share(out, report->stages[i].share, NAN, NAN);
        cm_page_cell_number(out, report->stages[i].ns / 1e6, 3);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

void cm_profile_page(const struct cm_profile_view *view, struct cm_buffer *out)
{
    const struct cm_ruleset *rules = view->ruleset;
    struct cm_buffer lead = CM_BUFFER_EMPTY, turns = CM_BUFFER_EMPTY, clock = CM_BUFFER_EMPTY;
    cm_profile_sampled(view, &lead);
    cm_text_number(&turns, view->profile->turns);
    cm_buffer_printf(&clock, "%.2g ns; a reading's %.0f ns are taken off", view->report->ns_per_tick, view->report->clock_ns);
    const struct cm_page_fact facts[] = {
        {"Turns", cm_buffer_view(&turns)}, {"Clock resolves", cm_buffer_view(&clock)}, {"Sorted by", cm_span_of(view->order)}};
    const struct cm_page_head head = {
        .title = "What rules cost", .lead = cm_buffer_view(&lead), .facts = facts, .fact_count = sizeof facts / sizeof *facts};
    const struct cm_page_pack pack = {
        .name = rules->name, .version = rules->version, .hash_high = rules->hash.high, .hash_low = rules->hash.low};
    const struct cm_page_foot foot = {.engine = CM_VERSION, .packs = &pack, .pack_count = 1};
    cm_page_begin(out, &head);
    cue_table(view, out);
    stage_table(view, out);
    cm_page_end(out, &foot);
    cm_buffer_free(&lead);
    cm_buffer_free(&turns);
    cm_buffer_free(&clock);
}
