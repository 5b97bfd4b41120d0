/* What stands around the samples, from a second look at the archive. */
#include <stdlib.h>

#include "event/decode.h"
#include "study/comparing.h"

/* On each side of the words: a line or so in a report. */
#define CM_CONTEXT_BYTES ((size_t)60)
#define CM_ELLIPSIS "\xE2\x80\xA6"

struct looking {
    struct cm_sample **wanted; /* by origin */
    size_t count, cap;
    struct cm_redaction *redaction;
    struct cm_arena arena;
    struct cm_buffer text;
};

static enum cm_status want(struct looking *looking, struct cm_samples *samples)
{
    enum cm_status status = cm_grow(&looking->wanted, &looking->cap, looking->count + samples->count, sizeof *looking->wanted);
    for (uint32_t i = 0; i < samples->count && status == CM_OK; i++)
        if (samples->items[i].quote.ptr)
            looking->wanted[looking->count++] = &samples->items[i];
    return status;
}

static int compare_origins(struct cm_origin a, struct cm_origin b)
{
    if (a.path != b.path)
        return a.path < b.path ? -1 : 1;
    return (a.offset > b.offset) - (a.offset < b.offset);
}

static int by_origin(const void *left, const void *right)
{
    const struct cm_sample *a = *(struct cm_sample *const *)left, *b = *(struct cm_sample *const *)right;
    return compare_origins(a->origin, b->origin);
}

/* The first sample that is not before origin. */
static size_t first_from(const struct looking *looking, struct cm_origin origin)
{
    size_t from = 0, to = looking->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_origins(looking->wanted[middle]->origin, origin) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
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
    return status == CM_OK ? cm_sample_copy(out, text) : status;
}

/* Whole words of what stands before and behind. */
static enum cm_status look_at(struct looking *looking, struct cm_sample *sample, struct cm_span text)
{
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

static enum cm_status look_at_line(struct looking *looking, struct cm_span line, size_t at, struct cm_origin origin)
{
    struct cm_event event;
    struct cm_decoded decoded;
    cm_arena_reset(&looking->arena);
    enum cm_status status = cm_decode(&looking->arena, line, &event, &decoded);
    if (status != CM_OK || decoded.reject != CM_REJECT_NONE || !event.text.ptr)
        return status;
    for (; at < looking->count && compare_origins(looking->wanted[at]->origin, origin) == 0 && status == CM_OK; at++)
        if (cm_span_equal(looking->wanted[at]->interaction_id, event.interaction_id))
            status = look_at(looking, looking->wanted[at], event.text);
    return status;
}

static enum cm_status look_through(struct looking *looking, const struct cm_block *block)
{
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    struct cm_origin origin = {block->path, block->offset};
    size_t at = first_from(looking, origin);
    while (status == CM_OK && at < looking->count && looking->wanted[at]->origin.path == block->path && cm_block_next_line(block, &line)) {
        origin.offset = line.offset;
        if (compare_origins(looking->wanted[at]->origin, origin) > 0)
            continue;
        bool first = block->first_of_file && line.number == block->line;
        status = look_at_line(looking, cm_decode_trim(line.bytes, first), at, origin);
        while (at < looking->count && compare_origins(looking->wanted[at]->origin, origin) <= 0)
            at++;
    }
    return status;
}

enum cm_status cm_compare_look(struct cm_comparison *sum, const struct cm_redactor *redactor, struct cm_source *source)
{
    struct looking looking = {0};
    struct cm_block block = CM_BLOCK_EMPTY;
    enum cm_status status = cm_redaction_new(redactor, &looking.redaction);
    for (uint32_t i = 0; i < sum->cue_count && status == CM_OK; i++)
        for (unsigned side = 0; side < CM_SIDES && status == CM_OK; side++)
            status = want(&looking, &sum->cues[i].samples[side]);
    if (looking.count > 0)
        qsort(looking.wanted, looking.count, sizeof *looking.wanted, by_origin);
    while (status == CM_OK && looking.count > 0 && (status = cm_source_next(source, &block)) == CM_OK)
        status = block.line_too_long ? CM_OK : look_through(&looking, &block);
    cm_block_free(&block);
    cm_redaction_free(looking.redaction);
    cm_arena_free(&looking.arena);
    cm_buffer_free(&looking.text);
    free(looking.wanted);
    return status == CM_END ? CM_OK : status;
}
