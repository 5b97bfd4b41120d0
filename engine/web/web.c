#include "web/web.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/thread.h"
#include "web/listener.h"
#include "web/server.h"

/* Descriptors of the rest of the program. */
#define OTHER_FILES 256u

struct cm_web {
    struct cm_web_settings settings;
    struct cm_inbox inbox;
    struct cm_listener listener;
    pthread_t thread;
    struct cm_server server; /* the thread's alone, from when it runs */
};

/* ---- what the engine says ---- */

bool cm_web_card(struct cm_web *web, struct cm_span line)
{
    return cm_inbox_put(&web->inbox, CM_INBOX_CARD, line, cm_server_clock_ms());
}

void cm_web_erase(struct cm_web *web, struct cm_span interaction_id)
{
    cm_inbox_put(&web->inbox, CM_INBOX_ERASE, interaction_id, cm_server_clock_ms());
}

void cm_web_event(struct cm_web *web, struct cm_span line)
{
    cm_inbox_put(&web->inbox, CM_INBOX_EVENT, line, cm_server_clock_ms());
}

void cm_web_source(struct cm_web *web, const struct cm_board_source *source)
{
    cm_inbox_source(&web->inbox, source);
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

static bool watch(struct cm_server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event daemon = {.events = EPOLLIN, .data.ptr = server->daemon}, inbox = {.events = EPOLLIN, .data.ptr = server->inbox},
                       listener = {.events = EPOLLIN, .data.ptr = &server->listener};
    return info && epoll_ctl(server->epoll, EPOLL_CTL_ADD, info->epoll_fd, &daemon) == 0 &&
           epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->inbox->wake, &inbox) == 0 &&
           epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &listener) == 0;
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
    server->listener = web->listener.socket;
    server->limit = limit_of_clients(&web->settings);
    server->now_ms = web->server.second_ms = cm_server_clock_ms();
    cm_views_init(&server->views, server->board, process);
    status = cm_http_start(server);
    if (status != CM_OK)
        return status;
    web->server.epoll = epoll_create1(EPOLL_CLOEXEC);
    return web->server.epoll >= 0 && watch(server) ? cm_thread_start(&web->thread, cm_server_run, server) : CM_EIO;
}

static void close_server(struct cm_web *web)
{
    struct cm_server *server = &web->server;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    cm_webhook_close(server->webhook);
    if (web->listener.socket >= 0)
        close(web->listener.socket);
    if (web->server.epoll >= 0)
        close(web->server.epoll);
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

static enum cm_status open_webhook(struct cm_web *web, struct cm_diagnostics *diagnostics)
{
    const struct cm_web_settings *settings = &web->settings;
    if (!settings->webhook.url)
        return CM_OK;
    enum cm_status status = cm_webhook_open(&settings->webhook, &CM_WEBHOOK_PACE, settings->tell, settings->context, &web->server.webhook);
    if (status != CM_OK)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "webhook", (struct cm_place){0}, NULL, "the webhook: %s",
                           status == CM_EUSAGE ? "its address is no http or https URL" : cm_status_text(status));
    return status;
}

static enum cm_status open_all(struct cm_web *web, struct cm_diagnostics *diagnostics)
{
    enum cm_status status = cm_listener_open(web->settings.address, !web->settings.token, diagnostics, &web->listener);
    if (status == CM_OK)
        status = open_webhook(web, diagnostics);
    if (status != CM_OK)
        return status;
    status = open_server(web);
    if (status != CM_OK)
        cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "web", (struct cm_place){0}, NULL, "the wallboard at %s cannot be opened: %s",
                           web->settings.address, cm_status_text(status));
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
    web->server.epoll = -1;
    atomic_init(&web->server.ends, false);
    enum cm_status status = open_inbox(web, diagnostics);
    if (status != CM_OK) {
        free(web);
        return status;
    }
    status = open_all(web, diagnostics);
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
    atomic_store_explicit(&web->server.ends, true, memory_order_release);
    cm_inbox_wake(&web->inbox);
    pthread_join(web->thread, NULL);
    close_server(web);
}
