#include "harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/simd.h"

#define CLOCK_READS 2001u
#define PASSES_MAX 10000u

struct measured {
    struct bench_tally tally;
    size_t passes;
    double wall[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX];                      /* seconds of one pass over all units */
    double p50[BENCH_RUNS_MAX], p99[BENCH_RUNS_MAX], most[BENCH_RUNS_MAX]; /* ns of one unit */
    size_t units_hit;                                                      /* in which anything was found */
    bool unsteady;
};

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    double left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

static int compare_times(const void *a, const void *b)
{
    uint32_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return values[count / 2];
}

/* What it costs to look at the clock twice with nothing between. */
static int64_t clock_cost_ns(void)
{
    static uint32_t costs[CLOCK_READS];
    for (size_t i = 0; i < CLOCK_READS; i++) {
        int64_t before = now_ns();
        costs[i] = (uint32_t)(now_ns() - before);
    }
    qsort(costs, CLOCK_READS, sizeof *costs, compare_times);
    return costs[CLOCK_READS / 2];
}

static struct bench_tally pass(const struct bench_side *side, size_t units)
{
    struct bench_tally tally = {0};
    for (size_t i = 0; i < units; i++)
        side->run(side->context, i, &tally);
    return tally;
}

static bool same(struct bench_tally a, struct bench_tally b)
{
    return a.found == b.found && a.check == b.check;
}

static void warm_up(const struct bench_side *side, size_t units, struct measured *measured)
{
    double begin = clock_s(CLOCK_MONOTONIC);
    measured->tally = pass(side, units);
    double passes = BENCH_RUN_MIN_S / (clock_s(CLOCK_MONOTONIC) - begin + 1e-9);
    measured->passes = passes < 1 ? 1 : passes > PASSES_MAX ? PASSES_MAX : (size_t)passes + 1;
}

static void run_once(const struct bench_side *side, size_t units, struct measured *measured, int run)
{
    double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < measured->passes; i++)
        measured->unsteady |= !same(pass(side, units), measured->tally);
    measured->wall[run] = (clock_s(CLOCK_MONOTONIC) - wall) / (double)measured->passes;
    measured->cpu[run] = (clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)measured->passes;
}

static void time_units(const struct bench_side *side, size_t units, uint32_t *times, int64_t clock_ns, struct measured *measured, int run)
{
    struct bench_tally tally = {0};
    measured->units_hit = 0;
    for (size_t i = 0; i < units; i++) {
        uint64_t found = tally.found;
        int64_t before = now_ns();
        side->run(side->context, i, &tally);
        int64_t ns = now_ns() - before - clock_ns;
        measured->units_hit += tally.found > found;
        times[i] = ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
    }
    qsort(times, units, sizeof *times, compare_times);
    measured->p50[run] = times[units / 2];
    measured->p99[run] = times[units - 1 - units / 100];
    measured->most[run] = times[units - 1];
}

static void print_times(const char *key, const double *values, int count)
{
    printf(", \"%s\": [", key);
    for (int i = 0; i < count; i++)
        printf("%s%.9f", i ? ", " : "", values[i]);
    printf("]");
}

static void print(const char *name, const struct bench_step *step, const struct bench_side *side, struct measured *m, int runs)
{
    printf("{\"step\": \"%s\", \"side\": \"%s\", \"unit\": \"%s\", \"units\": %zu, \"bytes\": %" PRIu64 ", \"passes\": %zu", name,
           side->name, step->unit, step->units, step->bytes, m->passes);
    print_times("wall_s", m->wall, runs);
    print_times("cpu_s", m->cpu, runs);
    double wall = median(m->wall, runs), cpu = median(m->cpu, runs), units = (double)step->units;
    printf(", \"ns_per_unit\": %.2f, \"cpu_ns_per_unit\": %.2f, \"units_per_s\": %.0f, \"mb_per_s\": %.2f", wall * 1e9 / units,
           cpu * 1e9 / units, units / wall, (double)step->bytes / wall / 1e6);
    printf(", \"p50_ns\": %.0f, \"p99_ns\": %.0f, \"max_ns\": %.0f", median(m->p50, runs), median(m->p99, runs), median(m->most, runs));
    printf(", \"simd\": \"%s\", \"compile_s\": %.6f, \"reference\": %s, \"counted\": \"%s\", \"units_hit\": %zu, \"found\": %" PRIu64
           ", \"check\": \"%016" PRIx64 "\"}\n",
           cm_simd_name(cm_simd_level()), side->compile_s, side->reference ? "true" : "false", step->found, m->units_hit, m->tally.found,
           m->tally.check);
}

static bool agree(const struct bench_step *step, const struct measured *measured)
{
    bool good = true;
    for (size_t i = 0; i < step->side_count; i++) {
        const struct bench_side *side = &step->sides[i];
        if (measured[i].unsteady)
            fprintf(stderr, "steps: %s does not find the same in every run\n", side->name);
        bool differs = !side->reference && !same(measured[i].tally, measured[0].tally);
        if (differs)
            fprintf(stderr, "steps: %s found %" PRIu64 " (%016" PRIx64 "), ours %" PRIu64 " (%016" PRIx64 ")\n", side->name,
                    measured[i].tally.found, measured[i].tally.check, measured[0].tally.found, measured[0].tally.check);
        good &= !measured[i].unsteady && !differs;
    }
    return good;
}

bool bench_measure(const char *name, const struct bench_step *step, int runs)
{
    static struct measured measured[BENCH_SIDES_MAX];
    uint32_t *times = malloc(step->units * sizeof *times);
    int64_t clock_ns = clock_cost_ns();
    bench_must(times != NULL && step->units > 0, "memory");
    memset(measured, 0, sizeof measured);
    for (size_t i = 0; i < step->side_count; i++)
        warm_up(&step->sides[i], step->units, &measured[i]);
    for (int run = 0; run < runs; run++)
        for (size_t i = 0; i < step->side_count; i++) {
            run_once(&step->sides[i], step->units, &measured[i], run);
            time_units(&step->sides[i], step->units, times, clock_ns, &measured[i], run);
        }
    for (size_t i = 0; i < step->side_count; i++)
        print(name, step, &step->sides[i], &measured[i], runs);
    free(times);
    return agree(step, measured);
}
