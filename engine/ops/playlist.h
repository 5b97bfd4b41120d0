/*
 * playlist: when which conversation of an archive begins, for a demonstration.
 *
 * YAML:
 *
 *   every: 115m        after so long all of it begins again
 *   play:
 *     - {id: chat-1, begins: 20s}                so long after the start
 *     - {id: chat-2, ended: 40m}                 so long before it; it is history when the curtain rises
 *     - {id: chat-3, ended: 50m, dated: 40h}     and its events are dated so much further back
 *
 * Written once, then only read.
 */
#ifndef CM_OPS_PLAYLIST_H
#define CM_OPS_PLAYLIST_H

#include "base/arena.h"
#include "base/diag.h"

struct cm_playlist_entry {
    struct cm_span id;
    struct cm_place place; /* in the file, for diagnostics */
    bool ended;            /* at_ms is the end, else the beginning */
    int64_t at_ms;         /* after the start, or before it (negative) */
    int64_t dated_ms;
};

struct cm_playlist {
    int64_t every_ms;
    struct cm_playlist_entry *entries; /* in the order of the file */
    size_t count, cap;
    struct cm_arena arena; /* owns ids and the file's name */
};

/* Faults go to diagnostics, all of them: CM_EUSAGE; CM_EIO: the file cannot be read, told. To be freed in every case. */
enum cm_status cm_playlist_read(struct cm_playlist *list, const char *path, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
void cm_playlist_free(struct cm_playlist *list);

#endif
