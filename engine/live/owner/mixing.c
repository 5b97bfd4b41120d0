/*
 * Where the packs that heard an interaction are gone, what they found is known by the
 * stable ids of their cues: records are renumbered for the current packs, and flagged.
 */
#include "live/owner/owner.h"

/* A map for one step, from what rules.h makes of the old names. */
static enum cm_status map_of(struct cm_live *live, const struct cm_edition *old, struct cm_cue_map *map)
{
    struct cm_rules *rules = live->current->rules;
    return cm_cue_map_new(cm_buffer_view(&old->names), rules, map);
}

static enum cm_status renumber(struct cm_live *live, struct cm_item *item, const struct cm_remap *remap)
{
    struct cm_packed packed = {0};
    struct cm_buffer mapped = CM_BUFFER_EMPTY;
    cm_buffer_reset(&live->records);
    enum cm_status status = cm_packed_unpack((struct cm_span){item->packed.bytes, item->packed.len}, &live->records);
    struct cm_span stream = cm_buffer_view(&live->records), record;
    while (status == CM_OK && cm_record_next(&stream, &record)) {
        cm_buffer_reset(&mapped);
        status = cm_record_remap(record, remap, &mapped);
        if (status == CM_OK)
            status = cm_packed_add(&packed, cm_buffer_view(&mapped), &live->scratch);
    }
    cm_buffer_free(&mapped);
    if (status != CM_OK) {
        cm_packed_free(&packed);
        return status;
    }
    live->held -= item->packed.cap;
    cm_packed_free(&item->packed);
    item->packed = packed;
    live->held += packed.cap;
    return CM_OK;
}

enum cm_status cm_item_mix(struct cm_live *live, struct cm_item *item)
{
    struct cm_cue_map map;
    enum cm_status status = map_of(live, item->edition, &map);
    if (status != CM_OK)
        return status;
    struct cm_remap remap = cm_cue_map_remap(&map);
    status = renumber(live, item, &remap);
    cm_cue_map_free(&map);
    if (status != CM_OK)
        return status;
    cm_edition_release(item->edition);
    item->edition = cm_edition_hold(live->current);
    item->flags |= CM_ITEM_PACK_MIXED;
    item->card_due = true;
    live->counters.mixed++;
    return CM_OK;
}
