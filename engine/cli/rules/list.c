#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/term.h"
#include "cli/text.h"

#define CM_LIST_COLUMNS 80u
#define CM_LIST_INDENT 6u

struct list_job {
    bool cues, behaviours, json;
    struct cm_opt_list packs;
    const char *dimension, *match;
    int speaker; /* index into speaker_names; -1: all */
};

static const char *const speaker_names[] = {"agent", "lead", "customer", "bot", "system", NULL};
static const enum cm_speaker speakers[] = {CM_SPEAKER_AGENT, CM_SPEAKER_LEAD, CM_SPEAKER_CUSTOMER, CM_SPEAKER_BOT, CM_SPEAKER_SYSTEM};
static const char *const cue_kinds[] = {"phrases", "weights", "combination", "echo", "sum"};
#define X(name, text) text,
static const char *const behaviour_kinds[] = {CM_BEHAVIOUR_KINDS(X)};
#undef X

static const char *speaker_of(const struct cm_cue *cue)
{
    if ((cue->speakers & CM_SPEAKERS_AGENT) == CM_SPEAKERS_AGENT)
        return "agent";
    for (int i = CM_SPEAKER_AGENT; i < CM_SPEAKER_COUNT; i++)
        if (cue->speakers & CM_BIT(i))
            return cm_speaker_name((enum cm_speaker)i);
    return "";
}

static bool wants_cue(const struct list_job *job, const struct cm_cue *cue)
{
    if (job->behaviours && !job->cues)
        return false;
    if (job->dimension)
        return false;
    if (job->match && !strstr(cue->id, job->match))
        return false;
    return job->speaker < 0 || (cue->speakers & CM_BIT(speakers[job->speaker]));
}

static bool wants_behaviour(const struct list_job *job, const struct cm_ruleset *rules, const struct cm_behaviour *behaviour)
{
    if ((job->cues && !job->behaviours) || job->speaker >= 0)
        return false;
    if (job->match && !strstr(behaviour->id, job->match))
        return false;
    return !job->dimension || strcmp(rules->dimensions[behaviour->dimension].id, job->dimension) == 0;
}

/* An id is never cut: it is there to be copied. */
static void id_column(struct cm_buffer *out, const char *id, unsigned columns)
{
    struct cm_span span = cm_span_of(id);
    unsigned needed = cm_text_columns(span);
    cm_buffer_text(out, "  ");
    cm_text_pad(out, span, needed > columns ? needed : columns);
}

/* What it is for, beneath. */
static void beneath(struct cm_buffer *out, const char *text)
{
    cm_buffer_printf(out, "\n%*s", (int)CM_LIST_INDENT, "");
    cm_text_wrap(out, cm_span_of(text), CM_LIST_INDENT, CM_LIST_INDENT, CM_LIST_COLUMNS);
    cm_buffer_byte(out, '\n');
    cm_put(out);
}

static void print_cue(const struct cm_cue *cue, struct cm_buffer *out)
{
    id_column(out, cue->id, 40);
    cm_buffer_printf(out, " %-9s%-12s%4u", speaker_of(cue), cue_kinds[cue->kind], cue->phrase_count + cue->regex_count);
    beneath(out, cue->why);
}

static void print_behaviour(const struct cm_ruleset *rules, const struct cm_behaviour *behaviour, struct cm_buffer *out)
{
    id_column(out, behaviour->id, 34);
    cm_buffer_printf(out, " %-13s%-12s ", rules->dimensions[behaviour->dimension].id, behaviour_kinds[behaviour->kind]);
    bool points = behaviour->kind == CM_BEHAVIOUR_BONUS || behaviour->kind == CM_BEHAVIOUR_PENALTY;
    char value[32];
    if (points)
        snprintf(value, sizeof value, "%c%u.%02u", behaviour->kind == CM_BEHAVIOUR_BONUS ? '+' : '-', behaviour->points / 100,
                 behaviour->points % 100);
    else
        snprintf(value, sizeof value, "%u.%01u", behaviour->weight / 1000, behaviour->weight % 1000 / 100);
    cm_buffer_printf(out, "%6s%s", value, behaviour->validated ? "" : "*");
    beneath(out, behaviour->title);
}

/* How many were printed. */
static uint32_t print_pack(const struct list_job *job, const struct cm_ruleset *rules)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    bool colour = cm_term_colour(stdout), unvalidated = false;
    uint32_t behaviours = 0, cues = 0;
    printf("%s%s %s%s, hash %016llx%016llx\n", cm_paint(colour, CM_COLOUR_BOLD), rules->name, rules->version,
           cm_paint(colour, CM_COLOUR_OFF), (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low);
    for (uint32_t i = 0; i < rules->behaviour_count; i++)
        if (wants_behaviour(job, rules, &rules->behaviours[i])) {
            if (behaviours++ == 0)
                printf("\n%-36s dimension    kind         weight\n", "behaviours");
            print_behaviour(rules, &rules->behaviours[i], &out);
            unvalidated = unvalidated || !rules->behaviours[i].validated;
        }
    if (unvalidated)
        printf("  * unvalidated: not measured against labelled turns\n");
    for (uint32_t i = 0; i < rules->cue_count; i++)
        if (wants_cue(job, &rules->cues[i])) {
            if (cues++ == 0)
                printf("\n%-42s speaker  kind        size\n", "cues");
            print_cue(&rules->cues[i], &out);
        }
    cm_buffer_free(&out);
    return behaviours + cues;
}

static void json_cue(const struct cm_ruleset *rules, const struct cm_cue *cue, struct cm_buffer *out)
{
    cm_buffer_printf(out,
                     "{\"pack\":\"%s\",\"cue\":\"%s\",\"speaker\":\"%s\",\"kind\":\"%s\",\"phrases\":%u,\"expressions\":%u,\"hits\":%u,"
                     "\"misses\":%u,\"why\":",
                     rules->name, cue->id, speaker_of(cue), cue_kinds[cue->kind], cue->phrase_count, cue->regex_count, cue->hit_count,
                     cue->miss_count);
    cm_buffer_json(out, cm_span_of(cue->why));
    cm_buffer_text(out, "}\n");
    cm_put(out);
}

static void json_behaviour(const struct cm_ruleset *rules, const struct cm_behaviour *behaviour, struct cm_buffer *out)
{
    cm_buffer_printf(out, "{\"pack\":\"%s\",\"behaviour\":\"%s\",\"dimension\":\"%s\",\"kind\":\"%s\",\"weight\":", rules->name,
                     behaviour->id, rules->dimensions[behaviour->dimension].id, behaviour_kinds[behaviour->kind]);
    cm_buffer_decimal(out, behaviour->weight, 3);
    cm_buffer_text(out, ",\"points\":");
    cm_buffer_decimal(out, behaviour->points, 2);
    cm_buffer_printf(out, ",\"validated\":%s,\"title\":", behaviour->validated ? "true" : "false");
    cm_buffer_json(out, cm_span_of(behaviour->title));
    cm_buffer_text(out, "}\n");
    cm_put(out);
}

static uint32_t print_json(const struct list_job *job, const struct cm_ruleset *rules)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < rules->behaviour_count; i++)
        if (wants_behaviour(job, rules, &rules->behaviours[i])) {
            json_behaviour(rules, &rules->behaviours[i], &out);
            count++;
        }
    for (uint32_t i = 0; i < rules->cue_count; i++)
        if (wants_cue(job, &rules->cues[i])) {
            json_cue(rules, &rules->cues[i], &out);
            count++;
        }
    cm_buffer_free(&out);
    return count;
}

/* A name that no pack knows is a typing error, not an empty answer. */
static bool dimension_known(const struct list_job *job, const struct cm_packs *packs, const struct cm_command *command)
{
    struct cm_buffer names = CM_BUFFER_EMPTY;
    bool known = !job->dimension;
    for (size_t i = 0; i < packs->count && !known; i++) {
        const struct cm_ruleset *rules = packs->items[i].ruleset;
        for (uint32_t j = 0; j < rules->dimension_count; j++) {
            known = known || strcmp(rules->dimensions[j].id, job->dimension) == 0;
            cm_buffer_printf(&names, "%s%s", names.len ? ", " : "", rules->dimensions[j].id);
        }
    }
    if (!known)
        cm_opts_wrong(command, "no dimension %s; there are %.*s", job->dimension, (int)names.len, names.ptr ? names.ptr : "");
    cm_buffer_free(&names);
    return known;
}

int cm_rules_list_main(int argc, char **argv)
{
    struct list_job job = {.speaker = -1};
    const struct cm_opt options[] = {
        {.name = "cues", .kind = CM_OPT_FLAG, .into = &job.cues, .help = "Only cues"},
        {.name = "behaviours", .kind = CM_OPT_FLAG, .into = &job.behaviours, .help = "Only behaviours"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_CHOICE,
         .into = &job.speaker,
         .choices = speaker_names,
         .value = "WHO",
         .help = "Only cues of agent, lead, customer, bot or system"},
        {.name = "dimension",
         .letter = 'd',
         .kind = CM_OPT_TEXT,
         .into = &job.dimension,
         .value = "NAME",
         .help = "Only behaviours of this dimension"},
        {.name = "match", .letter = 'm', .kind = CM_OPT_TEXT, .into = &job.match, .value = "TEXT", .help = "Only ids that hold TEXT"},
        {.name = "json", .letter = 'j', .kind = CM_OPT_FLAG, .into = &job.json, .help = "A JSON object a line"},
    };
    const struct cm_command command = {
        .name = "caremeter rules list",
        .operands = "[PACK]...",
        .about = "Lists the behaviours and cues of packs (folders or names; default: " CM_PACK_DEFAULT ").",
        .more = "Exit codes: 0 done, 1 nothing matches, 2 wrong usage or pack.\n",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    struct cm_packs packs = CM_PACKS_EMPTY;
    int operand;
    enum cm_opts_result parsed = cm_opts_parse(&command, argc, argv, &operand);
    if (parsed != CM_OPTS_RUN)
        return parsed == CM_OPTS_HELP ? cm_flush_stdout() : CM_EXIT_USAGE;
    for (; operand < argc && job.packs.count < CM_OPT_LIST_MAX; operand++)
        job.packs.items[job.packs.count++] = argv[operand];
    int code = cm_load_packs(&packs, &job.packs);
    if (code == CM_EXIT_DONE && !dimension_known(&job, &packs, &command))
        code = CM_EXIT_USAGE;
    uint32_t count = 0;
    for (size_t i = 0; i < packs.count && code == CM_EXIT_DONE; i++)
        count += job.json ? print_json(&job, packs.items[i].ruleset) : print_pack(&job, packs.items[i].ruleset);
    if (code == CM_EXIT_DONE && count == 0) {
        cm_tell_error("nothing matches");
        code = CM_EXIT_CHECK;
    }
    cm_packs_free(&packs);
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}
