#include "study/lint/lint.h"

#include <stdlib.h>

#include "base/hash.h"
#include "study/lint/language.h"

/* Comparing phrases with each other takes the square of their number; cues as large as this are word lists. */
#define CM_LINT_PHRASES_MAX 400u
/* Alternatives of a bracket that are compared with each other. */
#define CM_LINT_ALTERNATIVES_MAX 300u
/* Shorter prefixes begin too many words to be a slip. */
#define CM_LINT_PREFIX_MIN_BYTES ((size_t)4)

struct lint {
    const struct cm_packs *packs;
    const struct cm_ruleset *rules;
    struct cm_folder *folder;
    struct cm_diagnostics *diagnostics;
    uint8_t *member;  /* a cue: others go by it */
    uint64_t *looked; /* hashes of brackets that were looked at: a list stands in many phrases */
    size_t looked_count, looked_cap;
    struct cm_arena arena; /* of one cue */
    bool strict;
};

static void warn(struct lint *lint, const char *id, struct cm_place place, const char *help, const char *message)
{
    cm_diagnostics_add(lint->diagnostics, CM_SEVERITY_WARNING, id, place, help, "%s", message ? message : "");
}

/* Does the cue stand in a file of the pack itself? */
static bool own(const struct lint *lint, const struct cm_cue *cue)
{
    struct cm_span folder = cm_span_of(lint->rules->folder), file = cm_span_of(cue->place.file ? cue->place.file : "");
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/')
        folder.len--;
    return cm_span_starts_with(file, folder) && file.len > folder.len && file.ptr[folder.len] == '/';
}

/* ---- phrases that others of the cue make idle ---- */

/* A word before a hit may turn its meaning, unless it is part of the hit: phrases with such words are no idle ones. */
static bool shields(const struct lint *lint, const struct cm_phrase *phrase)
{
    static const char *const turning[] = {"not", "never", "without", "hardly", "nor", "no", "if", "would", "could"};
    for (uint32_t i = 0; i < phrase->count; i++) {
        const struct cm_term *term = &phrase->terms[i];
        uint16_t lists = term->kind == CM_TERM_WORD ? cm_lexicon_lists(lint->packs->lexicon, term->text) : 0;
        if (term->kind == CM_TERM_GAP || (lists & (CM_WORD_NEGATOR | CM_WORD_NO | CM_WORD_HYPOTHETICAL)))
            return true;
        for (size_t j = 0; term->kind == CM_TERM_PREFIX && j < sizeof turning / sizeof *turning; j++)
            if (cm_span_starts_with(cm_span_of(turning[j]), term->text))
                return true;
    }
    return false;
}

/* Nothing but words: ruleset/ has told those. */
static bool flat(const struct cm_phrase *phrase)
{
    for (uint32_t i = 0; i < phrase->count; i++)
        if (phrase->terms[i].kind != CM_TERM_WORD && phrase->terms[i].kind != CM_TERM_SEQUENCE)
            return false;
    return true;
}

static bool idle(const struct lint *lint, const struct cm_cue *cue, struct cm_language *language, uint32_t inner, uint32_t outer)
{
    const struct cm_phrase *in = &cue->phrases[inner].phrase, *out = &cue->phrases[outer].phrase;
    if (inner == outer || out->at_start || out->at_end || (flat(in) && flat(out)) || !cm_language_within(language, inner, outer, false))
        return false;
    /* of two that say the same, the later one is idle */
    bool same = !in->at_start && !in->at_end && !shields(lint, out) && cm_language_within(language, outer, inner, false);
    return !same || inner > outer;
}

static void tell_idle(struct lint *lint, const struct cm_cue *cue, struct cm_language *language, uint32_t inner)
{
    const struct cm_phrase *phrase = &cue->phrases[inner].phrase;
    if (shields(lint, phrase))
        return;
    for (uint32_t outer = 0; outer < cue->phrase_count; outer++) {
        const struct cm_rule_phrase *other = &cue->phrases[outer];
        if (!idle(lint, cue, language, inner, outer))
            continue;
        warn(lint, "phrase-shadowed", cue->phrases[inner].place, "take this phrase out, or the other one where it is too wide",
             cm_arena_printf(&lint->arena, "wherever this phrase matches, \"%.*s\" in line %u does, too", (int)other->phrase.source.len,
                             other->phrase.source.ptr, other->place.line));
        return;
    }
}

static enum cm_status lint_idle(struct lint *lint, const struct cm_cue *cue)
{
    bool plain = cue->kind == CM_CUE_DIRECT && cue->min_count == 1 && !cue->name_customer && cue->negated != CM_ATTRIBUTE_REQUIRE &&
                 cue->hypothetical != CM_ATTRIBUTE_REQUIRE;
    if (!plain || cue->phrase_count < 2 || cue->phrase_count > CM_LINT_PHRASES_MAX)
        return CM_OK;
    const struct cm_phrase **phrases = cm_arena_calloc(&lint->arena, cue->phrase_count, sizeof *phrases);
    struct cm_language *language = NULL;
    for (uint32_t i = 0; phrases && i < cue->phrase_count; i++)
        phrases[i] = &cue->phrases[i].phrase;
    enum cm_status status = phrases ? cm_language_new(phrases, cue->phrase_count, &language) : CM_ENOMEM;
    for (uint32_t i = 0; status == CM_OK && i < cue->phrase_count; i++)
        tell_idle(lint, cue, language, i);
    cm_language_free(language);
    return status;
}

/* ---- alternatives ---- */

/* The phrase with nothing in it but term. */
static struct cm_phrase *only(struct lint *lint, const struct cm_phrase *phrase, uint32_t term)
{
    struct cm_phrase *out = cm_arena_calloc(&lint->arena, 1, sizeof *out);
    struct cm_term *terms = cm_arena_alloc(&lint->arena, phrase->count * sizeof *terms);
    if (!out || !terms)
        return NULL;
    memcpy(terms, phrase->terms, phrase->count * sizeof *terms);
    terms[0].child = term;
    terms[term].next = 0;
    *out = (struct cm_phrase){.terms = terms, .count = phrase->count, .source = phrase->source};
    return out;
}

/* The phrase with nothing in it but the bracket, and one of its alternatives gone. */
static struct cm_phrase *without(struct lint *lint, const struct cm_phrase *phrase, uint32_t choice, uint32_t gone)
{
    struct cm_phrase *out = only(lint, phrase, choice);
    if (!out)
        return NULL;
    struct cm_term *terms = cm_arena_alloc(&lint->arena, phrase->count * sizeof *terms);
    if (!terms)
        return NULL;
    memcpy(terms, out->terms, phrase->count * sizeof *terms);
    uint32_t *link = &terms[choice].child;
    while (*link != gone)
        link = &terms[*link].next;
    *link = terms[gone].next;
    out->terms = terms;
    return out;
}

static bool can_be_empty(const struct cm_phrase *phrase)
{
    uint32_t least, most;
    cm_phrase_length(phrase, &least, &most);
    return least == 0;
}

static void tell_dead(struct lint *lint, const struct cm_rule_phrase *phrase, uint32_t alternative)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_term_write(&phrase->phrase, alternative, &text);
    warn(lint, "alternative-dead", phrase->place, "take it out; words are compared as they fold, and a list brings its words along",
         cm_arena_printf(&lint->arena, "the alternative \"%.*s\" adds nothing: those beside it match all that it does",
                         (int)(text.len < 80 ? text.len : 80), text.ptr ? text.ptr : ""));
    cm_buffer_free(&text);
}

/* Alternatives are taken out one by one, the last first, so that of two that are alike one is left. */
static enum cm_status lint_choice(struct lint *lint, const struct cm_rule_phrase *rule, uint32_t choice)
{
    const struct cm_phrase *phrase = &rule->phrase, *left = phrase;
    uint32_t children[CM_LINT_ALTERNATIVES_MAX], count = 0;
    for (uint32_t i = phrase->terms[choice].child; i; i = phrase->terms[i].next) {
        if (count == CM_LINT_ALTERNATIVES_MAX)
            return CM_OK;
        children[count++] = i;
    }
    enum cm_status status = CM_OK;
    for (uint32_t i = count; i-- > 0 && left->terms[choice].child && left->terms[left->terms[choice].child].next && status == CM_OK;) {
        struct cm_phrase *alone = only(lint, phrase, children[i]), *rest = without(lint, left, choice, children[i]);
        struct cm_language *language = NULL;
        if (!alone || !rest)
            return CM_ENOMEM;
        if (can_be_empty(alone))
            continue; /* what it says besides nothing is a matter of the whole */
        status = cm_language_new((const struct cm_phrase *const[]){alone, rest}, 2, &language);
        if (status == CM_OK && cm_language_within(language, 0, 1, true)) {
            tell_dead(lint, rule, children[i]);
            left = rest;
        }
        cm_language_free(language);
    }
    return status;
}

/* A bracket is looked at once, wherever a list brings it. */
static bool first_look(struct lint *lint, const struct cm_phrase *phrase, uint32_t choice, enum cm_status *status)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_term_write(phrase, choice, &text);
    uint64_t hash = cm_hash64(cm_buffer_view(&text));
    cm_buffer_free(&text);
    for (size_t i = 0; i < lint->looked_count; i++)
        if (lint->looked[i] == hash)
            return false;
    *status = cm_grow(&lint->looked, &lint->looked_cap, lint->looked_count + 1, sizeof *lint->looked);
    if (*status == CM_OK)
        lint->looked[lint->looked_count++] = hash;
    return *status == CM_OK;
}

static enum cm_status lint_alternatives(struct lint *lint, const struct cm_rule_phrase *rule)
{
    enum cm_status status = CM_OK;
    for (uint32_t i = 1; i < rule->phrase.count && status == CM_OK; i++)
        if (rule->phrase.terms[i].kind == CM_TERM_CHOICE && first_look(lint, &rule->phrase, i, &status))
            status = lint_choice(lint, rule, i);
    return status;
}

/* ---- words that no text folds to ---- */

/* "sooo*": three equal letters in a word that ends with a star, as it is written. */
static struct cm_span stretched(struct cm_span source)
{
    size_t from = 0, three = 0;
    for (size_t i = 0; i < source.len; i++) {
        char c = source.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '*' && three)
            return (struct cm_span){source.ptr + from, i + 1 - from};
        if (!letter) {
            from = i + 1;
            three = 0;
        } else if (i >= from + 2 && c == source.ptr[i - 1] && c == source.ptr[i - 2] && (c | 0x20) != 'w') {
            three = 1;
        }
    }
    return (struct cm_span){NULL, 0};
}

static enum cm_status lint_prefixes(struct lint *lint, const struct cm_rule_phrase *rule)
{
    struct cm_span word = stretched(rule->phrase.source);
    if (word.ptr)
        warn(lint, "prefix-dead", rule->place, "write it with one or two of these letters: stretched words are shortened",
             cm_arena_printf(&lint->arena, "no word begins like \"%.*s\" once it is folded", (int)word.len, word.ptr));
    for (uint32_t i = 0; i < rule->phrase.count; i++) {
        const struct cm_term *term = &rule->phrase.terms[i];
        struct cm_folded folded;
        if (term->kind != CM_TERM_PREFIX)
            continue;
        if (term->text.len < CM_LINT_PREFIX_MIN_BYTES || term->child)
            continue;
        enum cm_status status = cm_fold(lint->folder, term->text, &folded);
        if (status != CM_OK)
            return status;
        if (folded.count > 1 && (folded.tokens[0].changed || folded.tokens[1].changed))
            warn(lint, "prefix-dead", rule->place, "leave the star out: then it folds as the text does",
                 cm_arena_printf(&lint->arena, "\"%.*s*\" never meets \"%.*s\", which folds to several words", (int)term->text.len,
                                 term->text.ptr, (int)term->text.len, term->text.ptr));
    }
    return CM_OK;
}

/* ---- phrases that match nearly everything, or say more than counts ---- */

/* Stop words for an echo, and yet whoever says them alone has said something. */
static bool courtesy(struct cm_span word)
{
    static const char *const words[] = {"thanks", "thank", "please", "goodbye", "bye",   "hello", "hi",    "hey",    "sorry", "welcome",
                                        "sure",   "yes",   "no",     "okay",    "right", "fine",  "great", "cheers", "kindly"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cm_span_equal(cm_span_of(words[i]), word))
            return true;
    return false;
}

static const char *broad_word(const struct lint *lint, const struct cm_phrase *phrase, uint32_t index, unsigned depth)
{
    const struct cm_term *term = &phrase->terms[index];
    if (term->kind == CM_TERM_WORD)
        return (cm_lexicon_lists(lint->packs->lexicon, term->text) & CM_WORD_STOP) && !courtesy(term->text) ? term->text.ptr : NULL;
    bool through = term->kind == CM_TERM_CHOICE || term->kind == CM_TERM_OPTIONAL;
    uint32_t needed = 0;
    const char *found = NULL;
    for (uint32_t i = term->child; i && term->kind == CM_TERM_SEQUENCE; i = phrase->terms[i].next)
        needed += phrase->terms[i].kind != CM_TERM_OPTIONAL && phrase->terms[i].kind != CM_TERM_GAP;
    for (uint32_t i = term->child; i && !found && depth < CM_PHRASE_TREE_DEPTH_MAX; i = phrase->terms[i].next)
        if (through || (term->kind == CM_TERM_SEQUENCE && needed == 1 && phrase->terms[i].kind != CM_TERM_OPTIONAL &&
                        phrase->terms[i].kind != CM_TERM_GAP))
            found = broad_word(lint, phrase, i, depth + 1);
    return found;
}

static bool gated(const struct cm_cue *cue)
{
    return cue->position_first || cue->position_last || cue->replies || cue->min_count > 1 || cue->min_words || cue->max_words;
}

static void lint_broad(struct lint *lint, uint32_t index, const struct cm_rule_phrase *rule)
{
    const struct cm_cue *cue = &lint->rules->cues[index];
    const struct cm_phrase *phrase = &rule->phrase;
    if (cue->kind != CM_CUE_DIRECT || gated(cue) || lint->member[index] || phrase->at_start || phrase->at_end)
        return;
    const char *word = broad_word(lint, phrase, 0, 0);
    if (!word)
        return;
    const struct cm_term *term = phrase->terms;
    while (term->text.ptr != word)
        term++;
    warn(lint, "phrase-broad", rule->place, "add the words that make the meaning, or a gate: ^, $, replies, position, min_count",
         cm_arena_printf(&lint->arena, "\"%.*s\" alone makes this a hit, and that word is in every other turn", (int)term->text.len, word));
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* A comma or semicolon stands for no word: who writes (wait, delay) asks for both words in a row. Inside of a number it is part of it. */
static void lint_punctuation(struct lint *lint, const struct cm_rule_phrase *rule)
{
    struct cm_span source = rule->phrase.source;
    for (size_t i = 0; i < source.len; i++) {
        bool number = i > 0 && i + 1 < source.len && is_digit(source.ptr[i - 1]) && is_digit(source.ptr[i + 1]);
        if ((source.ptr[i] != ',' && source.ptr[i] != ';') || number)
            continue;
        struct cm_place place = rule->place;
        place.column += (uint32_t)i;
        place.width = 1;
        warn(lint, "phrase-comma", place, "write (a|b) for one of several words; two phrases need quotes of their own",
             "punctuation stands for nothing in a phrase");
        return;
    }
}

static void lint_edges(struct lint *lint, const struct cm_rule_phrase *rule)
{
    const struct cm_phrase *phrase = &rule->phrase;
    uint32_t first = phrase->terms[0].child, last = first;
    while (last && phrase->terms[last].next)
        last = phrase->terms[last].next;
    bool begins = first && phrase->terms[first].kind == CM_TERM_OPTIONAL && !phrase->at_start;
    bool ends = last != first && phrase->terms[last].kind == CM_TERM_OPTIONAL && !phrase->at_end;
    if (begins || ends)
        warn(lint, "phrase-edge-optional", rule->place, "leave it out, unless the longer hit is wanted against a penalty or a negation",
             cm_arena_printf(&lint->arena, "this phrase %s with something that need not be there: it makes hits longer, not more",
                             begins ? "begins" : "ends"));
}

/* ---- the cues ---- */

static enum cm_status lint_cue(struct lint *lint, uint32_t index)
{
    const struct cm_cue *cue = &lint->rules->cues[index];
    enum cm_status status = lint_idle(lint, cue);
    for (uint32_t i = 0; i < cue->phrase_count && status == CM_OK; i++) {
        status = lint_alternatives(lint, &cue->phrases[i]);
        if (status == CM_OK)
            status = lint_prefixes(lint, &cue->phrases[i]);
        lint_broad(lint, index, &cue->phrases[i]);
        lint_punctuation(lint, &cue->phrases[i]);
        if (lint->strict)
            lint_edges(lint, &cue->phrases[i]);
    }
    if (status == CM_OK)
        status = cm_lint_regexes(lint->packs, cue, lint->strict, lint->diagnostics);
    if (lint->strict && cue->hit_count == 0)
        warn(lint, "example-missing", cue->place, "add hit: [{before: [\"customer: …\"], text: \"…\"}]",
             cm_arena_printf(&lint->arena, "no example shows what %s hears", cue->id));
    cm_arena_reset(&lint->arena);
    return status;
}

static void mark(struct lint *lint, const struct cm_cue_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        lint->member[list->items[i]] = 1;
}

enum cm_status cm_lint(const struct cm_packs *packs, size_t pack, bool strict, struct cm_diagnostics *diagnostics)
{
    const struct cm_ruleset *rules = packs->items[pack].ruleset;
    struct lint lint = {.packs = packs, .rules = rules, .diagnostics = diagnostics, .arena = CM_ARENA_EMPTY, .strict = strict};
    lint.member = calloc(rules->cue_count + 1, 1);
    enum cm_status status = lint.member ? cm_folder_new(packs->lexicon, &lint.folder) : CM_ENOMEM;
    for (uint32_t i = 0; i < rules->cue_count && status == CM_OK; i++) {
        mark(&lint, &rules->cues[i].all);
        mark(&lint, &rules->cues[i].any);
        mark(&lint, &rules->cues[i].none);
        for (uint32_t j = 0; j < rules->cues[i].weight_count; j++)
            lint.member[rules->cues[i].weights[j].cue] = 1;
    }
    for (uint32_t i = 0; i < rules->cue_count && status == CM_OK; i++)
        if (own(&lint, &rules->cues[i]))
            status = lint_cue(&lint, i);
    cm_folder_free(lint.folder);
    cm_arena_free(&lint.arena);
    free(lint.member);
    free(lint.looked);
    return status;
}
