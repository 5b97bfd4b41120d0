#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/common.h"
#include "cli/demo.h"
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

struct demo_job {
    struct cm_score_job score;
    struct cm_demo_play play;
    const char *speed;
    bool score_only;
};

/* "max" is 0. */
static bool parse_speed(const char *text, uint64_t *speed)
{
    *speed = 0;
    return strcmp(text, "max") == 0 || (cm_number_parse(text, speed) && *speed > 0 && *speed <= CM_DEMO_SPEED_MAX);
}

/* A pipe or a script wants the scores and an end; who watches a terminal, or names an address, wants to see more. */
static bool plays(const struct demo_job *job)
{
    return !job->score_only && (job->play.listen || (!job->score.json && isatty(STDOUT_FILENO)));
}

static int run(struct demo_job *job)
{
    char *folder, *conversations;
    if (cm_data_folder(CM_DATA_DEMO, &folder) != CM_OK) {
        cm_tell_error("the demo conversations are not there: they belong beside the program, in ../share/caremeter/demo");
        return CM_EXIT_IO;
    }
    if (asprintf(&conversations, "%s/conversations", folder) < 0) {
        free(folder);
        return CM_EXIT_IO;
    }
    job->score.inputs = &conversations;
    job->score.input_count = 1;
    int code = cm_score_run(&job->score);
    if (code == CM_EXIT_DONE && !job->score.json)
        what_next(conversations);
    int flushed = cm_flush_stdout();
    code = code ? code : flushed;
    job->play.folder = folder;
    if (code == CM_EXIT_DONE && plays(job))
        code = cm_demo_play(&job->play);
    free(conversations);
    free(folder);
    return code;
}

int cm_demo_main(int argc, char **argv)
{
    struct demo_job job = {.score = {.evidence = CM_EVIDENCE_QUOTES, .threads = cm_threads_default(), .max_memory = cm_memory_default()},
                           .play.speed = CM_DEMO_SPEED_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "listen",
         .letter = 'l',
         .kind = CM_OPT_TEXT,
         .into = &job.play.listen,
         .value = "ADDRESS",
         .help = "Where the wallboard is (default: 127.0.0.1:8737, or any port where that is taken)"},
        {.name = "speed",
         .letter = 's',
         .kind = CM_OPT_TEXT,
         .into = &job.speed,
         .value = "N|max",
         .help = "Replay so many times as fast as it happened (default: 20); max: all of it at once, and then the board stays as it is"},
        {.name = "score-only", .kind = CM_OPT_FLAG, .into = &job.score_only, .help = "Score, and end: no wallboard"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.score.json, .help = "The summary as JSON"},
    };
    const struct cm_command command = {
        .name = "caremeter demo",
        .operands = "",
        .about = "Scores the conversations that come with the program, says what to try next, and replays them onto a wallboard until "
                 "Ctrl-C. Where standard output is no terminal it only scores, unless --listen says where the wallboard is.",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand != argc) {
        cm_opts_wrong(&command, "it takes no operand: caremeter score reads your own conversations");
        return CM_EXIT_USAGE;
    }
    if (job.speed && !parse_speed(job.speed, &job.play.speed)) {
        cm_opts_wrong(&command, "--speed \"%s\" is neither max nor a number from 1 to %u", job.speed, CM_DEMO_SPEED_MAX);
        return CM_EXIT_USAGE;
    }
    return run(&job);
}
