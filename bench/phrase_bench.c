/*
 * phrase_bench: the word automaton beside Vectorscan, distinct (turn, phrase)
 * pairs compared phrase by phrase.
 *
 *   phrase_bench [--sizes 50,500,5000] [--kind plain|gapped|prefixes|common] [--runs N] [--no-peer] [--peer-max N] [--json]
 *                [--hits N] [--lexicon DIR] [TURNS]
 *
 * Without --kind: plain, then gapped; --plain and --gapped are short for two of them. --peer-max: sets larger than that are ours alone, for
 * the peer may take minutes to compile them. --json: a line a side, as steps/harness.h has them.
 *
 * --hits: phrases are written on every fifth turn, which is not measured then, and chosen so that there are at most N pairs in a hundred
 * of the others, however many phrases there are. Without it they are written on what is measured, and all are heard.
 *
 * TURNS: a text file, a turn a line; without it, turns are made up. They are
 * folded first, and both sides are timed from the folded bytes on: ours splits
 * words, hashes them, gives them symbols and matches, a turn at a time; the peer
 * scans blocks of 64 KiB.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "match/phrases.h"
#include "phrase_choice.h"
#include "phrase_sets.h"
#include "phrase_split.h"
#ifdef CM_BENCH_VECTORSCAN
#include "phrase_vectorscan.h"
#endif

#define RUNS_MAX 99
#define SIZES_MAX 16
#define MADE_UP_TURNS 200000u
#define WRITTEN_ON 5u /* --hits: one turn in so many */
#define ANY_HITS UINT64_MAX

struct options {
    size_t sizes[SIZES_MAX];
    size_t size_count;
    bool kinds[BENCH_PHRASE_KIND_COUNT];
    bool peer, json;
    size_t peer_max;
    uint64_t hits; /* in a hundred turns */
    int runs;
    const char *lexicon, *file;
};

struct bench {
    struct options options;
    struct cm_lexicon *lexicon;
    struct cm_folder *folder;
    struct cm_arena arena;
    struct cm_diagnostics diagnostics;
    struct bench_turns turns, written_on; /* the latter none without --hits */
    struct cm_token *tokens;
    size_t token_cap;
};

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "phrase_bench: %s\n", what);
    exit(2);
}

/* ---- input ---- */

static void add_turn(struct bench *bench, struct cm_span text)
{
    struct cm_folded folded;
    if (text.len > CM_TEXT_MAX_BYTES)
        return;
    must(cm_fold(bench->folder, text, &folded) == CM_OK, "folding");
    if (folded.count == 0)
        return;
    char *bytes = cm_arena_calloc(&bench->arena, folded.text.len + BENCH_SPLIT_READ_BYTES, 1);
    must(bytes != NULL, "memory");
    memcpy(bytes, folded.text.ptr, folded.text.len);
    bytes[folded.text.len] = '\n';
    struct cm_span copy = {bytes, folded.text.len};
    bool written_on = bench->options.hits != ANY_HITS && (bench->turns.count + bench->written_on.count) % WRITTEN_ON == 0;
    struct bench_turns *turns = written_on ? &bench->written_on : &bench->turns;
    must(cm_grow(&turns->items, &turns->cap, turns->count + 1, sizeof(copy)) == CM_OK, "memory");
    turns->items[turns->count++] = copy;
    turns->bytes += copy.len;
}

/* Words by rank: a common one is drawn often, a rare one seldom, about as in speech. */
static void make_up_turns(struct bench *bench)
{
    static const char *const common[] = {"i",    "you",    "to",   "the",  "a",     "is",    "for",   "it",    "that",  "can",
                                         "do",   "this",   "am",   "be",   "your",  "my",    "of",    "have",  "and",   "in",
                                         "will", "please", "what", "help", "thank", "sorry", "order", "today", "check", "would"};
    uint64_t state = 88172645463325252u;
    char text[400];
    for (size_t i = 0; i < MADE_UP_TURNS; i++) {
        size_t len = 0, count = 3 + (state >> 40) % 16;
        for (size_t j = 0; j < count; j++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            uint64_t rank = (state >> 32) % ((state >> 8) % 20000 + 1) % 3000;
            len += (size_t)(rank < 30 ? snprintf(text + len, sizeof(text) - len, "%s", common[rank])
                                      : snprintf(text + len, sizeof(text) - len, "%c%cor%c", (int)('a' + rank % 26),
                                                 (int)('a' + rank / 26 % 26), (int)('a' + rank / 676)));
            text[len++] = j % 9 == 8 ? '.' : ' ';
            if (j % 9 == 8)
                text[len++] = ' ';
        }
        add_turn(bench, (struct cm_span){text, len});
    }
}

static void read_turns(struct bench *bench)
{
    FILE *file = fopen(bench->options.file, "re");
    char *line = NULL;
    size_t cap = 0;
    must(file != NULL, bench->options.file);
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0;)
        add_turn(bench, (struct cm_span){line, (size_t)len - (line[len - 1] == '\n')});
    free(line);
    fclose(file);
}

/* ---- our side ---- */

static uint64_t scan_all(struct bench *bench, const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, uint32_t *counts)
{
    uint64_t pairs = 0;
    for (size_t i = 0; i < bench->turns.count; i++) {
        struct cm_folded turn = {.tokens = bench->tokens, .text = bench->turns.items[i]};
        const struct cm_phrase_hit *hits;
        uint32_t count;
        turn.count = bench_split(turn.text, bench->tokens);
        must(cm_phrases_find(phrases, scratch, &turn, &hits, &count) == CM_OK, "finding");
        for (uint32_t j = 0; j < count; j++) {
            if (j > 0 && hits[j].id == hits[j - 1].id)
                continue;
            pairs++;
            if (counts)
                counts[hits[j].id]++;
        }
    }
    return pairs;
}

/* ---- one rule set ---- */

struct set {
    const char **texts;
    const struct cm_phrase **phrases;
    uint32_t *ids, *counts, *peer_counts;
    struct cm_phrases *automaton;
    struct cm_phrase_scratch *scratch;
    double compile_s, peer_compile_s;
    struct times {
        double wall[RUNS_MAX], cpu[RUNS_MAX]; /* seconds of a run */
    } ours, theirs;
    uint64_t pairs, peer_pairs;
};

/* set->texts, each compiled by itself. */
static void parse_set(struct bench *bench, struct set *set, size_t count)
{
    struct cm_phrase_parser parser = {
        .lexicon = bench->lexicon, .folder = bench->folder, .arena = &bench->arena, .diagnostics = &bench->diagnostics};
    set->phrases = cm_arena_calloc(&bench->arena, count, sizeof(*set->phrases));
    set->ids = cm_arena_calloc(&bench->arena, count, sizeof(*set->ids));
    set->counts = cm_arena_calloc(&bench->arena, count, sizeof(*set->counts));
    set->peer_counts = cm_arena_calloc(&bench->arena, count, sizeof(*set->peer_counts));
    must(set->phrases && set->ids && set->counts && set->peer_counts, "memory");
    for (size_t i = 0; i < count; i++) {
        struct cm_phrase *phrase = cm_arena_alloc(&bench->arena, sizeof(*phrase));
        struct cm_place place = {"set", (uint32_t)i + 1, 1, 1};
        must(phrase && cm_phrase_parse(&parser, cm_span_of(set->texts[i]), place, phrase) == CM_OK, set->texts[i]);
        set->phrases[i] = phrase;
        set->ids[i] = (uint32_t)i;
    }
}

static void compile_set(struct bench *bench, struct set *set, size_t count)
{
    parse_set(bench, set, count);
    double begin = seconds(CLOCK_MONOTONIC);
    must(cm_phrases_new(set->phrases, set->ids, count, &set->automaton) == CM_OK, "compiling");
    set->compile_s = seconds(CLOCK_MONOTONIC) - begin;
    must(cm_phrase_scratch_new(set->automaton, &set->scratch) == CM_OK, "memory");
    set->pairs = scan_all(bench, set->automaton, set->scratch, set->counts);
}

static void free_set(struct set *set)
{
    cm_phrase_scratch_free(set->scratch);
    cm_phrases_free(set->automaton);
}

static const char **draw_texts(struct bench *bench, size_t count, enum bench_phrase_kind kind, size_t seed)
{
    const char **texts = bench_phrase_set(bench->written_on.count ? &bench->written_on : &bench->turns, count, kind, seed, &bench->arena);
    must(texts != NULL, "the input is too small for so many phrases");
    return texts;
}

/* Those of more phrases that are heard as often as --hits says. */
static const char **choose_texts(struct bench *bench, size_t count, enum bench_phrase_kind kind)
{
    size_t drawn = count * BENCH_CHOICE_DRAWN;
    struct set all = {.texts = draw_texts(bench, drawn, kind, count)};
    const char **texts = cm_arena_calloc(&bench->arena, count, sizeof(*texts));
    size_t *chosen = cm_arena_calloc(&bench->arena, count, sizeof(*chosen));
    must(texts && chosen, "memory");
    compile_set(bench, &all, drawn);
    must(bench_choose(all.counts, drawn, bench->options.hits * bench->turns.count / 100, count, chosen), "no set has so few --hits");
    for (size_t i = 0; i < count; i++)
        texts[i] = all.texts[chosen[i]];
    free_set(&all);
    return texts;
}

static int compare_doubles(const void *a, const void *b)
{
    double left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static double median(const double *values, int count)
{
    double sorted[RUNS_MAX];
    memcpy(sorted, values, (size_t)count * sizeof(*sorted));
    qsort(sorted, (size_t)count, sizeof(*sorted), compare_doubles);
    return sorted[count / 2];
}

static double mb_s(const struct bench *bench, const struct times *times)
{
    return (double)bench->turns.bytes / 1e6 / median(times->wall, bench->options.runs);
}

static void print_times(const char *key, const double *values, int count)
{
    printf(", \"%s\": [", key);
    for (int i = 0; i < count; i++)
        printf("%s%.9f", i ? ", " : "", values[i]);
    printf("]");
}

/* check: all counts, by phrase. */
static void print_side(const struct bench *bench, const char *side, const char *kind, size_t count, const struct times *times,
                       uint64_t pairs, double compile_s, const uint32_t *counts)
{
    double turns = (double)bench->turns.count;
    int runs = bench->options.runs;
    uint64_t check = 0;
    for (size_t i = 0; i < count; i++)
        check += counts[i] * (i + 1);
    printf(
        "{\"step\": \"phrase\", \"side\": \"%s\", \"kind\": \"%s\", \"phrases\": %zu, \"unit\": \"turn\", \"units\": %zu, \"bytes\": %zu",
        side, kind, count, bench->turns.count, bench->turns.bytes);
    print_times("wall_s", times->wall, runs);
    print_times("cpu_s", times->cpu, runs);
    double wall = median(times->wall, runs), cpu = median(times->cpu, runs);
    printf(", \"ns_per_unit\": %.2f, \"cpu_ns_per_unit\": %.2f, \"units_per_s\": %.0f, \"mb_per_s\": %.2f", wall * 1e9 / turns,
           cpu * 1e9 / turns, turns / wall, mb_s(bench, times));
    printf(", \"hits_per_turn\": %.4f", (double)pairs / turns);
    printf(", \"compile_s\": %.6f, \"reference\": false, \"excusable\": true, \"counted\": \"pairs\", \"found\": %llu, \"check\": "
           "\"%016llx\"}\n",
           compile_s, (unsigned long long)pairs, (unsigned long long)check);
}

static bool report(struct bench *bench, struct set *set, size_t count, const char *kind, bool peer)
{
    bool equal = true;
    for (size_t i = 0; i < count && peer; i++) {
        if (set->counts[i] == set->peer_counts[i])
            continue;
        if (equal)
            fprintf(stderr, "counts differ, first: \"%s\": %u against %u\n", set->texts[i], set->counts[i], set->peer_counts[i]);
        equal = false;
    }
    double ours = mb_s(bench, &set->ours), theirs = peer ? mb_s(bench, &set->theirs) : 0;
    if (bench->options.json) {
        print_side(bench, "ours", kind, count, &set->ours, set->pairs, set->compile_s, set->counts);
        if (peer)
            print_side(bench, "Vectorscan, 64 KiB", kind, count, &set->theirs, set->peer_pairs, set->peer_compile_s, set->peer_counts);
    } else {
        printf("%-8s %6zu %9.1f %9.1f %8.2f %10llu %10llu %-6s %9.4f %9.2f\n", kind, count, ours, theirs, peer ? ours / theirs : 0,
               (unsigned long long)set->pairs, (unsigned long long)set->peer_pairs, equal ? "equal" : "DIFFER", set->compile_s,
               set->peer_compile_s);
    }
    fflush(stdout);
    return equal;
}

static void begin_run(struct times *times, int run)
{
    times->wall[run] = -seconds(CLOCK_MONOTONIC);
    times->cpu[run] = -seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void end_run(struct times *times, int run)
{
    times->wall[run] += seconds(CLOCK_MONOTONIC);
    times->cpu[run] += seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static bool measure(struct bench *bench, size_t count, enum bench_phrase_kind kind)
{
    static const char *const kinds[] = {
#define X(name, text) text,
        BENCH_PHRASE_KINDS(X)
#undef X
    };
    struct set set = {0};
    bool peer = false;
    set.texts = bench->options.hits == ANY_HITS ? draw_texts(bench, count, kind, count) : choose_texts(bench, count, kind);
    compile_set(bench, &set, count);
#ifdef CM_BENCH_VECTORSCAN
    struct bench_peer *vectorscan = NULL;
    double begin = seconds(CLOCK_MONOTONIC);
    peer = bench->options.peer && count <= bench->options.peer_max;
    if (peer)
        vectorscan = bench_peer_new(set.phrases, count, &bench->turns);
    must(!peer || vectorscan, "no peer");
    set.peer_compile_s = seconds(CLOCK_MONOTONIC) - begin;
    if (peer)
        set.peer_pairs = bench_peer_scan(vectorscan, set.peer_counts);
#endif
    for (int run = 0; run < bench->options.runs; run++) {
        begin_run(&set.ours, run);
        scan_all(bench, set.automaton, set.scratch, NULL);
        end_run(&set.ours, run);
#ifdef CM_BENCH_VECTORSCAN
        begin_run(&set.theirs, run);
        if (peer)
            bench_peer_scan(vectorscan, NULL);
        end_run(&set.theirs, run);
#endif
    }
    bool equal = report(bench, &set, count, kinds[kind], peer);
#ifdef CM_BENCH_VECTORSCAN
    bench_peer_free(vectorscan);
#endif
    free_set(&set);
    return equal;
}

static void choose_kind(struct options *options, const char *name)
{
#define X(kind, text)                                                                                                                      \
    if (!strcmp(name, text)) {                                                                                                             \
        options->kinds[BENCH_PHRASES_##kind] = true;                                                                                       \
        return;                                                                                                                            \
    }
    BENCH_PHRASE_KINDS(X)
#undef X
    must(false, "--kind is plain, gapped, prefixes or common");
}

static void read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {{"sizes", required_argument, NULL, 's'},
                                          {"plain", no_argument, NULL, 'p'},
                                          {"gapped", no_argument, NULL, 'g'},
                                          {"kind", required_argument, NULL, 'k'},
                                          {"runs", required_argument, NULL, 'r'},
                                          {"no-peer", no_argument, NULL, 'n'},
                                          {"peer-max", required_argument, NULL, 'm'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"lexicon", required_argument, NULL, 'l'},
                                          {"hits", required_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *sizes = "50,100,500,550,5000,10000";
    *options = (struct options){.peer = true, .peer_max = SIZE_MAX, .hits = ANY_HITS, .runs = 5, .lexicon = CM_SOURCE_DIR "/rules/lexicon"};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 's':
            sizes = optarg;
            break;
        case 'p':
            choose_kind(options, "plain");
            break;
        case 'g':
            choose_kind(options, "gapped");
            break;
        case 'k':
            choose_kind(options, optarg);
            break;
        case 'm':
            options->peer_max = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options->runs = (int)strtol(optarg, NULL, 10);
            break;
        case 'n':
            options->peer = false;
            break;
        case 'h':
            options->hits = strtoul(optarg, NULL, 10);
            break;
        case 'j':
            options->json = true;
            break;
        case 'l':
            options->lexicon = optarg;
            break;
        default:
            exit(2);
        }
    }
    must(options->runs > 0 && options->runs <= RUNS_MAX, "--runs is 1 to 99");
    for (char *end; *sizes && options->size_count < SIZES_MAX; sizes = *end ? end + 1 : end) {
        options->sizes[options->size_count++] = strtoul(sizes, &end, 10);
        must(end > sizes && options->sizes[options->size_count - 1] > 0, "--sizes is a list of numbers");
    }
    bool any = false;
    for (size_t i = 0; i < BENCH_PHRASE_KIND_COUNT; i++)
        any |= options->kinds[i];
    if (!any)
        options->kinds[BENCH_PHRASES_PLAIN] = options->kinds[BENCH_PHRASES_GAPPED] = true;
    options->file = optind < argc ? argv[optind] : NULL;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bool equal = true;
    read_options(&bench.options, argc, argv);
    if (cm_lexicon_load(bench.options.lexicon, &bench.diagnostics, &bench.lexicon) != CM_OK) {
        cm_diagnostics_print(&bench.diagnostics, stderr, false);
        return 2;
    }
    must(cm_folder_new(bench.lexicon, &bench.folder) == CM_OK, "memory");
    if (bench.options.file)
        read_turns(&bench);
    else
        make_up_turns(&bench);
    must(cm_grow(&bench.tokens, &bench.token_cap, CM_TEXT_MAX_BYTES, sizeof(*bench.tokens)) == CM_OK, "memory");
    if (!bench.options.json)
        printf("%zu turns, %.1f bytes a turn\n%-8s %6s %9s %9s %8s %10s %10s %-6s %9s %9s\n", bench.turns.count,
               (double)bench.turns.bytes / (double)(bench.turns.count + !bench.turns.count), "kind", "rules", "MB/s", "peer MB/s", "ratio",
               "pairs", "peer", "", "compile s", "peer s");
    for (unsigned kind = 0; kind < BENCH_PHRASE_KIND_COUNT; kind++)
        for (size_t i = 0; i < bench.options.size_count && bench.options.kinds[kind]; i++)
            equal &= measure(&bench, bench.options.sizes[i], (enum bench_phrase_kind)kind);
    free(bench.turns.items);
    free(bench.written_on.items);
    free(bench.tokens);
    cm_folder_free(bench.folder);
    cm_lexicon_free(bench.lexicon);
    cm_arena_free(&bench.arena);
    cm_diagnostics_free(&bench.diagnostics);
    return equal ? 0 : 1;
}
