/* phrase_pairs: the commonest pairs of neighbouring words of an input, and which of them may follow each other. */
#ifndef CM_BENCH_PHRASE_PAIRS_H
#define CM_BENCH_PHRASE_PAIRS_H

#include "base/status.h"
#include "phrase_sets.h"

/* So many: the pairs of which everyday talk is made. The rarest of them still stands in about one turn in five hundred. */
#define BENCH_PAIRS_MAX 1000u

struct bench_pair {
    struct cm_span words[2]; /* borrowed from the turns */
    uint64_t times;
};

struct bench_pairs {
    struct bench_pair *items; /* by their first word, then by their second */
    size_t count;
};

/* CM_EINPUT: the turns have too few words. To be freed either way. */
enum cm_status bench_pairs_count(struct bench_pairs *pairs, const struct bench_turns *turns) CM_MUST_CHECK;
void bench_pairs_free(struct bench_pairs *pairs);

/* One of the pairs that begin with the word with which pair ends, by a number that was drawn; NULL: there is none. */
const struct bench_pair *bench_pairs_next(const struct bench_pairs *pairs, const struct bench_pair *pair, uint64_t drawn);

#endif
