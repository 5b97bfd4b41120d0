/* rules/REFERENCE.md §6: dimensions, CARE and coverage. */
#include "helper.h"

TestSuite(care, .init = make, .fini = drop);

static struct cm_behaviour *base(const char *id, uint8_t dimension, uint32_t weight, const char *met_by)
{
    struct cm_behaviour *behaviour = cm_build_behaviour(b, id, CM_BEHAVIOUR_EXPECTED, dimension);
    behaviour->met_by = cm_build_list(b, met_by);
    behaviour->weight = weight;
    behaviour->window_runs = 0;
    return behaviour;
}

static struct cm_behaviour *points(enum cm_behaviour_kind kind, uint8_t dimension, uint32_t hundredths, const char *met_by)
{
    struct cm_behaviour *behaviour = cm_build_behaviour(b, kind == CM_BEHAVIOUR_BONUS ? "bonus" : "penalty", kind, dimension);
    behaviour->met_by = cm_build_list(b, met_by);
    behaviour->points = hundredths;
    return behaviour;
}

Test(care, dimension_is_the_weighted_mean_of_credits)
{
    base("p", 0, 3000, "x");
    base("q", 0, 1000, "y");
    const struct cm_scorecard *card = judge_lines("C\nA:a x\n");
    cr_expect_eq(card->care.dimensions[0], 7500);
    cr_expect_eq(card->care.dimensions[1], -1);
    cr_expect_eq(card->care.score, 7500);
}

Test(care, rounds_half_up_at_the_hundredth)
{
    base("p", 0, 1000, "x");
    base("q", 0, 1000, "y");
    base("r", 0, 1000, "z");
    cr_expect_eq(judge_lines("C\nA:a x\n")->care.dimensions[0], 3333);
    cr_expect_eq(judge_lines("C\nA:a x y\n")->care.dimensions[0], 6667);
}

Test(care, bonus_and_penalty_are_added_and_the_whole_is_clamped)
{
    base("p", 0, 1000, "x");
    points(CM_BEHAVIOUR_BONUS, 0, 700, "warm");
    points(CM_BEHAVIOUR_PENALTY, 0, 1500, "rude");
    cr_expect_eq(judge_lines("C\nA:a x warm\n")->care.dimensions[0], 10000);
    cr_expect_eq(judge_lines("C\nA:a x rude\n")->care.dimensions[0], 8500);
    cr_expect_eq(judge_lines("C\nA:a x warm rude\n")->care.dimensions[0], 9200);
    cr_expect_eq(judge_lines("C\nA:a rude\n")->care.dimensions[0], 0);
    cr_expect_eq(judge_lines("C\nA:a warm\n")->care.dimensions[0], 700);
}

Test(care, is_the_weighted_mean_of_the_dimensions_that_are_there)
{
    base("p", 0, 1000, "x");
    base("q", 1, 1000, "y");
    cm_build_pack(b)->dimensions[0].weight = 1000;
    cm_build_pack(b)->dimensions[1].weight = 2000;
    cr_expect_eq(judge_lines("C\nA:a x\n")->care.score, 3333);
    cr_expect_eq(judge_lines("C\nA:a y\n")->care.score, 6667);
}

Test(care, points_of_a_dimension_without_a_base_count_by_its_weight_among_all)
{
    base("p", 0, 1000, "x");
    points(CM_BEHAVIOUR_PENALTY, 1, 1000, "rude");
    points(CM_BEHAVIOUR_BONUS, 1, 333, "warm");
    const struct cm_scorecard *card = judge_lines("C\nA:a x rude\n");
    cr_expect_eq(card->care.dimensions[1], -1);
    cr_expect_eq(card->care.score, 9500);
    cr_expect_eq(judge_lines("C\nA:a x rude warm\n")->care.score, 9667); /* 100 - 3.335, half up */
}

Test(care, points_of_all_agents_are_capped_together)
{
    base("p", 0, 1000, "x");
    points(CM_BEHAVIOUR_PENALTY, 0, 1000, "rude")->points_cap = 1500;
    const struct cm_scorecard *card = judge_lines("C\nA:a x rude\nA:b rude\n");
    cr_expect_eq(card->care.dimensions[0], 8500);
    cr_expect_eq(card->agents[0].care.dimensions[0], 9000);
}

Test(care, coverage_is_evaluated_by_applicable_weighted_twice)
{
    struct cm_behaviour *care = care_behaviour();
    care->dimension = 1;
    care->weight = 3000;
    base("p", 0, 1000, "x");
    cm_build_pack(b)->dimensions[1].weight = 2000;
    cr_expect_eq(judge_lines("C\nA:a x\n")->coverage_ppm, 1000000);
    cr_expect_eq(judge_lines("C customer.upset\nA:a x !sorry\n")->coverage_ppm, 142857); /* 1 of 7 */
    cr_expect_eq(judge_lines("C customer.upset\nA:a !x sorry\n")->coverage_ppm, 857143);
    cr_expect_eq(judge_lines("C\nB\n")->coverage_ppm, 0);
}

Test(care, is_null_below_the_least_coverage)
{
    base("p", 0, 1000, "x");
    base("q", 1, 1000, "y");
    cm_build_pack(b)->min_coverage = 500001;
    const struct cm_scorecard *card = judge_lines("C\nA:a x !y\n");
    cr_expect_eq(card->coverage_ppm, 500000);
    cr_expect_eq(card->care.score, -1);
    cr_expect_eq(card->care.dimensions[0], 10000);
    cr_expect_eq(card->null_reason, CM_REASON_LOW_COVERAGE);
}

Test(care, is_null_below_the_least_agent_runs)
{
    base("p", 0, 1000, "x");
    cm_build_pack(b)->min_agent_runs[CM_CHANNEL_CALL] = 2;
    cr_expect_eq(judge_lines("C chan=call\nA:a x\nA:a\n")->care.score, -1);
    cr_expect_eq(judge_lines("C chan=call\nA:a x\nC\nA:a\n")->care.score, 10000);
    cr_expect_eq(judge_lines("C chan=email\nA:a x\n")->care.score, 10000);
}

Test(care, of_an_agent_comes_from_his_own_entries)
{
    greet_behaviour(CM_DUE_EACH_AGENT, 1);
    care_behaviour()->dimension = 1;
    const struct cm_scorecard *card = judge_lines("A:a hello\nC customer.upset\nA:b\nC\nA:b\nC\n");
    cr_expect_eq(card->agent_count, 2);
    cr_expect_eq(card->agents[0].care.score, 10000);
    cr_expect_eq(card->agents[0].turns, 1);
    cr_expect_eq(card->agents[1].care.score, 0);
    cr_expect_eq(card->care.dimensions[0], 5000);
    cr_expect_eq(card->care.score, 2500);
}

Test(care, the_customers_side_stands_beside_it)
{
    struct cm_ruleset *pack = cm_build_pack(b);
    pack->thanks = cm_build_list(b, "customer.thanks");
    pack->delight = cm_build_list(b, "customer.wow");
    pack->resolved = cm_build_list(b, "customer.works done");
    pack->unresolved = cm_build_list(b, "customer.broken");
    const struct cm_scorecard *card =
        judge_lines("C customer.broken\nA:a done\nC customer.thanks customer.works\nC customer.wow customer.thanks\n");
    cr_expect_eq(card->thanks, 2);
    cr_expect_eq(card->delight, 1);
    cr_expect_eq(card->resolution, CM_RESOLUTION_CONFIRMED);
    cr_expect_eq(judge_lines("C customer.broken\nA:a done\nC\n")->resolution, CM_RESOLUTION_LIKELY);
    cr_expect_eq(judge_lines("C\nA:a done\nC customer.broken customer.thanks\n")->resolution, CM_RESOLUTION_OPEN);
    cr_expect_eq(judge_lines("C customer.works customer.broken\nA:a\n")->resolution, CM_RESOLUTION_OPEN);
    cr_expect_eq(judge_lines("C\nA:a\nC customer.thanks\n")->resolution, CM_RESOLUTION_LIKELY);
    cr_expect_eq(judge_lines("C\nA:a\nC\n")->resolution, CM_RESOLUTION_UNKNOWN);
}
