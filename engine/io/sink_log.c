/* Lines appended to one file, for live running: durable at each flush, whole lines only, moved away by others (logrotate) at any time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/sink.h"

/* What is gathered between two flushes before some of it is written. */
#define PENDING_BYTES ((size_t)1024 * 1024)
/* The end of a file is looked at from behind in steps of this. */
#define TAIL_BYTES ((size_t)4096)

struct sink_log {
    struct cm_sink sink;
    int fd;       /* -1: could not be opened again */
    bool regular; /* a file of ours: can be cut, moved away, made durable */
    char *path;
    struct cm_buffer pending;
    bool partly;  /* some of the batch is written */
    off_t start;  /* of a regular file, where the batch begins */
    bool damaged; /* what stands behind start is to be cut; of a pipe: half a line went out */
    bool lost;    /* the batch was given up, and is not yet written again */
    struct cm_diagnostics *diagnostics;
};

static const char *shown(const struct sink_log *log)
{
    return strcmp(log->path, "-") == 0 ? "standard output" : log->path;
}

static enum cm_status tell(struct sink_log *log, const char *id, const char *what, const char *why)
{
    cm_diagnostics_add(log->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "cannot %s %s: %s", what,
                       shown(log), why);
    return CM_EIO;
}

/* ------------------------------------------------------------------------ open */

/* Behind the last newline of the first size bytes; -1 and errno where it cannot be read. */
static off_t end_of_lines(int fd, off_t size)
{
    char tail[TAIL_BYTES];
    while (size > 0) {
        size_t want = size < (off_t)sizeof tail ? (size_t)size : sizeof tail;
        ssize_t got = pread(fd, tail, want, size - (off_t)want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)want) {
            errno = got < 0 ? errno : EIO;
            return -1;
        }
        const char *newline = memrchr(tail, '\n', want);
        size -= (off_t)want;
        if (newline)
            return size + (newline - tail) + 1;
    }
    return 0;
}

/* A crash leaves half of a line, or zeros where bytes never reached the disk. Anything else behind the last newline is not ours to cut. */
static enum cm_status repair(struct sink_log *log, off_t size)
{
    char first;
    off_t end = end_of_lines(log->fd, size);
    if (end < 0)
        return tell(log, "sink-open", "read", strerror(errno));
    if (end == size)
        return CM_OK;
    if (pread(log->fd, &first, 1, end) != 1 || (first != '{' && first != '\0'))
        return tell(log, "sink-open", "append to", "its last line has no end and is no JSON: another file was meant");
    if (ftruncate(log->fd, end) != 0)
        return tell(log, "sink-open", "cut", strerror(errno));
    cm_diagnostics_add(log->diagnostics, CM_SEVERITY_WARNING, "sink-cut", (struct cm_place){NULL, 0, 0, 0}, NULL,
                       "%s ended in the middle of a line, as after a crash: its last %lld bytes were removed", shown(log),
                       (long long)(size - end));
    return CM_OK;
}

/* The lock: what another program writes at this moment would look like what a crash has left. */
static enum cm_status take_over(struct sink_log *log)
{
    struct stat about;
    if (fstat(log->fd, &about) != 0)
        return tell(log, "sink-open", "open", strerror(errno));
    log->regular = S_ISREG(about.st_mode);
    if (!log->regular)
        return CM_OK;
    if (flock(log->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) /* some file systems have no locks */
        return tell(log, "sink-open", "append to", "another program does");
    /* again: who had it locked may have written until now */
    if (fstat(log->fd, &about) != 0)
        return tell(log, "sink-open", "open", strerror(errno));
    return repair(log, about.st_size);
}

static void close_file(struct sink_log *log)
{
    if (log->fd >= 0 && log->fd != STDOUT_FILENO)
        close(log->fd);
    log->fd = -1;
}

static enum cm_status open_file(struct sink_log *log)
{
    struct stat about;
    bool exists = stat(log->path, &about) == 0;
    /* reading is for the repair of a file; a pipe that we could read ourselves would never tell that its reader has gone */
    int mode = exists && !S_ISREG(about.st_mode) ? O_WRONLY : O_RDWR | O_CREAT;
    log->fd = open(log->path, mode | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (log->fd < 0)
        return tell(log, "sink-open", "open", strerror(errno));
    enum cm_status status = take_over(log);
    if (status != CM_OK)
        close_file(log);
    return status;
}

static void free_log(struct sink_log *log)
{
    close_file(log);
    cm_buffer_free(&log->pending);
    free(log->path);
    free(log);
}

static enum cm_status open_log(struct cm_sink **out, const char *target, struct cm_diagnostics *diagnostics)
{
    struct sink_log *log = calloc(1, sizeof *log);
    if (!log)
        return CM_ENOMEM;
    log->sink = (struct cm_sink){&cm_sink_log, CM_SINK_NDJSON};
    log->diagnostics = diagnostics;
    log->fd = STDOUT_FILENO;
    log->path = strdup(target);
    enum cm_status status = log->path ? CM_OK : CM_ENOMEM;
    if (status == CM_OK && strcmp(target, "-") != 0)
        status = open_file(log);
    if (status != CM_OK) {
        free_log(log);
        return status;
    }
    *out = &log->sink;
    return CM_OK;
}

/* ----------------------------------------------------------------------- write */

/* The file as it was before the batch. Others may have cut it meanwhile (copytruncate): it must not grow by this. */
static bool cut_back(struct sink_log *log)
{
    struct stat about;
    log->damaged = fstat(log->fd, &about) != 0 || (about.st_size > log->start && ftruncate(log->fd, log->start) != 0);
    return !log->damaged;
}

static enum cm_status give_up(struct sink_log *log, const char *id, const char *what, int error)
{
    enum cm_status status = id ? tell(log, id, what, strerror(error)) : CM_EIO;
    if (log->regular && log->fd >= 0 && log->partly)
        cut_back(log);
    cm_buffer_reset(&log->pending);
    log->partly = false;
    log->lost = true;
    return status;
}

/* All of it, or how much in *done. 0, or errno. */
static int write_all(int fd, struct cm_span bytes, size_t *done)
{
    for (*done = 0; *done < bytes.len;) {
        ssize_t written = write(fd, bytes.ptr + *done, bytes.len - *done);
        if (written >= 0) {
            *done += (size_t)written;
        } else if (errno == EAGAIN) { /* somebody made our standard output non-blocking */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* What went out into a pipe cannot be called back: half a line stays a line of its own. */
static bool end_half_line(struct sink_log *log)
{
    size_t done;
    int error = write_all(log->fd, CM_SPAN("\n"), &done);
    log->damaged = error != 0;
    errno = error;
    return !log->damaged;
}

/* Of a batch, behind the end of what an earlier one has left. */
static enum cm_status begin(struct sink_log *log)
{
    struct stat about = {0};
    bool good = !log->damaged || (log->regular ? cut_back(log) : end_half_line(log));
    if (!good || fstat(log->fd, &about) != 0)
        return give_up(log, "sink-write", "write", errno);
    log->start = about.st_size;
    log->partly = true;
    return CM_OK;
}

static enum cm_status write_pending(struct sink_log *log)
{
    struct cm_span bytes = cm_buffer_view(&log->pending);
    size_t done;
    if (bytes.len == 0)
        return CM_OK;
    enum cm_status status = log->partly ? CM_OK : begin(log);
    if (status != CM_OK)
        return status;
    int error = write_all(log->fd, bytes, &done);
    if (error) {
        log->damaged = !log->regular && done > 0 && bytes.ptr[done - 1] != '\n';
        return give_up(log, error == EPIPE ? "sink-closed" : "sink-write", "write", error);
    }
    cm_buffer_reset(&log->pending);
    return CM_OK;
}

/* Pipes and terminals have no disk; standard output may be a file. */
static bool sync_file(const struct sink_log *log)
{
    return fdatasync(log->fd) == 0 || errno == EINVAL || errno == EROFS;
}

/* Has the path become another file's, or nobody's? */
static bool was_moved(const struct sink_log *log)
{
    struct stat named, held;
    return stat(log->path, &named) != 0 || fstat(log->fd, &held) != 0 || named.st_dev != held.st_dev || named.st_ino != held.st_ino;
}

/* What is written of the batch stays where it went: made durable there, for the file is let go. */
static enum cm_status follow_path(struct sink_log *log)
{
    if (log->fd >= 0 && !(log->regular && was_moved(log)))
        return CM_OK;
    if (log->fd >= 0 && log->partly && !sync_file(log))
        return give_up(log, "sink-write", "write", errno);
    close_file(log);
    log->partly = log->damaged = false;
    return open_file(log) == CM_OK ? CM_OK : give_up(log, NULL, NULL, 0);
}

static enum cm_status flush_log(struct cm_sink *sink)
{
    struct sink_log *log = (struct sink_log *)sink;
    if (log->lost)
        return CM_EIO;
    enum cm_status status = log->pending.len || log->partly ? follow_path(log) : CM_OK;
    if (status == CM_OK)
        status = write_pending(log);
    if (status == CM_OK && log->partly && !sync_file(log))
        return give_up(log, "sink-write", "write", errno);
    if (status == CM_OK)
        log->partly = false;
    return status;
}

static enum cm_status write_log(struct cm_sink *sink, struct cm_span records)
{
    struct sink_log *log = (struct sink_log *)sink;
    if (records.len == 0)
        return CM_OK;
    log->lost = false;
    cm_buffer_span(&log->pending, records);
    if (cm_buffer_status(&log->pending) != CM_OK) {
        give_up(log, NULL, NULL, 0);
        return CM_ENOMEM;
    }
    if (log->pending.len < PENDING_BYTES)
        return CM_OK;
    enum cm_status status = log->partly ? CM_OK : follow_path(log);
    return status == CM_OK ? write_pending(log) : status;
}

static enum cm_status close_log(struct cm_sink *sink, bool keep)
{
    struct sink_log *log = (struct sink_log *)sink;
    enum cm_status status = keep ? flush_log(sink) : CM_OK;
    if (!keep)
        give_up(log, NULL, NULL, 0);
    free_log(log);
    return status;
}

const struct cm_sink_ops cm_sink_log = {"log", open_log, write_log, flush_log, close_log};
