/* language.md §6: where a credit and a penalty claim overlapping spans the longer stands; equal: the penalty. */
#include "helper.h"

TestSuite(claims, .init = make, .fini = drop);

static const struct cm_scorecard *claim(const char *line)
{
    static char lines[256];
    static bool made;
    if (!made) {
        struct cm_behaviour *good = cm_build_behaviour(b, "good", CM_BEHAVIOUR_BONUS, 0),
                            *bad = cm_build_behaviour(b, "bad", CM_BEHAVIOUR_PENALTY, 0);
        good->met_by = cm_build_list(b, "g h");
        bad->met_by = cm_build_list(b, "p q");
        made = true;
    }
    snprintf(lines, sizeof lines, "C\nA:a %s\n", line);
    return judge_lines(lines);
}

static bool stands(const struct cm_scorecard *card, const char *behaviour)
{
    return cm_build_result(card, behaviour, "a") != NULL;
}

Test(claims, the_longer_stands)
{
    const struct cm_scorecard *card = claim("g@0-10 p@5-12");
    cr_expect(stands(card, "good") && !stands(card, "bad"));
    card = claim("g@0-10 p@5-16");
    cr_expect(!stands(card, "good") && stands(card, "bad"));
}

Test(claims, equal_the_penalty)
{
    const struct cm_scorecard *card = claim("g@0-10 p@5-15");
    cr_expect(!stands(card, "good") && stands(card, "bad"));
}

Test(claims, side_by_side_both_stand)
{
    const struct cm_scorecard *card = claim("g@0-10 p@10-15");
    cr_expect(stands(card, "good") && stands(card, "bad"));
}

Test(claims, what_fell_makes_nothing_fall)
{
    const struct cm_scorecard *card = claim("p@0-5 g@3-11 q@10-20"); /* q beats g, so p stands */
    cr_expect(!stands(card, "good"));
    cr_expect_eq(cm_build_result(card, "bad", "a")->evidence_count, 2);
    card = claim("g@0-4 p@3-10 h@8-20"); /* h beats p, so g stands */
    cr_expect_eq(cm_build_result(card, "good", "a")->evidence_count, 2);
    cr_expect(!stands(card, "bad"));
}

Test(claims, another_hit_of_the_cue_in_the_turn_stands_for_itself)
{
    const struct cm_scorecard *card = claim("g@0-5 p@0-9 g@20-25");
    cr_expect(stands(card, "good") && stands(card, "bad"));
    cr_expect_eq(cm_build_result(card, "good", "a")->evidence[0].start, 20);
}

Test(claims, a_penalty_of_another_channel_claims_nothing)
{
    struct cm_behaviour *good = cm_build_behaviour(b, "good", CM_BEHAVIOUR_BONUS, 0),
                        *bad = cm_build_behaviour(b, "bad", CM_BEHAVIOUR_PENALTY, 0);
    good->met_by = cm_build_list(b, "g");
    bad->met_by = cm_build_list(b, "p");
    bad->channels = CM_BIT(CM_CHANNEL_CALL);
    cr_expect(stands(judge_lines("C chan=chat\nA:a g@0-5 p@0-9\n"), "good"));
    cr_expect_not(stands(judge_lines("C chan=call\nA:a g@0-5 p@0-9\n"), "good"));
}

Test(claims, an_echo_claims_no_words)
{
    struct cm_cue *echo = cm_build_cue(b, "e");
    echo->kind = CM_CUE_ECHO;
    echo->echo_words = 1;
    struct cm_behaviour *good = cm_build_behaviour(b, "good", CM_BEHAVIOUR_BONUS, 0),
                        *bad = cm_build_behaviour(b, "bad", CM_BEHAVIOUR_PENALTY, 0);
    good->met_by = cm_build_list(b, "e");
    bad->met_by = cm_build_list(b, "p");
    const struct cm_scorecard *card = judge_lines("C w=car\nA:a w=car p@2-5\n");
    cr_expect(stands(card, "good") && stands(card, "bad"));
}
