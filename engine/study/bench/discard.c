#include "study/bench/discard.h"

#include "base/hash.h"

/* Line by line, for how many are written at once is nobody's promise. */
static void hash_lines(struct cm_discard *discard, struct cm_span records)
{
    const char *end = records.ptr + records.len;
    for (const char *at = records.ptr, *stop; at < end; at = stop) {
        stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop + 1 : end;
        uint64_t pair[2] = {discard->hash, cm_hash64((struct cm_span){at, (size_t)(stop - at)})};
        discard->hash = cm_hash64((struct cm_span){(const char *)pair, sizeof pair});
    }
}

static enum cm_status write_discard(struct cm_sink *sink, struct cm_span records)
{
    struct cm_discard *discard = (struct cm_discard *)sink;
    discard->bytes += records.len;
    if (discard->hashing)
        hash_lines(discard, records);
    return CM_OK;
}

static enum cm_status flush_discard(struct cm_sink *sink)
{
    (void)sink;
    return CM_OK;
}

static enum cm_status close_discard(struct cm_sink *sink, bool keep)
{
    (void)sink;
    (void)keep;
    return CM_OK;
}

static const struct cm_sink_ops discard_ops = {.scheme = "discard", .write = write_discard, .flush = flush_discard, .close = close_discard};

void cm_discard_init(struct cm_discard *discard, bool hashing)
{
    *discard = (struct cm_discard){.sink = {&discard_ops, CM_SINK_NDJSON}, .hashing = hashing};
}
