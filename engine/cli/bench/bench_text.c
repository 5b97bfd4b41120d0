#include <math.h>

#include "cli/bench/bench_view.h"
#include "cli/common.h"
#include "cli/text.h"

#define COLUMNS 80u
#define CUE_COLUMNS 30u
#define BAR_COLUMNS 12u
#define MIB ((double)(1 << 20))

static void paragraph(struct cm_buffer *out, struct cm_buffer *text)
{
    cm_text_wrap(out, cm_buffer_view(text), 0, 0, COLUMNS);
    cm_buffer_byte(out, '\n');
    cm_buffer_reset(text);
}

/* A number with commas, or with places where it is small. */
static void figure(struct cm_buffer *out, double value)
{
    if (fabs(value) < 99.95 && value != floor(value))
        cm_buffer_printf(out, "%.*f", fabs(value) < 9.995 ? 2 : 1, value);
    else {
        cm_buffer_text(out, value < 0 ? "-" : "");
        cm_text_number(out, (uint64_t)(fabs(value) + 0.5)); /* counts, and what is large */
    }
}

static void right(struct cm_buffer *out, double value, int columns)
{
    struct cm_buffer cell = CM_BUFFER_EMPTY;
    figure(&cell, value);
    cm_buffer_printf(out, "%*.*s", columns, (int)cell.len, cell.len ? cell.ptr : "");
    cm_buffer_free(&cell);
}

static void spread(struct cm_buffer *out, const char *name, struct cm_spread value, const char *unit, bool ranged)
{
    struct cm_buffer range = CM_BUFFER_EMPTY;
    cm_buffer_printf(out, "  %-16s", name);
    right(out, value.median, 14);
    cm_buffer_printf(out, " %-*s", ranged ? 12 : 0, unit);
    if (ranged) {
        cm_buffer_byte(&range, '(');
        figure(&range, value.least);
        cm_buffer_text(&range, " to ");
        figure(&range, value.most);
        cm_buffer_byte(&range, ')');
        cm_buffer_printf(out, "  %.*s", (int)range.len, range.len ? range.ptr : "");
    }
    cm_buffer_byte(out, '\n');
    cm_buffer_free(&range);
}

static struct cm_spread times(struct cm_spread spread, double factor)
{
    return (struct cm_spread){spread.median * factor, spread.least * factor, spread.most * factor};
}

static void head(const struct cm_bench_view *view, struct cm_buffer *out)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < view->packs->count; i++) {
        const struct cm_bench_size *own = NULL;
        const struct cm_ruleset *rules = view->packs->items[i].ruleset;
        for (size_t j = 0; j < view->result->size_count; j++)
            own = view->result->sizes[j].eighths == 8 ? &view->result->sizes[j] : own;
        cm_buffer_printf(&text, "%s %s: %u %s", rules->name, rules->version, rules->cue_count, cm_plural(rules->cue_count, "cue", "cues"));
        if (own && view->packs->count == 1)
            cm_buffer_printf(&text, ", %zu %s, %zu %s", own->phrases, cm_plural(own->phrases, "phrase", "phrases"), own->expressions,
                             cm_plural(own->expressions, "expression", "expressions"));
        paragraph(out, &text);
    }
    cm_bench_tell_material(view, &text);
    paragraph(out, &text);
    cm_bench_tell_machine(view, &text);
    paragraph(out, &text);
    cm_buffer_free(&text);
}

static void throughput(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    const struct cm_bench_cores *cores = &result->cores[result->core_count - 1];
    bool ranged = view->runs > 1;
    cm_buffer_printf(out, "\nHow fast: events to scorecards, %u %s\n", view->threads, cm_plural(view->threads, "thread", "threads"));
    spread(out, "events", cm_bench_rate((double)result->counts.events, cores->wall_ns), "a second", ranged);
    spread(out, "turns", cm_bench_rate((double)result->counts.turns, cores->wall_ns), "a second", ranged);
    spread(out, "interactions", cm_bench_rate((double)result->counts.interactions, cores->wall_ns), "a second", ranged);
    spread(out, "archive", cm_bench_rate((double)cm_bench_bytes(view) / MIB, cores->wall_ns), "MiB a second", ranged);
    spread(out, "wall time", times(cores->wall_ns, 1e-6), "ms", ranged);
    spread(out, "processor time", times(cores->processor_ns, 1e-6), "ms", ranged);
    spread(out, "loading rules", times(result->load_ns, 1e-6), "ms", ranged);
    if (result->peak_bytes)
        spread(out, "peak memory", (struct cm_spread){(double)result->peak_bytes / MIB, 0, 0}, "MiB", false);
}

static void bar(struct cm_buffer *out, double share)
{
    unsigned full = share > 0 ? (unsigned)(share * BAR_COLUMNS + 0.5) : 0;
    cm_buffer_text(out, full ? "  " : "");
    for (unsigned i = 0; i < full && i < BAR_COLUMNS; i++)
        cm_buffer_byte(out, '#');
    cm_buffer_byte(out, '\n');
}

static void stage_row(const struct cm_bench_view *view, const char *name, double ns, double share, struct cm_buffer *out)
{
    cm_buffer_printf(out, "  %-48s", name);
    right(out, ns / (double)view->result->counts.events, 9);
    cm_buffer_printf(out, "%7.1f", 100 * share);
    bar(out, share);
}

static void stages(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    double whole = cm_bench_whole_ns(result);
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_printf(out, "\nWhere the time goes: one thread, processor time\n  %-48s%9s%7s\n", "stage", "ns/event", "%");
    for (size_t i = 0; i < CM_BENCH_STAGE_COUNT; i++) {
        stage_row(view, cm_bench_stages[i].text, result->stage_ns[i].median, result->stage_ns[i].median / whole, out);
        for (size_t j = 0; j < CM_BENCH_PART_COUNT && i == CM_BENCH_MATCH; j++) {
            cm_buffer_printf(out, "    %-46s", cm_bench_parts[j].text);
            right(out, result->part_ns[j] / (double)result->counts.events, 9);
            cm_buffer_printf(out, "%7.1f\n", 100 * result->part_ns[j] / whole);
        }
    }
    stage_row(view, "what no stage explains", result->rest_ns, result->rest_ns / whole, out);
    cm_buffer_printf(out, "  %-48s", "the whole run");
    right(out, whole / (double)result->counts.events, 9);
    cm_buffer_printf(out, "%7.1f\n", 100.0);
    cm_bench_tell_rest(view, &text);
    if (text.len > 0)
        paragraph(out, &text);
    cm_buffer_free(&text);
}

static void cue_row(const struct cm_cue *cue, const struct cm_cue_cost *cost, uint64_t turns, struct cm_buffer *out)
{
    struct cm_span id = cm_span_of(cue->id);
    cm_buffer_text(out, "  ");
    if (id.len >= CUE_COLUMNS) { /* never cut: it is there to be copied */
        cm_buffer_span(out, id);
        cm_buffer_text(out, "\n  ");
        id.len = 0;
    }
    cm_text_pad(out, id, CUE_COLUMNS);
    cm_buffer_printf(out, "%-12s", cm_bench_cue_kind(cue));
    right(out, turns ? cost->ns / (double)turns : 0, 8);
    cm_buffer_printf(out, "%6.1f", 100 * cost->share);
    right(out, floor(cost->candidates + 0.5), 11);
    right(out, floor(cost->hits + 0.5), 11);
    cm_buffer_byte(out, '\n');
}

static void cues(const struct cm_bench_view *view, size_t pack, struct cm_buffer *out)
{
    const struct cm_ruleset *rules = view->packs->items[pack].ruleset;
    const struct cm_profile_report *report = &view->result->reports[pack];
    const struct cm_profile *profile = view->result->profiled.profiles[pack];
    size_t shown = rules->cue_count < view->top ? rules->cue_count : view->top;
    double rest = 0;
    cm_buffer_printf(out, "\nThe dearest cues of %s, of %u: about one turn in %u timed\n", rules->name, rules->cue_count, profile->every);
    cm_buffer_printf(out, "  %-30s%-12s%8s%6s%11s%11s\n", "cue", "made of", "ns/turn", "%", "candidates", "hits");
    for (size_t i = 0; i < shown; i++)
        cue_row(&rules->cues[report->cues[i].cue], &report->cues[i], profile->turns, out);
    for (size_t i = shown; i < rules->cue_count; i++)
        rest += report->cues[i].ns;
    if (shown < rules->cue_count && profile->turns && report->ns > 0) {
        cm_buffer_printf(out, "  %-42s", "all others: --top shows more");
        right(out, rest / (double)profile->turns, 8);
        cm_buffer_printf(out, "%6.1f\n", 100 * rest / report->ns);
    }
}

static void size_name(struct cm_buffer *out, unsigned eighths)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    if (eighths < 8)
        cm_buffer_printf(&name, "1/%u", 8 / eighths);
    else if (eighths == 8)
        cm_buffer_text(&name, "as it is");
    else
        cm_buffer_printf(&name, "x %u", eighths / 8);
    cm_text_pad(out, cm_buffer_view(&name), 10);
    cm_buffer_free(&name);
}

static void rules(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    double own = NAN, turns = (double)result->counts.turns;
    for (size_t i = 0; i < result->size_count; i++)
        own = result->sizes[i].eighths == 8 ? result->sizes[i].processor_ns.median : own;
    cm_buffer_text(out, "\nWith other numbers of rules: read, decode, fold and match alone, one thread\n");
    cm_buffer_printf(out, "  %-10s%9s%13s%14s%9s%11s%11s\n", "rules", "phrases", "expressions", "turns/s", "speed", "hits/turn",
                     "compile ms");
    for (size_t i = 0; i < result->size_count; i++) {
        const struct cm_bench_size *size = &result->sizes[i];
        cm_buffer_text(out, "  ");
        size_name(out, size->eighths);
        cm_buffer_printf(out, "%9zu%13zu", size->phrases, size->expressions);
        right(out, cm_bench_rate(turns, size->processor_ns).median, 14);
        cm_buffer_printf(out, "%8.2fx", own / size->processor_ns.median);
        cm_buffer_printf(out, "%11.2f%11.1f\n", turns > 0 ? (double)size->hits / turns : 0, size->compile_ns / 1e6);
    }
    cm_buffer_text(&text, "Fewer: a part of your phrases and expressions. More: your phrases with other words of the archive in them; "
                          "expressions are not varied.");
    paragraph(out, &text);
    cm_buffer_free(&text);
}

static void cores(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    cm_buffer_printf(out, "\nWith other numbers of threads: whole runs, the same scorecards to the byte\n  %-8s%14s%10s%12s%13s\n",
                     "threads", "turns/s", "speed-up", "efficiency", "processor ms");
    for (size_t i = 0; i < result->core_count; i++) {
        const struct cm_bench_cores *cores = &result->cores[i];
        double speed_up = result->cores[0].wall_ns.median / cores->wall_ns.median;
        cm_buffer_printf(out, "  %-8u", cores->threads);
        right(out, cm_bench_rate((double)result->counts.turns, cores->wall_ns).median, 14);
        cm_buffer_printf(out, "%9.2fx%10.0f %%%13.0f\n", speed_up, 100 * speed_up / cores->threads, cores->processor_ns.median / 1e6);
    }
    if (view->threads > view->machine.processors)
        cm_buffer_printf(out, "There are %u processors: more threads than that share them.\n", view->machine.processors);
}

void cm_bench_text(const struct cm_bench_view *view, struct cm_buffer *out)
{
    head(view, out);
    throughput(view, out);
    stages(view, out);
    for (size_t i = 0; i < view->packs->count; i++)
        cues(view, i, out);
    rules(view, out);
    cores(view, out);
}
