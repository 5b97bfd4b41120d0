#include "io/cutter.h"

static enum cm_status open_contents(struct cm_source **source, const struct cm_source_request *request, struct cm_diagnostics *diagnostics)
{
    struct cm_cutter *cutter;
    enum cm_status status = cm_cutter_new(&cutter, &cm_source_mem, request, request->count, diagnostics);
    if (status != CM_OK)
        return status;
    for (size_t i = 0; i < request->count; i++)
        cutter->bytes_total += request->contents[i].len;
    *source = &cutter->source;
    return CM_OK;
}

const struct cm_source_ops cm_source_mem = {"mem", open_contents, cm_cutter_next, cm_cutter_progress, cm_cutter_stop, cm_cutter_close};
