#include "boarding.h"

TestSuite(sheet, .init = open_usual, .fini = close_board);

Test(sheet, a_line_that_is_no_scorecard_is_counted_and_else_ignored)
{
    static const char *const lines[] = {
        "",
        "x",
        "null",
        "[]",
        "{}",
        "{'interaction_id':'a'}",
        "{'interaction_id':'a','pack':{'name':'care'}}",
        "{'interaction_id':'','pack':{'name':'care'},'status':'open'}",
        "{'interaction_id':null,'pack':{'name':'care'},'status':'open'}",
        "{'interaction_id':1,'pack':{'name':'care'},'status':'open'}",
        "{'interaction_id':'a','pack':'care','status':'open'}",
        "{'interaction_id':'a','pack':{},'status':'open'}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'closed'}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':null}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open'",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open'}}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','started_at':'yesterday'}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','care':{'score':101}}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','care':{'score':-1}}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','care':[]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','pending':{}}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','pending':[1]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','pending':[{'evidence':[{'turn':-1}]}]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','pending':[{'evidence':[{'start':5,'end':4}]}]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','moments':[{'evidence':[]}]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'final','behaviours':[{'id':7}]}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','behaviours':[}",
        "{'interaction_id':'a','pack':{'name':'care'},'status':'open','revision':-1}",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect_eq(try_card("%s", lines[i]), CM_EINPUT, "%s", lines[i]);
    cr_expect_eq(board->bad, sizeof lines / sizeof *lines);
    cr_expect_eq(board->item_count, 0);
}

Test(sheet, a_depth_that_is_an_attack_is_none)
{
    cm_buffer_reset(&text);
    cm_buffer_text(&text, "{\"interaction_id\":\"a\",\"pack\":{\"name\":\"care\"},\"status\":\"open\",\"more\":");
    for (unsigned i = 0; i < 5000; i++)
        cm_buffer_byte(&text, '[');
    cr_expect_eq(cm_board_card(board, cm_buffer_view(&text)), CM_EINPUT);
}

Test(sheet, fields_that_nobody_knows_are_passed_over)
{
    tell("{'new':{'deep':[{'a':[1,2.5e9,null,true]}]},'interaction_id':'a','pack':{'name':'care','colour':'red'},'care':{'score':null,"
         "'courage':12.5},'status':'open','pending':[{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':"
         "'2026-11-30T08:59:00.000Z','why':{},'evidence':[{'turn':0,'seq':null,'rule':'customer.problem','start':0,'end':1,'quote':'x','x':"
         "1}]}]}");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':1,");
}

Test(sheet, the_order_of_keys_does_not_matter)
{
    tell("{'status':'final','behaviours':[" GREETED "],'care':{'communicate':50,'score':80.5},'ended_at':'2026-11-30T08:59:00Z','pack':"
         "{'version':'1','name':'care'},'interaction_id':'a'}");
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,'score':81,");
}

Test(sheet, a_pending_entry_without_evidence_is_no_concern)
{
    tell(OPEN, "a", "orders", "{'id':'communicate.greeting','agent_id':null}", "");
    tell(OPEN, "b", "orders",
         "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':null,'state':'due','evidence':[]}", "");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':0,");
}
