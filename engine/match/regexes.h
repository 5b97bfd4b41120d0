/*
 * regexes: the regex cues of a pack. One pass over a turn's text finds which
 * literals and signs it holds; only regexes whose required ones are there, or
 * that require none, are run by PCRE2 (JIT, with limits).
 *
 * The image is immutable and shared: patterns are JIT-compiled before it is
 * published. Match data and JIT stack are a worker's scratch.
 */
#ifndef CM_MATCH_REGEXES_H
#define CM_MATCH_REGEXES_H

#include "match/profile.h"
#include "ruleset/ruleset.h"
#include "text/fold.h"

struct cm_regexes;
struct cm_regex_scratch;

/* One match; bytes of the text before repair. */
struct cm_regex_hit {
    uint32_t regex;
    uint32_t start, end;
};

/* Regexes that do not compile are told (regex-*), all of them, and give CM_ERULES. The rules may be freed afterwards. */
enum cm_status cm_regexes_new(const struct cm_rule_regex *const *rules, size_t count, struct cm_diagnostics *diagnostics,
                              struct cm_regexes **out) CM_MUST_CHECK;
void cm_regexes_free(struct cm_regexes *regexes);

/* How many regexes run on every text, since nothing required could be read off them: for reports. */
size_t cm_regexes_unfiltered(const struct cm_regexes *regexes);

enum cm_status cm_regex_scratch_new(const struct cm_regexes *regexes, struct cm_regex_scratch **out) CM_MUST_CHECK;
void cm_regex_scratch_free(struct cm_regex_scratch *scratch);

struct cm_regex_found {
    const struct cm_regex_hit *hits; /* by (regex, start) */
    size_t hit_count;
    const uint32_t *faults; /* regexes that reached a limit, ascending; their hits are incomplete */
    size_t fault_count;
};

/* Sets of regexes: a bit each, in so many words. */
#define CM_REGEX_WORDS(count) (((count) + 63) / 64)

/*
 * All matches of those regexes whose bits stand in wanted, CM_REGEX_WORDS of all:
 * leftmost as Perl finds them, not overlapping, empty ones left out. Valid until
 * the scratch is used again.
 */
enum cm_status cm_regexes_find(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                               const uint64_t *wanted, struct cm_regex_found *out) CM_MUST_CHECK;
/* The same by the clock: to profile->regexes, by number. A run is all of PCRE2's calls on a turn. */
enum cm_status cm_regexes_find_timed(const struct cm_regexes *regexes, struct cm_regex_scratch *scratch, const struct cm_folded *turn,
                                     const uint64_t *wanted, struct cm_profile *profile, struct cm_regex_found *out) CM_MUST_CHECK;

#endif
