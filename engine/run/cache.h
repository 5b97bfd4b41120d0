/*
 * cache: files in which this program finds again what it has once made from the
 * same bytes. What is read from them is what was written, or nothing at all.
 *
 * Where: $CAREMETER_CACHE (a folder; empty or "off": nowhere); else caremeter/ in
 * $XDG_CACHE_HOME or in .cache of $HOME, which must be there and the user's own
 * for anything to be made in it. A file's name is its key. It carries key,
 * length and XXH3-128 of what it holds; is written under another name and then
 * renamed, so several may write at once; and is read only where it and its
 * folder belong to the user and nobody else may write them. A file that is
 * damaged is as good as none. Where nothing can be kept nothing is: that is no
 * error, only slower.
 *
 * Any thread.
 */
#ifndef CM_RUN_CACHE_H
#define CM_RUN_CACHE_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/status.h"

/* Files that are kept, those that were used last; a pack and its lexicon take a few megabytes. */
#define CM_CACHE_FILES_MAX 16u
/* What is larger is not kept: ten times as much as the default pack. */
#define CM_CACHE_BYTES_MAX ((size_t)64 << 20)

/* What was kept: bytes may be written, and are aligned as images ask for. To be given back by cm_cache_drop. */
struct cm_cache_block {
    char *bytes;
    size_t len;
    void *memory; /* pages of its own, room bytes */
    size_t room;
};

/*
 * The key of what this very build of the program makes of the inputs that these
 * hashes stand for; kind says what it is. false: nothing is to be kept, here or
 * by a program that cannot be told from others.
 */
bool cm_cache_key(const char *kind, const struct cm_hash128 *inputs, size_t count, struct cm_hash128 *key);

/* CM_END: there is nothing of this key. CM_ENOMEM. */
enum cm_status cm_cache_get(struct cm_hash128 key, struct cm_cache_block *out) CM_MUST_CHECK;
/* Kept, or not: nobody can tell but by the next get. */
void cm_cache_put(struct cm_hash128 key, struct cm_span bytes);
void cm_cache_drop(struct cm_cache_block *block);

#endif
