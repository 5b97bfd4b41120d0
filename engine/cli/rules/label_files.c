#include "cli/rules/label_files.h"

#include <stdio.h>
#include <string.h>

#include "cli/stop.h"
#include "io/reader.h"

#define READ_STEP_BYTES ((size_t)256 * 1024)

int cm_read_plain(const char *path, struct cm_buffer *out)
{
    struct cm_reader reader;
    size_t got = 1;
    enum cm_status status = cm_reader_open(&reader, path, cm_stop_flag());
    bool open = status == CM_OK;
    while (status == CM_OK && cm_buffer_reserve(out, READ_STEP_BYTES)) {
        status = cm_reader_read(&reader, out->ptr + out->len, READ_STEP_BYTES, &got);
        out->len += status == CM_OK ? got : 0;
    }
    if (status == CM_OK || status == CM_END)
        status = cm_buffer_status(out);
    if (status == CM_EIO)
        cm_tell_error("%s: %s", path, reader.detail ? reader.detail : strerror(reader.error));
    else if (status != CM_OK && status != CM_ESTOPPED)
        cm_tell_error("%s: %s", path, cm_status_text(status));
    if (open)
        cm_reader_close(&reader);
    return cm_exit_of(status);
}

int cm_load_labels(struct cm_labels *labels, const struct cm_opt_list *files, struct cm_diagnostics *diagnostics, enum cm_status *status)
{
    int code = CM_EXIT_DONE;
    *status = CM_OK;
    for (size_t i = 0; i < files->count && code == CM_EXIT_DONE; i++) {
        struct cm_buffer bytes = CM_BUFFER_EMPTY;
        code = cm_read_plain(files->items[i], &bytes);
        enum cm_status one = code == CM_EXIT_DONE ? cm_labels_read(labels, files->items[i], cm_buffer_view(&bytes), diagnostics) : CM_OK;
        *status = *status == CM_OK ? one : *status;
        cm_buffer_free(&bytes);
    }
    return code;
}

int cm_tell_measured(struct cm_diagnostics *diagnostics, enum cm_status status)
{
    bool told = diagnostics->errors > 0;
    cm_tell(diagnostics);
    if (status == CM_ESTOPPED)
        fputs("caremeter: stopped\n", stderr);
    else if (status != CM_OK && !told)
        cm_tell_error("%s", cm_status_text(status));
    return status == CM_EINPUT ? CM_EXIT_USAGE : cm_exit_of(status);
}
