/* Memory that fails at every single allocation in turn: a clean end each time, and never a pack. */
#include "loading.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static long left = -1; /* allocations until one fails; below 0: none does */

static bool fails(void)
{
    return left >= 0 && left-- == 0;
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

static const char pack[] = "pack: p\nversion: 1.0.0\nextends: base\ndimensions: {d: {weight: 1}}\nlists: {one: [a, \"@two b\"], two: [c]}\n"
                           "set: {x: {why: Other}}\nadd: {x: {phrases: [more]}}\n"
                           "cues:\n- {id: a, speaker: agent, why: w, phrases: [\"@one d\", e f], hit: [{before: [\"customer: so\"], text: one}], miss: [two]}\n"
                           "- {id: b, speaker: agent, why: w, any: [a, x], languages: [en]}\n"
                           "behaviours:\n- {id: c, dimension: d, kind: expected, title: t, met_by: [b]}\n";
static const char base[] =
    "pack: base\nversion: 1.0.0\ncues: [{id: x, speaker: agent, why: w, regex: [a], phrases: [y], hit: [y], miss: [z]}]\n";

static enum cm_status load_with(const struct cm_lexicon *lexicon, long allocations, const char *text)
{
    const struct cm_ruleset_file files[] = {{"p/pack.yaml", cm_span_of(text)}, {"base/pack.yaml", cm_span_of(base)}};
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_ruleset *ruleset = NULL;
    left = allocations;
    enum cm_status status = cm_ruleset_load_files(files, 2, lexicon, &diagnostics, &ruleset);
    left = -1;
    cr_assert_eq(ruleset != NULL, status == CM_OK);
    cm_ruleset_free(ruleset);
    cm_diagnostics_free(&diagnostics);
    return status;
}

Test(memory, every_allocation_of_a_load_may_fail)
{
    struct cm_lexicon *lexicon = test_lexicon();
    cr_assert_eq(load_with(lexicon, -1, pack), CM_OK);
    long failed = 0;
    for (long i = 0; i < 100000; i++) {
        enum cm_status status = load_with(lexicon, i, pack);
        cr_assert(status == CM_ENOMEM || status == CM_OK, "allocation %ld: %s", i, cm_status_text(status));
        if (status == CM_OK && left < 0 && i > 20 && load_with(lexicon, i + 1, pack) == CM_OK && load_with(lexicon, i + 2, pack) == CM_OK)
            break;
        failed += status == CM_ENOMEM;
    }
    cr_assert_gt(failed, 20, "%ld allocations failed", failed);
    cm_lexicon_free(lexicon);
}

Test(memory, a_faulty_pack_stays_one)
{
    struct cm_lexicon *lexicon = test_lexicon();
    for (long i = 0; i < 300; i++) {
        enum cm_status status =
            load_with(lexicon, i, "pack: P\nversion: 1\nextends: base\nlists: {a: [\"@a\"]}\ncues: [{id: x, any: [x, nobody]}]\n]");
        cr_assert(status == CM_ENOMEM || status == CM_ERULES, "allocation %ld: %s", i, cm_status_text(status));
    }
    cm_lexicon_free(lexicon);
}
