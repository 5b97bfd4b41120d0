/*
 * judge: an ordered interaction and a pack to a scorecard. Pure: no clock, no
 * environment, no memory of other interactions; equal input gives equal bytes.
 *
 * A judge is one thread's scratch for one ruleset.
 */
#ifndef CM_SCORE_JUDGE_H
#define CM_SCORE_JUDGE_H

#include "match/profile.h"
#include "score/interaction.h"
#include "score/scorecard.h"

struct cm_judge;

enum cm_status cm_judge_new(const struct cm_ruleset *ruleset, struct cm_judge **out) CM_MUST_CHECK;
void cm_judge_free(struct cm_judge *judge);

/*
 * From now on quotes are looked through once more with redaction, for the
 * customer's name may have been told by another event than the quoted one; a
 * quote that cannot be looked through is withheld. redaction is borrowed until
 * the judge is freed. Without this call, quotes stand as the records have them.
 */
void cm_judge_redact(struct cm_judge *judge, struct cm_redaction *redaction);

/* From now on what judging costs is put into profile, of the same ruleset, on some interactions. Borrowed until the judge is freed. */
void cm_judge_profile(struct cm_judge *judge, struct cm_profile *profile);

/*
 * Judge the sealed interaction by the hits of pack number pack (its index in
 * cm_findings.packs). final: no run is still to come (archives, closed
 * interactions); else outcomes may be pending. *card is the judge's, valid until
 * its next use, and borrows from the interaction. A pack that is not for the
 * interaction's channel or language gives a card all the same: without CARE, and
 * null_reason says why. CM_EINPUT: the records were not made with this ruleset.
 * CM_EUSAGE: not sealed. CM_ENOMEM.
 */
enum cm_status cm_judge_run(struct cm_judge *judge, const struct cm_interaction *interaction, uint32_t pack, bool final,
                            const struct cm_scorecard **card) CM_MUST_CHECK;

/* A cue that fired in a turn, with the words it points at (bytes of the turn's text), or that could not be decided there. */
struct cm_fired {
    uint32_t cue, turn;
    uint32_t start, end;
    bool fault; /* undecided: start and end mean nothing */
};

/*
 * Every firing of the last run, combinations and echoes included, whether or not a behaviour asks for the cue; a cue may fire more than
 * once in a turn. Those of one cue come in order of turns, else in no order.
 */
size_t cm_judge_fired_count(const struct cm_judge *judge);
struct cm_fired cm_judge_fired(const struct cm_judge *judge, size_t index);
/* Its words, redacted, as evidence would show them; ptr NULL: none were kept, or they are withheld. Valid until the judge's next run. */
enum cm_status cm_judge_quote(struct cm_judge *judge, size_t index, struct cm_span *out) CM_MUST_CHECK;

#endif
