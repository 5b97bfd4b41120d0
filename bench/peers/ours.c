/*
 * ours: our own phrase engine as one of the peers (README.md of this folder),
 * so that it is asked and timed by the same harness over the same bytes.
 *
 *   ours LEXICON PACK TURNS
 *
 * Timed from the folded bytes on: words are split, hashed, given symbols and
 * matched, a turn at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "match/phrases.h"
#include "phrase_split.h"
#include "ruleset/ruleset.h"

struct engine {
    struct cm_phrases *phrases;
    struct cm_phrase_scratch *scratch;
};

struct turn {
    const struct engine *engine; /* NULL: no cue hears this speaker */
    struct cm_span text;
};

struct ours {
    struct cm_lexicon *lexicon;
    struct cm_ruleset *ruleset;
    struct engine engines[CM_SPEAKER_COUNT]; /* speakers with the same cues share one */
    struct cm_arena arena;
    struct turn *turns;
    size_t turn_count, turn_cap;
    struct cm_token *tokens;
    size_t token_cap;
    uint64_t *counts; /* by cue, of the last pass */
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "ours: %s\n", what);
    exit(2);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void load_pack(struct ours *ours, const char *lexicon, const char *pack)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_lexicon_load(lexicon, &diagnostics, &ours->lexicon);
    if (status == CM_OK)
        status = cm_ruleset_load(pack, NULL, 0, ours->lexicon, &diagnostics, &ours->ruleset);
    if (status != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    must(status == CM_OK, pack);
    cm_diagnostics_free(&diagnostics);
    ours->counts = calloc(ours->ruleset->cue_count + 1, sizeof(*ours->counts));
    must(ours->counts != NULL, "memory");
}

/* Does every cue that hears one of the two hear the other? */
static bool hear_the_same(const struct cm_ruleset *ruleset, unsigned one, unsigned other)
{
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        if (ruleset->cues[i].phrase_count && !(ruleset->cues[i].speakers & CM_BIT(one)) != !(ruleset->cues[i].speakers & CM_BIT(other)))
            return false;
    return true;
}

static size_t compile(struct ours *ours, unsigned speaker)
{
    const struct cm_phrase **phrases = NULL;
    uint32_t *ids = NULL;
    size_t count = 0, phrase_cap = 0, id_cap = 0;
    struct engine *engine = &ours->engines[speaker];
    for (uint32_t i = 0; i < ours->ruleset->cue_count; i++) {
        const struct cm_cue *cue = &ours->ruleset->cues[i];
        for (uint32_t j = 0; j < cue->phrase_count && cue->speakers & CM_BIT(speaker); j++, count++) {
            must(cm_grow(&phrases, &phrase_cap, count + 1, sizeof(*phrases)) == CM_OK, "memory");
            must(cm_grow(&ids, &id_cap, count + 1, sizeof(*ids)) == CM_OK, "memory");
            phrases[count] = &cue->phrases[j].phrase;
            ids[count] = i;
        }
    }
    if (count) {
        must(cm_phrases_new(phrases, ids, count, &engine->phrases) == CM_OK, "compiling");
        must(cm_phrase_scratch_new(engine->phrases, &engine->scratch) == CM_OK, "memory");
    }
    free(phrases);
    free(ids);
    return count;
}

/* How many phrases stand in the automata. */
static size_t compile_all(struct ours *ours)
{
    size_t count = 0;
    for (unsigned speaker = CM_SPEAKER_AGENT; speaker < CM_SPEAKER_COUNT; speaker++) {
        unsigned other = CM_SPEAKER_AGENT;
        while (other < speaker && !hear_the_same(ours->ruleset, speaker, other))
            other++;
        if (other < speaker)
            ours->engines[speaker] = ours->engines[other];
        else
            count += compile(ours, speaker);
    }
    return count;
}

/* SPEAKER TAB TEXT, a sentence end a newline between spaces: for our words it is what divides them. */
static void add_turn(struct ours *ours, const char *record, size_t len)
{
    char *text;
    unsigned long bit = strtoul(record, &text, 10);
    must(*text == '\t' && bit && !(bit & (bit - 1)) && bit < CM_BIT(CM_SPEAKER_COUNT), "a turn is not speaker, text");
    size_t from = (size_t)(++text - record), size = 0;
    char *bytes = cm_arena_calloc(&ours->arena, len - from + BENCH_SPLIT_READ_BYTES, 1);
    must(bytes && cm_grow(&ours->turns, &ours->turn_cap, ours->turn_count + 1, sizeof(*ours->turns)) == CM_OK, "memory");
    for (size_t i = from; i < len; i++) {
        if (i + 2 < len && !memcmp(record + i, " \n ", 3)) {
            bytes[size++] = '\n';
            i += 2;
        } else {
            bytes[size++] = record[i];
        }
    }
    bytes[size] = '\n';
    const struct engine *engine = &ours->engines[__builtin_ctzl(bit)];
    ours->turns[ours->turn_count++] = (struct turn){engine->phrases ? engine : NULL, {bytes, size}};
}

static void read_turns(struct ours *ours, const char *path)
{
    FILE *file = fopen(path, "re");
    char *record = NULL;
    size_t cap = 0;
    must(file != NULL, path);
    for (ssize_t len; (len = getdelim(&record, &cap, '\0', file)) > 0;)
        add_turn(ours, record, (size_t)len - (record[len - 1] == '\0'));
    free(record);
    fclose(file);
    must(cm_grow(&ours->tokens, &ours->token_cap, CM_TEXT_MAX_BYTES, sizeof(*ours->tokens)) == CM_OK, "memory");
}

static uint64_t scan(struct ours *ours, size_t from, size_t to)
{
    uint64_t pairs = 0;
    for (size_t i = from; i < to; i++) {
        const struct turn *turn = &ours->turns[i];
        struct cm_folded folded = {.tokens = ours->tokens, .text = turn->text};
        const struct cm_phrase_hit *hits;
        uint32_t count;
        if (!turn->engine || !turn->text.len)
            continue;
        folded.count = bench_split(folded.text, ours->tokens);
        must(cm_phrases_find(turn->engine->phrases, turn->engine->scratch, &folded, &hits, &count) == CM_OK, "finding");
        for (uint32_t j = 0; j < count; j++) {
            if (j > 0 && hits[j].id == hits[j - 1].id)
                continue;
            pairs++;
            ours->counts[hits[j].id]++;
        }
    }
    return pairs;
}

static void put_counts(const struct ours *ours, const char *path)
{
    FILE *out = fopen(path, "we");
    must(out != NULL, path);
    for (uint32_t i = 0; i < ours->ruleset->cue_count; i++)
        if (ours->ruleset->cues[i].phrase_count)
            fprintf(out, "%s\t%llu\n", ours->ruleset->cues[i].id, (unsigned long long)ours->counts[i]);
    must(!ferror(out) && fclose(out) == 0, path);
}

/* FROM TO COUNTS, a pass a line. */
static void answer(struct ours *ours)
{
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t len; (len = getline(&line, &cap, stdin)) > 0;) {
        char *at = line;
        size_t from = strtoul(at, &at, 10), to = strtoul(at, &at, 10);
        must(*at == ' ' && from <= to && to <= ours->turn_count && line[len - 1] == '\n', "a pass is from, to, counts");
        line[len - 1] = '\0';
        memset(ours->counts, 0, ours->ruleset->cue_count * sizeof(*ours->counts));
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        uint64_t pairs = scan(ours, from, to);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        put_counts(ours, at + 1);
        printf("{\"seconds\": %.9f, \"cpu_seconds\": %.9f, \"pairs\": %llu}\n", wall, cpu, (unsigned long long)pairs);
        fflush(stdout);
    }
    free(line);
}

int main(int argc, char **argv)
{
    static struct ours ours;
    must(argc == 4, "usage: ours LEXICON PACK TURNS");
    load_pack(&ours, argv[1], argv[2]);
    double begin = seconds(CLOCK_MONOTONIC);
    size_t patterns = compile_all(&ours);
    double compile_seconds = seconds(CLOCK_MONOTONIC) - begin;
    read_turns(&ours, argv[3]);
    printf("{\"peer\": \"caremeter\", \"patterns\": %zu, \"turns\": %zu, \"compile_seconds\": %.6f}\n", patterns, ours.turn_count,
           compile_seconds);
    fflush(stdout);
    answer(&ours);
    return 0; /* all memory goes with the process */
}
