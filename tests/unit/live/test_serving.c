#include "live/serve/serving.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(serving, states_that_memory_does_not_hold_have_a_folder_without_being_told)
{
    struct cm_config config = {0};
    struct cm_serving *serving = calloc(1, sizeof *serving);
    cr_assert(serving);
    serving->config = &config;
    unsetenv("TMPDIR");
    cr_expect_str_eq(cm_serving_spill_folder(serving), "/tmp");
    setenv("TMPDIR", "", 1);
    cr_expect_str_eq(cm_serving_spill_folder(serving), "/tmp");
    setenv("TMPDIR", "/var/tmp", 1);
    cr_expect_str_eq(cm_serving_spill_folder(serving), "/var/tmp");
    config.spill_dir = "/spill";
    cr_expect_str_eq(cm_serving_spill_folder(serving), "/spill");
    free(serving);
}
