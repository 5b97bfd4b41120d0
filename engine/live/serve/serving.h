/* What the files of serve share. Not for others. */
#ifndef CM_LIVE_SERVING_H
#define CM_LIVE_SERVING_H

#include <pthread.h>

#include "base/metrics.h"
#include "live/owner/live.h"
#include "live/serve/cluster.h"
#include "live/serve/lines.h"
#include "live/serve/serve.h"

/* Batches on their way: enough that every worker has one while others wait to be applied. */
#define CM_SERVE_BATCHES_MAX 64u
/* How long the loop may wait for messages before it looks at the group and the clock again. */
#define CM_SERVE_WAIT_MS 20
/* Entries of stored states that are read between two looks at the group. */
#define CM_SERVE_ENTRIES 4096u
/* After a fault that passes: until it is tried again. */
#define CM_SERVE_RETRY_MS 1000
/* Until a flush that failed is tried again: longer each time, up to the most. */
#define CM_SERVE_STALL_MIN_MS 500
#define CM_SERVE_STALL_MAX_MS 4000
/* Trouble that goes on is told again so often. */
#define CM_SERVE_REMIND_MS 60000
/* Lines of librdkafka that were told lately, each once. */
#define CM_SERVE_LINES 16u
/* Until the first word of a broker that does not answer. */
#define CM_SERVE_FIRST_WAIT_MS 2000
#define CM_SERVE_WAIT_TOPICS_MS 10000
/* Batches that were applied since the last flush, whose latency is told one by one. */
#define CM_SERVE_LATENCIES 256u
/* Units that wait for that; more are the group's to assign again. */
#define CM_SERVE_RETRIES_MAX 4096u

/* Something that fails again and again: told when it begins, once in a while as long as it lasts, and when it is over. */
struct cm_trouble {
    bool on;
    int64_t told;
};

struct cm_serving {
    const struct cm_serve_request *request;
    const struct cm_config *config;
    struct cm_diagnostics *diagnostics;
    struct cm_cluster_log log;
    struct cm_live_worker *worker; /* the owner's own */
    struct cm_pool *pool;
    struct cm_live *live;
    struct cm_cluster *cluster; /* one of the two */
    struct cm_lines *lines;
    struct cm_kafka_writer *writer; /* of Kafka sinks beside lines */
    struct cm_journal *journal;
    struct cm_feed *feed;

    struct cm_batch *batches[CM_SERVE_BATCHES_MAX]; /* a ring: fed at head, applied at tail */
    size_t batch_count, head, tail;                 /* head - tail are under way */
    bool ended;                                     /* the feed gives nothing more */

    uint32_t retry[CM_SERVE_RETRIES_MAX]; /* units to be taken over again */
    size_t retry_count;
    int64_t retry_at;
    int64_t polled; /* monotonic: when the group last heard of us */
    int64_t next_tick;
    bool lost;    /* so are our partitions, with what was read of them and not written; nothing was given to us since */
    bool stalled; /* the last flush failed: nothing more is read until one succeeds */
    int stall_ms; /* how long until that is tried again */
    struct cm_trouble stall, uncounted, unspilled, rejecting;
    uint64_t rejected_told;
    bool joined, ready; /* the group has given us something, perhaps nothing; and it is being read */
    struct cm_buffer counters, path, metrics;
    struct cm_metric_histogram flushes, restores, cards; /* ms: of a flush, of a restore, from reading a batch to its scorecards */
    int64_t applied[CM_SERVE_LATENCIES];                 /* monotonic: when batches were read that wait for a flush */
    size_t applied_count;
    uint64_t restores_told, restore_ms_told;
    char last_error[512]; /* of a flush */

    pthread_mutex_t lines_lock; /* guards the two below: librdkafka talks from threads of its own */
    struct {
        uint64_t hash;
        int64_t told;
    } said[CM_SERVE_LINES];
    size_t said_at;
};

/* What time it is in this run, epoch. */
int64_t cm_serving_now_ms(const struct cm_serving *serving);
int64_t cm_serving_monotonic_ms(void);
bool cm_serving_stopped(const struct cm_serving *serving);

void cm_serving_tell(struct cm_serving *serving, enum cm_serve_level level, const char *format, ...) CM_PRINTF(3, 4);
/* Is it time to tell of this trouble (again)? */
bool cm_serving_troubled(struct cm_trouble *trouble) CM_MUST_CHECK;
/* It is over; false: there was none. */
bool cm_serving_relieved(struct cm_trouble *trouble) CM_MUST_CHECK;
/* What sources and sinks had to say that is no error; now, not at the end. */
void cm_serving_tell_warnings(struct cm_serving *serving);
/* For cm_live_settings, and for cm_cluster_log; context is the serving. */
void cm_serving_tell_live(void *context, const char *text);
void cm_serving_tell_kafka(void *context, int level, const char *facility, const char *text);

/* Where states go that memory does not hold: as configured, else $TMPDIR, else /tmp. */
const char *cm_serving_spill_folder(const struct cm_serving *serving);

/* Feed, scan, apply: one round. CM_END: nothing will come any more. */
enum cm_status cm_serving_flow(struct cm_serving *serving, int wait_ms) CM_MUST_CHECK;
/* Apply everything that is under way (false: throw it away). */
enum cm_status cm_serving_drain(struct cm_serving *serving, bool apply) CM_MUST_CHECK;

/* What the group wants, and what restores bring. */
enum cm_status cm_serving_poll(struct cm_serving *serving) CM_MUST_CHECK;
enum cm_status cm_serving_restore(struct cm_serving *serving) CM_MUST_CHECK;
void cm_serving_started(void *context, uint32_t unit, uint64_t position);
void cm_serving_superseded(void *context, uint32_t unit);
/* Drop all units without writing, and take them over again later. */
enum cm_status cm_serving_start_over(struct cm_serving *serving) CM_MUST_CHECK;

/* A batch that was read then is applied; everything that was is written. */
void cm_serving_applied(struct cm_serving *serving, int64_t read_ms);
void cm_serving_written(struct cm_serving *serving);
/* How it goes, for whoever looks on. */
void cm_serving_show(struct cm_serving *serving, bool ended);

/* Flush if it is time. force: now. */
enum cm_status cm_serving_tick(struct cm_serving *serving, bool force) CM_MUST_CHECK;

#endif
