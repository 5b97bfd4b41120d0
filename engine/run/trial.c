#include "run/trial.h"

#include <stdlib.h>

enum cm_status cm_trial_init(struct cm_trial *trial, const struct cm_packs *packs, size_t pack)
{
    *trial = (struct cm_trial){.ruleset = packs->items[pack].ruleset};
    trial->verdicts = calloc(trial->ruleset->cue_count + 1, sizeof *trial->verdicts);
    enum cm_status status = trial->verdicts ? CM_OK : CM_ENOMEM;
    if (status == CM_OK)
        status = cm_folder_new(packs->lexicon, &trial->folder);
    if (status == CM_OK)
        status = cm_scanner_new(packs->items[pack].matcher, &trial->scanner);
    return status;
}

void cm_trial_free(struct cm_trial *trial)
{
    cm_scanner_free(trial->scanner);
    cm_folder_free(trial->folder);
    free(trial->verdicts);
    *trial = (struct cm_trial){0};
}

enum cm_speaker cm_trial_speaker(const struct cm_cue *cue)
{
    for (int speaker = CM_SPEAKER_AGENT; speaker < CM_SPEAKER_COUNT; speaker++)
        if (cue->speakers & CM_BIT(speaker))
            return (enum cm_speaker)speaker;
    return CM_SPEAKER_NONE;
}

/* How many of the cues have this verdict. */
static uint32_t count(const struct cm_trial *trial, const struct cm_cue_list *cues, enum cm_verdict verdict)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < cues->count; i++)
        found += trial->verdicts[cues->items[i]] == verdict;
    return found;
}

/* all, any, none in one turn, with what is unknown staying so unless the rest decides. */
static enum cm_verdict combine(const struct cm_trial *trial, const struct cm_cue *cue)
{
    if (trial->turn.count < cue->min_words || (cue->max_words && trial->turn.count > cue->max_words))
        return CM_VERDICT_MISS;
    if (cue->near_turns > 1)
        return CM_VERDICT_UNKNOWN;
    if (count(trial, &cue->all, CM_VERDICT_MISS) || count(trial, &cue->none, CM_VERDICT_HIT))
        return CM_VERDICT_MISS;
    if (cue->any.count > 0 && count(trial, &cue->any, CM_VERDICT_MISS) == cue->any.count)
        return CM_VERDICT_MISS;
    bool all = count(trial, &cue->all, CM_VERDICT_HIT) == cue->all.count;
    bool any = cue->any.count == 0 || count(trial, &cue->any, CM_VERDICT_HIT) > 0;
    bool none = count(trial, &cue->none, CM_VERDICT_MISS) == cue->none.count;
    return all && any && none ? CM_VERDICT_HIT : CM_VERDICT_UNKNOWN;
}

/* Weights of phrases, which the scan has added up, and of other cues. */
static enum cm_verdict sum_up(const struct cm_trial *trial, uint32_t index)
{
    const struct cm_cue *cue = &trial->ruleset->cues[index];
    int64_t low = 0, high;
    for (uint32_t i = 0; i < trial->scanned.hit_count && low == 0; i++)
        if (trial->scanned.hits[i].cue == index)
            low = (int32_t)trial->scanned.hits[i].name;
    high = low;
    for (uint32_t i = 0; i < cue->weight_count; i++) {
        int32_t weight = cue->weights[i].weight;
        uint8_t verdict = trial->verdicts[cue->weights[i].cue];
        bool hit = verdict == CM_VERDICT_HIT, open = verdict == CM_VERDICT_UNKNOWN || verdict == CM_VERDICT_FAULT;
        low += hit || (open && weight < 0) ? weight : 0;
        high += hit || (open && weight > 0) ? weight : 0;
    }
    return low >= cue->threshold ? CM_VERDICT_HIT : high < cue->threshold ? CM_VERDICT_MISS : CM_VERDICT_UNKNOWN;
}

enum cm_status cm_trial_run(struct cm_trial *trial, struct cm_span text, enum cm_speaker speaker)
{
    const struct cm_ruleset *rules = trial->ruleset;
    enum cm_status status = cm_fold(trial->folder, text, &trial->turn);
    if (status == CM_OK)
        status = cm_scan_alone(trial->scanner, &trial->turn, speaker, &trial->scanned);
    if (status != CM_OK)
        return status;
    for (uint32_t i = 0; i < rules->cue_count; i++)
        trial->verdicts[i] = rules->cues[i].kind == CM_CUE_ECHO ? CM_VERDICT_UNKNOWN : CM_VERDICT_MISS;
    for (uint32_t i = 0; i < trial->scanned.hit_count; i++)
        if (rules->cues[trial->scanned.hits[i].cue].kind != CM_CUE_SUMMED)
            trial->verdicts[trial->scanned.hits[i].cue] = CM_VERDICT_HIT;
    for (uint32_t i = 0; i < trial->scanned.fault_count; i++)
        trial->verdicts[trial->scanned.faults[i]] = CM_VERDICT_FAULT;
    for (uint32_t i = 0; i < rules->cue_count; i++) {
        uint32_t cue = rules->cue_order[i];
        if (rules->cues[cue].kind == CM_CUE_COMPOSITE)
            trial->verdicts[cue] = (uint8_t)combine(trial, &rules->cues[cue]);
        else if (rules->cues[cue].kind == CM_CUE_SUMMED)
            trial->verdicts[cue] = (uint8_t)sum_up(trial, cue);
    }
    return CM_OK;
}

void cm_trial_tokens(const struct cm_folded *turn, struct cm_buffer *out)
{
    for (uint32_t i = 0; i < turn->count; i++) {
        const struct cm_token *token = &turn->tokens[i];
        if (i > 0)
            cm_buffer_text(out, turn->tokens[i - 1].flags & CM_TOKEN_SENTENCE_END ? " | " : " ");
        cm_buffer_span(out, (struct cm_span){turn->text.ptr + token->at, token->len});
    }
}

void cm_trial_hits(const struct cm_trial *trial, struct cm_buffer *out)
{
    const char *between = "";
    for (uint32_t i = 0; i < trial->ruleset->cue_count; i++)
        if (trial->verdicts[i] == CM_VERDICT_HIT) {
            cm_buffer_printf(out, "%s%s", between, trial->ruleset->cues[i].id);
            between = ", ";
        }
    if (*between == '\0')
        cm_buffer_text(out, "nothing");
}
