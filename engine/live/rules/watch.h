/*
 * watch: folders whose files are rules, and whether something in them changed.
 *
 * By inotify. A folder is watched as what it is now: one that is removed, or is
 * put in another's place, has to be added again by its path. The names on the
 * way to it are watched too, so that this is seen. One thread.
 */
#ifndef CM_LIVE_WATCH_H
#define CM_LIVE_WATCH_H

#include <stdbool.h>

#include "base/status.h"

enum cm_watch_kind {
    CM_WATCH_PACK, /* files that end in .yaml, folders */
    CM_WATCH_DATA, /* every file but hidden ones and an editor's copies (name~) */
};

struct cm_watch;

/* CM_EIO: the system gives none (errno says why). CM_ENOMEM. */
enum cm_status cm_watch_new(struct cm_watch **out) CM_MUST_CHECK;
void cm_watch_free(struct cm_watch *watch);

/* Readable when there is something for cm_watch_changed. */
int cm_watch_fd(const struct cm_watch *watch);

/*
 * Watch a folder; again is once. *fresh becomes true where it was not watched until now, so that what changed before was not seen; a folder
 * that is not there is watched for. CM_EIO: it cannot be watched (errno says why). CM_ENOMEM.
 */
enum cm_status cm_watch_add(struct cm_watch *watch, const char *folder, enum cm_watch_kind kind, bool *fresh) CM_MUST_CHECK;

/* Take everything that happened since; true where any of it may matter. Does not wait. */
bool cm_watch_changed(struct cm_watch *watch);

#endif
