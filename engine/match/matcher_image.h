/*
 * matcher_image: what a pack is compiled to; shared by those who make it
 * (matcher.c) and scan by it (scan.c), and by nobody else. Immutable once made.
 *
 * Speakers that the same cues are for share a group: one automaton, one list of
 * regexes. Where nobody knows who speaks, which is so of edits alone, all automata
 * are run: one of their own would double what a pack costs to load. Phrases and
 * regexes are numbered through the whole pack, in the order of its cues, so hits
 * that come sorted by number come sorted by cue.
 */
#ifndef CM_MATCH_MATCHER_IMAGE_H
#define CM_MATCH_MATCHER_IMAGE_H

#include "match/attributes.h"
#include "match/phrases.h"
#include "match/regexes.h"
#include "match/scan.h"

/* The group of CM_SPEAKER_NONE. */
#define CM_GROUP_EVERYBODY 0u

struct cm_group {
    struct cm_phrases *phrases; /* NULL: of CM_GROUP_EVERYBODY */
    uint64_t *regexes;          /* a bit each */
    uint32_t *counted;          /* numbers of those whose cue asks for a number of words */
    size_t counted_count;
};

struct cm_matcher {
    const struct cm_ruleset *ruleset;
    struct cm_regexes *regexes;
    struct cm_soft_conditionals soft;
    struct cm_group groups[CM_SPEAKER_COUNT];
    size_t group_count;
    bool adopted; /* the phrases are somebody else's */
    uint8_t group_of[CM_SPEAKER_COUNT];
    uint32_t *phrase_cue, *phrase_first; /* by phrase: its cue; by cue: its first phrase */
    uint8_t *cue_group;                  /* by cue: the first group that has it, but for CM_GROUP_EVERYBODY */
    uint32_t *regex_cue;
    size_t phrase_count, regex_count;
    struct cm_arena arena;
};

#endif
