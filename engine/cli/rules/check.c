#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/term.h"
#include "study/lint/lint.h"

static void count(const struct cm_ruleset *ruleset, struct cm_buffer *out)
{
    uint32_t phrases = 0, regexes = 0, examples = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        phrases += ruleset->cues[i].phrase_count;
        regexes += ruleset->cues[i].regex_count;
        examples += ruleset->cues[i].hit_count + ruleset->cues[i].miss_count;
    }
    cm_buffer_printf(out, "%s %s: %u %s (%u %s, %u %s, %u %s), %u %s in %u %s", ruleset->name, ruleset->version, ruleset->cue_count,
                     cm_plural(ruleset->cue_count, "cue", "cues"), phrases, cm_plural(phrases, "phrase", "phrases"), regexes,
                     cm_plural(regexes, "expression", "expressions"), examples, cm_plural(examples, "example", "examples"),
                     ruleset->behaviour_count, cm_plural(ruleset->behaviour_count, "behaviour", "behaviours"), ruleset->dimension_count,
                     cm_plural(ruleset->dimension_count, "dimension", "dimensions"));
}

static void json_place(const struct cm_diagnostic *diagnostic, struct cm_buffer *out)
{
    cm_buffer_text(out, ",\"file\":");
    if (diagnostic->place.file)
        cm_buffer_json(out, cm_span_of(diagnostic->place.file));
    else
        cm_buffer_text(out, "null");
    cm_buffer_printf(out, ",\"line\":%u,\"column\":%u,\"width\":%u,\"message\":", diagnostic->place.line, diagnostic->place.column,
                     diagnostic->place.width);
    cm_buffer_json(out, cm_span_of(diagnostic->message));
    cm_buffer_text(out, ",\"help\":");
    if (diagnostic->help)
        cm_buffer_json(out, cm_span_of(diagnostic->help));
    else
        cm_buffer_text(out, "null");
}

static void print_json(const char *name, const struct cm_packs *packs, const struct cm_diagnostics *diagnostics)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_text(&out, "{\"pack\":");
    cm_buffer_json(&out, cm_span_of(packs->count ? packs->items[0].ruleset->name : name));
    cm_buffer_printf(&out, ",\"errors\":%zu,\"warnings\":%zu,\"diagnostics\":[", diagnostics->errors, diagnostics->warnings);
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cm_diagnostic *diagnostic = &diagnostics->items[i];
        cm_buffer_printf(&out, "%s{\"severity\":\"%s\",\"id\":\"%s\"", i ? "," : "",
                         diagnostic->severity == CM_SEVERITY_ERROR ? "error" : "warning", diagnostic->id);
        json_place(diagnostic, &out);
        cm_buffer_byte(&out, '}');
    }
    cm_buffer_text(&out, "]}\n");
    cm_put(&out);
    cm_buffer_free(&out);
}

static void print_text(const char *name, const struct cm_packs *packs, const struct cm_diagnostics *diagnostics)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_diagnostics_print(diagnostics, stdout, cm_term_colour(stdout));
    if (packs->count > 0)
        count(packs->items[0].ruleset, &out);
    else
        cm_buffer_text(&out, name);
    cm_buffer_printf(&out, "%s%zu error%s, %zu warning%s\n", packs->count ? "; " : ": ", diagnostics->errors,
                     diagnostics->errors == 1 ? "" : "s", diagnostics->warnings, diagnostics->warnings == 1 ? "" : "s");
    cm_put(&out);
    cm_buffer_free(&out);
}

static int check(const char *name, bool json, bool strict)
{
    struct cm_packs packs = CM_PACKS_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_packs_load(&packs, &name, 1, &diagnostics);
    if (status == CM_OK)
        status = cm_lint(&packs, 0, strict, &diagnostics);
    cm_diagnostics_sort(&diagnostics);
    if (json)
        print_json(name, &packs, &diagnostics);
    else
        print_text(name, &packs, &diagnostics);
    /* A pack with faults is what this command is for: a check that failed. One that is not there is wrong usage. */
    bool missing = cm_diagnostics_find(&diagnostics, "pack-missing") || cm_diagnostics_find(&diagnostics, "rules-missing");
    int code = status == CM_OK ? CM_EXIT_DONE : missing ? CM_EXIT_USAGE : status == CM_ENOMEM ? CM_EXIT_IO : CM_EXIT_CHECK;
    if (code == CM_EXIT_DONE && strict && diagnostics.warnings > 0)
        code = CM_EXIT_CHECK;
    cm_diagnostics_free(&diagnostics);
    cm_packs_free(&packs);
    return code;
}

int cm_rules_check_main(int argc, char **argv)
{
    bool json = false, strict = false;
    const struct cm_opt options[] = {
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &json, .help = "A JSON object a pack, with all diagnostics"},
        {.name = "strict", .kind = CM_OPT_FLAG, .into = &strict, .help = "Advice on style, too; warnings fail the check"},
    };
    const struct cm_command command = {
        .name = "caremeter rules check",
        .operands = "[PACK]...",
        .about = "Reads packs (folders or names; default: " CM_PACK_DEFAULT ") and tells every fault with file, line, column and caret.",
        .more = "Exit codes: 0 no errors (a warning is none, except with --strict), 1 errors,\n"
                "2 no such pack.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand, code = CM_EXIT_DONE;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (operand == argc)
        code = check(CM_PACK_DEFAULT, json, strict);
    for (; operand < argc; operand++) {
        int one = check(argv[operand], json, strict);
        code = one > code ? one : code;
    }
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}
