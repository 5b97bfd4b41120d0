/* What becomes of an interaction while it is heard: clocks, ends, stragglers, limits. What is stored is read back in test_restore.c. */
#include "living.h"

static struct life life;

static void make(void)
{
    life_prepare(&life);
}

static void drop(void)
{
    life_end(&life);
}

TestSuite(live, .init = make, .fini = drop);

Test(live, an_event_shows_an_open_card_and_silence_of_its_channel_closes)
{
    life.set.idle_ms[CM_CHANNEL_EMAIL] = HOUR;
    life_begin(&life);
    life_say(&life, "chat-1", "customer", "it is broken", ",\"channel\":\"chat\"");
    life_say(&life, "mail-1", "customer", "it is broken", ",\"channel\":\"email\"");
    life_flush(&life);
    expect_card(&life, "chat-1", "open", 0);
    life_pass(&life, 2 * MINUTE);
    life_say(&life, "other", "customer", "hello", ""); /* moves the clock of the partition */
    cr_expect_eq(life_phase(&life, "chat-1"), CM_PHASE_CLOSED);
    cr_expect_eq(life_phase(&life, "mail-1"), CM_PHASE_OPEN);
    life_flush(&life);
    expect_card(&life, "chat-1", "final", 0);
    expect_card(&life, "mail-1", "open", 0);
    life_pass(&life, HOUR);
    life_say(&life, "other", "customer", "hello", "");
    life_flush(&life);
    expect_card(&life, "mail-1", "final", 0);
}

Test(live, the_clock_stays_behind_by_the_lateness)
{
    life.set.lateness_ms = MINUTE;
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_pass(&life, MINUTE + 59 * SECOND);
    life_say(&life, "b", "customer", "ok", "");
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN);
    life_pass(&life, SECOND);
    life_say(&life, "b", "customer", "ok", "");
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_CLOSED);
}

Test(live, an_end_closes_at_once)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_CLOSED);
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
}

Test(live, stragglers_revise_and_revisions_are_counted)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    for (unsigned revision = 0; revision < 3; revision++) {
        life_flush(&life);
        expect_card(&life, "a", "final", revision);
        cr_expect_eq(life_card(&life, "a")->applied, life.position - 1);
        life_say(&life, "a", "customer", "thanks", "");
        cr_expect_eq(life_phase(&life, "a"), CM_PHASE_CLOSED);
    }
    cr_expect_eq(cm_live_counters(life.live)->revised, 2);
    cr_expect_eq(cm_live_counters(life.live)->cards_final, 3);
}

Test(live, nothing_changed_means_nothing_written)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    size_t states = life.broker.topics[FAKE_STATE][0].count, cards = life_cards(&life);
    life_flush(&life);
    cr_expect_eq(life.broker.topics[FAKE_STATE][0].count, states);
    cr_expect_eq(life_cards(&life), cards);
}

/* Closed, and its time as such is over. */
static void make_marker(const char *id)
{
    life_say(&life, id, "customer", "ok", "");
    life_pass(&life, 2 * MINUTE);
    life_say(&life, "other", "customer", "ok", "");
    life_flush(&life);
    life_pass(&life, 2 * HOUR);
    life_say(&life, "other", "customer", "ok", "");
    cr_assert_eq(life_phase(&life, id), CM_PHASE_MARKER);
}

Test(live, after_a_day_events_come_too_late)
{
    life_begin(&life);
    make_marker("a");
    life_say(&life, "a", "customer", "wait", "");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "too_late"), 1);
    cr_expect_eq(cm_live_counters(life.live)->too_late, 1);
    expect_card(&life, "a", "final", 0);
    cr_expect_eq(life_state(&life, "a")->value.len, 16);
}

/* A line that is no event has one dead letter, whatever its interaction has become. */
Test(live, a_rejected_line_of_a_marker_is_told_once)
{
    life_begin(&life);
    make_marker("a");
    life_send(&life, "a", "\"speaker\":\"nobody\"");
    life_read(&life);
    life_flush(&life);
    cr_expect_eq(life.broker.topics[FAKE_DEAD][0].count, 1);
    cr_expect_eq(life_dead(&life, "bad_speaker"), 1);
    cr_expect_eq(cm_live_counters(life.live)->too_late, 0);
}

Test(live, in_the_end_a_marker_goes_and_the_id_may_begin_anew)
{
    life_begin(&life);
    make_marker("a");
    life_flush(&life);
    life_pass(&life, 20 * HOUR);
    life_say(&life, "other", "customer", "ok", "");
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_GONE);
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), -1);
    cr_expect_null(life_state(&life, "a")->value.ptr);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    expect_card(&life, "a", "open", 0);
    cr_expect_eq(life_dead(&life, "too_late"), 0);
}

/* Its last card must be out before its records go. */
Test(live, what_is_closed_waits_for_its_card)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    for (unsigned hour = 0; hour < 5; hour++) {
        life_pass(&life, 3 * HOUR);
        life_say(&life, "other", "customer", "ok", "");
        cr_expect_eq(life_phase(&life, "a"), CM_PHASE_CLOSED);
    }
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
    life_pass(&life, SECOND);
    life_say(&life, "other", "customer", "ok", "");
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_MARKER);
}

Test(live, a_line_that_is_lost_makes_its_interaction_incomplete)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"speaker\":\"nobody\"");
    life_read(&life);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"incomplete\""));
    cr_expect_eq(cm_live_counters(life.live)->rejected, 1);
    cr_expect_eq(cm_live_counters(life.live)->by_reason[CM_REJECT_BAD_SPEAKER], 1);
}

/* -------------------------------------------------------------------- limits */

Test(live, repeats_take_no_room_of_turns)
{
    life.set.max_turns = 3;
    life_begin(&life);
    for (unsigned i = 0; i < 3; i++) {
        char seq[32];
        snprintf(seq, sizeof seq, ",\"seq\":%u", i);
        life_say(&life, "a", "customer", "ok", seq);
        life_say(&life, "a", "customer", "ok", seq);
    }
    life_say(&life, "a", "customer", "ok", ",\"seq\":0"); /* one more, when the limit is just reached */
    life_flush(&life);
    cr_expect_eq(cm_live_counters(life.live)->full, 0);
    cr_expect_not(card_has(life_card(&life, "a"), "\"too_many_turns\""));
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":3"));
    life_say(&life, "a", "customer", "ok", ",\"seq\":3");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "interaction_full"), 1);
    cr_expect(card_has(life_card(&life, "a"), "\"too_many_turns\""));
    life_send(&life, "a", "\"type\":\"feedback\",\"rating\":5,\"seq\":4");
    life_read(&life);
    cr_expect_eq(cm_live_counters(life.live)->full, 1, "marks are no turns");
}

Test(live, a_state_has_a_limit_in_bytes)
{
    life.set.max_state_bytes = 800;
    life_begin(&life);
    for (unsigned i = 0; i < 50; i++)
        life_say(&life, "a", "customer", "my parcel never arrived", "");
    life_flush(&life);
    cr_expect_gt(cm_live_counters(life.live)->full, 0);
    cr_expect_leq(life_state(&life, "a")->value.len, 864);
    cr_expect_eq(cm_live_counters(life.live)->events + cm_live_counters(life.live)->full, 50);
    cr_expect_eq(life_dead(&life, "interaction_full"), cm_live_counters(life.live)->full);
}

/* ---------------------------------------------------------------------- time */

Test(live, a_time_far_ahead_is_flagged_and_moves_no_clock)
{
    char ahead[64];
    life_begin(&life);
    life_say(&life, "b", "customer", "ok", "");
    snprintf(ahead, sizeof ahead, "\"ts\":%" PRId64 ",\"speaker\":\"customer\",\"text\":\"ok\"", NOON + 100 * HOUR);
    life_send(&life, "a", ahead);
    life_read(&life);
    cr_expect_eq(life_phase(&life, "b"), CM_PHASE_OPEN);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"future_time\""));
    cr_expect_not(card_has(life_card(&life, "b"), "\"future_time\""));
    cr_expect_eq(cm_live_counters(life.live)->future, 1);
}

/* A backlog of ten days ago, read today: what tells no time of its own must not carry its clock to today. */
Test(live, what_tells_no_time_moves_no_clock)
{
    char fields[128];
    life_begin(&life);
    int64_t then = life.broker.now - 240 * HOUR;
    for (int i = 0; i < 2; i++) {
        snprintf(fields, sizeof fields, "\"ts\":%" PRId64 ",\"speaker\":\"customer\",\"text\":\"it is broken\"", then + i);
        life_send(&life, i ? "b" : "a", fields);
    }
    life_send(&life, "a", "\"speaker\":\"agent\""); /* no text: no event */
    life_send(&life, "a", "\"speaker\":\"agent\",\"text\":\"hello\"");
    life_read(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN);
    cr_expect_eq(life_phase(&life, "b"), CM_PHASE_OPEN);
    cr_expect_eq(life_item(&life, "a")->last_ts, then + 1);
    cr_expect_eq(life_dead(&life, "no_text"), 0, "not before the flush");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "no_text"), 1);
}

Test(live, silence_closes_by_the_wall_once_everything_was_read)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_pass(&life, 10 * MINUTE);
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN, "there may be more to read");
    cm_live_at_end(life.live, UNIT, true);
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_CLOSED);
    expect_card(&life, "a", "final", 0);
}

Test(live, a_backlog_holds_open_cards_back_until_it_is_read)
{
    life_begin(&life);
    life_send(&life, "a", "\"speaker\":\"customer\",\"text\":\"it is broken\"");
    life_send(&life, "b", "\"speaker\":\"customer\",\"text\":\"it is broken\"");
    life_send(&life, "b", "\"type\":\"end\"");
    life_pass(&life, HOUR); /* the log's newest is long ago, and the end was not seen yet */
    life_read(&life);
    life_flush(&life);
    cr_expect_null(life_card(&life, "a"));
    expect_card(&life, "b", "final", 0);
    size_t before = life.broker.topics[FAKE_STATE][0].count;
    cm_live_at_end(life.live, UNIT, true);
    cr_assert_eq(cm_live_flush(life.live), CM_OK);
    expect_card(&life, "a", "open", 0);
    cr_expect_eq(life.broker.topics[FAKE_STATE][0].count, before + 2, "a state and a manifest: no card without a trace");
}

Test(live, without_open_cards_only_final_ones_come_out)
{
    life.set.open_cards = false;
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    cr_expect_null(life_card(&life, "a"));
    cr_assert_eq(cm_live_close_all(life.live), CM_OK);
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
}

Test(live, the_end_of_a_file_closes_everything)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_say(&life, "b", "agent", "hello", "");
    cr_assert_eq(cm_live_close_all(life.live), CM_OK);
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
    expect_card(&life, "b", "final", 0);
    struct cm_live_gauges gauges;
    cm_live_gauges(life.live, &gauges);
    cr_expect_eq(gauges.closed, 2);
    cr_expect_eq(gauges.dirty, 0);
}

/* --------------------------------------------------------------------- memory */

Test(live, cold_states_leave_the_memory_and_come_back)
{
    struct cm_live_gauges gauges;
    life.set.max_memory_bytes = 0;
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    for (unsigned i = 0; i < 3; i++) {
        life_say(&life, "b", "customer", "ok", "");
        life_flush(&life);
    }
    cr_assert_eq(cm_live_spill(life.live), CM_OK);
    cm_live_gauges(life.live, &gauges);
    cr_expect_gt(gauges.spilled_bytes, 0);
    life_say(&life, "a", "agent", "I am so sorry about that", "");
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"id\":\"empathy\""));
    cr_expect_eq(cm_live_counters(life.live)->unspilled, 1);
}
