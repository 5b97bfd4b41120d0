/*
 * serve: scoring conversations while they happen. serve.c reads what is to be
 * done, serve_run.c does it.
 */
#ifndef CM_CLI_SERVE_H
#define CM_CLI_SERVE_H

#include "live/config/config.h"

/* Until a signal, or the end of sources that have one. config is complete and checked. The result is the exit code. */
int cm_serve_run(const struct cm_config *config);

#endif
