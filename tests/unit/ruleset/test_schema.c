/* rules/schema.json, rules/REFERENCE.md and the engine speak of the same keys. */
#include "loading.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *read_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(CM_SOURCE_DIR "/rules/schema.json", 0, &error);
    cr_assert_not_null(schema, "%s:%d", error.text, error.line);
    return schema;
}

static json_t *properties_of(const json_t *schema, const char *definition)
{
    json_t *place = definition ? json_object_get(json_object_get(schema, "$defs"), definition) : NULL;
    json_t *properties = json_object_get(definition ? place : schema, "properties");
    cr_assert_gt(json_object_size(properties), 0);
    return properties;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct cm_buffer text = CM_BUFFER_EMPTY;
    char part[4096];
    cr_assert_not_null(file, "%s", path);
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;)
        cm_buffer_append(&text, part, got);
    fclose(file);
    cm_buffer_byte(&text, '\0');
    cr_assert_eq(cm_buffer_status(&text), CM_OK);
    return text.ptr;
}

/* Where: "cues: [{", "behaviours: [{" or "" for keys of the pack. */
static bool engine_knows(const char *where, const char *key)
{
    char text[256];
    snprintf(text, sizeof text, "%s%s: x%s\n", where, key, *where ? "}]" : "");
    struct loading loading = LOAD(text);
    bool known = !cm_diagnostics_find(&loading.diagnostics, "key-unknown");
    unload(&loading);
    return known;
}

static void assert_known(json_t *properties, const char *where, const char *readme)
{
    const char *key;
    json_t *value;
    json_object_foreach(properties, key, value)
    {
        char quoted[80], colon[80];
        snprintf(quoted, sizeof quoted, "`%s`", key);
        snprintf(colon, sizeof colon, "`%s:", key);
        cr_assert(engine_knows(where, key), "the engine does not know %s%s", where, key);
        cr_assert(strstr(readme, quoted) || strstr(readme, colon), "rules/REFERENCE.md does not know %s", key);
    }
}

Test(schema, every_key_of_the_schema_is_known_and_described)
{
    json_t *schema = read_schema();
    char *readme = read_text(CM_SOURCE_DIR "/rules/REFERENCE.md");
    cr_assert_not(engine_knows("cues: [{", "no_such_key"));
    assert_known(properties_of(schema, NULL), "", readme);
    assert_known(properties_of(schema, "cue"), "cues: [{", readme);
    assert_known(properties_of(schema, "behaviour"), "behaviours: [{", readme);
    free(readme);
    json_decref(schema);
}

/* The keys that the engine reads, from its own tables: the first string of each row. */
static size_t assert_rows_described(const char *source, const char *table, json_t *properties)
{
    const char *at = strstr(source, table), *end = at ? strstr(at, "};") : NULL;
    size_t count = 0;
    cr_assert(at && end, "%s", table);
    while ((at = strstr(at, "{\"")) && at < end) {
        char key[64] = "";
        at += 2;
        snprintf(key, sizeof key, "%.*s", (int)strcspn(at, "\""), at);
        cr_assert_not_null(json_object_get(properties, key), "the schema does not know %s", key);
        count++;
    }
    return count;
}

Test(schema, every_key_of_the_engine_is_in_the_schema)
{
    json_t *schema = read_schema();
    char *parse = read_text(CM_SOURCE_DIR "/engine/ruleset/parse.c"), *merge = read_text(CM_SOURCE_DIR "/engine/ruleset/merge.c");
    cr_assert_gt(assert_rows_described(parse, "cue_fields[] = {", properties_of(schema, "cue")), 20);
    cr_assert_gt(assert_rows_described(parse, "behaviour_fields[] = {", properties_of(schema, "behaviour")), 15);
    cr_assert_gt(assert_rows_described(merge, "} manifest_keys[] = {", properties_of(schema, NULL)), 10);
    free(parse);
    free(merge);
    json_decref(schema);
}

/* Every id that the engine says stands in the table of rules/REFERENCE.md. */
Test(schema, every_diagnostic_is_described)
{
    static const char *const files[] = {"yaml",    "fields", "store",  "merge", "manifest", "parse",
                                        "phrases", "alike",  "change", "check", "phrase"};
    char *readme = read_text(CM_SOURCE_DIR "/rules/REFERENCE.md");
    size_t count = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        snprintf(path, sizeof path, CM_SOURCE_DIR "/engine/ruleset/%s.c", files[i]);
        char *source = read_text(path);
        for (const char *at = source; (at = strchr(at, '"')); at++) {
            size_t len = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz-");
            char id[80];
            if (at[len + 1] != '"' || len > 60 || !memchr(at + 1, '-', len) || at[1] == '-' || at[len] == '-')
                continue;
            snprintf(id, sizeof id, "`%.*s`", (int)len, at + 1);
            cr_assert_not_null(strstr(readme, id), "%s.c says %s", files[i], id);
            count++;
        }
        free(source);
    }
    cr_assert_gt(count, 90);
    free(readme);
}
