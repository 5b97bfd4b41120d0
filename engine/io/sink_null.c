#include <stdlib.h>

#include "io/sink.h"

struct null {
    struct cm_sink sink;
    uint64_t bytes;
};

static enum cm_status open_null(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics)
{
    (void)target;
    (void)diagnostics;
    struct null *null = calloc(1, sizeof *null);
    if (!null)
        return CM_ENOMEM;
    null->sink = (struct cm_sink){&cm_sink_null, CM_SINK_NONE};
    *sink = &null->sink;
    return CM_OK;
}

static enum cm_status write_null(struct cm_sink *sink, struct cm_span records)
{
    ((struct null *)sink)->bytes += records.len;
    return CM_OK;
}

static enum cm_status flush_null(struct cm_sink *sink)
{
    (void)sink;
    return CM_OK;
}

static enum cm_status close_null(struct cm_sink *sink, bool keep)
{
    (void)keep;
    free(sink);
    return CM_OK;
}

uint64_t cm_sink_null_bytes(const struct cm_sink *sink)
{
    return ((const struct null *)sink)->bytes;
}

const struct cm_sink_ops cm_sink_null = {"null", open_null, write_null, flush_null, close_null};
