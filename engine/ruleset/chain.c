/*
 * chain: the files of a pack and of all that it extends. Of their texts only
 * pack.yaml is parsed here, for it says what comes next; what else they say is
 * merge.c's. So a pack that is already known is known by its files alone.
 */
#include "base/buffer.h"
#include "ruleset/fields.h"
#include "ruleset/store.h"
#include "ruleset/yaml.h"

static const struct cm_node *extends_of(const struct cm_layer *layer)
{
    return cm_node_get(layer->manifest, "extends");
}

/* Read a pack's files, and its pack.yaml into layer. */
static enum cm_status read_layer(struct cm_draft *draft, struct cm_layer *layer, uint8_t number)
{
    enum cm_status status = cm_store_read(draft, layer->folder, &layer->files, &layer->file_count);
    for (size_t i = 0; i < layer->file_count && status == CM_OK; i++)
        cm_diagnostics_source(draft->diagnostics, layer->files[i].path, layer->files[i].bytes);
    if (status != CM_OK || layer->file_count == 0 || !layer->files[0].manifest)
        return status;
    const struct cm_pack_file *file = &layer->files[0];
    status = cm_yaml_parse(&draft->arena, draft->diagnostics, file->path, number, file->bytes, &layer->documents);
    if (status == CM_ERULES) {
        draft->holes = true;
        status = CM_OK;
    }
    if (status == CM_OK && layer->documents && layer->documents->kind == CM_NODE_MAPPING)
        layer->manifest = layer->documents;
    return status;
}

/* The folder of the pack that this one extends, or NULL. */
static const char *base_folder(struct cm_draft *draft, const struct cm_layer *layer)
{
    const struct cm_node *extends = extends_of(layer);
    if (!extends || !cm_expect(draft, extends, CM_NODE_SCALAR, "extends", "the name of a pack"))
        return NULL;
    bool path = memchr(extends->text.ptr, '/', extends->text.len) || extends->text.ptr[0] == '.';
    if (!path && !cm_check_id(draft, extends, "pack-name", "a pack's name"))
        return NULL;
    return cm_store_find(draft, layer->folder, extends);
}

static bool in_chain(struct cm_draft *draft, const char *identity)
{
    size_t count = draft->layer_count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(draft->layers[i].identity, identity) == 0) {
            const struct cm_node *extends = extends_of(&draft->layers[count - 1]);
            if (count == 1)
                cm_draft_error(draft, "extends-cycle", extends, NULL, "this pack extends itself");
            else
                cm_draft_error(draft, "extends-cycle", extends, NULL,
                               "these packs extend each other in a circle: %s is already part of the chain", draft->layers[i].folder);
            return true;
        }
    if (count < CM_EXTENDS_DEPTH_MAX)
        return false;
    cm_draft_error(draft, "extends-depth", extends_of(&draft->layers[count - 1]), NULL,
                   "this is the %uth pack that extends another one: too deep", CM_EXTENDS_DEPTH_MAX);
    return true;
}

enum cm_status cm_draft_open(struct cm_draft *draft, const char *folder)
{
    enum cm_status status = CM_OK;
    while (folder && status == CM_OK && draft->status == CM_OK) {
        const char *identity = cm_store_identity(draft, folder);
        if (draft->layer_count && identity && in_chain(draft, identity))
            break;
        struct cm_layer *layer = &draft->layers[draft->layer_count];
        *layer = (struct cm_layer){.folder = folder, .identity = identity ? identity : folder};
        status = read_layer(draft, layer, (uint8_t)draft->layer_count++);
        folder = status == CM_OK ? base_folder(draft, layer) : NULL;
    }
    return status == CM_OK ? draft->status : status;
}

/* A part of what is hashed, as its own hash: texts are not copied for it, and no two sequences of parts look alike. */
static void put_part(struct cm_buffer *text, struct cm_span part)
{
    struct cm_hash128 hash = cm_hash128(part);
    cm_buffer_append(text, &hash, sizeof hash);
}

static void put_count(struct cm_buffer *text, uint64_t count)
{
    cm_buffer_append(text, &count, sizeof count);
}

enum cm_status cm_draft_hash(const struct cm_draft *draft, struct cm_hash128 *out)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    put_part(&text, cm_span_of(cm_yaml_version()));
    put_count(&text, draft->folder_count);
    for (size_t i = 0; i < draft->folder_count; i++)
        put_part(&text, cm_span_of(draft->folders[i]));
    for (size_t i = 0; i < draft->layer_count; i++) {
        const struct cm_layer *layer = &draft->layers[i];
        put_part(&text, cm_span_of(layer->folder));
        put_count(&text, layer->file_count);
        for (size_t j = 0; j < layer->file_count; j++) {
            put_part(&text, cm_span_of(layer->files[j].path));
            put_part(&text, layer->files[j].bytes);
        }
    }
    enum cm_status status = cm_buffer_status(&text);
    if (status == CM_OK)
        *out = cm_hash128(cm_buffer_view(&text));
    cm_buffer_free(&text);
    return status;
}
