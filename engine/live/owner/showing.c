/*
 * Who looks on is shown every scorecard that is out. One that he has no room for is made once more when he has: for him alone,
 * for nothing has changed and nothing is written. What is remembered meanwhile is the item, so there are never more of them
 * than there are items.
 */
#include <string.h>

#include "live/owner/owner.h"

static enum cm_status miss(struct cm_unit_state *unit, struct cm_item *item)
{
    if (item->missed)
        return CM_OK;
    enum cm_status status = cm_grow(&unit->missed, &unit->missed_cap, unit->missed_count + 1, sizeof(struct cm_item *));
    if (status != CM_OK)
        return status;
    unit->missed[unit->missed_count++] = item;
    item->missed = true;
    return CM_OK;
}

enum cm_status cm_card_show(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, const struct cm_card *card)
{
    return !live->set.show || live->set.show(live->set.context, card) ? CM_OK : miss(unit, item);
}

/* Nothing can be made of it any more, or nothing that has room: the one it would be left with is not true any more. */
static void take_back(struct cm_live *live, const struct cm_unit_state *unit, struct cm_item *item)
{
    const struct cm_card card = {.unit = unit->unit, .id = cm_item_id(item), .applied = item->applied, .epoch = unit->epoch};
    item->missed = false;
    live->forgone += !(item->flags & CM_ITEM_ERASED);
    live->set.show(live->set.context, &card);
}

void cm_unit_take_back(struct cm_live *live, struct cm_unit_state *unit)
{
    size_t kept = 0;
    for (size_t i = 0; i < unit->missed_count; i++) {
        if (unit->missed[i]->phase > CM_PHASE_CLOSED)
            take_back(live, unit, unit->missed[i]);
        else
            unit->missed[kept++] = unit->missed[i];
    }
    unit->missed_count = kept;
}

/* Its scorecards as they came out last. CM_ELIMIT: there was no room for all. */
static enum cm_status show(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item)
{
    size_t ends[CM_PACKS_MAX], from = 0;
    enum cm_status status = cm_item_ready(live, unit, item);
    if (status != CM_OK)
        return status;
    struct cm_plea plea = cm_item_plea(item);
    if (plea.final)
        plea.revision = item->finals - 1; /* which has counted it since */
    cm_buffer_reset(&live->scratch);
    status = cm_live_worker_judge(live->set.worker, &plea, &live->scratch, ends);
    for (uint32_t pack = 0; status == CM_OK && pack < cm_rules_packs(plea.rules)->count; from = ends[pack++]) {
        struct cm_card card = cm_item_card(unit, item, &plea, pack);
        card.line = (struct cm_span){live->scratch.ptr + from, ends[pack] - from};
        status = live->set.show(live->set.context, &card) ? CM_OK : CM_ELIMIT;
    }
    return status;
}

/* *gone: it need not be shown any more. */
static enum cm_status show_again(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item, bool *gone)
{
    enum cm_status status = CM_OK;
    *gone = true;
    if (item->phase > CM_PHASE_CLOSED)
        take_back(live, unit, item);
    else if (!item->card_due) /* else the next one is about to come */
        status = show(live, unit, item);
    if (status == CM_ELIMIT && live->set.has_room(live->set.context)) { /* so much room, and not enough: there will never be */
        take_back(live, unit, item);
        status = CM_OK;
    }
    *gone = status == CM_OK;
    if (*gone)
        item->missed = false;
    return status;
}

enum cm_status cm_live_show_missed(struct cm_live *live)
{
    enum cm_status status = CM_OK;
    unsigned left = CM_SHOW_AGAIN_MAX;
    for (size_t i = 0; i < live->unit_count && status == CM_OK; i++) {
        struct cm_unit_state *unit = live->units[i];
        size_t done = 0;
        bool gone = true;
        for (; gone && done < unit->missed_count && left && live->set.has_room(live->set.context); left--) {
            status = show_again(live, unit, unit->missed[done], &gone);
            done += gone;
        }
        if (!done)
            continue;
        unit->missed_count -= done;
        memmove(unit->missed, unit->missed + done, unit->missed_count * sizeof(struct cm_item *));
    }
    /* a state that cannot be read back now is the next flush's to tell of */
    return status == CM_ELIMIT || status == CM_EIO ? CM_OK : status;
}

uint64_t cm_live_missed(const struct cm_live *live, uint64_t *forgone)
{
    uint64_t count = 0;
    for (size_t i = 0; i < live->unit_count; i++)
        count += live->units[i]->missed_count;
    *forgone = live->forgone;
    return count;
}
