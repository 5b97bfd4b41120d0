#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/score.h"
#include "cli/term.h"

/* A path as it can be typed here: without the folder that we are in. */
static const char *from_here(const char *path)
{
    static char here[PATH_MAX];
    size_t len = getcwd(here, sizeof here) ? strlen(here) : 0;
    bool inside = len > 1 && strncmp(path, here, len) == 0 && path[len] == '/';
    return inside ? path + len + 1 : path;
}

/* Commands that can be copied, with the names and paths that hold here. */
static void what_next(const char *conversations)
{
    bool colour = cm_term_colour(stdout);
    const char *program = strchr(program_invocation_name, '/') ? from_here(program_invocation_name) : "caremeter";
    const char *demo = from_here(conversations);
    printf("\n%sWhat to try next%s\n", cm_paint(colour, CM_COLOUR_BOLD), cm_paint(colour, CM_COLOUR_OFF));
    printf("  one conversation explained, word by word:\n"
           "    %s score %s --out scores.ndjson\n"
           "    %s show chat-northmere-name-change scores.ndjson --events %s\n",
           program, demo, program, demo);
    printf("  where agents say sorry:\n"
           "    %s grep \"(sorry|apolog*)\" %s --speaker agent\n",
           program, demo);
    printf("  why a rule does or does not fire:\n"
           "    %s rules explain \"I'm not sorry about that\"\n",
           program);
    printf("  your own archive (NDJSON events, plain, .gz or .zst):\n"
           "    %s score YOUR-ARCHIVE/\n",
           program);
}

int cm_demo_main(int argc, char **argv)
{
    struct cm_score_job job = {.evidence = CM_EVIDENCE_QUOTES, .threads = cm_threads_default(), .max_memory = cm_memory_default()};
    const struct cm_opt options[] = {
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "The summary as JSON"},
    };
    const struct cm_command command = {
        .name = "caremeter demo",
        .operands = "",
        .about = "Scores the conversations that come with the program, and says what to try next.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    char *folder, *conversations;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand != argc) {
        cm_opts_wrong(&command, "it takes no operand: caremeter score reads your own conversations");
        return CM_EXIT_USAGE;
    }
    if (cm_data_folder(CM_DATA_DEMO, &folder) != CM_OK) {
        cm_tell_error("the demo conversations are not there: they belong beside the program, in ../share/caremeter/demo");
        return CM_EXIT_IO;
    }
    if (asprintf(&conversations, "%s/conversations", folder) < 0)
        conversations = NULL;
    free(folder);
    if (!conversations)
        return CM_EXIT_IO;
    job.inputs = &conversations;
    job.input_count = 1;
    int code = cm_score_run(&job);
    if (code == CM_EXIT_DONE && !job.json)
        what_next(conversations);
    free(conversations);
    int flushed = cm_flush_stdout();
    return code ? code : flushed;
}
