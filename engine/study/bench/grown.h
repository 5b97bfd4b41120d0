/*
 * grown: a pack with fewer or more rules than it has, to see how matching would
 * bear it. Fewer: a part of its phrases and expressions, drawn from a constant
 * seed; a smaller part is within a larger one. More: all of them, and variations
 * of its phrases, in the cues of their originals.
 *
 * A variation has the form of its original (gaps, brackets, classes) and other
 * words: each word outside of brackets is replaced by one of the archive's at
 * even odds, at least one is, and of several one stays. Words are drawn as often
 * as the archive says them, but for phrases of a single word, which take any of
 * its words alike: else half of them would be "the". Expressions are not varied.
 *
 * For scanning alone: nobody judges by it. Immutable; it borrows from the pack.
 */
#ifndef CM_STUDY_GROWN_H
#define CM_STUDY_GROWN_H

#include "io/source.h"
#include "match/scan.h"

/* A pack's own size, in the unit of sizes. */
#define CM_GROWN_WHOLE 8u
/* More phrases than any pack has, and than the symbols of one matcher are made for. */
#define CM_GROWN_PHRASES_MAX ((size_t)100000)

/* Words of an archive, from its beginning. */
struct cm_grown_words {
    struct cm_span *said;     /* in the order in which they were said */
    struct cm_span *distinct; /* each once, bytewise */
    size_t said_count, distinct_count, said_cap;
    struct cm_arena arena;
};

/* source is read until there are enough. To be freed in every case. */
enum cm_status cm_grown_words_read(struct cm_grown_words *words, const struct cm_lexicon *lexicon, struct cm_source *source) CM_MUST_CHECK;
void cm_grown_words_free(struct cm_grown_words *words);

struct cm_grown;

/*
 * eighths: CM_GROWN_WHOLE / 8 up to any multiple of CM_GROWN_WHOLE. CM_ELIMIT: more than CM_GROWN_PHRASES_MAX phrases. words are only
 * asked where there are variations; without any they are copies.
 */
enum cm_status cm_grown_new(const struct cm_ruleset *ruleset, const struct cm_lexicon *lexicon, const struct cm_grown_words *words,
                            unsigned eighths, struct cm_grown **out) CM_MUST_CHECK;
void cm_grown_free(struct cm_grown *grown);

const struct cm_matcher *cm_grown_matcher(const struct cm_grown *grown);
size_t cm_grown_phrases(const struct cm_grown *grown);
size_t cm_grown_expressions(const struct cm_grown *grown);

#endif
