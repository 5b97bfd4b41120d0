/*
 * cutter: the bytes of one file after another, cut into blocks of whole lines.
 * What the file and mem sources share; for them alone.
 */
#ifndef CM_IO_CUTTER_H
#define CM_IO_CUTTER_H

#include <pthread.h>

#include "base/buffer.h"
#include "io/reader.h"
#include "io/source.h"

struct cm_cutter {
    struct cm_source source; /* first: a source is its cutter */
    struct cm_source_request request;
    size_t files;
    atomic_bool stopped;
    /* for progress: written under the lock, read at any time, each for itself */
    _Atomic uint64_t bytes_done;
    _Atomic uint32_t files_done;
    uint64_t bytes_total; /* set at open */

    pthread_mutex_t lock; /* of all below */
    struct cm_diagnostics *diagnostics;
    size_t index; /* the file that is read, or the next one */
    bool reading;
    struct cm_reader reader;
    uint64_t bytes_before;  /* on disk, of the files that are done */
    struct cm_buffer carry; /* bytes behind the last line that was given */
    uint64_t offset, line, ordinal;
    bool first_of_file;
};

/* The name of a file, and how it is opened. */
const char *cm_cutter_name(const struct cm_cutter *cutter, size_t index);

enum cm_status cm_cutter_new(struct cm_cutter **cutter, const struct cm_source_ops *ops, const struct cm_source_request *request,
                             size_t files, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The operations of both sources. */
enum cm_status cm_cutter_next(struct cm_source *source, struct cm_block *block) CM_MUST_CHECK;
void cm_cutter_progress(struct cm_source *source, struct cm_source_progress *progress);
void cm_cutter_stop(struct cm_source *source);
void cm_cutter_close(struct cm_source *source);

#endif
