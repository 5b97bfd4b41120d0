#include "cli/rules/explain_turn.h"

#include <stdlib.h>

#include "match/phrases.h"

/* A copy of a pack in which attributes are not looked at: what it hits more than the pack was rejected for them. */
struct variant {
    struct cm_ruleset ruleset;
    struct cm_cue *cues;
    struct cm_matcher *matcher;
    struct cm_scanner *scanner;
    struct cm_scanned scanned;
};

static enum cm_status variant_init(struct variant *variant, const struct cm_packs *packs, size_t pack, bool negated, bool hypothetical)
{
    const struct cm_ruleset *rules = packs->items[pack].ruleset;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    *variant = (struct variant){.ruleset = *rules};
    variant->cues = malloc((rules->cue_count + 1) * sizeof *variant->cues);
    if (!variant->cues)
        return CM_ENOMEM;
    for (uint32_t i = 0; i < rules->cue_count; i++) {
        variant->cues[i] = rules->cues[i];
        variant->cues[i].min_count = 1;
        if (negated && rules->cues[i].negated == CM_ATTRIBUTE_REJECT)
            variant->cues[i].negated = CM_ATTRIBUTE_ACCEPT;
        if (hypothetical && rules->cues[i].hypothetical == CM_ATTRIBUTE_REJECT)
            variant->cues[i].hypothetical = CM_ATTRIBUTE_ACCEPT;
    }
    variant->ruleset.cues = variant->cues;
    enum cm_status status = cm_matcher_new(&variant->ruleset, packs->lexicon, &diagnostics, &variant->matcher);
    if (status == CM_OK)
        status = cm_scanner_new(variant->matcher, &variant->scanner);
    cm_diagnostics_free(&diagnostics);
    return status;
}

static void variant_free(struct variant *variant)
{
    cm_scanner_free(variant->scanner);
    cm_matcher_free(variant->matcher);
    free(variant->cues);
}

static enum cm_status add(struct cm_explanation *out, struct cm_explained item)
{
    enum cm_status status = cm_grow(&out->items, &out->cap, out->count + 1, sizeof *out->items);
    if (status == CM_OK)
        out->items[out->count++] = item;
    return status;
}

static bool scanned_holds(const struct cm_scanned *scanned, const struct cm_hit *hit)
{
    for (uint32_t i = 0; i < scanned->hit_count; i++)
        if (scanned->hits[i].cue == hit->cue && scanned->hits[i].start <= hit->start && scanned->hits[i].end >= hit->end)
            return true;
    return false;
}

static bool explained(const struct cm_explanation *explanation, uint32_t cue, uint32_t start, uint32_t end)
{
    for (size_t i = 0; i < explanation->count; i++)
        if (explanation->items[i].cue == cue && explanation->items[i].start <= start && explanation->items[i].end >= end)
            return true;
    return false;
}

enum { NEGATED, HYPOTHETICAL, BOTH, VARIANTS };

static enum cm_status add_rejected(struct cm_explanation *out, const struct cm_trial *trial, struct variant *variants)
{
    enum cm_status status = CM_OK;
    const struct cm_scanned *all = &variants[BOTH].scanned;
    for (uint32_t i = 0; i < all->hit_count && status == CM_OK; i++) {
        const struct cm_hit *hit = &all->hits[i];
        enum cm_explain_why why = CM_WHY_BOTH;
        if (scanned_holds(&trial->scanned, hit))
            continue;
        bool negated = scanned_holds(&variants[NEGATED].scanned, hit), hypothetical = scanned_holds(&variants[HYPOTHETICAL].scanned, hit);
        if (negated && hypothetical)
            why = CM_WHY_OTHER;
        else if (negated)
            why = CM_WHY_NEGATED;
        else if (hypothetical)
            why = CM_WHY_HYPOTHETICAL;
        status = add(out, (struct cm_explained){hit->cue, hit->start, hit->end, why});
    }
    return status;
}

static enum cm_status explain_attributes(const struct cm_trial *trial, const struct cm_packs *packs, size_t pack, enum cm_speaker speaker,
                                         struct cm_explanation *out)
{
    struct variant variants[VARIANTS] = {0};
    enum cm_status status = variant_init(&variants[NEGATED], packs, pack, true, false);
    if (status == CM_OK)
        status = variant_init(&variants[HYPOTHETICAL], packs, pack, false, true);
    if (status == CM_OK)
        status = variant_init(&variants[BOTH], packs, pack, true, true);
    for (size_t i = 0; i < VARIANTS && status == CM_OK; i++)
        status = cm_scan_alone(variants[i].scanner, &trial->turn, speaker, &variants[i].scanned);
    if (status == CM_OK)
        status = add_rejected(out, trial, variants);
    for (size_t i = 0; i < VARIANTS; i++)
        variant_free(&variants[i]);
    return status;
}

static bool quoted(const struct cm_folded *turn, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if (turn->tokens[i].flags & CM_TOKEN_QUOTED)
            return true;
    return false;
}

/* Phrases that match and are not told yet: quoted, or too light alone. */
static enum cm_status explain_phrases(const struct cm_trial *trial, enum cm_speaker speaker, struct cm_explanation *out)
{
    const struct cm_ruleset *rules = trial->ruleset;
    size_t count = 0;
    for (uint32_t i = 0; i < rules->cue_count; i++)
        count += rules->cues[i].phrase_count;
    const struct cm_phrase **phrases = malloc((count + 1) * sizeof *phrases);
    uint32_t *ids = malloc((count + 1) * sizeof *ids);
    struct cm_phrases *automaton = NULL;
    struct cm_phrase_scratch *scratch = NULL;
    const struct cm_phrase_hit *hits = NULL;
    uint32_t hit_count = 0;
    count = 0;
    for (uint32_t i = 0; i < rules->cue_count && phrases && ids; i++)
        for (uint32_t j = 0; j < rules->cues[i].phrase_count; j++, count++) {
            phrases[count] = &rules->cues[i].phrases[j].phrase;
            ids[count] = i;
        }
    enum cm_status status = phrases && ids ? cm_phrases_new(phrases, ids, count, &automaton) : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_phrase_scratch_new(automaton, &scratch);
    if (status == CM_OK)
        status = cm_phrases_find(automaton, scratch, &trial->turn, &hits, &hit_count);
    for (uint32_t i = 0; i < hit_count && status == CM_OK; i++) {
        const struct cm_cue *cue = &rules->cues[hits[i].id];
        uint32_t start = trial->turn.tokens[hits[i].first].start, end = trial->turn.tokens[hits[i].end - 1].end;
        if ((speaker != CM_SPEAKER_NONE && !(cue->speakers & CM_BIT(speaker))) || explained(out, hits[i].id, start, end))
            continue;
        enum cm_explain_why why = cue->kind == CM_CUE_WEIGHTED ? CM_WHY_WEIGHTS : CM_WHY_OTHER;
        if (quoted(&trial->turn, hits[i].first, hits[i].end))
            why = CM_WHY_QUOTED;
        status = add(out, (struct cm_explained){hits[i].id, start, end, why});
    }
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(automaton);
    free(phrases);
    free(ids);
    return status;
}

static int by_place(const void *left, const void *right)
{
    const struct cm_explained *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->cue > b->cue) - (a->cue < b->cue);
}

enum cm_status cm_explain(const struct cm_trial *trial, const struct cm_packs *packs, size_t pack, enum cm_speaker speaker,
                          struct cm_explanation *out)
{
    enum cm_status status = CM_OK;
    *out = (struct cm_explanation){0};
    for (uint32_t i = 0; i < trial->scanned.hit_count && status == CM_OK; i++) {
        const struct cm_hit *hit = &trial->scanned.hits[i];
        status = add(out, (struct cm_explained){hit->cue, hit->start, hit->end, CM_WHY_HIT});
    }
    if (status == CM_OK)
        status = explain_attributes(trial, packs, pack, speaker, out);
    if (status == CM_OK)
        status = explain_phrases(trial, speaker, out);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_place);
    return status;
}

void cm_explanation_free(struct cm_explanation *explanation)
{
    free(explanation->items);
    *explanation = (struct cm_explanation){0};
}

const char *cm_explain_text(enum cm_explain_why why)
{
    static const char *const texts[] = {
        [CM_WHY_HIT] = "hits",
        [CM_WHY_NEGATED] = "does not count: negated",
        [CM_WHY_HYPOTHETICAL] = "does not count: hypothetical",
        [CM_WHY_BOTH] = "does not count: negated and hypothetical",
        [CM_WHY_QUOTED] = "does not count: quoted",
        [CM_WHY_WEIGHTS] = "does not count alone: the cue's threshold is not reached",
        [CM_WHY_OTHER] = "does not count: an attribute or a count that the cue asks for is missing",
    };
    return texts[why];
}
