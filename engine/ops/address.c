#include "ops/address.h"

enum cm_status cm_address_line(struct cm_arena *arena, struct cm_span line, bool first_of_source, struct cm_address *out)
{
    struct cm_decoded decoded;
    *out = (struct cm_address){.reject = CM_REJECT_NONE};
    cm_arena_reset(arena);
    struct cm_span text = line.ptr ? cm_decode_trim(line, first_of_source) : line;
    out->blank = text.len == 0;
    if (out->blank)
        return CM_OK;
    enum cm_status status = cm_decode(arena, text, &out->event, &decoded);
    if (status != CM_OK)
        return status;
    out->reject = decoded.reject;
    out->key = decoded.reject == CM_REJECT_NONE ? out->event.interaction_id : decoded.incomplete_id;
    if (out->key.len == 0)
        out->key.ptr = NULL;
    out->anonymous = decoded.reject == CM_REJECT_NONE && !out->event.event_id.ptr && !(out->event.has & CM_HAS_SEQ);
    return CM_OK;
}
