#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"
#include "cli/common.h"
#include "cli/configure.h"
#include "cli/demo.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "live/serve/serve.h"
#include "ops/play.h"

#define DAY_MS (24 * INT64_C(3600000))
/* Each time the same hour of a Friday, so that the first minute looks the same: what was promised for Thursday noon is due, and mails of
 * the last two days were sent in working hours. */
#define OPENS_AT_MS (11 * INT64_C(3600000))
#define DAYS_OF_WEEK 7
#define FRIDAY 1 /* of days since the epoch, which was a Thursday */
#define ANY_PORT "127.0.0.1:0"

/* What differs from a run of one's own. Nobody's texts are at stake here. */
static const char *const settings[] = {"source=-",         "sinks=null:",     "tick=200ms",   "watch=false",
                                       "board.texts=true", "board.target=70", "board.least=2"};

/* Two of one shop on one day; what makes the difference is on their pages. */
static const struct {
    const char *what, *id;
} sights[] = {{"polite, and nothing happens:", "chat-pebble-refund-where"},
              {"as polite, and something does:", "chat-pebble-birthday-dress"}};

/* What has been opened by and by. */
struct demo {
    const struct cm_demo_play *job;
    struct cm_config config;
    struct cm_diagnostics diagnostics;
    struct cm_rules *rules;
    struct cm_play *play;
    struct cm_clock clock;
    int64_t opens_ms; /* by that clock */
    struct cm_audience *audience;
    int pipe[2];
    struct cm_play_pump pump;
    pthread_t thread;
    enum cm_status pumped;
};

static void tell(void *context, enum cm_serve_level level, const char *text)
{
    (void)context;
    if (level != CM_SERVE_NOTE)
        cm_tell_error("%s", text);
}

static void tell_audience(void *context, bool warning, const char *text)
{
    tell(context, warning ? CM_SERVE_WARNING : CM_SERVE_NOTE, text);
}

/* ------------------------------------------------------------------------ opening */

static enum cm_status configure(struct demo *demo)
{
    enum cm_status status = cm_config_init(&demo->config);
    for (size_t i = 0; i < sizeof settings / sizeof *settings && status == CM_OK; i++)
        status = cm_config_set(&demo->config, settings[i], &demo->diagnostics);
    const char *listen = demo->job->listen ? demo->job->listen : CM_CONFIG_LISTEN_DEFAULT;
    if (status == CM_OK)
        status = cm_config_option(&demo->config, "--listen", "listen", &listen, 1, &demo->diagnostics);
    return status == CM_OK ? cm_config_check(&demo->config, &demo->diagnostics) : status;
}

static enum cm_status load(struct demo *demo, const struct cm_playlist *list)
{
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_source *source = NULL;
    char *conversations = NULL;
    if (asprintf(&conversations, "%s/conversations", demo->job->folder) < 0)
        return CM_ENOMEM;
    enum cm_status status = cm_inputs_expand(&inputs, (const char *const *)&conversations, 1, &demo->diagnostics);
    struct cm_source_request request = {.inputs = &inputs};
    if (status == CM_OK)
        status = cm_source_open(&source, &cm_source_file, &request, &demo->diagnostics);
    if (status == CM_OK)
        status = cm_play_load(list, source, &demo->diagnostics, &demo->play);
    cm_source_close(source);
    cm_inputs_free(&inputs);
    free(conversations);
    return status;
}

static enum cm_status read_playlist(struct demo *demo)
{
    struct cm_playlist list = {0};
    char *path = NULL;
    if (asprintf(&path, "%s/playlist.yaml", demo->job->folder) < 0)
        return CM_ENOMEM;
    enum cm_status status = cm_playlist_read(&list, path, &demo->diagnostics);
    if (status == CM_OK)
        status = load(demo, &list);
    cm_playlist_free(&list);
    free(path);
    return status;
}

/* The last Friday, perhaps today; where all is played at once, behind the last of it, so that nothing has happened in the future. */
static void set_clock(struct demo *demo)
{
    int64_t wall = cm_clock_wall_ms();
    int64_t day = wall / DAY_MS;
    demo->opens_ms = (day - (day - FRIDAY) % DAYS_OF_WEEK) * DAY_MS + OPENS_AT_MS;
    demo->clock = (struct cm_clock){.wall_ms = wall, .at_ms = demo->opens_ms, .rate = (uint32_t)demo->job->speed};
    if (demo->job->speed == 0) {
        demo->clock.at_ms += cm_play_length(demo->play);
        demo->clock.rate = 1;
    }
}

/* CM_EIO: the address cannot be listened on. */
static enum cm_status open_audience(struct demo *demo)
{
    struct cm_audience_request request = {
        .config = &demo->config, .rules = demo->rules, .clock = &demo->clock, .stop = cm_stop_flag(), .tell = tell_audience};
    set_clock(demo);
    return cm_audience_open(&request, &demo->diagnostics, &demo->audience);
}

/* Somebody has the default port, perhaps a run of one's own: any other will do. */
static enum cm_status open_anywhere(struct demo *demo)
{
    cm_diagnostics_free(&demo->diagnostics);
    demo->diagnostics = CM_DIAGNOSTICS_EMPTY;
    demo->config.board.listen = ANY_PORT;
    return open_audience(demo);
}

static enum cm_status open_all(struct demo *demo)
{
    enum cm_status status = configure(demo);
    if (status == CM_OK)
        status = cm_rules_load(demo->config.packs, demo->config.pack_count, &demo->diagnostics, &demo->rules);
    if (status == CM_OK)
        status = read_playlist(demo);
    if (status == CM_OK)
        status = open_audience(demo);
    if (status == CM_EIO && demo->rules && demo->play && !demo->job->listen)
        status = open_anywhere(demo);
    if (status == CM_OK && pipe2(demo->pipe, O_CLOEXEC) != 0)
        status = CM_EIO;
    if (status == CM_OK && fcntl(demo->pipe[1], F_SETFL, O_NONBLOCK) != 0)
        status = CM_EIO;
    return status;
}

/* ------------------------------------------------------------------------ running */

static void *pump(void *argument)
{
    struct demo *demo = argument;
    demo->pumped = cm_play_pump(&demo->pump);
    if (demo->pumped != CM_OK)
        cm_tell_error("the conversations cannot be played: %s", strerror(errno));
    close(demo->pipe[1]);
    demo->pipe[1] = -1;
    return NULL;
}

static enum cm_status play(struct demo *demo)
{
    struct cm_serve_request request = {.config = &demo->config,
                                       .rules = demo->rules,
                                       .audience = demo->audience,
                                       .clock = &demo->clock,
                                       .input = demo->pipe[0],
                                       .stop = cm_stop_flag(),
                                       .tell = tell};
    demo->pump = (struct cm_play_pump){.play = demo->play,
                                       .start_ms = demo->opens_ms,
                                       .clock = demo->clock,
                                       .once = demo->job->speed == 0,
                                       .output = demo->pipe[1],
                                       .stop = cm_stop_flag()};
    enum cm_status status = cm_thread_start(&demo->thread, pump, demo);
    if (status != CM_OK)
        return status;
    status = cm_serve(&request, &demo->diagnostics);
    close(demo->pipe[0]); /* the pump ends, whatever it was about to say */
    demo->pipe[0] = -1;
    pthread_join(demo->thread, NULL);
    if (status == CM_OK && demo->pumped == CM_OK)
        return cm_audience_stay(demo->audience); /* all was played at once: it can be looked at */
    return status == CM_OK ? demo->pumped : status;
}

static void tell_where(const struct demo *demo)
{
    bool colour = cm_term_colour(stdout);
    printf("\n%sthe wallboard: http://%s/%s ", cm_paint(colour, CM_COLOUR_BOLD), cm_audience_address(demo->audience),
           cm_paint(colour, CM_COLOUR_OFF));
    if (demo->job->speed)
        printf("(%u times as fast; Ctrl-C ends)\n", (unsigned)demo->job->speed);
    else
        printf("(all at once; Ctrl-C ends)\n");
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++)
        printf("  %-31s http://%s/interaction?id=%s\n", sights[i].what, cm_audience_address(demo->audience), sights[i].id);
}

static void close_all(struct demo *demo)
{
    cm_audience_close(demo->audience);
    for (int i = 0; i < 2; i++)
        if (demo->pipe[i] >= 0)
            close(demo->pipe[i]);
    cm_play_free(demo->play);
    cm_rules_release(demo->rules);
    cm_config_free(&demo->config);
    cm_diagnostics_free(&demo->diagnostics);
}

int cm_demo_play(const struct cm_demo_play *job)
{
    struct demo demo = {.job = job, .pipe = {-1, -1}};
    cm_stop_on_signals(NULL);
    enum cm_status status = open_all(&demo);
    int code = status == CM_EUSAGE ? CM_EXIT_USAGE : cm_exit_of(status);
    if (status == CM_OK) {
        tell_where(&demo);
        code = cm_flush_stdout();
        status = play(&demo);
        code = code ? code : status == CM_ESTOPPED ? CM_EXIT_DONE : cm_exit_of(status);
    }
    if (status != CM_OK && status != CM_ESTOPPED && demo.diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&demo.diagnostics);
    close_all(&demo);
    return code;
}
