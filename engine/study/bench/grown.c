#include "study/bench/grown.h"

#include <stdlib.h>

#include "base/buffer.h"

/* Draws are the same in every run of every program. */
#define SEED UINT64_C(0x6361726d65746572)
/* Words of a phrase that may be replaced; what is beyond stays. */
#define WORDS_REPLACED_MAX 64u

struct cm_grown {
    struct cm_ruleset ruleset; /* a copy that has other cues */
    struct cm_matcher *matcher;
    struct cm_arena arena;
    size_t phrases, expressions;
};

/* What is being made. */
struct growing {
    struct cm_grown *grown;
    const struct cm_grown_words *words;
    uint64_t random;
    uint64_t highest; /* key of the last rule that stays */
    unsigned copies;  /* variations of each phrase */
};

/* splitmix64 */
static uint64_t mixed(uint64_t number)
{
    number += UINT64_C(0x9E3779B97F4A7C15);
    number = (number ^ number >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    number = (number ^ number >> 27) * UINT64_C(0x94D049BB133111EB);
    return number ^ number >> 31;
}

static uint64_t draw(struct growing *growing, uint64_t below)
{
    return (mixed(growing->random++) >> 11) % below;
}

/* ---- which rules stay ---- */

static uint64_t key_of(size_t rule)
{
    return mixed(SEED ^ rule);
}

static int compare_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static size_t count_rules(const struct cm_ruleset *ruleset)
{
    size_t count = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        count += ruleset->cues[i].phrase_count + ruleset->cues[i].regex_count;
    return count;
}

/* Rules are numbered through the pack, cue by cue, phrases first; those with the lowest keys stay. At least one does. */
static enum cm_status choose(struct growing *growing, const struct cm_ruleset *ruleset, unsigned eighths)
{
    size_t count = count_rules(ruleset), stay = count * eighths / CM_GROWN_WHOLE;
    growing->highest = UINT64_MAX;
    if (eighths >= CM_GROWN_WHOLE || count == 0)
        return CM_OK;
    uint64_t *keys = malloc(count * sizeof *keys);
    if (!keys)
        return CM_ENOMEM;
    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(i);
    qsort(keys, count, sizeof *keys, compare_keys);
    growing->highest = keys[stay > 0 ? stay - 1 : 0];
    free(keys);
    return CM_OK;
}

/* ---- variations ---- */

/* The words of a phrase, as numbers of its terms; those in brackets only where inside. A prefix stands for its words, and is one. */
static uint32_t find_words(const struct cm_phrase *phrase, uint32_t parent, bool inside, uint32_t *found, uint32_t count)
{
    for (uint32_t i = phrase->terms[parent].child; i && count < WORDS_REPLACED_MAX; i = phrase->terms[i].next) {
        uint8_t kind = phrase->terms[i].kind;
        if (kind == CM_TERM_WORD || kind == CM_TERM_PREFIX)
            found[count++] = i;
        else if (kind == CM_TERM_SEQUENCE || (inside && (kind == CM_TERM_CHOICE || kind == CM_TERM_OPTIONAL)))
            count = find_words(phrase, i, inside, found, count);
    }
    return count;
}

static struct cm_span draw_word(struct growing *growing, bool alone)
{
    const struct cm_grown_words *words = growing->words;
    return alone ? words->distinct[draw(growing, words->distinct_count)] : words->said[draw(growing, words->said_count)];
}

/* A copy of the phrase with other words in it. */
static enum cm_status vary(struct growing *growing, const struct cm_phrase *phrase, struct cm_phrase *out)
{
    uint32_t found[WORDS_REPLACED_MAX], least, most;
    uint32_t count = find_words(phrase, 0, false, found, 0);
    if (count == 0)
        count = find_words(phrase, 0, true, found, 0);
    *out = *phrase;
    if (count == 0 || growing->words->said_count == 0)
        return CM_OK;
    struct cm_term *terms = cm_arena_alloc(&growing->grown->arena, phrase->count * sizeof *terms);
    if (!terms)
        return CM_ENOMEM;
    memcpy(terms, phrase->terms, phrase->count * sizeof *terms);
    cm_phrase_length(phrase, &least, &most);
    uint32_t surely = (uint32_t)draw(growing, count);
    uint32_t never = count > 1 ? (surely + 1 + (uint32_t)draw(growing, count - 1)) % count : count;
    for (uint32_t i = 0; i < count; i++) {
        bool replaced = i == surely || (i != never && draw(growing, 2) == 0);
        uint32_t next = terms[found[i]].next;
        if (replaced)
            terms[found[i]] = (struct cm_term){.kind = CM_TERM_WORD, .text = draw_word(growing, least <= 1), .next = next};
    }
    out->terms = terms;
    return CM_OK;
}

/* ---- cues ---- */

static enum cm_status grow_phrases(struct growing *growing, const struct cm_cue *from, size_t first, struct cm_cue *to)
{
    struct cm_rule_phrase *phrases =
        cm_arena_alloc(&growing->grown->arena, ((size_t)from->phrase_count * (1 + growing->copies) + 1) * sizeof *phrases);
    enum cm_status status = phrases ? CM_OK : CM_ENOMEM;
    to->phrases = phrases;
    to->phrase_count = 0;
    for (uint32_t i = 0; i < from->phrase_count && status == CM_OK; i++) {
        if (key_of(first + i) <= growing->highest)
            phrases[to->phrase_count++] = from->phrases[i];
        for (unsigned copy = 0; copy < growing->copies && status == CM_OK; copy++) {
            phrases[to->phrase_count] = from->phrases[i];
            status = vary(growing, &from->phrases[i].phrase, &phrases[to->phrase_count++].phrase);
        }
    }
    growing->grown->phrases += to->phrase_count;
    return status;
}

static enum cm_status grow_cue(struct growing *growing, const struct cm_cue *from, size_t first, struct cm_cue *to)
{
    *to = *from;
    enum cm_status status = grow_phrases(growing, from, first, to);
    struct cm_rule_regex *regexes = cm_arena_alloc(&growing->grown->arena, ((size_t)from->regex_count + 1) * sizeof *regexes);
    if (status != CM_OK || !regexes)
        return CM_ENOMEM;
    to->regexes = regexes;
    to->regex_count = 0;
    for (uint32_t i = 0; i < from->regex_count; i++)
        if (key_of(first + from->phrase_count + i) <= growing->highest)
            regexes[to->regex_count++] = from->regexes[i];
    growing->grown->expressions += to->regex_count;
    return CM_OK;
}

static enum cm_status grow(struct growing *growing, const struct cm_ruleset *ruleset, unsigned eighths)
{
    size_t rule = 0, phrases = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        phrases += ruleset->cues[i].phrase_count;
    if (phrases * (1 + growing->copies) > CM_GROWN_PHRASES_MAX)
        return CM_ELIMIT;
    struct cm_cue *cues = cm_arena_alloc(&growing->grown->arena, ((size_t)ruleset->cue_count + 1) * sizeof *cues);
    enum cm_status status = cues ? choose(growing, ruleset, eighths) : CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->cue_count && status == CM_OK; i++) {
        status = grow_cue(growing, &ruleset->cues[i], rule, &cues[i]);
        rule += ruleset->cues[i].phrase_count + ruleset->cues[i].regex_count;
    }
    growing->grown->ruleset = *ruleset;
    growing->grown->ruleset.cues = cues;
    return status;
}

enum cm_status cm_grown_new(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, const struct cm_grown_words *words,
                            unsigned eighths, struct cm_grown **out)
{
    *out = NULL;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY; /* expressions that compiled once do so again */
    struct cm_grown *grown = calloc(1, sizeof *grown);
    if (!grown)
        return CM_ENOMEM;
    struct growing growing = {.grown = grown, .words = words, .random = SEED};
    growing.copies = eighths > CM_GROWN_WHOLE ? eighths / CM_GROWN_WHOLE - 1 : 0;
    enum cm_status status = grow(&growing, ruleset, eighths);
    if (status == CM_OK)
        status = cm_matcher_new(&grown->ruleset, lexicon, &diagnostics, &grown->matcher);
    cm_diagnostics_free(&diagnostics);
    if (status == CM_OK)
        *out = grown;
    else
        cm_grown_free(grown);
    return status;
}

void cm_grown_free(struct cm_grown *grown)
{
    if (!grown)
        return;
    cm_matcher_free(grown->matcher);
    cm_arena_free(&grown->arena);
    free(grown);
}

const struct cm_matcher *cm_grown_matcher(const struct cm_grown *grown)
{
    return grown->matcher;
}

size_t cm_grown_phrases(const struct cm_grown *grown)
{
    return grown->phrases;
}

size_t cm_grown_expressions(const struct cm_grown *grown)
{
    return grown->expressions;
}
