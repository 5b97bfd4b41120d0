/*
 * coverage: which phrases of a pack its hit examples reach. A phrase that no
 * example reaches is one that nobody has tried.
 */
#ifndef CM_CLI_COVERAGE_H
#define CM_CLI_COVERAGE_H

#include "base/buffer.h"
#include "match/phrases.h"
#include "ruleset/ruleset.h"

struct cm_coverage {
    const struct cm_ruleset *ruleset;
    struct cm_phrases *phrases; /* of all cues, by number */
    struct cm_phrase_scratch *scratch;
    uint32_t *first; /* a cue: the number of its first phrase; one more at the end */
    uint8_t *reached;
};

enum cm_status cm_coverage_init(struct cm_coverage *coverage, const struct cm_ruleset *ruleset) CM_MUST_CHECK;
void cm_coverage_free(struct cm_coverage *coverage);

/* An example of the cue, folded. */
enum cm_status cm_coverage_add(struct cm_coverage *coverage, uint32_t cue, const struct cm_folded *turn) CM_MUST_CHECK;

/* A line a cue with phrases that were not reached, and those; or `,"coverage":{…}`. */
void cm_coverage_text(const struct cm_coverage *coverage, struct cm_buffer *out);
void cm_coverage_json(const struct cm_coverage *coverage, struct cm_buffer *out);

#endif
