/* Firings to what is shown of them: where they stand, and their words, without what identifies people. */
#include "score/private.h"

bool cm_firing_weighted(const struct cm_judge *judge, uint32_t firing)
{
    uint8_t kind = cm_firing_cue(judge, firing)->kind;
    return kind == CM_CUE_WEIGHTED || kind == CM_CUE_SUMMED;
}

static struct cm_span quote_of(const struct cm_judge *judge, const struct cm_firing *firing)
{
    const struct cm_record *words = judge->in->turns[firing->turn].words;
    if (firing->hit == CM_NONE || !words)
        return (struct cm_span){NULL, 0};
    struct cm_record_found found = cm_record_found(words, judge->pack);
    if (!found.quote_lens)
        return (struct cm_span){NULL, 0};
    const char *quote = found.quotes;
    for (uint32_t i = 0; i < firing->hit; i++)
        quote += found.quote_lens[i];
    return (struct cm_span){quote, found.quote_lens[firing->hit]};
}

/* A quote as it may leave: without the names that the whole interaction tells. ptr NULL: withheld. */
static enum cm_status safe_quote(struct cm_judge *judge, struct cm_span *quote)
{
    const struct cm_buffer *names = &judge->in->full_names;
    if (!judge->redaction || names->len == 0 || quote->len == 0)
        return CM_OK;
    enum cm_status status = cm_redact_text(judge->redaction, *quote, cm_buffer_view(names));
    if (status != CM_OK) {
        *quote = (struct cm_span){NULL, 0};
        return status == CM_ELIMIT ? CM_OK : status;
    }
    cm_buffer_reset(&judge->quote);
    cm_redact_quote(judge->redaction, 0, quote->len, CM_QUOTE_MAX_BYTES, &judge->quote);
    *quote = cm_arena_copy(&judge->quotes, cm_buffer_view(&judge->quote));
    return quote->ptr ? cm_buffer_status(&judge->quote) : CM_ENOMEM;
}

enum cm_status cm_judge_quote(struct cm_judge *judge, size_t index, struct cm_span *out)
{
    *out = quote_of(judge, &judge->firings[index]);
    return safe_quote(judge, out);
}

enum cm_status cm_show(struct cm_judge *judge, uint32_t index, bool quoted)
{
    const struct cm_firing *firing = &judge->firings[index];
    const struct cm_record *message = judge->in->turns[firing->turn].message;
    struct cm_span quote = {NULL, 0};
    enum cm_status status = cm_grow(&judge->shown, &judge->shown_cap, judge->shown_count + 1, sizeof *judge->shown);
    if (status == CM_OK && quoted)
        status = cm_judge_quote(judge, index, &quote);
    if (status != CM_OK)
        return status;
    judge->shown[judge->shown_count++] = (struct cm_evidence){
        .turn = firing->turn,
        .has_seq = message->has & CM_HAS_SEQ,
        .seq = message->seq,
        .rule = judge->ruleset->cues[firing->cue].id,
        .start = firing->start,
        .end = firing->end,
        .quote = quote,
    };
    return CM_OK;
}
