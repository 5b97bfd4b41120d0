/*
 * merge: a pack and all that it extends become one list of entries, node by
 * node, so that everything after this sees one pack and still points into the
 * file where each thing was written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "ruleset/change.h"
#include "ruleset/fields.h"
#include "ruleset/store.h"

/* What becomes of a key of pack.yaml in a pack that extends. */
enum inherit { REPLACE, BY_KEY, OWN };

static const struct {
    const char *key;
    enum inherit inherit;
} manifest_keys[] = {
    {"pack", REPLACE},
    {"version", REPLACE},
    {"extends", OWN},
    {"dimensions", BY_KEY},
    {"channels", REPLACE},
    {"languages", REPLACE},
    {"gates", BY_KEY},
    {"reply_target", BY_KEY},
    {"calendar", REPLACE},
    {"hold", REPLACE},
    {"customer_outcome", BY_KEY},
    {"validity", BY_KEY},
    {"disable", OWN},
    {"set", OWN},
    {"add", OWN},
};
#define MANIFEST_KEYS (sizeof manifest_keys / sizeof *manifest_keys)

static const char *const content_keys[] = {"lists", "cues", "behaviours"};
#define CONTENT_KEYS (sizeof content_keys / sizeof *content_keys)

static const struct cm_node *own(const struct cm_layer *layer, const char *key)
{
    return cm_node_get(layer->manifest, key);
}

static bool known_key(struct cm_span key, bool manifest_only)
{
    for (size_t i = 0; i < MANIFEST_KEYS; i++)
        if (cm_span_equal(cm_span_of(manifest_keys[i].key), key))
            return true;
    for (size_t i = 0; i < CONTENT_KEYS && !manifest_only; i++)
        if (cm_span_equal(cm_span_of(content_keys[i]), key))
            return true;
    return false;
}

static void check_document_keys(struct cm_draft *draft, const struct cm_node *document, bool manifest)
{
    for (const struct cm_node *key = document->child; key; key = key->next) {
        if (!known_key(key->text, false)) {
            struct cm_nearest nearest = cm_nearest_to(key->text);
            for (size_t i = 0; i < MANIFEST_KEYS && manifest; i++)
                cm_nearest_offer(&nearest, cm_span_of(manifest_keys[i].key));
            for (size_t i = 0; i < CONTENT_KEYS; i++)
                cm_nearest_offer(&nearest, cm_span_of(content_keys[i]));
            cm_draft_error(draft, "key-unknown", key, cm_nearest_help(draft, &nearest), "a pack has no key \"%s\"", key->text.ptr);
        } else if (!manifest && known_key(key->text, true)) {
            cm_draft_error(draft, "key-misplaced", key, NULL, "\"%s\" belongs into the first document of pack.yaml", key->text.ptr);
        }
    }
}

static enum cm_status add_document(struct cm_draft *draft, struct cm_layer *layer, struct cm_node *document, bool manifest)
{
    if (document->kind != CM_NODE_MAPPING) {
        if (!document->bad)
            cm_draft_error(draft, "document-type", document, NULL, "a file of a pack holds keys such as \"cues:\", not %s",
                           cm_node_kind_text(document));
        return CM_OK;
    }
    check_document_keys(draft, document, manifest);
    enum cm_status status = cm_grow(&layer->contents, &layer->content_cap, layer->content_count + 1, sizeof *layer->contents);
    if (status == CM_OK)
        layer->contents[layer->content_count++] = document;
    return status;
}

static void check_manifest(struct cm_draft *draft, const struct cm_layer *layer)
{
    static const char *const required[] = {"pack", "version"};
    for (size_t i = 0; i < 2 && layer->manifest && !layer->manifest->bad; i++)
        if (!own(layer, required[i]))
            cm_draft_error(draft, "key-missing", layer->manifest, NULL, "a pack needs the key \"%s\"", required[i]);
}

static enum cm_status read_file(struct cm_draft *draft, struct cm_layer *layer, const struct cm_pack_file *file, uint8_t number)
{
    struct cm_node *document = layer->documents, *next; /* of pack.yaml, parsed already */
    enum cm_status status = CM_OK;
    if (!file->manifest)
        status = cm_yaml_parse(&draft->arena, draft->diagnostics, file->path, number, file->bytes, &document);
    if (status == CM_ERULES) {
        draft->holes = true;
        status = CM_OK;
    }
    for (bool first = true; document && status == CM_OK; document = next, first = false) {
        next = document->next;
        document->next = NULL;
        status = add_document(draft, layer, document, first && file->manifest);
    }
    if (file->manifest && !layer->manifest && status == CM_OK && !draft->holes)
        cm_diagnostics_add(draft->diagnostics, CM_SEVERITY_ERROR, "pack-manifest", (struct cm_place){file->path, 0, 0, 0}, NULL,
                           "pack.yaml needs the keys \"pack\" and \"version\"");
    return status;
}

static enum cm_status read_layer(struct cm_draft *draft, struct cm_layer *layer, uint8_t number)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < layer->file_count && status == CM_OK; i++)
        status = read_file(draft, layer, &layer->files[i], number);
    if (status == CM_OK)
        check_manifest(draft, layer);
    return status;
}

static int compare_entries(const void *a, const void *b)
{
    const struct cm_entry *x = *(struct cm_entry *const *)a, *y = *(struct cm_entry *const *)b;
    int order = cm_span_compare(x->id, y->id);
    return order ? order : (x > y) - (x < y); /* in one array: the first written stays first */
}

struct cm_entry *cm_draft_find(const struct cm_draft *draft, struct cm_span id)
{
    size_t low = 0, high = draft->by_id_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = cm_span_compare(draft->by_id[middle]->id, id);
        if (order == 0)
            return draft->by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct cm_entry *cm_draft_find_disabled(const struct cm_draft *draft, struct cm_span id)
{
    for (size_t i = 0; i < draft->entry_count; i++)
        if (draft->entries[i].disabled && cm_span_equal(draft->entries[i].id, id))
            return &draft->entries[i];
    return NULL;
}

static void tell_duplicate(struct cm_draft *draft, const struct cm_entry *second, const struct cm_entry *first)
{
    bool base = first->map->layer != second->map->layer;
    cm_draft_error(draft, "id-duplicate", second->id_node, base ? "change what a pack extends with `set`, `add` or `disable`" : NULL,
                   "the id %s is taken: it stands first in %s:%u", second->id.ptr, first->id_node->file, first->id_node->line);
}

/* Sort the live entries by id; of equal ids the first stays. */
static void index_entries(struct cm_draft *draft)
{
    draft->by_id_count = 0;
    draft->by_id = cm_draft_alloc(draft, draft->entry_count, sizeof *draft->by_id);
    if (!draft->by_id)
        return;
    size_t count = 0;
    for (size_t i = 0; i < draft->entry_count; i++)
        if (draft->entries[i].id.len && !draft->entries[i].disabled)
            draft->by_id[count++] = &draft->entries[i];
    if (count)
        qsort(draft->by_id, count, sizeof *draft->by_id, compare_entries);
    for (size_t i = 0; i < count; i++) {
        if (draft->by_id_count && cm_span_equal(draft->by_id[draft->by_id_count - 1]->id, draft->by_id[i]->id)) {
            tell_duplicate(draft, draft->by_id[i], draft->by_id[draft->by_id_count - 1]);
            draft->by_id[i]->id = (struct cm_span){"", 0}; /* told once; nobody can mean it */
        } else {
            draft->by_id[draft->by_id_count++] = draft->by_id[i];
        }
    }
}

static void overlay_manifest(struct cm_draft *draft, const struct cm_layer *layer)
{
    for (const struct cm_node *key = layer->manifest->child; key; key = key->next)
        for (size_t i = 0; i < MANIFEST_KEYS; i++) {
            if (!cm_span_equal(cm_span_of(manifest_keys[i].key), key->text) || manifest_keys[i].inherit == OWN)
                continue;
            struct cm_node *inherited = cm_node_get(draft->manifest, manifest_keys[i].key);
            bool by_key = manifest_keys[i].inherit == BY_KEY && inherited && inherited->kind == CM_NODE_MAPPING;
            if (!by_key || key->value->kind != CM_NODE_MAPPING) {
                cm_overlay_key(draft, draft->manifest, key);
                continue;
            }
            for (const struct cm_node *inner = key->value->child; inner; inner = inner->next)
                cm_overlay_key(draft, inherited, inner);
        }
}

static void add_entry(struct cm_draft *draft, struct cm_node *map, enum cm_entry_kind kind)
{
    const char *what = kind == CM_ENTRY_CUE ? "cues" : "behaviours";
    if (!cm_expect(draft, map, CM_NODE_MAPPING, what, "items that have keys"))
        return;
    if (cm_grow(&draft->entries, &draft->entry_cap, draft->entry_count + 1, sizeof *draft->entries) != CM_OK) {
        draft->status = CM_ENOMEM;
        return;
    }
    struct cm_node *id = cm_node_get(map, "id");
    struct cm_entry *entry = &draft->entries[draft->entry_count++];
    *entry = (struct cm_entry){.map = map, .id_node = id ? id : map, .id = {"", 0}, .kind = (uint8_t)kind};
    if (!id && !map->bad)
        cm_draft_error(draft, "key-missing", map, NULL, "%s needs the key \"id\"", kind == CM_ENTRY_CUE ? "a cue" : "a behaviour");
    else if (id && cm_expect(draft, id, CM_NODE_SCALAR, "id", "a name") && cm_check_id(draft, id, "id-format", "an id"))
        entry->id = id->text;
}

static void add_list(struct cm_draft *draft, const struct cm_node *key)
{
    if (!cm_check_id(draft, key, "list-name", "a list's name"))
        return;
    if (memchr(key->text.ptr, '.', key->text.len)) {
        cm_draft_error(draft, "list-name", key, NULL, "a list's name has no dot: @%s could not be told from the end of a sentence",
                       key->text.ptr);
        return;
    }
    if (cm_grow(&draft->lists, &draft->list_cap, draft->list_count + 1, sizeof *draft->lists) != CM_OK) {
        draft->status = CM_ENOMEM;
        return;
    }
    struct cm_draft_list *list = &draft->lists[draft->list_count++];
    *list = (struct cm_draft_list){.name = key->text, .key = key};
    const struct cm_field field = {.key = key->text.ptr};
    cm_read_list(draft, &field, key->value, &list->items);
    list->faulty = !list->items || list->items->count == 0;
}

static void add_contents(struct cm_draft *draft, const struct cm_node *document)
{
    const struct cm_node *lists = cm_node_get(document, "lists");
    if (lists && cm_expect(draft, lists, CM_NODE_MAPPING, "lists", "names with lists of phrases"))
        for (const struct cm_node *key = lists->child; key; key = key->next)
            add_list(draft, key);
    for (unsigned kind = CM_ENTRY_CUE; kind <= CM_ENTRY_BEHAVIOUR; kind++) {
        const char *name = kind == CM_ENTRY_CUE ? "cues" : "behaviours";
        const struct cm_node *items = cm_node_get(document, name);
        if (items && cm_expect(draft, items, CM_NODE_SEQUENCE, name, "a list"))
            for (struct cm_node *item = items->child; item; item = item->next)
                add_entry(draft, item, kind);
    }
}

static void tell_no_base(struct cm_draft *draft, const struct cm_layer *layer)
{
    static const char *const changes[] = {"disable", "set", "add"};
    for (size_t i = 0; i < 3; i++) {
        const struct cm_node *key = cm_node_key(layer->manifest, changes[i]);
        if (key && !own(layer, "extends"))
            cm_draft_error(draft, "extends-missing", key, NULL, "\"%s\" changes an extended pack, but this pack has no \"extends\"",
                           changes[i]);
    }
}

/* layer is put on top of what is in the draft. */
static void apply_layer(struct cm_draft *draft, const struct cm_layer *layer, uint8_t number, bool has_base)
{
    const struct cm_node *disable = own(layer, "disable"), *set = own(layer, "set"), *add = own(layer, "add");
    if (!has_base && layer->manifest)
        tell_no_base(draft, layer);
    if (set && has_base)
        cm_apply_set(draft, set);
    if (add && has_base)
        cm_apply_add(draft, add);
    if (disable && has_base)
        cm_apply_disable(draft, disable, number);
    if (layer->manifest)
        overlay_manifest(draft, layer);
    for (size_t i = 0; i < layer->content_count; i++)
        add_contents(draft, layer->contents[i]);
    if (draft->status == CM_OK)
        index_entries(draft);
}

static int compare_lists(const void *a, const void *b)
{
    const struct cm_draft_list *x = a, *y = b;
    int order = cm_span_compare(x->name, y->name);
    if (order || x->key->layer != y->key->layer)
        return order ? order : x->key->layer < y->key->layer ? -1 : 1;
    order = strcmp(x->key->file, y->key->file);
    return order ? order : x->key->line < y->key->line ? -1 : x->key->line > y->key->line;
}

/* Lists by name; that of a pack hides that of what it extends. */
static void index_lists(struct cm_draft *draft)
{
    size_t kept = 0;
    if (draft->list_count)
        qsort(draft->lists, draft->list_count, sizeof *draft->lists, compare_lists);
    for (size_t i = 0; i < draft->list_count; i++) {
        const struct cm_draft_list *before = kept ? &draft->lists[kept - 1] : NULL, *list = &draft->lists[i];
        if (!before || !cm_span_equal(before->name, list->name))
            draft->lists[kept++] = *list;
        else if (before->key->layer == list->key->layer)
            cm_draft_error(draft, "list-duplicate", list->key, NULL, "the list %s is there already, in %s:%u", list->name.ptr,
                           before->key->file, before->key->line);
    }
    draft->list_count = kept;
}

static struct cm_node *new_manifest(struct cm_draft *draft, const struct cm_layer *top)
{
    struct cm_node *manifest = cm_draft_alloc(draft, 1, sizeof *manifest);
    if (!manifest)
        return NULL;
    if (top->manifest)
        *manifest = *top->manifest;
    *manifest = (struct cm_node){.kind = CM_NODE_MAPPING,
                                 .file = top->manifest ? manifest->file : top->folder,
                                 .line = manifest->line,
                                 .column = manifest->column,
                                 .width = manifest->width,
                                 .bad = !top->manifest || manifest->bad};
    return manifest;
}

enum cm_status cm_draft_gather(struct cm_draft *draft)
{
    enum cm_status status = draft->status;
    size_t count = draft->layer_count;
    for (size_t i = 0; i < count && status == CM_OK; i++)
        status = read_layer(draft, &draft->layers[i], (uint8_t)i);
    draft->manifest = new_manifest(draft, &draft->layers[0]);
    /* a base that is not there has been told: what it would have held must not be told as unknown */
    if (count && own(&draft->layers[count - 1], "extends"))
        draft->holes = true;
    for (size_t i = count; i-- > 0 && status == CM_OK && draft->status == CM_OK;)
        apply_layer(draft, &draft->layers[i], (uint8_t)i, i + 1 < count);
    index_lists(draft);
    return status == CM_OK ? draft->status : status;
}
