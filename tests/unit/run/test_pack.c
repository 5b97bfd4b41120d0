/* Packs are found by folder and by name; every way in which there is none has its message. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "run/pack.h"

static struct cm_packs packs;
static struct cm_diagnostics diagnostics;

static void stop(void)
{
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
}

TestSuite(pack, .fini = stop);

static enum cm_status load(const char *first, const char *second)
{
    const char *names[] = {first, second};
    return cm_packs_load(&packs, names, first ? (second ? 2 : 1) : 0, &diagnostics);
}

Test(pack, the_default_is_found_in_the_source_tree)
{
    cr_assert_eq(load(NULL, NULL), CM_OK);
    cr_assert_eq(packs.count, 1);
    cr_assert_str_eq(packs.items[0].ruleset->name, CM_PACK_DEFAULT);
    cr_assert_not_null(packs.redactor);
}

Test(pack, names_and_folders_side_by_side)
{
    cr_assert_eq(load("team-care", CM_SOURCE_DIR "/tests/e2e/pack"), CM_OK);
    cr_assert_eq(packs.count, 2);
    cr_assert_str_eq(packs.items[1].ruleset->name, "small");
}

Test(pack, one_that_is_not_there_is_told_with_its_name)
{
    cr_assert_eq(load("no-such-pack", NULL), CM_EIO);
    const struct cm_diagnostic *told = cm_diagnostics_find(&diagnostics, "pack-missing");
    cr_assert_not_null(told);
    cr_assert_not_null(strstr(told->message, "no-such-pack"));
}

Test(pack, all_that_are_not_there_are_told)
{
    cr_assert_eq(load("no-such-pack", "./nor-this"), CM_EIO);
    cr_assert_eq(diagnostics.errors, 2);
}

Test(pack, the_same_twice_could_not_be_told_apart)
{
    cr_assert_eq(load("customer-care", CM_SOURCE_DIR "/rules/customer-care"), CM_EUSAGE);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "pack-twice"));
}

Test(pack, too_many)
{
    const char *names[CM_PACKS_MAX + 1];
    for (size_t i = 0; i <= CM_PACKS_MAX; i++)
        names[i] = "customer-care";
    cr_assert_eq(cm_packs_load(&packs, names, CM_PACKS_MAX + 1, &diagnostics), CM_EUSAGE);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "pack-count"));
}

Test(pack, the_environment_names_the_rules_and_nothing_stands_in_for_them)
{
    char *folder;
    setenv("CAREMETER_RULES", CM_SOURCE_DIR "/rules", 1);
    cr_assert_eq(cm_data_folder(CM_DATA_RULES, &folder), CM_OK);
    cr_assert_str_eq(folder, CM_SOURCE_DIR "/rules");
    free(folder);
    setenv("CAREMETER_RULES", "/no/such/folder", 1);
    cr_assert_eq(cm_data_folder(CM_DATA_RULES, &folder), CM_EIO);
    cr_assert_eq(load(NULL, NULL), CM_EIO);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "rules-missing"));
}

Test(pack, the_demo_is_found_too)
{
    char *folder;
    cr_assert_eq(cm_data_folder(CM_DATA_DEMO, &folder), CM_OK);
    free(folder);
}
