/* Several owners of one unit: fences, zombies, erasures by third parties. */
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

TestSuite(owners, .init = make, .fini = drop);

static struct fake_log *state_log(void)
{
    return &life.broker.topics[FAKE_STATE][0];
}

/* Another process writes this. */
static void write_as(uint32_t client, uint64_t epoch, struct cm_span key, struct cm_span value, uint64_t applied)
{
    struct fake_client other;
    fake_client_init(&other, &life.broker, client);
    struct cm_entry entry = {.unit = UNIT, .key = key, .value = value, .applied = applied, .epoch = epoch};
    cr_assert_eq(cm_journal_state(&other.journal, &entry), CM_OK);
    cr_assert_eq(cm_journal_settle(&other.journal), CM_OK);
    fake_client_free(&other);
}

/* What a former owner does who does not know that he is one: an older state and an older card. */
static void write_stale(const struct fake_record *state, const struct fake_record *card, uint64_t epoch)
{
    struct fake_client other;
    fake_client_init(&other, &life.broker, 2);
    struct cm_card old = {.unit = UNIT, .pack_name = "small", .id = state->key, .line = card->value, .applied = card->applied};
    write_as(2, epoch, state->key, state->value, state->applied);
    cr_assert_eq(cm_journal_card(&other.journal, &old), CM_OK);
    cr_assert_eq(cm_journal_settle(&other.journal), CM_OK);
    fake_client_free(&other);
}

/* "a" with one turn, stored and shown; then a copy of both; then with two turns. */
static void make_history(struct fake_record *state, struct fake_record *card)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    *state = *life_state(&life, "a");
    *card = *life_card(&life, "a");
    life_again(&life);
    life_say(&life, "a", "customer", "what now?", "");
    life_flush(&life);
    cr_assert(card_has(life_card(&life, "a"), "\"customer\":2"));
}

Test(owners, what_a_zombie_wrote_over_is_written_again_with_its_card)
{
    struct fake_record state, card;
    make_history(&state, &card);
    write_stale(&state, &card, 1);
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life); /* notices it */
    cr_expect_geq(cm_live_counters(life.live)->foreign, 1);
    cr_assert_eq(life_restore(&life), CM_OK);
    life_flush(&life);
    cr_expect_geq(cm_live_counters(life.live)->healed, 1);
    cr_expect_eq(life_state(&life, "a")->applied, 1);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
}

Test(owners, the_next_owner_mends_it_too)
{
    struct fake_record state, card;
    make_history(&state, &card);
    write_stale(&state, &card, 1);
    life_again(&life);
    cr_expect_eq(life.started, 2);
    cm_live_at_end(life.live, UNIT, true);
    life_flush(&life);
    cr_expect_eq(life_state(&life, "a")->applied, 1);
    cr_expect_eq(life_state(&life, "a")->epoch, 3);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
}

/* Where compaction has left only the zombie's record, what it lacks is read again. */
Test(owners, events_that_only_a_compacted_record_had_are_read_again)
{
    struct fake_record state, card;
    make_history(&state, &card);
    write_stale(&state, &card, 1);
    for (size_t i = 0; i + 1 < state_log()->count; i++)
        state_log()->items[i].compacted |= cm_span_equal(state_log()->items[i].key, CM_SPAN("a"));
    life_again(&life);
    cr_expect_eq(life.started, 1);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
    life_read(&life);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
}

/* The zombie's manifest stands last: ours does not wait until there is something else to write. */
Test(owners, a_zombies_manifest_is_written_over)
{
    struct fake_record state, card;
    make_history(&state, &card);
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_manifest_encode(&text, &(struct cm_manifest){.position = 1, .epoch = 1, .count = 1});
    write_as(2, 1, cm_state_manifest_key, cm_buffer_view(&text), 0);
    life_say(&life, "a", "customer", "thanks", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    size_t before = state_log()->count;
    life_flush(&life);
    cr_expect_eq(state_log()->count, before + 1);
    cm_buffer_free(&text);
}

Test(owners, who_finds_a_later_owner_gives_up_at_once)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    write_as(2, 9, cm_state_fence_key, CM_SPAN("another"), 0);
    life_say(&life, "a", "customer", "what now?", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    cr_expect(life.superseded);
    cr_expect_not(cm_live_runs(life.live, UNIT));
    cr_expect_eq(cm_live_counters(life.live)->lost, 1);
}

/* Both have read to the end before either has put its fence: the second goes above the first. */
Test(owners, two_that_begin_at_once_do_not_share_an_epoch)
{
    life_open(&life, 1);
    struct cm_entry entry;
    cr_assert_eq(cm_journal_next(&life.client.journal, 0, &entry), CM_OK);
    write_as(2, 1, cm_state_fence_key, CM_SPAN("another"), 0);
    cr_assert_eq(cm_live_entry(life.live, &entry), CM_OK);
    cr_assert_eq(life_restore(&life), CM_OK);
    struct cm_live_unit unit;
    cr_assert(cm_live_unit_at(life.live, 0, &unit));
    cr_expect(unit.running);
    cr_expect_eq(unit.epoch, 2);
}

Test(owners, the_journal_may_refuse_a_fence_for_now)
{
    life_open(&life, 1);
    life.client.settle_fails = 1;
    cr_expect_eq(life_restore(&life), CM_EIO);
    cm_live_drop(life.live, UNIT);
    life.client.settle_fails = 0;
    cr_assert_eq(cm_live_assign(life.live, UNIT), CM_OK);
    cr_assert_eq(life_restore(&life), CM_OK);
    cr_expect(cm_live_runs(life.live, UNIT));
}

/* A former owner dies in the middle of a flush: his cards are out, and no state tells of them. */
static void write_stale_card(const struct fake_record *card, uint64_t epoch)
{
    struct fake_client other;
    struct cm_card old = {
        .unit = UNIT, .pack_name = "small", .id = CM_SPAN("a"), .line = card->value, .applied = card->applied, .epoch = epoch};
    fake_client_init(&other, &life.broker, 2);
    cr_assert_eq(cm_journal_card(&other.journal, &old), CM_OK);
    cr_assert_eq(cm_journal_settle(&other.journal), CM_OK);
    fake_client_free(&other);
}

Test(owners, a_card_that_lies_over_a_newer_one_is_written_over)
{
    struct fake_record state, card;
    make_history(&state, &card);
    write_stale_card(&card, 1);
    cr_assert_not(card_has(life_card(&life, "a"), "\"customer\":2"));
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
    cr_expect_eq(cm_live_restoring(life.live), 0);
}

Test(owners, also_where_nothing_happens)
{
    struct fake_record state, card;
    make_history(&state, &card);
    write_stale_card(&card, 1);
    cm_live_at_end(life.live, UNIT, true);
    for (unsigned i = 0; i < 4; i++) {
        life_pass(&life, CM_IDLE_WRITE_MS);
        life_flush(&life);
        cr_assert_eq(life_restore(&life), CM_OK);
    }
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":2"));
}

/* -------------------------------------------------------------------- erasing */

static bool unplaced(struct cm_journal *journal, uint32_t unit, int64_t *first, int64_t *last, uint64_t *count)
{
    (void)journal, (void)unit;
    *first = *last = -1;
    *count = 1;
    return true;
}

/* Sent twice, and no broker said where it is: the log is looked through from where we were, not from its beginning. */
Test(owners, what_has_no_known_place_is_no_reason_to_write_all_again)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    life_again(&life);
    const struct cm_journal_ops *ops = life.client.journal.ops;
    struct cm_journal_ops vague = *ops;
    vague.written = unplaced;
    for (int i = 0; i < 3; i++) {
        life.client.journal.ops = i == 0 ? &vague : ops;
        life_say(&life, "b", "customer", "ok", "");
        life_flush(&life);
        cr_assert_eq(life_restore(&life), CM_OK);
    }
    cr_expect_eq(cm_live_counters(life.live)->healed, 0);
    cr_expect(cm_live_runs(life.live, UNIT));
}

static void expect_erased(void)
{
    const struct cm_item *item = life_item(&life, "a");
    cr_assert_not_null(item);
    cr_expect_eq(item->phase, CM_PHASE_MARKER);
    cr_expect_eq(item->flags, CM_ITEM_ERASED);
    life_flush(&life);
    cr_expect_null(life_card(&life, "a")->value.ptr, "the card goes, too");
    cr_expect_eq(life_state(&life, "a")->value.len, 16);
    life_say(&life, "a", "customer", "what now?", "");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "erased"), 1);
    cr_expect_null(life_card(&life, "a")->value.ptr);
}

static void say_a(void)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "my name is Ann", "");
    life_flush(&life);
    expect_card(&life, "a", "open", 0);
}

Test(owners, what_is_to_be_erased_is_forgotten_by_who_owns_it)
{
    say_a();
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    expect_erased();
    life_again(&life);
    life_say(&life, "a", "customer", "hello?", "");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "erased"), 2);
}

Test(owners, and_by_who_restores)
{
    say_a();
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_again(&life);
    expect_erased();
}

/* The owner wrote once more before it knew, and died: the wish stands. */
Test(owners, a_later_state_in_ignorance_does_not_undo_it)
{
    say_a();
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_say(&life, "a", "customer", "my address is", "");
    life_flush(&life);
    cr_assert_not_null(life_state(&life, "a")->value.ptr);
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
    expect_erased();
}

/* The state says so, and then the process dies before the card is deleted. */
Test(owners, its_card_is_deleted_again_after_a_crash)
{
    say_a();
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_again(&life);
    life.client.crash_in = 3; /* begin, state, settle: the card */
    cr_assert_eq(cm_live_flush(life.live), CM_ESTOPPED);
    cr_assert_eq(life_state(&life, "a")->value.len, 16);
    cr_assert_not_null(life_card(&life, "a")->value.ptr);
    life_again(&life);
    life_flush(&life);
    cr_expect_null(life_card(&life, "a")->value.ptr);
}

Test(owners, a_card_that_lies_over_a_deleted_one_goes_as_well)
{
    say_a();
    struct fake_record card = *life_card(&life, "a");
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_again(&life);
    life_flush(&life);
    cr_assert_null(life_card(&life, "a")->value.ptr);
    write_stale_card(&card, 1);
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    life_flush(&life);
    cr_expect_null(life_card(&life, "a")->value.ptr);
}

Test(owners, what_was_never_heard_of_can_be_erased)
{
    life_begin(&life);
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life);
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "erased"), 1);
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
}

/* What is built anew from the source must not bring it back. */
Test(owners, a_rebuild_does_not_bring_it_back)
{
    say_a();
    life_say(&life, "b", "customer", "ok", "");
    fake_erase(&life.broker, 0, CM_SPAN("a"));
    life_again(&life);
    life_read(&life);
    life_flush(&life);
    life_state(&life, "b")->compacted = true;
    life_again(&life);
    cr_assert_eq(cm_live_counters(life.live)->rebuilt, 1);
    life_read(&life);
    life_say(&life, "a", "customer", "hello?", "");
    life_flush(&life);
    cr_expect_eq(life_dead(&life, "erased"), 1);
    cr_expect_null(life_card(&life, "a")->value.ptr);
    expect_card(&life, "b", "open", 0);
}
