#include "study/validity/hearing.h"

#include <stdlib.h>

/* Progress is told every so many turns. */
#define CM_HEARING_STEP 64u

struct by_conversation {
    struct cm_span conversation;
    uint32_t turn;
};

static int compare_conversations(const void *a, const void *b)
{
    const struct by_conversation *x = a, *y = b;
    int order = cm_span_compare(x->conversation, y->conversation);
    return order ? order : (x->turn > y->turn) - (x->turn < y->turn);
}

/* Turns to conversations, those to halves, bytewise: the order of files has no say in what a seed draws. */
static enum cm_status number_units(struct cm_hearing *hearing, const struct cm_validate_request *request)
{
    size_t count = hearing->labels->count, kept = 0;
    struct by_conversation *sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return CM_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        hearing->half[i] = (uint8_t)cm_half_of(hearing->labels->items[i].conversation);
        hearing->outside[i] = request->half_only && hearing->half[i] != request->half;
        if (!hearing->outside[i])
            sorted[kept++] = (struct by_conversation){hearing->labels->items[i].conversation, (uint32_t)i};
    }
    qsort(sorted, kept, sizeof *sorted, compare_conversations);
    for (size_t i = 0; i < kept; i++) {
        if (i == 0 || !cm_span_equal(sorted[i].conversation, sorted[i - 1].conversation))
            hearing->group_unit[hearing->units++] = hearing->half_units[hearing->half[sorted[i].turn]]++;
        hearing->unit[sorted[i].turn] = hearing->units - 1;
    }
    free(sorted);
    return CM_OK;
}

static enum cm_status hear(struct cm_hearing *hearing, size_t turn)
{
    const struct cm_labelled *item = &hearing->labels->items[turn];
    uint8_t *row = hearing->heard + turn * hearing->cue_count;
    struct cm_heard heard;
    enum cm_status status = cm_listen(hearing->listener, item->channel, item->turns, item->turn_count, &heard);
    if (status != CM_OK)
        return status;
    for (uint32_t i = 0; i < heard.cue_count; i++)
        row[heard.cues[i]] |= CM_HEARD_FIRED;
    for (uint32_t i = 0; i < heard.fault_count; i++)
        row[heard.faults[i]] |= CM_HEARD_FAULT;
    return CM_OK;
}

enum cm_status cm_hearing_init(struct cm_hearing *hearing, const struct cm_validate_request *request)
{
    size_t count = request->labels->count;
    *hearing = (struct cm_hearing){.labels = request->labels, .cue_count = request->packs->items[0].ruleset->cue_count};
    hearing->heard = calloc(count + 1, (size_t)hearing->cue_count + 1);
    hearing->unit = calloc(count + 1, sizeof *hearing->unit);
    hearing->half = calloc(count + 1, 1);
    hearing->outside = calloc(count + 1, 1);
    hearing->group_unit = calloc(count + 1, sizeof *hearing->group_unit);
    if (!hearing->heard || !hearing->unit || !hearing->half || !hearing->outside || !hearing->group_unit)
        return CM_ENOMEM;
    enum cm_status status = number_units(hearing, request);
    if (status == CM_OK)
        status = cm_listener_new(request->packs, 0, &hearing->listener);
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        if (request->stop && atomic_load_explicit(request->stop, memory_order_relaxed)) /* a flag alone */
            return CM_ESTOPPED;
        if (request->progress && i % CM_HEARING_STEP == 0)
            request->progress(request->progress_context, i, count);
        if (!hearing->outside[i])
            status = hear(hearing, i);
    }
    return status;
}

void cm_hearing_free(struct cm_hearing *hearing)
{
    cm_listener_free(hearing->listener);
    free(hearing->heard);
    free(hearing->unit);
    free(hearing->half);
    free(hearing->outside);
    free(hearing->group_unit);
}

static bool speaks(enum cm_speaker wanted, enum cm_speaker speaker)
{
    return speaker == wanted || (wanted == CM_SPEAKER_AGENT && speaker == CM_SPEAKER_LEAD);
}

enum cm_standing cm_standing_of(const struct cm_hearing *hearing, const struct cm_listened *listened, size_t turn)
{
    const struct cm_labelled *item = &hearing->labels->items[turn];
    const uint8_t *row = hearing->heard + turn * hearing->cue_count;
    bool is = false, disputed = false;
    uint8_t heard = 0;
    if (hearing->outside[turn] || !speaks(listened->speaker, cm_labelled_turn(item)->speaker))
        return CM_STANDING_OUT;
    for (uint32_t i = 0; i < listened->name_count; i++) {
        bool open = cm_heard_has(item->disputed, item->disputed_count, listened->names[i]);
        is |= !open && cm_heard_has(item->labels, item->label_count, listened->names[i]);
        disputed |= open;
    }
    for (uint32_t i = 0; i < listened->cue_count; i++)
        heard |= row[listened->cues[i]];
    if (item->all_disputed || (disputed && !is)) /* of several labels one that is sure is enough */
        return CM_STANDING_DISPUTED;
    if (heard & CM_HEARD_FIRED)
        return is ? CM_STANDING_HIT : CM_STANDING_FALSE;
    if (heard & CM_HEARD_FAULT)
        return CM_STANDING_FAULT;
    return is ? CM_STANDING_MISS : CM_STANDING_QUIET;
}
