/*
 * phrase_sets: rule sets to measure the phrase engine with. Half of a set are
 * CARE phrases made from templates, half runs of words of the input itself,
 * drawn by a seeded generator. The gapped variant of either has one gap of none
 * to three words and optional words; CARE phrases have alternatives then, as
 * every gapped phrase of rules/customer-care has.
 */
#ifndef CM_BENCH_PHRASE_SETS_H
#define CM_BENCH_PHRASE_SETS_H

#include "base/arena.h"
#include "text/fold.h"

/* A folded turn of the input; tokens stand between single spaces, a sentence end is a newline. */
struct bench_turns {
    struct cm_span *items;
    size_t count, cap;
    size_t bytes; /* of all turns */
};

/* count distinct phrases in the phrase language, in arena; NULL when memory is out or the input is too small. */
const char **bench_phrase_set(const struct bench_turns *turns, size_t count, bool gapped, uint64_t seed, struct cm_arena *arena);

#endif
