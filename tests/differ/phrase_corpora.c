/*
 * The word automaton against its oracle on real conversations: every phrase of
 * rules/customer-care over turns of ../shared/corpora, where that is there.
 *
 *   CM_DIFFER_TURNS=100000 tests/differ/phrase_corpora
 */
#include <dirent.h>
#include <zstd.h>

#include "base/buffer.h"
#include "event/decode.h"
#include "match/oracle.h"
#include "match/phrases.h"
#include "ruleset/ruleset.h"
#include "tiny.h"

/* Turns of each corpus in CI: a few seconds in all. */
#define TURNS (300u / CM_CASES_PART)
#define CORPORA CM_SOURCE_DIR "/../shared/corpora"

struct corpora {
    struct tiny tiny;
    struct cm_ruleset *ruleset;
    const struct cm_phrase **phrases;
    struct cm_oracle **oracles;
    uint32_t *ids;
    size_t count;
    struct cm_phrases *automaton;
    struct cm_phrase_scratch *scratch;

    struct cm_phrase_hit *expected;
    size_t expected_cap;
    unsigned long turns_wanted, turns, hits, files;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void build(struct corpora *corpora)
{
    struct tiny *tiny = &corpora->tiny;
    if (cm_ruleset_load(CM_SOURCE_DIR "/rules/customer-care", NULL, 0, tiny->lexicon, &tiny->diagnostics, &corpora->ruleset) != CM_OK) {
        cm_diagnostics_print(&tiny->diagnostics, stderr, false);
        exit(1);
    }
    for (uint32_t i = 0; i < corpora->ruleset->cue_count; i++)
        corpora->count += corpora->ruleset->cues[i].phrase_count;
    corpora->phrases = calloc(corpora->count + 1, sizeof(*corpora->phrases));
    corpora->oracles = calloc(corpora->count + 1, sizeof(struct cm_oracle *));
    corpora->ids = calloc(corpora->count + 1, sizeof(*corpora->ids));
    must(corpora->phrases && corpora->oracles && corpora->ids, "memory");
    uint32_t at = 0;
    for (uint32_t i = 0; i < corpora->ruleset->cue_count; i++)
        for (uint32_t j = 0; j < corpora->ruleset->cues[i].phrase_count; j++, at++) {
            corpora->phrases[at] = &corpora->ruleset->cues[i].phrases[j].phrase;
            corpora->ids[at] = at;
            must(cm_oracle_new(corpora->phrases[at], &corpora->oracles[at]) == CM_OK, "a phrase without an oracle");
        }
    must(cm_phrases_new(corpora->phrases, corpora->ids, corpora->count, &corpora->automaton) == CM_OK, "phrases");
    must(cm_phrase_scratch_new(corpora->automaton, &corpora->scratch) == CM_OK, "scratch");
}

static void compare(struct corpora *corpora, struct cm_span text)
{
    struct cm_folded turn;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    size_t expected = 0;
    must(cm_fold(corpora->tiny.folder, text, &turn) == CM_OK, "fold");
    must(cm_phrases_find(corpora->automaton, corpora->scratch, &turn, &hits, &count) == CM_OK, "find");
    for (size_t i = 0; i < corpora->count; i++)
        must(cm_oracle_find(corpora->oracles[i], &turn, (uint32_t)i, &corpora->expected, &expected, &corpora->expected_cap) == CM_OK,
             "oracle");
    for (size_t i = 0; i < expected || i < count; i++) {
        if (i < expected && i < count && memcmp(&hits[i], &corpora->expected[i], sizeof(*hits)) == 0)
            continue;
        const struct cm_phrase_hit *hit =
            i >= count || (i < expected && corpora->expected[i].id < hits[i].id) ? &corpora->expected[i] : &hits[i];
        struct cm_span source = corpora->phrases[hit->id]->source;
        fprintf(stderr, "DIFFERENT: \"%.*s\" at %u-%u (%u hits against %zu) in: %.*s\n", (int)source.len, source.ptr, hit->first, hit->end,
                count, expected, (int)text.len, text.ptr);
        exit(1);
    }
    corpora->turns++;
    corpora->hits += count;
}

static bool read_file(const char *path, struct cm_buffer *out)
{
    FILE *file = fopen(path, "rbe");
    char in[65536], raw[131072];
    if (!file)
        return false;
    ZSTD_DStream *stream = ZSTD_createDStream();
    must(stream != NULL, "memory");
    for (size_t got; (got = fread(in, 1, sizeof(in), file)) > 0;) {
        ZSTD_inBuffer input = {in, got, 0};
        while (input.pos < input.size) {
            ZSTD_outBuffer output = {raw, sizeof(raw), 0};
            must(!ZSTD_isError(ZSTD_decompressStream(stream, &output, &input)), path);
            cm_buffer_append(out, raw, output.pos);
        }
    }
    ZSTD_freeDStream(stream);
    fclose(file);
    must(cm_buffer_status(out) == CM_OK, "memory");
    return true;
}

/* Turns evenly from all over the file. */
static void run_file(struct corpora *corpora, const char *path)
{
    struct cm_buffer bytes = CM_BUFFER_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    if (read_file(path, &bytes)) {
        size_t lines = 0, line = 0, step;
        for (size_t i = 0; i < bytes.len; i++)
            lines += bytes.ptr[i] == '\n';
        step = lines / corpora->turns_wanted + 1;
        for (size_t at = 0; at < bytes.len; line++) {
            const char *end = memchr(bytes.ptr + at, '\n', bytes.len - at);
            size_t len = end ? (size_t)(end - bytes.ptr) - at : bytes.len - at;
            struct cm_event event;
            struct cm_decoded decoded;
            if (line % step == 0 && len > 0) {
                cm_arena_reset(&arena);
                must(cm_decode(&arena, (struct cm_span){bytes.ptr + at, len}, &event, &decoded) == CM_OK, "decode");
                if (decoded.reject == CM_REJECT_NONE && event.text.ptr)
                    compare(corpora, event.text);
            }
            at += len + 1;
        }
        corpora->files++;
    }
    cm_arena_free(&arena);
    cm_buffer_free(&bytes);
}

int main(void)
{
    static struct corpora corpora;
    const char *turns = getenv("CM_DIFFER_TURNS");
    DIR *folder = opendir(CORPORA);
    if (!folder) {
        printf("skipped: no %s\n", CORPORA);
        return 0;
    }
    corpora.turns_wanted = turns ? strtoul(turns, NULL, 10) : TURNS;
    must(tiny_open(&corpora.tiny, CM_SOURCE_DIR "/rules/lexicon"), "lexicon");
    build(&corpora);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        for (int i = 0; i < 2 && entry->d_name[0] != '.'; i++) {
            snprintf(path, sizeof(path), CORPORA "/%s/%s.ndjson.zst", entry->d_name, i ? "events" : "dev");
            run_file(&corpora, path);
        }
    }
    closedir(folder);
    printf("%zu phrases, %lu turns of %lu files, %lu hits, equal\n", corpora.count, corpora.turns, corpora.files, corpora.hits);
    for (size_t i = 0; i < corpora.count; i++)
        cm_oracle_free(corpora.oracles[i]);
    cm_phrase_scratch_free(corpora.scratch);
    cm_phrases_free(corpora.automaton);
    cm_ruleset_free(corpora.ruleset);
    free(corpora.phrases);
    free(corpora.oracles);
    free(corpora.ids);
    free(corpora.expected);
    tiny_close(&corpora.tiny);
    return corpora.hits > 0 || corpora.files == 0 ? 0 : 1;
}
