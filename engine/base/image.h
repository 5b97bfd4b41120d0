/*
 * image: what a struct and all that it points to are, in one block of bytes,
 * and back: for what takes longer to make than to read.
 *
 * A type is described by a table: its size, and those of its members that point
 * somewhere. The writer walks the struct by its table; arrays lie behind each
 * other in the order in which they are met, texts and other bytes in a pool
 * behind them, each once. The reader walks in the same order: every array must
 * lie exactly where the one before it ends, so nothing overlaps and nothing is
 * followed twice; every text must lie in the pool. What does not is CM_EINPUT,
 * whatever the bytes are. What numbers mean (indices, kinds) is not looked at:
 * that the bytes are those that were written is for the caller to know.
 *
 * An image is for the program that wrote it: its layout is the compiler's. Types
 * do not hold themselves. Pure functions, any thread.
 */
#ifndef CM_BASE_IMAGE_H
#define CM_BASE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

/* What a block that is opened must be aligned to, and the most that a type can ask for: a cache line. */
#define CM_IMAGE_ALIGN_BYTES ((size_t)64)

enum cm_image_kind {
    CM_IMAGE_TEXT,  /* const char *: NUL-terminated, or NULL */
    CM_IMAGE_BYTES, /* const char * that another member counts, or NULL: read only, may be shared; a NUL stands behind them */
    CM_IMAGE_ARRAY, /* a pointer to items that another member counts, or NULL */
    CM_IMAGE_PARTS, /* structs in place */
};

struct cm_image_type;

struct cm_image_member {
    uint8_t kind;        /* enum cm_image_kind */
    uint8_t count_bytes; /* BYTES, ARRAY: size of the unsigned member that counts, 2, 4 or 8; 0: there is none */
    uint32_t at;         /* offset in the struct, bytes */
    uint32_t count_at;   /* likewise of the member that counts */
    uint32_t more;       /* items beyond those that are counted; PARTS: all of them */
    const struct cm_image_type *type;
};

struct cm_image_type {
    uint32_t size;
    uint32_t align; /* a power of two, at most CM_IMAGE_ALIGN_BYTES */
    const struct cm_image_member *members;
    uint32_t member_count;
};

/* Tables in the words of the structs. A flat type points nowhere. */
#define CM_IMAGE_TYPE(of, table)                                                                                                           \
    {                                                                                                                                      \
        sizeof(of), _Alignof(of), (table), sizeof(table) / sizeof *(table)                                                                 \
    }
#define CM_IMAGE_FLAT(of)                                                                                                                  \
    {                                                                                                                                      \
        sizeof(of), _Alignof(of), NULL, 0                                                                                                  \
    }
#define CM_IMAGE_FLAT_LINES(of)                                                                                                            \
    {                                                                                                                                      \
        sizeof(of), (uint32_t)CM_IMAGE_ALIGN_BYTES, NULL, 0                                                                                \
    } /* begins where a cache line does */

#define CM_IMAGE_SIZE(of, member) sizeof(((of *)0)->member)
#define CM_IMAGE_MEMBER_TEXT(of, member)                                                                                                   \
    {                                                                                                                                      \
        .kind = CM_IMAGE_TEXT, .at = offsetof(of, member)                                                                                  \
    }
#define CM_IMAGE_MEMBER_BYTES(of, member, counter)                                                                                         \
    {                                                                                                                                      \
        .kind = CM_IMAGE_BYTES, .at = offsetof(of, member), .count_at = offsetof(of, counter), .count_bytes = CM_IMAGE_SIZE(of, counter)   \
    }
#define CM_IMAGE_MEMBER_SPAN(of, member) CM_IMAGE_MEMBER_BYTES(of, member.ptr, member.len)
#define CM_IMAGE_MEMBER_ARRAY(of, member, counter, plus, item)                                                                             \
    {                                                                                                                                      \
        .kind = CM_IMAGE_ARRAY, .at = offsetof(of, member), .count_at = offsetof(of, counter), .count_bytes = CM_IMAGE_SIZE(of, counter),  \
        .more = (plus), .type = (item)                                                                                                     \
    }
#define CM_IMAGE_MEMBER_FIXED(of, member, count, item)                                                                                     \
    {                                                                                                                                      \
        .kind = CM_IMAGE_ARRAY, .at = offsetof(of, member), .more = (count), .type = (item)                                                \
    }
#define CM_IMAGE_MEMBER_PARTS(of, member, count, item)                                                                                     \
    {                                                                                                                                      \
        .kind = CM_IMAGE_PARTS, .at = offsetof(of, member), .more = (count), .type = (item)                                                \
    }

/* The image of the struct at root, in place of what out holds. CM_ENOMEM. */
enum cm_status cm_image_write(const struct cm_image_type *type, const void *root, struct cm_buffer *out) CM_MUST_CHECK;

/*
 * Turn len bytes at block, aligned to CM_IMAGE_ALIGN_BYTES, into the struct again:
 * they are written, *root and all that it leads to point into them, and they live
 * as long as these are used. CM_EINPUT: they are no image of this type; *root is
 * NULL, and the block is of no use any more.
 */
enum cm_status cm_image_open(const struct cm_image_type *type, void *block, size_t len, void **root) CM_MUST_CHECK;

#endif
