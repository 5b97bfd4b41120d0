/*
 * builder: packs and conversations for the tests of score/, in memory, without
 * YAML, text or matcher. What a turn hit is simply said.
 *
 *   struct cm_builder *b = cm_builder_new();
 *   struct cm_behaviour *care = cm_build_behaviour(b, "respond.care", CM_BEHAVIOUR_OPPORTUNITY, 0);
 *   care->opportunity = cm_build_list(b, "customer.upset");
 *   care->met_by = cm_build_list(b, "sorry");
 *   cm_build_say(b, "C t=0 customer.upset\n"
 *                   "A:anna t=20 sorry@4-20\n");
 *   const struct cm_scorecard *card = cm_build_judge(b, true);
 *
 * Cues are made when they are first named: customer.* is the customer's, bot.*
 * a bot's, any.* everybody's, all others an agent's.
 *
 * A line is: C (customer), A (agent), L (lead), B (bot), S (system), or start,
 * end, transfer, feedback, edit, delete, lost (a line that was none); then
 *   A:anna            agent_id
 *   t=1.5 e=2         ts, end_ts in seconds; t=- none
 *   seq=4             else lines are numbered 1, 2, 3 …; seq=- none
 *   id= to= target= tseq= by= conf= open= chan= lang= queue= team= cust= rating= scale=
 *   file= at=         origin
 *   h=                what H is made of, instead of the line
 *   bc                nothing but backchannel words
 *   w=red,car         content words; name=ann the customer's name; n=12 how many words it has
 *   cue               hit at bytes 10k to 10k+5 for the k-th on its line
 *   cue@4-20          at these; cue@4-20/ann with that name, /MASK with a mask, /+500 or /-500 with that weight of phrases
 *   !cue              a fault
 * Errors of a test itself stop it.
 */
#ifndef CM_SUPPORT_BUILDER_H
#define CM_SUPPORT_BUILDER_H

#include "score/judge.h"

struct cm_builder;

struct cm_builder *cm_builder_new(void);
void cm_builder_free(struct cm_builder *b);

/* The pack; two dimensions "one" and "two" of weight 1, no gates, every channel. To be changed before the first judge. */
struct cm_ruleset *cm_build_pack(struct cm_builder *b);
/* The cue with this id, made if need be. */
uint32_t cm_build_cue_index(struct cm_builder *b, const char *id);
struct cm_cue *cm_build_cue(struct cm_builder *b, const char *id);
/* A list of cues by their ids, separated by blanks. */
struct cm_cue_list cm_build_list(struct cm_builder *b, const char *ids);
/* Weight 1, every channel, window 2, no promptness. */
struct cm_behaviour *cm_build_behaviour(struct cm_builder *b, const char *id, enum cm_behaviour_kind kind, uint8_t dimension);

/* Add the lines to the conversation. */
void cm_build_say(struct cm_builder *b, const char *lines);
void cm_build_forget(struct cm_builder *b); /* the conversation, not the pack */
/* The records so far: for tests that reorder them. */
struct cm_span cm_build_records(const struct cm_builder *b);

/* Valid until the next call. The second form takes the records in this order. */
const struct cm_scorecard *cm_build_judge(struct cm_builder *b, bool final);
const struct cm_scorecard *cm_build_judge_in(struct cm_builder *b, const struct cm_span *records, size_t count, bool final);
/* The last card as JSON (evidence references, all behaviours), NUL-terminated. */
const char *cm_build_json(struct cm_builder *b, const struct cm_scorecard *card);
/* The entry of a behaviour and agent (NULL: nobody's or nameless); NULL: there is none. */
const struct cm_behaviour_result *cm_build_result(const struct cm_scorecard *card, const char *behaviour, const char *agent);

/* The judge behind it, made by the first judging: for tests that look inside. */
struct cm_judge *cm_build_inner(struct cm_builder *b);

/* When a line is said, its words: called for each line before it becomes a record (for dumps); NULL: none. */
typedef void (*cm_build_watch)(void *context, const struct cm_event *event, struct cm_origin origin, const struct cm_findings *findings);
void cm_build_on_record(struct cm_builder *b, cm_build_watch watch, void *context);

#endif
