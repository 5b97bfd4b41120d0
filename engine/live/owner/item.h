/*
 * item: one interaction as its owner holds it, and the table of a partition's items.
 *
 * Live (open or closed) items have their packed records, in memory or spilled;
 * markers have none. Items do not move. One thread: the owner's. There may be millions: an item
 * takes 101 bytes and its id, 112 for a short one and 144 for a UUID, which are sizes that allocators have.
 */
#ifndef CM_LIVE_ITEM_H
#define CM_LIVE_ITEM_H

#include "base/buffer.h"
#include "live/rules/edition.h"
#include "score/packed.h"

enum cm_phase {
    CM_PHASE_OPEN,   /* goes on */
    CM_PHASE_CLOSED, /* its scorecard is final; a straggler still revises it */
    CM_PHASE_MARKER, /* only that it was there is known: what comes now is too late */
    CM_PHASE_GONE,   /* its tombstone is to be written; then it is nothing */
    CM_PHASE_COUNT,
};

/* Stored with the state: what the records do not tell. */
enum cm_item_flag {
    CM_ITEM_FULL = 1u << 0,       /* a turn or more found no room */
    CM_ITEM_FUTURE = 1u << 1,     /* a time far ahead of the log's */
    CM_ITEM_PACK_MIXED = 1u << 2, /* renumbered from packs that are gone */
    CM_ITEM_ERASED = 1u << 3,     /* a person asked for it to be forgotten */
};

#define CM_HEAP_NONE UINT32_MAX
/* What an item takes beside itself: its id, and what the allocator rounds up. */
#define CM_ITEM_BESIDE_BYTES 32u
/* applied of an item that holds no event. */
#define CM_APPLIED_NONE UINT64_MAX

struct cm_item {
    uint64_t hash;              /* cm_hash64 of the id */
    struct cm_packed packed;    /* bytes NULL: none, or spilled */
    struct cm_edition *edition; /* by which its records were scanned; held; NULL: a marker */
    uint64_t applied;           /* offset of the last event that is in it; GONE: up to which it still stood in the way; or NONE */
    int64_t last_ts;            /* event time of the newest event */
    int64_t due;                /* event time at which its phase ends; INT64_MAX: never */
    int64_t spilled;            /* where; -1: in memory */
    uint64_t sum;               /* its part of the manifest's checksum; 0: not stored yet */
    uint32_t finals;            /* final scorecards so far */
    uint32_t heap_at;           /* CM_HEAP_NONE: no timer, or it rests */
    uint32_t touched;           /* flush in which it last changed */
    uint32_t epoch;             /* of the owner whose record of it stands in the log */
    int64_t read_at;            /* where in the state log it was read; -1: not from there */
    uint16_t id_len;
    uint8_t phase : 3;   /* enum cm_phase; set by cm_table_turn alone */
    uint8_t flags : 5;   /* enum cm_item_flag */
    uint8_t channel : 6; /* enum cm_channel: the first that an event told */
    bool dirty : 1;      /* differs from what is stored */
    bool card_due : 1;   /* differs from the last scorecard */
    bool listed : 1;     /* among the partition's dirty ones */
    bool owed : 1;       /* among those whose card waits until its unit has caught up */
    bool repeat : 1;     /* its last final card is counted, but perhaps never came out: the same one again */
    bool missed : 1;     /* among those that who looks on had no room for */
    /* restoring: */
    bool erasing : 1;   /* it is to be forgotten, and no owner has written yet that it was */
    bool overtaken : 1; /* who wrote it was an owner no longer */
    bool damaged : 1;   /* what stands last of it cannot be read */
    char id_bytes[];    /* with its item: one allocation, and both are wanted together */
};

static inline struct cm_span cm_item_id(const struct cm_item *item)
{
    return (struct cm_span){item->id_bytes, item->id_len};
}

_Static_assert(CM_PHASE_COUNT <= 1 << 3 && CM_ITEM_ERASED < 1 << 5 && CM_CHANNEL_COUNT <= 1 << 6, "they fit their bits");
_Static_assert(sizeof(void *) != 8 || offsetof(struct cm_item, id_bytes) == 101, "the sizes above");

struct cm_table {
    struct cm_item **slots; /* open addressing by hash, NULL: free */
    size_t size, count;     /* size a power of two, or 0 */
    struct cm_item **heap;  /* by due, then hash: the order in which timers fire is the same everywhere */
    size_t heap_count, heap_cap;
    size_t phases[CM_PHASE_COUNT]; /* how many items are in each: millions are not gone through to tell */
};

struct cm_item *cm_table_find(const struct cm_table *table, struct cm_span id, uint64_t hash);
/* A new item with this id (of a record: at most 64 KiB), phase OPEN, nothing in it; must not be there. NULL: no memory. */
struct cm_item *cm_table_add(struct cm_table *table, struct cm_span id, uint64_t hash);
/* It is in another phase from here on. */
void cm_table_turn(struct cm_table *table, struct cm_item *item, enum cm_phase phase);
/* Out of the table and freed; its edition is released, what it has spilled is the caller's. */
void cm_table_remove(struct cm_table *table, struct cm_item *item);
void cm_table_free(struct cm_table *table);

/* due has changed. CM_ENOMEM when the heap cannot grow. */
enum cm_status cm_table_schedule(struct cm_table *table, struct cm_item *item) CM_MUST_CHECK;
/* It has no timer, whatever its due, until it is scheduled anew. */
void cm_table_rest(struct cm_table *table, struct cm_item *item);
/* The item whose due comes first, if it is not after now; NULL: none. It keeps its timer until it is scheduled anew. */
struct cm_item *cm_table_due(const struct cm_table *table, int64_t now);

/* All items, in no order that means anything: for (size_t at = 0; (item = cm_table_next(table, &at));). No adding or removing meanwhile. */
struct cm_item *cm_table_next(const struct cm_table *table, size_t *at);

#endif
