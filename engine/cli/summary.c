#include "cli/summary.h"

#include <math.h>

#include "cli/common.h"
#include "cli/term.h"
#include "cli/text.h"

/* More rows than this are for --json: nobody reads them, and the totals would scroll away. */
#define CM_AGENT_ROWS_MAX 50u
#define CM_AGENT_COLUMNS_MAX 20u
#define CM_AGENT_COLUMNS_MIN 8u
#define CM_SCORE_NAME_COLUMNS 14u
#define CM_BAR_COLUMNS 20u
#define CM_SCORE_MAX 100.0

static const char *const moment_titles[CM_MOMENT_COUNT] = {"met", "more than was asked", "left unmet"};

static struct cm_span agent_name(struct cm_span id)
{
    return id.ptr ? id : CM_SPAN("(no agent id)");
}

static const char *score_name(const struct cm_ruleset *ruleset, uint32_t score)
{
    return score == 0 ? "CARE" : ruleset->dimensions[score - 1].id;
}

static void bar(struct cm_buffer *out, double share, unsigned columns)
{
    unsigned full = (unsigned)lround(share * columns);
    for (unsigned i = 0; i < columns; i++)
        cm_buffer_text(out, i < full ? "█" : "·");
}

static void totals(struct cm_buffer *out, const struct cm_summary *summary, bool colour)
{
    cm_buffer_printf(out, "%s%-*s %7s  %6s %6s  %5s  %6s%s\n", cm_paint(colour, CM_COLOUR_DIM), (int)CM_SCORE_NAME_COLUMNS, "", "n", "mean",
                     "±", "floor", "spread", cm_paint(colour, CM_COLOUR_OFF));
    for (uint32_t i = 0; i <= summary->ruleset->dimension_count; i++) {
        struct cm_score_figures figures;
        cm_score_figures(&summary->all[i], &figures);
        if (i == 0)
            cm_buffer_text(out, cm_paint(colour, CM_COLOUR_BOLD));
        cm_text_pad(out, cm_span_of(score_name(summary->ruleset, i)), CM_SCORE_NAME_COLUMNS);
        cm_buffer_printf(out, " %7llu  ", (unsigned long long)figures.count);
        if (figures.count == 0)
            cm_buffer_printf(out, "%6s %6s  %5s  %6s", "-", "-", "-", "-");
        else if (figures.count == 1)
            cm_buffer_printf(out, "%6.1f %6s  %5.0f  %6s", figures.mean, "-", figures.floor, "-");
        else
            cm_buffer_printf(out, "%6.1f %6.1f  %5.0f  %6.1f", figures.mean, figures.margin, figures.floor, figures.spread);
        if (figures.count > 0) {
            cm_buffer_text(out, "  ");
            bar(out, figures.mean / CM_SCORE_MAX, CM_BAR_COLUMNS);
        }
        if (i == 0)
            cm_buffer_text(out, cm_paint(colour, CM_COLOUR_OFF));
        cm_buffer_byte(out, '\n');
    }
}

/* "71 ±6 (12)": a mean never stands without its count and interval. */
static void cell(struct cm_buffer *out, const struct cm_score_stat *stat, unsigned columns)
{
    char text[64];
    struct cm_score_figures figures;
    cm_score_figures(stat, &figures);
    if (figures.count == 0)
        snprintf(text, sizeof text, "-");
    else if (figures.margin < 0)
        snprintf(text, sizeof text, "%.0f (%llu)", figures.mean, (unsigned long long)figures.count);
    else
        snprintf(text, sizeof text, "%.0f ±%.*f (%llu)", figures.mean, figures.margin < 0.95, fmin(figures.margin, CM_SCORE_MAX),
                 (unsigned long long)figures.count);
    unsigned used = cm_text_columns(cm_span_of(text));
    for (; used < columns; used++)
        cm_buffer_byte(out, ' ');
    cm_buffer_text(out, text);
}

static unsigned cell_columns(const struct cm_summary *summary, uint32_t score, size_t rows)
{
    unsigned columns = 4;
    for (size_t i = 0; i < rows; i++) {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cell(&text, &summary->agents[i].scores[score], 0);
        unsigned needed = cm_text_columns(cm_buffer_view(&text));
        columns = needed > columns ? needed : columns;
        cm_buffer_free(&text);
    }
    return columns;
}

static unsigned name_columns(const struct cm_summary *summary, size_t rows)
{
    unsigned columns = CM_AGENT_COLUMNS_MIN;
    for (size_t i = 0; i < rows; i++) {
        unsigned needed = cm_text_columns(agent_name(summary->agents[i].id));
        columns = needed > columns ? needed : columns;
    }
    return columns < CM_AGENT_COLUMNS_MAX ? columns : CM_AGENT_COLUMNS_MAX;
}

static void agent_row(struct cm_buffer *out, const struct cm_summary *summary, const struct cm_agent_summary *agent, unsigned name,
                      const unsigned *widths)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    struct cm_score_figures figures;
    cm_text_clean(&clean, agent_name(agent->id));
    cm_text_pad(out, cm_buffer_view(&clean), name);
    cm_buffer_free(&clean);
    cm_score_figures(&agent->scores[0], &figures);
    for (uint32_t i = 0; i <= summary->ruleset->dimension_count; i++) {
        cell(out, &agent->scores[i], widths[i] + 2);
        if (i > 0)
            continue;
        if (figures.count > 0)
            cm_buffer_printf(out, "  %5.0f", figures.floor);
        else
            cm_buffer_printf(out, "  %5s", "-");
        if (figures.spread >= 0)
            cm_buffer_printf(out, " %6.0f", figures.spread);
        else
            cm_buffer_printf(out, " %6s", "-");
    }
    cm_buffer_byte(out, '\n');
}

static void agents(struct cm_buffer *out, const struct cm_summary *summary, bool colour)
{
    unsigned widths[CM_SUMMARY_SCORES_MAX];
    size_t rows = summary->agent_count < CM_AGENT_ROWS_MAX ? summary->agent_count : CM_AGENT_ROWS_MAX;
    if (rows == 0)
        return;
    unsigned name = name_columns(summary, rows);
    cm_buffer_printf(out, "\n%s%-*s", cm_paint(colour, CM_COLOUR_DIM), (int)name, "agent");
    for (uint32_t i = 0; i <= summary->ruleset->dimension_count; i++) {
        widths[i] = cell_columns(summary, i, rows);
        int width = (int)widths[i] + 2;
        cm_buffer_printf(out, "%*.*s", width, width - 1, score_name(summary->ruleset, i));
        if (i == 0)
            cm_buffer_printf(out, "  %5s %6s", "floor", "spread");
    }
    cm_buffer_printf(out, "%s\n", cm_paint(colour, CM_COLOUR_OFF));
    for (size_t i = 0; i < rows; i++)
        agent_row(out, summary, &summary->agents[i], name, widths);
    if (summary->agent_count > rows)
        cm_buffer_printf(out, "and %zu more (--json has all)\n", summary->agent_count - rows);
}

static void moments(struct cm_buffer *out, const struct cm_summary *summary, bool colour)
{
    for (size_t i = 0; i < CM_MOMENT_COUNT; i++) {
        const struct cm_moment *moment = &summary->moments[i];
        if (!moment->behaviour)
            continue;
        cm_buffer_printf(out, "\n%s%s%s, %s: ", cm_paint(colour, CM_COLOUR_BOLD), moment->behaviour->title, cm_paint(colour, CM_COLOUR_OFF),
                         moment_titles[i]);
        if (moment->quote.ptr) {
            cm_buffer_printf(out, "“%s", cm_paint(colour, CM_COLOUR_CYAN));
            cm_text_clean(out, moment->quote);
            cm_buffer_printf(out, "%s”", cm_paint(colour, CM_COLOUR_OFF));
        } else {
            cm_buffer_text(out, "(no quote kept)");
        }
        cm_buffer_printf(out, "\n  %s", cm_paint(colour, CM_COLOUR_DIM));
        cm_text_clean(out, moment->interaction_id);
        cm_buffer_printf(out, ", turn %u, %s, agent ", moment->turn, moment->rule);
        cm_text_clean(out, agent_name(moment->agent_id));
        cm_buffer_printf(out, "%s", cm_paint(colour, CM_COLOUR_OFF));
    }
    cm_buffer_byte(out, '\n');
}

static void not_scored(struct cm_buffer *out, const struct cm_summary *summary)
{
    const char *between = " (";
    uint64_t count = summary->interactions - summary->scored;
    cm_buffer_printf(out, "not scored: %llu of %llu interactions", (unsigned long long)count, (unsigned long long)summary->interactions);
    for (unsigned i = 0; i < CM_REASON_COUNT; i++)
        if (summary->not_scored[i] > 0) {
            const char *reason = i == CM_REASON_NONE ? "other" : cm_reason_name((enum cm_reason)i);
            cm_buffer_printf(out, "%s%s %llu", between, reason, (unsigned long long)summary->not_scored[i]);
            between = ", ";
        }
    cm_buffer_text(out, *between == ',' ? ")\n" : "\n");
}

static void flags(struct cm_buffer *out, const struct cm_summary *summary)
{
    const char *between = "flags: ";
    for (unsigned i = 0; i < CM_FLAG_COUNT; i++)
        if (summary->flags[i] > 0) {
            cm_buffer_printf(out, "%s%s %llu", between, cm_flag_name((enum cm_flag)i), (unsigned long long)summary->flags[i]);
            between = ", ";
        }
    if (*between == ',')
        cm_buffer_byte(out, '\n');
}

/* Law 3: a fault is never read as a miss, so it is never left out. */
void cm_summary_faults(const struct cm_summary *summary, struct cm_buffer *out)
{
    const char *between = "rules at their limit: ";
    for (uint32_t i = 0; i < summary->ruleset->cue_count; i++)
        if (summary->faults[i] > 0) {
            cm_buffer_printf(out, "%s%s in %llu %s", between, summary->ruleset->cues[i].id, (unsigned long long)summary->faults[i],
                             cm_plural(summary->faults[i], "turn", "turns"));
            between = ", ";
        }
    if (*between == ',')
        cm_buffer_byte(out, '\n');
}

static uint32_t unvalidated(const struct cm_ruleset *ruleset)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ruleset->behaviour_count; i++)
        count += !ruleset->behaviours[i].validated;
    return count;
}

static void pack(struct cm_buffer *out, const struct cm_summary *summary, bool colour)
{
    const struct cm_ruleset *ruleset = summary->ruleset;
    cm_buffer_printf(out, "%s%s %s%s: ", cm_paint(colour, CM_COLOUR_BOLD), ruleset->name, ruleset->version,
                     cm_paint(colour, CM_COLOUR_OFF));
    cm_text_number(out, summary->interactions);
    cm_buffer_text(out, " interactions\n\n");
    totals(out, summary, colour);
    agents(out, summary, colour);
    moments(out, summary, colour);
    cm_buffer_printf(out,
                     "\n%s0 to 100; ± half of the 95 %% interval of the mean, (n) interactions behind it;\n"
                     "floor: nine of ten score at least this; spread: standard deviation.%s\n",
                     cm_paint(colour, CM_COLOUR_DIM), cm_paint(colour, CM_COLOUR_OFF));
    not_scored(out, summary);
    flags(out, summary);
    cm_summary_faults(summary, out);
    uint32_t open = unvalidated(ruleset);
    if (open > 0)
        cm_buffer_printf(out, "unvalidated: %u of %u behaviours have not been measured against people's labels\n", open,
                         ruleset->behaviour_count);
}

static void dead_letters(struct cm_buffer *out, const struct cm_archive_result *result)
{
    uint64_t total = cm_dead_letter_counts_total(&result->dead_letters);
    const char *between = " (";
    if (total == 0)
        return;
    cm_buffer_printf(out, "dead letters: %llu of %llu lines", (unsigned long long)total, (unsigned long long)result->lines);
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        if (result->dead_letters.by_reason[i] > 0) {
            cm_buffer_printf(out, "%s%s %llu", between, cm_reject_code((enum cm_reject)i),
                             (unsigned long long)result->dead_letters.by_reason[i]);
            between = ", ";
        }
    cm_buffer_text(out, ")\n");
}

static enum cm_status put(struct cm_buffer *buffer, FILE *out)
{
    enum cm_status status = cm_buffer_status(buffer);
    if (status == CM_OK && buffer->len > 0 && fwrite(buffer->ptr, 1, buffer->len, out) != buffer->len)
        status = CM_EIO;
    cm_buffer_free(buffer);
    return status;
}

enum cm_status cm_summary_print(const struct cm_archive_result *result, FILE *out, bool colour)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < result->summary_count; i++) {
        pack(&text, &result->summaries[i], colour);
        if (i + 1 < result->summary_count)
            cm_buffer_byte(&text, '\n');
    }
    dead_letters(&text, result);
    return put(&text, out);
}
