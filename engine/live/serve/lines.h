/*
 * lines: the feed and the journal of a run whose source is a file that grows, or
 * standard input.
 *
 * There is no stored state: a run that begins again reads its source again and comes to
 * the same scorecards. One unit, CM_UNIT(0, 0); its offsets are those of the bytes,
 * with how often the file was replaced in the high bits. One thread.
 */
#ifndef CM_LIVE_LINES_H
#define CM_LIVE_LINES_H

#include "live/config/config.h"
#include "live/serve/feed.h"
#include "live/serve/outlets.h"

struct cm_lines;

/* input: what "-" reads (0: standard input); borrowed. writer: for Kafka sinks, or NULL; borrowed. config and diagnostics are borrowed
 * until close. */
enum cm_status cm_lines_open(const struct cm_config *config, int input, struct cm_kafka_writer *writer, struct cm_diagnostics *diagnostics,
                             struct cm_lines **out) CM_MUST_CHECK;
struct cm_journal *cm_lines_journal(struct cm_lines *lines);
struct cm_feed *cm_lines_feed(struct cm_lines *lines);
enum cm_status cm_lines_close(struct cm_lines *lines) CM_MUST_CHECK;

#endif
