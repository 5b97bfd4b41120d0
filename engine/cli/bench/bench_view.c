#include "cli/bench/bench_view.h"

#include <math.h>

#include "cli/common.h"
#include "cli/text.h"

#define MIB ((double)(1 << 20))
/* Busier than this beside us, and figures are of something else, too. */
#define LOAD_MAX_SHARE 0.3
/* More than this unexplained or negative, and small stages are guesses. */
#define REST_MAX_SHARE 0.05

static void tell_how_much(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_counts *counts = &view->result->counts;
    cm_buffer_printf(out, "%.1f MiB, ", (double)cm_bench_bytes(view) / MIB);
    cm_text_number(out, counts->events);
    cm_buffer_printf(out, " %s, ", cm_plural(counts->events, "event", "events"));
    cm_text_number(out, counts->turns);
    cm_buffer_printf(out, " %s, ", cm_plural(counts->turns, "turn", "turns"));
    cm_text_number(out, counts->interactions);
    cm_buffer_printf(out, " %s", cm_plural(counts->interactions, "interaction", "interactions"));
}

void cm_bench_tell_material(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_material *material = view->material;
    cm_buffer_text(out, view->demo ? "The demo conversations: " : "Your archive: ");
    tell_how_much(view, out);
    cm_buffer_byte(out, '.');
    switch (material->kind) {
    case CM_MATERIAL_FILES:
        cm_buffer_text(out, " Read from its files each time.");
        break;
    case CM_MATERIAL_MEMORY:
        cm_buffer_text(out, " Kept in memory, for a pipe cannot be read twice.");
        break;
    case CM_MATERIAL_PART:
        cm_buffer_text(out, " That is its beginning, kept in memory: --size takes more.");
        break;
    case CM_MATERIAL_REPEATED:
        cm_buffer_text(out, " Too small to be measured as it is, it is repeated in memory ");
        cm_text_number(out, material->copies);
        cm_buffer_text(out, " times, each time with other ids; a real archive has more different words.");
        break;
    }
}

void cm_bench_tell_machine(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_machine *machine = &view->machine;
    if (machine->processor[0])
        cm_buffer_printf(out, "%s, ", machine->processor);
    cm_buffer_printf(out, "%u %s. ", machine->processors, cm_plural(machine->processors, "processor", "processors"));
    if (view->runs > 1)
        cm_buffer_printf(out, "Medians of %u runs, in turns, with least and most.", view->runs);
    else
        cm_buffer_text(out, "One run: several tell how far they lie apart.");
    if (machine->load > LOAD_MAX_SHARE * machine->processors)
        cm_buffer_printf(out, " The machine was busy when it began (load %.1f): times by the wall include waiting for what else ran.",
                         machine->load);
}

void cm_bench_tell_rest(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    double off_ns = fabs(result->rest_ns);
    for (size_t i = 0; i < CM_BENCH_STAGE_COUNT; i++) /* nothing takes less than no time */
        off_ns = fmax(off_ns, -result->stage_ns[i].median);
    double share = off_ns / cm_bench_whole_ns(result);
    if (share > REST_MAX_SHARE)
        cm_buffer_printf(
            out,
            "A stage may be wrong by %.0f %% of the whole run, or by more: runs of the same differed by that much. A quiet machine, "
            "more --runs or more --size make them surer.",
            100 * share);
}

const char *cm_bench_cue_kind(const struct cm_cue *cue)
{
    if (cue->kind == CM_CUE_ECHO)
        return "echo";
    if (cue->kind == CM_CUE_COMPOSITE || cue->kind == CM_CUE_SUMMED)
        return "combined";
    if (cue->phrase_count && cue->regex_count)
        return "both";
    return cue->regex_count ? "expressions" : "phrases";
}
