/*
 * parse: the keys of cues and behaviours, read into drafts. The tables are the
 * language: rules/REFERENCE.md and rules/schema.json say the same.
 */
#include "ruleset/fields.h"

/* Ranges of numbers in rules: wide enough for every sane rule, narrow enough that no sum overflows. */
#define WEIGHT_MAX 1000000                       /* 1000 in thousandths */
#define THRESHOLD_MAX 100000000                  /* 100,000 in thousandths */
#define POINTS_MAX 10000                         /* 100 in hundredths */
#define WORDS_MAX 10000                          /* a text has at most 64 KiB */
#define RUNS_MAX 1000                            /* agent runs */
#define TURNS_NEAR_MAX 50                        /* consecutive messages: the judge keeps that many in view */
#define ECHO_WORDS_MAX 20                        /* distinct words of one turn */
#define SECONDS_MAX (INT64_C(90) * 86400 * 1000) /* 90 days in milliseconds */

#define HALF_PPM (CM_PPM / 2)

enum { DIRECT = 1u << CM_CUE_DIRECT, WEIGHTED = 1u << CM_CUE_WEIGHTED, COMPOSITE = 1u << CM_CUE_COMPOSITE, ECHO = 1u << CM_CUE_ECHO };
enum {
    EXPECTED = 1u << CM_BEHAVIOUR_EXPECTED,
    OPPORTUNITY = 1u << CM_BEHAVIOUR_OPPORTUNITY,
    TIMED = 1u << CM_BEHAVIOUR_TIMED,
    BONUS = 1u << CM_BEHAVIOUR_BONUS,
    PENALTY = 1u << CM_BEHAVIOUR_PENALTY,
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const attribute_names[] = {"reject", "accept", "require", NULL};
#define X(name, text) text,
static const char *const behaviour_kinds[] = {CM_BEHAVIOUR_KINDS(X) NULL};
#undef X
static const char *const due_names[] = {"once", "each_agent", "last_agent", NULL};
#define X(name, text) text,
static const char *const measure_names[] = {CM_MEASURES(X) NULL};
#undef X

/* A mapping with one number in it, such as {turns: 3}. */
static void read_one_number(struct cm_draft *draft, const struct cm_field *inner, const struct cm_field *field, const struct cm_node *value,
                            void *target)
{
    if (cm_expect(draft, value, CM_NODE_MAPPING, field->key, "a mapping such as {agent_runs: 2}"))
        cm_read_fields(draft, value, value, inner, 1, CM_KIND_ANY, field->key, target);
}

static void read_near(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner = {"turns", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 1, TURNS_NEAR_MAX, 0, NULL};
    read_one_number(draft, &inner, field, value, target);
}

static void read_echo(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner = {"words", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 1, ECHO_WORDS_MAX, 0, NULL};
    read_one_number(draft, &inner, field, value, target);
}

static void read_window(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner = {"agent_runs", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 1, RUNS_MAX, 0, NULL};
    read_one_number(draft, &inner, field, value, target);
}

static void read_within(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner = {"agent_runs", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 0, RUNS_MAX, 0, NULL};
    read_one_number(draft, &inner, field, value, target);
}

static void read_position(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner[] = {
        {"first", cm_read_u32, offsetof(struct cm_cue, position_first), CM_KIND_ANY, 0, 1, RUNS_MAX, 0, NULL},
        {"last", cm_read_u32, offsetof(struct cm_cue, position_last), CM_KIND_ANY, 0, 1, RUNS_MAX, 0, NULL},
    };
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "{first: n} or {last: n}"))
        return;
    cm_read_fields(draft, value, value, inner, COUNT(inner), CM_KIND_ANY, "position", target);
    if (value->count != 1 && !value->bad)
        cm_draft_error(draft, "position-one", value, NULL, "position is either {first: n} or {last: n}");
}

static void read_cue_languages(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    struct cm_cue *cue = target;
    (void)field;
    cm_read_languages(draft, value, &cue->languages, &cue->language_count);
}

static void read_customer_name(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const char *const names[] = {"customer", NULL};
    struct cm_field named = *field;
    uint8_t which = UINT8_MAX;
    named.names = names;
    cm_read_name(draft, &named, value, &which);
    *(bool *)target = which == 0;
}

#define AT(member) offsetof(struct cm_draft_cue, member)
static const struct cm_field cue_fields[] = {
    {"id", cm_read_nothing, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL}, /* merge.c has read and told it */
    {"speaker", cm_read_speakers, AT(cue.speakers), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    {"why", cm_read_line, AT(cue.why), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    {"phrases", cm_read_list, AT(phrases), DIRECT, 0, 0, 0, 0, NULL},
    {"regex", cm_read_list, AT(regex), DIRECT, 0, 0, 0, 0, NULL},
    {"weights", cm_read_list, AT(weights), WEIGHTED, WEIGHTED, 0, 0, 0, NULL},
    {"threshold", cm_read_i32, AT(cue.threshold), WEIGHTED, WEIGHTED, 1, THRESHOLD_MAX, 3, NULL},
    {"cap", cm_read_i32, AT(cue.cap), WEIGHTED, 0, 1, WEIGHT_MAX, 3, NULL},
    {"all", cm_read_cues, AT(all), COMPOSITE, 0, 0, 0, 0, NULL},
    {"any", cm_read_cues, AT(any), COMPOSITE, 0, 0, 0, 0, NULL},
    {"none", cm_read_cues, AT(none), COMPOSITE, 0, 0, 0, 0, NULL},
    {"near", read_near, AT(cue.near_turns), COMPOSITE, 0, 0, 0, 0, NULL},
    {"echo", read_echo, AT(cue.echo_words), ECHO, ECHO, 0, 0, 0, NULL},
    {"negated", cm_read_name, AT(cue.negated), DIRECT | WEIGHTED, 0, 0, 0, 0, attribute_names},
    {"hypothetical", cm_read_name, AT(cue.hypothetical), DIRECT | WEIGHTED, 0, 0, 0, 0, attribute_names},
    {"name", read_customer_name, AT(cue.name_customer), DIRECT | WEIGHTED, 0, 0, 0, 0, NULL},
    {"channels", cm_read_channels, AT(cue.channels), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"languages", read_cue_languages, AT(cue), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"position", read_position, AT(cue), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"replies", cm_read_bool, AT(cue.replies), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"min_words", cm_read_u32, AT(cue.min_words), CM_KIND_ANY, 0, 1, WORDS_MAX, 0, NULL},
    {"max_words", cm_read_u32, AT(cue.max_words), CM_KIND_ANY, 0, 1, WORDS_MAX, 0, NULL},
    {"min_count", cm_read_u32, AT(cue.min_count), DIRECT | WEIGHTED, 0, 1, RUNS_MAX, 0, NULL},
    {"hit", cm_read_list, AT(hit), CM_KIND_ANY, DIRECT | WEIGHTED, 0, 0, 0, NULL},
    {"miss", cm_read_list, AT(miss), CM_KIND_ANY, DIRECT | WEIGHTED, 0, 0, 0, NULL},
};
#undef AT

/* Which body a cue has, from the keys that only one body knows. Two bodies are told; CM_KIND_ANY: unclear. */
static uint32_t cue_body(struct cm_draft *draft, const struct cm_entry *entry)
{
    static const struct {
        const char *key;
        enum cm_cue_kind kind;
    } bodies[] = {{"phrases", CM_CUE_DIRECT}, {"regex", CM_CUE_DIRECT},   {"weights", CM_CUE_WEIGHTED}, {"all", CM_CUE_COMPOSITE},
                  {"any", CM_CUE_COMPOSITE},  {"none", CM_CUE_COMPOSITE}, {"echo", CM_CUE_ECHO}};
    const char *first = NULL;
    uint32_t kind = CM_KIND_ANY;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const struct cm_node *key = cm_node_key(entry->map, bodies[i].key);
        if (!key)
            continue;
        if (first && kind != CM_BIT(bodies[i].kind)) {
            cm_draft_error(draft, "cue-body", key, NULL, "a cue has one body: \"%s\" does not go with \"%s\"", bodies[i].key, first);
            return CM_KIND_ANY;
        }
        first = bodies[i].key;
        kind = CM_BIT(bodies[i].kind);
    }
    if (!first && !entry->map->bad)
        cm_draft_error(draft, "cue-body", entry->id_node, "give it phrases, regex, weights, all, any, none or echo",
                       "this cue has nothing to match with");
    return kind;
}

static const char *const cue_body_names[] = {
    [CM_CUE_DIRECT] = "a cue of phrases or regexes",
    [CM_CUE_WEIGHTED] = "a cue of weights",
    [CM_CUE_COMPOSITE] = "a cue of other cues",
    [CM_CUE_ECHO] = "an echo cue",
};

/* The kind that a single bit stands for. */
static uint8_t kind_of(uint32_t bit)
{
    return (uint8_t)__builtin_ctz(bit);
}

static void read_cue(struct cm_draft *draft, struct cm_entry *entry, struct cm_draft_cue *draft_cue)
{
    struct cm_cue *cue = &draft_cue->cue;
    *cue = (struct cm_cue){.why = "", .channels = UINT16_MAX, .cap = INT32_MAX, .min_count = 1};
    draft_cue->entry = entry;
    draft_cue->at = entry->id_node;
    cue->id = entry->id.len ? cm_draft_keep(draft, entry->id).ptr : "";
    cue->place = cm_node_text_place(entry->id_node);
    uint32_t body = cue_body(draft, entry);
    cue->kind = body == CM_KIND_ANY ? CM_CUE_DIRECT : kind_of(body);
    cm_read_fields(draft, entry->map, entry->id_node, cue_fields, COUNT(cue_fields), body,
                   body == CM_KIND_ANY ? "a cue" : cue_body_names[cue->kind], draft_cue);
    cm_draft_read_examples(draft, draft_cue->hit, "hit", &cue->hits, &cue->hit_count);
    cm_draft_read_examples(draft, draft_cue->miss, "miss", &cue->misses, &cue->miss_count);
}

static void read_prompt(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field seconds = {"prompt", cm_read_by_channel, 0, CM_KIND_ANY, 0, 1, SECONDS_MAX, 3, NULL};
    static const struct cm_field late = {"late_credit", cm_read_u32, 0, CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL};
    struct cm_behaviour *behaviour = target;
    struct cm_draft_channels given;
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        given.by[channel] = CM_NUMBER_UNSET;
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "seconds by channel, such as {chat: 120}"))
        return;
    for (const struct cm_node *key = value->child; key; key = key->next) {
        if (cm_span_equal(key->text, CM_SPAN("late_credit"))) {
            cm_read_u32(draft, &late, key->value, &behaviour->prompt_late_credit);
            continue;
        }
        unsigned channel = cm_read_channel_key(draft, field->key, key);
        if (channel < CM_CHANNEL_COUNT)
            cm_read_decimal(draft, &seconds, key->value, &given.by[channel]);
    }
    cm_channels_fill(&given, -1, behaviour->prompt_ms);
}

static void read_then(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
#define AT(member) offsetof(struct cm_draft_behaviour, member)
    static const struct cm_field inner[] = {
        {"any", cm_read_cues, AT(then_any), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
        {"within", read_within, AT(behaviour.then_runs), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"credit", cm_read_u32, AT(behaviour.then_credit), CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL},
    };
#undef AT
    if (cm_expect(draft, value, CM_NODE_MAPPING, field->key, "{any: [cues], within: {agent_runs: n}, credit: 0.5}"))
        cm_read_fields(draft, value, value, inner, COUNT(inner), CM_KIND_ANY, "then", target);
}

static void read_target(struct cm_draft *draft, const struct cm_node *key, struct cm_time_target *target)
{
    static const struct cm_field inner[] = {
        {"target", cm_read_i64, offsetof(struct cm_time_target, target), CM_KIND_ANY, CM_KIND_ANY, 0, SECONDS_MAX, 3, NULL},
        {"limit", cm_read_i64, offsetof(struct cm_time_target, limit), CM_KIND_ANY, CM_KIND_ANY, 1, SECONDS_MAX, 3, NULL},
    };
    struct cm_time_target read = {-1, -1};
    if (!cm_expect(draft, key->value, CM_NODE_MAPPING, key->text.ptr, "{target: seconds, limit: seconds}"))
        return;
    cm_read_fields(draft, key->value, key, inner, COUNT(inner), CM_KIND_ANY, "a time", &read);
    if (read.target < 0 || read.limit < 0)
        return;
    if (read.target >= read.limit)
        cm_draft_error(draft, "target-limit", key->value, NULL, "the target (full credit) must be shorter than the limit (no credit)");
    else
        *target = read;
}

static void read_measure(struct cm_draft *draft, const struct cm_node *key, struct cm_time_target targets[CM_CHANNEL_COUNT])
{
    if (!cm_expect(draft, key->value, CM_NODE_MAPPING, key->text.ptr, "targets by channel, such as {chat: {target: 30, limit: 180}}"))
        return;
    struct cm_time_target given[CM_CHANNEL_COUNT];
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        given[channel] = (struct cm_time_target){-1, -1};
    for (const struct cm_node *inner = key->value->child; inner; inner = inner->next) {
        unsigned channel = cm_read_channel_key(draft, key->text.ptr, inner);
        if (channel < CM_CHANNEL_COUNT)
            read_target(draft, inner, &given[channel]);
    }
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        targets[channel] = given[channel].target < 0 ? given[CM_CHANNEL_NONE] : given[channel];
    if (key->value->count == 0 && !key->value->bad)
        cm_draft_error(draft, "list-empty", key->value, NULL, "\"%s\" has no target for any channel", key->text.ptr);
}

static void read_measures(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    struct cm_draft_behaviour *behaviour = target;
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "clocks with targets by channel"))
        return;
    behaviour->measures = value;
    for (const struct cm_node *key = value->child; key; key = key->next) {
        struct cm_nearest nearest = cm_nearest_to(key->text);
        unsigned measure = 0;
        for (; measure < CM_MEASURE_COUNT && !cm_span_equal(cm_span_of(measure_names[measure]), key->text); measure++)
            cm_nearest_offer(&nearest, cm_span_of(measure_names[measure]));
        if (measure < CM_MEASURE_COUNT)
            read_measure(draft, key, behaviour->behaviour.targets[measure]);
        else
            cm_draft_error(draft, "measure-unknown", key, cm_nearest_help(draft, &nearest), "there is no clock \"%s\"", key->text.ptr);
    }
    if (value->count == 0 && !value->bad)
        cm_draft_error(draft, "list-empty", value, NULL, "a timed behaviour needs a clock to go by");
}

#define AT(member) offsetof(struct cm_draft_behaviour, member)
static const struct cm_field behaviour_fields[] = {
    {"id", cm_read_nothing, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"dimension", cm_read_node, AT(dimension), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    {"kind", cm_read_nothing, 0, CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL}, /* read before all others */
    {"title", cm_read_line, AT(behaviour.title), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    {"weight", cm_read_u32, AT(behaviour.weight), EXPECTED | OPPORTUNITY | TIMED, 0, 1, WEIGHT_MAX, 3, NULL},
    {"channels", cm_read_channels, AT(behaviour.channels), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"met_by", cm_read_cues, AT(met_by), EXPECTED | OPPORTUNITY | BONUS, EXPECTED | OPPORTUNITY | BONUS, 0, 0, 0, NULL},
    {"raised_by", cm_read_cues, AT(raised_by), PENALTY, PENALTY, 0, 0, 0, NULL},
    {"opportunity", cm_read_cues, AT(opportunity), OPPORTUNITY, OPPORTUNITY, 0, 0, 0, NULL},
    {"due", cm_read_name, AT(behaviour.due), EXPECTED, 0, 0, 0, 0, due_names},
    {"window", read_window, AT(behaviour.window_runs), EXPECTED | OPPORTUNITY, 0, 0, 0, 0, NULL},
    {"late_credit", cm_read_u32, AT(behaviour.late_credit), EXPECTED, 0, 0, CM_PPM, 6, NULL},
    {"prompt", read_prompt, AT(behaviour), OPPORTUNITY, 0, 0, 0, 0, NULL},
    {"then", read_then, 0, OPPORTUNITY, 0, 0, 0, 0, NULL},
    {"measures", read_measures, 0, TIMED, TIMED, 0, 0, 0, NULL},
    {"points", cm_read_u32, AT(behaviour.points), BONUS | PENALTY, BONUS | PENALTY, 1, POINTS_MAX, 2, NULL},
    {"cap", cm_read_u32, AT(behaviour.points_cap), BONUS | PENALTY, 0, 1, POINTS_MAX, 2, NULL},
};
#undef AT

static const char *const behaviour_kind_names[] = {
    [CM_BEHAVIOUR_EXPECTED] = "an expected behaviour",
    [CM_BEHAVIOUR_OPPORTUNITY] = "a behaviour on opportunity",
    [CM_BEHAVIOUR_TIMED] = "a timed behaviour",
    [CM_BEHAVIOUR_BONUS] = "a bonus",
    [CM_BEHAVIOUR_PENALTY] = "a penalty",
};

static void behaviour_defaults(struct cm_behaviour *behaviour)
{
    *behaviour = (struct cm_behaviour){.title = "",
                                       .channels = UINT16_MAX,
                                       .weight = 1000,
                                       .late_credit = HALF_PPM,
                                       .prompt_late_credit = HALF_PPM,
                                       .then_runs = 1,
                                       .then_credit = HALF_PPM};
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
        behaviour->prompt_ms[channel] = -1;
        for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++)
            behaviour->targets[measure][channel] = (struct cm_time_target){-1, -1};
    }
}

static void read_behaviour(struct cm_draft *draft, struct cm_entry *entry, struct cm_draft_behaviour *draft_behaviour)
{
    static const struct cm_field kind_field = {.key = "kind", .names = behaviour_kinds};
    struct cm_behaviour *behaviour = &draft_behaviour->behaviour;
    behaviour_defaults(behaviour);
    draft_behaviour->entry = entry;
    draft_behaviour->at = entry->id_node;
    behaviour->id = entry->id.len ? cm_draft_keep(draft, entry->id).ptr : "";
    behaviour->place = cm_node_text_place(entry->id_node);
    const struct cm_node *kind_node = cm_node_get(entry->map, "kind");
    uint8_t kind = UINT8_MAX;
    if (kind_node && !cm_node_empty(kind_node))
        cm_read_name(draft, &kind_field, kind_node, &kind);
    bool known = kind != UINT8_MAX;
    behaviour->kind = known ? kind : CM_BEHAVIOUR_EXPECTED;
    if (known && kind == CM_BEHAVIOUR_OPPORTUNITY)
        behaviour->window_runs = 2; /* the reply, and one more chance */
    cm_read_fields(draft, entry->map, entry->id_node, behaviour_fields, COUNT(behaviour_fields), known ? CM_BIT(kind) : CM_KIND_ANY,
                   known ? behaviour_kind_names[kind] : "a behaviour", draft_behaviour);
    const struct cm_node *cap = cm_node_get(entry->map, "cap");
    if (!cap)
        behaviour->points_cap = behaviour->points;
    else if (behaviour->points_cap && behaviour->points_cap < behaviour->points)
        cm_draft_error(draft, "cap-below-points", cap, NULL, "the cap is smaller than the points of a single time");
}

enum cm_status cm_draft_read(struct cm_draft *draft)
{
    cm_draft_read_manifest(draft);
    draft->cues = cm_draft_alloc(draft, draft->entry_count, sizeof *draft->cues);
    draft->behaviours = cm_draft_alloc(draft, draft->entry_count, sizeof *draft->behaviours);
    for (size_t i = 0; i < draft->entry_count && draft->status == CM_OK; i++) {
        struct cm_entry *entry = &draft->entries[i];
        if (entry->disabled)
            continue;
        if (entry->kind == CM_ENTRY_CUE) {
            entry->index = (uint32_t)draft->cue_count;
            read_cue(draft, entry, &draft->cues[draft->cue_count++]);
        } else {
            entry->index = (uint32_t)draft->behaviour_count;
            read_behaviour(draft, entry, &draft->behaviours[draft->behaviour_count++]);
        }
    }
    return draft->status;
}
