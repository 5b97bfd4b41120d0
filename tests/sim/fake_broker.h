/*
 * fake_broker: topics in memory (fake_broker.c), and journals over them that fail and crash on demand (fake_client.c).
 *
 * Every partition has an input log, and of each of the topics that live running writes a
 * log, too. A client is one process's side: what it puts waits, by topic and partition,
 * until it settles; a crash, or a settle that fails, leaves a random prefix of what waited in each
 * of them, so that order holds within a partition and nowhere else. Compaction is
 * Kafka's: of the part that is cleaned the last record of a key stays, and
 * tombstones go after a while. Nothing is really freed: tests look back at all that was ever written.
 *
 * All chances come from one seed. One thread.
 */
#ifndef TESTS_SIM_FAKE_BROKER_H
#define TESTS_SIM_FAKE_BROKER_H

#include "chance.h"
#include "live/owner/live.h"
#include "live/owner/state.h"

#define FAKE_PARTITIONS_MAX 6u
#define FAKE_NOBODY UINT32_MAX
#define FAKE_NEVER UINT32_MAX

enum fake_topic { FAKE_STATE, FAKE_SCORES, FAKE_DEAD, FAKE_TOPICS };

struct fake_record {
    struct cm_span key, value;         /* owned; value.ptr NULL: a tombstone */
    uint64_t applied, epoch, sequence; /* sequence: order over all logs */
    struct cm_hash128 rules;
    int64_t at;      /* wall, when it was logged */
    uint32_t client; /* who wrote it; FAKE_NOBODY: a third party */
    bool zombie;     /* who wrote it did not own the partition then */
    bool erased, final;
    bool compacted; /* nobody can read it any more */
};

struct fake_log {
    struct fake_record *items;
    size_t count, cap;
};

struct fake_broker {
    uint32_t partitions;
    struct fake_log input[FAKE_PARTITIONS_MAX];
    struct fake_log topics[FAKE_TOPICS][FAKE_PARTITIONS_MAX];
    uint32_t owner[FAKE_PARTITIONS_MAX];     /* the group's; FAKE_NOBODY */
    uint64_t committed[FAKE_PARTITIONS_MAX]; /* the group's offset; CM_POSITION_FIRST: none */
    uint64_t confirmed[FAKE_PARTITIONS_MAX]; /* position of the owner's last manifest that is safe */
    int64_t now;
    uint64_t sequence;
    struct cm_chance chance;
    const char *broken; /* a promise of journal.h that a caller did not keep */
};

/* Offsets of what a client has written since it was last asked. */
struct fake_written {
    int64_t first, last;
    uint64_t count;
};

struct fake_client {
    struct cm_journal journal; /* first */
    struct fake_broker *broker;
    uint32_t number;
    bool crashed;
    uint32_t crash_in;       /* journal calls until it does; FAKE_NEVER */
    uint32_t settle_fails;   /* one settle in so many; 0: none */
    bool sends_early, tells; /* what was put may arrive before it is settled; written() is answered */
    struct fake_log pending[FAKE_TOPICS][FAKE_PARTITIONS_MAX];
    struct fake_written written[FAKE_PARTITIONS_MAX], cards[FAKE_PARTITIONS_MAX]; /* of states; of scorecards */
    struct {
        bool active, at_end;
        size_t next;
    } reading[FAKE_PARTITIONS_MAX];
    struct {
        bool active;
        size_t next;
        int64_t own_next; /* where the next card of ours should stand; -1: not known */
    } looking[FAKE_PARTITIONS_MAX];
};

void fake_broker_init(struct fake_broker *broker, uint32_t partitions, uint64_t seed);
void fake_broker_free(struct fake_broker *broker);

/* For the files of the broker: logs as such. What they cannot hold ends the program. */
struct fake_record *fake_add(struct fake_log *log, const struct fake_record *record);
struct fake_record *fake_add_copy(struct fake_log *log, const struct fake_record *record);
void fake_free(struct fake_log *log);

/* A message of the source; the bytes are copied. line.ptr NULL: a tombstone. */
void fake_produce(struct fake_broker *broker, uint32_t partition, struct cm_span key, struct cm_span line);
/* Somebody asks for an interaction to be forgotten. */
void fake_erase(struct fake_broker *broker, uint32_t partition, struct cm_span id);
/* Clean the state log of a partition, all but its last `lag` records. tombstones: also of those; nobody may be reading it meanwhile. */
void fake_compact(struct fake_broker *broker, uint32_t partition, size_t lag, bool tombstones);
/* The last record of a key, also where it was compacted; NULL: there is none. */
const struct fake_record *fake_last(const struct fake_log *log, struct cm_span key);
/* Key of a scorecard: the pack's name, NUL, the interaction's id. */
void fake_card_key(struct cm_buffer *out, const char *pack, struct cm_span id);

void fake_client_init(struct fake_client *client, struct fake_broker *broker, uint32_t number);
/* The process dies: of what waits some arrives. */
void fake_crash(struct fake_client *client);
void fake_client_free(struct fake_client *client);

#endif
