#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common.h"
#include "cli/rules/coverage.h"
#include "cli/term.h"
#include "cli/text.h"
#include "io/sink.h"
#include "run/prove.h"

struct test_run {
    struct cm_prover prover;
    struct cm_coverage coverage;
    bool json, colour, covers;
    double seconds; /* of the suite */
    uint32_t examples, failed, skipped;
    struct cm_buffer failures; /* JSON items */
    struct cm_buffer cases;    /* XML */
    struct cm_buffer text;     /* scratch */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* XML 1.0 has no way to write most control characters. */
static void xml(struct cm_buffer *out, struct cm_span text)
{
    struct cm_buffer clean = CM_BUFFER_EMPTY;
    cm_text_clean(&clean, text);
    for (size_t i = 0; i < clean.len; i++)
        switch (clean.ptr[i]) {
        case '&':
            cm_buffer_text(out, "&amp;");
            break;
        case '<':
            cm_buffer_text(out, "&lt;");
            break;
        case '>':
            cm_buffer_text(out, "&gt;");
            break;
        case '"':
            cm_buffer_text(out, "&quot;");
            break;
        default:
            cm_buffer_byte(out, clean.ptr[i]);
        }
    if (cm_buffer_status(&clean) != CM_OK)
        out->failed = true;
    cm_buffer_free(&clean);
}

/* A pasted mail is not shown in full: the beginning says which it is. */
#define CM_FAILURE_COLUMNS 160u

static void line(struct cm_buffer *out, const char *title, struct cm_buffer *text)
{
    cm_buffer_text(out, title);
    cm_text_cut(out, cm_buffer_view(text), CM_FAILURE_COLUMNS);
    cm_buffer_byte(out, '\n');
    cm_buffer_reset(text);
}

static void fail_text(struct test_run *run, const struct cm_cue *cue, const struct cm_example *example, const char *why)
{
    struct cm_buffer *out = &run->text;
    cm_buffer_reset(out);
    cm_buffer_printf(out, "%sFAIL%s %s: %s\n", cm_paint(run->colour, CM_COLOUR_RED), cm_paint(run->colour, CM_COLOUR_OFF), cue->id, why);
    if (example->place.file)
        cm_buffer_printf(out, "  at      %s:%u:%u\n", example->place.file, example->place.line, example->place.column);
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_text_clean(&text, example->text);
    line(out, "  text    ", &text);
    cm_trial_tokens(&run->prover.trial.turn, &text);
    line(out, "  read as ", &text);
    cm_trial_hits(&run->prover.trial, &text);
    line(out, "  hits    ", &text);
    cm_buffer_free(&text);
    cm_put(out);
}

static void fail_json(struct test_run *run, const struct cm_cue *cue, const struct cm_example *example, bool wanted, const char *why)
{
    struct cm_buffer *out = &run->failures;
    cm_buffer_printf(out, "%s{\"cue\":\"%s\",\"expected\":\"%s\",\"why\":\"%s\",\"text\":", out->len ? "," : "", cue->id,
                     wanted ? "hit" : "miss", why);
    cm_buffer_json(out, example->text);
    cm_buffer_text(out, ",\"file\":");
    cm_buffer_json(out, cm_span_of(example->place.file ? example->place.file : ""));
    cm_buffer_printf(out, ",\"line\":%u,\"column\":%u,\"read_as\":", example->place.line, example->place.column);
    cm_buffer_reset(&run->text);
    cm_trial_tokens(&run->prover.trial.turn, &run->text);
    cm_buffer_json(out, cm_buffer_view(&run->text));
    cm_buffer_text(out, ",\"hits\":[");
    const char *between = "";
    for (uint32_t i = 0; i < run->prover.trial.ruleset->cue_count; i++)
        if (run->prover.trial.verdicts[i] == CM_VERDICT_HIT) {
            cm_buffer_printf(out, "%s\"%s\"", between, run->prover.trial.ruleset->cues[i].id);
            between = ",";
        }
    cm_buffer_text(out, "]}");
}

static void add_case(struct test_run *run, const struct cm_cue *cue, const struct cm_example *example, bool wanted, const char *failure,
                     bool skipped, double seconds)
{
    struct cm_buffer *out = &run->cases;
    cm_buffer_printf(out, "  <testcase classname=\"%s.%s\" file=\"", run->prover.trial.ruleset->name, cue->id);
    xml(out, cm_span_of(example->place.file ? example->place.file : ""));
    cm_buffer_printf(out, "\" line=\"%u\" time=\"%.6f\" name=\"%s: ", example->place.line, seconds, wanted ? "hit" : "miss");
    xml(out, example->text);
    cm_buffer_text(out, failure || skipped ? "\">" : "\"/>\n");
    if (skipped)
        cm_buffer_text(out, "<skipped message=\"depends on other turns\"/></testcase>\n");
    if (!failure)
        return;
    cm_buffer_printf(out, "<failure message=\"%s\">", failure);
    cm_buffer_reset(&run->text);
    cm_buffer_printf(&run->text, "%s:%u: hits: ", example->place.file ? example->place.file : "", example->place.line);
    cm_trial_hits(&run->prover.trial, &run->text);
    xml(out, cm_buffer_view(&run->text));
    cm_buffer_text(out, "</failure></testcase>\n");
}

static enum cm_status run_example(struct test_run *run, uint32_t index, const struct cm_example *example, bool wanted)
{
    const struct cm_cue *cue = &run->prover.trial.ruleset->cues[index];
    double from = now();
    enum cm_verdict verdict = CM_VERDICT_UNKNOWN;
    enum cm_status status = cm_prover_try(&run->prover, index, example, &verdict);
    if (status == CM_OK && run->covers && wanted)
        status = cm_coverage_add(&run->coverage, index, &run->prover.trial.turn);
    if (status != CM_OK)
        return status;
    double seconds = now() - from;
    run->seconds += seconds;
    const char *complaint = cm_prover_complaint(verdict, wanted);
    bool skipped = verdict == CM_VERDICT_UNKNOWN;
    run->examples++;
    run->skipped += skipped;
    run->failed += complaint != NULL;
    add_case(run, cue, example, wanted, complaint, skipped, seconds);
    if (complaint && run->json)
        fail_json(run, cue, example, wanted, complaint);
    else if (complaint)
        fail_text(run, cue, example, complaint);
    return CM_OK;
}

static enum cm_status run_pack(struct test_run *run)
{
    const struct cm_ruleset *rules = run->prover.trial.ruleset;
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < rules->cue_count && status == CM_OK; i++) {
        const struct cm_cue *cue = &rules->cues[i];
        for (uint32_t j = 0; j < cue->hit_count && status == CM_OK; j++)
            status = run_example(run, i, &cue->hits[j], true);
        for (uint32_t j = 0; j < cue->miss_count && status == CM_OK; j++)
            status = run_example(run, i, &cue->misses[j], false);
    }
    return status;
}

static void print_result(struct test_run *run)
{
    const struct cm_ruleset *rules = run->prover.trial.ruleset;
    cm_buffer_reset(&run->text);
    if (run->covers && run->json)
        cm_coverage_json(&run->coverage, &run->text);
    else if (run->covers)
        cm_coverage_text(&run->coverage, &run->text);
    if (!run->json)
        cm_put(&run->text);
    if (run->json)
        printf("{\"pack\":\"%s\",\"version\":\"%s\",\"examples\":%u,\"failed\":%u,\"skipped\":%u,\"failures\":[%.*s]%.*s}\n", rules->name,
               rules->version, run->examples, run->failed, run->skipped, (int)run->failures.len, run->failures.ptr ? run->failures.ptr : "",
               (int)run->text.len, run->text.ptr ? run->text.ptr : "");
    else
        printf("%s %s: %u %s of %u %s, %u failed, %u not run (they depend on other turns)\n", rules->name, rules->version, run->examples,
               cm_plural(run->examples, "example", "examples"), rules->cue_count, cm_plural(rules->cue_count, "cue", "cues"), run->failed,
               run->skipped);
}

struct test_job {
    bool json, coverage;
};

/* Test one loaded pack; cases are appended to junit. */
static int test_pack(const struct cm_packs *packs, size_t pack, const struct test_job *job, struct cm_buffer *junit)
{
    struct test_run run = {.json = job->json, .covers = job->coverage, .colour = cm_term_colour(stdout)};
    enum cm_status status = cm_prover_init(&run.prover, packs, pack);
    if (status == CM_OK && run.covers)
        status = cm_coverage_init(&run.coverage, run.prover.trial.ruleset);
    if (status == CM_OK)
        status = run_pack(&run);
    if (status == CM_OK) {
        print_result(&run);
        cm_buffer_printf(junit, " <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"%.6f\">\n",
                         run.prover.trial.ruleset->name, run.examples, run.failed, run.skipped, run.seconds);
        cm_buffer_span(junit, cm_buffer_view(&run.cases));
        cm_buffer_text(junit, " </testsuite>\n");
        status = cm_buffer_status(junit);
    }
    if (status != CM_OK)
        cm_tell_error("%s", cm_status_text(status));
    cm_buffer_free(&run.failures);
    cm_buffer_free(&run.cases);
    cm_buffer_free(&run.text);
    cm_coverage_free(&run.coverage);
    cm_prover_free(&run.prover);
    return status != CM_OK ? CM_EXIT_IO : run.failed ? CM_EXIT_CHECK : CM_EXIT_DONE;
}

static int write_junit(const char *path, const struct cm_buffer *suites)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_sink *sink;
    enum cm_status status = cm_sink_open(&sink, &cm_sink_ndjson, path, &diagnostics);
    if (status == CM_OK) {
        status = cm_sink_write(sink, CM_SPAN("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
        if (status == CM_OK)
            status = cm_sink_write(sink, cm_buffer_view(suites));
        if (status == CM_OK)
            status = cm_sink_write(sink, CM_SPAN("</testsuites>\n"));
        enum cm_status closed = cm_sink_close(sink, status == CM_OK);
        status = status == CM_OK ? closed : status;
    }
    cm_tell(&diagnostics);
    return cm_exit_of(status);
}

int cm_rules_test_main(int argc, char **argv)
{
    struct test_job job = {false, false};
    const char *junit = NULL;
    const struct cm_opt options[] = {
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "A JSON object a pack"},
        {.name = "coverage", .kind = CM_OPT_FLAG, .into = &job.coverage, .help = "Also which phrases no hit example reaches"},
        {.name = "junit", .kind = CM_OPT_TEXT, .into = &junit, .value = "FILE", .help = "Also write the cases as JUnit XML"},
    };
    const struct cm_command command = {
        .name = "caremeter rules test",
        .operands = "[PACK]...",
        .about = "Runs every hit and miss example of every cue of the packs (folders or names; default: " CM_PACK_DEFAULT ").",
        .more = "An example may tell what was said before it:\n"
                "  hit: [{before: [\"customer: my lamp is broken\"], text: \"Broken, I see\"}]\n"
                "Without that, gates are left aside, and cues that depend on other turns (echo,\n"
                "near) are told apart and not run.\n\n"
                "Exit codes: 0 all good, 1 examples failed, 2 wrong usage or pack.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    struct cm_packs packs = CM_PACKS_EMPTY;
    struct cm_opt_list names = {.count = 0};
    struct cm_buffer suites = CM_BUFFER_EMPTY;
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    for (; operand < argc && names.count < CM_OPT_LIST_MAX; operand++)
        names.items[names.count++] = argv[operand];
    int code = cm_load_packs(&packs, &names);
    for (size_t i = 0; i < packs.count && code <= CM_EXIT_CHECK; i++) {
        int one = test_pack(&packs, i, &job, &suites);
        code = one > code ? one : code;
    }
    if (junit && code <= CM_EXIT_CHECK) {
        int one = write_junit(junit, &suites);
        code = one > code ? one : code;
    }
    cm_buffer_free(&suites);
    cm_packs_free(&packs);
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}
