/*
 * server: what the web's thread holds together, for the files of this folder alone.
 */
#ifndef CM_WEB_SERVER_H
#define CM_WEB_SERVER_H

#include <microhttpd.h>

#include "web/gate.h"
#include "web/inbox.h"
#include "web/views.h"
#include "web/web.h"
#include "web/webhook.h"

#define CM_WEB_REQUEST_MS 10000 /* to send a request, and to come with the next one */
#define CM_WEB_STUCK_MS 30000   /* without a byte taken */
#define CM_WEB_HEADER_BYTES_MAX 8192u
/* The header, what it is parsed into, and the answer's. Streams write through it, so it is what most of the memory of a client goes to. */
#define CM_WEB_CLIENT_BYTES (12u * 1024u)
#define CM_WEB_SEND_BYTES (64 * 1024) /* that the kernel holds for one who does not read */

/* Answers are counted by these; the last stands for all others. */
#define CM_WEB_CODES(X)                                                                                                                    \
    X(200)                                                                                                                                 \
    X(304)                                                                                                                                 \
    X(400)                                                                                                                                 \
    X(401)                                                                                                                                 \
    X(403)                                                                                                                                 \
    X(404)                                                                                                                                 \
    X(405)                                                                                                                                 \
    X(414)                                                                                                                                 \
    X(431)                                                                                                                                 \
    X(500)                                                                                                                                 \
    X(503)
enum cm_web_code {
#define X(code) CM_WEB_CODE_##code,
    CM_WEB_CODES(X)
#undef X
        CM_WEB_CODE_COUNT
};

struct cm_web_figures {
    uint64_t connections, streams;
    uint64_t turned_away; /* connections above the limit */
    uint64_t requests[CM_WEB_CODE_COUNT];
    uint64_t frames, frame_bytes, slow_frames;
    uint64_t lost_cards, lost_events;
};

struct cm_connection;

struct cm_server {
    const struct cm_web_settings *settings;
    struct cm_inbox *inbox;
    struct cm_gate gate;
    struct MHD_Daemon *daemon;
    struct cm_board *board;
    struct cm_board_source source;
    struct cm_views views;
    struct cm_webhook *webhook; /* NULL: none */
    struct cm_frame *tick;      /* NULL: none yet */
    uint64_t ticks;
    int64_t now_ms; /* of this round, monotonic */
    bool closing;
    struct cm_connection *first, *last; /* who owes us a request */
    uint32_t limit;                     /* of clients */
    struct cm_web_figures figures;

    /* ---- the loop's ---- */
    int listener;
    int epoll;                   /* the listener, the daemon's and the inbox */
    int64_t full_ms;             /* until then nobody is let in, as the system has no room; 0: anybody is */
    atomic_bool ends;            /* set by any thread, who then wakes the inbox */
    int64_t inbox_ms, second_ms; /* not before */
    bool inbox_waits;            /* somebody put something into it, or it was not read to its end */
    int64_t board_ms;            /* what time it is on the board */
};

/* ---- loop.c ---- */

/* Monotonic. */
int64_t cm_server_clock_ms(void);
/* The thread, until ends; a struct cm_server. */
void *cm_server_run(void *server);

/* ---- connections.c ---- */

/* The library's callback: somebody came, or has gone. */
void cm_connections_notify(void *server, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code);
/* The first line of a request came in; copied. */
void cm_connection_asks(struct MHD_Connection *mhd, struct cm_span text);
/* All of it did: who sent it takes the time that the answer takes. What it asks for, until then; ptr NULL: memory was out. */
struct cm_span cm_connection_heard(struct cm_server *server, struct MHD_Connection *mhd);
/* It was answered: the next one is waited for. */
void cm_connection_answered(struct cm_server *server, struct MHD_Connection *mhd);
/* Those who wait at the door, so many at a time; false: the system has no room for them. */
bool cm_connections_accept(struct cm_server *server);
/* Ends those whose time is over; when the next one's is, INT64_MAX: nobody's. */
int64_t cm_connections_expire(struct cm_server *server);

/* ---- http.c ---- */

/* Connections are brought to it: it listens nowhere. CM_EIO. */
enum cm_status cm_http_start(struct cm_server *server) CM_MUST_CHECK;
void cm_web_figures_write(const struct cm_server *server, struct cm_buffer *out);

/* ---- sse.c ---- */

/* A stream of that view from where id says that its client is; NULL: memory is out. */
struct MHD_Response *cm_sse_response(struct cm_server *server, struct cm_view *view, struct MHD_Connection *connection, struct cm_span id);
/* Frames that are due, to who waits for them; when the next one is. */
int64_t cm_sse_frames(struct cm_server *server);
/* A second has gone: time on the board, and a tick where nothing was sent. */
void cm_sse_second(struct cm_server *server, int64_t board_ms);
/* All streams end with what they are sending. */
void cm_sse_end(struct cm_server *server);

#endif
