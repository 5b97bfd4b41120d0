#include "study/labels/label_map.h"

#include "ruleset/draft.h"
#include "study/labels/label_reader.h"

struct reading {
    struct cm_label_map *map;
    const struct cm_ruleset *ruleset;
    struct cm_diagnostics *diagnostics;
    size_t errors; /* that were told before */
};

static void fault(struct reading *reading, const char *id, const struct cm_node *node, const char *help, const char *message,
                  struct cm_span what)
{
    cm_diagnostics_add(reading->diagnostics, CM_SEVERITY_ERROR, id, cm_node_place(node), help, "%s%.*s", message, (int)what.len,
                       what.ptr ? what.ptr : "");
}

static const char *did_you_mean(struct reading *reading, struct cm_span best)
{
    return best.ptr ? cm_arena_printf(&reading->map->arena, "did you mean %.*s?", (int)best.len, best.ptr) : NULL;
}

static void unknown_cue(struct reading *reading, const struct cm_node *node)
{
    struct cm_nearest nearest = cm_nearest_to(node->text);
    for (uint32_t i = 0; i < reading->ruleset->cue_count; i++)
        cm_nearest_offer(&nearest, cm_span_of(reading->ruleset->cues[i].id));
    fault(reading, "map-cue-unknown", node, did_you_mean(reading, nearest.best), "the pack has no cue ", node->text);
}

static void unknown_key(struct reading *reading, const struct cm_node *key)
{
    static const char *const keys[] = {"label", "speaker", "any"};
    struct cm_nearest nearest = cm_nearest_to(key->text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cm_nearest_offer(&nearest, cm_span_of(keys[i]));
    const char *help = did_you_mean(reading, nearest.best);
    fault(reading, "map-key-unknown", key, help ? help : "a label has speaker, any and, where its name differs, label", "unknown key ",
          key->text);
}

static bool read_cues(struct reading *reading, const struct cm_node *list, struct cm_mapped *out)
{
    if (list->kind != CM_NODE_SEQUENCE || list->count == 0) {
        fault(reading, "map-any", list, NULL, "any is a list of one cue at least, not ", cm_span_of(cm_node_kind_text(list)));
        return true;
    }
    uint32_t *cues = cm_arena_calloc(&reading->map->arena, list->count, sizeof *cues);
    for (const struct cm_node *item = list->child; item && cues; item = item->next) {
        uint32_t cue = item->kind == CM_NODE_SCALAR ? cm_ruleset_cue(reading->ruleset, item->text) : CM_CUE_NONE;
        bool twice = false;
        if (item->kind != CM_NODE_SCALAR)
            fault(reading, "map-any", item, NULL, "a cue is named by its id, not by ", cm_span_of(cm_node_kind_text(item)));
        else if (cue == CM_CUE_NONE)
            unknown_cue(reading, item);
        for (uint32_t i = 0; i < out->cue_count; i++)
            twice |= cues[i] == cue;
        if (twice)
            fault(reading, "map-cue-twice", item, NULL, "the cue stands here for the second time: ", item->text);
        else if (cue != CM_CUE_NONE)
            cues[out->cue_count++] = cue;
    }
    out->cues = cues;
    return cues != NULL;
}

static void check_speakers(struct reading *reading, const struct cm_node *list, const struct cm_mapped *mapped)
{
    uint16_t bits = mapped->speaker == CM_SPEAKER_AGENT ? CM_SPEAKERS_AGENT : (uint16_t)CM_BIT(mapped->speaker);
    const struct cm_node *item = list && list->kind == CM_NODE_SEQUENCE ? list->child : NULL;
    for (; item && mapped->speaker != CM_SPEAKER_NONE; item = item->next) {
        uint32_t cue = item->kind == CM_NODE_SCALAR ? cm_ruleset_cue(reading->ruleset, item->text) : CM_CUE_NONE;
        if (cue != CM_CUE_NONE && !(reading->ruleset->cues[cue].speakers & bits))
            fault(reading, "map-speaker", item, "it can never be heard in a turn of the label's speaker",
                  "the cue is for another speaker: ", item->text);
    }
}

static void check_twice(struct reading *reading, const struct cm_mapped *mapped, const struct cm_node *key)
{
    for (uint32_t i = 0; i < reading->map->count; i++) {
        const struct cm_mapped *other = &reading->map->items[i];
        if (other->speaker == mapped->speaker && cm_span_equal(other->label, mapped->label))
            fault(reading, "map-label-twice", key, "one entry a label and speaker",
                  "this speaker's label is mapped already: ", mapped->label);
    }
}

/* The names that mean the label: its own, or those of a list. */
static bool read_names(struct reading *reading, const struct cm_node *label, struct cm_mapped *out)
{
    bool list = label && label->kind == CM_NODE_SEQUENCE && label->count > 0;
    struct cm_span *names = cm_arena_calloc(&reading->map->arena, list ? label->count : 1, sizeof *names);
    if (!names)
        return false;
    if (!list)
        names[out->name_count++] = out->label;
    for (const struct cm_node *item = list ? label->child : NULL; item; item = item->next)
        if (item->kind == CM_NODE_SCALAR && item->text.len > 0)
            names[out->name_count++] = item->text;
        else
            fault(reading, "map-label", item, NULL, "a label is named by a word, not by ", cm_span_of(cm_node_kind_text(item)));
    out->names = names;
    return true;
}

static bool read_label(struct reading *reading, const struct cm_node *key)
{
    const struct cm_node *body = key->value, *speaker = cm_node_get(body, "speaker"), *any = cm_node_get(body, "any");
    const struct cm_node *label = cm_node_get(body, "label");
    struct cm_mapped *out = &reading->map->items[reading->map->count];
    *out = (struct cm_mapped){
        .key = key->text, .label = label && label->kind == CM_NODE_SCALAR ? label->text : key->text, .place = cm_node_place(key)};
    if (body->bad)
        return true;
    if (body->kind != CM_NODE_MAPPING) {
        fault(reading, "map-shape", body, "such as greet: {speaker: agent, any: [greet.hello]}",
              "a label is mapped by speaker and any, not by ", cm_span_of(cm_node_kind_text(body)));
        return true;
    }
    for (const struct cm_node *item = body->child; item; item = item->next)
        if (!cm_span_equal(item->text, CM_SPAN("label")) && !cm_span_equal(item->text, CM_SPAN("speaker")) &&
            !cm_span_equal(item->text, CM_SPAN("any")))
            unknown_key(reading, item);
    if (label && (label->kind == CM_NODE_MAPPING || (label->kind == CM_NODE_SCALAR ? label->text.len : label->count) == 0))
        fault(reading, "map-label", label, NULL, "label is the name of a label, or a list of names, not ",
              cm_span_of(cm_node_kind_text(label)));
    if (!read_names(reading, label, out))
        return false;
    out->speaker = speaker && speaker->kind == CM_NODE_SCALAR ? cm_label_speaker(speaker->text) : CM_SPEAKER_NONE;
    if (out->speaker == CM_SPEAKER_NONE)
        fault(reading, "map-speaker", speaker ? speaker : key, "one of agent, lead, customer, bot, system",
              speaker ? "unknown speaker " : "the label has no speaker", speaker ? speaker->text : CM_SPAN(""));
    if (!any)
        fault(reading, "map-any", key, "any lists the cues that say it", "the label has no cues: any is missing", CM_SPAN(""));
    else if (!read_cues(reading, any, out))
        return false;
    check_speakers(reading, any, out);
    check_twice(reading, out, key);
    reading->map->count++;
    return true;
}

/* The map as one mapping, or NULL, and told. */
static const struct cm_node *root_of(struct reading *reading, const char *file, const struct cm_node *documents)
{
    const char *message = NULL;
    if (!documents)
        message = "the map is empty";
    else if (documents->next)
        message = "a map is one document";
    else if (documents->kind != CM_NODE_MAPPING || documents->count == 0)
        message = "a map is a mapping of labels";
    if (!message)
        return documents;
    struct cm_place place = documents ? cm_node_place(documents) : (struct cm_place){.file = file};
    cm_diagnostics_add(reading->diagnostics, CM_SEVERITY_ERROR, "map-shape", place, "such as greet: {speaker: agent, any: [greet.hello]}",
                       "%s", message);
    return NULL;
}

enum cm_status cm_label_map_read(struct cm_label_map *map, const char *file, struct cm_span bytes, const struct cm_ruleset *ruleset,
                                 struct cm_diagnostics *diagnostics)
{
    struct reading reading = {map, ruleset, diagnostics, diagnostics->errors};
    struct cm_node *documents;
    file = cm_arena_copy(&map->arena, cm_span_of(file)).ptr;
    if (!file)
        return CM_ENOMEM;
    cm_diagnostics_source(diagnostics, file, bytes);
    enum cm_status status = cm_yaml_parse(&map->arena, diagnostics, file, 0, bytes, &documents);
    if (status != CM_OK)
        return status;
    const struct cm_node *root = root_of(&reading, file, documents);
    if (!root)
        return CM_ERULES;
    map->items = cm_arena_calloc(&map->arena, root->count, sizeof *map->items);
    if (!map->items)
        return CM_ENOMEM;
    for (const struct cm_node *key = root->child; key; key = key->next)
        if (!read_label(&reading, key))
            return CM_ENOMEM;
    return diagnostics->errors > reading.errors ? CM_ERULES : CM_OK;
}

void cm_label_map_free(struct cm_label_map *map)
{
    cm_arena_free(&map->arena);
    *map = CM_LABEL_MAP_EMPTY;
}
