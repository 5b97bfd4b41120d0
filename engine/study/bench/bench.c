#include "study/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/bench/benching.h"
#include "study/bench/parts.h"

#define X(name, key, text) {key, text},
const struct cm_bench_name cm_bench_stages[CM_BENCH_STAGE_COUNT] = {CM_BENCH_STAGES(X)};
const struct cm_bench_name cm_bench_parts[CM_BENCH_PART_COUNT] = {CM_BENCH_PARTS(X)};
#undef X

static const unsigned sizes[CM_BENCH_SIZES] = {1, 2, 4, 8, 16, 32, 64};

/* ---- the same every time ---- */

static void differ(struct cm_benching *bench, const char *name, const char *what, uint64_t first, uint64_t now)
{
    char *to = bench->result->difference;
    if (*to == '\0')
        snprintf(to, sizeof bench->result->difference, "%s: %llu %s in one run, %llu in another", name, (unsigned long long)first, what,
                 (unsigned long long)now);
}

static void compare(struct cm_benching *bench, struct cm_benched *thing, const struct cm_bench_counts *counts)
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
static void compare_things(struct cm_benching *bench)
{
    const struct cm_bench_counts *whole = &bench->result->counts;
    for (size_t i = 0; i < bench->count; i++) {
        const struct cm_benched *thing = &bench->things[i];
        if (thing->kind == CM_BENCHED_LOAD)
            continue;
        if (thing->counts.lines != whole->lines)
            differ(bench, thing->name, "lines", whole->lines, thing->counts.lines);
        bool decodes = thing->kind != CM_BENCHED_STEP || thing->which != CM_STEP_READ;
        if (decodes && thing->counts.events != whole->events)
            differ(bench, thing->name, "events", whole->events, thing->counts.events);
        if (thing->kind == CM_BENCHED_WHOLE && thing->counts.card_bytes != whole->card_bytes)
            differ(bench, thing->name, "bytes of scorecards", whole->card_bytes, thing->counts.card_bytes);
    }
    const struct cm_bench_cores *cores = bench->result->cores;
    for (size_t i = 1; i < bench->result->core_count; i++)
        if (cores[i].cards_hash != cores[0].cards_hash)
            differ(bench, "number of threads", "is the hash of all scorecards", cores[0].cards_hash, cores[i].cards_hash);
}

/* ---- rounds ---- */

static void add_thing(struct cm_benching *bench, enum cm_benched_kind kind, unsigned which, const char *name)
{
    bench->things[bench->count++] = (struct cm_benched){.kind = kind, .which = which, .name = name};
}

/*
 * Whole runs with all threads first: the peak of memory is taken before anything else has held some. Stages are differences of
 * neighbours, so that what disturbs one is likely to disturb the other.
 */
static void plan(struct cm_benching *bench)
{
    struct cm_bench_result *result = bench->result;
    for (unsigned threads = 1; threads < bench->request->threads; threads *= 2)
        result->cores[result->core_count++].threads = threads;
    result->cores[result->core_count++].threads = bench->request->threads;
    for (size_t i = result->core_count; i-- > 1;)
        add_thing(bench, CM_BENCHED_WHOLE, (unsigned)i, "a whole run");
    for (unsigned step = 0; step < CM_STEP_COUNT; step++)
        add_thing(bench, CM_BENCHED_STEP, step, cm_bench_stages[step].key);
    add_thing(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_GATHERED, cm_bench_stages[CM_BENCH_SHARE].key);
    add_thing(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_GROUPED, cm_bench_stages[CM_BENCH_GROUP].key);
    add_thing(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_WHOLE, cm_bench_stages[CM_BENCH_JUDGE].key);
    add_thing(bench, CM_BENCHED_WHOLE, 0, "a whole run");
    for (unsigned i = 0; i < CM_BENCH_SIZES; i++) {
        result->sizes[i].eighths = sizes[i];
        add_thing(bench, CM_BENCHED_SIZE, i, "a number of rules");
    }
    result->size_count = CM_BENCH_SIZES;
    add_thing(bench, CM_BENCHED_LOAD, 0, "loading the packs");
}

/* Sizes that would be too large are left out, with those behind them. */
static void drop_sizes(struct cm_benching *bench, size_t count)
{
    bench->result->size_count = count;
    size_t kept = 0;
    for (size_t i = 0; i < bench->count; i++)
        if (bench->things[i].kind != CM_BENCHED_SIZE || bench->things[i].which < count)
            bench->things[kept++] = bench->things[i];
    bench->count = kept;
}

static enum cm_status run_round(struct cm_benching *bench, unsigned round)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < bench->count && status == CM_OK; i++) {
        struct cm_benched *thing = &bench->things[round % 2 ? bench->count - 1 - i : i];
        struct cm_times times;
        struct cm_bench_counts counts;
        if (bench->request->progress)
            bench->request->progress(bench->request->progress_context, bench->done++, bench->of);
        status = cm_benched_run(bench, thing, round > 0, &times, &counts);
        if (status == CM_ELIMIT && thing->kind == CM_BENCHED_SIZE && thing->which > 0) {
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

static const struct cm_benched *find(const struct cm_benching *bench, enum cm_benched_kind kind, unsigned which)
{
    size_t i = 0;
    while (bench->things[i].kind != kind || bench->things[i].which != which)
        i++;
    return &bench->things[i];
}

static void tell_stages(struct cm_benching *bench)
{
    unsigned runs = bench->request->runs;
    double *row = bench->figures + CM_BENCHED_MAX * 2 * runs, explained = 0;
    const double *levels[CM_BENCH_STAGE_COUNT];
    for (unsigned step = 0; step < CM_STEP_COUNT; step++)
        levels[step] = find(bench, CM_BENCHED_STEP, step)->processor_ns;
    levels[CM_BENCH_SHARE] = find(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_GATHERED)->processor_ns;
    levels[CM_BENCH_GROUP] = find(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_GROUPED)->processor_ns;
    levels[CM_BENCH_JUDGE] = find(bench, CM_BENCHED_ARCHIVE, CM_ARCHIVE_WHOLE)->processor_ns;
    levels[CM_BENCH_RENDER] = find(bench, CM_BENCHED_WHOLE, 0)->processor_ns;
    for (unsigned stage = 0; stage < CM_BENCH_STAGE_COUNT; stage++) {
        for (unsigned run = 0; run < runs; run++)
            row[run] = levels[stage][run] - (stage ? levels[stage - 1][run] : 0);
        bench->result->stage_ns[stage] = cm_spread_of(row, runs);
        explained += bench->result->stage_ns[stage].median;
    }
    bench->result->rest_ns = -explained; /* until the whole is known */
}

/* The order of each thing's figures is lost with this: stages, which go run by run, come before. */
static void tell_spreads(struct cm_benching *bench)
{
    unsigned runs = bench->request->runs;
    struct cm_bench_result *result = bench->result;
    for (size_t i = 0; i < bench->count; i++) {
        const struct cm_benched *thing = &bench->things[i];
        struct cm_spread wall = cm_spread_of(thing->wall_ns, runs), processor = cm_spread_of(thing->processor_ns, runs);
        if (thing->kind == CM_BENCHED_WHOLE) {
            result->cores[thing->which].wall_ns = wall;
            result->cores[thing->which].processor_ns = processor;
        } else if (thing->kind == CM_BENCHED_SIZE) {
            result->sizes[thing->which].processor_ns = processor;
            result->sizes[thing->which].hits = thing->counts.hits;
        } else if (thing->kind == CM_BENCHED_LOAD) {
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

static enum cm_status prepare(struct cm_benching *bench)
{
    unsigned runs = bench->request->runs;
    bench->figures = calloc((CM_BENCHED_MAX * 2 + 1) * runs, sizeof *bench->figures);
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
    enum cm_status status = cm_benching_open(bench, &source, &dropped);
    if (status == CM_OK)
        status = cm_grown_words_read(&bench->words, bench->request->packs->lexicon, source);
    cm_source_close(source);
    cm_diagnostics_free(&dropped);
    return status;
}

enum cm_status cm_bench_run(const struct cm_bench_request *request, struct cm_bench_result *result)
{
    struct cm_benching bench = {.request = request, .result = result};
    *result = (struct cm_bench_result){0};
    enum cm_status status = prepare(&bench);
    for (unsigned round = 0; round <= request->runs && status == CM_OK; round++)
        status = run_round(&bench, round);
    if (status == CM_OK)
        status = cm_benching_profile(&bench);
    if (status == CM_OK) {
        result->counts = find(&bench, CM_BENCHED_WHOLE, 0)->counts;
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
