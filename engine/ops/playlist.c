#include "ops/playlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/quantity.h"
#include "ruleset/yaml.h"

#define READ_BYTES ((size_t)16 * 1024)
#define FILE_MAX_BYTES ((size_t)1024 * 1024)

struct reading {
    struct cm_playlist *list;
    struct cm_diagnostics *diagnostics;
    enum cm_status status;
};

#define fault(reading, node, help, ...)                                                                                                    \
    cm_diagnostics_add((reading)->diagnostics, CM_SEVERITY_ERROR, "playlist", cm_node_place(node), (help), __VA_ARGS__)

static bool read_duration(struct reading *reading, const struct cm_node *node, int64_t *ms)
{
    if (node->kind == CM_NODE_SCALAR && cm_duration_parse(node->text.ptr, ms))
        return true;
    fault(reading, node, "such as 90s, 30m or 12h", "this is no duration");
    return false;
}

/* What a key of an entry says; false, and told, where it is none. */
static bool read_key(struct reading *reading, const struct cm_node *key, struct cm_playlist_entry *entry, const struct cm_node **when)
{
    bool begins = cm_span_equal(key->text, CM_SPAN("begins")), ended = cm_span_equal(key->text, CM_SPAN("ended"));
    if (cm_span_equal(key->text, CM_SPAN("id")) && key->value->kind == CM_NODE_SCALAR) {
        entry->id = cm_arena_copy(&reading->list->arena, key->value->text);
        return entry->id.ptr != NULL;
    }
    if (cm_span_equal(key->text, CM_SPAN("dated")))
        return read_duration(reading, key->value, &entry->dated_ms);
    if ((begins || ended) && !*when) {
        *when = key;
        entry->ended = ended;
        bool good = read_duration(reading, key->value, &entry->at_ms);
        entry->at_ms = ended ? -entry->at_ms : entry->at_ms;
        return good;
    }
    fault(reading, key, "id, begins or ended, dated", "this key has no place here");
    return false;
}

static void read_entry(struct reading *reading, const struct cm_node *node)
{
    struct cm_playlist *list = reading->list;
    struct cm_playlist_entry entry = {.place = cm_node_place(node)};
    const struct cm_node *when = NULL;
    bool good = node->kind == CM_NODE_MAPPING;
    for (const struct cm_node *key = good ? node->child : NULL; key; key = key->next)
        good &= read_key(reading, key, &entry, &when);
    if (!good)
        return;
    if (!entry.id.ptr || !when)
        fault(reading, node, "{id: chat-1, begins: 20s}", "a conversation has an id and a time");
    else if (cm_grow(&list->entries, &list->cap, list->count + 1, sizeof *list->entries) != CM_OK)
        reading->status = CM_ENOMEM;
    else
        list->entries[list->count++] = entry;
}

static void read_list(struct reading *reading, const struct cm_node *root)
{
    const struct cm_node *every = cm_node_get(root, "every"), *play = cm_node_get(root, "play");
    if (!every || !play || play->kind != CM_NODE_SEQUENCE) {
        cm_diagnostics_add(reading->diagnostics, CM_SEVERITY_ERROR, "playlist", root ? cm_node_place(root) : (struct cm_place){0}, NULL,
                           "a playlist has the keys every and play");
        return;
    }
    if (read_duration(reading, every, &reading->list->every_ms) && reading->list->every_ms == 0)
        fault(reading, every, NULL, "nothing begins again at once");
    for (const struct cm_node *item = play->child; item && reading->status == CM_OK; item = item->next)
        read_entry(reading, item);
}

static enum cm_status read_file(const char *path, struct cm_buffer *out, struct cm_diagnostics *diagnostics)
{
    FILE *file = fopen(path, "rbe");
    size_t len = 1;
    while (file && len > 0 && out->len <= FILE_MAX_BYTES && cm_buffer_reserve(out, READ_BYTES)) {
        len = fread(out->ptr + out->len, 1, READ_BYTES, file);
        out->len += len;
    }
    bool bad = !file || ferror(file);
    if (bad)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "playlist", (struct cm_place){0}, NULL, "cannot read %s: %s", path,
                           strerror(errno));
    if (file)
        fclose(file);
    return bad ? CM_EIO : cm_buffer_status(out);
}

enum cm_status cm_playlist_read(struct cm_playlist *list, const char *path, struct cm_diagnostics *diagnostics)
{
    struct reading reading = {.list = list, .diagnostics = diagnostics};
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_node *root = NULL;
    size_t before = diagnostics->errors;
    *list = (struct cm_playlist){0};
    const char *name = cm_arena_printf(&list->arena, "%s", path);
    enum cm_status status = name ? read_file(path, &text, diagnostics) : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_yaml_parse(&list->arena, diagnostics, name, 0, cm_buffer_view(&text), &root);
    if (status == CM_OK || status == CM_ERULES) {
        read_list(&reading, root);
        status = reading.status;
    }
    cm_buffer_free(&text);
    return status == CM_OK && diagnostics->errors > before ? CM_EUSAGE : status;
}

void cm_playlist_free(struct cm_playlist *list)
{
    cm_arena_free(&list->arena);
    free(list->entries);
    *list = (struct cm_playlist){0};
}
