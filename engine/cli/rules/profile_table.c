#include "cli/rules/profile_table.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "cli/common.h"
#include "cli/text.h"

/* Of the table; together 80. */
#define CUE_COLUMNS 24u
#define COUNT_DIGITS_MAX 99999.5

/* ---- numbers of few columns ---- */

struct scale {
    double from;
    double unit;
    const char *name;
};

/* Three digits and the unit. */
static void scaled(struct cm_buffer *out, double value, const struct scale *scales)
{
    while (value < scales->from)
        scales++;
    double shown = value / scales->unit;
    cm_buffer_printf(out, "%.*f%s", scales->unit <= 1 || shown >= 99.95 ? 0 : shown >= 9.995 ? 1 : 2, shown, scales->name);
}

static void short_count(struct cm_buffer *out, double value)
{
    static const struct scale scales[] = {
        {99.95e9, 1e9, "G"}, {999.5e6, 1e9, "G"}, {999.5e3, 1e6, "M"}, {COUNT_DIGITS_MAX, 1e3, "k"}, {0, 1, ""}};
    if (value > 0 && value < 0.5)
        cm_buffer_text(out, "<1");
    else
        scaled(out, value, scales);
}

static void short_time(struct cm_buffer *out, double ns)
{
    static const struct scale scales[] = {{999.5e6, 1e9, "s"}, {999.5e3, 1e6, "ms"}, {999.5, 1e3, "us"}, {0, 1, "ns"}};
    scaled(out, ns, scales);
}

/* Append from the right. */
static void right(struct cm_buffer *out, struct cm_buffer *text, unsigned columns)
{
    cm_buffer_printf(out, "%*.*s", (int)columns, (int)text->len, text->len ? text->ptr : "");
    cm_buffer_reset(text);
}

static void count_cell(struct cm_buffer *out, struct cm_buffer *cell, double value, unsigned columns)
{
    if (value > 0)
        short_count(cell, value);
    else
        cm_buffer_byte(cell, '-');
    right(out, cell, columns);
}

static void ns_cell(struct cm_buffer *out, struct cm_buffer *cell, double ns, unsigned columns)
{
    if (isnan(ns))
        cm_buffer_byte(cell, '-');
    else
        short_count(cell, ns >= 0.5 ? ns : 0);
    right(out, cell, columns);
}

static void time_cells(struct cm_buffer *out, struct cm_buffer *cell, double ns, double share, bool sure)
{
    if (!sure)
        cm_buffer_byte(cell, '~');
    short_time(cell, ns);
    right(out, cell, 8);
    cm_buffer_printf(cell, "%.1f", 100 * share);
    right(out, cell, 6);
    cm_buffer_byte(out, '\n');
}

/* ---- the table ---- */

void cm_profile_sampled(const struct cm_profile_view *view, struct cm_buffer *out)
{
    const struct cm_profile *profile = view->profile;
    if (profile->every == 1) {
        cm_buffer_text(out, "Every turn was timed: counts are exact.");
        return;
    }
    cm_text_number(out, profile->timed_turns);
    cm_buffer_printf(out, " %s timed, about one turn in %u; counts and times are scaled to all.",
                     profile->timed_turns == 1 ? "turn was" : "turns were", profile->every);
    if (profile->turns > 0 && profile->timed_turns < 1000)
        cm_buffer_text(out, " That is few: --every 1 times all.");
}

static void head(const struct cm_profile_view *view, struct cm_buffer *out)
{
    cm_buffer_printf(out, "%s %s: %u %s, ", view->ruleset->name, view->ruleset->version, view->ruleset->cue_count,
                     cm_plural(view->ruleset->cue_count, "cue", "cues"));
    cm_text_number(out, view->profile->turns);
    cm_buffer_printf(out, " %s, ", cm_plural(view->profile->turns, "turn", "turns"));
    cm_text_number(out, view->profile->interactions);
    cm_buffer_printf(out, " %s\n", cm_plural(view->profile->interactions, "interaction", "interactions"));
    size_t from = out->len;
    struct cm_buffer line = CM_BUFFER_EMPTY;
    cm_profile_sampled(view, &line);
    cm_text_wrap(out, cm_buffer_view(&line), 0, 0, 80);
    cm_buffer_free(&line);
    if (out->len > from)
        cm_buffer_byte(out, '\n');
}

static void cue_row(const struct cm_profile_view *view, const struct cm_cue_cost *cost, struct cm_buffer *out, struct cm_buffer *cell)
{
    struct cm_span id = cm_span_of(view->ruleset->cues[cost->cue].id);
    if (id.len >= CUE_COLUMNS) { /* never cut: it is there to be copied */
        cm_buffer_span(out, id);
        cm_buffer_byte(out, '\n');
        id.len = 0;
    }
    cm_text_pad(out, id, CUE_COLUMNS);
    count_cell(out, cell, cost->candidates, 6);
    count_cell(out, cell, cost->verifications, 7);
    count_cell(out, cell, cost->hits, 6);
    count_cell(out, cell, cost->turns, 6);
    count_cell(out, cell, cost->faults, 5);
    ns_cell(out, cell, cost->ns_hit, 6);
    ns_cell(out, cell, cost->ns_miss, 6);
    time_cells(out, cell, cost->ns, cost->share, cost->measured >= CM_PROFILE_SURE || cost->measured == 0);
}

static void cue_rows(const struct cm_profile_view *view, struct cm_buffer *out, struct cm_buffer *cell)
{
    const struct cm_profile_report *report = view->report;
    size_t count = view->ruleset->cue_count, shown = count < view->top ? count : view->top;
    double rest = 0;
    cm_buffer_printf(out, "\n%-24s%6s%7s%6s%6s%5s%12s\n", "", "", "", "", "turns", "", "ns a check");
    cm_buffer_printf(out, "%-24s%6s%7s%6s%6s%5s%6s%6s%8s%6s\n", "cue", "cands", "checks", "hits", "hit", "flts", "hit", "none", "time",
                     "%");
    for (size_t i = 0; i < shown; i++)
        cue_row(view, &report->cues[i], out, cell);
    for (size_t i = shown; i < count; i++)
        rest += report->cues[i].ns;
    if (shown == count)
        return;
    cm_buffer_printf(cell, "and %zu more: --top 0", count - shown);
    cm_buffer_printf(out, "%-66.*s", (int)cell->len, cell->len ? cell->ptr : "");
    cm_buffer_reset(cell);
    time_cells(out, cell, rest, report->ns > 0 ? rest / report->ns : 0, true);
}

static void total_row(struct cm_buffer *out, struct cm_buffer *cell, const char *name, double ns, double share)
{
    cm_buffer_printf(out, "  %-64s", name);
    time_cells(out, cell, ns, share, true);
}

static void totals(const struct cm_profile_view *view, struct cm_buffer *out, struct cm_buffer *cell)
{
    const struct cm_profile_report *report = view->report;
    double all = report->ns > 0 ? report->ns : 1;
    cm_buffer_text(out, "\nall work\n");
    total_row(out, cell, "cues", report->cue_ns, report->cue_ns / all);
    for (size_t i = 0; i < CM_STAGE_COSTS; i++)
        total_row(out, cell, report->stages[i].name, report->stages[i].ns, report->stages[i].share);
    total_row(out, cell, "together, threads added up", report->ns, report->ns > 0 ? 1 : 0);
}

static void legend(const struct cm_profile_view *view, struct cm_buffer *out)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    cm_buffer_printf(
        &line,
        "cands: looked at, for a word or literal that stood there. checks: phrases and expressions run (a phrase with a gap "
        "perhaps from several words), combinations judged. hits: of every phrase and expression. turns hit: before channel, "
        "position and name are asked. flts: undecided, at a limit. ~ rests on fewer than %u measurements. Reading, decoding and "
        "writing are not in it; the clock's %.0f ns a reading are taken off, and it resolves %.2g ns.",
        CM_PROFILE_SURE, view->report->clock_ns, view->report->ns_per_tick);
    cm_buffer_byte(out, '\n');
    cm_text_wrap(out, cm_buffer_view(&line), 0, 0, 80);
    cm_buffer_byte(out, '\n');
    cm_buffer_free(&line);
}

void cm_profile_text(const struct cm_profile_view *view, struct cm_buffer *out)
{
    struct cm_buffer cell = CM_BUFFER_EMPTY;
    head(view, out);
    if (view->profile->timed_turns > 0) {
        cue_rows(view, out, &cell);
        totals(view, out, &cell);
        legend(view, out);
    }
    cm_buffer_free(&cell);
}

/* ---- JSON ---- */

static void json_number(struct cm_buffer *out, const char *key, double value, unsigned places)
{
    if (isnan(value))
        cm_buffer_printf(out, ",\"%s\":null", key);
    else
        cm_buffer_printf(out, ",\"%s\":%.*f", key, (int)places, value);
}

static void json_cue(const struct cm_profile_view *view, const struct cm_cue_cost *cost, struct cm_buffer *out)
{
    const struct cm_cue *cue = &view->ruleset->cues[cost->cue];
    cm_buffer_text(out, "{\"cue\":");
    cm_buffer_json(out, cm_span_of(cue->id));
    cm_buffer_printf(out, ",\"phrases\":%u,\"expressions\":%u,\"judged\":%s", cue->phrase_count, cue->regex_count,
                     cm_profile_judged(cue) ? "true" : "false");
    json_number(out, "candidates", cost->candidates, 0);
    json_number(out, "verifications", cost->verifications, 0);
    json_number(out, "hits", cost->hits, 0);
    json_number(out, "turns_hit", cost->turns, 0);
    json_number(out, "faults", cost->faults, 0);
    json_number(out, "ns_hit", cost->ns_hit, 1);
    json_number(out, "ns_no_hit", cost->ns_miss, 1);
    json_number(out, "ns", cost->ns, 0);
    json_number(out, "share", cost->share, 6);
    cm_buffer_printf(out, ",\"measured\":%llu}", (unsigned long long)cost->measured);
}

static void json_head(const struct cm_profile_view *view, struct cm_buffer *out)
{
    const struct cm_profile *profile = view->profile;
    const struct cm_ruleset *rules = view->ruleset;
    cm_buffer_printf(out, "{\"pack\":{\"name\":\"%s\",\"version\":\"%s\",\"hash\":\"%016llx%016llx\"}", rules->name, rules->version,
                     (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low);
    cm_buffer_printf(out,
                     ",\"every\":%u,\"exact\":%s,\"turns\":%llu,\"timed_turns\":%llu,\"interactions\":%llu,\"timed_interactions\":%llu",
                     profile->every, profile->every == 1 ? "true" : "false", (unsigned long long)profile->turns,
                     (unsigned long long)profile->timed_turns, (unsigned long long)profile->interactions,
                     (unsigned long long)profile->timed_interactions);
    cm_buffer_printf(out, ",\"threads\":%u,\"seconds\":%.3f,\"clock\":{\"resolution_ns\":%.3f,\"reading_ns\":%.1f,\"interrupted\":%llu}",
                     view->threads, view->seconds, view->report->ns_per_tick, view->report->clock_ns,
                     (unsigned long long)profile->interrupted);
    cm_buffer_printf(out, ",\"ns\":%.0f,\"cue_ns\":%.0f,\"sorted_by\":\"%s\"", view->report->ns, view->report->cue_ns, view->order);
}

void cm_profile_json(const struct cm_profile_view *view, struct cm_buffer *out)
{
    size_t count = view->ruleset->cue_count < view->top ? view->ruleset->cue_count : view->top;
    json_head(view, out);
    cm_buffer_text(out, ",\"cues\":[");
    for (size_t i = 0; i < count; i++) {
        cm_buffer_text(out, i ? "," : "");
        json_cue(view, &view->report->cues[i], out);
    }
    cm_buffer_text(out, "],\"shared\":[");
    for (size_t i = 0; i < CM_STAGE_COSTS; i++) {
        const struct cm_stage_cost *stage = &view->report->stages[i];
        cm_buffer_printf(out, "%s{\"work\":\"%s\",\"ns\":%.0f,\"share\":%.6f}", i ? "," : "", stage->key, stage->ns, stage->share);
    }
    cm_buffer_text(out, "]}\n");
}

/* ---- files ---- */

int cm_profile_write(const struct cm_buffer *bytes, const char *option, const char *path)
{
    enum cm_status status = cm_buffer_status(bytes);
    if (status != CM_OK) {
        cm_tell_error("%s", cm_status_text(status));
        return cm_exit_of(status);
    }
    FILE *file = fopen(path, "we");
    bool written = file && fwrite(bytes->ptr, 1, bytes->len, file) == bytes->len;
    int error = errno;
    if (file && fclose(file) != 0 && written) {
        error = errno;
        written = false;
    }
    if (!written)
        cm_tell_error("%s %s: %s", option, path, strerror(error));
    return written ? CM_EXIT_DONE : CM_EXIT_IO;
}
