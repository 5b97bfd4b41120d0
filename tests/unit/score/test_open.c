/* What open scorecards say beside: what they wait for, since when, and moments. */
#include "chance.h"
#include "helper.h"

TestSuite(open, .init = make, .fini = drop);

static struct cm_behaviour *with_deeds(void)
{
    struct cm_behaviour *care = care_behaviour();
    care->then_any = cm_build_list(b, "deed");
    care->then_credit = 400000;
    care->then_runs = 2;
    return care;
}

static const char *state_name(const struct cm_card_pending *pending)
{
    static const char *const names[] = {"due", "unmet", "half"};
    return names[pending->state];
}

/* The index-th of what is awaited, told in one line. */
static const char *awaited(const struct cm_scorecard *card, uint32_t index)
{
    static char text[120];
    if (index >= card->pending_count)
        return "none";
    const struct cm_card_pending *pending = &card->pending[index];
    int len = snprintf(text, sizeof text, "%s %s %.*s since=", pending->behaviour->id, state_name(pending), (int)pending->agent_id.len,
                       pending->agent_id.ptr ? pending->agent_id.ptr : "");
    if (pending->since == INT64_MIN)
        len += snprintf(text + len, sizeof text - (size_t)len, "none");
    else
        len += snprintf(text + len, sizeof text - (size_t)len, "%lld", (long long)pending->since / 1000);
    for (uint32_t i = 0; i < pending->evidence_count; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, " %u:%s", pending->evidence[i].turn, pending->evidence[i].rule);
    return text;
}

Test(open, a_canned_apology_leaves_it_half_and_a_deed_clears_it)
{
    with_deeds();
    cr_expect_str_eq(awaited(judge_open("A:a t=1\nC t=2 customer.upset\n"), 0), "care unmet a since=2 1:customer.upset");
    cr_expect_str_eq(awaited(judge_open("A:a t=1\nC t=2 customer.upset\nA:a t=5 sorry\nC t=7\n"), 0),
                     "care half a since=2 1:customer.upset 2:sorry");
    cr_expect_eq(judge_open("A:a t=1\nC t=2 customer.upset\nA:a t=5 sorry\nC t=7\nA:a t=9 deed\n")->pending_count, 0);
    cr_expect_eq(judge_open("A:a t=1\nC t=2 customer.upset\nA:a t=5 sorry deed\n")->pending_count, 0);
}

Test(open, a_deed_after_words_that_came_late_is_shown_while_better_may_come)
{
    struct cm_behaviour *care = with_deeds();
    care->prompt_ms[CM_CHANNEL_CHAT] = 1000;
    care->prompt_late_credit = 500000;
    cr_expect_str_eq(awaited(judge_open("C chan=chat t=0 customer.upset\nA:a t=9 sorry deed\n"), 0),
                     "care half a since=0 0:customer.upset 1:sorry 1:deed");
}

Test(open, since_does_not_move_when_the_customer_repeats)
{
    with_deeds();
    cr_expect_str_eq(awaited(judge_open("C t=1\nA:a t=2\nC t=3 customer.upset\nC t=4 customer.upset\n"), 0),
                     "care unmet a since=3 2:customer.upset");
    cr_expect_str_eq(awaited(judge_open("C t=1\nA:a t=2\nC t=3 customer.upset\nA:a t=4\nC t=5 customer.upset\n"), 0),
                     "care unmet a since=3 2:customer.upset");
}

Test(open, a_repeat_after_an_apology_waits_for_itself_and_the_first_for_its_deed)
{
    with_deeds();
    const struct cm_scorecard *card = judge_open("C t=3 customer.upset\nA:a t=4 sorry\nC t=5 customer.upset\n");
    cr_expect_eq(card->pending_count, 2);
    cr_expect_str_eq(awaited(card, 0), "care half a since=3 0:customer.upset 1:sorry");
    cr_expect_str_eq(awaited(card, 1), "care unmet a since=5 2:customer.upset");
}

/* The judge says no_agent of the whole of it; for him who waits that is the worst of reasons. */
Test(open, a_customer_whom_nobody_has_answered_waits)
{
    with_deeds();
    cr_expect_str_eq(awaited(judge_open("C t=1\nC t=3 customer.upset\nB t=4\nC t=9 customer.upset\n"), 0),
                     "care unmet  since=3 1:customer.upset");
    cr_expect_eq(judge_open("C t=1\n")->pending_count, 0);
}

Test(open, what_could_not_be_decided_is_due_and_no_concern)
{
    with_deeds();
    cr_expect_str_eq(awaited(judge_open("C t=1 !customer.upset\n"), 0), "care due  since=none");
}

Test(open, what_nobody_asked_for_is_due_and_comes_last)
{
    greet_behaviour(CM_DUE_ONCE, 1);
    with_deeds();
    const struct cm_scorecard *card = judge_open("C t=1 customer.upset\nA:a t=3\n");
    cr_expect_eq(card->pending_count, 2);
    cr_expect_str_eq(awaited(card, 0), "care unmet a since=1 0:customer.upset");
    cr_expect_str_eq(awaited(card, 1), "greet due a since=none");
}

Test(open, who_waits_longest_comes_first_and_equals_in_the_order_of_the_pack)
{
    static const char *const cues[] = {"customer.late", "customer.early", "customer.both", "customer.both"};
    for (unsigned i = 0; i < 4; i++) {
        struct cm_behaviour *care = cm_build_behaviour(b, (const char *[]){"one", "two", "three", "four"}[i], CM_BEHAVIOUR_OPPORTUNITY, 0);
        care->opportunity = cm_build_list(b, cues[i]);
        care->met_by = cm_build_list(b, "sorry");
    }
    const struct cm_scorecard *card = judge_open("C t=5 customer.late\nC t=2 customer.early\nC t=3 customer.both\nA:a t=9\n");
    cr_assert_eq(card->pending_count, 4);
    const char *order[] = {"two", "three", "four", "one"};
    for (unsigned i = 0; i < 4; i++)
        cr_expect_str_eq(card->pending[i].behaviour->id, order[i], "%u: %s", i, card->pending[i].behaviour->id);
    card = judge_open("C t=- customer.late\nC t=- customer.early\nA:a t=9\n");
    cr_assert_eq(card->pending_count, 2);
    cr_expect_str_eq(awaited(card, 0), "one unmet a since=none 0:customer.late");
}

Test(open, final_cards_wait_for_nothing_and_show_nothing)
{
    with_deeds();
    cm_build_pack(b)->thanks = cm_build_list(b, "customer.thanks");
    const struct cm_scorecard *card = judge_lines("C customer.upset\nA:a\nC customer.thanks\n");
    cr_expect(!card->pending_count && !card->moment_count);
    cr_expect_null(strstr(cm_build_json(b, card), "\"moments\""));
}

Test(open, moments_are_points_delight_and_thanks_in_order_of_time)
{
    care_behaviour();
    cm_build_behaviour(b, "bonus", CM_BEHAVIOUR_BONUS, 1)->met_by = cm_build_list(b, "extra");
    cm_build_behaviour(b, "rude", CM_BEHAVIOUR_PENALTY, 0)->met_by = cm_build_list(b, "rude.word");
    cm_build_pack(b)->delight = cm_build_list(b, "customer.glad");
    cm_build_pack(b)->thanks = cm_build_list(b, "customer.thanks");
    const struct cm_scorecard *card =
        judge_open("C t=1 customer.thanks\nA:a t=2 rude.word extra\nC t=3 customer.glad customer.glad customer.thanks\nA:b t=4 extra\n"
                   "C t=- customer.thanks\n");
    static const struct {
        const char *id, *agent;
        uint8_t kind;
        uint32_t turn;
    } told[] = {
        {NULL, NULL, CM_CARD_MOMENT_THANKS, 0}, {"bonus", "a", CM_CARD_MOMENT_BONUS, 1}, {"rude", "a", CM_CARD_MOMENT_PENALTY, 1},
        {NULL, "a", CM_CARD_MOMENT_DELIGHT, 2}, {NULL, "a", CM_CARD_MOMENT_THANKS, 2},   {"bonus", "b", CM_CARD_MOMENT_BONUS, 3},
        {NULL, "b", CM_CARD_MOMENT_THANKS, 4},
    };
    cr_assert_eq(card->moment_count, sizeof told / sizeof *told);
    for (uint32_t i = 0; i < card->moment_count; i++) {
        const struct cm_card_moment *moment = &card->moments[i];
        cr_expect_eq(moment->kind, told[i].kind, "%u", i);
        cr_expect_eq(moment->evidence->turn, told[i].turn, "%u", i);
        cr_expect_eq(moment->at, i == 6 ? INT64_MIN : (told[i].turn + 1) * INT64_C(1000), "%u", i);
        cr_expect(told[i].id ? moment->behaviour && strcmp(moment->behaviour->id, told[i].id) == 0 : !moment->behaviour, "%u", i);
        cr_expect(told[i].agent ? cm_span_equal(moment->agent_id, cm_span_of(told[i].agent)) : !moment->agent_id.ptr, "%u", i);
    }
}

/* ----------------------------------------------------------------------- laws */

enum { CASES = 6000 };

struct sums {
    uint32_t seen, pending;
    int64_t credit;
};

static struct sums sums_of(const struct cm_scorecard *card, const char *behaviour)
{
    struct sums sums = {0};
    for (uint32_t i = 0; i < card->behaviour_count; i++)
        if (strcmp(card->behaviours[i].behaviour->id, behaviour) == 0) {
            sums.seen += card->behaviours[i].seen;
            sums.credit += card->behaviours[i].credit_ppm;
        }
    for (uint32_t i = 0; i < card->pending_count; i++)
        sums.pending += strcmp(card->pending[i].behaviour->id, behaviour) == 0;
    return sums;
}

static void say_at_random(struct cm_chance *chance)
{
    static const char *const lines[] = {"C", "C customer.upset", "C customer.upset", "A:a", "A:a sorry", "A:a deed", "A:a sorry deed", "B"};
    cm_build_forget(b);
    cm_build_say(b, "C\nA:a\n");
    for (unsigned left = 1 + cm_chance_below(chance, 9); left > 0; left--)
        cm_build_say(b, lines[cm_chance_below(chance, 8)]);
}

/* What is pending is all that is still to be won: what ends now does not move the rest, and one good reply with its deed wins all of it. */
Test(open, what_is_pending_is_exactly_what_the_final_card_can_still_change)
{
    struct cm_behaviour *care = with_deeds();
    struct cm_chance chance = {7};
    unsigned waiting = 0;
    for (unsigned i = 0; i < CASES; i++) {
        care->window_runs = cm_chance_below(&chance, 4);
        care->then_runs = cm_chance_below(&chance, 3);
        say_at_random(&chance);
        struct sums open = sums_of(cm_build_judge(b, false), "care"), ended = sums_of(cm_build_judge(b, true), "care");
        cr_assert_eq(ended.seen, open.seen + open.pending, "case %u", i);
        cr_assert(ended.credit >= open.credit && ended.credit <= open.credit + open.pending * INT64_C(400000), "case %u", i);
        cm_build_say(b, "A:a sorry deed\n");
        struct sums answered = sums_of(cm_build_judge(b, true), "care");
        cr_assert_eq(answered.seen, open.seen + open.pending, "case %u", i);
        cr_assert_eq(answered.credit, open.credit + open.pending * CM_PPM, "case %u", i);
        waiting += open.pending > 0;
    }
    cr_expect(waiting > CASES / 5 && waiting < CASES, "%u", waiting);
}

/* Any pack: an entry that is pending is on the list, and what is not on it is not moved by the end of the conversation. */
Test(open, what_is_not_pending_is_not_moved_by_the_end)
{
    unsigned compared = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct cm_builder *one = cm_builder_new();
        struct cm_chance chance = {seed};
        struct cm_buffer lines = CM_BUFFER_EMPTY;
        cm_chance_pack(one, &chance);
        cm_chance_lines(&chance, &lines);
        cm_build_say(one, lines.ptr);
        struct sums before[16];
        const struct cm_ruleset *pack = cm_build_pack(one);
        const struct cm_scorecard *card = cm_build_judge(one, false);
        for (uint32_t i = 0; i < card->behaviour_count; i++)
            cr_assert(card->behaviours[i].outcome != CM_OUTCOME_PENDING || sums_of(card, card->behaviours[i].behaviour->id).pending,
                      "seed %llu", (unsigned long long)seed);
        for (uint32_t i = 0; i < pack->behaviour_count; i++)
            before[i] = sums_of(card, pack->behaviours[i].id);
        card = cm_build_judge(one, true);
        for (uint32_t i = 0; i < pack->behaviour_count && card->customer_turns; i++) {
            struct sums after = sums_of(card, pack->behaviours[i].id);
            if (before[i].pending || pack->behaviours[i].kind != CM_BEHAVIOUR_OPPORTUNITY)
                continue;
            cr_assert(after.seen == before[i].seen && after.credit == before[i].credit, "seed %llu\n%s", (unsigned long long)seed,
                      lines.ptr);
            compared++;
        }
        cm_buffer_free(&lines);
        cm_builder_free(one);
    }
    cr_expect_gt(compared, CASES / 4, "%u", compared);
}
