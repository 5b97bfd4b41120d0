/* rules/REFERENCE.md §6: what is due without being asked for; bonus and penalty. */
#include "helper.h"

TestSuite(expected, .init = make, .fini = drop);

Test(expected, once_in_the_window_by_any_agent)
{
    greet_behaviour(CM_DUE_ONCE, 2);
    const struct cm_scorecard *card = judge_lines("A:a\nC\nA:b hello\nC\n");
    expect(card, "greet", "b", "delivered", 1000000);
    cr_expect_eq(card->behaviour_count, 1);
}

Test(expected, met_outside_the_window_is_partial)
{
    greet_behaviour(CM_DUE_ONCE, 1)->late_credit = 300000;
    expect(judge_lines("A:a\nC\nA:a hello\n"), "greet", "a", "partial", 300000);
}

Test(expected, a_window_of_nothing_is_the_whole)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    expect(judge_lines("A:a\nC\nA:a\nC\nA:a hello\n"), "greet", "a", "delivered", 1000000);
}

Test(expected, missed_once_is_his_who_wrote_most_of_the_window)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    const struct cm_scorecard *card = judge_lines("A:a\nC\nA:b\nA:b\nC\n");
    expect(card, "greet", "b", "missed", 0);
    const struct cm_behaviour_result *greet = cm_build_result(card, "greet", "b");
    cr_expect(greet->has_searched && greet->searched_from == 0 && greet->searched_to == 4);
}

Test(expected, a_greeting_is_due_from_each_agent)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    const struct cm_scorecard *card = judge_lines("A:a hello\nC\nA:b\nC\nA:b hello\nC\nA:c\n");
    expect(card, "greet", "a", "delivered", 1000000);
    expect(card, "greet", "b", "partial", 500000);
    expect(card, "greet", "c", "missed", 0);
    cr_expect_str_eq(card->behaviours[1].agent_id.ptr, "b");
}

Test(expected, the_interactions_credit_is_over_agents)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    const struct cm_scorecard *card = judge_lines("A:a hello\nC\nA:b\nC\nA:b hello\nC\nA:c\n");
    cr_expect_eq(card->care.dimensions[0], 5000); /* 1.5 of 3 */
}

Test(expected, a_closing_is_due_from_the_last_counted_from_the_end)
{
    greet_behaviour(CM_DUE_LAST_AGENT, 1);
    const struct cm_scorecard *card = judge_lines("A:a hello\nC\nA:b\nC\nA:b hello\nC\n");
    expect(card, "greet", "b", "delivered", 1000000);
    cr_expect_eq(card->behaviour_count, 1);
    expect(judge_lines("A:a hello\nC\nA:b hello\nC\nA:b\nC\n"), "greet", "b", "partial", 500000);
    expect(judge_lines("A:a hello\nC\nA:b\n"), "greet", "b", "missed", 0);
}

Test(expected, neither_is_due_where_the_customer_left)
{
    greet_behaviour(CM_DUE_LAST_AGENT, 1);
    expect_reason(judge_lines("A:a\nC\nA:a\nend by=customer\n"), "greet", "a", "not_evaluated", "customer_left");
    expect(judge_lines("A:a\nC\nA:a hello\nend by=customer\n"), "greet", "a", "delivered", 1000000);
    cm_build_pack(b)->reply_target_ms[CM_CHANNEL_CHAT] = 60000;
    expect(judge_lines("A:a chan=chat\nC\nA:a t=0\nend t=70 by=customer\n"), "greet", "a", "missed", 0);
}

Test(expected, a_greeting_neither)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    expect_reason(judge_lines("A:a\nC\nA:a\nend by=customer\n"), "greet", "a", "not_evaluated", "customer_left");
}

Test(expected, once_is_due_all_the_same)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    expect_reason(judge_lines("A:a\nC\nA:a\nend by=customer\n"), "greet", "a", "missed", "");
}

Test(expected, too_short_to_have_missed_it)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 0);
    cm_build_pack(b)->min_agent_runs[CM_CHANNEL_CHAT] = 2;
    expect_reason(judge_lines("C chan=chat\nA:a\nC\n"), "greet", "a", "not_evaluated", "too_short");
    const struct cm_scorecard *card = judge_lines("C chan=chat\nA:a hello\nC\n");
    expect(card, "greet", "a", "delivered", 1000000);
    cr_expect_eq(card->care.score, -1);
    cr_expect_eq(card->null_reason, CM_REASON_TOO_SHORT);
    cr_expect_eq(card->care.dimensions[0], 10000);
}

Test(expected, of_several_reasons_the_first_is_told)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 0);
    cm_build_pack(b)->min_agent_runs[CM_CHANNEL_CHAT] = 2;
    cm_build_pack(b)->min_confidence = 500000;
    expect_reason(judge_lines("C chan=chat\nA:a conf=0.1\nend by=customer\n"), "greet", "a", "not_evaluated", "customer_left");
    expect_reason(judge_lines("C chan=chat\nA:a conf=0.1\n"), "greet", "a", "not_evaluated", "too_short");
}

Test(expected, low_confidence_and_faults_are_no_misses)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    cm_build_pack(b)->min_confidence = 500000;
    expect_reason(judge_lines("A:a conf=0.2\nC\nA:a\n"), "greet", "a", "not_evaluated", "low_confidence");
    expect_reason(judge_lines("A:a !hello\nC\nA:a\n"), "greet", "a", "not_evaluated", "fault");
    expect_reason(judge_lines("A:a !hello\nC\nA:a hello\n"), "greet", "a", "not_evaluated", "fault");
    expect_reason(judge_lines("A:a\nC\nA:a !hello\n"), "greet", "a", "not_evaluated", "fault");
    expect(judge_lines("A:a hello\nC\nA:a !hello\n"), "greet", "a", "delivered", 1000000);
}

Test(expected, pending_while_it_can_still_come)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    expect(judge_open("A:a\n"), "greet", "a", "pending", 0);
    expect(judge_open("A:a\nC\n"), "greet", "a", "missed", 0);
    expect(judge_open("A:a hello\n"), "greet", "a", "delivered", 1000000);
}

Test(expected, a_closing_is_pending_until_the_end)
{
    greet_behaviour(CM_DUE_LAST_AGENT, 1);
    expect(judge_open("C\nA:a hello\n"), "greet", "a", "pending", 0);
    expect(judge_lines("C\nA:a hello\n"), "greet", "a", "delivered", 1000000);
}

Test(expected, nobody_to_talk_with_is_no_dialogue)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    expect_reason(judge_lines("A:a hello\nB\n"), "greet", NULL, "not_evaluated", "no_dialogue");
    expect_reason(judge_lines("B\n"), "greet", NULL, "not_evaluated", "no_agent");
}

Test(expected, a_team_talks_without_a_customer)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    expect(judge_lines("L:lea chan=team hello\nA:a\n"), "greet", "lea", "delivered", 1000000);
    expect_reason(judge_lines("L:lea chan=team hello\n"), "greet", NULL, "not_evaluated", "no_dialogue");
}

Test(expected, another_language_is_not_evaluated)
{
    static const struct cm_span en[] = {{"en", 2}};
    greet_behaviour(CM_DUE_ONCE, 0);
    cm_build_pack(b)->languages = en;
    cm_build_pack(b)->language_count = 1;
    const struct cm_scorecard *card = judge_lines("C lang=fr\nA:a hello\n");
    expect_reason(card, "greet", NULL, "not_evaluated", "language");
    cr_expect_eq(card->null_reason, CM_REASON_LANGUAGE);
    expect(judge_lines("C lang=en-US\nA:a hello\n"), "greet", "a", "delivered", 1000000);
}

Test(expected, behaviours_of_other_channels_have_no_entry)
{
    greet_behaviour(CM_DUE_ONCE, 0)->channels = CM_BIT(CM_CHANNEL_CALL);
    const struct cm_scorecard *card = judge_lines("C chan=chat\nA:a hello\n");
    cr_expect_eq(card->behaviour_count, 0);
    cr_expect_eq(card->coverage_ppm, -1);
}

Test(expected, a_pack_for_other_channels_scores_nothing_and_says_so)
{
    greet_behaviour(CM_DUE_ONCE, 0);
    cm_build_pack(b)->channels = CM_BIT(CM_CHANNEL_CALL);
    const struct cm_scorecard *card = judge_lines("C chan=chat\nA:a hello\n");
    cr_expect_eq(card->care.score, -1);
    cr_expect_eq(card->null_reason, CM_REASON_CHANNEL);
}

/* ---------------------------------------------------------------------- points */

Test(expected, bonus_and_penalty_count_turns_and_are_capped)
{
    struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0),
                        *penalty = cm_build_behaviour(b, "penalty", CM_BEHAVIOUR_PENALTY, 0);
    bonus->met_by = cm_build_list(b, "warm");
    penalty->met_by = cm_build_list(b, "rude");
    bonus->points = penalty->points = 300;
    bonus->points_cap = 500;
    const struct cm_scorecard *card = judge_lines("C\nA:a warm\nA:a warm\nA:b warm rude@30-40\n");
    expect(card, "bonus", "a", "delivered", 5000000);
    expect(card, "bonus", "b", "delivered", 3000000);
    expect(card, "penalty", "b", "delivered", -3000000);
    expect(judge_lines("C\nA:a\n"), "penalty", NULL, "no_opportunity", 0);
    expect_reason(judge_lines("C\nA:a !rude\n"), "penalty", "a", "not_evaluated", "fault");
}

Test(expected, points_for_what_the_customer_says_go_to_who_wrote_last)
{
    struct cm_behaviour *penalty = cm_build_behaviour(b, "penalty", CM_BEHAVIOUR_PENALTY, 0);
    penalty->met_by = cm_build_list(b, "customer.again");
    penalty->points = 100;
    expect(judge_lines("C customer.again\nA:a\nA:b\nC customer.again\nA:a\n"), "penalty", "b", "delivered", -1000000);
}

Test(expected, late_after_a_window_below_the_confidence_gate_is_not_evaluated)
{
    greet_behaviour(CM_DUE_ONCE, 1);
    cm_build_pack(b)->min_confidence = 500000;
    expect_reason(judge_lines("A:a conf=0.2\nC\nA:a hello\n"), "greet", "a", "not_evaluated", "low_confidence");
    expect(judge_lines("A:a conf=0.2\nA:a\nC\nA:a hello\n"), "greet", "a", "partial", 500000);
}
