#include "score/remap.h"

#include "score/record_layout.h"

/* What one pack found, while it is renumbered. */
struct found {
    struct cm_hit hit;
    uint32_t len;
    const char *quote;
};

static int by_place(const void *a, const void *b)
{
    const struct cm_hit *x = &((const struct found *)a)->hit, *y = &((const struct found *)b)->hit;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return (x->cue > y->cue) - (x->cue < y->cue);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t renumber(const struct cm_remap *remap, uint32_t pack, uint32_t cue)
{
    return cue < remap->cue_counts[pack] ? remap->cues[pack][cue] : CM_REMAP_NONE;
}

/* Hits and faults of old pack number pack, or nothing; quotes to their own buffer, for they stand at the record's end. */
static enum cm_status put_pack(struct cm_buffer *out, struct cm_buffer *quotes, const struct cm_record *record,
                               const struct cm_remap *remap, uint32_t pack)
{
    struct cm_record_found old = {0};
    if (pack < record->pack_count && pack < remap->old_pack_count)
        old = cm_record_found(record, pack);
    struct found *hits = calloc(old.hit_count + 1u, sizeof *hits);
    uint32_t *faults = calloc(old.fault_count + 1u, sizeof *faults);
    uint32_t hit_count = 0, fault_count = 0;
    const char *quote = old.quotes;
    for (uint32_t i = 0; hits && faults && i < old.hit_count; i++) {
        struct found *hit = &hits[hit_count];
        *hit = (struct found){old.hits[i], old.quote_lens ? old.quote_lens[i] : 0, quote};
        quote += hit->len;
        hit->hit.cue = renumber(remap, pack, hit->hit.cue);
        hit_count += hit->hit.cue != CM_REMAP_NONE;
    }
    for (uint32_t i = 0; hits && faults && i < old.fault_count; i++) {
        faults[fault_count] = renumber(remap, pack, old.faults[i]);
        fault_count += faults[fault_count] != CM_REMAP_NONE;
    }
    enum cm_status status = hits && faults ? CM_OK : CM_ENOMEM;
    if (status == CM_OK) {
        qsort(hits, hit_count, sizeof *hits, by_place);
        qsort(faults, fault_count, sizeof *faults, by_number);
        cm_buffer_append(out, &hit_count, sizeof hit_count);
        cm_buffer_append(out, &fault_count, sizeof fault_count);
        for (uint32_t i = 0; i < hit_count; i++)
            cm_buffer_append(out, &hits[i].hit, sizeof hits[i].hit);
        cm_buffer_append(out, faults, fault_count * sizeof *faults);
        for (uint32_t i = 0; record->has & CM_RECORD_QUOTES && i < hit_count; i++) {
            cm_buffer_append(out, &hits[i].len, sizeof hits[i].len);
            cm_buffer_append(quotes, hits[i].quote, hits[i].len);
        }
    }
    free(hits);
    free(faults);
    return status;
}

/* Old packs begin here in the record, and end there. */
static size_t packs_from(const struct cm_record *record, struct cm_span bytes)
{
    return (size_t)(record->packs - bytes.ptr);
}

static size_t packs_to(const struct cm_record *record, struct cm_span bytes)
{
    if (!record->pack_count)
        return packs_from(record, bytes);
    struct cm_record_found last = cm_record_found(record, record->pack_count - 1);
    const uint32_t *end = last.faults + last.fault_count;
    return (size_t)((const char *)(last.quote_lens ? end + last.hit_count : end) - bytes.ptr);
}

enum cm_status cm_record_remap(struct cm_span bytes, const struct cm_remap *remap, struct cm_buffer *out)
{
    struct cm_record record;
    enum cm_status status = cm_record_parse(bytes, &record);
    if (status == CM_OK && record.pack_count > remap->old_pack_count)
        status = CM_EINPUT;
    if (status != CM_OK)
        return status;
    struct cm_buffer quotes = CM_BUFFER_EMPTY;
    size_t from = out->len, rest = packs_to(&record, bytes);
    uint16_t packs = record.pack_count ? (uint16_t)remap->pack_count : 0;
    cm_buffer_append(out, bytes.ptr, packs_from(&record, bytes));
    for (uint32_t i = 0; i < packs && status == CM_OK; i++)
        status = put_pack(out, &quotes, &record, remap, remap->packs[i]);
    /* lengths and bytes of strings stay as they are; then the quotes that are left */
    size_t strings_end = (size_t)(record.quotes - bytes.ptr);
    cm_buffer_append(out, bytes.ptr + rest, strings_end - rest);
    cm_buffer_span(out, cm_buffer_view(&quotes));
    if (status == CM_OK && !out->failed)
        memcpy(out->ptr + from + CM_AT_PACKS, &packs, sizeof packs);
    if (status == CM_OK)
        status = cm_buffer_status(&quotes);
    cm_record_close(out, from);
    cm_buffer_free(&quotes);
    return status == CM_OK ? cm_buffer_status(out) : status;
}

/* ------------------------------------------------------------------ distinct */

/* What tells one record from another: only those with an identity can repeat. */
struct mark {
    uint64_t hash, seq;
    int64_t ts;
    size_t at, size; /* in the stream */
    bool named, repeats;
};

static int by_hash(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->named != y->named ? x->named - y->named : (x->at > y->at) - (x->at < y->at);
}

/* H tells seq and time as well; in so many events, two that are not alike may have one of 48 bits. */
static bool is_repeat(const struct mark *mark, const struct mark *before)
{
    return mark->named && before->named && mark->hash == before->hash && mark->seq == before->seq && mark->ts == before->ts;
}

static int by_at(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static enum cm_status mark_all(struct cm_span stream, struct mark **marks, size_t *count)
{
    size_t cap = 0;
    const char *start = stream.ptr;
    struct cm_span bytes;
    while (cm_record_next(&stream, &bytes)) {
        struct cm_record record;
        enum cm_status status = cm_record_parse(bytes, &record);
        if (status == CM_OK)
            status = cm_grow(marks, &cap, *count + 1, sizeof **marks);
        if (status != CM_OK)
            return status;
        bool named = record.type != CM_RECORD_INCOMPLETE && (record.event_id.ptr || record.has & CM_HAS_SEQ);
        (*marks)[(*count)++] = (struct mark){record.hash, record.seq, record.ts, (size_t)(bytes.ptr - start), bytes.len, named, false};
    }
    return stream.len ? CM_EINPUT : CM_OK;
}

enum cm_status cm_records_distinct(struct cm_buffer *stream, uint32_t *dropped)
{
    struct mark *marks = NULL;
    size_t count = 0, to = 0;
    enum cm_status status = mark_all(cm_buffer_view(stream), &marks, &count);
    *dropped = 0;
    if (status == CM_OK && count) {
        qsort(marks, count, sizeof *marks, by_hash);
        for (size_t i = 1; i < count; i++)
            marks[i].repeats = is_repeat(&marks[i], &marks[i - 1]);
        qsort(marks, count, sizeof *marks, by_at);
        for (size_t i = 0; i < count; i++) {
            *dropped += marks[i].repeats;
            if (marks[i].repeats)
                continue;
            memmove(stream->ptr + to, stream->ptr + marks[i].at, marks[i].size);
            to += marks[i].size;
        }
        stream->len = to;
    }
    free(marks);
    return status;
}
