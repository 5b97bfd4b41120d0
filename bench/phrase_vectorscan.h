/* phrase_vectorscan: the peer. Patterns over blocks of 64 KiB in which a turn is a line and tokens stand between spaces. */
#ifndef CM_BENCH_PHRASE_VECTORSCAN_H
#define CM_BENCH_PHRASE_VECTORSCAN_H

#include "phrase_sets.h"
#include "ruleset/phrase.h"

struct bench_peer;

/* NULL, and told on stderr, where the library is missing or a pattern fails. */
struct bench_peer *bench_peer_new(const struct cm_phrase *const *phrases, size_t count, const struct bench_turns *turns);
void bench_peer_free(struct bench_peer *peer);

/* Scan everything once; distinct (turn, phrase) pairs, by phrase into counts. */
uint64_t bench_peer_scan(struct bench_peer *peer, uint32_t *counts);

#endif
