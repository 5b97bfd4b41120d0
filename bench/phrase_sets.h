/*
 * phrase_sets: rule sets to measure the phrase engine with, drawn by a seeded
 * generator. Half of a set are CARE phrases made from templates, half runs of
 * words of the input itself. The gapped variant of either has one gap of none
 * to three words and optional words; CARE phrases have alternatives then, as
 * every gapped phrase of rules/customer-care has. With prefixes, half of the
 * words that are long enough are cut to word*. The fourth kind is all chains of
 * the input's commonest word pairs: the worst there is for an engine that
 * anchors a phrase on its rarest pair.
 */
#ifndef CM_BENCH_PHRASE_SETS_H
#define CM_BENCH_PHRASE_SETS_H

#include "base/arena.h"
#include "text/fold.h"

#define BENCH_PHRASE_KINDS(X)                                                                                                              \
    X(PLAIN, "plain")                                                                                                                      \
    X(GAPPED, "gapped")                                                                                                                    \
    X(PREFIXES, "prefixes")                                                                                                                \
    X(COMMON, "common")
#define X(name, text) BENCH_PHRASES_##name,
enum bench_phrase_kind { BENCH_PHRASE_KINDS(X) BENCH_PHRASE_KIND_COUNT };
#undef X

/* A folded turn of the input; tokens stand between single spaces, a sentence end is a newline. */
struct bench_turns {
    struct cm_span *items;
    size_t count, cap;
    size_t bytes; /* of all turns */
};

/* count distinct phrases in the phrase language, in arena; NULL when memory is out or the input is too small. */
const char **bench_phrase_set(const struct bench_turns *turns, size_t count, enum bench_phrase_kind kind, uint64_t seed,
                              struct cm_arena *arena);

#endif
