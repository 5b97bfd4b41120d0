/*
 * feed: messages of the units that were started, in batches that are scanned on
 * any thread and applied by the owner.
 *
 * A vtable over Kafka (cluster), a followed file or standard input (lines) and,
 * in benchmarks, memory. One thread, but for the scanning of a batch.
 */
#ifndef CM_LIVE_FEED_H
#define CM_LIVE_FEED_H

#include "base/buffer.h"
#include "base/pool.h"
#include "kafka/reader.h"
#include "live/owner/message.h"
#include "live/rules/rules.h"

#define CM_BATCH_MAX CM_KAFKA_BATCH_MAX

enum cm_feed_note { CM_FEED_AT_END, CM_FEED_GAP, CM_FEED_BROKEN };

/* Something about a unit, between messages. */
struct cm_feed_mark {
    uint8_t note; /* enum cm_feed_note */
    uint32_t unit;
    uint64_t offset; /* of what comes next */
    size_t before;   /* message before which it stands; count: behind the last */
    const char *error;
};

/* Messages, and what they turned out to be. Reused; its bytes belong to it. */
struct cm_batch {
    struct cm_job job;      /* first: scanning */
    struct cm_rules *rules; /* by which it is scanned; held */
    struct cm_message messages[CM_BATCH_MAX];
    struct cm_parsed parsed[CM_BATCH_MAX];
    size_t count;
    struct cm_feed_mark marks[CM_BATCH_MAX];
    size_t mark_count;
    struct cm_buffer records;
    int64_t read_ms;             /* monotonic */
    enum cm_status status;       /* of scanning */
    struct cm_kafka_batch kafka; /* what messages point into, by the feed that filled it */
    struct cm_buffer copied;
};

struct cm_feed;

struct cm_feed_ops {
    enum cm_status (*start)(struct cm_feed *feed, uint32_t unit, uint64_t position, struct cm_diagnostics *diagnostics);
    enum cm_status (*stop)(struct cm_feed *feed, uint32_t unit);
    enum cm_status (*next)(struct cm_feed *feed, int wait_ms, struct cm_batch *batch);
    void (*clear)(struct cm_feed *feed, struct cm_batch *batch);
};

struct cm_feed {
    const struct cm_feed_ops *ops;
};

/* position: an offset, or CM_POSITION_FIRST, CM_POSITION_LAST (live.h). CM_EIO, told. */
static inline enum cm_status cm_feed_start(struct cm_feed *feed, uint32_t unit, uint64_t position, struct cm_diagnostics *diagnostics)
{
    return feed->ops->start(feed, unit, position, diagnostics);
}

/* No message of the unit comes any more. */
static inline enum cm_status cm_feed_stop(struct cm_feed *feed, uint32_t unit)
{
    return feed->ops->stop(feed, unit);
}

/* CM_OK: messages or marks, in an empty batch. CM_ELIMIT: nothing within wait_ms. CM_END: nothing will ever come again. CM_EIO. */
static inline enum cm_status cm_feed_next(struct cm_feed *feed, int wait_ms, struct cm_batch *batch)
{
    return feed->ops->next(feed, wait_ms, batch);
}

/* The batch is empty again, its memory kept. */
static inline void cm_feed_clear(struct cm_feed *feed, struct cm_batch *batch)
{
    feed->ops->clear(feed, batch);
    batch->count = batch->mark_count = 0;
}

#endif
