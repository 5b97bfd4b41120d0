/* What is written comes back, from anywhere in memory; what was not written is refused and harms nobody. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/image.h"

struct leaf {
    uint16_t len;
    const char *bytes; /* len of them */
    const char *text;
};

struct point {
    uint32_t x, y;
};

struct tree {
    const char *name;
    struct leaf *leaves;
    uint32_t leaf_count;
    uint64_t mask;
    uint32_t *slots; /* mask + 1 */
    struct leaf pair[2];
    struct point *point; /* one, or none */
    struct cm_span span;
};

static const struct cm_image_type slot = CM_IMAGE_FLAT_LINES(uint32_t);
static const struct cm_image_type point = CM_IMAGE_FLAT(struct point);
static const struct cm_image_member leaf_members[] = {
    CM_IMAGE_MEMBER_BYTES(struct leaf, bytes, len),
    CM_IMAGE_MEMBER_TEXT(struct leaf, text),
};
static const struct cm_image_type leaf = CM_IMAGE_TYPE(struct leaf, leaf_members);
static const struct cm_image_member tree_members[] = {
    CM_IMAGE_MEMBER_TEXT(struct tree, name),
    CM_IMAGE_MEMBER_ARRAY(struct tree, leaves, leaf_count, 0, &leaf),
    CM_IMAGE_MEMBER_ARRAY(struct tree, slots, mask, 1, &slot),
    CM_IMAGE_MEMBER_PARTS(struct tree, pair, 2, &leaf),
    CM_IMAGE_MEMBER_FIXED(struct tree, point, 1, &point),
    CM_IMAGE_MEMBER_SPAN(struct tree, span),
};
static const struct cm_image_type tree = CM_IMAGE_TYPE(struct tree, tree_members);

#define LEAVES 100u

static struct leaf leaves[LEAVES];
static uint32_t slots[4] = {1, 2, 3, 4};
static struct point somewhere = {5, 6};
static struct cm_buffer image;

static const struct tree made = {
    .name = "oak",
    .leaves = leaves,
    .leaf_count = LEAVES,
    .mask = 3,
    .slots = slots,
    .pair = {{3, "a\0b", "first"}, {0, NULL, NULL}},
    .point = &somewhere,
    .span = {"oak and more", 3},
};

static void start(void)
{
    for (size_t i = 0; i < LEAVES; i++)
        leaves[i] = (struct leaf){(uint16_t)(i % 3), "xyz", i % 2 ? "odd" : NULL};
    image = CM_BUFFER_EMPTY;
    cr_assert_eq(cm_image_write(&tree, &made, &image), CM_OK);
}

static void stop(void)
{
    cm_buffer_free(&image);
}

TestSuite(image, .init = start, .fini = stop);

/* The first len bytes of the image, on the heap and no longer than that, so that a sanitizer sees who reads on. */
static char *copy_of(size_t len)
{
    void *block;
    cr_assert_eq(posix_memalign(&block, CM_IMAGE_ALIGN_BYTES, len ? len : 1), 0);
    return len ? memcpy(block, image.ptr, len) : block;
}

/* Every byte that the struct leads to, so that a sanitizer sees where it leads. */
static size_t sum_leaf(const struct leaf *item)
{
    size_t sum = item->text ? strlen(item->text) : 0;
    for (size_t i = 0; i < item->len; i++)
        sum += (unsigned char)item->bytes[i];
    return sum;
}

static size_t sum(const struct tree *item)
{
    size_t all = item->name ? strlen(item->name) : 0;
    for (uint32_t i = 0; i < item->leaf_count; i++)
        all += sum_leaf(&item->leaves[i]);
    for (uint64_t i = 0; item->slots && i <= item->mask; i++)
        all += item->slots[i];
    all += sum_leaf(&item->pair[0]) + sum_leaf(&item->pair[1]);
    for (size_t i = 0; i < item->span.len; i++)
        all += (unsigned char)item->span.ptr[i];
    return all + (item->point ? item->point->x + item->point->y : 0);
}

Test(image, what_is_written_comes_back)
{
    void *root;
    char *block = copy_of(image.len);
    cr_assert_eq(cm_image_open(&tree, block, image.len, &root), CM_OK);
    const struct tree *got = root;
    cr_expect_str_eq(got->name, "oak");
    cr_expect_eq(got->leaf_count, LEAVES);
    cr_expect_str_eq(got->leaves[99].text, "odd");
    cr_expect_null(got->leaves[98].text);
    cr_expect_eq(got->slots[3], 4);
    cr_expect_eq((uintptr_t)got->slots % CM_IMAGE_ALIGN_BYTES, 0);
    cr_expect_arr_eq(got->pair[0].bytes, "a\0b", 4, "a NUL stands behind bytes");
    cr_expect_null(got->pair[1].bytes);
    cr_expect_eq(got->point->y, 6);
    cr_expect(cm_span_equal(got->span, CM_SPAN("oak")));
    cr_expect_eq(sum(got), sum(&made));
    free(block);
}

Test(image, nothing_leads_out_of_the_block)
{
    void *root;
    char *block = copy_of(image.len), *end = block + image.len;
    cr_assert_eq(cm_image_open(&tree, block, image.len, &root), CM_OK);
    const struct tree *got = root;
    cr_expect((const char *)got->leaves > block && (const char *)(got->leaves + LEAVES) < end);
    cr_expect((const char *)got->slots > block && (const char *)(got->slots + 4) < end);
    cr_expect(got->name > block && got->name < end);
    cr_expect(got->leaves[2].bytes > block && got->leaves[2].bytes < end);
    free(block);
}

Test(image, equal_bytes_stand_in_it_once)
{
    size_t count = 0;
    for (const char *p = image.ptr, *end = image.ptr + image.len; (p = memmem(p, (size_t)(end - p), "odd", 4)); p++)
        count++;
    cr_expect_eq(count, 1);
}

Test(image, no_items_and_no_texts)
{
    const struct tree bare = {.mask = 0};
    void *root;
    cm_buffer_reset(&image);
    cr_assert_eq(cm_image_write(&tree, &bare, &image), CM_OK);
    char *block = copy_of(image.len);
    cr_assert_eq(cm_image_open(&tree, block, image.len, &root), CM_OK);
    const struct tree *got = root;
    cr_expect_null(got->name);
    cr_expect_null(got->leaves);
    cr_expect_null(got->slots);
    cr_expect_null(got->point);
    free(block);
}

Test(image, every_truncation_is_refused)
{
    for (size_t len = 0; len < image.len; len++) {
        void *root;
        char *block = copy_of(len);
        cr_assert_eq(cm_image_open(&tree, block, len, &root), CM_EINPUT, "%zu of %zu bytes", len, image.len);
        cr_assert_null(root);
        free(block);
    }
}

/* A byte or two changed at random: refused, or another tree that leads nowhere else than into the block. */
Test(image, changed_bytes_harm_nobody)
{
    uint64_t state = 42;
    size_t refused = 0;
    for (unsigned round = 0; round < 50000; round++) {
        void *root;
        char *block = copy_of(image.len);
        for (unsigned changes = 1 + round % 2; changes > 0; changes--) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            block[(state >> 33) % image.len] ^= (char)(1u << (state >> 20) % 8);
        }
        if (cm_image_open(&tree, block, image.len, &root) == CM_OK)
            cr_assert_lt(sum(root), (size_t)1 << 40);
        else
            refused++;
        free(block);
    }
    cr_expect_gt(refused, 1000);
}

Test(image, what_is_counted_must_be_there)
{
    const struct tree hollow = {.leaf_count = 2};
    void *root;
    cm_buffer_reset(&image);
    cr_assert_eq(cm_image_write(&tree, &hollow, &image), CM_OK);
    char *block = copy_of(image.len);
    cr_expect_eq(cm_image_open(&tree, block, image.len, &root), CM_EINPUT);
    free(block);
}

Test(image, a_count_that_is_more_than_there_is)
{
    void *root;
    char *block = copy_of(image.len);
    uint64_t many = UINT64_MAX;
    memcpy(block + CM_IMAGE_ALIGN_BYTES + offsetof(struct tree, mask), &many, sizeof(many));
    cr_expect_eq(cm_image_open(&tree, block, image.len, &root), CM_EINPUT);
    free(block);
}
