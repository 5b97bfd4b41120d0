#include <math.h>

#include "cli/rules/validate.h"
#include "page/page.h"

/* A label's or behaviour's figures, behind the row's head. */
static void figure_cells(struct cm_buffer *out, const struct cm_figures *all)
{
    cm_page_cell_count(out, cm_support(all));
    cm_page_cell_share(out, all->f1, all->f1_interval.low, all->f1_interval.high);
    cm_page_cell_share(out, all->precision, all->precision_interval.low, all->precision_interval.high);
    cm_page_cell_share(out, all->recall, all->recall_interval.low, all->recall_interval.high);
    cm_page_cell_number(out, all->kappa, 2);
}

#define CM_FIGURE_COLUMNS                                                                                                                  \
    {"n", CM_PAGE_NUMBER}, {"F1", CM_PAGE_SHARE}, {"Precision", CM_PAGE_SHARE}, {"Recall", CM_PAGE_SHARE},                                 \
    {                                                                                                                                      \
        "κ", CM_PAGE_NUMBER                                                                                                                \
    }

static const char *speaker_title(enum cm_speaker speaker)
{
    switch (speaker) {
    case CM_SPEAKER_AGENT:
        return "What agents say";
    case CM_SPEAKER_LEAD:
        return "What leaders say";
    case CM_SPEAKER_CUSTOMER:
        return "What customers say";
    default:
        return cm_speaker_name(speaker);
    }
}

/* One table a speaker; row writes the cells behind the label's name. */
static void label_tables(const struct cm_validate_report *report, const struct cm_page_column *columns, size_t count,
                         void (*row)(struct cm_buffer *out, const struct cm_label_result *result), struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    for (uint32_t i = 0; i < validation->macro_count; i++) {
        bool open = false;
        for (uint32_t j = 0; j < validation->result_count; j++) {
            const struct cm_label_result *result = &validation->results[j];
            if (result->mapped->speaker != validation->macros[i].speaker || !cm_validate_shows(report, j))
                continue;
            if (!open)
                cm_page_table(out, speaker_title(result->mapped->speaker), columns, count);
            open = true;
            cm_page_row(out, result->mapped->label);
            row(out, result);
            cm_page_row_end(out);
        }
        if (open)
            cm_page_table_end(out);
    }
}

static void label_row(struct cm_buffer *out, const struct cm_label_result *result)
{
    figure_cells(out, &result->measured.figures[CM_PART_ALL]);
    if (result->weak)
        cm_page_cell_mark(out, CM_PAGE_BAD, "weak");
    else
        cm_page_cell_text(out, CM_SPAN(""));
}

static void half_row(struct cm_buffer *out, const struct cm_label_result *result)
{
    const struct cm_measured *measured = &result->measured;
    for (int part = CM_PART_WRITTEN; part < CM_PART_COUNT; part++) {
        const struct cm_figures *figures = &measured->figures[part];
        cm_page_cell_count(out, cm_support(figures));
        cm_page_cell_share(out, figures->f1, figures->f1_interval.low, figures->f1_interval.high);
    }
    cm_page_cell_number(out, measured->figures[CM_PART_WRITTEN].f1 - measured->figures[CM_PART_CHECKED].f1, 2);
    cm_page_cell_count(out, measured->disputed);
    cm_page_cell_count(out, measured->faults);
}

static void labels(const struct cm_validate_report *report, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Label", CM_PAGE_TEXT}, CM_FIGURE_COLUMNS, {"", CM_PAGE_TEXT}};
    static const struct cm_page_column halves[] = {
        {"Label", CM_PAGE_TEXT},       {"n written", CM_PAGE_NUMBER}, {"F1 written", CM_PAGE_SHARE}, {"n checked", CM_PAGE_NUMBER},
        {"F1 checked", CM_PAGE_SHARE}, {"Gap", CM_PAGE_NUMBER},       {"Disputed", CM_PAGE_NUMBER},  {"Faults", CM_PAGE_NUMBER}};
    cm_page_section(out, "Labels",
                    "How well what the pack hears agrees with the labels. n: turns that carry the label. Intervals are 95 %: Wilson's for "
                    "precision and recall, a bootstrap over conversations for F1. Weak: F1 under 0.60 with n of 30 or more.");
    label_tables(report, columns, sizeof columns / sizeof *columns, label_row, out);
    cm_page_section(out, "Written and checked",
                    "Rules are written on one half of the conversations and checked on the other; the gap is what was learnt by heart. "
                    "Disputed turns, and those in which a rule ran into its limit (faults), count for neither side.");
    label_tables(report, halves, sizeof halves / sizeof *halves, half_row, out);
}

static void macros(const struct cm_validation *validation, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Mean F1", CM_PAGE_TEXT},   {"Labels", CM_PAGE_NUMBER},  {"F1", CM_PAGE_SHARE},
                                                    {"Written", CM_PAGE_NUMBER}, {"Checked", CM_PAGE_NUMBER}, {"Gap", CM_PAGE_NUMBER}};
    cm_page_section(out, "Summary", "The mean F1 of a speaker's labels: of those that at least 30 turns carry, and of all.");
    cm_page_table(out, "Mean F1", columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < 2 * validation->macro_count; i++) {
        const struct cm_macro_result *macro = &validation->macros[i / 2];
        const double *mean = i % 2 ? macro->all : macro->frequent;
        struct cm_interval interval = i % 2 ? macro->all_interval : macro->frequent_interval;
        struct cm_buffer name = CM_BUFFER_EMPTY;
        cm_buffer_printf(&name, "%s, %s", cm_speaker_name(macro->speaker), i % 2 ? "all labels" : "n ≥ 30");
        cm_page_row(out, cm_buffer_view(&name));
        cm_page_cell_count(out, i % 2 ? macro->count : macro->frequent_count);
        cm_page_cell_share(out, mean[CM_PART_ALL], interval.low, interval.high);
        cm_page_cell_number(out, mean[CM_PART_WRITTEN], 3);
        cm_page_cell_number(out, mean[CM_PART_CHECKED], 3);
        cm_page_cell_number(out, mean[CM_PART_WRITTEN] - mean[CM_PART_CHECKED], 3);
        cm_page_row_end(out);
        out->failed |= name.failed;
        cm_buffer_free(&name);
    }
    cm_page_table_end(out);
}

static void behaviour_table(const struct cm_validation *validation, bool validated, const char *caption, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Behaviour", CM_PAGE_TEXT}, CM_FIGURE_COLUMNS};
    bool open = false;
    for (uint32_t i = 0; i < validation->behaviour_count; i++) {
        const struct cm_behaviour_measured *row = &validation->behaviours[i];
        if (row->validated != validated)
            continue;
        if (!open)
            cm_page_table(out, caption, columns, sizeof columns / sizeof *columns);
        open = true;
        cm_page_row(out, cm_span_of(row->behaviour->id));
        figure_cells(out, &row->measured.figures[CM_PART_ALL]);
        cm_page_row_end(out);
    }
    if (open)
        cm_page_table_end(out);
}

static void behaviours(const struct cm_validation *validation, struct cm_buffer *out)
{
    cm_page_section(out, "Behaviours",
                    "Each by its cues that stand in the map, against the labels that they stand under. A behaviour that asks for a part of "
                    "what a label means has less recall than its label.");
    behaviour_table(validation, true, "Measured", out);
    behaviour_table(validation, false, "Unvalidated: fewer than ten labelled turns", out);
}

static void cue_row(const struct cm_validate_report *report, const struct cm_cue_result *row, struct cm_buffer *out)
{
    cm_page_row(out, cm_span_of(report->ruleset->cues[row->cue].id));
    cm_page_cell_count(out, row->hits);
    cm_page_cell_share(out, row->precision, row->interval.low, row->interval.high);
    cm_page_cell_count(out, row->right_alone);
    cm_page_cell_count(out, row->wrong_alone);
    cm_page_cell_number(out, row->f1_without, 3);
    if (row->overlap_cue == CM_CUE_NONE) {
        cm_page_cell_none(out);
    } else {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cm_buffer_printf(&text, "%.0f %% with %s", row->overlap * 100, report->ruleset->cues[row->overlap_cue].id);
        cm_page_cell_text(out, cm_buffer_view(&text));
        out->failed |= text.failed;
        cm_buffer_free(&text);
    }
    cm_page_row_end(out);
}

static void worst_turns(const struct cm_validate_report *report, uint32_t label, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    for (uint32_t i = 0; i < validation->worst_count; i++) {
        const struct cm_worst *row = &validation->worst[i];
        const struct cm_labelled *item = &validation->labels->items[row->turn];
        struct cm_buffer where = CM_BUFFER_EMPTY;
        if (row->label != label)
            continue;
        if (item->id.len)
            cm_buffer_span(&where, item->id);
        else
            cm_buffer_printf(&where, "%s:%u", item->file, item->line);
        if (row->cue != CM_CUE_NONE)
            cm_buffer_printf(&where, ", heard by %s", report->ruleset->cues[row->cue].id);
        cm_page_quote(out, row->miss ? "Missed" : "False hit", row->text.ptr ? row->text : CM_SPAN("(withheld)"), row->from, row->to,
                      cm_buffer_view(&where));
        out->failed |= where.failed;
        cm_buffer_free(&where);
    }
}

/* Of each label its cues, and what went wrong: what an analyst works through. */
static void details(const struct cm_validate_report *report, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {
        {"Cue", CM_PAGE_TEXT},           {"Hits", CM_PAGE_NUMBER},       {"Precision", CM_PAGE_SHARE}, {"Right alone", CM_PAGE_NUMBER},
        {"Wrong alone", CM_PAGE_NUMBER}, {"F1 without", CM_PAGE_NUMBER}, {"Shares hits", CM_PAGE_TEXT}};
    const struct cm_validation *validation = report->validation;
    cm_page_section(out, "Label by label",
                    "The cues of each label: how many of their hits are right, what no other cue of the label gives (alone), what its F1 "
                    "would be without the cue, and which other cue shares most of its hits. Then the turns to look at first, redacted.");
    for (uint32_t i = 0; i < validation->result_count; i++) {
        struct cm_buffer name = CM_BUFFER_EMPTY;
        if (!cm_validate_shows(report, i))
            continue;
        cm_validate_label_name(&validation->results[i], &name);
        cm_page_part(out, cm_buffer_view(&name), NULL);
        cm_page_table(out, "Cues", columns, sizeof columns / sizeof *columns);
        for (uint32_t j = 0; j < validation->cue_count; j++)
            if (validation->cues[j].label == i)
                cue_row(report, &validation->cues[j], out);
        cm_page_table_end(out);
        worst_turns(report, i, out);
        out->failed |= name.failed;
        cm_buffer_free(&name);
    }
}

static void agreement_cells(struct cm_buffer *out, const struct cm_scale_result *scale)
{
    const struct cm_rank_agreement *all = &scale->parts[CM_PART_ALL];
    cm_page_cell_count(out, all->n);
    cm_page_cell_interval(out, all->rho, all->interval.low, all->interval.high, 2);
    for (int part = CM_PART_WRITTEN; part < CM_PART_COUNT; part++) {
        cm_page_cell_count(out, scale->parts[part].n);
        cm_page_cell_number(out, scale->parts[part].rho, 2);
    }
    cm_page_cell_count(out, scale->unrated);
    cm_page_cell_count(out, scale->unscored);
}

static void apart(const struct cm_validate_report *report, uint32_t index, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Conversation", CM_PAGE_TEXT},
                                                    {"Rating", CM_PAGE_NUMBER},
                                                    {"Score", CM_PAGE_NUMBER},
                                                    {"Rank by readers", CM_PAGE_NUMBER},
                                                    {"Rank by score", CM_PAGE_NUMBER}};
    const struct cm_scale_result *scale = &report->compared->scales[index];
    if (scale->apart_count == 0)
        return;
    cm_page_part(out, cm_span_of(cm_scale_name(report->ruleset, index)), NULL);
    cm_page_table(out, "Furthest apart", columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < scale->apart_count; i++) {
        const struct cm_rating *rating = &report->ratings->items[scale->apart[i].rating];
        cm_page_row(out, rating->interaction_id);
        cm_page_cell_number(out, rating->given[index], 1);
        cm_page_cell_number(out, rating->scored[index], 1);
        cm_page_cell_number(out, scale->apart[i].rank_given, 1);
        cm_page_cell_number(out, scale->apart[i].rank_scored, 1);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

static void ratings(const struct cm_validate_report *report, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {
        {"Scale", CM_PAGE_TEXT},       {"n", CM_PAGE_NUMBER},         {"ρ", CM_PAGE_NUMBER},
        {"n written", CM_PAGE_NUMBER}, {"ρ written", CM_PAGE_NUMBER}, {"n checked", CM_PAGE_NUMBER},
        {"ρ checked", CM_PAGE_NUMBER}, {"No rating", CM_PAGE_NUMBER}, {"No score", CM_PAGE_NUMBER},
    };
    cm_page_section(out, "Whole conversations",
                    "Spearman's rank correlation of scores with readers' ratings. Intervals are 95 %, by Fisher's z.");
    cm_page_table(out, "Agreement of ranks", columns, sizeof columns / sizeof *columns);
    for (uint32_t i = 0; i < report->compared->scale_count; i++) {
        cm_page_row(out, cm_span_of(cm_scale_name(report->ruleset, i)));
        agreement_cells(out, &report->compared->scales[i]);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
    cm_page_section(out, "Where readers and scores are furthest apart", "caremeter show ID SCORES tells why a score is what it is.");
    for (uint32_t i = 0; i < report->compared->scale_count; i++)
        apart(report, i, out);
}

/* The sentence on top. */
static void lead(const struct cm_validate_report *report, struct cm_buffer *out)
{
    if (report->validation) {
        cm_buffer_printf(out, "Measured against %zu labelled turns of %zu conversations: mean F1 ", report->validation->turns,
                         report->validation->conversations);
        for (uint32_t i = 0; i < report->validation->macro_count; i++) {
            const struct cm_macro_result *macro = &report->validation->macros[i];
            double mean = macro->frequent_count ? macro->frequent[CM_PART_ALL] : macro->all[CM_PART_ALL];
            cm_buffer_printf(out, "%s%.2f for what is said by the %s", i ? ", " : "", mean, cm_speaker_name(macro->speaker));
        }
        cm_buffer_byte(out, '.');
    }
    if (report->compared && !isnan(report->compared->scales[0].parts[CM_PART_ALL].rho))
        cm_buffer_printf(out, "%sRank agreement of CARE with readers: %.2f over %u conversations.", report->validation ? " " : "",
                         report->compared->scales[0].parts[CM_PART_ALL].rho, report->compared->scales[0].parts[CM_PART_ALL].n);
}

void cm_validate_page(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_ruleset *ruleset = report->ruleset;
    const struct cm_page_pack pack = {NULL, ruleset->name, ruleset->version, ruleset->hash.high, ruleset->hash.low};
    struct cm_buffer text = CM_BUFFER_EMPTY;
    lead(report, &text);
    const struct cm_page_fact facts[] = {{"Pack", cm_span_of(ruleset->name)}, {"Version", cm_span_of(ruleset->version)}};
    cm_page_begin(out, &(struct cm_page_head){"What the rules are worth", cm_buffer_view(&text), facts, sizeof facts / sizeof *facts});
    if (report->validation) {
        macros(report->validation, out);
        labels(report, out);
        behaviours(report->validation, out);
        details(report, out);
    }
    if (report->compared)
        ratings(report, out);
    cm_page_end(out, &(struct cm_page_foot){CM_VERSION, &pack, 1, NULL});
    out->failed |= text.failed;
    cm_buffer_free(&text);
}
