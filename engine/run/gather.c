#include "event/decode.h"
#include "run/worker.h"

/* Longer texts are not read ahead: folding many of them would leave the cache, and hold memory for all. */
#define CM_AHEAD_TEXT_MAX_BYTES ((size_t)1024)

enum cm_status cm_gather_init(struct cm_worker *worker)
{
    const struct cm_archive_request *request = worker->archive->request;
    enum cm_status status =
        cm_scribe_new(request->packs, request->render.evidence == CM_EVIDENCE_QUOTES, request->profile_every, &worker->scribe);
    worker->ahead_max = request->profile_every ? 1 : CM_SCRIBE_SLOTS; /* a turn that is timed is timed as a whole */
    return status == CM_OK ? cm_scribe_slots(worker->scribe) : status;
}

/* Twice is allowed: the phase ends before the worker does. */
void cm_gather_free(struct cm_worker *worker)
{
    cm_block_free(&worker->block);
    cm_arena_free(&worker->arena);
    cm_scribe_retire(worker->scribe);
    for (size_t i = 0; i < CM_PARTITIONS; i++)
        cm_buffer_free(&worker->records[i]);
    cm_buffer_free(&worker->dead);
    worker->block = CM_BLOCK_EMPTY;
}

enum cm_status cm_partition_push(struct cm_archive *archive, uint32_t partition, struct cm_buffer *buffer)
{
    struct cm_chunk *chunk;
    enum cm_status status = cm_buffer_status(buffer);
    if (status == CM_OK)
        status = cm_spool_keep(&archive->spool, buffer, &chunk);
    if (status != CM_OK)
        return status;
    atomic_fetch_add_explicit(&archive->partition_bytes[partition], chunk->len, memory_order_relaxed);
    /* Nobody takes from the list before the barrier, so a plain push cannot meet a chunk that was freed. Release: the chunk is written. */
    chunk->next = atomic_load_explicit(&archive->partitions[partition], memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&archive->partitions[partition], &chunk->next, chunk, memory_order_release,
                                                  memory_order_relaxed))
        ;
    return CM_OK;
}

/* The buffer that takes a record of this interaction, with room for an ordinary one. */
static struct cm_buffer *records_of(struct cm_worker *worker, struct cm_span interaction_id, uint32_t *partition)
{
    *partition = (uint32_t)(cm_hash64(interaction_id) >> (64 - CM_PARTITION_BITS));
    struct cm_buffer *records = &worker->records[*partition];
    if (!records->ptr)
        cm_buffer_reserve(records, worker->archive->chunk_bytes);
    return records;
}

static enum cm_status records_written(struct cm_worker *worker, struct cm_buffer *records, uint32_t partition)
{
    if (records->len + CM_CHUNK_SLACK_BYTES <= worker->archive->chunk_bytes)
        return cm_buffer_status(records);
    return cm_partition_push(worker->archive, partition, records);
}

/* The record of an event that is folded. */
static enum cm_status write_event(struct cm_worker *worker, size_t slot)
{
    uint32_t partition;
    const struct cm_event *event = &worker->ahead[slot].event;
    const struct cm_origin origin = {worker->block.path, worker->ahead[slot].offset};
    struct cm_buffer *records = records_of(worker, event->interaction_id, &partition);
    enum cm_status status = cm_scribe_write_folded(worker->scribe, slot, event, origin, records);
    if (status != CM_OK)
        return status;
    worker->events++;
    worker->turns += event->type == CM_EVENT_MESSAGE;
    worker->text_bytes += event->text.len;
    const struct cm_scanned *found = cm_scribe_found(worker->scribe);
    for (size_t i = 0; i < worker->archive->request->packs->count && found; i++)
        cm_summary_add_faults(&worker->summaries[i], &found[i]);
    return records_written(worker, records, partition);
}

/* The records of all events ahead. */
static enum cm_status catch_up(struct cm_worker *worker)
{
    enum cm_status status = CM_OK;
    for (size_t slot = 0; slot < worker->ahead_count && status == CM_OK; slot++)
        status = write_event(worker, slot);
    worker->ahead_count = 0;
    return status;
}

/* Fold the event that was decoded into the next slot. */
static enum cm_status gather_event(struct cm_worker *worker)
{
    const struct cm_event *event = &worker->ahead[worker->ahead_count].event;
    enum cm_status status = cm_scribe_fold(worker->scribe, worker->ahead_count, event);
    worker->ahead_count++;
    if (status != CM_OK)
        return status;
    bool full = worker->ahead_count == worker->ahead_max || event->text.len > CM_AHEAD_TEXT_MAX_BYTES;
    return full ? catch_up(worker) : CM_OK;
}

static enum cm_status reject(struct cm_worker *worker, const struct cm_line *line, const struct cm_decoded *decoded)
{
    const struct cm_archive_request *request = worker->archive->request;
    enum cm_status status = catch_up(worker);
    if (status != CM_OK)
        return status;
    cm_dead_letter_count(&worker->dead_letters, decoded->reject);
    cm_dead_letter_look(&worker->dead_letters, line->bytes);
    if (request->dead_letters)
        cm_dead_letter_append(&worker->dead, &worker->block, line, decoded, request->dead_letter_payload);
    if (decoded->incomplete_id.len == 0)
        return CM_OK;
    uint32_t partition;
    struct cm_buffer *records = records_of(worker, decoded->incomplete_id, &partition);
    cm_record_append_incomplete(records, decoded->incomplete_id, (struct cm_origin){worker->block.path, line->offset});
    return records_written(worker, records, partition);
}

static enum cm_status gather_line(struct cm_worker *worker, const struct cm_line *line)
{
    const struct cm_block *block = &worker->block;
    bool first = block->first_of_file && line->number == block->line;
    struct cm_ahead *ahead = &worker->ahead[worker->ahead_count];
    struct cm_decoded decoded = {.reject = CM_REJECT_LINE_TOO_LONG};
    if (block->line_too_long) {
        worker->lines++;
        return reject(worker, line, &decoded);
    }
    struct cm_span bytes = cm_decode_trim(line->bytes, first);
    if (bytes.len == 0)
        return CM_OK;
    worker->lines++;
    if (worker->ahead_count == 0)
        cm_arena_reset(&worker->arena);
    enum cm_status status = cm_decode(&worker->arena, bytes, &ahead->event, &decoded);
    if (status != CM_OK)
        return status;
    if (decoded.reject != CM_REJECT_NONE)
        return reject(worker, line, &decoded);
    ahead->offset = line->offset;
    return gather_event(worker);
}

static enum cm_status gather_block(struct cm_worker *worker)
{
    enum cm_status status = CM_OK;
    struct cm_line line = {0};
    while (status == CM_OK && cm_block_next_line(&worker->block, &line)) {
        status = gather_line(worker, &line);
        if (worker->block.line_too_long)
            break;
    }
    if (status == CM_OK)
        status = catch_up(worker);
    if (status == CM_OK && worker->archive->dead_letters)
        status = cm_ordered_give(worker->archive->dead_letters, worker->block.ordinal, &worker->dead);
    return status;
}

enum cm_status cm_gather(struct cm_worker *worker)
{
    struct cm_archive *archive = worker->archive;
    enum cm_status status = cm_archive_status(archive);
    while (status == CM_OK) {
        status = cm_source_next(archive->request->source, &worker->block);
        if (status == CM_OK)
            status = gather_block(worker);
        if (status == CM_OK)
            status = cm_archive_status(archive);
    }
    if (status == CM_END)
        status = CM_OK;
    for (uint32_t i = 0; i < CM_PARTITIONS && status == CM_OK; i++)
        if (worker->records[i].len > 0)
            status = cm_partition_push(archive, i, &worker->records[i]);
    return status;
}
