/* rules/REFERENCE.md §8: identity, order, edits. */
#include "helper.h"

TestSuite(order, .init = make, .fini = drop);

/* The cues of the agent's turns, in order, as the evidence of a bonus that every cue gives. */
static const char *order_of(const char *lines, const struct cm_scorecard **out)
{
    static char text[256];
    struct cm_behaviour *all = cm_build_behaviour(b, "all", CM_BEHAVIOUR_BONUS, 0);
    all->met_by = cm_build_list(b, "a b c d e f");
    const struct cm_scorecard *card = judge_lines(lines);
    const struct cm_behaviour_result *result = cm_build_result(card, "all", "x");
    size_t len = 0;
    text[0] = '\0';
    for (uint32_t i = 0; result && i < result->evidence_count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u ", result->evidence[i].rule, result->evidence[i].turn);
    if (out)
        *out = card;
    return text;
}

Test(order, by_seq_where_all_messages_have_one)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=1 t=50\nA:x seq=3 t=10 b\nA:x seq=2 t=20 a\n", &card), "a1 b2 ");
    cr_expect(has_flag(card, CM_FLAG_CLOCK_BACKWARDS));
    cr_expect_not(has_flag(card, CM_FLAG_UNORDERED));
}

Test(order, by_ts_where_a_message_lacks_seq)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=9 t=1\nA:x seq=- t=3 b\nA:x seq=5 t=2 a\n", &card), "a1 b2 ");
    cr_expect_not(has_flag(card, CM_FLAG_UNORDERED));
}

Test(order, by_ts_then_seq_then_speaker)
{
    cr_expect_str_eq(order_of("C seq=- t=1\nA:x seq=7 t=3 b\nA:x seq=5 t=3 a\nL:x seq=5 id=l t=3 c\n", NULL), "a1 c2 b3 ");
}

Test(order, by_source_where_neither_is_whole_and_flagged)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(
        order_of("A:x seq=- file=1 at=5 c\nA:x seq=1 file=0 at=9 b\nA:x seq=- t=1 file=0 at=3 a\nC seq=- file=2 at=0\n", &card),
        "a0 b1 c2 ");
    cr_expect(has_flag(card, CM_FLAG_UNORDERED));
}

Test(order, same_identity_same_hash_is_dropped)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 a\nA:x seq=2 a\nA:x seq=3 id=q b\nA:x seq=3 id=q b\n", &card), "a1 b2 ");
    cr_expect_not(has_flag(card, CM_FLAG_CONFLICT));
    cr_expect_eq(card->agent_turns, 2);
}

Test(order, same_identity_other_hash_is_a_conflict_and_the_smallest_stays)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=1 t=1\nA:x seq=2 t=7 a\nA:x seq=2 t=5 b\nA:x seq=2 t=6 c\n", &card), "b1 ");
    cr_expect(has_flag(card, CM_FLAG_CONFLICT));
}

Test(order, of_a_conflict_an_absent_ts_is_smallest)
{
    cr_expect_str_eq(order_of("C seq=1 t=1\nA:x seq=2 t=5 a\nA:x seq=2 b\n", NULL), "b1 ");
}

Test(order, of_a_conflict_speakers_count_by_name)
{
    const struct cm_scorecard *card; /* agent < bot < customer < lead */
    order_of("C seq=1\nL:x seq=2 t=1 a\nB seq=2 t=1\nC seq=2 t=1\n", &card);
    cr_expect_eq(card->bot_turns, 1);
    cr_expect_eq(card->agent_turns, 0);
}

Test(order, event_id_is_identity_before_seq)
{
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 id=p a\nA:x seq=2 id=q b\nA:x seq=2 c\n", NULL)[0] != '\0' ? "ok" : "", "ok");
    cr_expect_eq(cm_build_judge(b, true)->agent_turns, 3);
}

Test(order, without_identity_equal_lines_are_two_turns)
{
    cr_expect_str_eq(order_of("C seq=- t=1\nA:x seq=- t=2 a\nA:x seq=- t=2 a\n", NULL), "a1 a2 ");
}

Test(order, start_stands_first_and_end_last_whatever_their_seq)
{
    const struct cm_scorecard *card = judge_lines("end seq=1 t=90 queue=late\nA:x seq=2 t=5 queue=mid\nstart seq=9 t=1 queue=early\n");
    cr_expect(cm_span_equal(card->queue, CM_SPAN("early")));
    cr_expect_eq(card->started_at, 1000);
    cr_expect_eq(card->ended_at, 90000);
}

Test(order, a_mark_without_the_messages_key_is_unplaced_and_without_effect)
{
    const struct cm_scorecard *card = judge_lines("C seq=1\nA:x seq=2\nfeedback seq=- t=5 rating=4 scale=5\n");
    cr_expect(has_flag(card, CM_FLAG_UNPLACED));
    cr_expect_not(card->has_rating);
    card = judge_lines("C seq=1\nA:x seq=2\nfeedback seq=3 rating=4 scale=5\n");
    cr_expect_not(has_flag(card, CM_FLAG_UNPLACED));
    cr_expect(card->has_rating && card->rating == 4000 && card->scale == 5000);
}

Test(order, edit_replaces_words_and_the_last_one_wins)
{
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 id=m a\nedit seq=5 target=m c\nedit seq=4 target=m b\n", NULL), "c1 ");
    cr_expect_str_eq(judge_lines("C seq=1\nA:x seq=2 a\nedit seq=5 tseq=2 d\n")->behaviours[0].evidence[0].rule, "d");
}

Test(order, delete_beats_every_edit_and_keeps_the_turns_place)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 id=m a\ndelete seq=3 target=m\nedit seq=9 target=m b\nA:x seq=10 c\n", &card), "c2 ");
    cr_expect_eq(card->agent_turns, 2);
}

Test(order, edit_of_nothing_is_an_orphan)
{
    const struct cm_scorecard *card;
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 a\nedit seq=3 target=zz b\nedit seq=4 tseq=77 b\n", &card), "a1 ");
    cr_expect(has_flag(card, CM_FLAG_ORPHAN_EDIT));
}

Test(order, edit_is_judged_as_the_speaker_it_belongs_to)
{
    cr_expect_str_eq(order_of("C seq=1\nA:x seq=2 a\nedit seq=3 tseq=1 b\n", NULL), "a1 "); /* b is an agent's cue */
}

Test(order, a_lost_line_flags_incomplete)
{
    cr_expect(has_flag(judge_lines("C\nlost\nA:x\n"), CM_FLAG_INCOMPLETE));
    cr_expect_not(has_flag(judge_lines("C\nA:x\n"), CM_FLAG_INCOMPLETE));
}

Test(order, scalars_are_the_first_not_null_in_order)
{
    const struct cm_scorecard *card =
        judge_lines("A:x seq=3 lang=de cust=c2 chan=email\nC seq=2 lang=en queue=q team=t\nC seq=1 cust=c1\n");
    cr_expect(cm_span_equal(card->lang, CM_SPAN("en")));
    cr_expect(cm_span_equal(card->customer_id, CM_SPAN("c1")));
    cr_expect(cm_span_equal(card->queue, CM_SPAN("q")));
    cr_expect(cm_span_equal(card->team, CM_SPAN("t")));
    cr_expect(cm_span_equal(card->channel, CM_SPAN("email")));
}

Test(order, agent_id_is_who_wrote_most_first_to_speak_on_ties)
{
    cr_expect(cm_span_equal(judge_lines("A:x\nA:y\nC\nA:y\nA:x\n")->agent_id, CM_SPAN("x")));
    cr_expect(cm_span_equal(judge_lines("A:x\nA:y\nC\nA:y\n")->agent_id, CM_SPAN("y")));
}

Test(order, turns_beyond_the_cap_are_left_out_and_flagged)
{
    for (unsigned i = 0; i < CM_TURNS_MAX + 5; i++)
        cm_build_say(b, i % 2 ? "C" : "A:x");
    const struct cm_scorecard *card = cm_build_judge(b, true);
    cr_expect(has_flag(card, CM_FLAG_TOO_MANY_TURNS));
    cr_expect_eq(card->agent_turns + card->customer_turns, CM_TURNS_MAX);
}

Test(order, the_last_rating_counts)
{
    const struct cm_scorecard *card = judge_lines("C\nfeedback rating=2 scale=5\nA:x\nfeedback rating=4.5\nfeedback\n");
    cr_expect_eq(card->rating, 4500);
    cr_expect_eq(card->scale, -1);
}

Test(order, nothing_at_all_is_a_scorecard_too)
{
    const struct cm_scorecard *card = cm_build_judge_in(b, NULL, 0, true);
    cr_expect_eq(card->care.score, -1);
    cr_expect_eq(card->null_reason, CM_REASON_NO_AGENT);
}
