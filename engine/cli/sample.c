#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/archive.h"
#include "cli/rules/label_files.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"
#include "study/sample/sampling.h"
#include "study/validity/agreement.h"

#define CM_TURNS_DEFAULT 300u
#define CM_BEFORE_DEFAULT 3u
#define CM_STRATUM_COLUMNS 44u

static const char *const speakers[] = {"agent", "customer", "both", NULL};
static const char *const by_names[] = {"cue", "label", "queue", "channel", "none", NULL};

struct job {
    char **inputs;
    size_t input_count;
    struct cm_opt_list pack, labels;
    const char *map, *out;
    uint64_t turns, before, seed, threads;
    int speaker, by;
    bool verbatim, json, quiet;
};

/* What has been opened by and by. */
struct run {
    const struct job *job;
    struct cm_inputs inputs;
    struct cm_packs packs;
    struct cm_label_map map;
    uint8_t *chosen; /* an entry of the map: is asked for; NULL: all are */
    struct cm_diagnostics diagnostics;
    struct cm_source *source;
    struct cm_sink *nothing, *sink;
    struct cm_sampling *sampling;
    struct cm_archive_result result;
};

static uint16_t speakers_of(const struct job *job)
{
    uint16_t agent = CM_BIT(CM_SPEAKER_AGENT) | CM_BIT(CM_SPEAKER_LEAD), customer = CM_BIT(CM_SPEAKER_CUSTOMER);
    return job->speaker == 0 ? agent : job->speaker == 1 ? customer : (uint16_t)(agent | customer);
}

/* ------------------------------------------------------------------------ map */

/* Every entry that the word names; false: none does. */
static bool choose(struct run *run, struct cm_span word)
{
    bool known = false;
    for (uint32_t i = 0; i < run->map.count; i++) {
        const struct cm_mapped *mapped = &run->map.items[i];
        if (!(CM_BIT(mapped->speaker) & speakers_of(run->job)))
            continue;
        if (!cm_span_equal(mapped->label, word) && !cm_span_equal(mapped->key, word))
            continue;
        run->chosen[i] = 1;
        known = true;
    }
    if (!known)
        cm_tell_error("--labels %.*s: %s has no such label for this speaker", (int)word.len, word.ptr, run->job->map);
    return known;
}

/* --labels a,b --labels c */
static int choose_labels(struct run *run)
{
    const struct cm_opt_list *lists = &run->job->labels;
    bool known = true;
    if (lists->count == 0)
        return CM_EXIT_DONE;
    run->chosen = calloc(run->map.count + 1u, 1);
    if (!run->chosen)
        return cm_exit_of(CM_ENOMEM);
    for (size_t i = 0; i < lists->count; i++)
        for (const char *at = lists->items[i]; *at;) {
            size_t len = strcspn(at, ",");
            if (len > 0)
                known &= choose(run, (struct cm_span){at, len});
            at += len + (at[len] == ',');
        }
    return known ? CM_EXIT_DONE : CM_EXIT_USAGE;
}

/* In a cell labels stand side by side: one of two words would come back as two. */
static int check_labels(const struct run *run)
{
    for (uint32_t i = 0; i < run->map.count; i++) {
        struct cm_span label = run->map.items[i].label;
        for (size_t j = 0; j < label.len; j++)
            if (strchr(";, \t\r\n", label.ptr[j])) {
                cm_tell_error("%s:%u:%u: the label \"%.*s\" is more than one word, which a CSV cell of labels could not tell",
                              run->job->map, run->map.items[i].place.line, run->map.items[i].place.column, (int)label.len, label.ptr);
                return CM_EXIT_USAGE;
            }
    }
    return CM_EXIT_DONE;
}

static int load_map(struct run *run)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    if (!run->job->map)
        return CM_EXIT_DONE;
    int code = cm_read_plain(run->job->map, &bytes);
    if (code == CM_EXIT_DONE) {
        code =
            cm_exit_of(cm_label_map_read(&run->map, run->job->map, cm_buffer_view(&bytes), run->packs.items[0].ruleset, &run->diagnostics));
        cm_tell(&run->diagnostics);
    }
    cm_buffer_free(&bytes);
    if (code == CM_EXIT_DONE)
        code = check_labels(run);
    return code == CM_EXIT_DONE ? choose_labels(run) : code;
}

/* ----------------------------------------------------------------------- open */

/* A sample over one that people have filled in would take their work with it. What cannot be read as labels holds none. */
static int check_unlabelled(const char *path)
{
    struct cm_labels labels = CM_LABELS_EMPTY;
    struct cm_diagnostics untold = CM_DIAGNOSTICS_EMPTY;
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    struct stat info;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return CM_EXIT_DONE;
    int code = cm_read_plain(path, &bytes);
    if (code == CM_EXIT_DONE && cm_labels_read(&labels, path, cm_buffer_view(&bytes), &untold) == CM_ENOMEM)
        code = cm_exit_of(CM_ENOMEM);
    if (code == CM_EXIT_DONE && labels.count > 0) {
        cm_tell_error("--out %s: people have labelled rows of it (%zu): give the sample another name", path, labels.count);
        code = CM_EXIT_USAGE;
    }
    cm_labels_free(&labels);
    cm_diagnostics_free(&untold);
    cm_buffer_free(&bytes);
    return code;
}

/* The archive is read twice: once to draw, once for the texts of what was drawn. */
static int check_inputs(const struct run *run)
{
    for (size_t i = 0; i < run->inputs.count; i++)
        if (!run->inputs.items[i].sized) {
            const char *path = run->inputs.items[i].path;
            cm_tell_error("%s: sample reads its input twice, which a pipe cannot be: give a file",
                          strcmp(path, "-") == 0 ? "standard input" : path);
            return CM_EXIT_USAGE;
        }
    int code = cm_check_target(&run->inputs, "--out", run->job->out);
    return code == CM_EXIT_DONE ? check_unlabelled(run->job->out) : code;
}

static enum cm_status open_run(struct run *run)
{
    const struct job *job = run->job;
    struct cm_source_request source = {.inputs = &run->inputs};
    const struct cm_sampling_request request = {
        .packs = &run->packs,
        .map = job->map ? &run->map : NULL,
        .chosen = run->chosen,
        .speakers = speakers_of(job),
        .by = (enum cm_sampling_by)job->by,
        .turns = (uint32_t)job->turns,
        .before = (uint32_t)job->before,
        .seed = job->seed,
        .workers = (unsigned)job->threads,
    };
    enum cm_status status = cm_sink_open(&run->sink, &cm_sink_csv, job->out, &run->diagnostics);
    if (status == CM_OK)
        status = cm_sink_open(&run->nothing, &cm_sink_null, "", &run->diagnostics);
    if (status == CM_OK)
        status = cm_source_open(&run->source, &cm_source_file, &source, &run->diagnostics);
    return status == CM_OK ? cm_sampling_new(&request, &run->sampling) : status;
}

static int open_all(struct run *run)
{
    int code = cm_load_inputs(&run->inputs, run->job->inputs, run->job->input_count);
    if (code == CM_EXIT_DONE)
        code = check_inputs(run);
    if (code == CM_EXIT_DONE)
        code = cm_load_packs(&run->packs, &run->job->pack);
    if (code == CM_EXIT_DONE)
        code = load_map(run);
    if (code != CM_EXIT_DONE)
        return code;
    enum cm_status status = open_run(run);
    if (status != CM_OK && run->diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&run->diagnostics);
    return cm_exit_of(status);
}

/* ----------------------------------------------------------------------- draw */

static enum cm_status judge(struct run *run)
{
    struct cm_archive_request request = {
        .packs = &run->packs,
        .source = run->source,
        .sink = run->nothing,
        /* with quotes records carry the customer's names, which are looked for in the texts */
        .render = {.evidence = run->job->verbatim ? CM_EVIDENCE_NONE : CM_EVIDENCE_QUOTES},
        .threads = (unsigned)run->job->threads,
        .max_memory = cm_memory_default(),
        .observer = cm_sampling_observe,
        .observer_context = run->sampling,
        .diagnostics = &run->diagnostics,
    };
    enum cm_status status = cm_run_archive(&request, run->job->quiet, &run->result);
    return status == CM_OK ? cm_sampling_finish(run->sampling) : status;
}

static enum cm_status look_up(struct run *run)
{
    struct cm_diagnostics told = CM_DIAGNOSTICS_EMPTY; /* what is wrong with a file was told the first time */
    struct cm_source_request request = {.inputs = &run->inputs};
    struct cm_source *source = NULL;
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, &told);
    if (status == CM_OK) {
        cm_stop_on_signals(source);
        status = cm_sampling_texts(run->sampling, run->job->verbatim ? NULL : run->packs.redactor, source);
        cm_stop_forget();
    }
    cm_source_close(source);
    cm_diagnostics_free(&told);
    return status;
}

static enum cm_status write_rows(struct run *run, uint32_t *rows)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    *rows = cm_sampling_csv(run->sampling, &out);
    enum cm_status status = cm_buffer_status(&out);
    if (status == CM_OK)
        status = cm_sink_write(run->sink, cm_buffer_view(&out));
    cm_buffer_free(&out);
    return status;
}

/* --------------------------------------------------------------------- report */

static int by_name(const void *left, const void *right)
{
    const struct cm_stratum *const *a = left, *const *b = right;
    return cm_span_compare((*a)->told.name, (*b)->told.name);
}

/* Strata that have turns: "random" and "nothing" first where there are, then by name. */
static enum cm_status list_strata(const struct run *run, const struct cm_stratum ***out, uint32_t *count)
{
    struct cm_sampling_result result = cm_sampling_result(run->sampling);
    uint32_t first = run->job->by <= CM_SAMPLING_LABEL && result.stratum_count >= 2 ? 2 : 0, fixed = 0;
    const struct cm_stratum **list = calloc(result.stratum_count + 1u, sizeof *list);
    *count = 0;
    *out = list;
    for (uint32_t i = 0; list && i < result.stratum_count; i++)
        if (result.strata[i].told.population > 0) {
            list[(*count)++] = &result.strata[i];
            fixed += i < first;
        }
    if (*count > fixed)
        qsort(list + fixed, *count - fixed, sizeof *list, by_name);
    return list ? CM_OK : CM_ENOMEM;
}

static void put_lead(const struct run *run, uint32_t rows, uint32_t strata, struct cm_buffer *out)
{
    cm_text_number(out, rows);
    cm_buffer_printf(out, " %s drawn of ", cm_plural(rows, "turn", "turns"));
    cm_text_number(out, cm_sampling_result(run->sampling).population);
    cm_buffer_text(out, ", from ");
    cm_text_number(out, strata);
    cm_buffer_printf(out, " %s\n", cm_plural(strata, "stratum", "strata"));
}

static void put_table(const struct cm_stratum *const *strata, uint32_t count, bool colour, struct cm_buffer *out)
{
    cm_buffer_printf(out, "\n%s%-*s%12s%8s%s\n", cm_paint(colour, CM_COLOUR_BOLD), (int)CM_STRATUM_COLUMNS, "stratum", "turns", "drawn",
                     cm_paint(colour, CM_COLOUR_OFF));
    for (uint32_t i = 0; i < count; i++) {
        struct cm_buffer name = CM_BUFFER_EMPTY;
        cm_text_clean(&name, strata[i]->told.name);
        cm_text_pad(out, cm_buffer_view(&name), CM_STRATUM_COLUMNS - 1);
        cm_buffer_printf(out, " %12llu%8u\n", (unsigned long long)strata[i]->told.population, strata[i]->told.drawn);
        out->failed |= name.failed;
        cm_buffer_free(&name);
    }
}

static void put_json(const struct run *run, const struct cm_stratum *const *strata, uint32_t count, uint32_t rows, struct cm_buffer *out)
{
    const struct cm_ruleset *ruleset = run->packs.items[0].ruleset;
    cm_buffer_printf(out, "{\"pack\":\"%s\",\"version\":\"%s\",\"hash\":\"%016llx%016llx\",\"seed\":%llu,\"by\":\"%s\",\"speaker\":\"%s\"",
                     ruleset->name, ruleset->version, (unsigned long long)ruleset->hash.high, (unsigned long long)ruleset->hash.low,
                     (unsigned long long)run->job->seed, by_names[run->job->by], speakers[run->job->speaker]);
    cm_buffer_printf(out, ",\"turns\":%llu,\"drawn\":%u,\"strata\":[", (unsigned long long)cm_sampling_result(run->sampling).population,
                     rows);
    for (uint32_t i = 0; i < count; i++) {
        cm_buffer_printf(out, "%s{\"stratum\":", i ? "," : "");
        cm_buffer_json(out, strata[i]->told.name);
        cm_buffer_printf(out, ",\"turns\":%llu,\"drawn\":%u}", (unsigned long long)strata[i]->told.population, strata[i]->told.drawn);
    }
    cm_buffer_text(out, "]}\n");
}

/* On standard output, unless the sample itself goes there. */
static enum cm_status report(const struct run *run, uint32_t rows)
{
    const struct job *job = run->job;
    const struct cm_stratum **strata = NULL;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    uint32_t count;
    bool own = strcmp(job->out, "-") != 0;
    enum cm_status status = list_strata(run, &strata, &count);
    if (status == CM_OK && job->json) {
        put_json(run, strata, count, rows, &out);
    } else if (status == CM_OK && !job->quiet) {
        put_lead(run, rows, count, &out);
        if (own)
            put_table(strata, count, cm_term_colour(stdout), &out);
    }
    if (status == CM_OK)
        status = cm_buffer_status(&out);
    if (status == CM_OK && own)
        cm_put(&out);
    else if (status == CM_OK && out.len > 0)
        fwrite(out.ptr, 1, out.len, stderr);
    free(strata);
    cm_buffer_free(&out);
    return status;
}

static void tell_left_out(const struct run *run, uint32_t rows)
{
    uint32_t drawn = cm_sampling_result(run->sampling).count;
    if (rows < drawn)
        cm_tell_error("%u %s left out: the text could not be redacted, or is no longer where it was", drawn - rows,
                      cm_plural(drawn - rows, "turn was", "turns were"));
    if (run->result.events > 0 && cm_sampling_result(run->sampling).population == 0)
        cm_tell_error("nothing to draw from: no turn is %s", run->job->speaker == 0   ? "an agent's"
                                                             : run->job->speaker == 1 ? "a customer's"
                                                                                      : "an agent's or a customer's");
}

static int outcome(struct run *run, enum cm_status status, uint32_t rows)
{
    bool faults = run->diagnostics.errors > 0;
    enum cm_status closed = cm_sink_close(run->sink, status == CM_OK);
    run->sink = NULL;
    status = status == CM_OK ? closed : status;
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped; nothing was drawn\n", stderr);
    else if (status == CM_ELIMIT)
        cm_tell_error("more than %u different %s: is that what they are?", CM_SAMPLING_STRATA_MAX,
                      run->job->by == CM_SAMPLING_QUEUE ? "queues" : "strata");
    else if (status != CM_OK && run->diagnostics.errors == 0)
        cm_tell_error("%s", cm_status_text(status));
    cm_tell(&run->diagnostics);
    if (status == CM_ELIMIT)
        return CM_EXIT_USAGE;
    if (status == CM_OK) {
        cm_tell_dead_letters(&run->result.dead_letters, run->result.lines);
        cm_tell_no_events(&run->result.dead_letters, run->result.lines, run->result.events);
        tell_left_out(run, rows);
        status = report(run, rows);
    }
    int flushed = cm_flush_stdout();
    if (status != CM_OK)
        return cm_exit_of(status);
    return flushed || faults ? CM_EXIT_IO : CM_EXIT_DONE;
}

static int sample(const struct job *job)
{
    struct run run = {.job = job};
    uint32_t rows = 0;
    int code = open_all(&run);
    if (code == CM_EXIT_DONE) {
        enum cm_status status = judge(&run);
        if (status == CM_OK)
            status = look_up(&run);
        if (status == CM_OK)
            status = write_rows(&run, &rows);
        code = outcome(&run, status, rows);
    }
    enum cm_status closed = cm_sink_close(run.nothing, false);
    if (cm_sink_close(run.sink, false) != CM_OK || closed != CM_OK)
        code = code ? code : CM_EXIT_IO;
    cm_source_close(run.source);
    cm_sampling_free(run.sampling);
    cm_archive_result_free(&run.result);
    cm_label_map_free(&run.map);
    cm_packs_free(&run.packs);
    cm_inputs_free(&run.inputs);
    cm_diagnostics_free(&run.diagnostics);
    free(run.chosen);
    return code;
}

static int check_job(const struct job *job, const struct cm_command *command)
{
    const char *dot = strrchr(job->out, '.');
    if (job->input_count == 0)
        cm_opts_wrong(command, "name an archive to draw from");
    else if (job->pack.count > 1)
        cm_opts_wrong(command, "one pack at a time says what is drawn");
    else if (job->by == CM_SAMPLING_LABEL && !job->map)
        cm_opts_wrong(command, "--by label needs --map, which says which cues stand for a label");
    else if (job->labels.count && !job->map)
        cm_opts_wrong(command, "--labels are labels of --map: give both");
    else if (strcmp(job->out, "-") != 0 && (!dot || strcmp(dot, ".csv") != 0))
        cm_opts_wrong(command, "--out '%s': a sample's name ends in .csv, or is - for standard output", job->out);
    else if (job->json && strcmp(job->out, "-") == 0)
        cm_opts_wrong(command, "--json tells of the strata on standard output: give the sample a file with --out");
    else
        return CM_EXIT_DONE;
    return CM_EXIT_USAGE;
}

int cm_sample_main(int argc, char **argv)
{
    struct job job = {
        .out = "-", .turns = CM_TURNS_DEFAULT, .before = CM_BEFORE_DEFAULT, .seed = CM_SEED_DEFAULT, .threads = cm_threads_default()};
    const struct cm_opt options[] = {
        {.name = "turns",
         .letter = 'n',
         .kind = CM_OPT_NUMBER,
         .into = &job.turns,
         .value = "N",
         .min = 1,
         .max = CM_SAMPLING_TURNS_MAX,
         .help = "Turns to draw (default: 300)"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_CHOICE,
         .into = &job.speaker,
         .value = "WHO",
         .choices = speakers,
         .help = "Whose: agent (default; leads are agents), customer, both"},
        {.name = "by",
         .letter = 'b',
         .kind = CM_OPT_CHOICE,
         .into = &job.by,
         .value = "WHAT",
         .choices = by_names,
         .help = "Strata: cue (default), label, queue, channel, none"},
        {.name = "map",
         .letter = 'm',
         .kind = CM_OPT_TEXT,
         .into = &job.map,
         .value = "FILE",
         .help = "YAML: which cues say what a label says; the machine's column then holds labels, not cues"},
        {.name = "labels",
         .letter = 'l',
         .kind = CM_OPT_LIST,
         .into = &job.labels,
         .value = "L,L...",
         .help = "Only these labels of the map"},
        {.name = "before",
         .kind = CM_OPT_NUMBER,
         .into = &job.before,
         .value = "N",
         .max = CM_SAMPLING_BEFORE_MAX,
         .help = "Show N turns before each (default: 3)"},
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.pack,
         .value = "DIR|NAME",
         .help = "Whose cues (default: " CM_PACK_DEFAULT ")"},
        {.name = "out",
         .letter = 'o',
         .kind = CM_OPT_TEXT,
         .into = &job.out,
         .value = "FILE.csv",
         .help = "Write the sample there (default: -, standard output) and print a table of strata"},
        {.name = "verbatim",
         .kind = CM_OPT_FLAG,
         .into = &job.verbatim,
         .help = "Texts as they were said; else numbers, addresses and names that identify people are masked"},
        {.name = "seed", .kind = CM_OPT_NUMBER, .into = &job.seed, .value = "N", .max = UINT64_MAX, .help = "Another seed, other turns"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .value = "N",
         .min = 1,
         .max = CM_THREADS_MAX,
         .help = "Workers (default: one a processor); the sample is the same for any number"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "The strata as a JSON object (needs --out)"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No table, no progress"},
    };
    const struct cm_command command = {
        .name = "caremeter sample",
        .operands = "INPUT...",
        .about = "Draws turns for people to label, as a CSV that a spreadsheet opens and rules validate reads back: some of every cue "
                 "that fires, or label, or queue.",
        .more = "People fill the column human with labels (separated by spaces; - for none of\n"
                "them); rows left empty are not read. The column machine is what the rules say\n"
                "today; rules validate tells what people changed in it.\n"
                "\n"
                "With --by cue and --by label the strata \"nothing\" (turns in which nothing fires)\n"
                "and \"random\" (of all turns) stand beside the others. \"random\" is for rates:\n"
                "among the rows that name it in the column stratum a plain share is the\n"
                "archive's. Over all rows, count each by its weight: the turns it stands for.\n"
                "\n"
                "A cell that would begin with = + - @ or a tab has an apostrophe before it, so\n"
                "that no spreadsheet calculates what a customer wrote; validate takes it off.\n"
                "\n"
                "Examples:\n"
                "  caremeter sample archive/ --turns 200 --out to-label.csv\n"
                "  caremeter sample archive/ --map map.yaml --by label --labels greet -o a.csv\n"
                "  caremeter rules validate customer-care --labels labelled.csv --map map.yaml\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage, pack or map, 3 input or output failed,\n"
                "130 stopped by Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    job.inputs = argv + operand;
    job.input_count = (size_t)(argc - operand);
    int code = check_job(&job, &command);
    return code ? code : sample(&job);
}
