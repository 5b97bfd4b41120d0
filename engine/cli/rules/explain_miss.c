#include "base/utf8.h"
#include "cli/rules/explain_turn.h"
#include "cli/text.h"
#include "match/attributes.h"
#include "match/phrases.h"
#include "study/lint/reach.h"

#include <stdlib.h>

/* Bytes of text shown on each side of a place. */
#define CM_SNIPPET_SIDE_BYTES ((size_t)36)
/* Members of a combination that are named. */
#define CM_MEMBERS_SHOWN_MAX 12u

void cm_explain_snippet(struct cm_span text, uint32_t start, uint32_t end, struct cm_buffer *out)
{
    size_t valid = cm_utf8_valid_prefix(text.ptr, text.len);
    size_t from = start > CM_SNIPPET_SIDE_BYTES ? start - CM_SNIPPET_SIDE_BYTES : 0;
    size_t to = end + CM_SNIPPET_SIDE_BYTES < text.len ? end + CM_SNIPPET_SIDE_BYTES : text.len;
    from = valid == text.len ? cm_utf8_floor(text.ptr, text.len, from) : from;
    to = valid == text.len ? cm_utf8_floor(text.ptr, text.len, to) : to;
    cm_buffer_text(out, from > 0 ? "    …" : "    ");
    size_t line = out->len;
    cm_text_clean(out, (struct cm_span){text.ptr + from, start - from});
    unsigned before = cm_text_columns((struct cm_span){out->ptr + line, out->len - line}) + (from > 0);
    size_t hit = out->len;
    cm_text_clean(out, (struct cm_span){text.ptr + start, end - start});
    unsigned width = cm_text_columns((struct cm_span){out->ptr + hit, out->len - hit});
    cm_text_clean(out, (struct cm_span){text.ptr + end, to - end});
    cm_buffer_text(out, to < text.len ? "…\n    " : "\n    ");
    for (unsigned i = 0; i < before; i++)
        cm_buffer_byte(out, ' ');
    for (unsigned i = 0; i < (width ? width : 1); i++)
        cm_buffer_byte(out, '^');
    cm_buffer_byte(out, '\n');
}

void cm_explain_gates(const struct cm_cue *cue, struct cm_buffer *out)
{
    const struct {
        bool set;
        const char *text;
    } conditions[] = {
        {cue->channels != UINT16_MAX, "one of its channels"},
        {cue->language_count > 0, "one of its languages"},
        {cue->position_first > 0, "in the agent's first runs"},
        {cue->position_last > 0, "in the agent's last runs"},
        {cue->min_words > 0, "a turn of enough words"},
        {cue->max_words > 0, "a turn of few enough words"},
        {cue->replies, "first message of a run that answers the customer"},
        {cue->name_customer, "the name is the customer's"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (conditions[i].set) {
            cm_buffer_printf(out, "%s%s", between, conditions[i].text);
            between = ", ";
        }
}

/* ---- the phrase that comes nearest ---- */

static struct cm_span token_text(const struct cm_folded *turn, uint32_t token)
{
    return (struct cm_span){turn->text.ptr + turn->tokens[token].at, turn->tokens[token].len};
}

/* Where the part that is there comes to its end: behind it, or behind the gap in which what it needs might have stood. */
static uint32_t broken_at(const struct cm_folded *turn, const struct cm_reach *reach)
{
    uint32_t token = reach->end;
    for (uint32_t i = 0; reach->within && i < reach->gap && token < turn->count; i++, token++)
        if (turn->tokens[token - 1].flags & CM_TOKEN_SENTENCE_END)
            break;
    return token;
}

/* There the sentence ends, too: no word broke it. */
static bool at_end(const struct cm_folded *turn, uint32_t token)
{
    return token >= turn->count || (turn->tokens[token - 1].flags & CM_TOKEN_SENTENCE_END);
}

static void print_needs(const struct cm_folded *turn, const struct cm_reach *reach, const struct cm_buffer *needs, struct cm_buffer *out)
{
    if (reach->missing == 0) {
        const struct cm_phrase *phrase = reach->phrase;
        bool edge = (phrase->at_start && reach->first > 0) || (phrase->at_end && reach->end < turn->count);
        cm_buffer_text(out, edge ? " | must stand at the start or the end of the turn (^, $)" : " | all of it is there");
        return;
    }
    cm_buffer_text(out, " | needs ");
    if (reach->within)
        cm_buffer_printf(out, "(after at most %u %s) ", reach->gap, reach->gap == 1 ? "word" : "words");
    cm_buffer_printf(out, "%.*s, found ", (int)needs->len, needs->ptr ? needs->ptr : "");
    uint32_t token = broken_at(turn, reach);
    if (at_end(turn, token))
        cm_buffer_text(out, token >= turn->count ? "the end" : "the end of the sentence");
    else
        cm_buffer_printf(out, "\"%.*s\"", (int)token_text(turn, token).len, token_text(turn, token).ptr);
}

static void print_reach(const struct cm_folded *turn, struct cm_span text, const struct cm_reach *reach, const struct cm_buffer *needs,
                        struct cm_buffer *out)
{
    if (!reach->phrase) {
        cm_buffer_text(out, "    no word of its phrases is there\n");
        return;
    }
    cm_buffer_printf(out, "    nearest phrase: \"%.*s\"\n    got %u of %u %s: ", (int)reach->phrase->source.len, reach->phrase->source.ptr,
                     reach->got, reach->of, reach->of == 1 ? "word" : "words");
    for (uint32_t i = reach->first; i < reach->end; i++) {
        cm_buffer_text(out, i > reach->first ? " " : "");
        cm_buffer_span(out, token_text(turn, i));
    }
    print_needs(turn, reach, needs, out);
    cm_buffer_byte(out, '\n');
    uint32_t token = broken_at(turn, reach);
    bool behind = at_end(turn, token);
    const struct cm_token *broken = &turn->tokens[behind ? token - 1 : token];
    cm_explain_snippet(text, behind ? broken->end : broken->start, broken->end, out);
}

/* ---- a cue of weights ---- */

/* Does this hit count? The same attributes as a scan looks at. */
static bool counts(const struct cm_cue *cue, const struct cm_folded *turn, const struct cm_soft_conditionals *soft,
                   const struct cm_phrase_hit *hit)
{
    bool negated = cm_attribute_negated(turn, hit->first), supposed = cm_attribute_hypothetical(turn, soft, hit->first);
    const uint8_t rules[] = {cue->negated, cue->hypothetical};
    const bool there[] = {negated, supposed};
    for (size_t i = 0; i < 2; i++)
        if ((rules[i] == CM_ATTRIBUTE_REJECT && there[i]) || (rules[i] == CM_ATTRIBUTE_REQUIRE && !there[i]))
            return false;
    return !cm_attribute_quoted(turn, hit->first, hit->end);
}

struct weighing {
    uint8_t *heard; /* by phrase */
    int64_t sum;
};

static enum cm_status find_heard(const struct cm_cue *cue, const struct cm_folded *turn, uint8_t *heard)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_soft_conditionals soft;
    struct cm_phrases *automaton = NULL;
    struct cm_phrase_scratch *scratch = NULL;
    const struct cm_phrase_hit *hits;
    uint32_t count = 0;
    const struct cm_phrase **phrases = calloc(cue->phrase_count + 1, sizeof *phrases);
    uint32_t *ids = calloc(cue->phrase_count + 1, sizeof *ids);
    for (uint32_t i = 0; phrases && ids && i < cue->phrase_count; i++) {
        phrases[i] = &cue->phrases[i].phrase;
        ids[i] = i;
    }
    enum cm_status status = phrases && ids ? cm_soft_conditionals_init(&soft, turn->lexicon, &arena) : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_phrases_new(phrases, ids, cue->phrase_count, &automaton);
    if (status == CM_OK)
        status = cm_phrase_scratch_new(automaton, &scratch);
    if (status == CM_OK)
        status = cm_phrases_find(automaton, scratch, turn, &hits, &count);
    for (uint32_t i = 0; i < count && status == CM_OK; i++)
        heard[hits[i].id] |= counts(cue, turn, &soft, &hits[i]);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(automaton);
    cm_arena_free(&arena);
    free(phrases);
    free(ids);
    return status;
}

static bool weighed(const struct cm_cue *cue)
{
    return cue->kind == CM_CUE_WEIGHTED || cue->kind == CM_CUE_SUMMED;
}

static enum cm_status weigh(const struct cm_trial *trial, const struct cm_cue *cue, struct weighing *out)
{
    *out = (struct weighing){.heard = calloc(cue->phrase_count + 1, 1)};
    enum cm_status status = out->heard ? find_heard(cue, &trial->turn, out->heard) : CM_ENOMEM;
    for (uint32_t i = 0; i < cue->weight_count; i++)
        if (trial->verdicts[cue->weights[i].cue] == CM_VERDICT_HIT)
            out->sum += cue->weights[i].weight;
    for (uint32_t i = 0; i < cue->phrase_count && status == CM_OK; i++)
        if (out->heard[i])
            out->sum += cue->phrases[i].weight < cue->cap ? cue->phrases[i].weight : cue->cap;
    return status;
}

static enum cm_status print_weights(const struct cm_trial *trial, const struct cm_cue *cue, struct cm_buffer *out)
{
    struct weighing weighing;
    enum cm_status status = weigh(trial, cue, &weighing);
    if (status == CM_OK) {
        cm_buffer_text(out, "    weights: ");
        cm_buffer_decimal(out, weighing.sum, 3);
        cm_buffer_text(out, " reached, ");
        cm_buffer_decimal(out, cue->threshold, 3);
        cm_buffer_text(out, " needed\n");
    }
    for (uint32_t i = 0; i < cue->phrase_count && status == CM_OK; i++)
        if (weighing.heard[i]) {
            int32_t weight = cue->phrases[i].weight < cue->cap ? cue->phrases[i].weight : cue->cap;
            cm_buffer_text(out, weight < 0 ? "      " : "      +");
            cm_buffer_decimal(out, weight, 3);
            cm_buffer_printf(out, "  \"%.*s\"\n", (int)cue->phrases[i].phrase.source.len, cue->phrases[i].phrase.source.ptr);
        }
    for (uint32_t i = 0; i < cue->weight_count && status == CM_OK; i++)
        if (trial->verdicts[cue->weights[i].cue] == CM_VERDICT_HIT) {
            cm_buffer_text(out, cue->weights[i].weight < 0 ? "      " : "      +");
            cm_buffer_decimal(out, cue->weights[i].weight, 3);
            cm_buffer_printf(out, "  the cue %s\n", trial->ruleset->cues[cue->weights[i].cue].id);
        }
    free(weighing.heard);
    return status;
}

/* ---- a combination ---- */

static void print_members(const struct cm_trial *trial, const struct cm_cue_list *list, const char *key, struct cm_buffer *out)
{
    static const char *const verdicts[] = {"does not hit", "hits", "depends on other turns", "could not be decided"};
    if (list->count > 0)
        cm_buffer_printf(out, "    %s:\n", key);
    for (uint32_t i = 0; i < list->count && i < CM_MEMBERS_SHOWN_MAX; i++)
        cm_buffer_printf(out, "      %s %s\n", trial->ruleset->cues[list->items[i]].id, verdicts[trial->verdicts[list->items[i]]]);
    if (list->count > CM_MEMBERS_SHOWN_MAX)
        cm_buffer_printf(out, "      and %u more\n", list->count - CM_MEMBERS_SHOWN_MAX);
}

enum cm_status cm_miss_print(const struct cm_trial *trial, uint32_t index, struct cm_span text, struct cm_buffer *out)
{
    const struct cm_cue *cue = &trial->ruleset->cues[index];
    struct cm_buffer needs = CM_BUFFER_EMPTY;
    struct cm_reach reach;
    enum cm_status status = CM_OK;
    if (cue->kind == CM_CUE_COMPOSITE) {
        print_members(trial, &cue->all, "all of", out);
        print_members(trial, &cue->any, "any of", out);
        print_members(trial, &cue->none, "none of", out);
    } else if (weighed(cue)) {
        status = print_weights(trial, cue, out);
    } else if (cue->phrase_count > 0) {
        status = cm_reach(cue, &trial->turn, &reach, &needs);
        if (status == CM_OK)
            print_reach(&trial->turn, text, &reach, &needs, out);
    } else if (cue->kind == CM_CUE_DIRECT) {
        cm_buffer_text(out, "    none of its expressions matches\n");
    }
    cm_buffer_free(&needs);
    return status;
}

enum cm_status cm_miss_json(const struct cm_trial *trial, uint32_t index, struct cm_buffer *out)
{
    const struct cm_cue *cue = &trial->ruleset->cues[index];
    const struct cm_folded *turn = &trial->turn;
    struct cm_buffer needs = CM_BUFFER_EMPTY;
    struct cm_reach reach = {0};
    struct weighing weighing = {0};
    enum cm_status status = cm_reach(cue, turn, &reach, &needs);
    if (status == CM_OK && weighed(cue))
        status = weigh(trial, cue, &weighing);
    cm_buffer_printf(out, "{\"cue\":\"%s\",\"phrase\":", cue->id);
    if (!reach.phrase) {
        cm_buffer_text(out, "null");
    } else {
        cm_buffer_json(out, reach.phrase->source);
        cm_buffer_printf(out, ",\"got\":%u,\"of\":%u,\"start\":%u,\"end\":%u,\"needs\":", reach.got, reach.of,
                         turn->tokens[reach.first].start, turn->tokens[reach.end - 1].end);
        cm_buffer_json(out, cm_buffer_view(&needs));
        cm_buffer_text(out, ",\"found\":");
        uint32_t token = broken_at(turn, &reach);
        if (at_end(turn, token))
            cm_buffer_text(out, "null");
        else
            cm_buffer_json(out, token_text(turn, token));
    }
    if (weighed(cue)) {
        cm_buffer_text(out, ",\"sum\":");
        cm_buffer_decimal(out, weighing.sum, 3);
        cm_buffer_text(out, ",\"threshold\":");
        cm_buffer_decimal(out, cue->threshold, 3);
    }
    cm_buffer_byte(out, '}');
    free(weighing.heard);
    cm_buffer_free(&needs);
    return status;
}

/* ---- the cues that come nearest ---- */

enum cm_status cm_miss_nearest(const struct cm_trial *trial, enum cm_speaker speaker, uint32_t cues[CM_MISS_NEAREST], uint32_t *count)
{
    struct cm_reach best[CM_MISS_NEAREST], reach;
    struct cm_buffer needs = CM_BUFFER_EMPTY;
    enum cm_status status = CM_OK;
    *count = 0;
    for (uint32_t i = 0; i < trial->ruleset->cue_count && status == CM_OK; i++) {
        const struct cm_cue *cue = &trial->ruleset->cues[i];
        if (cue->phrase_count == 0 || (speaker != CM_SPEAKER_NONE && !(cue->speakers & CM_BIT(speaker))))
            continue;
        status = cm_reach(cue, &trial->turn, &reach, &needs);
        if (status != CM_OK || !reach.phrase)
            continue;
        uint32_t at = *count < CM_MISS_NEAREST ? (*count)++ : CM_MISS_NEAREST;
        for (; at > 0 && cm_reach_nearer(&reach, &best[at - 1]); at--)
            if (at < CM_MISS_NEAREST) {
                best[at] = best[at - 1];
                cues[at] = cues[at - 1];
            }
        if (at < CM_MISS_NEAREST) {
            best[at] = reach;
            cues[at] = i;
        }
    }
    cm_buffer_free(&needs);
    return status;
}
