/* rules/event.schema.json and the decoder speak of the same format. */
#include <jansson.h>

#include "decoding.h"

#include "event/fields.h"

static const char *const known_keys[] = {
#define X(name, key, first, third, kind, member, has) key,
    CM_FIELDS(X)
#undef X
};

static json_t *load_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(CM_SOURCE_DIR "/rules/event.schema.json", 0, &error);
    cr_assert_not_null(schema, "%s, line %d", error.text, error.line);
    return schema;
}

Test(schema, has_the_version_of_the_engine)
{
    json_t *schema = load_schema();
    cr_assert_str_eq(json_string_value(json_object_get(schema, "$comment")), "schema_version " CM_EVENT_SCHEMA_VERSION);
    cr_assert(strstr(json_string_value(json_object_get(schema, "$id")), "event-" CM_EVENT_SCHEMA_VERSION ".json"));
    json_decref(schema);
}

Test(schema, describes_every_known_key_and_no_other)
{
    json_t *schema = load_schema(), *properties = json_object_get(schema, "properties");
    for (size_t i = 0; i < CM_FIELD_COUNT; i++) {
        const json_t *property = json_object_get(properties, known_keys[i]);
        cr_assert(json_is_string(json_object_get(property, "description")), "%s", known_keys[i]);
    }
    cr_assert_eq(json_object_size(properties), CM_FIELD_COUNT + 1, "and schema_version");
    json_decref(schema);
}

Test(schema, knows_the_words_of_every_enum)
{
    static const struct {
        const char *key, *last;
        size_t count; /* with "" and null */
    } enums[] = {{"type", "delete", CM_EVENT_TYPE_COUNT + 2},
                 {"speaker", "system", CM_SPEAKER_COUNT + 1},
                 {"channel", "team", CM_CHANNEL_COUNT + 1},
                 {"ended_by", "system", CM_ENDED_BY_COUNT + 1}};
    json_t *schema = load_schema(), *properties = json_object_get(schema, "properties");
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++) {
        const json_t *words = json_object_get(json_object_get(properties, enums[i].key), "enum");
        cr_assert_eq(json_array_size(words), enums[i].count, "%s", enums[i].key);
        cr_assert_str_eq(json_string_value(json_array_get(words, enums[i].count - 3)), enums[i].last);
    }
    json_decref(schema);
}

Test(schema, its_examples_are_events)
{
    json_t *schema = load_schema(), *examples = json_object_get(schema, "examples");
    cr_assert_gt(json_array_size(examples), (size_t)3);
    for (size_t i = 0; i < json_array_size(examples); i++) {
        char *line = json_dumps(json_array_get(examples, i), JSON_COMPACT);
        cr_assert_not_null(line);
        struct decoding d = decode_bytes(line, strlen(line));
        cr_assert_eq(d.decoded.reject, CM_REJECT_NONE, "%s: %s", cm_reject_code(d.decoded.reject), line);
        free(line);
    }
    json_decref(schema);
}
