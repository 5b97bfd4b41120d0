#include "ruleset/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

static const char *const manifest_name = "pack.yaml";
/* What the pack was measured by (maps of labels, records) lies in it, and is no rule. */
static const char *const validity_name = "validity";

/* Relative paths of a pack's files, while the folder is walked. */
struct walk {
    struct cm_draft *draft;
    const char *folder, *identity;
    const char **paths;
    size_t count, cap;
    bool failed; /* the folder itself could not be read */
};

static void tell_file(struct cm_draft *draft, enum cm_severity severity, const char *id, const char *path, const char *help,
                      const char *message)
{
    cm_diagnostics_add(draft->diagnostics, severity, id, (struct cm_place){path, 0, 0, 0}, help, "%s", message);
}

static const char *join(struct cm_draft *draft, const char *folder, const char *name)
{
    size_t len = strlen(folder);
    const char *slash = len == 0 || folder[len - 1] == '/' ? "" : "/";
    const char *path = cm_arena_printf(draft->image, "%s%s%s", folder, slash, name);
    if (!path)
        draft->status = CM_ENOMEM;
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* path is folder, or lies in it; both resolved. */
static bool inside(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (len == 1 && folder[0] == '/')
        return path[0] == '/';
    return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

const char *cm_store_identity(struct cm_draft *draft, const char *folder)
{
    if (draft->store->files)
        return folder;
    char *real = realpath(folder, NULL);
    if (!real)
        return NULL;
    struct cm_span copy = cm_arena_copy(&draft->arena, cm_span_of(real));
    free(real);
    if (!copy.ptr)
        draft->status = CM_ENOMEM;
    return copy.ptr;
}

static void add_path(struct walk *walk, const char *path)
{
    if (!path || walk->count > CM_PACK_FILES_MAX)
        return;
    if (cm_grow(&walk->paths, &walk->cap, walk->count + 1, sizeof *walk->paths) != CM_OK) {
        walk->draft->status = CM_ENOMEM;
        return;
    }
    walk->paths[walk->count++] = path;
    if (walk->count > CM_PACK_FILES_MAX)
        tell_file(walk->draft, CM_SEVERITY_ERROR, "pack-files", walk->folder, NULL, "there are too many files in this folder for one pack");
}

static void walk_folder(struct walk *walk, const char *below, unsigned depth);

static void walk_entry(struct walk *walk, const char *below, const char *name, unsigned depth)
{
    struct stat link_info, info;
    const char *relative = join(walk->draft, below, name);
    const char *path = relative ? join(walk->draft, walk->folder, relative) : NULL;
    if (!path)
        return;
    if (lstat(path, &link_info) != 0 || stat(path, &info) != 0) {
        if (ends_with(name, ".yaml"))
            add_path(walk, relative); /* a dangling link: reading it tells why */
        return;
    }
    if (S_ISDIR(info.st_mode) && !S_ISLNK(link_info.st_mode)) {
        if (depth < CM_PACK_FOLDERS_DEEP_MAX)
            walk_folder(walk, relative, depth + 1);
        else
            tell_file(walk->draft, CM_SEVERITY_ERROR, "pack-folders", path, NULL, "folders are nested too deeply here");
    } else if (ends_with(name, ".yaml")) {
        add_path(walk, relative);
    } else if (ends_with(name, ".yml")) {
        tell_file(walk->draft, CM_SEVERITY_WARNING, "file-name", path, "name it .yaml",
                  "this file is not read: a pack's files end in .yaml");
    }
}

/* Whoever waits for changes of the pack looks here. */
static void note_folder(struct cm_draft *draft, const char *path)
{
    const char *kept = cm_draft_keep(draft, cm_span_of(path)).ptr;
    if (kept && cm_grow(&draft->folders, &draft->folder_cap, draft->folder_count + 1, sizeof *draft->folders) == CM_OK)
        draft->folders[draft->folder_count++] = kept;
    else
        draft->status = CM_ENOMEM;
}

/* depth <= CM_PACK_FOLDERS_DEEP_MAX */
static void walk_folder(struct walk *walk, const char *below, unsigned depth)
{
    const char *path = *below ? join(walk->draft, walk->folder, below) : walk->folder;
    DIR *folder = path ? opendir(path) : NULL;
    if (!folder) {
        walk->failed |= depth == 0;
        if (path)
            tell_file(walk->draft, CM_SEVERITY_ERROR, depth ? "file-read" : "pack-folder", path, NULL, strerror(errno));
        return;
    }
    note_folder(walk->draft, path);
    for (struct dirent *entry; walk->draft->status == CM_OK && (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && !(depth == 0 && strcmp(entry->d_name, validity_name) == 0))
            walk_entry(walk, below, entry->d_name, depth);
    closedir(folder);
}

static int compare_paths(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    bool x_first = strcmp(x, manifest_name) == 0, y_first = strcmp(y, manifest_name) == 0;
    return x_first != y_first ? (x_first ? -1 : 1) : strcmp(x, y);
}

static const char *read_all(struct cm_draft *draft, int fd, size_t size, struct cm_span *out)
{
    char *bytes = cm_arena_alloc(&draft->arena, size + 1);
    if (!bytes) {
        draft->status = CM_ENOMEM;
        return NULL;
    }
    size_t got = 0;
    while (got < size) {
        ssize_t part = read(fd, bytes + got, size - got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return strerror(errno);
        if (part == 0)
            break;
        got += (size_t)part;
    }
    *out = (struct cm_span){bytes, got};
    return NULL;
}

/* The reason why it cannot be read, or NULL. */
static const char *read_file(struct walk *walk, const char *path, struct cm_span *out)
{
    const char *real = cm_store_identity(walk->draft, path);
    if (walk->draft->status != CM_OK)
        return NULL;
    if (!real)
        return strerror(errno);
    if (!inside(real, walk->identity))
        return "this link leads out of the pack's folder";
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return strerror(errno);
    struct stat info;
    const char *reason;
    if (fstat(fd, &info) != 0)
        reason = strerror(errno);
    else if (!S_ISREG(info.st_mode))
        reason = "this is no file";
    else if ((uint64_t)info.st_size > CM_YAML_FILE_MAX_BYTES)
        reason = "a file of a pack has at most 4 MiB";
    else
        reason = read_all(walk->draft, fd, (size_t)info.st_size, out);
    close(fd);
    return reason;
}

static enum cm_status read_disk(struct cm_draft *draft, const char *folder, struct cm_pack_file **files, size_t *count)
{
    struct walk walk = {.draft = draft, .folder = folder};
    walk.identity = cm_store_identity(draft, folder);
    if (walk.identity)
        walk_folder(&walk, "", 0);
    else if (draft->status == CM_OK)
        tell_file(draft, CM_SEVERITY_ERROR, "pack-folder", folder, NULL, strerror(errno));
    if (walk.count)
        qsort(walk.paths, walk.count, sizeof *walk.paths, compare_paths);
    *count = 0;
    *files = cm_draft_alloc(draft, walk.count, sizeof **files);
    for (size_t i = 0; i < walk.count && *files && draft->status == CM_OK; i++) {
        struct cm_pack_file *file = &(*files)[*count];
        file->path = join(draft, folder, walk.paths[i]);
        file->manifest = strcmp(walk.paths[i], manifest_name) == 0;
        const char *reason = file->path ? read_file(&walk, file->path, &file->bytes) : NULL;
        *count += !reason;
        draft->holes |= reason != NULL;
        if (reason)
            tell_file(draft, CM_SEVERITY_ERROR, "file-read", file->path, NULL, reason);
    }
    free(walk.paths);
    bool manifest = *count && (*files)[0].manifest;
    if (draft->status == CM_OK && walk.identity && !walk.failed && !manifest && !draft->holes)
        tell_file(draft, CM_SEVERITY_ERROR, "pack-manifest", folder, NULL, "there is no pack.yaml in this folder, so it is no pack");
    return draft->status;
}

/* The part of path below folder ("" is the top of the tree), or NULL. */
static const char *below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (len == 0)
        return path;
    return strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

static int compare_files(const void *a, const void *b)
{
    const struct cm_pack_file *x = a, *y = b;
    return x->manifest != y->manifest ? (x->manifest ? -1 : 1) : strcmp(x->path, y->path);
}

static enum cm_status read_memory(struct cm_draft *draft, const char *folder, struct cm_pack_file **files, size_t *count)
{
    const struct cm_pack_store *store = draft->store;
    *count = 0;
    *files = cm_draft_alloc(draft, store->file_count, sizeof **files);
    for (size_t i = 0; i < store->file_count && *files; i++) {
        const char *relative = below(store->files[i].path, folder);
        if (!relative)
            continue;
        struct cm_pack_file *file = &(*files)[(*count)++];
        file->path = cm_draft_keep(draft, cm_span_of(store->files[i].path)).ptr;
        file->manifest = strcmp(relative, manifest_name) == 0;
        file->bytes = store->files[i].bytes;
    }
    if (*count && draft->status == CM_OK)
        qsort(*files, *count, sizeof **files, compare_files);
    if (draft->status == CM_OK && (*count == 0 || !(*files)[0].manifest))
        tell_file(draft, CM_SEVERITY_ERROR, "pack-manifest", folder, NULL, "there is no pack.yaml in this folder, so it is no pack");
    return draft->status;
}

enum cm_status cm_store_read(struct cm_draft *draft, const char *folder, struct cm_pack_file **files, size_t *count)
{
    return draft->store->files ? read_memory(draft, folder, files, count) : read_disk(draft, folder, files, count);
}

/* The folder that holds folder, as a person would write it. */
static const char *parent_of(struct cm_draft *draft, const char *folder)
{
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    size_t name = len;
    while (name > 0 && folder[name - 1] != '/')
        name--;
    if (!draft->store->files && folder[name] == '.') {
        /* "." and "..": only the resolved name says where it is */
        const char *real = cm_store_identity(draft, folder);
        return real && *real ? cm_arena_printf(&draft->arena, "%.*s", (int)(strrchr(real, '/') - real), real) : NULL;
    }
    while (name > 1 && folder[name - 1] == '/')
        name--;
    return cm_arena_printf(&draft->arena, "%.*s", (int)name, folder);
}

static bool holds_pack(struct cm_draft *draft, const char *folder)
{
    const char *manifest = join(draft, folder, manifest_name);
    if (!manifest)
        return false;
    if (!draft->store->files)
        return access(manifest, F_OK) == 0;
    for (size_t i = 0; i < draft->store->file_count; i++)
        if (strcmp(draft->store->files[i].path, manifest) == 0)
            return true;
    return false;
}

/* name as a folder in root, unless there is none or a link leads elsewhere. *own: it is the pack that asks. */
static const char *try_root(struct cm_draft *draft, const char *root, const char *name, const char *self, bool *own)
{
    *own = false;
    const char *folder = join(draft, root, name);
    const char *identity = folder && holds_pack(draft, folder) ? cm_store_identity(draft, folder) : NULL;
    if (!identity)
        return NULL;
    *own = self && strcmp(identity, self) == 0;
    if (draft->store->files)
        return folder;
    const char *allowed = cm_store_identity(draft, *root ? root : ".");
    return allowed && inside(identity, allowed) ? folder : NULL;
}

/* Beside the pack, then in the roots; a pack that finds only itself extends itself, which the caller tells. */
static const char *find_name(struct cm_draft *draft, const char *folder, const char *name)
{
    const char *self = cm_store_identity(draft, folder), *parent = parent_of(draft, folder);
    bool own = false;
    const char *found = parent ? try_root(draft, parent, name, self, &own) : NULL;
    for (size_t i = 0; i < draft->store->root_count && (!found || own); i++) {
        const char *other = try_root(draft, draft->store->roots[i], name, self, &own);
        if (other)
            found = other;
        else
            own = found != NULL;
    }
    return found;
}

/* A path is taken from the pack's folder, and must end under its parent or one of the roots. */
static const char *find_path(struct cm_draft *draft, const char *folder, const struct cm_node *extends)
{
    const char *path = extends->text.ptr, *parent = parent_of(draft, folder);
    const char *joined = path[0] == '/' ? path : join(draft, *folder ? folder : ".", path);
    const char *identity = joined && parent ? cm_store_identity(draft, joined) : NULL;
    if (!identity)
        return NULL;
    const char *allowed = cm_store_identity(draft, *parent ? parent : ".");
    bool fine = allowed && inside(identity, allowed);
    for (size_t i = 0; i < draft->store->root_count && !fine; i++) {
        allowed = cm_store_identity(draft, draft->store->roots[i]);
        fine = allowed && inside(identity, allowed);
    }
    if (fine)
        return joined;
    cm_draft_error(draft, "extends-path", extends, "put it beside this pack, or name it by its name",
                   "%s leads out of the folders in which packs are looked for", path);
    return "";
}

const char *cm_store_find(struct cm_draft *draft, const char *folder, const struct cm_node *extends)
{
    bool path = memchr(extends->text.ptr, '/', extends->text.len) || extends->text.ptr[0] == '.';
    const char *found;
    if (memchr(extends->text.ptr, '\0', extends->text.len) || (path && draft->store->files))
        found = NULL;
    else
        found = path ? find_path(draft, folder, extends) : find_name(draft, folder, extends->text.ptr);
    if (!found && draft->status == CM_OK)
        cm_draft_error(draft, "extends-unknown", extends, NULL,
                       "there is no pack \"%s\" beside this one or among the packs that come with the program", extends->text.ptr);
    return found && *found ? found : NULL;
}
