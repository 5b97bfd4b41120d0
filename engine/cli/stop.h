/*
 * stop: Ctrl-C, SIGTERM and SIGHUP end a run cleanly; the second one ends the process.
 */
#ifndef CM_CLI_STOP_H
#define CM_CLI_STOP_H

#include <stdatomic.h>

#include "io/source.h"

/* From now on a signal sets cm_stop_flag and stops source. One source at a time. */
void cm_stop_on_signals(struct cm_source *source);
/* Before the source is closed. */
void cm_stop_forget(void);

const atomic_bool *cm_stop_flag(void);

#endif
