#include "cli/summary.h"

#include <math.h>
#include <string.h>

#include "cli/common.h"
#include "cli/term.h"
#include "cli/text.h"
#include "run/trial.h"

#define CM_SUMMARY_COLUMNS 80u
/* More rows than this are for --json: nobody reads them, and the totals would scroll away. */
#define CM_AGENT_ROWS_MAX 30u
/* A row is 16 + 6 + 9 + 6 + 7 columns and 9 a dimension: four of them, 80 in all. */
#define CM_AGENT_COLUMNS 16u
#define CM_CELL_COLUMNS 9u
#define CM_AGENT_DIMENSIONS_MAX 4u
/* Interactions from which on an interval is more than noise about noise. */
#define CM_INTERVAL_MIN 5u
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
        else if (figures.count < CM_INTERVAL_MIN)
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

/* "71 ±6"; the count stands once in its row. Of fewer than CM_INTERVAL_MIN an interval says nothing but how few they are. */
static void cell(struct cm_buffer *out, const struct cm_score_stat *stat)
{
    char text[64];
    struct cm_score_figures figures;
    cm_score_figures(stat, &figures);
    if (figures.count == 0)
        snprintf(text, sizeof text, "-");
    else if (figures.count < CM_INTERVAL_MIN)
        snprintf(text, sizeof text, "%.0f", figures.mean);
    else
        snprintf(text, sizeof text, "%.0f ±%.*f", figures.mean, figures.margin < 0.95, fmin(figures.margin, CM_SCORE_MAX));
    for (unsigned used = cm_text_columns(cm_span_of(text)); used < CM_CELL_COLUMNS; used++)
        cm_buffer_byte(out, ' ');
    cm_buffer_text(out, text);
}

/* An agent of whom nothing could be scored would be a row of dashes. */
static bool has_scores(const struct cm_summary *summary, const struct cm_agent_summary *agent)
{
    for (uint32_t i = 0; i <= summary->ruleset->dimension_count; i++)
        if (agent->scores[i].count > 0)
            return true;
    return false;
}

static uint64_t agent_count(const struct cm_agent_summary *agent)
{
    uint64_t most = 0;
    for (size_t i = 0; i < CM_SUMMARY_SCORES_MAX; i++)
        most = agent->scores[i].count > most ? agent->scores[i].count : most;
    return agent->scores[0].count ? agent->scores[0].count : most;
}

/* Dimensions for which there is room in a row. */
static uint32_t dimensions_shown(const struct cm_summary *summary)
{
    uint32_t count = summary->ruleset->dimension_count;
    return count < CM_AGENT_DIMENSIONS_MAX ? count : CM_AGENT_DIMENSIONS_MAX;
}

static void agent_row(struct cm_buffer *out, const struct cm_summary *summary, const struct cm_agent_summary *agent)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    struct cm_score_figures figures;
    cm_text_clean(&clean, agent_name(agent->id));
    cm_text_pad(out, cm_buffer_view(&clean), CM_AGENT_COLUMNS);
    cm_buffer_free(&clean);
    cm_buffer_printf(out, " %5llu", (unsigned long long)agent_count(agent));
    cm_score_figures(&agent->scores[0], &figures);
    cell(out, &agent->scores[0]);
    if (figures.count > 0)
        cm_buffer_printf(out, " %5.0f", figures.floor);
    else
        cm_buffer_printf(out, " %5s", "-");
    if (figures.count >= CM_INTERVAL_MIN)
        cm_buffer_printf(out, " %6.0f", figures.spread);
    else
        cm_buffer_printf(out, " %6s", "-");
    for (uint32_t i = 1; i <= dimensions_shown(summary); i++)
        cell(out, &agent->scores[i]);
    cm_buffer_byte(out, '\n');
}

/* A name that is too wide for its column is shortened as people do: "acknow." */
static void agents_heading(struct cm_buffer *out, const struct cm_summary *summary)
{
    cm_buffer_printf(out, "%-*s %5s%*s %5s %6s", (int)CM_AGENT_COLUMNS, "agent", "n", (int)CM_CELL_COLUMNS, "CARE", "floor", "spread");
    for (uint32_t i = 1; i <= dimensions_shown(summary); i++) {
        const char *name = score_name(summary->ruleset, i);
        char text[CM_CELL_COLUMNS];
        if (strlen(name) < sizeof text)
            snprintf(text, sizeof text, "%s", name);
        else
            snprintf(text, sizeof text, "%.*s.", (int)sizeof text - 3, name);
        cm_buffer_printf(out, "%*s", (int)CM_CELL_COLUMNS, text);
    }
}

static void agents(struct cm_buffer *out, const struct cm_summary *summary, bool colour)
{
    size_t rows = 0, more = 0, empty = 0;
    for (size_t i = 0; i < summary->agent_count; i++) {
        const struct cm_agent_summary *agent = &summary->agents[i];
        if (!has_scores(summary, agent)) {
            empty++;
        } else if (rows == CM_AGENT_ROWS_MAX) {
            more++;
        } else {
            if (rows++ == 0) {
                cm_buffer_printf(out, "\n%s", cm_paint(colour, CM_COLOUR_DIM));
                agents_heading(out, summary);
                cm_buffer_printf(out, "%s\n", cm_paint(colour, CM_COLOUR_OFF));
            }
            agent_row(out, summary, agent);
        }
    }
    if (more > 0)
        cm_buffer_printf(out, "and %zu more: --json\n", more);
    if (empty > 0)
        cm_buffer_printf(out, "%s%zu %s without a score: --json\n", rows ? "" : "\n", empty, cm_plural(empty, "agent", "agents"));
    if (rows > 0 && summary->ruleset->dimension_count > CM_AGENT_DIMENSIONS_MAX)
        cm_buffer_printf(out, "more dimensions: --json\n");
}

/* Whose words the evidence is: a missed answer is shown by what the customer said. */
static const char *moment_speaker(const struct cm_summary *summary, const struct cm_moment *moment)
{
    uint32_t cue = cm_ruleset_cue(summary->ruleset, cm_span_of(moment->rule));
    enum cm_speaker speaker = cue == CM_CUE_NONE ? CM_SPEAKER_NONE : cm_trial_speaker(&summary->ruleset->cues[cue]);
    return speaker == CM_SPEAKER_NONE ? NULL : cm_speaker_name(speaker);
}

static void moment(struct cm_buffer *out, const struct cm_summary *summary, enum cm_moment_kind kind, bool colour)
{
    const struct cm_moment *moment = &summary->moments[kind];
    const char *speaker = moment_speaker(summary, moment);
    struct cm_buffer line = CM_BUFFER_EMPTY;
    cm_buffer_printf(&line, "%s, %s", moment->behaviour->title, moment_titles[kind]);
    if (speaker)
        cm_buffer_printf(&line, "; the %s said", speaker);
    cm_buffer_byte(&line, ':');
    cm_buffer_printf(out, "\n%s", cm_paint(colour, CM_COLOUR_BOLD));
    cm_text_wrap(out, cm_buffer_view(&line), 0, 0, CM_SUMMARY_COLUMNS);
    cm_buffer_reset(&line);
    cm_buffer_printf(out, "%s\n  %s", cm_paint(colour, CM_COLOUR_OFF), cm_paint(colour, CM_COLOUR_CYAN));
    cm_buffer_text(&line, moment->quote.ptr ? "“" : "(no quote kept)");
    cm_buffer_span(&line, moment->quote);
    cm_buffer_text(&line, moment->quote.ptr ? "”" : "");
    cm_text_wrap(out, cm_buffer_view(&line), 2, 2, CM_SUMMARY_COLUMNS);
    cm_buffer_reset(&line);
    cm_buffer_printf(out, "%s\n  %s", cm_paint(colour, CM_COLOUR_OFF), cm_paint(colour, CM_COLOUR_DIM));
    cm_text_clean(&line, moment->interaction_id);
    cm_buffer_printf(&line, ", turn %u, %s, agent ", moment->turn, moment->rule);
    cm_text_clean(&line, agent_name(moment->agent_id));
    cm_text_wrap(out, cm_buffer_view(&line), 2, 2, CM_SUMMARY_COLUMNS);
    cm_buffer_printf(out, "%s\n", cm_paint(colour, CM_COLOUR_OFF));
    cm_buffer_free(&line);
}

/* A line of its own, with further ones indented. */
static void wrapped(struct cm_buffer *out, struct cm_buffer *line)
{
    cm_text_wrap(out, cm_buffer_view(line), 0, 2, CM_SUMMARY_COLUMNS);
    cm_buffer_byte(out, '\n');
    if (cm_buffer_status(line) != CM_OK)
        out->failed = true;
    cm_buffer_free(line);
}

/* "not scored: 5 of 60 interactions (4 in channels that the pack is not for, 1 too short)" */
static void not_scored(struct cm_buffer *out, const struct cm_summary *summary)
{
    static const char *const texts[CM_REASON_COUNT] = {
        [CM_REASON_NONE] = "for other reasons",
        [CM_REASON_NO_CLOCK] = "without a clock",
        [CM_REASON_NO_AGENT] = "without an agent",
        [CM_REASON_CUSTOMER_LEFT] = "where the customer left first",
        [CM_REASON_TOO_SHORT] = "too short",
        [CM_REASON_LOW_CONFIDENCE] = "with an unsure transcript",
        [CM_REASON_LANGUAGE] = "in other languages",
        [CM_REASON_FAULT] = "with a rule at its limit",
        [CM_REASON_NO_DIALOGUE] = "without a dialogue",
        [CM_REASON_NO_REPLY] = "without a reply",
        [CM_REASON_CHANNEL] = "in channels that the pack is not for",
        [CM_REASON_LOW_COVERAGE] = "with too little that could be judged",
    };
    struct cm_buffer line = CM_BUFFER_EMPTY;
    const char *between = " (";
    uint64_t count = summary->interactions - summary->scored;
    cm_buffer_printf(&line, "not scored: %llu of %llu %s", (unsigned long long)count, (unsigned long long)summary->interactions,
                     cm_plural(summary->interactions, "interaction", "interactions"));
    for (unsigned i = 0; i < CM_REASON_COUNT; i++)
        if (summary->not_scored[i] > 0) {
            cm_buffer_printf(&line, "%s%llu %s", between, (unsigned long long)summary->not_scored[i], texts[i]);
            between = ", ";
        }
    cm_buffer_text(&line, *between == ',' ? ")" : "");
    wrapped(out, &line);
}

static void flags(struct cm_buffer *out, const struct cm_summary *summary)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < CM_FLAG_COUNT; i++)
        if (summary->flags[i] > 0)
            cm_buffer_printf(&line, "%s%s %llu", line.len ? ", " : "flags: ", cm_flag_name((enum cm_flag)i),
                             (unsigned long long)summary->flags[i]);
    if (line.len > 0)
        wrapped(out, &line);
    cm_buffer_free(&line);
}

/* Law 3: a fault is never read as a miss, so it is never left out. */
void cm_summary_faults(const struct cm_summary *summary, struct cm_buffer *out)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    for (uint32_t i = 0; i < summary->ruleset->cue_count; i++)
        if (summary->faults[i] > 0)
            cm_buffer_printf(&line, "%s%s in %llu %s", line.len ? ", " : "rules at their limit: ", summary->ruleset->cues[i].id,
                             (unsigned long long)summary->faults[i], cm_plural(summary->faults[i], "turn", "turns"));
    if (line.len > 0)
        wrapped(out, &line);
    cm_buffer_free(&line);
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
    cm_buffer_printf(out, " %s\n\n", cm_plural(summary->interactions, "interaction", "interactions"));
    totals(out, summary, colour);
    cm_buffer_printf(out,
                     "%s0 to 100; n: interactions; ±: half of the 95 %% interval of the mean, n >= %u;\n"
                     "floor: nine of ten score at least this; spread: standard deviation%s\n",
                     cm_paint(colour, CM_COLOUR_DIM), CM_INTERVAL_MIN, cm_paint(colour, CM_COLOUR_OFF));
    agents(out, summary, colour);
    for (unsigned kind = 0; kind < CM_MOMENT_COUNT; kind++)
        if (summary->moments[kind].behaviour)
            moment(out, summary, (enum cm_moment_kind)kind, colour);
    cm_buffer_byte(out, '\n');
    not_scored(out, summary);
    flags(out, summary);
    cm_summary_faults(summary, out);
    uint32_t open = unvalidated(ruleset);
    if (open > 0)
        cm_buffer_printf(out, "unvalidated: %u of %u %s, not measured against labelled turns\n", open, ruleset->behaviour_count,
                         cm_plural(ruleset->behaviour_count, "behaviour", "behaviours"));
}

static void dead_letters(struct cm_buffer *out, const struct cm_archive_result *result)
{
    uint64_t total = cm_dead_letter_counts_total(&result->dead_letters);
    const char *between = " (";
    struct cm_buffer line = CM_BUFFER_EMPTY;
    if (total == 0)
        return;
    cm_buffer_printf(&line, "dead letters: %llu of %llu %s", (unsigned long long)total, (unsigned long long)result->lines,
                     cm_plural(result->lines, "line", "lines"));
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        if (result->dead_letters.by_reason[i] > 0) {
            cm_buffer_printf(&line, "%s%s %llu", between, cm_reject_code((enum cm_reject)i),
                             (unsigned long long)result->dead_letters.by_reason[i]);
            between = ", ";
        }
    cm_buffer_byte(&line, ')');
    wrapped(out, &line);
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
