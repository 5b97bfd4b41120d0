/*
 * sqlite: a database of scorecards, as cm_sink_sqlite (sink.h) writes it, looked into and cleaned.
 *
 *   scorecards   one row an interaction and pack; card is the whole of it as JSON
 *   dimensions   one row a dimension of its CARE scores
 *   behaviours   one row a behaviour of one agent; position is where it stands in the card
 *
 * An analyst's SQL needs no more than these. Strings are as in the card, but
 * that a NUL, at which SQLite would end them, stands as the six characters \u0000.
 *
 * Any thread; each call has a connection of its own. Another program may read or
 * write at the same time; who writes waits for who writes, 5 seconds at most.
 */
#ifndef CM_IO_SQLITE_H
#define CM_IO_SQLITE_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"

/* How the table is numbered that a program must know to read it (PRAGMA user_version), and whose it is (PRAGMA application_id: "CARE"). */
#define CM_SQLITE_SCHEMA_VERSION 1
#define CM_SQLITE_APPLICATION_ID 0x43415245

/*
 * All of a customer is removed, the bytes in the file and in its log included
 * (those of older copies of the file are not ours to reach). *erased: how many
 * scorecards. CM_EIO, told: nothing was removed, or ("sink-erase") the rows are
 * gone but a program that reads keeps the log: call again when it has ended.
 */
enum cm_status cm_sqlite_erase(const char *path, struct cm_span customer_id, uint64_t *erased,
                               struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* How many scorecards there are of a customer. CM_EIO, told: it cannot be read. */
enum cm_status cm_sqlite_count(const char *path, struct cm_span customer_id, uint64_t *count,
                               struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The cards of an interaction, a line each, in order of pack; none is CM_OK as well. CM_EIO, told: it cannot be read. */
enum cm_status cm_sqlite_find(const char *path, struct cm_span interaction_id, struct cm_buffer *lines,
                              struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
