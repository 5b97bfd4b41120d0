#include <jansson.h>
#include <string.h>

#include "decode_peers.h"

static uint64_t sum_string(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_length(value) : 0;
}

static uint64_t sum_time(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? (uint64_t)cm_bench_time(json_string_value(value), json_string_length(value)) : 0;
}

uint64_t cm_bench_jansson(const struct cm_bench_lines *lines)
{
    static const char *const strings[] = {"interaction_id", "text",          "speaker", "channel", "agent_id",   "queue",
                                          "event_id",       "customer_name", "team",    "lang",    "customer_id"};
    uint64_t sum = 0;
    for (size_t i = 0; i < lines->count; i++) {
        json_t *object = json_loadb(lines->starts[i], lines->lens[i], 0, NULL);
        for (size_t k = 0; k < sizeof strings / sizeof *strings; k++)
            sum += sum_string(object, strings[k]);
        sum += (uint64_t)json_integer_value(json_object_get(object, "seq"));
        sum += sum_time(object, "ts") + sum_time(object, "end_ts");
        json_decref(object);
    }
    return sum;
}
