#include "ops/pace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/hash.h"

#define WRITE_BYTES ((size_t)1 << 20)
#define SLOTS_MIN ((size_t)1024)
#define LINE_MAX_BYTES (UINT32_MAX >> 1)

struct place {
    int64_t at;
    uint64_t offset; /* in the file; the order of what comes at one moment */
    uint32_t len;
    bool first_of_file;
};

/* When an interaction was last heard of. */
struct heard {
    uint64_t hash; /* of its id; 0: a free slot */
    int64_t ts;
};

struct cm_pace {
    int file;
    struct cm_buffer pending; /* not yet in the file */
    uint64_t end;             /* of the file and what is pending */
    const char *bytes;        /* the file, mapped; NULL before it is sorted, and where it is empty */
    struct place *places;
    size_t count, cap;
    struct heard *slots; /* open addressing */
    size_t slot_count, slots_used;
    int64_t before; /* moment of the line before */
};

static int open_unnamed(const char *folder)
{
    struct cm_buffer path = CM_BUFFER_EMPTY;
    int file = -1;
    cm_buffer_text(&path, folder);
    cm_buffer_text(&path, "/caremeter-XXXXXX");
    cm_buffer_byte(&path, '\0');
    if (cm_buffer_status(&path) == CM_OK)
        file = mkostemp(path.ptr, O_CLOEXEC);
    if (file >= 0)
        unlink(path.ptr); /* nothing to clean up, however the run ends */
    cm_buffer_free(&path);
    return file;
}

enum cm_status cm_pace_new(const char *folder, struct cm_pace **out)
{
    struct cm_pace *pace = calloc(1, sizeof *pace);
    *out = NULL;
    if (!pace)
        return CM_ENOMEM;
    pace->before = CM_PACE_NONE_MS;
    pace->slot_count = SLOTS_MIN;
    pace->slots = calloc(pace->slot_count, sizeof *pace->slots);
    pace->file = open_unnamed(folder);
    if (pace->slots && pace->file >= 0) {
        *out = pace;
        return CM_OK;
    }
    enum cm_status status = pace->slots ? CM_EIO : CM_ENOMEM;
    int error = errno;
    cm_pace_free(pace);
    errno = error;
    return status;
}

void cm_pace_free(struct cm_pace *pace)
{
    if (!pace)
        return;
    if (pace->bytes)
        munmap((void *)(uintptr_t)pace->bytes, pace->end);
    if (pace->file >= 0)
        close(pace->file);
    cm_buffer_free(&pace->pending);
    free(pace->places);
    free(pace->slots);
    free(pace);
}

static enum cm_status write_out(struct cm_pace *pace)
{
    const char *from = pace->pending.ptr;
    for (size_t left = pace->pending.len; left > 0;) {
        ssize_t written = write(pace->file, from, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return CM_EIO;
        from += written;
        left -= (size_t)written;
    }
    cm_buffer_reset(&pace->pending);
    return CM_OK;
}

/* ------------------------------------------------------------- interactions */

static struct heard *slot_of(struct heard *slots, size_t count, uint64_t hash)
{
    size_t at = (size_t)hash & (count - 1);
    while (slots[at].hash && slots[at].hash != hash)
        at = (at + 1) & (count - 1);
    return &slots[at];
}

static enum cm_status grow(struct cm_pace *pace)
{
    size_t count = pace->slot_count * 2;
    struct heard *slots = calloc(count, sizeof *slots);
    if (!slots)
        return CM_ENOMEM;
    for (size_t i = 0; i < pace->slot_count; i++)
        if (pace->slots[i].hash)
            *slot_of(slots, count, pace->slots[i].hash) = pace->slots[i];
    free(pace->slots);
    pace->slots = slots;
    pace->slot_count = count;
    return CM_OK;
}

/* When the line comes: *at. */
static enum cm_status moment_of(struct cm_pace *pace, struct cm_span interaction, int64_t ts, int64_t *at)
{
    *at = ts == CM_PACE_NONE_MS ? pace->before : ts;
    if (!interaction.ptr)
        return CM_OK;
    uint64_t hash = cm_hash64(interaction) | 1;
    struct heard *slot = slot_of(pace->slots, pace->slot_count, hash);
    if (!slot->hash && pace->slots_used * 2 >= pace->slot_count) {
        enum cm_status status = grow(pace);
        if (status != CM_OK)
            return status;
        slot = slot_of(pace->slots, pace->slot_count, hash);
    }
    pace->slots_used += !slot->hash;
    if (slot->hash && ts == CM_PACE_NONE_MS)
        *at = slot->ts;
    *slot = (struct heard){hash, *at};
    return CM_OK;
}

/* --------------------------------------------------------------------- lines */

enum cm_status cm_pace_add(struct cm_pace *pace, struct cm_span line, bool first_of_file, struct cm_span interaction, int64_t ts)
{
    int64_t at;
    if (line.len > LINE_MAX_BYTES)
        return CM_ELIMIT;
    if (first_of_file)
        pace->before = CM_PACE_NONE_MS;
    enum cm_status status = moment_of(pace, interaction, ts, &at);
    if (status == CM_OK)
        status = cm_grow(&pace->places, &pace->cap, pace->count + 1, sizeof *pace->places);
    if (status != CM_OK)
        return status;
    pace->before = at;
    pace->places[pace->count++] = (struct place){.at = at, .offset = pace->end, .len = (uint32_t)line.len, .first_of_file = first_of_file};
    pace->end += line.len;
    cm_buffer_span(&pace->pending, line);
    status = cm_buffer_status(&pace->pending);
    return status == CM_OK && pace->pending.len >= WRITE_BYTES ? write_out(pace) : status;
}

static int compare(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

enum cm_status cm_pace_sort(struct cm_pace *pace)
{
    enum cm_status status = write_out(pace);
    cm_buffer_free(&pace->pending);
    free(pace->slots);
    pace->slots = NULL;
    if (status != CM_OK || pace->end == 0)
        return status;
    void *bytes = mmap(NULL, pace->end, PROT_READ, MAP_PRIVATE, pace->file, 0);
    if (bytes == MAP_FAILED)
        return CM_EIO;
    pace->bytes = bytes;
    qsort(pace->places, pace->count, sizeof *pace->places, compare);
    return CM_OK;
}

size_t cm_pace_count(const struct cm_pace *pace)
{
    return pace->count;
}

struct cm_paced cm_pace_at(const struct cm_pace *pace, size_t index)
{
    const struct place *place = &pace->places[index];
    return (struct cm_paced){{pace->bytes + place->offset, place->len}, place->at, place->first_of_file};
}

int64_t cm_pace_first(const struct cm_pace *pace)
{
    size_t low = 0, high = pace->count;
    while (low < high) { /* behind those without a moment */
        size_t middle = low + (high - low) / 2;
        if (pace->places[middle].at == CM_PACE_NONE_MS)
            low = middle + 1;
        else
            high = middle;
    }
    return low < pace->count ? pace->places[low].at : CM_PACE_NONE_MS;
}

int64_t cm_pace_last(const struct cm_pace *pace)
{
    return pace->count ? pace->places[pace->count - 1].at : CM_PACE_NONE_MS;
}
