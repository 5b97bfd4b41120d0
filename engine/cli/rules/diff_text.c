/* The comparison as a table of 80 columns. */
#include <math.h>
#include <string.h>

#include "cli/rules/diff.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_DIFF_COLUMNS 80u
#define CM_DIFF_NAME_COLUMNS 26u
#define CM_DIFF_ID_COLUMNS 38u
#define CM_DIFF_QUOTE_INDENT 8u
/* More rows than this are for --json and --html: nobody reads them on a terminal. */
#define CM_DIFF_GROUPS_MAX 30u

struct table {
    const struct cm_diff_report *report;
    struct cm_buffer *out;
    bool colour;
};

static void heading(const struct table *table, const char *title, const char *columns)
{
    cm_buffer_printf(table->out, "\n%s%s%s%s\n", cm_paint(table->colour, CM_COLOUR_BOLD), title, cm_paint(table->colour, CM_COLOUR_OFF),
                     columns);
}

static void right(struct cm_buffer *out, uint64_t number, unsigned columns)
{
    char digits[32];
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_text_number(&text, number);
    snprintf(digits, sizeof digits, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
    cm_buffer_printf(out, "%*s", (int)columns, digits);
    out->failed = out->failed || text.failed;
    cm_buffer_free(&text);
}

/* What rounds to nothing has no sign. */
static double rounded(double value)
{
    return round(value * 100) / 100 + 0.0;
}

/* Somebody's text in columns of its own; what is wider pushes the rest: an id is there to be copied. */
static void name(struct cm_buffer *out, struct cm_span text, unsigned columns)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    cm_text_clean(&clean, text);
    unsigned needed = cm_text_columns(cm_buffer_view(&clean));
    cm_text_pad(out, cm_buffer_view(&clean), needed > columns ? needed : columns);
    if (needed > columns)
        cm_buffer_printf(out, "\n%*s", (int)columns, "");
    out->failed = out->failed || clean.failed;
    cm_buffer_free(&clean);
}

static void wrapped(struct cm_buffer *out, const struct cm_buffer *text, unsigned column, unsigned indent)
{
    cm_text_wrap(out, cm_buffer_view(text), column, indent, CM_DIFF_COLUMNS);
    cm_buffer_byte(out, '\n');
    out->failed = out->failed || text->failed;
}

static void packs(const struct table *table)
{
    static const char *const names[CM_SIDES] = {"old", "new"};
    for (unsigned side = 0; side < CM_SIDES; side++) {
        const struct cm_ruleset *rules = table->report->rules[side];
        cm_buffer_printf(table->out, "%s  %s %s, hash %016llx%016llx\n", names[side], rules->name, rules->version,
                         (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low);
    }
    struct cm_buffer lead = CM_BUFFER_EMPTY;
    cm_diff_lead(table->report, &lead);
    cm_buffer_byte(table->out, '\n');
    wrapped(table->out, &lead, 0, 0);
    cm_buffer_free(&lead);
}

static void figures_of(struct cm_buffer *out, const struct cm_change_figures *figures)
{
    if (figures->count == 0) {
        cm_buffer_printf(out, "%8s %8s %8s %7s", "-", "-", "-", "-");
        return;
    }
    cm_buffer_printf(out, "%8.2f %8.2f %+8.2f ", figures->before, figures->after, rounded(figures->mean));
    if (figures->margin < 0)
        cm_buffer_printf(out, "%7s", "-");
    else
        cm_buffer_printf(out, "%7.2f", figures->margin);
}

/* Is the mean's change one? */
static const char *verdict(const struct cm_pairs *pairs, const struct cm_change_figures *figures)
{
    if (pairs->moved == 0)
        return "";
    return figures->margin < 0 ? "  one only" : figures->clear ? "  clear" : "  within ±";
}

static void scores(const struct table *table)
{
    const struct cm_comparison *sum = table->report->sum;
    heading(table, "scores", "            pairs   moved  before    after   change       ±");
    for (uint32_t i = 0; i < sum->score_count; i++) {
        struct cm_change_figures figures;
        cm_change_figures(&sum->scores[i], &figures);
        name(table->out, cm_span_of(sum->score_names[i]), 15);
        right(table->out, figures.count, 8);
        right(table->out, sum->scores[i].pairs.moved, 8);
        figures_of(table->out, &figures);
        cm_buffer_printf(table->out, "%s\n", verdict(&sum->scores[i].pairs, &figures));
    }
    cm_buffer_text(table->out, "  of interactions that both packs score; \xC2\xB1: half the 95 % interval of the mean\n"
                               "  change; within \xC2\xB1: the change is not larger than that\n");
}

static void medians(const struct table *table)
{
    const struct cm_comparison *sum = table->report->sum;
    bool any = false;
    for (uint32_t i = 0; i < sum->score_count; i++) {
        const struct cm_score_diff *diff = &sum->scores[i];
        if (diff->pairs.moved == 0)
            continue;
        if (!any)
            heading(table, "moves", "                up    down   median, of all   of those that moved");
        any = true;
        struct cm_change_figures figures;
        cm_change_figures(diff, &figures);
        name(table->out, cm_span_of(sum->score_names[i]), 15);
        right(table->out, diff->up, 8);
        right(table->out, diff->down, 8);
        cm_buffer_printf(table->out, "%+16.2f %+20.2f\n", rounded(figures.median), rounded(figures.median_moved));
    }
}

static void unscored(const struct table *table)
{
    static const char *const titles[CM_SIDES] = {"scored by the new pack alone; why not by the old: ",
                                                 "scored by the old pack alone; why not by the new: "};
    for (unsigned side = 0; side < CM_SIDES; side++) {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cm_diff_reasons(table->report->sum->unscored[side], &text);
        if (text.len > 0)
            cm_buffer_printf(table->out, "  %s%.*s\n", titles[side], (int)text.len, text.ptr);
        table->out->failed = table->out->failed || text.failed;
        cm_buffer_free(&text);
    }
}

static void extremes(const struct table *table)
{
    static const char *const titles[CM_SIDES] = {"down", "up"};
    const struct cm_score_diff *care = &table->report->sum->scores[0];
    if (care->pairs.moved == 0)
        return;
    heading(table, "CARE moved most", "");
    for (unsigned turn = 0; turn < CM_SIDES; turn++) {
        unsigned side = turn == 0 ? CM_SIDE_NEW : CM_SIDE_OLD;
        for (uint32_t i = 0; i < care->extreme_count[side]; i++) {
            const struct cm_score_extreme *extreme = &care->extremes[side][i];
            double before = extreme->score[CM_SIDE_OLD] / 100.0, after = extreme->score[CM_SIDE_NEW] / 100.0;
            cm_buffer_printf(table->out, "  %-5s %+7.2f %7.2f to %6.2f  ", titles[side], after - before, before, after);
            cm_text_clean(table->out, extreme->interaction_id);
            cm_buffer_byte(table->out, '\n');
        }
    }
}

static void samples(const struct table *table, const struct cm_samples *list, const char *sign, const char *colour)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct cm_sample *sample = &list->items[i];
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cm_diff_where(sample, true, &text);
        cm_buffer_printf(&text, ", %s: ", cm_speaker_name((enum cm_speaker)sample->speaker));
        if (sample->quote.ptr) {
            cm_text_clean(&text, sample->before);
            cm_buffer_text(&text, "\xC2\xBB");
            cm_text_clean(&text, sample->quote);
            cm_buffer_text(&text, "\xC2\xAB");
            cm_text_clean(&text, sample->after);
        } else {
            cm_buffer_text(&text, "(words withheld)");
        }
        cm_buffer_printf(table->out, "    %s%s%s ", cm_paint(table->colour, colour), sign, cm_paint(table->colour, CM_COLOUR_OFF));
        wrapped(table->out, &text, CM_DIFF_QUOTE_INDENT - 2, CM_DIFF_QUOTE_INDENT);
        cm_buffer_free(&text);
    }
}

static void cues(const struct table *table)
{
    const struct cm_comparison *sum = table->report->sum;
    bool any = false;
    for (uint32_t i = 0; i < sum->cue_count; i++) {
        const struct cm_cue_diff *diff = &sum->cues[i];
        if (!cm_diff_wants_cue(table->report, i))
            continue;
        if (!any)
            heading(table, "cues", "                                            before   after  gained    lost");
        any = true;
        cm_buffer_text(table->out, "  ");
        name(table->out, cm_span_of(sum->cue_parts[i].id), CM_DIFF_ID_COLUMNS - 1);
        cm_buffer_printf(table->out, " %-7s", cm_diff_change(sum->cue_parts[i].change, diff->gained + diff->lost > 0));
        right(table->out, diff->hits[CM_SIDE_OLD], 8);
        right(table->out, diff->hits[CM_SIDE_NEW], 8);
        right(table->out, diff->gained, 8);
        right(table->out, diff->lost, 8);
        cm_buffer_byte(table->out, '\n');
        if (diff->faults[0] + diff->faults[1] > 0)
            cm_buffer_printf(table->out, "    undecided, a limit was reached: %llu before, %llu after\n",
                             (unsigned long long)diff->faults[CM_SIDE_OLD], (unsigned long long)diff->faults[CM_SIDE_NEW]);
        samples(table, &diff->samples[CM_SIDE_NEW], "+", CM_COLOUR_GREEN);
        samples(table, &diff->samples[CM_SIDE_OLD], "-", CM_COLOUR_RED);
    }
    if (any)
        cm_buffer_text(table->out, "  hits are turns; follows: the cue stands, what it names has changed\n");
    else
        heading(table, "cues", "  no hit is gained or lost");
}

static void move(const struct table *table, const struct cm_behaviour_diff *diff, unsigned from, unsigned to)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    const struct cm_samples *list = diff->samples ? &diff->samples[from][to] : NULL;
    cm_buffer_text(table->out, "  ");
    right(table->out, diff->moves[from][to], 8);
    cm_buffer_printf(&text, "%s to %s", cm_state_name(from), cm_state_name(to));
    for (uint32_t i = 0; list && i < list->count; i++) {
        cm_buffer_text(&text, i ? ", " : ": ");
        cm_diff_where(&list->items[i], false, &text);
    }
    if (list && list->count > 0 && list->count < diff->moves[from][to])
        cm_buffer_text(&text, " \xE2\x80\xA6");
    cm_buffer_text(table->out, "  ");
    wrapped(table->out, &text, 12, 14);
    cm_buffer_free(&text);
}

static void behaviours(const struct table *table)
{
    const struct cm_comparison *sum = table->report->sum;
    bool any = false;
    for (uint32_t i = 0; i < sum->behaviour_count; i++) {
        const struct cm_behaviour_diff *diff = &sum->behaviours[i];
        if (!cm_diff_wants_behaviour(table->report, i))
            continue;
        if (!any)
            heading(table, "behaviours", "                                        moved  other credit");
        any = true;
        cm_buffer_text(table->out, "  ");
        name(table->out, cm_span_of(sum->behaviour_parts[i].id), CM_DIFF_ID_COLUMNS - 1);
        cm_buffer_printf(table->out, " %-7s", cm_diff_change(sum->behaviour_parts[i].change, cm_behaviour_moved(diff) > 0));
        right(table->out, cm_behaviour_moved(diff), 8);
        right(table->out, diff->credit_moved, 14);
        cm_buffer_byte(table->out, '\n');
        for (unsigned from = 0; from < CM_STATES; from++)
            for (unsigned to = 0; to < CM_STATES; to++)
                if (cm_outcome_moved(from, to) && diff->moves[from][to] > 0)
                    move(table, diff, from, to);
    }
}

static void groups(const struct table *table, const char *title, const struct cm_group_diffs *list, const char *nameless)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct cm_group_diff *group = &list->items[i];
        if (!cm_diff_wants_group(table->report, group))
            continue;
        if (shown == CM_DIFF_GROUPS_MAX) {
            more++;
            continue;
        }
        if (shown++ == 0) {
            struct cm_buffer columns = CM_BUFFER_EMPTY;
            cm_buffer_printf(&columns, "%*s", (int)(CM_DIFF_NAME_COLUMNS - strlen(title)), "");
            cm_buffer_text(&columns, "   pairs  before    after   change       \xC2\xB1");
            cm_buffer_byte(&columns, '\0');
            heading(table, title, columns.failed ? "" : columns.ptr);
            cm_buffer_free(&columns);
        }
        struct cm_change_figures figures;
        cm_pairs_figures(&group->pairs, &figures);
        name(table->out, group->id.ptr ? group->id : cm_span_of(nameless), CM_DIFF_NAME_COLUMNS);
        right(table->out, figures.count, 8);
        figures_of(table->out, &figures);
        cm_buffer_printf(table->out, "%s\n", verdict(&group->pairs, &figures));
    }
    if (more > 0)
        cm_buffer_printf(table->out, "  and %zu more, with --json or --html\n", more);
}

void cm_diff_text(const struct cm_diff_report *report, struct cm_buffer *out, bool colour)
{
    const struct table table = {report, out, colour};
    packs(&table);
    if (!report->sum)
        return;
    scores(&table);
    medians(&table);
    unscored(&table);
    extremes(&table);
    cues(&table);
    behaviours(&table);
    groups(&table, "agents, by name: CARE", &report->sum->agents, "(no agent id)");
    groups(&table, "queues, by name: CARE", &report->sum->queues, "(no queue)");
}
