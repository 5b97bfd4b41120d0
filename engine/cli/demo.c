#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common.h"
#include "cli/score.h"
#include "cli/term.h"

/* Commands that can be copied, with the paths that hold here. */
static void what_next(const char *conversations)
{
    bool colour = cm_term_colour(stdout);
    const char *bold = cm_paint(colour, CM_COLOUR_BOLD), *off = cm_paint(colour, CM_COLOUR_OFF);
    printf("\n%sWhat to try next%s\n", bold, off);
    printf("  one conversation explained, word by word:\n"
           "    caremeter score %s --out scores.ndjson\n"
           "    caremeter show chat-northmere-name-change scores.ndjson --events %s\n",
           conversations, conversations);
    printf("  where agents say sorry:\n"
           "    caremeter grep \"(sorry|apolog*)\" %s --speaker agent\n",
           conversations);
    printf("  why a rule does or does not fire:\n"
           "    caremeter rules explain \"I'm not sorry about that\"\n");
    printf("  your own archive (NDJSON events, plain, .gz or .zst):\n"
           "    caremeter score YOUR-ARCHIVE/\n");
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
