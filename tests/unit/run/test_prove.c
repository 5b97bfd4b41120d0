/* A pack's own examples: the shipped ones hold, those that do not are told with their place. */
#include <criterion/criterion.h>

#include "run/prove.h"
#include "scratch.h"

static struct cm_packs packs;
static struct cm_diagnostics diagnostics;
static struct scratch scratch;

static void start(void)
{
    cr_assert(scratch_make(&scratch));
}

static void stop(void)
{
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
    scratch_remove(&scratch);
}

TestSuite(prove, .init = start, .fini = stop);

static void load(const char *examples)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_text(&text, "pack: p\nversion: 1.0.0\ncues:\n"
                          "  - id: hello\n    speaker: agent\n    why: greets\n    phrases: [hello]\n    hit: [hello]\n    miss: [hi]\n"
                          "  - id: back\n    speaker: agent\n    why: says it again\n    echo: {words: 1}\n");
    cm_buffer_text(&text, examples);
    free(scratch_file(&scratch, "pack.yaml", text.ptr, text.len));
    cm_buffer_free(&text);
    const char *name = scratch.folder;
    enum cm_status status = cm_packs_load(&packs, &name, 1, &diagnostics);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK);
}

Test(prove, the_shipped_packs)
{
    const char *names[] = {"customer-care", "team-care"};
    cr_assert_eq(cm_packs_load(&packs, names, 2, &diagnostics), CM_OK);
    cr_assert_eq(cm_packs_prove(&packs, &diagnostics), CM_OK);
    cr_assert_eq(diagnostics.errors, 0);
}

Test(prove, examples_that_fail_are_told_all_of_them)
{
    load("  - id: bye\n    speaker: agent\n    why: parts\n    phrases: [bye]\n"
         "    hit: [bye now, so long]\n    miss: [bye-bye, hello]\n");
    cr_assert_eq(cm_packs_prove(&packs, &diagnostics), CM_ERULES);
    cr_assert_eq(diagnostics.errors, 2);
    const struct cm_diagnostic *told = cm_diagnostics_find(&diagnostics, "example-failed");
    cr_assert_str_eq(told->message, "bye: should hit, does not: \"so long\"");
    cr_assert_eq(told->place.line, 18);
    cr_assert_not_null(strstr(told->place.file, "pack.yaml"));
}

Test(prove, what_was_said_before_is_heard)
{
    load("    hit: [{before: [\"customer: my lamp is broken\"], text: \"a lamp\"}, undecided alone]\n"
         "    miss: [{before: [\"customer: my lamp is broken\"], text: \"a chair\"}]\n");
    cr_assert_eq(cm_packs_prove(&packs, &diagnostics), CM_OK);
}

Test(prove, a_long_example_is_cut)
{
    char text[600];
    struct cm_buffer examples = CM_BUFFER_EMPTY;
    memset(text, 'x', sizeof text);
    cm_buffer_printf(&examples,
                     "  - id: bye\n    speaker: agent\n    why: parts\n    phrases: [bye]\n    hit: [\"%.*s\"]\n    miss: [hi]\n",
                     (int)sizeof text, text);
    cm_buffer_byte(&examples, '\0');
    load(examples.ptr);
    cm_buffer_free(&examples);
    cr_assert_eq(cm_packs_prove(&packs, &diagnostics), CM_ERULES);
    const char *message = cm_diagnostics_find(&diagnostics, "example-failed")->message;
    cr_assert_lt(strlen(message), 220);
    cr_assert_not_null(strstr(message, "…"));
}

Test(prove, complaints)
{
    cr_assert_null(cm_prover_complaint(CM_VERDICT_HIT, true));
    cr_assert_null(cm_prover_complaint(CM_VERDICT_MISS, false));
    cr_assert_null(cm_prover_complaint(CM_VERDICT_UNKNOWN, true));
    cr_assert_not_null(cm_prover_complaint(CM_VERDICT_FAULT, false));
    cr_assert_not_null(cm_prover_complaint(CM_VERDICT_MISS, true));
}
