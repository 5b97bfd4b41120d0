/*
 * rules: one set of packs of a live run, loaded and proven by its own examples.
 *
 * Immutable, shared by all threads without locks, counted: whoever keeps a
 * pointer holds the set, and the last to release it frees it. So a set outlives
 * its reload for as long as an interaction, or a worker's scratch, goes by it.
 *
 * A state log names sets by their hash ("r"). What a process that has not loaded
 * a set must know of it, to read hits that are stored as numbers, are the ids of
 * its cues: names writes them, a map turns the numbers into those of another set.
 */
#ifndef CM_LIVE_RULES_H
#define CM_LIVE_RULES_H

#include "run/pack.h"
#include "score/remap.h"

struct cm_rules;

/*
 * names, count: as cm_packs_load. Faults, and examples that fail, go to diagnostics, all of them: CM_ERULES, CM_EIO, CM_EUSAGE or
 * CM_ENOMEM. Held once for the caller.
 */
enum cm_status cm_rules_load(const char *const *names, size_t count, struct cm_diagnostics *diagnostics,
                             struct cm_rules **out) CM_MUST_CHECK;

/* Any thread; whoever holds must have it from one who does. Release of NULL is nothing. */
struct cm_rules *cm_rules_hold(struct cm_rules *rules);
void cm_rules_release(struct cm_rules *rules);

/* Valid while the set is held. */
const struct cm_packs *cm_rules_packs(const struct cm_rules *rules);
/* Of what decides a scorecard's bytes: the packs in their order (name, version, contents), and what quotes hide. Same on every machine. */
struct cm_hash128 cm_rules_hash(const struct cm_rules *rules);
/* From 1, of no other set of this process. */
uint32_t cm_rules_number(const struct cm_rules *rules);

/*
 * Append, as lines of text:
 *
 *   caremeter-cues 1
 *   pack NAME VERSION HASH COUNT     a pack, in order; HASH in 32 hex digits; VERSION may hold blanks
 *   ID                               COUNT of them, the cues in pack order
 */
void cm_rules_names(const struct cm_rules *rules, struct cm_buffer *out);

/* Numbers of an old set to those of a new one. Owned. */
struct cm_cue_map {
    uint32_t packs[CM_PACKS_MAX]; /* a new pack: the old one of its name, or CM_REMAP_NONE */
    uint32_t pack_count;
    uint32_t *cues[CM_PACKS_MAX]; /* an old pack: of each of its cues the new number, or CM_REMAP_NONE */
    uint32_t cue_counts[CM_PACKS_MAX];
    uint32_t old_pack_count;
};

/* names: what cm_rules_names once wrote; may come from anywhere. CM_EINPUT: it is no such text. CM_ENOMEM. *out is empty then. */
enum cm_status cm_cue_map_new(struct cm_span names, const struct cm_rules *to, struct cm_cue_map *out) CM_MUST_CHECK;
void cm_cue_map_free(struct cm_cue_map *map);

/* For score/remap.h; borrowed from the map. */
struct cm_remap cm_cue_map_remap(const struct cm_cue_map *map);

#endif
