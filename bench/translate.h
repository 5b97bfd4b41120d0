/*
 * translate: phrases for the peer. match/oracle.h has the exact translation of
 * a phrase, for one turn at a time; this one is for Vectorscan over blocks of
 * turns. Every token stands between single spaces and every turn behind a mark
 * (bare_loop.h), so a phrase is literal bytes wherever it can be, nothing looks
 * around, and gaps are made of spaces and "no space": Vectorscan loses matches
 * with \s and \w in gaps, and none with these.
 *
 * In the peer's text a token has the mark of its class before it, unless it is a
 * token that some word or prefix of the pack could mean ("Will", a name): such a
 * token is a plain word, there and in the counts of our own engine beside it.
 */
#ifndef CM_BENCH_TRANSLATE_H
#define CM_BENCH_TRANSLATE_H

#include "base/buffer.h"
#include "ruleset/phrase.h"

/* The words and prefixes of all phrases added. One thread. */
struct bench_words {
    struct cm_span *words, *prefixes; /* borrowed from the phrases; words sorted once looked up */
    size_t word_count, word_cap, prefix_count, prefix_cap;
    bool sorted;
};

#define BENCH_WORDS_EMPTY ((struct bench_words){0})

enum cm_status bench_words_add(struct bench_words *words, const struct cm_phrase *phrase) CM_MUST_CHECK;
void bench_words_free(struct bench_words *words);

/* The mark that a token keeps in the peer's text: its class, or 0. */
unsigned bench_token_mark(struct bench_words *words, unsigned class, struct cm_span bytes);

/* Append the pattern of phrase. */
void bench_translate(const struct cm_phrase *phrase, struct cm_buffer *out);

/*
 * Append the phrase as a tree, for peers that know words instead of bytes. JSON: a word is a string; all else an
 * array that begins with its kind: ["seq", …], ["or", …], ["opt", one], ["gap", min, max], ["prefix", text, word …],
 * ["class", mark …], ["start"], ["end"].
 */
void bench_tree(const struct cm_phrase *phrase, struct cm_buffer *out);

#endif
