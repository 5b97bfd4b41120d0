/*
 * worst: of each label the misses and the false hits to look at first.
 *
 * A miss is the worse the fewer labels the turn carries (it does nothing but
 * what was missed), then the shorter it is; a false hit the more cues of the
 * label fired, then the shorter. Ties: in the order of the files.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "study/validity/hearing.h"

/* Of the words before a hit in a long turn. */
#define CM_WORST_LEAD_BYTES ((size_t)80)
#define CM_WORST_CONTEXT_BYTES ((size_t)160)

struct candidate {
    uint32_t rank; /* smaller is worse */
    uint32_t len, turn;
    bool miss;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->miss != y->miss)
        return x->miss ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return (x->turn > y->turn) - (x->turn < y->turn);
}

struct quoter {
    const struct cm_hearing *hearing;
    struct cm_validation *out;
    struct cm_redaction *redaction;
    struct cm_buffer text;
};

/* Bytes [start, end) of a text, redacted; what was cut shows. */
static enum cm_status excerpt(struct quoter *quoter, struct cm_span text, size_t start, size_t end, size_t max, uint32_t *from,
                              uint32_t *to, struct cm_span *out)
{
    struct cm_buffer *buffer = &quoter->text;
    size_t first = text.len > max && start > CM_WORST_LEAD_BYTES ? cm_utf8_floor(text.ptr, text.len, start - CM_WORST_LEAD_BYTES) : 0;
    size_t last = text.len - first > max ? cm_utf8_floor(text.ptr, text.len, first + max) : text.len;
    enum cm_status status = cm_redact_text(quoter->redaction, text, (struct cm_span){"", 0});
    if (status != CM_OK)
        return status == CM_ELIMIT ? CM_OK : status; /* withheld */
    start = start < first ? first : start > last ? last : start;
    end = end > last ? last : end;
    cm_buffer_text(buffer, first > 0 ? "…" : "");
    cm_redact_quote(quoter->redaction, first, start, 0, buffer);
    *from = (uint32_t)buffer->len;
    if (end > start)
        cm_redact_quote(quoter->redaction, start, end, 0, buffer);
    *to = (uint32_t)buffer->len;
    cm_redact_quote(quoter->redaction, end > start ? end : start, last, 0, buffer);
    cm_buffer_text(buffer, last < text.len ? "…" : "");
    if (cm_buffer_status(buffer) != CM_OK)
        return CM_ENOMEM;
    *out = cm_arena_copy(&quoter->out->arena, cm_buffer_view(buffer));
    return out->ptr ? CM_OK : CM_ENOMEM;
}

/* "customer: …", the turn before. */
static enum cm_status add_context(struct quoter *quoter, const struct cm_labelled *item, struct cm_worst *worst)
{
    uint32_t from, to;
    if (item->turn_count < 2)
        return CM_OK;
    const struct cm_said *before = &item->turns[item->turn_count - 2];
    cm_buffer_reset(&quoter->text);
    cm_buffer_printf(&quoter->text, "%s: ", cm_speaker_name(before->speaker));
    return excerpt(quoter, before->text, 0, 0, CM_WORST_CONTEXT_BYTES, &from, &to, &worst->context);
}

/* Where the first cue of the label fired in the turn; it is listened to once more, for only counts were kept. */
static enum cm_status find_words(struct quoter *quoter, const struct cm_labelled *item, struct cm_worst *worst, size_t *start, size_t *end)
{
    const struct cm_mapped *mapped = quoter->out->results[worst->label].mapped;
    struct cm_heard heard;
    enum cm_status status = cm_listen(quoter->hearing->listener, item->channel, item->turns, item->turn_count, &heard);
    if (status != CM_OK)
        return status;
    for (uint32_t i = 0; i < mapped->cue_count && worst->cue == CM_CUE_NONE; i++)
        for (size_t j = 0; j < cm_judge_fired_count(heard.judge); j++) {
            struct cm_fired fired = cm_judge_fired(heard.judge, j);
            if (fired.cue != mapped->cues[i] || fired.turn != heard.turn || fired.fault)
                continue;
            worst->cue = fired.cue;
            *start = fired.start;
            *end = fired.end;
            break;
        }
    return CM_OK;
}

static enum cm_status quote(struct quoter *quoter, struct cm_worst *worst)
{
    const struct cm_labelled *item = &quoter->hearing->labels->items[worst->turn];
    struct cm_span text = cm_labelled_turn(item)->text;
    size_t start = 0, end = 0;
    enum cm_status status = worst->miss ? CM_OK : find_words(quoter, item, worst, &start, &end);
    if (status == CM_OK)
        status = add_context(quoter, item, worst);
    if (status != CM_OK)
        return status;
    cm_buffer_reset(&quoter->text);
    return excerpt(quoter, text, start, end > text.len ? text.len : end, CM_WORST_QUOTE_BYTES, &worst->from, &worst->to, &worst->text);
}

static size_t find_candidates(const struct cm_hearing *hearing, const struct cm_label_result *result, struct candidate *candidates)
{
    struct cm_listened listened = {.speaker = result->mapped->speaker,
                                   .cues = result->mapped->cues,
                                   .cue_count = result->mapped->cue_count,
                                   .names = result->names,
                                   .name_count = result->name_count};
    size_t count = 0;
    for (size_t turn = 0; turn < hearing->labels->count; turn++) {
        const struct cm_labelled *item = &hearing->labels->items[turn];
        enum cm_standing standing = cm_standing_of(hearing, &listened, turn);
        uint32_t fired = 0;
        if (standing != CM_STANDING_MISS && standing != CM_STANDING_FALSE)
            continue;
        for (uint32_t i = 0; i < listened.cue_count; i++)
            fired += cm_heard_fired(hearing, turn, listened.cues[i]);
        candidates[count++] = (struct candidate){.rank = standing == CM_STANDING_MISS ? item->label_count : listened.cue_count - fired,
                                                 .len = (uint32_t)cm_labelled_turn(item)->text.len,
                                                 .turn = (uint32_t)turn,
                                                 .miss = standing == CM_STANDING_MISS};
    }
    if (count > 0)
        qsort(candidates, count, sizeof *candidates, compare_candidates);
    return count;
}

static enum cm_status add_label(struct quoter *quoter, uint32_t label, uint32_t most, struct candidate *candidates)
{
    struct cm_validation *out = quoter->out;
    size_t count = find_candidates(quoter->hearing, &out->results[label], candidates);
    uint32_t taken[2] = {0, 0};
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        if (taken[candidates[i].miss]++ >= most)
            continue;
        struct cm_worst *worst = &out->worst[out->worst_count++];
        *worst = (struct cm_worst){.label = label, .turn = candidates[i].turn, .miss = candidates[i].miss, .cue = CM_CUE_NONE};
        status = quote(quoter, worst);
    }
    return status;
}

enum cm_status cm_worst_find(const struct cm_hearing *hearing, const struct cm_validate_request *request, struct cm_validation *out)
{
    struct quoter quoter = {.hearing = hearing, .out = out};
    size_t turns = hearing->labels->count;
    uint32_t most = request->worst < turns ? request->worst : (uint32_t)turns;
    struct candidate *candidates = calloc(turns + 1, sizeof *candidates);
    enum cm_status status = candidates ? cm_redaction_new(request->packs->redactor, &quoter.redaction) : CM_ENOMEM;
    if (status == CM_OK) {
        out->worst = cm_arena_calloc(&out->arena, (size_t)out->result_count * most * 2 + 1, sizeof *out->worst);
        status = out->worst ? CM_OK : CM_ENOMEM;
    }
    for (uint32_t i = 0; i < out->result_count && status == CM_OK; i++)
        status = add_label(&quoter, i, most, candidates);
    cm_buffer_free(&quoter.text);
    cm_redaction_free(quoter.redaction);
    free(candidates);
    return status;
}
