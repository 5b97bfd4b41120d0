#include "io/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"

/* A folder that is still to be read. */
struct folder {
    const char *path;
    unsigned depth;
};

struct expansion {
    struct cm_inputs *inputs;
    struct cm_diagnostics *diagnostics;
    struct folder *folders; /* a stack, instead of recursion */
    size_t folder_count, folder_cap;
    bool failed, no_memory;
};

static void tell(struct expansion *work, const char *id, const char *path, const char *what, const char *why)
{
    work->failed = true;
    cm_diagnostics_add(work->diagnostics, CM_SEVERITY_ERROR, id, (struct cm_place){NULL, 0, 0, 0}, NULL, "%s '%s'%s%s", what, path,
                       why ? ": " : "", why ? why : "");
}

static void add(struct expansion *work, const char *path, const struct stat *about)
{
    struct cm_inputs *inputs = work->inputs;
    struct cm_span copy = cm_arena_copy(&inputs->arena, cm_span_of(path));
    if (!copy.ptr || cm_grow(&inputs->items, &inputs->cap, inputs->count + 1, sizeof *inputs->items) != CM_OK) {
        work->no_memory = true;
        return;
    }
    bool sized = S_ISREG(about->st_mode);
    inputs->items[inputs->count++] = (struct cm_input){
        .path = copy.ptr, .bytes = sized ? (uint64_t)about->st_size : 0, .sized = sized, .device = about->st_dev, .inode = about->st_ino};
}

/* A pipe is not opened here: that would wait for its writer. */
static void add_file(struct expansion *work, const char *path, const struct stat *about)
{
    int error = 0;
    if (S_ISREG(about->st_mode)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        error = fd < 0 ? errno : 0;
        if (fd >= 0)
            close(fd);
    } else if (access(path, R_OK) != 0) {
        error = errno;
    }
    if (error)
        tell(work, "input-open", path, "cannot open", strerror(error));
    else
        add(work, path, about);
}

/* Opening a pipe waits for whoever writes to it, perhaps for ever: pipes and devices are read where they are named, not where found. */
static void add_found(struct expansion *work, const char *path, const struct stat *about)
{
    if (S_ISREG(about->st_mode))
        add_file(work, path, about);
    else
        cm_diagnostics_add(work->diagnostics, CM_SEVERITY_WARNING, "input-special", (struct cm_place){NULL, 0, 0, 0},
                           "give its name to read it", "left out '%s': it is no regular file", path);
}

static void push_folder(struct expansion *work, const char *path, unsigned depth)
{
    if (depth > CM_FOLDER_DEPTH_MAX) {
        tell(work, "input-depth", path, "too many folders within folders:", NULL);
        return;
    }
    struct cm_span copy = cm_arena_copy(&work->inputs->arena, cm_span_of(path));
    if (!copy.ptr || cm_grow(&work->folders, &work->folder_cap, work->folder_count + 1, sizeof *work->folders) != CM_OK) {
        work->no_memory = true;
        return;
    }
    work->folders[work->folder_count++] = (struct folder){copy.ptr, depth};
}

static bool ends_with(const char *name, size_t len, const char *ending)
{
    size_t size = strlen(ending);
    return len > size && memcmp(name + len - size, ending, size) == 0;
}

static bool is_input_name(const char *name)
{
    size_t len = strlen(name);
    if (ends_with(name, len, ".gz"))
        len -= 3;
    else if (ends_with(name, len, ".zst"))
        len -= 4;
#define X(ending)                                                                                                                          \
    if (ends_with(name, len, ending))                                                                                                      \
        return true;
    CM_INPUT_ENDINGS(X)
#undef X
    return false;
}

/* One name of a folder. */
static void add_entry(struct expansion *work, const struct folder *folder, const char *name)
{
    size_t len = strlen(folder->path);
    char *path = cm_arena_printf(&work->inputs->arena, "%s%s%s", folder->path, len && folder->path[len - 1] == '/' ? "" : "/", name);
    struct stat about;
    if (!path) {
        work->no_memory = true;
        return;
    }
    if (lstat(path, &about) != 0) {
        tell(work, "input-open", path, "cannot open", strerror(errno));
        return;
    }
    if (S_ISDIR(about.st_mode)) {
        push_folder(work, path, folder->depth + 1);
        return;
    }
    if (!is_input_name(name))
        return;
    if (S_ISLNK(about.st_mode) && stat(path, &about) != 0)
        tell(work, "input-open", path, "cannot open", strerror(errno));
    else if (!S_ISDIR(about.st_mode))
        add_found(work, path, &about);
}

static void read_folder(struct expansion *work, const struct folder *folder)
{
    DIR *stream = opendir(folder->path);
    if (!stream) {
        tell(work, "input-open", folder->path, "cannot open folder", strerror(errno));
        return;
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry)
            break;
        if (entry->d_name[0] != '.')
            add_entry(work, folder, entry->d_name);
    }
    if (errno)
        tell(work, "input-open", folder->path, "cannot read folder", strerror(errno));
    closedir(stream);
}

static void walk(struct expansion *work, const char *path)
{
    size_t before = work->inputs->count, faults = work->diagnostics->errors;
    push_folder(work, path, 1);
    while (work->folder_count && !work->no_memory) {
        struct folder folder = work->folders[--work->folder_count];
        read_folder(work, &folder);
    }
    if (work->inputs->count == before && work->diagnostics->errors == faults && !work->no_memory)
        tell(work, "input-empty", path, "no .ndjson, .jsonl or .json file (plain, .gz or .zst) in folder", NULL);
}

static bool is_pattern(const char *argument)
{
    return strpbrk(argument, "*?[") != NULL;
}

static void expand_pattern(struct expansion *work, const char *pattern)
{
    glob_t found = {0};
    int result = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOMATCH)
        tell(work, "input-open", pattern, "no file matches", NULL);
    else if (result == GLOB_ABORTED)
        tell(work, "input-open", pattern, "cannot read a folder of", strerror(errno));
    else if (result != 0)
        work->no_memory = true;
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
        struct stat about;
        if (stat(found.gl_pathv[i], &about) != 0)
            tell(work, "input-open", found.gl_pathv[i], "cannot open", strerror(errno));
        else if (S_ISDIR(about.st_mode))
            walk(work, found.gl_pathv[i]);
        else
            add_found(work, found.gl_pathv[i], &about);
    }
    globfree(&found);
}

static void expand_argument(struct expansion *work, const char *argument)
{
    struct stat about;
    if (strcmp(argument, "-") == 0) {
        if (fstat(STDIN_FILENO, &about) != 0) {
            tell(work, "input-open", "standard input", "cannot open", strerror(errno));
            return;
        }
        about.st_dev = 0; /* never the same as a file that is named too: its position is its own */
        about.st_ino = 0;
        add(work, argument, &about);
    } else if (stat(argument, &about) == 0 && S_ISDIR(about.st_mode)) {
        walk(work, argument);
    } else if (stat(argument, &about) == 0) {
        add_file(work, argument, &about);
    } else if (errno == ENOENT && is_pattern(argument)) {
        expand_pattern(work, argument);
    } else {
        tell(work, "input-open", argument, "cannot open", strerror(errno));
    }
}

static int compare_paths(const void *a, const void *b)
{
    const struct cm_input *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int compare_files(const void *a, const void *b)
{
    const struct cm_input *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Each file once, under the first of its paths, in order of paths. */
static void sort_inputs(struct cm_inputs *inputs)
{
    if (inputs->count == 0)
        return;
    qsort(inputs->items, inputs->count, sizeof *inputs->items, compare_files);
    size_t kept = 1;
    for (size_t i = 1; i < inputs->count; i++) {
        const struct cm_input *last = &inputs->items[kept - 1], *item = &inputs->items[i];
        if (item->device != last->device || item->inode != last->inode)
            inputs->items[kept++] = *item;
    }
    inputs->count = kept;
    qsort(inputs->items, inputs->count, sizeof *inputs->items, compare_paths);
}

enum cm_status cm_inputs_expand(struct cm_inputs *inputs, const char *const *arguments, size_t count, struct cm_diagnostics *diagnostics)
{
    struct expansion work = {.inputs = inputs, .diagnostics = diagnostics};
    for (size_t i = 0; i < count && !work.no_memory; i++)
        expand_argument(&work, arguments[i]);
    free(work.folders);
    sort_inputs(inputs);
    if (work.no_memory)
        return CM_ENOMEM;
    return work.failed ? CM_EIO : CM_OK;
}

void cm_inputs_free(struct cm_inputs *inputs)
{
    free(inputs->items);
    cm_arena_free(&inputs->arena);
    *inputs = CM_INPUTS_EMPTY;
}
