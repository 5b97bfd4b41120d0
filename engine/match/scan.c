#include "match/scan.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "match/attributes.h"
#include "match/phrases.h"
#include "match/regexes.h"
#include "text/words.h"

/* Everything that can match in the turns of one speaker. Speakers with the same cues share one. */
struct group {
    struct cm_phrases *phrases; /* ids are indices into the matcher's parts */
    struct cm_regexes *regexes; /* ids are cues */
};

/* A phrase of a cue. */
struct part {
    uint32_t cue;
    int32_t weight; /* thousandths, capped; weighted cues only */
};

struct cm_matcher {
    const struct cm_ruleset *ruleset;
    struct cm_attribute_words words;
    struct part *parts;
    const struct cm_phrase **phrases; /* of parts */
    uint32_t part_count;
    struct group groups[CM_SPEAKER_COUNT];
    uint32_t group_count;
    uint8_t group_of[CM_SPEAKER_COUNT]; /* enum cm_speaker to groups; NONE: all cues */
};

/* A hit before its cue's hits are merged. */
struct found {
    uint32_t cue;
    uint32_t start, end;
    uint32_t name;
    uint32_t part; /* UINT32_MAX: of a regex */
};

struct cm_scanner {
    const struct cm_matcher *matcher;
    struct cm_phrase_scratch *phrases[CM_SPEAKER_COUNT];
    struct cm_regex_scratch *regexes[CM_SPEAKER_COUNT];
    struct found *found;
    size_t found_count, found_cap;
    struct cm_hit *hits;
    size_t hit_count, hit_cap;
    uint32_t *faults;
    size_t fault_count, fault_cap;
};

/* ---- the image ---- */

static bool cue_is_for(const struct cm_cue *cue, unsigned speaker)
{
    return speaker == CM_SPEAKER_NONE || cue->speakers & CM_BIT(speaker);
}

static bool same_cues(const struct cm_ruleset *ruleset, unsigned a, unsigned b)
{
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        if (cue_is_for(&ruleset->cues[i], a) != cue_is_for(&ruleset->cues[i], b))
            return false;
    return true;
}

static enum cm_status number_parts(struct cm_matcher *matcher)
{
    const struct cm_ruleset *ruleset = matcher->ruleset;
    uint32_t count = 0;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        count += ruleset->cues[i].phrase_count;
    matcher->parts = calloc(count ? count : 1, sizeof *matcher->parts);
    matcher->phrases = calloc(count ? count : 1, sizeof *matcher->phrases);
    if (!matcher->parts || !matcher->phrases)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < ruleset->cue_count; i++) {
        const struct cm_cue *cue = &ruleset->cues[i];
        for (uint32_t k = 0; k < cue->phrase_count; k++) {
            int32_t weight = cue->phrases[k].weight;
            if (cue->cap > 0 && weight > cue->cap)
                weight = cue->cap;
            matcher->phrases[matcher->part_count] = &cue->phrases[k].phrase;
            matcher->parts[matcher->part_count++] = (struct part){i, weight};
        }
    }
    return CM_OK;
}

static enum cm_status build_phrases(struct cm_matcher *matcher, unsigned speaker, struct group *group)
{
    enum cm_status status = CM_ENOMEM;
    uint32_t count = 0, room = matcher->part_count ? matcher->part_count : 1;
    const struct cm_phrase **phrases = calloc(room, sizeof *phrases);
    uint32_t *ids = calloc(room, sizeof *ids);
    if (!phrases || !ids)
        goto out;
    for (uint32_t i = 0; i < matcher->part_count; i++)
        if (cue_is_for(&matcher->ruleset->cues[matcher->parts[i].cue], speaker)) {
            phrases[count] = matcher->phrases[i];
            ids[count++] = i;
        }
    status = cm_phrases_new(phrases, ids, count, &group->phrases);
out:
    free(phrases);
    free(ids);
    return status;
}

static enum cm_status build_regexes(struct cm_matcher *matcher, unsigned speaker, struct cm_diagnostics *diagnostics, struct group *group)
{
    const struct cm_ruleset *ruleset = matcher->ruleset;
    enum cm_status status = CM_ENOMEM;
    uint32_t count = 0, room = 1;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        room += ruleset->cues[i].regex_count;
    const struct cm_rule_regex **rules = calloc(room, sizeof *rules);
    uint32_t *ids = calloc(room, sizeof *ids);
    if (!rules || !ids)
        goto out;
    for (uint32_t i = 0; i < ruleset->cue_count; i++)
        for (uint32_t k = 0; cue_is_for(&ruleset->cues[i], speaker) && k < ruleset->cues[i].regex_count; k++) {
            rules[count] = &ruleset->cues[i].regexes[k];
            ids[count++] = i;
        }
    status = cm_regexes_new(rules, ids, count, diagnostics, &group->regexes);
out:
    free(rules);
    free(ids);
    return status;
}

static enum cm_status build_group(struct cm_matcher *matcher, unsigned speaker, struct cm_diagnostics *diagnostics)
{
    for (unsigned earlier = 0; earlier < speaker; earlier++)
        if (same_cues(matcher->ruleset, earlier, speaker)) {
            matcher->group_of[speaker] = matcher->group_of[earlier];
            return CM_OK;
        }
    matcher->group_of[speaker] = (uint8_t)matcher->group_count;
    struct group *group = &matcher->groups[matcher->group_count++];
    enum cm_status status = build_regexes(matcher, speaker, diagnostics, group);
    return status == CM_OK ? build_phrases(matcher, speaker, group) : status;
}

enum cm_status cm_matcher_new(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, struct cm_diagnostics *diagnostics,
                              struct cm_matcher **out)
{
    *out = NULL;
    struct cm_matcher *matcher = calloc(1, sizeof *matcher);
    if (!matcher)
        return CM_ENOMEM;
    matcher->ruleset = ruleset;
    cm_attribute_words_load(&matcher->words, lexicon);
    enum cm_status status = number_parts(matcher);
    /* the group of all speakers comes first and so tells every bad expression once */
    for (unsigned speaker = CM_SPEAKER_NONE; status == CM_OK && speaker < CM_SPEAKER_COUNT; speaker++)
        status = build_group(matcher, speaker, diagnostics);
    if (status != CM_OK) {
        cm_matcher_free(matcher);
        return status;
    }
    *out = matcher;
    return CM_OK;
}

void cm_matcher_free(struct cm_matcher *matcher)
{
    if (!matcher)
        return;
    for (uint32_t i = 0; i < matcher->group_count; i++) {
        cm_phrases_free(matcher->groups[i].phrases);
        cm_regexes_free(matcher->groups[i].regexes);
    }
    free(matcher->parts);
    free(matcher->phrases);
    free(matcher);
}

const struct cm_ruleset *cm_matcher_ruleset(const struct cm_matcher *matcher)
{
    return matcher->ruleset;
}

/* ---- the scratch ---- */

enum cm_status cm_scanner_new(const struct cm_matcher *matcher, struct cm_scanner **out)
{
    *out = NULL;
    struct cm_scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return CM_ENOMEM;
    scanner->matcher = matcher;
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; status == CM_OK && i < matcher->group_count; i++) {
        status = cm_phrase_scratch_new(matcher->groups[i].phrases, &scanner->phrases[i]);
        if (status == CM_OK)
            status = cm_regex_scratch_new(matcher->groups[i].regexes, &scanner->regexes[i]);
    }
    if (status != CM_OK) {
        cm_scanner_free(scanner);
        return status;
    }
    *out = scanner;
    return CM_OK;
}

void cm_scanner_free(struct cm_scanner *scanner)
{
    if (!scanner)
        return;
    for (unsigned i = 0; i < CM_SPEAKER_COUNT; i++) {
        cm_phrase_scratch_free(scanner->phrases[i]);
        cm_regex_scratch_free(scanner->regexes[i]);
    }
    free(scanner->found);
    free(scanner->hits);
    free(scanner->faults);
    free(scanner);
}

/* ---- what was found ---- */

static bool passes(enum cm_attribute_rule rule, bool attribute)
{
    return rule == CM_ATTRIBUTE_ACCEPT || attribute == (rule == CM_ATTRIBUTE_REQUIRE);
}

static uint32_t name_in(const struct cm_folded *turn, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        if (turn->tokens[i].class == CM_TOKEN_NAME_MASK)
            return CM_NAME_MASK;
        if (turn->tokens[i].class == CM_TOKEN_NAME)
            return cm_word_hash32(turn->tokens[i].hash);
    }
    return CM_NAME_NONE;
}

/* Keep a hit of cue on tokens [first, end) if its attributes pass. */
static enum cm_status keep(struct cm_scanner *scanner, const struct cm_folded *turn, struct found found, uint32_t first, uint32_t end)
{
    const struct cm_cue *cue = &scanner->matcher->ruleset->cues[found.cue];
    struct cm_attributes attributes = cm_attributes_of(&scanner->matcher->words, turn, first, end);
    if (attributes.quoted || !passes(cue->negated, attributes.negated) || !passes(cue->hypothetical, attributes.hypothetical))
        return CM_OK;
    if (cue->name_customer && (found.name = name_in(turn, first, end)) == CM_NAME_NONE)
        return CM_OK;
    enum cm_status status = cm_grow(&scanner->found, &scanner->found_cap, scanner->found_count + 1, sizeof *scanner->found);
    if (status == CM_OK)
        scanner->found[scanner->found_count++] = found;
    return status;
}

static enum cm_status find_phrases(struct cm_scanner *scanner, const struct cm_folded *turn, uint32_t group)
{
    const struct cm_phrase_hit *hits;
    uint32_t count;
    enum cm_status status = cm_phrases_find(scanner->matcher->groups[group].phrases, scanner->phrases[group], turn, &hits, &count);
    for (uint32_t i = 0; status == CM_OK && i < count; i++) {
        struct found found = {.cue = scanner->matcher->parts[hits[i].id].cue,
                              .start = turn->tokens[hits[i].first].start,
                              .end = turn->tokens[hits[i].end - 1].end,
                              .part = hits[i].id};
        status = keep(scanner, turn, found, hits[i].first, hits[i].end);
    }
    return status;
}

static enum cm_status add_fault(struct cm_scanner *scanner, uint32_t cue)
{
    if (scanner->fault_count && scanner->faults[scanner->fault_count - 1] == cue)
        return CM_OK;
    enum cm_status status = cm_grow(&scanner->faults, &scanner->fault_cap, scanner->fault_count + 1, sizeof *scanner->faults);
    if (status == CM_OK)
        scanner->faults[scanner->fault_count++] = cue;
    return status;
}

/* The tokens that bytes [start, end) touch; the token behind start where they touch none. */
static void tokens_of(const struct cm_folded *turn, uint32_t start, uint32_t end, uint32_t *first, uint32_t *last)
{
    uint32_t low = 0, high = turn->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (turn->tokens[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low < turn->count && turn->tokens[low].start < end)
        low++;
    *last = low;
}

static enum cm_status find_regexes(struct cm_scanner *scanner, const struct cm_folded *turn, uint32_t group)
{
    const struct cm_regex_hit *hits;
    uint32_t count;
    enum cm_status status = cm_regexes_find(scanner->matcher->groups[group].regexes, scanner->regexes[group], turn, &hits, &count);
    for (uint32_t i = 0; status == CM_OK && i < count; i++) {
        if (hits[i].fault) {
            status = add_fault(scanner, hits[i].id);
            continue;
        }
        uint32_t first, end;
        tokens_of(turn, hits[i].start, hits[i].end, &first, &end);
        struct found found = {.cue = hits[i].id, .start = hits[i].start, .end = hits[i].end, .part = UINT32_MAX};
        status = keep(scanner, turn, found, first, end);
    }
    return status;
}

/* ---- merging ---- */

/* By cue, then leftmost, then longest, then part. */
static bool found_before(const struct found *a, const struct found *b)
{
    if (a->cue != b->cue)
        return a->cue < b->cue;
    if (a->start != b->start)
        return a->start < b->start;
    if (a->end != b->end)
        return a->end > b->end;
    return a->part < b->part;
}

static int compare_found(const void *a, const void *b)
{
    return found_before(a, b) ? -1 : found_before(b, a);
}

/* A turn has a handful of hits, and they come nearly sorted; insertion beats qsort until there are dozens. */
#define CM_INSERTION_SORT_MAX 32u

static void sort_found(struct found *items, size_t count)
{
    if (count > CM_INSERTION_SORT_MAX) {
        qsort(items, count, sizeof *items, compare_found);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct found item = items[i];
        size_t at = i;
        for (; at > 0 && found_before(&item, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Whether the distinct phrases among these hits of a weighted cue reach its threshold. Hits of one cue are few: the square is cheaper than
 * a set. */
static bool reaches(const struct cm_matcher *matcher, const struct cm_cue *cue, const struct found *items, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        bool counted = false;
        for (size_t k = 0; k < i && !counted; k++)
            counted = items[k].part == items[i].part;
        if (!counted)
            sum += matcher->parts[items[i].part].weight;
    }
    return sum >= cue->threshold;
}

/* Append the merged hits of one cue; take them back where they are fewer than it wants. */
static enum cm_status merge_cue(struct cm_scanner *scanner, const struct found *items, size_t count)
{
    const struct cm_cue *cue = &scanner->matcher->ruleset->cues[items->cue];
    if (cue->kind == CM_CUE_WEIGHTED && !reaches(scanner->matcher, cue, items, count))
        return CM_OK;
    size_t before = scanner->hit_count;
    enum cm_status status = cm_grow(&scanner->hits, &scanner->hit_cap, before + count, sizeof *scanner->hits);
    if (status != CM_OK)
        return status;
    uint32_t covered = 0;
    for (size_t i = 0; i < count; i++) {
        if (scanner->hit_count > before && items[i].start < covered)
            continue;
        scanner->hits[scanner->hit_count++] = (struct cm_hit){items[i].cue, items[i].start, items[i].end, items[i].name};
        covered = items[i].end;
    }
    if (scanner->hit_count - before < cue->min_count)
        scanner->hit_count = before;
    return CM_OK;
}

static bool hit_before(const struct cm_hit *a, const struct cm_hit *b)
{
    if (a->start != b->start)
        return a->start < b->start;
    if (a->end != b->end)
        return a->end < b->end;
    return a->cue < b->cue;
}

static int compare_hits(const void *a, const void *b)
{
    return hit_before(a, b) ? -1 : hit_before(b, a);
}

static enum cm_status merge_all(struct cm_scanner *scanner)
{
    enum cm_status status = CM_OK;
    sort_found(scanner->found, scanner->found_count);
    for (size_t i = 0; status == CM_OK && i < scanner->found_count;) {
        size_t end = i + 1;
        while (end < scanner->found_count && scanner->found[end].cue == scanner->found[i].cue)
            end++;
        status = merge_cue(scanner, scanner->found + i, end - i);
        i = end;
    }
    if (scanner->hit_count > 1)
        qsort(scanner->hits, scanner->hit_count, sizeof *scanner->hits, compare_hits);
    return status;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

enum cm_status cm_scan(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker, struct cm_scanned *out)
{
    uint32_t group = scanner->matcher->group_of[speaker];
    scanner->found_count = scanner->hit_count = scanner->fault_count = 0;
    enum cm_status status = find_phrases(scanner, turn, group);
    if (status == CM_OK)
        status = find_regexes(scanner, turn, group);
    if (status == CM_OK && scanner->found_count)
        status = merge_all(scanner);
    if (scanner->fault_count > 1)
        qsort(scanner->faults, scanner->fault_count, sizeof *scanner->faults, compare_u32);
    *out = (struct cm_scanned){scanner->hits, (uint32_t)scanner->hit_count, scanner->faults, (uint32_t)scanner->fault_count};
    return status;
}

uint32_t cm_content_words(const struct cm_folded *turn, uint32_t *out, bool *all_backchannel)
{
    uint32_t count = 0, kept = 0;
    bool words = false, others = false;
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        words = true;
        others |= !(token->lists & CM_WORD_BACKCHANNEL);
        /* a mask stands for whatever was taken out: two equal masks are no repeated word */
        bool mask = token->class == CM_TOKEN_MASK || token->class == CM_TOKEN_NAME_MASK || token->class == CM_TOKEN_EMOJI;
        if (!mask && !(token->flags & CM_TOKEN_QUOTED) && !(token->lists & CM_WORD_STOP))
            out[count++] = cm_word_hash32(token->hash);
    }
    *all_backchannel = words && !others;
    if (count > 1)
        qsort(out, count, sizeof *out, compare_u32);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || out[kept - 1] != out[i])
            out[kept++] = out[i];
    return kept;
}
