#include "base/image.h"

#include <stdlib.h>

#include "base/hash.h"

/* What an image begins with; the root stands behind it, where the next cache line begins. */
struct header {
    uint64_t pool_at; /* where arrays end and texts begin */
    uint64_t len;     /* of all */
};

_Static_assert(sizeof(size_t) == sizeof(void *), "an offset takes the place of a pointer");

#define ROOT_AT CM_IMAGE_ALIGN_BYTES
#define KNOWN_MIN ((size_t)1024) /* slots, a power of two */

/* ---- what both walks share ---- */

static size_t aligned(size_t at, size_t align)
{
    return (at + align - 1) & ~(align - 1);
}

/* The items of a member, by the struct at item; UINT64_MAX: more than a number holds. */
static uint64_t count_of(const struct cm_image_member *member, const char *item)
{
    const char *counter = item + member->count_at;
    uint64_t wide = 0, count;
    uint32_t word = 0;
    uint16_t half = 0;
    switch (member->count_bytes) {
    case sizeof(wide):
        memcpy(&wide, counter, sizeof(wide));
        break;
    case sizeof(word):
        memcpy(&word, counter, sizeof(word));
        break;
    case sizeof(half):
        memcpy(&half, counter, sizeof(half));
        break;
    default:
        break;
    }
    return __builtin_add_overflow(wide + word + half, member->more, &count) ? UINT64_MAX : count;
}

/* ---- writing ---- */

/* Bytes in the pool. */
struct known {
    uint64_t hash;
    size_t at, len; /* at: plus 1; 0: empty slot */
};

struct writer {
    struct cm_buffer structs, pool;
    struct known *known; /* by hash */
    size_t known_count, known_slots;
    /* Where references to the pool stand in structs: the pool's place is known last. */
    size_t *references;
    size_t reference_count, reference_cap;
};

static struct known *find_known(const struct writer *writer, struct cm_span bytes, uint64_t hash)
{
    size_t i = hash & (writer->known_slots - 1);
    for (; writer->known[i].at; i = (i + 1) & (writer->known_slots - 1)) {
        const struct known *known = &writer->known[i];
        if (known->hash == hash && known->len == bytes.len && memcmp(writer->pool.ptr + known->at - 1, bytes.ptr, bytes.len) == 0)
            break;
    }
    return &writer->known[i];
}

static enum cm_status grow_known(struct writer *writer)
{
    struct writer grown = {.known_slots = writer->known_slots ? writer->known_slots * 2 : KNOWN_MIN};
    grown.known = calloc(grown.known_slots, sizeof(*grown.known));
    if (!grown.known)
        return CM_ENOMEM;
    for (size_t i = 0; i < writer->known_slots; i++) {
        size_t at = writer->known[i].hash & (grown.known_slots - 1);
        while (writer->known[i].at && grown.known[at].at)
            at = (at + 1) & (grown.known_slots - 1);
        if (writer->known[i].at)
            grown.known[at] = writer->known[i];
    }
    free(writer->known);
    writer->known = grown.known;
    writer->known_slots = grown.known_slots;
    return CM_OK;
}

/* Let the pointer at this place of structs lead to the bytes, which the pool then holds. */
static enum cm_status put_bytes(struct writer *writer, size_t place, struct cm_span bytes)
{
    enum cm_status status = writer->known_count * 2 >= writer->known_slots ? grow_known(writer) : CM_OK;
    if (status == CM_OK)
        status = cm_grow(&writer->references, &writer->reference_cap, writer->reference_count + 1, sizeof(*writer->references));
    if (status != CM_OK)
        return status;
    uint64_t hash = cm_hash64(bytes);
    struct known *known = find_known(writer, bytes, hash);
    if (!known->at) {
        *known = (struct known){hash, writer->pool.len + 1, bytes.len};
        writer->known_count++;
        cm_buffer_span(&writer->pool, bytes);
        cm_buffer_byte(&writer->pool, '\0');
    }
    size_t at = known->at - 1;
    memcpy(writer->structs.ptr + place, &at, sizeof(at));
    writer->references[writer->reference_count++] = place;
    return cm_buffer_status(&writer->pool);
}

static enum cm_status put_members(struct writer *writer, const struct cm_image_type *type, const char *item, size_t at);

/* Items behind all that is there; the pointer at place leads to them. */
static enum cm_status put_array(struct writer *writer, size_t place, const struct cm_image_type *type, const char *items, uint64_t count)
{
    size_t at = aligned(writer->structs.len, type->align), bytes;
    if (__builtin_mul_overflow(count, type->size, &bytes) || !cm_buffer_reserve(&writer->structs, at - writer->structs.len + bytes))
        return CM_ENOMEM;
    memset(writer->structs.ptr + writer->structs.len, 0, at - writer->structs.len);
    if (bytes)
        memcpy(writer->structs.ptr + at, items, bytes);
    writer->structs.len = at + bytes;
    memcpy(writer->structs.ptr + place, &at, sizeof(at));
    enum cm_status status = CM_OK;
    for (uint64_t i = 0; i < count && type->member_count && status == CM_OK; i++)
        status = put_members(writer, type, items + i * type->size, at + i * type->size);
    return status;
}

static enum cm_status put_member(struct writer *writer, const struct cm_image_member *member, const char *item, size_t at)
{
    enum cm_status status = CM_OK;
    const char *target;
    if (member->kind == CM_IMAGE_PARTS) {
        for (uint32_t i = 0; i < member->more && status == CM_OK; i++) {
            size_t part = member->at + (size_t)i * member->type->size;
            status = put_members(writer, member->type, item + part, at + part);
        }
        return status;
    }
    memcpy(&target, item + member->at, sizeof(target));
    if (!target)
        return CM_OK;
    if (member->kind == CM_IMAGE_ARRAY)
        return put_array(writer, at + member->at, member->type, target, count_of(member, item));
    struct cm_span bytes = member->kind == CM_IMAGE_TEXT ? cm_span_of(target) : (struct cm_span){target, count_of(member, item)};
    return put_bytes(writer, at + member->at, bytes);
}

/* item has been copied to at. */
static enum cm_status put_members(struct writer *writer, const struct cm_image_type *type, const char *item, size_t at)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < type->member_count && status == CM_OK; i++)
        status = put_member(writer, &type->members[i], item, at);
    return status;
}

/* The pool's place is known: put what was found into out. */
static enum cm_status finish(struct writer *writer, struct cm_buffer *out)
{
    struct header header = {writer->structs.len, writer->structs.len + writer->pool.len};
    memcpy(writer->structs.ptr, &header, sizeof(header));
    for (size_t i = 0; i < writer->reference_count; i++) {
        size_t at;
        memcpy(&at, writer->structs.ptr + writer->references[i], sizeof(at));
        at += header.pool_at;
        memcpy(writer->structs.ptr + writer->references[i], &at, sizeof(at));
    }
    cm_buffer_span(&writer->structs, cm_buffer_view(&writer->pool));
    enum cm_status status = cm_buffer_status(&writer->structs);
    if (status != CM_OK)
        return status;
    cm_buffer_free(out);
    *out = writer->structs; /* it is large: not copied */
    writer->structs = CM_BUFFER_EMPTY;
    return CM_OK;
}

enum cm_status cm_image_write(const struct cm_image_type *type, const void *root, struct cm_buffer *out)
{
    struct writer writer = {.known = NULL};
    enum cm_status status = cm_buffer_reserve(&writer.structs, ROOT_AT + type->size) ? CM_OK : CM_ENOMEM;
    if (status == CM_OK) {
        memset(writer.structs.ptr, 0, ROOT_AT);
        memcpy(writer.structs.ptr + ROOT_AT, root, type->size);
        writer.structs.len = ROOT_AT + type->size;
        status = put_members(&writer, type, root, ROOT_AT);
    }
    cm_buffer_byte(&writer.pool, '\0'); /* an image without texts has a pool, too */
    if (status == CM_OK)
        status = cm_buffer_status(&writer.pool);
    if (status == CM_OK)
        status = finish(&writer, out);
    free(writer.known);
    free(writer.references);
    cm_buffer_free(&writer.structs);
    cm_buffer_free(&writer.pool);
    return status;
}

/* ---- reading ---- */

struct reader {
    char *block;
    size_t pool_at, len;
    size_t next; /* where the next array lies, but for its alignment */
};

static bool take_members(struct reader *reader, const struct cm_image_type *type, char *item);

static void point(char *item, const struct cm_image_member *member, const char *target)
{
    memcpy(item + member->at, &target, sizeof(target));
}

/* Bytes of the pool, and the NUL behind them. */
static bool take_bytes(const struct reader *reader, const struct cm_image_member *member, char *item, size_t at)
{
    uint64_t count = member->kind == CM_IMAGE_BYTES ? count_of(member, item) : 0;
    if (at < reader->pool_at || at >= reader->len || count >= reader->len - at)
        return false;
    if (member->kind == CM_IMAGE_BYTES && reader->block[at + count] != '\0')
        return false; /* of a text the pool's own end is NUL enough */
    point(item, member, reader->block + at);
    return true;
}

static bool take_array(struct reader *reader, const struct cm_image_member *member, char *item, size_t at)
{
    const struct cm_image_type *type = member->type;
    size_t expected = aligned(reader->next, type->align);
    uint64_t count = count_of(member, item);
    if (at != expected || expected > reader->pool_at || count > (reader->pool_at - expected) / type->size)
        return false;
    reader->next = expected + count * type->size;
    point(item, member, reader->block + at);
    bool fine = true;
    for (uint64_t i = 0; i < count && type->member_count && fine; i++)
        fine = take_members(reader, type, reader->block + at + i * type->size);
    return fine;
}

static bool take_member(struct reader *reader, const struct cm_image_member *member, char *item)
{
    bool fine = true;
    if (member->kind == CM_IMAGE_PARTS) {
        for (uint32_t i = 0; i < member->more && fine; i++)
            fine = take_members(reader, member->type, item + member->at + (size_t)i * member->type->size);
        return fine;
    }
    size_t at;
    memcpy(&at, item + member->at, sizeof(at));
    if (at == 0) {
        point(item, member, NULL);
        return member->count_bytes == 0 || count_of(member, item) == member->more; /* nothing of none */
    }
    return member->kind == CM_IMAGE_ARRAY ? take_array(reader, member, item, at) : take_bytes(reader, member, item, at);
}

static bool take_members(struct reader *reader, const struct cm_image_type *type, char *item)
{
    bool fine = true;
    for (uint32_t i = 0; i < type->member_count && fine; i++)
        fine = take_member(reader, &type->members[i], item);
    return fine;
}

enum cm_status cm_image_open(const struct cm_image_type *type, void *block, size_t len, void **root)
{
    struct header header;
    struct reader reader = {.block = block, .next = ROOT_AT + type->size};
    *root = NULL;
    if (len < sizeof(header))
        return CM_EINPUT;
    memcpy(&header, block, sizeof(header));
    if (header.len != len || header.pool_at < reader.next || header.pool_at >= len || reader.block[len - 1] != '\0')
        return CM_EINPUT;
    reader.pool_at = header.pool_at;
    reader.len = len;
    if (!take_members(&reader, type, reader.block + ROOT_AT) || reader.next != reader.pool_at)
        return CM_EINPUT;
    *root = reader.block + ROOT_AT;
    return CM_OK;
}
