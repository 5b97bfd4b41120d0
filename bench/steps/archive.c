#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "archive.h"
#include "base/buffer.h"
#include "event/decode.h"

#define READABLE_BYTES 64u

void bench_must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "steps: %s\n", what);
    exit(2);
}

double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void read_bytes(struct cm_buffer *bytes, const char *path)
{
    FILE *file = fopen(path, "rbe");
    size_t got;
    if (!file)
        perror(path);
    bench_must(file != NULL, "no archive");
    do {
        bench_must(cm_buffer_reserve(bytes, 1 << 20), "memory");
        got = fread(bytes->ptr + bytes->len, 1, 1 << 20, file);
        bytes->len += got;
    } while (got);
    bench_must(!ferror(file), "the archive cannot be read");
    fclose(file);
    bench_must(cm_buffer_reserve(bytes, READABLE_BYTES), "memory");
    memset(bytes->ptr + bytes->len, 0, READABLE_BYTES);
}

static void split(struct bench_archive *archive)
{
    const char *at = archive->bytes.ptr, *end = at + archive->bytes.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        bench_must(cm_grow(&archive->lines, &archive->line_cap, archive->count + 1, sizeof *archive->lines) == CM_OK, "memory");
        archive->lines[archive->count++] = (struct cm_span){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    bench_must(archive->count > 0, "the archive is empty");
}

void bench_archive_read(struct bench_archive *archive, const char *path)
{
    read_bytes(&archive->bytes, path);
    split(archive);
    archive->events = calloc(archive->count, sizeof *archive->events);
    bench_must(archive->events != NULL, "memory");
    for (size_t i = 0; i < archive->count; i++) {
        struct cm_decoded decoded;
        bool good = cm_decode(&archive->arena, archive->lines[i], &archive->events[i], &decoded) == CM_OK && !decoded.reject;
        if (!good)
            fprintf(stderr, "steps: %s:%zu\n", path, i + 1);
        bench_must(good, "a line is no event");
    }
}

void bench_archive_free(struct bench_archive *archive)
{
    cm_buffer_free(&archive->bytes);
    cm_arena_free(&archive->arena);
    free(archive->lines);
    free(archive->events);
}

struct bench_texts bench_texts_of(const struct bench_archive *archive, size_t most)
{
    struct bench_texts texts = {0};
    for (size_t i = 0; i < archive->count && (most == 0 || texts.count < most); i++) {
        const struct cm_event *event = &archive->events[i];
        if (event->type != CM_EVENT_MESSAGE || event->text.len == 0)
            continue;
        bench_must(cm_grow(&texts.items, &texts.cap, texts.count + 1, sizeof *texts.items) == CM_OK, "memory");
        bench_must(cm_grow(&texts.events, &texts.event_cap, texts.count + 1, sizeof *texts.events) == CM_OK, "memory");
        texts.events[texts.count] = event;
        texts.items[texts.count++] = event->text;
        texts.bytes += event->text.len;
    }
    bench_must(texts.count > 0, "the archive has no turn with words");
    return texts;
}

const struct cm_packs *bench_packs(const struct bench_step_options *options)
{
    static struct cm_packs packs;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (packs.count > 0)
        return &packs;
    enum cm_status status = cm_packs_load(&packs, &options->pack, 1, &diagnostics);
    if (status != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    bench_must(status == CM_OK, options->pack);
    cm_diagnostics_free(&diagnostics);
    return &packs;
}
