/* Options: values within their bounds, names that were nearly right. */
#include <criterion/criterion.h>

#include "cli/opts.h"

Test(cli_opts, nearest)
{
    static const char *const names[] = {"score", "show", "grep", "rules", "evidence", NULL};
    cr_assert_str_eq(cm_opts_nearest("scroe", names), "score");
    cr_assert_str_eq(cm_opts_nearest("gerp", names), "grep");
    cr_assert_str_eq(cm_opts_nearest("evidnce", names), "evidence");
    cr_assert_str_eq(cm_opts_nearest("ev", names), "evidence");
    cr_assert_null(cm_opts_nearest("wallboard", names));
    cr_assert_null(cm_opts_nearest("", names));
}

/* getopt moves the pointers about, and writes no letter. */
static enum cm_opts_result parse(const struct cm_command *command, int count, const char **words, int *operand)
{
    return cm_opts_parse(command, count, (char **)(uintptr_t)words, operand);
}

Test(cli_opts, a_table_is_parsed)
{
    static const char *const words[] = {"one", "two", NULL};
    bool flag = false;
    const char *text = NULL;
    uint64_t number = 5;
    int choice = 0, operand;
    struct cm_opt_list list = {.count = 0};
    const struct cm_opt options[] = {
        {.name = "flag", .letter = 'f', .kind = CM_OPT_FLAG, .into = &flag, .help = ""},
        {.name = "text", .letter = 't', .kind = CM_OPT_TEXT, .into = &text, .value = "T", .help = ""},
        {.name = "number", .kind = CM_OPT_NUMBER, .into = &number, .min = 1, .max = 9, .value = "N", .help = ""},
        {.name = "choice", .kind = CM_OPT_CHOICE, .into = &choice, .choices = words, .value = "one|two", .help = ""},
        {.name = "list", .letter = 'l', .kind = CM_OPT_LIST, .into = &list, .value = "L", .help = ""},
    };
    const struct cm_command command = {.name = "t", .operands = "", .about = "", .options = options, .option_count = 5};
    const char *good[] = {"t", "first", "-f", "-t", "x", "--number=7", "-la", "--list", "b", "--choice", "two", "second", "--", "-f", NULL};
    cr_assert_eq(parse(&command, 14, good, &operand), CM_OPTS_RUN);
    cr_assert(flag && number == 7 && choice == 1 && list.count == 2);
    cr_assert_str_eq(text, "x");
    cr_assert_str_eq(list.items[1], "b");
    cr_assert_eq(14 - operand, 3);
    cr_assert_str_eq(good[operand], "first");
    cr_assert_str_eq(good[operand + 2], "-f");

    const char *wrong[][4] = {{"t", "--numbr", "1", NULL}, {"t", "--number", "10", NULL}, {"t", "--choice", "three", NULL},
                              {"t", "-z", "", NULL},       {"t", "x", "--text", NULL},    {"t", "x", "--flag=1", NULL},
                              {"t", "--text", "", NULL},   {"t", "x", "--list=", NULL}};
    for (size_t i = 0; i < 8; i++)
        cr_assert_eq(parse(&command, 3, wrong[i], &operand), CM_OPTS_WRONG, "%s", wrong[i][1]);
}
