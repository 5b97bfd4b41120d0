#include <stdlib.h>
#include <strings.h>

#include "web/assets.h"
#include "web/server.h"
#include "web/target.h"

#define RETRY_AFTER_S "2"
/* Above the limit some are still let in, to be told that there are too many. */
#define SPARE_CONNECTIONS 64u
/* Off loopback nobody gets more than a quarter of all connections, as long as that is enough for an office behind one address. */
#define SHARE_OF_ONE 4u
#define SHARE_LEAST 64u

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

struct asked {
    struct cm_server *server;
    struct MHD_Connection *connection;
    struct cm_target target;
    enum cm_gate_proof proof;
    bool head; /* HEAD: no body, and no stream */
};

/* ---- answers ---- */

static void count(struct cm_server *server, unsigned code)
{
    static const unsigned codes[CM_WEB_CODE_COUNT] = {
#define X(code) code,
        CM_WEB_CODES(X)
#undef X
    };
    unsigned i = 0;
    while (i + 1 < CM_WEB_CODE_COUNT && codes[i] != code)
        i++;
    server->figures.requests[i]++;
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* The response is ours to give up in any case; NULL: memory was out. */
static enum MHD_Result queue(const struct asked *asked, unsigned code, struct MHD_Response *response, const char *type, const char *cache)
{
    bool good = response && (!type || add_header(response, "Content-Type", type)) && add_header(response, "Cache-Control", cache);
    for (size_t i = 0; good && i < sizeof security_headers / sizeof *security_headers; i++)
        good = add_header(response, security_headers[i].name, security_headers[i].value);
    if (good && asked->proof == CM_GATE_TOKEN) {
        char cookie[128];
        snprintf(cookie, sizeof cookie, "caremeter=%.*s; Path=/; HttpOnly; SameSite=Strict", (int)CM_GATE_COOKIE_BYTES,
                 asked->server->gate.cookie);
        good = add_header(response, "Set-Cookie", cookie);
    }
    enum MHD_Result result = good ? MHD_queue_response(asked->connection, code, response) : MHD_NO;
    if (response)
        MHD_destroy_response(response);
    if (result == MHD_YES)
        count(asked->server, code);
    return result;
}

/* The buffer's memory goes with the answer. */
static struct MHD_Response *response_of(struct cm_buffer *body)
{
    struct MHD_Response *response = NULL;
    if (cm_buffer_status(body) == CM_OK)
        response = MHD_create_response_from_buffer(body->len, body->ptr, MHD_RESPMEM_MUST_FREE);
    if (!response)
        cm_buffer_free(body);
    *body = CM_BUFFER_EMPTY;
    return response;
}

static enum MHD_Result answer(const struct asked *asked, unsigned code, const char *type, struct cm_buffer *body)
{
    return queue(asked, code, response_of(body), type, "no-store");
}

static const char *header_of(unsigned code, const char **value)
{
    switch (code) {
    case MHD_HTTP_UNAUTHORIZED:
        *value = "Basic realm=\"caremeter\", charset=\"UTF-8\"";
        return "WWW-Authenticate";
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        *value = "GET, HEAD";
        return "Allow";
    case MHD_HTTP_SERVICE_UNAVAILABLE:
        *value = RETRY_AFTER_S;
        return "Retry-After";
    default:
        return NULL;
    }
}

static enum MHD_Result refuse(const struct asked *asked, unsigned code, const char *why)
{
    struct cm_buffer body = CM_BUFFER_EMPTY;
    cm_buffer_text(&body, "{\"error\":");
    cm_buffer_json(&body, cm_span_of(why));
    cm_buffer_printf(&body, ",\"status\":%u}", code);
    struct MHD_Response *response = response_of(&body);
    const char *value = NULL, *name = header_of(code, &value);
    if (response && name && !add_header(response, name, value)) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return queue(asked, code, response, "application/json", "no-store");
}

/* ---- what there is ---- */

static enum MHD_Result serve_board(const struct asked *asked)
{
    struct cm_buffer body = CM_BUFFER_EMPTY;
    cm_board_snapshot(asked->server->board, asked->target.queue, &body);
    return answer(asked, MHD_HTTP_OK, "application/json", &body);
}

static enum MHD_Result serve_interaction(const struct asked *asked)
{
    struct cm_buffer body = CM_BUFFER_EMPTY;
    if (asked->target.id.ptr && cm_board_interaction(asked->server->board, asked->target.id, &body))
        return answer(asked, MHD_HTTP_OK, "application/json", &body);
    cm_buffer_free(&body);
    return refuse(asked, MHD_HTTP_NOT_FOUND, "no such interaction");
}

static struct cm_span request_header(const struct asked *asked, const char *name)
{
    const char *value = MHD_lookup_connection_value(asked->connection, MHD_HEADER_KIND, name);
    return value ? cm_span_of(value) : (struct cm_span){0};
}

static enum MHD_Result serve_stream(const struct asked *asked)
{
    struct cm_view *view;
    if (asked->head)
        return queue(asked, MHD_HTTP_OK, MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT), "text/event-stream", "no-store");
    enum cm_status status = cm_views_find(&asked->server->views, asked->target.queue, asked->server->now_ms, &view);
    if (status == CM_ELIMIT)
        return refuse(asked, MHD_HTTP_SERVICE_UNAVAILABLE, "too many different queues are looked at");
    struct MHD_Response *response = NULL;
    if (status == CM_OK)
        response = cm_sse_response(asked->server, view, asked->connection, request_header(asked, "Last-Event-ID"));
    if (response && !add_header(response, "X-Accel-Buffering", "no")) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return queue(asked, MHD_HTTP_OK, response, "text/event-stream", "no-store");
}

static enum MHD_Result serve_metrics(const struct asked *asked)
{
    struct cm_server *server = asked->server;
    struct cm_buffer body = CM_BUFFER_EMPTY;
    cm_inbox_copy_metrics(server->inbox, &body);
    cm_board_metrics(server->board, server->settings->cue_metrics, &body);
    cm_web_figures_write(server, &body);
    if (server->webhook)
        cm_webhook_metrics(server->webhook, &body);
    return answer(asked, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static enum MHD_Result serve_text(const struct asked *asked, unsigned code, const char *text)
{
    struct cm_buffer body = CM_BUFFER_EMPTY;
    cm_buffer_printf(&body, "%s\n", text);
    return answer(asked, code, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result serve_health(const struct asked *asked)
{
    return serve_text(asked, MHD_HTTP_OK, "ok");
}

static enum MHD_Result serve_readiness(const struct asked *asked)
{
    static const char *const why_not[] = {
        [CM_BOARD_STARTING] = "starting: states are being read",
        [CM_BOARD_STALLED] = "stalled: nothing can be written or read just now",
    };
    enum cm_board_state state = asked->server->source.state;
    if (state == CM_BOARD_LIVE || state == CM_BOARD_ENDED)
        return serve_text(asked, MHD_HTTP_OK, "ready");
    return serve_text(asked, MHD_HTTP_SERVICE_UNAVAILABLE, why_not[state]);
}

/* Any of the tags that a client has, or a star; a weak one is as good. */
static bool has_tag(struct cm_span tags, const char *tag)
{
    return tags.len && (cm_span_equal(tags, CM_SPAN("*")) || memmem(tags.ptr, tags.len, tag, strlen(tag)));
}

static enum MHD_Result serve_asset(const struct asked *asked)
{
    const struct cm_asset *asset = cm_asset_find(asked->target.path);
    if (!asset)
        return refuse(asked, MHD_HTTP_NOT_FOUND, "no such page");
    bool known = has_tag(request_header(asked, "If-None-Match"), asset->etag);
    union {
        const unsigned char *bytes;
        void *borrowed; /* which the library does not write to */
    } body = {asset->bytes};
    struct MHD_Response *response = MHD_create_response_from_buffer(known ? 0 : asset->len, body.borrowed, MHD_RESPMEM_PERSISTENT);
    if (response && !add_header(response, "ETag", asset->etag)) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return queue(asked, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response, known ? NULL : asset->type, "no-cache");
}

static const struct route {
    const char *path;
    bool begins; /* more stands behind it */
    bool open;   /* no token is wanted */
    enum MHD_Result (*serve)(const struct asked *asked);
} routes[] = {
    {"/api/board", false, false, serve_board},
    {"/api/stream", false, false, serve_stream},
    {"/api/interactions/", true, false, serve_interaction},
    {"/metrics", false, false, serve_metrics},
    {"/healthz", false, true, serve_health},
    {"/readyz", false, true, serve_readiness},
    {"/", true, false, serve_asset},
};

static const struct route *route_of(struct cm_span path)
{
    const struct route *route = routes;
    while (!(route->begins ? cm_span_starts_with(path, cm_span_of(route->path)) : cm_span_equal(path, cm_span_of(route->path))))
        route++; /* ends at the last: all paths begin with a slash */
    return route;
}

/* ---- who asks, and how ---- */

struct headers {
    unsigned hosts, bodies;
    bool bad; /* a name that is none: what one reader takes for it, another does not */
    struct cm_span host;
};

static bool is_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && strspn(name, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == len;
}

static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct headers *headers = context;
    headers->bad |= !is_name(name);
    if (strcasecmp(name, "Host") == 0) {
        headers->hosts++;
        headers->host = cm_span_of(value ? value : "");
    } else if (strcasecmp(name, "Transfer-Encoding") == 0 ||
               (strcasecmp(name, "Content-Length") == 0 && value && strcmp(value, "0") != 0)) {
        headers->bodies++;
    }
    return MHD_YES;
}

static size_t header_bytes(const struct asked *asked)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(asked->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/* 0: it may be looked at; otherwise the status that it is refused with, and why. */
static unsigned look_at_headers(const struct asked *asked, const struct headers *headers, const char **why)
{
    struct cm_span origin = request_header(asked, "Origin");
    if (header_bytes(asked) > CM_WEB_HEADER_BYTES_MAX)
        return *why = "the header is too long", MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    if (headers->bodies)
        return *why = "a body is not wanted", MHD_HTTP_BAD_REQUEST;
    if (headers->bad)
        return *why = "a header is none", MHD_HTTP_BAD_REQUEST;
    if (headers->hosts != 1)
        return *why = "one Host header is wanted", MHD_HTTP_BAD_REQUEST;
    if (!cm_gate_host(&asked->server->gate, headers->host))
        return *why = "this is not a name of ours: see listen_hosts", MHD_HTTP_FORBIDDEN;
    if (origin.ptr && !cm_gate_origin(origin, headers->host))
        return *why = "asked for by a page that is not ours", MHD_HTTP_FORBIDDEN;
    return 0;
}

static unsigned look_at(struct asked *asked, const char *method, const struct headers *headers, struct cm_span text, const char **why)
{
    if (!asked->head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return *why = "only GET and HEAD", MHD_HTTP_METHOD_NOT_ALLOWED;
    enum cm_target_fault fault = cm_target_parse(text, &asked->target);
    if (fault == CM_TARGET_LONG)
        return *why = "the address is too long", MHD_HTTP_URI_TOO_LONG;
    if (fault == CM_TARGET_BAD)
        return *why = "the address is none", MHD_HTTP_BAD_REQUEST;
    return look_at_headers(asked, headers, why);
}

static enum MHD_Result serve(struct asked *asked, const char *method, const struct headers *headers, struct cm_span text)
{
    const char *why;
    unsigned code = look_at(asked, method, headers, text, &why);
    if (code)
        return refuse(asked, code, why);
    const struct route *route = route_of(asked->target.path);
    struct cm_server *server = asked->server;
    if (server->gate.token.ptr && !route->open) {
        asked->proof = cm_gate_proof(&server->gate, request_header(asked, "Authorization"), request_header(asked, "Cookie"));
        if (asked->proof == CM_GATE_NONE)
            return refuse(asked, MHD_HTTP_UNAUTHORIZED, "a token is wanted");
    }
    if (server->figures.connections > server->limit && !route->open)
        return refuse(asked, MHD_HTTP_SERVICE_UNAVAILABLE, "too many clients");
    return route->serve(asked);
}

/* ---- requests ---- */

/* The first line, before anything is made of it. */
static void *on_target(void *context, const char *text, struct MHD_Connection *mhd)
{
    (void)context;
    cm_connection_asks(mhd, cm_span_of(text));
    return NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **request_context)
{
    (void)url;
    (void)version;
    (void)upload;
    (void)upload_size;
    struct cm_server *server = context;
    struct asked asked = {.server = server, .connection = mhd, .head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0};
    struct headers headers = {0};
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, note_header, &headers);
    bool good = (asked.head || strcmp(method, MHD_HTTP_METHOD_GET) == 0) && !headers.bodies && !headers.bad;
    if (good && !*request_context) {
        *request_context = server; /* an answer before the end of a request ends the connection: right for those that are not good */
        return MHD_YES;
    }
    struct cm_span text = cm_connection_heard(server, mhd);
    if (!text.ptr)
        return MHD_NO;
    return serve(&asked, method, &headers, text);
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **request_context, enum MHD_RequestTerminationCode code)
{
    (void)request_context;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        cm_connection_answered(context, mhd);
}

/* Percent-encoding is ours to read: see target.h. */
static size_t leave_escaped(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

static unsigned share_of_one(const struct cm_server *server)
{
    unsigned share = server->limit / SHARE_OF_ONE;
    return server->gate.loopback ? 0 : share < SHARE_LEAST ? SHARE_LEAST : share;
}

enum cm_status cm_http_start(struct cm_server *server)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, server, MHD_OPTION_CONNECTION_LIMIT,
        server->limit + SPARE_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, share_of_one(server), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CM_WEB_CLIENT_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(CM_WEB_STUCK_MS / 1000), MHD_OPTION_SIGPIPE_HANDLED_BY_APP,
        1, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, cm_connections_notify, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_END);
    return server->daemon ? CM_OK : CM_EIO;
}
