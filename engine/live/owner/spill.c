#include "live/owner/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

#define CM_SPILL_MIN_BITS 8u

void cm_spill_init(struct cm_spill *spill, const char *folder)
{
    *spill = (struct cm_spill){.folder = folder, .file = -1};
}

void cm_spill_close(struct cm_spill *spill)
{
    if (spill->file >= 0)
        close(spill->file);
    for (unsigned i = 0; i < CM_SPILL_CLASSES; i++)
        free(spill->free[i]);
    cm_spill_init(spill, spill->folder);
}

static unsigned class_of(size_t len)
{
    unsigned class = 0;
    while (class + 1 < CM_SPILL_CLASSES && len > (size_t)1 << (class + CM_SPILL_MIN_BITS))
        class ++;
    return class;
}

/* Never under a name: whatever ends the process also ends the file. */
static enum cm_status open_file(struct cm_spill *spill)
{
    if (spill->file >= 0)
        return CM_OK;
    spill->file = open(spill->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spill->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        struct cm_buffer path = CM_BUFFER_EMPTY;
        cm_buffer_text(&path, spill->folder);
        cm_buffer_text(&path, "/caremeter-spill-XXXXXX");
        cm_buffer_byte(&path, '\0');
        if (cm_buffer_status(&path) == CM_OK)
            spill->file = mkostemp(path.ptr, O_CLOEXEC);
        if (spill->file >= 0)
            unlink(path.ptr);
        cm_buffer_free(&path);
    }
    return spill->file >= 0 ? CM_OK : CM_EIO;
}

static enum cm_status transfer(int file, char *to, const char *from, size_t len, int64_t at)
{
    for (size_t done = 0; done < len;) {
        ssize_t moved = to ? pread(file, to + done, len - done, at + (off_t)done) : pwrite(file, from + done, len - done, at + (off_t)done);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return CM_EIO;
        done += (size_t)moved;
    }
    return CM_OK;
}

enum cm_status cm_spill_put(struct cm_spill *spill, struct cm_span bytes, int64_t *at)
{
    enum cm_status status = open_file(spill);
    if (status != CM_OK)
        return status;
    unsigned class = class_of(bytes.len);
    bool fresh = spill->free_count[class] == 0;
    /* room to give it back is made now, so that dropping never fails */
    status = cm_grow(&spill->free[class], &spill->free_cap[class], (size_t)(spill->end >> CM_SPILL_MIN_BITS >> class) + 2, sizeof(int64_t));
    if (status != CM_OK)
        return status;
    *at = fresh ? (int64_t)spill->end : spill->free[class][spill->free_count[class] - 1];
    status = transfer(spill->file, NULL, bytes.ptr, bytes.len, *at);
    if (status != CM_OK)
        return status;
    if (fresh)
        spill->end += (uint64_t)1 << (class + CM_SPILL_MIN_BITS);
    else
        spill->free_count[class]--;
    spill->held += bytes.len;
    return CM_OK;
}

enum cm_status cm_spill_get(struct cm_spill *spill, int64_t at, char *to, size_t len)
{
    return transfer(spill->file, to, NULL, len, at);
}

void cm_spill_drop(struct cm_spill *spill, int64_t at, size_t len)
{
    unsigned class = class_of(len);
    spill->free[class][spill->free_count[class]++] = at;
    spill->held -= len;
}
