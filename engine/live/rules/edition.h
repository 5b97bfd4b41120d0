/*
 * edition: the set of packs by which an interaction was scanned, whether or not
 * this process still has it.
 *
 * Named by a hash, which is stored with every state. Where the packs are loaded, they
 * are held here; where they are not, the names of their cues (stored once a
 * partition) still say what hits mean, and records are renumbered for the current packs.
 * Counted twice: by who uses its rules (interactions, the run), and by the logs in which its names stand. Rules go with the last user.
 * One thread, but for the rules in it.
 */
#ifndef CM_LIVE_EDITION_H
#define CM_LIVE_EDITION_H

#include "base/buffer.h"
#include "live/rules/rules.h"

struct cm_edition {
    struct cm_hash128 hash;
    struct cm_rules *rules; /* held; NULL: not loaded */
    struct cm_buffer names; /* what cm_rules_names writes; empty: not known */
    uint64_t users;
    uint64_t logs;           /* units whose state log has its names */
    struct cm_edition *next; /* of the run's list */
};

/* All editions of a run. */
struct cm_editions {
    struct cm_edition *first;
};

/* The edition of this hash, made if need be, used once more; NULL: no memory. */
struct cm_edition *cm_edition_of(struct cm_editions *editions, struct cm_hash128 hash);
/* The edition of loaded rules, which it holds from now on. */
struct cm_edition *cm_edition_of_rules(struct cm_editions *editions, struct cm_rules *rules);
struct cm_edition *cm_edition_hold(struct cm_edition *edition);
/* NULL is nothing. The last user's release lets go of the rules; the names stay until sweep. */
void cm_edition_release(struct cm_edition *edition);
/* Free what nobody uses, and no log names. */
void cm_editions_sweep(struct cm_editions *editions);
void cm_editions_free(struct cm_editions *editions);

/* Names that were read back from a state log; kept where none are known. CM_ENOMEM. */
enum cm_status cm_edition_name(struct cm_edition *edition, struct cm_span names) CM_MUST_CHECK;

#endif
