#include <stdlib.h>

#include "event/decode.h"
#include "run/worker.h"
#include "text/words.h"

enum cm_status cm_gather_init(struct cm_worker *worker)
{
    const struct cm_archive_request *request = worker->archive->request;
    enum cm_status status = cm_folder_new(request->packs->lexicon, &worker->folder);
    if (status == CM_OK && request->render.evidence == CM_EVIDENCE_QUOTES)
        status = cm_redaction_new(request->packs->redactor, &worker->redaction);
    for (size_t i = 0; i < request->packs->count && status == CM_OK; i++) {
        status = cm_scanner_new(request->packs->items[i].matcher, &worker->scanners[i]);
        if (status == CM_OK && request->profile_every)
            status = cm_profile_new(request->packs->items[i].ruleset, request->profile_every, &worker->profiles[i]);
        if (status == CM_OK)
            cm_scanner_profile(worker->scanners[i], worker->profiles[i]);
    }
    return status;
}

/* Twice is allowed: the phase ends before the worker does. */
void cm_gather_free(struct cm_worker *worker)
{
    cm_block_free(&worker->block);
    cm_arena_free(&worker->arena);
    cm_folder_free(worker->folder);
    for (size_t i = 0; i < CM_PACKS_MAX; i++) {
        cm_scanner_free(worker->scanners[i]);
        worker->scanners[i] = NULL;
    }
    for (size_t i = 0; i < CM_PARTITIONS; i++)
        cm_buffer_free(&worker->records[i]);
    cm_buffer_free(&worker->dead);
    cm_buffer_free(&worker->name);
    free(worker->content);
    free(worker->name_words);
    worker->block = CM_BLOCK_EMPTY;
    worker->folder = NULL;
    worker->content = worker->name_words = NULL;
    worker->content_cap = worker->name_word_cap = 0;
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

/* The hashes of the words of the customer's name: folded once for as many lines as repeat it. */
static enum cm_status name_words(struct cm_worker *worker, struct cm_span name)
{
    if (name.len == worker->name.len && worker->name.ptr && memcmp(name.ptr, worker->name.ptr, name.len) == 0)
        return CM_OK;
    struct cm_folded folded;
    enum cm_status status = cm_fold(worker->folder, name, &folded);
    if (status == CM_OK)
        status = cm_grow(&worker->name_words, &worker->name_word_cap, folded.count, sizeof *worker->name_words);
    if (status != CM_OK)
        return status;
    for (uint32_t i = 0; i < folded.count; i++)
        worker->name_words[i] = cm_word_hash32(folded.tokens[i].hash);
    worker->name_word_count = folded.count;
    cm_buffer_reset(&worker->name);
    cm_buffer_span(&worker->name, name);
    return cm_buffer_status(&worker->name);
}

/* A turn begins: the profile that takes what packs share of it, NULL where it is not timed. All profiles time the same turns. */
static struct cm_profile *profile_turn(struct cm_worker *worker)
{
    bool timed = false;
    for (size_t i = 0; i < worker->archive->request->packs->count && worker->profiles[i]; i++)
        timed = cm_profile_turn(worker->profiles[i]);
    return timed ? worker->profiles[0] : NULL;
}

/* Fold and scan the text of a message or an edit, whose target may be anybody's. */
static enum cm_status find(struct cm_worker *worker, const struct cm_event *event, struct cm_findings *findings)
{
    const struct cm_packs *packs = worker->archive->request->packs;
    enum cm_speaker speaker = event->type == CM_EVENT_MESSAGE ? (enum cm_speaker)event->speaker : CM_SPEAKER_NONE;
    struct cm_folded folded;
    struct cm_profile *timing = profile_turn(worker);
    uint64_t from = cm_profile_start(timing);
    enum cm_status status = cm_fold(worker->folder, event->text, &folded);
    cm_profile_step(timing, CM_STAGE_FOLD, from);
    if (status == CM_OK)
        status = cm_grow(&worker->content, &worker->content_cap, folded.count, sizeof *worker->content);
    for (size_t i = 0; i < packs->count && status == CM_OK; i++)
        status = cm_scan(worker->scanners[i], &folded, speaker, &worker->scanned[i]);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < packs->count; i++)
        cm_summary_add_faults(&worker->summaries[i], &worker->scanned[i]);
    findings->packs = worker->scanned;
    findings->pack_count = (uint32_t)packs->count;
    from = cm_profile_start(timing);
    findings->content_count = cm_content_words(&folded, worker->content, &findings->all_backchannel);
    cm_profile_step(timing, CM_STAGE_WORDS, from);
    findings->content = worker->content;
    findings->token_count = folded.count;
    return CM_OK;
}

static enum cm_status gather_event(struct cm_worker *worker, const struct cm_event *event, struct cm_origin origin)
{
    struct cm_findings findings = {0};
    enum cm_status status = CM_OK;
    if (event->customer_name.len > 0) {
        status = name_words(worker, event->customer_name);
        findings.name_words = worker->name_words;
        findings.name_word_count = worker->name_word_count;
    }
    if (status == CM_OK && event->text.ptr && (event->type == CM_EVENT_MESSAGE || event->type == CM_EVENT_EDIT))
        status = find(worker, event, &findings);
    if (status != CM_OK)
        return status;

    worker->events++;
    worker->turns += event->type == CM_EVENT_MESSAGE;
    worker->text_bytes += event->text.len;
    uint32_t partition;
    struct cm_buffer *records = records_of(worker, event->interaction_id, &partition);
    cm_record_append(records, event, origin, &findings, worker->redaction);
    return records_written(worker, records, partition);
}

static enum cm_status reject(struct cm_worker *worker, const struct cm_line *line, const struct cm_decoded *decoded)
{
    const struct cm_archive_request *request = worker->archive->request;
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
    struct cm_event event;
    struct cm_decoded decoded = {.reject = CM_REJECT_LINE_TOO_LONG};
    if (block->line_too_long) {
        worker->lines++;
        return reject(worker, line, &decoded);
    }
    struct cm_span bytes = cm_decode_trim(line->bytes, first);
    if (bytes.len == 0)
        return CM_OK;
    worker->lines++;
    cm_arena_reset(&worker->arena);
    enum cm_status status = cm_decode(&worker->arena, bytes, &event, &decoded);
    if (status != CM_OK)
        return status;
    if (decoded.reject != CM_REJECT_NONE)
        return reject(worker, line, &decoded);
    return gather_event(worker, &event, (struct cm_origin){block->path, line->offset});
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
