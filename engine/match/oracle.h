/*
 * oracle: the slow truth about phrases. Each phrase has one PCRE2 translation
 * over the folded text, run alone with pcre2_dfa_match, longest result. `grep
 * --engine pcre2` uses it, `rules explain` prints it, the tests hold the
 * automaton equal to it for ever. Not for hot paths.
 */
#ifndef CM_MATCH_ORACLE_H
#define CM_MATCH_ORACLE_H

#include "base/buffer.h"
#include "match/phrases.h"

struct cm_oracle;

/* Append the PCRE2 pattern that matches exactly what phrase matches in folded text. */
void cm_oracle_translate(const struct cm_phrase *phrase, struct cm_buffer *out);

enum cm_status cm_oracle_new(const struct cm_phrase *phrase, struct cm_oracle **out) CM_MUST_CHECK;
void cm_oracle_free(struct cm_oracle *oracle);

/*
 * Append this phrase's hits in turn to *hits (malloc'd, grown with cm_grow, the
 * caller frees), id as given. CM_ELIMIT: the engine gave up, which is a fault and no miss.
 */
enum cm_status cm_oracle_find(const struct cm_oracle *oracle, const struct cm_folded *turn, uint32_t id, struct cm_phrase_hit **hits,
                              size_t *count, size_t *cap) CM_MUST_CHECK;

#endif
