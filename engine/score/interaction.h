/*
 * interaction: the set of an interaction's records, put in order.
 *
 * begin, add every record in any order, seal: duplicates dropped, conflicts
 * settled, edits and deletes applied, turns ordered, flags raised (rules/REFERENCE.md
 * §8). The result is a function of the set of records alone. One thread's
 * scratch, reused from interaction to interaction; it borrows the records until
 * the next begin.
 */
#ifndef CM_SCORE_INTERACTION_H
#define CM_SCORE_INTERACTION_H

#include "score/record.h"

/* Turns of one interaction beyond this are left out and flagged too_many_turns: no conversation with people is longer. */
#define CM_TURNS_MAX 10000u

struct cm_interaction;

enum cm_status cm_interaction_new(struct cm_interaction **out) CM_MUST_CHECK;
void cm_interaction_free(struct cm_interaction *interaction);

void cm_interaction_begin(struct cm_interaction *interaction);
/* record must be whole (cm_record_next). CM_ENOMEM or CM_EINPUT (a damaged record). */
enum cm_status cm_interaction_add(struct cm_interaction *interaction, struct cm_span record) CM_MUST_CHECK;
/* Flags (1 << enum cm_flag) that the records alone do not tell, for the next seal. Until the next begin. */
void cm_interaction_flag(struct cm_interaction *interaction, uint32_t flags);
enum cm_status cm_interaction_seal(struct cm_interaction *interaction) CM_MUST_CHECK;

/* Of a sealed interaction, for whoever has the texts (show): how many turns it has. */
size_t cm_interaction_turns(const struct cm_interaction *interaction);
/* Where turn's message came from, and the words that stand in it after edits; false: they were deleted. turn < cm_interaction_turns. */
bool cm_interaction_turn(const struct cm_interaction *interaction, uint32_t turn, struct cm_origin *message, struct cm_origin *words);
/* Who said turn, and its seq; false: it has none. turn < cm_interaction_turns. */
bool cm_interaction_seq(const struct cm_interaction *interaction, uint32_t turn, enum cm_speaker *speaker, uint64_t *seq);

/* The customer's names as the whole interaction tells them, for redaction of its texts; empty where no quotes are kept. */
struct cm_span cm_interaction_names(const struct cm_interaction *interaction);

#endif
