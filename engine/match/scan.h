/*
 * scan: one turn against one pack. Where live and archive meet.
 *
 * The matcher is the immutable image built from a ruleset: one word automaton a
 * speaker, the regexes with their prefilter. A scanner is one thread's scratch,
 * made ahead of time; a scan allocates nothing once the scratch has grown.
 *
 * A scan reports what the text alone can tell: phrase, regex and weighted cues,
 * attributes applied (to phrases; of regexes only what is quoted falls), hits of
 * one cue merged, min_count applied. What needs other turns (composites, echo,
 * position, replies, channel and language gates) is the judge's, and so is the
 * customer's name: hits of a `name: customer` cue come unmerged and uncounted,
 * once for each name in them, for the judge to confirm, then merge, then count.
 * So do those of a cue that sums up other cues: with the weight of its phrases, for
 * the judge to add the rest.
 */
#ifndef CM_MATCH_SCAN_H
#define CM_MATCH_SCAN_H

#include "match/profile.h"
#include "ruleset/ruleset.h"
#include "text/fold.h"

/* PCRE2 limits of one regex on one turn: keeps the worst rule under about 0.25 ms. */
#define CM_REGEX_MATCH_LIMIT 10000u
#define CM_REGEX_DEPTH_LIMIT 1000u
#define CM_REGEX_HEAP_LIMIT_KIB 256u

struct cm_matcher;
struct cm_scanner;

/*
 * Build the image, in threads of its own that have ended when it returns. Regexes that do not compile are told to diagnostics
 * (regex-*) and give CM_ERULES. The ruleset must outlive the matcher.
 */
enum cm_status cm_matcher_new(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, struct cm_diagnostics *diagnostics,
                              struct cm_matcher **out) CM_MUST_CHECK;
void cm_matcher_free(struct cm_matcher *matcher);
const struct cm_ruleset *cm_matcher_ruleset(const struct cm_matcher *matcher);

enum cm_status cm_scanner_new(const struct cm_matcher *matcher, struct cm_scanner **out) CM_MUST_CHECK;
void cm_scanner_free(struct cm_scanner *scanner);

/*
 * From now on what rules cost is put into profile, of the same ruleset, on those turns of which cm_profile_turn says that they are to be
 * timed. Borrowed until the scanner is freed; NULL: no longer. One thread.
 */
void cm_scanner_profile(struct cm_scanner *scanner, struct cm_profile *profile);

/* name of a hit whose cue has no `name: customer`, and of one whose %name is a person mask. */
#define CM_NAME_NONE 0u
#define CM_NAME_MASK UINT32_MAX

/* Of a cue that sums up weights of other cues: so many hits are kept as evidence, however many phrases there were. */
#define CM_SUMMED_HITS_MAX 3u
/* The sum of its phrases, as it is kept, in thousandths: what is beyond does not matter to any threshold (schema: at most 1,000,000). */
#define CM_WEIGHT_SUM_MAX ((int64_t)2000000000)

/* A hit of a cue in a turn: merged, unless it has a name. */
struct cm_hit {
    uint32_t cue;
    uint32_t start, end; /* bytes of the turn's text before repair */
    /*
     * CM_NAME_NONE, CM_NAME_MASK, or cm_word_hash32 of one of its %name tokens, to be confirmed. Of a SUMMED cue: what its phrases weigh
     * together (int32_t, thousandths), the same in all its hits of the turn.
     */
    uint32_t name;
};

struct cm_scanned {
    const struct cm_hit *hits; /* by (start, end, cue) */
    uint32_t hit_count;
    const uint32_t *faults; /* cues that could not be decided on this turn (a regex limit), ascending */
    uint32_t fault_count;
};

/*
 * Scan one folded turn for the cues of speaker; CM_SPEAKER_NONE: of all
 * speakers (an edit whose target is not known yet). The result is the scanner's,
 * valid until its next scan.
 */
enum cm_status cm_scan(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker,
                       struct cm_scanned *out) CM_MUST_CHECK;

/* The same for whoever has no judge, as a search: every name is taken for the customer's, so that these hits too are merged and counted. */
enum cm_status cm_scan_alone(struct cm_scanner *scanner, const struct cm_folded *turn, enum cm_speaker speaker,
                             struct cm_scanned *out) CM_MUST_CHECK;

/*
 * The words by which an echo is recognised: distinct cm_word_hash32 of the
 * unquoted tokens outside the stop list, ascending. *all_backchannel: every word
 * token is a backchannel (a turn without words is not). out has room for
 * turn->count; returns how many were written. Pack-independent.
 */
uint32_t cm_content_words(const struct cm_folded *turn, uint32_t *out, bool *all_backchannel);

#endif
