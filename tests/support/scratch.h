/* A folder of its own for a test, removed at the end: files to read and to write. */
#ifndef CM_TEST_SCRATCH_H
#define CM_TEST_SCRATCH_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
    char folder[64];
};

static inline bool scratch_make(struct scratch *scratch)
{
    snprintf(scratch->folder, sizeof scratch->folder, "/tmp/caremeter-test-XXXXXX");
    return mkdtemp(scratch->folder) != NULL;
}

static inline int scratch_remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
    nftw(scratch->folder, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the folder; the caller frees it. */
static inline char *scratch_path(const struct scratch *scratch, const char *name)
{
    size_t room = strlen(scratch->folder) + strlen(name) + 2;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s/%s", scratch->folder, name);
    return path;
}

/* Write a file; its path, which the caller frees. */
static inline char *scratch_file(const struct scratch *scratch, const char *name, const void *bytes, size_t len)
{
    char *path = scratch_path(scratch, name);
    FILE *file = path ? fopen(path, "wb") : NULL;
    bool good = file && fwrite(bytes, 1, len, file) == len;
    if (file && fclose(file) != 0)
        good = false;
    if (good)
        return path;
    free(path);
    return NULL;
}

/* The whole of a file, with a NUL behind it that *len does not count; NULL where there is none. The caller frees it. */
static inline char *scratch_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0)
        return NULL;
    char *bytes = malloc((size_t)about.st_size + 1);
    *len = bytes ? fread(bytes, 1, (size_t)about.st_size, file) : 0;
    if (bytes)
        bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

#endif
