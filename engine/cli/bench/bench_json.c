#include "cli/bench/bench_view.h"

#define NS_PER_S 1e9

static const char *const kinds[] = {
    [CM_MATERIAL_FILES] = "files", [CM_MATERIAL_MEMORY] = "memory", [CM_MATERIAL_PART] = "part", [CM_MATERIAL_REPEATED] = "repeated"};

static void count(struct cm_buffer *out, const char *key, uint64_t value)
{
    cm_buffer_printf(out, ",\"%s\":%llu", key, (unsigned long long)value);
}

static void spread(struct cm_buffer *out, const char *key, struct cm_spread value, unsigned places)
{
    cm_buffer_printf(out, ",\"%s\":{\"median\":%.*f,\"least\":%.*f,\"most\":%.*f}", key, (int)places, value.median, (int)places,
                     value.least, (int)places, value.most);
}

static void seconds(struct cm_buffer *out, const char *key, struct cm_spread ns)
{
    spread(out, key, (struct cm_spread){ns.median / NS_PER_S, ns.least / NS_PER_S, ns.most / NS_PER_S}, 9);
}

static void packs(const struct cm_bench_view *view, struct cm_buffer *out)
{
    cm_buffer_text(out, ",\"packs\":[");
    for (size_t i = 0; i < view->packs->count; i++) {
        const struct cm_ruleset *rules = view->packs->items[i].ruleset;
        const struct cm_profile *profile = view->result->profiled.profiles[i];
        cm_buffer_text(out, i ? ",{\"name\":" : "{\"name\":");
        cm_buffer_json(out, cm_span_of(rules->name));
        cm_buffer_text(out, ",\"version\":");
        cm_buffer_json(out, cm_span_of(rules->version));
        cm_buffer_printf(out, ",\"hash\":\"%016llx%016llx\",\"cues\":%u,\"phrases\":%zu,\"expressions\":%zu}",
                         (unsigned long long)rules->hash.high, (unsigned long long)rules->hash.low, rules->cue_count, profile->phrase_count,
                         profile->regex_count);
    }
    cm_buffer_byte(out, ']');
}

static void archive(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_material *material = view->material;
    const struct cm_bench_counts *counts = &view->result->counts;
    const char *between = "";
    cm_buffer_printf(out, ",\"archive\":{\"demo\":%s,\"kind\":\"%s\",\"copies\":%u", view->demo ? "true" : "false", kinds[material->kind],
                     material->copies);
    count(out, "bytes", cm_bench_bytes(view));
    count(out, "lines", counts->lines);
    count(out, "events", counts->events);
    count(out, "turns", counts->turns);
    count(out, "text_bytes", counts->text_bytes);
    count(out, "interactions", counts->interactions);
    cm_buffer_text(out, ",\"dead_letters\":{");
    for (unsigned i = 0; i < CM_REJECT_COUNT; i++)
        if (material->dead_letters.by_reason[i] > 0) {
            cm_buffer_printf(out, "%s\"%s\":%llu", between, cm_reject_code((enum cm_reject)i),
                             (unsigned long long)material->dead_letters.by_reason[i] * material->copies);
            between = ",";
        }
    cm_buffer_text(out, "}}");
}

static void throughput(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    const struct cm_bench_counts *counts = &result->counts;
    struct cm_spread wall = result->cores[result->core_count - 1].wall_ns;
    cm_buffer_printf(out, ",\"throughput\":{\"threads\":%u", view->threads);
    spread(out, "events_per_second", cm_bench_rate((double)counts->events, wall), 1);
    spread(out, "turns_per_second", cm_bench_rate((double)counts->turns, wall), 1);
    spread(out, "interactions_per_second", cm_bench_rate((double)counts->interactions, wall), 1);
    spread(out, "bytes_per_second", cm_bench_rate((double)cm_bench_bytes(view), wall), 0);
    seconds(out, "wall_seconds", wall);
    seconds(out, "processor_seconds", result->cores[result->core_count - 1].processor_ns);
    seconds(out, "load_seconds", result->load_ns);
    if (result->peak_bytes)
        count(out, "peak_bytes", result->peak_bytes);
    else
        cm_buffer_text(out, ",\"peak_bytes\":null");
    count(out, "scorecards", counts->cards);
    count(out, "scorecard_bytes", counts->card_bytes);
    cm_buffer_byte(out, '}');
}

static void stages(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    double whole = cm_bench_whole_ns(result);
    cm_buffer_text(out, ",\"stages\":{\"threads\":1");
    seconds(out, "whole_seconds", result->cores[0].processor_ns);
    cm_buffer_printf(out, ",\"rest_seconds\":%.9f,\"stages\":[", result->rest_ns / NS_PER_S);
    for (size_t i = 0; i < CM_BENCH_STAGE_COUNT; i++) {
        cm_buffer_printf(out, "%s{\"stage\":\"%s\"", i ? "," : "", cm_bench_stages[i].key);
        seconds(out, "seconds", result->stage_ns[i]);
        cm_buffer_printf(out, ",\"share\":%.6f,\"parts\":[", result->stage_ns[i].median / whole);
        for (size_t j = 0; j < CM_BENCH_PART_COUNT && i == CM_BENCH_MATCH; j++)
            cm_buffer_printf(out, "%s{\"part\":\"%s\",\"seconds\":%.9f,\"share\":%.6f}", j ? "," : "", cm_bench_parts[j].key,
                             result->part_ns[j] / NS_PER_S, result->part_ns[j] / whole);
        cm_buffer_text(out, "]}");
    }
    cm_buffer_text(out, "]}");
}

static void cues(const struct cm_bench_view *view, struct cm_buffer *out)
{
    bool first = true;
    cm_buffer_text(out, ",\"cues\":[");
    for (size_t pack = 0; pack < view->packs->count; pack++) {
        const struct cm_ruleset *rules = view->packs->items[pack].ruleset;
        const struct cm_profile *profile = view->result->profiled.profiles[pack];
        for (size_t i = 0; i < rules->cue_count && i < view->top; i++, first = false) {
            const struct cm_cue_cost *cost = &view->result->reports[pack].cues[i];
            cm_buffer_text(out, first ? "{\"pack\":" : ",{\"pack\":");
            cm_buffer_json(out, cm_span_of(rules->name));
            cm_buffer_text(out, ",\"cue\":");
            cm_buffer_json(out, cm_span_of(rules->cues[cost->cue].id));
            cm_buffer_printf(out, ",\"made_of\":\"%s\",\"ns_per_turn\":%.3f,\"share\":%.6f", cm_bench_cue_kind(&rules->cues[cost->cue]),
                             profile->turns ? cost->ns / (double)profile->turns : 0, cost->share);
            cm_buffer_printf(out, ",\"candidates\":%.0f,\"checks\":%.0f,\"hits\":%.0f,\"turns_hit\":%.0f,\"measured\":%llu}",
                             cost->candidates, cost->verifications, cost->hits, cost->turns, (unsigned long long)cost->measured);
        }
    }
    cm_buffer_byte(out, ']');
}

static void rules(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    cm_buffer_text(out, ",\"rules\":[");
    for (size_t i = 0; i < result->size_count; i++) {
        const struct cm_bench_size *size = &result->sizes[i];
        cm_buffer_printf(out, "%s{\"factor\":%.3f,\"phrases\":%zu,\"expressions\":%zu,\"hits\":%llu,\"compile_seconds\":%.9f", i ? "," : "",
                         size->eighths / 8.0, size->phrases, size->expressions, (unsigned long long)size->hits,
                         size->compile_ns / NS_PER_S);
        spread(out, "turns_per_second", cm_bench_rate((double)result->counts.turns, size->processor_ns), 1);
        cm_buffer_byte(out, '}');
    }
    cm_buffer_byte(out, ']');
}

static void cores(const struct cm_bench_view *view, struct cm_buffer *out)
{
    const struct cm_bench_result *result = view->result;
    cm_buffer_text(out, ",\"cores\":[");
    for (size_t i = 0; i < result->core_count; i++) {
        const struct cm_bench_cores *cores = &result->cores[i];
        double speed_up = result->cores[0].wall_ns.median / cores->wall_ns.median;
        cm_buffer_printf(out, "%s{\"threads\":%u", i ? "," : "", cores->threads);
        seconds(out, "wall_seconds", cores->wall_ns);
        seconds(out, "processor_seconds", cores->processor_ns);
        spread(out, "turns_per_second", cm_bench_rate((double)result->counts.turns, cores->wall_ns), 1);
        cm_buffer_printf(out, ",\"speed_up\":%.4f,\"efficiency\":%.4f,\"scorecards_hash\":\"%016llx\"}", speed_up,
                         speed_up / cores->threads, (unsigned long long)cores->cards_hash);
    }
    cm_buffer_byte(out, ']');
}

void cm_bench_json(const struct cm_bench_view *view, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"schema_version\":\"" CM_BENCH_SCHEMA_VERSION "\",\"engine\":\"" CM_VERSION "\",\"machine\":{\"processor\":");
    cm_buffer_json(out, cm_span_of(view->machine.processor));
    cm_buffer_printf(out, ",\"processors\":%u", view->machine.processors);
    if (view->machine.load < 0)
        cm_buffer_text(out, ",\"load\":null}");
    else
        cm_buffer_printf(out, ",\"load\":%.2f}", view->machine.load);
    cm_buffer_printf(out, ",\"runs\":%u", view->runs);
    packs(view, out);
    archive(view, out);
    throughput(view, out);
    stages(view, out);
    cues(view, out);
    rules(view, out);
    cores(view, out);
    cm_buffer_text(out, "}\n");
}
