/* The comparison as a page. */
#include <math.h>
#include <string.h>

#include "cli/rules/diff.h"
#include "cli/text.h"
#include "page/page.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double margin_low(const struct cm_change_figures *figures)
{
    return figures->margin < 0 ? -INFINITY : figures->mean - figures->margin;
}

static double margin_high(const struct cm_change_figures *figures)
{
    return figures->margin < 0 ? INFINITY : figures->mean + figures->margin;
}

static void change_cells(struct cm_buffer *out, const struct cm_pairs *pairs, const struct cm_change_figures *figures)
{
    bool some = figures->count > 0;
    cm_page_cell_count(out, figures->count);
    cm_page_cell_count(out, pairs->moved);
    cm_page_cell_number(out, some ? figures->before : NAN, 2);
    cm_page_cell_number(out, some ? figures->after : NAN, 2);
    cm_page_cell_delta(out, some ? figures->mean : NAN, margin_low(figures), margin_high(figures), 2, CM_PAGE_PLAIN);
    if (pairs->moved == 0)
        cm_page_cell_text(out, CM_SPAN("none"));
    else
        cm_page_cell_text(out, figures->margin < 0 ? CM_SPAN("one pair only")
                               : figures->clear    ? CM_SPAN("clear")
                                                   : CM_SPAN("within its interval"));
}

static void scores(struct cm_buffer *out, const struct cm_comparison *sum)
{
    static const struct cm_page_column columns[] = {
        {"Score", CM_PAGE_TEXT},     {"Pairs", CM_PAGE_NUMBER},  {"Moved", CM_PAGE_NUMBER},
        {"Before", CM_PAGE_NUMBER},  {"After", CM_PAGE_NUMBER},  {"Change, 95\xC2\xA0% interval", CM_PAGE_NUMBER},
        {"A change?", CM_PAGE_TEXT}, {"Median", CM_PAGE_NUMBER}, {"\xE2\x80\xA6 of moved", CM_PAGE_NUMBER}};
    cm_page_section(out, "Scores",
                    "Means over the interactions that both packs score. A mean change that is not larger than its interval may be chance, "
                    "and is not called a change.");
    cm_page_table(out, "Scores before and after, 0 to 100", columns, COUNT(columns));
    for (uint32_t i = 0; i < sum->score_count; i++) {
        struct cm_change_figures figures;
        cm_change_figures(&sum->scores[i], &figures);
        cm_page_row(out, cm_span_of(sum->score_names[i]));
        change_cells(out, &sum->scores[i].pairs, &figures);
        cm_page_cell_delta(out, figures.median, NAN, NAN, 2, CM_PAGE_PLAIN);
        cm_page_cell_delta(out, sum->scores[i].pairs.moved ? figures.median_moved : NAN, NAN, NAN, 2, CM_PAGE_PLAIN);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

static void unscored(struct cm_buffer *out, const struct cm_comparison *sum)
{
    static const char *const starts[CM_SIDES] = {"Scored by the new pack alone; why the old one gave no CARE: ",
                                                 "Scored by the old pack alone; why the new one gives no CARE: "};
    for (unsigned side = 0; side < CM_SIDES; side++) {
        struct cm_buffer text = CM_BUFFER_EMPTY;
        cm_buffer_text(&text, starts[side]);
        size_t start = text.len;
        cm_diff_reasons(sum->unscored[side], &text);
        bool some = text.len > start;
        cm_buffer_byte(&text, '.');
        if (some)
            cm_page_paragraph(out, cm_buffer_view(&text));
        out->failed = out->failed || text.failed;
        cm_buffer_free(&text);
    }
}

static void extremes(struct cm_buffer *out, const struct cm_score_diff *diff)
{
    static const struct cm_page_column columns[] = {
        {"Interaction", CM_PAGE_TEXT}, {"Before", CM_PAGE_NUMBER}, {"After", CM_PAGE_NUMBER}, {"Change", CM_PAGE_NUMBER}};
    if (diff->pairs.moved == 0)
        return;
    cm_page_table(out, "Interactions whose CARE moved most", columns, COUNT(columns));
    for (unsigned turn = 0; turn < CM_SIDES; turn++) {
        unsigned side = turn == 0 ? CM_SIDE_NEW : CM_SIDE_OLD;
        for (uint32_t i = 0; i < diff->extreme_count[side]; i++) {
            const struct cm_score_extreme *extreme = &diff->extremes[side][i];
            double before = extreme->score[CM_SIDE_OLD] / 100.0, after = extreme->score[CM_SIDE_NEW] / 100.0;
            cm_page_row(out, extreme->interaction_id);
            cm_page_cell_number(out, before, 2);
            cm_page_cell_number(out, after, 2);
            cm_page_cell_delta(out, after - before, NAN, NAN, 2, CM_PAGE_PLAIN);
            cm_page_row_end(out);
        }
    }
    cm_page_table_end(out);
}

static void cue_rows(struct cm_buffer *out, const struct cm_diff_report *report)
{
    static const struct cm_page_column columns[] = {{"Cue", CM_PAGE_TEXT},     {"Rule", CM_PAGE_TEXT},     {"Before", CM_PAGE_NUMBER},
                                                    {"After", CM_PAGE_NUMBER}, {"Gained", CM_PAGE_NUMBER}, {"Lost", CM_PAGE_NUMBER}};
    const struct cm_comparison *sum = report->sum;
    cm_page_table(out, "Turns that each cue hits", columns, COUNT(columns));
    for (uint32_t i = 0; i < sum->cue_count; i++) {
        const struct cm_cue_diff *diff = &sum->cues[i];
        if (!cm_diff_wants_cue(report, i))
            continue;
        cm_page_row(out, cm_span_of(sum->cue_parts[i].id));
        const char *change = cm_diff_change(sum->cue_parts[i].change, diff->gained + diff->lost > 0);
        cm_page_cell_text(out, cm_span_of(*change ? change : "the same"));
        cm_page_cell_count(out, diff->hits[CM_SIDE_OLD]);
        cm_page_cell_count(out, diff->hits[CM_SIDE_NEW]);
        cm_page_cell_delta(out, (double)diff->gained, NAN, NAN, 0, CM_PAGE_PLAIN);
        cm_page_cell_delta(out, -(double)diff->lost, NAN, NAN, 0, CM_PAGE_PLAIN);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

/* A hit's words, and where they stand. */
static void quotes(struct cm_buffer *out, const struct cm_samples *samples, const char *verb)
{
    for (uint32_t i = 0; i < samples->count; i++) {
        const struct cm_sample *sample = &samples->items[i];
        struct cm_buffer who = CM_BUFFER_EMPTY, where = CM_BUFFER_EMPTY;
        cm_buffer_printf(&who, "%s, %s", verb, cm_speaker_name((enum cm_speaker)sample->speaker));
        cm_buffer_byte(&who, '\0');
        cm_diff_where(sample, true, &where);
        struct cm_buffer words = CM_BUFFER_EMPTY;
        cm_buffer_span(&words, sample->before);
        cm_buffer_span(&words, sample->quote.ptr ? sample->quote : CM_SPAN("(words withheld)"));
        cm_buffer_span(&words, sample->after);
        if (!who.failed && !words.failed)
            cm_page_quote(out, who.ptr, cm_buffer_view(&words), sample->before.len, sample->before.len + sample->quote.len,
                          cm_buffer_view(&where));
        out->failed = out->failed || words.failed;
        cm_buffer_free(&words);
        out->failed = out->failed || who.failed || where.failed;
        cm_buffer_free(&who);
        cm_buffer_free(&where);
    }
}

static void cue_samples(struct cm_buffer *out, const struct cm_diff_report *report)
{
    const struct cm_comparison *sum = report->sum;
    bool first = true;
    for (uint32_t i = 0; i < sum->cue_count; i++) {
        const struct cm_cue_diff *diff = &sum->cues[i];
        if (diff->samples[CM_SIDE_OLD].count + diff->samples[CM_SIDE_NEW].count == 0)
            continue;
        if (first)
            cm_page_part(out, CM_SPAN("Samples"), "The words that hit, redacted; chosen by a hash of where they stand, not by hand.");
        first = false;
        struct cm_buffer title = CM_BUFFER_EMPTY;
        cm_buffer_printf(&title, "%s: %llu gained, %llu lost", sum->cue_parts[i].id, (unsigned long long)diff->gained,
                         (unsigned long long)diff->lost);
        cm_page_fold(out, cm_buffer_view(&title));
        quotes(out, &diff->samples[CM_SIDE_NEW], "gained");
        quotes(out, &diff->samples[CM_SIDE_OLD], "lost");
        cm_page_fold_end(out);
        out->failed = out->failed || title.failed;
        cm_buffer_free(&title);
    }
}

static void cues(struct cm_buffer *out, const struct cm_diff_report *report)
{
    bool any = false;
    for (uint32_t i = 0; i < report->sum->cue_count; i++)
        any = any || cm_diff_wants_cue(report, i);
    cm_page_section(out, "Cues",
                    any ? "A hit is a turn in which the cue fires. A cue that follows stands as it was; what it names has changed."
                        : "No hit is gained or lost.");
    if (!any)
        return;
    cue_rows(out, report);
    cue_samples(out, report);
}

static void move_row(struct cm_buffer *out, const struct cm_comparison *sum, uint32_t i, unsigned from, unsigned to)
{
    const struct cm_behaviour_diff *diff = &sum->behaviours[i];
    struct cm_buffer where = CM_BUFFER_EMPTY;
    const struct cm_samples *list = diff->samples ? &diff->samples[from][to] : NULL;
    for (uint32_t j = 0; list && j < list->count; j++) {
        cm_buffer_text(&where, j ? ", " : "");
        cm_diff_where(&list->items[j], false, &where);
    }
    if (list && list->count < diff->moves[from][to])
        cm_buffer_text(&where, " \xE2\x80\xA6");
    cm_page_row(out, cm_span_of(sum->behaviour_parts[i].id));
    cm_page_cell_text(out, cm_span_of(cm_state_name(from)));
    cm_page_cell_text(out, cm_span_of(cm_state_name(to)));
    cm_page_cell_count(out, diff->moves[from][to]);
    cm_page_cell_text(out, cm_buffer_view(&where));
    cm_page_row_end(out);
    out->failed = out->failed || where.failed;
    cm_buffer_free(&where);
}

static void behaviours(struct cm_buffer *out, const struct cm_comparison *sum)
{
    static const struct cm_page_column columns[] = {
        {"Behaviour", CM_PAGE_TEXT}, {"Was", CM_PAGE_TEXT}, {"Is", CM_PAGE_TEXT}, {"Outcomes", CM_PAGE_NUMBER}, {"Such as", CM_PAGE_TEXT}};
    cm_page_section(out, "Outcomes",
                    sum->moved_outcomes ? "One outcome is a behaviour of one agent in one interaction." : "No outcome moves.");
    if (sum->moved_outcomes == 0)
        return;
    cm_page_table(out, "Outcomes that moved", columns, COUNT(columns));
    for (uint32_t i = 0; i < sum->behaviour_count; i++)
        for (unsigned from = 0; from < CM_STATES; from++)
            for (unsigned to = 0; to < CM_STATES; to++)
                if (cm_outcome_moved(from, to) && sum->behaviours[i].moves[from][to] > 0)
                    move_row(out, sum, i, from, to);
    cm_page_table_end(out);
}

/* Behaviours whose rule or credit is another one, moved or not. */
static void behaviour_rules(struct cm_buffer *out, const struct cm_diff_report *report)
{
    static const struct cm_page_column columns[] = {{"Behaviour", CM_PAGE_TEXT},
                                                    {"Rule", CM_PAGE_TEXT},
                                                    {"Outcomes moved", CM_PAGE_NUMBER},
                                                    {"Same outcome, other credit", CM_PAGE_NUMBER}};
    const struct cm_comparison *sum = report->sum;
    bool any = false;
    for (uint32_t i = 0; i < sum->behaviour_count; i++) {
        if (!cm_diff_wants_behaviour(report, i))
            continue;
        if (!any)
            cm_page_table(out, "Behaviours that changed or moved", columns, COUNT(columns));
        any = true;
        const char *change = cm_diff_change(sum->behaviour_parts[i].change, true);
        cm_page_row(out, cm_span_of(sum->behaviour_parts[i].id));
        cm_page_cell_text(out, cm_span_of(change));
        cm_page_cell_count(out, cm_behaviour_moved(&sum->behaviours[i]));
        cm_page_cell_count(out, sum->behaviours[i].credit_moved);
        cm_page_row_end(out);
    }
    if (any)
        cm_page_table_end(out);
}

static void groups(struct cm_buffer *out, const struct cm_diff_report *report, const struct cm_group_diffs *list, const char *title,
                   const char *caption, const char *nameless)
{
    static const struct cm_page_column columns[] = {{"Name", CM_PAGE_TEXT},     {"Pairs", CM_PAGE_NUMBER},
                                                    {"Moved", CM_PAGE_NUMBER},  {"Before", CM_PAGE_NUMBER},
                                                    {"After", CM_PAGE_NUMBER},  {"Change, 95\xC2\xA0% interval", CM_PAGE_NUMBER},
                                                    {"A change?", CM_PAGE_TEXT}};
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct cm_group_diff *group = &list->items[i];
        struct cm_change_figures figures;
        if (!cm_diff_wants_group(report, group))
            continue;
        if (!any) {
            cm_page_section(out, title, report->all ? "By name." : "By name; only those of whom a score moved.");
            cm_page_table(out, caption, columns, COUNT(columns));
        }
        any = true;
        cm_pairs_figures(&group->pairs, &figures);
        cm_page_row(out, group->id.ptr ? group->id : cm_span_of(nameless));
        change_cells(out, &group->pairs, &figures);
        cm_page_row_end(out);
    }
    if (any)
        cm_page_table_end(out);
}

static void begin(const struct cm_diff_report *report, struct cm_buffer *out)
{
    struct cm_buffer lead = CM_BUFFER_EMPTY, texts[4] = {CM_BUFFER_EMPTY, CM_BUFFER_EMPTY, CM_BUFFER_EMPTY, CM_BUFFER_EMPTY};
    static const char *const labels[] = {"Old", "New", "Interactions", "With other hits"};
    struct cm_page_fact facts[COUNT(labels)];
    size_t count = report->sum ? COUNT(labels) : 2;
    cm_diff_lead(report, &lead);
    for (unsigned side = 0; side < CM_SIDES; side++)
        cm_buffer_printf(&texts[side], "%s %s", report->rules[side]->name, report->rules[side]->version);
    if (report->sum) {
        cm_text_number(&texts[2], report->sum->interactions);
        cm_text_number(&texts[3], report->sum->moved_hits);
    }
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct cm_page_fact){labels[i], cm_buffer_view(&texts[i])};
    cm_page_begin(out, &(struct cm_page_head){"What the new rules change", cm_buffer_view(&lead), facts, count});
    for (size_t i = 0; i < COUNT(texts); i++) {
        out->failed = out->failed || texts[i].failed;
        cm_buffer_free(&texts[i]);
    }
    out->failed = out->failed || lead.failed;
    cm_buffer_free(&lead);
}

void cm_diff_html(const struct cm_diff_report *report, struct cm_buffer *out)
{
    struct cm_page_pack packs[CM_SIDES];
    for (unsigned side = 0; side < CM_SIDES; side++) {
        const struct cm_ruleset *rules = report->rules[side];
        packs[side] = (struct cm_page_pack){side == CM_SIDE_OLD ? "old pack" : "new pack", rules->name, rules->version, rules->hash.high,
                                            rules->hash.low};
    }
    begin(report, out);
    if (report->sum) {
        scores(out, report->sum);
        unscored(out, report->sum);
        extremes(out, &report->sum->scores[0]);
        behaviours(out, report->sum);
        behaviour_rules(out, report);
        cues(out, report);
        groups(out, report, &report->sum->agents, "Agents", "CARE of agents before and after", "(no agent id)");
        groups(out, report, &report->sum->queues, "Queues", "CARE of queues before and after", "(no queue)");
    }
    cm_page_end(out, &(struct cm_page_foot){CM_VERSION, packs, CM_SIDES, NULL});
}
