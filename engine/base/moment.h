/*
 * moment: a point in time as text, RFC 3339 in UTC with milliseconds.
 * Pure functions, safe from any thread.
 */
#ifndef CM_BASE_MOMENT_H
#define CM_BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-03-04T09:12:10.000Z" */
#define CM_MOMENT_BYTES 24u

/* ms since 1970 to exactly CM_MOMENT_BYTES, without a NUL; false, and nothing written, outside of the years 0 to 9999. */
bool cm_moment_write(char *text, int64_t ms);

#endif
