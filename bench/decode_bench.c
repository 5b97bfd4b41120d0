/*
 * decode_bench: nanoseconds an event, ours (with H) beside simdjson on-demand
 * and jansson, over the same lines; medians of alternating runs. Fails when the
 * decoders do not agree on what the lines hold.
 *
 *   decode_bench               20,000 generated events of about 250 bytes
 *   decode_bench FILE.ndjson   the events of a file
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "decode_peers.h"
#include "event/decode.h"

#define GENERATED_EVENTS 20000
#define ROUNDS 9
#define PADDING 64

int64_t cm_bench_time(const char *text, size_t len)
{
    int64_t ms = 0;
    return cm_decode_time((struct cm_span){text, len}, &ms) ? ms : 0;
}

static const unsigned char speaker_bytes[] = {0, 5, 4, 8, 3, 6}, channel_bytes[] = {0, 4, 4, 5, 6, 4};

static uint64_t sum_ours(const struct cm_event *event)
{
    uint64_t sum = event->interaction_id.len + event->text.len + event->agent_id.len + event->queue.len + event->event_id.len;
    sum += event->customer_name.len + event->team.len + event->lang.len + event->customer_id.len;
    sum += speaker_bytes[event->speaker] + channel_bytes[event->channel];
    return sum + event->seq + (uint64_t)event->ts + (uint64_t)event->end_ts;
}

static uint64_t run_ours(const struct cm_bench_lines *lines)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    uint64_t sum = 0;
    for (size_t i = 0; i < lines->count; i++) {
        struct cm_event event;
        struct cm_decoded decoded;
        if (cm_decode(&arena, (struct cm_span){lines->starts[i], lines->lens[i]}, &event, &decoded) != CM_OK || decoded.reject)
            return 0;
        sum += sum_ours(&event);
        if (i % 1024 == 1023)
            cm_arena_reset(&arena);
    }
    cm_arena_free(&arena);
    return sum;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void generate(struct cm_buffer *out)
{
    static const char *const words[] = {"the",   "order",    "arrived", "yesterday", "but",    "one",  "of",   "parts",
                                        "is",    "missing,", "could",   "you",       "please", "send", "it",   "again?",
                                        "thank", "very",     "much",    "sorry",     "to",     "hear", "that", "account"};
    uint64_t state = 88172645463325252u;
    for (unsigned i = 0; i < GENERATED_EVENTS; i++) {
        bool agent = next_random(&state) % 2;
        cm_buffer_printf(out, "{\"interaction_id\": \"chat-%08u\", \"seq\": %u, \"ts\": \"2024-05-%02uT%02u:%02u:%02u.%03uZ\", ", i / 12,
                         i % 12, i % 28 + 1, i % 24, i % 60, i * 7 % 60, i * 13 % 1000);
        cm_buffer_printf(out, "\"channel\": \"chat\", \"speaker\": \"%s\", \"agent_id\": ", agent ? "agent" : "customer");
        cm_buffer_text(out, agent ? "\"a-1042\"" : "null");
        cm_buffer_text(out, ", \"queue\": \"orders\", \"text\": \"");
        for (unsigned n = 6 + next_random(&state) % 20; n; n--)
            cm_buffer_printf(out, "%s%s", words[next_random(&state) % 24], n > 1 ? " " : "");
        cm_buffer_text(out, next_random(&state) % 8 ? "\"}\n" : "\\n\"}\n");
    }
}

static bool read_file(const char *path, struct cm_buffer *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    do {
        if (!cm_buffer_reserve(out, 1 << 20))
            break;
        got = fread(out->ptr + out->len, 1, 1 << 20, file);
        out->len += got;
    } while (got);
    bool good = !ferror(file) && cm_buffer_status(out) == CM_OK;
    fclose(file);
    return good;
}

static bool split(const struct cm_buffer *text, struct cm_bench_lines *lines)
{
    size_t cap = text->len / 2 + 1;
    const char **starts = calloc(cap, sizeof *starts);
    size_t *lens = calloc(cap, sizeof *lens);
    if (!starts || !lens)
        return false;
    for (const char *p = text->ptr, *end = p + text->len, *stop; p < end; p = stop + 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        starts[lines->count] = p;
        lens[lines->count++] = (size_t)(stop - p);
        lines->bytes += (size_t)(stop - p) + 1;
    }
    lines->starts = starts;
    lines->lens = lens;
    return lines->count > 0;
}

struct peer {
    const char *name;
    uint64_t (*run)(const struct cm_bench_lines *lines);
    double ns[ROUNDS];
};

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(struct peer *peers, size_t count, const struct cm_bench_lines *lines)
{
    uint64_t expected = run_ours(lines);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            struct timespec from, to;
            clock_gettime(CLOCK_MONOTONIC, &from);
            uint64_t sum = peers[i].run(lines);
            clock_gettime(CLOCK_MONOTONIC, &to);
            peers[i].ns[round] = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)lines->count;
            if (sum == 0 || sum != expected) {
                fprintf(stderr, "decode_bench: %s found %" PRIu64 ", ours %" PRIu64 "\n", peers[i].name, sum, expected);
                return 1;
            }
        }
    printf("%zu events, %.1f bytes each\n", lines->count, (double)lines->bytes / (double)lines->count);
    for (size_t i = 0; i < count; i++) {
        qsort(peers[i].ns, ROUNDS, sizeof *peers[i].ns, compare_doubles);
        double median = peers[i].ns[ROUNDS / 2];
        printf("%-24s %8.1f ns/event %8.0f MB/s\n", peers[i].name, median, (double)lines->bytes / (double)lines->count / median * 1e3);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct peer peers[] = {
        {.name = "caremeter, H included", .run = run_ours},
#ifdef CM_BENCH_SIMDJSON
        {.name = "simdjson on-demand", .run = cm_bench_simdjson},
#endif
#ifdef CM_BENCH_JANSSON
        {.name = "jansson", .run = cm_bench_jansson},
#endif
    };
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_bench_lines lines = {0};
    if (argc > 1 ? !read_file(argv[1], &text) : (generate(&text), false)) {
        fprintf(stderr, "decode_bench: cannot read %s\n", argv[1]);
        return 3;
    }
    if (!cm_buffer_reserve(&text, PADDING) || !split(&text, &lines))
        return 3;
    memset(text.ptr + text.len, 0, PADDING);
    int failed = measure(peers, sizeof peers / sizeof *peers, &lines);
    free((void *)(uintptr_t)lines.starts);
    free((void *)(uintptr_t)lines.lens);
    cm_buffer_free(&text);
    return failed;
}
