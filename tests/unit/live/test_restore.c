/* What is stored, and read back: by the next owner, after a crash, after what others have written. */
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

TestSuite(restore, .init = make, .fini = drop);

static struct fake_log *state_log(void)
{
    return &life.broker.topics[FAKE_STATE][0];
}

static void say_two(void)
{
    life_say(&life, "a", "customer", "my parcel never arrived", "");
    life_say(&life, "b", "customer", "ok", "");
}

Test(restore, a_new_unit_begins_at_the_beginning)
{
    life_begin(&life);
    cr_expect_eq(life.started, CM_POSITION_FIRST);
}

Test(restore, or_at_the_end_where_that_is_wanted)
{
    life.set.from_latest = true;
    life_begin(&life);
    cr_expect_eq(life.started, CM_POSITION_LAST);
    say_two();
    life_flush(&life);
    life_again(&life);
    cr_expect_eq(life.started, 2);
}

Test(restore, the_next_owner_goes_on_where_the_last_one_was)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    size_t cards = life_cards(&life);
    life_again(&life);
    cr_expect_eq(life.started, 2);
    life_flush(&life);
    cr_expect_eq(life_cards(&life), cards, "nothing has changed");
    life_pass(&life, SECOND);
    life_say(&life, "a", "agent", "I am so sorry about that", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"id\":\"empathy\",\"outcome\":\"partial\""));
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
}

Test(restore, what_was_not_flushed_is_read_again_and_once_only)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    life_say(&life, "a", "customer", "what now?", "");
    life_kill(&life);
    life_begin(&life);
    cr_expect_eq(life.started, 2);
    life_read(&life);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
}

/* States are safe, and then the process dies, before cards and manifest. */
Test(restore, an_unfinished_flush_shows_its_cards_with_the_same_revision)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life.client.crash_in = 3; /* begin, state, settle: the first card */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    expect_card(&life, "a", "open", 0);
    life_again(&life);
    cr_expect_eq(life.started, 1);
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
    life_read(&life);
    cr_expect_eq(cm_live_counters(life.live)->skipped, 1);
    life_say(&life, "a", "customer", "thanks", "");
    life_flush(&life);
    expect_card(&life, "a", "final", 1);
}

/* The card that was counted, and perhaps is out, is not the one of a straggler. */
Test(restore, a_straggler_after_an_unfinished_flush_is_a_revision)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life.client.crash_in = 6; /* begin, names, state, settle, card: settle */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    life_again(&life);
    life_read(&life);
    life_say(&life, "a", "customer", "thanks", "");
    life_flush(&life);
    expect_card(&life, "a", "final", 1);
}

Test(restore, a_flush_that_fails_is_tried_again_whole)
{
    life_begin(&life);
    say_two();
    life_send(&life, "c", "\"speaker\":\"nobody\"");
    life_read(&life);
    life.client.settle_fails = 1;
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(cm_live_flush(life.live), CM_EIO);
    life.client.settle_fails = 0;
    life_flush(&life);
    cr_expect_eq(cm_live_counters(life.live)->flush_failures, 3);
    expect_card(&life, "a", "open", 0);
    expect_card(&life, "b", "open", 0);
    cr_expect_geq(life_dead(&life, "bad_speaker"), 1);
    life_again(&life);
    cr_expect_eq(life.started, 3);
}

/* The names of cues that a failed flush has put may never have arrived. */
Test(restore, names_are_put_again_after_a_flush_that_failed)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "my parcel never arrived", "");
    life.client.settle_fails = 1;
    cr_assert_eq(cm_live_flush(life.live), CM_EIO);
    for (size_t i = 0; i < state_log()->count; i++)
        state_log()->items[i].compacted |= state_log()->items[i].key.len > 6 && memcmp(state_log()->items[i].key.ptr, "\0pack/", 6) == 0;
    life.client.settle_fails = 0;
    life_flush(&life);
    life.set.rules = life.rules[1];
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
}

/* What comes too late is told before the state that knows nothing of it. */
Test(restore, a_dead_letter_is_safe_before_the_state_that_leaves_its_event_out)
{
    life.set.max_turns = 1;
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    life_say(&life, "a", "customer", "what now?", "");
    life.client.crash_in = 5; /* begin, dead letter, settle, state, settle: a card */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    cr_expect_eq(life_state(&life, "a")->applied, 1);
    cr_expect_eq(life_dead(&life, "interaction_full"), 1);
}

/* A tombstone from an unfinished flush: what had been refused before it begins nothing when it is read again. */
Test(restore, what_was_refused_before_a_tombstone_stays_refused)
{
    life.set.keep_marker_ms = HOUR;
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life_flush(&life);
    life_pass(&life, HOUR + 30 * MINUTE);
    life_say(&life, "other", "customer", "ok", "");
    life_flush(&life);
    cr_assert_eq(life_phase(&life, "a"), CM_PHASE_MARKER);
    life_say(&life, "a", "customer", "wait", ""); /* too late */
    life_pass(&life, 2 * HOUR);
    life_say(&life, "other", "customer", "ok", "");
    cr_assert_eq(life_phase(&life, "a"), CM_PHASE_GONE);
    life.client.crash_in = 6; /* begin, dead letter, settle, two states, settle: a card */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    cr_assert_null(life_state(&life, "a")->value.ptr);
    life_again(&life);
    cr_assert_lt(life.started, life.broker.input[0].count);
    life_flush(&life); /* and a flush before it is read does not make it forget */
    life_read(&life);
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), -1);
    expect_card(&life, "a", "final", 0);
    life_say(&life, "a", "customer", "now it is another", "");
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN);
}

/* --------------------------------------------------------------------- damage */

static void expect_rebuilt(const char *why)
{
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 1);
    cr_expect(strstr(life.told, why), "told: %s", life.told);
    cr_expect_eq(life.started, CM_POSITION_FIRST);
    life_read(&life);
    life_flush(&life);
    expect_card(&life, "a", "open", 0);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":1"));
    life_again(&life); /* and the next owner finds it sound */
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
    cr_expect_eq(life.started, 2);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN);
}

Test(restore, a_damaged_state_is_built_anew)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    struct cm_span value = life_state(&life, "a")->value;
    ((char *)(uintptr_t)value.ptr)[value.len - 3] ^= 1;
    life_again(&life);
    expect_rebuilt("is damaged");
}

Test(restore, a_state_that_is_missing_is_noticed)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    life_state(&life, "a")->compacted = true;
    life_again(&life);
    expect_rebuilt("is not what its manifest says");
}

Test(restore, a_state_under_another_key_is_damage)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    *(char *)(uintptr_t)life_state(&life, "a")->key.ptr = 'z';
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 1);
}

Test(restore, a_rebuild_that_does_not_end_begins_again)
{
    life.set.from_latest = true; /* which does not mean that what was known is given up */
    life_begin(&life);
    say_two();
    life_flush(&life);
    life_state(&life, "a")->compacted = true;
    life_again(&life);
    cr_assert_eq(cm_live_counters(life.live)->rebuilt, 1);
    life.client.crash_in = 5; /* begin, the manifest's tombstone, two more, settle: nothing was read yet */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    life_again(&life);
    cr_expect_eq(life.started, CM_POSITION_FIRST);
    life_read(&life);
    life_flush(&life);
    expect_card(&life, "a", "open", 0);
    life_again(&life);
    cr_expect_eq(life.started, 2);
}

/* Another layout is no damage: who runs an older version by mistake must not lose what the newer one has. */
Test(restore, a_state_of_another_version_ends_the_run)
{
    life_begin(&life);
    say_two();
    life_flush(&life);
    ++*(char *)(uintptr_t)life_state(&life, "a")->value.ptr;
    life_kill(&life);
    size_t records = state_log()->count;
    life_open(&life, 1);
    cr_expect_eq(life_restore(&life), CM_ERULES);
    cr_expect(strstr(life.told, "another version"), "told: %s", life.told);
    cr_expect_eq(state_log()->count, records, "nothing was written");
}

/* A state from an unfinished flush is ahead of what is read: its time may be over before that is there. */
Test(restore, what_is_gone_before_it_was_read_again_does_not_begin_anew)
{
    life.set.keep_closed_ms = life.set.keep_marker_ms = MINUTE;
    life_begin(&life);
    life_say(&life, "other", "customer", "ok", "");
    life_flush(&life);
    for (unsigned i = 0; i < 3; i++)
        life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life.client.crash_in = 5; /* begin, two states, settle, a card, settle: the manifest is not written */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    life_again(&life);
    cr_assert_eq(life.started, 1);
    for (unsigned i = 0; i < 4; i++) { /* the source is slow, and says that there is nothing more */
        life_pass(&life, 10 * MINUTE);
        cm_live_at_end(life.live, UNIT, true);
        life_flush(&life);
    }
    life_read(&life);
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), -1);
    cr_expect_eq(life_card(&life, "a")->applied, 4);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":3"));
}

/* A backlog whose events tell the time does not jump to today because the first line after a restart tells none. */
Test(restore, who_tells_the_time_is_known_to_the_next_owner)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    life_again(&life);
    life_pass(&life, 24 * HOUR);
    life_send(&life, "b", "\"speaker\":\"customer\",\"text\":\"ok\"");
    life_read(&life);
    life_send(&life, "b", "\"speaker\":\"customer\",\"text\":\"ok\"");
    life_read(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_OPEN);
}
