/*
 * board_latency: how long after an event it is seen on the wallboard. Writes events to the file that `serve` follows, at a steady rate, and
 * among them customers with a concern, in queues of their own; reads the streams of these queues, and takes the time from writing a
 * concern to the frame that shows it. Then the conversation ends, so that the list has room for others.
 *
 *   board_latency ADDRESS FILE OUT COUNTERS --rate N | --window N [--seconds N] [--warm N] [--probes N] [--queues N]
 *
 * --rate: so many events a second, and --probes concerns, in --queues by turns: a queue that had no news lately shows one at once, else
 * the pause between two frames is waited for. --window: as fast as concerns among them are seen, with so many events under way: what the
 * run is capable of. ts and end_ts of events are moved to now. Concerns that were written within --warm seconds are left out. It ends early
 * where FILE does. Prints one line of JSON. One thread.
 */
#include <inttypes.h>
#include <poll.h>

#include "../kafka/clock.h"
#include "../kafka/events.h"
#include "event/retime.h"
#include "sse.h"

#define QUEUE "probes-"
#define QUEUES_MAX 32u
#define BURST 2000u                   /* events between two looks at the stream */
#define COUNTERS_NS INT64_C(10000000) /* between two looks at the counters */
#define DRAIN_NS INT64_C(10000000000) /* what is not seen by then is lost */
#define PROBES_MAX 100000u
#define STRIDE 1000u /* events for a concern, where a window is kept */

struct probe {
    int64_t put_ns, seen_ns; /* 0: not yet */
};

struct run {
    const char *address, *file, *counters;
    int out;
    uint64_t rate, window, probes_per_s, queues;
    double seconds, warm;
    struct bench_events events;
    struct bench_sse streams[QUEUES_MAX];
    struct cm_buffer lines; /* to be written next */
    struct probe *probes;
    size_t probe_count, probes_seen, next_event;
    uint64_t put, read, read_warm, frames;
    int64_t from_ns, looked_ns, warm_ns, last_ns;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "board_latency: %s: %s\n", what, why);
    exit(2);
}

/* ------------------------------------------------------------------- writing */

static void put_event(struct run *run)
{
    int64_t now = bench_wall_ms();
    struct cm_span line = run->events.lines[run->next_event++];
    if (cm_event_retime(&run->lines, line, now, now) != CM_OK)
        die("an event", "out of memory");
    cm_buffer_byte(&run->lines, '\n');
    run->put++;
}

/* A customer whom nobody has answered. */
static void put_probe(struct run *run)
{
    char line[512];
    size_t number = run->probe_count++;
    snprintf(line, sizeof line,
             "{\"interaction_id\":\"probe-%zu.\",\"seq\":1,\"ts\":\"2026-01-01T00:00:00Z\",\"channel\":\"chat\",\"queue\":\"" QUEUE
             "%zu\",\"speaker\":\"customer\",\"text\":\"nobody called me back and I am really upset about it\"}",
             number, number % run->queues);
    int64_t now = bench_wall_ms();
    if (cm_event_retime(&run->lines, (struct cm_span){line, strlen(line)}, now, CM_RETIME_KEEP) != CM_OK)
        die("an event", "out of memory");
    cm_buffer_byte(&run->lines, '\n');
    run->probes[number].put_ns = bench_now_ns();
    run->put++;
}

static void end_probe(struct run *run, size_t number)
{
    cm_buffer_printf(&run->lines, "{\"interaction_id\":\"probe-%zu.\",\"seq\":2,\"channel\":\"chat\",\"type\":\"end\"}\n", number);
    run->put++;
}

static void write_lines(struct run *run)
{
    for (size_t at = 0; at < run->lines.len;) {
        ssize_t wrote = write(run->out, run->lines.ptr + at, run->lines.len - at);
        if (wrote < 0)
            die("events cannot be written", strerror(errno));
        at += (size_t)wrote;
    }
    cm_buffer_reset(&run->lines);
}

/* ------------------------------------------------------------------- reading */

/* Of the counters file: messages that were read. */
static void look_at_counters(struct run *run, int64_t now)
{
    static const char name[] = "\"messages\":";
    char text[4096];
    if (now - run->looked_ns < COUNTERS_NS)
        return;
    run->looked_ns = now;
    FILE *file = fopen(run->counters, "r");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[len] = '\0';
    const char *at = strstr(text, name);
    uint64_t read = at ? strtoull(at + sizeof name - 1, NULL, 10) : run->read;
    if (read > run->read)
        run->last_ns = now;
    run->read = read;
    if ((double)(now - run->from_ns) < run->warm * 1e9)
        run->read_warm = read, run->warm_ns = now;
}

/* Every concern that this frame shows, and that no frame before it showed. */
static void take_frame(struct run *run, struct cm_span frame, int64_t now)
{
    static const char name[] = "\"interaction_id\":\"probe-";
    const char *end = frame.ptr + frame.len;
    run->frames++;
    for (const char *at = frame.ptr; (at = memmem(at, (size_t)(end - at), name, sizeof name - 1));) {
        at += sizeof name - 1;
        size_t number = strtoul(at, NULL, 10);
        if (number >= run->probe_count || run->probes[number].seen_ns)
            continue;
        run->probes[number].seen_ns = now;
        run->probes_seen++;
        end_probe(run, number);
    }
}

static void read_stream(struct run *run, struct bench_sse *sse)
{
    if (!bench_sse_read(sse))
        die(run->address, "the stream ended");
    int64_t now = bench_now_ns();
    for (struct cm_span frame; (frame = bench_sse_frame(sse)).len; bench_sse_drop(sse, frame.len))
        take_frame(run, frame, now);
}

static void open_streams(struct run *run)
{
    char path[64];
    for (uint64_t i = 0; i < run->queues; i++) {
        snprintf(path, sizeof path, "/api/stream?queue=" QUEUE "%" PRIu64, i);
        if (!bench_sse_open(&run->streams[i], run->address, path, ""))
            die(run->address, "does not answer");
    }
}

static void wait_for_streams(struct run *run)
{
    struct pollfd fds[QUEUES_MAX];
    for (uint64_t i = 0; i < run->queues; i++)
        fds[i] = (struct pollfd){.fd = run->streams[i].fd, .events = POLLIN};
    poll(fds, run->queues, 1);
    for (uint64_t i = 0; i < run->queues; i++)
        if (fds[i].revents)
            read_stream(run, &run->streams[i]);
}

/* ----------------------------------------------------------------------- run */

/* At a rate, concerns come by the clock. In a window every so many events is one, and while it is not seen those behind it are under way.
 */
static void put_what_is_due(struct run *run, int64_t now)
{
    double passed = (double)(now - run->from_ns) / 1e9;
    uint64_t wanted = run->window ? run->probes_seen * STRIDE + run->window : (uint64_t)(passed * (double)run->rate);
    for (unsigned burst = 0; run->next_event < wanted && burst < BURST && run->next_event < run->events.count; burst++) {
        put_event(run);
        if (run->window && run->next_event % STRIDE == 0 && run->probe_count < PROBES_MAX)
            put_probe(run);
    }
    if (!run->window && run->probe_count < (size_t)(passed * (double)run->probes_per_s) && run->probe_count < PROBES_MAX)
        put_probe(run);
}

static void go(struct run *run)
{
    run->from_ns = bench_now_ns();
    for (int64_t until = 0;;) {
        int64_t now = bench_now_ns();
        if (!until && (run->next_event == run->events.count || (double)(now - run->from_ns) >= run->seconds * 1e9))
            until = now + DRAIN_NS;
        if (until && (now > until || (run->probes_seen == run->probe_count && run->read >= run->put)))
            break;
        if (!until)
            put_what_is_due(run, now);
        write_lines(run);
        wait_for_streams(run);
        look_at_counters(run, now);
    }
}

static int by_size(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void tell(const struct run *run)
{
    int64_t *taken = calloc(run->probe_count + 1, sizeof *taken);
    size_t count = 0;
    for (size_t i = 0; taken && i < run->probe_count; i++)
        if (run->probes[i].seen_ns && (double)(run->probes[i].put_ns - run->from_ns) >= run->warm * 1e9)
            taken[count++] = run->probes[i].seen_ns - run->probes[i].put_ns;
    if (!count && run->rate)
        die("nothing was measured", "no concern was seen on the board");
    qsort(taken, count, sizeof *taken, by_size);
    double quantile[] = {0.5, 0.9, 0.99, 1}, ms[4];
    for (unsigned i = 0; i < 4; i++) {
        size_t at = (size_t)(quantile[i] * (double)count);
        ms[i] = count ? (double)taken[at < count ? at : count - 1] / 1e6 : 0;
    }
    printf("{\"events\": %" PRIu64 ", \"read\": %" PRIu64 ", \"events_per_s\": %.0f, \"probes\": %zu, \"seen\": %zu, \"counted\": %zu, "
           "\"frames\": %" PRIu64 ", \"p50_ms\": %.1f, \"p90_ms\": %.1f, \"p99_ms\": %.1f, \"max_ms\": %.1f}\n",
           run->put, run->read, (double)(run->read - run->read_warm) / ((double)(run->last_ns - run->warm_ns) / 1e9), run->probe_count,
           run->probes_seen, count, run->frames, ms[0], ms[1], ms[2], ms[3]);
    free(taken);
}

static void read_arguments(struct run *run, int argc, char **argv)
{
    for (int i = 5; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--rate"))
            run->rate = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--window"))
            run->window = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seconds"))
            run->seconds = strtod(argv[i + 1], NULL);
        else if (!strcmp(argv[i], "--warm"))
            run->warm = strtod(argv[i + 1], NULL);
        else if (!strcmp(argv[i], "--probes"))
            run->probes_per_s = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--queues"))
            run->queues = strtoull(argv[i + 1], NULL, 10);
        else
            argc = 0;
    }
    if (argc < 5 || argc % 2 == 0 || (run->rate == 0) == (run->window == 0) || run->queues - 1 >= QUEUES_MAX)
        die("usage", "board_latency ADDRESS FILE OUT COUNTERS --rate N | --window N [--seconds N] [--warm N] [--probes N] [--queues N]");
    run->address = argv[1], run->file = argv[2], run->counters = argv[4];
    run->out = open(argv[3], O_WRONLY | O_APPEND | O_CLOEXEC);
    if (run->out < 0)
        die(argv[3], strerror(errno));
}

int main(int argc, char **argv)
{
    struct run run = {.seconds = 10, .warm = 2, .probes_per_s = 20, .queues = 20};
    read_arguments(&run, argc, argv);
    run.probes = calloc(PROBES_MAX, sizeof *run.probes);
    if (!run.probes || bench_events_read(&run.events, run.file) != CM_OK || run.events.count == 0)
        die(run.file, "cannot be read");
    open_streams(&run);
    go(&run);
    tell(&run);
    for (uint64_t i = 0; i < run.queues; i++)
        bench_sse_close(&run.streams[i]);
    bench_events_free(&run.events);
    cm_buffer_free(&run.lines);
    bool all = run.probes_seen == run.probe_count && run.read >= run.put;
    if (!all)
        fprintf(stderr, "board_latency: it did not keep up: %zu of %zu concerns seen, %" PRIu64 " of %" PRIu64 " events read\n",
                run.probes_seen, run.probe_count, run.read, run.put);
    free(run.probes);
    return !all;
}
