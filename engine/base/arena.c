#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* 64 KiB holds a batch of decoded events; larger requests get a chunk of their own size. */
#define CM_ARENA_CHUNK_BYTES ((size_t)64 * 1024)
#define CM_ARENA_ALIGN ((size_t)16)

struct cm_arena_chunk {
    struct cm_arena_chunk *older;
    size_t size; /* bytes after this header */
    _Alignas(16) char bytes[];
};

static int arena_add_chunk(struct cm_arena *arena, size_t need)
{
    size_t size = need > CM_ARENA_CHUNK_BYTES ? need : CM_ARENA_CHUNK_BYTES;
    /* grow with use, so that a long batch costs few chunks */
    if (size < arena->total)
        size = arena->total;
    if (size > SIZE_MAX - sizeof(struct cm_arena_chunk))
        return 0;
    struct cm_arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk && size > need) {
        size = need;
        chunk = malloc(sizeof *chunk + size);
    }
    if (!chunk)
        return 0;
    chunk->older = arena->chunk;
    chunk->size = size;
    arena->chunk = chunk;
    arena->next = chunk->bytes;
    arena->end = chunk->bytes + size;
    arena->total += size;
    return 1;
}

void *cm_arena_alloc(struct cm_arena *arena, size_t size)
{
    if (size > SIZE_MAX - CM_ARENA_ALIGN)
        return NULL;
    size_t rounded = (size + CM_ARENA_ALIGN - 1) & ~(CM_ARENA_ALIGN - 1);
    if (rounded == 0)
        rounded = CM_ARENA_ALIGN;
    if ((size_t)(arena->end - arena->next) < rounded && !arena_add_chunk(arena, rounded))
        return NULL;
    void *result = arena->next;
    arena->next += rounded;
    return result;
}

void *cm_arena_calloc(struct cm_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *result = cm_arena_alloc(arena, bytes);
    if (result)
        memset(result, 0, bytes);
    return result;
}

struct cm_span cm_arena_copy(struct cm_arena *arena, struct cm_span span)
{
    char *copy = span.len < SIZE_MAX ? cm_arena_alloc(arena, span.len + 1) : NULL;
    if (!copy)
        return (struct cm_span){NULL, 0};
    if (span.len)
        memcpy(copy, span.ptr, span.len);
    copy[span.len] = '\0';
    return (struct cm_span){copy, span.len};
}

char *cm_arena_printf(struct cm_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length >= 0 ? cm_arena_alloc(arena, (size_t)length + 1) : NULL;
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void cm_arena_reset(struct cm_arena *arena)
{
    struct cm_arena_chunk *newest = arena->chunk;
    if (!newest)
        return;
    /* Chunks only grow, so the newest is the largest: keep it, drop the rest. */
    for (struct cm_arena_chunk *chunk = newest->older; chunk;) {
        struct cm_arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
    newest->older = NULL;
    arena->next = newest->bytes;
    arena->end = newest->bytes + newest->size;
    arena->total = newest->size;
}

void cm_arena_free(struct cm_arena *arena)
{
    cm_arena_reset(arena);
    free(arena->chunk);
    *arena = CM_ARENA_EMPTY;
}
