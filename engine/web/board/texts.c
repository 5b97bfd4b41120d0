/* What was said, kept for those who look closely, where a configuration asks for it. */
#include <stdlib.h>

#include "board/private.h"

/* A customer goes by a few names; a stream of ever new ones must not grow without end. What is longer masks nothing less. */
#define NAMES_MAX_BYTES ((size_t)2048)

enum cm_status cm_board_text_name(struct cm_board *board, struct cm_board_item *item, struct cm_span name)
{
    struct cm_span *names = &item->customer_names;
    if (name.len == 0 || names->len + name.len > NAMES_MAX_BYTES)
        return CM_OK;
    if (names->len && memmem(names->ptr, names->len, name.ptr, name.len))
        return CM_OK;
    struct cm_buffer *joined = &board->scratch;
    cm_buffer_reset(joined);
    cm_buffer_span(joined, *names);
    if (names->len)
        cm_buffer_byte(joined, ' ');
    cm_buffer_span(joined, name);
    enum cm_status status = cm_buffer_status(joined);
    return status == CM_OK ? cm_board_own(board, names, cm_buffer_view(joined)) : status;
}

static struct cm_span copy(char **to, struct cm_span text)
{
    if (!text.ptr)
        return text;
    struct cm_span copied = {*to, text.len};
    memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copied;
}

enum cm_status cm_board_text_keep(struct cm_board *board, struct cm_board_item *item, const struct cm_event *event)
{
    size_t bytes =
        sizeof(struct cm_board_text) + event->event_id.len + event->target_event_id.len + event->agent_id.len + event->text.len + 1;
    struct cm_board_text *text = malloc(bytes);
    if (!text)
        return CM_ENOMEM;
    char *to = (char *)(text + 1);
    *text = (struct cm_board_text){
        .hash = event->hash,
        .ts = event->has & CM_HAS_TS ? event->ts : CM_SHEET_NO_TIME,
        .seq = event->seq,
        .target_seq = event->target_seq,
        .serial = ++board->serial,
        .event_id = copy(&to, event->event_id),
        .target_event_id = copy(&to, event->target_event_id),
        .agent_id = copy(&to, event->agent_id),
        .text = copy(&to, event->text),
        .has = event->has,
        .type = event->type,
        .speaker = event->speaker,
        .bytes = (uint32_t)bytes,
    };
    *item->last_text = text;
    item->last_text = &text->next;
    item->edited |= event->type != CM_EVENT_MESSAGE;
    board->bytes += bytes;
    cm_board_item_paid(board, item);
    return CM_OK;
}

void cm_board_texts_free(struct cm_board *board, struct cm_board_item *item)
{
    while (item->texts) {
        struct cm_board_text *text = item->texts;
        item->texts = text->next;
        board->bytes -= text->bytes;
        free(text);
    }
    item->last_text = &item->texts;
}
