#include <signal.h>

#include "cli/common.h"

static const struct cm_subcommand commands[] = {
    {"score", cm_score_main, "score an archive of conversations"},
    {"grep", cm_grep_main, "show the turns that hold a phrase, an expression or a cue"},
};

int main(int argc, char **argv)
{
    /* A reader that went away is an error of write, told and counted like others. */
    signal(SIGPIPE, SIG_IGN);
    return cm_dispatch("caremeter", "Reads customer conversations and says how much CARE they show.", commands,
                       sizeof commands / sizeof *commands, argc, argv);
}
