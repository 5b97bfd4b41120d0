/*
 * board_server: a wallboard without an engine behind it. Scorecards, and events as they
 * stand in archives, are fed from files, a line at a time; then it stays until it is ended.
 *
 *   board_server --listen ADDRESS [--every MS] [--cards FILE]... [--events FILE]... [--token TOKEN] [--host NAME]
 *                [--clients N] [--again] [--rate N] [--from-stdin]
 *
 * It prints "http://ADDRESS/". --every: between two lines (100; 0: none); --again: from the beginning when all is fed, for ever;
 * --rate: the board's time goes so many times as fast; --from-stdin: cards come from standard input too, as they come.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "web/web.h"

#define FILES_MAX 64u

static const struct cm_board_dimension dimensions[] = {
    {"communicate", "Communicate", -1}, {"acknowledge", "Acknowledge", -1}, {"respond", "Respond", 7000}, {"enrich", "Enrich", -1}};

struct file {
    const char *path;
    void (*feed)(struct cm_web *web, struct cm_span line);
};

static struct file files[FILES_MAX];
static size_t file_count;
static long every_ms = 100;
static bool again, from_stdin;
static volatile sig_atomic_t ends;

static void end(int signal)
{
    (void)signal;
    ends = 1;
}

static void tell(void *context, bool warning, const char *text)
{
    (void)context;
    fprintf(stderr, "%s%s\n", warning ? "warning: " : "", text);
}

/* One that is dropped is the board's to tell of. */
static void feed_card(struct cm_web *web, struct cm_span line)
{
    if (!cm_web_card(web, line))
        tell(NULL, true, "a scorecard was dropped");
}

static void rest(long ms)
{
    poll(NULL, 0, (int)ms); /* a signal ends it */
}

static void feed_stream(struct cm_web *web, FILE *stream, void (*feed)(struct cm_web *web, struct cm_span line), long pause_ms)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    while (!ends && (len = getline(&line, &cap, stream)) > 0) {
        feed(web, (struct cm_span){line, (size_t)len - (line[len - 1] == '\n')});
        if (pause_ms)
            rest(pause_ms);
    }
    free(line);
}

static bool feed_files(struct cm_web *web)
{
    for (size_t i = 0; i < file_count && !ends; i++) {
        FILE *stream = fopen(files[i].path, "r");
        if (!stream) {
            fprintf(stderr, "board_server: %s: cannot be read\n", files[i].path);
            return false;
        }
        feed_stream(web, stream, files[i].feed, every_ms);
        fclose(stream);
    }
    return true;
}

static void add(const char *path, void (*feed)(struct cm_web *web, struct cm_span line))
{
    if (file_count < FILES_MAX)
        files[file_count++] = (struct file){path, feed};
}

static bool read_options(int argc, char **argv, struct cm_web_settings *settings, const char **host)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},  {"every", required_argument, NULL, 'e'}, {"cards", required_argument, NULL, 'c'},
        {"events", required_argument, NULL, 'v'},  {"token", required_argument, NULL, 't'}, {"host", required_argument, NULL, 'h'},
        {"clients", required_argument, NULL, 'n'}, {"again", no_argument, NULL, 'a'},       {"rate", required_argument, NULL, 'r'},
        {"from-stdin", no_argument, NULL, 's'},    {"agents", no_argument, NULL, 'g'},      {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (option) {
        case 'l':
            settings->address = optarg;
            break;
        case 'e':
            every_ms = strtol(optarg, NULL, 10);
            break;
        case 'c':
            add(optarg, feed_card);
            break;
        case 'v':
            add(optarg, cm_web_event);
            break;
        case 't':
            settings->token = optarg;
            break;
        case 'h':
            *host = optarg;
            settings->host_count = 1;
            break;
        case 'n':
            settings->clients = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'a':
            again = true;
            break;
        case 'r':
            settings->board.clock = (struct cm_clock){cm_clock_wall_ms(), cm_clock_wall_ms(), (uint32_t)strtoul(optarg, NULL, 10)};
            break;
        case 's':
            from_stdin = true;
            break;
        case 'g':
            settings->board.agents = true;
            break;
        default:
            return false;
        }
    return settings->address != NULL;
}

static bool serve(struct cm_web *web)
{
    const struct cm_board_source live = {.state = CM_BOARD_LIVE}, ended = {.state = CM_BOARD_ENDED};
    bool good = true;
    printf("http://%s/\n", cm_web_address(web));
    fflush(stdout);
    cm_web_source(web, &live);
    do
        good = feed_files(web);
    while (good && again && !ends && file_count);
    if (good && from_stdin)
        feed_stream(web, stdin, feed_card, 0);
    if (good && !from_stdin && file_count)
        cm_web_source(web, &ended);
    while (good && !ends)
        rest(1000);
    return good;
}

int main(int argc, char **argv)
{
    const char *host = NULL;
    struct cm_web_settings settings = {
        .hosts = &host,
        .clients = 12000,
        .inbox_bytes = 32u << 20,
        .tell = tell,
        .board = {.dimensions = dimensions,
                  .dimension_count = sizeof dimensions / sizeof *dimensions,
                  .pack = "customer-care",
                  .target = 7000,
                  .window_ms = 3600000,
                  .late_ms = {120000, 120000, 120000, 120000, 120000, 120000},
                  .least = 5,
                  .memory_bytes = 64u << 20},
    };
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_web *web = NULL;
    if (!read_options(argc, argv, &settings, &host)) {
        fputs("board_server: --listen ADDRESS is wanted; see the head of its source\n", stderr);
        return 2;
    }
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    enum cm_status status = cm_web_open(&settings, &diagnostics, &web);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cm_diagnostics_free(&diagnostics);
    bool good = status == CM_OK && serve(web);
    cm_web_close(web);
    return good ? 0 : 1;
}
