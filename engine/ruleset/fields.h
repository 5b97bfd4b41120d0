/*
 * fields: typed reading of mapping nodes by tables of keys.
 *
 * A table says for each key how its value is read, where it goes, for which
 * kinds of thing it means something and which need it. Unknown keys are told
 * with the nearest known one. Readers leave the target alone when the value has
 * a fault, which they have told then.
 */
#ifndef CM_RULESET_FIELDS_H
#define CM_RULESET_FIELDS_H

#include <stddef.h>

#include "ruleset/draft.h"

#define CM_KIND_ANY UINT32_MAX

struct cm_field;
typedef void cm_field_reader(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, void *target);

struct cm_field {
    const char *key;
    cm_field_reader *read;
    size_t offset;            /* of the member in the target */
    uint32_t kinds, required; /* bits of the kinds that know the key, and that need it */
    int64_t min, max;         /* numbers, in units of the last place */
    unsigned places;          /* decimal places that a number may have */
    const char *const *names; /* words that a name may be, NULL-terminated */
};

/*
 * Read the keys of map. kind: the bit of what it is, or CM_KIND_ANY where that
 * is not known; what: "a cue", for messages; at: where missing keys are told.
 */
void cm_read_fields(struct cm_draft *draft, const struct cm_node *map, const struct cm_node *at, const struct cm_field *fields,
                    size_t count, uint32_t kind, const char *what, void *target);

/* false, and told, unless value is of this kind; bad nodes give false silently. */
bool cm_expect(struct cm_draft *draft, const struct cm_node *value, enum cm_node_kind kind, const char *key, const char *wanted);

cm_field_reader cm_read_nothing;    /* somebody else reads it */
cm_field_reader cm_read_line;       /* const char *: text in one line, in the image */
cm_field_reader cm_read_bool;       /* bool: true or false */
cm_field_reader cm_read_name;       /* uint8_t: which of names */
cm_field_reader cm_read_u32;        /* uint32_t: a decimal */
cm_field_reader cm_read_i32;        /* int32_t */
cm_field_reader cm_read_i64;        /* int64_t */
cm_field_reader cm_read_node;       /* const struct cm_node *: any */
cm_field_reader cm_read_list;       /* const struct cm_node *: a list of at least one item, or the list is told to be empty */
cm_field_reader cm_read_cues;       /* const struct cm_node *: a list of ids, at least one */
cm_field_reader cm_read_channels;   /* uint16_t: CM_BIT set from a list of channels */
cm_field_reader cm_read_speakers;   /* uint16_t: CM_BIT set from a speaker or a list; agent brings lead */
cm_field_reader cm_read_by_channel; /* struct cm_draft_channels: numbers by channel and `default` */

/* The languages of a list; false where it has a fault. */
bool cm_read_languages(struct cm_draft *draft, const struct cm_node *value, const struct cm_span **items, uint32_t *count);

/* The channel that a key names, CM_CHANNEL_NONE for `default`; CM_CHANNEL_COUNT: none, which is told. */
unsigned cm_read_channel_key(struct cm_draft *draft, const char *what, const struct cm_node *key);

/* Exact decimal text to an integer of that many places; false, and told, where it is none or out of range. */
bool cm_read_decimal(struct cm_draft *draft, const struct cm_field *field, const struct cm_node *value, int64_t *out);

/* Fill the channels that were not given with `default`, else with otherwise (which `default` itself then gets, too). */
void cm_channels_fill(const struct cm_draft_channels *given, int64_t otherwise, int64_t out[CM_CHANNEL_COUNT]);

/* Words joined by dots: letters, digits, - and _; starts with a letter. Told under id otherwise. */
bool cm_check_id(struct cm_draft *draft, const struct cm_node *value, const char *id, const char *what);

#endif
