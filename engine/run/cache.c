#include "run/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
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

/* Where the cache is. Of a place that nobody named only what lies below base is ever made, and only where base is the user's own. */
struct place {
    struct cm_buffer path; /* with a NUL */
    size_t base;           /* bytes of path that are there without us; 0: it was named, and all of it may be made */
};

static void put_default(struct place *place, const char *base, const char *below)
{
    cm_buffer_text(&place->path, base);
    place->base = place->path.len;
    cm_buffer_text(&place->path, below);
}

/* false: there is none. The caller frees the path in either case. */
static bool find_place(struct place *place)
{
    const char *named = getenv("CAREMETER_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    *place = (struct place){CM_BUFFER_EMPTY, 0};
    if (named && (*named == '\0' || strcmp(named, "off") == 0))
        return false;
    if (named)
        cm_buffer_text(&place->path, named);
    else if (xdg && *xdg == '/') /* a relative one is to be ignored, says its specification */
        put_default(place, xdg, "/caremeter");
    else if (home && *home == '/')
        put_default(place, home, "/.cache/caremeter");
    cm_buffer_byte(&place->path, '\0');
    return cm_buffer_status(&place->path) == CM_OK && place->path.ptr[0] != '\0';
}

/* The user's own, and nobody else can have written it. */
static bool is_ours(const struct stat *info)
{
    return info->st_uid == geteuid() && (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Of a place that nobody named: whether the folder that it is in belongs to the user. Root may run in the home of somebody else. */
static bool may_make(struct place *place)
{
    struct stat info;
    if (place->base == 0)
        return true;
    char *end = place->path.ptr + place->base, kept = *end;
    *end = '\0';
    bool may = stat(place->path.ptr, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
    *end = kept;
    return may;
}

static void make_folders(struct place *place)
{
    char *path = place->path.ptr;
    if (!may_make(place))
        return;
    for (char *slash = strchr(path + place->base + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700); /* those that are there are fine, and what fails is told by opening the last one */
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* A descriptor of the folder, or -1. */
static int open_folder(bool make)
{
    struct place place;
    struct stat info;
    int folder = -1;
    if (find_place(&place)) {
        if (make)
            make_folders(&place);
        folder = open(place.path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    cm_buffer_free(&place.path);
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
    struct place place;
    dl_iterate_phdr(note_build, &build);
    bool usable = find_place(&place) && build.len > 0;
    cm_buffer_free(&place.path);
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

/* A file of this length that begins so was written for this key, as far as can be told before all of it is read. */
static bool is_wanted(const struct header *header, struct cm_hash128 key, off_t size)
{
    return memcmp(header->magic, magic, sizeof magic) == 0 && cm_hash128_compare(header->key, key) == 0 &&
           header->len <= CM_CACHE_BYTES_MAX && (uint64_t)size == sizeof *header + header->len;
}

/* *out is len bytes in pages of their own, what they hold still to be read; false: no memory. */
static bool make_block(size_t len, struct cm_cache_block *out)
{
    size_t room = sizeof(struct header) + len;
    char *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    /* Large pages where there are any, and all at once: to be given small ones one by one takes longer than all that is done with them. */
    (void)madvise(memory, room, MADV_HUGEPAGE);
    (void)madvise(memory, room, MADV_POPULATE_WRITE);
    *out = (struct cm_cache_block){memory + sizeof(struct header), len, memory, room};
    return true;
}

/* The header is looked at first: what somebody has made longer is not worth its memory. */
static enum cm_status read_block(int file, struct cm_hash128 key, struct cm_cache_block *out)
{
    struct stat info;
    struct header header;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || !is_ours(&info) || !read_all(file, (char *)&header, sizeof header) ||
        !is_wanted(&header, key, info.st_size))
        return CM_END;
    if (!make_block((size_t)header.len, out))
        return CM_ENOMEM;
    if (read_all(file, out->bytes, out->len) &&
        cm_hash128_compare(header.contents, cm_hash128((struct cm_span){out->bytes, out->len})) == 0) {
        (void)futimens(file, NULL); /* the newest stay: those that were used last */
        return CM_OK;
    }
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
    struct timespec used;
};

/* What was begun so long ago will never be finished. */
#define ABANDONED_S 3600

/* Behind the key of one of our names; NULL: it is none. Others may keep their files in a folder that somebody named. */
static const char *suffix_of(const char *name)
{
    const char *suffix = name + strspn(name, "0123456789abcdef");
    return suffix == name + KEY_DIGITS && strlen(name) < NAME_MAX_BYTES ? suffix : NULL;
}

/* Of a file that was begun: away with it, where its writer must have died. */
static void drop_abandoned(int folder, const char *name, const struct stat *info)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - info->st_mtim.tv_sec > ABANDONED_S)
        unlinkat(folder, name, 0);
}

static int compare_newest(const void *a, const void *b)
{
    const struct timespec *x = &((const struct kept *)a)->used, *y = &((const struct kept *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Keep those only that were used last. */
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
        const char *suffix = suffix_of(entry->d_name);
        if (!suffix || fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (strncmp(suffix, SUFFIX_WRITING, sizeof SUFFIX_WRITING - 1) == 0)
            drop_abandoned(folder, entry->d_name, &info);
        if (strcmp(suffix, SUFFIX) != 0)
            continue;
        if (cm_grow(&files, &cap, count + 1, sizeof *files) != CM_OK)
            break;
        memcpy(files[count].name, entry->d_name, strlen(entry->d_name) + 1);
        files[count++].used = info.st_mtim;
    }
    closedir(listing);
    if (count > CM_CACHE_FILES_MAX)
        qsort(files, count, sizeof *files, compare_newest);
    for (size_t i = CM_CACHE_FILES_MAX; i < count; i++)
        unlinkat(folder, files[i].name, 0);
    free(files);
}

/* A name that no other writer has, nor one that died; false: no random numbers to be had. */
static bool name_writing(const char *name, char *writing)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        return false;
    snprintf(writing, NAME_MAX_BYTES, "%.*s" SUFFIX_WRITING ".%016llx", (int)KEY_DIGITS, name, (unsigned long long)number);
    return true;
}

static void write_file(int folder, const char *name, const struct header *header, struct cm_span bytes)
{
    char writing[NAME_MAX_BYTES];
    int file = name_writing(name, writing) ? openat(folder, writing, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    if (file < 0)
        return;
    bool written = write_all(file, header, sizeof *header) && write_all(file, bytes.ptr, bytes.len);
    written &= close(file) == 0;
    if (!written || renameat(folder, writing, folder, name) != 0)
        unlinkat(folder, writing, 0);
}

void cm_cache_put(struct cm_hash128 key, struct cm_span bytes)
{
    char name[NAME_MAX_BYTES];
    int folder = bytes.len <= CM_CACHE_BYTES_MAX ? open_folder(true) : -1;
    if (folder < 0)
        return;
    struct header header = {.key = key, .contents = cm_hash128(bytes), .len = bytes.len};
    memcpy(header.magic, magic, sizeof magic);
    name_of(key, name);
    write_file(folder, name, &header, bytes);
    prune(folder);
    close(folder);
}
