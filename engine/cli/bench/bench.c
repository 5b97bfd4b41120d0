#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench/bench_view.h"
#include "cli/common.h"
#include "cli/stop.h"
#include "cli/term.h"

#define RUNS_DEFAULT UINT64_C(5)
#define RUNS_QUICK UINT64_C(3)
#define TOP_DEFAULT UINT64_C(10)
/* Of the default pack about 0.3 s a run and thread: longer than what disturbs a run, short enough for some fifty of them. */
#define SIZE_DEFAULT_BYTES ((uint64_t)64 << 20)
#define SIZE_QUICK_BYTES ((uint64_t)8 << 20)
/* Less is done before the clock has ticked often enough. */
#define SIZE_MIN_BYTES ((uint64_t)64 << 10)

struct bench_job {
    struct cm_opt_list packs;
    uint64_t threads, runs, top, size; /* runs and size 0: by quick */
    bool json, quick, demo;
    const char *html;
    char **inputs;
    size_t input_count;
};

/* What has been opened by and by. */
struct run {
    struct cm_inputs inputs;
    struct cm_packs packs;
    struct cm_material material;
    struct cm_bench_result result;
    struct cm_sink *page; /* of --html: a temporary file that gets its name in the end */
    struct cm_diagnostics reading, running, writing;
    struct cm_bench_machine machine;
};

/* "model name : X" of the first processor. */
static void look_at_machine(struct cm_bench_machine *machine)
{
    char line[256];
    double load;
    machine->processors = cm_threads_default();
    machine->load = getloadavg(&load, 1) == 1 ? load : -1;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && machine->processor[0] == '\0' && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", strlen("model name")) != 0)
            continue;
        const char *name = colon + 1 + strspn(colon + 1, " \t");
        snprintf(machine->processor, sizeof machine->processor, "%.*s", (int)strcspn(name, "\n"), name);
    }
    if (file)
        fclose(file);
}

static void show_progress(void *context, size_t done, size_t of)
{
    (void)context;
    fputs("\r\033[Kmeasuring ", stderr);
    cm_term_bar((double)done / (double)of);
    fprintf(stderr, ", run %zu of %zu", done + 1, of);
    fflush(stderr);
}

static void tell_status(enum cm_status status, const struct cm_diagnostics *diagnostics)
{
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped\n", stderr);
    else if (status != CM_OK && diagnostics->errors == 0)
        cm_tell_error("%s", cm_status_text(status));
}

static int load_inputs(const struct bench_job *job, struct run *run)
{
    char *folder = NULL, *conversations = NULL;
    if (!job->demo)
        return cm_load_inputs(&run->inputs, job->inputs, job->input_count);
    if (cm_data_folder(CM_DATA_DEMO, &folder) != CM_OK || asprintf(&conversations, "%s/conversations", folder) < 0) {
        cm_tell_error("the demo conversations are not there: they belong beside the program, in ../share/caremeter/demo");
        free(folder);
        return CM_EXIT_IO;
    }
    int code = cm_load_inputs(&run->inputs, &conversations, 1);
    free(conversations);
    free(folder);
    return code;
}

/* What score would say of the same input; and whether there is anything to measure. */
static int tell_material(const struct cm_material *material)
{
    cm_tell_dead_letters(&material->dead_letters, material->lines);
    cm_tell_no_events(&material->dead_letters, material->lines, material->events);
    return material->events > 0 ? CM_EXIT_DONE : CM_EXIT_IO;
}

static int take_material(const struct bench_job *job, struct run *run)
{
    struct cm_source_request request = {.inputs = &run->inputs};
    struct cm_source *source = NULL;
    bool tell = isatty(STDERR_FILENO);
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &run->reading);
    if (status == CM_OK) {
        cm_stop_on_signals(source);
        if (tell)
            fputs("reading the archive ...", stderr);
        status = cm_material_make(&run->material, &run->inputs, source, job->size, cm_stop_flag());
        cm_stop_forget();
        if (tell)
            cm_term_clear();
    }
    cm_source_close(source);
    if (status == CM_ELIMIT)
        cm_tell_error("the archive is too small to be measured as it is, and its ids are too long to be given numbers: take more of it");
    else
        tell_status(status, &run->reading);
    return status == CM_OK ? tell_material(&run->material) : cm_exit_of(status);
}

static int measure(const struct bench_job *job, struct run *run)
{
    const char *folder = getenv("TMPDIR");
    bool tell = isatty(STDERR_FILENO);
    const struct cm_bench_request request = {
        .packs = &run->packs,
        .names = job->packs.items,
        .name_count = job->packs.count,
        .material = &run->material,
        .threads = (unsigned)job->threads,
        .runs = (unsigned)job->runs,
        .max_memory = cm_memory_default(),
        .spill_folder = folder && *folder ? folder : "/tmp",
        .stop = cm_stop_flag(),
        .progress = tell ? show_progress : NULL,
        .diagnostics = &run->running,
    };
    cm_stop_on_signals(NULL);
    enum cm_status status = cm_bench_run(&request, &run->result);
    if (tell)
        cm_term_clear();
    tell_status(status, &run->running);
    if (status != CM_OK)
        return cm_exit_of(status);
    if (run->result.difference[0] == '\0')
        return CM_EXIT_DONE;
    cm_tell_error("runs of the same were not the same, so nothing here is worth anything (%s)", run->result.difference);
    return CM_EXIT_CHECK;
}

/* Before anything is measured: minutes later would be late to learn that a page cannot be written there. */
static int open_page(const struct bench_job *job, struct run *run)
{
    if (!job->html)
        return CM_EXIT_DONE;
    enum cm_status status = cm_sink_open(&run->page, &cm_sink_ndjson, job->html, &run->writing);
    tell_status(status, &run->writing);
    cm_tell(&run->writing);
    return cm_exit_of(status);
}

static int write_page(const struct cm_bench_view *view, struct run *run)
{
    struct cm_buffer page = CM_BUFFER_EMPTY;
    cm_bench_page(view, &page);
    enum cm_status status = cm_buffer_status(&page);
    if (status == CM_OK)
        status = cm_sink_write(run->page, cm_buffer_view(&page));
    enum cm_status closed = cm_sink_close(run->page, status == CM_OK);
    run->page = NULL;
    status = status == CM_OK ? closed : status;
    tell_status(status, &run->writing);
    cm_tell(&run->writing);
    cm_buffer_free(&page);
    return cm_exit_of(status);
}

static int show(const struct bench_job *job, struct run *run)
{
    const struct cm_bench_view view = {.packs = &run->packs,
                                       .material = &run->material,
                                       .result = &run->result,
                                       .machine = run->machine,
                                       .threads = (unsigned)job->threads,
                                       .runs = (unsigned)job->runs,
                                       .demo = job->demo,
                                       .top = job->top ? (size_t)job->top : SIZE_MAX};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    if (job->json)
        cm_bench_json(&view, &out);
    else
        cm_bench_text(&view, &out);
    enum cm_status status = cm_buffer_status(&out);
    if (status != CM_OK)
        cm_tell_error("%s", cm_status_text(status));
    cm_put(&out);
    int code = status == CM_OK && run->page ? write_page(&view, run) : cm_exit_of(status);
    cm_buffer_free(&out);
    int flushed = cm_flush_stdout();
    return code ? code : flushed;
}

static int run_job(const struct bench_job *job)
{
    struct run run = {.inputs = CM_INPUTS_EMPTY};
    look_at_machine(&run.machine);
    int code = cm_load_packs(&run.packs, &job->packs);
    if (code == CM_EXIT_DONE)
        code = load_inputs(job, &run);
    if (code == CM_EXIT_DONE)
        code = cm_check_target(&run.inputs, "--html", job->html);
    if (code == CM_EXIT_DONE)
        code = open_page(job, &run);
    if (code == CM_EXIT_DONE)
        code = take_material(job, &run);
    /* Files that could not be read to their end are told, and what stood before is measured: the exit code is not 0. */
    bool faults = run.reading.errors > 0;
    cm_tell(&run.reading);
    if (code == CM_EXIT_DONE)
        code = measure(job, &run);
    cm_tell(&run.running);
    if (code == CM_EXIT_DONE)
        code = show(job, &run);
    if (code == CM_EXIT_DONE && faults)
        code = CM_EXIT_IO;
    if (cm_sink_close(run.page, false) != CM_OK && code == CM_EXIT_DONE)
        code = CM_EXIT_IO;
    cm_bench_result_free(&run.result);
    cm_material_free(&run.material);
    cm_packs_free(&run.packs);
    cm_inputs_free(&run.inputs);
    cm_diagnostics_free(&run.reading);
    cm_diagnostics_free(&run.running);
    cm_diagnostics_free(&run.writing);
    return code;
}

static const char more[] = "Examples:\n"
                           "  caremeter bench --quick\n"
                           "  caremeter bench archive/ --pack my-care --html bench.html\n"
                           "  caremeter bench chats.ndjson.zst --threads 1 --runs 9 --json\n"
                           "\n"
                           "Every figure is the median of runs that take turns; one round before them is\n"
                           "not measured. Stages are differences of runs on one thread, each of which goes\n"
                           "one step further; what they do not explain of the whole run is told.\n"
                           "docs/bench.md says what is measured how, docs/bench.schema.json what --json has.\n"
                           "\n"
                           "Exit codes: 0 done, 1 two runs of the same were not the same, 2 wrong usage or\n"
                           "pack, 3 input or output failed or nothing was an event, 130 stopped by Ctrl-C.\n";

int cm_bench_main(int argc, char **argv)
{
    struct bench_job job = {.threads = cm_threads_default(), .top = TOP_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "Measure this pack; again for more packs, together (default: " CM_PACK_DEFAULT ")"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .min = 1,
         .max = CM_THREADS_MAX,
         .value = "N",
         .help = "Up to so many workers (default: one a processor)"},
        {.name = "runs",
         .letter = 'r',
         .kind = CM_OPT_NUMBER,
         .into = &job.runs,
         .min = 1,
         .max = CM_BENCH_RUNS_MAX,
         .value = "N",
         .help = "Run everything so many times (default: 5)"},
        {.name = "size",
         .letter = 's',
         .kind = CM_OPT_SIZE,
         .into = &job.size,
         .min = SIZE_MIN_BYTES,
         .max = UINT64_MAX / 4,
         .value = "SIZE",
         .help = "Measure on about so much (default: 64M): of more the beginning is taken, what is not half of it is repeated"},
        {.name = "quick", .letter = 'Q', .kind = CM_OPT_FLAG, .into = &job.quick, .help = "A first look: 3 runs of about 8M"},
        {.name = "top",
         .letter = 'T',
         .kind = CM_OPT_NUMBER,
         .into = &job.top,
         .max = UINT32_MAX,
         .value = "N",
         .help = "So many of the dearest cues; 0: all (default: 10)"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "As JSON"},
        {.name = "html", .kind = CM_OPT_TEXT, .into = &job.html, .value = "FILE", .help = "Also as a page of HTML, with plots"},
    };
    const struct cm_command command = {
        .name = "caremeter bench",
        .operands = "[INPUT]...",
        .about = "How fast your packs are on your archive, on this machine: events a second, where the time goes, which cues cost most, "
                 "and how it would be with other numbers of rules and threads. Without INPUT it takes the conversations that come with "
                 "the program, repeated.",
        .more = more,
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (job.html && !cm_names_page(job.html)) {
        cm_opts_wrong(&command, "--html '%s': a page's name ends in .html", job.html);
        return CM_EXIT_USAGE;
    }
    if (job.size > cm_memory_default()) { /* what is repeated is kept in memory */
        cm_opts_wrong(&command, "--size: at most %" PRIu64 " MiB on this machine", cm_memory_default() >> 20);
        return CM_EXIT_USAGE;
    }
    job.runs = job.runs ? job.runs : job.quick ? RUNS_QUICK : RUNS_DEFAULT;
    job.size = job.size ? job.size : job.quick ? SIZE_QUICK_BYTES : SIZE_DEFAULT_BYTES;
    job.inputs = argv + operand;
    job.input_count = (size_t)(argc - operand);
    job.demo = operand == argc;
    return run_job(&job);
}
