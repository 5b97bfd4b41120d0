#include "score/packed_layout.h"

static void read_head(const char *bytes, struct cm_packed_places *places, struct cm_packed_last *last)
{
    memcpy(last, bytes + CM_PACKED_AT_LAST, sizeof *last);
    memcpy(places, bytes + CM_PACKED_AT_PLACES, sizeof *places);
}

static void add_to(char *bytes, size_t at, uint32_t more)
{
    uint32_t value;
    memcpy(&value, bytes + at, sizeof value);
    value += more;
    memcpy(bytes + at, &value, sizeof value);
}

static enum cm_status begin(struct cm_packed *packed, const struct cm_record *record)
{
    uint16_t magic = CM_PACKED_MAGIC, id_len = (uint16_t)record->interaction_id.len;
    uint32_t len = CM_PACKED_HEAD_BYTES + id_len;
    char *bytes = calloc(1, len);
    if (!bytes)
        return CM_ENOMEM;
    memcpy(bytes + CM_PACKED_AT_MAGIC, &magic, 2);
    memcpy(bytes + CM_PACKED_AT_ID_LEN, &id_len, 2);
    memcpy(bytes + CM_PACKED_AT_PATH, &record->origin.path, 4);
    if (id_len)
        memcpy(bytes + CM_PACKED_HEAD_BYTES, record->interaction_id.ptr, id_len);
    *packed = (struct cm_packed){bytes, len, len};
    return CM_OK;
}

/*
 * The next of four sizes between powers of two: allocators (jemalloc among them) round up to these anyway, so that all
 * that is taken is used, and growing copies each byte five times at most.
 */
static size_t good_size(size_t need)
{
    size_t step = 16;
    while (step * 8 < need)
        step *= 2;
    return (need + step - 1) / step * step;
}

#define SMALL_BYTES 512u

static enum cm_status make_room(struct cm_packed *packed, size_t more)
{
    size_t need = packed->len + more;
    if (need > UINT32_MAX / 2)
        return CM_ELIMIT;
    if (need <= packed->cap)
        return CM_OK;
    size_t cap = good_size(need < SMALL_BYTES ? need + need / 4 : need); /* while it is small, more is likely to come */
    char *bytes = realloc(packed->bytes, cap);
    if (!bytes)
        return CM_ENOMEM;
    packed->bytes = bytes;
    packed->cap = (uint32_t)cap;
    return CM_OK;
}

/* What cm_packed_put wrote: the record before the dictionary, new words behind it. */
static void insert(struct cm_packed *packed, struct cm_span written, size_t new_words)
{
    size_t dictionary = cm_packed_dictionary_bytes((struct cm_span){packed->bytes, packed->len});
    size_t words = new_words * WORD_BYTES, record = written.len - words;
    char *at = packed->bytes + packed->len - dictionary;
    memmove(at + record, at, dictionary);
    memcpy(at, written.ptr, record);
    memcpy(at + record + dictionary, written.ptr + record, words);
    packed->len += (uint32_t)written.len;
}

enum cm_status cm_packed_add(struct cm_packed *packed, struct cm_span bytes, struct cm_buffer *scratch)
{
    struct cm_record record;
    struct cm_packed_places places;
    struct cm_packed_last last;
    uint32_t path;
    enum cm_status status = cm_record_parse(bytes, &record);
    if (status == CM_OK && (record.pack_count > CM_PACKED_PACKS_MAX || !cm_packed_words_ascend(&record)))
        status = CM_EINPUT;
    if (status == CM_OK && !packed->bytes)
        status = begin(packed, &record);
    if (status != CM_OK)
        return status;
    struct cm_span before = {packed->bytes, packed->len};
    memcpy(&path, packed->bytes + CM_PACKED_AT_PATH, sizeof path);
    if (path != record.origin.path || !cm_span_equal(cm_packed_interaction(before), record.interaction_id))
        return CM_EINPUT;
    read_head(packed->bytes, &places, &last);
    uint8_t words = places.words;
    cm_buffer_reset(scratch);
    cm_packed_put(scratch, &record, before, &places, &last);
    status = cm_buffer_status(scratch);
    if (status == CM_OK)
        status = make_room(packed, scratch->len);
    if (status != CM_OK)
        return status;
    insert(packed, cm_buffer_view(scratch), places.words - words);
    add_to(packed->bytes, CM_PACKED_AT_RECORDS, 1);
    add_to(packed->bytes, CM_PACKED_AT_MESSAGES, record.type == CM_EVENT_MESSAGE);
    memcpy(packed->bytes + CM_PACKED_AT_LAST, &last, sizeof last);
    memcpy(packed->bytes + CM_PACKED_AT_PLACES, &places, sizeof places);
    return CM_OK;
}

bool cm_packed_valid(struct cm_span packed)
{
    uint16_t magic, id_len;
    struct cm_packed_places places;
    struct cm_packed_last last;
    if (packed.len < CM_PACKED_HEAD_BYTES)
        return false;
    memcpy(&magic, packed.ptr + CM_PACKED_AT_MAGIC, 2);
    memcpy(&id_len, packed.ptr + CM_PACKED_AT_ID_LEN, 2);
    if (magic != CM_PACKED_MAGIC || packed.len < CM_PACKED_HEAD_BYTES + (size_t)id_len || packed.len > UINT32_MAX / 2)
        return false;
    if (packed.len < CM_PACKED_HEAD_BYTES + (size_t)id_len + cm_packed_dictionary_bytes(packed))
        return false;
    read_head(packed.ptr, &places, &last);
    return cm_packed_places_sound(packed, &places);
}

struct cm_span cm_packed_interaction(struct cm_span packed)
{
    uint16_t id_len;
    memcpy(&id_len, packed.ptr + CM_PACKED_AT_ID_LEN, 2);
    return (struct cm_span){packed.ptr + CM_PACKED_HEAD_BYTES, id_len};
}

uint32_t cm_packed_messages(struct cm_span packed)
{
    uint32_t messages;
    memcpy(&messages, packed.ptr + CM_PACKED_AT_MESSAGES, 4);
    return messages;
}

void cm_packed_free(struct cm_packed *packed)
{
    free(packed->bytes);
    *packed = (struct cm_packed){0};
}
