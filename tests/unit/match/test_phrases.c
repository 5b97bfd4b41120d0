#include <criterion/criterion.h>

#include "match/phrases.h"
#include "tiny.h"

static struct tiny tiny;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    tiny_close(&tiny);
}

TestSuite(phrases, .init = init, .fini = fini);

#define PHRASES_MAX 8

/* Hits of all phrases (ended by NULL; their ids are 10, 20 …) as "id:first-end", tokens, one space apart. */
static const char *hits_of(const char *text, const char *const *sources)
{
    static char out[1000];
    const struct cm_phrase *phrases[PHRASES_MAX];
    uint32_t ids[PHRASES_MAX], count = 0, hit_count;
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    for (; sources[count]; count++) {
        phrases[count] = tiny_phrase(&tiny, sources[count]);
        cr_assert_not_null(phrases[count], "%s", sources[count]);
        ids[count] = 10 * (count + 1);
    }
    struct cm_folded turn = tiny_fold(&tiny, text);
    cr_assert_eq(cm_phrases_new(phrases, ids, count, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    for (int again = 0; again < 2; again++) { /* a scratch is reused, and forgets */
        cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &hit_count), CM_OK);
        out[0] = '\0';
        for (uint32_t i = 0; i < hit_count; i++)
            snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%u:%u-%u", i ? " " : "", hits[i].id, hits[i].first, hits[i].end);
    }
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
    return out;
}

#define EXPECT(text, expected, ...)                                                                                                        \
    do {                                                                                                                                   \
        const char *const sources_[] = {__VA_ARGS__, NULL};                                                                                \
        const char *got_ = hits_of(text, sources_);                                                                                        \
        cr_assert_str_eq(got_, expected, "\"%s\": %s, not %s", text, got_, expected);                                                      \
    } while (0)

Test(phrases, plain_runs)
{
    EXPECT("well thank you so much", "10:1-3 20:4-5", "thank you", "much");
    EXPECT("thank", "", "thank you");
    EXPECT("", "", "thank you");
    EXPECT("thank you thank you", "10:0-2 10:2-4", "thank you");
    EXPECT("THANK, you!", "10:0-2", "thank you"); /* a comma ends a clause, no sentence */
}

Test(phrases, sentences_are_not_crossed)
{
    EXPECT("thank. you", "", "thank you");
    EXPECT("a b. c d", "10:0-2 20:2-4", "a b", "c d", "b c", "a <0-3> d");
}

Test(phrases, leftmost_then_longest_not_overlapping)
{
    EXPECT("a b a b a", "10:0-3", "a b a");
    EXPECT("a b b", "10:0-3", "a b? b?");
    EXPECT("x a x b x a b", "10:1-4 10:5-7", "a <0-2> b");
    EXPECT("a a b", "10:0-3", "a <0-1> b");
    EXPECT("a a a", "10:0-2 10:2-3", "(a|a a)");
}

Test(phrases, optional_first_and_last_words)
{
    EXPECT("so sorry", "10:0-2", "so? sorry");
    EXPECT("sorry", "10:0-1", "so? sorry");
    EXPECT("sorry so so", "10:0-2", "sorry so?");
}

/* They have one tag, and one slot in the smallest table (test_symbols.c). */
Test(phrases, words_of_one_hash_are_told_apart)
{
    EXPECT("lakaton", "10:0-1", "lakaton");
    EXPECT("kuleruv", "", "lakaton");
    EXPECT("kuleruv x lakaton b", "10:2-4", "lakaton <0-3> b");
    EXPECT("lakaton kuleruv b kuleruv b", "10:0-3", "lakaton <0-1> b");
    EXPECT("a kuleruv b", "10:0-3", "a <1-2> b", "lakaton b");
    EXPECT("kuleruv lakaton", "10:1-2 20:0-1", "lakaton", "kuleruv");
    EXPECT("kuleruv b lakaton b", "10:2-4 20:0-2", "lakaton b", "kuleruv b");
    EXPECT("a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
           "a kuleruv b lakaton b",
           "10:65-67", "lakaton b");
}

Test(phrases, gaps_are_counted)
{
    EXPECT("a b", "", "a <1-2> b");
    EXPECT("a x b", "10:0-3", "a <1-2> b");
    EXPECT("a x x b", "10:0-4", "a <1-2> b");
    EXPECT("a x x x b", "", "a <1-2> b");
    EXPECT("a b x x x x x x x x x x b", "10:0-13", "a <0-10> x <0-10> b");
}

Test(phrases, start_and_end)
{
    EXPECT("a a", "10:0-1", "^ a");
    EXPECT("a a", "10:1-2", "a $");
    EXPECT("a", "10:0-1", "^ a $");
    EXPECT("b. a", "", "^ a"); /* a sentence's start is not the turn's */
    EXPECT("a. b", "", "a $");
    EXPECT("a b a", "10:0-3", "^ a <0-1> a $");
    EXPECT("x a b", "", "^ a b");
    EXPECT("a b b", "10:0-3", "a b b? $");
}

Test(phrases, prefixes)
{
    EXPECT("apologies apologize apologetic", "10:0-1 10:1-2 10:2-3", "apolog*");
    EXPECT("we apologise", "10:1-2", "apologis*"); /* by what the lexicon folds */
    EXPECT("apollo", "", "apolog*");
    EXPECT("apology", "10:0-1 20:0-1 30:0-1", "apolog*", "apology", "a*");
}

Test(phrases, classes)
{
    EXPECT("in 20 minutes", "10:0-3 20:1-2", "in %number minutes", "%number");
    EXPECT("see www.example.com now", "10:1-2", "%url");
    EXPECT("thanks Bob, bye [name]", "10:1-2 10:3-4", "%name");
    EXPECT("it is 20 dollars", "10:2-4", "%money");
    EXPECT("Bob said it, ask Will", "10:4-5 20:4-5", "will", "%name"); /* a word whatever its class */
}

Test(phrases, one_token_that_became_several_counts_once)
{
    EXPECT("can't", "10:0-1 20:1-2 30:0-2", "can", "not", "can not");
    EXPECT("can't", "10:0-1", "(can|not)"); /* both are the same bytes */
    EXPECT("i can not", "10:1-2 10:2-3", "(can|not)");
}

Test(phrases, alternatives)
{
    EXPECT("i am sorry to hear that", "10:0-6", "i am so? sorry (to hear|about|for) <0-3> (that|this|your)");
    EXPECT("i'm so sorry about all of this", "10:0-8", "i am so? sorry (to hear|about|for) <0-3> (that|this|your)");
    EXPECT("i am sorry for myself", "", "i am so? sorry (to hear|about|for) <0-3> (that|this|your)");
}

Test(phrases, hits_come_by_id)
{
    const struct cm_phrase *phrases[] = {tiny_phrase(&tiny, "b"), tiny_phrase(&tiny, "a"), tiny_phrase(&tiny, "c")};
    const uint32_t ids[] = {7, 3, 5};
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    struct cm_folded turn = tiny_fold(&tiny, "a b c a");
    cr_assert_eq(cm_phrases_new(phrases, ids, 3, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &count), CM_OK);
    cr_assert_eq(count, 4);
    cr_assert(hits[0].id == 3 && hits[1].id == 3 && hits[1].first == 3 && hits[2].id == 5 && hits[3].id == 7);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
}

/* A false match on the bytes of a true one of its id is dropped, and hides what is behind it: the words of the hit alone would not tell. */
Test(phrases, a_hit_that_is_dropped_was_of_true_words)
{
    const struct cm_phrase *phrases[] = {tiny_phrase(&tiny, "will x"), tiny_phrase(&tiny, "(lakaton will x|x y)")};
    const uint32_t ids[] = {1, 1};
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    struct cm_folded turn = tiny_fold(&tiny, "kuleruv'll x y");
    cr_assert_eq(turn.count, 4, "kuleruv will x y");
    cr_assert_eq(cm_phrases_new(phrases, ids, 2, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &count), CM_OK);
    cr_assert_eq(count, 2);
    cr_assert(hits[0].first == 1 && hits[0].end == 3 && hits[1].first == 2 && hits[1].end == 4);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
}

Test(phrases, phrases_may_share_an_id)
{
    const struct cm_phrase *phrases[] = {tiny_phrase(&tiny, "b c"), tiny_phrase(&tiny, "a"), tiny_phrase(&tiny, "b <0-1> c"),
                                         tiny_phrase(&tiny, "c")};
    const uint32_t ids[] = {1, 1, 1, 1};
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    uint32_t count;
    struct cm_folded turn = tiny_fold(&tiny, "a b c");
    cr_assert_eq(cm_phrases_new(phrases, ids, 4, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &count), CM_OK);
    cr_assert_eq(count, 3, "equal spans count once");
    cr_assert(hits[0].first == 0 && hits[1].first == 1 && hits[2].first == 2);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
}

Test(phrases, none_at_all)
{
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    uint32_t count = 1;
    struct cm_folded turn = tiny_fold(&tiny, "a b c");
    cr_assert_eq(cm_phrases_new(NULL, NULL, 0, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &count), CM_OK);
    cr_assert_eq(count, 0);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
}

/* A long turn in which everything repeats: many candidates, all overlapping. */
Test(phrases, a_long_turn_of_one_word)
{
    static char text[20001];
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(text + i, "a ", 2);
    const struct cm_phrase *phrases[] = {tiny_phrase(&tiny, "a a a"), tiny_phrase(&tiny, "a <0-10> a"), tiny_phrase(&tiny, "a? a? a? a")};
    const uint32_t ids[] = {0, 1, 2};
    struct cm_phrases *made;
    struct cm_phrase_scratch *scratch;
    const struct cm_phrase_hit *hits;
    uint32_t count, by_id[3] = {0};
    struct cm_folded turn = tiny_fold(&tiny, text);
    cr_assert_eq(turn.count, 10000);
    cr_assert_eq(cm_phrases_new(phrases, ids, 3, &made), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(made, &scratch), CM_OK);
    cr_assert_eq(cm_phrases_find(made, scratch, &turn, &hits, &count), CM_OK);
    for (uint32_t i = 0; i < count; i++)
        by_id[hits[i].id]++;
    cr_assert_eq(by_id[0], 3333);
    cr_assert_eq(by_id[1], 834);
    cr_assert_eq(by_id[2], 2500);
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(made);
}
