#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/common.h"
#include "cli/grep.h"
#include "cli/term.h"

static const char *const engine_names[] = {"auto", "pcre2", NULL};

/* What can be no phrase that somebody would look for, because it is a place to read from. */
static bool is_input(const char *operand)
{
    static const char *const endings[] = {".ndjson", ".jsonl", ".json", ".gz", ".zst"};
    struct stat info;
    size_t len = strlen(operand);
    if (strcmp(operand, "-") == 0 || stat(operand, &info) == 0 || (strchr(operand, '/') && !strchr(operand, ' ')))
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && strcmp(operand + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

/* Operands: first phrases, then inputs. The first is a phrase unless an option says what to look for. */
static bool sort_operands(struct cm_grep_job *job, char **operands, size_t count)
{
    bool named = job->files.count || job->regexes.count || job->packs.count || job->cues.count;
    size_t at = 0;
    while (at < count && ((at == 0 && !named) || !is_input(operands[at]))) {
        if (job->phrases.count == CM_OPT_LIST_MAX)
            return false;
        job->phrases.items[job->phrases.count++] = operands[at++];
    }
    for (; at < count; at++) {
        if (job->inputs.count == CM_OPT_LIST_MAX)
            return false;
        job->inputs.items[job->inputs.count++] = operands[at];
    }
    return true;
}

static bool read_speakers(struct cm_grep_job *job, const struct cm_command *command)
{
    static const char *const names[] = {"agent", "lead", "customer", "bot", "system", NULL};
    static const uint16_t sets[] = {CM_SPEAKERS_AGENT, CM_BIT(CM_SPEAKER_LEAD), CM_BIT(CM_SPEAKER_CUSTOMER), CM_BIT(CM_SPEAKER_BOT),
                                    CM_BIT(CM_SPEAKER_SYSTEM)};
    for (size_t i = 0; i < job->speakers.count; i++) {
        size_t at = 0;
        while (names[at] && strcmp(names[at], job->speakers.items[i]) != 0)
            at++;
        if (!names[at]) {
            cm_opts_wrong(command, "--speaker \"%s\" is none of agent, lead, customer, bot, system", job->speakers.items[i]);
            return false;
        }
        job->speaker_set |= sets[at];
    }
    return true;
}

static int run(struct cm_grep_job *job)
{
    struct cm_patterns patterns = CM_PATTERNS_EMPTY;
    struct cm_inputs inputs = CM_INPUTS_EMPTY;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    const struct cm_patterns_request request = {
        .phrases = job->phrases.items,
        .phrase_count = job->phrases.count,
        .files = &job->files,
        .regexes = &job->regexes,
        .packs = &job->packs,
        .cues = &job->cues,
        .oracle = job->engine == 1,
    };
    const struct cm_turn_style style = {.grouped = isatty(STDOUT_FILENO), .colour = cm_term_colour(stdout)};
    int code = cm_load_inputs(&inputs, (char **)(uintptr_t)job->inputs.items, job->inputs.count);
    if (code == CM_EXIT_DONE) {
        enum cm_status status = cm_patterns_load(&patterns, &request, &diagnostics);
        if (status != CM_OK && diagnostics.errors == 0)
            cm_tell_error("%s", cm_status_text(status));
        code = status == CM_EINPUT ? CM_EXIT_USAGE : cm_exit_of(status);
        cm_tell_use(&diagnostics);
    }
    if (code == CM_EXIT_DONE)
        code = cm_grep_search(job, &patterns, &style, &inputs);
    cm_patterns_free(&patterns);
    cm_inputs_free(&inputs);
    return code;
}

int cm_grep_main(int argc, char **argv)
{
    struct cm_grep_job job = {.threads = cm_threads_default()};
    const struct cm_opt options[] = {
        {.name = "regex",
         .letter = 'e',
         .kind = CM_OPT_LIST,
         .into = &job.regexes,
         .value = "REGEX",
         .help = "Look for a regular expression (PCRE2, caseless) in the text as it was written"},
        {.name = "file",
         .letter = 'f',
         .kind = CM_OPT_LIST,
         .into = &job.files,
         .value = "FILE",
         .help = "Phrases from FILE, one a line; # starts a comment line"},
        {.name = "pack",
         .letter = 'p',
         .kind = CM_OPT_LIST,
         .into = &job.packs,
         .value = "DIR|NAME",
         .help = "All cues of a pack, or those that --cue names"},
        {.name = "cue",
         .letter = 'c',
         .kind = CM_OPT_LIST,
         .into = &job.cues,
         .value = "ID",
         .help = "A cue (of " CM_PACK_DEFAULT " where no --pack is given), with its speaker and attributes"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_LIST,
         .into = &job.speakers,
         .value = "WHO",
         .help = "Only turns of agent, lead, customer, bot or system"},
        {.name = "context",
         .letter = 'C',
         .kind = CM_OPT_NUMBER,
         .into = &job.context,
         .min = 0,
         .max = CM_CONTEXT_MAX,
         .value = "N",
         .help = "Also N turns of the same interaction before and after"},
        {.name = "count", .kind = CM_OPT_FLAG, .into = &job.count, .help = "Only how many turns hold each pattern"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "A JSON line a hit; quotes are redacted"},
        {.name = "threads",
         .letter = 't',
         .kind = CM_OPT_NUMBER,
         .into = &job.threads,
         .min = 1,
         .max = CM_THREADS_MAX,
         .value = "N",
         .help = "Workers (default: one a processor)"},
        {.name = "engine",
         .kind = CM_OPT_CHOICE,
         .into = &job.engine,
         .choices = engine_names,
         .value = "auto|pcre2",
         .help = "pcre2: every phrase by itself, slowly, as the proof of the fast way"},
    };
    const struct cm_command command = {
        .name = "caremeter grep",
        .operands = "PATTERN... INPUT...",
        .about = "Shows the turns that hold a phrase, a regular expression or a cue. A phrase is written as in rules: \"i am @very? sorry "
                 "(about|for) <0-3> that\"; it matches words as they are meant, so that \"I'm so sorry about all that\" is found.",
        .more = "The first operand is a phrase (unless -e, -f, --pack or --cue is given), and so\n"
                "are those up to the first file, folder, pattern of files or -.\n"
                "\n"
                "Examples:\n"
                "  caremeter grep \"sorry (to hear|about)\" chats.ndjson.zst\n"
                "  caremeter grep --cue promise.we_contact -C 2 archive/\n"
                "  caremeter grep \"no one <0-2> help*\" - --speaker customer --json < day.ndjson\n"
                "\n"
                "Exit codes: 0 something was found, 1 nothing was, 2 wrong usage or pattern,\n"
                "3 input or output failed, or nothing was found and a pattern reached its limit\n"
                "on some turn (which pattern, and how often, is told in any case), 130 stopped by\n"
                "Ctrl-C.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    if (!sort_operands(&job, argv + operand, (size_t)(argc - operand))) {
        cm_opts_wrong(&command, "more than %u operands; write phrases into a file for -f, and give folders", CM_OPT_LIST_MAX);
        return CM_EXIT_USAGE;
    }
    if (job.phrases.count + job.files.count + job.regexes.count + job.packs.count + job.cues.count == 0) {
        cm_opts_wrong(&command, "nothing to look for");
        return CM_EXIT_USAGE;
    }
    if (job.inputs.count == 0) {
        cm_opts_wrong(&command, "nothing to look in: name a file, a folder or -");
        return CM_EXIT_USAGE;
    }
    return read_speakers(&job, &command) ? run(&job) : CM_EXIT_USAGE;
}
