/* The texts of what was drawn, from a second look at the archive. */
#include "base/utf8.h"
#include "study/sample/lookup.h"
#include "study/sample/sampler.h"
#include "text/fold.h"

struct owner {
    const struct cm_sampled_turn *turn;
    struct cm_sampled_line *line;
};

struct texts {
    struct cm_sampling *sampling;
    struct cm_redaction *redaction; /* NULL: verbatim */
    struct cm_buffer text;
};

/* Bad UTF-8 repaired, and cut to what the reader of labels takes. */
static void put_verbatim(struct cm_buffer *out, struct cm_span text)
{
    while (text.len > 0) {
        size_t good = cm_utf8_valid_prefix(text.ptr, text.len);
        cm_buffer_append(out, text.ptr, good);
        text = (struct cm_span){text.ptr + good, text.len - good};
        if (text.len > 0) {
            unsigned bad;
            (void)cm_utf8_decode(text.ptr, text.ptr + text.len, &bad);
            cm_buffer_text(out, "\xEF\xBF\xBD");
            text = (struct cm_span){text.ptr + bad, text.len - bad};
        }
    }
    if (out->len > CM_TEXT_MAX_BYTES)
        out->len = cm_utf8_floor(out->ptr, out->len, CM_TEXT_MAX_BYTES);
}

static enum cm_status found(void *context, void *owned, const struct cm_event *event)
{
    struct texts *texts = context;
    struct owner *owner = owned;
    cm_buffer_reset(&texts->text);
    if (texts->redaction) {
        enum cm_status status = cm_redact_text(texts->redaction, event->text, owner->turn->names);
        if (status != CM_OK)
            return status == CM_ELIMIT ? CM_OK : status;
        cm_redact_quote(texts->redaction, 0, event->text.len, CM_TEXT_MAX_BYTES, &texts->text);
    } else {
        put_verbatim(&texts->text, event->text);
    }
    enum cm_status status = cm_buffer_status(&texts->text);
    if (status != CM_OK)
        return status;
    owner->line->text = cm_arena_copy(&texts->sampling->arena, texts->text.len ? cm_buffer_view(&texts->text) : CM_SPAN(""));
    return owner->line->text.ptr ? CM_OK : CM_ENOMEM;
}

enum cm_status cm_sampling_texts(struct cm_sampling *sampling, const struct cm_redactor *redactor, struct cm_source *source)
{
    struct texts texts = {.sampling = sampling};
    size_t count = 0;
    for (uint32_t i = 0; i < sampling->count; i++)
        count += sampling->turns[i]->line_count;
    struct cm_wanted *wanted = calloc(count + 1, sizeof *wanted);
    struct owner *owners = calloc(count + 1, sizeof *owners);
    enum cm_status status = wanted && owners ? CM_OK : CM_ENOMEM;
    if (status == CM_OK && redactor)
        status = cm_redaction_new(redactor, &texts.redaction);
    count = 0;
    for (uint32_t i = 0; i < sampling->count && status == CM_OK; i++)
        for (uint32_t j = 0; j < sampling->turns[i]->line_count; j++, count++) {
            struct cm_sampled_turn *turn = sampling->turns[i];
            owners[count] = (struct owner){turn, &turn->lines[j]};
            wanted[count] = (struct cm_wanted){turn->lines[j].origin, turn->interaction_id, &owners[count]};
        }
    if (status == CM_OK)
        status = cm_lookup(wanted, count, source, found, &texts);
    cm_redaction_free(texts.redaction);
    cm_buffer_free(&texts.text);
    free(wanted);
    free(owners);
    return status;
}
