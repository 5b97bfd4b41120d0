/* rules/REFERENCE.md §6: where a credit and a penalty claim overlapping spans the longer stands; equal: the penalty. */
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

/* ------------------------------------------------------- what can earn nothing claims nothing */

static struct cm_behaviour *rude(void)
{
    struct cm_behaviour *bad = cm_build_behaviour(b, "bad", CM_BEHAVIOUR_PENALTY, 0);
    bad->met_by = cm_build_list(b, "p");
    bad->points = 100;
    return bad;
}

Test(claims, a_credit_without_an_opportunity_claims_nothing)
{
    care_behaviour()->window_runs = 1;
    rude();
    cr_expect(stands(judge_lines("C\nA:a sorry@0-26 p@17-26\n"), "bad"));
    cr_expect_not(stands(judge_lines("C customer.upset\nA:a sorry@0-26 p@17-26\n"), "bad"));
    cr_expect(stands(judge_lines("C customer.upset\nA:a\nC\nA:a sorry@0-26 p@17-26\n"), "bad"), "outside its window");
}

Test(claims, a_deed_claims_its_words_only_after_words)
{
    struct cm_behaviour *care = care_behaviour();
    care->then_any = cm_build_list(b, "deed");
    rude();
    cr_expect_not(stands(judge_lines("C customer.upset\nA:a sorry deed@50-60 p@52-55\n"), "bad"));
    cr_expect(stands(judge_lines("C customer.upset\nA:a deed@50-60 p@52-55\n"), "bad"));
    cr_expect(stands(judge_lines("C\nA:a sorry deed@50-60 p@52-55\n"), "bad"));
}

Test(claims, late_words_claim_where_lateness_earns_something)
{
    struct cm_behaviour *greet = greet_behaviour(CM_DUE_ONCE, 1);
    rude();
    cr_expect_not(stands(judge_lines("A:a hello@0-9 p@3-5\nC\n"), "bad"));
    cr_expect_not(stands(judge_lines("A:a\nC\nA:a hello@0-9 p@3-5\n"), "bad"));
    cr_expect(stands(judge_lines("A:a hello\nC\nA:a hello@0-9 p@3-5\n"), "bad"), "greeted before");
    greet->late_credit = 0;
    cr_expect(stands(judge_lines("A:a\nC\nA:a hello@0-9 p@3-5\n"), "bad"));
}

/* Of words that earn nothing and cost: should what earned in their place fall, they do not take it. */
Test(claims, what_claims_nothing_gives_way_to_a_penalty)
{
    greet_behaviour(CM_DUE_ONCE, 1)->late_credit = 500000;
    rude();
    const struct cm_scorecard *card = judge_lines("A:a hello@0-5 p@0-5\nC\nA:a hello@0-9 p@3-5\n");
    expect(card, "greet", "a", "missed", 0);
    cr_expect_eq(cm_build_result(card, "bad", "a")->seen, 2);
}

Test(claims, a_cue_of_a_credit_and_of_a_penalty_costs)
{
    struct cm_behaviour *good = cm_build_behaviour(b, "good", CM_BEHAVIOUR_BONUS, 0);
    good->met_by = cm_build_list(b, "p g");
    rude();
    const struct cm_scorecard *card = judge_lines("C\nA:a p\n");
    cr_expect(!stands(card, "good") && stands(card, "bad"));
    card = judge_lines("C\nA:a p@0-5 g@0-9\n"); /* the longer words spare him the penalty, and all of them earn */
    cr_expect(stands(card, "good") && !stands(card, "bad"));
    cr_expect_eq(cm_build_result(card, "good", "a")->evidence_count, 2);
}

/* ------------------------------------------------------------------- a penalty never raises */

static struct cm_behaviour *with_deed(void)
{
    struct cm_behaviour *care = care_behaviour();
    care->then_any = cm_build_list(b, "deed");
    return care;
}

Test(claims, better_words_in_the_window_count_whether_the_first_fell_or_not)
{
    with_deed();
    rude();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a sorry@0-5\nC\nA:a sorry\nC\nA:a deed\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect_eq(card->care.score, 10000);
    card = judge_lines("C customer.upset\nA:a sorry@0-5 p@0-13\nC\nA:a sorry\nC\nA:a deed\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect_eq(card->care.score, 9900);
}

Test(claims, what_fell_still_says_whose_it_is_and_which_repeats_are_new)
{
    with_deed();
    rude();
    const struct cm_scorecard *card =
        judge_lines("C customer.upset\nA:a sorry@0-5 p@0-13\nA:b\nC customer.upset\nA:b\nC\nA:b\nC\nA:b sorry deed\n");
    expect(card, "care", "a", "missed", 0);
    expect(card, "care", "b", "missed", 0);
}

Test(claims, a_greeting_that_fell_is_missed_by_him_who_said_it)
{
    greet_behaviour(CM_DUE_ONCE, 2)->late_credit = 500000;
    rude();
    const struct cm_scorecard *card = judge_lines("A:a hello@0-5 p@0-13\nC\nA:b\nC\nA:b hello\n");
    expect(card, "greet", "a", "partial", 500000);
    cr_expect_null(cm_build_result(card, "greet", "b"));
    expect(judge_lines("A:a hello@0-5 p@0-13\nC\nA:b\n"), "greet", "a", "missed", 0);
}

Test(claims, holds_and_the_customers_outcome_go_by_all_words)
{
    struct cm_behaviour *care = care_behaviour();
    care->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    care->met_by = cm_build_list(b, "sorry hold");
    cm_build_pack(b)->hold = cm_build_list(b, "hold");
    cm_build_pack(b)->resolved = cm_build_list(b, "hold");
    rude();
    const struct cm_scorecard *card = judge_lines("C chan=chat t=0 customer.upset\nA:a t=5 hold@0-5 p@0-9\nA:a t=100 sorry\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect_eq(card->resolution, CM_RESOLUTION_LIKELY);
}
