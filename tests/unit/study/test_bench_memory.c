/* Memory that fails at every allocation of what a bench is made of, in turn: a clean end each time. */
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "archived.h"
#include "scratch.h"
#include "study/bench/bench.h"
#include "study/bench/grown.h"
#include "study/bench/steps.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static atomic_long left = -1; /* allocations until one fails; below 0: none does */
static atomic_bool failed;

static bool fails(void)
{
    if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 0)
        return false;
    atomic_store(&failed, true);
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

static const char *const pack = CM_SOURCE_DIR "/tests/e2e/pack";
static struct cm_packs packs;
static struct cm_inputs inputs;
static struct scratch scratch;
static atomic_bool stop;

static void start(void)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cr_assert(scratch_make(&scratch));
    cr_assert_eq(cm_packs_load(&packs, &pack, 1, &diagnostics), CM_OK);
    archived_generate(&text, 5, false);
    char *path = scratch_file(&scratch, "a.ndjson", text.ptr, text.len);
    cr_assert_eq(cm_inputs_expand(&inputs, (const char *const *)&path, 1, &diagnostics), CM_OK);
    free(path);
    cm_buffer_free(&text);
    cm_diagnostics_free(&diagnostics);
}

static void end(void)
{
    cm_packs_free(&packs);
    cm_inputs_free(&inputs);
    scratch_remove(&scratch);
}

TestSuite(bench_memory, .init = start, .fini = end, .timeout = 200);

static enum cm_status make(struct cm_material *material)
{
    const struct cm_source_request request = {.inputs = &inputs};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_source *source = NULL;
    *material = (struct cm_material){0};
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &diagnostics);
    if (status == CM_OK)
        status = cm_material_make(material, &inputs, source, 8000, &stop);
    cm_source_close(source);
    cm_diagnostics_free(&diagnostics);
    return status;
}

/* Words, a pack of twice the size, and a step of a run with it. */
static enum cm_status scan(const struct cm_material *material)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_grown_words words = {0};
    struct cm_grown *grown = NULL;
    struct cm_steps *steps = NULL;
    struct cm_source *source = NULL, *again = NULL;
    struct cm_step_counts counts;
    enum cm_status status = cm_material_open(material, &source, &diagnostics);
    if (status == CM_OK)
        status = cm_grown_words_read(&words, packs.lexicon, source);
    if (status == CM_OK)
        status = cm_grown_new(packs.items[0].ruleset, packs.lexicon, &words, 2 * CM_GROWN_WHOLE, &grown);
    if (status == CM_OK)
        status = cm_material_open(material, &again, &diagnostics);
    const struct cm_matcher *matcher = grown ? cm_grown_matcher(grown) : NULL;
    if (status == CM_OK)
        status = cm_steps_new(&packs, &matcher, CM_STEP_SCAN, &steps);
    if (status == CM_OK)
        status = cm_steps_run(steps, again, &stop, &counts);
    cm_steps_free(steps);
    cm_grown_free(grown);
    cm_grown_words_free(&words);
    cm_source_close(source);
    cm_source_close(again);
    cm_diagnostics_free(&diagnostics);
    return status;
}

static enum cm_status bench(const struct cm_material *material)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_bench_result result;
    const struct cm_bench_request request = {.packs = &packs,
                                             .names = &pack,
                                             .name_count = 1,
                                             .material = material,
                                             .threads = 2,
                                             .runs = 1,
                                             .max_memory = (uint64_t)64 << 20,
                                             .spill_folder = "/tmp",
                                             .stop = &stop,
                                             .diagnostics = &diagnostics};
    enum cm_status status = cm_bench_run(&request, &result);
    cm_bench_result_free(&result);
    cm_diagnostics_free(&diagnostics);
    return status;
}

/* Fail allocation after allocation, stride by stride, until a run has not so many. */
static void fail_everywhere(enum cm_status (*run)(const struct cm_material *material), const struct cm_material *material, long stride)
{
    long count = 0;
    do {
        atomic_store(&failed, false);
        atomic_store(&left, count);
        enum cm_status status = run(material);
        atomic_store(&left, -1);
        cr_assert(atomic_load(&failed) || status == CM_OK, "nothing failed, and yet: %s", cm_status_text(status));
        cr_assert(stride > 1 || status == CM_OK || status == CM_ENOMEM, "allocation %ld: %s", count, cm_status_text(status));
        count += stride;
    } while (atomic_load(&failed));
    cr_assert_gt(count, 10 * stride);
}

static enum cm_status make_and_free(const struct cm_material *unused)
{
    struct cm_material material;
    (void)unused;
    enum cm_status status = make(&material);
    cr_assert(status != CM_OK || material.kind == CM_MATERIAL_REPEATED);
    cm_material_free(&material);
    return status;
}

Test(bench_memory, material)
{
    fail_everywhere(make_and_free, NULL, 1);
}

Test(bench_memory, a_pack_of_another_size)
{
    struct cm_material material;
    cr_assert_eq(make(&material), CM_OK);
    fail_everywhere(scan, &material, 1);
    cm_material_free(&material);
}

/* What it calls has tests of its own; here it is what becomes of all the rest. */
Test(bench_memory, the_whole)
{
    struct cm_material material;
    cr_assert_eq(make(&material), CM_OK);
    fail_everywhere(bench, &material, 499);
    cm_material_free(&material);
}
