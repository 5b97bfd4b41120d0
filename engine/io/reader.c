#include "io/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/codec.h"

static enum cm_status fail(struct cm_reader *reader, enum cm_reader_fault fault, int error, const char *detail)
{
    reader->fault = fault;
    reader->error = error;
    reader->detail = detail;
    return CM_EIO;
}

/* Until there is something to read, or the end. */
static enum cm_status wait_at_pipe(struct cm_reader *reader)
{
    struct pollfd wait = {.fd = reader->fd, .events = POLLIN};
    for (;;) {
        if (reader->stop && atomic_load_explicit(reader->stop, memory_order_relaxed)) /* a flag alone: nothing else is read through it */
            return CM_ESTOPPED;
        int ready = poll(&wait, 1, CM_READER_POLL_MS);
        if (ready > 0)
            return CM_OK;
        if (ready < 0 && errno != EINTR)
            return fail(reader, CM_READER_FAULT_READ, errno, NULL);
    }
}

/* What the file itself holds. CM_END: got is 0. */
static enum cm_status read_raw(struct cm_reader *reader, char *to, size_t room, size_t *got)
{
    *got = 0;
    if (reader->fd < 0) {
        *got = reader->memory.len < room ? reader->memory.len : room;
        if (*got == 0)
            return CM_END;
        memcpy(to, reader->memory.ptr, *got);
        reader->memory = (struct cm_span){reader->memory.ptr + *got, reader->memory.len - *got};
        reader->raw_read += *got;
        return CM_OK;
    }
    for (;;) {
        if (reader->pipe) {
            enum cm_status status = wait_at_pipe(reader);
            if (status != CM_OK)
                return status;
        }
        ssize_t bytes = read(reader->fd, to, room);
        if (bytes < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (bytes < 0)
            return fail(reader, CM_READER_FAULT_READ, errno, NULL);
        *got = (size_t)bytes;
        reader->raw_read += *got;
        if (bytes > 0)
            return CM_OK;
        return reader->raw_read < reader->size ? fail(reader, CM_READER_FAULT_TRUNCATED, 0, "it became shorter while it was read") : CM_END;
    }
}

/* At least need bytes in raw, unless the file ends before. */
static enum cm_status fill_raw(struct cm_reader *reader, size_t need)
{
    if (reader->raw_at) {
        memmove(reader->raw, reader->raw + reader->raw_at, reader->raw_len - reader->raw_at);
        reader->raw_len -= reader->raw_at;
        reader->raw_at = 0;
    }
    while (reader->raw_len < need && !reader->raw_ended) {
        size_t got;
        enum cm_status status = read_raw(reader, reader->raw + reader->raw_len, CM_READER_RAW_BYTES - reader->raw_len, &got);
        if (status == CM_END)
            reader->raw_ended = true;
        else if (status != CM_OK)
            return status;
        reader->raw_len += got;
    }
    return CM_OK;
}

static enum cm_status detect(struct cm_reader *reader)
{
    reader->raw = malloc(CM_READER_RAW_BYTES);
    if (!reader->raw)
        return CM_ENOMEM;
    enum cm_status status = fill_raw(reader, CM_CODEC_MARK_BYTES);
    if (status != CM_OK)
        return status;
    enum cm_codec_kind kind = cm_codec_detect((struct cm_span){reader->raw, reader->raw_len});
    if (kind == CM_CODEC_FOREIGN)
        return fail(reader, CM_READER_FAULT_CORRUPT, 0, "it is compressed as xz, bzip2 or zip: decompress it first, or use gzip or zstd");
    if (kind == CM_CODEC_PLAIN)
        return CM_OK;
    reader->codec = cm_codec_new(kind);
    reader->complete = true;
    return reader->codec ? CM_OK : CM_ENOMEM;
}

enum cm_status cm_reader_open(struct cm_reader *reader, const char *path, const atomic_bool *stop)
{
    bool standard = strcmp(path, "-") == 0;
    *reader = (struct cm_reader){.fd = standard ? STDIN_FILENO : -1, .close = !standard, .stop = stop};
    /* without waiting for a pipe's writer: the wait is ours, and can be stopped */
    if (!standard)
        reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return fail(reader, CM_READER_FAULT_OPEN, errno, NULL);
    struct stat about;
    if (fstat(reader->fd, &about) != 0) {
        int error = errno;
        cm_reader_close(reader);
        return fail(reader, CM_READER_FAULT_OPEN, error, NULL);
    }
    reader->pipe = !S_ISREG(about.st_mode);
    /* standard input may stand anywhere in its file: only what we opened has a length to hold it to */
    reader->size = standard || reader->pipe ? 0 : (uint64_t)about.st_size;
    return CM_OK;
}

enum cm_status cm_reader_open_memory(struct cm_reader *reader, struct cm_span bytes)
{
    *reader = (struct cm_reader){.fd = -1, .memory = bytes};
    return CM_OK;
}

static enum cm_status read_plain(struct cm_reader *reader, char *to, size_t room, size_t *got)
{
    size_t left = reader->raw_len - reader->raw_at;
    if (left) { /* what was read to know the format */
        *got = left < room ? left : room;
        memcpy(to, reader->raw + reader->raw_at, *got);
        reader->raw_at += *got;
        return CM_OK;
    }
    return reader->raw_ended ? CM_END : read_raw(reader, to, room, got);
}

/* The file has ended where a member or frame is open, or behind one that is complete. */
static enum cm_status end_of_raw(struct cm_reader *reader)
{
    return reader->complete ? CM_END : fail(reader, CM_READER_FAULT_TRUNCATED, 0, "the compressed data ends too early");
}

static enum cm_status read_compressed(struct cm_reader *reader, char *to, size_t room, size_t *got)
{
    for (;;) {
        enum cm_status status = reader->raw_at == reader->raw_len ? fill_raw(reader, 1) : CM_OK;
        if (status != CM_OK)
            return status;
        struct cm_span from = {reader->raw + reader->raw_at, reader->raw_len - reader->raw_at};
        if (from.len == 0 && reader->complete)
            return CM_END;
        if (reader->complete && reader->given && cm_codec_is_padding(from)) {
            reader->raw_at = reader->raw_len;
            continue;
        }
        size_t before = from.len;
        enum cm_codec_state state = cm_codec_step(reader->codec, &from, to, room, got, &reader->detail);
        reader->raw_at = reader->raw_len - from.len;
        if (state == CM_CODEC_NO_MEMORY)
            return CM_ENOMEM;
        if (state == CM_CODEC_DAMAGED)
            reader->damaged = true;
        else if (before || *got)
            reader->complete = state == CM_CODEC_COMPLETE;
        if (*got)
            return CM_OK;
        if (reader->damaged)
            return fail(reader, CM_READER_FAULT_CORRUPT, 0, reader->detail);
        if (before == 0)
            return end_of_raw(reader);
    }
}

enum cm_status cm_reader_read(struct cm_reader *reader, char *to, size_t room, size_t *got)
{
    *got = 0;
    if (reader->fault != CM_READER_FAULT_NONE)
        return CM_EIO;
    if (!reader->raw) {
        enum cm_status status = detect(reader);
        if (status != CM_OK)
            return status;
    }
    enum cm_status status;
    if (reader->damaged)
        status = fail(reader, CM_READER_FAULT_CORRUPT, 0, reader->detail);
    else
        status = reader->codec ? read_compressed(reader, to, room, got) : read_plain(reader, to, room, got);
    reader->given += *got;
    reader->raw_ended = reader->raw_ended || status == CM_END; /* a terminal would go on after its end */
    return status;
}

void cm_reader_close(struct cm_reader *reader)
{
    if (reader->close && reader->fd >= 0)
        close(reader->fd);
    cm_codec_free(reader->codec);
    free(reader->raw);
    enum cm_reader_fault fault = reader->fault;
    *reader = (struct cm_reader){.fd = -1, .fault = fault};
}
