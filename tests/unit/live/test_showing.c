/* What who looks on had no room for: he gets it later, the log and its states know nothing of it. */
#include "living.h"

static struct life life;

/* Who looks on: what he was shown last of each of a few interactions, and for how many more he has room. */
static struct {
    char ids[16][32];
    struct cm_buffer lines[16]; /* empty: nothing of it is true */
    size_t count, shown, taken_back, room;
    bool half_free;
} looker;

static size_t place_of(struct cm_span id)
{
    size_t i = 0;
    while (i < looker.count && !cm_span_equal(id, cm_span_of(looker.ids[i])))
        i++;
    if (i == looker.count) {
        cr_assert_lt(looker.count, 16);
        snprintf(looker.ids[looker.count++], sizeof looker.ids[0], "%.*s", (int)id.len, id.ptr);
    }
    return i;
}

static bool show(void *context, const struct cm_card *card)
{
    cr_assert_eq(context, &life);
    if (card->line.ptr && looker.room == 0)
        return false;
    struct cm_buffer *line = &looker.lines[place_of(card->id)];
    cm_buffer_reset(line);
    cm_buffer_span(line, card->line);
    looker.taken_back += !card->line.ptr;
    looker.shown += card->line.ptr != NULL;
    looker.room -= card->line.ptr != NULL;
    return true;
}

static bool has_room(void *context)
{
    (void)context;
    return looker.room > 0 || looker.half_free;
}

static void make(void)
{
    memset(&looker, 0, sizeof looker);
    life_prepare(&life);
    life.set.show = show;
    life.set.has_room = has_room;
}

static void drop(void)
{
    for (size_t i = 0; i < looker.count; i++)
        cm_buffer_free(&looker.lines[i]);
    life_end(&life);
}

TestSuite(showing, .init = make, .fini = drop);

static size_t missed(void)
{
    uint64_t forgone;
    return (size_t)cm_live_missed(life.live, &forgone);
}

static size_t forgone(void)
{
    uint64_t count;
    cm_live_missed(life.live, &count);
    return (size_t)count;
}

static void make_room(size_t cards)
{
    looker.room = cards;
    cr_assert_eq(cm_live_show_missed(life.live), CM_OK);
}

/* He has the same bytes as the log. */
static void expect_same(const char *id)
{
    const struct fake_record *card = life_card(&life, id);
    struct cm_span line = cm_buffer_view(&looker.lines[place_of(cm_span_of(id))]);
    cr_expect(card && cm_span_equal(card->value, line), "%s: shown is %.*s", id, (int)line.len, line.ptr);
}

static void expect_nothing(const char *id)
{
    cr_expect_eq(looker.lines[place_of(cm_span_of(id))].len, 0, "%s", id);
}

static void end(const char *id)
{
    life_send(&life, id, "\"type\":\"end\"");
    life_read(&life);
}

Test(showing, what_had_no_room_is_shown_when_there_is_and_nothing_is_written)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_say(&life, "b", "customer", "it is broken", "");
    life_say(&life, "c", "customer", "it is broken", "");
    looker.room = 1;
    life_flush(&life);
    expect_same("a");
    cr_expect_eq(missed(), 2);
    size_t cards = life_cards(&life), states = life.broker.topics[FAKE_STATE][0].count;
    make_room(0);
    cr_expect_eq(looker.shown, 1);
    make_room(1);
    expect_same("b");
    expect_nothing("c");
    cr_expect_eq(missed(), 1);
    make_room(5);
    expect_same("c");
    cr_expect_eq(missed() + forgone(), 0);
    make_room(5);
    life_flush(&life);
    cr_expect_eq(looker.shown, 3, "once each");
    cr_expect_eq(life_cards(&life), cards);
    cr_expect_eq(life.broker.topics[FAKE_STATE][0].count, states);
}

Test(showing, a_final_one_keeps_its_revision)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    looker.room = 1;
    life_flush(&life);
    end("a");
    life_flush(&life);
    cr_expect_eq(missed(), 1);
    make_room(1);
    expect_same("a");
    expect_card(&life, "a", "final", 0);
    life_say(&life, "a", "customer", "thanks", ""); /* a straggler */
    life_flush(&life);
    make_room(1);
    expect_same("a");
    expect_card(&life, "a", "final", 1);
}

Test(showing, a_final_one_whose_records_are_gone_is_taken_back)
{
    life.set.keep_closed_ms = life.set.keep_marker_ms = MINUTE;
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    looker.room = 1;
    life_flush(&life);
    end("a");
    life_flush(&life);
    expect_card(&life, "a", "final", 0);
    cr_expect_eq(missed(), 1);
    life_pass(&life, 90 * SECOND);
    life_say(&life, "z", "customer", "hello", "");
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), CM_PHASE_MARKER);
    expect_nothing("a");
    cr_expect_eq(looker.taken_back, 1);
    cr_expect_eq(forgone(), 1);
    make_room(5);
    expect_nothing("a");
    expect_same("z");
}

/* From closed to forgotten within one flush: nothing that is listed points to it. */
Test(showing, what_is_forgotten_at_once_is_taken_back_too)
{
    life.set.keep_closed_ms = life.set.keep_marker_ms = 0;
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    end("a");
    life_flush(&life);
    cr_expect_eq(missed(), 1);
    life_pass(&life, MINUTE);
    life_say(&life, "z", "customer", "hello", "");
    life_flush(&life);
    cr_expect_eq(life_phase(&life, "a"), -1);
    cr_expect_eq(looker.taken_back, 1);
    make_room(5);
    expect_same("z");
}

Test(showing, one_that_is_due_again_comes_with_its_flush)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    life_say(&life, "a", "customer", "is anybody there", "");
    make_room(1);
    cr_expect_eq(looker.shown, 0);
    cr_expect_eq(missed(), 0);
    life_flush(&life);
    expect_same("a");
}

Test(showing, one_that_half_of_all_room_does_not_hold_is_taken_back)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    looker.half_free = true;
    make_room(0);
    expect_nothing("a");
    cr_expect_eq(looker.taken_back, 1);
    cr_expect_eq(missed(), 0);
    cr_expect_eq(forgone(), 1);
}

Test(showing, what_is_missed_twice_is_listed_once_and_goes_with_its_unit)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    life_say(&life, "a", "customer", "is anybody there", "");
    life_flush(&life);
    cr_expect_eq(missed(), 1);
    cm_live_drop(life.live, UNIT);
    cr_expect_eq(missed(), 0);
    make_room(1);
    cr_expect_eq(looker.shown, 0);
}

/* It was cold: its records are in the spill file. */
Test(showing, one_that_was_spilled_is_read_back)
{
    life.set.max_memory_bytes = 1;
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    for (int i = 0; i < 3; i++) {
        life_pass(&life, SECOND);
        life_say(&life, "z", "customer", "hello", "");
        life_flush(&life);
        cr_assert_eq(cm_live_spill(life.live), CM_OK);
    }
    cr_assert_geq(life_item(&life, "a")->spilled, 0);
    make_room(5);
    expect_same("a");
}

Test(showing, an_erased_one_is_not_counted_as_forgone)
{
    life_begin(&life);
    life_say(&life, "a", "customer", "it is broken", "");
    life_flush(&life);
    cr_expect_eq(missed(), 1);
    fake_erase(&life.broker, 0, cm_span_of("a"));
    life_pass(&life, MINUTE);
    life_flush(&life);
    life_say(&life, "z", "customer", "hello", "");
    life_flush(&life);
    cr_assert_eq(life_restore(&life), CM_OK);
    life_flush(&life);
    expect_nothing("a");
    cr_expect_eq(forgone(), 0);
    make_room(5);
    expect_nothing("a");
}
