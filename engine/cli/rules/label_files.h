/*
 * label_files: files of labels and of what else is measured by, as a command line names them.
 */
#ifndef CM_CLI_LABEL_FILES_H
#define CM_CLI_LABEL_FILES_H

#include "cli/common.h"
#include "study/labels/labels.h"

/* All of a file, decompressed; faults are told. An exit code. Main thread only. */
int cm_read_plain(const char *path, struct cm_buffer *out);

/* All turns of all files; what does not fit goes to diagnostics and gives CM_EINPUT in *status. An exit code: whether they could be read.
 */
int cm_load_labels(struct cm_labels *labels, const struct cm_opt_list *files, struct cm_diagnostics *diagnostics, enum cm_status *status);

/*
 * What was told as diagnostics, and a status that had none; the list is emptied. The exit code: what a person wrote wrongly is wrong usage,
 * as a pack is.
 */
int cm_tell_measured(struct cm_diagnostics *diagnostics, enum cm_status status);

#endif
