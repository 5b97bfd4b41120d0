/* archive: lines of a file as events in memory, before anything is measured. A line that is no event ends the program. */
#ifndef CM_BENCH_STEPS_ARCHIVE_H
#define CM_BENCH_STEPS_ARCHIVE_H

#include "step.h"

void bench_archive_read(struct bench_archive *archive, const char *path);
void bench_archive_free(struct bench_archive *archive);

#endif
