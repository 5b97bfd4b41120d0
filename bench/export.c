/*
 * export: what bare_loop, the peer, is given, and what it must find.
 *
 *   export --lexicon DIR --pack DIR --archive IN.ndjson --text OUT.ndjson --cues OUT.tsv --counts OUT.tsv [--trees OUT.tsv]
 *
 * --text: the archive, each message's text folded and laid out for the peer.
 * --cues: every phrase of the pack, translated (translate.h). Regexes, echoes
 * and composites are left out: the peer does less. --counts: distinct (turn,
 * cue) pairs by cue, found by our own phrase engine in the same tokens;
 * attributes and gates, which the peer does not know, are not applied. --trees:
 * the same phrases for the peers that know words (bench_tree).
 */
#include <getopt.h>
#include <stdlib.h>

#include "bare_loop.h"
#include "event/decode.h"
#include "match/phrases.h"
#include "ruleset/ruleset.h"
#include "translate.h"
#include "write.h"

_Static_assert(CM_SPEAKER_AGENT == 1 && CM_SPEAKER_LEAD == 2 && CM_SPEAKER_CUSTOMER == 3 && CM_SPEAKER_BOT == 4 && CM_SPEAKER_SYSTEM == 5,
               "bench_speaker_bits of bare_loop.h");

struct engine {
    struct cm_phrases *phrases;
    struct cm_phrase_scratch *scratch;
};

struct exporter {
    struct cm_lexicon *lexicon;
    struct cm_ruleset *ruleset;
    struct cm_folder *folder;
    struct cm_arena arena;
    struct cm_buffer text;
    struct bench_words words;
    struct engine engines[CM_SPEAKER_COUNT];
    uint64_t *counts;          /* by cue */
    uint64_t events, unmarked; /* events written; tokens whose mark was left out */
    struct cm_token *tokens;
    size_t token_cap;
};

struct arguments {
    const char *lexicon, *pack, *archive, *text, *cues, *counts, *trees;
};

static void check(enum cm_status status, const char *what)
{
    if (status == CM_OK)
        return;
    fprintf(stderr, "export: %s: %s\n", what, cm_status_text(status));
    exit(2);
}

static FILE *open_or_die(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(3);
    }
    return file;
}

static void close_or_die(FILE *file)
{
    if (ferror(file) || fclose(file)) {
        fputs("export: cannot write\n", stderr);
        exit(3);
    }
}

static void load(struct exporter *x, const struct arguments *arguments)
{
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    enum cm_status status = cm_lexicon_load(arguments->lexicon, &diagnostics, &x->lexicon);
    if (status == CM_OK)
        status = cm_ruleset_load(arguments->pack, NULL, 0, x->lexicon, &diagnostics, &x->ruleset);
    if (status != CM_OK)
        cm_diagnostics_print(&diagnostics, stderr, false);
    check(status, arguments->pack);
    cm_diagnostics_free(&diagnostics);
    check(cm_folder_new(x->lexicon, &x->folder), "folder");
    x->counts = calloc(x->ruleset->cue_count ? x->ruleset->cue_count : 1, sizeof *x->counts);
    check(x->counts ? CM_OK : CM_ENOMEM, "counts");
}

/* The phrases of all cues of one speaker, in one automaton, as match/scan has them. */
static void build(struct exporter *x, enum cm_speaker speaker)
{
    const struct cm_phrase **phrases = NULL;
    uint32_t *ids = NULL;
    size_t count = 0, phrase_cap = 0, id_cap = 0;
    for (uint32_t i = 0; i < x->ruleset->cue_count; i++) {
        const struct cm_cue *cue = &x->ruleset->cues[i];
        if (!(cue->speakers & CM_BIT(speaker)))
            continue;
        for (uint32_t j = 0; j < cue->phrase_count; j++, count++) {
            check(cm_grow(&phrases, &phrase_cap, count + 1, sizeof *phrases), "phrases");
            check(cm_grow(&ids, &id_cap, count + 1, sizeof *ids), "phrases");
            phrases[count] = &cue->phrases[j].phrase;
            ids[count] = i;
            check(bench_words_add(&x->words, phrases[count]), "words");
        }
    }
    if (count) {
        check(cm_phrases_new(phrases, ids, count, &x->engines[speaker].phrases), "automaton");
        check(cm_phrase_scratch_new(x->engines[speaker].phrases, &x->engines[speaker].scratch), "scratch");
    }
    free(phrases);
    free(ids);
}

/* CUE TAB SPEAKERS TAB what put makes of a phrase. */
static void put_cues(const struct exporter *x, const char *path, void (*put)(const struct cm_phrase *, struct cm_buffer *))
{
    FILE *out = open_or_die(path, "w");
    struct cm_buffer pattern = CM_BUFFER_EMPTY;
    for (uint32_t i = 0; i < x->ruleset->cue_count; i++) {
        const struct cm_cue *cue = &x->ruleset->cues[i];
        for (uint32_t j = 0; j < cue->phrase_count; j++) {
            cm_buffer_reset(&pattern);
            put(&cue->phrases[j].phrase, &pattern);
            check(cm_buffer_status(&pattern), "pattern");
            fprintf(out, "%s\t%u\t%.*s\n", cue->id, cue->speakers, (int)pattern.len, pattern.ptr);
        }
    }
    cm_buffer_free(&pattern);
    close_or_die(out);
}

/* Lay the tokens out for the peer, and make the same tokens plain words for our own engine. */
static void lay_out(struct exporter *x, struct cm_folded *folded)
{
    check(cm_grow(&x->tokens, &x->token_cap, folded->count + 1, sizeof *x->tokens), "tokens");
    cm_buffer_reset(&x->text);
    for (uint32_t i = 0; i < folded->count; i++) {
        struct cm_token token = folded->tokens[i];
        struct cm_span bytes = {folded->text.ptr + token.at, token.len};
        unsigned mark = bench_token_mark(&x->words, token.class, bytes);
        x->unmarked += mark != token.class;
        token.class = (uint8_t)mark;
        if (mark)
            cm_buffer_byte(&x->text, (char)mark);
        cm_buffer_span(&x->text, bytes);
        if (i + 1 < folded->count)
            cm_buffer_text(&x->text, token.flags & CM_TOKEN_SENTENCE_END ? " \n " : " ");
        x->tokens[i] = token;
    }
    folded->tokens = x->tokens;
    check(cm_buffer_status(&x->text), "text");
}

static void count_hits(struct exporter *x, const struct cm_folded *folded, unsigned speaker)
{
    struct engine *engine = &x->engines[speaker];
    const struct cm_phrase_hit *hits;
    uint32_t count;
    if (!engine->phrases)
        return;
    check(cm_phrases_find(engine->phrases, engine->scratch, folded, &hits, &count), "find");
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || hits[i].id != hits[i - 1].id)
            x->counts[hits[i].id]++;
}

static void put_field(FILE *out, const char *key, struct cm_span value)
{
    if (!value.ptr)
        return;
    fprintf(out, ",\"%s\":\"", key);
    bench_put_string(out, value.ptr, value.len);
    putc_unlocked('"', out);
}

static void put_clock(FILE *out, const char *key, bool present, int64_t ms)
{
    if (!present)
        return;
    fprintf(out, ",\"%s\":\"", key);
    bench_put_time(out, ms);
    putc_unlocked('"', out);
}

static void put_name(FILE *out, const char *key, const char *name)
{
    if (*name)
        fprintf(out, ",\"%s\":\"%s\"", key, name);
}

static void put_event(struct exporter *x, const struct cm_event *event, FILE *out)
{
    fputs("{\"interaction_id\":\"", out);
    bench_put_string(out, event->interaction_id.ptr, event->interaction_id.len);
    putc_unlocked('"', out);
    if (event->has & CM_HAS_SEQ)
        fprintf(out, ",\"seq\":%llu", (unsigned long long)event->seq);
    if (event->type != CM_EVENT_MESSAGE)
        put_name(out, "type", cm_event_type_name((enum cm_event_type)event->type));
    put_clock(out, "ts", event->has & CM_HAS_TS, event->ts);
    put_clock(out, "end_ts", event->has & CM_HAS_END_TS, event->end_ts);
    put_name(out, "channel", cm_channel_name((enum cm_channel)event->channel));
    put_name(out, "speaker", cm_speaker_name((enum cm_speaker)event->speaker));
    put_name(out, "ended_by", cm_ended_by_name((enum cm_ended_by)event->ended_by));
    put_field(out, "agent_id", event->agent_id);
    put_field(out, "customer_id", event->customer_id);
    put_field(out, "queue", event->queue);
    if (event->type == CM_EVENT_MESSAGE) {
        struct cm_folded folded;
        check(cm_fold(x->folder, event->text, &folded), "fold");
        lay_out(x, &folded);
        count_hits(x, &folded, event->speaker);
        put_field(out, "text", (struct cm_span){x->text.ptr ? x->text.ptr : "", x->text.len});
    }
    fputs("}\n", out);
    x->events++;
}

static void put_archive(struct exporter *x, const struct arguments *arguments)
{
    FILE *in = open_or_die(arguments->archive, "r"), *out = open_or_die(arguments->text, "w");
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t len; (len = getline(&line, &cap, in)) > 0;) {
        struct cm_span span = cm_decode_trim((struct cm_span){line, (size_t)len}, x->events == 0);
        struct cm_event event;
        struct cm_decoded decoded;
        cm_arena_reset(&x->arena);
        if (!span.len)
            continue;
        check(cm_decode(&x->arena, span, &event, &decoded), "decode");
        if (decoded.reject == CM_REJECT_NONE)
            put_event(x, &event, out);
    }
    free(line);
    fclose(in);
    close_or_die(out);
}

static void put_counts(const struct exporter *x, const char *path)
{
    FILE *out = open_or_die(path, "w");
    for (uint32_t i = 0; i < x->ruleset->cue_count; i++)
        if (x->ruleset->cues[i].phrase_count)
            fprintf(out, "%s\t%llu\n", x->ruleset->cues[i].id, (unsigned long long)x->counts[i]);
    close_or_die(out);
}

static void free_all(struct exporter *x)
{
    for (int i = 0; i < CM_SPEAKER_COUNT; i++) {
        cm_phrase_scratch_free(x->engines[i].scratch);
        cm_phrases_free(x->engines[i].phrases);
    }
    bench_words_free(&x->words);
    cm_buffer_free(&x->text);
    cm_arena_free(&x->arena);
    cm_folder_free(x->folder);
    cm_ruleset_free(x->ruleset);
    cm_lexicon_free(x->lexicon);
    free(x->counts);
    free(x->tokens);
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"lexicon", 1, NULL, 'l'}, {"pack", 1, NULL, 'p'}, {"archive", 1, NULL, 'a'},
                                            {"text", 1, NULL, 't'},    {"cues", 1, NULL, 'c'}, {"counts", 1, NULL, 'n'},
                                            {"trees", 1, NULL, 'r'},   {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'l':
            arguments->lexicon = optarg;
            break;
        case 'p':
            arguments->pack = optarg;
            break;
        case 'a':
            arguments->archive = optarg;
            break;
        case 't':
            arguments->text = optarg;
            break;
        case 'c':
            arguments->cues = optarg;
            break;
        case 'n':
            arguments->counts = optarg;
            break;
        case 'r':
            arguments->trees = optarg;
            break;
        default:
            exit(2);
        }
    }
    if (!arguments->lexicon || !arguments->pack || !arguments->archive || !arguments->text || !arguments->cues || !arguments->counts) {
        fputs("usage: export --lexicon DIR --pack DIR --archive IN --text OUT --cues OUT --counts OUT [--trees OUT]\n", stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    static struct exporter x;
    parse(argc, argv, &arguments);
    load(&x, &arguments);
    for (int speaker = CM_SPEAKER_AGENT; speaker < CM_SPEAKER_COUNT; speaker++)
        build(&x, (enum cm_speaker)speaker);
    put_cues(&x, arguments.cues, bench_translate);
    if (arguments.trees)
        put_cues(&x, arguments.trees, bench_tree);
    put_archive(&x, &arguments);
    put_counts(&x, arguments.counts);
    fprintf(stderr, "{\"events\": %llu, \"cues\": %u, \"unmarked_tokens\": %llu}\n", (unsigned long long)x.events, x.ruleset->cue_count,
            (unsigned long long)x.unmarked);
    free_all(&x);
    return 0;
}
