/*
 * make_pack: a pack with as many phrases as one asks for, to measure with. The
 * phrases are phrase_sets.h's, one a cue, heard from anybody; ten cues make a
 * behaviour, so that there is something to judge, too.
 *
 *   make_pack --lexicon DIR --turns FILE --count N [--gapped] --out DIR
 *
 * FILE: texts, a turn a line. The same arguments give the same bytes.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "phrase_sets.h"

#define CUES_PER_BEHAVIOUR ((size_t)10)

struct arguments {
    const char *lexicon, *turns, *out;
    size_t count;
    bool gapped;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "make_pack: %s\n", what);
    exit(2);
}

static void add_turn(struct bench_turns *turns, struct cm_folder *folder, struct cm_arena *arena, struct cm_span text)
{
    struct cm_folded folded;
    if (text.len > CM_TEXT_MAX_BYTES)
        return;
    must(cm_fold(folder, text, &folded) == CM_OK, "folding");
    if (folded.count == 0)
        return;
    struct cm_span copy = cm_arena_copy(arena, folded.text);
    must(copy.ptr && cm_grow(&turns->items, &turns->cap, turns->count + 1, sizeof(copy)) == CM_OK, "memory");
    turns->items[turns->count++] = copy;
    turns->bytes += copy.len;
}

static void read_turns(const struct arguments *arguments, struct bench_turns *turns, struct cm_arena *arena)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    struct cm_lexicon *lexicon = NULL;
    struct cm_folder *folder = NULL;
    if (cm_lexicon_load(arguments->lexicon, &diagnostics, &lexicon) != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    must(lexicon != NULL, arguments->lexicon);
    must(cm_folder_new(lexicon, &folder) == CM_OK, "memory");
    FILE *file = fopen(arguments->turns, "re");
    must(file != NULL, arguments->turns);
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0;)
        add_turn(turns, folder, arena, (struct cm_span){line, (size_t)len - (line[len - 1] == '\n')});
    free(line);
    fclose(file);
    cm_folder_free(folder);
    cm_lexicon_free(lexicon);
    cm_diagnostics_free(&diagnostics);
}

/* Examples must be there, and are tried by `rules test` alone. */
static void put_cue(FILE *out, size_t number, const char *phrase)
{
    fprintf(out, "  - {id: set.c%zu, speaker: [agent, customer, bot], why: Drawn, hit: [drawn], miss: [undrawn], phrases: [\"%s\"]}\n",
            number, phrase);
}

/* Every other behaviour is always due, the others are a bonus: misses are judged as well as hits. */
static void put_behaviour(FILE *out, size_t number, size_t count)
{
    size_t first = number * CUES_PER_BEHAVIOUR, end = first + CUES_PER_BEHAVIOUR;
    bool bonus = number % 2;
    fprintf(out, "  - id: %s.b%zu\n    dimension: %s\n    kind: %s\n    title: Cues %zu on\n    met_by: [", bonus ? "more" : "due", number,
            bonus ? "more" : "due", bonus ? "bonus" : "expected", first);
    for (size_t i = first; i < end && i < count; i++)
        fprintf(out, "%sset.c%zu", i > first ? ", " : "", i);
    fprintf(out, "]\n%s", bonus ? "    points: 5\n" : "");
}

static void put_pack(const struct arguments *arguments, const char **phrases)
{
    struct cm_buffer path = CM_BUFFER_EMPTY;
    mkdir(arguments->out, 0777);
    cm_buffer_printf(&path, "%s/pack.yaml", arguments->out);
    cm_buffer_byte(&path, '\0');
    must(cm_buffer_status(&path) == CM_OK, "memory");
    FILE *out = fopen(path.ptr, "we");
    must(out != NULL, path.ptr);
    fputs("pack: set\nversion: 1.0.0\ndimensions:\n  due: {weight: 60}\n  more: {weight: 40}\ncues:\n", out);
    for (size_t i = 0; i < arguments->count; i++)
        put_cue(out, i, phrases[i]);
    fputs("behaviours:\n", out);
    for (size_t i = 0; i * CUES_PER_BEHAVIOUR < arguments->count; i++)
        put_behaviour(out, i, arguments->count);
    must(!ferror(out) && fclose(out) == 0, "cannot write");
    cm_buffer_free(&path);
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"lexicon", 1, NULL, 'l'}, {"turns", 1, NULL, 't'}, {"count", 1, NULL, 'n'},
                                            {"gapped", 0, NULL, 'g'},  {"out", 1, NULL, 'o'},   {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'l':
            arguments->lexicon = optarg;
            break;
        case 't':
            arguments->turns = optarg;
            break;
        case 'n':
            arguments->count = strtoul(optarg, NULL, 10);
            break;
        case 'g':
            arguments->gapped = true;
            break;
        case 'o':
            arguments->out = optarg;
            break;
        default:
            exit(2);
        }
    }
    must(arguments->lexicon && arguments->turns && arguments->count && arguments->out,
         "usage: make_pack --lexicon DIR --turns FILE --count N [--gapped] --out DIR");
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct bench_turns turns = {0};
    struct cm_arena arena = CM_ARENA_EMPTY;
    parse(argc, argv, &arguments);
    read_turns(&arguments, &turns, &arena);
    const char **phrases =
        bench_phrase_set(&turns, arguments.count, arguments.gapped ? BENCH_PHRASES_GAPPED : BENCH_PHRASES_PLAIN, arguments.count, &arena);
    must(phrases != NULL, "the input is too small for so many phrases");
    put_pack(&arguments, phrases);
    free(turns.items);
    cm_arena_free(&arena);
    return 0;
}
