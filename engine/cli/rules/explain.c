#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/utf8.h"
#include "cli/common.h"
#include "cli/patterns.h"
#include "cli/rules/explain_turn.h"
#include "cli/term.h"
#include "cli/text.h"
#include "match/oracle.h"

struct explain_job {
    struct cm_opt_list packs;
    const char *cue, *id;
    int speaker; /* index into speaker_names; 0: all */
    bool json, pcre;
};

static const char *const speaker_names[] = {"any", "agent", "lead", "customer", "bot", "system", NULL};

static const char *class_name(uint8_t class)
{
    switch (class) {
#define X(name, mark, term)                                                                                                                \
    case mark:                                                                                                                             \
        return #name;
        CM_TOKEN_CLASSES(X)
#undef X
    default:
        return "";
    }
}

static const char *cue_speaker(const struct cm_cue *cue)
{
    return cm_speaker_name(cm_trial_speaker(cue));
}

/* A cue counts once a turn: the first place stands for those that say the same. */
static bool told_before(const struct cm_explanation *explanation, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (explanation->items[i].cue == explanation->items[index].cue && explanation->items[i].why == explanation->items[index].why)
            return true;
    return false;
}

static void print_items(const struct cm_trial *trial, struct cm_span text, const struct cm_explanation *explanation, bool hits,
                        struct cm_buffer *out)
{
    bool colour = cm_term_colour(stdout);
    for (size_t i = 0; i < explanation->count; i++) {
        const struct cm_explained *item = &explanation->items[i];
        const struct cm_cue *cue = &trial->ruleset->cues[item->cue];
        if ((item->why == CM_WHY_HIT) != hits || told_before(explanation, i))
            continue;
        size_t more = 0;
        for (size_t j = i + 1; j < explanation->count; j++)
            more += explanation->items[j].cue == item->cue && explanation->items[j].why == item->why;
        cm_buffer_printf(out, "  %s%s%s (%s) %s", cm_paint(colour, hits ? CM_COLOUR_GREEN : CM_COLOUR_YELLOW), cue->id,
                         cm_paint(colour, CM_COLOUR_OFF), cue_speaker(cue), cm_explain_text(item->why));
        if (item->why == CM_WHY_OTHER && cue->min_count > 1)
            cm_buffer_printf(out, ": it takes %u hits in a turn", cue->min_count);
        if (more > 0)
            cm_buffer_printf(out, ", and %zu more %s", more, cm_plural(more, "time", "times"));
        cm_buffer_byte(out, '\n');
        cm_explain_snippet(text, item->start, item->end, out);
        struct cm_buffer gates = CM_BUFFER_EMPTY;
        cm_explain_gates(cue, &gates);
        if (hits && gates.len > 0)
            cm_buffer_printf(out, "      and in the conversation: %.*s\n", (int)gates.len, gates.ptr);
        cm_buffer_free(&gates);
    }
}

static void print_combinations(const struct cm_trial *trial, struct cm_buffer *out)
{
    const struct cm_ruleset *rules = trial->ruleset;
    for (uint32_t i = 0; i < rules->cue_count; i++)
        if (rules->cues[i].kind == CM_CUE_COMPOSITE && trial->verdicts[i] == CM_VERDICT_HIT)
            cm_buffer_printf(out, "  %s (%s) hits: a combination\n", rules->cues[i].id, cue_speaker(&rules->cues[i]));
}

/* Cues of which nobody knows: told always, with or without --cue. */
static void print_faults(const struct cm_trial *trial, struct cm_buffer *out)
{
    for (uint32_t i = 0; i < trial->scanned.fault_count; i++) {
        const struct cm_cue *cue = &trial->ruleset->cues[trial->scanned.faults[i]];
        cm_buffer_printf(out, "%s  %s (%s)\n", i ? "" : "\ncould not be decided: an expression reached its limit\n", cue->id,
                         cue_speaker(cue));
    }
}

/* Why one cue does not hit. */
static enum cm_status print_cue(const struct cm_trial *trial, uint32_t index, struct cm_span text, const struct cm_explanation *explanation,
                                struct cm_buffer *out)
{
    const struct cm_cue *cue = &trial->ruleset->cues[index];
    bool told = false;
    for (size_t i = 0; i < explanation->count; i++)
        told |= explanation->items[i].cue == index;
    if (told && cue->kind != CM_CUE_WEIGHTED && cue->kind != CM_CUE_SUMMED)
        return CM_OK; /* above */
    cm_buffer_printf(out, "\n  %s (%s) ", cue->id, cue_speaker(cue));
    switch ((enum cm_verdict)trial->verdicts[index]) {
    case CM_VERDICT_HIT:
        cm_buffer_text(out, cue->kind == CM_CUE_COMPOSITE ? "hits: a combination\n" : "hits\n");
        return cue->kind == CM_CUE_DIRECT ? CM_OK : cm_miss_print(trial, index, text, out);
    case CM_VERDICT_UNKNOWN:
        cm_buffer_text(out, "depends on other turns: explain a file with the conversation\n");
        return CM_OK;
    case CM_VERDICT_FAULT:
        cm_buffer_text(out, "could not be decided: an expression ran into its limit\n");
        return CM_OK;
    default:
        cm_buffer_text(out, "does not hit\n");
        return cm_miss_print(trial, index, text, out);
    }
}

/* Nothing hits: what comes nearest. */
static enum cm_status print_nearest(const struct cm_trial *trial, enum cm_speaker speaker, struct cm_span text, struct cm_buffer *out)
{
    uint32_t cues[CM_MISS_NEAREST], count;
    enum cm_status status = cm_miss_nearest(trial, speaker, cues, &count);
    if (status == CM_OK && count > 0)
        cm_buffer_text(out, "\nnearest\n");
    for (uint32_t i = 0; i < count && status == CM_OK; i++) {
        cm_buffer_printf(out, "  %s (%s)\n", trial->ruleset->cues[cues[i]].id, cue_speaker(&trial->ruleset->cues[cues[i]]));
        status = cm_miss_print(trial, cues[i], text, out);
    }
    return status;
}

static enum cm_status print_text(const struct explain_job *job, const struct cm_trial *trial, struct cm_span text,
                                 const struct cm_explanation *explanation)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    size_t hits = 0;
    for (size_t i = 0; i < explanation->count; i++)
        hits += explanation->items[i].why == CM_WHY_HIT && !told_before(explanation, i);
    cm_buffer_text(&out, "read as: ");
    cm_trial_tokens(&trial->turn, &out);
    cm_buffer_printf(&out, "\n\n%s: %zu hit%s\n", trial->ruleset->name, hits, hits == 1 ? "" : "s");
    print_items(trial, text, explanation, true, &out);
    print_combinations(trial, &out);
    if (hits < explanation->count)
        cm_buffer_text(&out, "\nwould hit, but\n");
    print_items(trial, text, explanation, false, &out);
    print_faults(trial, &out);
    enum cm_status status = CM_OK;
    if (job->cue)
        status = print_cue(trial, cm_ruleset_cue(trial->ruleset, cm_span_of(job->cue)), text, explanation, &out);
    else if (explanation->count == 0)
        status = print_nearest(trial, (enum cm_speaker)job->speaker, text, &out);
    cm_put(&out);
    cm_buffer_free(&out);
    return status;
}

static enum cm_status print_json(const struct explain_job *job, const struct cm_trial *trial, const struct cm_explanation *explanation)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_printf(&out, "{\"pack\":\"%s\",\"tokens\":[", trial->ruleset->name);
    for (uint32_t i = 0; i < trial->turn.count; i++) {
        const struct cm_token *token = &trial->turn.tokens[i];
        cm_buffer_text(&out, i ? ",{\"text\":" : "{\"text\":");
        cm_buffer_json(&out, (struct cm_span){trial->turn.text.ptr + token->at, token->len});
        cm_buffer_printf(&out, ",\"start\":%u,\"end\":%u,\"class\":\"%s\",\"sentence_end\":%s}", token->start, token->end,
                         class_name(token->class), token->flags & CM_TOKEN_SENTENCE_END ? "true" : "false");
    }
    cm_buffer_text(&out, "],\"cues\":[");
    for (size_t i = 0; i < explanation->count; i++) {
        const struct cm_explained *item = &explanation->items[i];
        const struct cm_cue *cue = &trial->ruleset->cues[item->cue];
        cm_buffer_printf(&out, "%s{\"cue\":\"%s\",\"speaker\":\"%s\",\"start\":%u,\"end\":%u,\"hit\":%s,\"why\":\"%s\"}", i ? "," : "",
                         cue->id, cue_speaker(cue), item->start, item->end, item->why == CM_WHY_HIT ? "true" : "false",
                         cm_explain_text(item->why));
    }
    cm_buffer_text(&out, "],\"faults\":[");
    for (uint32_t i = 0; i < trial->scanned.fault_count; i++)
        cm_buffer_printf(&out, "%s\"%s\"", i ? "," : "", trial->ruleset->cues[trial->scanned.faults[i]].id);
    uint32_t near[CM_MISS_NEAREST], count = 0;
    enum cm_status status = CM_OK;
    if (job->cue)
        near[count++] = cm_ruleset_cue(trial->ruleset, cm_span_of(job->cue));
    else if (explanation->count == 0)
        status = cm_miss_nearest(trial, (enum cm_speaker)job->speaker, near, &count);
    cm_buffer_text(&out, "],\"misses\":[");
    for (uint32_t i = 0, told = 0; i < count && status == CM_OK; i++)
        if (trial->verdicts[near[i]] == CM_VERDICT_MISS) {
            cm_buffer_text(&out, told++ ? "," : "");
            status = cm_miss_json(trial, near[i], &out);
        }
    cm_buffer_text(&out, "]}\n");
    cm_put(&out);
    cm_buffer_free(&out);
    return status;
}

static enum cm_status explain_pack(const struct explain_job *job, const struct cm_packs *packs, size_t pack, struct cm_span text)
{
    struct cm_trial trial;
    struct cm_explanation explanation = {0};
    enum cm_speaker speaker = (enum cm_speaker)job->speaker;
    enum cm_status status = cm_trial_init(&trial, packs, pack);
    if (status == CM_OK)
        status = cm_trial_run(&trial, text, speaker);
    if (status == CM_OK)
        status = cm_explain(&trial, packs, pack, speaker, &explanation);
    if (status == CM_OK && job->json)
        status = print_json(job, &trial, &explanation);
    else if (status == CM_OK)
        status = print_text(job, &trial, text, &explanation);
    cm_explanation_free(&explanation);
    cm_trial_free(&trial);
    return status;
}

static void print_translation(const struct cm_phrase *phrase)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_printf(&out, "%.*s\n  ", (int)phrase->source.len, phrase->source.ptr);
    cm_oracle_translate(phrase, &out);
    cm_buffer_byte(&out, '\n');
    cm_put(&out);
    cm_buffer_free(&out);
}

/* A phrase that stands on the command line, translated. */
static int translate(const struct cm_packs *packs, const char *text)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_phrase_parser parser = {.lexicon = packs->lexicon, .arena = &arena, .diagnostics = &diagnostics};
    struct cm_phrase phrase;
    enum cm_status status = cm_folder_new(packs->lexicon, &parser.folder);
    cm_diagnostics_source(&diagnostics, "phrase", cm_span_of(text));
    if (status == CM_OK)
        status =
            cm_phrase_parse(&parser, cm_span_of(text), (struct cm_place){.file = "phrase", .line = 1, .column = 1, .width = 1}, &phrase);
    if (status == CM_OK)
        print_translation(&phrase);
    cm_tell(&diagnostics);
    cm_folder_free(parser.folder);
    cm_arena_free(&arena);
    return cm_exit_of(status);
}

static bool ends_in(const char *operand, const char *const *endings)
{
    size_t len = strlen(operand);
    for (; *endings; endings++)
        if (len > strlen(*endings) && strcmp(operand + len - strlen(*endings), *endings) == 0)
            return true;
    return false;
}

/* One word with the ending of a file is no text that a person said. */
static bool is_file_name(const char *operand)
{
    static const char *const endings[] = {".txt", ".json", ".ndjson", ".jsonl", ".gz", ".zst", NULL};
    return !strchr(operand, ' ') && ends_in(operand, endings);
}

static bool is_event_file(const char *operand)
{
    static const char *const endings[] = {".ndjson", ".jsonl", ".gz", ".zst", NULL};
    return !strchr(operand, ' ') && ends_in(operand, endings);
}

/* Does it begin with a JSON object, which nobody says? */
static bool is_events(struct cm_span text)
{
    static const char key[] = "\"interaction_id\"";
    size_t line = 0;
    while (line < text.len && text.ptr[line] != '\n')
        line++;
    return text.len > 0 && text.ptr[0] == '{' && memmem(text.ptr, line, key, sizeof key - 1) != NULL;
}

static int explain_text(const struct explain_job *job, const struct cm_packs *packs, const char *operand)
{
    struct stat info;
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    struct cm_span text = cm_span_of(operand);
    enum cm_status status = CM_OK;
    bool there = stat(operand, &info) == 0;
    if (!there && is_file_name(operand)) {
        cm_tell_error("there is no file %s", operand);
        return CM_EXIT_IO;
    }
    if (!there && strchr(operand, '/') && !strchr(operand, ' '))
        cm_tell_error("there is no file %s: it is read as a text", operand);
    if (strcmp(operand, "-") == 0 || (there && S_ISREG(info.st_mode))) {
        status = cm_read_file(operand, &contents);
        text = cm_buffer_view(&contents);
    }
    if (status != CM_OK)
        cm_tell_error("%s: %s", operand, status == CM_EIO ? strerror(errno) : cm_status_text(status));
    if (status == CM_OK && (is_events(text) || job->id || (there && (S_ISDIR(info.st_mode) || is_event_file(operand))))) {
        const struct cm_explain_file file = {operand, job->id, job->cue, job->json};
        int code = cm_explain_file(packs, &file);
        cm_buffer_free(&contents);
        return code;
    }
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        status = explain_pack(job, packs, i, text);
        if (status == CM_ELIMIT)
            cm_tell_error("the text is longer than a turn may be, %zu bytes", CM_TEXT_MAX_BYTES);
        else if (status != CM_OK)
            cm_tell_error("%s", cm_status_text(status));
    }
    cm_buffer_free(&contents);
    return cm_exit_of(status);
}

static int explain(const struct explain_job *job, const struct cm_packs *packs, const char *operand)
{
    if (job->pcre && !job->cue)
        return translate(packs, operand);
    for (size_t i = 0; i < packs->count && job->cue; i++) {
        const struct cm_ruleset *rules = packs->items[i].ruleset;
        uint32_t cue = cm_ruleset_cue(rules, cm_span_of(job->cue));
        if (cue == CM_CUE_NONE) {
            const char *nearest = cm_nearest_cue(rules, job->cue);
            cm_tell_error("%s has no cue %s; %s%s%s", rules->name, job->cue, nearest ? "did you mean " : "caremeter rules list shows them",
                          nearest ? nearest : "", nearest ? "?" : "");
            return CM_EXIT_USAGE;
        }
        for (uint32_t j = 0; j < rules->cues[cue].phrase_count && job->pcre; j++)
            print_translation(&rules->cues[cue].phrases[j].phrase);
    }
    return operand ? explain_text(job, packs, operand) : CM_EXIT_DONE;
}

int cm_rules_explain_main(int argc, char **argv)
{
    struct explain_job job = {0};
    const struct cm_opt options[] = {
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "By this pack (default: " CM_PACK_DEFAULT ")"},
        {.name = "cue", .letter = 'c', .kind = CM_OPT_TEXT, .into = &job.cue, .value = "ID", .help = "Also why this cue does not hit"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_CHOICE,
         .into = &job.speaker,
         .choices = speaker_names,
         .value = "WHO",
         .help = "Who says it (default: any, cues of all speakers are tried)"},
        {.name = "id",
         .kind = CM_OPT_TEXT,
         .into = &job.id,
         .value = "ID",
         .help = "This interaction of a FILE (or a folder) that holds several"},
        {.name = "pcre",
         .kind = CM_OPT_FLAG,
         .into = &job.pcre,
         .help = "TEXT is a phrase: print the PCRE2 pattern, over the folded text, that matches the same; with --cue those of its phrases"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "Tokens and cues as JSON"},
    };
    const struct cm_command command = {
        .name = "caremeter rules explain",
        .operands = "TEXT|FILE",
        .about = "Shows how one turn is read, which cues hit it where, and which would but for a negation, a condition or a quotation; "
                 "for a miss, how far the nearest phrase got and the word that broke it. Of a FILE with one conversation: turn by turn "
                 "what fired, and what it gave.",
        .more = "Examples:\n"
                "  caremeter rules explain \"I'm sooo sorry to hear that\"\n"
                "  caremeter rules explain --cue apology.plain \"sorry, what was your name?\"\n"
                "  caremeter rules explain day.ndjson --id chat-0042 --cue apology.plain\n"
                "  caremeter rules explain --pcre \"thank* <0-2> (you|u)\"\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    struct cm_packs packs = CM_PACKS_EMPTY;
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (argc - operand > 1 || (argc == operand && !(job.pcre && job.cue))) {
        cm_opts_wrong(&command, argc == operand ? "no text" : "more than one text: put it into quotes");
        return CM_EXIT_USAGE;
    }
    int code = cm_load_packs(&packs, &job.packs);
    if (code == CM_EXIT_DONE)
        code = explain(&job, &packs, operand < argc ? argv[operand] : NULL);
    cm_packs_free(&packs);
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}
