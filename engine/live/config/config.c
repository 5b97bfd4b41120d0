#include "live/config/config.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/nearest.h"
#include "live/config/config_reading.h"
#include "run/archive.h"

/* Ours has some hundred lines when printed; larger files are something else. */
#define FILE_MAX_BYTES ((size_t)1024 * 1024)
#define MEMORY_DEFAULT_MIN_BYTES ((uint64_t)64 << 20)

static uint64_t processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (unsigned)count < CM_THREADS_MAX ? (uint64_t)count : CM_THREADS_MAX;
}

static uint64_t half_of_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t half = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : 0;
    return half > MEMORY_DEFAULT_MIN_BYTES ? half : MEMORY_DEFAULT_MIN_BYTES;
}

enum cm_status cm_config_init(struct cm_config *config)
{
    *config = (struct cm_config){.threads = processors(), .max_memory_bytes = half_of_memory(), .board.target = -1};
    struct cm_diagnostics faults = CM_DIAGNOSTICS_EMPTY;
    struct cm_config_reading reading = {.config = config, .diagnostics = &faults};
    for (size_t i = 0; i < cm_config_key_count; i++) {
        const struct cm_config_key *key = &cm_config_keys[i];
        if (key->otherwise[0] != '(')
            cm_config_value(&reading, key, &(struct cm_node){.plain = true, .text = cm_span_of(key->otherwise)});
    }
    enum cm_status status = faults.errors > 0 ? CM_EUSAGE : reading.status;
    cm_diagnostics_free(&faults);
    return status;
}

void cm_config_free(struct cm_config *config)
{
    cm_arena_free(&config->arena);
    *config = (struct cm_config){0};
}

/* The last name of a path: "lateness" of "clock.lateness". */
static struct cm_span last_name(struct cm_span path)
{
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '.')
        at--;
    return (struct cm_span){path.ptr + at, path.len - at};
}

/* Paths and sections that are nearly the same; else a path whose last name is. */
static struct cm_span nearest_key(struct cm_span path)
{
    struct cm_nearest whole = cm_nearest_to(path), last = cm_nearest_to(last_name(path));
    struct cm_span by_last = {NULL, 0};
    for (size_t i = 0; i < cm_config_key_count; i++) {
        struct cm_span known = cm_span_of(cm_config_keys[i].path), name = last_name(known);
        const char *dot = memchr(known.ptr, '.', known.len);
        cm_nearest_offer(&whole, known);
        if (dot)
            cm_nearest_offer(&whole, (struct cm_span){known.ptr, (size_t)(dot - known.ptr)});
        cm_nearest_offer(&last, name);
        if (last.best.ptr == name.ptr)
            by_last = known;
    }
    return whole.best.ptr ? whole.best : by_last;
}

static void tell_unknown(struct cm_config_reading *reading, struct cm_span path, const struct cm_node *key)
{
    struct cm_span nearest = nearest_key(path);
    const char *help = "caremeter serve --print-config shows all keys";
    if (nearest.ptr)
        help = cm_arena_printf(&reading->config->arena, "did you mean %.*s?", (int)nearest.len, nearest.ptr);
    cm_config_fault(reading, "config-key", key, help, "there is no key %.*s", (int)path.len, path.ptr);
}

static void read_mapping(struct cm_config_reading *reading, struct cm_span prefix, const struct cm_node *map);

/* A value where keys with values are wanted; nothing at all is fine: all of it may be commented out. */
static bool is_mapping(struct cm_config_reading *reading, struct cm_span path, const struct cm_node *value)
{
    if (value->kind == CM_NODE_MAPPING)
        return true;
    if (!cm_node_empty(value))
        cm_config_fault(reading, "config-value", value, "keys with values, a level deeper or in { }", "%.*s is %s", (int)path.len, path.ptr,
                        cm_node_kind_text(value));
    return false;
}

static void read_key(struct cm_config_reading *reading, const struct cm_config_key *row, const struct cm_node *key,
                     const struct cm_node *value)
{
    const struct cm_node **seen = &reading->seen[row - cm_config_keys];
    if (row->kind == CM_CONFIG_PROPERTIES) {
        if (is_mapping(reading, cm_span_of(row->path), value))
            cm_config_properties(reading, CM_SPAN(""), value);
    } else if (*seen) {
        cm_config_fault(reading, "config-twice", key, NULL, "%s stands here for the second time, first in line %u", row->path,
                        (*seen)->line);
    } else {
        *seen = key;
        cm_config_value(reading, row, value);
    }
}

static void read_entry(struct cm_config_reading *reading, struct cm_span path, const struct cm_node *key, const struct cm_node *value)
{
    static const struct cm_span kafka = CM_SPAN("kafka.");
    const struct cm_config_key *row = cm_config_key(path);
    if (value->kind != CM_NODE_MAPPING && value->bad)
        return;
    if (row)
        read_key(reading, row, key, value);
    else if (cm_span_starts_with(path, kafka) && path.len > kafka.len)
        cm_config_property(reading, (struct cm_span){path.ptr + kafka.len, path.len - kafka.len}, key, value);
    else if (!cm_config_section(path))
        tell_unknown(reading, path, key);
    else if (is_mapping(reading, path, value))
        read_mapping(reading, path, value);
}

static void read_mapping(struct cm_config_reading *reading, struct cm_span prefix, const struct cm_node *map)
{
    for (const struct cm_node *key = map->child; key && reading->status == CM_OK; key = key->next) {
        struct cm_span path = key->text;
        if (prefix.len > 0) {
            const char *joined = cm_arena_printf(&reading->config->arena, "%.*s.%s", (int)prefix.len, prefix.ptr, key->text.ptr);
            path = joined ? cm_span_of(joined) : (struct cm_span){NULL, 0};
        }
        if (path.ptr)
            read_entry(reading, path, key, key->value);
        else
            reading->status = CM_ENOMEM;
    }
}

static void read_documents(struct cm_config_reading *reading, const struct cm_node *root)
{
    if (!root)
        return;
    if (root->next)
        cm_config_fault(reading, "config-value", root->next, "leave out the ---", "a second document begins here");
    if (root->kind != CM_NODE_MAPPING && !root->bad)
        cm_config_fault(reading, "config-value", root, "such as source: kafka://localhost:9092/events",
                        "a configuration is keys with values, not %s", cm_node_kind_text(root));
    else
        read_mapping(reading, CM_SPAN(""), root);
}

static enum cm_status tell_file(const char *path, struct cm_diagnostics *diagnostics)
{
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "config-file", (struct cm_place){NULL, 0, 0, 0}, NULL, "cannot read %s: %s", path,
                       strerror(errno));
    return CM_EIO;
}

enum cm_status cm_config_read(struct cm_config *config, const char *path, struct cm_diagnostics *diagnostics)
{
    struct cm_config_reading reading = {.config = config, .diagnostics = diagnostics};
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_arena nodes = CM_ARENA_EMPTY;
    struct cm_node *root = NULL;
    size_t before = diagnostics->errors;
    enum cm_status status = cm_config_file(path, FILE_MAX_BYTES, &text);
    if (status == CM_EIO)
        status = tell_file(path, diagnostics);
    if (status == CM_OK)
        status = cm_yaml_parse(&nodes, diagnostics, path, 0, cm_buffer_view(&text), &root);
    if (status == CM_OK || status == CM_ERULES) {
        read_documents(&reading, root);
        status = reading.status;
    }
    if (status == CM_OK && diagnostics->errors > before)
        status = CM_EUSAGE;
    cm_arena_free(&nodes);
    cm_buffer_free(&text);
    return status;
}

/* "a,kafka://h:1,h:2/t" as two items: a comma before the topic's slash parts hosts. */
static struct cm_node *split(struct cm_arena *nodes, struct cm_node *whole)
{
    static const struct cm_span kafka = CM_SPAN("kafka://");
    struct cm_node *list = cm_arena_calloc(nodes, 1, sizeof *list);
    struct cm_span rest = whole->text;
    if (!list)
        return NULL;
    *list = (struct cm_node){.kind = CM_NODE_SEQUENCE, .file = whole->file};
    for (bool more = true; more;) {
        size_t from = 0;
        if (cm_span_starts_with(rest, kafka)) {
            const char *slash = memchr(rest.ptr + kafka.len, '/', rest.len - kafka.len);
            from = slash ? (size_t)(slash - rest.ptr) : 0;
        }
        const char *comma = memchr(rest.ptr + from, ',', rest.len - from);
        more = comma != NULL;
        struct cm_node *item = cm_arena_calloc(nodes, 1, sizeof *item);
        if (!item)
            return NULL;
        *item = *whole;
        item->text = cm_arena_copy(nodes, (struct cm_span){rest.ptr, more ? (size_t)(comma - rest.ptr) : rest.len});
        if (!item->text.ptr)
            return NULL;
        cm_node_append(list, item);
        rest = more ? (struct cm_span){comma + 1, rest.len - (size_t)(comma - rest.ptr) - 1} : rest;
    }
    return list;
}

/* What stands behind the = of an assignment: [ ] and { } as in a file, else the text itself, with commas between the items of lists. */
static enum cm_status argument(struct cm_arena *nodes, struct cm_diagnostics *diagnostics, const char *file, const char *path,
                               const char *text, struct cm_node **value)
{
    const struct cm_config_key *row = cm_config_key(cm_span_of(path));
    *value = NULL;
    if (*text == '[' || *text == '{')
        return cm_yaml_parse(nodes, diagnostics, file, 0, cm_span_of(text), value);
    struct cm_node *node = cm_arena_calloc(nodes, 1, sizeof *node);
    if (!node)
        return CM_ENOMEM;
    *node = (struct cm_node){.kind = CM_NODE_SCALAR, .plain = true, .file = file, .text = cm_span_of(text)};
    *value = row && row->kind <= CM_CONFIG_HOSTS && *text ? split(nodes, node) : node;
    return *value ? CM_OK : CM_ENOMEM;
}

enum cm_status cm_config_set(struct cm_config *config, const char *assignment, struct cm_diagnostics *diagnostics)
{
    struct cm_config_reading reading = {.config = config, .diagnostics = diagnostics};
    struct cm_arena nodes = CM_ARENA_EMPTY;
    struct cm_node *value = NULL;
    size_t before = diagnostics->errors;
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment) {
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "config-set", (struct cm_place){.file = "--set"}, "such as --set idle.chat=10m",
                           "a setting is KEY=VALUE");
        return CM_EUSAGE;
    }
    int len = (int)(equals - assignment);
    const char *path = cm_arena_printf(&nodes, "%.*s", len, assignment);
    const char *file = cm_arena_printf(&nodes, "--set %.*s", len, assignment);
    enum cm_status status = path && file ? argument(&nodes, diagnostics, file, path, equals + 1, &value) : CM_ENOMEM;
    if (status == CM_OK && value)
        read_entry(&reading, cm_span_of(path), &(struct cm_node){.file = file, .text = cm_span_of(path)}, value);
    if (status == CM_OK)
        status = reading.status;
    if ((status == CM_OK || status == CM_ERULES) && diagnostics->errors > before)
        status = CM_EUSAGE;
    cm_arena_free(&nodes);
    return status;
}

enum cm_status cm_config_option(struct cm_config *config, const char *option, const char *path, const char *const *values, size_t count,
                                struct cm_diagnostics *diagnostics)
{
    struct cm_config_reading reading = {.config = config, .diagnostics = diagnostics};
    const struct cm_config_key *row = cm_config_key(cm_span_of(path));
    struct cm_arena nodes = CM_ARENA_EMPTY;
    struct cm_node list = {.kind = CM_NODE_SEQUENCE, .file = option};
    size_t before = diagnostics->errors;
    struct cm_node *items = cm_arena_calloc(&nodes, count, sizeof *items);
    if (!items)
        reading.status = CM_ENOMEM;
    for (size_t i = 0; items && i < count; i++) {
        items[i] = (struct cm_node){.kind = CM_NODE_SCALAR, .plain = true, .file = option, .text = cm_span_of(values[i])};
        cm_node_append(&list, &items[i]);
    }
    if (items && row)
        cm_config_value(&reading, row, row->kind <= CM_CONFIG_HOSTS ? &list : items);
    cm_arena_free(&nodes);
    if (reading.status == CM_OK && (!row || diagnostics->errors > before))
        return CM_EUSAGE;
    return reading.status;
}
