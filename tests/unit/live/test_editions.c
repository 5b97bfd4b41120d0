/* Packs change while interactions go on. */
#include "living.h"

static struct life life;

static void make(void)
{
    life_prepare(&life);
    life_begin(&life);
}

static void drop(void)
{
    life_end(&life);
}

TestSuite(editions, .init = make, .fini = drop);

Test(editions, who_began_by_the_old_packs_goes_on_by_them)
{
    life_say(&life, "a", "agent", "greetings", "");
    cr_assert_eq(cm_live_use(life.live, life.rules[1]), CM_OK);
    cr_expect_eq(cm_live_rules(life.live), life.rules[1]);
    life_say(&life, "a", "agent", "greetings again", "");
    life_say(&life, "b", "agent", "greetings", "");
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"version\":\"1.0.0\""));
    cr_expect(card_has(life_card(&life, "b"), "\"version\":\"1.1.0\""));
    cr_expect_not(card_has(life_card(&life, "a"), "\"rule\":\"hello\""), "the old pack does not know that word");
    cr_expect(card_has(life_card(&life, "b"), "\"rule\":\"hello\""));
    cr_expect_eq(cm_live_counters(life.live)->reloads, 1);
}

/* Logs keep the names of a set, and nothing keeps the set itself once no interaction goes by it. */
Test(editions, old_packs_go_with_the_last_that_goes_by_them)
{
    const struct cm_edition *first = life.live->current;
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    cr_assert_eq(cm_live_use(life.live, life.rules[1]), CM_OK);
    life_pass(&life, HOUR);
    life_say(&life, "b", "customer", "ok", "");
    life_flush(&life);
    cr_expect_not_null(first->rules);
    life_pass(&life, 2 * HOUR);
    life_say(&life, "b", "customer", "ok", "");
    cr_assert_eq(life_phase(&life, "a"), CM_PHASE_MARKER);
    cr_expect_null(first->rules);
    cr_expect_gt(first->names.len, 0);
}

Test(editions, where_the_old_packs_are_gone_hits_are_renumbered)
{
    life_say(&life, "a", "customer", "my parcel never arrived", "");
    life_pass(&life, SECOND);
    life_say(&life, "a", "agent", "I am so sorry about that", "");
    life_say(&life, "c", "customer", "ok", "");
    life_flush(&life);
    life.set.rules = life.rules[1];
    life_again(&life);
    life_pass(&life, SECOND);
    life_say(&life, "a", "agent", "I will send another", "");
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"version\":\"1.1.0\""));
    cr_expect(card_has(life_card(&life, "a"), "\"pack_mixed\""));
    cr_expect(card_has(life_card(&life, "a"), "\"rule\":\"sorry\""), "what the old pack has found still counts");
    cr_expect(card_has(life_card(&life, "a"), "\"rule\":\"helps\""));
    cr_expect(card_has(life_card(&life, "c"), "\"version\":\"1.0.0\""), "what nothing comes of is left alone");
    cr_expect_eq(cm_live_counters(life.live)->mixed, 1);
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 0);
    cr_assert_eq(cm_live_close_all(life.live), CM_OK);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"pack_mixed\""), "also for who comes after");
    cr_expect(card_has(life_card(&life, "c"), "\"pack_mixed\""));
}

/* Renumbered only because its state is written: the card that it now has comes out, and is counted as out. */
Test(editions, what_is_renumbered_has_a_new_card)
{
    life_say(&life, "a", "customer", "ok", "");
    life_send(&life, "a", "\"type\":\"end\"");
    life_read(&life);
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
    life.set.rules = life.rules[1];
    life_again(&life);
    struct cm_item *item = cm_table_find(&cm_live_unit_of(life.live, UNIT)->table, CM_SPAN("a"), cm_hash64(CM_SPAN("a")));
    cr_assert_eq(cm_unit_soil(life.live, cm_live_unit_of(life.live, UNIT), item), CM_OK);
    life_flush(&life);
    expect_card(&life, "a", "final", 1);
    cr_expect(card_has(life_card(&life, "a"), "\"pack_mixed\""));
    cr_expect_eq(item->finals, 2);
    life_again(&life);
    cr_expect_eq(life_item(&life, "a")->finals, 2);
}

Test(editions, hits_without_names_are_worth_nothing)
{
    life_say(&life, "a", "customer", "my parcel never arrived", "");
    life_flush(&life);
    struct fake_log *log = &life.broker.topics[FAKE_STATE][0];
    for (size_t i = 0; i < log->count; i++)
        log->items[i].compacted |= log->items[i].key.len > 6 && memcmp(log->items[i].key.ptr, "\0pack/", 6) == 0;
    life.set.rules = life.rules[1];
    life_again(&life);
    cr_expect_eq(cm_live_counters(life.live)->rebuilt, 1);
    life_read(&life);
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"version\":\"1.1.0\""));
    cr_expect_not(card_has(life_card(&life, "a"), "\"pack_mixed\""));
}

Test(editions, the_same_packs_again_change_nothing)
{
    life_say(&life, "a", "customer", "ok", "");
    cr_assert_eq(cm_live_use(life.live, life.rules[0]), CM_OK);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    life_again(&life);
    life_say(&life, "a", "customer", "ok", "");
    life_flush(&life);
    cr_expect(card_has(life_card(&life, "a"), "\"customer\":3"));
    cr_expect_eq(cm_live_counters(life.live)->mixed, 0);
}
