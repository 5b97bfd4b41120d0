#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/simd.h"
#include "cli/common.h"

/* For jemalloc, where there is one: what was freed goes back after two seconds, not ten, so that a live run's memory stays under its
 * ceiling. After one second it would be taken back from the kernel too often: a tenth of all processor time. */
extern const char *malloc_conf;
const char *malloc_conf = "dirty_decay_ms:2000,muzzy_decay_ms:0";

static const struct cm_subcommand commands[] = {
    {"score", cm_score_main, "score an archive of conversations"},
    {"serve", cm_serve_main, "score conversations while they happen: Kafka, growing files, pipes"},
    {"replay", cm_replay_main, "send an archive to a topic, for load and for backfill"},
    {"rekey", cm_rekey_main, "copy a topic to one that is keyed by interaction"},
    {"erase", cm_erase_main, "forget a customer: states, scorecards, databases"},
    {"show", cm_show_main, "explain the scorecard of one interaction"},
    {"grep", cm_grep_main, "show the turns that hold a phrase, an expression or a cue"},
    {"sample", cm_sample_main, "draw turns for people to label"},
    {"rules", cm_rules_main, "check, test, list and explain packs of rules"},
    {"bench", cm_bench_main, "how fast your packs are on your archive, and where the time goes"},
    {"demo", cm_demo_main, "score the conversations that come with the program, and show them"},
    {"version", cm_version_main, "the version of the program and its formats"},
};

/* A standard stream that is closed stays unusable: else the next file that is opened would be taken for it. */
static void hold_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(CM_EXIT_IO);
}

/* The best vector instructions that the machine has, or those that are asked for; before there are threads. */
static bool choose_simd(void)
{
    const char *name = getenv("CAREMETER_SIMD"), *between = "";
    if (cm_simd_use(name) == CM_OK)
        return true;
    fprintf(stderr, "caremeter: CAREMETER_SIMD \"%s\" is none of what this machine has: ", name);
    for (unsigned level = 0; level < CM_SIMD_LEVEL_COUNT; level++) {
        if (!cm_simd_supported((enum cm_simd_level)level))
            continue;
        fprintf(stderr, "%s%s", between, cm_simd_name((enum cm_simd_level)level));
        between = ", ";
    }
    fputc('\n', stderr);
    return false;
}

int main(int argc, char **argv)
{
    hold_closed_streams();
    /* A reader that went away, and a file that may not grow, are errors of write, told and counted like others. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (!choose_simd())
        return CM_EXIT_USAGE;
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return cm_version_main(1, argv);
    return cm_dispatch("caremeter", "Reads customer conversations and says how much CARE they show.", commands,
                       sizeof commands / sizeof *commands, argc, argv);
}
