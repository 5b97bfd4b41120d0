/*
 * arena: many small allocations that die together.
 *
 * Alloc is a pointer bump; reset keeps the memory for the next batch, so that a
 * hot loop that has warmed up never calls the allocator. One arena belongs to
 * one thread. Pointers live until reset or free.
 */
#ifndef CM_BASE_ARENA_H
#define CM_BASE_ARENA_H

#include <stddef.h>

#include "base/span.h"
#include "base/status.h"

struct cm_arena_chunk;

struct cm_arena {
    struct cm_arena_chunk *chunk; /* newest first */
    char *next;                   /* first free byte of the newest chunk */
    char *end;
    size_t total; /* bytes held by all chunks, for memory ceilings */
};

/* An empty arena is all zero; nothing is allocated until it is used. */
#define CM_ARENA_EMPTY ((struct cm_arena){0})

/* size bytes aligned to 16, uninitialised; NULL when memory is out. size 0 gives a valid pointer. */
void *cm_arena_alloc(struct cm_arena *arena, size_t size);

/* As cm_arena_alloc, zeroed, with the product count * size checked for overflow. */
void *cm_arena_calloc(struct cm_arena *arena, size_t count, size_t size);

/* A copy of the bytes, followed by a NUL that the span does not count. ptr NULL when memory is out. */
struct cm_span cm_arena_copy(struct cm_arena *arena, struct cm_span span);

/* Formatted, NUL-terminated text; NULL when memory is out. */
char *cm_arena_printf(struct cm_arena *arena, const char *format, ...) CM_PRINTF(2, 3);

/* Forget everything; keep one chunk as large as the last use needed. */
void cm_arena_reset(struct cm_arena *arena);

/* Give everything back. The arena is empty and usable again. */
void cm_arena_free(struct cm_arena *arena);

#endif
