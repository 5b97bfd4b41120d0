#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/common.h"
#include "cli/configure.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"
#include "cli/traffic.h"
#include "ops/replay.h"

#define SPEED_DECIMALS 3u

struct replay_job {
    char **inputs;
    size_t input_count;
    struct cm_opt_list settings;
    const char *to, *file, *speed;
    uint64_t partitions, speed_milli;
    bool rebase, skip_bad, dry_run, json, quiet;
};

/* "max" is 0; "0.5", "1", "60": thousandths. */
static bool parse_speed(const char *text, uint64_t *milli)
{
    char whole[16];
    uint64_t number, part = 0;
    const char *point = strchr(text, '.');
    size_t len = point ? (size_t)(point - text) : strlen(text), decimals = point ? strlen(point + 1) : 0;
    *milli = 0;
    if (strcmp(text, "max") == 0)
        return true;
    if (len == 0 || len >= sizeof whole || (point && (decimals == 0 || decimals > SPEED_DECIMALS)))
        return false;
    memcpy(whole, text, len);
    whole[len] = '\0';
    if (!cm_number_parse(whole, &number) || (point && !cm_number_parse(point + 1, &part)))
        return false;
    for (; point && decimals < SPEED_DECIMALS; decimals++)
        part *= 10;
    if (number > CM_REPLAY_SPEED_MAX / CM_REPLAY_SPEED_ONE)
        return false;
    *milli = number * CM_REPLAY_SPEED_ONE + part;
    return *milli > 0 && *milli <= CM_REPLAY_SPEED_MAX;
}

static void show_progress(void *context, const struct cm_replay_progress *progress)
{
    const struct cm_source_progress *source = &progress->source;
    double share = source->bytes_total > 0 ? (double)source->bytes_done / (double)source->bytes_total : -1;
    (void)context;
    if (progress->lines > 0)
        share = (double)progress->sent / (double)progress->lines;
    cm_traffic_progress(progress->gathering ? "reading" : "sending", share, progress->sent, progress->seconds);
}

/* --------------------------------------------------------------------- telling */

static void tell_bad(const struct replay_job *job, const struct cm_replay_result *result)
{
    uint64_t dead = cm_dead_letter_counts_total(&result->rejected);
    cm_tell_dead_letters(&result->rejected, result->lines);
    if (dead > 0 && job->skip_bad)
        cm_tell_error("they are left out");
    else if (dead > 0 && result->keyed > 0)
        cm_tell_error("they are sent all the same: %llu of them with the interaction that they name, the others without a key",
                      (unsigned long long)result->keyed);
    else if (dead > 0)
        cm_tell_error("they are sent all the same, without a key");
    if (result->too_large > 0)
        cm_tell_error("%llu %s larger than the topic takes (%llu bytes) and not sent; max.message.bytes is a setting of the topic",
                      (unsigned long long)result->too_large, cm_plural(result->too_large, "line is", "lines are"),
                      (unsigned long long)result->target.value_bytes);
}

static void tell_times(const struct cm_replay_result *result)
{
    struct cm_buffer retention = CM_BUFFER_EMPTY;
    if (result->redated == 0)
        return;
    cm_buffer_text(&retention, "ahead of now");
    if (result->target.retention_ms >= 0) {
        cm_buffer_text(&retention, ", or so far back that the topic's retention of ");
        cm_text_duration(&retention, (double)result->target.retention_ms / 1e3);
        cm_buffer_text(&retention, " would delete them");
    }
    if (cm_buffer_status(&retention) == CM_OK)
        cm_tell_error("%llu %s %.*s: their messages carry the time at which they were sent", (unsigned long long)result->redated,
                      cm_plural(result->redated, "event lies", "events lie"), (int)retention.len, retention.ptr);
    cm_buffer_free(&retention);
}

static void write_text(const struct replay_job *job, const struct cm_replay_result *result, struct cm_buffer *out)
{
    const struct cm_target *target = &result->target;
    cm_buffer_text(out, job->dry_run ? "would send " : "sent ");
    if (job->dry_run) {
        cm_text_number(out, result->sent);
        cm_buffer_printf(out, " %s, %.1f MB", cm_plural(result->sent, "message", "messages"), (double)result->bytes / 1e6);
    } else {
        cm_traffic_text(out, result->sent, result->bytes, result->seconds);
    }
    cm_buffer_printf(out, "\nto %s (%u %s%s)\n", job->to, target->partitions, cm_plural(target->partitions, "partition", "partitions"),
                     !target->made  ? ""
                     : job->dry_run ? ", to be made"
                                    : ", made just now");
    if (job->dry_run && job->speed_milli > 0) {
        cm_buffer_text(out, "which would take ");
        cm_text_duration(out, (double)result->span_ms / (double)job->speed_milli);
        cm_buffer_byte(out, '\n');
    }
}

static void write_json(const struct replay_job *job, const struct cm_replay_result *result, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"to\":");
    cm_buffer_json(out, cm_span_of(job->to));
    cm_buffer_printf(out, ",\"partitions\":%u,\"made\":%s,\"dry_run\":%s", result->target.partitions,
                     result->target.made ? "true" : "false", job->dry_run ? "true" : "false");
    cm_buffer_printf(out, ",\"lines\":%llu,\"events\":%llu,\"sent\":%llu,\"acknowledged\":%llu,\"bytes\":%llu",
                     (unsigned long long)result->lines, (unsigned long long)result->events, (unsigned long long)result->sent,
                     (unsigned long long)result->safe, (unsigned long long)result->bytes);
    cm_traffic_rejected_json(out, &result->rejected);
    cm_buffer_printf(out, ",\"rejected_keyed\":%llu,\"too_large\":%llu,\"redated\":%llu,\"anonymous\":%llu",
                     (unsigned long long)result->keyed, (unsigned long long)result->too_large, (unsigned long long)result->redated,
                     (unsigned long long)result->anonymous);
    cm_buffer_printf(out, ",\"span_ms\":%lld,\"seconds\":%.3f}\n", (long long)result->span_ms, result->seconds);
}

static int report(const struct replay_job *job, const struct cm_replay_result *result)
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
    tell_bad(job, result);
    tell_times(result);
    cm_tell_no_events(&result->rejected, result->lines, result->events);
    int flushed = cm_flush_stdout();
    return status == CM_OK ? flushed : cm_exit_of(status);
}

/* ---------------------------------------------------------------------- running */

static int run(const struct replay_job *job, const struct cm_config *config, struct cm_inputs *inputs)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_source_request sources = {.inputs = inputs};
    struct cm_kafka_options kafka = cm_configure_kafka(config, config->sinks[0].brokers);
    const char *folder = getenv("TMPDIR");
    struct cm_replay_request request = {.kafka = &kafka,
                                        .topic = config->sinks[0].topic,
                                        .partitions = (uint32_t)job->partitions,
                                        .speed = job->speed_milli,
                                        .rebase = job->rebase,
                                        .skip_bad = job->skip_bad,
                                        .dry_run = job->dry_run,
                                        .folder = folder && *folder ? folder : "/tmp",
                                        .stop = cm_stop_flag(),
                                        .diagnostics = &diagnostics};
    struct cm_replay_result result = {0};
    bool bar = !job->quiet && isatty(STDERR_FILENO);
    request.progress = bar ? show_progress : NULL;
    enum cm_status status = cm_source_open(&request.source, &cm_source_file, &sources, &diagnostics);
    if (status == CM_OK) {
        cm_stop_on_signals(request.source);
        status = cm_replay(&request, &result);
        cm_stop_forget();
        if (bar)
            cm_term_clear();
        cm_source_close(request.source);
    }
    bool faults = diagnostics.errors > 0; /* files that could not be read to their end, too: what stands before was sent */
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped; all that was sent is acknowledged\n", stderr);
    else if (status != CM_OK && !faults)
        cm_tell_error("%s", cm_status_text(status));
    else if (status != CM_OK && result.sent > 0)
        cm_tell_error("%llu of %llu messages that were sent are acknowledged", (unsigned long long)result.safe,
                      (unsigned long long)result.sent);
    cm_tell(&diagnostics);
    int code = status == CM_OK || status == CM_ESTOPPED ? report(job, &result) : CM_EXIT_IO;
    if (code == CM_EXIT_DONE && (faults || result.too_large > 0))
        code = CM_EXIT_IO;
    return code == CM_EXIT_DONE ? cm_exit_of(status) : code;
}

static int replay(const struct replay_job *job)
{
    struct cm_config config;
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_configure(&config, job->file, &job->settings, &diagnostics);
    status = cm_configure_text(&config, status, "--to", "sinks", job->to, &diagnostics);
    int code = cm_configure_told(status, &diagnostics);
    if (code == CM_EXIT_DONE && config.sinks[0].kind != CM_PLACE_KAFKA) {
        cm_tell_error("--to %s is no topic, such as kafka://localhost:9092/events", job->to);
        code = CM_EXIT_USAGE;
    }
    if (code == CM_EXIT_DONE)
        code = cm_load_inputs(&inputs, job->inputs, job->input_count);
    if (code == CM_EXIT_DONE)
        code = run(job, &config, &inputs);
    cm_inputs_free(&inputs);
    cm_config_free(&config);
    return code;
}

static int check_job(const struct cm_command *command, struct replay_job *job)
{
    if (!job->to) {
        cm_opts_wrong(command, "--to kafka://HOST:PORT/TOPIC is missing: where are the events to go?");
        return CM_EXIT_USAGE;
    }
    if (!parse_speed(job->speed, &job->speed_milli)) {
        cm_opts_wrong(command, "--speed \"%s\" is neither max nor a number from 0.001 to 1000000, such as 1, 60 or 0.5", job->speed);
        return CM_EXIT_USAGE;
    }
    if (job->rebase && job->speed_milli == 0) {
        cm_opts_wrong(command, "--rebase needs --speed N: at full speed everything would happen at once");
        return CM_EXIT_USAGE;
    }
    if (job->input_count == 0) {
        cm_opts_wrong(command, "nothing to replay: name a file, a folder or -");
        return CM_EXIT_USAGE;
    }
    return cm_configure_only_kafka(command, &job->settings);
}

int cm_replay_main(int argc, char **argv)
{
    struct replay_job job = {.speed = "max", .partitions = CM_REPLAY_PARTITIONS_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "to", .letter = 'o', .kind = CM_OPT_TEXT, .into = &job.to, .value = "URI", .help = "The topic: kafka://HOST:PORT/TOPIC"},
        {.name = "speed",
         .letter = 's',
         .kind = CM_OPT_TEXT,
         .into = &job.speed,
         .value = "N|max",
         .help = "How many times faster than it happened: 1 is as it was, 60 an hour in a minute, max (default) as fast as the broker "
                 "takes it. With a number the events of all inputs come in the order of their times"},
        {.name = "rebase",
         .kind = CM_OPT_FLAG,
         .into = &job.rebase,
         .help = "With --speed N: write into ts and end_ts when the event is sent, as if it happened now"},
        {.name = "partitions",
         .kind = CM_OPT_NUMBER,
         .into = &job.partitions,
         .min = 1,
         .max = UINT16_MAX,
         .value = "N",
         .help = "Of the topic, where it is missing and made (default: 4)"},
        {.name = "skip-bad", .kind = CM_OPT_FLAG, .into = &job.skip_bad, .help = "Leave out lines that are no events"},
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
         .help = "A property of librdkafka, such as kafka.security.protocol=SSL or kafka.linger.ms=50"},
        {.name = "dry-run",
         .letter = 'n',
         .kind = CM_OPT_FLAG,
         .into = &job.dry_run,
         .help = "Read everything, look at the topic, send nothing"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "The summary as JSON on standard output"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No summary, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter replay",
        .operands = "INPUT...",
        .about = "Sends an archive to a topic, for load and for backfill: each line as it stands, keyed by its interaction, under the time "
                 "of its event. Files, folders, patterns, or - for standard input; plain, .gz or .zst.",
        .more = "Examples:\n"
                "  caremeter replay archive/ --to kafka://localhost:9092/events\n"
                "  caremeter replay chats/ --to kafka://localhost:9092/events --speed 60 --rebase\n"
                "\n"
                "Ctrl-C ends it cleanly: what was sent is acknowledged. A second run sends all of\n"
                "it again; events that have an event_id or a seq count once all the same, and\n"
                "those of conversations that were closed too long ago are dead letters.\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage, 3 input or output failed, 130 stopped.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    job.inputs = argv + operand;
    job.input_count = (size_t)(argc - operand);
    int code = check_job(&command, &job);
    return code == CM_EXIT_DONE ? replay(&job) : code;
}
