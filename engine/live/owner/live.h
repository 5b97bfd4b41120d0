/*
 * live: the owner of partitions: applies events, keeps interactions, flushes,
 * restores. The deterministic core of a live run.
 *
 * No thread, no clock, no broker of its own: the wall clock is told (cm_live_clock), what is to be written goes to a
 * journal, scanning and judging to a pool. The same calls give the same writes, so a test
 * can drive it from a seed. One thread: the owner's.
 *
 * A unit's life: assign → states are read (cm_live_entry) until the end, a fence is put and read back → started(position) → apply, in
 * order of offsets → revoke (flush, drop) or lose (drop).
 *
 * What stays true:
 * - An event is in a state if and only if its offset is at most the state's `applied` (and it was not rejected): so a replay from a
 *   manifest's position, or any earlier one, changes nothing that was stored later.
 * - A manifest is written only after all states and scorecards of its position are safe.
 * - After a failed flush everything that it would have written is still due.
 */
#ifndef CM_LIVE_LIVE_H
#define CM_LIVE_LIVE_H

#include "base/pool.h"
#include "live/owner/counters.h"
#include "live/owner/journal.h"
#include "live/owner/message.h"
#include "live/owner/worker.h"
#include "live/rules/rules.h"

/* Open scorecards are written while a unit is this close to its log's end: in a backlog only final ones are, and the rest when it is caught
 * up. */
#define CM_OPEN_CARD_AGE_MS 10000

/*
 * A unit in which nothing happens writes its manifest all the same, this often: so its owner notices within that time what others have
 * written to its state (an erasure, another owner).
 */
#define CM_IDLE_WRITE_MS 30000

/* Cards that are made once more at a time: some ten milliseconds of judging, for who looks on must not hold up who works. */
#define CM_SHOW_AGAIN_MAX 512u

/* Where to begin a unit: a number, or one of these. */
#define CM_POSITION_FIRST (UINT64_MAX - 1)
#define CM_POSITION_LAST UINT64_MAX

struct cm_live;

struct cm_live_settings {
    struct cm_journal *journal;
    struct cm_pool *pool;          /* whose workers have struct cm_live_worker as context */
    struct cm_live_worker *worker; /* the owner's own, for what cannot wait */
    struct cm_rules *rules;        /* the first; held */
    int64_t idle_ms[CM_CHANNEL_COUNT];
    int64_t keep_closed_ms, keep_marker_ms, lateness_ms, skew_ms, quiet_ms;
    uint64_t max_turns, max_state_bytes, max_memory_bytes;
    const char *spill_folder;
    bool open_cards;
    bool from_latest; /* a unit without state begins at its end */
    bool dead_letter_payload;
    bool judging_off;                /* states and counters only, for measuring */
    const char *group;               /* a state log belongs to one; NULL: is not looked at */
    const char *const *source_names; /* by source number, for dead letters */
    /* A unit may be read from position on; CM_POSITION_FIRST or _LAST where it has none. */
    void (*started)(void *context, uint32_t unit, uint64_t position);
    /* A unit is not ours any more, as its state log shows: stop reading it; it has been dropped. */
    void (*superseded)(void *context, uint32_t unit);
    /* One line for the log. */
    void (*tell)(void *context, const char *text);
    /* Who looks on is shown every card that the journal has taken, borrowed (line NULL: nothing of the interaction is true any more, which
     * always has room). false: he has no room. Both NULL: nobody looks on. */
    bool (*show)(void *context, const struct cm_card *card);
    bool (*has_room)(void *context); /* enough that it is worth to begin again */
    void *context;
};

enum cm_status cm_live_new(const struct cm_live_settings *settings, struct cm_live **out) CM_MUST_CHECK;
void cm_live_free(struct cm_live *live);

/* The wall, epoch ms, never backwards; to be told before whatever depends on it. */
void cm_live_clock(struct cm_live *live, int64_t now_ms);

/* Interactions that begin from now on go by these rules (held); those that are there keep theirs. */
enum cm_status cm_live_use(struct cm_live *live, struct cm_rules *rules) CM_MUST_CHECK;
/* The rules by which new events are to be scanned; the live run's. */
struct cm_rules *cm_live_rules(const struct cm_live *live);

enum cm_status cm_live_assign(struct cm_live *live, uint32_t unit) CM_MUST_CHECK;
/* Units whose state is being read (or looked through again): entries are to be fetched from the journal. */
size_t cm_live_restoring(const struct cm_live *live);
/* Something that cm_journal_next gave. CM_EIO: this unit's state cannot be read or fenced now: lose it and assign it again. */
enum cm_status cm_live_entry(struct cm_live *live, const struct cm_entry *entry) CM_MUST_CHECK;

/* Is the unit ours and started? */
bool cm_live_runs(const struct cm_live *live, uint32_t unit);

/*
 * The next message of a unit that runs; a unit that does not is skipped. rules: by which it was scanned; record: its record's bytes.
 */
enum cm_status cm_live_apply(struct cm_live *live, const struct cm_message *message, const struct cm_parsed *parsed, struct cm_rules *rules,
                             struct cm_span record) CM_MUST_CHECK;
/* All that the source has of the unit was read (false: there is more, or nothing is known). */
void cm_live_at_end(struct cm_live *live, uint32_t unit, bool at_end);
/* The unit's source goes on at this offset; what was before is not there any more. */
void cm_live_gap(struct cm_live *live, uint32_t unit, uint64_t offset);

/* Close what is due; to be called now and then, also when nothing comes. */
enum cm_status cm_live_timers(struct cm_live *live) CM_MUST_CHECK;

/* Events applied since the last flush. */
uint64_t cm_live_unflushed(const struct cm_live *live);
/*
 * Write everything of all units. CM_EIO: not now; everything is still due, try again. CM_ESTOPPED: fenced:
 * lose all units.
 */
enum cm_status cm_live_flush(struct cm_live *live) CM_MUST_CHECK;

/* Scorecards that who looks on had no room for, once more to him alone, while he has and at most CM_SHOW_AGAIN_MAX: by whoever owns the
 * tick, behind a flush. */
enum cm_status cm_live_show_missed(struct cm_live *live) CM_MUST_CHECK;
/* Interactions of which he still lacks the newest; *forgone: of how many he never gets it. */
uint64_t cm_live_missed(const struct cm_live *live, uint64_t *forgone);

/* Drop a unit. What was not flushed is the next owner's to do again. */
void cm_live_drop(struct cm_live *live, uint32_t unit);

/* Close every open interaction of all units, as if its idle time were over: the end of a file. */
enum cm_status cm_live_close_all(struct cm_live *live) CM_MUST_CHECK;

/* Move cold states out of memory while more than the limit is held. */
enum cm_status cm_live_spill(struct cm_live *live) CM_MUST_CHECK;

struct cm_live_gauges {
    uint64_t units, running, open, closed, markers, dirty;
    uint64_t state_bytes; /* in memory */
    uint64_t spilled_bytes;
};

struct cm_counters *cm_live_counters(struct cm_live *live);
void cm_live_gauges(const struct cm_live *live, struct cm_live_gauges *out);
/* Position, end and clock of one unit, by index 0 … ; false: no such. */
struct cm_live_unit {
    uint32_t unit;
    bool running;
    uint64_t position, epoch, items;
    int64_t watermark; /* CM_TIME_NONE_MS: none yet */
};
bool cm_live_unit_at(const struct cm_live *live, size_t index, struct cm_live_unit *out);

#endif
