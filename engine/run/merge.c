#include <stdlib.h>

#include "run/worker.h"

/* What goes to the sink at once: writes cost, and so does a buffer that leaves the cache. */
#define CM_MERGE_WRITE_BYTES ((size_t)256 * 1024)

/* Where a run is read. */
struct cursor {
    struct cm_run *run;
    size_t at; /* in the first chunk */
    struct cm_span id, cards;
};

/* The entry at the cursor; CM_END behind the last. Chunks are dropped as they are used up. */
static enum cm_status cursor_load(struct cm_archive *archive, struct cursor *cursor)
{
    struct cm_chunk *chunk = cursor->run->first;
    if (chunk && cursor->at == chunk->len) {
        cursor->run->first = chunk->next;
        cm_spool_drop(&archive->spool, chunk);
        chunk = cursor->run->first;
        cursor->at = 0;
    }
    if (!chunk)
        return CM_END;
    enum cm_status status = cm_spool_load(&archive->spool, chunk);
    if (status != CM_OK)
        return status;
    uint32_t lengths[2];
    memcpy(lengths, chunk->bytes + cursor->at, sizeof lengths);
    cursor->id = (struct cm_span){chunk->bytes + cursor->at + sizeof lengths, lengths[0]};
    cursor->cards = (struct cm_span){cursor->id.ptr + lengths[0], lengths[1]};
    return CM_OK;
}

static void cursor_advance(struct cursor *cursor)
{
    cursor->at += 2 * sizeof(uint32_t) + cursor->id.len + cursor->cards.len;
}

/* A binary heap of cursors, the smallest id first. Ids never tie: an interaction is in one partition. */
static void sift_down(struct cursor *heap, size_t count, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (cm_span_compare(heap[child].id, heap[least].id) < 0)
                least = child;
        if (least == at)
            return;
        struct cursor swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

static enum cm_status heap_fill(struct cm_archive *archive, struct cursor *heap, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < archive->run_count; i++) {
        struct cursor *cursor = &heap[*count];
        *cursor = (struct cursor){.run = &archive->runs[i]};
        enum cm_status status = cursor_load(archive, cursor);
        if (status == CM_OK)
            ++*count;
        else if (status != CM_END)
            return status;
    }
    for (size_t i = *count / 2; i-- > 0;)
        sift_down(heap, *count, i);
    return CM_OK;
}

static enum cm_status write_out(struct cm_archive *archive, struct cm_buffer *out)
{
    enum cm_status status = cm_buffer_status(out);
    if (status == CM_OK && out->len > 0)
        status = cm_sink_write(archive->request->sink, cm_buffer_view(out));
    cm_buffer_reset(out);
    return status == CM_OK ? cm_archive_status(archive) : status;
}

static enum cm_status heap_drain(struct cm_archive *archive, struct cursor *heap, size_t count, struct cm_buffer *out)
{
    enum cm_status status = CM_OK;
    while (count > 0 && status == CM_OK) {
        if (out->len > 0 && out->len + heap->cards.len > CM_MERGE_WRITE_BYTES)
            status = write_out(archive, out);
        cm_buffer_span(out, heap->cards);
        cursor_advance(heap);
        enum cm_status next = cursor_load(archive, heap);
        if (next == CM_END)
            *heap = heap[--count];
        else if (status == CM_OK)
            status = next;
        sift_down(heap, count, 0);
    }
    return status == CM_OK ? write_out(archive, out) : status;
}

enum cm_status cm_merge(struct cm_archive *archive)
{
    enum cm_sink_format format = cm_sink_format(archive->request->sink);
    if (format == CM_SINK_NONE)
        return CM_OK;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    size_t count;
    struct cursor *heap = calloc(archive->run_count ? archive->run_count : 1, sizeof *heap);
    if (!heap)
        return CM_ENOMEM;
    cm_buffer_reserve(&out, CM_MERGE_WRITE_BYTES);
    if (format == CM_SINK_CSV)
        cm_scorecard_csv_header(archive->request->packs->items[0].ruleset, &out);
    enum cm_status status = heap_fill(archive, heap, &count);
    if (status == CM_OK)
        status = heap_drain(archive, heap, count, &out);
    cm_buffer_free(&out);
    free(heap);
    return status;
}
