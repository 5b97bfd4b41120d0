/*
 * cluster: the journal and the feed of a run whose source is Kafka.
 *
 * Holds the four handles: a member for who owns what, a reader with two streams
 * (events, states), a writer. Unit number: CM_UNIT(topic, partition).
 *
 * State records go to the partition of their unit in SOURCE-state, with headers
 * o (last applied source offset), e (epoch), r (hash of the packs), v (1), and x (1) where a
 * person asked for the interaction to be forgotten. One thread.
 */
#ifndef CM_LIVE_CLUSTER_H
#define CM_LIVE_CLUSTER_H

#include "kafka/member.h"
#include "kafka/reader.h"
#include "live/config/config.h"
#include "live/serve/feed.h"
#include "live/serve/outlets.h"

/* How long a flush waits for the group coordinator. */
#define CM_COMMIT_WAIT_MS 2000
/* The value of header v: how the record is to be read. */
#define CM_STATE_VERSION "1"

struct cm_cluster;

/* log: lines of librdkafka; may come from any thread. stop, NULL or set: nothing waits for a broker for long any more. */
struct cm_cluster_log {
    void (*log)(void *context, int level, const char *facility, const char *text);
    void *context;
    const atomic_bool *stop;
};

/* How to reach the cluster of the configuration. */
struct cm_kafka_options cm_cluster_options(const struct cm_config *config, const struct cm_cluster_log *log);

/*
 * The topics that a run needs: sources must be there; the others are made if the configuration says so, and must have as many
 * partitions. CM_EIO: no broker answers within wait_ms (try again); CM_EUSAGE: told in diagnostics, and will not get better. partitions[i]:
 * of source i.
 */
enum cm_status cm_cluster_topics(const struct cm_config *config, const struct cm_cluster_log *log, const char *const *pack_names,
                                 size_t pack_count, int wait_ms, uint32_t *partitions, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* partitions: of each source, as cm_cluster_topics gave them. config and log are borrowed. */
enum cm_status cm_cluster_open(const struct cm_config *config, const struct cm_cluster_log *log, const uint32_t *partitions,
                               struct cm_diagnostics *diagnostics, struct cm_cluster **out) CM_MUST_CHECK;
void cm_cluster_close(struct cm_cluster *cluster);

struct cm_journal *cm_cluster_journal(struct cm_cluster *cluster);
struct cm_feed *cm_cluster_feed(struct cm_cluster *cluster);

/* As cm_kafka_member_poll, with units: *units is valid until done. */
struct cm_ownership {
    enum cm_kafka_change change;
    const uint32_t *units;
    size_t count;
};
enum cm_status cm_cluster_poll(struct cm_cluster *cluster, int wait_ms, struct cm_ownership *ownership) CM_MUST_CHECK;
enum cm_status cm_cluster_done(struct cm_cluster *cluster) CM_MUST_CHECK;
/* A fence or fatal error made the writer useless: another one. */
enum cm_status cm_cluster_renew(struct cm_cluster *cluster, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;
const char *cm_cluster_error(const struct cm_cluster *cluster);

/* The unit's last known end; -1: not known. */
int64_t cm_cluster_high(struct cm_cluster *cluster, uint32_t unit);

#endif
