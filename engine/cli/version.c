#include <stdio.h>

#include "base/simd.h"
#include "cli/common.h"
#include "event/event.h"
#include "score/scorecard.h"

int cm_version_main(int argc, char **argv)
{
    const struct cm_command command = {.name = "caremeter version",
                                       .operands = "",
                                       .about = "The version of the program and of its formats, and the vector instructions in use."};
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    printf("caremeter " CM_VERSION " (events " CM_EVENT_SCHEMA_VERSION ", scorecards " CM_SCORECARD_SCHEMA_VERSION "; %s)\n",
           cm_simd_name(cm_simd_level()));
    return cm_flush_stdout();
}
