/*
 * uri: where events come from and scorecards go to, as one word of text.
 *
 *   kafka://HOST[:PORT][,HOST[:PORT]…]/TOPIC    IPv6 in square brackets; port 9092 where none is given
 *   PATH                                        a sink's ending says what is written: .ndjson, .jsonl, .db, .sqlite, .sqlite3
 *   -                                           standard input or output
 *   null:                                       a sink that drops all
 *
 * Names, passwords and properties do not belong there: they would be printed. Pure functions, but
 * that a sink of another name is looked at: devices and pipes take NDJSON under any name.
 */
#ifndef CM_LIVE_URI_H
#define CM_LIVE_URI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"

enum cm_place_kind { CM_PLACE_KAFKA, CM_PLACE_FILE, CM_PLACE_STDIO, CM_PLACE_SQLITE, CM_PLACE_NULL };

struct cm_uri {
    enum cm_place_kind kind;
    const char *text;    /* as it was given, secrets never stand in it */
    const char *brokers; /* KAFKA: "host:port,host:port" */
    const char *topic;   /* KAFKA: one topic */
    const char *path;    /* FILE, SQLITE */
};

/* CM_EUSAGE with a diagnostic at place, in which no user name, password or query is shown; CM_ENOMEM. Texts into arena. */
enum cm_status cm_uri_parse(const char *text, bool sink, struct cm_place place, struct cm_arena *arena, struct cm_uri *out,
                            struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* The same brokers, in any order. Both KAFKA. */
bool cm_uri_same_cluster(const struct cm_uri *a, const struct cm_uri *b);

#endif
