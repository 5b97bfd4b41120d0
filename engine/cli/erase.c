#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/configure.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"
#include "cli/traffic.h"
#include "ops/erase.h"

#define NAME_COLUMNS 32u
#define NUMBER_COLUMNS 8

struct erase_job {
    struct cm_opt_list sources, sinks, packs, databases, settings;
    const char *customer, *file;
    bool dry_run, yes, json, quiet;
};

static void show_progress(void *context, const char *topic, uint64_t done, uint64_t total)
{
    (void)context;
    cm_traffic_progress(topic, total ? (double)done / (double)total : -1, 0, 0);
}

/* --------------------------------------------------------------------- telling */

static const char *unit_of(const struct cm_erase_place *place, uint64_t count)
{
    return place->kind == CM_ERASE_STATES ? cm_plural(count, "interaction", "interactions") : cm_plural(count, "scorecard", "scorecards");
}

static void write_place(struct cm_buffer *out, const struct cm_erase_place *place, bool done)
{
    struct cm_buffer number = CM_BUFFER_EMPTY;
    uint64_t count = done ? place->erased : place->found;
    cm_buffer_text(out, "  ");
    cm_text_pad(out, cm_span_of(place->name), NAME_COLUMNS);
    if (place->missing) {
        cm_buffer_text(out, "  there is no such topic\n");
        return;
    }
    cm_text_number(&number, count);
    cm_buffer_printf(out, " %*.*s %s%s\n", NUMBER_COLUMNS, (int)number.len, number.ptr ? number.ptr : "", unit_of(place, count),
                     done ? " erased" : "");
    if (cm_buffer_status(&number) != CM_OK)
        out->failed = true;
    cm_buffer_free(&number);
}

static void write_places(struct cm_buffer *out, const struct erase_job *job, const struct cm_erasure *erasure, bool done)
{
    cm_buffer_text(out, "customer ");
    cm_text_clean(out, cm_span_of(job->customer));
    cm_buffer_byte(out, '\n');
    for (size_t i = 0; i < erasure->count; i++)
        write_place(out, &erasure->places[i], done);
}

/* What of the customer may stand where this command does not reach: name, and why. */
static void each_kept(const struct cm_config *config,
                      void (*tell)(struct cm_buffer *out, const char *name, const char *suffix, const char *why), struct cm_buffer *out)
{
    for (size_t i = 0; i < config->source_count; i++)
        if (config->sources[i].kind == CM_PLACE_KAFKA) {
            tell(out, config->sources[i].topic, "", "the events themselves, until the topic's retention removes them");
            if (!config->dead_letter)
                tell(out, config->sources[i].topic, config->dead_letter_suffix,
                     "dead letters, which hold text where that was asked for, until the topic's retention removes them");
        } else {
            tell(out, config->sources[i].text, "", "the events themselves");
        }
    if (config->dead_letter)
        tell(out, config->dead_letter, "", "dead letters, which hold text where that was asked for");
    for (size_t i = 0; i < config->sink_count; i++)
        if (config->sinks[i].kind == CM_PLACE_FILE)
            tell(out, config->sinks[i].text, "", "scorecards that were appended");
}

static void kept_text(struct cm_buffer *out, const char *name, const char *suffix, const char *why)
{
    cm_buffer_printf(out, "  %s%s: %s\n", name, suffix, why);
}

static void kept_json(struct cm_buffer *out, const char *name, const char *suffix, const char *why)
{
    struct cm_buffer whole = CM_BUFFER_EMPTY;
    cm_buffer_printf(&whole, "%s%s", name, suffix);
    cm_buffer_text(out, out->ptr && out->len && out->ptr[out->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
    cm_buffer_json(out, cm_buffer_view(&whole));
    cm_buffer_printf(out, ",\"why\":\"%s\"}", why);
    cm_buffer_free(&whole);
}

static void write_text(struct cm_buffer *out, const struct erase_job *job, const struct cm_config *config, const struct cm_erasure *erasure)
{
    size_t before;
    write_places(out, job, erasure, !job->dry_run && cm_erasure_found(erasure) > 0);
    if (cm_erasure_found(erasure) == 0)
        cm_buffer_text(out, "Nothing was found.\n");
    else if (!job->dry_run && config->source_count > 0)
        cm_buffer_text(out,
                       "A caremeter serve that runs forgets them when it next writes to their partitions. Run this again then: exit code 1 "
                       "says that nothing is left.\n");
    before = out->len;
    cm_buffer_text(out, "Not looked through:\n");
    size_t head = out->len;
    each_kept(config, kept_text, out);
    if (out->len == head)
        out->len = before;
}

static void write_json(struct cm_buffer *out, const struct erase_job *job, const struct cm_config *config, const struct cm_erasure *erasure)
{
    static const char *const kinds[] = {"states", "scores", "database"};
    cm_buffer_text(out, "{\"customer_id\":");
    cm_buffer_json(out, cm_span_of(job->customer));
    cm_buffer_printf(out, ",\"dry_run\":%s,\"interactions\":[", job->dry_run ? "true" : "false");
    for (size_t i = 0; i < erasure->interactions.count; i++) {
        cm_buffer_text(out, i ? "," : "");
        cm_buffer_json(out, erasure->interactions.items[i].id);
    }
    cm_buffer_text(out, "],\"places\":[");
    for (size_t i = 0; i < erasure->count; i++) {
        const struct cm_erase_place *place = &erasure->places[i];
        cm_buffer_printf(out, "%s{\"kind\":\"%s\",\"name\":", i ? "," : "", kinds[place->kind]);
        cm_buffer_json(out, cm_span_of(place->name));
        cm_buffer_printf(out, ",\"missing\":%s,\"looked\":%llu,\"found\":%llu,\"erased\":%llu,\"damaged\":%llu}",
                         place->missing ? "true" : "false", (unsigned long long)place->looked, (unsigned long long)place->found,
                         (unsigned long long)place->erased, (unsigned long long)place->damaged);
    }
    cm_buffer_text(out, "],\"not_looked_through\":[");
    each_kept(config, kept_json, out);
    cm_buffer_text(out, "]}\n");
}

static int report(const struct erase_job *job, const struct cm_config *config, const struct cm_erasure *erasure)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    if (job->json)
        write_json(&out, job, config, erasure);
    else if (!job->quiet)
        write_text(&out, job, config, erasure);
    enum cm_status status = cm_buffer_status(&out);
    if (status == CM_OK)
        cm_put(&out);
    cm_buffer_free(&out);
    int flushed = cm_flush_stdout();
    return status == CM_OK ? flushed : cm_exit_of(status);
}

/* What could not be read may be the customer's. */
static int tell_damage(const struct cm_erasure *erasure)
{
    int code = CM_EXIT_DONE;
    for (size_t i = 0; i < erasure->count; i++)
        if (erasure->places[i].damaged > 0) {
            cm_tell_error("%s: %llu records could not be looked into; whose they are is not known", erasure->places[i].name,
                          (unsigned long long)erasure->places[i].damaged);
            code = CM_EXIT_IO;
        }
    return code;
}

/* ---------------------------------------------------------------------- running */

static bool ask(const struct erase_job *job, const struct cm_erasure *erasure)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    char answer[16];
    write_places(&out, job, erasure, false);
    if (cm_buffer_status(&out) == CM_OK)
        fwrite(out.ptr, 1, out.len, stderr);
    cm_buffer_free(&out);
    fputs("Erase all of this? It cannot be undone. [y/N] ", stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int erase(const struct erase_job *job, const struct cm_erase_request *request, struct cm_erasure *erasure)
{
    bool bar = !job->quiet && isatty(STDERR_FILENO);
    enum cm_status status = cm_erase_find(request, erasure);
    if (bar)
        cm_term_clear();
    bool found = status == CM_OK && cm_erasure_found(erasure) > 0;
    if (found && !job->dry_run && !job->yes && !ask(job, erasure)) {
        fputs("caremeter: nothing was erased\n", stderr);
        return CM_EXIT_STOPPED;
    }
    if (found && !job->dry_run)
        status = cm_erase_do(request, erasure);
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped; nothing was erased\n", stderr);
    else if (status != CM_OK && request->diagnostics->errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(request->diagnostics);
    if (status != CM_OK)
        return status == CM_EUSAGE ? CM_EXIT_IO : cm_exit_of(status);
    int code = report(job, request->config, erasure), damage = tell_damage(erasure);
    code = code == CM_EXIT_DONE ? damage : code;
    return code == CM_EXIT_DONE && !found ? CM_EXIT_CHECK : code;
}

static const struct cm_uri *first_topic(const struct cm_config *config)
{
    for (size_t i = 0; i < config->source_count; i++)
        if (config->sources[i].kind == CM_PLACE_KAFKA)
            return &config->sources[i];
    for (size_t i = 0; i < config->sink_count; i++)
        if (config->sinks[i].kind == CM_PLACE_KAFKA)
            return &config->sinks[i];
    return NULL;
}

/* Of the packs behind the first, whose scorecards have topics of their own, the names must be known. */
static int load_packs(const struct cm_config *config, struct cm_packs *packs)
{
    struct cm_opt_list names = {.count = config->pack_count};
    if (config->pack_count < 2)
        return CM_EXIT_DONE;
    memcpy(names.items, config->packs, config->pack_count * sizeof *config->packs);
    return cm_load_packs(packs, &names);
}

static int run(const struct erase_job *job, const struct cm_config *config)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    const struct cm_uri *topic = first_topic(config);
    struct cm_kafka_options kafka = cm_configure_kafka(config, topic ? topic->brokers : NULL);
    const char *names[CM_CONFIG_LIST_MAX] = {NULL};
    struct cm_packs packs = {0};
    struct cm_erasure erasure = {0};
    int code = load_packs(config, &packs);
    for (size_t i = 0; i < packs.count && i < CM_CONFIG_LIST_MAX; i++)
        names[i] = packs.items[i].ruleset->name;
    struct cm_erase_request request = {.config = config,
                                       .kafka = topic ? &kafka : NULL,
                                       .pack_names = names,
                                       .pack_count = packs.count,
                                       .databases = job->databases.items,
                                       .database_count = job->databases.count,
                                       .customer_id = cm_span_of(job->customer),
                                       .stop = cm_stop_flag(),
                                       .diagnostics = &diagnostics};
    request.progress = !job->quiet && isatty(STDERR_FILENO) ? show_progress : NULL;
    cm_stop_on_signals(NULL);
    if (code == CM_EXIT_DONE)
        code = cm_exit_of(cm_erase_list(&request, &erasure));
    if (code == CM_EXIT_DONE)
        code = erase(job, &request, &erasure);
    cm_erasure_free(&erasure);
    cm_packs_free(&packs);
    cm_diagnostics_free(&diagnostics);
    return code;
}

static int configure(const struct erase_job *job)
{
    struct cm_config config;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_configure(&config, job->file, &job->settings, &diagnostics);
    status = cm_configure_list(&config, status, "--source", "source", &job->sources, &diagnostics);
    status = cm_configure_list(&config, status, "--sink", "sinks", &job->sinks, &diagnostics);
    status = cm_configure_list(&config, status, "--pack", "packs", &job->packs, &diagnostics);
    bool served = job->file || config.source_count > 0 || config.sink_count > 0; /* else only databases are meant */
    if (status == CM_OK && served)
        status = cm_config_complete(&config);
    if (status == CM_OK && served)
        status = cm_config_check(&config, &diagnostics);
    int code = cm_configure_told(status, &diagnostics);
    if (code == CM_EXIT_DONE)
        code = run(job, &config);
    cm_config_free(&config);
    return code;
}

static int check_job(const struct cm_command *command, const struct erase_job *job)
{
    if (!job->customer)
        cm_opts_wrong(command, "--customer ID is missing: who is to be forgotten?");
    else if (!job->file && job->sources.count + job->sinks.count + job->databases.count == 0)
        cm_opts_wrong(command, "nothing to look through: name --config, --source or --db");
    else if (!job->yes && !job->dry_run && !isatty(STDIN_FILENO))
        cm_opts_wrong(command, "nobody can be asked here: give --yes, or --dry-run to only look");
    else
        return CM_EXIT_DONE;
    return CM_EXIT_USAGE;
}

int cm_erase_main(int argc, char **argv)
{
    struct erase_job job = {0};
    const struct cm_opt options[] = {
        {.name = "customer",
         .kind = CM_OPT_TEXT,
         .into = &job.customer,
         .value = "ID",
         .help = "The customer_id of who is to be forgotten"},
        {.name = "config",
         .letter = 'c',
         .kind = CM_OPT_TEXT,
         .into = &job.file,
         .value = "FILE",
         .help = "The configuration of caremeter serve, which says where everything is"},
        {.name = "source",
         .letter = 's',
         .kind = CM_OPT_LIST,
         .into = &job.sources,
         .value = "URI",
         .help = "Or its --source, beside which the states are; again for more"},
        {.name = "sink",
         .letter = 'o',
         .kind = CM_OPT_LIST,
         .into = &job.sinks,
         .value = "URI",
         .help = "And its --sink; again for more (default: TOPIC-scores)"},
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "And its --pack, where it has more than one; in the same order"},
        {.name = "db",
         .kind = CM_OPT_LIST,
         .into = &job.databases,
         .value = "FILE",
         .help = "A database of scorecards (SQLite); again for more"},
        {.name = "set",
         .kind = CM_OPT_LIST,
         .into = &job.settings,
         .value = "KEY=VALUE",
         .help = "Any key of the configuration, such as kafka.security.protocol=SSL"},
        {.name = "dry-run", .letter = 'n', .kind = CM_OPT_FLAG, .into = &job.dry_run, .help = "Only look, and tell what is there"},
        {.name = "yes", .letter = 'y', .kind = CM_OPT_FLAG, .into = &job.yes, .help = "Do not ask"},
        {.name = "json",
         .letter = 'j',
         .kind = CM_OPT_FLAG,
         .into = &job.json,
         .help = "Tell it as JSON on standard output, with the ids of the interactions"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No table, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter erase",
        .operands = "",
        .about =
            "Forgets a customer: finds every interaction of theirs in the states and scorecards that caremeter serve keeps, in topics and "
            "databases, and erases it. A caremeter serve that runs hears of it and refuses later turns of these interactions.",
        .more = "Examples:\n"
                "  caremeter erase --customer cu-4471 --config serve.yaml --dry-run\n"
                "  caremeter erase --customer cu-4471 --source kafka://localhost/events --yes\n"
                "  caremeter erase --customer cu-4471 --db scores.db\n"
                "\n"
                "The source topic, its dead letters and files of scorecards are not touched: it\n"
                "tells which. Run it again to see that nothing is left.\n"
                "\n"
                "Exit codes: 0 done, 1 nothing was found, 2 wrong usage or configuration, 3 input\n"
                "or output failed, 130 stopped, or the answer was no.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand < argc) {
        cm_opts_wrong(&command, "the customer is named by --customer %s", argv[operand]);
        return CM_EXIT_USAGE;
    }
    int code = check_job(&command, &job);
    return code == CM_EXIT_DONE ? configure(&job) : code;
}
