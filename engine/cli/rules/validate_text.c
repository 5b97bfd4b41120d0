#include <math.h>

#include "cli/common.h"
#include "cli/rules/validate.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_NAME_COLUMNS 17u
#define CM_CUE_COLUMNS 30u
#define CM_INDENT_COLUMNS 6u

struct printer {
    const struct cm_validate_report *report;
    bool colour;
    unsigned columns;
    struct cm_buffer *out;
};

bool cm_validate_shows(const struct cm_validate_report *report, uint32_t result)
{
    if (!report->label)
        return true;
    const struct cm_mapped *mapped = report->validation->results[result].mapped;
    struct cm_span wanted = cm_span_of(report->label);
    return cm_span_equal(mapped->label, wanted) || cm_span_equal(mapped->key, wanted);
}

bool cm_validate_shows_worst(const struct cm_validate_report *report, uint32_t result)
{
    const struct cm_validation *validation = report->validation;
    uint32_t least = 0;
    bool weak = false;
    if (report->worst_asked || report->label)
        return cm_validate_shows(report, result);
    for (uint32_t i = 0; i < validation->result_count; i++) {
        weak |= validation->results[i].weak;
        if (validation->results[i].measured.figures[CM_PART_ALL].f1 < validation->results[least].measured.figures[CM_PART_ALL].f1)
            least = i;
    }
    return weak ? validation->results[result].weak : result == least;
}

void cm_validate_label_name(const struct cm_label_result *result, struct cm_buffer *out)
{
    cm_buffer_printf(out, "%s.%.*s", cm_speaker_name(result->mapped->speaker), (int)result->mapped->label.len, result->mapped->label.ptr);
}

/* A figure from the right, "-" where there is none. */
static void figure(struct cm_buffer *out, int width, int places, double value)
{
    if (isnan(value))
        cm_buffer_printf(out, "%*s", width, "-");
    else
        cm_buffer_printf(out, "%*.*f", width, places, fabs(value) < 0.0005 ? 0.0 : value);
}

static void range(struct cm_buffer *out, int width, struct cm_interval interval)
{
    if (isnan(interval.low))
        cm_buffer_printf(out, "%*s", width, "-");
    else
        cm_buffer_printf(out, "%*s%.2f-%.2f", width - 9, "", interval.low < 0 ? 0.0 : interval.low, interval.high);
}

static void title(struct printer *printer, const char *text)
{
    cm_buffer_printf(printer->out, "\n%s%s%s\n", cm_paint(printer->colour, CM_COLOUR_BOLD), text, cm_paint(printer->colour, CM_COLOUR_OFF));
}

static void row_of(struct printer *printer, const struct cm_measured *measured)
{
    const struct cm_figures *all = &measured->figures[CM_PART_ALL];
    cm_buffer_printf(printer->out, "%6u", cm_support(all));
    figure(printer->out, 6, 2, all->precision);
    figure(printer->out, 6, 2, all->recall);
    figure(printer->out, 7, 3, all->f1);
    range(printer->out, 11, all->f1_interval);
    figure(printer->out, 7, 3, all->kappa);
    figure(printer->out, 9, 3, measured->figures[CM_PART_WRITTEN].f1);
    figure(printer->out, 6, 3, measured->figures[CM_PART_CHECKED].f1);
}

static void macro_row(struct printer *printer, const char *name, double mean, struct cm_interval interval, double written, double checked)
{
    cm_text_pad(printer->out, cm_span_of(name), CM_NAME_COLUMNS + 18);
    figure(printer->out, 7, 3, mean);
    range(printer->out, 11, interval);
    figure(printer->out, 16, 3, written);
    figure(printer->out, 6, 3, checked);
    cm_buffer_byte(printer->out, '\n');
}

/* The mean of the speaker's labels, under them. */
static void print_macro(struct printer *printer, const struct cm_macro_result *macro)
{
    char name[64];
    snprintf(name, sizeof name, "mean of %u with n >= %u", macro->frequent_count, CM_SUPPORT_FREQUENT);
    cm_buffer_text(printer->out, cm_paint(printer->colour, CM_COLOUR_BOLD));
    macro_row(printer, name, macro->frequent[CM_PART_ALL], macro->frequent_interval, macro->frequent[CM_PART_WRITTEN],
              macro->frequent[CM_PART_CHECKED]);
    cm_buffer_text(printer->out, cm_paint(printer->colour, CM_COLOUR_OFF));
    snprintf(name, sizeof name, "mean of all %u", macro->count);
    macro_row(printer, name, macro->all[CM_PART_ALL], macro->all_interval, macro->all[CM_PART_WRITTEN], macro->all[CM_PART_CHECKED]);
}

static void print_label(struct printer *printer, const struct cm_label_result *result)
{
    const struct cm_measured *measured = &result->measured;
    cm_text_pad(printer->out, result->mapped->label, CM_NAME_COLUMNS - 1);
    cm_buffer_byte(printer->out, ' ');
    row_of(printer, measured);
    if (result->weak)
        cm_buffer_printf(printer->out, " %sweak%s", cm_paint(printer->colour, CM_COLOUR_RED), cm_paint(printer->colour, CM_COLOUR_OFF));
    cm_buffer_byte(printer->out, '\n');
    if (measured->faults)
        cm_buffer_printf(printer->out, "%*s%u turns left out: a rule ran into its limit there\n", (int)CM_INDENT_COLUMNS, "",
                         measured->faults);
}

static void print_labels(struct printer *printer)
{
    const struct cm_validation *validation = printer->report->validation;
    uint32_t disputed = 0;
    for (uint32_t i = 0; i < validation->macro_count; i++) {
        const struct cm_macro_result *macro = &validation->macros[i];
        bool any = false;
        for (uint32_t j = 0; j < validation->result_count; j++) {
            const struct cm_label_result *result = &validation->results[j];
            if (result->mapped->speaker != macro->speaker || !cm_validate_shows(printer->report, j))
                continue;
            if (!any) {
                cm_buffer_printf(printer->out, "\n%s%-17s%6s%6s%6s%7s%11s%7s%9s%6s%s\n", cm_paint(printer->colour, CM_COLOUR_BOLD),
                                 cm_speaker_name(macro->speaker), "n", "P", "R", "F1", "95 %", "kappa", "written", "chkd",
                                 cm_paint(printer->colour, CM_COLOUR_OFF));
            }
            any = true;
            disputed += result->measured.disputed;
            print_label(printer, result);
        }
        if (any && !printer->report->label)
            print_macro(printer, macro);
    }
    cm_buffer_text(printer->out, "\nwritten, chkd: F1 on the half that rules are written on, and on the other.\n");
    if (disputed)
        cm_buffer_printf(printer->out, "%u times a label was left out of a turn because its readers dispute it.\n", disputed);
}

/* What people made of the machine's labels, where a sample came back. */
static void print_overrides(struct printer *printer)
{
    const struct cm_validation *validation = printer->report->validation;
    const struct cm_overrides *overrides = printer->report->overrides;
    title(printer, "Overridden by people: what the machine had said when the turns were drawn");
    cm_buffer_printf(printer->out, "%zu of %zu turns changed\n\n%-26s%9s%9s%9s%9s\n", overrides->changed, overrides->turns, "", "machine",
                     "kept", "removed", "added");
    for (uint32_t i = 0; i < validation->result_count; i++) {
        const struct cm_override *row = &overrides->items[i];
        struct cm_buffer name = CM_BUFFER_EMPTY;
        if (!cm_validate_shows(printer->report, i) || row->kept + row->removed + row->added == 0)
            continue;
        cm_validate_label_name(&validation->results[i], &name);
        cm_text_pad(printer->out, cm_buffer_view(&name), CM_NAME_COLUMNS + 8);
        cm_buffer_printf(printer->out, " %9u%9u%9u%9u\n", row->kept + row->removed, row->kept, row->removed, row->added);
        printer->out->failed |= name.failed;
        cm_buffer_free(&name);
    }
}

static void print_cues(struct printer *printer)
{
    const struct cm_validation *validation = printer->report->validation;
    const struct cm_ruleset *ruleset = printer->report->ruleset;
    uint32_t label = UINT32_MAX;
    title(printer, "Cues: hits, how many are right; alone: right and wrong that no other cue gives;");
    cm_buffer_text(printer->out, "F1 of the label without the cue; the cue that shares most of its hits\n");
    for (uint32_t i = 0; i < validation->cue_count; i++) {
        const struct cm_cue_result *row = &validation->cues[i];
        if (!cm_validate_shows(printer->report, row->label))
            continue;
        if (row->label != label) {
            label = row->label;
            struct cm_buffer name = CM_BUFFER_EMPTY;
            cm_validate_label_name(&validation->results[label], &name);
            cm_buffer_byte(printer->out, '\n');
            cm_text_pad(printer->out, cm_buffer_view(&name), CM_CUE_COLUMNS);
            cm_buffer_free(&name);
            cm_buffer_printf(printer->out, "%6s%6s%11s%11s%8s\n", "hits", "P", "95 %", "alone", "without");
        }
        cm_text_pad(printer->out, cm_span_of(ruleset->cues[row->cue].id), CM_CUE_COLUMNS - 1);
        cm_buffer_printf(printer->out, " %6u", row->hits);
        figure(printer->out, 6, 2, row->precision);
        range(printer->out, 11, row->interval);
        cm_buffer_printf(printer->out, "%5u/%-5u", row->right_alone, row->wrong_alone);
        figure(printer->out, 8, 3, row->f1_without);
        cm_buffer_byte(printer->out, '\n');
        if (row->overlap_cue != CM_CUE_NONE && row->overlap >= 0.5)
            cm_buffer_printf(printer->out, "      %.0f %% of it with %s\n", row->overlap * 100, ruleset->cues[row->overlap_cue].id);
    }
}

static void print_behaviours(struct printer *printer)
{
    const struct cm_validation *validation = printer->report->validation;
    cm_buffer_printf(printer->out, "\n%s%-30s%6s%6s%6s%7s%11s%7s%s\n", cm_paint(printer->colour, CM_COLOUR_BOLD), "behaviour", "n", "P",
                     "R", "F1", "95 %", "kappa", cm_paint(printer->colour, CM_COLOUR_OFF));
    for (uint32_t i = 0; i < validation->behaviour_count; i++) {
        const struct cm_behaviour_measured *row = &validation->behaviours[i];
        const struct cm_figures *all = &row->measured.figures[CM_PART_ALL];
        cm_text_pad(printer->out, cm_span_of(row->behaviour->id), CM_CUE_COLUMNS - 1);
        cm_buffer_printf(printer->out, " %6u", cm_support(all));
        figure(printer->out, 6, 2, all->precision);
        figure(printer->out, 6, 2, all->recall);
        figure(printer->out, 7, 3, all->f1);
        range(printer->out, 11, all->f1_interval);
        figure(printer->out, 7, 3, all->kappa);
        cm_buffer_text(printer->out, row->validated ? "\n" : " n<10\n");
    }
    cm_buffer_text(printer->out, "A behaviour is measured by its cues that stand in the map, against their labels.\n");
}

/* The words, those that fired in brackets: wrapping lets no colours through. */
static void print_quote(struct printer *printer, const struct cm_worst *row)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    if (!row->text.ptr) {
        cm_buffer_printf(printer->out, "%*s(withheld)\n", (int)CM_INDENT_COLUMNS, "");
        return;
    }
    cm_buffer_append(&text, row->text.ptr, row->from);
    if (row->to > row->from) {
        cm_buffer_byte(&text, '[');
        cm_buffer_append(&text, row->text.ptr + row->from, row->to - row->from);
        cm_buffer_byte(&text, ']');
    }
    cm_buffer_append(&text, row->text.ptr + row->to, row->text.len - row->to);
    cm_buffer_printf(printer->out, "%*s", (int)CM_INDENT_COLUMNS, "");
    cm_text_wrap(printer->out, cm_buffer_view(&text), CM_INDENT_COLUMNS, CM_INDENT_COLUMNS, printer->columns);
    cm_buffer_byte(printer->out, '\n');
    printer->out->failed |= text.failed;
    cm_buffer_free(&text);
}

static void print_worst(struct printer *printer)
{
    const struct cm_validation *validation = printer->report->validation;
    uint32_t label = UINT32_MAX;
    for (uint32_t i = 0; i < validation->worst_count; i++) {
        const struct cm_worst *row = &validation->worst[i];
        const struct cm_labelled *item = &validation->labels->items[row->turn];
        if (!cm_validate_shows_worst(printer->report, row->label))
            continue;
        if (row->label != label) {
            struct cm_buffer name = CM_BUFFER_EMPTY;
            label = row->label;
            cm_validate_label_name(&validation->results[label], &name);
            cm_buffer_text(&name, ": what to look at");
            cm_buffer_byte(&name, '\0');
            title(printer, name.failed ? "" : name.ptr);
            cm_buffer_free(&name);
        }
        cm_buffer_printf(printer->out, "  %s%s%s ", cm_paint(printer->colour, row->miss ? CM_COLOUR_YELLOW : CM_COLOUR_MAGENTA),
                         row->miss ? "missed" : "false hit", cm_paint(printer->colour, CM_COLOUR_OFF));
        if (!row->miss && row->cue != CM_CUE_NONE)
            cm_buffer_printf(printer->out, "of %s ", printer->report->ruleset->cues[row->cue].id);
        cm_text_clean(printer->out, item->id);
        cm_buffer_text(printer->out, item->id.len ? "\n" : "");
        if (!item->id.len)
            cm_buffer_printf(printer->out, "%s:%u\n", item->file, item->line);
        print_quote(printer, row);
    }
}

static void print_agreement(struct printer *printer, const char *name, const struct cm_scale_result *scale)
{
    const struct cm_rank_agreement *all = &scale->parts[CM_PART_ALL];
    cm_text_pad(printer->out, cm_span_of(name), CM_NAME_COLUMNS - 1);
    cm_buffer_printf(printer->out, " %6u", all->n);
    figure(printer->out, 8, 3, all->rho);
    if (isnan(all->interval.low))
        cm_buffer_printf(printer->out, "%18s", "-");
    else
        cm_buffer_printf(printer->out, "  %6.3f to %6.3f", all->interval.low, all->interval.high);
    for (int part = CM_PART_WRITTEN; part < CM_PART_COUNT; part++) {
        cm_buffer_printf(printer->out, "%5u", scale->parts[part].n);
        figure(printer->out, 7, 3, scale->parts[part].rho);
    }
    cm_buffer_byte(printer->out, '\n');
}

static void print_apart(struct printer *printer, uint32_t index)
{
    const struct cm_scale_result *scale = &printer->report->compared->scales[index];
    char text[128];
    snprintf(text, sizeof text, "%s: where readers and score are furthest apart", cm_scale_name(printer->report->ruleset, index));
    if (scale->apart_count == 0)
        return;
    title(printer, text);
    cm_buffer_printf(printer->out, "%8s%8s%14s%14s\n", "rating", "score", "rank rated", "rank scored");
    for (uint32_t i = 0; i < scale->apart_count; i++) {
        const struct cm_rating *rating = &printer->report->ratings->items[scale->apart[i].rating];
        cm_buffer_printf(printer->out, "%8.1f%8.1f%14.1f%14.1f  ", rating->given[index], rating->scored[index], scale->apart[i].rank_given,
                         scale->apart[i].rank_scored);
        cm_text_clean(printer->out, rating->interaction_id);
        cm_buffer_byte(printer->out, '\n');
    }
}

static void print_ratings(struct printer *printer)
{
    const struct cm_ratings_result *compared = printer->report->compared;
    cm_buffer_printf(printer->out, "\n%u rated %s found in the events", compared->found,
                     compared->found == 1 ? "conversation" : "conversations");
    if (compared->missing)
        cm_buffer_printf(printer->out, ", %u not", compared->missing);
    cm_buffer_printf(printer->out, "\n\n%s%-17s%6s%8s%18s%12s%12s%s\n", cm_paint(printer->colour, CM_COLOUR_BOLD), "Spearman's rho", "n",
                     "rho", "95 % (Fisher's z)", "n written", "n checked", cm_paint(printer->colour, CM_COLOUR_OFF));
    for (uint32_t i = 0; i < compared->scale_count; i++)
        print_agreement(printer, cm_scale_name(printer->report->ruleset, i), &compared->scales[i]);
    for (uint32_t i = 0; i < compared->scale_count; i++) {
        const struct cm_scale_result *scale = &compared->scales[i];
        if (scale->unrated || scale->unscored)
            cm_buffer_printf(printer->out, "%s: %u without a rating, %u without a score\n", cm_scale_name(printer->report->ruleset, i),
                             scale->unrated, scale->unscored);
    }
    for (uint32_t i = 0; i < (printer->report->worst_asked ? compared->scale_count : 1); i++)
        print_apart(printer, i);
}

void cm_validate_text(const struct cm_validate_report *report, bool colour, unsigned columns, struct cm_buffer *out)
{
    struct printer printer = {report, colour, columns, out};
    cm_buffer_printf(out, "%s %s", report->ruleset->name, report->ruleset->version);
    if (report->validation) {
        const struct cm_validation *validation = report->validation;
        cm_buffer_text(out, " against ");
        cm_text_number(out, validation->turns);
        cm_buffer_printf(out, " labelled %s of ", cm_plural(validation->turns, "turn", "turns"));
        cm_text_number(out, validation->conversations);
        cm_buffer_printf(out, " %s\n", cm_plural(validation->conversations, "conversation", "conversations"));
        print_labels(&printer);
        if (report->overrides)
            print_overrides(&printer);
        if (!report->label)
            print_behaviours(&printer);
        if (report->cues || report->label)
            print_cues(&printer);
        print_worst(&printer);
    } else {
        cm_buffer_byte(out, '\n');
    }
    if (report->compared)
        print_ratings(&printer);
}
