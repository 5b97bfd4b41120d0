#include <criterion/criterion.h>
#include <stdio.h>

#include "ops/roll.h"

Test(roll, an_id_is_another_one_in_another_partition)
{
    struct cm_roll roll = {0};
    cr_expect_null(cm_roll_find(&roll, CM_SPAN("a"), 0));
    struct cm_roll_entry *entry = cm_roll_add(&roll, CM_SPAN("a"), 0);
    cr_assert_not_null(entry);
    entry->applied = 7;
    cr_expect_null(cm_roll_find(&roll, CM_SPAN("a"), 1));
    cr_expect_null(cm_roll_find(&roll, CM_SPAN("b"), 0));
    cr_assert_not_null(cm_roll_add(&roll, CM_SPAN("a"), 1));
    cr_expect_eq(cm_roll_find(&roll, CM_SPAN("a"), 0)->applied, 7);
    cr_expect_eq(cm_roll_find(&roll, CM_SPAN("a"), 1)->applied, 0);
    cm_roll_free(&roll);
    cr_expect_eq(roll.count, 0);
}

Test(roll, grows)
{
    struct cm_roll roll = {0};
    char id[16];
    for (uint32_t i = 0; i < 10000; i++) {
        int len = snprintf(id, sizeof id, "i%u", i / 2);
        struct cm_roll_entry *entry = cm_roll_add(&roll, (struct cm_span){id, (size_t)len}, i % 2);
        cr_assert_not_null(entry);
        entry->epoch = i;
    }
    for (uint32_t i = 0; i < 10000; i++) {
        int len = snprintf(id, sizeof id, "i%u", i / 2);
        cr_assert_eq(cm_roll_find(&roll, (struct cm_span){id, (size_t)len}, i % 2)->epoch, i);
    }
    cm_roll_free(&roll);
}
