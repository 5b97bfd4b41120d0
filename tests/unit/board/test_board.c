#include "boarding.h"

TestSuite(board, .init = open_usual, .fini = close_board);

static const char *snapshot(const char *queue)
{
    cm_buffer_reset(&shown);
    cm_board_snapshot(board, queue ? cm_span_of(queue) : (struct cm_span){NULL, 0}, &shown);
    cm_buffer_byte(&shown, '\0');
    cr_assert_eq(cm_buffer_status(&shown), CM_OK);
    return shown.ptr;
}

Test(board, a_snapshot_has_the_clock_the_settings_and_every_section)
{
    const char *json = snapshot(NULL);
    expect_says(json,
                "{'version':1,'clock':{'now':'2026-11-30T09:00:00.000Z','rate':1},'queue':null,'settings':{'zone':'UTC','window_s':3600,"
                "'late_s':{'other':120,'chat':120,'call':0,'email':3600,'social':0,'team':0},'agents':false},'source':{'state':'starting','"
                "partitions':null,'lost_cards':0,'interactions':{'open':0,'final':0,"
                "'since':null}},'concerns':{");
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++)
        expect_says(json, ",'%s':{", cm_board_section_name((enum cm_board_section)i));
    expect_says(snapshot("orders"), "'queue':'orders'");
}

Test(board, it_says_how_its_source_is)
{
    cm_board_source_is(board, &(struct cm_board_source){CM_BOARD_LIVE, 3, 12, 0});
    cm_board_lost(board, 2);
    cm_board_lost(board, 5);
    tell(OPEN, "a", "orders", "", "");
    expect_all(section(CM_BOARD_SOURCE, NULL),
               "{'state':'live','partitions':{'seen':3,'of':12},'lost_cards':7,'interactions':{'open':1,'final':0,'since':null}}");
    cm_board_source_is(board, &(struct cm_board_source){CM_BOARD_STALLED, 0, 0, 7});
    expect_says(section(CM_BOARD_SOURCE, NULL), "{'state':'stalled','partitions':null,'lost_cards':0,"); /* all of them came later */
    cm_board_source_is(board, &(struct cm_board_source){CM_BOARD_ENDED, 0, 0, 3});
    expect_says(section(CM_BOARD_SOURCE, NULL), "{'state':'ended','partitions':null,'lost_cards':4,");
}

Test(board, time_never_goes_back)
{
    cm_board_time(board, at("08:00:00"));
    expect_says(snapshot(NULL), "'now':'2026-11-30T09:00:00.000Z'");
}

Test(board, nothing_new_gives_the_same_bytes)
{
    tell(OPEN, "a", "orders", "", "");
    tell(FINAL, "b", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    char *before = strdup(snapshot(NULL));
    cr_expect_str_eq(snapshot(NULL), before);
    tell(OPEN, "a", "orders", "", "");
    cr_expect_str_eq(snapshot(NULL), before);
    free(before);
}

Test(board, names_are_written_so_that_everybody_can_read_them)
{
    tell(OPEN, "a\\\"<b>\\u0000", "q\\\\\\u00e9", "", "");
    expect_says(section(CM_BOARD_QUEUES, NULL), "'queue':'q\\\\é'");
    tell(OPEN, "a", "zero\\u0000inside", "", "");
    expect_silent(section(CM_BOARD_QUEUES, NULL), "inside");
}

Test(board, too_many_queues_are_counted_among_all)
{
    for (unsigned i = 0; i < CM_BOARD_QUEUES_MAX + 10; i++) {
        char name[20];
        snprintf(name, sizeof name, "q%u", i);
        tell(OPEN, name, name, "", "");
    }
    expect_says(section(CM_BOARD_SOURCE, NULL), "'open':1034,");
    cr_expect_eq(board->queue_count, CM_BOARD_QUEUES_MAX);
    cm_board_erase(board, CM_SPAN("q1030"));
    expect_says(section(CM_BOARD_SOURCE, NULL), "'open':1033,");
}

Test(board, memory_has_a_ceiling)
{
    close_board();
    struct cm_board_settings settings = usual();
    settings.memory_bytes = 400000;
    open_board(&settings);
    for (unsigned i = 0; i < 3000; i++) {
        char id[20];
        snprintf(id, sizeof id, "chat-%u", i);
        tell(FINAL, id, "orders", "08:59:00", "80.00", "null", "null", GREETED);
        cr_assert_leq(board->bytes, settings.memory_bytes);
    }
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':3000,'score':80,"); /* figures stay */
    expect_says(section(CM_BOARD_SOURCE, NULL), "'final':3000,");
    cm_buffer_reset(&shown);
    cr_expect_not(cm_board_interaction(board, CM_SPAN("chat-0"), &shown));
    cr_expect(cm_board_interaction(board, CM_SPAN("chat-2999"), &shown));
    cr_expect_gt(board->item_count, 500);
}

Test(board, of_those_that_go_on_what_nobody_has_heard_of_for_longest_goes_last)
{
    close_board();
    struct cm_board_settings settings = usual();
    settings.memory_bytes = 300000;
    open_board(&settings);
    char pending[512];
    snprintf(pending, sizeof pending, WAITS, "respond.problem", "08:50:01", "unmet", 0, "customer.problem", "it is broken");
    tell(OPEN, "waits", "orders", pending, "");
    for (unsigned i = 0; i < 2000; i++) {
        char id[20];
        snprintf(id, sizeof id, "chat-%u", i);
        tell(FINAL, id, "orders", "08:59:00", "80.00", "null", "null", GREETED);
    }
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':1,");
    for (unsigned i = 0; i < 2000; i++) {
        char id[20];
        snprintf(id, sizeof id, "open-%u", i);
        tell(OPEN, id, "orders", pending, "");
        cr_assert_leq(board->bytes, settings.memory_bytes);
    }
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':%zu,", board->item_count);
    expect_says(section(CM_BOARD_SOURCE, NULL), "'open':%zu,", board->item_count);
}

Test(board, bytes_are_counted_to_the_last)
{
    close_board();
    open_reading();
    uint64_t before = board->bytes;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 50; i++) {
            hear(
                "{'interaction_id':'chat-%u','seq':%u,'speaker':'customer','customer_name':'Jo Bloggs','text':'It is broken and I am sad'}",
                i, round);
            char id[20], pending[512];
            snprintf(id, sizeof id, "chat-%u", i);
            snprintf(pending, sizeof pending, WAITS, "respond.problem", "08:50:01", "unmet", 0, "customer.problem", "it is broken");
            tell(OPEN, id, "orders", round == 1 ? pending : "", "");
        }
    cr_expect_gt(board->bytes, before);
    for (unsigned i = 0; i < 50; i++) {
        char id[20];
        snprintf(id, sizeof id, "chat-%u", i);
        cm_board_erase(board, cm_span_of(id));
    }
    cr_expect_eq(board->item_count, 0);
    cr_expect_eq(board->bytes, before + sizeof(struct cm_board_group) + strlen("orders"));
}

Test(board, more_dimensions_than_there_may_be_are_refused)
{
    close_board();
    struct cm_board_settings settings = usual();
    settings.dimension_count = CM_BOARD_DIMENSIONS_MAX + 1;
    cr_expect_eq(cm_board_new(&settings, &board), CM_ELIMIT);
    cr_expect_null(board);
    cm_board_free(NULL);
}
