/*
 * regex_sets: expressions as analysts write them, drawn by a seed: two words with what may stand between them, amounts and codes beside a
 * word, a word that begins a sentence. The words are those of the input, of four letters and more, so that some are found often and most
 * seldom.
 */
#ifndef CM_BENCH_REGEX_SETS_H
#define CM_BENCH_REGEX_SETS_H

#include "base/arena.h"
#include "base/span.h"

/* count distinct patterns, in arena; NULL: the input is too small, or memory is out. */
const char **bench_regex_set(const struct cm_span *texts, size_t text_count, size_t count, uint64_t seed, struct cm_arena *arena);

#endif
