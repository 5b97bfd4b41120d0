#include <criterion/criterion.h>

#include "fake_board.h"
#include "web/views.h"

static struct cm_board *board;
static struct cm_views views;

static void open_views(void)
{
    const struct cm_board_settings settings = {0};
    cr_assert_eq(cm_board_new(&settings, &board), CM_OK);
    cm_views_init(&views, board, 0xABCDEF);
}

static void close_views(void)
{
    cm_views_free(&views);
    cm_board_free(board);
}

TestSuite(views, .init = open_views, .fini = close_views);

static void tell(const char *card, int64_t at_ms)
{
    cr_assert_eq(cm_board_card(board, cm_span_of(card)), CM_OK);
    cm_views_stale(&views, at_ms);
}

static struct cm_view *look_at(const char *queue, int64_t now_ms)
{
    struct cm_view *view = NULL;
    cr_assert_eq(cm_views_find(&views, queue ? cm_span_of(queue) : (struct cm_span){0}, now_ms, &view), CM_OK);
    view->stream_count++;
    return view;
}

/* wanted NULL: nothing is owed; otherwise the text of the frame without its word, which changes with the view. */
static void expect_owed(struct cm_view *view, uint64_t seen, int64_t now_ms, const char *wanted)
{
    struct cm_frame *frame = cm_view_owed(&views, view, seen, now_ms);
    if (!wanted) {
        cr_expect_null(frame);
    } else {
        cr_assert(frame, "nothing is owed, and %s should be", wanted);
        cr_expect(memmem(frame->bytes, frame->len, wanted, strlen(wanted)), "%.*s", (int)frame->len, frame->bytes);
    }
    cm_frame_release(frame);
}

Test(views, the_first_frame_is_a_snapshot_and_then_only_what_changed)
{
    struct cm_view *view = look_at(NULL, 0);
    expect_owed(view, 0, 0, "retry: 2000\nid: 0000000000abcdef-1\nevent: snapshot\ndata: {\"version\":1,\"queue\":null,\"source\":{}");
    expect_owed(view, 1, 0, NULL);
    tell("concerns 3", 1000);
    cr_assert(cm_view_renew(&views, view, 1000));
    expect_owed(view, 1, 1000, "id: 0000000000abcdef-2\nevent: delta\ndata: {\"concerns\":3}\n\n");
    tell("care 4", 2000);
    cr_assert(cm_view_renew(&views, view, 2000));
    expect_owed(view, 2, 2000, "-3\nevent: delta\ndata: {\"care\":4}\n\n");
    expect_owed(view, 1, 2000, "-3\nevent: delta\ndata: {\"concerns\":3,\"care\":4}\n\n");
    expect_owed(view, 0, 2000, "-3\nevent: snapshot\n");
    expect_owed(view, 3, 2000, NULL);
}

Test(views, a_change_after_a_quiet_time_is_shown_at_once_and_then_four_times_a_second)
{
    struct cm_view *view = look_at(NULL, 0);
    unsigned frames = 0;
    tell("care 0", 1000);
    cr_expect_eq(cm_view_due_ms(view), CM_VIEW_PAUSE_MS);
    cr_expect(cm_view_renew(&views, view, 1000));
    for (int64_t now_ms = 1001; now_ms <= 2000; now_ms++) {
        char card[32];
        snprintf(card, sizeof card, "care %d", (int)now_ms);
        tell(card, now_ms);
        frames += cm_view_renew(&views, view, now_ms);
    }
    cr_expect_eq(frames, 4);
    cr_expect_eq(cm_view_due_ms(view), INT64_MAX, "nothing is waiting: %lld", (long long)cm_view_due_ms(view));
    cr_expect_eq(views.seconds.count, 5);
}

Test(views, news_do_not_wait_behind_a_source_that_counts_all_the_time)
{
    struct cm_view *view = look_at(NULL, 0);
    for (int64_t now_ms = 1; now_ms < CM_VIEW_SOURCE_MS; now_ms++) {
        char card[32];
        snprintf(card, sizeof card, "source %d", (int)now_ms);
        tell(card, now_ms);
        cr_expect_not(cm_view_renew(&views, view, now_ms));
    }
    tell("source 1000", CM_VIEW_SOURCE_MS);
    cr_assert(cm_view_renew(&views, view, CM_VIEW_SOURCE_MS), "a second later it is told by itself");
    expect_owed(view, 1, CM_VIEW_SOURCE_MS, "-2\nevent: delta\ndata: {\"source\":1000}\n\n");
    tell("source 1001", CM_VIEW_SOURCE_MS + CM_VIEW_PAUSE_MS);
    tell("concerns 1", CM_VIEW_SOURCE_MS + CM_VIEW_PAUSE_MS);
    cr_assert(cm_view_renew(&views, view, CM_VIEW_SOURCE_MS + CM_VIEW_PAUSE_MS), "with news it goes along");
    expect_owed(view, 2, CM_VIEW_SOURCE_MS + CM_VIEW_PAUSE_MS, "-3\nevent: delta\ndata: {\"source\":1001,\"concerns\":1}\n\n");
}

Test(views, what_came_back_to_what_it_was_did_not_change)
{
    struct cm_view *view = look_at(NULL, 0);
    tell("care 1", 1000);
    tell("care {}", 1001);
    cr_expect_not(cm_view_renew(&views, view, 2000));
    expect_owed(view, 1, 2000, NULL);
    cr_expect_eq(views.seconds.count, 0, "nothing was shown");
}

Test(views, a_frame_is_made_once_for_all_who_are_owed_the_same)
{
    struct cm_view *view = look_at(NULL, 0);
    tell("care 1", 1000);
    cr_assert(cm_view_renew(&views, view, 1000));
    struct cm_frame *one = cm_view_owed(&views, view, 1, 1000), *two = cm_view_owed(&views, view, 1, 1000);
    cr_expect_eq(one, two);
    tell("care 2", 2000);
    cr_assert(cm_view_renew(&views, view, 2000));
    cr_expect(memmem(one->bytes, one->len, "{\"care\":1}", 10), "who is still sending it has it");
    cm_frame_release(one);
    cm_frame_release(two);
}

Test(views, a_snapshot_is_shared_while_its_clock_is_right)
{
    struct cm_view *view = look_at(NULL, 0);
    struct cm_frame *first = cm_view_owed(&views, view, 0, 0), *same = cm_view_owed(&views, view, 0, CM_VIEW_SNAPSHOT_MS);
    struct cm_frame *later = cm_view_owed(&views, view, 0, CM_VIEW_SNAPSHOT_MS + 1);
    cr_expect_eq(first, same);
    cr_expect_neq(first, later);
    cm_frame_release(first);
    cm_frame_release(same);
    cm_frame_release(later);
}

Test(views, an_id_is_known_by_the_view_that_gave_it_alone)
{
    struct cm_view *all = look_at(NULL, 0), *queue = look_at("cards", 0);
    tell("care 1", 1000);
    cr_assert(cm_view_renew(&views, all, 1000));
    cr_expect_eq(cm_view_seen(all, CM_SPAN("0000000000abcdef-1")), 1);
    cr_expect_eq(cm_view_seen(all, CM_SPAN("0000000000abcdef-2")), 2);
    cr_expect_eq(cm_view_seen(queue, CM_SPAN("0000000000abcdef-1")), 0, "it is of another view");
    cr_expect_eq(cm_view_seen(queue, CM_SPAN("0000000000abcdf0-1")), 1);
    static const char *const others[] = {"",
                                         "1",
                                         "0000000000abcdef",
                                         "0000000000abcdef-",
                                         "0000000000abcdef-3",
                                         "0000000000abcdef-1 ",
                                         "0000000000abcdef--1",
                                         "0000000000abcdef-99999999999999999999999999",
                                         "0000000000ABCDEF-1",
                                         "0000000000abcdef-18446744073709551617",
                                         "1000000000abcdef-1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_eq(cm_view_seen(all, cm_span_of(others[i])), 0, "%s", others[i]);
}

Test(views, who_comes_back_to_a_view_that_nobody_looked_at_gets_what_changed)
{
    struct cm_view *view = look_at("cards", 0);
    view->stream_count = 0;
    view->left_ms = 100;
    tell("care 1", 1000);
    unsigned rendered = fake_board_rendered(board);
    cr_expect_not(cm_view_renew(&views, view, 5000), "nobody looks");
    cr_expect_eq(fake_board_rendered(board), rendered);
    cr_assert_eq(look_at("cards", 6000), view);
    expect_owed(view, 1, 6000, "-2\nevent: delta\ndata: {\"care\":1}\n\n");
}

Test(views, views_are_few_and_those_that_nobody_looks_at_make_room)
{
    char name[16];
    struct cm_view *view, *first = look_at("q0", 0);
    for (unsigned i = 1; i < CM_VIEWS_MAX; i++) {
        snprintf(name, sizeof name, "q%u", i);
        look_at(name, 0);
    }
    cr_expect_eq(cm_views_find(&views, (struct cm_span){0}, 0, &view), CM_ELIMIT);
    cr_assert_eq(cm_views_find(&views, CM_SPAN("q0"), 0, &view), CM_OK);
    cr_expect_eq(view, first);
    first->stream_count = 0;
    cr_expect_eq(cm_views_find(&views, CM_SPAN("another"), 10, &view), CM_OK);
    cr_expect_eq(views.count, CM_VIEWS_MAX);
    cr_expect_eq(cm_views_find(&views, CM_SPAN("and another"), 10, &view), CM_OK, "nobody looks at the last one yet");
}

Test(views, views_that_nobody_comes_back_to_are_forgotten)
{
    struct cm_view *view = look_at("q", 0);
    view->stream_count = 0;
    look_at(NULL, CM_VIEW_KEPT_MS - 1);
    cr_expect_eq(views.count, 2);
    look_at("r", CM_VIEW_KEPT_MS);
    cr_expect_eq(views.count, 2);
}

Test(views, an_empty_queue_is_not_all_of_them)
{
    struct cm_view *all = look_at(NULL, 0), *view;
    cr_assert_eq(cm_views_find(&views, (struct cm_span){"", 0}, 0, &view), CM_OK);
    cr_expect_neq(view, all);
}

Test(views, only_time_is_no_change_and_is_not_counted)
{
    struct cm_view *view = look_at(NULL, 0);
    cm_views_stale(&views, -1);
    cr_expect_not(cm_view_renew(&views, view, 1000));
    cr_expect_eq(views.seconds.count, 0);
    tell("care 1", 1500);
    cm_views_stale(&views, -1);
    cr_expect(cm_view_renew(&views, view, 2000));
    cr_expect_eq(views.seconds.sum_ms, 500);
}

Test(views, a_tick_says_what_time_it_is)
{
    struct cm_frame *tick = cm_frame_tick(INT64_C(1772615530007));
    cr_assert(tick);
    cr_expect(
        cm_span_equal((struct cm_span){tick->bytes, tick->len}, CM_SPAN("event: tick\ndata: {\"now\":\"2026-03-04T09:12:10.007Z\"}\n\n")));
    cm_frame_release(tick);
    cr_expect_null(cm_frame_tick(INT64_MAX), "there is no such time");
}
