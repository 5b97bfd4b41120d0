#include "web/web.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/thread.h"
#include "web/listener.h"
#include "web/server.h"

#define SECOND_MS 1000
/* The inbox is looked into so often at most: at twenty thousand cards a second nobody need be woken for each. */
#define INBOX_PAUSE_MS 10
/* Of reading the inbox at a time, before clients have their turn. */
#define INBOX_TURN_MS 20
/* Until streams have ended: see cm_web_close. */
#define CLOSE_MS 1000
/* Descriptors of the rest of the program. */
#define OTHER_FILES 256u

struct cm_web {
    struct cm_web_settings settings;
    struct cm_inbox inbox;
    struct cm_listener listener;
    pthread_t thread;
    atomic_bool ends;

    /* the thread's alone, from when it runs */
    struct cm_server server;
    int epoll;
    int64_t inbox_ms, second_ms; /* not before */
    bool inbox_waits;            /* somebody put something into it, or it was not read to its end */
    int64_t board_ms;            /* what time it is on the board */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what the engine says ---- */

void cm_web_card(struct cm_web *web, struct cm_span line)
{
    cm_inbox_put(&web->inbox, CM_INBOX_CARD, line, monotonic_ms());
}

void cm_web_erase(struct cm_web *web, struct cm_span interaction_id)
{
    cm_inbox_put(&web->inbox, CM_INBOX_ERASE, interaction_id, monotonic_ms());
}

void cm_web_event(struct cm_web *web, struct cm_span line)
{
    cm_inbox_put(&web->inbox, CM_INBOX_EVENT, line, monotonic_ms());
}

void cm_web_source(struct cm_web *web, const struct cm_board_source *source)
{
    cm_inbox_source(&web->inbox, source);
}

uint64_t cm_web_waiting(struct cm_web *web)
{
    return cm_inbox_waiting(&web->inbox);
}

uint64_t cm_web_waiting(struct cm_web *web)
{
    return cm_inbox_waiting(&web->inbox);
}

void cm_web_metrics(struct cm_web *web, struct cm_span text)
{
    cm_inbox_metrics(&web->inbox, text);
}

const char *cm_web_address(const struct cm_web *web)
{
    return web->listener.text;
}

/* ---- the inbox, to the board ---- */

/* A clock that is put back stands still for the board until it is there again. */
static int64_t board_now_ms(struct cm_web *web)
{
    int64_t now_ms = cm_clock_now_ms(&web->settings.board.clock);
    if (now_ms > web->board_ms)
        web->board_ms = now_ms;
    return web->board_ms;
}

static void tell_board(struct cm_server *server, const struct cm_inbox_entry *entry)
{
    enum cm_status status = CM_OK;
    switch (entry->kind) {
    case CM_INBOX_CARD:
        status = cm_board_card(server->board, entry->bytes);
        break;
    case CM_INBOX_ERASE:
        cm_board_erase(server->board, entry->bytes);
        break;
    case CM_INBOX_EVENT:
        status = cm_board_event(server->board, entry->bytes);
        break;
    }
    /* CM_EINPUT: the board has counted it */
    if (status == CM_ENOMEM && entry->kind == CM_INBOX_CARD) {
        server->figures.lost_cards++;
        cm_board_lost(server->board, 1);
    } else if (status == CM_ENOMEM) {
        server->figures.lost_events++;
    }
}

static void take_news(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    struct cm_inbox_news news;
    cm_inbox_take(&web->inbox, &news);
    server->figures.lost_cards += news.lost_cards;
    server->figures.lost_events += news.lost_events;
    if (news.lost_cards)
        cm_board_lost(server->board, news.lost_cards);
    if (news.has_source) {
        server->source = news.source;
        cm_board_source_is(server->board, &news.source);
    }
    if (news.lost_cards || news.has_source)
        cm_views_stale(&server->views, server->now_ms);
}

/* Until it is empty, or others have waited long enough. */
static void read_inbox(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    struct cm_inbox_entry entry;
    bool some = cm_inbox_next(&web->inbox, &entry);
    if (!some) {
        take_news(web);
        some = cm_inbox_next(&web->inbox, &entry);
    }
    cm_board_time(server->board, board_now_ms(web));
    if (some)
        cm_views_stale(&server->views, entry.at_ms);
    while (some) {
        tell_board(server, &entry);
        if (monotonic_ms() - server->now_ms >= INBOX_TURN_MS)
            break;
        some = cm_inbox_next(&web->inbox, &entry);
    }
    web->inbox_waits = some;
    server->now_ms = monotonic_ms();
    web->inbox_ms = some ? server->now_ms : server->now_ms + INBOX_PAUSE_MS;
}

/* ---- the loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int timeout(const struct cm_web *web, int64_t due_ms)
{
    MHD_UNSIGNED_LONG_LONG theirs;
    int64_t left_ms = due_ms - monotonic_ms();
    if (MHD_get_timeout(web->server.daemon, &theirs) == MHD_YES && (int64_t)theirs < left_ms)
        left_ms = (int64_t)theirs;
    return left_ms < 0 ? 0 : left_ms > SECOND_MS ? SECOND_MS : (int)left_ms;
}

/* The inbox is told from the daemon: while it rests it is not looked at, or it would wake us all the time. */
static void wait_for_cause(struct cm_web *web, int64_t due_ms)
{
    struct epoll_event events[2];
    int count = epoll_wait(web->epoll, events, 2, timeout(web, due_ms));
    for (int i = 0; i < count; i++)
        if (events[i].data.ptr == &web->inbox) {
            uint64_t times;
            if (read(web->inbox.wake, &times, sizeof times) > 0)
                web->inbox_waits = true;
        }
    web->server.now_ms = monotonic_ms();
}

/* One round; when the next one is due. */
static int64_t turn(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    if (web->inbox_waits && server->now_ms >= web->inbox_ms)
        read_inbox(web);
    if (server->now_ms >= web->second_ms) {
        web->second_ms = server->now_ms - (server->now_ms - web->second_ms) % SECOND_MS + SECOND_MS;
        cm_sse_second(server, board_now_ms(web));
    }
    int64_t due_ms = earlier(cm_sse_frames(server), web->second_ms);
    MHD_run(server->daemon);
    due_ms = earlier(due_ms, cm_http_expire(server));
    return web->inbox_waits ? earlier(due_ms, web->inbox_ms) : due_ms;
}

static void end_streams(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    int64_t until_ms = monotonic_ms() + CLOSE_MS;
    cm_sse_end(server);
    do {
        MHD_run(server->daemon);
        wait_for_cause(web, until_ms);
        cm_sse_end(server); /* who was sending is asked once more */
    } while (server->figures.streams && server->now_ms < until_ms);
    MHD_run(server->daemon);
}

static void *run(void *argument)
{
    struct cm_web *web = argument;
    int64_t due_ms = 0;
    /* Acquire, as whoever wants the end has written what it wants before. */
    while (!atomic_load_explicit(&web->ends, memory_order_acquire)) {
        wait_for_cause(web, due_ms);
        due_ms = turn(web);
    }
    end_streams(web);
    return NULL;
}

/* ---- open and close ---- */

/* As many clients as the system lets us have, and no more than are asked for. */
static uint32_t limit_of_clients(const struct cm_web_settings *settings)
{
    struct rlimit files;
    rlim_t wanted = (rlim_t)settings->clients + OTHER_FILES;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return settings->clients;
    if (files.rlim_cur < wanted) {
        files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
            return settings->clients;
    }
    if (files.rlim_cur >= wanted)
        return settings->clients;
    uint32_t limit = files.rlim_cur > 2 * OTHER_FILES ? (uint32_t)(files.rlim_cur - OTHER_FILES) : (uint32_t)files.rlim_cur / 2;
    char text[128];
    snprintf(text, sizeof text, "wallboard: %u clients at once, not %u: the limit of open files is %llu", limit, settings->clients,
             (unsigned long long)files.rlim_cur);
    settings->tell(settings->context, true, text);
    return limit;
}

static enum cm_status draw(void *bytes, size_t len)
{
    return getrandom(bytes, len, 0) == (ssize_t)len ? CM_OK : CM_EIO;
}

static enum cm_status make_gate(struct cm_web *web)
{
    struct cm_gate *gate = &web->server.gate;
    unsigned char random[CM_GATE_COOKIE_BYTES / 2];
    gate->host = cm_span_of(web->listener.host);
    gate->loopback = cm_gate_is_loopback(gate->host);
    gate->any = web->listener.any;
    gate->hosts = web->settings.hosts;
    gate->host_count = web->settings.host_count;
    if (web->settings.token)
        gate->token = cm_span_of(web->settings.token);
    enum cm_status status = draw(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        gate->cookie[2 * i] = "0123456789abcdef"[random[i] >> 4];
        gate->cookie[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    return status;
}

static bool watch(struct cm_web *web)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->server.daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event daemon = {.events = EPOLLIN, .data.ptr = web}, inbox = {.events = EPOLLIN, .data.ptr = &web->inbox};
    return info && epoll_ctl(web->epoll, EPOLL_CTL_ADD, info->epoll_fd, &daemon) == 0 &&
           epoll_ctl(web->epoll, EPOLL_CTL_ADD, web->inbox.wake, &inbox) == 0;
}

/* All but the thread, in the order in which close takes it down. */
static enum cm_status open_server(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    uint64_t process = 0;
    enum cm_status status = cm_board_new(&web->settings.board, &server->board);
    if (status == CM_OK)
        status = make_gate(web);
    if (status == CM_OK)
        status = draw(&process, sizeof process);
    if (status != CM_OK)
        return status;
    server->settings = &web->settings;
    server->inbox = &web->inbox;
    server->limit = limit_of_clients(&web->settings);
    server->now_ms = web->second_ms = monotonic_ms();
    cm_views_init(&server->views, server->board, process);
    status = cm_http_start(server, web->listener.socket);
    if (status != CM_OK)
        return status;
    web->listener.socket = -1; /* the daemon's */
    web->epoll = epoll_create1(EPOLL_CLOEXEC);
    return web->epoll >= 0 && watch(web) ? cm_thread_start(&web->thread, run, web) : CM_EIO;
}

static void close_server(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (web->listener.socket >= 0)
        close(web->listener.socket);
    if (web->epoll >= 0)
        close(web->epoll);
    cm_frame_release(server->tick);
    cm_views_free(&server->views);
    cm_board_free(server->board);
    cm_inbox_close(&web->inbox);
    free(web);
}

static enum cm_status open_inbox(struct cm_web *web, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_inbox_open(&web->inbox, web->settings.inbox_bytes);
    if (status != CM_OK)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "web", (struct cm_place){0}, NULL, "the wallboard: %s", strerror(errno));
    return status;
}

enum cm_status cm_web_open(const struct cm_web_settings *settings, struct cm_diagnostics *diagnostics, struct cm_web **out)
{
    struct cm_web *web = calloc(1, sizeof *web);
    *out = NULL;
    if (!web)
        return CM_ENOMEM;
    web->settings = *settings;
    if (settings->token && !*settings->token)
        web->settings.token = NULL; /* an empty one keeps nobody out */
    web->epoll = -1;
    atomic_init(&web->ends, false);
    enum cm_status status = open_inbox(web, diagnostics);
    if (status != CM_OK) {
        free(web);
        return status;
    }
    status = cm_listener_open(settings->address, !web->settings.token, diagnostics, &web->listener);
    if (status == CM_OK) {
        status = open_server(web);
        if (status != CM_OK)
            cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "web", (struct cm_place){0}, NULL,
                               "the wallboard at %s cannot be opened: %s", settings->address, cm_status_text(status));
    }
    if (status != CM_OK) {
        close_server(web);
        return status;
    }
    *out = web;
    return CM_OK;
}

void cm_web_close(struct cm_web *web)
{
    if (!web)
        return;
    atomic_store_explicit(&web->ends, true, memory_order_release);
    cm_inbox_wake(&web->inbox);
    pthread_join(web->thread, NULL);
    close_server(web);
}
