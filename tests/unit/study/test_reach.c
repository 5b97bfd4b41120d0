/* How far a phrase got, and what broke it. */
#include "packing.h"

#include "study/lint/reach.h"

static struct cm_folder *folder;
static struct cm_buffer needs;

static void stop(void)
{
    cm_folder_free(folder);
    cm_buffer_free(&needs);
    unpack();
}

TestSuite(reach, .fini = stop);

static struct cm_reach reach(const char *phrases, const char *text, struct cm_folded *turn)
{
    char yaml[2048];
    struct cm_reach out;
    snprintf(yaml, sizeof yaml, HEAD "  - {id: a, speaker: agent, why: w, phrases: [%s], hit: [x], miss: [y]}\n", phrases);
    cr_assert_eq(pack(yaml), CM_OK);
    cr_assert_eq(cm_folder_new(packs.lexicon, &folder), CM_OK);
    cr_assert_eq(cm_fold(folder, cm_span_of(text), turn), CM_OK);
    cr_assert_eq(cm_reach(&packs.items[0].ruleset->cues[0], turn, &out, &needs), CM_OK);
    cm_buffer_byte(&needs, '\0');
    return out;
}

Test(reach, the_word_that_broke_it)
{
    struct cm_folded turn;
    struct cm_reach out = reach("\"i am sorry (to hear|about|for) that\"", "I'm sorry we lost that", &turn);
    cr_assert_eq(out.got, 3);
    cr_assert_eq(out.of, 5);
    cr_assert_eq(out.first, 0);
    cr_assert_eq(out.end, 3);
    cr_assert_str_eq(needs.ptr, "about|for|to");
}

Test(reach, the_longest_part_of_all_phrases)
{
    struct cm_folded turn;
    struct cm_reach out = reach("\"refund now\", \"refund the whole amount today\"", "we refund the whole lot", &turn);
    cr_assert_eq(out.got, 3);
    cr_assert_eq(out.of, 5);
    cr_assert_str_eq(needs.ptr, "amount");
}

Test(reach, gaps_are_no_words)
{
    struct cm_folded turn;
    struct cm_reach out = reach("\"sorry <0-2> delay\"", "sorry for the long long wait", &turn);
    cr_assert_eq(out.got, 1);
    cr_assert_eq(out.of, 2);
    cr_assert_eq(out.end, 1);
    cr_assert(out.within);
    cr_assert_eq(out.gap, 2);
    cr_assert_str_eq(needs.ptr, "delay");
}

Test(reach, no_part_goes_on_behind_a_sentence)
{
    struct cm_folded turn;
    struct cm_reach out = reach("\"so sorry indeed\"", "So sorry. Indeed it is", &turn);
    cr_assert_eq(out.got, 2);
    cr_assert_eq(out.end, 2);
    cr_assert(turn.tokens[out.end - 1].flags & CM_TOKEN_SENTENCE_END);
}

Test(reach, all_is_there_and_only_an_edge_is_in_the_way)
{
    struct cm_folded turn;
    struct cm_reach out = reach("\"^ good morning\"", "well good morning", &turn);
    cr_assert_eq(out.missing, 0);
    cr_assert_eq(out.first, 1);
    cr_assert_str_eq(needs.ptr, "");
}

Test(reach, nothing_is_there)
{
    struct cm_folded turn;
    cr_assert_null(reach("\"good morning\"", "xylophone", &turn).phrase);
}
