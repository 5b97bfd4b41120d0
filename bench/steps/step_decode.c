/* decode: a line of JSON to its fields; simdjson's on-demand decoder and jansson beside it, over the same lines. */
#include "../decode_peers.h"
#include "event/decode.h"
#include "step.h"

#define ARENA_UNITS 1024u /* events between resets, as many as a worker's block holds */

struct decoder {
    const struct bench_archive *archive;
    struct cm_arena arena;
    uint64_t (*peer)(const struct cm_bench_lines *lines);
};

int64_t cm_bench_time(const char *text, size_t len)
{
    int64_t ms = 0;
    return cm_decode_time((struct cm_span){text, len}, &ms) ? ms : 0;
}

/* Lengths of what peers see as strings. */
static const unsigned char speaker_bytes[] = {0, 5, 4, 8, 3, 6}, channel_bytes[] = {0, 4, 4, 5, 6, 4};

static uint64_t sum_of(const struct cm_event *event)
{
    uint64_t sum = event->interaction_id.len + event->text.len + event->agent_id.len + event->queue.len + event->event_id.len;
    sum += event->customer_name.len + event->team.len + event->lang.len + event->customer_id.len;
    sum += speaker_bytes[event->speaker] + channel_bytes[event->channel];
    return sum + event->seq + (uint64_t)event->ts + (uint64_t)event->end_ts;
}

static void run_ours(void *context, size_t unit, struct bench_tally *tally)
{
    struct decoder *decoder = context;
    struct cm_event event;
    struct cm_decoded decoded;
    if (unit % ARENA_UNITS == 0)
        cm_arena_reset(&decoder->arena);
    if (cm_decode(&decoder->arena, decoder->archive->lines[unit], &event, &decoded) != CM_OK || decoded.reject)
        return;
    tally->found++;
    tally->check += sum_of(&event);
}

static void run_peer(void *context, size_t unit, struct bench_tally *tally)
{
    const struct decoder *decoder = context;
    struct cm_span line = decoder->archive->lines[unit];
    const struct cm_bench_lines one = {.starts = &line.ptr, .lens = &line.len, .count = 1, .bytes = line.len};
    tally->found++;
    tally->check += decoder->peer(&one);
}

void bench_step_decode(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step)
{
    static struct decoder ours;
    ours.archive = archive;
    step->unit = "event";
    step->found = "events";
    step->units = options->units && options->units < archive->count ? options->units : archive->count;
    for (size_t i = 0; i < step->units; i++)
        step->bytes += archive->lines[i].len + 1;
    bench_side_add(step, (struct bench_side){.name = "ours", .run = run_ours, .context = &ours});
#ifdef CM_BENCH_SIMDJSON
    static struct decoder simdjson;
    simdjson = (struct decoder){.archive = archive, .peer = cm_bench_simdjson};
    bench_side_add(step, (struct bench_side){.name = "simdjson", .run = run_peer, .context = &simdjson});
#endif
#ifdef CM_BENCH_JANSSON
    static struct decoder jansson;
    jansson = (struct decoder){.archive = archive, .peer = cm_bench_jansson};
    bench_side_add(step, (struct bench_side){.name = "jansson", .run = run_peer, .context = &jansson});
#endif
    (void)run_peer;
}
