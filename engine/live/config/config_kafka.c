/*
 * kafka.*: properties of librdkafka, and secrets from files and the environment.
 *
 * A value that hides something, and one that comes from elsewhere, is in no
 * diagnostic: neither as ours nor in what librdkafka says of it.
 */
#include "live/config/config_reading.h"

#include <errno.h>
#include <stdlib.h>

/* Keys and certificates in PEM are some thousands. */
#define SECRET_MAX_BYTES ((size_t)64 * 1024)
#define ERROR_MAX_BYTES 256u

static const char value_help[] = "a value is text, {file: PATH} or {env: NAME}";

/* {file: PATH} or {env: NAME} rather than names of properties. */
static bool is_reference(const struct cm_node *value)
{
    for (const struct cm_node *key = value->child; key; key = key->next)
        if (!cm_span_equal(key->text, CM_SPAN("file")) && !cm_span_equal(key->text, CM_SPAN("env")))
            return false;
    return true;
}

/* What was read from elsewhere, as a value: without the line end that editors leave behind. */
static struct cm_span trimmed(struct cm_span text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static const char *keep_secret(struct cm_config_reading *reading, const struct cm_node *from, const char *where, struct cm_span secret)
{
    if (secret.len == 0 || memchr(secret.ptr, '\0', secret.len)) {
        cm_config_fault(reading, "config-secret", from, NULL, "%s %s", where, secret.len == 0 ? "is empty" : "holds no text");
        return NULL;
    }
    const char *kept = cm_arena_copy(&reading->config->arena, secret).ptr;
    if (!kept)
        reading->status = CM_ENOMEM;
    return kept;
}

static const char *from_environment(struct cm_config_reading *reading, const struct cm_node *from, const char *name)
{
    const char *value = getenv(name);
    if (value)
        return keep_secret(reading, from, name, trimmed(cm_span_of(value)));
    cm_config_fault(reading, "config-secret", from, NULL, "there is no %s in the environment", name);
    return NULL;
}

static const char *from_file(struct cm_config_reading *reading, const struct cm_node *from, const char *path)
{
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    const char *kept = NULL;
    enum cm_status status = cm_config_file(path, SECRET_MAX_BYTES, &contents);
    if (status == CM_OK)
        kept = keep_secret(reading, from, path, trimmed(cm_buffer_view(&contents)));
    else if (status == CM_ENOMEM)
        reading->status = status;
    else
        cm_config_fault(reading, "config-secret", from, NULL, "cannot read %s: %s", path, strerror(errno));
    if (contents.ptr)
        explicit_bzero(contents.ptr, contents.cap);
    cm_buffer_free(&contents);
    return kept;
}

/* The value behind a reference, which origin then names; NULL, and told, where there is none. */
static const char *follow(struct cm_config_reading *reading, const char *name, const struct cm_node *value, struct cm_config_origin *origin)
{
    if (value->count != 1) {
        cm_config_fault(reading, "config-secret", value, value_help, "%s has %s", name, value->count ? "both file and env" : "no value");
        return NULL;
    }
    const struct cm_node *from = value->child->value;
    const char *text = cm_config_text(reading, name, from, true, value_help);
    const char *kept = text ? cm_arena_copy(&reading->config->arena, from->text).ptr : NULL;
    if (text && !kept)
        reading->status = CM_ENOMEM;
    if (!kept)
        return NULL;
    bool file = cm_span_equal(value->child->text, CM_SPAN("file"));
    *(file ? &origin->file : &origin->env) = kept;
    return file ? from_file(reading, from, kept) : from_environment(reading, from, kept);
}

/* What librdkafka says of it; hidden: of its value nothing. */
static bool check(struct cm_config_reading *reading, const struct cm_kafka_property *property, bool hidden, const struct cm_node *key,
                  const struct cm_node *value)
{
    const char *nearest = NULL, *why = NULL;
    char error[ERROR_MAX_BYTES] = "";
    enum cm_status status = cm_kafka_property_check(property, &nearest, &why, error, sizeof error);
    if (status == CM_OK)
        return true;
    if (status == CM_ENOMEM)
        reading->status = status;
    else if (why == error)
        cm_config_fault(reading, "config-property-value", value, NULL, "kafka.%s: %s", property->name,
                        hidden ? "librdkafka takes no such value" : error);
    else if (why)
        cm_config_fault(reading, "config-property", key, NULL, "kafka.%s cannot be set: %s", property->name, why);
    else
        cm_config_fault(reading, "config-property", key,
                        nearest ? cm_arena_printf(&reading->config->arena, "did you mean %s?", nearest) : NULL,
                        "librdkafka %s has no property %s", cm_kafka_version(), property->name);
    return false;
}

/* The place of a property of this name: where it stands already, else behind the last; -1, and told, where it cannot be. */
static int find_place(struct cm_config_reading *reading, const char *name, const struct cm_node *key)
{
    struct cm_config *config = reading->config;
    size_t at = 0;
    while (at < config->kafka_count && strcmp(config->kafka[at].name, name) != 0)
        at++;
    if (at == CM_CONFIG_PROPERTIES_MAX)
        cm_config_fault(reading, "config-range", key, NULL, "kafka has %u properties at most", CM_CONFIG_PROPERTIES_MAX);
    else if (reading->seen_property[at])
        cm_config_fault(reading, "config-twice", key, NULL, "kafka.%s stands here for the second time, first in line %u", name,
                        reading->seen_property[at]->line);
    else
        return (int)at;
    return -1;
}

void cm_config_property(struct cm_config_reading *reading, struct cm_span name, const struct cm_node *key, const struct cm_node *value)
{
    struct cm_config *config = reading->config;
    struct cm_config_origin origin = {NULL, NULL};
    struct cm_kafka_property property = {cm_arena_copy(&config->arena, name).ptr, NULL};
    if (!property.name) {
        reading->status = CM_ENOMEM;
        return;
    }
    bool secret = cm_kafka_property_is_secret(property.name);
    if (value->kind == CM_NODE_MAPPING && !is_reference(value)) {
        if (secret) /* perhaps a password in { } that is none of YAML's: what is in it must not be told as a name */
            cm_config_fault(reading, "config-value", value, value_help, "%s is a mapping", property.name);
        else
            cm_config_properties(reading, name, value);
        return;
    }
    int at = find_place(reading, property.name, key);
    if (at < 0)
        return;
    const char *text = value->kind == CM_NODE_MAPPING ? follow(reading, property.name, value, &origin)
                                                      : cm_config_text(reading, property.name, value, false, value_help);
    property.value = text;
    if (!text || !check(reading, &property, secret || origin.file || origin.env, key, value))
        return;
    if (secret && strcmp(text, CM_CONFIG_BLANK) == 0)
        cm_diagnostics_add(reading->diagnostics, CM_SEVERITY_WARNING, "config-secret-blank", cm_node_place(value),
                           "put the secret there, {file: PATH} or {env: NAME}", "kafka.%s is what a print shows instead of a secret",
                           property.name);
    property.value = cm_arena_copy(&config->arena, cm_span_of(text)).ptr;
    if (!property.value) {
        reading->status = CM_ENOMEM;
        return;
    }
    reading->seen_property[at] = key;
    config->kafka[at] = property;
    config->kafka_origin[at] = origin;
    config->kafka_count += (size_t)at == config->kafka_count;
}

void cm_config_properties(struct cm_config_reading *reading, struct cm_span prefix, const struct cm_node *map)
{
    for (const struct cm_node *key = map->child; key && reading->status == CM_OK; key = key->next) {
        char *name = prefix.len ? cm_arena_printf(&reading->config->arena, "%.*s.%s", (int)prefix.len, prefix.ptr, key->text.ptr)
                                : cm_arena_printf(&reading->config->arena, "%s", key->text.ptr);
        if (!name)
            reading->status = CM_ENOMEM;
        else if (key->value->kind == CM_NODE_SCALAR && key->value->bad)
            continue;
        else
            cm_config_property(reading, cm_span_of(name), key, key->value);
    }
}
