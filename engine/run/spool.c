#include "run/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void cm_spool_init(struct cm_spool *spool, const char *folder, uint64_t limit)
{
    *spool = (struct cm_spool){.folder = folder, .limit = limit};
    atomic_init(&spool->held, 0);
    atomic_init(&spool->end, 0);
    atomic_init(&spool->error, 0);
    atomic_init(&spool->file, -1);
    pthread_mutex_init(&spool->opening, NULL);
}

void cm_spool_close(struct cm_spool *spool)
{
    int file = atomic_load(&spool->file);
    if (file >= 0)
        close(file);
    pthread_mutex_destroy(&spool->opening);
}

static enum cm_status failed(struct cm_spool *spool, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&spool->error, &none, error);
    return CM_EIO;
}

/* A file without a name: nothing to clean up, however the run ends. */
static int open_unnamed(const char *folder)
{
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    struct cm_buffer path = CM_BUFFER_EMPTY;
    cm_buffer_text(&path, folder);
    cm_buffer_text(&path, "/caremeter-XXXXXX");
    cm_buffer_byte(&path, '\0');
    if (cm_buffer_status(&path) == CM_OK)
        file = mkostemp(path.ptr, O_CLOEXEC);
    else
        errno = ENOMEM;
    if (file >= 0)
        unlink(path.ptr);
    cm_buffer_free(&path);
    return file;
}

static enum cm_status open_file(struct cm_spool *spool, int *out)
{
    /* Acquire pairs with the release below: whoever sees the number sees an open file. */
    int file = atomic_load_explicit(&spool->file, memory_order_acquire);
    if (file < 0) {
        pthread_mutex_lock(&spool->opening);
        file = atomic_load_explicit(&spool->file, memory_order_relaxed);
        if (file < 0) {
            file = open_unnamed(spool->folder);
            if (file < 0)
                failed(spool, errno);
            atomic_store_explicit(&spool->file, file, memory_order_release);
        }
        pthread_mutex_unlock(&spool->opening);
    }
    *out = file;
    return file >= 0 ? CM_OK : CM_EIO;
}

static enum cm_status write_at(struct cm_spool *spool, const char *bytes, size_t len, uint64_t offset)
{
    int file;
    enum cm_status status = open_file(spool, &file);
    while (status == CM_OK && len > 0) {
        ssize_t done = pwrite(file, bytes, len, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failed(spool, done < 0 ? errno : ENOSPC);
        bytes += done;
        len -= (size_t)done;
        offset += (uint64_t)done;
    }
    return status;
}

static enum cm_status read_at(struct cm_spool *spool, char *bytes, size_t len, uint64_t offset)
{
    int file = atomic_load_explicit(&spool->file, memory_order_acquire);
    while (len > 0) {
        ssize_t done = pread(file, bytes, len, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return failed(spool, done < 0 ? errno : EIO);
        bytes += done;
        len -= (size_t)done;
        offset += (uint64_t)done;
    }
    return CM_OK;
}

enum cm_status cm_spool_keep(struct cm_spool *spool, struct cm_buffer *buffer, struct cm_chunk **out)
{
    struct cm_chunk *chunk = malloc(sizeof *chunk);
    if (!chunk)
        return CM_ENOMEM;
    *chunk = (struct cm_chunk){.len = buffer->len, .cap = buffer->cap};

    /* Counted first, so that threads together never pass the ceiling; relaxed: a count, it orders nothing. */
    uint64_t held = atomic_fetch_add_explicit(&spool->held, chunk->cap, memory_order_relaxed) + chunk->cap;
    if (held <= spool->limit) {
        chunk->bytes = buffer->ptr;
        *buffer = CM_BUFFER_EMPTY;
        *out = chunk;
        return CM_OK;
    }
    atomic_fetch_sub_explicit(&spool->held, chunk->cap, memory_order_relaxed);
    chunk->on_disk = true;
    chunk->offset = atomic_fetch_add_explicit(&spool->end, chunk->len, memory_order_relaxed);
    enum cm_status status = write_at(spool, buffer->ptr, chunk->len, chunk->offset);
    if (status != CM_OK) {
        free(chunk);
        return status;
    }
    cm_buffer_reset(buffer);
    *out = chunk;
    return CM_OK;
}

enum cm_status cm_spool_load(struct cm_spool *spool, struct cm_chunk *chunk)
{
    if (chunk->bytes)
        return CM_OK;
    char *bytes = malloc(chunk->len);
    if (!bytes)
        return CM_ENOMEM;
    enum cm_status status = read_at(spool, bytes, chunk->len, chunk->offset);
    if (status != CM_OK) {
        free(bytes);
        return status;
    }
    chunk->bytes = bytes;
    chunk->cap = chunk->len;
    atomic_fetch_add_explicit(&spool->held, chunk->cap, memory_order_relaxed);
    return CM_OK;
}

void cm_spool_drop(struct cm_spool *spool, struct cm_chunk *chunk)
{
    if (!chunk)
        return;
    if (chunk->bytes) {
        free(chunk->bytes);
        atomic_fetch_sub_explicit(&spool->held, chunk->cap, memory_order_relaxed);
    }
    free(chunk);
}

void cm_spool_drop_all(struct cm_spool *spool, struct cm_chunk *first)
{
    while (first) {
        struct cm_chunk *next = first->next;
        cm_spool_drop(spool, first);
        first = next;
    }
}

uint64_t cm_spool_spilled(const struct cm_spool *spool)
{
    return atomic_load_explicit(&spool->end, memory_order_relaxed);
}
