#include "live/owner/worker.h"

#include <stdlib.h>

#include "io/source.h"
#include "live/owner/journal.h"
#include "run/scribe.h"
#include "score/judge.h"
#include "score/packed.h"

/* Scratch for one set of packs. */
struct slot {
    struct cm_rules *rules; /* held; NULL: free */
    struct cm_scribe *scribe;
    struct cm_judge *judges[CM_PACKS_MAX];
    uint64_t used;
};

struct cm_live_worker {
    struct cm_render_options render;
    struct slot slots[CM_WORKER_SLOTS];
    uint64_t uses;
    struct cm_arena arena;
    struct cm_interaction *interaction;
    struct cm_buffer records;
};

enum cm_status cm_live_worker_new(const struct cm_render_options *render, struct cm_live_worker **out)
{
    struct cm_live_worker *worker = calloc(1, sizeof *worker);
    *out = NULL;
    if (!worker)
        return CM_ENOMEM;
    worker->render = *render;
    enum cm_status status = cm_interaction_new(&worker->interaction);
    if (status == CM_OK)
        *out = worker;
    else
        free(worker);
    return status;
}

static void empty_slot(struct slot *slot)
{
    cm_scribe_free(slot->scribe);
    for (size_t i = 0; i < CM_PACKS_MAX; i++)
        cm_judge_free(slot->judges[i]);
    cm_rules_release(slot->rules);
    *slot = (struct slot){0};
}

void cm_live_worker_free(struct cm_live_worker *worker)
{
    if (!worker)
        return;
    for (size_t i = 0; i < CM_WORKER_SLOTS; i++)
        empty_slot(&worker->slots[i]);
    cm_interaction_free(worker->interaction);
    cm_buffer_free(&worker->records);
    cm_arena_free(&worker->arena);
    free(worker);
}

static enum cm_status fill_slot(struct slot *slot, struct cm_rules *rules, const struct cm_render_options *render)
{
    const struct cm_packs *packs = cm_rules_packs(rules);
    slot->rules = cm_rules_hold(rules);
    enum cm_status status = cm_scribe_new(packs, render->evidence == CM_EVIDENCE_QUOTES, 0, &slot->scribe);
    struct cm_redaction *redaction = status == CM_OK ? cm_scribe_redaction(slot->scribe) : NULL;
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        status = cm_judge_new(packs->items[i].ruleset, &slot->judges[i]);
        if (status == CM_OK && redaction)
            cm_judge_redact(slot->judges[i], redaction);
    }
    if (status != CM_OK)
        empty_slot(slot);
    return status;
}

/* The slot of these rules; else the one that was not used for longest, filled anew. */
static enum cm_status slot_for(struct cm_live_worker *worker, struct cm_rules *rules, struct slot **out)
{
    struct slot *oldest = &worker->slots[0];
    worker->uses++;
    for (size_t i = 0; i < CM_WORKER_SLOTS; i++) {
        struct slot *slot = &worker->slots[i];
        if (slot->rules == rules) {
            slot->used = worker->uses;
            *out = slot;
            return CM_OK;
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    empty_slot(oldest);
    enum cm_status status = fill_slot(oldest, rules, &worker->render);
    oldest->used = worker->uses;
    *out = oldest;
    return status;
}

/* A line that is no event; if it was JSON with one id, its interaction is incomplete now. */
static void rejected(const struct cm_message *message, const struct cm_decoded *decoded, struct cm_buffer *records,
                     struct cm_parsed *parsed)
{
    parsed->kind = CM_PARSED_REJECTED;
    parsed->reject = (uint8_t)decoded->reject;
    parsed->column = decoded->column;
    parsed->field = decoded->field;
    if (decoded->incomplete_id.len)
        cm_record_append_incomplete(records, decoded->incomplete_id, (struct cm_origin){CM_UNIT_PARTITION(message->unit), message->offset});
}

enum cm_status cm_live_worker_parse(struct cm_live_worker *worker, struct cm_rules *rules, const struct cm_message *message,
                                    struct cm_buffer *records, struct cm_parsed *parsed)
{
    struct cm_event event;
    struct cm_decoded decoded = {.reject = CM_REJECT_LINE_TOO_LONG};
    *parsed = (struct cm_parsed){.kind = CM_PARSED_TOMBSTONE, .ts = CM_TIME_NONE_MS, .record_at = records->len};
    if (!message->line.ptr)
        return CM_OK;
    struct cm_span line = cm_decode_trim(message->line, message->keyed || message->offset == 0);
    if (line.len == 0) {
        parsed->kind = CM_PARSED_NOTHING;
        return CM_OK;
    }
    cm_arena_reset(&worker->arena);
    enum cm_status status = message->cut || line.len > CM_LINE_MAX_BYTES ? CM_OK : cm_decode(&worker->arena, line, &event, &decoded);
    if (status != CM_OK)
        return status;
    if (decoded.reject != CM_REJECT_NONE) {
        rejected(message, &decoded, records, parsed);
    } else {
        struct slot *slot;
        parsed->kind = CM_PARSED_EVENT;
        parsed->type = event.type;
        parsed->channel = event.channel;
        parsed->ts = event.has & CM_HAS_TS ? event.ts : CM_TIME_NONE_MS;
        parsed->misplaced = message->keyed && !cm_span_equal(message->key, event.interaction_id);
        status = slot_for(worker, rules, &slot);
        if (status == CM_OK)
            status = cm_scribe_write(slot->scribe, &event, (struct cm_origin){CM_UNIT_PARTITION(message->unit), message->offset}, records);
    }
    parsed->record_len = records->len - parsed->record_at;
    return status == CM_OK ? cm_buffer_status(records) : status;
}

static enum cm_status gather(struct cm_live_worker *worker, const struct cm_plea *plea)
{
    cm_buffer_reset(&worker->records);
    cm_interaction_begin(worker->interaction);
    enum cm_status status = cm_packed_unpack(plea->packed, &worker->records);
    struct cm_span stream = cm_buffer_view(&worker->records), record;
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_interaction_add(worker->interaction, record);
    cm_interaction_flag(worker->interaction, plea->flags);
    return status == CM_OK ? cm_interaction_seal(worker->interaction) : status;
}

enum cm_status cm_live_worker_judge(struct cm_live_worker *worker, const struct cm_plea *plea, struct cm_buffer *out, size_t *ends)
{
    struct slot *slot;
    struct cm_render_options render = worker->render;
    render.revision = plea->revision;
    enum cm_status status = slot_for(worker, plea->rules, &slot);
    if (status == CM_OK)
        status = gather(worker, plea);
    size_t packs = cm_rules_packs(plea->rules)->count;
    for (uint32_t i = 0; i < packs && status == CM_OK; i++) {
        const struct cm_scorecard *card;
        status = cm_judge_run(slot->judges[i], worker->interaction, i, plea->final, &card);
        if (status == CM_OK)
            cm_scorecard_json(card, &render, out);
        ends[i] = out->len;
    }
    return status == CM_OK ? cm_buffer_status(out) : status;
}
