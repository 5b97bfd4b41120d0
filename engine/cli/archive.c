#include "cli/archive.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/stop.h"
#include "cli/term.h"

enum cm_status cm_run_archive(struct cm_archive_request *request, bool quiet, struct cm_archive_result *result)
{
    bool bar = !quiet && isatty(STDERR_FILENO);
    const char *folder = request->spill_folder ? request->spill_folder : getenv("TMPDIR");
    request->spill_folder = folder && *folder ? folder : "/tmp";
    request->stop = cm_stop_flag();
    request->progress = bar ? cm_term_progress : NULL;
    cm_stop_on_signals(request->source);
    enum cm_status status = cm_archive_run(request, result);
    cm_stop_forget();
    if (bar)
        cm_term_clear();
    return status;
}
