/*
 * outlets: all sinks of a live run at once: files, databases, topics; and where
 * dead letters go.
 *
 * One thread. After a failure everything since the last good settle is to be
 * put again: sinks that had taken it replace it by the same, or, where they only
 * append, say it twice (the last line of an interaction counts).
 */
#ifndef CM_LIVE_OUTLETS_H
#define CM_LIVE_OUTLETS_H

#include "io/sink.h"
#include "kafka/writer.h"
#include "live/config/config.h"
#include "live/owner/journal.h"

struct cm_outlets;

/* writer: for Kafka sinks and dead letters (NULL: there are none); borrowed, may be replaced. partitioned: cards go to their unit's
 * partition, else by key. */
enum cm_status cm_outlets_open(const struct cm_config *config, struct cm_kafka_writer *writer, bool partitioned,
                               struct cm_diagnostics *diagnostics, struct cm_outlets **out) CM_MUST_CHECK;
void cm_outlets_writer(struct cm_outlets *outlets, struct cm_kafka_writer *writer);

enum cm_status cm_outlets_card(struct cm_outlets *outlets, const struct cm_card *card) CM_MUST_CHECK;
enum cm_status cm_outlets_dead(struct cm_outlets *outlets, const struct cm_dead *dead) CM_MUST_CHECK;
/* Files and databases are durable, and so is what the writer was given. CM_ESTOPPED: the writer is fenced. */
enum cm_status cm_outlets_settle(struct cm_outlets *outlets) CM_MUST_CHECK;

/* NULL is nothing. What was not settled may be lost. */
enum cm_status cm_outlets_close(struct cm_outlets *outlets) CM_MUST_CHECK;

/* Topic of the cards of pack number pack: that of the first is the sink's own, a further one has the pack's name behind it. */
void cm_outlets_topic(struct cm_buffer *out, const char *topic, uint32_t pack, const char *pack_name);

/* A number as headers have it, into the 20 bytes before end; not by printf: it is done for every state and card. */
struct cm_span cm_outlets_decimal(char *end, uint64_t value);

#endif
