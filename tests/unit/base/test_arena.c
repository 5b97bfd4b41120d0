#include <criterion/criterion.h>
#include <stdint.h>

#include "base/arena.h"

Test(arena, allocations_are_aligned_and_do_not_overlap)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    unsigned char *last = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *p = cm_arena_alloc(&arena, size);
        cr_assert_not_null(p);
        cr_assert_eq((uintptr_t)p % 16, 0);
        cr_assert_neq(p, last);
        memset(p, 0xAB, size);
        last = p;
    }
    cm_arena_free(&arena);
    cr_assert_eq(arena.total, 0);
}

Test(arena, a_request_larger_than_a_chunk_is_served)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    char *p = cm_arena_alloc(&arena, (size_t)5 << 20);
    cr_assert_not_null(p);
    p[((size_t)5 << 20) - 1] = 'x';
    cm_arena_free(&arena);
}

Test(arena, an_impossible_request_is_refused_and_the_arena_stays_usable)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    cr_assert_null(cm_arena_alloc(&arena, SIZE_MAX));
    cr_assert_null(cm_arena_alloc(&arena, SIZE_MAX - 64));
    cr_assert_null(cm_arena_calloc(&arena, SIZE_MAX / 2, 3));
    cr_assert_not_null(cm_arena_alloc(&arena, 8));
    cm_arena_free(&arena);
}

Test(arena, reset_keeps_the_memory_of_a_warm_loop)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    for (int batch = 0; batch < 3; batch++) {
        for (int i = 0; i < 10000; i++)
            cr_assert_not_null(cm_arena_alloc(&arena, 100));
        cm_arena_reset(&arena);
    }
    size_t warm = arena.total;
    for (int i = 0; i < 1000; i++)
        cr_assert_not_null(cm_arena_alloc(&arena, 100));
    cr_assert_eq(arena.total, warm, "no new chunk after warm-up");
    cm_arena_free(&arena);
}

Test(arena, copies_are_terminated_and_keep_zero_bytes)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_span copy = cm_arena_copy(&arena, (struct cm_span){"a\0b", 3});
    cr_assert_eq(copy.len, 3);
    cr_assert_eq(memcmp(copy.ptr, "a\0b\0", 4), 0);
    cr_assert_str_eq(cm_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    cm_arena_free(&arena);
}
