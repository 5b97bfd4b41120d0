/*
 * The word automaton against its oracle: generated phrases of every kind of
 * term over generated turns of a tiny vocabulary, so that almost everything
 * happens. A difference prints the phrase, its translation, the turn and both
 * lists of hits.
 *
 *   CM_DIFFER_ROUNDS=100000 CM_DIFFER_SEED=7 tests/differ/phrase_generated
 */
#include "base/buffer.h"
#include "match/oracle.h"
#include "match/phrases.h"
#include "tiny.h"

/* Rounds in CI: about two seconds. */
#define ROUNDS (120u / CM_CASES_PART)
#define PHRASES_PER_ROUND 40u
#define TURNS_PER_ROUND 60u

static const char *const words[] = {"an",         "ant", "anthem",          "bee",    "be", "beef",   "cat",
                                    "can't",      "i'm", "apologise",       "7",      "42", "Ann",    "Bob",
                                    "you",        "x",   "www.example.com", "[name]", "so", "really", "\xF0\x9F\x99\x82",
                                    "caf\xC3\xA9"};
static const char *const prefixes[] = {"a*", "an*", "ant*", "anthe*", "b*", "be*", "apologis*", "ca*", "caf*", "xyz*", "4*"};
static const char *const references[] = {"%number", "%name", "%emoji", "%url", "%money", "@very", "@pairs", "@many"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(state, array) (array)[tiny_below((state), (unsigned)COUNT(array))]

/* Lists that make positions many: @pairs has entries of two words, @many more of them than a machine word has bits. */
#define MANY 90u
static char many_text[MANY][32];
static struct cm_span many[MANY];

static const struct cm_span *find_list(void *context, struct cm_span name, size_t *count)
{
    static const struct cm_span pairs[] = {{"an ant", 6}, {"be bee?", 7}, {"x <0-2> cat", 11}, {"you", 3}};
    (void)context;
    *count = cm_span_equal(name, CM_SPAN("pairs")) ? COUNT(pairs) : cm_span_equal(name, CM_SPAN("many")) ? MANY : 0;
    if (*count == 0)
        return NULL;
    return *count == MANY ? many : pairs;
}

static void fill_many(uint64_t *state)
{
    for (size_t i = 0; i < MANY; i++) {
        int len = snprintf(many_text[i], sizeof(many_text[i]), "%s %s", words[tiny_below(state, 10)], words[tiny_below(state, 10)]);
        many[i] = (struct cm_span){many_text[i], (size_t)len};
    }
}

static void put_sequence(uint64_t *state, struct cm_buffer *out, unsigned depth, unsigned least);

static void put_generated_term(uint64_t *state, struct cm_buffer *out, unsigned depth)
{
    unsigned kind = tiny_below(state, 20);
    if (kind >= 17 && depth < 3) {
        unsigned alternatives = 1 + tiny_below(state, 3);
        cm_buffer_text(out, "(");
        for (unsigned i = 0; i < alternatives; i++) {
            cm_buffer_text(out, i ? "|" : "");
            put_sequence(state, out, depth + 1, 1);
        }
        cm_buffer_text(out, ")");
    } else if (kind >= 14) {
        cm_buffer_text(out, PICK(state, references));
    } else if (kind >= 11) {
        cm_buffer_text(out, PICK(state, prefixes));
    } else if (kind == 10) {
        unsigned least = tiny_below(state, 3);
        cm_buffer_printf(out, "<%u-%u>", least, least + 1 + tiny_below(state, 3));
        return;
    } else {
        cm_buffer_text(out, PICK(state, words));
    }
    if (tiny_below(state, 5) == 0)
        cm_buffer_text(out, "?");
}

static void put_sequence(uint64_t *state, struct cm_buffer *out, unsigned depth, unsigned least)
{
    unsigned count = least + tiny_below(state, depth ? 3 : 4);
    for (unsigned i = 0; i < count; i++) {
        cm_buffer_text(out, i ? " " : "");
        put_generated_term(state, out, depth);
    }
}

static void put_phrase(uint64_t *state, struct cm_buffer *out)
{
    cm_buffer_reset(out);
    if (tiny_below(state, 8) == 0)
        cm_buffer_text(out, "^ ");
    put_sequence(state, out, 0, 1);
    if (tiny_below(state, 8) == 0)
        cm_buffer_text(out, " $");
    cm_buffer_byte(out, '\0');
}

static void put_turn(uint64_t *state, struct cm_buffer *out)
{
    static const char *const ends[] = {". ", "? ", ", ", "\n", " - ", "! ", "; "};
    static const char *const extra[] = {"elk", "dollars", "pounds", "very", "qq", "anton", "hello"};
    unsigned count = tiny_below(state, 40) == 0 ? 300 : tiny_below(state, 24);
    cm_buffer_reset(out);
    for (unsigned i = 0; i < count; i++) {
        cm_buffer_text(out, tiny_below(state, 10) == 0 ? PICK(state, extra) : PICK(state, words));
        cm_buffer_text(out, tiny_below(state, 8) == 0 ? PICK(state, ends) : " ");
    }
}

struct round {
    struct tiny tiny;
    struct cm_phrase *phrases[PHRASES_PER_ROUND];
    struct cm_oracle *oracles[PHRASES_PER_ROUND];
    uint32_t ids[PHRASES_PER_ROUND];
    size_t count;
    uint64_t hits, turns, refused;
};

static void must(enum cm_status status, const char *what)
{
    if (status == CM_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, cm_status_text(status));
    exit(1);
}

static void print_hits(const char *who, const struct cm_phrase_hit *hits, size_t count, uint32_t id)
{
    fprintf(stderr, "%s:", who);
    for (size_t i = 0; i < count; i++)
        if (hits[i].id == id)
            fprintf(stderr, " [%u, %u)", hits[i].first, hits[i].end);
    fprintf(stderr, "\n");
}

static void differ(const struct round *round, const struct cm_folded *turn, size_t at, const struct cm_phrase_hit *ours, size_t our_count,
                   const struct cm_phrase_hit *theirs, size_t their_count)
{
    struct cm_buffer pattern = CM_BUFFER_EMPTY;
    const struct cm_phrase *phrase = round->phrases[at];
    cm_oracle_translate(phrase, &pattern);
    fprintf(stderr, "DIFFERENT\nphrase: %.*s\npattern: %.*s\nturn: ", (int)phrase->source.len, phrase->source.ptr, (int)pattern.len,
            pattern.ptr);
    for (size_t i = 0; i < turn->text.len; i++)
        fprintf(stderr, (unsigned char)turn->text.ptr[i] < 32 ? "\\x%02x" : "%c", (unsigned char)turn->text.ptr[i]);
    fprintf(stderr, "\n");
    print_hits("automaton", ours, our_count, round->ids[at]);
    print_hits("oracle", theirs, their_count, round->ids[at]);
    exit(1);
}

static void compare_turn(struct round *round, const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch,
                         const struct cm_folded *turn)
{
    static struct cm_phrase_hit *expected;
    static size_t cap;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    size_t expected_count = 0;
    must(cm_phrases_find(phrases, scratch, turn, &hits, &count), "find");
    for (size_t i = 0, at = 0; i < round->count; i++) {
        must(cm_oracle_find(round->oracles[i], turn, round->ids[i], &expected, &expected_count, &cap), "oracle");
        for (; at < expected_count; at++)
            if (at >= count || memcmp(&hits[at], &expected[at], sizeof(*hits)) != 0)
                differ(round, turn, i, hits, count, expected, expected_count);
        if (at < count && hits[at].id == round->ids[i])
            differ(round, turn, i, hits, count, expected, expected_count);
    }
    if (count != expected_count) {
        fprintf(stderr, "DIFFERENT: %u hits against %zu\n", count, expected_count);
        exit(1);
    }
    round->hits += count;
    round->turns++;
}

static void make_phrases(struct round *round, uint64_t *state, struct cm_buffer *text)
{
    round->count = 0;
    while (round->count < PHRASES_PER_ROUND) {
        put_phrase(state, text);
        struct cm_phrase *phrase = tiny_phrase(&round->tiny, text->ptr);
        /* refused: a fault (a gap at an edge), or lists that make the pattern larger than PCRE2 takes */
        enum cm_status status = phrase ? cm_oracle_new(phrase, &round->oracles[round->count]) : CM_ERULES;
        if (status == CM_ERULES || status == CM_ELIMIT) {
            round->refused++;
            continue;
        }
        must(status, text->ptr);
        round->ids[round->count] = (uint32_t)round->count * 3 + 1;
        round->phrases[round->count++] = phrase;
    }
}

static void run_round(struct round *round, uint64_t *state)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    struct cm_phrases *phrases;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase *sources[PHRASES_PER_ROUND];
    fill_many(state);
    make_phrases(round, state, &text);
    for (size_t i = 0; i < round->count; i++)
        sources[i] = round->phrases[i];
    must(cm_phrases_new(sources, round->ids, round->count, &phrases), "phrases");
    must(cm_phrase_scratch_new(phrases, &scratch), "scratch");
    for (unsigned i = 0; i < TURNS_PER_ROUND; i++) {
        struct cm_folded turn;
        put_turn(state, &text);
        must(cm_fold(round->tiny.folder, cm_buffer_view(&text), &turn), "fold");
        compare_turn(round, phrases, scratch, &turn);
    }
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(phrases);
    for (size_t i = 0; i < round->count; i++)
        cm_oracle_free(round->oracles[i]);
    cm_buffer_free(&text);
    cm_arena_reset(&round->tiny.arena);
}

int main(void)
{
    static struct round round;
    const char *rounds_text = getenv("CM_DIFFER_ROUNDS"), *seed_text = getenv("CM_DIFFER_SEED");
    unsigned long rounds = rounds_text ? strtoul(rounds_text, NULL, 10) : ROUNDS;
    uint64_t state = (seed_text ? strtoull(seed_text, NULL, 10) : 1) * 0x9E3779B97F4A7C15u | 1;
    if (!tiny_open(&round.tiny, NULL))
        return 1;
    round.tiny.parser.lists = (struct cm_phrase_lists){find_list, NULL};
    for (unsigned long i = 0; i < rounds; i++) {
        run_round(&round, &state);
        cm_diagnostics_free(&round.tiny.diagnostics);
        round.tiny.diagnostics = CM_DIAGNOSTICS_EMPTY;
    }
    printf("%lu turns, %lu hits, equal; %lu phrases refused\n", (unsigned long)round.turns, (unsigned long)round.hits,
           (unsigned long)round.refused);
    tiny_close(&round.tiny);
    return round.hits > round.turns ? 0 : 1; /* a test in which nothing happens proves nothing */
}
