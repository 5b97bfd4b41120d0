#include "study/bench/benching.h"
#include "study/bench/discard.h"

/* About one turn in so many is timed in the run that is profiled: of a few megabytes that is enough for each cue that costs something. */
#define PROFILE_EVERY 16u

enum cm_status cm_benching_open(const struct cm_benching *bench, struct cm_source **source, struct cm_diagnostics *diagnostics)
{
    *diagnostics = CM_DIAGNOSTICS_EMPTY;
    return cm_material_open(bench->request->material, source, diagnostics);
}

/* What an archive run is asked for, beside its source and sink. */
struct asked {
    unsigned threads;
    enum cm_archive_until until;
    uint32_t profile_every;
};

static enum cm_status run_archive(const struct cm_benching *bench, struct asked asked, struct cm_discard *discard,
                                  struct cm_archive_result *result, struct cm_times *times)
{
    const struct cm_bench_request *request = bench->request;
    struct cm_diagnostics dropped;
    struct cm_source *source = NULL;
    *result = (struct cm_archive_result){0};
    enum cm_status status = cm_benching_open(bench, &source, &dropped);
    if (status == CM_OK) {
        const struct cm_archive_request archive = {.packs = request->packs,
                                                   .source = source,
                                                   .sink = &discard->sink,
                                                   .render = {.evidence = CM_EVIDENCE_REFS},
                                                   .threads = asked.threads,
                                                   .max_memory = request->max_memory,
                                                   .spill_folder = request->spill_folder,
                                                   .stop = request->stop,
                                                   .until = asked.until,
                                                   .profile_every = asked.profile_every,
                                                   .diagnostics = request->diagnostics};
        struct cm_times from = cm_times_now();
        status = cm_archive_run(&archive, result);
        *times = cm_times_since(from);
    }
    cm_source_close(source);
    cm_diagnostics_free(&dropped);
    return status;
}

static struct cm_bench_counts counts_of(const struct cm_archive_result *result)
{
    return (struct cm_bench_counts){.lines = result->lines,
                                    .events = result->events,
                                    .turns = result->turns,
                                    .text_bytes = result->text_bytes,
                                    .interactions = result->interactions,
                                    .cards = result->cards,
                                    .card_bytes = result->card_bytes};
}

/* A run whose cards are hashed, and whose memory is measured, is none that is timed. */
static enum cm_status run_whole(struct cm_benching *bench, const struct cm_benched *thing, bool timed, struct cm_times *times,
                                struct cm_bench_counts *counts)
{
    struct cm_bench_cores *cores = &bench->result->cores[thing->which];
    bool measure_peak = !timed && thing->which + 1 == bench->result->core_count;
    struct cm_discard discard;
    struct cm_archive_result result;
    cm_discard_init(&discard, !timed);
    if (measure_peak)
        cm_peak_forget();
    enum cm_status status = run_archive(bench, (struct asked){.threads = cores->threads}, &discard, &result, times);
    uint64_t peak = cm_peak_bytes(), kept = bench->request->material->kept.cap;
    if (measure_peak)
        bench->result->peak_bytes = peak > kept ? peak - kept : 0;
    *counts = counts_of(&result);
    if (!timed)
        cores->cards_hash = discard.hash;
    cm_archive_result_free(&result);
    return status;
}

static enum cm_status run_phase(struct cm_benching *bench, const struct cm_benched *thing, struct cm_times *times,
                                struct cm_bench_counts *counts)
{
    struct cm_discard discard;
    struct cm_archive_result result;
    cm_discard_init(&discard, false);
    discard.sink.format = CM_SINK_NONE;
    const struct asked asked = {.threads = 1, .until = (enum cm_archive_until)thing->which};
    enum cm_status status = run_archive(bench, asked, &discard, &result, times);
    *counts = counts_of(&result);
    cm_archive_result_free(&result);
    return status;
}

static enum cm_status run_steps(struct cm_benching *bench, enum cm_step until, const struct cm_matcher *const *matchers,
                                struct cm_times *times, struct cm_bench_counts *counts)
{
    struct cm_diagnostics dropped;
    struct cm_source *source = NULL;
    struct cm_steps *steps = NULL;
    struct cm_step_counts found = {0};
    enum cm_status status = cm_benching_open(bench, &source, &dropped);
    if (status == CM_OK)
        status = cm_steps_new(bench->request->packs, matchers, until, &steps);
    if (status == CM_OK) {
        struct cm_times from = cm_times_now();
        status = cm_steps_run(steps, source, bench->request->stop, &found);
        *times = cm_times_since(from);
    }
    *counts = (struct cm_bench_counts){.lines = found.lines, .events = found.events, .turns = found.turns, .hits = found.hits};
    cm_steps_free(steps);
    cm_source_close(source);
    cm_diagnostics_free(&dropped);
    return status;
}

static enum cm_status grow_size(struct cm_benching *bench, unsigned which)
{
    const struct cm_packs *packs = bench->request->packs;
    struct cm_bench_size *size = &bench->result->sizes[which];
    struct cm_times from = cm_times_now();
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        struct cm_grown **grown = &bench->grown[which][i];
        status = cm_grown_new(packs->items[i].ruleset, packs->lexicon, &bench->words, size->eighths, grown);
        if (status != CM_OK)
            return status;
        size->phrases += cm_grown_phrases(*grown);
        size->expressions += cm_grown_expressions(*grown);
    }
    size->compile_ns = cm_times_since(from).processor_ns;
    return status;
}

static enum cm_status run_size(struct cm_benching *bench, const struct cm_benched *thing, struct cm_times *times,
                               struct cm_bench_counts *counts)
{
    const struct cm_matcher *matchers[CM_PACKS_MAX] = {NULL};
    enum cm_status status = bench->grown[thing->which][0] ? CM_OK : grow_size(bench, thing->which);
    for (size_t i = 0; i < bench->request->packs->count && status == CM_OK; i++)
        matchers[i] = cm_grown_matcher(bench->grown[thing->which][i]);
    return status == CM_OK ? run_steps(bench, CM_STEP_SCAN, matchers, times, counts) : status;
}

static enum cm_status run_load(const struct cm_benching *bench, struct cm_times *times)
{
    struct cm_packs packs = {.anew = true};
    struct cm_diagnostics dropped = CM_DIAGNOSTICS_EMPTY;
    struct cm_times from = cm_times_now();
    enum cm_status status = cm_packs_load(&packs, bench->request->names, bench->request->name_count, &dropped);
    *times = cm_times_since(from);
    cm_packs_free(&packs);
    cm_diagnostics_free(&dropped);
    return status;
}

enum cm_status cm_benched_run(struct cm_benching *bench, struct cm_benched *thing, bool timed, struct cm_times *times,
                              struct cm_bench_counts *counts)
{
    *times = (struct cm_times){0};
    *counts = (struct cm_bench_counts){0};
    switch (thing->kind) {
    case CM_BENCHED_WHOLE:
        return run_whole(bench, thing, timed, times, counts);
    case CM_BENCHED_STEP:
        return run_steps(bench, (enum cm_step)thing->which, NULL, times, counts);
    case CM_BENCHED_ARCHIVE:
        return run_phase(bench, thing, times, counts);
    case CM_BENCHED_SIZE:
        return run_size(bench, thing, times, counts);
    case CM_BENCHED_LOAD:
        break;
    }
    return run_load(bench, times);
}

enum cm_status cm_benching_profile(struct cm_benching *bench)
{
    const struct cm_packs *packs = bench->request->packs;
    struct cm_bench_result *result = bench->result;
    struct cm_discard discard;
    struct cm_times times;
    cm_discard_init(&discard, false);
    enum cm_status status =
        run_archive(bench, (struct asked){.threads = 1, .profile_every = PROFILE_EVERY}, &discard, &result->profiled, &times);
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        status = cm_profile_report(result->profiled.profiles[i], &result->reports[i]);
        if (status == CM_OK)
            cm_profile_sort(&result->reports[i], packs->items[i].ruleset, CM_COST_BY_TIME);
    }
    return status;
}
