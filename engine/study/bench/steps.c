#include "study/bench/steps.h"

#include <stdlib.h>

#include "event/decode.h"
#include "run/scribe.h"

/* As run/gather: a longer text is not read ahead. */
#define AHEAD_TEXT_MAX_BYTES ((size_t)1024)

struct slot {
    struct cm_event event;
    uint64_t offset;
    struct cm_folder *folder; /* of FOLD and SCAN; RECORD has the scribe's */
    struct cm_folded folded;
    bool has_words;
};

struct cm_steps {
    const struct cm_packs *packs;
    enum cm_step until;
    struct cm_block block;
    struct cm_arena arena;
    struct slot ahead[CM_SCRIBE_SLOTS];
    size_t ahead_count;
    struct cm_scanner *scanners[CM_PACKS_MAX];
    struct cm_scribe *scribe; /* of RECORD */
    struct cm_buffer records;
    struct cm_step_counts counts;
};

enum cm_status cm_steps_new(const struct cm_packs *packs, const struct cm_matcher *const *matchers, enum cm_step until,
                            struct cm_steps **out)
{
    *out = NULL;
    struct cm_steps *steps = calloc(1, sizeof *steps);
    if (!steps)
        return CM_ENOMEM;
    steps->packs = packs;
    steps->until = until;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < CM_SCRIBE_SLOTS && (until == CM_STEP_FOLD || until == CM_STEP_SCAN) && status == CM_OK; i++)
        status = cm_folder_new(packs->lexicon, &steps->ahead[i].folder);
    for (size_t i = 0; i < packs->count && until == CM_STEP_SCAN && status == CM_OK; i++)
        status = cm_scanner_new(matchers ? matchers[i] : packs->items[i].matcher, &steps->scanners[i]);
    if (status == CM_OK && until == CM_STEP_RECORD)
        status = cm_scribe_new(packs, false, 0, &steps->scribe);
    if (status == CM_OK && steps->scribe)
        status = cm_scribe_slots(steps->scribe);
    if (status == CM_OK)
        *out = steps;
    else
        cm_steps_free(steps);
    return status;
}

void cm_steps_free(struct cm_steps *steps)
{
    if (!steps)
        return;
    for (size_t i = 0; i < CM_SCRIBE_SLOTS; i++)
        cm_folder_free(steps->ahead[i].folder);
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_scanner_free(steps->scanners[i]);
    cm_scribe_free(steps->scribe);
    cm_buffer_free(&steps->records);
    cm_block_free(&steps->block);
    cm_arena_free(&steps->arena);
    free(steps);
}

static enum cm_status scan_slot(struct cm_steps *steps, struct slot *slot)
{
    const struct cm_event *event = &slot->event;
    enum cm_speaker speaker = event->type == CM_EVENT_MESSAGE ? (enum cm_speaker)event->speaker : CM_SPEAKER_NONE;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < steps->packs->count && slot->has_words && status == CM_OK; i++) {
        struct cm_scanned found;
        status = cm_scan(steps->scanners[i], &slot->folded, speaker, &found);
        steps->counts.hits += found.hit_count;
    }
    return status;
}

static enum cm_status catch_up(struct cm_steps *steps)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < steps->ahead_count && status == CM_OK; i++) {
        struct slot *slot = &steps->ahead[i];
        if (steps->until == CM_STEP_SCAN)
            status = scan_slot(steps, slot);
        else if (steps->until == CM_STEP_RECORD)
            status = cm_scribe_write_folded(steps->scribe, i, &slot->event, (struct cm_origin){steps->block.path, slot->offset},
                                            &steps->records);
    }
    steps->ahead_count = 0;
    cm_buffer_reset(&steps->records);
    return status;
}

/* The event that was decoded is in the slot. */
static enum cm_status take_event(struct cm_steps *steps)
{
    struct slot *slot = &steps->ahead[steps->ahead_count];
    const struct cm_event *event = &slot->event;
    enum cm_status status = CM_OK;
    steps->counts.events++;
    steps->counts.turns += event->type == CM_EVENT_MESSAGE;
    slot->has_words = event->text.ptr && (event->type == CM_EVENT_MESSAGE || event->type == CM_EVENT_EDIT);
    if (steps->scribe)
        status = cm_scribe_fold(steps->scribe, steps->ahead_count, event);
    else if (slot->folder && slot->has_words)
        status = cm_fold(slot->folder, event->text, &slot->folded);
    bool full = ++steps->ahead_count == CM_SCRIBE_SLOTS || event->text.len > AHEAD_TEXT_MAX_BYTES;
    return status == CM_OK && full ? catch_up(steps) : status;
}

static enum cm_status take_line(struct cm_steps *steps, const struct cm_line *line)
{
    const struct cm_block *block = &steps->block;
    struct cm_span bytes = cm_decode_trim(line->bytes, block->first_of_file && line->number == block->line);
    if (bytes.len == 0 && !block->line_too_long)
        return CM_OK;
    steps->counts.lines++;
    if (steps->until == CM_STEP_READ)
        return CM_OK;
    if (block->line_too_long)
        return catch_up(steps);
    struct slot *slot = &steps->ahead[steps->ahead_count];
    struct cm_decoded decoded;
    if (steps->ahead_count == 0)
        cm_arena_reset(&steps->arena);
    enum cm_status status = cm_decode(&steps->arena, bytes, &slot->event, &decoded);
    if (status != CM_OK)
        return status;
    slot->offset = line->offset;
    return decoded.reject == CM_REJECT_NONE ? take_event(steps) : catch_up(steps);
}

static enum cm_status take_block(struct cm_steps *steps)
{
    struct cm_line line = {0};
    enum cm_status status = CM_OK;
    while (status == CM_OK && cm_block_next_line(&steps->block, &line)) {
        status = take_line(steps, &line);
        if (steps->block.line_too_long)
            break;
    }
    return status == CM_OK ? catch_up(steps) : status;
}

enum cm_status cm_steps_run(struct cm_steps *steps, struct cm_source *source, const atomic_bool *stop, struct cm_step_counts *counts)
{
    enum cm_status status = CM_OK;
    steps->counts = (struct cm_step_counts){0};
    while (status == CM_OK) {
        status = cm_source_next(source, &steps->block);
        if (status == CM_OK)
            status = take_block(steps);
        if (status == CM_OK && atomic_load_explicit(stop, memory_order_relaxed))
            status = CM_ESTOPPED;
    }
    *counts = steps->counts;
    return status == CM_END ? CM_OK : status;
}
