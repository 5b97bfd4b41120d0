/*
 * owner: what the files of the core share. Not for others.
 *
 *   live.c       units come and go; which packs
 *   apply.c      one event to its interaction; limits; dead letters
 *   timers.c     the clock of a unit; open → closed → marker → gone
 *   restore.c    states back from the log; fences; looking through what others wrote
 *   resume.c     are they what the manifest says; where to go on from
 *   flush.c      cards, states, manifest, commit
 *   verdicts.c   judging what is due, on all workers
 *   showing.c    who looks on, and what he had no room for
 *   mixing.c     records of packs that are gone, renumbered
 */
#ifndef CM_LIVE_OWNER_H
#define CM_LIVE_OWNER_H

#include "base/buffer.h"
#include "live/owner/live.h"
#include "live/owner/spill.h"
#include "live/owner/state.h"

enum cm_unit_phase {
    CM_UNIT_READING, /* its state, from the beginning */
    CM_UNIT_FENCING, /* the fence is written, and to be read back */
    CM_UNIT_RUNNING,
};

/* A dead letter that waits for the next flush: bytes in the unit's buffer. */
struct cm_dead_place {
    uint64_t offset;
    size_t from, len;
};

/* One partition that is ours. */
struct cm_unit_state {
    uint32_t unit;
    uint8_t phase;     /* enum cm_unit_phase */
    bool auditing;     /* running, and its state log is being looked through for what others wrote */
    size_t wishes;     /* erasures that it has found there */
    bool looking;      /* likewise scorecards that others wrote */
    bool at_end;       /* nothing more to read just now */
    bool timed;        /* its events tell the time */
    bool moved;        /* the position is past the last manifest's */
    uint64_t position; /* next offset; CM_POSITION_… until the first message */
    uint64_t epoch;
    char fence[320];   /* what our fence says: who, a blank, and the group */
    int64_t clock;     /* newest event time; CM_TIME_NONE_MS */
    int64_t log_clock; /* newest time of the log itself */
    int64_t arrived;   /* wall, when something last came */
    int64_t assigned;  /* wall */
    int64_t written;   /* wall, when its manifest was last written */
    int64_t looked;    /* wall, when the log's end was last asked for what others wrote */
    int64_t log_next;  /* offset that our next state record should get; -1: not known */

    struct cm_table table;
    struct cm_item **dirty;
    size_t dirty_count, dirty_cap;
    struct cm_item **owed; /* open ones with a card due, that is not shown while there is a backlog */
    size_t owed_count, owed_cap;
    struct cm_item **missed; /* whose last card who looks on had no room for */
    size_t missed_count, missed_cap;
    uint64_t checksum, states;  /* of what is stored: sum of item->sum, and how many */
    struct cm_edition **stored; /* whose names stand in the log; kept */
    size_t stored_count, stored_cap;
    size_t stored_safe; /* of these; the others were put by a flush that has not ended */
    struct cm_dead_place *dead;
    size_t dead_count, dead_cap;
    struct cm_buffer dead_lines;

    /* while reading */
    struct cm_manifest manifest;
    int64_t manifest_at; /* offset in the state log */
    bool has_manifest, manifest_last;
    bool damaged;   /* the last manifest, or the last of what stands of an item */
    bool overtaken; /* the manifest stands behind records of a later owner */
    bool disowned;  /* a manifest was deleted: there was state once */
    bool disown;    /* the manifest in the log is not to be believed: its tombstone comes first in the next flush */
    uint64_t epoch_seen;
    uint64_t entries;
};

struct cm_live {
    struct cm_live_settings set;
    struct cm_editions editions;
    struct cm_edition *current;
    struct cm_unit_state **units;
    size_t unit_count, unit_cap;
    int64_t now;
    uint64_t unflushed;
    uint32_t flushes; /* counts them; item->touched is one of these */
    uint64_t fences;  /* that were written, for their names */
    uint64_t token;   /* of this run alone, for the same */
    uint64_t held;    /* bytes of packed records in memory */
    uint64_t forgone; /* items that were taken back from who looks on */
    struct cm_spill spill;
    size_t spill_unit, spill_at; /* where the search for cold states goes on */
    struct cm_counters counters;
    struct cm_buffer key, value, records, scratch, rescanned;
};

struct cm_unit_state *cm_live_unit_of(const struct cm_live *live, uint32_t unit);
void cm_live_tell(struct cm_live *live, const char *format, ...) CM_PRINTF(2, 3);

/* Among what the next flush writes. CM_ENOMEM. */
enum cm_status cm_unit_soil(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item) CM_MUST_CHECK;
/* Its scorecard is to be written once more, as it was. */
void cm_item_show_again(struct cm_item *item);
/* Its packed records are in memory, and of packs that are loaded: read back, renumbered where need be. */
enum cm_status cm_item_ready(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item) CM_MUST_CHECK;
/* Renumber an item whose packs are gone (mixing.c). */
enum cm_status cm_item_mix(struct cm_live *live, struct cm_item *item) CM_MUST_CHECK;
/* Its records are not needed any more, wherever they are. */
void cm_item_empty(struct cm_live *live, struct cm_item *item);
/* It is gone, and nothing that is read from here on needs to know that it was there. */
bool cm_item_done(const struct cm_unit_state *unit, const struct cm_item *item);
void cm_item_forget(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item);

/* Event time up to which the unit's timers fire; CM_TIME_NONE_MS: none. */
int64_t cm_unit_watermark(const struct cm_live *live, const struct cm_unit_state *unit);
/* Event time plus how long; what never ends stays so. */
int64_t cm_time_later(int64_t from, int64_t by);
/* Fire what is due. */
enum cm_status cm_unit_timers(struct cm_live *live, struct cm_unit_state *unit) CM_MUST_CHECK;
enum cm_status cm_item_close(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item) CM_MUST_CHECK;
/* Keep only that it was there, until the marker's time is over. */
enum cm_status cm_item_mark(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item) CM_MUST_CHECK;

/* The scorecards of all dirty items whose card is due go to the journal (verdicts.c). */
enum cm_status cm_unit_cards(struct cm_live *live, struct cm_unit_state *unit) CM_MUST_CHECK;
/* How an item that is ready is judged for the card that is due, and that card, without its line. */
struct cm_plea cm_item_plea(const struct cm_item *item);
struct cm_card cm_item_card(const struct cm_unit_state *unit, const struct cm_item *item, const struct cm_plea *plea, uint32_t pack);
/* A card that is out, to who looks on; where he has no room, its item is listed (showing.c). CM_ENOMEM. */
enum cm_status cm_card_show(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item,
                            const struct cm_card *card) CM_MUST_CHECK;
/* Of what is listed nothing is about to be forgotten: those of which no card can be made any more are taken back from who looks on. */
void cm_unit_take_back(struct cm_live *live, struct cm_unit_state *unit);
/* A card of this item is written by the next flush. */
bool cm_item_shows(const struct cm_live *live, const struct cm_unit_state *unit, const struct cm_item *item);

/* The item becomes its tombstone, which is kept until what is read is past it: what had been refused must not begin anew. */
enum cm_status cm_item_bury(struct cm_live *live, struct cm_unit_state *unit, struct cm_item *item,
                            const struct cm_entry *entry) CM_MUST_CHECK;
/* All was read, the fence too: the unit runs (resume.c). */
enum cm_status cm_unit_start(struct cm_live *live, struct cm_unit_state *unit) CM_MUST_CHECK;
/* Look through what was written to the unit's state log from here on by others (restore.c). */
enum cm_status cm_unit_audit(struct cm_live *live, struct cm_unit_state *unit) CM_MUST_CHECK;

#endif
