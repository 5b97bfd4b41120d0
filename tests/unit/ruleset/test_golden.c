/* Packs with faults: every one of them is told, in one run, at its place. tests/golden/packs/README.md. */
#include "loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PACKS CM_SOURCE_DIR "/tests/golden/packs"

static void render(const struct cm_diagnostics *list, struct cm_buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct cm_diagnostic *item = &list->items[i];
        cm_buffer_text(out, item->place.file ? item->place.file : "-");
        if (item->place.line)
            cm_buffer_printf(out, ":%u:%u", item->place.line, item->place.column);
        cm_buffer_printf(out, ": %s%s\n", item->severity == CM_SEVERITY_WARNING ? "warning " : "", item->id);
    }
    cr_assert_eq(cm_buffer_status(out), CM_OK);
}

static void read_expected(const char *path, struct cm_buffer *out)
{
    FILE *file = fopen(path, "rb");
    char part[4096];
    cr_assert_not_null(file, "%s", path);
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        cm_buffer_append(out, part, got);
    fclose(file);
}

/* To write what is said now: CM_GOLDEN_WRITE=1 test_golden; then read the difference. */
static void write_expected(const char *path, const struct cm_buffer *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text->ptr ? text->ptr : "", 1, text->len, file), text->len);
    cr_assert_eq(fclose(file), 0);
}

/* Returns how many errors the pack has. */
static size_t check_pack(const char *name)
{
    struct cm_lexicon *lexicon = test_lexicon();
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_ruleset *ruleset = NULL;
    struct cm_buffer actual = CM_BUFFER_EMPTY, expected = CM_BUFFER_EMPTY;
    char path[512];
    cr_assert_eq(chdir(PACKS), 0);
    snprintf(path, sizeof path, "%s/expected.txt", name);
    enum cm_status status = cm_ruleset_load(name, NULL, 0, lexicon, &diagnostics, &ruleset);
    render(&diagnostics, &actual);
    cr_assert_eq(status, diagnostics.errors ? CM_ERULES : CM_OK);
    cr_assert_eq(ruleset == NULL, diagnostics.errors > 0, "no pack with an error, a pack without one");
    if (getenv("CM_GOLDEN_WRITE"))
        write_expected(path, &actual);
    read_expected(path, &expected);
    cr_assert(cm_span_equal(cm_buffer_view(&actual), cm_buffer_view(&expected)), "%s: said now:\n%.*s", name, (int)actual.len,
              actual.ptr ? actual.ptr : "");
    size_t errors = diagnostics.errors;
    cm_buffer_free(&actual);
    cm_buffer_free(&expected);
    cm_ruleset_free(ruleset);
    cm_diagnostics_free(&diagnostics);
    cm_lexicon_free(lexicon);
    return errors;
}

Test(golden, more_than_fifty_faults_in_one_run)
{
    cr_assert_geq(check_pack("faults"), 50);
}

Test(golden, files_that_break_off_hide_nothing_that_stands_before)
{
    check_pack("broken");
}

Test(golden, a_good_pack_has_no_faults)
{
    cr_assert_eq(check_pack("good_base"), 0);
}

Test(golden, changes_of_an_extended_pack)
{
    check_pack("changes");
}

Test(golden, packs_in_a_circle)
{
    cr_assert_eq(check_pack("itself"), 1);
    cr_assert_eq(check_pack("circle_a"), 1);
    cr_assert_eq(check_pack("circle_b"), 1);
}

Test(golden, a_base_that_is_not_there_or_out_of_bounds)
{
    cr_assert_eq(check_pack("orphan"), 1);
    cr_assert_eq(check_pack("escape"), 1);
}
