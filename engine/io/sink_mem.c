#include <stdlib.h>

#include "io/sink.h"

struct mem {
    struct cm_sink sink;
    struct cm_buffer bytes;
};

static enum cm_status open_mem(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics)
{
    (void)target;
    (void)diagnostics;
    struct mem *mem = calloc(1, sizeof *mem);
    if (!mem)
        return CM_ENOMEM;
    mem->sink = (struct cm_sink){&cm_sink_mem, CM_SINK_NDJSON};
    *sink = &mem->sink;
    return CM_OK;
}

static enum cm_status write_mem(struct cm_sink *sink, struct cm_span records)
{
    struct mem *mem = (struct mem *)sink;
    cm_buffer_span(&mem->bytes, records);
    return cm_buffer_status(&mem->bytes);
}

static enum cm_status flush_mem(struct cm_sink *sink)
{
    return cm_buffer_status(&((struct mem *)sink)->bytes);
}

static enum cm_status close_mem(struct cm_sink *sink, bool keep)
{
    (void)keep;
    struct mem *mem = (struct mem *)sink;
    enum cm_status status = cm_buffer_status(&mem->bytes);
    cm_buffer_free(&mem->bytes);
    free(mem);
    return status;
}

struct cm_span cm_sink_mem_view(const struct cm_sink *sink)
{
    return cm_buffer_view(&((const struct mem *)sink)->bytes);
}

const struct cm_sink_ops cm_sink_mem = {"mem", open_mem, write_mem, flush_mem, close_mem};
