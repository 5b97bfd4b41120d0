/*
 * check: what is only wrong between entries. References become indices, cues
 * get their order, and what can never count is told.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/depends.h"
#include "ruleset/fields.h"

/* A list of cues, and what may stand in it. */
struct reference {
    const struct cm_node *list; /* NULL: nothing was written */
    const char *key;
    unsigned speakers;        /* a cue must have one of these */
    const char *speaker_text; /* whom they mean */
    bool needs_each;          /* `all`: none may be missing */
};

static void tell_unknown_cue(struct cm_draft *draft, const struct cm_node *item)
{
    if (draft->holes)
        return;
    struct cm_nearest nearest = cm_nearest_to(item->text);
    for (size_t i = 0; i < draft->by_id_count && draft->diagnostics->errors < CM_DIAGNOSTICS_KEPT_MAX; i++)
        if (draft->by_id[i]->kind == CM_ENTRY_CUE)
            cm_nearest_offer(&nearest, draft->by_id[i]->id);
    cm_draft_error(draft, "cue-unknown", item, cm_nearest_help(draft, &nearest), "there is no cue \"%s\"", item->text.ptr);
}

/* A disabled cue never fires. Where an extended pack names it, it just goes; whoever disabled it may not name it. */
static void tell_disabled(struct cm_draft *draft, const struct reference *reference, const struct cm_node *item,
                          const struct cm_entry *entry)
{
    if (item->layer <= entry->disabled_layer)
        cm_draft_error(draft, "cue-disabled", item, NULL, "the cue %s is disabled", item->text.ptr);
    else if (reference->needs_each)
        cm_draft_error(draft, "cue-disabled", item, "disable this cue, too, or `set` its list",
                       "this cue needs all of its list, and %s is disabled", item->text.ptr);
}

static struct cm_draft_cue *find_cue(struct cm_draft *draft, const struct reference *reference, const struct cm_node *item)
{
    const struct cm_entry *entry = cm_draft_find(draft, item->text);
    if (entry && entry->kind == CM_ENTRY_CUE)
        return &draft->cues[entry->index];
    const struct cm_entry *disabled = entry ? NULL : cm_draft_find_disabled(draft, item->text);
    if (entry)
        cm_draft_error(draft, "cue-unknown", item, NULL, "%s is a behaviour, not a cue", item->text.ptr);
    else if (disabled)
        tell_disabled(draft, reference, item, disabled);
    else
        tell_unknown_cue(draft, item);
    return NULL;
}

static bool listed(const uint32_t *items, uint32_t count, uint32_t index)
{
    for (uint32_t i = 0; i < count; i++)
        if (items[i] == index)
            return true;
    return false;
}

/* Who says it, where it is one alone. */
static const char *speakers_text(unsigned speakers)
{
    static const struct {
        unsigned speakers;
        const char *text;
    } texts[] = {
        {CM_SPEAKERS_AGENT, "the agent"},      {CM_BIT(CM_SPEAKER_AGENT), "the agent"},
        {CM_BIT(CM_SPEAKER_LEAD), "the lead"}, {CM_BIT(CM_SPEAKER_CUSTOMER), "the customer"},
        {CM_BIT(CM_SPEAKER_BOT), "the bot"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].speakers == speakers)
            return texts[i].text;
    return "someone else";
}

static void resolve_one(struct cm_draft *draft, const struct reference *reference, const struct cm_node *item, uint32_t *items,
                        uint32_t *count)
{
    if (item->kind != CM_NODE_SCALAR || item->bad || cm_node_empty(item))
        return; /* told when it was read */
    struct cm_draft_cue *cue = find_cue(draft, reference, item);
    if (!cue)
        return;
    cue->used = true;
    if (cue->cue.speakers && !(cue->cue.speakers & reference->speakers))
        cm_draft_error(draft, "cue-speaker", item, NULL, "\"%s\" takes cues of %s; %s is said by %s", reference->key,
                       reference->speaker_text, item->text.ptr, speakers_text(cue->cue.speakers));
    uint32_t index = (uint32_t)(cue - draft->cues);
    if (listed(items, *count, index))
        cm_draft_warning(draft, "cue-twice", item, "take it out: a cue counts once", "%s stands in this list already", item->text.ptr);
    else
        items[(*count)++] = index;
}

static void resolve(struct cm_draft *draft, const struct reference *reference, struct cm_cue_list *out)
{
    *out = (struct cm_cue_list){NULL, 0};
    if (!reference->list)
        return;
    uint32_t *items = cm_arena_calloc(draft->image, reference->list->count, sizeof *items);
    if (!items) {
        draft->status = CM_ENOMEM;
        return;
    }
    size_t errors = draft->diagnostics->errors;
    uint32_t count = 0;
    for (const struct cm_node *item = reference->list->child; item; item = item->next)
        resolve_one(draft, reference, item, items, &count);
    if (count == 0 && reference->list->child && draft->diagnostics->errors == errors && !draft->holes && !reference->list->bad)
        cm_draft_error(draft, "list-disabled", reference->list, "disable this, too, or `set` another list",
                       "all cues of \"%s\" are disabled", reference->key);
    *out = (struct cm_cue_list){items, count};
}

#define AGENT CM_SPEAKERS_AGENT, "the agent"
#define CUSTOMER CM_BIT(CM_SPEAKER_CUSTOMER), "the customer"
#define ANYONE UINT16_MAX, "anyone"

/* ---- cues ---- */

static void resolve_composite(struct cm_draft *draft, struct cm_draft_cue *cue)
{
    /* in one turn everything is said by one speaker; over several, the last of them must be able to be the composite's */
    unsigned speakers = cue->cue.near_turns > 1 || !cue->cue.speakers ? UINT16_MAX : cue->cue.speakers;
    const char *whom = "its own speaker";
    resolve(draft, &(struct reference){cue->all, "all", speakers, whom, true}, &cue->cue.all);
    resolve(draft, &(struct reference){cue->any, "any", speakers, whom, false}, &cue->cue.any);
    resolve(draft, &(struct reference){cue->none, "none", UINT16_MAX, whom, false}, &cue->cue.none);
    if (cue->none && !cue->all && !cue->any && !cue->entry->map->bad)
        cm_draft_error(draft, "none-alone", cm_node_key(cue->entry->map, "none"), "say what must be there with all or any",
                       "\"none\" alone would fire on nearly every turn");
    unsigned said = 0;
    for (uint32_t i = 0; i < cue->cue.all.count; i++)
        said |= draft->cues[cue->cue.all.items[i]].cue.speakers;
    for (uint32_t i = 0; i < cue->cue.any.count; i++)
        said |= draft->cues[cue->cue.any.items[i]].cue.speakers;
    if (cue->cue.near_turns > 1 && said && cue->cue.speakers && !(said & cue->cue.speakers))
        cm_draft_error(draft, "cue-speaker", cue->at, NULL,
                       "a cue over several turns ends on one of its own speaker, and none of its cues is said by him");
}

/* Other cues whose weights a cue sums up; those that are disabled add nothing. */
static void resolve_weights(struct cm_draft *draft, struct cm_draft_cue *cue)
{
    const struct reference reference = {NULL, "weights", cue->cue.speakers ? cue->cue.speakers : UINT16_MAX, "its own speaker", false};
    struct cm_rule_weight *weights = cm_arena_calloc(draft->image, cue->other_count, sizeof *weights);
    uint32_t *items = cm_draft_alloc(draft, cue->other_count, sizeof *items), count = 0;
    if (!weights || !items) {
        draft->status = CM_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < cue->other_count; i++) {
        const struct cm_draft_weight *other = &cue->others[i];
        uint32_t before = count;
        resolve_one(draft, &reference, other->cue, items, &count);
        if (count == before)
            continue;
        int32_t weight = other->weight < cue->cue.cap ? other->weight : cue->cue.cap;
        weights[before] = (struct cm_rule_weight){items[before], weight, cm_node_text_place(other->cue)};
        cue->cue.most_of_weights += weight > 0 ? weight : 0;
    }
    cue->cue.weights = weights;
    cue->cue.weight_count = count;
}

static void check_gates(struct cm_draft *draft, const struct cm_draft_cue *cue)
{
    static const char *const keys[] = {"position", "replies", "echo"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct cm_node *key = cm_node_key(cue->entry->map, keys[i]);
        if (key && cue->cue.speakers && !(cue->cue.speakers & CM_SPEAKERS_AGENT))
            cm_draft_error(draft, "gate-speaker", key, NULL, "\"%s\" looks at the runs of agents; this cue is said by someone else",
                           keys[i]);
    }
    if (cue->cue.max_words && cue->cue.min_words > cue->cue.max_words)
        cm_draft_error(draft, "words-none", cm_node_key(cue->entry->map, "min_words"), NULL,
                       "no turn has so many words, and at most max_words");
    const struct cm_node *channels = cm_node_key(cue->entry->map, "channels");
    if (channels && !(cue->cue.channels & draft->pack.channels))
        cm_draft_warning(draft, "channels-outside", channels, "take them out here, or add them to the channels of pack.yaml",
                         "the pack is for none of these channels: this cue never counts");
}

static void check_examples(struct cm_draft *draft, const struct cm_cue *cue)
{
    for (uint32_t i = 0; i < cue->hit_count; i++)
        for (uint32_t j = 0; j < cue->miss_count; j++)
            if (cm_span_equal(cue->hits[i].text, cue->misses[j].text) && !cue->hits[i].before_count && !cue->misses[j].before_count)
                cm_diagnostics_add(draft->diagnostics, CM_SEVERITY_ERROR, "example-both", cue->misses[j].place, NULL,
                                   "this text stands under hit, too, in line %u", cue->hits[i].place.line);
}

static void tell_cue_cycle(void *context, const uint32_t *path, uint32_t count)
{
    struct cm_draft *draft = context;
    struct cm_buffer names = CM_BUFFER_EMPTY;
    for (uint32_t i = 0; i <= count; i++) {
        cm_buffer_text(&names, i ? " -> " : "");
        cm_buffer_text(&names, draft->cues[path[i % count]].cue.id);
    }
    cm_draft_error(draft, "cue-cycle", draft->cues[path[0]].at, NULL, "cues go by each other in a circle: %.*s", (int)names.len,
                   names.ptr ? names.ptr : "");
    cm_buffer_free(&names);
}

static uint32_t add_edges(const struct cm_cue_list *list, uint32_t *edges)
{
    for (uint32_t i = 0; edges && i < list->count; i++)
        edges[i] = list->items[i];
    return list->count;
}

static void order_cues(struct cm_draft *draft)
{
    uint32_t count = (uint32_t)draft->cue_count, total = 0;
    for (uint32_t i = 0; i < count; i++)
        total +=
            draft->cues[i].cue.all.count + draft->cues[i].cue.any.count + draft->cues[i].cue.none.count + draft->cues[i].cue.weight_count;
    uint32_t *first = cm_draft_alloc(draft, count + 1u, sizeof *first), *edges = cm_draft_alloc(draft, total, sizeof *edges);
    draft->cue_order = cm_arena_calloc(draft->image, count, sizeof *draft->cue_order);
    if (!first || !edges || !draft->cue_order) {
        draft->status = CM_ENOMEM;
        return;
    }
    for (uint32_t i = 0, at = 0; i < count; i++) {
        at += add_edges(&draft->cues[i].cue.all, edges + at);
        at += add_edges(&draft->cues[i].cue.any, edges + at);
        at += add_edges(&draft->cues[i].cue.none, edges + at);
        for (uint32_t w = 0; w < draft->cues[i].cue.weight_count; w++)
            edges[at++] = draft->cues[i].cue.weights[w].cue;
        first[i + 1] = at;
    }
    struct cm_depends graph = {count, first, edges};
    if (cm_depends_order(&graph, &draft->arena, draft->cue_order, tell_cue_cycle, draft) != CM_OK)
        draft->status = CM_ENOMEM;
}

/* ---- behaviours ---- */

static void resolve_dimension(struct cm_draft *draft, struct cm_draft_behaviour *behaviour)
{
    struct cm_draft_pack *pack = &draft->pack;
    const struct cm_node *node = behaviour->dimension;
    if (!node || !cm_expect(draft, node, CM_NODE_SCALAR, "dimension", "the name of a dimension"))
        return;
    struct cm_nearest nearest = cm_nearest_to(node->text);
    for (uint32_t i = 0; i < pack->dimension_count; i++) {
        if (cm_span_equal(cm_span_of(pack->dimension[i].id), node->text)) {
            behaviour->behaviour.dimension = (uint8_t)i;
            pack->dimension_used[i] = true;
            return;
        }
        cm_nearest_offer(&nearest, cm_span_of(pack->dimension[i].id));
    }
    if (pack->dimensions && pack->dimension_count && !pack->dimensions->bad)
        cm_draft_error(draft, "dimension-unknown", node, cm_nearest_help(draft, &nearest), "the pack has no dimension \"%s\"",
                       node->text.ptr);
}

static void check_behaviour(struct cm_draft *draft, struct cm_draft_behaviour *behaviour)
{
    struct cm_behaviour *out = &behaviour->behaviour;
    resolve_dimension(draft, behaviour);
    const struct reference met_by = {behaviour->met_by, "met_by", AGENT, false},
                           raised_by = {behaviour->raised_by, "raised_by", AGENT, false};
    resolve(draft, out->kind == CM_BEHAVIOUR_PENALTY ? &raised_by : &met_by, &out->met_by);
    resolve(draft, &(struct reference){behaviour->opportunity, "opportunity", CUSTOMER, false}, &out->opportunity);
    resolve(draft, &(struct reference){behaviour->then_any, "then", AGENT, false}, &out->then_any);
    const struct cm_node *channels = cm_node_key(behaviour->entry->map, "channels");
    if (channels && !(out->channels & draft->pack.channels))
        cm_draft_warning(draft, "channels-outside", channels, "take them out here, or add them to the channels of pack.yaml",
                         "the pack is for none of these channels: this behaviour never counts");
}

/* ---- the pack ---- */

static void check_dimensions(struct cm_draft *draft)
{
    const struct cm_draft_pack *pack = &draft->pack;
    if (draft->behaviour_count && !pack->dimensions && draft->manifest && !draft->manifest->bad &&
        !cm_node_get(draft->manifest, "dimensions"))
        cm_draft_error(draft, "key-missing", draft->manifest, NULL, "a pack with behaviours needs the key \"dimensions\"");
    for (uint32_t i = 0; i < pack->dimension_count; i++) {
        const struct cm_node *key = cm_node_key(pack->dimensions, pack->dimension[i].id);
        if (!pack->dimension_used[i] && !draft->holes && key)
            cm_draft_warning(draft, "dimension-empty", key, "name it in a behaviour (dimension: …), or take it out",
                             "no behaviour belongs to %s: it will never have a score", pack->dimension[i].id);
    }
}

static void tell_unused_cues(struct cm_draft *draft)
{
    /* the base of an `extends` is somebody else's; what a `disable` leaves over there is no news */
    for (size_t i = 0; i < draft->cue_count; i++)
        if (!draft->cues[i].used && !draft->holes && draft->cues[i].entry->id.len && draft->behaviour_count &&
            draft->cues[i].at->layer == 0)
            cm_draft_warning(draft, "cue-unused", draft->cues[i].at,
                             "name it in met_by, raised_by, opportunity, then or another cue, or take it out", "nothing uses the cue %s",
                             draft->cues[i].cue.id);
}

static void resolve_manifest(struct cm_draft *draft, struct cm_ruleset *out)
{
    const struct cm_draft_pack *pack = &draft->pack;
    resolve(draft, &(struct reference){pack->hold, "hold", AGENT, false}, &out->hold);
    resolve(draft, &(struct reference){pack->delight, "delight", CUSTOMER, false}, &out->delight);
    resolve(draft, &(struct reference){pack->thanks, "thanks", CUSTOMER, false}, &out->thanks);
    resolve(draft, &(struct reference){pack->resolved, "resolved", ANYONE, false}, &out->resolved);
    resolve(draft, &(struct reference){pack->unresolved, "unresolved", ANYONE, false}, &out->unresolved);
}

static void check_counts(struct cm_draft *draft)
{
    if (draft->cue_count > CM_CUES_MAX)
        cm_draft_error(draft, "cues-many", draft->manifest, NULL, "a pack has at most %u cues; this one has %zu", CM_CUES_MAX,
                       draft->cue_count);
    if (draft->entry_count == 0 && !draft->holes && draft->manifest->child)
        cm_draft_error(draft, "pack-empty", draft->manifest, NULL, "this pack has neither cues nor behaviours");
}

enum cm_status cm_draft_check(struct cm_draft *draft, struct cm_ruleset *out)
{
    for (size_t i = 0; i < draft->cue_count && draft->status == CM_OK; i++) {
        resolve_composite(draft, &draft->cues[i]);
        if (draft->cues[i].other_count > 0)
            resolve_weights(draft, &draft->cues[i]);
        check_gates(draft, &draft->cues[i]);
        check_examples(draft, &draft->cues[i].cue);
    }
    for (size_t i = 0; i < draft->behaviour_count && draft->status == CM_OK; i++)
        check_behaviour(draft, &draft->behaviours[i]);
    if (draft->status != CM_OK)
        return draft->status;
    resolve_manifest(draft, out);
    cm_draft_apply_validity(draft);
    check_dimensions(draft);
    check_counts(draft);
    tell_unused_cues(draft);
    order_cues(draft);
    return draft->status;
}
