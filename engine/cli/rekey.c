#include <string.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/configure.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"
#include "cli/traffic.h"
#include "ops/rekey.h"

#define GROUP_DEFAULT "caremeter-rekey"

struct rekey_job {
    struct cm_opt_list settings;
    const char *from, *to, *group, *file;
    uint64_t partitions;
    bool follow, json, quiet;
};

static void show_progress(void *context, const struct cm_rekey_progress *progress)
{
    double share = progress->total > 0 ? (double)(progress->total - progress->left) / (double)progress->total : -1;
    (void)context;
    cm_traffic_progress("copying", share, progress->read, progress->seconds);
}

/* --------------------------------------------------------------------- telling */

static void tell_bad(const struct cm_rekey_result *result)
{
    uint64_t dead = cm_dead_letter_counts_total(&result->rejected);
    cm_tell_dead_letters(&result->rejected, result->read);
    if (dead > 0)
        cm_tell_error("they are copied all the same: %llu of them with the interaction that they name, the others under their old keys",
                      (unsigned long long)result->keyed);
    if (result->too_large > 0)
        cm_tell_error("%llu %s larger than the new topic takes (%llu bytes) and not copied; max.message.bytes is a setting of the topic",
                      (unsigned long long)result->too_large, cm_plural(result->too_large, "message is", "messages are"),
                      (unsigned long long)result->target.value_bytes);
    if (result->redated > 0)
        cm_tell_error("%llu %s the time of the copy: the new topic's retention would have deleted them at once",
                      (unsigned long long)result->redated, cm_plural(result->redated, "message carries", "messages carry"));
    if (result->gone > 0)
        cm_tell_error("%llu %s deleted by the broker before they were read", (unsigned long long)result->gone,
                      cm_plural(result->gone, "message was", "messages were"));
    if (result->anonymous > 0)
        cm_tell_error("warning: %llu %s neither event_id nor seq: if this copy was ever cut short, some of them may stand there twice, and "
                      "count twice",
                      (unsigned long long)result->anonymous, cm_plural(result->anonymous, "event has", "events have"));
}

static void write_text(const struct rekey_job *job, const struct cm_rekey_result *result, struct cm_buffer *out)
{
    const struct cm_target *target = &result->target;
    cm_buffer_text(out, "copied ");
    cm_traffic_text(out, result->written, result->bytes, result->seconds);
    cm_buffer_printf(out, "\nto %s (%u %s%s)\n", job->to, target->partitions, cm_plural(target->partitions, "partition", "partitions"),
                     target->made ? ", made just now" : "");
    if (result->events > 0 && result->same == result->events)
        cm_buffer_text(out, "Every event had its interaction as its key already.\n");
}

static void write_json(const struct rekey_job *job, const struct cm_rekey_result *result, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"from\":");
    cm_buffer_json(out, cm_span_of(job->from));
    cm_buffer_text(out, ",\"to\":");
    cm_buffer_json(out, cm_span_of(job->to));
    cm_buffer_printf(out, ",\"partitions\":%u,\"made\":%s", result->target.partitions, result->target.made ? "true" : "false");
    cm_buffer_printf(out, ",\"read\":%llu,\"events\":%llu,\"written\":%llu,\"bytes\":%llu,\"same_key\":%llu",
                     (unsigned long long)result->read, (unsigned long long)result->events, (unsigned long long)result->written,
                     (unsigned long long)result->bytes, (unsigned long long)result->same);
    cm_traffic_rejected_json(out, &result->rejected);
    cm_buffer_printf(
        out,
        ",\"rejected_keyed\":%llu,\"blank\":%llu,\"too_large\":%llu,\"anonymous\":%llu,\"redated\":%llu,\"gone\":%llu,\"seconds\":%.3f}\n",
        (unsigned long long)result->keyed, (unsigned long long)result->blank, (unsigned long long)result->too_large,
        (unsigned long long)result->anonymous, (unsigned long long)result->redated, (unsigned long long)result->gone, result->seconds);
}

static int report(const struct rekey_job *job, const struct cm_rekey_result *result)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    if (job->json)
        write_json(job, result, &out);
    else if (!job->quiet)
        write_text(job, result, &out);
    enum cm_status status = cm_buffer_status(&out);
    if (status == CM_OK)
        cm_put(&out);
    cm_buffer_free(&out);
    tell_bad(result);
    int flushed = cm_flush_stdout();
    return status == CM_OK ? flushed : cm_exit_of(status);
}

/* ---------------------------------------------------------------------- running */

static int run(const struct rekey_job *job, const struct cm_config *config)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_kafka_options from = cm_configure_kafka(config, config->sources[0].brokers);
    struct cm_kafka_options to = cm_configure_kafka(config, config->sinks[0].brokers);
    struct cm_rekey_request request = {.from = &from,
                                       .to = &to,
                                       .from_topic = config->sources[0].topic,
                                       .to_topic = config->sinks[0].topic,
                                       .group = job->group,
                                       .partitions = (uint32_t)job->partitions,
                                       .follow = job->follow,
                                       .stop = cm_stop_flag(),
                                       .diagnostics = &diagnostics};
    struct cm_rekey_result result;
    bool bar = !job->quiet && isatty(STDERR_FILENO);
    request.progress = bar ? show_progress : NULL;
    cm_stop_on_signals(NULL);
    enum cm_status status = cm_rekey(&request, &result);
    if (bar)
        cm_term_clear();
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped; start it again to go on from here\n", stderr);
    else if (status != CM_OK && diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&diagnostics);
    int code = status == CM_OK || status == CM_ESTOPPED ? report(job, &result) : CM_EXIT_IO;
    if (code == CM_EXIT_DONE && result.too_large > 0)
        code = CM_EXIT_IO;
    return code == CM_EXIT_DONE ? cm_exit_of(status) : code;
}

static int check_places(const struct rekey_job *job, const struct cm_config *config)
{
    const struct cm_uri *from = &config->sources[0], *to = &config->sinks[0];
    const char *wrong = from->kind != CM_PLACE_KAFKA ? job->from : to->kind != CM_PLACE_KAFKA ? job->to : NULL;
    if (wrong) {
        cm_tell_error("%s is no topic, such as kafka://localhost:9092/events", wrong);
        return CM_EXIT_USAGE;
    }
    if (strcmp(from->topic, to->topic) == 0 && cm_uri_same_cluster(from, to)) {
        cm_tell_error("--from and --to name the same topic: it would be copied into itself for ever");
        return CM_EXIT_USAGE;
    }
    return CM_EXIT_DONE;
}

static int rekey(const struct rekey_job *job)
{
    struct cm_config config;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_configure(&config, job->file, &job->settings, &diagnostics);
    status = cm_configure_text(&config, status, "--from", "source", job->from, &diagnostics);
    status = cm_configure_text(&config, status, "--to", "sinks", job->to, &diagnostics);
    int code = cm_configure_told(status, &diagnostics);
    if (code == CM_EXIT_DONE)
        code = check_places(job, &config);
    if (code == CM_EXIT_DONE)
        code = run(job, &config);
    cm_config_free(&config);
    return code;
}

int cm_rekey_main(int argc, char **argv)
{
    struct rekey_job job = {.group = GROUP_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "from",
         .letter = 'i',
         .kind = CM_OPT_TEXT,
         .into = &job.from,
         .value = "URI",
         .help = "The topic that is read: kafka://HOST:PORT/TOPIC"},
        {.name = "to",
         .letter = 'o',
         .kind = CM_OPT_TEXT,
         .into = &job.to,
         .value = "URI",
         .help = "The topic that is written, made where it is missing: kafka://HOST:PORT/NEWTOPIC"},
        {.name = "group",
         .letter = 'g',
         .kind = CM_OPT_TEXT,
         .into = &job.group,
         .value = "NAME",
         .help = "Consumer group, which remembers how far the copy is; processes of one group share the work (default: " GROUP_DEFAULT ")"},
        {.name = "follow",
         .letter = 'f',
         .kind = CM_OPT_FLAG,
         .into = &job.follow,
         .help = "Go on for ever, instead of up to what is there now"},
        {.name = "partitions",
         .kind = CM_OPT_NUMBER,
         .into = &job.partitions,
         .min = 1,
         .max = UINT16_MAX,
         .value = "N",
         .help = "Of the new topic, where it is made (default: as many as the old one has)"},
        {.name = "config",
         .letter = 'c',
         .kind = CM_OPT_TEXT,
         .into = &job.file,
         .value = "FILE",
         .help = "Take kafka.* from this configuration of caremeter serve (passwords do not belong on a command line)"},
        {.name = "set",
         .kind = CM_OPT_LIST,
         .into = &job.settings,
         .value = "KEY=VALUE",
         .help = "A property of librdkafka, such as kafka.security.protocol=SSL"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "The summary as JSON on standard output"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No summary, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter rekey",
        .operands = "",
        .about = "Copies a topic whose events are not keyed by interaction to one in which they are, so that one partition has all of a "
                 "conversation: what caremeter serve needs. Values and times of messages go over as they are, headers do not.",
        .more = "Example:\n"
                "  caremeter rekey --from kafka://localhost/chats --to kafka://localhost/events\n"
                "\n"
                "Started again it goes on where it was; a few events may then stand in the new\n"
                "topic twice, and those that have an event_id or a seq count once all the same.\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage, 3 input or output failed, 130 stopped.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand < argc)
        cm_opts_wrong(&command, "topics are named by --from and --to: %s", argv[operand]);
    else if (!job.from || !job.to)
        cm_opts_wrong(&command, "--from and --to name the topics, as kafka://HOST:PORT/TOPIC");
    else
        return cm_configure_only_kafka(&command, &job.settings) == CM_EXIT_DONE ? rekey(&job) : CM_EXIT_USAGE;
    return CM_EXIT_USAGE;
}
