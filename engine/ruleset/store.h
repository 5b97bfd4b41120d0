/*
 * store: where packs lie: folders on disk, or files in memory.
 *
 * Nothing outside of a pack's folder is ever read as part of it, and an
 * `extends` stays under the folder beside the pack or one of the roots: links
 * are resolved first. Paths are shown as they were given.
 */
#ifndef CM_RULESET_STORE_H
#define CM_RULESET_STORE_H

#include "ruleset/draft.h"

/* More files than a person writes: somebody named the wrong folder. */
#define CM_PACK_FILES_MAX 2048u
#define CM_PACK_FOLDERS_DEEP_MAX 8u

struct cm_pack_store {
    const struct cm_ruleset_file *files; /* NULL: on disk */
    size_t file_count;
    const char *const *roots;
    size_t root_count;
};

struct cm_pack_file {
    const char *path; /* as shown to people; in the image's arena */
    bool manifest;    /* pack.yaml */
    struct cm_span bytes;
};

/* The files of the pack in folder, pack.yaml first, then by name. What cannot be read is told and left out. */
enum cm_status cm_store_read(struct cm_draft *draft, const char *folder, struct cm_pack_file **files, size_t *count) CM_MUST_CHECK;

/* The one name of a folder, however it was reached; NULL where there is none. */
const char *cm_store_identity(struct cm_draft *draft, const char *folder);

/* The folder of the pack that the one in folder extends; NULL, and told, where there is none. */
const char *cm_store_find(struct cm_draft *draft, const char *folder, const struct cm_node *extends);

#endif
