#include "cli/common.h"

static const struct cm_subcommand commands[] = {
    {"check", cm_rules_check_main, "every fault of a pack, with its place"},
    {"test", cm_rules_test_main, "run the examples of every cue"},
    {"list", cm_rules_list_main, "cues and behaviours of a pack"},
    {"explain", cm_rules_explain_main, "what a text is read as, and which cues hit it where"},
    {"validate", cm_rules_validate_main, "what the rules are worth against labels and ratings"},
    {"fit", cm_rules_fit_main, "learn the weights of a cue from labels"},
    {"diff", cm_rules_diff_main, "what a change of rules does to an archive"},
    {"profile", cm_rules_profile_main, "what every cue costs on an archive"},
};

int cm_rules_main(int argc, char **argv)
{
    return cm_dispatch("caremeter rules", "Packs of rules: folders of YAML that say what CARE is made of.", commands,
                       sizeof commands / sizeof *commands, argc, argv);
}
