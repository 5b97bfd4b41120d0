#include "io/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "io/codec.h"

/* A line of the greatest length and its newline. */
#define LINE_ROOM_BYTES (CM_LINE_MAX_BYTES + 1)
/* How long a change may stay unseen on a file system that tells of none. */
#define LOOK_MS 1000
#define BLOCK_MIN_BYTES ((size_t)4096)

struct cm_follow {
    struct cm_follow_request request;
    struct cm_diagnostics *diagnostics;
    int fd;                    /* -1: the file is not there yet */
    bool borrowed;             /* fd is the caller's, or standard input */
    bool pipe;                 /* no file of ours to look at: polled, and read once */
    bool leaving;              /* the file was replaced: what it still holds is its last */
    bool ended, refused;       /* for good */
    int watch;                 /* inotify; -1: none */
    int held_watch, new_watch; /* of the file that is read, and of the one under the name */

    struct cm_follow_position at; /* of the first byte held */
    char *held;                   /* bytes read and not given */
    size_t from, whole, len, cap; /* first byte; behind the last newline, or from; end; room */
    uint64_t skipped;             /* bytes so far of a line that is too long; held is then its head. 0: none is */
    uint64_t given, ordinal;      /* generation of the last block; number of the next */
};

static enum cm_status tell(struct cm_follow *follow, const char *id, const char *what, const char *why)
{
    bool standard = strcmp(follow->request.path, "-") == 0;
    cm_diagnostics_add(follow->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "cannot %s %s: %s", what,
                       standard ? "standard input" : follow->request.path, why);
    return CM_EIO;
}

static void warn(struct cm_follow *follow, const char *id, const char *message)
{
    cm_diagnostics_add(follow->diagnostics, CM_SEVERITY_WARNING, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "%s %s", follow->request.path,
                       message);
}

/* The first bytes of an input. */
static enum cm_status check_mark(struct cm_follow *follow, struct cm_span first)
{
    if (cm_codec_detect(first) == CM_CODEC_PLAIN)
        return CM_OK;
    follow->refused = true;
    return tell(follow, "input-compressed", "follow", "it is compressed; decompress it on the way (zcat, zstdcat) and give - for it");
}

/* ------------------------------------------------------------------------ open */

static void begin_generation(struct cm_follow *follow)
{
    follow->at = (struct cm_follow_position){.generation = follow->at.generation + 1};
    follow->from = follow->whole = follow->len = 0;
    follow->skipped = 0;
}

/* Does the file hold what stands before the position? */
static bool fits(const struct cm_follow *follow, const struct stat *about)
{
    const struct cm_follow_position *at = &follow->at;
    char before = '\n';
    if (at->offset > (uint64_t)about->st_size || (at->inode && at->inode != about->st_ino))
        return false;
    if (at->offset > 0 && at->offset < (uint64_t)about->st_size && pread(follow->fd, &before, 1, (off_t)at->offset - 1) != 1)
        return false;
    return before == '\n';
}

static enum cm_status begin_file(struct cm_follow *follow, const struct stat *about)
{
    char first[CM_CODEC_MARK_BYTES];
    ssize_t got = pread(follow->fd, first, sizeof first, 0);
    if (got < 0)
        return tell(follow, "input-read", "read", strerror(errno));
    enum cm_status status = check_mark(follow, (struct cm_span){first, (size_t)got});
    if (status != CM_OK)
        return status;
    if (!fits(follow, about)) {
        warn(follow, "input-replaced", "is not the file, or not as long, as it was: it is read from its beginning");
        begin_generation(follow);
    }
    follow->at.inode = about->st_ino;
    return lseek(follow->fd, (off_t)follow->at.offset, SEEK_SET) < 0 ? tell(follow, "input-read", "read", strerror(errno)) : CM_OK;
}

static enum cm_status begin_pipe(struct cm_follow *follow)
{
    const struct cm_follow_position *at = &follow->at;
    follow->pipe = true;
    if (at->generation || at->offset || at->line || at->inode)
        begin_generation(follow);
    return CM_OK;
}

/* CM_OK with fd -1: it is not there yet. */
static enum cm_status open_path(struct cm_follow *follow)
{
    struct stat about;
    const char *path = follow->request.path;
    follow->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (follow->fd < 0)
        return errno == ENOENT && !follow->request.once ? CM_OK : tell(follow, "input-open", "open", strerror(errno));
    if (fstat(follow->fd, &about) != 0)
        return tell(follow, "input-open", "open", strerror(errno));
    if (S_ISDIR(about.st_mode))
        return tell(follow, "input-open", "follow", strerror(EISDIR));
    if (S_ISREG(about.st_mode))
        return begin_file(follow, &about);
    if (S_ISFIFO(about.st_mode) && !follow->request.once) { /* with a writer's end of our own it never ends: writers come and go */
        close(follow->fd);
        follow->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (follow->fd < 0)
            return tell(follow, "input-open", "open", strerror(errno));
    }
    return begin_pipe(follow);
}

/* News of the folder: a file is made or moved there. */
static enum cm_status watch_folder(struct cm_follow *follow)
{
    struct cm_buffer folder = CM_BUFFER_EMPTY;
    const char *path = follow->request.path, *slash = strrchr(path, '/');
    cm_buffer_append(&folder, slash ? path : ".", slash && slash > path ? (size_t)(slash - path) : 1);
    cm_buffer_byte(&folder, '\0');
    enum cm_status status = cm_buffer_status(&folder);
    follow->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (status == CM_OK && inotify_add_watch(follow->watch, folder.ptr, IN_CREATE | IN_MOVED_TO) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            status = tell(follow, "input-open", "open", strerror(errno));
        else /* as many watches as the system allows: slower, not wrong */
            warn(follow, "input-watch", "cannot be watched: it is looked at once a second");
    }
    cm_buffer_free(&folder);
    return status;
}

enum cm_status cm_follow_open(struct cm_follow **out, const struct cm_follow_request *request, struct cm_diagnostics *diagnostics)
{
    struct cm_follow *follow = calloc(1, sizeof *follow);
    if (!follow)
        return CM_ENOMEM;
    follow->request = *request;
    follow->diagnostics = diagnostics;
    follow->at = request->start;
    follow->borrowed = strcmp(request->path, "-") == 0;
    follow->fd = follow->borrowed ? request->input : -1; /* 0 is standard input */
    follow->watch = follow->held_watch = follow->new_watch = -1;
    enum cm_status status = follow->borrowed ? begin_pipe(follow) : open_path(follow);
    if (status == CM_OK && !follow->pipe && !request->once)
        status = watch_folder(follow);
    if (status != CM_OK) {
        cm_follow_close(follow);
        return status;
    }
    if (follow->fd < 0)
        warn(follow, "input-missing", "is not there yet: it is waited for");
    *out = follow;
    return CM_OK;
}

void cm_follow_close(struct cm_follow *follow)
{
    if (!follow)
        return;
    if (follow->fd >= 0 && !follow->borrowed)
        close(follow->fd);
    if (follow->watch >= 0)
        close(follow->watch);
    free(follow->held);
    free(follow);
}

/* ------------------------------------------------------------------------ read */

static enum cm_status resize(struct cm_follow *follow, size_t cap)
{
    char *held = realloc(follow->held, cap);
    if (!held)
        return CM_ENOMEM;
    follow->held = held;
    follow->cap = cap;
    return CM_OK;
}

/* Room behind what is held, which moves to the front. A line that has filled all that a line may have becomes its head. */
static enum cm_status make_room(struct cm_follow *follow)
{
    size_t left = follow->len - follow->from;
    if (follow->from && left)
        memmove(follow->held, follow->held + follow->from, left);
    follow->whole -= follow->from;
    follow->from = 0;
    follow->len = left;
    if (left >= LINE_ROOM_BYTES) {
        follow->skipped = left;
        left = follow->len = CM_LINE_HEAD_BYTES;
    }
    if (follow->cap < CM_BLOCK_BYTES || (follow->cap > CM_BLOCK_BYTES && left < CM_BLOCK_BYTES))
        return resize(follow, CM_BLOCK_BYTES); /* one huge line does not keep its memory for ever */
    if (left < follow->cap)
        return CM_OK;
    return resize(follow, follow->cap * 2 < LINE_ROOM_BYTES ? follow->cap * 2 : LINE_ROOM_BYTES);
}

/* Bytes that were read: where their last line ends. */
static enum cm_status account(struct cm_follow *follow, size_t got)
{
    char *fresh = follow->held + follow->len;
    if (follow->skipped) {
        const char *newline = memchr(fresh, '\n', got);
        follow->skipped += newline ? (size_t)(newline - fresh) + 1 : got;
        if (!newline)
            return CM_OK; /* len stays: they are dropped */
        /* the head, then what stands behind the line */
        size_t rest = got - (size_t)(newline + 1 - fresh);
        memmove(fresh, newline + 1, rest);
        follow->len += rest;
        follow->whole = CM_LINE_HEAD_BYTES;
        return CM_OK;
    }
    const char *newline = memrchr(fresh, '\n', got);
    follow->len += got;
    if (newline)
        follow->whole = (size_t)(newline - follow->held) + 1;
    return follow->at.offset == 0 ? check_mark(follow, (struct cm_span){follow->held, follow->len}) : CM_OK;
}

/* CM_OK: there is more than before. CM_END: nothing now; ended: nor later. */
static enum cm_status read_more(struct cm_follow *follow)
{
    if (follow->fd < 0)
        return CM_END;
    enum cm_status status = make_room(follow);
    if (status != CM_OK)
        return status;
    struct pollfd ready = {.fd = follow->fd, .events = POLLIN};
    if (follow->pipe && poll(&ready, 1, 0) <= 0)
        return CM_END;
    ssize_t got = read(follow->fd, follow->held + follow->len, follow->cap - follow->len);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? CM_END : tell(follow, "input-read", "read", strerror(errno));
    if (got == 0) {
        follow->ended = follow->pipe || follow->request.once;
        return CM_END;
    }
    return account(follow, (size_t)got);
}

/* ------------------------------------------------------------------------ give */

static enum cm_status copy(struct cm_block *block, const char *bytes, size_t len)
{
    if (block->cap < len || block->cap < BLOCK_MIN_BYTES || (block->cap > CM_BLOCK_BYTES && len <= CM_BLOCK_BYTES)) {
        size_t cap = len > BLOCK_MIN_BYTES ? len : BLOCK_MIN_BYTES;
        char *memory = realloc(block->memory, cap);
        if (!memory)
            return CM_ENOMEM;
        block->memory = memory;
        block->cap = cap;
    }
    memcpy(block->memory, bytes, len);
    block->bytes = (struct cm_span){block->memory, len};
    return CM_OK;
}

static uint64_t lines_of(struct cm_span bytes)
{
    uint64_t count = 0;
    for (size_t i = 0; i < bytes.len; i++)
        count += bytes.ptr[i] == '\n';
    return count + (bytes.ptr[bytes.len - 1] != '\n');
}

/* The first len bytes that are held, as a block. */
static enum cm_status give(struct cm_follow *follow, struct cm_block *block, size_t len)
{
    enum cm_status status = copy(block, follow->held + follow->from, len);
    if (status != CM_OK)
        return status;
    struct cm_follow_position *at = &follow->at;
    block->name = follow->request.path;
    block->path = 0;
    block->offset = at->offset;
    block->line = at->line + 1;
    block->ordinal = follow->ordinal++;
    block->first_of_file = at->offset == 0;
    block->line_too_long = follow->skipped > 0;
    follow->given = at->generation;
    at->offset += follow->skipped ? follow->skipped : len;
    at->line += follow->skipped ? 1 : lines_of(block->bytes);
    follow->from += len;
    if (follow->skipped) { /* what came behind it in the same read */
        const char *newline = memrchr(follow->held + follow->from, '\n', follow->len - follow->from);
        follow->whole = newline ? (size_t)(newline - follow->held) + 1 : 0;
        follow->skipped = 0;
    }
    if (follow->whole < follow->from)
        follow->whole = follow->from;
    return CM_OK;
}

/* Whole lines, as many as a block takes; 0: none are held. */
static size_t lines_held(const struct cm_follow *follow)
{
    const char *start = follow->held + follow->from;
    size_t len = follow->whole > follow->from ? follow->whole - follow->from : 0;
    if (len <= CM_BLOCK_BYTES)
        return len;
    const char *newline = memrchr(start, '\n', CM_BLOCK_BYTES);
    if (!newline)
        newline = memchr(start + CM_BLOCK_BYTES, '\n', len - CM_BLOCK_BYTES);
    return (size_t)(newline - start) + 1;
}

/* CM_END: nothing to give now. */
static enum cm_status take(struct cm_follow *follow, struct cm_block *block)
{
    enum cm_status status = follow->refused ? CM_EIO : CM_OK;
    while (status == CM_OK) {
        size_t len = lines_held(follow);
        if (len)
            return give(follow, block, len);
        status = read_more(follow);
    }
    bool last = status == CM_END && (follow->ended || follow->leaving); /* the end of the input ends its last line */
    return last && follow->len > follow->from ? give(follow, block, follow->len - follow->from) : status;
}

/* ------------------------------------------------------------------------ wait */

/* The file that has taken the name is the one to read. */
static enum cm_status move_over(struct cm_follow *follow)
{
    close(follow->fd);
    if (follow->held_watch != follow->new_watch)
        inotify_rm_watch(follow->watch, follow->held_watch);
    follow->held_watch = follow->new_watch;
    follow->leaving = false;
    begin_generation(follow);
    return open_path(follow);
}

/* At the end of what the file holds: has it been cut or replaced? CM_END: no, there is nothing but to wait. */
static enum cm_status look(struct cm_follow *follow)
{
    struct stat held, named;
    if (follow->pipe)
        return CM_END;
    if (follow->leaving)
        return move_over(follow);
    if (follow->fd < 0) {
        enum cm_status status = open_path(follow);
        return status == CM_OK && follow->fd < 0 ? CM_END : status;
    }
    if (fstat(follow->fd, &held) != 0)
        return tell(follow, "input-read", "read", strerror(errno));
    off_t read_to = lseek(follow->fd, 0, SEEK_CUR);
    if (held.st_size < read_to) {
        begin_generation(follow);
        follow->at.inode = held.st_ino;
        return lseek(follow->fd, 0, SEEK_SET) < 0 ? tell(follow, "input-read", "read", strerror(errno)) : CM_OK;
    }
    follow->leaving = stat(follow->request.path, &named) == 0 && (named.st_ino != held.st_ino || named.st_dev != held.st_dev) &&
                      (named.st_size > 0 || !S_ISREG(named.st_mode));
    return follow->leaving ? CM_OK : CM_END;
}

/* News of the file under the name. True: it was not watched before, so that something may have happened since it was looked at. */
static bool watch_file(struct cm_follow *follow)
{
    int watch = inotify_add_watch(follow->watch, follow->request.path, IN_MODIFY);
    if (watch < 0 || watch == follow->new_watch)
        return false;
    if (follow->new_watch >= 0 && follow->new_watch != follow->held_watch)
        inotify_rm_watch(follow->watch, follow->new_watch);
    follow->new_watch = watch;
    if (follow->held_watch < 0)
        follow->held_watch = watch;
    return true;
}

/* Until something happens, or ms have gone by, or a signal has come (false). */
static bool wait_for_news(struct cm_follow *follow, int ms)
{
    char events[4096];
    struct pollfd news = {.fd = follow->pipe ? follow->fd : follow->watch, .events = POLLIN};
    if (!follow->pipe && watch_file(follow))
        return true;
    if (!follow->pipe && ms > LOOK_MS)
        ms = LOOK_MS;
    int ready = poll(&news, 1, ms);
    if (ready < 0)
        return errno != EINTR;
    while (ready > 0 && !follow->pipe && read(follow->watch, events, sizeof events) > 0)
        continue; /* what they say is seen by looking */
    return true;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum cm_status cm_follow_next(struct cm_follow *follow, int wait_ms, struct cm_block *block)
{
    int64_t until = now_ms() + wait_ms;
    for (;;) {
        enum cm_status status = take(follow, block);
        if (status != CM_END || follow->ended)
            return status;
        status = look(follow);
        if (status == CM_OK)
            continue;
        if (status != CM_END)
            return status;
        int64_t left = until - now_ms();
        if (left > 0 && wait_for_news(follow, (int)left))
            continue;
        block->bytes = (struct cm_span){block->memory, 0};
        return CM_OK;
    }
}

uint64_t cm_follow_generation(const struct cm_follow *follow)
{
    return follow->given;
}

struct cm_follow_position cm_follow_position(const struct cm_follow *follow)
{
    return follow->at;
}
