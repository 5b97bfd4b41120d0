#include <criterion/criterion.h>
#include <poll.h>
#include <unistd.h>

#include "web/inbox.h"

static struct cm_inbox inbox;
static struct cm_inbox_news news;

static void open_inbox(uint64_t limit)
{
    cr_assert_eq(cm_inbox_open(&inbox, limit), CM_OK);
}

static void put(enum cm_inbox_kind kind, const char *text, int64_t at_ms)
{
    cr_expect(cm_inbox_put(&inbox, kind, cm_span_of(text), at_ms));
}

static void put_in_vain(enum cm_inbox_kind kind)
{
    cr_expect_not(cm_inbox_put(&inbox, kind, CM_SPAN("too much"), 0), "who put it must know");
}

static void expect_next(enum cm_inbox_kind kind, const char *text, int64_t at_ms)
{
    struct cm_inbox_entry entry;
    cr_assert(cm_inbox_next(&inbox, &entry), "%s is not there", text);
    cr_expect_eq(entry.kind, kind);
    cr_expect_eq(entry.at_ms, at_ms);
    cr_expect(cm_span_equal(entry.bytes, cm_span_of(text)), "%.*s", (int)entry.bytes.len, entry.bytes.ptr);
}

static bool is_woken(void)
{
    struct pollfd wake = {.fd = inbox.wake, .events = POLLIN};
    return poll(&wake, 1, 0) == 1;
}

Test(inbox, gives_what_was_put_in_its_order)
{
    struct cm_inbox_entry entry;
    open_inbox(1 << 20);
    put(CM_INBOX_CARD, "one", 1);
    put(CM_INBOX_ERASE, "", 2);
    put(CM_INBOX_EVENT, "three", 3);
    cr_expect_not(cm_inbox_next(&inbox, &entry), "nothing was taken yet");
    cm_inbox_take(&inbox, &news);
    put(CM_INBOX_CARD, "behind", 4);
    expect_next(CM_INBOX_CARD, "one", 1);
    expect_next(CM_INBOX_ERASE, "", 2);
    expect_next(CM_INBOX_EVENT, "three", 3);
    cr_expect_not(cm_inbox_next(&inbox, &entry));
    cm_inbox_take(&inbox, &news);
    expect_next(CM_INBOX_CARD, "behind", 4);
    cr_expect_eq(news.lost_cards + news.lost_events, 0);
    cm_inbox_close(&inbox);
}

Test(inbox, wakes_once_until_it_is_taken)
{
    uint64_t times;
    open_inbox(1 << 20);
    cr_expect_not(is_woken());
    put(CM_INBOX_CARD, "a", 0);
    put(CM_INBOX_CARD, "b", 0);
    cr_assert(is_woken());
    cr_assert_eq(read(inbox.wake, &times, sizeof times), (ssize_t)sizeof times);
    cr_expect_eq(times, 1);
    put(CM_INBOX_CARD, "c", 0);
    cr_expect_not(is_woken(), "the taker knows already");
    cm_inbox_take(&inbox, &news);
    put(CM_INBOX_CARD, "d", 0);
    cr_expect(is_woken());
    cm_inbox_close(&inbox);
}

Test(inbox, above_its_ceiling_cards_and_events_are_lost_and_counted_but_what_was_erased_never)
{
    struct cm_inbox_entry entry;
    open_inbox(64);
    put(CM_INBOX_CARD, "0123456789012345678901234567890123456789", 0); /* and its header */
    put_in_vain(CM_INBOX_CARD);
    put_in_vain(CM_INBOX_CARD);
    put_in_vain(CM_INBOX_EVENT);
    put(CM_INBOX_ERASE, "somebody who asked for it", 7);
    cm_inbox_take(&inbox, &news);
    cr_expect_eq(news.lost_cards, 2);
    cr_expect_eq(news.lost_events, 1);
    cr_assert(cm_inbox_next(&inbox, &entry));
    expect_next(CM_INBOX_ERASE, "somebody who asked for it", 7);
    put(CM_INBOX_CARD, "room again", 8);
    cm_inbox_take(&inbox, &news);
    cr_expect_eq(news.lost_cards, 0);
    expect_next(CM_INBOX_CARD, "room again", 8);
    cm_inbox_close(&inbox);
}

Test(inbox, of_a_source_and_of_metrics_the_newest_counts)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    open_inbox(0);
    cm_inbox_source(&inbox, &(struct cm_board_source){CM_BOARD_LIVE, 1, 2, 0});
    cm_inbox_source(&inbox, &(struct cm_board_source){CM_BOARD_STALLED, 2, 2, 0});
    cm_inbox_metrics(&inbox, CM_SPAN("first, and longer\n"));
    cm_inbox_metrics(&inbox, CM_SPAN("second\n"));
    cr_expect(is_woken());
    cm_inbox_take(&inbox, &news);
    cr_assert(news.has_source);
    cr_expect_eq(news.source.state, CM_BOARD_STALLED);
    cr_expect_eq(news.source.partitions_seen, 2);
    cm_inbox_take(&inbox, &news);
    cr_expect_not(news.has_source, "it was told");
    for (int i = 0; i < 2; i++) {
        cm_inbox_copy_metrics(&inbox, &text);
        cr_expect(cm_span_equal(cm_buffer_view(&text), CM_SPAN("second\n")), "it stays until there are newer ones");
        cm_buffer_reset(&text);
    }
    cm_buffer_free(&text);
    cm_inbox_close(&inbox);
}

Test(inbox, what_waits_is_what_was_not_looked_at)
{
    struct cm_inbox_entry entry;
    open_inbox(1 << 20);
    cr_expect_eq(cm_inbox_waiting(&inbox), 0);
    put(CM_INBOX_CARD, "one", 0);
    uint64_t one = cm_inbox_waiting(&inbox);
    cr_expect_gt(one, 3);
    put(CM_INBOX_CARD, "two", 0);
    cm_inbox_take(&inbox, &news);
    cr_expect_eq(cm_inbox_waiting(&inbox), 2 * one, "taken is not looked at");
    put(CM_INBOX_CARD, "six", 0);
    while (cm_inbox_next(&inbox, &entry))
        cr_expect_gt(cm_inbox_waiting(&inbox), 0);
    cr_expect_eq(cm_inbox_waiting(&inbox), one, "what came since");
    cm_inbox_take(&inbox, &news);
    while (cm_inbox_next(&inbox, &entry))
        ;
    cr_expect_eq(cm_inbox_waiting(&inbox), 0);
    cm_inbox_close(&inbox);
}

Test(inbox, what_a_burst_needed_is_given_back)
{
    char large[1 << 16] = {0};
    open_inbox(64 << 20);
    for (unsigned i = 0; i < 64; i++)
        cm_inbox_put(&inbox, CM_INBOX_CARD, (struct cm_span){large, sizeof large}, 0);
    cm_inbox_take(&inbox, &news);
    cr_expect_gt(inbox.taken.cap, sizeof large * 64);
    for (unsigned i = 0; i < 4; i++) {
        put(CM_INBOX_CARD, "a little", 0);
        cm_inbox_take(&inbox, &news);
    }
    cr_expect_lt(inbox.taken.cap + inbox.filling.cap, sizeof large * 64);
    cm_inbox_close(&inbox);
}
