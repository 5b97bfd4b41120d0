#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "web/server.h"

/* At a time: the library's own ten would be a queue at the door where thousands come back at once. */
#define ACCEPT_AT_ONCE 256

/* In the order in which their time is over while we wait for a request; that is as long for all. */
struct cm_connection {
    struct cm_connection *previous, *next;
    int64_t until_ms; /* 0: it is being answered, and in no list */
    int socket;
    struct cm_span asked; /* the target of its request; owned */
};

static void unlink_connection(struct cm_server *server, struct cm_connection *connection)
{
    if (connection->until_ms == 0)
        return;
    *(connection->previous ? &connection->previous->next : &server->first) = connection->next;
    *(connection->next ? &connection->next->previous : &server->last) = connection->previous;
    connection->previous = connection->next = NULL;
    connection->until_ms = 0;
}

static void await_request(struct cm_server *server, struct cm_connection *connection)
{
    connection->until_ms = server->now_ms + CM_WEB_REQUEST_MS;
    connection->previous = server->last;
    connection->next = NULL;
    *(server->last ? &server->last->next : &server->first) = connection;
    server->last = connection;
}

/* The library closes it when it sees the end; until then it owns the descriptor. */
int64_t cm_connections_expire(struct cm_server *server)
{
    while (server->first && server->first->until_ms <= server->now_ms) {
        struct cm_connection *connection = server->first;
        unlink_connection(server, connection);
        shutdown(connection->socket, SHUT_RDWR);
    }
    return server->first ? server->first->until_ms : INT64_MAX;
}

static void connect_client(struct cm_server *server, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct cm_connection *connection = calloc(1, sizeof *connection);
    int bytes = CM_WEB_SEND_BYTES;
    *context = connection; /* NULL: the library's own time-out ends it */
    server->figures.connections++;
    if (info)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (!connection || !info)
        return;
    connection->socket = info->connect_fd;
    await_request(server, connection);
}

void cm_connections_notify(void *context, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct cm_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connect_client(server, mhd, socket_context);
        return;
    }
    server->figures.connections--;
    struct cm_connection *connection = *socket_context;
    if (connection) {
        unlink_connection(server, connection);
        cm_span_free(&connection->asked);
        free(connection);
    }
}

static struct cm_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void cm_connection_asks(struct MHD_Connection *mhd, struct cm_span text)
{
    struct cm_connection *connection = connection_of(mhd);
    if (!connection)
        return;
    cm_span_free(&connection->asked);
    if (cm_span_own(&connection->asked, text) != CM_OK)
        connection->asked = (struct cm_span){0}; /* cm_connection_heard says so */
}

struct cm_span cm_connection_heard(struct cm_server *server, struct MHD_Connection *mhd)
{
    struct cm_connection *connection = connection_of(mhd);
    if (!connection)
        return (struct cm_span){0};
    unlink_connection(server, connection);
    return connection->asked;
}

void cm_connection_answered(struct cm_server *server, struct MHD_Connection *mhd)
{
    struct cm_connection *connection = connection_of(mhd);
    if (!connection)
        return;
    cm_span_free(&connection->asked);
    if (connection->until_ms == 0)
        await_request(server, connection);
}

static bool accept_one(struct cm_server *server)
{
    struct sockaddr_in6 address; /* the largest that there is */
    socklen_t len = sizeof address;
    int client = accept4(server->listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return false;
    /* It is the library's from here, and closed where it is one too many. */
    if (MHD_add_connection(server->daemon, client, (struct sockaddr *)&address, len) != MHD_YES)
        server->figures.turned_away++;
    return true;
}

bool cm_connections_accept(struct cm_server *server)
{
    for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++)
        if (!accept_one(server))
            return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    return true;
}
