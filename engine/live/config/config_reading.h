/*
 * config_reading: a configuration while it is read, private to live/config*.c.
 *
 * One call of cm_config_read or cm_config_set. Every step goes on after a fault
 * and tells it; only memory stops one (status).
 */
#ifndef CM_LIVE_CONFIG_READING_H
#define CM_LIVE_CONFIG_READING_H

#include "live/config/config_keys.h"
#include "ruleset/yaml.h"

struct cm_config_reading {
    struct cm_config *config;
    struct cm_diagnostics *diagnostics;
    const struct cm_node *seen[CM_CONFIG_KEYS_MAX]; /* where the value of each key stands */
    const struct cm_node *seen_property[CM_CONFIG_PROPERTIES_MAX];
    enum cm_status status;
};

#define cm_config_fault(reading, id, node, help, ...)                                                                                      \
    cm_diagnostics_add((reading)->diagnostics, CM_SEVERITY_ERROR, (id), cm_node_place(node), (help), __VA_ARGS__)

/* config_value.c: the value of a key that has no other name in it, to where its row says; told, and left as it was, where it is none. */
void cm_config_value(struct cm_config_reading *reading, const struct cm_config_key *key, const struct cm_node *value);

/* "KEY is FORM", for help; NULL only when memory is out. */
const char *cm_config_form_help(struct cm_config_reading *reading, const struct cm_config_key *key);

/* The text of a scalar, in one line where asked; NULL, and told unless it was before, where it is none. name is what it is the value of. */
const char *cm_config_text(struct cm_config_reading *reading, const char *name, const struct cm_node *value, bool one_line,
                           const char *help);

/* config_kafka.c: properties of a mapping under kafka, and one of them. prefix: names so far, joined by dots. */
void cm_config_properties(struct cm_config_reading *reading, struct cm_span prefix, const struct cm_node *map);
void cm_config_property(struct cm_config_reading *reading, struct cm_span name, const struct cm_node *key, const struct cm_node *value);

/* What stands in a print for a value that is not shown. */
#define CM_CONFIG_BLANK "******"

/* config_file.c: all of a file, max bytes at most. CM_EIO with errno (EFBIG: too large), CM_ENOMEM. */
enum cm_status cm_config_file(const char *path, size_t max, struct cm_buffer *out) CM_MUST_CHECK;

#endif
