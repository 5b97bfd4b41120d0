#include "io/cutter.h"

static enum cm_status open_files(struct cm_source **source, const struct cm_source_request *request, struct cm_diagnostics *diagnostics)
{
    const struct cm_inputs *inputs = request->inputs;
    struct cm_cutter *cutter;
    enum cm_status status = cm_cutter_new(&cutter, &cm_source_file, request, inputs->count, diagnostics);
    if (status != CM_OK)
        return status;
    bool sized = true;
    for (size_t i = 0; i < inputs->count; i++) {
        sized = sized && inputs->items[i].sized;
        cutter->bytes_total += inputs->items[i].bytes;
    }
    if (!sized)
        cutter->bytes_total = 0;
    *source = &cutter->source;
    return CM_OK;
}

const struct cm_source_ops cm_source_file = {"file", open_files, cm_cutter_next, cm_cutter_progress, cm_cutter_stop, cm_cutter_close};
