/* NDJSON and CSV: bytes to a file, a pipe, a device or standard output. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sink.h"

/* What is gathered before it is written. */
#define PENDING_BYTES ((size_t)256 * 1024)
/* Left-over temporary names of crashed runs with our process id that are stepped over. */
#define TEMPORARY_TRIES 100

struct stream {
    struct cm_sink sink;
    int fd;
    char *path;      /* as it is told to people */
    char *final;     /* NULL: written directly */
    char *temporary; /* NULL: written directly */
    struct cm_buffer pending;
    struct cm_diagnostics *diagnostics;
    enum cm_status status; /* the first failure */
};

static enum cm_status tell(struct cm_diagnostics *diagnostics, const char *id, const char *what, const char *path, int error)
{
    cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "cannot %s %s: %s", what, path,
                       strerror(error));
    return CM_EIO;
}

static void free_stream(struct stream *stream)
{
    if (stream->fd >= 0 && stream->fd != STDOUT_FILENO)
        close(stream->fd);
    cm_buffer_free(&stream->pending);
    free(stream->path);
    free(stream->final);
    free(stream->temporary);
    free(stream);
}

static char *temporary_name(const char *final, unsigned number)
{
    struct cm_buffer name = CM_BUFFER_EMPTY;
    cm_buffer_printf(&name, "%s.%ld-%u.tmp", final, (long)getpid(), number);
    cm_buffer_byte(&name, '\0');
    if (cm_buffer_status(&name) == CM_OK)
        return name.ptr;
    cm_buffer_free(&name);
    return NULL;
}

/* Beside the final file, so that the rename stays within one file system. A file that is replaced hands on its rights. */
static enum cm_status open_temporary(struct stream *stream, const struct stat *old)
{
    for (unsigned number = 0; number < TEMPORARY_TRIES; number++) {
        free(stream->temporary);
        stream->temporary = temporary_name(stream->final, number);
        if (!stream->temporary)
            return CM_ENOMEM;
        stream->fd = open(stream->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (stream->fd >= 0 || errno != EEXIST)
            break;
    }
    if (stream->fd < 0)
        return tell(stream->diagnostics, "sink-open", "create", stream->path, errno);
    if (old && fchmod(stream->fd, old->st_mode & 07777) != 0) {
        int error = errno;
        unlink(stream->temporary);
        return tell(stream->diagnostics, "sink-open", "create", stream->path, error);
    }
    return CM_OK;
}

static enum cm_status open_target(struct stream *stream)
{
    struct stat about;
    if (strcmp(stream->path, "-") == 0) {
        stream->fd = STDOUT_FILENO;
        return CM_OK;
    }
    bool exists = stat(stream->path, &about) == 0;
    if (!exists && errno != ENOENT)
        return tell(stream->diagnostics, "sink-open", "create", stream->path, errno);
    if (exists && S_ISDIR(about.st_mode))
        return tell(stream->diagnostics, "sink-open", "write", stream->path, EISDIR);
    if (exists && !S_ISREG(about.st_mode)) {
        stream->fd = open(stream->path, O_WRONLY | O_CLOEXEC);
        return stream->fd < 0 ? tell(stream->diagnostics, "sink-open", "open", stream->path, errno) : CM_OK;
    }
    /* a link stays a link: its file is replaced */
    stream->final = exists ? realpath(stream->path, NULL) : strdup(stream->path);
    if (!stream->final)
        return CM_ENOMEM;
    return open_temporary(stream, exists ? &about : NULL);
}

static enum cm_status open_stream(const struct cm_sink_ops *ops, enum cm_sink_format format, struct cm_sink **sink, const char *target,
                                  struct cm_diagnostics *diagnostics)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return CM_ENOMEM;
    stream->sink = (struct cm_sink){ops, format};
    stream->fd = -1;
    stream->diagnostics = diagnostics;
    stream->path = strdup(target);
    enum cm_status status = stream->path ? open_target(stream) : CM_ENOMEM;
    if (status != CM_OK) {
        free_stream(stream);
        return status;
    }
    *sink = &stream->sink;
    return CM_OK;
}

static enum cm_status open_ndjson(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics)
{
    return open_stream(&cm_sink_ndjson, CM_SINK_NDJSON, sink, target, diagnostics);
}

static enum cm_status open_csv(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics)
{
    return open_stream(&cm_sink_csv, CM_SINK_CSV, sink, target, diagnostics);
}

static enum cm_status fail(struct stream *stream, int error)
{
    const char *shown = strcmp(stream->path, "-") == 0 ? "standard output" : stream->path;
    stream->status = tell(stream->diagnostics, error == EPIPE ? "sink-closed" : "sink-write", "write", shown, error);
    return stream->status;
}

static enum cm_status write_all(struct stream *stream, struct cm_span bytes)
{
    while (bytes.len) {
        ssize_t written = write(stream->fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EAGAIN) { /* somebody made our standard output non-blocking */
            struct pollfd wait = {.fd = stream->fd, .events = POLLOUT};
            poll(&wait, 1, -1);
            continue;
        }
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(stream, errno);
        bytes = (struct cm_span){bytes.ptr + written, bytes.len - (size_t)written};
    }
    return CM_OK;
}

static enum cm_status flush_stream(struct cm_sink *sink)
{
    struct stream *stream = (struct stream *)sink;
    if (stream->status != CM_OK)
        return stream->status;
    enum cm_status status = write_all(stream, cm_buffer_view(&stream->pending));
    cm_buffer_reset(&stream->pending);
    return status;
}

static enum cm_status write_stream(struct cm_sink *sink, struct cm_span records)
{
    struct stream *stream = (struct stream *)sink;
    if (stream->status != CM_OK)
        return stream->status;
    if (stream->pending.len + records.len > PENDING_BYTES) {
        enum cm_status status = flush_stream(sink);
        if (status != CM_OK)
            return status;
    }
    if (records.len > PENDING_BYTES)
        return write_all(stream, records);
    cm_buffer_span(&stream->pending, records);
    return stream->status = cm_buffer_status(&stream->pending);
}

/* Durable, then under its name: whoever sees the name sees all of the file. */
static enum cm_status publish(struct stream *stream)
{
    if (fsync(stream->fd) != 0 && errno != EINVAL)
        return fail(stream, errno);
    int fd = stream->fd;
    stream->fd = -1;
    if (close(fd) != 0 && errno != EINTR)
        return fail(stream, errno);
    if (rename(stream->temporary, stream->final) != 0)
        return fail(stream, errno);
    return CM_OK;
}

static enum cm_status close_stream(struct cm_sink *sink, bool keep)
{
    struct stream *stream = (struct stream *)sink;
    enum cm_status status = CM_OK;
    if (keep) {
        status = flush_stream(sink);
        if (status == CM_OK && stream->temporary)
            status = publish(stream);
    }
    if (stream->temporary && (!keep || status != CM_OK))
        unlink(stream->temporary);
    free_stream(stream);
    return status;
}

const struct cm_sink_ops cm_sink_ndjson = {"ndjson", open_ndjson, write_stream, flush_stream, close_stream};
const struct cm_sink_ops cm_sink_csv = {"csv", open_csv, write_stream, flush_stream, close_stream};
