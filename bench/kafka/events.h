/*
 * events: the lines of an archive in memory, as a topic would give them.
 * Header only.
 */
#ifndef CM_BENCH_EVENTS_H
#define CM_BENCH_EVENTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"

/* Logs are read long after they were written: what is being measured is a backlog. */
#define BENCH_LOG_AGE_MS INT64_C(3600000)

struct bench_events {
    struct cm_buffer bytes;
    struct cm_span *lines;
    size_t count, cap;
};

static inline int64_t bench_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* CM_EIO, CM_ENOMEM. */
static inline enum cm_status bench_events_read(struct bench_events *events, const char *path)
{
    char piece[1 << 16];
    FILE *file = fopen(path, "r");
    if (!file)
        return CM_EIO;
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;)
        cm_buffer_append(&events->bytes, piece, len);
    enum cm_status status = ferror(file) ? CM_EIO : cm_buffer_status(&events->bytes);
    fclose(file);
    const char *at = events->bytes.ptr, *end = at + events->bytes.len;
    while (status == CM_OK && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        status = cm_grow(&events->lines, &events->cap, events->count + 1, sizeof *events->lines);
        if (status == CM_OK)
            events->lines[events->count++] = (struct cm_span){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return status;
}

static inline void bench_events_free(struct bench_events *events)
{
    cm_buffer_free(&events->bytes);
    free(events->lines);
}

/* The id, which stands first in what generate.c writes; empty: it does not. */
static inline struct cm_span bench_event_id(struct cm_span line)
{
    static const char head[] = "{\"interaction_id\":\"";
    const char *id = line.ptr + sizeof head - 1;
    if (line.len < sizeof head || memcmp(line.ptr, head, sizeof head - 1) != 0)
        return (struct cm_span){NULL, 0};
    const char *quote = memchr(id, '"', line.len - (sizeof head - 1));
    return quote ? (struct cm_span){id, (size_t)(quote - id)} : (struct cm_span){NULL, 0};
}

#endif
