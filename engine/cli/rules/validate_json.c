#include <math.h>

#include "cli/rules/validate.h"

static void key(struct cm_buffer *out, const char *name)
{
    cm_buffer_printf(out, ",\"%s\":", name);
}

static void number(struct cm_buffer *out, double value)
{
    if (isnan(value))
        cm_buffer_text(out, "null");
    else
        cm_buffer_printf(out, "%.*f", CM_FIGURE_PLACES, value + 0.0); /* no minus before a zero */
}

static void figure(struct cm_buffer *out, const char *name, double value)
{
    key(out, name);
    number(out, value);
}

static void interval(struct cm_buffer *out, struct cm_interval value)
{
    if (isnan(value.low)) {
        cm_buffer_text(out, "null");
        return;
    }
    cm_buffer_byte(out, '[');
    number(out, value.low);
    cm_buffer_byte(out, ',');
    number(out, value.high);
    cm_buffer_byte(out, ']');
}

/* Members without the braces, so that others can follow. */
static void figures(struct cm_buffer *out, const struct cm_figures *figures)
{
    const struct cm_counts *counts = &figures->counts;
    cm_buffer_printf(out, "\"n\":%u,\"evaluated\":%llu", cm_support(figures),
                     (unsigned long long)counts->tp + counts->fp + counts->fn + counts->tn);
    figure(out, "precision", figures->precision);
    figure(out, "recall", figures->recall);
    figure(out, "f1", figures->f1);
    figure(out, "kappa", figures->kappa);
    cm_buffer_printf(out, ",\"tp\":%u,\"fp\":%u,\"fn\":%u,\"tn\":%u,\"intervals\":{\"precision\":", counts->tp, counts->fp, counts->fn,
                     counts->tn);
    interval(out, figures->precision_interval);
    cm_buffer_text(out, ",\"recall\":");
    interval(out, figures->recall_interval);
    cm_buffer_text(out, ",\"f1\":");
    interval(out, figures->f1_interval);
    cm_buffer_text(out, ",\"kappa\":");
    interval(out, figures->kappa_interval);
    cm_buffer_byte(out, '}');
}

static void measured(struct cm_buffer *out, const struct cm_measured *measured)
{
    const struct cm_figures *written = &measured->figures[CM_PART_WRITTEN], *checked = &measured->figures[CM_PART_CHECKED];
    figures(out, &measured->figures[CM_PART_ALL]);
    cm_buffer_printf(out, ",\"disputed\":%u,\"faults\":%u,\"halves\":{\"written\":{", measured->disputed, measured->faults);
    figures(out, written);
    cm_buffer_text(out, "},\"checked\":{");
    figures(out, checked);
    cm_buffer_byte(out, '}');
    figure(out, "f1_gap", written->f1 - checked->f1);
    cm_buffer_byte(out, '}');
}

static void labels(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    const char *next_speaker = "";
    cm_buffer_text(out, ",\"labels\":{");
    for (int speaker = CM_SPEAKER_NONE + 1; speaker < CM_SPEAKER_COUNT; speaker++) {
        const char *next = "";
        for (uint32_t i = 0; i < validation->result_count; i++) {
            const struct cm_label_result *result = &validation->results[i];
            if (result->mapped->speaker != (enum cm_speaker)speaker || !cm_validate_shows(report, i))
                continue;
            if (!*next)
                cm_buffer_printf(out, "%s\"%s\":{", next_speaker, cm_speaker_name((enum cm_speaker)speaker));
            cm_buffer_text(out, next);
            cm_buffer_json(out, result->mapped->label);
            cm_buffer_text(out, ":{");
            measured(out, &result->measured);
            cm_buffer_printf(out, ",\"weak\":%s}", result->weak ? "true" : "false");
            next = ",";
        }
        if (*next) {
            cm_buffer_byte(out, '}');
            next_speaker = ",";
        }
    }
    cm_buffer_byte(out, '}');
}

/* What people made of the machine's labels. */
static void overrides(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    const char *next = "";
    cm_buffer_printf(out, ",\"overrides\":{\"turns\":%zu,\"changed\":%zu,\"labels\":[", report->overrides->turns,
                     report->overrides->changed);
    for (uint32_t i = 0; i < validation->result_count; i++) {
        const struct cm_override *row = &report->overrides->items[i];
        const struct cm_mapped *mapped = validation->results[i].mapped;
        if (!cm_validate_shows(report, i))
            continue;
        cm_buffer_printf(out, "%s{\"speaker\":\"%s\",\"label\":", next, cm_speaker_name(mapped->speaker));
        cm_buffer_json(out, mapped->label);
        cm_buffer_printf(out, ",\"machine\":%u,\"kept\":%u,\"removed\":%u,\"added\":%u}", row->kept + row->removed, row->kept, row->removed,
                         row->added);
        next = ",";
    }
    cm_buffer_text(out, "]}");
}

static void macro_mean(struct cm_buffer *out, const char *name, uint32_t count, const double *mean, struct cm_interval range)
{
    cm_buffer_printf(out, "\"%s\":{\"labels\":%u", name, count);
    figure(out, "f1", mean[CM_PART_ALL]);
    key(out, "interval");
    interval(out, range);
    figure(out, "written", mean[CM_PART_WRITTEN]);
    figure(out, "checked", mean[CM_PART_CHECKED]);
    figure(out, "gap", mean[CM_PART_WRITTEN] - mean[CM_PART_CHECKED]);
    cm_buffer_byte(out, '}');
}

static void macros(const struct cm_validation *validation, struct cm_buffer *out)
{
    cm_buffer_text(out, ",\"macro\":{");
    for (uint32_t i = 0; i < validation->macro_count; i++) {
        const struct cm_macro_result *macro = &validation->macros[i];
        cm_buffer_printf(out, "%s\"%s\":{", i ? "," : "", cm_speaker_name(macro->speaker));
        macro_mean(out, "frequent", macro->frequent_count, macro->frequent, macro->frequent_interval);
        cm_buffer_byte(out, ',');
        macro_mean(out, "all", macro->count, macro->all, macro->all_interval);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, '}');
}

static void label_name(const struct cm_label_result *result, struct cm_buffer *out)
{
    cm_buffer_printf(out, "\"speaker\":\"%s\",\"label\":", cm_speaker_name(result->mapped->speaker));
    cm_buffer_json(out, result->mapped->label);
}

static void cues(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    const char *next = "";
    cm_buffer_text(out, ",\"cues\":[");
    for (uint32_t i = 0; i < validation->cue_count; i++) {
        const struct cm_cue_result *row = &validation->cues[i];
        if (!cm_validate_shows(report, row->label))
            continue;
        cm_buffer_printf(out, "%s{\"cue\":\"%s\",", next, report->ruleset->cues[row->cue].id);
        label_name(&validation->results[row->label], out);
        cm_buffer_printf(out, ",\"hits\":%u,\"right\":%u", row->hits, row->right);
        figure(out, "precision", row->precision);
        key(out, "interval");
        interval(out, row->interval);
        cm_buffer_printf(out, ",\"alone\":{\"right\":%u,\"wrong\":%u}", row->right_alone, row->wrong_alone);
        figure(out, "f1_without", row->f1_without);
        if (row->overlap_cue == CM_CUE_NONE)
            cm_buffer_text(out, ",\"overlap\":null}");
        else {
            cm_buffer_printf(out, ",\"overlap\":{\"cue\":\"%s\"", report->ruleset->cues[row->overlap_cue].id);
            figure(out, "share", row->overlap);
            cm_buffer_text(out, "}}");
        }
        next = ",";
    }
    cm_buffer_byte(out, ']');
}

static void behaviours(const struct cm_validation *validation, struct cm_buffer *out)
{
    cm_buffer_text(out, ",\"behaviours\":[");
    for (uint32_t i = 0; i < validation->behaviour_count; i++) {
        const struct cm_behaviour_measured *row = &validation->behaviours[i];
        cm_buffer_printf(out, "%s{\"id\":\"%s\",\"labels\":[", i ? "," : "", row->behaviour->id);
        for (uint32_t j = 0; j < row->label_count; j++) {
            struct cm_buffer name = CM_BUFFER_EMPTY;
            cm_validate_label_name(&validation->results[row->labels[j]], &name);
            cm_buffer_text(out, j ? "," : "");
            cm_buffer_json(out, cm_buffer_view(&name));
            out->failed |= name.failed;
            cm_buffer_free(&name);
        }
        cm_buffer_printf(out, "],\"cues\":%u,\"unmapped_cues\":%u,\"support\":%u,\"validated\":%s,", row->cue_count, row->unmapped,
                         cm_support(&row->measured.figures[CM_PART_ALL]), row->validated ? "true" : "false");
        measured(out, &row->measured);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, ']');
}

static void worst(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_validation *validation = report->validation;
    const char *next = "";
    cm_buffer_text(out, ",\"worst\":[");
    for (uint32_t i = 0; i < validation->worst_count; i++) {
        const struct cm_worst *row = &validation->worst[i];
        const struct cm_labelled *item = &validation->labels->items[row->turn];
        if (!cm_validate_shows(report, row->label))
            continue;
        cm_buffer_printf(out, "%s{\"kind\":\"%s\",", next, row->miss ? "miss" : "false_hit");
        label_name(&validation->results[row->label], out);
        cm_buffer_text(out, ",\"id\":");
        if (item->id.len)
            cm_buffer_json(out, item->id);
        else
            cm_buffer_text(out, "null");
        cm_buffer_text(out, ",\"file\":");
        cm_buffer_json(out, cm_span_of(item->file));
        cm_buffer_printf(out, ",\"line\":%u,\"cue\":", item->line);
        if (row->cue == CM_CUE_NONE)
            cm_buffer_text(out, "null");
        else
            cm_buffer_json(out, cm_span_of(report->ruleset->cues[row->cue].id));
        cm_buffer_text(out, ",\"before\":");
        cm_buffer_json(out, row->context);
        cm_buffer_text(out, ",\"text\":");
        if (row->text.ptr)
            cm_buffer_json(out, row->text);
        else
            cm_buffer_text(out, "null");
        cm_buffer_printf(out, ",\"start\":%u,\"end\":%u}", row->from, row->to);
        next = ",";
    }
    cm_buffer_byte(out, ']');
}

static void agreement(struct cm_buffer *out, const struct cm_rank_agreement *part)
{
    cm_buffer_printf(out, "\"n\":%u", part->n);
    figure(out, "rho", part->rho);
    key(out, "interval");
    interval(out, part->interval);
}

static void scale(const struct cm_validate_report *report, uint32_t index, struct cm_buffer *out)
{
    const struct cm_scale_result *scale = &report->compared->scales[index];
    cm_buffer_printf(out, "%s\"%s\":{", index ? "," : "", cm_scale_name(report->ruleset, index));
    agreement(out, &scale->parts[CM_PART_ALL]);
    cm_buffer_printf(out, ",\"unrated\":%u,\"unscored\":%u,\"halves\":{\"written\":{", scale->unrated, scale->unscored);
    agreement(out, &scale->parts[CM_PART_WRITTEN]);
    cm_buffer_text(out, "},\"checked\":{");
    agreement(out, &scale->parts[CM_PART_CHECKED]);
    cm_buffer_text(out, "}},\"apart\":[");
    for (uint32_t i = 0; i < scale->apart_count; i++) {
        const struct cm_rating *rating = &report->ratings->items[scale->apart[i].rating];
        cm_buffer_printf(out, "%s{\"interaction_id\":", i ? "," : "");
        cm_buffer_json(out, rating->interaction_id);
        figure(out, "rating", rating->given[index]);
        figure(out, "score", rating->scored[index]);
        figure(out, "rank_rating", scale->apart[i].rank_given);
        figure(out, "rank_score", scale->apart[i].rank_scored);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "]}");
}

void cm_validate_json(const struct cm_validate_report *report, struct cm_buffer *out)
{
    const struct cm_ruleset *ruleset = report->ruleset;
    const struct cm_validation *validation = report->validation;
    cm_buffer_printf(out, "{\"pack\":\"%s\",\"version\":\"%s\",\"hash\":\"%016llx%016llx\"", ruleset->name, ruleset->version,
                     (unsigned long long)ruleset->hash.high, (unsigned long long)ruleset->hash.low);
    if (validation) {
        cm_buffer_printf(out, ",\"seed\":%llu,\"resamples\":%u,\"turns\":%zu,\"conversations\":%zu", (unsigned long long)validation->seed,
                         validation->resamples, validation->turns, validation->conversations);
        cm_buffer_printf(out, ",\"half_turns\":{\"written\":%zu,\"checked\":%zu}", validation->half_turns[CM_HALF_WRITTEN],
                         validation->half_turns[CM_HALF_CHECKED]);
        labels(report, out);
        if (report->overrides)
            overrides(report, out);
        macros(validation, out);
        cues(report, out);
        behaviours(validation, out);
        worst(report, out);
    }
    if (report->compared) {
        cm_buffer_printf(out, ",\"rated\":{\"found\":%u,\"missing\":%u},\"ratings\":{", report->compared->found, report->compared->missing);
        for (uint32_t i = 0; i < report->compared->scale_count; i++)
            scale(report, i, out);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_text(out, "}\n");
}
