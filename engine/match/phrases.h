/*
 * phrases: the word automaton. Any number of phrases, one pass over the tokens
 * of a turn, cost that hardly grows with their number.
 *
 * Exact: the hits of every phrase are those of its PCRE2 translation run alone
 * over the folded text (match/oracle.h): leftmost, then longest, not
 * overlapping, equal byte spans once. ARCHITECTURE.md tells how.
 *
 * The automaton is immutable and shared; a phrase scratch belongs to one thread.
 */
#ifndef CM_MATCH_PHRASES_H
#define CM_MATCH_PHRASES_H

#include "match/profile.h"
#include "ruleset/phrase.h"

struct cm_phrases;
struct cm_phrase_scratch;

/* A hit in token indices, end exclusive. id is the number given at add. */
struct cm_phrase_hit {
    uint32_t id;
    uint32_t first, end;
};

/* Build from count phrases; ids[i] is what hits of phrases[i] carry (several phrases may share one). Phrases may be freed afterwards. */
enum cm_status cm_phrases_new(const struct cm_phrase *const *phrases, const uint32_t *ids, size_t count,
                              struct cm_phrases **out) CM_MUST_CHECK;
void cm_phrases_free(struct cm_phrases *phrases);

enum cm_status cm_phrase_scratch_new(const struct cm_phrases *phrases, struct cm_phrase_scratch **out) CM_MUST_CHECK;
void cm_phrase_scratch_free(struct cm_phrase_scratch *scratch);

/* All hits of the turn, by (id, first, end); valid until the scratch is used again. */
enum cm_status cm_phrases_find(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                               const struct cm_phrase_hit **hits, uint32_t *count) CM_MUST_CHECK;

/* The same by the clock: what each phrase costs goes to profile->phrases, by id, and what all share to its stages. */
enum cm_status cm_phrases_find_timed(const struct cm_phrases *phrases, struct cm_phrase_scratch *scratch, const struct cm_folded *turn,
                                     struct cm_profile *profile, const struct cm_phrase_hit **hits, uint32_t *count) CM_MUST_CHECK;

#endif
