/*
 * summary: the table at the end of a run, and the same as JSON.
 */
#ifndef CM_CLI_SUMMARY_H
#define CM_CLI_SUMMARY_H

#include <stdio.h>

#include "run/archive.h"

/* For people: every pack's scores, agents by name, evidence, what was not scored and why, dead letters. */
enum cm_status cm_summary_print(const struct cm_archive_result *result, FILE *out, bool colour) CM_MUST_CHECK;

/* One line about the cues that reached their limit; nothing where none did. */
void cm_summary_faults(const struct cm_summary *summary, struct cm_buffer *out);

/* One JSON object and a newline. */
enum cm_status cm_summary_json(const struct cm_archive_result *result, FILE *out) CM_MUST_CHECK;

#endif
