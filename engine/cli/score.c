#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/archive.h"
#include "cli/common.h"
#include "cli/rules/profile_table.h"
#include "cli/score.h"
#include "cli/summary.h"
#include "cli/term.h"
#include "cli/text.h"
#include "run/archive.h"

static const char *const evidence_names[] = {"none", "refs", "quotes", NULL};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_throughput(const struct cm_archive_result *result, const struct cm_score_job *job, double seconds)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_text_number(&text, result->events);
    cm_buffer_printf(&text, " %s, ", cm_plural(result->events, "event", "events"));
    cm_text_number(&text, result->interactions);
    cm_buffer_printf(&text, " %s", cm_plural(result->interactions, "interaction", "interactions"));
    if (seconds < 1)
        cm_buffer_printf(&text, " in %.0f ms: ", seconds * 1e3);
    else
        cm_buffer_printf(&text, " in %.2f s: ", seconds);
    cm_text_number(&text, seconds > 0 ? (uint64_t)((double)result->events / seconds) : 0);
    cm_buffer_printf(&text, " events/s with %u thread%s", job->threads, job->threads == 1 ? "" : "s");
    if (result->spilled_bytes > 0) {
        cm_buffer_text(&text, ", ");
        cm_text_number(&text, result->spilled_bytes);
        cm_buffer_text(&text, " bytes by way of the disk");
    }
    if (cm_buffer_status(&text) == CM_OK)
        fprintf(stderr, "%.*s\n", (int)text.len, text.ptr);
    cm_buffer_free(&text);
}

/* The sink that --out names; without it scorecards are judged for the summary and not rendered. */
static int open_sink(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics)
{
    const struct cm_sink_ops *ops = target ? cm_sink_for(target) : &cm_sink_null;
    if (!ops) {
        cm_tell_error(
            "--out '%s': scorecards go to names that end in .ndjson, .jsonl, .csv or .db, to - (standard output) or to null: (nowhere)",
            target);
        return CM_EXIT_USAGE;
    }
    enum cm_status status = cm_sink_open(sink, ops, target, diagnostics);
    cm_tell(diagnostics);
    return cm_exit_of(status);
}

static int check_job(const struct cm_score_job *job)
{
    if (job->out && job->dead_letter && strcmp(job->out, job->dead_letter) == 0) {
        cm_tell_error("--out and --dead-letter name the same place, %s", job->out);
        return CM_EXIT_USAGE;
    }
    if (job->json && job->out && strcmp(job->out, "-") == 0) {
        cm_tell_error("--json and --out - would both write to standard output");
        return CM_EXIT_USAGE;
    }
    struct stat info;
    if (job->spill && (stat(job->spill, &info) != 0 || !S_ISDIR(info.st_mode) || access(job->spill, W_OK | X_OK) != 0)) {
        /* now, not after an hour, when memory runs short */
        cm_tell_error("--spill-dir '%s' is no folder that can be written to", job->spill);
        return CM_EXIT_USAGE;
    }
    if (job->out && cm_sink_for(job->out) == &cm_sink_csv && job->packs.count > 1) {
        cm_tell_error("a CSV file holds the scorecards of one pack: its columns are the pack's");
        return CM_EXIT_USAGE;
    }
    return CM_EXIT_DONE;
}

/* What even a quiet run must not hide. */
static void tell_faults(const struct cm_archive_result *result)
{
    struct cm_buffer line = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < result->summary_count; i++)
        cm_summary_faults(&result->summaries[i], &line);
    if (line.len > 0 && cm_buffer_status(&line) == CM_OK)
        fwrite(line.ptr, 1, line.len, stderr);
    cm_buffer_free(&line);
}

static int report(const struct cm_score_job *job, const struct cm_archive_result *result, double seconds)
{
    bool scorecards_on_stdout = job->out && strcmp(job->out, "-") == 0;
    FILE *out = scorecards_on_stdout ? stderr : stdout;
    enum cm_status status = CM_OK;
    if (job->json)
        status = cm_summary_json(result, stdout);
    else if (!job->quiet)
        status = cm_summary_print(result, out, cm_term_colour(out));
    if (status == CM_EIO)
        cm_write_failed();
    if (!job->quiet)
        tell_throughput(result, job, seconds);
    else
        cm_tell_dead_letters(&result->dead_letters, result->lines);
    if (job->quiet)
        tell_faults(result);
    cm_tell_no_events(&result->dead_letters, result->lines, result->events);
    int flushed = cm_flush_stdout();
    return status == CM_OK ? flushed : cm_exit_of(status);
}

/* What the rules have cost, a line a pack. */
static int write_profile(const struct cm_score_job *job, const struct cm_packs *packs, const struct cm_archive_result *result,
                         double seconds)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        const struct cm_ruleset *ruleset = packs->items[i].ruleset;
        struct cm_profile_report costs;
        status = cm_profile_report(result->profiles[i], &costs);
        if (status == CM_OK) {
            cm_profile_sort(&costs, ruleset, CM_COST_BY_TIME);
            cm_profile_json(&(struct cm_profile_view){.ruleset = ruleset,
                                                      .profile = result->profiles[i],
                                                      .report = &costs,
                                                      .top = SIZE_MAX,
                                                      .order = "time",
                                                      .threads = job->threads,
                                                      .seconds = seconds},
                            &out);
            status = cm_buffer_status(&out);
        }
        cm_profile_report_free(&costs);
    }
    if (status != CM_OK)
        cm_tell_error("%s", cm_status_text(status));
    int code = status == CM_OK ? cm_profile_write(&out, "--profile", job->profile) : cm_exit_of(status);
    cm_buffer_free(&out);
    return code;
}

/* What has been opened by and by. */
struct run {
    struct cm_inputs inputs;
    struct cm_packs packs;
    struct cm_diagnostics diagnostics;
    struct cm_sink *sink, *dead_letters;
    struct cm_source *source;
    struct cm_archive_result result;
};

static enum cm_status archive(const struct cm_score_job *job, struct run *run)
{
    struct cm_archive_request request = {
        .packs = &run->packs,
        .source = run->source,
        .sink = run->sink,
        .dead_letters = run->dead_letters,
        .dead_letter_payload = job->payload,
        .render = {.evidence = (enum cm_evidence_mode)job->evidence, .full = job->full},
        .threads = job->threads,
        .max_memory = job->max_memory,
        .spill_folder = job->spill,
        .profile_every = job->profile ? CM_PROFILE_EVERY_DEFAULT : 0,
        .diagnostics = &run->diagnostics,
    };
    return cm_run_archive(&request, job->quiet, &run->result);
}

/* A file gets its name only when all went well; both are tried, so that neither is left half done. */
static enum cm_status close_sinks(struct run *run, enum cm_status status)
{
    bool keep = status == CM_OK;
    enum cm_status first = cm_sink_close(run->sink, keep);
    enum cm_status second = cm_sink_close(run->dead_letters, keep);
    run->sink = run->dead_letters = NULL;
    if (status != CM_OK)
        return status;
    return first != CM_OK ? first : second;
}

/* A pack of cues alone is fine for grep; here it would give an archive of empty cards. */
static void tell_packs(const struct cm_packs *packs)
{
    for (size_t i = 0; i < packs->count; i++)
        if (packs->items[i].ruleset->behaviour_count == 0)
            cm_tell_error("nothing to score: the pack %s has no behaviours, only cues (caremeter grep --pack looks for them)",
                          packs->items[i].ruleset->name);
}

static int open_all(const struct cm_score_job *job, struct run *run)
{
    int code = cm_load_inputs(&run->inputs, job->inputs, job->input_count);
    if (code == CM_EXIT_DONE)
        code = cm_check_target(&run->inputs, "--out", job->out);
    if (code == CM_EXIT_DONE)
        code = cm_check_target(&run->inputs, "--dead-letter", job->dead_letter);
    if (code == CM_EXIT_DONE)
        code = cm_check_target(&run->inputs, "--profile", job->profile);
    if (code == CM_EXIT_DONE)
        code = cm_load_packs(&run->packs, &job->packs);
    if (code == CM_EXIT_DONE)
        tell_packs(&run->packs);
    if (code == CM_EXIT_DONE)
        code = open_sink(&run->sink, job->out, &run->diagnostics);
    if (code == CM_EXIT_DONE && job->dead_letter) {
        enum cm_status status = cm_sink_open(&run->dead_letters, &cm_sink_ndjson, job->dead_letter, &run->diagnostics);
        cm_tell(&run->diagnostics);
        code = cm_exit_of(status);
    }
    if (code != CM_EXIT_DONE)
        return code;
    struct cm_source_request request = {.inputs = &run->inputs};
    code = cm_exit_of(cm_source_open(&run->source, &cm_source_file, &request, &run->diagnostics));
    if (code != CM_EXIT_DONE)
        cm_tell(&run->diagnostics);
    return code;
}

int cm_score_run(const struct cm_score_job *job)
{
    struct run run = {0};
    int code = check_job(job);
    if (code == CM_EXIT_DONE)
        code = open_all(job, &run);
    if (code == CM_EXIT_DONE) {
        double started = now_s();
        enum cm_status status = close_sinks(&run, archive(job, &run));
        double seconds = now_s() - started;
        /* Files that could not be read to their end are told, and what stood before counts: the result is there, the exit code is not 0. */
        bool faults = run.diagnostics.errors > 0;
        if (status == CM_ESTOPPED)
            fputs("caremeter: stopped; nothing was written\n", stderr);
        else if (status != CM_OK && !faults)
            cm_tell_error("%s", cm_status_text(status));
        cm_tell(&run.diagnostics);
        code = status == CM_OK ? report(job, &run.result, seconds) : cm_exit_of(status);
        if (status == CM_OK && job->profile) {
            int written = write_profile(job, &run.packs, &run.result, seconds);
            code = code ? code : written;
        }
        if (code == CM_EXIT_DONE && faults)
            code = CM_EXIT_IO;
    }
    if (cm_sink_close(run.sink, false) != CM_OK || cm_sink_close(run.dead_letters, false) != CM_OK)
        code = code ? code : CM_EXIT_IO;
    cm_source_close(run.source);
    cm_archive_result_free(&run.result);
    cm_packs_free(&run.packs);
    cm_inputs_free(&run.inputs);
    cm_diagnostics_free(&run.diagnostics);
    return code;
}

int cm_score_main(int argc, char **argv)
{
    struct cm_score_job job = {.evidence = CM_EVIDENCE_QUOTES, .max_memory = cm_memory_default()};
    uint64_t threads = cm_threads_default();
    const struct cm_opt options[] = {
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "Judge by this pack; again for more packs, one scorecard each (default: " CM_PACK_DEFAULT ")"},
        {.name = "out",
         .letter = 'o',
         .kind = CM_OPT_TEXT,
         .into = &job.out,
         .value = "FILE",
         .help = "Write scorecards to FILE.ndjson, FILE.csv, FILE.db (SQLite, added to), or - for standard output; without it only the "
                 "summary is shown"},
        {.name = "evidence",
         .letter = 'e',
         .kind = CM_OPT_CHOICE,
         .into = &job.evidence,
         .choices = evidence_names,
         .value = "none|refs|quotes",
         .help = "What stands behind an outcome: nothing, references, or references and redacted quotes (default)"},
        {.name = "full", .kind = CM_OPT_FLAG, .into = &job.full, .help = "Also behaviours for which there was no opportunity"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &threads,
         .min = 1,
         .max = CM_THREADS_MAX,
         .value = "N",
         .help = "Workers (default: one a processor); the result is the same for any number"},
        {.name = "max-memory",
         .letter = 'm',
         .kind = CM_OPT_SIZE,
         .into = &job.max_memory,
         .min = CM_MEMORY_MIN_BYTES,
         .max = UINT64_MAX,
         .value = "SIZE",
         .help = "Ceiling such as 512M or 4G; what is above goes by way of the disk (default: half of the memory)"},
        {.name = "spill-dir",
         .kind = CM_OPT_TEXT,
         .into = &job.spill,
         .value = "DIR",
         .help = "Where that happens (default: $TMPDIR, else /tmp)"},
        {.name = "dead-letter",
         .letter = 'd',
         .kind = CM_OPT_TEXT,
         .into = &job.dead_letter,
         .value = "FILE",
         .help = "Write lines that are no events to FILE, as NDJSON: source, line, reason"},
        {.name = "dead-letter-payload", .kind = CM_OPT_FLAG, .into = &job.payload, .help = "With their text, which is customers' text"},
        {.name = "profile",
         .kind = CM_OPT_TEXT,
         .into = &job.profile,
         .value = "FILE",
         .help = "Also write what every cue cost, as JSON, a line a pack (see rules profile); about one turn in 64 is timed"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "The summary as JSON on standard output"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No summary table, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter score",
        .operands = "INPUT...",
        .about = "Scores conversations: reads events (NDJSON, plain, .gz or .zst) from files, folders, patterns or - for standard input, "
                 "and gives one scorecard per interaction and pack, in order of id, and a summary.",
        .more = "Examples:\n"
                "  caremeter score chats.ndjson.zst\n"
                "  caremeter score archive/ --out scores.ndjson --dead-letter bad.ndjson\n"
                "  zcat day.gz | caremeter score - --out - | jq .care.score\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage or pack, 3 input or output failed (what\n"
                "could be read was scored), 130 stopped by Ctrl-C (nothing is written).\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand == argc) {
        cm_opts_wrong(&command, "nothing to score: name a file, a folder or -");
        return CM_EXIT_USAGE;
    }
    job.inputs = argv + operand;
    job.input_count = (size_t)(argc - operand);
    job.threads = (unsigned)threads;
    return cm_score_run(&job);
}
