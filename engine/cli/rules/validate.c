#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/archive.h"
#include "cli/rules/label_files.h"
#include "cli/rules/validate.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "io/sink.h"
#include "run/archive.h"

#define CM_WORST_DEFAULT 3u
/* Conversations named for each scale of ratings, where --worst does not say. */
#define CM_APART_DEFAULT 10u

static const char *const half_names[] = {"both", "written", "checked", NULL};

struct job {
    struct cm_opt_list pack, labels, ratings, events;
    const char *map, *html, *label;
    uint64_t worst, seed, resamples, threads;
    int half;
    bool json, cues, validity, worst_asked;
};

struct state {
    struct cm_packs packs;
    struct cm_labels labels;
    struct cm_label_map map;
    struct cm_validation validation;
    struct cm_overrides overrides;
    struct cm_ratings ratings;
    struct cm_ratings_result compared;
    struct cm_diagnostics diagnostics;
};

static enum cm_status worse(enum cm_status first, enum cm_status second)
{
    return first != CM_OK ? first : second;
}

static int load_labels(const struct job *job, struct state *state)
{
    enum cm_status status;
    int code = cm_load_labels(&state->labels, &job->labels, &state->diagnostics, &status);
    struct cm_buffer map = CM_BUFFER_EMPTY;
    if (code == CM_EXIT_DONE)
        code = cm_read_plain(job->map, &map);
    if (code == CM_EXIT_DONE)
        status = worse(status,
                       cm_label_map_read(&state->map, job->map, cm_buffer_view(&map), state->packs.items[0].ruleset, &state->diagnostics));
    if (code == CM_EXIT_DONE && status == CM_OK)
        cm_validate_compare_names(&state->labels, &state->map, &state->diagnostics);
    cm_buffer_free(&map);
    int settled = cm_tell_measured(&state->diagnostics, status);
    return code ? code : settled;
}

static int load_ratings(const struct job *job, struct state *state)
{
    enum cm_status status = CM_OK;
    int code = CM_EXIT_DONE;
    for (size_t i = 0; i < job->ratings.count && code == CM_EXIT_DONE; i++) {
        struct cm_buffer bytes = CM_BUFFER_EMPTY;
        code = cm_read_plain(job->ratings.items[i], &bytes);
        if (code == CM_EXIT_DONE)
            status = worse(status, cm_ratings_read(&state->ratings, job->ratings.items[i], cm_buffer_view(&bytes),
                                                   state->packs.items[0].ruleset, &state->diagnostics));
        cm_buffer_free(&bytes);
    }
    int settled = cm_tell_measured(&state->diagnostics, status);
    return code ? code : settled;
}

static void show_progress(void *context, size_t done, size_t total)
{
    (void)context;
    fprintf(stderr, "\r\033[Klistening to %zu of %zu turns", done, total);
    fflush(stderr);
}

static int measure(const struct job *job, struct state *state)
{
    bool bar = isatty(STDERR_FILENO);
    const struct cm_validate_request request = {
        .packs = &state->packs,
        .labels = &state->labels,
        .map = &state->map,
        .half_only = job->half > 0,
        .half = job->half == 2 ? CM_HALF_CHECKED : CM_HALF_WRITTEN,
        .worst = (uint32_t)job->worst,
        .seed = job->seed,
        .resamples = (uint32_t)job->resamples,
        .stop = cm_stop_flag(),
        .progress = bar ? show_progress : NULL,
    };
    cm_stop_on_signals(NULL);
    enum cm_status status = cm_validate(&request, &state->validation);
    if (bar)
        cm_term_clear();
    if (status == CM_OK)
        status = cm_overrides_count(&state->validation, request.half_only, request.half, &state->overrides);
    if (status == CM_EINPUT)
        cm_tell_error("nothing matches: no labelled turn carries a label of %s in a turn of its speaker", job->map);
    return status == CM_EINPUT ? CM_EXIT_USAGE : cm_tell_measured(&state->diagnostics, status);
}

static enum cm_status run_archive(const struct job *job, struct state *state, struct cm_source *source, struct cm_archive_result *result)
{
    struct cm_sink *sink;
    enum cm_status status = cm_sink_open(&sink, &cm_sink_null, NULL, &state->diagnostics);
    if (status != CM_OK)
        return status;
    struct cm_archive_request request = {
        .packs = &state->packs,
        .source = source,
        .sink = sink,
        .threads = (unsigned)job->threads,
        .max_memory = cm_memory_default(),
        .observer = cm_ratings_observe,
        .observer_context = &state->ratings,
        .diagnostics = &state->diagnostics,
    };
    status = cm_run_archive(&request, false, result);
    enum cm_status closed = cm_sink_close(sink, status == CM_OK);
    return worse(status, closed);
}

/* Score the conversations, and set the ratings beside them. */
static int compare(const struct job *job, struct state *state)
{
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_source *source = NULL;
    struct cm_archive_result result = {0};
    char *arguments[CM_OPT_LIST_MAX];
    for (size_t i = 0; i < job->events.count; i++)
        arguments[i] = (char *)(uintptr_t)job->events.items[i]; /* they came from argv */
    int code = cm_load_inputs(&inputs, arguments, job->events.count);
    if (code != CM_EXIT_DONE)
        goto out;
    struct cm_source_request request = {.inputs = &inputs};
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &state->diagnostics);
    if (status == CM_OK)
        status = run_archive(job, state, source, &result);
    bool faults = state->diagnostics.errors > 0;
    code = cm_tell_measured(&state->diagnostics, status);
    if (code == CM_EXIT_DONE && faults)
        code = CM_EXIT_IO;
    if (code != CM_EXIT_DONE)
        goto out;
    cm_tell_dead_letters(&result.dead_letters, result.lines);
    cm_tell_no_events(&result.dead_letters, result.lines, result.events);
    code =
        cm_tell_measured(&state->diagnostics,
                         cm_ratings_compare(&state->ratings, job->worst_asked ? (uint32_t)job->worst : CM_APART_DEFAULT, &state->compared));
    if (code == CM_EXIT_DONE && state->compared.found == 0) {
        cm_tell_error("none of the %zu rated conversations is in the events", state->ratings.count);
        code = CM_EXIT_USAGE;
    }
out:
    cm_source_close(source);
    cm_archive_result_free(&result);
    cm_inputs_free(&inputs);
    return code;
}

static int write_page(const char *path, const struct cm_validate_report *report)
{
    struct cm_buffer page = CM_BUFFER_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_sink *sink = NULL;
    cm_validate_page(report, &page);
    enum cm_status status = cm_buffer_status(&page);
    if (status == CM_OK)
        status = cm_sink_open(&sink, &cm_sink_ndjson, path, &diagnostics);
    if (status == CM_OK) {
        status = cm_sink_write(sink, cm_buffer_view(&page));
        status = worse(status, cm_sink_close(sink, status == CM_OK));
    }
    if (status != CM_OK && diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&diagnostics);
    cm_buffer_free(&page);
    return cm_exit_of(status);
}

static int report(const struct job *job, const struct state *state)
{
    struct cm_validate_report report = {
        .ruleset = state->packs.items[0].ruleset,
        .validation = job->labels.count ? &state->validation : NULL,
        .overrides = state->overrides.turns ? &state->overrides : NULL,
        .ratings = job->ratings.count ? &state->ratings : NULL,
        .compared = job->ratings.count ? &state->compared : NULL,
        .label = job->label,
        .cues = job->cues,
        .worst_asked = job->worst_asked,
    };
    struct cm_buffer out = CM_BUFFER_EMPTY;
    bool known = !job->label;
    for (uint32_t i = 0; i < state->validation.result_count && !known; i++)
        known = cm_validate_shows(&report, i);
    if (!known) {
        cm_tell_error("--label %s: the map has no such label", job->label);
        return CM_EXIT_USAGE;
    }
    if (job->validity)
        cm_validate_yaml(&report, &out);
    else if (job->json)
        cm_validate_json(&report, &out);
    else
        cm_validate_text(&report, cm_term_colour(stdout), cm_term_width(stdout), &out);
    int code = cm_exit_of(cm_buffer_status(&out));
    if (code)
        cm_tell_error("%s", cm_status_text(CM_ENOMEM));
    else
        cm_put(&out);
    cm_buffer_free(&out);
    if (!code && job->html)
        code = write_page(job->html, &report);
    int flushed = cm_flush_stdout();
    return code ? code : flushed;
}

static int run(const struct job *job)
{
    struct state state = {0};
    int code = cm_load_packs(&state.packs, &job->pack);
    if (code == CM_EXIT_DONE && job->labels.count)
        code = load_labels(job, &state);
    if (code == CM_EXIT_DONE && job->ratings.count)
        code = load_ratings(job, &state);
    if (code == CM_EXIT_DONE && job->labels.count)
        code = measure(job, &state);
    if (code == CM_EXIT_DONE && job->ratings.count)
        code = compare(job, &state);
    if (code == CM_EXIT_DONE)
        code = report(job, &state);
    cm_ratings_result_free(&state.compared);
    cm_ratings_free(&state.ratings);
    cm_overrides_free(&state.overrides);
    cm_validation_free(&state.validation);
    cm_label_map_free(&state.map);
    cm_labels_free(&state.labels);
    cm_diagnostics_free(&state.diagnostics);
    cm_packs_free(&state.packs);
    return code;
}

/* Operands behind the pack go on with the one list that shells expand: --labels *.ndjson, --events *.ndjson. */
static int take_operands(const struct cm_command *command, struct job *job, int argc, char **argv, int operand)
{
    struct cm_opt_list *more = job->labels.count && job->events.count ? NULL : job->labels.count ? &job->labels : &job->events;
    if (operand == argc) {
        cm_opts_wrong(command, "name the pack that is measured");
        return CM_EXIT_USAGE;
    }
    job->pack.items[job->pack.count++] = argv[operand++];
    if (operand < argc && !more) {
        cm_opts_wrong(command, "'%s': with both --labels and --events give each file its own option", argv[operand]);
        return CM_EXIT_USAGE;
    }
    for (; operand < argc; operand++) {
        if (more->count == 0 || more->count == CM_OPT_LIST_MAX) {
            cm_opts_wrong(command, "'%s': one pack is measured at a time", argv[operand]);
            return CM_EXIT_USAGE;
        }
        more->items[more->count++] = argv[operand];
    }
    const char *missing = NULL;
    if (!job->labels.count && !job->ratings.count)
        missing = "give --labels and --map, or --ratings and --events";
    else if (!job->labels.count != !job->map)
        missing = job->map ? "--map says what --labels mean: give both" : "--labels needs --map, which says which cues stand for a label";
    else if (!job->ratings.count != !job->events.count)
        missing = job->ratings.count ? "--ratings needs --events, the conversations that were rated"
                                     : "--events are scored for --ratings: give both";
    else if (job->validity && (!job->labels.count || job->json))
        missing = job->json ? "--validity is YAML: leave out --json" : "--validity is measured on --labels";
    else if (job->label && !job->labels.count)
        missing = "--label is one of the map's";
    else if (job->html && !cm_names_page(job->html))
        missing = "--html: a page's name ends in .html";
    if (missing)
        cm_opts_wrong(command, "%s", missing);
    return missing ? CM_EXIT_USAGE : CM_EXIT_DONE;
}

#define CM_NOT_GIVEN UINT64_MAX

int cm_rules_validate_main(int argc, char **argv)
{
    struct job job = {.worst = CM_NOT_GIVEN, .seed = CM_SEED_DEFAULT, .resamples = CM_RESAMPLES_DEFAULT, .threads = cm_threads_default()};
    const struct cm_opt options[] = {
        {.name = "labels",
         .letter = 'l',
         .kind = CM_OPT_LIST,
         .into = &job.labels,
         .value = "FILE...",
         .help = "Labelled turns: NDJSON (also .gz, .zst), or the CSV of caremeter sample"},
        {.name = "map",
         .letter = 'm',
         .kind = CM_OPT_TEXT,
         .into = &job.map,
         .value = "FILE",
         .help = "YAML: which cues of the pack say what a label says"},
        {.name = "ratings",
         .letter = 'r',
         .kind = CM_OPT_LIST,
         .into = &job.ratings,
         .value = "FILE",
         .help = "Conversations as readers rate them (NDJSON)"},
        {.name = "events",
         .letter = 'e',
         .kind = CM_OPT_LIST,
         .into = &job.events,
         .value = "INPUT...",
         .help = "These conversations, to be scored"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "One JSON object with everything"},
        {.name = "validity",
         .kind = CM_OPT_FLAG,
         .into = &job.validity,
         .help = "Print what pack.yaml keeps of it, so that reports know which behaviours were measured"},
        {.name = "html", .kind = CM_OPT_TEXT, .into = &job.html, .value = "FILE", .help = "Also write a page to read and print"},
        {.name = "worst",
         .letter = 'w',
         .kind = CM_OPT_NUMBER,
         .into = &job.worst,
         .value = "N",
         .max = 1000,
         .help = "Show N misses and N false hits of every label (default: 3 of those that are weak), and N conversations of every scale"},
        {.name = "label", .kind = CM_OPT_TEXT, .into = &job.label, .value = "LABEL", .help = "Only this label, with its cues"},
        {.name = "cues", .letter = 'c', .kind = CM_OPT_FLAG, .into = &job.cues, .help = "Also the table of all cues"},
        {.name = "half",
         .kind = CM_OPT_CHOICE,
         .into = &job.half,
         .value = "both|written|checked",
         .choices = half_names,
         .help = "Measure on one half of the conversations only"},
        {.name = "seed", .kind = CM_OPT_NUMBER, .into = &job.seed, .value = "N", .max = UINT64_MAX - 1, .help = "Of the bootstrap"},
        {.name = "resamples",
         .kind = CM_OPT_NUMBER,
         .into = &job.resamples,
         .value = "N",
         .max = 100000,
         .help = "Of the bootstrap (default: 1000; 0: no intervals of F1 and kappa)"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .value = "N",
         .min = 1,
         .max = CM_THREADS_MAX,
         .help = "For scoring --events"},
    };
    const struct cm_command command = {
        .name = "caremeter rules validate",
        .operands = "PACK",
        .about =
            "Measures a pack against labelled turns: precision, recall, F1 and kappa with intervals for every label, cue and behaviour; "
            "and against readers' ratings of whole conversations: Spearman's rank correlation.",
        .more = "Examples:\n"
                "  caremeter rules validate my-pack --labels turns.ndjson --map map.yaml\n"
                "  caremeter rules validate my-pack --labels turns.ndjson --map map.yaml --label greet\n"
                "  caremeter rules validate my-pack --ratings ratings.ndjson --events archive/\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage, pack, labels, map or ratings, 3 input or\n"
                "output failed, 130 stopped by Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    int code = take_operands(&command, &job, argc, argv, operand);
    job.worst_asked = job.worst != CM_NOT_GIVEN;
    job.worst = job.worst_asked ? job.worst : CM_WORST_DEFAULT;
    return code ? code : run(&job);
}
