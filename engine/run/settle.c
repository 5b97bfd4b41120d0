#include <stdlib.h>

#include "run/worker.h"

#define CM_TABLE_FIRST ((size_t)256)

enum cm_status cm_settle_init(struct cm_worker *worker)
{
    const struct cm_packs *packs = worker->archive->request->packs;
    struct cm_redaction *redaction = cm_scribe_redaction(worker->scribe);
    enum cm_status status = cm_interaction_new(&worker->interaction);
    for (size_t i = 0; i < packs->count && status == CM_OK; i++) {
        status = cm_judge_new(packs->items[i].ruleset, &worker->judges[i]);
        if (status == CM_OK && redaction)
            cm_judge_redact(worker->judges[i], redaction);
        if (status == CM_OK)
            cm_judge_profile(worker->judges[i], cm_scribe_profile(worker->scribe, i));
        if (status == CM_OK)
            status = cm_summary_init(&worker->summaries[i], packs->items[i].ruleset);
    }
    return status;
}

void cm_settle_free(struct cm_worker *worker)
{
    cm_interaction_free(worker->interaction);
    for (size_t i = 0; i < CM_PACKS_MAX; i++) {
        cm_judge_free(worker->judges[i]);
        cm_summary_free(&worker->summaries[i]);
    }
    for (size_t i = 0; i < sizeof worker->split / sizeof *worker->split; i++)
        cm_buffer_free(&worker->split[i]);
    cm_buffer_free(&worker->run);
    cm_scribe_free(worker->scribe);
    free(worker->links);
    free(worker->groups);
    free(worker->table);
}

static enum cm_status table_resize(struct cm_worker *worker, size_t size)
{
    enum cm_status status = cm_grow(&worker->table, &worker->table_cap, size, sizeof *worker->table);
    if (status != CM_OK)
        return status;
    memset(worker->table, 0, size * sizeof *worker->table);
    worker->table_size = size;
    for (size_t i = 0; i < worker->group_count; i++) {
        size_t at = worker->groups[i].hash & (size - 1);
        while (worker->table[at])
            at = (at + 1) & (size - 1);
        worker->table[at] = (uint32_t)i + 1;
    }
    return CM_OK;
}

static enum cm_status group_find(struct cm_worker *worker, struct cm_span record, struct cm_group **out)
{
    uint64_t hash = cm_record_hash(record);
    struct cm_span id = cm_record_interaction(record);
    /* Lines of one interaction mostly follow each other. */
    struct cm_group *group = worker->group_count ? &worker->groups[worker->group_count - 1] : NULL;
    if (group && group->hash == hash && cm_span_equal(group->id, id)) {
        *out = group;
        return CM_OK;
    }
    if ((worker->group_count + 1) * 2 > worker->table_size && table_resize(worker, worker->table_size * 2) != CM_OK)
        return CM_ENOMEM;
    size_t at = hash & (worker->table_size - 1);
    for (; worker->table[at]; at = (at + 1) & (worker->table_size - 1)) {
        group = &worker->groups[worker->table[at] - 1];
        if (group->hash == hash && cm_span_equal(group->id, id)) {
            *out = group;
            return CM_OK;
        }
    }
    enum cm_status status = cm_grow(&worker->groups, &worker->group_cap, worker->group_count + 1, sizeof *worker->groups);
    if (status != CM_OK)
        return status;
    *out = &worker->groups[worker->group_count++];
    **out = (struct cm_group){.id = id, .hash = hash};
    worker->table[at] = (uint32_t)worker->group_count;
    return CM_OK;
}

static enum cm_status group_record(struct cm_worker *worker, struct cm_span record)
{
    struct cm_group *group;
    enum cm_status status = group_find(worker, record, &group);
    if (status == CM_OK)
        status = cm_grow(&worker->links, &worker->link_cap, worker->link_count + 1, sizeof *worker->links);
    if (status != CM_OK)
        return status;
    worker->links[worker->link_count++] = (struct cm_link){record, group->newest};
    group->newest = (uint32_t)worker->link_count;
    return worker->link_count < UINT32_MAX ? CM_OK : CM_ELIMIT;
}

static int by_id(const void *left, const void *right)
{
    const struct cm_group *a = left, *b = right;
    return cm_span_compare(a->id, b->id);
}

/* Every record of the task into its interaction's group, groups by id. */
static enum cm_status group_task(struct cm_worker *worker, struct cm_task *task)
{
    worker->link_count = worker->group_count = 0;
    enum cm_status status = table_resize(worker, CM_TABLE_FIRST);
    for (struct cm_chunk *chunk = task->chunks; chunk && status == CM_OK; chunk = chunk->next) {
        status = cm_spool_load(&worker->archive->spool, chunk);
        if (status != CM_OK)
            break;
        struct cm_span stream = {chunk->bytes, chunk->len}, record;
        while (status == CM_OK && cm_record_next(&stream, &record))
            status = group_record(worker, record);
        if (status == CM_OK && stream.len > 0)
            status = CM_EINPUT; /* what we wrote is not what we read */
    }
    if (status == CM_OK && worker->group_count > 1)
        qsort(worker->groups, worker->group_count, sizeof *worker->groups, by_id);
    return status;
}

/* The run buffer to the end of the run. */
static enum cm_status run_push(struct cm_worker *worker, struct cm_run *run)
{
    struct cm_chunk *chunk;
    enum cm_status status = cm_buffer_status(&worker->run);
    if (status == CM_OK && worker->run.len == 0)
        return CM_OK;
    if (status == CM_OK)
        status = cm_spool_keep(&worker->archive->spool, &worker->run, &chunk);
    if (status != CM_OK)
        return status;
    if (run->last)
        run->last->next = chunk;
    else
        run->first = chunk;
    run->last = chunk;
    return CM_OK;
}

static enum cm_status observe(struct cm_worker *worker, const struct cm_scorecard *const *cards)
{
    const struct cm_archive_request *request = worker->archive->request;
    const struct cm_judged judged = {
        .interaction = worker->interaction, .judges = worker->judges, .cards = cards, .pack_count = request->packs->count};
    return request->observer(request->observer_context, worker->number, &judged);
}

static enum cm_status judge_group(struct cm_worker *worker, const struct cm_group *group)
{
    const struct cm_archive_request *request = worker->archive->request;
    enum cm_sink_format format = cm_sink_format(request->sink);
    enum cm_status status = cm_interaction_seal(worker->interaction);
    uint32_t lengths[2] = {(uint32_t)group->id.len, 0};
    size_t at = worker->run.len;
    if (format != CM_SINK_NONE) {
        cm_buffer_append(&worker->run, lengths, sizeof lengths);
        cm_buffer_span(&worker->run, group->id);
    }
    size_t from = worker->run.len;
    const struct cm_scorecard *cards[CM_PACKS_MAX];
    for (uint32_t i = 0; i < request->packs->count && status == CM_OK; i++) {
        const struct cm_scorecard *card;
        status = cm_judge_run(worker->judges[i], worker->interaction, i, true, &card);
        if (status != CM_OK)
            break;
        if (format == CM_SINK_CSV)
            cm_scorecard_csv(card, &worker->run);
        else if (format == CM_SINK_NDJSON)
            cm_scorecard_json(card, &request->render, &worker->run);
        worker->cards++;
        cards[i] = card;
        status = cm_summary_add(&worker->summaries[i], card);
    }
    if (status == CM_OK && request->observer)
        status = observe(worker, cards);
    if (status == CM_OK)
        status = cm_buffer_status(&worker->run);
    if (status == CM_OK && format != CM_SINK_NONE) {
        lengths[1] = (uint32_t)(worker->run.len - from);
        memcpy(worker->run.ptr + at, lengths, sizeof lengths);
        worker->card_bytes += lengths[1];
    }
    worker->interactions++;
    return status;
}

static enum cm_status settle_group(struct cm_worker *worker, const struct cm_group *group)
{
    enum cm_status status = CM_OK;
    cm_interaction_begin(worker->interaction);
    for (uint32_t link = group->newest; link && status == CM_OK; link = worker->links[link - 1].older)
        status = cm_interaction_add(worker->interaction, worker->links[link - 1].record);
    if (status == CM_OK && worker->archive->request->until == CM_ARCHIVE_GROUPED) {
        worker->interactions++;
        return cm_interaction_seal(worker->interaction);
    }
    return status == CM_OK ? judge_group(worker, group) : status;
}

static enum cm_status settle_groups(struct cm_worker *worker)
{
    struct cm_run run = {0};
    size_t chunk_bytes = worker->archive->chunk_bytes;
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < worker->group_count && status == CM_OK; i++) {
        if (!worker->run.ptr)
            cm_buffer_reserve(&worker->run, chunk_bytes);
        status = settle_group(worker, &worker->groups[i]);
        if (status == CM_OK && worker->run.len + CM_CHUNK_SLACK_BYTES > chunk_bytes)
            status = run_push(worker, &run);
        if (status == CM_OK)
            status = cm_archive_status(worker->archive);
    }
    if (status == CM_OK)
        status = run_push(worker, &run);
    if (status == CM_OK)
        status = cm_archive_add_run(worker->archive, run);
    if (status != CM_OK)
        cm_spool_drop_all(&worker->archive->spool, run.first);
    return status;
}

/* Bits by which parts come to fit, with some room because hashes do not share out evenly. */
static unsigned split_bits(const struct cm_archive *archive, uint64_t bytes)
{
    unsigned bits = 1;
    while (bits < CM_SPLIT_BITS_MAX && bytes >> bits > archive->task_bytes / 2)
        bits++;
    return bits;
}

static enum cm_status split_push(struct cm_worker *worker, struct cm_task *part, struct cm_buffer *records)
{
    struct cm_chunk *chunk;
    enum cm_status status = cm_buffer_status(records);
    if (status == CM_OK)
        status = cm_spool_keep(&worker->archive->spool, records, &chunk);
    if (status != CM_OK)
        return status;
    part->bytes += chunk->len;
    chunk->next = part->chunks;
    part->chunks = chunk;
    return CM_OK;
}

/* The records of one chunk to the parts that their next hash bits name. */
static enum cm_status split_chunk(struct cm_worker *worker, struct cm_chunk *chunk, unsigned shift, uint64_t mask, struct cm_task *parts)
{
    enum cm_status status = cm_spool_load(&worker->archive->spool, chunk);
    if (status != CM_OK)
        return status;
    struct cm_span stream = {chunk->bytes, chunk->len}, record;
    while (status == CM_OK && cm_record_next(&stream, &record)) {
        size_t part = cm_record_hash(record) >> shift & mask;
        cm_buffer_span(&worker->split[part], record);
        if (worker->split[part].len + CM_CHUNK_SLACK_BYTES > worker->archive->chunk_bytes)
            status = split_push(worker, &parts[part], &worker->split[part]);
    }
    return status == CM_OK && stream.len > 0 ? CM_EINPUT : status;
}

static enum cm_status split_task(struct cm_worker *worker, struct cm_task *task)
{
    struct cm_archive *archive = worker->archive;
    struct cm_task parts[1u << CM_SPLIT_BITS_MAX] = {{0}};
    unsigned bits = split_bits(archive, task->bytes);
    size_t count = (size_t)1 << bits;
    unsigned shift = 64 - task->bits - bits;
    enum cm_status status = CM_OK;
    while (task->chunks && status == CM_OK) {
        struct cm_chunk *chunk = task->chunks;
        status = split_chunk(worker, chunk, shift, count - 1, parts);
        task->chunks = chunk->next;
        cm_spool_drop(&archive->spool, chunk);
    }
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        if (worker->split[i].len > 0)
            status = split_push(worker, &parts[i], &worker->split[i]);
        parts[i].bits = task->bits + bits;
    }
    for (size_t i = 0; i < count && status == CM_OK; i++) {
        if (parts[i].chunks)
            status = cm_archive_add_task(archive, parts[i]);
        if (status == CM_OK)
            parts[i].chunks = NULL; /* the archive's now */
    }
    for (size_t i = 0; i < count; i++)
        cm_spool_drop_all(&archive->spool, parts[i].chunks);
    return status;
}

enum cm_status cm_settle(struct cm_worker *worker, struct cm_task *task)
{
    enum cm_status status = CM_OK;
    if (worker->archive->request->until == CM_ARCHIVE_GATHERED) {
        /* what was gathered is dropped as it is */
    } else if (task->bytes > worker->archive->task_bytes && task->bits < CM_SPLIT_SHIFT_MAX) {
        status = split_task(worker, task);
    } else {
        status = group_task(worker, task);
        if (status == CM_OK)
            status = settle_groups(worker);
    }
    cm_spool_drop_all(&worker->archive->spool, task->chunks);
    task->chunks = NULL;
    return status;
}
