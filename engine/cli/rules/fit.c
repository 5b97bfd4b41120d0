#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/rules/label_files.h"
#include "cli/stop.h"
#include "cli/term.h"
#include "cli/text.h"
#include "study/fit/fit.h"

#define PHRASES_DEFAULT 30u
#define LEAST_DEFAULT 5u
#define SHARE_DEFAULT 6u /* per cent */
#define FOLDS_DEFAULT 5u

static const char *const speakers[] = {"agent", "customer", "lead", "bot", NULL};
static const enum cm_speaker speaker_of[] = {CM_SPEAKER_AGENT, CM_SPEAKER_CUSTOMER, CM_SPEAKER_LEAD, CM_SPEAKER_BOT};
static const char *const halves[] = {"both", "written", "checked", NULL};

struct job {
    struct cm_opt_list pack, labels;
    const char *label, *id;
    uint64_t phrases, least, share, folds, seed;
    int speaker, half;
    bool json, no_cues, quiet;
};

struct state {
    struct cm_packs packs;
    struct cm_labels labels;
    struct cm_diagnostics diagnostics;
    uint8_t *cues; /* a cue: may be summed up */
    struct cm_fit fit;
};

/* ----------------------------------------------------------------------- cues */

static bool goes_by(const struct cm_cue *cue, const uint8_t *marked)
{
    const struct cm_cue_list *lists[] = {&cue->all, &cue->any, &cue->none};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (uint32_t j = 0; j < lists[i]->count; j++)
            if (marked[lists[i]->items[j]])
                return true;
    for (uint32_t i = 0; i < cue->weight_count; i++)
        if (marked[cue->weights[i].cue])
            return true;
    return false;
}

/* Cues that the speaker can say and that do not go by the one that is fitted; sums of others are none: they would only stand for it. */
static enum cm_status choose_cues(const struct job *job, struct state *state)
{
    const struct cm_ruleset *ruleset = state->packs.items[0].ruleset;
    uint32_t self = cm_ruleset_cue(ruleset, cm_span_of(job->id));
    uint8_t *dependent = calloc((size_t)ruleset->cue_count + 1, 1);
    state->cues = calloc((size_t)ruleset->cue_count + 1, 1);
    if (!dependent || !state->cues) {
        free(dependent);
        return CM_ENOMEM;
    }
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        uint32_t cue = ruleset->cue_order[i];
        const struct cm_cue *rule = &ruleset->cues[cue];
        dependent[cue] = cue == self || rule->kind == CM_CUE_SUMMED || goes_by(rule, dependent);
        state->cues[cue] = !job->no_cues && !dependent[cue] && rule->speakers & CM_BIT(speaker_of[job->speaker]);
    }
    free(dependent);
    return CM_OK;
}

/* ----------------------------------------------------------------------- text */

static void put_figure(struct cm_buffer *out, const char *name, double value)
{
    if (value == value)
        cm_buffer_printf(out, "%s %.3f", name, value);
    else
        cm_buffer_printf(out, "%s -", name);
}

static void put_figures(struct cm_buffer *out, const struct cm_figures *figures)
{
    put_figure(out, "precision", figures->precision);
    put_figure(out, ", recall", figures->recall);
    put_figure(out, ", F1", figures->f1);
}

/* Without the words of a customer: who copies examples from conversations copies what people said in confidence. */
static void put_examples(struct cm_buffer *out, const char *key, const struct cm_example *examples, uint32_t count)
{
    cm_buffer_printf(out, "    %s:\n", key);
    for (uint32_t i = 0; i < count; i++) {
        cm_buffer_text(out, "      - ");
        cm_buffer_json(out, examples[i].text);
        cm_buffer_byte(out, '\n');
    }
}

static void put_head(const struct job *job, const struct state *state, struct cm_buffer *out)
{
    const struct cm_fit *fit = &state->fit;
    cm_buffer_printf(out, "# %s: learnt by `caremeter rules fit` from %u turns of %u conversations, %u of them \"%s\".\n", job->id,
                     fit->turns, fit->conversations, fit->labelled, job->label);
    cm_buffer_printf(out, "# On conversations that it had not seen (nested cross-validation, %u folds): ", (unsigned)job->folds);
    put_figures(out, &fit->nested);
    cm_buffer_text(out, ".\n# On those that it was learnt from: ");
    put_figures(out, &fit->learnt);
    cm_buffer_printf(out, ". Penalty %.2f, seed %llu.\n", fit->penalty, (unsigned long long)job->seed);
}

static void put_weights(const struct state *state, struct cm_buffer *out)
{
    const struct cm_ruleset *ruleset = state->packs.items[0].ruleset;
    cm_buffer_text(out, "    weights:                 # in how many turns, and how many of them carry the label\n");
    for (uint32_t i = 0; i < state->fit.count; i++) {
        const struct cm_fit_weight *weight = &state->fit.weights[i];
        size_t from = out->len;
        if (weight->cue != CM_CUE_NONE)
            cm_buffer_printf(out, "      - {cue: %s", ruleset->cues[weight->cue].id);
        else
            cm_buffer_printf(out, "      - {phrase: \"%.*s\"", (int)weight->phrase.len, weight->phrase.ptr);
        cm_buffer_printf(out, ", weight: %.2f}", weight->weight);
        unsigned columns = cm_text_columns((struct cm_span){out->ptr + from, out->len - from});
        cm_buffer_printf(out, "%*s# %u, %u\n", columns < 54 ? (int)(54 - columns) : 1, "", weight->turns, weight->labels);
    }
    cm_buffer_printf(out, "    threshold: %.2f\n", state->fit.threshold);
}

static void put_yaml(const struct job *job, const struct state *state, struct cm_buffer *out)
{
    const struct cm_ruleset *ruleset = state->packs.items[0].ruleset;
    uint32_t self = cm_ruleset_cue(ruleset, cm_span_of(job->id));
    const struct cm_cue *old = self == CM_CUE_NONE ? NULL : &ruleset->cues[self];
    put_head(job, state, out);
    cm_buffer_printf(out, "cues:\n  - id: %s\n    speaker: %s\n    why: ", job->id, speakers[job->speaker]);
    if (old && *old->why)
        cm_buffer_json(out, cm_span_of(old->why));
    else
        cm_buffer_printf(out, "\"Learnt from turns that carry the label %s\"", job->label);
    cm_buffer_text(out, "\n    negated: accept          # the weights say themselves what a \"not\" changes\n    hypothetical: accept\n");
    put_weights(state, out);
    if (old && old->hit_count && old->miss_count) {
        put_examples(out, "hit", old->hits, old->hit_count);
        put_examples(out, "miss", old->misses, old->miss_count);
    } else {
        cm_buffer_text(out, "    # Add hit: and miss: examples of your own; a pack is not taken without them.\n");
    }
}

/* ----------------------------------------------------------------------- JSON */

static void json_figures(struct cm_buffer *out, const char *key, const struct cm_figures *figures)
{
    const struct {
        const char *key;
        double value;
    } items[] = {{"precision", figures->precision}, {"recall", figures->recall}, {"f1", figures->f1}, {"kappa", figures->kappa}};
    cm_buffer_printf(out, ",\"%s\":{", key);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        cm_buffer_printf(out, "%s\"%s\":", i ? "," : "", items[i].key);
        if (items[i].value == items[i].value)
            cm_buffer_printf(out, "%.6f", items[i].value);
        else
            cm_buffer_text(out, "null");
    }
    cm_buffer_text(out, "}");
}

static void put_json(const struct job *job, const struct state *state, struct cm_buffer *out)
{
    const struct cm_fit *fit = &state->fit;
    const struct cm_ruleset *ruleset = state->packs.items[0].ruleset;
    cm_buffer_text(out, "{\"id\":");
    cm_buffer_json(out, cm_span_of(job->id));
    cm_buffer_text(out, ",\"label\":");
    cm_buffer_json(out, cm_span_of(job->label));
    cm_buffer_printf(out, ",\"speaker\":\"%s\",\"turns\":%u,\"labelled\":%u,\"conversations\":%u,\"penalty\":%.4f,\"seed\":%llu",
                     speakers[job->speaker], fit->turns, fit->labelled, fit->conversations, fit->penalty, (unsigned long long)job->seed);
    json_figures(out, "nested", &fit->nested);
    json_figures(out, "learnt", &fit->learnt);
    cm_buffer_printf(out, ",\"threshold\":%.2f,\"weights\":[", fit->threshold);
    for (uint32_t i = 0; i < fit->count; i++) {
        const struct cm_fit_weight *weight = &fit->weights[i];
        bool cue = weight->cue != CM_CUE_NONE;
        cm_buffer_printf(out, "%s{\"%s\":", i ? "," : "", cue ? "cue" : "phrase");
        cm_buffer_json(out, cue ? cm_span_of(ruleset->cues[weight->cue].id) : weight->phrase);
        cm_buffer_printf(out, ",\"weight\":%.2f,\"turns\":%u,\"labels\":%u}", weight->weight, weight->turns, weight->labels);
    }
    cm_buffer_text(out, "]}\n");
}

/* ------------------------------------------------------------------------ run */

static void show_progress(void *context, size_t done, size_t total)
{
    (void)context;
    fprintf(stderr, "\r\033[Klearning: %zu of %zu folds", done, total);
    fflush(stderr);
}

static int learn(const struct job *job, struct state *state)
{
    bool bar = isatty(STDERR_FILENO) && !job->quiet;
    const struct cm_fit_request request = {.packs = &state->packs,
                                           .labels = &state->labels,
                                           .label = cm_span_of(job->label),
                                           .speaker = speaker_of[job->speaker],
                                           .cues = state->cues,
                                           .phrases_most = (uint32_t)job->phrases,
                                           .phrase_least = (uint32_t)job->least,
                                           .share_most = (double)job->share / 100,
                                           .folds = (uint32_t)job->folds,
                                           .seed = job->seed,
                                           .half_only = job->half > 0,
                                           .half = job->half == 2 ? CM_HALF_CHECKED : CM_HALF_WRITTEN,
                                           .stop = cm_stop_flag(),
                                           .progress = bar ? show_progress : NULL};
    enum cm_status status = cm_fit_run(&request, &state->fit);
    if (bar)
        cm_term_clear();
    bool enough = state->fit.labelled >= CM_FIT_POSITIVES_MIN && state->fit.turns - state->fit.labelled >= CM_FIT_POSITIVES_MIN;
    if (status == CM_EINPUT && enough)
        cm_tell_error(
            "nothing tells \"%s\" from other turns: no cue and no phrase keeps a weight (--share and --phrases let it look further)",
            job->label);
    else if (status == CM_EINPUT)
        cm_tell_error("%u of %u turns of this speaker carry the label \"%s\": at least %u must, and as many must not", state->fit.labelled,
                      state->fit.turns, job->label, CM_FIT_POSITIVES_MIN);
    return status == CM_EINPUT ? CM_EXIT_USAGE : cm_tell_measured(&state->diagnostics, status);
}

static int load(const struct job *job, struct state *state)
{
    static const struct cm_opt_list by_default = {.items = {CM_PACK_DEFAULT}, .count = 1};
    enum cm_status status = CM_OK;
    int code = cm_load_packs(&state->packs, job->pack.count ? &job->pack : &by_default);
    if (code == CM_EXIT_DONE)
        code = cm_load_labels(&state->labels, &job->labels, &state->diagnostics, &status);
    int settled = cm_tell_measured(&state->diagnostics, status);
    code = code ? code : settled;
    return code ? code : cm_tell_measured(&state->diagnostics, choose_cues(job, state));
}

static int run(const struct job *job)
{
    struct state state = {0};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_stop_on_signals(NULL);
    int code = load(job, &state);
    if (code == CM_EXIT_DONE)
        code = learn(job, &state);
    if (code == CM_EXIT_DONE) {
        if (job->json)
            put_json(job, &state, &out);
        else
            put_yaml(job, &state, &out);
        cm_put(&out);
        code = cm_flush_stdout();
    }
    cm_stop_forget();
    cm_buffer_free(&out);
    cm_fit_free(&state.fit);
    cm_labels_free(&state.labels);
    cm_packs_free(&state.packs);
    cm_diagnostics_free(&state.diagnostics);
    free(state.cues);
    return code;
}

int cm_rules_fit_main(int argc, char **argv)
{
    struct job job = {
        .phrases = PHRASES_DEFAULT, .least = LEAST_DEFAULT, .share = SHARE_DEFAULT, .folds = FOLDS_DEFAULT, .seed = CM_SEED_DEFAULT};
    const struct cm_opt options[] = {
        {.name = "labels",
         .letter = 'l',
         .kind = CM_OPT_LIST,
         .into = &job.labels,
         .value = "FILE",
         .help = "Labelled turns, NDJSON or CSV; may be given again"},
        {.name = "label", .kind = CM_OPT_TEXT, .into = &job.label, .value = "LABEL", .help = "The label that the cue is to say"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_CHOICE,
         .into = &job.speaker,
         .value = "WHO",
         .choices = speakers,
         .help = "Whose turns: agent (default), customer, lead, bot"},
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.pack,
         .value = "DIR|NAME",
         .help = "Whose cues may be summed up (default: " CM_PACK_DEFAULT ")"},
        {.name = "id",
         .kind = CM_OPT_TEXT,
         .into = &job.id,
         .value = "ID",
         .help = "Of the cue (default: LABEL.sum); one that the pack has keeps its examples"},
        {.name = "phrases",
         .kind = CM_OPT_NUMBER,
         .into = &job.phrases,
         .value = "N",
         .max = 1000,
         .help = "At most so many phrases (default: 30)"},
        {.name = "least",
         .kind = CM_OPT_NUMBER,
         .into = &job.least,
         .value = "N",
         .min = 2,
         .max = 1000000,
         .help = "A phrase must be in so many turns (default: 5)"},
        {.name = "share",
         .kind = CM_OPT_NUMBER,
         .into = &job.share,
         .value = "PERCENT",
         .min = 1,
         .max = 100,
         .help = "And in no more of them than this (default: 6)"},
        {.name = "no-cues", .kind = CM_OPT_FLAG, .into = &job.no_cues, .help = "Phrases alone"},
        {.name = "folds",
         .kind = CM_OPT_NUMBER,
         .into = &job.folds,
         .value = "N",
         .min = CM_FIT_FOLDS_MIN,
         .max = CM_FIT_FOLDS_MAX,
         .help = "Of the cross-validation (default: 5)"},
        {.name = "half",
         .kind = CM_OPT_CHOICE,
         .into = &job.half,
         .value = "HALF",
         .choices = halves,
         .help = "Learn from one half of the conversations: written, checked (default: both)"},
        {.name = "seed", .kind = CM_OPT_NUMBER, .into = &job.seed, .value = "N", .max = UINT64_MAX, .help = "Of the folds"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "A JSON object instead of YAML"},
        {.name = "quiet", .letter = 'q', .kind = CM_OPT_FLAG, .into = &job.quiet, .help = "No progress"},
    };
    const struct cm_command command = {
        .name = "caremeter rules fit",
        .operands = "--labels FILE --label LABEL",
        .about =
            "Learns the weights of a `weights:` cue from labelled turns and prints it as YAML, to be read, edited and put into a pack. "
            "Few phrases and cues are kept; the figures are of conversations that it had not seen.",
        .more = "At least ten of the turns must carry the label, and at least ten must not.\n"
                "\n"
                "Example:\n"
                "  caremeter rules fit --labels turns.ndjson --label ack --speaker agent > ack.yaml\n"
                "\n"
                "Exit codes: 0 done, 2 wrong usage, pack or labels, or nothing to learn, 3 input\n"
                "or output failed, 130 stopped by Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    char id[96];
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand < argc || job.labels.count == 0 || !job.label) {
        cm_opts_wrong(&command, operand < argc ? "takes no operands" : "needs --labels and --label");
        return CM_EXIT_USAGE;
    }
    if (!job.id) {
        snprintf(id, sizeof id, "%.80s.sum", job.label);
        job.id = id;
    }
    return run(&job);
}
