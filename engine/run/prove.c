#include "run/prove.h"

#include "base/utf8.h"

/* A conversation longer than any that an example tells (ruleset/examples.c). */
#define CM_PROVE_TURNS_MAX 128u
/* Of an example in a message: enough to see which it is. */
#define CM_PROVE_TEXT_BYTES ((size_t)160)

enum cm_status cm_prover_init(struct cm_prover *prover, const struct cm_packs *packs, size_t pack)
{
    prover->listener = NULL;
    enum cm_status status = cm_trial_init(&prover->trial, packs, pack);
    return status == CM_OK ? cm_listener_new(packs, pack, &prover->listener) : status;
}

void cm_prover_free(struct cm_prover *prover)
{
    cm_listener_free(prover->listener);
    cm_trial_free(&prover->trial);
    prover->listener = NULL;
}

/* The channel that an example is told on: one that the cue asks for, where it asks. */
static enum cm_channel channel_of(const struct cm_cue *cue)
{
    for (unsigned channel = CM_CHANNEL_NONE + 1; channel < CM_CHANNEL_COUNT && cue->channels != UINT16_MAX; channel++)
        if (cue->channels & CM_BIT(channel))
            return (enum cm_channel)channel;
    return CM_CHANNEL_NONE;
}

static enum cm_status listen(struct cm_prover *prover, uint32_t index, const struct cm_example *example)
{
    const struct cm_cue *cue = &prover->trial.ruleset->cues[index];
    struct cm_said turns[CM_PROVE_TURNS_MAX];
    struct cm_heard heard;
    uint32_t count = 0;
    for (; count < example->before_count && count < CM_PROVE_TURNS_MAX - 1; count++)
        turns[count] = (struct cm_said){(enum cm_speaker)example->before[count].speaker, example->before[count].text};
    turns[count++] = (struct cm_said){cm_trial_speaker(cue), example->text};
    enum cm_status status = cm_listen(prover->listener, channel_of(cue), turns, count, &heard);
    if (status == CM_OK)
        prover->trial.verdicts[index] = cm_heard_has(heard.cues, heard.cue_count, index)       ? CM_VERDICT_HIT
                                        : cm_heard_has(heard.faults, heard.fault_count, index) ? CM_VERDICT_FAULT
                                                                                               : CM_VERDICT_MISS;
    return status;
}

enum cm_status cm_prover_try(struct cm_prover *prover, uint32_t index, const struct cm_example *example, enum cm_verdict *verdict)
{
    struct cm_trial *trial = &prover->trial;
    enum cm_status status = cm_trial_run(trial, example->text, cm_trial_speaker(&trial->ruleset->cues[index]));
    if (status == CM_OK && example->before_count > 0)
        status = listen(prover, index, example);
    if (status == CM_OK)
        *verdict = (enum cm_verdict)trial->verdicts[index];
    return status;
}

const char *cm_prover_complaint(enum cm_verdict verdict, bool wanted)
{
    if (verdict == CM_VERDICT_UNKNOWN || verdict == (wanted ? CM_VERDICT_HIT : CM_VERDICT_MISS))
        return NULL;
    if (verdict == CM_VERDICT_FAULT)
        return "ran into its limit";
    return wanted ? "should hit, does not" : "should not hit, does";
}

static enum cm_status prove_examples(struct cm_prover *prover, uint32_t index, bool wanted, struct cm_diagnostics *diagnostics)
{
    const struct cm_cue *cue = &prover->trial.ruleset->cues[index];
    const struct cm_example *examples = wanted ? cue->hits : cue->misses;
    enum cm_status status = CM_OK;
    for (uint32_t i = 0; i < (wanted ? cue->hit_count : cue->miss_count) && status == CM_OK; i++) {
        enum cm_verdict verdict;
        status = cm_prover_try(prover, index, &examples[i], &verdict);
        const char *complaint = status == CM_OK ? cm_prover_complaint(verdict, wanted) : NULL;
        struct cm_span text = examples[i].text;
        if (complaint)
            cm_diagnostics_add(diagnostics, CM_SEVERITY_ERROR, "example-failed", examples[i].place, NULL, "%s: %s: \"%.*s\"%s", cue->id,
                               complaint, (int)cm_utf8_floor(text.ptr, text.len, CM_PROVE_TEXT_BYTES), text.ptr,
                               text.len > CM_PROVE_TEXT_BYTES ? " …" : "");
    }
    return status;
}

static enum cm_status prove_pack(const struct cm_packs *packs, size_t pack, struct cm_diagnostics *diagnostics)
{
    struct cm_prover prover;
    enum cm_status status = cm_prover_init(&prover, packs, pack);
    for (uint32_t i = 0; i < packs->items[pack].ruleset->cue_count && status == CM_OK; i++) {
        status = prove_examples(&prover, i, true, diagnostics);
        if (status == CM_OK)
            status = prove_examples(&prover, i, false, diagnostics);
    }
    cm_prover_free(&prover);
    return status;
}

enum cm_status cm_packs_prove(const struct cm_packs *packs, struct cm_diagnostics *diagnostics)
{
    size_t errors = diagnostics->errors;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < packs->count && status == CM_OK; i++)
        status = prove_pack(packs, i, diagnostics);
    return status == CM_OK && diagnostics->errors > errors ? CM_ERULES : status;
}
