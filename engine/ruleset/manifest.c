/*
 * manifest: the merged keys of pack.yaml, read into the draft of the pack.
 */
#include "ruleset/fields.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SECONDS_MAX (INT64_C(90) * 86400 * 1000) /* 90 days in milliseconds */
#define MINUTES_A_DAY 1440u
/* rules/REFERENCE.md §9: fewer labelled examples support nothing. */
#define CM_VALIDATED_EXAMPLES_MIN 10u

#define AT(member) offsetof(struct cm_draft_pack, member)

static void read_version(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "a version such as 1.0.0"))
        return;
    unsigned parts = 0, digits = 0;
    size_t i = 0;
    for (; i < value->text.len; i++) {
        char c = value->text.ptr[i];
        if (c >= '0' && c <= '9') {
            digits++;
            continue;
        }
        if (!digits || parts == 2 || c != '.')
            break;
        parts++;
        digits = 0;
    }
    bool fine = parts == 2 && digits && (i == value->text.len || value->text.ptr[i] == '-' || value->text.ptr[i] == '+');
    if (fine)
        cm_read_line(draft, field, value, target);
    else
        cm_draft_error(draft, "version-format", value, NULL, "a version has three numbers, such as 1.0.0, not \"%s\"", value->text.ptr);
}

static void read_pack_name(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (cm_expect(draft, value, CM_NODE_SCALAR, field->key, "the pack's name") && cm_check_id(draft, value, "pack-name", "a pack's name"))
        cm_read_line(draft, field, value, target);
}

static void read_pack_languages(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    struct cm_draft_pack *pack = target;
    (void)field;
    cm_read_languages(draft, value, &pack->languages, &pack->language_count);
}

static void read_dimensions(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner = {"weight", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 1, 1000000, 3, NULL};
    struct cm_draft_pack *pack = target;
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "names with weights, such as {respond: {weight: 30}}"))
        return;
    pack->dimensions = value;
    for (const struct cm_node *key = value->child; key; key = key->next) {
        if (pack->dimension_count == CM_DIMENSIONS_MAX) {
            cm_draft_error(draft, "dimensions-many", key, NULL, "a pack has at most %u dimensions", CM_DIMENSIONS_MAX);
            return;
        }
        struct cm_dimension *dimension = &pack->dimension[pack->dimension_count];
        if (!cm_check_id(draft, key, "id-format", "a dimension's name"))
            continue;
        dimension->id = cm_draft_keep(draft, key->text).ptr;
        dimension->weight = 0;
        pack->dimension_count++;
        if (cm_expect(draft, key->value, CM_NODE_MAPPING, key->text.ptr, "a weight, such as {weight: 25}"))
            cm_read_fields(draft, key->value, key, &inner, 1, CM_KIND_ANY, "a dimension", &dimension->weight);
    }
    if (value->count == 0 && !value->bad)
        cm_draft_error(draft, "list-empty", value, NULL, "a pack has at least one dimension");
}

static void read_min_agent_runs(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    struct cm_draft_channels *channels = target;
    if (value->kind == CM_NODE_SCALAR)
        cm_read_decimal(draft, field, value, &channels->by[CM_CHANNEL_NONE]);
    else
        cm_read_by_channel(draft, field, value, target);
}

static void read_gates(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner[] = {
        {"min_coverage", cm_read_u32, AT(min_coverage), CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL},
        {"min_agent_runs", read_min_agent_runs, AT(min_agent_runs), CM_KIND_ANY, 0, 0, 1000, 0, NULL},
        {"min_confidence", cm_read_u32, AT(min_confidence), CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL},
    };
    if (cm_expect(draft, value, CM_NODE_MAPPING, field->key, "keys such as min_coverage"))
        cm_read_fields(draft, value, value, inner, COUNT(inner), CM_KIND_ANY, "gates", target);
}

static void read_outcome(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner[] = {
        {"delight", cm_read_cues, AT(delight), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"thanks", cm_read_cues, AT(thanks), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"resolved", cm_read_cues, AT(resolved), CM_KIND_ANY, 0, 0, 0, 0, NULL},
        {"unresolved", cm_read_cues, AT(unresolved), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    };
    if (cm_expect(draft, value, CM_NODE_MAPPING, field->key, "keys with lists of cues"))
        cm_read_fields(draft, value, value, inner, COUNT(inner), CM_KIND_ANY, "customer_outcome", target);
}

static bool two_digits(const char *text, unsigned *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
    return true;
}

/* "08:30" to minutes; 24:00 is the end of a day. */
static bool read_clock(const char *text, unsigned *minutes)
{
    unsigned hour, minute;
    if (!two_digits(text, &hour) || text[2] != ':' || !two_digits(text + 3, &minute))
        return false;
    *minutes = hour * 60 + minute;
    return minute < 60 && *minutes <= MINUTES_A_DAY;
}

static void read_offset(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    unsigned minutes = 0;
    if (!cm_expect(draft, value, CM_NODE_SCALAR, field->key, "an offset such as \"+01:00\""))
        return;
    struct cm_span text = value->text;
    bool zulu = cm_span_equal(text, CM_SPAN("Z"));
    bool fine =
        zulu || (text.len == 6 && (text.ptr[0] == '+' || text.ptr[0] == '-') && read_clock(text.ptr + 1, &minutes) && minutes <= 14 * 60);
    if (fine)
        *(int32_t *)target = !zulu && text.ptr[0] == '-' ? -(int32_t)minutes : (int32_t)minutes;
    else
        cm_draft_error(draft, "offset-format", value, NULL,
                       "an offset from UTC is written \"+01:00\", \"-05:30\" or Z, at most 14 hours, not \"%s\"", text.ptr);
}

static bool read_day(const char *text, unsigned *day)
{
    static const char days[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (*day = 0; *day < 7; ++*day)
        if (strncmp(text, days[*day], 3) == 0)
            return true;
    return false;
}

/* mon, or mon-fri, to the first day and their number; sat-mon goes round the end of the week. */
static bool read_days(struct cm_span text, unsigned *first, unsigned *count)
{
    unsigned last;
    *count = 1;
    if (text.len == 3)
        return read_day(text.ptr, first);
    if (text.len != 7 || text.ptr[3] != '-' || !read_day(text.ptr, first) || !read_day(text.ptr + 4, &last))
        return false;
    *count = (last + 7 - *first) % 7 + 1;
    return true;
}

/* Put a span where it belongs; those that touch become one. false: it overlaps one, or there are too many. */
static bool add_span(struct cm_calendar *calendar, unsigned from, unsigned to)
{
    unsigned at = 0;
    while (at < calendar->span_count && calendar->spans[at].to < from)
        at++;
    bool here = at < calendar->span_count;
    bool joins_before = here && calendar->spans[at].to == from;
    unsigned next = at + joins_before;
    if (next < calendar->span_count && calendar->spans[next].from < to)
        return false;
    bool joins_after = next < calendar->span_count && calendar->spans[next].from == to;
    if (joins_before && joins_after) {
        calendar->spans[at].to = calendar->spans[next].to;
        for (unsigned i = next; i + 1 < calendar->span_count; i++)
            calendar->spans[i] = calendar->spans[i + 1];
        calendar->span_count--;
    } else if (joins_before) {
        calendar->spans[at].to = (uint16_t)to;
    } else if (joins_after) {
        calendar->spans[next].from = (uint16_t)from;
    } else {
        if (calendar->span_count == CM_CALENDAR_SPANS_MAX)
            return false;
        for (unsigned i = calendar->span_count; i > at; i--)
            calendar->spans[i] = calendar->spans[i - 1];
        calendar->spans[at].from = (uint16_t)from;
        calendar->spans[at].to = (uint16_t)to;
        calendar->span_count++;
    }
    return true;
}

static void read_hours_item(struct cm_draft *draft, const struct cm_node *item, unsigned first, unsigned count,
                            struct cm_calendar *calendar)
{
    unsigned from, to;
    if (!cm_expect(draft, item, CM_NODE_SCALAR, "hours", "times such as \"08:00-18:00\""))
        return;
    struct cm_span text = item->text;
    if (text.len != 11 || text.ptr[5] != '-' || !read_clock(text.ptr, &from) || !read_clock(text.ptr + 6, &to) || from >= to) {
        cm_draft_error(draft, "hours-format", item, "hours past midnight are two: \"20:00-24:00\", and \"00:00-04:00\" on the next day",
                       "working hours are written \"08:00-18:00\", not \"%s\"", text.ptr);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned day = (first + i) % 7 * MINUTES_A_DAY;
        if (add_span(calendar, day + from, day + to))
            continue;
        cm_draft_error(draft, "hours-overlap", item, NULL, "these hours overlap others of the same day, or are more than %u in a week",
                       CM_CALENDAR_SPANS_MAX);
        return;
    }
}

static void read_hours(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    if (!cm_expect(draft, value, CM_NODE_MAPPING, field->key, "days with hours, such as {mon-fri: \"08:00-18:00\"}"))
        return;
    for (const struct cm_node *key = value->child; key; key = key->next) {
        unsigned first, count;
        if (!read_days(key->text, &first, &count))
            cm_draft_error(draft, "day-unknown", key, NULL, "days are written mon or mon-fri, not \"%s\"", key->text.ptr);
        else if (key->value->kind != CM_NODE_SEQUENCE)
            read_hours_item(draft, key->value, first, count, target);
        else
            for (const struct cm_node *item = key->value->child; item; item = item->next)
                read_hours_item(draft, item, first, count, target);
    }
    if (value->count == 0 && !value->bad)
        cm_draft_error(draft, "list-empty", value, NULL, "a calendar without hours never opens");
}

static void read_calendar(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target)
{
    static const struct cm_field inner[] = {
        {"channels", cm_read_channels, offsetof(struct cm_calendar, channels), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
        {"offset", read_offset, offsetof(struct cm_calendar, offset_min), CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
        {"hours", read_hours, 0, CM_KIND_ANY, CM_KIND_ANY, 0, 0, 0, NULL},
    };
    if (cm_expect(draft, value, CM_NODE_MAPPING, field->key, "channels, offset and hours"))
        cm_read_fields(draft, value, value, inner, COUNT(inner), CM_KIND_ANY, "a calendar", target);
}

static const struct cm_field manifest_fields[] = {
    {"pack", read_pack_name, AT(name), CM_KIND_ANY, 0, 0, 0, 0, NULL}, /* merge.c tells where it is missing */
    {"version", read_version, AT(version), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"dimensions", read_dimensions, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"channels", cm_read_channels, AT(channels), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"languages", read_pack_languages, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"gates", read_gates, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"reply_target", cm_read_by_channel, AT(reply_target), CM_KIND_ANY, 0, 1, SECONDS_MAX, 3, NULL},
    {"calendar", read_calendar, AT(calendar), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"hold", cm_read_cues, AT(hold), CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"customer_outcome", read_outcome, 0, CM_KIND_ANY, 0, 0, 0, 0, NULL},
    {"validity", cm_read_node, AT(validity), CM_KIND_ANY, 0, 0, 0, 0, NULL},
};

void cm_draft_read_manifest(struct cm_draft *draft)
{
    struct cm_draft_pack *pack = &draft->pack;
    *pack = (struct cm_draft_pack){.name = "", .version = "", .channels = UINT16_MAX};
    for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++)
        pack->min_agent_runs.by[channel] = pack->reply_target.by[channel] = CM_NUMBER_UNSET;
    if (draft->manifest && draft->manifest->child)
        cm_read_fields(draft, draft->manifest, draft->manifest, manifest_fields, COUNT(manifest_fields), CM_KIND_ANY, "a pack", pack);
}

/* What was measured for one behaviour: {examples: 40, precision: 0.9, recall: 0.8}. */
static bool read_validity(struct cm_draft *draft, const struct cm_node *key)
{
    static const struct cm_field inner[] = {
        {"examples", cm_read_u32, 0, CM_KIND_ANY, CM_KIND_ANY, 0, 1000000000, 0, NULL},
        {"precision", cm_read_u32, sizeof(uint32_t), CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL},
        {"recall", cm_read_u32, 2 * sizeof(uint32_t), CM_KIND_ANY, 0, 0, CM_PPM, 6, NULL},
        {"kappa", cm_read_i32, 3 * sizeof(uint32_t), CM_KIND_ANY, 0, -CM_PPM, CM_PPM, 6, NULL},
    };
    uint32_t measured[4] = {0};
    if (!cm_expect(draft, key->value, CM_NODE_MAPPING, key->text.ptr, "{examples: n, precision: 0.9, recall: 0.8}"))
        return false;
    cm_read_fields(draft, key->value, key, inner, COUNT(inner), CM_KIND_ANY, "a validity", measured);
    return measured[0] >= CM_VALIDATED_EXAMPLES_MIN;
}

/* The pack that had a hand in the node last: 0 is the one that is loaded. Its depth is what YAML allows. */
static uint8_t newest_layer(const struct cm_node *node, unsigned depth)
{
    uint8_t newest = UINT8_MAX;
    if (!node || depth > CM_YAML_DEPTH_MAX)
        return newest;
    uint8_t value = newest_layer(node->value, depth + 1);
    newest = value < node->layer ? value : node->layer;
    for (const struct cm_node *child = node->child; child; child = child->next) {
        uint8_t one = newest_layer(child, depth + 1);
        newest = one < newest ? one : newest;
    }
    return newest;
}

static bool take_newest(uint8_t *newest, const uint8_t *of, struct cm_cue_list cues)
{
    uint8_t before = *newest;
    for (uint32_t i = 0; i < cues.count; i++)
        *newest = of[cues.items[i]] < *newest ? of[cues.items[i]] : *newest;
    return *newest != before;
}

/* Of every cue the pack that changed it last, or one that it goes by: until nothing changes any more. */
static void find_newest(const struct cm_draft *draft, uint8_t *newest)
{
    for (size_t i = 0; i < draft->cue_count; i++)
        newest[i] = newest_layer(draft->cues[i].entry->map, 0);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < draft->cue_count; i++) {
            const struct cm_cue *cue = &draft->cues[i].cue;
            moved |= take_newest(&newest[i], newest, cue->all) || take_newest(&newest[i], newest, cue->any) ||
                     take_newest(&newest[i], newest, cue->none);
            for (uint32_t w = 0; w < cue->weight_count; w++)
                moved |= take_newest(&newest[i], newest, (struct cm_cue_list){&cue->weights[w].cue, 1});
        }
    }
}

/* What was measured in a layer is another behaviour once a pack above it changes it, or a cue that it goes by. */
static bool changed_since(const struct cm_draft_behaviour *behaviour, const uint8_t *newest, uint8_t layer)
{
    uint8_t own = newest_layer(behaviour->entry->map, 0);
    take_newest(&own, newest, behaviour->behaviour.met_by);
    take_newest(&own, newest, behaviour->behaviour.opportunity);
    take_newest(&own, newest, behaviour->behaviour.then_any);
    return own < layer;
}

void cm_draft_apply_validity(struct cm_draft *draft)
{
    const struct cm_node *validity = draft->pack.validity;
    if (!validity || !cm_expect(draft, validity, CM_NODE_MAPPING, "validity", "ids of behaviours with what was measured"))
        return;
    uint8_t *newest = cm_draft_alloc(draft, draft->cue_count + 1, sizeof *newest);
    if (!newest)
        return;
    find_newest(draft, newest);
    for (const struct cm_node *key = validity->child; key; key = key->next) {
        const struct cm_entry *entry = cm_draft_find(draft, key->text);
        bool supported = read_validity(draft, key);
        if (entry && entry->kind == CM_ENTRY_BEHAVIOUR) {
            struct cm_draft_behaviour *behaviour = &draft->behaviours[entry->index];
            behaviour->behaviour.validated = supported && !changed_since(behaviour, newest, key->layer);
        } else if (!draft->holes && !cm_draft_find_disabled(draft, key->text)) {
            cm_draft_error(draft, "validity-unknown", key, NULL, "there is no behaviour \"%s\"", key->text.ptr);
        }
    }
}
