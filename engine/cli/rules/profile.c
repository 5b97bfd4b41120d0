#include <stdlib.h>
#include <time.h>

#include "cli/archive.h"
#include "cli/common.h"
#include "cli/rules/profile_table.h"
#include "run/archive.h"

#define CM_PROFILE_TOP_DEFAULT 25u
/* Archives up to this size, as it lies on disk, are timed turn by turn: they are done in a moment, and a sample of them is too small. */
#define CM_PROFILE_WHOLE_MAX_BYTES ((uint64_t)2 << 20)

static const char *const order_names[] = {"time",   "candidates", "verifications", "hits", "turns",
                                          "faults", "hit-ns",     "no-hit-ns",     "cue",  NULL};

struct profile_job {
    uint64_t threads, every, top; /* every 0: by size */
    int order;
    bool json;
    const char *html;
    const char *pack;
    char **inputs;
    size_t input_count;
};

/* What has been opened by and by. */
struct run {
    struct cm_inputs inputs;
    struct cm_packs packs;
    struct cm_diagnostics diagnostics;
    struct cm_sink *sink;
    struct cm_source *source;
    struct cm_archive_result result;
    double seconds;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint32_t choose_every(const struct cm_inputs *inputs)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < inputs->count; i++)
        bytes += inputs->items[i].sized ? inputs->items[i].bytes : CM_PROFILE_WHOLE_MAX_BYTES + 1;
    return bytes <= CM_PROFILE_WHOLE_MAX_BYTES ? 1 : CM_PROFILE_EVERY_DEFAULT;
}

static int open_all(const struct profile_job *job, struct run *run)
{
    struct cm_opt_list names = {.items = {job->pack}, .count = 1};
    struct cm_source_request request = {.inputs = &run->inputs};
    int code = cm_load_packs(&run->packs, &names);
    if (code == CM_EXIT_DONE)
        code = cm_load_inputs(&run->inputs, job->inputs, job->input_count);
    if (code != CM_EXIT_DONE)
        return code;
    enum cm_status status = cm_sink_open(&run->sink, &cm_sink_null, NULL, &run->diagnostics);
    if (status == CM_OK)
        status = cm_source_open(&run->source, &cm_source_file, &request, &run->diagnostics);
    if (status != CM_OK)
        cm_tell(&run->diagnostics);
    return cm_exit_of(status);
}

static enum cm_status archive(const struct profile_job *job, struct run *run)
{
    struct cm_archive_request request = {
        .packs = &run->packs,
        .source = run->source,
        .sink = run->sink,
        .render = {.evidence = CM_EVIDENCE_NONE},
        .threads = (unsigned)job->threads,
        .max_memory = cm_memory_default(),
        .profile_every = job->every ? (uint32_t)job->every : choose_every(&run->inputs),
        .diagnostics = &run->diagnostics,
    };
    double started = now_s();
    enum cm_status status = cm_run_archive(&request, false, &run->result);
    run->seconds = now_s() - started;
    return status;
}

static int write_page(const struct cm_profile_view *view, const char *path)
{
    struct cm_buffer page = CM_BUFFER_EMPTY;
    cm_profile_page(view, &page);
    int code = cm_profile_write(&page, "--html", path);
    cm_buffer_free(&page);
    return code;
}

static int show(const struct profile_job *job, struct run *run)
{
    const struct cm_ruleset *ruleset = run->packs.items[0].ruleset;
    struct cm_profile_report report;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    int code = CM_EXIT_DONE;
    enum cm_status status = cm_profile_report(run->result.profiles[0], &report);
    if (status == CM_OK) {
        const struct cm_profile_view view = {.ruleset = ruleset,
                                             .profile = run->result.profiles[0],
                                             .report = &report,
                                             .top = job->top ? (size_t)job->top : SIZE_MAX,
                                             .order = order_names[job->order],
                                             .threads = (unsigned)job->threads,
                                             .seconds = run->seconds};
        cm_profile_sort(&report, ruleset, (enum cm_cost_order)job->order);
        if (job->json)
            cm_profile_json(&view, &out);
        else
            cm_profile_text(&view, &out);
        status = cm_buffer_status(&out);
        cm_put(&out);
        if (status == CM_OK && job->html)
            code = write_page(&view, job->html);
    }
    cm_profile_report_free(&report);
    cm_buffer_free(&out);
    cm_tell_no_events(&run->result.dead_letters, run->result.lines, run->result.events);
    int flushed = cm_flush_stdout();
    if (status != CM_OK)
        cm_tell_error("%s", cm_status_text(status));
    return code ? code : status == CM_OK ? flushed : cm_exit_of(status);
}

static int run_job(const struct profile_job *job)
{
    struct run run = {0};
    int code = open_all(job, &run);
    if (code == CM_EXIT_DONE) {
        enum cm_status status = archive(job, &run);
        bool faults = run.diagnostics.errors > 0;
        if (status == CM_ESTOPPED)
            fputs("caremeter: stopped\n", stderr);
        else if (status != CM_OK && !faults)
            cm_tell_error("%s", cm_status_text(status));
        cm_tell(&run.diagnostics);
        code = status == CM_OK ? show(job, &run) : cm_exit_of(status);
        if (code == CM_EXIT_DONE && faults)
            code = CM_EXIT_IO;
    }
    if (cm_sink_close(run.sink, false) != CM_OK)
        code = code ? code : CM_EXIT_IO;
    cm_source_close(run.source);
    cm_archive_result_free(&run.result);
    cm_packs_free(&run.packs);
    cm_inputs_free(&run.inputs);
    cm_diagnostics_free(&run.diagnostics);
    return code;
}

int cm_rules_profile_main(int argc, char **argv)
{
    struct profile_job job = {.threads = cm_threads_default(), .top = CM_PROFILE_TOP_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "every",
         .letter = 'n',
         .kind = CM_OPT_NUMBER,
         .into = &job.every,
         .min = 1,
         .max = CM_PROFILE_EVERY_MAX,
         .value = "N",
         .help = "Time about every Nth turn; 1: all, then counts are exact (default: 64; all of an archive of up to 2 MiB)"},
        {.name = "top",
         .letter = 'T',
         .kind = CM_OPT_NUMBER,
         .into = &job.top,
         .max = UINT32_MAX,
         .value = "N",
         .help = "So many cues; 0: all (default: 25)"},
        {.name = "sort",
         .letter = 's',
         .kind = CM_OPT_CHOICE,
         .into = &job.order,
         .choices = order_names,
         .value = "BY",
         .help = "time (default), candidates, verifications, hits, turns, faults, hit-ns, no-hit-ns or cue"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .min = 1,
         .max = CM_THREADS_MAX,
         .value = "N",
         .help = "Workers (default: one a processor); 1 gives the steadiest times"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "As JSON"},
        {.name = "html", .kind = CM_OPT_TEXT, .into = &job.html, .value = "FILE", .help = "Also as a page of HTML"},
    };
    const struct cm_command command = {
        .name = "caremeter rules profile",
        .operands = "PACK ARCHIVE...",
        .about = "What every cue of a pack costs on an archive: how often it was looked at, checked and hit, how long a check takes with "
                 "and without a hit, and its share of the time; and the work that all cues share.",
        .more = "Examples:\n"
                "  caremeter rules profile my-care chats.ndjson.zst\n"
                "  caremeter rules profile my-care archive/ --every 1 --top 0 --sort hits\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage or pack, 3 input or output failed, 130\n"
                "stopped by Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (argc - operand < 2) {
        cm_opts_wrong(&command, "name a pack, and files or folders to run it on");
        return CM_EXIT_USAGE;
    }
    if (job.html && !cm_names_page(job.html)) {
        cm_opts_wrong(&command, "--html '%s': a page's name ends in .html", job.html);
        return CM_EXIT_USAGE;
    }
    job.pack = argv[operand++];
    job.inputs = argv + operand;
    job.input_count = (size_t)(argc - operand);
    return run_job(&job);
}
