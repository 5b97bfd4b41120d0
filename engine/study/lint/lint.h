/*
 * lint: what is no error in a pack and yet of no use, or worse than its writer
 * thinks. All of it are warnings with a stable id (rules/REFERENCE.md); only
 * `rules check` asks for them, for they take longer than loading does.
 *
 * What ruleset/ can tell while it loads is told there. This is for what needs
 * the automata. Cues of a pack that is extended are somebody else's and not told.
 */
#ifndef CM_STUDY_LINT_H
#define CM_STUDY_LINT_H

#include "run/pack.h"

/*
 * strict: advice, too: example-missing, phrase-edge-optional, regex-no-literal.
 * CM_ENOMEM and what loading a regex gives. Diagnostics have no source lines
 * but those that loading the pack left in the same list.
 */
enum cm_status cm_lint(const struct cm_packs *packs, size_t pack, bool strict, struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

/* lint_regex.c: the expressions of one cue. */
enum cm_status cm_lint_regexes(const struct cm_packs *packs, const struct cm_cue *cue, bool strict,
                               struct cm_diagnostics *diagnostics) CM_MUST_CHECK;

#endif
