#include "live/rules/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buffer.h"

/* Of a folder's contents; attributes because a file may become readable. */
#define CONTENTS                                                                                                                           \
    (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
/* Of a name on the way to it. */
#define NAMES (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)
/* How often events are taken before their sender may wait: some hundred at once. */
#define READ_BYTES ((size_t)16 * 1024)

/* What matters in the folder that wd is. */
struct entry {
    int wd;
    enum cm_watch_kind kind;
    char *name; /* only this; NULL: by kind */
};

struct cm_watch {
    int fd;
    struct entry *entries;
    size_t count, cap;
};

enum cm_status cm_watch_new(struct cm_watch **out)
{
    *out = NULL;
    struct cm_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return CM_ENOMEM;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd >= 0) {
        *out = watch;
        return CM_OK;
    }
    int error = errno;
    free(watch);
    errno = error;
    return CM_EIO;
}

void cm_watch_free(struct cm_watch *watch)
{
    if (!watch)
        return;
    close(watch->fd);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->entries[i].name);
    free(watch->entries);
    free(watch);
}

int cm_watch_fd(const struct cm_watch *watch)
{
    return watch->fd;
}

static bool known(const struct cm_watch *watch, int wd, enum cm_watch_kind kind, const char *name)
{
    for (size_t i = 0; i < watch->count; i++) {
        const struct entry *entry = &watch->entries[i];
        bool same = name ? entry->name && strcmp(entry->name, name) == 0 : !entry->name && entry->kind == kind;
        if (entry->wd == wd && same)
            return true;
    }
    return false;
}

/* CM_END: there is no such folder. */
static enum cm_status add(struct cm_watch *watch, const char *folder, enum cm_watch_kind kind, const char *name, bool *fresh)
{
    /* A folder may be watched for several reasons: none takes away what another one asked for. */
    int wd = inotify_add_watch(watch->fd, folder, (name ? NAMES : CONTENTS) | IN_ONLYDIR | IN_MASK_ADD);
    if (wd < 0)
        return errno == ENOENT || errno == ENOTDIR ? CM_END : errno == ENOMEM ? CM_ENOMEM : CM_EIO;
    if (known(watch, wd, kind, name))
        return CM_OK;
    char *copy = name ? strdup(name) : NULL;
    if ((name && !copy) || cm_grow(&watch->entries, &watch->cap, watch->count + 1, sizeof *watch->entries) != CM_OK) {
        free(copy);
        return CM_ENOMEM;
    }
    watch->entries[watch->count++] = (struct entry){wd, kind, copy};
    *fresh = true;
    return CM_OK;
}

/* The name of every folder on the way, in the one that holds it: a link or a folder that is exchanged changes there. */
static enum cm_status add_way(struct cm_watch *watch, const char *folder, bool *fresh)
{
    char path[PATH_MAX];
    size_t len = strlen(folder);
    enum cm_status status = CM_OK;
    if (len == 0 || len >= sizeof path)
        return CM_OK;
    memcpy(path, folder, len + 1);
    while (status != CM_ENOMEM) {
        while (len > 1 && path[len - 1] == '/')
            path[--len] = '\0';
        char *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path, *parent = !slash ? "." : slash == path ? "/" : path;
        if (*name == '\0')
            break;
        bool real = strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        char *kept = real ? strdup(name) : NULL;
        if (slash)
            *slash = '\0';
        /* Who may not look into a folder on the way does without. */
        status = !real ? CM_OK : !kept ? CM_ENOMEM : add(watch, parent, CM_WATCH_PACK, kept, fresh);
        free(kept);
        if (!slash || slash == path)
            break;
        len = strlen(path);
    }
    return status == CM_ENOMEM ? CM_ENOMEM : CM_OK;
}

enum cm_status cm_watch_add(struct cm_watch *watch, const char *folder, enum cm_watch_kind kind, bool *fresh)
{
    /* The way first: a folder that is exchanged in between is then seen. */
    enum cm_status status = add_way(watch, folder, fresh);
    if (status == CM_OK)
        status = add(watch, folder, kind, NULL, fresh);
    return status == CM_END ? CM_OK : status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static bool matters(const struct entry *entry, const struct inotify_event *event, const char *name)
{
    if (entry->name)
        return strcmp(entry->name, name) == 0;
    bool hidden = name[0] == '.';
    if (entry->kind == CM_WATCH_DATA)
        return !hidden && !ends_with(name, "~");
    /* A link that all files of a folder go through may be hidden ("..data"). */
    return ends_with(name, ".yaml") ? !hidden : event->mask & IN_ISDIR ? !hidden : strncmp(name, "..", 2) == 0;
}

static void forget(struct cm_watch *watch, int wd)
{
    for (size_t i = 0; i < watch->count;) {
        if (watch->entries[i].wd != wd) {
            i++;
            continue;
        }
        free(watch->entries[i].name);
        watch->entries[i] = watch->entries[--watch->count];
    }
}

static bool look_at(struct cm_watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    bool found = false;
    for (size_t i = 0; i < watch->count; i++)
        if (watch->entries[i].wd == event->wd)
            /* an event of the folder itself has no name */
            found |= event->len == 0 || matters(&watch->entries[i], event, event->name);
    if (event->mask & IN_MOVE_SELF)
        inotify_rm_watch(watch->fd, event->wd); /* what has its path now is another one */
    if (event->mask & (IN_IGNORED | IN_MOVE_SELF))
        forget(watch, event->wd);
    return found;
}

bool cm_watch_changed(struct cm_watch *watch)
{
    _Alignas(struct inotify_event) char bytes[READ_BYTES];
    bool found = false;
    ssize_t got;
    while ((got = read(watch->fd, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)(bytes + at);
            found |= look_at(watch, event);
            at += (ssize_t)sizeof *event + event->len;
        }
    return found;
}
