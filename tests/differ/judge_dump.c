/*
 * Cases at random for judge_oracle.py: a pack, the events of one conversation,
 * and the scorecard that the engine made of them, one JSON object a line.
 *
 *   judge_dump FIRST_SEED COUNT
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chance.h"

static const char *comma(bool *first)
{
    const char *text = *first ? "" : ",";
    *first = false;
    return text;
}

static void put_text(struct cm_buffer *out, const char *key, struct cm_span text)
{
    cm_buffer_printf(out, ",\"%s\":", key);
    if (text.ptr)
        cm_buffer_json(out, text);
    else
        cm_buffer_text(out, "null");
}

static void put_number(struct cm_buffer *out, const char *key, int64_t number)
{
    cm_buffer_printf(out, ",\"%s\":%" PRId64, key, number);
}

static void put_if(struct cm_buffer *out, const char *key, bool there, int64_t number)
{
    if (there)
        put_number(out, key, number);
    else
        cm_buffer_printf(out, ",\"%s\":null", key);
}

/* Names of the bits that are set. */
static void put_set(struct cm_buffer *out, const char *key, uint32_t bits, const char *(*name)(unsigned), unsigned count)
{
    bool first = true;
    cm_buffer_printf(out, ",\"%s\":[", key);
    for (unsigned i = 0; i < count; i++)
        if (bits >> i & 1)
            cm_buffer_printf(out, "%s\"%s\"", comma(&first), name(i));
    cm_buffer_text(out, "]");
}

static const char *speaker_name(unsigned value)
{
    return cm_speaker_name((enum cm_speaker)value);
}

static const char *channel_name(unsigned value)
{
    return cm_channel_name((enum cm_channel)value);
}

static void put_cues(struct cm_buffer *out, const char *key, const struct cm_ruleset *pack, struct cm_cue_list list)
{
    bool first = true;
    cm_buffer_printf(out, ",\"%s\":[", key);
    for (uint32_t i = 0; i < list.count; i++)
        cm_buffer_printf(out, "%s\"%s\"", comma(&first), pack->cues[list.items[i]].id);
    cm_buffer_text(out, "]");
}

static void put_languages(struct cm_buffer *out, const struct cm_span *languages, uint32_t count)
{
    bool first = true;
    cm_buffer_text(out, ",\"languages\":[");
    for (uint32_t i = 0; i < count; i++)
        cm_buffer_printf(out, "%s\"%.*s\"", comma(&first), (int)languages[i].len, languages[i].ptr);
    cm_buffer_text(out, "]");
}

static void put_weights(struct cm_buffer *out, const struct cm_ruleset *pack, const struct cm_cue *cue)
{
    bool first = true;
    cm_buffer_text(out, ",\"weights\":[");
    for (uint32_t i = 0; i < cue->weight_count; i++)
        cm_buffer_printf(out, "%s[\"%s\",%d]", comma(&first), pack->cues[cue->weights[i].cue].id, cue->weights[i].weight);
    cm_buffer_text(out, "]");
}

static void put_cue(struct cm_buffer *out, const struct cm_ruleset *pack, const struct cm_cue *cue)
{
    static const char *const kinds[] = {"direct", "weighted", "composite", "echo", "summed"};
    cm_buffer_printf(out, "{\"id\":\"%s\",\"kind\":\"%s\"", cue->id, kinds[cue->kind]);
    put_set(out, "speakers", cue->speakers, speaker_name, CM_SPEAKER_COUNT);
    put_set(out, "channels", cue->channels, channel_name, CM_CHANNEL_COUNT);
    put_languages(out, cue->languages, cue->language_count);
    put_number(out, "first", cue->position_first);
    put_number(out, "last", cue->position_last);
    put_number(out, "replies", cue->replies);
    put_number(out, "min_words", cue->min_words);
    put_number(out, "max_words", cue->max_words);
    put_number(out, "name_customer", cue->name_customer);
    put_number(out, "min_count", cue->min_count);
    put_cues(out, "all", pack, cue->all);
    put_cues(out, "any", pack, cue->any);
    put_cues(out, "none", pack, cue->none);
    put_number(out, "threshold", cue->threshold);
    put_weights(out, pack, cue);
    put_number(out, "near", cue->near_turns);
    put_number(out, "words", cue->echo_words);
    cm_buffer_text(out, "}");
}

static void put_by_channel(struct cm_buffer *out, const char *key, const int64_t *values)
{
    bool first = true;
    cm_buffer_printf(out, ",\"%s\":{", key);
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        cm_buffer_printf(out, "%s\"%s\":%" PRId64, comma(&first), channel_name(i), values[i]);
    cm_buffer_text(out, "}");
}

static void put_targets(struct cm_buffer *out, const struct cm_behaviour *behaviour)
{
#define X(name, text) text,
    static const char *const measures[] = { CM_MEASURES(X) };
#undef X
    bool first = true;
    cm_buffer_text(out, ",\"targets\":[");
    for (unsigned measure = 0; measure < CM_MEASURE_COUNT; measure++)
        for (unsigned channel = 0; channel < CM_CHANNEL_COUNT; channel++) {
            struct cm_time_target target = behaviour->targets[measure][channel];
            if (target.target >= 0)
                cm_buffer_printf(out, "%s[\"%s\",\"%s\",%" PRId64 ",%" PRId64 "]", comma(&first), measures[measure], channel_name(channel),
                                 target.target, target.limit);
        }
    cm_buffer_text(out, "]");
}

static void put_behaviour(struct cm_buffer *out, const struct cm_ruleset *pack, const struct cm_behaviour *behaviour)
{
    static const char *const kinds[] = {"expected", "opportunity", "timed", "bonus", "penalty"};
    static const char *const dues[] = {"once", "each_agent", "last_agent"};
    cm_buffer_printf(out, "{\"id\":\"%s\",\"kind\":\"%s\",\"due\":\"%s\"", behaviour->id, kinds[behaviour->kind], dues[behaviour->due]);
    put_number(out, "dimension", behaviour->dimension);
    put_set(out, "channels", behaviour->channels, channel_name, CM_CHANNEL_COUNT);
    put_number(out, "weight", behaviour->weight);
    put_cues(out, "met_by", pack, behaviour->met_by);
    put_cues(out, "opportunity", pack, behaviour->opportunity);
    put_cues(out, "then", pack, behaviour->then_any);
    put_number(out, "window", behaviour->window_runs);
    put_number(out, "late_credit", behaviour->late_credit);
    put_number(out, "prompt_late_credit", behaviour->prompt_late_credit);
    put_by_channel(out, "prompt", behaviour->prompt_ms);
    put_number(out, "then_runs", behaviour->then_runs);
    put_number(out, "then_credit", behaviour->then_credit);
    put_targets(out, behaviour);
    put_number(out, "points", behaviour->points);
    put_number(out, "cap", behaviour->points_cap);
    cm_buffer_text(out, "}");
}

static void put_pack(struct cm_buffer *out, const struct cm_ruleset *pack)
{
    int64_t runs[CM_CHANNEL_COUNT];
    bool first = true;
    for (unsigned i = 0; i < CM_CHANNEL_COUNT; i++)
        runs[i] = pack->min_agent_runs[i];
    cm_buffer_text(out, "{\"cues\":[");
    for (uint32_t i = 0; i < pack->cue_count; i++) {
        cm_buffer_text(out, comma(&first));
        put_cue(out, pack, &pack->cues[pack->cue_order[i]]);
    }
    cm_buffer_text(out, "],\"behaviours\":[");
    first = true;
    for (uint32_t i = 0; i < pack->behaviour_count; i++) {
        cm_buffer_text(out, comma(&first));
        put_behaviour(out, pack, &pack->behaviours[i]);
    }
    cm_buffer_text(out, "],\"dimensions\":[");
    first = true;
    for (uint32_t i = 0; i < pack->dimension_count; i++)
        cm_buffer_printf(out, "%s[\"%s\",%u]", comma(&first), pack->dimensions[i].id, pack->dimensions[i].weight);
    cm_buffer_text(out, "]");
    put_set(out, "channels", pack->channels, channel_name, CM_CHANNEL_COUNT);
    put_languages(out, pack->languages, pack->language_count);
    put_number(out, "min_coverage", pack->min_coverage);
    put_number(out, "min_confidence", pack->min_confidence);
    put_by_channel(out, "min_agent_runs", runs);
    put_by_channel(out, "reply_target", pack->reply_target_ms);
    put_cues(out, "hold", pack, pack->hold);
    put_cues(out, "thanks", pack, pack->thanks);
    put_cues(out, "delight", pack, pack->delight);
    put_cues(out, "resolved", pack, pack->resolved);
    put_cues(out, "unresolved", pack, pack->unresolved);
    put_set(out, "calendar_channels", pack->calendar.channels, channel_name, CM_CHANNEL_COUNT);
    put_number(out, "calendar_offset", pack->calendar.offset_min);
    cm_buffer_text(out, ",\"calendar\":[");
    first = true;
    for (uint32_t i = 0; i < pack->calendar.span_count; i++)
        cm_buffer_printf(out, "%s[%u,%u]", comma(&first), pack->calendar.spans[i].from, pack->calendar.spans[i].to);
    cm_buffer_text(out, "]}");
}

/* ----------------------------------------------------------------------- events */

struct dump {
    struct cm_buffer events;
    const struct cm_ruleset *pack;
    bool first;
};

static void put_u32s(struct cm_buffer *out, const char *key, const uint32_t *items, uint32_t count)
{
    bool first = true;
    cm_buffer_printf(out, ",\"%s\":[", key);
    for (uint32_t i = 0; i < count; i++)
        cm_buffer_printf(out, "%s%u", comma(&first), items[i]);
    cm_buffer_text(out, "]");
}

static void put_found(struct cm_buffer *out, const struct cm_ruleset *pack, const struct cm_findings *findings)
{
    bool first = true;
    const struct cm_scanned *found = findings->packs;
    cm_buffer_text(out, ",\"hits\":[");
    for (uint32_t i = 0; found && i < found->hit_count; i++)
        cm_buffer_printf(out, "%s[\"%s\",%u,%u,%u]", comma(&first), pack->cues[found->hits[i].cue].id, found->hits[i].start,
                         found->hits[i].end, found->hits[i].name);
    cm_buffer_text(out, "],\"faults\":[");
    first = true;
    for (uint32_t i = 0; found && i < found->fault_count; i++)
        cm_buffer_printf(out, "%s\"%s\"", comma(&first), pack->cues[found->faults[i]].id);
    cm_buffer_text(out, "]");
}

static void on_record(void *context, const struct cm_event *event, struct cm_origin origin, const struct cm_findings *findings)
{
    struct dump *dump = context;
    struct cm_buffer *out = &dump->events;
    cm_buffer_text(out, comma(&dump->first));
    if (!event) {
        cm_buffer_text(out, "{\"type\":\"lost\"}");
        return;
    }
    cm_buffer_printf(out,
                     "{\"type\":\"%s\",\"speaker\":\"%s\",\"channel\":\"%s\",\"ended_by\":\"%s\",\"h\":\"%016" PRIx64 "%016" PRIx64 "\"",
                     cm_event_type_name((enum cm_event_type)event->type), speaker_name(event->speaker), channel_name(event->channel),
                     cm_ended_by_name((enum cm_ended_by)event->ended_by), event->hash.high, event->hash.low);
    put_text(out, "event_id", event->event_id);
    put_text(out, "agent_id", event->agent_id);
    put_text(out, "to_agent_id", event->to_agent_id);
    put_text(out, "target_event_id", event->target_event_id);
    put_text(out, "lang", event->lang);
    put_text(out, "queue", event->queue);
    put_if(out, "seq", event->has & CM_HAS_SEQ, (int64_t)event->seq);
    put_if(out, "ts", event->has & CM_HAS_TS, event->ts);
    put_if(out, "end_ts", event->has & CM_HAS_END_TS, event->end_ts);
    put_if(out, "confidence", event->has & CM_HAS_CONFIDENCE, event->confidence);
    put_if(out, "open_chats", event->has & CM_HAS_OPEN_CHATS, event->open_chats);
    put_if(out, "rating", event->has & CM_HAS_RATING, event->rating);
    put_if(out, "scale", event->has & CM_HAS_SCALE, event->scale);
    put_if(out, "target_seq", event->has & CM_HAS_TARGET_SEQ, (int64_t)event->target_seq);
    put_number(out, "path", origin.path);
    put_number(out, "offset", (int64_t)origin.offset);
    put_number(out, "backchannel", findings->all_backchannel);
    put_number(out, "text_len", (int64_t)event->text.len);
    put_number(out, "words", findings->token_count);
    put_u32s(out, "content", findings->content, findings->content_count);
    put_u32s(out, "names", findings->name_words, findings->name_word_count);
    put_found(out, dump->pack, findings);
    cm_buffer_text(out, "}");
}

static void dump_case(uint64_t seed)
{
    struct cm_chance chance = {seed};
    struct cm_builder *b = cm_builder_new();
    struct cm_buffer lines = CM_BUFFER_EMPTY, out = CM_BUFFER_EMPTY;
    struct dump dump = {.pack = cm_build_pack(b), .first = true};
    bool final = !cm_chance_once_in(&chance, 4);
    cm_chance_pack(b, &chance);
    cm_chance_lines(&chance, &lines);
    cm_build_on_record(b, on_record, &dump);
    cm_build_say(b, lines.ptr);
    const struct cm_scorecard *card = cm_build_judge(b, final);

    cm_buffer_printf(&out, "{\"seed\":%" PRIu64 ",\"final\":%s,\"pack\":", seed, final ? "true" : "false");
    put_pack(&out, cm_build_pack(b));
    cm_buffer_text(&out, ",\"events\":[");
    cm_buffer_span(&out, cm_buffer_view(&dump.events));
    cm_buffer_printf(&out, "],\"null_reason\":\"%s\",\"lines\":", cm_reason_name((enum cm_reason)card->null_reason));
    cm_buffer_json(&out, cm_span_of(lines.ptr));
    cm_buffer_printf(&out, ",\"card\":%s", cm_build_json(b, card));
    out.len--; /* the scorecard's newline */
    cm_buffer_text(&out, "}\n");
    if (out.failed || dump.events.failed || fwrite(out.ptr, 1, out.len, stdout) != out.len)
        abort();
    cm_buffer_free(&out);
    cm_buffer_free(&lines);
    cm_buffer_free(&dump.events);
    cm_builder_free(b);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "judge_dump FIRST_SEED COUNT\n");
        return 2;
    }
    uint64_t first = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    for (uint64_t i = 0; i < count; i++)
        dump_case(first + i);
    return 0;
}
