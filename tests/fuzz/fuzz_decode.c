/* Any bytes as a line: a verdict that holds together, the same whatever was decoded before. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "event/decode.h"
#include "text/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                                \
            abort();                                                                                                                       \
        }                                                                                                                                  \
    } while (0)

static void check_event(const struct cm_event *event)
{
    CHECK(event->interaction_id.len >= 1 && event->interaction_id.len <= CM_INTERACTION_ID_MAX_BYTES);
    CHECK(cm_utf8_valid_prefix(event->interaction_id.ptr, event->interaction_id.len) == event->interaction_id.len);
    CHECK(event->text.len <= CM_TEXT_MAX_BYTES);
    CHECK(event->type < CM_EVENT_TYPE_COUNT && event->speaker < CM_SPEAKER_COUNT);
    CHECK(event->channel < CM_CHANNEL_COUNT && event->ended_by < CM_ENDED_BY_COUNT);
    CHECK(event->type != CM_EVENT_MESSAGE || (event->speaker != CM_SPEAKER_NONE && event->text.ptr));
    CHECK(event->confidence <= 1000000);
    const struct cm_span *strings[] = {&event->agent_id, &event->customer_id, &event->customer_name, &event->event_id,       &event->lang,
                                       &event->queue,    &event->team,        &event->to_agent_id,   &event->target_event_id};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        CHECK(strings[i]->ptr ? strings[i]->len >= 1 && strings[i]->len <= CM_EVENT_FIELD_MAX_BYTES : strings[i]->len == 0);
}

static void check_line(struct cm_arena *arena, struct cm_span line)
{
    struct cm_event event, again;
    struct cm_decoded decoded, decoded_again;
    CHECK(cm_decode(arena, line, &event, &decoded) == CM_OK);
    CHECK(decoded.reject < CM_REJECT_COUNT && decoded.column <= line.len + 1);
    if (decoded.reject == CM_REJECT_NONE)
        check_event(&event);
    else
        CHECK(decoded.incomplete_id.len <= CM_INTERACTION_ID_MAX_BYTES);
    /* the order of keys of another line must change nothing */
    CHECK(cm_decode(arena, CM_SPAN("{\"type\":\"end\",\"seq\":1,\"text\":\"a\",\"interaction_id\":\"i\",\"ts\":null}"), &again,
                    &decoded_again) == CM_OK);
    CHECK(cm_decode(arena, line, &again, &decoded_again) == CM_OK);
    CHECK(decoded.reject == decoded_again.reject && decoded.column == decoded_again.column && decoded.field == decoded_again.field);
    CHECK(decoded.reject != CM_REJECT_NONE || cm_hash128_compare(event.hash, again.hash) == 0);
    CHECK(cm_span_equal(decoded.incomplete_id, decoded_again.incomplete_id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cm_arena arena;
    struct cm_span line = cm_decode_trim((struct cm_span){(const char *)data, size}, size % 2);
    if (line.len)
        check_line(&arena, line);
    cm_arena_reset(&arena);
    return 0;
}
