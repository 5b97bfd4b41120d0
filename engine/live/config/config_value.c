/* Values of keys, by kind. */
#include "live/config/config_reading.h"

#include "base/nearest.h"
#include "base/quantity.h"
#include "kafka/topics.h"

static char *member(const struct cm_config_reading *reading, const struct cm_config_key *key)
{
    return (char *)reading->config + key->offset;
}

const char *cm_config_form_help(struct cm_config_reading *reading, const struct cm_config_key *key)
{
    struct cm_buffer form = CM_BUFFER_EMPTY;
    cm_buffer_printf(&form, "%s is ", key->path);
    cm_config_form(key, &form);
    const char *help = NULL;
    if (cm_buffer_status(&form) == CM_OK)
        help = cm_arena_copy(&reading->config->arena, cm_buffer_view(&form)).ptr;
    if (!help)
        reading->status = CM_ENOMEM;
    cm_buffer_free(&form);
    return help;
}

const char *cm_config_text(struct cm_config_reading *reading, const char *name, const struct cm_node *value, bool one_line,
                           const char *help)
{
    if (value->kind != CM_NODE_SCALAR) {
        cm_config_fault(reading, "config-value", value, help, "%s is %s", name, cm_node_kind_text(value));
        return NULL;
    }
    if (value->bad)
        return NULL;
    if (value->text.len == 0)
        cm_config_fault(reading, "config-value", value, help, "%s has no value", name);
    else if (memchr(value->text.ptr, '\0', value->text.len) || (one_line && memchr(value->text.ptr, '\n', value->text.len)))
        cm_config_fault(reading, "config-value", value, help, "%s must be one line of text", name);
    else
        return value->text.ptr;
    return NULL;
}

static void tell_wrong(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value, const char *id)
{
    cm_config_fault(reading, id, value, cm_config_form_help(reading, key), "%s cannot be \"%s\"", key->path, value->text.ptr);
}

static void tell_range(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value, bool below)
{
    bool time = key->kind == CM_CONFIG_DURATION;
    cm_config_fault(reading, "config-range", value, cm_config_form_help(reading, key), "%s is too %s: %s", key->path,
                    below  ? time ? "short" : "small"
                    : time ? "long"
                           : "large",
                    value->text.ptr);
}

/* Numbers of all kinds: as uint64_t, in range. */
static bool read_quantity(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value, uint64_t *out)
{
    int64_t ms = 0;
    bool good;
    if (key->kind == CM_CONFIG_DURATION) {
        good = cm_duration_parse(value->text.ptr, &ms);
        *out = (uint64_t)ms;
    } else {
        good = key->kind == CM_CONFIG_SIZE ? cm_size_parse(value->text.ptr, out) : cm_number_parse(value->text.ptr, out);
    }
    if (!good)
        tell_wrong(reading, key, value, "config-value");
    else if (*out < key->min || *out > key->max)
        tell_range(reading, key, value, *out < key->min);
    else
        return true;
    return false;
}

static void read_number(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    uint64_t number;
    bool unset = key->kind == CM_CONFIG_REPLICATION && cm_span_equal(value->text, CM_SPAN("-1"));
    if (!unset && !read_quantity(reading, key, value, &number))
        return;
    if (key->kind == CM_CONFIG_NUMBER || key->kind == CM_CONFIG_SIZE)
        *(uint64_t *)(void *)member(reading, key) = number;
    else
        *(int64_t *)(void *)member(reading, key) = unset ? -1 : (int64_t)number;
}

static void read_bool(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    bool yes = value->plain && cm_span_equal(value->text, CM_SPAN("true"));
    if (!yes && !(value->plain && cm_span_equal(value->text, CM_SPAN("false"))))
        tell_wrong(reading, key, value, "config-value");
    else
        *(bool *)member(reading, key) = yes;
}

static void read_word(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    struct cm_nearest nearest = cm_nearest_to(value->text);
    for (int i = 0; key->words[i]; i++) {
        if (cm_span_equal(cm_span_of(key->words[i]), value->text)) {
            *(int *)(void *)member(reading, key) = i;
            return;
        }
        cm_nearest_offer(&nearest, cm_span_of(key->words[i]));
    }
    const char *help = cm_config_form_help(reading, key);
    if (nearest.best.ptr && help)
        help = cm_arena_printf(&reading->config->arena, "did you mean %s? %s", nearest.best.ptr, help);
    cm_config_fault(reading, "config-value", value, help, "%s cannot be \"%s\"", key->path, value->text.ptr);
}

/* Texts of all kinds, into the arena. */
static void read_text(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    if (value->text.len > key->max) {
        cm_config_fault(reading, "config-range", value, NULL, "%s has %llu bytes at most", key->path, (unsigned long long)key->max);
        return;
    }
    if (key->kind == CM_CONFIG_SUFFIX && !cm_kafka_topic_name_ok(value->text)) {
        tell_wrong(reading, key, value, "config-value");
        return;
    }
    struct cm_span text = cm_arena_copy(&reading->config->arena, value->text);
    if (text.ptr)
        *(const char **)(void *)member(reading, key) = text.ptr;
    else
        reading->status = CM_ENOMEM;
}

/* One item of a list, into its place in a list that is not yet the configuration's. */
static bool read_item(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *item, size_t at,
                      struct cm_uri uris[], const char *texts[])
{
    bool drop = item->kind == CM_NODE_MAPPING && item->count == 1 && cm_span_equal(item->child->text, CM_SPAN("null"));
    const char *help = drop ? "null: and what else ends in a colon needs quotes: \"null:\"" : cm_config_form_help(reading, key);
    const char *text = cm_config_text(reading, key->path, item, true, help);
    if (!text)
        return false;
    if (key->kind >= CM_CONFIG_PACKS) {
        texts[at] = cm_arena_copy(&reading->config->arena, item->text).ptr;
        if (!texts[at])
            reading->status = CM_ENOMEM;
        return texts[at] != NULL;
    }
    enum cm_status status = cm_uri_parse(text, key->kind == CM_CONFIG_SINKS, cm_node_text_place(item), &reading->config->arena, &uris[at],
                                         reading->diagnostics);
    if (status == CM_ENOMEM)
        reading->status = status;
    return status == CM_OK;
}

/* A list, or its only item; all of it takes the place of what was there, or nothing where a part of it has a fault. */
static void read_list(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    struct cm_config *config = reading->config;
    struct cm_uri uris[CM_CONFIG_LIST_MAX];
    const char *texts[CM_CONFIG_LIST_MAX];
    bool list = value->kind == CM_NODE_SEQUENCE, good = true;
    size_t count = 0;
    for (const struct cm_node *item = list ? value->child : value; item; item = list ? item->next : NULL) {
        if (count == CM_CONFIG_LIST_MAX) {
            cm_config_fault(reading, "config-range", item, NULL, "%s has %u items at most", key->path, CM_CONFIG_LIST_MAX);
            return;
        }
        good &= read_item(reading, key, item, count++, uris, texts);
    }
    if (!good)
        return;
    if (key->kind >= CM_CONFIG_PACKS) {
        bool packs = key->kind == CM_CONFIG_PACKS;
        memcpy(packs ? config->packs : config->board.hosts, texts, count * sizeof *texts);
        *(packs ? &config->pack_count : &config->board.host_count) = count;
        return;
    }
    bool sinks = key->kind == CM_CONFIG_SINKS;
    memcpy(sinks ? config->sinks : config->sources, uris, count * sizeof *uris);
    *(sinks ? &config->sink_count : &config->source_count) = count;
}

/* One target more; false, and told, where it is none. */
static bool read_target(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *name,
                        struct cm_config_target *out)
{
    uint64_t score;
    if (!cm_config_text(reading, key->path, name->value, true, cm_config_form_help(reading, key)) ||
        !read_quantity(reading, key, name->value, &score))
        return false;
    *out = (struct cm_config_target){cm_arena_copy(&reading->config->arena, name->text).ptr, (int64_t)score};
    if (!out->dimension)
        reading->status = CM_ENOMEM;
    return out->dimension != NULL;
}

/* All of them take the place of what was there, or none where one has a fault. */
static void read_targets(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    struct cm_config_board *board = &reading->config->board;
    struct cm_config_target targets[CM_CONFIG_LIST_MAX];
    size_t count = 0;
    bool good = value->kind == CM_NODE_MAPPING;
    if (!good)
        cm_config_fault(reading, "config-value", value, cm_config_form_help(reading, key), "%s is %s", key->path, cm_node_kind_text(value));
    for (const struct cm_node *name = good ? value->child : NULL; name; name = name->next) {
        if (count == CM_CONFIG_LIST_MAX) {
            cm_config_fault(reading, "config-range", name, NULL, "%s has %u entries at most", key->path, CM_CONFIG_LIST_MAX);
            return;
        }
        good &= read_target(reading, key, name, &targets[count++]);
    }
    if (!good)
        return;
    memcpy(board->targets, targets, count * sizeof *targets);
    board->target_count = count;
}

void cm_config_value(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value)
{
    if (key->kind <= CM_CONFIG_HOSTS) {
        read_list(reading, key, value);
        return;
    }
    if (key->kind == CM_CONFIG_TARGETS) {
        read_targets(reading, key, value);
        return;
    }
    if (!cm_config_text(reading, key->path, value, true, cm_config_form_help(reading, key)))
        return;
    switch (key->kind) {
    case CM_CONFIG_BOOL:
        read_bool(reading, key, value);
        break;
    case CM_CONFIG_WORD:
        read_word(reading, key, value);
        break;
    case CM_CONFIG_TEXT:
    case CM_CONFIG_SUFFIX:
    case CM_CONFIG_PATH:
    case CM_CONFIG_ADDRESS:
    case CM_CONFIG_URL:
        read_text(reading, key, value);
        break;
    default:
        read_number(reading, key, value);
        break;
    }
}
