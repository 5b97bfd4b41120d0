/* rules/REFERENCE.md §5: runs, windows, opportunities, transfers, deeds, replies that never came. */
#include "helper.h"

TestSuite(opportunities, .init = make, .fini = drop);

Test(opportunities, met_in_the_window_is_delivered)
{
    care_behaviour();
    expect(judge_lines("C customer.upset\nA:a sorry\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, none_is_no_opportunity)
{
    care_behaviour();
    expect(judge_lines("C\nA:a sorry\n"), "care", NULL, "no_opportunity", 0);
}

Test(opportunities, window_counts_agent_runs_and_ends_before_the_next_customer_message)
{
    care_behaviour();
    expect(judge_lines("C customer.upset\nA:a\nC\nA:a\nA:a sorry\nC\n"), "care", "a", "delivered", 1000000);
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\nC\nA:a\nB\nC\nA:a sorry\n");
    expect_reason(card, "care", "a", "missed", "");
    const struct cm_behaviour_result *care = cm_build_result(card, "care", "a");
    cr_expect(care->has_searched && care->searched_from == 0 && care->searched_to == 4);
}

Test(opportunities, what_was_said_before_the_opportunity_does_not_meet_it)
{
    care_behaviour();
    expect(judge_lines("A:a sorry\nC customer.upset\nA:a\n"), "care", "a", "missed", 0);
}

Test(opportunities, one_a_customer_run)
{
    care_behaviour();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nB\nC customer.upset\nA:a sorry\n");
    cr_expect_eq(cm_build_result(card, "care", "a")->seen, 1);
}

Test(opportunities, a_repeat_while_open_is_absorbed_and_does_not_extend)
{
    care_behaviour();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\nC customer.upset\nA:a\nC\nA:a sorry\n");
    expect(card, "care", "a", "missed", 0);
    cr_expect_eq(cm_build_result(card, "care", "a")->seen, 1);
}

Test(opportunities, a_repeat_after_it_was_met_is_a_new_one)
{
    care_behaviour();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a sorry\nC customer.upset\nA:a\nC\n");
    expect(card, "care", "a", "partial", 1000000);
    cr_expect_eq(cm_build_result(card, "care", "a")->seen, 2);
    cr_expect_eq(cm_build_result(card, "care", "a")->met, 1);
}

Test(opportunities, a_repeat_after_the_window_is_a_new_one)
{
    care_behaviour()->window_runs = 1;
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\nC customer.upset\nA:a sorry\n");
    expect(card, "care", "a", "partial", 1000000);
}

Test(opportunities, one_reply_meets_every_open_opportunity_of_different_behaviours)
{
    care_behaviour();
    struct cm_behaviour *other = cm_build_behaviour(b, "other", CM_BEHAVIOUR_OPPORTUNITY, 1);
    other->opportunity = cm_build_list(b, "customer.repeat");
    other->met_by = cm_build_list(b, "sorry");
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\nC customer.repeat\nA:a sorry\n");
    expect(card, "care", "a", "delivered", 1000000);
    expect(card, "other", "a", "delivered", 1000000);
}

Test(opportunities, bots_and_system_are_transparent_and_what_they_heard_passes_to_the_first_human)
{
    care_behaviour()->window_runs = 1;
    expect(judge_lines("C customer.upset\nB\nS\nC\nB\nA:a sorry\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, backchannels_on_calls_neither_end_a_run_nor_count_as_one)
{
    care_behaviour()->window_runs = 1;
    expect(judge_lines("C chan=call customer.upset\nA:a bc\nC\nA:a\nC bc\nA:a sorry\nC\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=chat customer.upset\nA:a bc\nC\nA:a\nC bc\nA:a sorry\nC\n"), "care", "a", "missed", 0);
}

Test(opportunities, a_backchannel_that_answers_can_meet)
{
    struct cm_behaviour *care = care_behaviour();
    care->window_runs = 1;
    expect(judge_lines("C chan=call customer.upset\nA:a bc sorry\nC\nA:a\nC\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=call customer.upset\nC bc\nA:a bc sorry\nA:a\nC\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=call customer.upset\nA:a bc\nA:a bc sorry\nC\nA:a\nC\n"), "care", "a", "missed", 0);
    expect(judge_lines("C chan=call\nA:a bc sorry\nC customer.upset\nA:a\nC\n"), "care", "a", "missed", 0);
    expect(judge_lines("C chan=call customer.upset\nA:a\nA:a bc\nC bc\nA:a bc sorry\nC\n"), "care", "a", "missed", 0);
    expect_reason(judge_lines("A:a chan=call\nC customer.upset\nA:a bc\n"), "care", "a", "missed", "no_reply");
    care->prompt_ms[CM_CHANNEL_CALL] = 3000;
    expect(judge_lines("A:a chan=call\nC t=0 e=1 customer.upset\nA:a bc t=9 e=9 sorry\nC t=10 e=10\n"), "care", "a", "partial", 500000);
}

Test(opportunities, a_deed_may_follow_a_backchannel_that_answers)
{
    struct cm_behaviour *care = care_behaviour();
    care->then_any = cm_build_list(b, "deed");
    care->then_credit = 400000;
    expect(judge_lines("C chan=call customer.upset\nA:a bc sorry\nC\nA:a deed\nC\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=call customer.upset\nA:a bc sorry\nC\nA:a\nC\nA:a deed\n"), "care", "a", "partial", 400000);
    expect(judge_open("A:a chan=call\nC customer.upset\nA:a bc sorry\nC\n"), "care", "a", "pending", 0);
}

Test(opportunities, a_customers_backchannel_opens_nothing_while_the_agent_speaks)
{
    care_behaviour();
    expect(judge_lines("C chan=call\nA:a\nC bc customer.upset\nA:a\n"), "care", NULL, "no_opportunity", 0);
    expect(judge_lines("C chan=call\nC bc customer.upset\nC\nA:a\n"), "care", "a", "missed", 0);
}

/* ------------------------------------------------------------------ promptness */

Test(opportunities, met_later_than_prompt_is_partial)
{
    struct cm_behaviour *care = care_behaviour();
    care->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    care->prompt_late_credit = 700000;
    expect(judge_lines("C chan=chat t=0 customer.upset\nC t=10\nA:a t=70 sorry\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=chat t=0 customer.upset\nC t=10\nA:a t=71 sorry\n"), "care", "a", "partial", 700000);
    expect(judge_lines("C chan=email t=0 customer.upset\nA:a t=999 sorry\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, the_clock_runs_to_the_message_that_meets)
{
    struct cm_behaviour *care = care_behaviour();
    care->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=5\nA:a t=100 sorry\n"), "care", "a", "partial", 500000);
}

Test(opportunities, without_a_clock_promptness_is_not_judged)
{
    care_behaviour()->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    expect(judge_lines("C chan=chat customer.upset\nA:a t=100 sorry\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, a_clock_that_runs_backwards_is_no_clock)
{
    care_behaviour()->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    const struct cm_scorecard *card = judge_lines("C chan=chat t=100 customer.upset\nA:a t=50 sorry\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect(has_flag(card, CM_FLAG_CLOCK_BACKWARDS));
}

Test(opportunities, a_hold_with_a_reason_pauses_the_clock)
{
    care_behaviour()->prompt_ms[CM_CHANNEL_CHAT] = 60000;
    cm_build_pack(b)->hold = cm_build_list(b, "hold");
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=5 hold\nA:a t=100 sorry\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=5 hold\nC t=10\nA:a t=100 sorry\n"), "care", "a", "partial", 500000);
}

/* ------------------------------------------------------------------- transfers */

Test(opportunities, a_transfer_passes_on_what_is_unmet_and_restarts_the_window)
{
    care_behaviour()->window_runs = 1;
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\ntransfer to=b\nC\nA:b sorry\nC\n");
    expect(card, "care", "b", "delivered", 1000000);
    cr_expect_null(cm_build_result(card, "care", "a"));
    expect(judge_lines("C customer.upset\nA:a\nA:b sorry\nC\n"), "care", "b", "delivered", 1000000);
}

Test(opportunities, a_changed_agent_is_a_transfer_without_any_event)
{
    care_behaviour();
    expect(judge_lines("C customer.upset\nA:a\nC\nA:b\nC\nA:b sorry\nC\n"), "care", "b", "delivered", 1000000);
    expect(judge_lines("C customer.upset\nA:a\nC\nA:b\nC\nA:b\nC\nA:b sorry\n"), "care", "b", "missed", 0);
}

Test(opportunities, the_window_restarts_once)
{
    care_behaviour()->window_runs = 1;
    expect(judge_lines("C customer.upset\nA:a\nA:b\nC\nA:c sorry\n"), "care", "b", "missed", 0);
}

Test(opportunities, a_change_outside_the_window_is_none_of_its_business)
{
    care_behaviour()->window_runs = 1;
    expect(judge_lines("C customer.upset\nA:a\nC\nA:b sorry\n"), "care", "a", "missed", 0);
}

Test(opportunities, he_who_was_named_and_never_wrote_has_missed_it)
{
    care_behaviour()->window_runs = 1;
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\ntransfer to=b\nC\n");
    expect(card, "care", "b", "missed", 0);
    cr_expect_eq(card->agent_count, 1);
    expect(judge_lines("C customer.upset\nA:a\ntransfer\nC\n"), "care", "a", "missed", 0);
}

Test(opportunities, a_transfer_to_himself_is_none)
{
    care_behaviour()->window_runs = 1;
    expect(judge_lines("C customer.upset\nA:a\ntransfer to=a\nC\nA:a sorry\n"), "care", "a", "missed", 0);
}

Test(opportunities, he_who_took_over_in_the_place_of_him_who_was_named_has_missed_it)
{
    care_behaviour()->window_runs = 1;
    const struct cm_scorecard *card = judge_lines("A:a\nC customer.upset\nA:a\ntransfer to=b\nC\nA:c\nC\n");
    expect(card, "care", "c", "missed", 0);
    cr_expect_null(cm_build_result(card, "care", "b"));
    expect(judge_lines("A:a\nC customer.upset\nA:a\ntransfer to=b\nC\nA:a\nC\n"), "care", "b", "missed", 0);
    expect(judge_lines("A:a\nC customer.upset\nA:a\ntransfer to=b\nC\nA:c\ntransfer to=d\nC\n"), "care", "d", "missed", 0);
}

Test(opportunities, he_who_was_named_before_the_opportunity_is_in_charge)
{
    care_behaviour()->window_runs = 1;
    const struct cm_scorecard *card = judge_lines("A:a\ntransfer to=b\nC customer.upset\nC\n");
    expect_reason(card, "care", "b", "missed", "no_reply");
    cr_expect_null(cm_build_result(card, "care", "a"));
    expect(judge_lines("A:a\ntransfer to=b\nC customer.upset\nA:b\nC\nA:b sorry\nC\n"), "care", "b", "missed", 0);
    expect(judge_lines("A:a\ntransfer to=b\nA:a\nC customer.upset\nC\n"), "care", "a", "missed", 0);
    expect(judge_lines("A:a\ntransfer\nC customer.upset\nC\n"), "care", "a", "missed", 0);
    expect(judge_lines("A:a\ntransfer to=b\nC customer.upset\nA:a\nC\n"), "care", "a", "missed", 0);
}

Test(opportunities, a_transfer_that_waits_is_pending_while_open)
{
    care_behaviour()->window_runs = 1;
    expect(judge_open("C customer.upset\nA:a\ntransfer to=b\nC\n"), "care", "b", "pending", 0);
    expect(judge_open("C customer.upset\nA:a\nC\n"), "care", "a", "missed", 0);
}

/* ----------------------------------------------------------------------- deeds */

static struct cm_behaviour *with_deeds(void)
{
    struct cm_behaviour *care = care_behaviour();
    care->then_any = cm_build_list(b, "deed");
    care->then_credit = 400000;
    return care;
}

Test(opportunities, words_without_deeds_are_part_of_it)
{
    with_deeds();
    expect(judge_lines("C customer.upset\nA:a sorry\nC\nA:a\nC\nA:a deed\n"), "care", "a", "partial", 400000);
}

Test(opportunities, a_deed_anywhere_in_the_meeting_run_or_the_next_runs_of_any_agent_gives_full_credit)
{
    with_deeds();
    expect(judge_lines("C customer.upset\nA:a deed\nA:a sorry\nC\n"), "care", "a", "delivered", 1000000);
    expect(judge_lines("C customer.upset\nA:a sorry\nC\nA:b deed\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, the_best_hit_of_the_window_counts_and_of_equal_ones_the_first)
{
    with_deeds();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a sorry\nC\nA:a sorry\nC\nA:a deed\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect_eq(cm_build_result(card, "care", "a")->evidence[1].turn, 3);
    card = judge_lines("C customer.upset\nA:a sorry\nA:a sorry\nC\n");
    expect(card, "care", "a", "partial", 400000);
    cr_expect_eq(cm_build_result(card, "care", "a")->evidence[1].turn, 1);
    expect(judge_lines("C customer.upset\nA:a sorry\nA:b sorry\nC\nA:b\nC\nA:b deed\n"), "care", "a", "partial", 400000);
}

Test(opportunities, better_words_after_a_repeat_are_for_the_repeat)
{
    with_deeds();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a sorry\nC customer.upset\nA:a sorry\nC\nA:a deed\n");
    expect(card, "care", "a", "partial", 1400000);
}

Test(opportunities, less_than_full_is_pending_while_the_window_is_open)
{
    with_deeds()->window_runs = 3;
    expect(judge_open("C customer.upset\nA:a sorry\nC\nA:a\nC\n"), "care", "a", "pending", 0);
    expect(judge_open("C customer.upset\nA:a sorry\nC\nA:a\nC\nA:a\nC\n"), "care", "a", "partial", 400000);
}

Test(opportunities, late_and_without_deed_is_the_smaller_credit)
{
    struct cm_behaviour *care = with_deeds();
    care->prompt_ms[CM_CHANNEL_CHAT] = 1000;
    care->prompt_late_credit = 300000;
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=9 sorry\n"), "care", "a", "partial", 300000);
    care->prompt_late_credit = 500000;
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=9 sorry\n"), "care", "a", "partial", 400000);
    expect(judge_lines("C chan=chat t=0 customer.upset\nA:a t=9 sorry deed\n"), "care", "a", "partial", 500000);
}

Test(opportunities, runs_still_to_come_are_pending)
{
    with_deeds();
    expect(judge_open("C customer.upset\nA:a sorry\n"), "care", "a", "pending", 0);
    expect(judge_open("C customer.upset\nA:a sorry\nC\nA:a\n"), "care", "a", "pending", 0);
    expect(judge_open("C customer.upset\nA:a sorry\nC\nA:a\nC\n"), "care", "a", "partial", 400000);
    expect(judge_open("C customer.upset\nA:a sorry deed\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, unmet_is_pending_until_the_window_has_closed)
{
    care_behaviour()->window_runs = 1;
    expect(judge_open("A:a\nC customer.upset\n"), "care", "a", "pending", 0);
    expect(judge_open("A:a\nC customer.upset\nA:a\n"), "care", "a", "pending", 0);
    expect(judge_open("A:a\nC customer.upset\nA:a\nC\n"), "care", "a", "missed", 0);
}

/* ---------------------------------------------------------- replies that never came */

Test(opportunities, no_agent_run_after_it_is_missed_for_no_reply)
{
    care_behaviour();
    expect_reason(judge_lines("A:a\nC t=5 customer.upset\n"), "care", "a", "missed", "no_reply");
    expect_reason(judge_lines("A:a\nC t=5 customer.upset\nend t=9 by=agent\n"), "care", "a", "missed", "no_reply");
}

Test(opportunities, no_reply_is_told_only_where_all_that_was_missed_had_none)
{
    care_behaviour()->window_runs = 1;
    expect_reason(judge_lines("C customer.upset\nA:a\nC customer.upset\n"), "care", "a", "missed", "");
    expect_reason(judge_lines("A:a\nC customer.upset\nend by=agent\n"), "care", "a", "missed", "no_reply");
}

Test(opportunities, unless_the_customer_left_before_a_reply_could_be_expected)
{
    care_behaviour();
    cm_build_pack(b)->reply_target_ms[CM_CHANNEL_CHAT] = 60000;
    expect_reason(judge_lines("A:a\nC t=5 chan=chat customer.upset\nend t=64 by=customer\n"), "care", "a", "not_evaluated",
                  "customer_left");
    expect_reason(judge_lines("A:a\nC t=5 chan=chat customer.upset\nend t=65 by=customer\n"), "care", "a", "missed", "no_reply");
    expect_reason(judge_lines("A:a\nC t=5 chan=chat customer.upset\nend by=customer\n"), "care", "a", "not_evaluated", "customer_left");
    expect_reason(judge_lines("A:a\nC chan=chat customer.upset\nend t=65 by=customer\n"), "care", "a", "not_evaluated", "customer_left");
    expect_reason(judge_lines("A:a\nC t=5 chan=chat customer.upset\nA:a\nend by=customer\n"), "care", "a", "missed", "");
}

Test(opportunities, nobody_there_is_no_agent)
{
    care_behaviour();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nB\n");
    expect_reason(card, "care", NULL, "not_evaluated", "no_agent");
    cr_expect_eq(card->care.score, -1);
    cr_expect_eq(card->null_reason, CM_REASON_NO_AGENT);
    expect(judge_open("C customer.upset\nB\n"), "care", NULL, "pending", 0);
}

/* --------------------------------------------------------------- faults and doubts */

Test(opportunities, a_window_all_below_the_confidence_gate_is_not_evaluated)
{
    care_behaviour();
    cm_build_pack(b)->min_confidence = 500000;
    expect_reason(judge_lines("C customer.upset\nA:a conf=0.1 sorry\n"), "care", "a", "not_evaluated", "low_confidence");
    expect_reason(judge_lines("C customer.upset\nA:a conf=0.1 sorry\nA:a\n"), "care", "a", "missed", "");
}

Test(opportunities, a_fault_on_which_the_result_depends_is_never_missed)
{
    care_behaviour();
    expect_reason(judge_lines("C customer.upset\nA:a !sorry\n"), "care", "a", "not_evaluated", "fault");
    expect(judge_lines("C customer.upset\nA:a !sorry\nA:a sorry\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, a_fault_of_a_deed_makes_words_alone_uncertain)
{
    with_deeds();
    expect_reason(judge_lines("C customer.upset\nA:a sorry !deed\n"), "care", "a", "not_evaluated", "fault");
    expect(judge_lines("C customer.upset\nA:a sorry !deed deed\n"), "care", "a", "delivered", 1000000);
}

Test(opportunities, a_fault_of_the_customers_cue_is_no_missing_opportunity)
{
    care_behaviour();
    expect_reason(judge_lines("C !customer.upset\nA:a\n"), "care", "a", "not_evaluated", "fault");
    expect(judge_lines("C customer.upset\nA:a\nC !customer.upset\nA:a sorry\n"), "care", "a", "delivered", 1000000);
}

/* -------------------------------------------------------------------- evidence */

Test(opportunities, evidence_is_the_cue_the_meeting_and_the_deed_in_order)
{
    with_deeds();
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a deed sorry\n");
    const struct cm_behaviour_result *care = cm_build_result(card, "care", "a");
    cr_assert_eq(care->evidence_count, 3);
    cr_expect_str_eq(care->evidence[0].rule, "customer.upset");
    cr_expect_str_eq(care->evidence[1].rule, "deed");
    cr_expect_str_eq(care->evidence[2].rule, "sorry");
    cr_expect_eq(care->evidence[2].turn, 1);
    cr_expect_eq(care->evidence[2].seq, 2);
}

Test(opportunities, who_wrote_without_an_id_is_who_was_named_last)
{
    care_behaviour();
    const struct cm_scorecard *card = judge_lines("A\nC customer.upset\nA:a\nC\nA sorry\n");
    expect(card, "care", "a", "delivered", 1000000);
    cr_expect_eq(card->agent_count, 1);
    card = judge_lines("A:a\nC customer.upset\ntransfer to=b\nA sorry\n");
    expect(card, "care", "b", "delivered", 1000000);
    card = judge_lines("A\nC\nL\n");
    cr_expect_eq(card->agent_count, 2);
}

Test(opportunities, a_weighted_cue_shows_what_it_added_up)
{
    care_behaviour();
    cm_build_cue(b, "sorry")->kind = CM_CUE_WEIGHTED;
    const struct cm_scorecard *card =
        judge_lines("C customer.upset\nA:a sorry@0-4 other@2-9 sorry@10-14 sorry@20-24 sorry@30-34\nA:a sorry\n");
    const struct cm_behaviour_result *care = cm_build_result(card, "care", "a");
    cr_assert_eq(care->evidence_count, 4);
    cr_expect_eq(care->evidence[1].start, 0);
    cr_expect_eq(care->evidence[2].start, 10);
    cr_expect_eq(care->evidence[3].start, 20);
}

Test(opportunities, a_weighted_bonus_shows_what_it_added_up)
{
    struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0);
    bonus->met_by = cm_build_list(b, "x");
    cm_build_cue(b, "x")->kind = CM_CUE_WEIGHTED;
    const struct cm_scorecard *card = judge_lines("C\nA:a x@0-4 x@10-14\n");
    cr_expect_eq(card->behaviours[0].seen, 1);
    cr_expect_eq(card->behaviours[0].evidence_count, 2);
}
