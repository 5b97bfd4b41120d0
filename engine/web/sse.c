#include <stdlib.h>

#include "web/server.h"

/* A view that had a frame so lately needs no tick. */
#define LATELY_MS 500
/* HTTP/1.0 goes through a buffer of its own; chunks do not. */
#define BLOCK_BYTES 1024u

/* A client that reads. There is no queue: what it is owed follows from what it has seen. */
struct cm_stream {
    struct cm_stream *previous, *next; /* of its view */
    struct cm_server *server;
    struct cm_view *view;
    struct MHD_Connection *connection;
    struct cm_frame *frame; /* being sent; NULL: none */
    size_t sent;            /* bytes of it */
    uint64_t seen;          /* the newest frame that it was sent; 0: none */
    uint64_t ticks;
    bool waits; /* suspended */
};

/* ---- who looks at a view ---- */

static void join(struct cm_stream *stream)
{
    struct cm_view *view = stream->view;
    stream->next = view->streams;
    if (view->streams)
        view->streams->previous = stream;
    view->streams = stream;
    view->stream_count++;
    stream->server->figures.streams++;
}

static void leave(struct cm_stream *stream)
{
    struct cm_view *view = stream->view;
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        view->streams = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    view->stream_count--;
    view->left_ms = stream->server->now_ms;
    stream->server->figures.streams--;
}

static void wake(struct cm_view *view)
{
    for (struct cm_stream *stream = view->streams; stream; stream = stream->next)
        if (stream->waits) {
            stream->waits = false;
            MHD_resume_connection(stream->connection);
        }
}

/* ---- what is sent ---- */

static struct cm_frame *next_frame(struct cm_stream *stream)
{
    struct cm_server *server = stream->server;
    struct cm_frame *frame = cm_view_owed(&server->views, stream->view, stream->seen, server->now_ms);
    if (frame) {
        server->figures.slow_frames += stream->seen && stream->seen + 1 < stream->view->number;
        stream->seen = stream->view->number;
    } else if (server->tick && stream->ticks != server->ticks) {
        frame = cm_frame_hold(server->tick);
    }
    stream->ticks = server->ticks;
    if (frame) {
        server->figures.frames++;
        server->figures.frame_bytes += frame->len;
    }
    return frame;
}

static ssize_t read_stream(void *context, uint64_t position, char *to, size_t room)
{
    (void)position;
    struct cm_stream *stream = context;
    if (!stream->frame && stream->server->closing)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!stream->frame) {
        stream->frame = next_frame(stream);
        stream->sent = 0;
    }
    if (!stream->frame) {
        stream->waits = true;
        MHD_suspend_connection(stream->connection);
        return 0;
    }
    size_t left = stream->frame->len - stream->sent, len = left < room ? left : room;
    memcpy(to, stream->frame->bytes + stream->sent, len);
    stream->sent += len;
    if (len == left) {
        cm_frame_release(stream->frame);
        stream->frame = NULL;
    }
    return (ssize_t)len;
}

static void free_stream(void *context)
{
    struct cm_stream *stream = context;
    leave(stream);
    cm_frame_release(stream->frame);
    free(stream);
}

struct MHD_Response *cm_sse_response(struct cm_server *server, struct cm_view *view, struct MHD_Connection *connection, struct cm_span id)
{
    struct cm_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, free_stream);
    if (!response) {
        free(stream);
        return NULL;
    }
    stream->server = server;
    stream->view = view;
    stream->connection = connection;
    stream->seen = cm_view_seen(view, id);
    stream->ticks = server->ticks;
    join(stream);
    return response;
}

/* ---- when ---- */

int64_t cm_sse_frames(struct cm_server *server)
{
    int64_t due_ms = INT64_MAX;
    for (uint32_t i = 0; i < server->views.count; i++) {
        struct cm_view *view = server->views.items[i];
        if (cm_view_renew(&server->views, view, server->now_ms))
            wake(view);
        int64_t next_ms = cm_view_due_ms(view);
        due_ms = next_ms < due_ms ? next_ms : due_ms;
    }
    return due_ms;
}

void cm_sse_second(struct cm_server *server, int64_t board_ms)
{
    cm_board_time(server->board, board_ms);
    cm_views_stale(&server->views, -1);
    cm_sse_frames(server);
    cm_frame_release(server->tick);
    server->tick = cm_frame_tick(board_ms);
    server->ticks++;
    for (uint32_t i = 0; i < server->views.count; i++)
        if (server->now_ms - server->views.items[i]->framed_ms > LATELY_MS)
            wake(server->views.items[i]);
}

void cm_sse_end(struct cm_server *server)
{
    server->closing = true;
    for (uint32_t i = 0; i < server->views.count; i++)
        wake(server->views.items[i]);
}
