/*
 * summary: the table at the end of a run, and the same as JSON.
 */
#ifndef CM_CLI_SUMMARY_H
#define CM_CLI_SUMMARY_H

#include <stdio.h>

#include "run/archive.h"

/* For people: every pack's scores, agents by name, evidence, what was not scored and why, dead letters. */
enum cm_status cm_summary_print(const struct cm_archive_result *result, FILE *out, bool colour) CM_MUST_CHECK;

/* One JSON object and a newline. */
enum cm_status cm_summary_json(const struct cm_archive_result *result, FILE *out) CM_MUST_CHECK;

#endif
