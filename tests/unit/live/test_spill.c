/* The file for states that have no room in memory. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "chance.h"
#include "live/owner/spill.h"
#include "scratch.h"

#define BLOCKS 200u

struct block {
    char *bytes; /* NULL: free */
    size_t len;
    int64_t at;
};

static void fill(struct cm_chance *chance, struct block *block)
{
    block->len = 1 + cm_chance_below(chance, cm_chance_once_in(chance, 10) ? 20000 : 700);
    block->bytes = malloc(block->len);
    for (size_t i = 0; i < block->len; i++)
        block->bytes[i] = (char)cm_chance_below(chance, 256);
}

static void expect_there(struct cm_spill *spill, const struct block *block)
{
    char *back = malloc(block->len);
    cr_assert_eq(cm_spill_get(spill, block->at, back, block->len), CM_OK);
    cr_assert_arr_eq(back, block->bytes, block->len);
    free(back);
}

Test(spill, what_is_put_comes_back_and_room_is_used_again)
{
    struct cm_spill spill;
    struct block blocks[BLOCKS] = {{NULL, 0, 0}};
    struct cm_chance chance = {11};
    uint64_t held = 0, most = 0;
    cm_spill_init(&spill, "/tmp");
    for (unsigned i = 0; i < 5000; i++) {
        struct block *block = &blocks[cm_chance_below(&chance, BLOCKS)];
        if (block->bytes) {
            expect_there(&spill, block);
            cm_spill_drop(&spill, block->at, block->len);
            held -= block->len;
            free(block->bytes);
            block->bytes = NULL;
        } else {
            fill(&chance, block);
            cr_assert_eq(cm_spill_put(&spill, (struct cm_span){block->bytes, block->len}, &block->at), CM_OK);
            held += block->len;
        }
        most = held > most ? held : most;
        cr_assert_eq(spill.held, held);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].bytes)
            expect_there(&spill, &blocks[i]);
        free(blocks[i].bytes);
    }
    cr_expect_lt(spill.end, 8 * most, "%lu bytes for at most %lu", (unsigned long)spill.end, (unsigned long)most);
    cm_spill_close(&spill);
}

Test(spill, no_file_until_it_is_needed_and_none_that_others_see)
{
    struct scratch scratch;
    struct cm_spill spill;
    int64_t at;
    cr_assert(scratch_make(&scratch));
    cm_spill_init(&spill, scratch.folder);
    cr_expect_eq(spill.file, -1);
    cr_assert_eq(cm_spill_put(&spill, CM_SPAN("state"), &at), CM_OK);
    cr_expect_eq(rmdir(scratch.folder), 0, "the folder is empty");
    char back[5];
    cr_assert_eq(cm_spill_get(&spill, at, back, 5), CM_OK);
    cr_expect_arr_eq(back, "state", 5);
    cm_spill_close(&spill);
}

Test(spill, a_folder_that_is_not_there_is_told)
{
    struct cm_spill spill;
    int64_t at;
    cm_spill_init(&spill, "/nowhere/at/all");
    cr_expect_eq(cm_spill_put(&spill, CM_SPAN("state"), &at), CM_EIO);
    cr_expect_eq(errno, ENOENT);
    cr_expect_eq(spill.held, 0);
    cm_spill_close(&spill);
}
