#include "run/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/image.h"

/* What a file begins with. A cache line, so that what follows is aligned. */
struct header {
    char magic[16];
    struct cm_hash128 key, contents; /* of the bytes that follow */
    uint64_t len;                    /* likewise */
    uint64_t unused;
};
_Static_assert(sizeof(struct header) == CM_IMAGE_ALIGN_BYTES, "an image follows");

static const char magic[16] = "caremeter image";

#define KEY_DIGITS 32u
#define NAME_MAX_BYTES ((size_t)96)
#define SUFFIX ".image"
#define SUFFIX_WRITING ".writing"

/* ---- where, and whose ---- */

/* The path of the folder, with a NUL; false: there is none. */
static bool find_folder(struct cm_buffer *path)
{
    const char *named = getenv("CAREMETER_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (named && (*named == '\0' || strcmp(named, "off") == 0))
        return false;
    if (named) {
        cm_buffer_text(path, named);
    } else if (xdg && *xdg == '/') { /* a relative one is to be ignored, says its specification */
        cm_buffer_text(path, xdg);
        cm_buffer_text(path, "/caremeter");
    } else if (home && *home == '/') {
        cm_buffer_text(path, home);
        cm_buffer_text(path, "/.cache/caremeter");
    }
    cm_buffer_byte(path, '\0');
    return cm_buffer_status(path) == CM_OK && path->ptr[0] != '\0';
}

/* The user's own, and nobody else can have written it. */
static bool is_ours(const struct stat *info)
{
    return info->st_uid == geteuid() && (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700); /* those that are there are fine, and what fails is told by opening the last one */
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* A descriptor of the folder, or -1. */
static int open_folder(bool make)
{
    struct cm_buffer path = CM_BUFFER_EMPTY;
    struct stat info;
    int folder = -1;
    if (find_folder(&path)) {
        if (make)
            make_folders(path.ptr);
        folder = open(path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    cm_buffer_free(&path);
    if (folder >= 0 && (fstat(folder, &info) != 0 || !is_ours(&info))) {
        close(folder);
        folder = -1;
    }
    return folder;
}

static void name_of(struct cm_hash128 key, char *name)
{
    snprintf(name, NAME_MAX_BYTES, "%016llx%016llx" SUFFIX, (unsigned long long)key.high, (unsigned long long)key.low);
}

/* ---- what a key is made of ---- */

/* The number that the linker gave to this build, by its contents. */
static int note_build(struct dl_phdr_info *info, size_t size, void *context)
{
    struct cm_span *build = context;
    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const char *at = (const char *)(info->dlpi_addr + header->p_vaddr), *end = at + header->p_memsz;
        while (header->p_type == PT_NOTE && end - at > (ptrdiff_t)sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) note;
            memcpy(&note, at, sizeof note);
            const char *name = at + sizeof note, *text = name + ((note.n_namesz + 3u) & ~3u);
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" && memcmp(name, "GNU", sizeof "GNU") == 0)
                *build = (struct cm_span){text, note.n_descsz};
            at = text + ((note.n_descsz + 3u) & ~3u);
        }
    }
    return 1; /* the program is the first, and the only one that is asked for */
}

bool cm_cache_key(const char *kind, const struct cm_hash128 *inputs, size_t count, struct cm_hash128 *key)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_span build = {NULL, 0};
    dl_iterate_phdr(note_build, &build);
    bool usable = build.len > 0 && find_folder(&text);
    cm_buffer_reset(&text);
    cm_buffer_span(&text, build);
    cm_buffer_text(&text, kind);
    cm_buffer_append(&text, inputs, count * sizeof *inputs);
    usable = usable && cm_buffer_status(&text) == CM_OK;
    if (usable)
        *key = cm_hash128(cm_buffer_view(&text));
    cm_buffer_free(&text);
    return usable;
}

/* ---- reading ---- */

static bool read_all(int file, char *bytes, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t part = read(file, bytes + got, len - got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return false;
        got += (size_t)part;
    }
    return true;
}

static bool is_whole(const struct cm_cache_block *block, struct cm_hash128 key)
{
    struct header header;
    memcpy(&header, block->memory, sizeof header);
    return memcmp(header.magic, magic, sizeof magic) == 0 && cm_hash128_compare(header.key, key) == 0 && header.len == block->len &&
           cm_hash128_compare(header.contents, cm_hash128((struct cm_span){block->bytes, block->len})) == 0;
}

static enum cm_status read_block(int file, struct cm_hash128 key, struct cm_cache_block *out)
{
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || !is_ours(&info) || info.st_size < (off_t)sizeof(struct header) ||
        (uint64_t)info.st_size > CM_CACHE_FILE_MAX_BYTES)
        return CM_END;
    size_t len = (size_t)info.st_size;
    char *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return CM_ENOMEM;
    /* Large pages where there are any, and all at once: to be given small ones one by one takes longer than all that is done with them. */
    (void)madvise(memory, len, MADV_HUGEPAGE);
    (void)madvise(memory, len, MADV_POPULATE_WRITE);
    *out = (struct cm_cache_block){memory + sizeof(struct header), len - sizeof(struct header), memory, len};
    if (read_all(file, memory, len) && is_whole(out, key))
        return CM_OK;
    cm_cache_drop(out);
    return CM_END;
}

enum cm_status cm_cache_get(struct cm_hash128 key, struct cm_cache_block *out)
{
    char name[NAME_MAX_BYTES];
    *out = (struct cm_cache_block){.memory = NULL};
    int folder = open_folder(false);
    if (folder < 0)
        return CM_END;
    name_of(key, name);
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum cm_status status = file >= 0 ? read_block(file, key, out) : CM_END;
    if (file >= 0)
        close(file);
    close(folder);
    return status;
}

void cm_cache_drop(struct cm_cache_block *block)
{
    if (block->memory)
        munmap(block->memory, block->room);
    *block = (struct cm_cache_block){.memory = NULL};
}

/* ---- writing ---- */

static bool write_all(int file, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t part = write(file, (const char *)bytes + done, len - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return false;
        done += (size_t)part;
    }
    return true;
}

struct kept {
    char name[NAME_MAX_BYTES];
    struct timespec written;
};

/* Ours, finished or not: others may keep their files in a folder that somebody named. */
static bool is_our_name(const char *name)
{
    const char *suffix = name + strspn(name, "0123456789abcdef");
    return suffix == name + KEY_DIGITS && strlen(name) < NAME_MAX_BYTES && (strcmp(suffix, SUFFIX) == 0 || strstr(suffix, SUFFIX_WRITING));
}

static int compare_newest(const void *a, const void *b)
{
    const struct timespec *x = &((const struct kept *)a)->written, *y = &((const struct kept *)b)->written;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Keep the newest files only. */
static void prune(int folder)
{
    struct kept *files = NULL;
    size_t count = 0, cap = 0;
    struct stat info;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* a listing has a place of its own */
    DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
    if (!listing) {
        if (copy >= 0)
            close(copy);
        return;
    }
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (!is_our_name(entry->d_name) || fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (cm_grow(&files, &cap, count + 1, sizeof *files) != CM_OK)
            break;
        memcpy(files[count].name, entry->d_name, strlen(entry->d_name) + 1);
        files[count++].written = info.st_mtim;
    }
    closedir(listing);
    if (count > CM_CACHE_FILES_MAX)
        qsort(files, count, sizeof *files, compare_newest);
    for (size_t i = CM_CACHE_FILES_MAX; i < count; i++)
        unlinkat(folder, files[i].name, 0);
    free(files);
}

void cm_cache_put(struct cm_hash128 key, struct cm_span bytes)
{
    static _Atomic unsigned writers;
    struct header header = {.key = key, .contents = cm_hash128(bytes), .len = bytes.len};
    char name[NAME_MAX_BYTES], writing[NAME_MAX_BYTES];
    int folder = open_folder(true);
    if (folder < 0)
        return;
    memcpy(header.magic, magic, sizeof magic);
    name_of(key, name);
    /* Relaxed: only that each has another number matters. */
    snprintf(writing, sizeof writing, "%.*s" SUFFIX_WRITING ".%ld.%u", (int)KEY_DIGITS, name, (long)getpid(),
             atomic_fetch_add_explicit(&writers, 1, memory_order_relaxed));
    int file = openat(folder, writing, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0) {
        bool written = write_all(file, &header, sizeof header) && write_all(file, bytes.ptr, bytes.len);
        written &= close(file) == 0;
        if (!written || renameat(folder, writing, folder, name) != 0)
            unlinkat(folder, writing, 0);
        prune(folder);
    }
    close(folder);
}
