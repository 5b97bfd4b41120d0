#include "web/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "web/gate.h"

#define BACKLOG 1024

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool read_port(const char *text, in_port_t *port)
{
    unsigned value = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 5; digits++)
        value = value * 10 + (unsigned)(text[digits] - '0');
    *port = htons((in_port_t)value);
    return digits > 0 && text[digits] == '\0' && value <= UINT16_MAX;
}

static bool read_address(const char *text, struct cm_listener *listener, union address *address)
{
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';
    size_t len = colon ? (size_t)(colon - text) - (bracketed ? 2 : 0) : 0;
    if (len == 0 || len >= sizeof listener->host)
        return false;
    memcpy(listener->host, text + bracketed, len);
    listener->host[len] = '\0';
    *address = (union address){0};
    if (bracketed) {
        address->v6.sin6_family = AF_INET6;
        return inet_pton(AF_INET6, listener->host, &address->v6.sin6_addr) == 1 && read_port(colon + 1, &address->v6.sin6_port);
    }
    if (strcmp(listener->host, "localhost") == 0)
        snprintf(listener->host, sizeof listener->host, "127.0.0.1");
    address->v4.sin_family = AF_INET;
    return inet_pton(AF_INET, listener->host, &address->v4.sin_addr) == 1 && read_port(colon + 1, &address->v4.sin_port);
}

static bool is_any(const union address *address)
{
    return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr == htonl(INADDR_ANY)
                                             : memcmp(&address->v6.sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
}

/* errno says what failed. */
static bool listen_at(struct cm_listener *listener, union address *address)
{
    bool v4 = address->any.sa_family == AF_INET;
    socklen_t len = v4 ? sizeof address->v4 : sizeof address->v6;
    int yes = 1;
    listener->socket = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->socket < 0)
        return false;
    if (setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 && bind(listener->socket, &address->any, len) == 0 &&
        listen(listener->socket, BACKLOG) == 0 && getsockname(listener->socket, &address->any, &len) == 0)
        return true;
    int error = errno;
    close(listener->socket);
    errno = error;
    return false;
}

static enum cm_status refuse(struct cm_diagnostics *diagnostics, const char *id, const char *address, const char *help, const char *why)
{
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){0}, help, "%s: %s", address, why);
    return CM_EUSAGE;
}

static enum cm_status read_checked(const char *address, bool only_loopback, struct cm_diagnostics *diagnostics,
                                   struct cm_listener *listener, union address *place)
{
    *listener = (struct cm_listener){.socket = -1};
    if (!read_address(address, listener, place))
        return refuse(diagnostics, "listen-address", address, "as in 127.0.0.1:8737 or [::1]:8737", "this is no address and port");
    if (only_loopback && !cm_gate_is_loopback(cm_span_of(listener->host)))
        return refuse(diagnostics, "listen-token", address, "give a file with a token, or listen on 127.0.0.1",
                      "others can reach this address, and nobody would be asked for a token");
    return CM_OK;
}

bool cm_listener_check(const char *address, bool only_loopback, struct cm_diagnostics *diagnostics)
{
    struct cm_listener listener;
    union address place;
    return read_checked(address, only_loopback, diagnostics, &listener, &place) == CM_OK;
}

enum cm_status cm_listener_open(const char *address, bool only_loopback, struct cm_diagnostics *diagnostics, struct cm_listener *out)
{
    union address place;
    enum cm_status status = read_checked(address, only_loopback, diagnostics, out, &place);
    if (status != CM_OK)
        return status;
    out->any = is_any(&place);
    if (!listen_at(out, &place)) {
        refuse(diagnostics, "listen", address, errno == EADDRINUSE ? "another program listens there; port 0 takes a free one" : NULL,
               strerror(errno));
        return CM_EIO;
    }
    bool v4 = place.any.sa_family == AF_INET;
    snprintf(out->text, sizeof out->text, v4 ? "%s:%u" : "[%s]:%u", out->host, ntohs(v4 ? place.v4.sin_port : place.v6.sin6_port));
    return CM_OK;
}
