#include "boarding.h"

TestSuite(care, .init = open_usual, .fini = close_board);

#define UNMEASURED "{'id':'respond.empathy','outcome':'missed','evidence':[]}"

Test(care, an_empty_board_has_no_score)
{
    const char *json = section(CM_BOARD_CARE, NULL);
    expect_says(json, "{'n':0,'score':null,'target':70,'zone_of_score':null,'unvalidated':false,'dimensions':[{'id':'communicate','title':"
                      "'Communicate','n':0,'score':null,'target':null,'zone_of_score':null,'unvalidated':false},{'id':'respond'");
    expect_says(json, "'unscored':{'n':0,'reasons':[]},'trend':[{'from':'2026-11-30T08:05:00.000Z','n':0,'score':null},");
    expect_says(json, "{'from':'2026-11-30T09:00:00.000Z','n':0,'score':null}]}");
}

Test(care, scores_are_means_as_whole_numbers_halves_up)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "60.00", "null", GREETED);
    tell(FINAL, "b", "orders", "08:58:00", "61.00", "null", "50.00", GREETED "," UNMEASURED);
    const char *json = section(CM_BOARD_CARE, NULL);
    expect_says(json, "{'n':2,'score':71,'target':70,'zone_of_score':'reached','unvalidated':true,");
    expect_says(json, "'Communicate','n':1,'score':60,'target':null,'zone_of_score':null,'unvalidated':false}");
    expect_says(json, "'Respond','n':1,'score':50,'target':70,'zone_of_score':'below','unvalidated':true}");
    tell(FINAL, "c", "orders", "08:58:00", "70.48", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':3,'score':70,");
}

Test(care, the_zone_is_that_of_what_is_shown)
{
    tell(FINAL, "a", "orders", "08:59:00", "69.50", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "'score':70,'target':70,'zone_of_score':'reached'");
    tell(FINAL, "a", "orders", "08:59:00", "64.50", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "'score':65,'target':70,'zone_of_score':'near'");
    tell(FINAL, "a", "orders", "08:59:00", "64.49", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "'score':64,'target':70,'zone_of_score':'below'");
}

Test(care, the_window_moves_and_leaves_behind_what_ended_before)
{
    tell(FINAL, "a", "orders", "08:01:30", "80.00", "null", "null", GREETED);
    tell(FINAL, "b", "orders", "08:59:00", "40.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':2,'score':60,");
    cm_board_time(board, at("09:01:00"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':40,");
    cm_board_time(board, at("09:58:59"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':40,");
    cm_board_time(board, at("09:59:00"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':0,'score':null,");
    expect_says(section(CM_BOARD_SOURCE, NULL), "'final':2,'since':'2026-11-30T08:01:30.000Z'");
}

Test(care, what_ended_before_the_window_is_counted_and_in_no_figure)
{
    tell(FINAL, "a", "orders", "03:00:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':0,");
    expect_says(section(CM_BOARD_SOURCE, NULL), "'final':1,");
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,");
    expect_says(section(CM_BOARD_SOURCE, NULL), "'final':1,");
}

Test(care, what_ends_in_the_future_by_its_clock_ends_now)
{
    tell(FINAL, "a", "orders", "11:00:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'from':'2026-11-30T09:00:00.000Z','n':1,'score':80}]}");
    tell("{'interaction_id':'b','pack':{'name':'care'},'ended_at':null,'care':{'score':40},'behaviours':[],'status':'final'}");
    expect_says(section(CM_BOARD_CARE, NULL), "{'from':'2026-11-30T09:00:00.000Z','n':2,'score':60}]}");
}

Test(care, a_revision_takes_the_place_of_what_was_counted)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", UNMEASURED);
    tell(FINAL, "a", "cards", "08:30:00", "30.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':30,'target':70,'zone_of_score':'below','unvalidated':false,");
    expect_says(section(CM_BOARD_CARE, "orders"), "{'n':0,");
    expect_says(section(CM_BOARD_CARE, "cards"), "{'n':1,'score':30,");
    tell(OPEN, "a", "cards", "", "");
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':0,");
    expect_says(section(CM_BOARD_SOURCE, NULL), "'open':1,'final':0,");
}

Test(care, an_erase_takes_it_out)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    tell(FINAL, "b", "orders", "08:59:00", "60.00", "null", "null", GREETED);
    cm_board_erase(board, CM_SPAN("a"));
    cm_board_erase(board, CM_SPAN("nobody"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':60,");
    expect_says(section(CM_BOARD_SOURCE, NULL), "'final':1,");
}

static const char *unscored(const char *behaviours_of)
{
    tell(FINAL, "a", "orders", "08:59:00", "null", "null", "null", behaviours_of);
    const char *json = strstr(section(CM_BOARD_CARE, NULL), "\"unscored\"");
    static char found[100];
    const char *reason = strstr(json, "\"reason\":\"");
    snprintf(found, sizeof found, "%.*s", reason ? (int)strcspn(reason + 10, "\"") : 0, reason ? reason + 10 : "");
    return found;
}

Test(care, who_is_not_scored_is_told_with_the_reason_by_precedence)
{
    cr_expect_str_eq(unscored("{'id':'communicate.greeting','outcome':'not_evaluated','reason':'no_agent','evidence':[]}"), "no_agent");
    cr_expect_str_eq(unscored("{'id':'a','outcome':'not_evaluated','reason':'language','evidence':[]}"), "language");
    cr_expect_str_eq(unscored("{'id':'a','outcome':'not_evaluated','reason':'customer_left','evidence':[]},"
                              "{'id':'b','outcome':'not_evaluated','reason':'too_short','evidence':[]}"),
                     "too_short");
    cr_expect_str_eq(unscored("{'id':'a','outcome':'not_evaluated','reason':'no_dialogue','evidence':[]}"), "no_dialogue");
    cr_expect_str_eq(unscored(""), "channel");
    cr_expect_str_eq(unscored("{'id':'a','outcome':'missed','reason':'no_reply','evidence':[]}"), "low_coverage");
    expect_says(section(CM_BOARD_CARE, NULL),
                "'unscored':{'n':1,'reasons':[{'reason':'low_coverage','title':'with too little that could be judged','n':1}]}");
}

Test(care, the_trend_has_twelve_parts_of_five_minutes)
{
    tell(FINAL, "a", "orders", "08:05:00", "80.00", "null", "null", GREETED);
    tell(FINAL, "b", "orders", "08:09:59", "70.00", "null", "null", GREETED);
    tell(FINAL, "c", "orders", "08:10:00", "60.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL),
                "'trend':[{'from':'2026-11-30T08:05:00.000Z','n':2,'score':75},{'from':'2026-11-30T08:10:00.000Z','n':1,'score':60},");
    cm_board_time(board, at("09:04:59"));
    expect_says(section(CM_BOARD_CARE, NULL), "'trend':[{'from':'2026-11-30T08:05:00.000Z','n':2,'score':75}");
    cm_board_time(board, at("09:05:00"));
    expect_says(section(CM_BOARD_CARE, NULL), "'trend':[{'from':'2026-11-30T08:10:00.000Z','n':1,'score':60}");
}

Test(care, a_window_of_days_has_longer_slots)
{
    close_board();
    struct cm_board_settings settings = usual();
    settings.window_ms = 7 * CM_BOARD_DAY_MS;
    open_board(&settings);
    tell(FINAL, "a", "orders", "00:00:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':80,");
    cm_board_time(board, at("2026-12-06T23:00:00Z"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':80,");
    cm_board_time(board, at("2026-12-07T00:50:00Z"));
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':0,'score':null,");
}

Test(care, queues_side_by_side_have_scores_only_where_n_allows)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    tell(FINAL, "b", "orders", "08:59:00", "60.00", "null", "null", GREETED);
    tell(FINAL, "c", "cards", "08:59:00", "60.00", "null", "null", GREETED);
    tell(OPEN, "d", "zebra", "", "");
    expect_all(section(CM_BOARD_QUEUES, NULL),
               "{'least':2,'list':[{'queue':'cards','n':1,'score':null,'open':0,'concerns':0,'worst_since':null},{'queue':'orders','n':2,"
               "'score':70,'open':0,'concerns':0,'worst_since':null},{'queue':'zebra','n':0,'score':null,'open':1,'concerns':0,"
               "'worst_since':null}]}");
    expect_says(section(CM_BOARD_QUEUES, "orders"), "{'least':2,'list':[{'queue':'orders',");
    cm_board_time(board, at("10:30:00"));
    expect_says(section(CM_BOARD_QUEUES, NULL), "'list':[{'queue':'zebra',");
}
