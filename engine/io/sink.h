/*
 * sink: where scorecards go. The caller renders (NDJSON lines or CSV rows, see
 * cm_sink_format); a sink stores bytes and knows nothing of scores.
 *
 * A regular file is written under a temporary name in its own folder and
 * renamed at a good close: a run that fails leaves nothing half done under the
 * final name. Standard output ("-"), devices and pipes are written directly.
 * The program ignores SIGPIPE, so that a closed pipe is an error like others.
 *
 * One thread at a time. After an error every further write gives the same error.
 *
 * Two sinks are for live running as well, and are not one file a run but one
 * that grows: cm_sink_sqlite puts each card in place of an older one of the
 * same interaction and pack (sqlite.h has the tables), cm_sink_log appends
 * lines. With both:
 *
 * - A flush that gave CM_OK is durable: power may fail. What was written since the last one may be lost whole, never half.
 * - After any error of write or flush, what was written since the last good flush is not there, and is forgotten. The caller
 *   writes all of it again, and that may succeed (the disk has room again, a lock was given up). Until then a flush gives CM_EIO.
 * - close(false) takes back what was not flushed. A database that this run made is then removed, unless something was flushed.
 * - New files are their owner's alone (0600).
 */
#ifndef CM_IO_SINK_H
#define CM_IO_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/span.h"

enum cm_sink_format { CM_SINK_NDJSON, CM_SINK_CSV, CM_SINK_NONE /* nothing need be rendered */ };

struct cm_sink;

struct cm_sink_ops {
    const char *scheme;
    enum cm_status (*open)(struct cm_sink **sink, const char *target, struct cm_diagnostics *diagnostics);
    enum cm_status (*write)(struct cm_sink *sink, struct cm_span records);
    enum cm_status (*flush)(struct cm_sink *sink);
    enum cm_status (*close)(struct cm_sink *sink, bool keep);
};

struct cm_sink {
    const struct cm_sink_ops *ops;
    enum cm_sink_format format;
};

extern const struct cm_sink_ops cm_sink_ndjson;
extern const struct cm_sink_ops cm_sink_csv;
extern const struct cm_sink_ops cm_sink_sqlite;
extern const struct cm_sink_ops cm_sink_log;  /* one file or "-", appended to: live running */
extern const struct cm_sink_ops cm_sink_null; /* target is not looked at; counts the bytes that it drops */
extern const struct cm_sink_ops cm_sink_mem;  /* target is not looked at; see cm_sink_mem_view */

/*
 * By the target's ending, in any case of letters: .ndjson and .jsonl, .csv, .db and .sqlite and .sqlite3 (never the log); "-", and
 * what is there and is neither file nor folder, takes NDJSON; "null:" is the null sink. NULL for any other: NDJSON under the name
 * scores.xlsx would be a surprise.
 */
const struct cm_sink_ops *cm_sink_for(const char *target);

/*
 * target: a path, or "-" for standard output. CM_EIO with a diagnostic (path
 * and reason) where it cannot be written. diagnostics is borrowed until close.
 */
static inline enum cm_status cm_sink_open(struct cm_sink **sink, const struct cm_sink_ops *ops, const char *target,
                                          struct cm_diagnostics *diagnostics)
{
    return ops->open(sink, target, diagnostics);
}

static inline enum cm_sink_format cm_sink_format(const struct cm_sink *sink)
{
    return sink->format;
}

/* Whole records with their newlines. CM_EIO: told as a diagnostic, once ("sink-closed" for a reader that went away, else "sink-write"). */
static inline enum cm_status cm_sink_write(struct cm_sink *sink, struct cm_span records)
{
    return sink->ops->write(sink, records);
}

/* All that was written has left the process. */
static inline enum cm_status cm_sink_flush(struct cm_sink *sink)
{
    return sink->ops->flush(sink);
}

/*
 * keep: flush, make durable, give the file its name; where any of it fails, or
 * a write had failed, the temporary file is removed and CM_EIO returned.
 * !keep: remove it. The sink is gone in every case. NULL is nothing.
 */
static inline enum cm_status cm_sink_close(struct cm_sink *sink, bool keep)
{
    return sink ? sink->ops->close(sink, keep) : CM_OK;
}

/* What a mem sink holds, until its next write. */
struct cm_span cm_sink_mem_view(const struct cm_sink *sink);

/* What a null sink was given, in bytes. */
uint64_t cm_sink_null_bytes(const struct cm_sink *sink);

#endif
