/*
 * sse: one stream of the wallboard, as bytes come. Without an own parser of JSON: who reads it looks for what it knows in a frame. Header
 * only.
 */
#ifndef CM_BENCH_SSE_H
#define CM_BENCH_SSE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

struct bench_sse {
    int fd;
    bool body;           /* the head of the answer is behind us */
    size_t chunk;        /* bytes of the chunk that are still to come */
    struct cm_buffer in; /* as received, from the first byte that was not understood yet */
    size_t at;
    struct cm_buffer text; /* of the stream, from the first frame that was not taken yet */
};

/* HOST:PORT, IPv4; headers: whole lines, or none. False: nobody listens. The socket does not block from then on. */
static inline bool bench_sse_open(struct bench_sse *sse, const char *address, const char *path, const char *headers)
{
    char host[64], request[1024];
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (!colon || (size_t)(colon - address) >= sizeof host)
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1)
        return false;
    *sse = (struct bench_sse){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int len =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n", path, address, headers);
    if (sse->fd < 0 || connect(sse->fd, (struct sockaddr *)&to, sizeof to) != 0 || write(sse->fd, request, (size_t)len) != len)
        return false;
    return fcntl(sse->fd, F_SETFL, O_NONBLOCK) == 0;
}

static inline void bench_sse_close(struct bench_sse *sse)
{
    close(sse->fd);
    cm_buffer_free(&sse->in);
    cm_buffer_free(&sse->text);
}

/* One step of what was received: head, chunk's size, chunk. False: more bytes are needed. */
static inline bool bench_sse_step(struct bench_sse *sse)
{
    const char *from = sse->in.ptr + sse->at;
    size_t left = sse->in.len - sse->at;
    if (sse->chunk) {
        size_t take = left < sse->chunk ? left : sse->chunk;
        cm_buffer_append(&sse->text, from, take);
        sse->at += take;
        sse->chunk -= take;
        return take > 0;
    }
    const char *end = memmem(from, left, sse->body ? "\r\n" : "\r\n\r\n", sse->body ? 2 : 4);
    if (!end)
        return false;
    sse->at = (size_t)(end - sse->in.ptr) + (sse->body ? 2 : 4);
    if (sse->body && end > from) /* else the empty line behind a chunk */
        sse->chunk = strtoul(from, NULL, 16);
    sse->body = true;
    return true;
}

/* What has come by now is in text. False: the stream is over. */
static inline bool bench_sse_read(struct bench_sse *sse)
{
    char piece[1 << 16];
    for (ssize_t got; (got = read(sse->fd, piece, sizeof piece)) != 0;) {
        if (got < 0)
            return errno == EAGAIN;
        cm_buffer_append(&sse->in, piece, (size_t)got);
        while (bench_sse_step(sse))
            ;
        memmove(sse->in.ptr, sse->in.ptr + sse->at, sse->in.len - sse->at);
        sse->in.len -= sse->at;
        sse->at = 0;
    }
    return false;
}

/* The next whole frame, which lies in text until it is dropped; len 0: none yet. */
static inline struct cm_span bench_sse_frame(const struct bench_sse *sse)
{
    const char *end = sse->text.len ? memmem(sse->text.ptr, sse->text.len, "\n\n", 2) : NULL;
    return (struct cm_span){sse->text.ptr, end ? (size_t)(end - sse->text.ptr) + 2 : 0};
}

static inline void bench_sse_drop(struct bench_sse *sse, size_t len)
{
    memmove(sse->text.ptr, sse->text.ptr + len, sse->text.len - len);
    sse->text.len -= len;
}

#endif
