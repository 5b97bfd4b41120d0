#include "ruleset/yaml.h"

#include <stdlib.h>
#include <yaml.h>

/* One file while it is parsed. open[] are the containers around the next event. */
struct yaml_build {
    struct cm_arena *arena;
    struct cm_diagnostics *diagnostics;
    const char *file;
    uint8_t layer;
    struct cm_span bytes;
    struct cm_node *open[CM_YAML_DEPTH_MAX];
    struct cm_node *last[CM_YAML_DEPTH_MAX]; /* last child of open[i], so that appending is O(1) */
    struct cm_node *key[CM_YAML_DEPTH_MAX];  /* key of open[i] that waits for its value */
    unsigned depth;
    unsigned skipping; /* levels inside what is too deep or no key */
    struct cm_node *root, **tail;
    enum cm_status status;
};

const char *cm_yaml_version(void)
{
    return yaml_get_version_string();
}

struct cm_place cm_node_place(const struct cm_node *node)
{
    return (struct cm_place){node->file, node->line, node->column, node->width};
}

struct cm_place cm_node_text_place(const struct cm_node *node)
{
    struct cm_place place = cm_node_place(node);
    place.column += node->lead;
    if (place.width > 2u * node->lead)
        place.width -= 2u * node->lead;
    return place;
}

struct cm_node *cm_node_key(const struct cm_node *node, const char *name)
{
    if (!node || node->kind != CM_NODE_MAPPING)
        return NULL;
    struct cm_span wanted = cm_span_of(name);
    for (struct cm_node *key = node->child; key; key = key->next)
        if (cm_span_equal(key->text, wanted))
            return key;
    return NULL;
}

struct cm_node *cm_node_get(const struct cm_node *node, const char *name)
{
    struct cm_node *key = cm_node_key(node, name);
    return key ? key->value : NULL;
}

bool cm_node_empty(const struct cm_node *node)
{
    return node->kind == CM_NODE_SCALAR && node->plain && node->text.len == 0;
}

const char *cm_node_kind_text(const struct cm_node *node)
{
    if (node->kind != CM_NODE_SCALAR)
        return node->kind == CM_NODE_SEQUENCE ? "a list" : "a mapping (keys with values)";
    return cm_node_empty(node) ? "nothing" : node->plain ? "a word" : "text in quotes";
}

void cm_node_append(struct cm_node *parent, struct cm_node *item)
{
    struct cm_node **at = &parent->child;
    while (*at)
        at = &(*at)->next;
    *at = item;
    item->next = NULL;
    parent->count++;
}

static struct cm_place mark_place(const struct yaml_build *build, yaml_mark_t mark)
{
    return (struct cm_place){build->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, 1};
}

static void fault(struct yaml_build *build, const char *id, yaml_mark_t mark, const char *help, const char *message)
{
    cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, id, mark_place(build, mark), help, "%s", message);
}

static struct cm_node *new_node(struct yaml_build *build, enum cm_node_kind kind, const yaml_event_t *event)
{
    struct cm_node *node = cm_arena_calloc(build->arena, 1, sizeof *node);
    if (!node) {
        build->status = CM_ENOMEM;
        return NULL;
    }
    node->kind = (uint8_t)kind;
    node->layer = build->layer;
    node->file = build->file;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    bool one_line = event->start_mark.line == event->end_mark.line && event->end_mark.column > event->start_mark.column;
    node->width = kind == CM_NODE_SCALAR && one_line ? (uint32_t)(event->end_mark.column - event->start_mark.column) : 1;
    return node;
}

static struct cm_node *new_scalar(struct yaml_build *build, const yaml_event_t *event)
{
    struct cm_node *node = new_node(build, CM_NODE_SCALAR, event);
    if (!node)
        return NULL;
    yaml_scalar_style_t style = event->data.scalar.style;
    node->plain = style == YAML_PLAIN_SCALAR_STYLE;
    node->lead = style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    node->text = cm_arena_copy(build->arena, (struct cm_span){(const char *)event->data.scalar.value, event->data.scalar.length});
    if (!node->text.ptr)
        build->status = CM_ENOMEM;
    return node;
}

/* A value, key or document root has been read: put it where it belongs. */
static void place_node(struct yaml_build *build, struct cm_node *node)
{
    if (build->depth == 0) {
        if (!cm_node_empty(node)) {
            *build->tail = node;
            build->tail = &node->next;
        }
        return;
    }
    unsigned top = build->depth - 1;
    struct cm_node *parent = build->open[top];
    if (parent->kind == CM_NODE_MAPPING && build->key[top]) {
        build->key[top]->value = node;
        build->key[top] = NULL;
        return;
    }
    if (build->last[top])
        build->last[top]->next = node;
    else
        parent->child = node;
    build->last[top] = node;
    parent->count++;
    if (parent->kind == CM_NODE_MAPPING)
        build->key[top] = node;
}

static bool expects_key(const struct yaml_build *build)
{
    return build->depth > 0 && build->open[build->depth - 1]->kind == CM_NODE_MAPPING && !build->key[build->depth - 1];
}

/* What cannot be kept stands for itself as a bad scalar, so that nobody complains about it again. */
static void place_bad(struct yaml_build *build, const yaml_event_t *event)
{
    struct cm_node *node = new_node(build, CM_NODE_SCALAR, event);
    if (!node)
        return;
    node->bad = node->plain = true;
    node->text = (struct cm_span){"", 0};
    place_node(build, node);
}

static void open_container(struct yaml_build *build, const yaml_event_t *event, enum cm_node_kind kind)
{
    bool deep = build->depth == CM_YAML_DEPTH_MAX;
    if (build->skipping || deep || expects_key(build)) {
        if (!build->skipping++) {
            if (deep)
                fault(build, "yaml-depth", event->start_mark, NULL, "lists and mappings are nested too deeply here");
            else
                fault(build, "yaml-key", event->start_mark, "text that begins with [ or { needs quotes",
                      "a key must be a word, not a list or a mapping");
            place_bad(build, event);
        }
        return;
    }
    struct cm_node *node = new_node(build, kind, event);
    if (!node)
        return;
    place_node(build, node);
    build->open[build->depth] = node;
    build->last[build->depth] = build->key[build->depth] = NULL;
    build->depth++;
}

static int compare_keys(const void *a, const void *b)
{
    const struct cm_node *x = *(struct cm_node *const *)a, *y = *(struct cm_node *const *)b;
    int order = cm_span_compare(x->text, y->text);
    if (order)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* The later of two equal keys is told and marked; drop_bad_keys takes it out. */
static bool mark_duplicates(struct yaml_build *build, struct cm_node *mapping)
{
    struct cm_node **keys = cm_arena_alloc(build->arena, mapping->count * sizeof *keys);
    if (!keys) {
        build->status = CM_ENOMEM;
        return false;
    }
    size_t count = 0;
    for (struct cm_node *key = mapping->child; key; key = key->next)
        keys[count++] = key;
    qsort(keys, count, sizeof *keys, compare_keys);
    bool found = false;
    for (size_t i = 1, first = 0; i < count; i++) {
        if (!cm_span_equal(keys[i]->text, keys[first]->text) || keys[i]->bad) {
            first = i;
            continue;
        }
        cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, "yaml-duplicate-key", cm_node_place(keys[i]), NULL,
                           "the key %s stands here for the second time, first in line %u", keys[i]->text.ptr, keys[first]->line);
        keys[i]->bad = found = true;
    }
    return found;
}

static void drop_bad_keys(struct cm_node *mapping)
{
    struct cm_node **at = &mapping->child;
    mapping->count = 0;
    while (*at) {
        if ((*at)->bad) {
            *at = (*at)->next;
            continue;
        }
        mapping->count++;
        at = &(*at)->next;
    }
}

static void close_container(struct yaml_build *build)
{
    if (build->skipping) {
        build->skipping--;
        return;
    }
    if (build->depth == 0)
        return;
    struct cm_node *node = build->open[--build->depth];
    if (node->kind != CM_NODE_MAPPING)
        return;
    bool bad = false;
    for (struct cm_node *key = node->child; key; key = key->next)
        bad |= key->bad;
    node->bad |= bad;
    if ((node->count > 1 && mark_duplicates(build, node)) || bad)
        drop_bad_keys(node);
}

static void check_decorations(struct yaml_build *build, const yaml_event_t *event, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        fault(build, "yaml-anchor", event->start_mark, "write the text out where it is needed, or make it one of the pack's lists",
              "anchors and aliases (&name, *name) are not part of the rule language");
    if (tag)
        fault(build, "yaml-tag", event->start_mark, "leave the tag out: every key has its one type",
              "tags (!name) are not part of the rule language");
}

static void handle(struct yaml_build *build, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        if (build->skipping)
            break;
        check_decorations(build, event, event->data.alias.anchor, NULL);
        place_bad(build, event);
        break;
    case YAML_SCALAR_EVENT: {
        if (build->skipping)
            break;
        check_decorations(build, event, event->data.scalar.anchor, event->data.scalar.tag);
        struct cm_node *node = new_scalar(build, event);
        if (node && build->status == CM_OK)
            place_node(build, node);
        break;
    }
    case YAML_SEQUENCE_START_EVENT:
        check_decorations(build, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        open_container(build, event, CM_NODE_SEQUENCE);
        break;
    case YAML_MAPPING_START_EVENT:
        check_decorations(build, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        open_container(build, event, CM_NODE_MAPPING);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_container(build);
        break;
    default:
        break;
    }
}

/* libyaml counts reader faults in bytes; people count lines. */
static struct cm_place offset_place(const struct yaml_build *build, size_t offset)
{
    struct cm_place place = {build->file, 1, 1, 1};
    for (size_t i = 0; i < offset && i < build->bytes.len; i++) {
        unsigned char byte = (unsigned char)build->bytes.ptr[i];
        if (byte == '\n') {
            place.line++;
            place.column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

/* What usually lies behind a message of the parser. */
static const char *syntax_help(const char *problem)
{
    static const struct {
        const char *problem, *help;
    } known[] = {
        {"found character that cannot start any token", "indent with spaces, not tabs; text that begins with @, % or ` needs quotes"},
        {"mapping values are not allowed in this context",
         "text that has a colon and a space in it needs quotes; else look at the indentation"},
        {"could not find expected ':'", "a key is followed by a colon and a space"},
        {"did not find expected ',' or ']'", "a comma or ] is missing, or text that has [ ] { } or , in it needs quotes"},
        {"did not find expected ',' or '}'", "a comma or } is missing, or text that has [ ] { } or , in it needs quotes"},
        {"did not find expected key", "look at the indentation of this line, and at quotes that are open before it"},
        {"did not find expected '-' indicator", "look at the indentation of this line: items of one list stand in one column"},
        {"found unexpected end of stream", "a closing quote is missing"},
        {"found unknown escape character", "in double quotes a backslash is written twice; in single quotes it stands for itself"},
        {"found a tab character that violates indentation", "indent with spaces"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].problem, problem) == 0)
            return known[i].help;
    return NULL;
}

static void tell_parser_error(struct yaml_build *build, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "cannot be read as YAML";
    if (parser->error == YAML_MEMORY_ERROR) {
        build->status = CM_ENOMEM;
        return;
    }
    if (parser->error == YAML_READER_ERROR) {
        cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, "yaml-encoding", offset_place(build, parser->problem_offset),
                           "save the file as UTF-8", "this is no UTF-8 text: %s", problem);
        return;
    }
    struct cm_place place = mark_place(build, parser->problem_mark);
    const char *help = syntax_help(problem);
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, "yaml-syntax", place, help, "%s, %s that begins in line %zu", problem,
                           parser->context, parser->context_mark.line + 1);
    else if (parser->context)
        cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, "yaml-syntax", place, help, "%s, %s", problem, parser->context);
    else
        cm_diagnostics_add(build->diagnostics, CM_SEVERITY_ERROR, "yaml-syntax", place, help, "%s", problem);
}

/*
 * The parser gave up: close what is open, so that the tree is whole, and say of
 * each part that it is not. What was closed last may owe its end to the fault.
 */
static void close_cut(struct yaml_build *build)
{
    build->skipping = 0;
    while (build->depth > 0) {
        unsigned top = build->depth - 1;
        build->open[top]->bad = true;
        struct cm_node *last = build->last[top];
        if (last && build->open[top]->kind == CM_NODE_MAPPING)
            last = last->value;
        if (last && last->kind != CM_NODE_SCALAR)
            last->bad = true;
        if (build->key[top])
            build->key[top]->bad = true;
        close_container(build);
    }
}

static enum cm_status run_parser(struct yaml_build *build, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            tell_parser_error(build, parser);
            close_cut(build);
            return build->status == CM_OK ? CM_ERULES : build->status;
        }
        bool end = event.type == YAML_STREAM_END_EVENT;
        handle(build, &event);
        yaml_event_delete(&event);
        if (end || build->status != CM_OK)
            return build->status;
    }
}

enum cm_status cm_yaml_parse(struct cm_arena *arena, struct cm_diagnostics *diagnostics, const char *file, uint8_t layer,
                             struct cm_span bytes, struct cm_node **documents)
{
    *documents = NULL;
    struct yaml_build build = {.arena = arena, .diagnostics = diagnostics, .file = file, .layer = layer, .bytes = bytes};
    build.tail = &build.root;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return CM_ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(bytes.ptr ? bytes.ptr : ""), bytes.len);
    enum cm_status status = run_parser(&build, &parser);
    yaml_parser_delete(&parser);
    *documents = build.root;
    return status;
}
