/* Bytes come back as they went, whether they stayed in memory or lay in the file; a file that takes nothing is told. */
#include <criterion/criterion.h>
#include <errno.h>

#include "run/spool.h"

#define CHUNK 4096u

static void fill(struct cm_buffer *buffer, char with)
{
    cr_assert(cm_buffer_reserve(buffer, CHUNK));
    memset(buffer->ptr, with, CHUNK);
    buffer->len = CHUNK;
}

static void assert_chunk(struct cm_spool *spool, struct cm_chunk *chunk, char with)
{
    cr_assert_eq(cm_spool_load(spool, chunk), CM_OK);
    cr_assert_eq(chunk->len, CHUNK);
    for (size_t i = 0; i < CHUNK; i++)
        cr_assert_eq(chunk->bytes[i], with);
}

Test(spool, below_the_ceiling_all_stays_in_memory)
{
    struct cm_spool spool;
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    struct cm_chunk *chunk;
    cm_spool_init(&spool, "/no/such/folder", CHUNK);
    fill(&buffer, 'a');
    cr_assert_eq(cm_spool_keep(&spool, &buffer, &chunk), CM_OK);
    cr_assert_null(buffer.ptr, "the memory is the chunk's now");
    cr_assert_not(chunk->on_disk);
    cr_assert_eq(cm_spool_spilled(&spool), 0);
    assert_chunk(&spool, chunk, 'a');
    cm_spool_drop(&spool, chunk);
    cr_assert_eq(atomic_load(&spool.held), 0);
    cm_spool_close(&spool);
}

Test(spool, above_it_goes_to_disk_and_comes_back)
{
    struct cm_spool spool;
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    struct cm_chunk *chunks[20];
    cm_spool_init(&spool, "/tmp", 3 * CHUNK);
    for (int i = 0; i < 20; i++) {
        fill(&buffer, (char)('a' + i));
        cr_assert_eq(cm_spool_keep(&spool, &buffer, &chunks[i]), CM_OK);
        cr_assert_eq(buffer.len, 0);
        cr_assert_eq(chunks[i]->on_disk, i >= 3);
        cr_assert_leq(atomic_load(&spool.held), 3 * CHUNK);
    }
    cr_assert_eq(cm_spool_spilled(&spool), 17 * CHUNK);
    for (int i = 0; i < 20; i++) {
        assert_chunk(&spool, chunks[i], (char)('a' + i));
        cm_spool_drop(&spool, chunks[i]);
    }
    cr_assert_eq(atomic_load(&spool.held), 0);
    cm_buffer_free(&buffer);
    cm_spool_close(&spool);
}

Test(spool, a_folder_that_is_not_there_is_an_error_when_it_is_needed)
{
    struct cm_spool spool;
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    struct cm_chunk *chunk;
    cm_spool_init(&spool, "/no/such/folder", 0);
    fill(&buffer, 'a');
    cr_assert_eq(cm_spool_keep(&spool, &buffer, &chunk), CM_EIO);
    cr_assert_eq(atomic_load(&spool.error), ENOENT);
    cr_assert_eq(buffer.len, CHUNK, "nothing is lost");
    cm_buffer_free(&buffer);
    cm_spool_close(&spool);
}
