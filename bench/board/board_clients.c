/*
 * board_clients: very many browsers of one wallboard, some of whom never read and some of whom go and come back. What is taken is the time
 * from the first of them that has a frame to each other one that has read all of it.
 *
 *   board_clients ADDRESS --clients N [--never PERCENT] [--again PERCENT]
 *
 * Says "connected" when all have had their first frame, reads until SIGTERM, then prints one line of JSON. --never: so many never read
 * (10);
 * --again: so many of the others leave a second and come back with Last-Event-ID (5). One thread.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "../kafka/clock.h"
#include "sse.h"

#define BATCH 50u /* connections that are opened between two looks at the others */
#define READ_BYTES (1u << 16)
#define FRAMES_MAX (1u << 16)
#define LATENCY_MS_MAX 20000u
#define LINE_BYTES 96u /* of a stream's short lines: an id, or the head of an event */
#define SECOND_NS INT64_C(1000000000)

struct client {
    int fd;
    bool never, reading; /* a frame has begun */
    char id[LINE_BYTES];
    uint32_t number;       /* of the frame that is being read */
    uint32_t frames;       /* on this connection */
    char tail[LINE_BYTES]; /* of what was received: the line that was not over */
    size_t tail_len;
};

static struct client *clients;
static uint32_t client_count, never_percent = 10, again_percent = 5;
static const char *address;
static int poller;
static int64_t first_ns[FRAMES_MAX]; /* when anybody had it; 0: nobody */
static uint64_t latencies[LATENCY_MS_MAX + 1], latency_count;
static uint64_t frames, comebacks, cut, bytes_read;
static bool measuring;
static volatile sig_atomic_t ends;

static void end(int signal)
{
    (void)signal;
    ends = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "board_clients: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* ------------------------------------------------------------------- frames */

/* What stands behind the dash of an id counts within a stream. */
static void begin_frame(struct client *client, struct cm_span id, int64_t now)
{
    const char *dash = memchr(id.ptr, '-', id.len);
    size_t len = id.len < sizeof client->id - 1 ? id.len : sizeof client->id - 1;
    memcpy(client->id, id.ptr, len);
    client->id[len] = '\0';
    client->number = (uint32_t)(strtoul(dash ? client->id + (dash - id.ptr) + 1 : client->id, NULL, 10) % FRAMES_MAX);
    client->reading = true;
    if (first_ns[client->number] == 0)
        first_ns[client->number] = now;
}

/* The first frame of a connection is a snapshot, or what was missed: it is as old as it is. */
static void end_frame(struct client *client, int64_t now)
{
    if (!client->reading)
        return; /* a tick */
    client->reading = false;
    if (client->frames++ == 0 || !measuring)
        return;
    uint64_t ms = (uint64_t)(now - first_ns[client->number]) / 1000000;
    latencies[ms < LATENCY_MS_MAX ? ms : LATENCY_MS_MAX]++;
    latency_count++;
    frames++;
}

/* Newlines are few: JSON has none. Sizes of chunks are lines, too, and look like nothing that is sought. */
static void take(struct client *client, const char *bytes, size_t len, int64_t now)
{
    const char *at = bytes, *stop = bytes + len;
    for (const char *newline; (newline = memchr(at, '\n', (size_t)(stop - at))); at = newline + 1) {
        size_t line = (size_t)(newline - at);
        if (line == 0)
            end_frame(client, now);
        else if (line > 4 && memcmp(at, "id: ", 4) == 0)
            begin_frame(client, (struct cm_span){at + 4, line - 4}, now);
    }
    client->tail_len = (size_t)(stop - at) < sizeof client->tail ? (size_t)(stop - at) : 0;
    if (client->tail_len)
        memcpy(client->tail, at, client->tail_len);
    else if (at < stop) /* a long line, whose rest is nothing that is sought either */
        client->tail[client->tail_len++] = '.';
}

/* -------------------------------------------------------------- connections */

static void join(struct client *client)
{
    char request[512];
    struct bench_sse sse;
    int len = snprintf(request, sizeof request, "%s%s%s", *client->id ? "Last-Event-ID: " : "", client->id, *client->id ? "\r\n" : "");
    if (len < 0 || !bench_sse_open(&sse, address, "/api/stream", request))
        die(address);
    client->fd = sse.fd;
    client->frames = 0;
    client->reading = false;
    client->tail_len = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (!client->never && epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event) != 0)
        die("epoll");
}

static void come_back(struct client *client)
{
    close(client->fd);
    join(client);
}

static void read_client(struct client *client)
{
    static char bytes[LINE_BYTES + READ_BYTES];
    memcpy(bytes, client->tail, client->tail_len);
    ssize_t got = read(client->fd, bytes + client->tail_len, READ_BYTES);
    if (got > 0) {
        bytes_read += (uint64_t)got;
        take(client, bytes, client->tail_len + (size_t)got, bench_now_ns());
    } else if (got == 0 || errno != EAGAIN) {
        cut += !ends; /* nobody should be who reads */
        come_back(client);
    }
}

static void look(int wait_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, wait_ms);
    for (int i = 0; i < count && !ends; i++)
        read_client(events[i].data.ptr);
}

static void join_all(void)
{
    uint32_t silent = client_count;
    for (uint32_t i = 0; i < client_count; i++) {
        clients[i].never = i % 100 < never_percent;
        join(&clients[i]);
        if (i % BATCH == BATCH - 1)
            look(5);
    }
    while (silent && !ends) {
        look(10);
        silent = 0;
        for (uint32_t i = 0; i < client_count; i++)
            silent += !clients[i].never && clients[i].frames == 0;
    }
}

static void stay(void)
{
    int64_t before = bench_now_ns();
    for (double due = 0; !ends;) {
        look(10);
        int64_t now = bench_now_ns();
        due += (double)client_count * again_percent / 100 * (double)(now - before) / (double)SECOND_NS;
        before = now;
        for (; due >= 1; due--) {
            struct client *client = &clients[(uint32_t)random() % client_count];
            if (!client->never)
                come_back(client), comebacks++;
        }
    }
}

/* ------------------------------------------------------------------- figures */

static unsigned quantile_ms(double share)
{
    uint64_t below = 0;
    for (unsigned ms = 0; ms < LATENCY_MS_MAX; ms++)
        if ((double)(below += latencies[ms]) >= share * (double)latency_count)
            return ms;
    return LATENCY_MS_MAX;
}

static bool read_arguments(int argc, char **argv)
{
    static const struct option names[] = {{"clients", required_argument, NULL, 'c'},
                                          {"never", required_argument, NULL, 'n'},
                                          {"again", required_argument, NULL, 'a'},
                                          {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        uint32_t value = optarg ? (uint32_t)strtoul(optarg, NULL, 10) : 0;
        if (option == '?')
            return false;
        *(option == 'c' ? &client_count : option == 'n' ? &never_percent : &again_percent) = value;
    }
    address = optind < argc ? argv[optind] : NULL;
    return address && client_count;
}

static void raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        die("limit of open files");
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < client_count + 16)
        die("too few files may be open");
}

int main(int argc, char **argv)
{
    if (!read_arguments(argc, argv)) {
        fputs("board_clients: ADDRESS --clients N [--never PERCENT] [--again PERCENT]\n", stderr);
        return 2;
    }
    raise_limit();
    clients = calloc(client_count, sizeof *clients);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || poller < 0)
        die("out of memory");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    join_all();
    puts("connected");
    fflush(stdout);
    measuring = true;
    double cpu = bench_cpu_seconds();
    int64_t from = bench_now_ns();
    stay();
    printf("{\"clients\": %" PRIu32 ", \"frames\": %" PRIu64 ", \"comebacks\": %" PRIu64 ", \"cut\": %" PRIu64
           ", \"mb\": %.0f, \"p50_ms\": %u, "
           "\"p90_ms\": %u, \"p99_ms\": %u, \"seconds\": %.2f, \"cpu_seconds\": %.2f}\n",
           client_count, frames, comebacks, cut, (double)bytes_read / 1e6, quantile_ms(0.5), quantile_ms(0.9), quantile_ms(0.99),
           (double)(bench_now_ns() - from) / 1e9, bench_cpu_seconds() - cpu);
    free(clients);
    return cut > 0;
}
