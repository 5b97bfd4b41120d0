#include <stdio.h>
#include <string.h>

#include "cli/common.h"
#include "cli/term.h"
#include "cli/text.h"

struct list_job {
    bool cues, behaviours, json;
    struct cm_opt_list packs;
    const char *speaker, *dimension, *match;
};

static const char *const cue_kinds[] = {"phrases", "weights", "combination", "echo"};
static const char *const behaviour_kinds[] = {"expected", "opportunity", "timed", "bonus", "penalty"};

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
    for (int i = CM_SPEAKER_AGENT; job->speaker && i < CM_SPEAKER_COUNT; i++)
        if (strcmp(cm_speaker_name((enum cm_speaker)i), job->speaker) == 0)
            return cue->speakers & CM_BIT(i);
    return !job->speaker;
}

static bool wants_behaviour(const struct list_job *job, const struct cm_ruleset *rules, const struct cm_behaviour *behaviour)
{
    if ((job->cues && !job->behaviours) || job->speaker)
        return false;
    if (job->match && !strstr(behaviour->id, job->match))
        return false;
    return !job->dimension || strcmp(rules->dimensions[behaviour->dimension].id, job->dimension) == 0;
}

static void put(struct cm_buffer *out)
{
    fwrite(out->ptr, 1, out->len, stdout);
    cm_buffer_reset(out);
}

/* The last column: cut where it is too wide, no blanks behind it. */
static void last_column(struct cm_buffer *out, const char *text, unsigned columns)
{
    struct cm_span span = cm_span_of(text);
    if (cm_text_columns(span) > columns)
        cm_text_pad(out, span, columns);
    else
        cm_buffer_span(out, span);
}

static void print_cue(const struct cm_cue *cue, unsigned width, struct cm_buffer *out)
{
    unsigned used = 2 + 34 + 10 + 12 + 5;
    cm_buffer_text(out, "  ");
    cm_text_pad(out, cm_span_of(cue->id), 34);
    cm_buffer_printf(out, " %-9s%-12s%4u ", speaker_of(cue), cue_kinds[cue->kind], cue->phrase_count + cue->regex_count);
    if (width > used + 20)
        last_column(out, cue->why, width - used);
    cm_buffer_byte(out, '\n');
    put(out);
}

static void print_behaviour(const struct cm_ruleset *rules, const struct cm_behaviour *behaviour, unsigned width, struct cm_buffer *out)
{
    unsigned used = 2 + 30 + 14 + 13 + 8;
    cm_buffer_text(out, "  ");
    cm_text_pad(out, cm_span_of(behaviour->id), 30);
    cm_buffer_printf(out, " %-13s%-12s ", rules->dimensions[behaviour->dimension].id, behaviour_kinds[behaviour->kind]);
    bool points = behaviour->kind == CM_BEHAVIOUR_BONUS || behaviour->kind == CM_BEHAVIOUR_PENALTY;
    char value[32];
    if (points)
        snprintf(value, sizeof value, "%c%u.%02u", behaviour->kind == CM_BEHAVIOUR_BONUS ? '+' : '-', behaviour->points / 100,
                 behaviour->points % 100);
    else
        snprintf(value, sizeof value, "%u.%01u", behaviour->weight / 1000, behaviour->weight % 1000 / 100);
    cm_buffer_printf(out, "%6s%c ", value, behaviour->validated ? ' ' : '*');
    if (width > used + 20)
        last_column(out, behaviour->title, width - used);
    cm_buffer_byte(out, '\n');
    put(out);
}

static void print_pack(const struct list_job *job, const struct cm_ruleset *rules)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    bool colour = cm_term_colour(stdout), any = false, unvalidated = false;
    unsigned width = cm_term_width(stdout);
    width = width > 100 ? width : 120; /* a table in a file may be wide */
    printf("%s%s %s%s, hash %016llx%016llx\n", cm_paint(colour, CM_COLOUR_BOLD), rules->name, rules->version,
           cm_paint(colour, CM_COLOUR_OFF), (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low);
    for (uint32_t i = 0; i < rules->behaviour_count; i++)
        if (wants_behaviour(job, rules, &rules->behaviours[i])) {
            if (!any)
                printf("\nbehaviours%*sdimension    kind         weight  title\n", 23, "");
            any = true;
            print_behaviour(rules, &rules->behaviours[i], width, &out);
            unvalidated = unvalidated || !rules->behaviours[i].validated;
        }
    if (unvalidated)
        printf("  * unvalidated: not measured against people's labels\n");
    any = false;
    for (uint32_t i = 0; i < rules->cue_count; i++)
        if (wants_cue(job, &rules->cues[i])) {
            if (!any)
                printf("\ncues%*sspeaker  kind        size why\n", 33, "");
            any = true;
            print_cue(&rules->cues[i], width, &out);
        }
    cm_buffer_free(&out);
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
    put(out);
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
    put(out);
}

static void print_json(const struct list_job *job, const struct cm_ruleset *rules)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    for (uint32_t i = 0; i < rules->behaviour_count; i++)
        if (wants_behaviour(job, rules, &rules->behaviours[i]))
            json_behaviour(rules, &rules->behaviours[i], &out);
    for (uint32_t i = 0; i < rules->cue_count; i++)
        if (wants_cue(job, &rules->cues[i]))
            json_cue(rules, &rules->cues[i], &out);
    cm_buffer_free(&out);
}

int cm_rules_list_main(int argc, char **argv)
{
    struct list_job job = {0};
    const struct cm_opt options[] = {
        {.name = "cues", .kind = CM_OPT_FLAG, .into = &job.cues, .help = "Only cues"},
        {.name = "behaviours", .kind = CM_OPT_FLAG, .into = &job.behaviours, .help = "Only behaviours"},
        {.name = "speaker",
         .letter = 's',
         .kind = CM_OPT_TEXT,
         .into = &job.speaker,
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
    for (size_t i = 0; i < packs.count && code == CM_EXIT_DONE; i++) {
        if (job.json)
            print_json(&job, packs.items[i].ruleset);
        else
            print_pack(&job, packs.items[i].ruleset);
    }
    cm_packs_free(&packs);
    int flushed = cm_flush_stdout();
    return flushed ? flushed : code;
}
