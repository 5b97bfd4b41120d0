/* What the files of the cluster share. Not for others. */
#ifndef CM_LIVE_CLUSTER_PRIVATE_H
#define CM_LIVE_CLUSTER_PRIVATE_H

#include "live/owner/journal.h"
#include "live/serve/cluster.h"

struct cm_cluster {
    struct cm_feed feed;       /* first */
    struct cm_journal journal; /* cm_cluster_of_journal finds the way back */
    const struct cm_config *config;
    struct cm_cluster_log log;
    const char *topics[CM_CONFIG_LIST_MAX];      /* of the sources */
    struct cm_buffer states[CM_CONFIG_LIST_MAX]; /* their state topics; NUL-terminated */
    uint32_t partitions[CM_CONFIG_LIST_MAX];
    size_t topic_count;
    bool transactional;

    struct cm_kafka_member *member;
    struct cm_kafka_reader *reader;
    struct cm_kafka_stream *events, *restoring;
    struct cm_kafka_writer *writer;
    struct cm_outlets *outlets;

    const char *cards[CM_CONFIG_LIST_MAX];  /* topics of scorecards, of the first pack */
    int64_t *card_next[CM_CONFIG_LIST_MAX]; /* a partition: offset that our next card there should get; -1: not known */
    size_t card_count;
    uint8_t *looking; /* a partition: topics of cards that are being looked through */

    struct cm_kafka_batch entries; /* that are handed out one by one */
    size_t entry_at;
    bool in_transaction;
    int64_t awake;   /* clock of the machine, ms: when this thread was last seen at work */
    uint32_t *units; /* of the change that is being carried out */
    size_t unit_count, unit_cap;
    struct cm_kafka_place *places;
    size_t place_cap;
    char error[512];
};

extern const struct cm_feed_ops cm_cluster_feed_ops;
extern const struct cm_journal_ops cm_cluster_journal_ops;

/* cluster_cards.c: what others have written over our scorecards. */
enum cm_status cm_cluster_cards_open(struct cm_cluster *cluster) CM_MUST_CHECK;
void cm_cluster_cards_close(struct cm_cluster *cluster);
bool cm_cluster_look(struct cm_journal *journal, uint32_t unit, bool ask);
void cm_cluster_looked(struct cm_journal *journal, uint32_t unit);
int64_t cm_cluster_cards_end(struct cm_journal *journal, uint32_t unit);
void cm_cluster_cards_from(struct cm_journal *journal, uint32_t unit, int64_t from);
/* Is message one of those that a look reads? Then *entry says what it is; false in *told: nothing to tell. */
bool cm_cluster_is_card(struct cm_cluster *cluster, const struct cm_kafka_message *message, struct cm_entry *entry, bool *told);

static inline struct cm_cluster *cm_cluster_of_journal(struct cm_journal *journal)
{
    return (struct cm_cluster *)(void *)((char *)journal - offsetof(struct cm_cluster, journal));
}

#endif
