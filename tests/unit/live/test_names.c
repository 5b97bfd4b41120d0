/* What the wallboard is told of packs. */
#include <criterion/criterion.h>

#include "live/audience/watching.h"

static struct cm_config config;
static struct cm_rules *rules;
static struct cm_names names;
static struct cm_diagnostics told;

static void make(void)
{
    cr_assert_eq(cm_config_init(&config), CM_OK);
    cr_assert_eq(cm_rules_load((const char *[]){"customer-care", "team-care"}, 2, &told, &rules), CM_OK);
}

static void drop(void)
{
    cm_names_free(&names);
    cm_rules_release(rules);
    cm_config_free(&config);
    cm_diagnostics_free(&told);
}

TestSuite(names, .init = make, .fini = drop);

static const struct cm_board_behaviour *find(const char *id)
{
    const struct cm_board_behaviour *found = NULL;
    for (size_t i = 0; i < names.behaviour_count; i++)
        if (strcmp(names.behaviours[i].id, id) == 0) {
            cr_assert_null(found, "%s is there twice", id);
            found = &names.behaviours[i];
        }
    return found;
}

Test(names, behaviours_of_all_packs_and_dimensions_of_the_first)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    cr_assert_eq(cm_config_set(&config, "board.targets={respond: 65}", &told), CM_OK);
    cr_assert_eq(cm_names_make(&names, packs, &config, &told), CM_OK);
    cr_assert_eq(names.dimension_count, 4);
    cr_expect_str_eq(names.dimensions[2].id, "respond");
    cr_expect_str_eq(names.dimensions[2].title, "Respond");
    cr_expect(names.dimensions[2].target == 6500 && names.dimensions[0].target == -1);
    for (size_t pack = 0; pack < packs->count; pack++)
        for (uint32_t i = 0; i < packs->items[pack].ruleset->behaviour_count; i++)
            cr_expect_not_null(find(packs->items[pack].ruleset->behaviours[i].id));
    const struct cm_board_behaviour *empathy = find("respond.empathy");
    cr_assert_not_null(empathy);
    cr_expect_str_eq(empathy->dimension, "respond");
    cr_expect_str_eq(empathy->kind, "opportunity");
    cr_expect_eq(empathy->unvalidated, !cm_ruleset_behaviour(packs->items[0].ruleset, CM_SPAN("respond.empathy"))->validated);
}

Test(names, a_target_of_nothing)
{
    cr_assert_eq(cm_config_set(&config, "board.targets={respnod: 65, empower: 1}", &told), CM_OK);
    cr_assert_eq(cm_names_make(&names, cm_rules_packs(rules), &config, &told), CM_EUSAGE);
    cr_assert_eq(told.count, 2);
    cr_expect_str_eq(told.items[0].message, "board.targets: the pack customer-care has no dimension respnod");
    cr_expect_str_eq(told.items[0].help, "did you mean respond?");
    cr_expect_null(told.items[1].help, "empower is the second pack's");
}
