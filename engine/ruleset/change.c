#include "ruleset/change.h"

#include "ruleset/fields.h"

/* `add` reaches into `then: {any: [..]}` and no deeper. */
#define CM_ADD_DEPTH_MAX 3u

/* The entry that a key of `set` or `add`, or an item of `disable`, means. */
static struct cm_entry *find_target(struct cm_draft *draft, const struct cm_node *name, const char *id)
{
    struct cm_entry *entry = cm_draft_find(draft, name->text);
    if (entry || draft->holes)
        return entry;
    struct cm_nearest nearest = cm_nearest_to(name->text);
    for (size_t i = 0; i < draft->by_id_count; i++)
        cm_nearest_offer(&nearest, draft->by_id[i]->id);
    cm_draft_error(draft, id, name, cm_nearest_help(draft, &nearest), "the extended pack has no cue or behaviour \"%s\"", name->text.ptr);
    return NULL;
}

void cm_apply_disable(struct cm_draft *draft, const struct cm_node *list, uint8_t layer)
{
    if (!cm_expect(draft, list, CM_NODE_SEQUENCE, "disable", "a list of ids"))
        return;
    for (const struct cm_node *item = list->child; item; item = item->next) {
        struct cm_entry *entry =
            cm_expect(draft, item, CM_NODE_SCALAR, "disable", "ids") ? find_target(draft, item, "disable-unknown") : NULL;
        if (entry && entry->disabled)
            cm_draft_warning(draft, "disable-twice", item, NULL, "%s is disabled already", item->text.ptr);
        if (entry) {
            entry->disabled = true;
            entry->disabled_layer = layer;
        }
    }
}

static bool says_nothing(const struct cm_node *value)
{
    return cm_node_empty(value) || (value->kind == CM_NODE_SCALAR && value->plain &&
                                    (cm_span_equal(value->text, CM_SPAN("~")) || cm_span_equal(value->text, CM_SPAN("null"))));
}

static bool remove_key(struct cm_node *map, const char *name)
{
    for (struct cm_node **at = &map->child; *at; at = &(*at)->next)
        if (strcmp((*at)->text.ptr, name) == 0) {
            *at = (*at)->next;
            map->count--;
            return true;
        }
    return false;
}

void cm_overlay_key(struct cm_draft *draft, struct cm_node *map, const struct cm_node *key)
{
    if (key->bad || key->value->bad)
        return;
    bool had = remove_key(map, key->text.ptr);
    if (had && says_nothing(key->value))
        return;
    struct cm_node *copy = cm_draft_alloc(draft, 1, sizeof *copy);
    if (!copy)
        return;
    *copy = *key;
    cm_node_append(map, copy);
}

void cm_apply_set(struct cm_draft *draft, const struct cm_node *set)
{
    if (!cm_expect(draft, set, CM_NODE_MAPPING, "set", "ids with keys"))
        return;
    for (const struct cm_node *target = set->child; target; target = target->next) {
        struct cm_entry *entry = find_target(draft, target, "set-unknown");
        if (!cm_expect(draft, target->value, CM_NODE_MAPPING, target->text.ptr, "keys with their new values") || !entry)
            continue;
        for (const struct cm_node *key = target->value->child; key; key = key->next) {
            if (cm_span_equal(key->text, CM_SPAN("id")))
                cm_draft_error(draft, "set-id", key, NULL, "an id is never changed: reports and labels go by it");
            else
                cm_overlay_key(draft, entry->map, key);
        }
    }
}

static void add_items(struct cm_node *list, const struct cm_node *more)
{
    struct cm_node **at = &list->child;
    while (*at)
        at = &(*at)->next;
    *at = more->child;
    list->count += more->count;
}

/* depth < CM_ADD_DEPTH_MAX */
static void add_keys(struct cm_draft *draft, struct cm_node *map, const struct cm_node *more, unsigned depth)
{
    for (const struct cm_node *key = more->child; key; key = key->next) {
        struct cm_node *value = cm_node_get(map, key->text.ptr);
        bool nested = key->value->kind == CM_NODE_MAPPING && depth + 1 < CM_ADD_DEPTH_MAX;
        if (key->value->bad)
            continue;
        if (key->value->kind != CM_NODE_SEQUENCE && !(nested && value && value->kind == CM_NODE_MAPPING))
            cm_draft_error(draft, "add-list", key->value, "use `set` for what is no list", "`add` puts items into lists; \"%s\" is %s",
                           key->text.ptr, cm_node_kind_text(key->value));
        else if (!value)
            cm_overlay_key(draft, map, key);
        else if (value->kind != key->value->kind)
            cm_draft_error(draft, "add-list", key, "use `set` to replace it", "\"%s\" is %s in the extended pack", key->text.ptr,
                           cm_node_kind_text(value));
        else if (nested)
            add_keys(draft, value, key->value, depth + 1);
        else
            add_items(value, key->value);
    }
}

void cm_apply_add(struct cm_draft *draft, const struct cm_node *add)
{
    if (!cm_expect(draft, add, CM_NODE_MAPPING, "add", "ids with lists"))
        return;
    for (const struct cm_node *target = add->child; target; target = target->next) {
        struct cm_entry *entry = find_target(draft, target, "add-unknown");
        if (cm_expect(draft, target->value, CM_NODE_MAPPING, target->text.ptr, "keys with lists") && entry)
            add_keys(draft, entry->map, target->value, 0);
    }
}
