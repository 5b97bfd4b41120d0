#include "cli/serve.h"

#include <string.h>

#include "base/failpoint.h"
#include "cli/common.h"
#include "cli/configure.h"
#include "live/audience/audience.h"

struct serve_job {
    struct cm_opt_list sources, sinks, packs, settings;
    const char *file, *group, *counters, *listen;
    bool board, check, print;
};

/* The file, then settings, then options of their own: the later ones count. */
static enum cm_status configure(struct cm_config *config, const struct serve_job *job, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_configure(config, job->file, &job->settings, diagnostics);
    status = cm_configure_list(config, status, "--source", "source", &job->sources, diagnostics);
    status = cm_configure_list(config, status, "--sink", "sinks", &job->sinks, diagnostics);
    status = cm_configure_list(config, status, "--pack", "packs", &job->packs, diagnostics);
    status = cm_configure_text(config, status, "--group", "group", job->group, diagnostics);
    status = cm_configure_text(config, status, "--counters", "counters", job->counters, diagnostics);
    status = cm_configure_text(config, status, "--listen", "listen", job->listen, diagnostics);
    config->board.only = job->board;
    if (status == CM_OK)
        status = cm_config_complete(config);
    /* A print is also where a configuration begins: what is missing in it is no fault then. */
    if (status == CM_OK && (!job->print || job->check))
        status = cm_config_check(config, diagnostics);
    return status;
}

static int print_config(const struct cm_config *config)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_config_print(config, &out);
    enum cm_status status = cm_buffer_status(&out);
    if (status == CM_OK)
        cm_put(&out);
    else
        cm_tell_error("%s", cm_status_text(status));
    cm_buffer_free(&out);
    int flushed = cm_flush_stdout();
    return status == CM_OK ? flushed : cm_exit_of(status);
}

/* What a run would find out before it reads anything: do the names of the board's targets stand in the pack? */
static int check_targets(const struct cm_config *config)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_rules *rules = NULL;
    if (!config->board.listen || !config->board.target_count)
        return CM_EXIT_DONE;
    enum cm_status status = cm_rules_load(config->packs, config->pack_count, &diagnostics, &rules);
    if (status == CM_OK)
        status = cm_audience_check(config, rules, &diagnostics);
    cm_rules_release(rules);
    if (status != CM_OK && status != CM_ENOMEM)
        status = CM_EUSAGE; /* a pack that is not there is a wrong configuration */
    int code = cm_configure_told(status, &diagnostics);
    cm_diagnostics_free(&diagnostics);
    return code;
}

static int check_only(const struct cm_config *config)
{
    int code = check_targets(config);
    if (code == CM_EXIT_DONE)
        fputs("caremeter: the configuration has no faults\n", stderr);
    return code;
}

static int serve(const struct serve_job *job)
{
    struct cm_config config;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = configure(&config, job, &diagnostics);
    int code = cm_configure_told(status, &diagnostics);
    if (code == CM_EXIT_DONE && job->print)
        code = print_config(&config);
    else if (code == CM_EXIT_DONE && job->check)
        code = check_only(&config);
    else if (code == CM_EXIT_DONE)
        code = cm_serve_run(&config);
    cm_config_free(&config);
    return code;
}

/* For tests: at which places this build can be killed, one a line. */
static int list_failpoints(void)
{
    for (int i = 0; i < CM_FAILPOINT_COUNT; i++) {
        const char *name = cm_failpoint_name((enum cm_failpoint)i);
        if (name)
            printf("%s\n", name);
    }
    return cm_flush_stdout();
}

int cm_serve_main(int argc, char **argv)
{
    struct serve_job job = {0};
    const struct cm_opt options[] = {
        {.name = "config",
         .letter = 'c',
         .kind = CM_OPT_TEXT,
         .into = &job.file,
         .value = "FILE",
         .help = "Read the configuration from this YAML file; options override it"},
        {.name = "source",
         .letter = 's',
         .kind = CM_OPT_LIST,
         .into = &job.sources,
         .value = "URI",
         .help = "Where events come from: kafka://HOST:PORT/TOPIC, a file that is followed as it grows, or - for standard input; again for "
                 "more of one kind"},
        {.name = "sink",
         .letter = 'o',
         .kind = CM_OPT_LIST,
         .into = &job.sinks,
         .value = "URI",
         .help = "Where scorecards go: kafka://HOST:PORT/TOPIC, FILE.db, FILE.ndjson, -, or null: for nowhere; again for more (default: "
                 "TOPIC-scores beside a Kafka source, else -)"},
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "Judge by this pack; again for more packs, one scorecard each (default: " CM_PACK_DEFAULT ")"},
        {.name = "group",
         .letter = 'g',
         .kind = CM_OPT_TEXT,
         .into = &job.group,
         .value = "NAME",
         .help = "Consumer group; processes of one group share the work (default: caremeter)"},
        {.name = "set",
         .kind = CM_OPT_LIST,
         .into = &job.settings,
         .value = "KEY=VALUE",
         .help = "Any key of the configuration, such as idle.chat=10m or kafka.security.protocol=SSL"},
        {.name = "listen",
         .letter = 'l',
         .kind = CM_OPT_TEXT,
         .into = &job.listen,
         .value = "ADDRESS",
         .help = "Serve the wallboard, its stream and its metrics there: 127.0.0.1:8737; port 0 is any that is free"},
        {.name = "board",
         .letter = 'b',
         .kind = CM_OPT_FLAG,
         .into = &job.board,
         .help = "Score nothing: show the scorecards that stand in the topics of --source (default address: " CM_CONFIG_LISTEN_DEFAULT ")"},
        {.name = "counters",
         .kind = CM_OPT_TEXT,
         .into = &job.counters,
         .value = "FILE",
         .help = "Write counters to FILE at every tick, as JSON"},
        {.name = "check-config", .kind = CM_OPT_FLAG, .into = &job.check, .help = "Look for faults in the configuration, and run nothing"},
        {.name = "print-config",
         .kind = CM_OPT_FLAG,
         .into = &job.print,
         .help = "Print every key with its value and what it does, as YAML, and run nothing; secrets are not shown"},
    };
    const struct cm_command command = {
        .name = "caremeter serve",
        .operands = "",
        .about =
            "Scores conversations while they happen: reads events from Kafka, from files that grow or from standard input, and keeps a "
            "scorecard per interaction and pack up to date, until it is final. Nothing is lost or counted twice when a process or a "
            "broker dies.",
        .more = "Examples:\n"
                "  caremeter serve --source kafka://localhost:9092/events\n"
                "  caremeter serve --config serve.yaml --set idle.chat=10m\n"
                "  caremeter serve --print-config > serve.yaml\n"
                "  tail -F chats.ndjson | caremeter serve --source - --sink scores.db\n"
                "  caremeter serve --source kafka://localhost:9092/events --listen 127.0.0.1:8737\n"
                "  caremeter serve --board --source kafka://localhost:9092/events-scores\n"
                "\n"
                "SIGTERM and Ctrl-C end a run within seconds: what was read is written. SIGHUP\n"
                "reloads the packs. All keys are in docs/configuration.md, what happens on bad\n"
                "days, with what to do then, is in docs/serve.md, and the wallboard has a page\n"
                "of its own, docs/wallboard.md.\n"
                "\n"
                "Exit codes: 0 done or ended by a signal, 2 wrong usage, configuration or pack,\n"
                "3 a broker, a topic, a state, a source or a sink that cannot be used.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    if (argc == 2 && strcmp(argv[1], "--failpoints") == 0)
        return list_failpoints();
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand < argc) {
        cm_opts_wrong(&command, "events come from --source %s", argv[operand]);
        return CM_EXIT_USAGE;
    }
    return serve(&job);
}
