#include "study/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/bench/discard.h"
#include "study/bench/grown.h"
#include "study/bench/parts.h"
#include "study/bench/steps.h"

/* About one turn in so many is timed in the run that is profiled: of a few megabytes that is enough for each cue that costs something. */
#define PROFILE_EVERY 16u

#define X(name, key, text) {key, text},
const struct cm_bench_name cm_bench_stages[CM_BENCH_STAGE_COUNT] = {CM_BENCH_STAGES(X)};
const struct cm_bench_name cm_bench_parts[CM_BENCH_PART_COUNT] = {CM_BENCH_PARTS(X)};
#undef X

static const unsigned sizes[CM_BENCH_SIZES] = {1, 2, 4, 8, 16, 32, 64};

/* What is run once a round. */
enum kind {
    RUN_WHOLE,   /* with threads */
    RUN_STEP,    /* up to a step */
    RUN_ARCHIVE, /* up to a phase; CM_ARCHIVE_WHOLE: judged, but not rendered */
    RUN_SIZE,    /* matching, with another number of rules */
    RUN_LOAD,    /* the packs */
};

#define THINGS_MAX (CM_BENCH_CORES_MAX + (size_t)CM_STEP_COUNT + 3 + CM_BENCH_SIZES + 1)

struct thing {
    enum kind kind;
    unsigned which; /* index of cores, step, enum cm_archive_until, index of sizes */
    const char *name;
    bool seen;
    struct cm_bench_counts counts; /* of its first run */
    double *wall_ns, *processor_ns;
};

struct bench {
    const struct cm_bench_request *request;
    struct cm_bench_result *result;
    struct thing things[THINGS_MAX];
    size_t count;
    double *figures; /* of all things: two rows of runs each, and one more for differences */
    struct cm_grown_words words;
    struct cm_grown *grown[CM_BENCH_SIZES][CM_PACKS_MAX];
    size_t done, of;
};

/* ---- one run ---- */

static enum cm_status open_source(const struct bench *bench, struct cm_source **source, struct cm_diagnostics *dropped)
{
    *dropped = CM_DIAGNOSTICS_EMPTY; /* said once already, when the material was made */
    return cm_material_open(bench->request->material, source, dropped);
}

/* What an archive run is asked for, beside its source and sink. */
struct asked {
    unsigned threads;
    enum cm_archive_until until;
    uint32_t profile_every;
};

static enum cm_status run_archive(const struct bench *bench, struct asked asked, struct cm_discard *discard,
                                  struct cm_archive_result *result, struct cm_times *times)
{
    const struct cm_bench_request *request = bench->request;
    struct cm_diagnostics dropped;
    struct cm_source *source = NULL;
    *result = (struct cm_archive_result){0};
    enum cm_status status = open_source(bench, &source, &dropped);
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
static enum cm_status run_whole(struct bench *bench, const struct thing *thing, bool timed, struct cm_times *times,
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

static enum cm_status run_phase(struct bench *bench, const struct thing *thing, struct cm_times *times, struct cm_bench_counts *counts)
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

static enum cm_status run_steps(struct bench *bench, enum cm_step until, const struct cm_matcher *const *matchers, struct cm_times *times,
                                struct cm_bench_counts *counts)
{
    struct cm_diagnostics dropped;
    struct cm_source *source = NULL;
    struct cm_steps *steps = NULL;
    struct cm_step_counts found = {0};
    enum cm_status status = open_source(bench, &source, &dropped);
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

static enum cm_status grow_size(struct bench *bench, unsigned which)
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

static enum cm_status run_size(struct bench *bench, const struct thing *thing, struct cm_times *times, struct cm_bench_counts *counts)
{
    const struct cm_matcher *matchers[CM_PACKS_MAX] = {NULL};
    enum cm_status status = bench->grown[thing->which][0] ? CM_OK : grow_size(bench, thing->which);
    for (size_t i = 0; i < bench->request->packs->count && status == CM_OK; i++)
        matchers[i] = cm_grown_matcher(bench->grown[thing->which][i]);
    return status == CM_OK ? run_steps(bench, CM_STEP_SCAN, matchers, times, counts) : status;
}

static enum cm_status run_load(const struct bench *bench, struct cm_times *times)
{
    struct cm_packs packs = CM_PACKS_EMPTY;
    struct cm_diagnostics dropped = CM_DIAGNOSTICS_EMPTY;
    struct cm_times from = cm_times_now();
    enum cm_status status = cm_packs_load(&packs, bench->request->names, bench->request->name_count, &dropped);
    *times = cm_times_since(from);
    cm_packs_free(&packs);
    cm_diagnostics_free(&dropped);
    return status;
}

static enum cm_status run_thing(struct bench *bench, struct thing *thing, bool timed, struct cm_times *times,
                                struct cm_bench_counts *counts)
{
    *times = (struct cm_times){0};
    *counts = (struct cm_bench_counts){0};
    switch (thing->kind) {
    case RUN_WHOLE:
        return run_whole(bench, thing, timed, times, counts);
    case RUN_STEP:
        return run_steps(bench, (enum cm_step)thing->which, NULL, times, counts);
    case RUN_ARCHIVE:
        return run_phase(bench, thing, times, counts);
    case RUN_SIZE:
        return run_size(bench, thing, times, counts);
    case RUN_LOAD:
        break;
    }
    return run_load(bench, times);
}

/* ---- the same every time ---- */

static void differ(struct bench *bench, const char *name, const char *what, uint64_t first, uint64_t now)
{
    char *to = bench->result->difference;
    if (*to == '\0')
        snprintf(to, sizeof bench->result->difference, "%s: %llu %s in one run, %llu in another", name, (unsigned long long)first, what,
                 (unsigned long long)now);
}

static void compare(struct bench *bench, struct thing *thing, const struct cm_bench_counts *counts)
{
    const struct cm_bench_counts *first = &thing->counts;
    if (!thing->seen) {
        thing->seen = true;
        thing->counts = *counts;
        return;
    }
#define X(field)                                                                                                                           \
    if (first->field != counts->field)                                                                                                     \
        differ(bench, thing->name, #field, first->field, counts->field);
    X(lines)
    X(events)
    X(turns)
    X(text_bytes)
    X(interactions)
    X(cards)
    X(card_bytes)
    X(hits)
#undef X
}

/* Of two things that are not the same, what must be. */
static void compare_things(struct bench *bench)
{
    const struct cm_bench_counts *whole = &bench->result->counts;
    for (size_t i = 0; i < bench->count; i++) {
        const struct thing *thing = &bench->things[i];
        if (thing->kind == RUN_LOAD)
            continue;
        if (thing->counts.lines != whole->lines)
            differ(bench, thing->name, "lines", whole->lines, thing->counts.lines);
        bool decodes = thing->kind != RUN_STEP || thing->which != CM_STEP_READ;
        if (decodes && thing->counts.events != whole->events)
            differ(bench, thing->name, "events", whole->events, thing->counts.events);
        if (thing->kind == RUN_WHOLE && thing->counts.card_bytes != whole->card_bytes)
            differ(bench, thing->name, "bytes of scorecards", whole->card_bytes, thing->counts.card_bytes);
    }
    const struct cm_bench_cores *cores = bench->result->cores;
    for (size_t i = 1; i < bench->result->core_count; i++)
        if (cores[i].cards_hash != cores[0].cards_hash)
            differ(bench, "number of threads", "is the hash of all scorecards", cores[0].cards_hash, cores[i].cards_hash);
}

/* ---- rounds ---- */

static void add_thing(struct bench *bench, enum kind kind, unsigned which, const char *name)
{
    bench->things[bench->count++] = (struct thing){.kind = kind, .which = which, .name = name};
}

/*
 * Whole runs with all threads first: the peak of memory is taken before anything else has held some. Stages are differences of
 * neighbours, so that what disturbs one is likely to disturb the other.
 */
static void plan(struct bench *bench)
{
    struct cm_bench_result *result = bench->result;
    for (unsigned threads = 1; threads < bench->request->threads; threads *= 2)
        result->cores[result->core_count++].threads = threads;
    result->cores[result->core_count++].threads = bench->request->threads;
    for (size_t i = result->core_count; i-- > 1;)
        add_thing(bench, RUN_WHOLE, (unsigned)i, "a whole run");
    for (unsigned step = 0; step < CM_STEP_COUNT; step++)
        add_thing(bench, RUN_STEP, step, cm_bench_stages[step].key);
    add_thing(bench, RUN_ARCHIVE, CM_ARCHIVE_GATHERED, cm_bench_stages[CM_BENCH_SHARE].key);
    add_thing(bench, RUN_ARCHIVE, CM_ARCHIVE_GROUPED, cm_bench_stages[CM_BENCH_GROUP].key);
    add_thing(bench, RUN_ARCHIVE, CM_ARCHIVE_WHOLE, cm_bench_stages[CM_BENCH_JUDGE].key);
    add_thing(bench, RUN_WHOLE, 0, "a whole run");
    for (unsigned i = 0; i < CM_BENCH_SIZES; i++) {
        result->sizes[i].eighths = sizes[i];
        add_thing(bench, RUN_SIZE, i, "a number of rules");
    }
    result->size_count = CM_BENCH_SIZES;
    add_thing(bench, RUN_LOAD, 0, "loading the packs");
}

/* Sizes that would be too large are left out, they and what is behind them. */
static void drop_sizes(struct bench *bench, size_t count)
{
    bench->result->size_count = count;
    size_t kept = 0;
    for (size_t i = 0; i < bench->count; i++)
        if (bench->things[i].kind != RUN_SIZE || bench->things[i].which < count)
            bench->things[kept++] = bench->things[i];
    bench->count = kept;
}

static enum cm_status run_round(struct bench *bench, unsigned round)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < bench->count && status == CM_OK; i++) {
        struct thing *thing = &bench->things[round % 2 ? bench->count - 1 - i : i];
        struct cm_times times;
        struct cm_bench_counts counts;
        if (bench->request->progress)
            bench->request->progress(bench->request->progress_context, bench->done++, bench->of);
        status = run_thing(bench, thing, round > 0, &times, &counts);
        if (status == CM_ELIMIT && thing->kind == RUN_SIZE && thing->which > 0) {
            drop_sizes(bench, thing->which);
            i--;
            status = CM_OK;
            continue;
        }
        if (status == CM_OK && atomic_load_explicit(bench->request->stop, memory_order_relaxed))
            status = CM_ESTOPPED;
        if (status != CM_OK)
            return status;
        compare(bench, thing, &counts);
        if (round > 0) {
            thing->wall_ns[round - 1] = times.wall_ns;
            thing->processor_ns[round - 1] = times.processor_ns;
        }
    }
    return status;
}

/* ---- figures ---- */

static const struct thing *find(const struct bench *bench, enum kind kind, unsigned which)
{
    size_t i = 0;
    while (bench->things[i].kind != kind || bench->things[i].which != which)
        i++;
    return &bench->things[i];
}

static void tell_stages(struct bench *bench)
{
    unsigned runs = bench->request->runs;
    double *row = bench->figures + THINGS_MAX * 2 * runs, explained = 0;
    const double *levels[CM_BENCH_STAGE_COUNT];
    for (unsigned step = 0; step < CM_STEP_COUNT; step++)
        levels[step] = find(bench, RUN_STEP, step)->processor_ns;
    levels[CM_BENCH_SHARE] = find(bench, RUN_ARCHIVE, CM_ARCHIVE_GATHERED)->processor_ns;
    levels[CM_BENCH_GROUP] = find(bench, RUN_ARCHIVE, CM_ARCHIVE_GROUPED)->processor_ns;
    levels[CM_BENCH_JUDGE] = find(bench, RUN_ARCHIVE, CM_ARCHIVE_WHOLE)->processor_ns;
    levels[CM_BENCH_RENDER] = find(bench, RUN_WHOLE, 0)->processor_ns;
    for (unsigned stage = 0; stage < CM_BENCH_STAGE_COUNT; stage++) {
        for (unsigned run = 0; run < runs; run++)
            row[run] = levels[stage][run] - (stage ? levels[stage - 1][run] : 0);
        bench->result->stage_ns[stage] = cm_spread_of(row, runs);
        explained += bench->result->stage_ns[stage].median;
    }
    bench->result->rest_ns = -explained; /* until the whole is known */
}

/* The order of each thing's figures is lost with this: stages, which go run by run, come before. */
static void tell_spreads(struct bench *bench)
{
    unsigned runs = bench->request->runs;
    struct cm_bench_result *result = bench->result;
    for (size_t i = 0; i < bench->count; i++) {
        const struct thing *thing = &bench->things[i];
        struct cm_spread wall = cm_spread_of(thing->wall_ns, runs), processor = cm_spread_of(thing->processor_ns, runs);
        if (thing->kind == RUN_WHOLE) {
            result->cores[thing->which].wall_ns = wall;
            result->cores[thing->which].processor_ns = processor;
        } else if (thing->kind == RUN_SIZE) {
            result->sizes[thing->which].processor_ns = processor;
            result->sizes[thing->which].hits = thing->counts.hits;
        } else if (thing->kind == RUN_LOAD) {
            result->load_ns = wall;
        }
    }
    result->rest_ns += cm_bench_whole_ns(result);
}

/* Parts of matching have the shares of the profile, and the time of the stage. */
static void tell_parts(struct cm_bench_result *result, const struct cm_packs *packs)
{
    double all = 0, match = result->stage_ns[CM_BENCH_MATCH].median;
    for (size_t i = 0; i < packs->count; i++)
        cm_bench_add_parts(result->profiled.profiles[i], &result->reports[i], result->part_ns);
    for (size_t i = 0; i < CM_BENCH_PART_COUNT; i++)
        all += result->part_ns[i];
    for (size_t i = 0; i < CM_BENCH_PART_COUNT; i++)
        result->part_ns[i] = all > 0 && match > 0 ? result->part_ns[i] / all * match : 0;
}

static enum cm_status profile(struct bench *bench)
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

static enum cm_status prepare(struct bench *bench)
{
    unsigned runs = bench->request->runs;
    bench->figures = calloc((THINGS_MAX * 2 + 1) * runs, sizeof *bench->figures);
    if (!bench->figures)
        return CM_ENOMEM;
    plan(bench);
    for (size_t i = 0; i < bench->count; i++) {
        bench->things[i].wall_ns = bench->figures + i * 2 * runs;
        bench->things[i].processor_ns = bench->things[i].wall_ns + runs;
    }
    bench->of = bench->count * (runs + 1) + 1;
    struct cm_diagnostics dropped;
    struct cm_source *source = NULL;
    enum cm_status status = open_source(bench, &source, &dropped);
    if (status == CM_OK)
        status = cm_grown_words_read(&bench->words, bench->request->packs->lexicon, source);
    cm_source_close(source);
    cm_diagnostics_free(&dropped);
    return status;
}

enum cm_status cm_bench_run(const struct cm_bench_request *request, struct cm_bench_result *result)
{
    struct bench bench = {.request = request, .result = result};
    *result = (struct cm_bench_result){0};
    enum cm_status status = prepare(&bench);
    for (unsigned round = 0; round <= request->runs && status == CM_OK; round++)
        status = run_round(&bench, round);
    if (status == CM_OK)
        status = profile(&bench);
    if (status == CM_OK) {
        result->counts = find(&bench, RUN_WHOLE, 0)->counts;
        compare_things(&bench);
        tell_stages(&bench);
        tell_spreads(&bench);
        tell_parts(result, request->packs);
    }
    for (size_t i = 0; i < CM_BENCH_SIZES; i++)
        for (size_t j = 0; j < CM_PACKS_MAX; j++)
            cm_grown_free(bench.grown[i][j]);
    cm_grown_words_free(&bench.words);
    free(bench.figures);
    return status;
}

void cm_bench_result_free(struct cm_bench_result *result)
{
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_profile_report_free(&result->reports[i]);
    cm_archive_result_free(&result->profiled);
    *result = (struct cm_bench_result){0};
}
