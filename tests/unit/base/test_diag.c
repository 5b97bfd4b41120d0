#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/diag.h"

static char *printed(const struct cm_diagnostics *list)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cm_diagnostics_print(list, out, false);
    fclose(out);
    return text;
}

Test(diag, the_caret_stands_under_its_column)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    cm_diagnostics_source(&list, "pack.yaml", CM_SPAN("first: 1\r\n\tcaf\xC3\xA9: [oops]\n"));
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "bad-thing", (struct cm_place){"pack.yaml", 2, 9, 4}, "write it well", "%s is no %s",
                       "oops", "cue");
    char *text = printed(&list);
    cr_assert_str_eq(text, "pack.yaml:2:9: error: oops is no cue [bad-thing]\n"
                           "     2 | \tcaf\xC3\xA9: [oops]\n"
                           "       | \t       ^~~~\n"
                           "       help: write it well\n");
    free(text);
    cm_diagnostics_free(&list);
}

Test(diag, quoted_text_does_not_steer_the_terminal)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    cm_diagnostics_source(&list, "p", CM_SPAN("a\x1B[2J\tb\n"));
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "e", (struct cm_place){"p", 1, 1, 1}, "did you mean \x7F?", "no label %s",
                       "\x1B[31mred\nerror: \xC2\x9B \xE2\x80\xAE caf\xC3\xA9");
    char *text = printed(&list);
    cr_assert_str_eq(text, "p:1:1: error: no label \xEF\xBF\xBD[31mred\xEF\xBF\xBD"
                           "error: \xEF\xBF\xBD \xEF\xBF\xBD caf\xC3\xA9 [e]\n"
                           "     1 | a\xEF\xBF\xBD[2J\tb\n"
                           "       | ^\n"
                           "       help: did you mean \xEF\xBF\xBD?\n");
    free(text);
    cm_diagnostics_free(&list);
}

Test(diag, faults_without_a_place_or_a_source_are_told_all_the_same)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    cm_diagnostics_add(&list, CM_SEVERITY_WARNING, "w", (struct cm_place){.file = "x.yaml"}, NULL, "whole file");
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "e", (struct cm_place){"y.yaml", 3, 1, 1}, NULL, "no source kept");
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "n", (struct cm_place){0}, NULL, "nowhere");
    char *text = printed(&list);
    cr_assert_str_eq(text, "x.yaml: warning: whole file [w]\ny.yaml:3:1: error: no source kept [e]\nerror: nowhere [n]\n");
    cr_assert_eq(list.errors, 2);
    cr_assert_eq(list.warnings, 1);
    free(text);
    cm_diagnostics_free(&list);
}

Test(diag, more_than_are_kept_are_counted)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    for (unsigned i = 0; i < CM_DIAGNOSTICS_KEPT_MAX + 5; i++)
        cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "many", (struct cm_place){"f", i + 1, 1, 1}, NULL, "fault %u", i);
    cr_assert_eq(list.count, CM_DIAGNOSTICS_KEPT_MAX);
    cr_assert_eq(list.errors, CM_DIAGNOSTICS_KEPT_MAX + 5);
    char *text = printed(&list);
    cr_assert_not_null(strstr(text, "\nand 5 more\n"));
    free(text);
    cm_diagnostics_free(&list);
}

Test(diag, sorted_by_place_and_found_by_id)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "late", (struct cm_place){"a", 9, 1, 1}, NULL, "x");
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "early", (struct cm_place){"a", 2, 5, 1}, NULL, "x");
    cm_diagnostics_add(&list, CM_SEVERITY_ERROR, "first", (struct cm_place){"a", 2, 1, 1}, NULL, "x");
    cm_diagnostics_sort(&list);
    cr_assert_str_eq(list.items[0].id, "first");
    cr_assert_str_eq(list.items[2].id, "late");
    cr_assert_eq(cm_diagnostics_find(&list, "early")->place.line, 2);
    cr_assert_null(cm_diagnostics_find(&list, "none"));
    cm_diagnostics_free(&list);
}

Test(diag, files_that_were_read)
{
    struct cm_diagnostics list = CM_DIAGNOSTICS_EMPTY;
    cr_assert_null(cm_diagnostics_source_file(&list, 0));
    cm_diagnostics_source(&list, "b", CM_SPAN("x"));
    cm_diagnostics_source(&list, "a", CM_SPAN("y"));
    cm_diagnostics_source(&list, "b", CM_SPAN("z"));
    cr_assert_str_eq(cm_diagnostics_source_file(&list, 0), "b");
    cr_assert_str_eq(cm_diagnostics_source_file(&list, 1), "a");
    cr_assert_null(cm_diagnostics_source_file(&list, 2));
    cm_diagnostics_free(&list);
}
