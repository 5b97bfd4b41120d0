/*
 * steps: one step of scoring alone, beside whoever else can do it.
 *
 *   steps STEP [--pack PACK] [--rules N] [--units N] [--runs N] ARCHIVE
 *
 * STEP: decode, fold, words, phrase, regex, scan, judge. ARCHIVE: uncompressed
 * NDJSON, read into memory first. Prints a line of JSON a side (harness.h). Exit
 * code 1: sides differ; 2: it could not be measured.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "base/simd.h"
#include "harness.h"

struct named {
    const char *name;
    void (*open)(const struct bench_step_options *options, struct bench_archive *archive, struct bench_step *step);
};

static const struct named steps[] = {{"decode", bench_step_decode}, {"fold", bench_step_fold},   {"words", bench_step_words},
                                     {"phrase", bench_step_phrase}, {"regex", bench_step_regex}, {"scan", bench_step_scan},
                                     {"judge", bench_step_judge}};

static void usage(void)
{
    fputs("usage: steps decode|fold|words|phrase|regex|scan|judge [--pack PACK] [--rules N] [--units N] [--runs N] ARCHIVE\n", stderr);
    exit(2);
}

static size_t number_of(const char *text, size_t least, size_t most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end || value < least || value > most)
        usage();
    return value;
}

static const struct named *find(const char *name)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!strcmp(steps[i].name, name))
            return &steps[i];
    usage();
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"pack", required_argument, NULL, 'p'},
                                          {"rules", required_argument, NULL, 'r'},
                                          {"units", required_argument, NULL, 'u'},
                                          {"runs", required_argument, NULL, 'n'},
                                          {NULL, 0, NULL, 0}};
    struct bench_step_options options = {.pack = CM_PACK_DEFAULT};
    static struct bench_archive archive;
    struct bench_step step = {0};
    int runs = 5;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'p':
            options.pack = optarg;
            break;
        case 'r':
            options.rules = number_of(optarg, 1, 1000000);
            break;
        case 'u':
            options.units = number_of(optarg, 1, SIZE_MAX);
            break;
        case 'n':
            runs = (int)number_of(optarg, 1, BENCH_RUNS_MAX);
            break;
        default:
            usage();
        }
    }
    if (optind + 2 != argc)
        usage();
    const struct named *named = find(argv[optind]);
    bench_must(cm_simd_use(getenv("CAREMETER_SIMD")) == CM_OK,
               "CAREMETER_SIMD names no level of this machine"); /* as the program itself does */
    bench_archive_read(&archive, argv[optind + 1]);
    named->open(&options, &archive, &step);
    bool good = bench_measure(named->name, &step, runs);
    bench_archive_free(&archive);
    return good ? 0 : 1;
}
