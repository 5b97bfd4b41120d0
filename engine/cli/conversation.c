#include "cli/conversation.h"

#include <stdlib.h>

#include "event/decode.h"
#include "io/source.h"
#include "score/interaction.h"

/* The words of one event, until it is known which of them stand. */
struct words {
    struct cm_origin origin;
    struct cm_conversation_turn turn;
};

struct loading {
    struct cm_conversation *conversation;
    struct cm_span id;
    struct cm_buffer records;
    struct words *words;
    size_t count, cap;
};

static enum cm_status copy(struct cm_arena *arena, struct cm_span *to, struct cm_span from)
{
    if (from.ptr)
        *to = cm_arena_copy(arena, from);
    return from.ptr && !to->ptr ? CM_ENOMEM : CM_OK;
}

static enum cm_status keep(struct loading *loading, const struct cm_event *event, struct cm_origin origin)
{
    struct cm_findings none = {0};
    enum cm_status status = cm_grow(&loading->words, &loading->cap, loading->count + 1, sizeof *loading->words);
    if (status != CM_OK)
        return status;
    struct words *words = &loading->words[loading->count++];
    *words = (struct words){.origin = origin, .turn = {.speaker = event->speaker, .has_ts = event->has & CM_HAS_TS, .ts = event->ts}};
    cm_record_append(&loading->records, event, origin, &none, NULL);
    status = copy(&loading->conversation->arena, &words->turn.text, event->text);
    if (status == CM_OK)
        status = copy(&loading->conversation->arena, &words->turn.agent_id, event->agent_id);
    return status == CM_OK ? cm_buffer_status(&loading->records) : status;
}

static enum cm_status read_block(struct loading *loading, const struct cm_block *block)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    while (status == CM_OK && !block->line_too_long && cm_block_next_line(block, &line)) {
        struct cm_span bytes = cm_decode_trim(line.bytes, block->first_of_file && line.number == block->line);
        struct cm_event event;
        struct cm_decoded decoded;
        if (bytes.len == 0)
            continue;
        cm_arena_reset(&arena);
        status = cm_decode(&arena, bytes, &event, &decoded);
        if (status == CM_OK && decoded.reject == CM_REJECT_NONE && cm_span_equal(event.interaction_id, loading->id))
            status = keep(loading, &event, (struct cm_origin){block->path, line.offset});
    }
    cm_arena_free(&arena);
    return status;
}

static const struct words *at_origin(const struct loading *loading, struct cm_origin origin)
{
    for (size_t i = 0; i < loading->count; i++)
        if (loading->words[i].origin.path == origin.path && loading->words[i].origin.offset == origin.offset)
            return &loading->words[i];
    return NULL;
}

/* What stands in each turn, by the engine's own order. */
static enum cm_status arrange(struct loading *loading, const struct cm_interaction *interaction)
{
    struct cm_conversation *conversation = loading->conversation;
    size_t count = cm_interaction_turns(interaction);
    conversation->turns = cm_arena_calloc(&conversation->arena, count ? count : 1, sizeof *conversation->turns);
    if (!conversation->turns)
        return CM_ENOMEM;
    conversation->count = count;
    for (size_t i = 0; i < count; i++) {
        struct cm_origin message, text;
        bool there = cm_interaction_turn(interaction, (uint32_t)i, &message, &text);
        const struct words *said = at_origin(loading, message), *stands = there ? at_origin(loading, text) : NULL;
        if (said)
            conversation->turns[i] = said->turn;
        conversation->turns[i].text = stands ? stands->turn.text : (struct cm_span){NULL, 0};
    }
    return CM_OK;
}

static enum cm_status order(struct loading *loading)
{
    struct cm_interaction *interaction;
    struct cm_span stream = cm_buffer_view(&loading->records), record;
    enum cm_status status = cm_interaction_new(&interaction);
    if (status != CM_OK)
        return status;
    cm_interaction_begin(interaction);
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_interaction_add(interaction, record);
    if (status == CM_OK)
        status = cm_interaction_seal(interaction);
    if (status == CM_OK)
        status = arrange(loading, interaction);
    cm_interaction_free(interaction);
    return status;
}

enum cm_status cm_conversation_load(struct cm_conversation *conversation, const struct cm_inputs *inputs, struct cm_span id,
                                    struct cm_diagnostics *diagnostics)
{
    struct cm_source *source;
    struct cm_source_request request = {.inputs = inputs};
    struct cm_block block = CM_BLOCK_EMPTY;
    struct loading loading = {.conversation = conversation, .id = id};
    *conversation = (struct cm_conversation){0};
    enum cm_status status = cm_source_open(&source, &cm_source_file, &request, diagnostics);
    if (status != CM_OK)
        return status;
    while ((status = cm_source_next(source, &block)) == CM_OK)
        if ((status = read_block(&loading, &block)) != CM_OK)
            break;
    if (status == CM_END)
        status = loading.count > 0 ? order(&loading) : CM_OK;
    cm_block_free(&block);
    cm_source_close(source);
    cm_buffer_free(&loading.records);
    free(loading.words);
    return status;
}

void cm_conversation_free(struct cm_conversation *conversation)
{
    cm_arena_free(&conversation->arena);
    *conversation = (struct cm_conversation){0};
}
