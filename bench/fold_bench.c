/*
 * fold_bench LEXICON FILE [ROUNDS]: how fast text is folded, a line a turn.
 *
 * Prints the median of the rounds in MB/s of text and ns a turn, with the
 * counts that every round must agree on. CAREMETER_SIMD names the level of
 * vector instructions. One thread, warm caches: the file stays in memory, and
 * so do the lexicon's hot words, as they do in a worker.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/simd.h"
#include "text/fold.h"

#define ROUNDS_DEFAULT 9
#define ROUNDS_MAX 99

struct totals {
    uint64_t turns, tokens, bytes, folded, sum;
};

static double now_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct lines {
    struct cm_span *items;
    size_t count, cap;
};

static int split(struct cm_span text, struct lines *lines)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct cm_span line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        if (cm_grow(&lines->items, &lines->cap, lines->count + 1, sizeof(line)) != CM_OK)
            return -1;
        lines->items[lines->count++] = line;
        size_t taken = line.len + (end ? 1 : 0);
        text = (struct cm_span){text.ptr + taken, text.len - taken};
    }
    return 0;
}

static int fold_all(struct cm_folder *folder, const struct lines *lines, struct totals *totals)
{
    *totals = (struct totals){.turns = lines->count};
    for (size_t l = 0; l < lines->count; l++) {
        struct cm_folded folded;
        if (cm_fold(folder, lines->items[l], &folded) != CM_OK)
            return -1;
        totals->bytes += lines->items[l].len;
        totals->tokens += folded.count;
        totals->folded += folded.text.len;
        for (uint32_t i = 0; i < folded.count; i++)
            totals->sum += folded.tokens[i].hash ^ folded.tokens[i].start ^ (uint64_t)folded.tokens[i].flags << 32;
    }
    return 0;
}

static int read_all(const char *path, struct cm_buffer *contents)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return -1;
    size_t got;
    do {
        if (!cm_buffer_reserve(contents, 1 << 20))
            break;
        got = fread(contents->ptr + contents->len, 1, 1 << 20, file);
        contents->len += got;
    } while (got > 0);
    fclose(file);
    return cm_buffer_status(contents) == CM_OK ? 0 : -1;
}

static int measure(struct cm_folder *folder, const struct lines *lines, long rounds)
{
    double seconds[ROUNDS_MAX];
    struct totals first, totals;
    if (fold_all(folder, lines, &first) != 0)
        return 1;
    for (long i = 0; i < rounds; i++) {
        double start = now_seconds();
        if (fold_all(folder, lines, &totals) != 0)
            return 1;
        seconds[i] = now_seconds() - start;
        if (totals.sum != first.sum || totals.tokens != first.tokens)
            return 1;
    }
    qsort(seconds, (size_t)rounds, sizeof(seconds[0]), compare_doubles);
    double median = seconds[rounds / 2];
    printf("fold: %.0f MB/s, %.0f ns a turn (best %.0f MB/s)\n", (double)first.bytes / median / 1e6, median * 1e9 / (double)first.turns,
           (double)first.bytes / seconds[0] / 1e6);
    printf("turns %" PRIu64 ", bytes %" PRIu64 ", tokens %" PRIu64 ", folded bytes %" PRIu64 ", check %016" PRIx64 "\n", first.turns,
           first.bytes, first.tokens, first.folded, first.sum);
    return 0;
}

int main(int argc, char **argv)
{
    int result = 2;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_buffer contents = CM_BUFFER_EMPTY;
    struct lines lines = {0};
    struct cm_lexicon *lexicon = NULL;
    struct cm_folder *folder = NULL;
    long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : ROUNDS_DEFAULT;
    if (argc < 3 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: fold_bench LEXICON FILE [ROUNDS]\n");
        return 2;
    }
    if (cm_simd_use(getenv("CAREMETER_SIMD")) != CM_OK) {
        fprintf(stderr, "fold_bench: CAREMETER_SIMD names no level that is here\n");
        return 2;
    }
    if (cm_lexicon_load(argv[1], &diagnostics, &lexicon) != CM_OK || cm_folder_new(lexicon, &folder) != CM_OK) {
        cm_diagnostics_print(&diagnostics, stderr, false);
        goto out;
    }
    if (read_all(argv[2], &contents) != 0 || split(cm_buffer_view(&contents), &lines) != 0) {
        perror(argv[2]);
        goto out;
    }
    result = measure(folder, &lines, rounds);
out:
    cm_folder_free(folder);
    cm_lexicon_free(lexicon);
    cm_buffer_free(&contents);
    free(lines.items);
    cm_diagnostics_free(&diagnostics);
    return result;
}
