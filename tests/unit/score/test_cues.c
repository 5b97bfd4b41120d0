/* rules/REFERENCE.md §4: gates, combinations, echo, the customer's name, confidence. */
#include "score/private.h"

#include "helper.h"

TestSuite(cues, .init = make, .fini = drop);

/* Turns in which the cue gave a bonus: "1 4 ". */
static const char *fired(const char *cue, const char *lines)
{
    static char text[256];
    static bool made;
    size_t len = 0;
    if (!made) {
        struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0);
        bonus->met_by = cm_build_list(b, cue);
        made = true;
    }
    const struct cm_scorecard *card = judge_lines(lines);
    text[0] = '\0';
    for (uint32_t i = 0; i < card->behaviour_count; i++)
        for (uint32_t k = 0; k < card->behaviours[i].evidence_count; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "%u ", card->behaviours[i].evidence[k].turn);
    return text;
}

Test(cues, only_the_speakers_of_a_cue_can_hit)
{
    cm_build_cue(b, "x");
    cr_expect_str_eq(fired("x", "C x\nA x\nL x\nB x\n"), "1 2 ");
}

Test(cues, channel_gate)
{
    cm_build_cue(b, "x")->channels = CM_BIT(CM_CHANNEL_CALL);
    cr_expect_str_eq(fired("x", "C chan=chat\nA x\n"), "");
    cr_expect_str_eq(fired("x", "C chan=call\nA x\n"), "1 ");
    cr_expect_str_eq(fired("x", "C\nA x\n"), "");
}

Test(cues, language_gate_takes_regions_and_unknown_languages)
{
    static const struct cm_span en[] = {{"en", 2}};
    cm_build_cue(b, "x")->languages = en;
    cm_build_cue(b, "x")->language_count = 1;
    cr_expect_str_eq(fired("x", "C lang=en\nA x\n"), "1 ");
    cr_expect_str_eq(fired("x", "C lang=EN-gb\nA x\n"), "1 ");
    cr_expect_str_eq(fired("x", "C\nA x\n"), "1 ");
    cr_expect_str_eq(fired("x", "C lang=eng\nA x\n"), "");
    cr_expect_str_eq(fired("x", "C lang=de\nA x\n"), "");
}

Test(cues, position_first_counts_the_agents_own_runs)
{
    cm_build_cue(b, "x")->position_first = 1;
    cr_expect_str_eq(fired("x", "A:a x\nA:a x\nC\nA:a x\nA:b x\nC\nA:b x\n"), "0 1 4 ");
}

Test(cues, position_last_counts_from_the_end_of_the_segment)
{
    cm_build_cue(b, "x")->position_last = 1;
    cr_expect_str_eq(fired("x", "A:a x\nC\nA:a x\nA:b x\nC\nA:b x\n"), "2 5 ");
}

Test(cues, replies_is_the_first_message_of_a_run_after_the_customer)
{
    cm_build_cue(b, "x")->replies = true;
    cr_expect_str_eq(fired("x", "A:a x\nC\nB\nA:a x\nA:a x\nA:b x\n"), "3 ");
}

Test(cues, a_turn_of_so_many_words)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->min_words = 3;
    x->max_words = 5;
    cr_expect_str_eq(fired("x", "C\nA n=2 x\nA n=3 x\nA n=5 x\nA n=6 x\n"), "2 3 ");
}

Test(cues, a_combination_in_a_turn_of_so_many_words)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_COMPOSITE;
    x->any = cm_build_list(b, "y");
    x->min_words = 3;
    cr_expect_str_eq(fired("x", "C\nA n=2 y\nA n=3 y\nA n=60 y\n"), "2 3 ");
}

Test(cues, a_turn_below_the_confidence_gate_fires_nothing)
{
    cm_build_cue(b, "x");
    cm_build_pack(b)->min_confidence = 500000;
    cr_expect_str_eq(fired("x", "C\nA conf=0.49 x\nA conf=0.5 x\nA x\n"), "2 3 ");
}

Test(cues, the_customers_name_must_be_his_or_a_mask)
{
    cm_build_cue(b, "x")->name_customer = true;
    cr_expect_str_eq(fired("x", "C name=ann,lee\nA x@0-4/bob\nA x@0-4/ann\nA x@0-4/MASK\nA x@0-4\n"), "2 3 ");
    cr_expect_str_eq(fired("x", "A x@0-4/ann\nC name=ann\n"), "0 ");
}

/* The spans of a name cue in the only turn: "0-9 12-20 ". */
static const char *named(uint32_t least, const char *hits)
{
    static char text[256], lines[256];
    static struct cm_cue *cue;
    size_t len = 0;
    if (!cue) {
        cue = cm_build_cue(b, "x");
        cue->name_customer = true;
        care_behaviour()->met_by = cm_build_list(b, "other");
    }
    cue->min_count = least;
    snprintf(lines, sizeof lines, "A name=ann,lee %s\n", hits);
    judge_lines(lines);
    const struct cm_judge *judge = cm_build_inner(b);
    text[0] = '\0';
    for (size_t i = 0; i < judge->firing_count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, judge->firings[i].flags & CM_FIRING_FAULT ? "fault " : "%u-%u ",
                                judge->firings[i].start, judge->firings[i].end);
    return text;
}

Test(cues, any_name_in_a_hit_may_be_the_customers)
{
    cr_expect_str_eq(named(1, "x@0-20/bob x@0-20/ann"), "0-20 ");
    cr_expect_str_eq(named(1, "x@0-20/bob x@7-10/bob x@17-20/ann"), "17-20 ");
    cr_expect_str_eq(named(1, "x@0-10/bob x@11-14/tom"), "");
}

Test(cues, confirmed_names_are_merged)
{
    cr_expect_str_eq(named(1, "x@0-4/ann x@0-9/ann x@0-9/lee x@6-12/lee x@9-12/lee"), "0-9 9-12 ");
    cr_expect_str_eq(named(1, "x@0-4/ann x@0-9/bob x@5-9/lee"), "0-4 5-9 ");
}

Test(cues, names_are_counted_once_they_are_confirmed_and_merged)
{
    cr_expect_str_eq(named(2, "x@0-4/ann x@10-14/bob"), "");
    cr_expect_str_eq(named(2, "x@0-4/ann x@0-9/ann x@5-9/lee"), "");
    cr_expect_str_eq(named(2, "x@0-4/ann x@10-14/bob x@20-24/MASK"), "0-4 20-24 ");
}

Test(cues, a_fault_of_a_name_cue_is_one_until_a_name_is_confirmed)
{
    cr_expect_str_eq(named(1, "x@0-4/bob !x"), "fault ");
    cr_expect_str_eq(named(1, "x@0-4/ann !x"), "0-4 ");
}

Test(cues, all_any_none_in_one_turn)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_COMPOSITE;
    x->all = cm_build_list(b, "p q");
    x->any = cm_build_list(b, "r s");
    x->none = cm_build_list(b, "n");
    cr_expect_str_eq(fired("x", "A p q r\nA p q s n\nA p r\nA p q\nA q s p r\nC\n"), "0 4 ");
}

/* x sums up 1.5 of p, 1 of any.q and takes 2 for n, and asks for 2. */
static struct cm_cue *make_sum(void)
{
    static struct cm_rule_weight weights[3];
    const char *const names[] = {"p", "any.q", "n"};
    const int32_t of[] = {1500, 1000, -2000};
    for (unsigned i = 0; i < 3; i++)
        weights[i] = (struct cm_rule_weight){.cue = cm_build_cue_index(b, names[i]), .weight = of[i]};
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_SUMMED;
    x->threshold = 2000;
    x->weights = weights;
    x->weight_count = 3;
    return x;
}

Test(cues, sums_of_phrases_and_cues_in_one_turn)
{
    make_sum();
    cr_expect_str_eq(fired("x", "A p\nA p any.q\nA p any.q n\nA p x@0-4/+500\nA x@0-4/+2000\nA n x@0-4/+3999\nC any.q\nA p\n"), "1 3 4 ");
    cr_expect_str_eq(fired("x", "C\nA p any.q x@0-4/-501\nA p any.q x@0-4/-500\nA p p\n"), "2 ", "what was said twice counts once");
}

Test(cues, a_sum_goes_by_gates_and_confidence)
{
    make_sum()->replies = true;
    cm_build_pack(b)->min_confidence = 500000;
    cr_expect_str_eq(fired("x", "A p any.q\nC\nA p any.q\nC\nA conf=0.4 p any.q\n"), "2 ");
}

Test(cues, a_sum_is_in_doubt_only_where_that_matters)
{
    make_sum();
    care_behaviour()->met_by = cm_build_list(b, "other");
    judge_lines("A p !any.q\nA p any.q !n\nA !p\nA x@0-4/+2000 !p\nA any.q !n\n");
    const struct cm_judge *judge = cm_build_inner(b);
    char text[64] = "";
    size_t len = 0;
    uint32_t x = cm_build_cue_index(b, "x");
    for (size_t i = 0; i < judge->firing_count; i++)
        if (judge->firings[i].cue == x)
            len += (size_t)snprintf(text + len, sizeof text - len, judge->firings[i].flags & CM_FIRING_FAULT ? "%u? " : "%u ",
                                    judge->firings[i].turn);
    cr_expect_str_eq(text, "0? 1? 3 ");
}

Test(cues, near_spans_messages_of_anyone_and_is_sited_on_the_last_that_counts)
{
    struct cm_cue *x = cm_build_cue(b, "any.x");
    x->kind = CM_CUE_COMPOSITE;
    x->all = cm_build_list(b, "p customer.q");
    x->near_turns = 3;
    cr_expect_str_eq(fired("any.x", "C customer.q\nB\nA p\nA p\nC\nB\nC customer.q\n"), "2 ");
    cr_expect_str_eq(fired("any.x", "A p\nC customer.q\nA\nA p\n"), "1 3 ");
}

Test(cues, none_looks_through_the_whole_of_near)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_COMPOSITE;
    x->any = cm_build_list(b, "p");
    x->none = cm_build_list(b, "customer.n");
    x->near_turns = 2;
    cr_expect_str_eq(fired("x", "C customer.n\nA p\nA p\n"), "2 ");
}

Test(cues, nothing_but_none_fires_on_every_other_turn)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_COMPOSITE;
    x->none = cm_build_list(b, "n");
    cr_expect_str_eq(fired("x", "C\nA\nA n\nA !n\nA\n"), "1 4 ");
}

Test(cues, combinations_of_combinations)
{
    struct cm_cue *y = cm_build_cue(b, "y"), *x = cm_build_cue(b, "x");
    y->kind = x->kind = CM_CUE_COMPOSITE;
    y->all = cm_build_list(b, "p q");
    x->all = cm_build_list(b, "y");
    x->none = cm_build_list(b, "n");
    cr_expect_str_eq(fired("x", "A p q\nA p\nA p q n\nC\n"), "0 ");
}

Test(cues, a_combination_points_at_the_first_words_of_its_members)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_COMPOSITE;
    x->all = cm_build_list(b, "p q");
    struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0);
    bonus->met_by = cm_build_list(b, "x");
    const struct cm_scorecard *card = judge_lines("C\nA p@20-30 q@8-12\n");
    cr_expect_eq(card->behaviours[0].evidence[0].start, 8);
    cr_expect_eq(card->behaviours[0].evidence[0].end, 12);
}

Test(cues, echo_counts_distinct_words_of_the_run_that_is_replied_to)
{
    struct cm_cue *x = cm_build_cue(b, "x");
    x->kind = CM_CUE_ECHO;
    x->echo_words = 2;
    cr_expect_str_eq(fired("x", "C w=red,car\nA w=red,car\n"), "1 ");
    cr_expect_str_eq(fired("x", "C w=red,car\nA w=red,bus\n"), "");
    cr_expect_str_eq(fired("x", "C w=red\nB w=blue\nC w=car\nA:a w=red,car\nA:b w=car,red\n"), "3 4 ");
    cr_expect_str_eq(fired("x", "C w=red,car\nA\nC w=bus\nA w=red,car\n"), "");
    cr_expect_str_eq(fired("x", "A w=red,car\nC w=red,car\n"), "");
}

Test(cues, a_cue_counts_once_a_turn)
{
    struct cm_behaviour *bonus = cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 0);
    bonus->met_by = cm_build_list(b, "x y");
    bonus->points = 100;
    const struct cm_scorecard *card = judge_lines("C\nA x@0-2 x@5-7 y@9-12\nA x\n");
    cr_expect_eq(card->behaviours[0].seen, 2);
    cr_expect_eq(card->behaviours[0].credit_ppm, 2000000);
}
