// simdjson on-demand as a peer: every field of an event once, in document order, unknown ones skipped.
#include <simdjson.h>

#include "decode_peers.h"

using namespace simdjson;

static uint64_t sum_field(std::string_view key, ondemand::value value)
{
    static const std::string_view strings[] = {"interaction_id", "text",  "speaker",       "channel", "agent_id", "queue",
                                               "event_id",       "customer_name", "team",    "lang",     "customer_id"};
    if (value.is_null())
        return 0;
    if (key == "seq")
        return value.get_uint64();
    if (key == "ts" || key == "end_ts") {
        std::string_view text = value.get_string();
        return (uint64_t)cm_bench_time(text.data(), text.size());
    }
    for (std::string_view name : strings)
        if (key == name)
            return std::string_view(value.get_string()).size();
    return 0;
}

extern "C" uint64_t cm_bench_simdjson(const struct cm_bench_lines *lines)
{
    static ondemand::parser parser;
    uint64_t sum = 0;
    for (size_t i = 0; i < lines->count; i++) {
        ondemand::document document = parser.iterate(lines->starts[i], lines->lens[i], lines->lens[i] + SIMDJSON_PADDING);
        for (ondemand::field field : document.get_object()) {
            std::string_view key = field.unescaped_key();
            sum += sum_field(key, field.value());
        }
    }
    return sum;
}
