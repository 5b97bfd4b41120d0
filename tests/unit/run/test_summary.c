/* Figures of known scores; sums that do not depend on how they are shared out; agents by name. */
#include <criterion/criterion.h>
#include <math.h>

#include "run/summary.h"

static struct cm_behaviour behaviours[2] = {{.id = "met", .title = "Met", .kind = CM_BEHAVIOUR_OPPORTUNITY},
                                            {.id = "more", .title = "More", .kind = CM_BEHAVIOUR_BONUS}};
static struct cm_ruleset ruleset = {.name = "t", .version = "1", .dimension_count = 1, .behaviours = behaviours, .behaviour_count = 2};

static void add(struct cm_summary *summary, const char *id, const char *agent, int32_t score)
{
    struct cm_evidence evidence = {.turn = 1, .rule = "r", .quote = {id, strlen(id)}};
    struct cm_behaviour_result result = {
        .behaviour = &behaviours[0], .outcome = CM_OUTCOME_DELIVERED, .evidence = &evidence, .evidence_count = 1};
    struct cm_care_scores care = {.score = score, .dimensions = {score}};
    struct cm_agent_result agents = {.agent_id = agent ? cm_span_of(agent) : (struct cm_span){NULL, 0}, .turns = 2, .care = care};
    struct cm_scorecard card = {.interaction_id = cm_span_of(id),
                                .agents = &agents,
                                .agent_count = 1,
                                .care = care,
                                .null_reason = score < 0 ? CM_REASON_TOO_SHORT : CM_REASON_NONE,
                                .behaviours = &result,
                                .behaviour_count = 1};
    cr_assert_eq(cm_summary_add(summary, &card), CM_OK);
}

static void near(double is, double wanted)
{
    cr_assert(fabs(is - wanted) < 0.005, "%f instead of %f", is, wanted);
}

Test(summary, figures_of_a_few)
{
    struct cm_summary summary;
    struct cm_score_figures figures;
    cr_assert_eq(cm_summary_init(&summary, &ruleset), CM_OK);
    cm_score_figures(&summary.all[0], &figures);
    cr_assert_eq(figures.count, 0);
    add(&summary, "a", "amy", 5000);
    cm_score_figures(&summary.all[0], &figures);
    near(figures.mean, 50);
    cr_assert_lt(figures.margin, 0, "one score has no interval");
    add(&summary, "b", "amy", 7000);
    add(&summary, "c", "amy", 9050);
    add(&summary, "d", "amy", -1);
    cm_score_figures(&summary.all[0], &figures);
    cr_assert_eq(figures.count, 3);
    near(figures.mean, 70.1667);
    near(figures.spread, 20.2505);
    near(figures.margin, 4.303 * 20.2505 / sqrt(3));
    near(figures.floor, 50);
    cr_assert_eq(summary.interactions, 4);
    cr_assert_eq(summary.scored, 3);
    cr_assert_eq(summary.not_scored[CM_REASON_TOO_SHORT], 1);
    cr_assert_eq(summary.outcomes[0][CM_OUTCOME_DELIVERED], 4);
    cm_summary_free(&summary);
}

Test(summary, cues_at_their_limit_add_up)
{
    struct cm_cue cues[3] = {{.id = "a"}, {.id = "b"}, {.id = "c"}};
    struct cm_ruleset rules = ruleset;
    struct cm_summary one, two;
    rules.cues = cues;
    rules.cue_count = 3;
    cr_assert_eq(cm_summary_init(&one, &rules), CM_OK);
    cr_assert_eq(cm_summary_init(&two, &rules), CM_OK);
    cm_summary_add_faults(&one, &(struct cm_scanned){.faults = (const uint32_t[]){0, 2}, .fault_count = 2});
    cm_summary_add_faults(&two, &(struct cm_scanned){.faults = (const uint32_t[]){2}, .fault_count = 1});
    cr_assert_eq(cm_summary_merge(&one, &two), CM_OK);
    cr_assert_eq(one.faults[0], 1);
    cr_assert_eq(one.faults[1], 0);
    cr_assert_eq(one.faults[2], 2);
    cm_summary_free(&one);
    cm_summary_free(&two);
}

Test(summary, figures_of_many)
{
    struct cm_summary summary;
    struct cm_score_figures figures;
    cr_assert_eq(cm_summary_init(&summary, &ruleset), CM_OK);
    for (int i = 0; i <= 100; i++)
        add(&summary, "x", "amy", i * 100);
    cm_score_figures(&summary.all[1], &figures);
    near(figures.mean, 50);
    near(figures.spread, 29.3002);
    near(figures.margin, 1.96 * 29.3002 / sqrt(101));
    near(figures.floor, 10);
    cm_summary_free(&summary);
}

Test(summary, however_it_is_shared_out)
{
    static const char *const agents[] = {"zoe", "amy", NULL, "Bob", "amy"};
    struct cm_summary whole, parts[3];
    cr_assert_eq(cm_summary_init(&whole, &ruleset), CM_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(cm_summary_init(&parts[i], &ruleset), CM_OK);
    for (int i = 0; i < 60; i++) {
        char id[16];
        snprintf(id, sizeof id, "id-%d", i * 37 % 60);
        add(&whole, id, agents[i % 5], i * 160);
        add(&parts[i * i % 7 % 3], id, agents[i % 5], i * 160);
    }
    cr_assert_eq(cm_summary_merge(&parts[2], &parts[0]), CM_OK);
    cr_assert_eq(cm_summary_merge(&parts[2], &parts[1]), CM_OK);
    cm_summary_sort(&whole);
    cm_summary_sort(&parts[2]);
    cr_assert_eq(parts[2].interactions, 60);
    cr_assert_eq(parts[2].agent_count, whole.agent_count);
    for (size_t i = 0; i < whole.agent_count; i++) {
        struct cm_score_figures a, b;
        cm_score_figures(&whole.agents[i].scores[0], &a);
        cm_score_figures(&parts[2].agents[i].scores[0], &b);
        cr_assert(cm_span_equal(whole.agents[i].id, parts[2].agents[i].id));
        cr_assert_eq(whole.agents[i].turns, parts[2].agents[i].turns);
        cr_assert_eq(a.count, b.count);
        cr_assert_eq(a.mean, b.mean);
        cr_assert_eq(a.spread, b.spread);
        cr_assert_eq(a.floor, b.floor);
    }
    cr_assert(cm_span_equal(whole.agents[0].id, CM_SPAN("Bob")), "bytewise, by name");
    cr_assert_null(whole.agents[3].id.ptr, "those without an id last");
    cr_assert(cm_span_equal(whole.moments[CM_MOMENT_MET].interaction_id, parts[2].moments[CM_MOMENT_MET].interaction_id));
    cr_assert(cm_span_equal(whole.moments[CM_MOMENT_MET].interaction_id, CM_SPAN("id-10")), "longest quote, then smallest id");
    cm_summary_free(&whole);
    for (int i = 0; i < 3; i++)
        cm_summary_free(&parts[i]);
}

Test(summary, an_agent_without_id_is_not_one_with_an_empty_id)
{
    struct cm_summary summary;
    cr_assert_eq(cm_summary_init(&summary, &ruleset), CM_OK);
    add(&summary, "a", NULL, 100);
    add(&summary, "b", "", 100);
    cr_assert_eq(summary.agent_count, 2);
    cm_summary_free(&summary);
}
