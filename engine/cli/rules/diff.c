#include "cli/rules/diff.h"
#include "cli/archive.h"

#include <stdlib.h>
#include <string.h>

#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_DIFF_SAMPLES 3u

struct diff_job {
    const char *packs[CM_SIDES], *html;
    char **inputs;
    size_t input_count;
    uint64_t threads, samples, seed;
    bool json, quiet, all, fail;
    bool table; /* on standard output, where nothing else goes there */
};

/* What has been opened by and by. */
struct diff_run {
    const struct diff_job *job;
    struct cm_inputs inputs;
    struct cm_packs packs;
    struct cm_diagnostics diagnostics;
    struct cm_sink *sink, *page;
    struct cm_source *source;
    struct cm_compare *compare;
    struct cm_archive_result result;
    bool same; /* the packs are, to the last number */
};

static bool shows_samples(const struct diff_job *job)
{
    return job->samples > 0 && (job->table || job->json || job->html);
}

static int load_two(struct diff_run *run)
{
    enum cm_status status = CM_OK, first = CM_OK;
    for (unsigned side = 0; side < CM_SIDES; side++) {
        status = cm_packs_add(&run->packs, run->job->packs[side], &run->diagnostics);
        first = first == CM_OK ? status : first;
    }
    if (first == CM_ENOMEM && run->diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(first));
    cm_tell_use(&run->diagnostics);
    if (first != CM_OK)
        return first == CM_ENOMEM ? CM_EXIT_IO : CM_EXIT_USAGE;
    run->same = cm_hash128_compare(run->packs.items[0].ruleset->hash, run->packs.items[1].ruleset->hash) == 0;
    return CM_EXIT_DONE;
}

/* The sinks write to a temporary file that gets its name in the end: no half a page, and none where the run failed. */
static int open_page(struct diff_run *run)
{
    if (!run->job->html)
        return CM_EXIT_DONE;
    enum cm_status status = cm_sink_open(&run->page, &cm_sink_ndjson, run->job->html, &run->diagnostics);
    cm_tell(&run->diagnostics);
    return cm_exit_of(status);
}

static int open_all(struct diff_run *run)
{
    const struct diff_job *job = run->job;
    int code = cm_load_inputs(&run->inputs, job->inputs, job->input_count);
    if (code == CM_EXIT_DONE)
        code = load_two(run);
    if (code == CM_EXIT_DONE)
        code = open_page(run);
    if (code != CM_EXIT_DONE || run->same)
        return code;
    struct cm_source_request request = {.inputs = &run->inputs};
    const struct cm_compare_options options = {
        .workers = (unsigned)job->threads, .samples = shows_samples(job) ? (uint32_t)job->samples : 0, .seed = job->seed};
    enum cm_status status = cm_sink_open(&run->sink, &cm_sink_null, "", &run->diagnostics);
    if (status == CM_OK)
        status = cm_source_open(&run->source, &cm_source_file, &request, &run->diagnostics);
    if (status == CM_OK)
        status = cm_compare_new(&run->packs, &options, &run->compare);
    if (status != CM_OK && run->diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&run->diagnostics);
    return cm_exit_of(status);
}

/* The words around the samples: a second look at the archive, where it is no pipe. */
static enum cm_status look_around(struct diff_run *run)
{
    for (size_t i = 0; i < run->inputs.count; i++)
        if (!run->inputs.items[i].sized)
            return CM_OK;
    struct cm_diagnostics told = CM_DIAGNOSTICS_EMPTY; /* what is wrong with a file was told the first time */
    struct cm_source_request request = {.inputs = &run->inputs};
    struct cm_source *source = NULL;
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &told);
    if (status == CM_OK) {
        cm_stop_on_signals(source);
        status = cm_compare_context(run->compare, run->packs.redactor, source);
        cm_stop_forget();
    }
    cm_source_close(source);
    cm_diagnostics_free(&told);
    return status == CM_EIO ? CM_OK : status;
}

static enum cm_status compare(struct diff_run *run)
{
    const struct diff_job *job = run->job;
    struct cm_archive_request request = {
        .packs = &run->packs,
        .source = run->source,
        .sink = run->sink,
        .render = {.evidence = shows_samples(job) ? CM_EVIDENCE_QUOTES : CM_EVIDENCE_NONE},
        .threads = (unsigned)job->threads,
        .max_memory = cm_memory_default(),
        .observer = cm_compare_observe,
        .observer_context = run->compare,
        .diagnostics = &run->diagnostics,
    };
    enum cm_status status = cm_run_archive(&request, job->quiet, &run->result);
    if (status == CM_OK)
        status = cm_compare_finish(run->compare);
    return status == CM_OK && shows_samples(job) ? look_around(run) : status;
}

/* Both reports before either is written: what cannot be made is not half there. */
static enum cm_status report(struct diff_run *run)
{
    const struct diff_job *job = run->job;
    struct cm_buffer text = CM_BUFFER_EMPTY, page = CM_BUFFER_EMPTY;
    struct cm_diff_report told = {.all = job->all};
    for (unsigned side = 0; side < CM_SIDES; side++)
        told.rules[side] = run->packs.items[side].ruleset;
    if (!run->same) {
        told.sum = cm_compare_result(run->compare);
        told.archive = &run->result;
    }
    if (job->json)
        cm_diff_json(&told, &text);
    else if (job->table)
        cm_diff_text(&told, &text, cm_term_colour(stdout));
    if (run->page)
        cm_diff_html(&told, &page);
    enum cm_status status = cm_buffer_status(&text);
    if (status == CM_OK)
        status = cm_buffer_status(&page);
    if (status == CM_OK && run->page)
        status = cm_sink_write(run->page, cm_buffer_view(&page));
    if (status == CM_OK)
        cm_put(&text);
    cm_buffer_free(&text);
    cm_buffer_free(&page);
    return status;
}

static int outcome(struct diff_run *run, enum cm_status status)
{
    bool faults = run->diagnostics.errors > 0;
    enum cm_status closed = cm_sink_close(run->page, status == CM_OK);
    run->page = NULL;
    status = status == CM_OK ? closed : status;
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped; nothing was compared\n", stderr);
    else if (status != CM_OK && run->diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&run->diagnostics);
    if (status != CM_OK)
        return cm_exit_of(status);
    if (run->compare) {
        cm_tell_dead_letters(&run->result.dead_letters, run->result.lines);
        cm_tell_no_events(&run->result.dead_letters, run->result.lines, run->result.events);
    }
    int flushed = cm_flush_stdout();
    if (flushed || faults)
        return CM_EXIT_IO;
    bool moved = run->compare && cm_compare_result(run->compare)->moved_outcomes > 0;
    return run->job->fail && moved ? CM_EXIT_CHECK : CM_EXIT_DONE;
}

static int diff(const struct diff_job *job)
{
    struct diff_run run = {.job = job};
    int code = open_all(&run);
    if (code == CM_EXIT_DONE) {
        enum cm_status status = run.same ? CM_OK : compare(&run);
        if (status == CM_OK)
            status = report(&run);
        code = outcome(&run, status);
    }
    enum cm_status closed = cm_sink_close(run.sink, false);
    if (cm_sink_close(run.page, false) != CM_OK || closed != CM_OK)
        code = code ? code : CM_EXIT_IO;
    if (run.source)
        cm_source_close(run.source);
    cm_compare_free(run.compare);
    cm_archive_result_free(&run.result);
    cm_packs_free(&run.packs);
    cm_inputs_free(&run.inputs);
    cm_diagnostics_free(&run.diagnostics);
    return code;
}

static int check_job(const struct diff_job *job, const struct cm_command *command, int operands)
{
    if (operands < 3)
        cm_opts_wrong(command, "give two packs, the old one and the new one, and an archive");
    else if (job->html && strcmp(job->html, "-") != 0 && !cm_names_page(job->html))
        cm_opts_wrong(command, "--html '%s': a page's name ends in .html, or is - for standard output", job->html);
    else if (job->html && job->json && strcmp(job->html, "-") == 0)
        cm_opts_wrong(command, "--json and --html - would both write to standard output");
    else
        return CM_EXIT_DONE;
    return CM_EXIT_USAGE;
}

int cm_rules_diff_main(int argc, char **argv)
{
    struct diff_job job = {.threads = cm_threads_default(), .samples = CM_DIFF_SAMPLES, .seed = 1};
    const struct cm_opt options[] = {
        {.name = "html",
         .kind = CM_OPT_TEXT,
         .into = &job.html,
         .value = "FILE",
         .help = "Write the report as a page, too (- for standard output, instead of the table)"},
        {.name = "samples",
         .letter = 's',
         .kind = CM_OPT_NUMBER,
         .into = &job.samples,
         .max = CM_COMPARE_SAMPLES_MAX,
         .value = "N",
         .help = "Hits to show that a cue gained, and lost, and interactions where an outcome moved (default: 3)"},
        {.name = "seed", .kind = CM_OPT_NUMBER, .into = &job.seed, .max = UINT64_MAX, .value = "N", .help = "Other samples (default: 1)"},
        {.name = "all",
         .letter = 'a',
         .kind = CM_OPT_FLAG,
         .into = &job.all,
         .help = "Also cues, behaviours, agents and queues that did not move"},
        {.name = "fail-on-change", .kind = CM_OPT_FLAG, .into = &job.fail, .help = "Exit with 1 if any outcome moved"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .min = 1,
         .max = CM_THREADS_MAX,
         .value = "N",
         .help = "Workers (default: one a processor); the result is the same for any number"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "One JSON object on standard output"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No table, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter rules diff",
        .operands = "OLD NEW ARCHIVE...",
        .about = "Says what a change of rules does: both packs (folders or names) judge every interaction of the archive, and what differs "
                 "is told, hits gained and lost, outcomes, scores and agents that moved, with samples.",
        .more = "Examples:\n"
                "  caremeter rules diff customer-care my-care/ archive/\n"
                "  caremeter rules diff main/care care/ day.ndjson.zst --html diff.html\n"
                "  caremeter rules diff old/ new/ golden.ndjson --quiet --fail-on-change\n"
                "\n"
                "Exit codes: 0 done, 1 an outcome moved (with --fail-on-change), 2 wrong usage or\n"
                "pack, 3 input or output failed, 130 stopped by Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    int code = check_job(&job, &command, argc - operand);
    if (code != CM_EXIT_DONE)
        return code;
    job.packs[CM_SIDE_OLD] = argv[operand];
    job.packs[CM_SIDE_NEW] = argv[operand + 1];
    job.inputs = argv + operand + 2;
    job.input_count = (size_t)(argc - operand - 2);
    job.table = !job.quiet && !job.json && !(job.html && strcmp(job.html, "-") == 0);
    return diff(&job);
}
