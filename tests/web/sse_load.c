/*
 * sse_load: many clients of one stream, some of whom never read and some of whom go and come back; how long it takes from a
 * scorecard to each client that shows it (frames are a quarter of a second apart, so up to that is waiting), how long from the first
 * client that sees a frame to each other one, and what that costs the server.
 *
 *   sse_load SERVER [--clients N] [--seconds S] [--never PERCENT] [--again PERCENT] [--cards FILE] [--fake]
 *                   [--most-ms MS] [--most-mb MB]
 *
 * SERVER is a board_server (or a fake one, --fake), which it starts and ends. --never: so many never read (10); --again: so many
 * of the others come back anew each second, with Last-Event-ID (5). Exit status 1: p99 above --most-ms between clients, memory above
 * --most-mb, or clients that saw nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CARD_EVERY_MS 50
#define FRAME_DUE_MS 1500 /* who has just come may have none yet: there is one a second at least */
#define WARM_MS 2000
#define INTERACTIONS 16u /* all of them are listed */
#define TURNS 1000u      /* the words of another turn are other words */
#define BATCH 100        /* connections that are opened at once */
#define LATENCY_MS_MAX 10000u
#define CARDS_MAX 1000000u
#define ID_BYTES 64u

/* A stream, taken out of its chunks byte by byte. */
struct client {
    int socket;
    bool never, head_over;
    unsigned line_ends; /* in a row, of the head */
    size_t chunk_left;
    bool in_chunk;
    char line[ID_BYTES + 8];
    size_t line_len;
    char id[ID_BYTES];
    uint64_t number, newest, seen; /* of the card that is being read; of the event; of what was seen before */
    unsigned matched;              /* of MARK */
    uint64_t frames;
    int64_t since_ms; /* it is connected */
};

static const char mark[] = "\"card ";

static struct {
    const char *program, *cards;
    unsigned clients, seconds, never, again, most_ms, most_mb;
    bool fake;
} options = {.clients = 1000, .seconds = 20, .never = 10, .again = 5};

struct latencies {
    uint64_t of[LATENCY_MS_MAX + 1], count;
};

static struct latencies from_card, from_first;
static struct client *clients;
static int64_t *sent_ms;
static uint64_t cards;
static int64_t *first_ms; /* that anybody saw this card as the newest; 0: nobody */
static uint64_t frames, comebacks, lost;
static bool measuring;
static int poller, to_server;
static pid_t server;
static unsigned port;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
    fprintf(stderr, "sse_load: %s: %s\n", what, strerror(errno));
    if (server > 0)
        kill(server, SIGKILL);
    exit(2);
}

/* ---- the server ---- */

static void run_server(int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    if (options.cards)
        execl(options.program, options.program, "--listen", "127.0.0.1:0", "--from-stdin", "--every", "0", "--cards", options.cards, NULL);
    else
        execl(options.program, options.program, "--listen", "127.0.0.1:0", "--from-stdin", NULL);
    _exit(127);
}

static void start_server(void)
{
    int in[2], out[2];
    char line[128] = "";
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        die("pipe");
    server = fork();
    if (server < 0)
        die("fork");
    if (server == 0)
        run_server(in[0], out[1]);
    close(in[0]);
    close(out[1]);
    to_server = in[1];
    FILE *told = fdopen(out[0], "r");
    if (!told || !fgets(line, sizeof line, told) || sscanf(line, "http://127.0.0.1:%u/", &port) != 1)
        die(options.program);
}

static unsigned long status_kb(const char *name)
{
    char path[64], line[256];
    unsigned long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)server);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtoul(line + strlen(name) + 1, NULL, 10);
    if (status)
        fclose(status);
    return kb;
}

/* Milliseconds of a processor. */
static long server_cpu_ms(void)
{
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)server);
    FILE *stat = fopen(path, "r");
    if (!stat || fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die("stat");
    fclose(stat);
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

/* ---- cards ---- */

static int card_text(char *text, size_t cap)
{
    if (options.fake)
        return snprintf(text, cap, "concerns {\"words\":\"card %llu\"}\n", (unsigned long long)cards);
    return snprintf(
        text, cap,
        "{\"schema_version\":\"1.0\",\"interaction_id\":\"load-%llu\",\"pack\":{\"name\":\"customer-care\",\"version\":\"1.0.0\",\"content_"
        "hash\":"
        "\"0\"},\"channel\":\"chat\",\"queue\":\"load\",\"started_at\":\"2000-01-01T00:00:00.000Z\",\"ended_at\":null,\"turns\":{"
        "\"customer\":1,"
        "\"agent\":0},\"care\":{\"score\":null},\"behaviours\":[],\"status\":\"open\",\"revision\":%llu,\"pending\":[{\"id\":\"respond."
        "problem\","
        "\"dimension\":\"respond\",\"kind\":\"opportunity\",\"agent_id\":null,\"since\":\"2000-01-01T00:00:00.000Z\",\"state\":\"unmet\","
        "\"evidence\":[{\"turn\":%llu,\"seq\":%llu,\"rule\":\"problem.delay\",\"start\":0,\"end\":4,\"quote\":\"card "
        "%llu\"}]}],\"moments\":[]}\n",
        (unsigned long long)(cards % INTERACTIONS), (unsigned long long)cards, (unsigned long long)(cards % TURNS),
        (unsigned long long)cards, (unsigned long long)cards);
}

static void send_card(void)
{
    char text[2048];
    if (++cards == CARDS_MAX)
        die("too many cards");
    int len = card_text(text, sizeof text);
    sent_ms[cards] = now_ms();
    if (write(to_server, text, (size_t)len) != len)
        die("the server takes no cards");
}

/* ---- clients ---- */

static void note(struct latencies *latencies, int64_t ms)
{
    latencies->of[ms < 0 ? 0 : ms > (int64_t)LATENCY_MS_MAX ? LATENCY_MS_MAX : (uint64_t)ms]++;
    latencies->count++;
}

/* Who comes anew has not waited for what it missed. */
static void observe(struct client *client, uint64_t number)
{
    int64_t now = now_ms();
    if (number > cards || number <= client->seen)
        return;
    if (first_ms[number] == 0)
        first_ms[number] = now;
    for (uint64_t i = client->seen ? client->seen + 1 : number + 1; measuring && i <= number; i++)
        note(&from_card, now - sent_ms[i]);
    if (measuring && client->seen)
        note(&from_first, now - first_ms[number]);
    client->seen = number;
}

static void take_byte(struct client *client, char byte)
{
    if (client->matched == sizeof mark - 1) {
        if (byte >= '0' && byte <= '9') {
            client->number = client->number * 10 + (uint64_t)(byte - '0');
        } else {
            client->newest = client->number > client->newest ? client->number : client->newest;
            client->matched = 0;
        }
    } else {
        client->matched = byte == mark[client->matched] ? client->matched + 1 : byte == mark[0];
        client->number = 0;
    }
    if (byte != '\n') {
        if (client->line_len < sizeof client->line - 1)
            client->line[client->line_len++] = byte;
        return;
    }
    client->line[client->line_len] = '\0';
    if (strncmp(client->line, "id: ", 4) == 0)
        snprintf(client->id, sizeof client->id, "%.*s", (int)sizeof client->id - 1, client->line + 4);
    if (client->line_len == 0) {
        client->frames++;
        frames += measuring;
        observe(client, client->newest);
    }
    client->line_len = 0;
}

/* Of the head until its empty line; then sizes and chunks. */
static void take_raw(struct client *client, char byte)
{
    if (!client->head_over) {
        client->line_ends = byte == '\n' ? client->line_ends + 1 : byte == '\r' ? client->line_ends : 0;
        client->head_over = client->line_ends == 2;
    } else if (client->in_chunk) {
        take_byte(client, byte);
        client->in_chunk = --client->chunk_left > 0;
    } else if (byte == '\n') {
        client->in_chunk = client->chunk_left > 0;
    } else if (byte != '\r') {
        client->chunk_left = client->chunk_left * 16 + (size_t)(byte <= '9' ? byte - '0' : (byte | 32) - 'a' + 10);
    }
}

static void connect_client(struct client *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    char request[256], id[ID_BYTES];
    memcpy(id, client->id, sizeof id);
    bool never = client->never;
    *client = (struct client){.never = never, .seen = 0, .since_ms = now_ms()};
    memcpy(client->id, id, sizeof id);
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0 || connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    int len = snprintf(request, sizeof request, "GET /api/stream HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", *id ? "Last-Event-ID: " : "",
                       id, *id ? "\r\n" : "");
    if (write(client->socket, request, (size_t)len) != len || fcntl(client->socket, F_SETFL, O_NONBLOCK) != 0)
        die("request");
    if (!never && epoll_ctl(poller, EPOLL_CTL_ADD, client->socket, &event) != 0)
        die("epoll_ctl");
}

static void read_client(struct client *client)
{
    char bytes[16384];
    ssize_t len;
    while ((len = read(client->socket, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < len; i++)
            take_raw(client, bytes[i]);
    if (len < 0 && errno == EAGAIN)
        return;
    lost++; /* nobody should be cut who reads */
    close(client->socket);
    connect_client(client);
}

static void come_back(void)
{
    struct client *client = &clients[(unsigned)random() % options.clients];
    if (client->never)
        return;
    close(client->socket);
    connect_client(client);
    comebacks++;
}

/* ---- the run ---- */

static void wait_for_events(int64_t until_ms)
{
    struct epoll_event events[256];
    int64_t left = until_ms - now_ms();
    int count = epoll_wait(poller, events, 256, left > 0 ? (int)left : 0);
    for (int i = 0; i < count; i++)
        read_client(events[i].data.ptr);
}

static void run_until(int64_t end_ms)
{
    static int64_t next_ms;
    static double due;
    if (next_ms == 0)
        next_ms = now_ms();
    while (now_ms() < end_ms) {
        while (now_ms() < next_ms)
            wait_for_events(next_ms);
        next_ms += CARD_EVERY_MS;
        send_card();
        due += measuring ? options.clients * options.again / 100.0 * CARD_EVERY_MS / 1000 : 0;
        for (; due >= 1; due--) {
            come_back();
            wait_for_events(0);
        }
    }
}

static unsigned percentile(const struct latencies *latencies, double part)
{
    uint64_t below = 0;
    unsigned ms = 0;
    for (; ms < LATENCY_MS_MAX; ms++)
        if ((double)(below += latencies->of[ms]) >= part * (double)latencies->count)
            break;
    return ms;
}

static void print_latencies(const char *what, const struct latencies *latencies)
{
    printf("%s ms: p50 %u, p90 %u, p99 %u, p99.9 %u, of %llu\n", what, percentile(latencies, 0.5), percentile(latencies, 0.9),
           percentile(latencies, 0.99), percentile(latencies, 0.999), (unsigned long long)latencies->count);
}

static void open_all(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(EPOLL_CLOEXEC);
    start_server();
    for (unsigned i = 0; i < options.clients; i++) {
        clients[i].never = i % 100 < options.never;
        connect_client(&clients[i]);
        if (i % BATCH == BATCH - 1)
            run_until(now_ms() + 20);
    }
}

static bool report(long cpu_ms, int64_t took_ms)
{
    unsigned silent = 0, p99 = percentile(&from_first, 0.99);
    unsigned long peak_mb = status_kb("VmHWM:") / 1024, now_mb = status_kb("VmRSS:") / 1024;
    for (unsigned i = 0; i < options.clients; i++)
        silent += !clients[i].never && clients[i].frames == 0 && now_ms() - clients[i].since_ms > FRAME_DUE_MS;
    printf("clients %u (%u%% never read, %u%% come back a second), seconds %.1f\n", options.clients, options.never, options.again,
           (double)took_ms / 1000);
    printf("events %llu, comebacks %llu, cut %llu, silent %u\n", (unsigned long long)frames, (unsigned long long)comebacks,
           (unsigned long long)lost, silent);
    print_latencies("card to client", &from_card);
    print_latencies("frame to client", &from_first);
    printf("server: RSS %lu MB (peak %lu), %.2f of a processor\n", now_mb, peak_mb, (double)cpu_ms / (double)took_ms);
    return from_card.count && silent * 100 <= options.clients && (!options.most_ms || p99 <= options.most_ms) &&
           (!options.most_mb || peak_mb <= options.most_mb);
}

static bool read_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"clients", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 's'}, {"never", required_argument, NULL, 'n'},
        {"again", required_argument, NULL, 'a'},   {"cards", required_argument, NULL, 'f'},   {"fake", no_argument, NULL, 'k'},
        {"most-ms", required_argument, NULL, 'l'}, {"most-mb", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        unsigned value = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'c':
            options.clients = value;
            break;
        case 's':
            options.seconds = value;
            break;
        case 'n':
            options.never = value;
            break;
        case 'a':
            options.again = value;
            break;
        case 'f':
            options.cards = optarg;
            break;
        case 'k':
            options.fake = true;
            break;
        case 'l':
            options.most_ms = value;
            break;
        case 'm':
            options.most_mb = value;
            break;
        default:
            return false;
        }
    }
    options.program = optind < argc ? argv[optind] : NULL;
    return options.program && options.clients;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs("sse_load: SERVER is wanted; see the head of its source\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    clients = calloc(options.clients, sizeof *clients);
    sent_ms = calloc(CARDS_MAX, sizeof *sent_ms);
    first_ms = calloc(CARDS_MAX, sizeof *first_ms);
    if (!clients || !sent_ms || !first_ms)
        die("memory");
    open_all();
    run_until(now_ms() + WARM_MS);
    measuring = true;
    long cpu_ms = server_cpu_ms();
    int64_t start_ms = now_ms();
    run_until(start_ms + (int64_t)options.seconds * 1000);
    bool good = report(server_cpu_ms() - cpu_ms, now_ms() - start_ms);
    int status = 0;
    kill(server, SIGTERM);
    waitpid(server, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "sse_load: the server ended badly (%d)\n", status);
        good = false;
    }
    return good ? 0 : 1;
}
