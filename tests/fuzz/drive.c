/*
 * drive: a fuzz target without a fuzzer. Runs every file of a corpus, then a
 * fixed number of mutations of them from a fixed seed, so that each run does the
 * same. An input that fails is left in crash-input.bin.
 *
 *   replay_NAME RUNS FOLDER [SEED]
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Seeds and what becomes of them stay small: speed is worth more than size. */
#define INPUT_MAX_BYTES ((size_t)64 * 1024)
#define SEEDS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
    char name[256];
    uint8_t *bytes;
    size_t len;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;
static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
/* the input at hand, for the signal handler */
static const uint8_t *volatile current;
static volatile size_t current_len;

static void keep_input(int number)
{
    FILE *file = fopen("crash-input.bin", "wb"); /* not safe in a handler, but the process is lost anyway */
    if (file) {
        fwrite(current, 1, current_len, file);
        fclose(file);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % limit);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

static bool load_file(const char *folder, const char *name)
{
    char path[4096];
    struct seed *seed = &seeds[seed_count];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    seed->bytes = malloc(INPUT_MAX_BYTES);
    seed->len = seed->bytes ? fread(seed->bytes, 1, INPUT_MAX_BYTES, file) : 0;
    fclose(file);
    snprintf(seed->name, sizeof seed->name, "%s", name);
    seed_count++;
    return seed->bytes != NULL;
}

static bool load_folder(const char *folder)
{
    DIR *stream = opendir(folder);
    if (!stream)
        return false;
    bool good = true;
    for (const struct dirent *entry; good && (entry = readdir(stream));)
        if (entry->d_name[0] != '.' && seed_count < SEEDS_MAX)
            good = load_file(folder, entry->d_name);
    closedir(stream);
    qsort(seeds, seed_count, sizeof *seeds, compare_names); /* folders have no order of their own */
    return good && seed_count > 0;
}

/* On a copy of just its size, so that a sanitizer sees every byte read too far. */
static void run(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        exit(2);
    memcpy(copy, bytes, len);
    current = copy;
    current_len = len;
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static size_t mutate(uint8_t *bytes, size_t len)
{
    size_t at = len ? below((uint32_t)len) : 0, span = len ? 1 + below((uint32_t)(len - at < 32 ? len - at : 32)) : 0;
    const struct seed *other = &seeds[below((uint32_t)seed_count)];
    switch (below(7)) {
    case 0:
        if (len)
            bytes[at] = (uint8_t)below(256);
        return len;
    case 1:
        if (len)
            bytes[at] ^= (uint8_t)(1u << below(8));
        return len;
    case 2: /* leave out */
        memmove(bytes + at, bytes + at + span, len - at - span);
        return len - span;
    case 3: /* twice */
        if (len + span > INPUT_MAX_BYTES)
            return len;
        memmove(bytes + at + span, bytes + at, len - at);
        return len + span;
    case 4: /* cut off */
        return at;
    case 5: /* a piece of another seed over this one */
        if (other->len && len) {
            size_t from = below((uint32_t)other->len), most = other->len - from < len - at ? other->len - from : len - at;
            memcpy(bytes + at, other->bytes + from, most);
        }
        return len;
    default: /* the other seed behind it */
        if (len + other->len > INPUT_MAX_BYTES)
            return len;
        memcpy(bytes + len, other->bytes, other->len);
        return len + other->len;
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s RUNS FOLDER [SEED]\n", argv[0]);
        return 2;
    }
    unsigned long runs = strtoul(argv[1], NULL, 10);
    if (argc > 3)
        state = strtoull(argv[3], NULL, 10) | 1;
    if (!load_folder(argv[2])) {
        fprintf(stderr, "%s: no seeds in %s\n", argv[0], argv[2]);
        return 2;
    }
    signal(SIGABRT, keep_input);
    signal(SIGSEGV, keep_input);
    uint8_t *bytes = malloc(INPUT_MAX_BYTES);
    if (!bytes)
        return 2;
    for (size_t i = 0; i < seed_count; i++)
        run(seeds[i].bytes, seeds[i].len);
    for (unsigned long i = 0; i < runs; i++) {
        const struct seed *seed = &seeds[below((uint32_t)seed_count)];
        size_t len = seed->len;
        memcpy(bytes, seed->bytes, len);
        for (uint32_t n = 1 + below(4); n; n--)
            len = mutate(bytes, len);
        run(bytes, len);
    }
    printf("%zu seeds, %lu mutations\n", seed_count, runs);
    free(bytes);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].bytes);
    return 0;
}
