/*
 * journal: where a live run writes and from where it takes up again.
 *
 * A vtable, so that the same state machine runs on Kafka (journal_kafka), on
 * files without stored state (journal_plain) and, in tests, on a fake broker that
 * crashes wherever a seed says. A unit is one partition of one source.
 *
 * A flush is: begin; dead letters, if any; settle; states; settle; cards; settle;
 * manifests; settle; commit. What was put is safe only after settle; what is put in one unit's
 * state arrives in order. A restore reads a unit's state from its beginning
 * until AT_END, puts a fence and goes on until it has read that fence.
 *
 * One thread.
 */
#ifndef CM_LIVE_JOURNAL_H
#define CM_LIVE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/span.h"

/* Source number in the high half, partition in the low one. */
#define CM_UNIT(source, partition) ((uint32_t)(source) << 16 | (uint32_t)(partition))
#define CM_UNIT_SOURCE(unit) ((unit) >> 16)
#define CM_UNIT_PARTITION(unit) ((unit)&0xFFFFu)
#define CM_PARTITIONS_MAX 65535u

/* The first byte of keys that are no interactions; an id that begins with it is stored with two of them before it. */
#define CM_KEY_MARK '\0'

/* One scorecard on its way out; borrowed while it is put. */
struct cm_card {
    uint32_t unit;
    uint32_t pack; /* index among the packs of the run */
    const char *pack_name;
    struct cm_span id;   /* of the interaction */
    struct cm_span line; /* the scorecard and a newline; ptr NULL: it is to be deleted (erased) */
    uint64_t applied;    /* offset of the last event in it */
    uint64_t epoch;      /* of the owner who writes it */
    bool final;
};

/* An event that could not be used. */
struct cm_dead {
    uint32_t unit;
    uint64_t offset;
    struct cm_span line; /* JSON and a newline */
};

/* Owners of a partition are counted; there are never so many. */
#define CM_EPOCH_MAX ((uint64_t)INT32_MAX)

enum cm_entry_note {
    CM_ENTRY,        /* one record of the state */
    CM_ENTRY_AT_END, /* all that is there now was read */
    CM_ENTRY_BROKEN, /* the unit's state cannot be read */
    CM_ENTRY_CARD,   /* a scorecard that stands where others have written: key is the interaction's id */
    CM_ENTRY_LOOKED, /* those were all */
};

/* One record of a unit's state, as it is put and as it is read. */
struct cm_entry {
    uint8_t note; /* enum cm_entry_note; of the others only unit is meant */
    uint32_t unit;
    struct cm_span key;
    struct cm_span value;    /* ptr NULL: a tombstone */
    uint64_t applied;        /* header o: last applied source offset */
    uint64_t epoch;          /* header e: of the owner who wrote it */
    struct cm_hash128 rules; /* header r; zero: none */
    bool erased;             /* header x: a person asked for this to be forgotten */
    int64_t at;              /* read: offset in the state log */
};

/* Next offset to be read of a unit's source. */
struct cm_position {
    uint32_t unit;
    uint64_t offset;
};

struct cm_journal;

struct cm_journal_ops {
    enum cm_status (*begin)(struct cm_journal *journal);
    enum cm_status (*card)(struct cm_journal *journal, const struct cm_card *card);
    enum cm_status (*dead)(struct cm_journal *journal, const struct cm_dead *dead);
    enum cm_status (*state)(struct cm_journal *journal, const struct cm_entry *entry);
    enum cm_status (*settle)(struct cm_journal *journal);
    enum cm_status (*commit)(struct cm_journal *journal, const struct cm_position *positions, size_t count);
    void (*abort)(struct cm_journal *journal);
    bool (*written)(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count);
    enum cm_status (*restore)(struct cm_journal *journal, uint32_t unit, int64_t from);
    enum cm_status (*next)(struct cm_journal *journal, int wait_ms, struct cm_entry *entry);
    enum cm_status (*restored)(struct cm_journal *journal, uint32_t unit);
    bool (*look)(struct cm_journal *journal, uint32_t unit, bool ask); /* NULL: nobody else can write here */
    void (*looked)(struct cm_journal *journal, uint32_t unit);
    int64_t (*cards_end)(struct cm_journal *journal, uint32_t unit); /* NULL, as look */
    void (*cards_from)(struct cm_journal *journal, uint32_t unit, int64_t from);
};

struct cm_journal {
    const struct cm_journal_ops *ops;
};

/* All puts: CM_OK; CM_EIO: not now, the flush is to be aborted and tried again; CM_ESTOPPED: fenced, this owner is one no longer. */
static inline enum cm_status cm_journal_begin(struct cm_journal *journal)
{
    return journal->ops->begin(journal);
}

static inline enum cm_status cm_journal_card(struct cm_journal *journal, const struct cm_card *card)
{
    return journal->ops->card(journal, card);
}

static inline enum cm_status cm_journal_dead(struct cm_journal *journal, const struct cm_dead *dead)
{
    return journal->ops->dead(journal, dead);
}

static inline enum cm_status cm_journal_state(struct cm_journal *journal, const struct cm_entry *entry)
{
    return journal->ops->state(journal, entry);
}

static inline enum cm_status cm_journal_settle(struct cm_journal *journal)
{
    return journal->ops->settle(journal);
}

/* Tell the world how far we are; the truth is in the manifests. Ends what begin began. */
static inline enum cm_status cm_journal_commit(struct cm_journal *journal, const struct cm_position *positions, size_t count)
{
    return journal->ops->commit(journal, positions, count);
}

/* What was put and is not safe is forgotten. */
static inline void cm_journal_abort(struct cm_journal *journal)
{
    journal->ops->abort(journal);
}

/* Offsets in the unit's state log of what was put since the last call, and how many; false: nothing, or the journal cannot tell. Both
 * are -1 where all were sent twice, and no broker said where they are. */
static inline bool cm_journal_written(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    return journal->ops->written(journal, unit, first, last, count);
}

/* Start to read a unit's state, from its beginning (-1) or an offset. */
static inline enum cm_status cm_journal_restore(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    return journal->ops->restore(journal, unit, from);
}

/* The next entry of any unit that is being read, borrowed until the next call; CM_END: nothing within wait_ms. */
static inline enum cm_status cm_journal_next(struct cm_journal *journal, int wait_ms, struct cm_entry *entry)
{
    return journal->ops->next(journal, wait_ms, entry);
}

static inline enum cm_status cm_journal_restored(struct cm_journal *journal, uint32_t unit)
{
    return journal->ops->restored(journal, unit);
}

/*
 * Has somebody else written scorecards of the unit since the last look? True: next hands them out as CM_ENTRY_CARD, up to
 * CM_ENTRY_LOOKED. Known from the offsets of our own; ask: and, where we wrote none, from the log's end, which costs a request.
 */
static inline bool cm_journal_look(struct cm_journal *journal, uint32_t unit, bool ask)
{
    return journal->ops->look && journal->ops->look(journal, unit, ask);
}

/* Offset behind our last scorecard of the unit, for whoever owns it next; -1: not known. */
static inline int64_t cm_journal_cards_end(struct cm_journal *journal, uint32_t unit)
{
    return journal->ops->cards_end ? journal->ops->cards_end(journal, unit) : -1;
}

/* What the owner before us said of that: what others have written since then is found by the next look. */
static inline void cm_journal_cards_from(struct cm_journal *journal, uint32_t unit, int64_t from)
{
    if (journal->ops->cards_from)
        journal->ops->cards_from(journal, unit, from);
}

/* Enough of that, or the unit is not ours any more. */
static inline void cm_journal_looked(struct cm_journal *journal, uint32_t unit)
{
    if (journal->ops->looked)
        journal->ops->looked(journal, unit);
}

#endif
