/*
 * archive: an archive run that a person waits for: with a progress bar on a
 * terminal, ended cleanly by a signal, its temporary files in $TMPDIR.
 */
#ifndef CM_CLI_ARCHIVE_H
#define CM_CLI_ARCHIVE_H

#include "run/archive.h"

/* cm_archive_run of request; its spill_folder is set here where it is NULL, stop and progress always are. Main thread. */
enum cm_status cm_run_archive(struct cm_archive_request *request, bool quiet, struct cm_archive_result *result) CM_MUST_CHECK;

#endif
