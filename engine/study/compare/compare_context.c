/* What stands around the samples, from a second look at the archive. */
#include <stdlib.h>

#include "study/compare/comparing.h"
#include "study/sample/lookup.h"

/* On each side of the words: a line or so in a report. */
#define CM_CONTEXT_BYTES ((size_t)60)
#define CM_ELLIPSIS "\xE2\x80\xA6"

struct looking {
    struct cm_wanted *wanted; /* owners are samples */
    size_t count, cap;
    struct cm_redaction *redaction;
    struct cm_buffer text;
};

static enum cm_status want(struct looking *looking, struct cm_samples *samples)
{
    enum cm_status status = cm_grow(&looking->wanted, &looking->cap, looking->count + samples->count, sizeof *looking->wanted);
    for (uint32_t i = 0; i < samples->count && status == CM_OK; i++) {
        struct cm_sample *sample = &samples->items[i];
        if (sample->quote.ptr)
            looking->wanted[looking->count++] = (struct cm_wanted){sample->origin, sample->interaction_id, sample};
    }
    return status;
}

/* Bytes [from, to) of the text last looked through, with an ellipsis where the text goes on. */
static enum cm_status cut(struct looking *looking, size_t from, size_t to, bool more_before, bool more_after, struct cm_span *out)
{
    cm_buffer_reset(&looking->text);
    if (more_before)
        cm_buffer_text(&looking->text, CM_ELLIPSIS " ");
    cm_redact_quote(looking->redaction, from, to, 0, &looking->text);
    if (more_after)
        cm_buffer_text(&looking->text, " " CM_ELLIPSIS);
    enum cm_status status = cm_buffer_status(&looking->text);
    struct cm_span text = looking->text.ptr ? cm_buffer_view(&looking->text) : CM_SPAN("");
    return status == CM_OK ? cm_span_own(out, text) : status;
}

/* Whole words of what stands before and behind. */
static enum cm_status look_at(void *context, void *owner, const struct cm_event *event)
{
    struct looking *looking = context;
    struct cm_sample *sample = owner;
    struct cm_span text = event->text;
    if (sample->before.ptr || sample->start > sample->end || sample->end > text.len)
        return CM_OK;
    enum cm_status status = cm_redact_text(looking->redaction, text, sample->names);
    if (status != CM_OK)
        return status == CM_ELIMIT ? CM_OK : status;
    size_t from = sample->start > CM_CONTEXT_BYTES ? sample->start - CM_CONTEXT_BYTES : 0;
    size_t to = text.len - sample->end > CM_CONTEXT_BYTES ? sample->end + CM_CONTEXT_BYTES : text.len;
    bool more_before = from > 0, more_after = to < text.len;
    while (from > 0 && from < sample->start && text.ptr[from - 1] != ' ')
        from++;
    while (to < text.len && to > sample->end && text.ptr[to] != ' ')
        to--;
    status = cut(looking, from, sample->start, more_before, false, &sample->before);
    return status == CM_OK ? cut(looking, sample->end, to, false, more_after, &sample->after) : status;
}

enum cm_status cm_compare_look(struct cm_comparison *sum, const struct cm_redactor *redactor, struct cm_source *source)
{
    struct looking looking = {0};
    enum cm_status status = cm_redaction_new(redactor, &looking.redaction);
    for (uint32_t i = 0; i < sum->cue_count && status == CM_OK; i++)
        for (unsigned side = 0; side < CM_SIDES && status == CM_OK; side++)
            status = want(&looking, &sum->cues[i].samples[side]);
    if (status == CM_OK)
        status = cm_lookup(looking.wanted, looking.count, source, look_at, &looking);
    cm_redaction_free(looking.redaction);
    cm_buffer_free(&looking.text);
    free(looking.wanted);
    return status;
}
