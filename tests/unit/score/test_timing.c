/* rules/REFERENCE.md §7: clocks, the calendar, holds; and what timed behaviours make of them. */
#include "helper.h"

TestSuite(timing, .init = make, .fini = drop);

Test(timing, first_response_is_from_the_first_customer_message_to_the_next_agents)
{
    cr_expect_eq(judge_lines("A:a t=0\nC t=10\nC t=20\nB t=21\nA:a t=35\n")->timing.first_response_ms, 25000);
    cr_expect_eq(judge_lines("A:a t=0\nC t=10\n")->timing.first_response_ms, -1);
    cr_expect_eq(judge_lines("C\nA:a t=35\n")->timing.first_response_ms, -1);
}

Test(timing, gaps_are_from_the_end_of_customer_runs_by_nearest_rank)
{
    const struct cm_scorecard *card = judge_lines("C t=0\nC t=10\nA:a t=15\nC t=20\nA:a t=40\nC t=50\nA:a t=51\nC t=60\nA:a t=70\n");
    cr_expect_eq(card->timing.median_gap_ms, 5000); /* of 1 5 10 20 */
    cr_expect_eq(card->timing.p90_gap_ms, 20000);
    cr_expect_eq(card->timing.customer_wait_ms, 36000);
}

Test(timing, on_calls_a_gap_needs_the_end_of_what_was_said)
{
    const struct cm_scorecard *card = judge_lines("C chan=call t=0\nA:a t=15 e=16\nC t=20 e=22\nA:a t=30 e=31\n");
    cr_expect_eq(card->timing.median_gap_ms, 8000);
    cr_expect_eq(card->timing.first_response_ms, 15000);
}

Test(timing, an_answer_before_the_end_of_the_question_took_no_time)
{
    cr_expect_eq(judge_lines("C chan=call t=0 e=10\nA:a t=8 e=12\n")->timing.median_gap_ms, 0);
}

Test(timing, a_clock_that_runs_backwards_makes_no_pair_and_is_flagged)
{
    const struct cm_scorecard *card = judge_lines("C t=50\nA:a t=40\nC t=60\nA:a t=67\n");
    cr_expect_eq(card->timing.median_gap_ms, 7000);
    cr_expect_eq(card->timing.first_response_ms, -1);
    cr_expect(has_flag(card, CM_FLAG_CLOCK_BACKWARDS));
    card = judge_lines("C chan=call t=50 e=40\nA:a t=60 e=70\n");
    cr_expect(has_flag(card, CM_FLAG_CLOCK_BACKWARDS));
    cr_expect_eq(card->timing.median_gap_ms, -1);
}

Test(timing, dead_air_and_talk_over_on_calls)
{
    const struct cm_scorecard *card =
        judge_lines("A:a chan=call t=0 e=10\nC t=12 e=20\nA:a t=18 e=30\nS t=31\nC bc t=25 e=26\nA:a t=30 e=31\nC t=36 e=37\n");
    cr_expect_eq(card->timing.dead_air_ms, 7000);
    cr_expect_eq(card->timing.talk_over_ms, 2000);
    cr_expect_eq(judge_lines("A:a t=0 e=10\nC t=12 e=20\n")->timing.dead_air_ms, -1);
    cr_expect_eq(judge_lines("A:a chan=call t=0\nC t=12\n")->timing.dead_air_ms, -1);
}

Test(timing, a_hold_pauses_dead_air_until_the_next_message)
{
    cm_build_pack(b)->hold = cm_build_list(b, "hold");
    const struct cm_scorecard *card = judge_lines("C chan=call t=0 e=1\nA:a t=1 e=5 hold\nC bc t=5 e=6\nA:a t=100 e=101\nC t=104 e=105\n");
    cr_expect_eq(card->timing.dead_air_ms, 3000);
}

Test(timing, a_calendar_counts_working_hours_only)
{
    struct cm_calendar *calendar = &cm_build_pack(b)->calendar;
    /* Monday to Friday 09:00 to 17:00 at +01:00; 1970-01-01 was a Thursday */
    calendar->channels = CM_BIT(CM_CHANNEL_EMAIL);
    calendar->offset_min = 60;
    calendar->span_count = 5;
    for (uint16_t day = 0; day < 5; day++) {
        calendar->spans[day].from = (uint16_t)(day * 1440 + 540);
        calendar->spans[day].to = (uint16_t)(day * 1440 + 1020);
    }
    /* Friday 2 January 15:30 UTC is 16:30 there; Monday 5 January 08:30 UTC is 09:30 */
    const struct cm_scorecard *card = judge_lines("C chan=email t=142200\nA:a t=376200\n");
    cr_expect_eq(card->timing.median_gap_ms, 3600000);
    cr_expect_eq(judge_lines("C chan=chat t=142200\nA:a t=376200\n")->timing.median_gap_ms, 234000000);
    /* before 1970: Monday 29 December 1969, 07:30 to 08:30 UTC is 08:30 to 09:30 */
    cr_expect_eq(judge_lines("C chan=email t=-232200\nA:a t=-228600\n")->timing.median_gap_ms, 1800000);
}

/* ------------------------------------------------------------- timed behaviours */

static struct cm_behaviour *quick(void)
{
    struct cm_behaviour *quick = cm_build_behaviour(b, "quick", CM_BEHAVIOUR_TIMED, 0);
    quick->targets[CM_MEASURE_FIRST_RESPONSE][CM_CHANNEL_CHAT] = (struct cm_time_target){30000, 90000};
    return quick;
}

Test(timing, credit_is_linear_between_target_and_limit)
{
    quick();
    expect(judge_lines("C chan=chat t=0\nA:a t=30\n"), "quick", NULL, "delivered", 1000000);
    expect(judge_lines("C chan=chat t=0\nA:a t=60\n"), "quick", NULL, "partial", 500000);
    expect(judge_lines("C chan=chat t=0\nA:a t=30.001\n"), "quick", NULL, "partial", 999983);
    expect(judge_lines("C chan=chat t=0\nA:a t=90\n"), "quick", NULL, "missed", 0);
}

Test(timing, the_mean_is_over_the_measures_that_are_there)
{
    struct cm_behaviour *behaviour = quick();
    behaviour->targets[CM_MEASURE_MEDIAN_GAP][CM_CHANNEL_CHAT] = (struct cm_time_target){10000, 20000};
    behaviour->targets[CM_MEASURE_DEAD_AIR][CM_CHANNEL_CHAT] = (struct cm_time_target){1, 2};
    expect(judge_lines("C chan=chat t=0\nA:a t=15\n"), "quick", NULL, "partial", 750000);
}

Test(timing, without_a_clock_it_is_not_evaluated)
{
    quick();
    expect_reason(judge_lines("C chan=chat\nA:a\n"), "quick", NULL, "not_evaluated", "no_clock");
    expect_reason(judge_lines("C chan=chat\nA:a\n"), "quick", NULL, "not_evaluated", "no_clock");
    expect(judge_lines("A:a chan=chat\nC\n"), "quick", NULL, "no_opportunity", 0);
    expect(judge_open("C chan=chat t=0\nB\n"), "quick", NULL, "pending", 0);
}

Test(timing, channels_without_a_target_are_not_judged)
{
    quick();
    expect(judge_lines("C chan=email t=0\nA:a t=15\n"), "quick", NULL, "no_opportunity", 0);
}

Test(timing, an_agents_own_clock_counts_only_with_one_chat_open)
{
    quick();
    const struct cm_scorecard *card = judge_lines("C chan=chat t=0\ntransfer t=100 to=a\nA:a t=120 open=1\n");
    expect(card, "quick", NULL, "missed", 0);
    expect(card, "quick", "a", "delivered", 1000000);
    cr_expect_eq(card->care.dimensions[0], 0);
    cr_expect_eq(card->agents[0].care.dimensions[0], 10000);
    cr_expect_null(cm_build_result(judge_lines("C chan=chat t=0\ntransfer t=100 to=a\nA:a t=120 open=2\n"), "quick", "a"));
}

Test(timing, an_agents_own_clock_starts_at_his_first_message_without_a_transfer)
{
    quick();
    const struct cm_scorecard *card = judge_lines("C chan=chat t=0\nA:a t=500 open=1\nC t=510\nA:a t=570 open=1\n");
    expect(card, "quick", "a", "partial", 500000);
}
