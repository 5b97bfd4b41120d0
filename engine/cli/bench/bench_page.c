#include <math.h>

#include "cli/bench/bench_view.h"
#include "cli/common.h"
#include "cli/text.h"
#include "page/page.h"
#include "page/plot.h"

#define MIB ((double)(1 << 20))
#define STEP_BYTES 24u

static void spread_row(struct cm_buffer *out, const struct cm_bench_view *view, const char *name, struct cm_spread value, unsigned places)
{
    bool ranged = view->runs > 1;
    cm_page_row(out, cm_span_of(name));
    cm_page_cell_interval(out, value.median, ranged ? value.least : NAN, value.most, places);
    cm_page_row_end(out);
}

static struct cm_spread times(struct cm_spread spread, double factor)
{
    return (struct cm_spread){spread.median * factor, spread.least * factor, spread.most * factor};
}

static void throughput(const struct cm_bench_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Figure", CM_PAGE_TEXT}, {"Median (least to most)", CM_PAGE_NUMBER}};
    const struct cm_bench_result *result = view->result;
    const struct cm_bench_cores *cores = &result->cores[result->core_count - 1];
    const struct cm_bench_counts *counts = &result->counts;
    cm_page_section(out, "How fast",
                    "Events to scorecards: what caremeter score does with --evidence refs, but that the scorecards are not written. By the "
                    "wall, with all threads.");
    cm_page_table(out, "Throughput", columns, sizeof columns / sizeof *columns);
    spread_row(out, view, "Events a second", cm_bench_rate((double)counts->events, cores->wall_ns), 0);
    spread_row(out, view, "Turns a second", cm_bench_rate((double)counts->turns, cores->wall_ns), 0);
    spread_row(out, view, "Interactions a second", cm_bench_rate((double)counts->interactions, cores->wall_ns), 0);
    spread_row(out, view, "MiB of events a second", cm_bench_rate((double)cm_bench_bytes(view) / MIB, cores->wall_ns), 1);
    spread_row(out, view, "Time by the wall, ms", times(cores->wall_ns, 1e-6), 1);
    spread_row(out, view, "Time of processors, ms", times(cores->processor_ns, 1e-6), 1);
    spread_row(out, view, "Loading the rules, ms", times(result->load_ns, 1e-6), 1);
    cm_page_table_end(out);
}

static void stage_cells(struct cm_buffer *out, const struct cm_bench_view *view, double ns)
{
    cm_page_cell_number(out, ns / (double)view->result->counts.events, 0);
    cm_page_cell_percent(out, ns / cm_bench_whole_ns(view->result));
    cm_page_row_end(out);
}

static void part_rows(const struct cm_bench_view *view, struct cm_buffer *out)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < CM_BENCH_PART_COUNT; i++) {
        cm_buffer_printf(&name, "\xE2\x80\x94 %s", cm_bench_parts[i].text);
        cm_page_row(out, cm_buffer_view(&name));
        stage_cells(out, view, view->result->part_ns[i]);
        cm_buffer_reset(&name);
    }
    cm_buffer_free(&name);
}

static void stages(const struct cm_bench_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Stage", CM_PAGE_TEXT}, {"ns an event", CM_PAGE_NUMBER}, {"Share, %", CM_PAGE_SHARE}};
    const struct cm_bench_result *result = view->result;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_page_section(out, "Where the time goes",
                    "One thread, time of the processor. A stage is the difference between runs that end after it and runs that end before "
                    "it; what the stages leave of the whole run is told in the end. Parts of matching have the shares that a sample of "
                    "timed turns gives them.");
    cm_page_table(out, "Stages of a run", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < CM_BENCH_STAGE_COUNT; i++) {
        cm_page_row(out, cm_span_of(cm_bench_stages[i].text));
        stage_cells(out, view, result->stage_ns[i].median);
        if (i == CM_BENCH_MATCH)
            part_rows(view, out);
    }
    cm_page_row(out, CM_SPAN("what no stage explains"));
    stage_cells(out, view, result->rest_ns);
    cm_page_row(out, CM_SPAN("the whole run"));
    stage_cells(out, view, cm_bench_whole_ns(result));
    cm_page_table_end(out);
    cm_bench_tell_rest(view, &text);
    if (text.len > 0)
        cm_page_notice(out, "Note", cm_buffer_view(&text));
    cm_buffer_free(&text);
}

static void cues(const struct cm_bench_view *view, size_t pack, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Cue", CM_PAGE_TEXT},     {"ns a turn", CM_PAGE_NUMBER},  {"Share, %", CM_PAGE_NUMBER},
                                                    {"Made of", CM_PAGE_TEXT}, {"Candidates", CM_PAGE_NUMBER}, {"Hits", CM_PAGE_NUMBER}};
    const struct cm_ruleset *rules = view->packs->items[pack].ruleset;
    const struct cm_profile_report *report = &view->result->reports[pack];
    const struct cm_profile *profile = view->result->profiled.profiles[pack];
    struct cm_buffer title = CM_BUFFER_EMPTY;
    double rest = 0;
    cm_buffer_printf(&title, "Dearest cues of %s, of %u", rules->name, rules->cue_count);
    cm_buffer_byte(&title, '\0');
    cm_page_table(out, cm_buffer_status(&title) == CM_OK ? title.ptr : "Dearest cues", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < rules->cue_count && i < view->top; i++) {
        const struct cm_cue_cost *cost = &report->cues[i];
        cm_page_row(out, cm_span_of(rules->cues[cost->cue].id));
        cm_page_cell_number(out, profile->turns ? cost->ns / (double)profile->turns : 0, 1);
        cm_page_cell_number(out, 100 * cost->share, 1);
        cm_page_cell_text(out, cm_span_of(cm_bench_cue_kind(&rules->cues[cost->cue])));
        cm_page_cell_count(out, (uint64_t)(cost->candidates + 0.5));
        cm_page_cell_count(out, (uint64_t)(cost->hits + 0.5));
        cm_page_row_end(out);
    }
    for (size_t i = view->top; i < rules->cue_count; i++)
        rest += report->cues[i].ns;
    if (view->top < rules->cue_count && profile->turns && report->ns > 0) {
        cm_page_row(out, CM_SPAN("all others"));
        cm_page_cell_number(out, rest / (double)profile->turns, 1);
        cm_page_cell_number(out, 100 * rest / report->ns, 1);
        cm_page_cell_text(out, CM_SPAN(""));
        cm_page_cell_none(out);
        cm_page_cell_none(out);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
    cm_buffer_free(&title);
}

static void rules_plot(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    char labels[CM_BENCH_SIZES][STEP_BYTES];
    const char *steps[CM_BENCH_SIZES];
    double values[CM_BENCH_SIZES], low[CM_BENCH_SIZES], high[CM_BENCH_SIZES];
    for (size_t i = 0; i < result->size_count; i++) {
        const struct cm_bench_size *size = &result->sizes[i];
        struct cm_spread rate = cm_bench_rate((double)result->counts.turns, size->processor_ns);
        snprintf(labels[i], sizeof labels[i], "%zu", size->phrases + size->expressions);
        steps[i] = labels[i];
        values[i] = rate.median;
        low[i] = rate.least;
        high[i] = rate.most;
    }
    const struct cm_page_series series = {"turns a second", values, low, high};
    cm_page_plot(out, &(struct cm_page_plot){.title = "Turns a second, by number of rules",
                                             .across = "phrases and expressions",
                                             .up = "turns a second",
                                             .steps = steps,
                                             .step_count = result->size_count,
                                             .series = &series,
                                             .series_count = 1});
}

static void rules(const struct cm_bench_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Rules", CM_PAGE_TEXT},         {"Phrases", CM_PAGE_NUMBER},
                                                    {"Expressions", CM_PAGE_NUMBER}, {"Turns a second", CM_PAGE_NUMBER},
                                                    {"Hits a turn", CM_PAGE_NUMBER}, {"Compile, ms", CM_PAGE_NUMBER}};
    const struct cm_bench_result *result = view->result;
    cm_page_section(
        out, "With other numbers of rules",
        "Read, decode, fold and match alone, one thread, a second of the processor. Fewer rules are a part of yours, drawn. More "
        "are variations: your phrases with other words of this archive in them; expressions are not varied.");
    rules_plot(view, out);
    cm_page_table(out, "Speed by number of rules", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < result->size_count; i++) {
        const struct cm_bench_size *size = &result->sizes[i];
        char name[STEP_BYTES] = "as they are";
        struct cm_spread rate = cm_bench_rate((double)result->counts.turns, size->processor_ns);
        if (size->eighths < 8)
            snprintf(name, sizeof name, "1/%u", 8 / size->eighths);
        else if (size->eighths > 8)
            snprintf(name, sizeof name, "\xC3\x97 %u", size->eighths / 8);
        cm_page_row(out, cm_span_of(name));
        cm_page_cell_count(out, size->phrases);
        cm_page_cell_count(out, size->expressions);
        cm_page_cell_interval(out, rate.median, view->runs > 1 ? rate.least : NAN, rate.most, 0);
        cm_page_cell_number(out, result->counts.turns ? (double)size->hits / (double)result->counts.turns : 0, 2);
        cm_page_cell_number(out, size->compile_ns / 1e6, 1);
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

static void cores_plot(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    char labels[CM_BENCH_CORES_MAX][STEP_BYTES];
    const char *steps[CM_BENCH_CORES_MAX];
    double values[CM_BENCH_CORES_MAX], low[CM_BENCH_CORES_MAX], high[CM_BENCH_CORES_MAX], even[CM_BENCH_CORES_MAX];
    for (size_t i = 0; i < result->core_count; i++) {
        struct cm_spread rate = cm_bench_rate((double)result->counts.turns, result->cores[i].wall_ns);
        snprintf(labels[i], sizeof labels[i], "%u", result->cores[i].threads);
        steps[i] = labels[i];
        values[i] = rate.median;
        low[i] = rate.least;
        high[i] = rate.most;
        even[i] = values[0] * result->cores[i].threads;
    }
    const struct cm_page_series series[] = {{"measured", values, low, high}, {"as many times one", even, NULL, NULL}};
    cm_page_plot(out, &(struct cm_page_plot){.title = "Turns a second, by number of threads",
                                             .across = "threads",
                                             .up = "turns a second",
                                             .steps = steps,
                                             .step_count = result->core_count,
                                             .series = series,
                                             .series_count = sizeof series / sizeof *series});
}

static void cores(const struct cm_bench_view *view, struct cm_buffer *out)
{
    static const struct cm_page_column columns[] = {{"Threads", CM_PAGE_TEXT},
                                                    {"Turns a second", CM_PAGE_NUMBER},
                                                    {"Speed-up", CM_PAGE_NUMBER},
                                                    {"Efficiency, %", CM_PAGE_NUMBER},
                                                    {"Hash of the scorecards", CM_PAGE_TEXT}};
    const struct cm_bench_result *result = view->result;
    cm_page_section(out, "With other numbers of threads", "Whole runs. The scorecards are the same to the byte, as their hashes tell.");
    if (result->core_count > 1)
        cores_plot(view, out);
    cm_page_table(out, "Speed by number of threads", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < result->core_count; i++) {
        const struct cm_bench_cores *cores = &result->cores[i];
        struct cm_spread rate = cm_bench_rate((double)result->counts.turns, cores->wall_ns);
        double speed_up = result->cores[0].wall_ns.median / cores->wall_ns.median;
        char name[STEP_BYTES], hash[STEP_BYTES];
        snprintf(name, sizeof name, "%u", cores->threads);
        snprintf(hash, sizeof hash, "%016llx", (unsigned long long)cores->cards_hash);
        cm_page_row(out, cm_span_of(name));
        cm_page_cell_interval(out, rate.median, view->runs > 1 ? rate.least : NAN, rate.most, 0);
        cm_page_cell_number(out, speed_up, 2);
        cm_page_cell_number(out, 100 * speed_up / cores->threads, 0);
        cm_page_cell_id(out, cm_span_of(hash));
        cm_page_row_end(out);
    }
    cm_page_table_end(out);
}

static void head(const struct cm_bench_view *view, struct cm_buffer *out)
{
    struct cm_buffer lead = CM_BUFFER_EMPTY, machine = CM_BUFFER_EMPTY, peak = CM_BUFFER_EMPTY, threads = CM_BUFFER_EMPTY;
    const struct cm_bench_result *result = view->result;
    struct cm_spread rate = cm_bench_rate((double)result->counts.turns, result->cores[result->core_count - 1].wall_ns);
    cm_text_number(&lead, (uint64_t)(rate.median + 0.5));
    cm_buffer_printf(&lead, " turns a second to scorecards with %u %s. ", view->threads, cm_plural(view->threads, "thread", "threads"));
    cm_bench_tell_material(view, &lead);
    cm_bench_tell_machine(view, &machine);
    cm_buffer_printf(&threads, "%u", view->threads);
    if (result->peak_bytes)
        cm_buffer_printf(&peak, "%.0f MiB", (double)result->peak_bytes / MIB);
    else
        cm_buffer_text(&peak, "not known");
    const struct cm_page_fact facts[] = {{"Threads", cm_buffer_view(&threads)}, {"Memory, at most", cm_buffer_view(&peak)}};
    const struct cm_page_head page = {
        .title = "How fast caremeter is here", .lead = cm_buffer_view(&lead), .facts = facts, .fact_count = sizeof facts / sizeof *facts};
    cm_page_begin(out, &page);
    cm_page_paragraph(out, cm_buffer_view(&machine));
    cm_buffer_free(&lead);
    cm_buffer_free(&machine);
    cm_buffer_free(&peak);
    cm_buffer_free(&threads);
}

void cm_bench_page(const struct cm_bench_view *view, struct cm_buffer *out)
{
    struct cm_page_pack packs[CM_PACKS_MAX];
    const struct cm_page_foot foot = {.engine = CM_VERSION, .packs = packs, .pack_count = view->packs->count};
    for (size_t i = 0; i < view->packs->count; i++) {
        const struct cm_ruleset *rules = view->packs->items[i].ruleset;
        packs[i] = (struct cm_page_pack){
            .name = rules->name, .version = rules->version, .hash_high = rules->hash.high, .hash_low = rules->hash.low};
    }
    head(view, out);
    throughput(view, out);
    stages(view, out);
    cm_page_section(out, "What cues cost",
                    "Of one run with one thread in which about one turn in sixteen was timed, rule by rule. The share is of all that was "
                    "timed: folding, matching, judging. rules profile tells more.");
    for (size_t i = 0; i < view->packs->count; i++)
        cues(view, i, out);
    rules(view, out);
    cores(view, out);
    cm_page_end(out, &foot);
}
