#include "boarding.h"

TestSuite(moments, .init = open_usual, .fini = close_board);

#define MOMENT                                                                                                                             \
    "{'id':'%s','kind':'%s','dimension':null,'agent_id':'anna','at':'2026-11-30T%s.000Z','evidence':{'turn':%d,'seq':null,'rule':'%s','"   \
    "start':0,'end':4,'quote':'%s'}}"

static void see(const char *id, const char *queue, const char *behaviour, const char *kind, const char *time, int turn, const char *rule)
{
    char moment[600];
    snprintf(moment, sizeof moment, MOMENT, behaviour, kind, time, turn, rule, "you made my day");
    tell(OPEN, id, queue, "", moment);
}

static unsigned count(const char *json, const char *part)
{
    unsigned count = 0;
    for (; (json = strstr(json, part)); json += strlen(part))
        count++;
    return count;
}

Test(moments, delight_is_praise_and_a_bonus_of_warmth_is_care)
{
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    see("b", "orders", "enrich.personal", "bonus", "08:58:00", 4, "warmth.compliment");
    expect_all(
        section(CM_BOARD_MOMENTS, NULL),
        "{'list':[{'at':'2026-11-30T08:59:00.000Z','kind':'praise','interaction_id':'a','channel':'chat','queue':'orders','agent_id':null,"
        "'title':'The customer is delighted','words':'you made my day'},{'at':'2026-11-30T08:58:00.000Z','kind':'care','interaction_id':"
        "'b','channel':'chat','queue':'orders','agent_id':null,'title':'A personal touch','words':'you made my day'}]}");
}

Test(moments, what_is_no_cause_to_celebrate_is_left_out)
{
    see("a", "orders", "customer_outcome.thanks", "thanks", "08:59:00", 3, "customer.thanks");
    see("b", "orders", "against.rushing", "penalty", "08:59:00", 3, "rush.unprovoked");
    see("c", "orders", "respond.dated_promise", "bonus", "08:59:00", 3, "promise.with_time");
    see("d", "orders", "enrich.personal", "bonus", "08:59:00", 3, "ack.short");
    see("e", "orders", "enrich.unknown", "bonus", "08:59:00", 3, "warmth.wish");
    see("f", "orders", "customer_outcome.hope", "hope", "08:59:00", 3, "customer.hope");
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, NULL), "{\"list\":[]}");
}

Test(moments, thanks_that_are_more_than_polite_are_praise_once)
{
    char both[1300], delight[600];
    snprintf(delight, sizeof delight, MOMENT, "customer_outcome.delight", "delight", "08:59:00", 3, "customer.cannot_thank_enough",
             "bless you");
    snprintf(both, sizeof both, "%s," MOMENT, delight, "customer_outcome.thanks", "thanks", "08:59:00", 3, "customer.cannot_thank_enough",
             "bless you");
    tell(OPEN, "a", "orders", "", both);
    tell(OPEN, "a", "orders", "", both);
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, NULL), "\"kind\":\"praise\""), 1);
    expect_says(section(CM_BOARD_MOMENTS, NULL), "'title':'The customer cannot thank enough'");
}

Test(moments, who_complains_in_the_same_breath_is_not_delighted)
{
    char waits[512], delight[600];
    snprintf(waits, sizeof waits, WAITS, "respond.empathy", "08:59:00", "unmet", 3, "customer.complaint", "well done, no water again");
    snprintf(delight, sizeof delight, MOMENT, "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight", "well done");
    tell(OPEN, "a", "orders", waits, delight);
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, NULL), "{\"list\":[]}");
}

Test(moments, a_card_that_comes_again_adds_nothing_and_what_it_says_no_more_leaves)
{
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, NULL), "\"at\""), 1);
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:30", 5, "customer.delight");
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, NULL), "\"at\""), 1);
    expect_says(section(CM_BOARD_MOMENTS, NULL), "08:59:30");
    tell(FINAL, "a", "orders", "08:59:40", "80.00", "null", "null", GREETED);
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, NULL), "\"at\""), 1);
    tell(OPEN, "a", "orders", "", "");
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, NULL), "{\"list\":[]}");
}

Test(moments, the_newest_six_of_each_kind_by_minute_with_praise_first)
{
    for (unsigned i = 0; i < 20; i++) {
        char id[20], time[20];
        snprintf(id, sizeof id, "chat-%u", i);
        snprintf(time, sizeof time, "08:%02u:%02u", 20 + i / 2, i % 2 * 30);
        see(id, i % 3 ? "orders" : "cards", i % 4 < 2 ? "enrich.personal" : "customer_outcome.delight", i % 4 < 2 ? "bonus" : "delight",
            time, 1, i % 4 < 2 ? "warmth.wish" : "customer.delight");
    }
    const char *json = section(CM_BOARD_MOMENTS, NULL);
    cr_expect_eq(count(json, "praise"), 6);
    cr_expect_eq(count(json, "care"), 6);
    cr_expect(strstr(json, "chat-19") < strstr(json, "chat-18") && strstr(json, "chat-18") < strstr(json, "chat-17"));
    cr_expect_null(strstr(json, "chat-5\""));
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, "cards"), "\"at\""), 7);
    expect_silent(section(CM_BOARD_MOMENTS, "cards"), "orders");
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, "nobody's"), "{\"list\":[]}");
}

Test(moments, in_one_minute_praise_comes_first)
{
    see("a", "orders", "enrich.personal", "bonus", "08:59:59", 1, "warmth.wish");
    see("b", "cards", "customer_outcome.delight", "delight", "08:59:00", 1, "customer.delight");
    const char *json = section(CM_BOARD_MOMENTS, NULL);
    cr_expect(strstr(json, "praise") < strstr(json, "care"));
}

#define BONUS                                                                                                                              \
    "{'id':'enrich.personal','outcome':'delivered','evidence':[{'turn':4,'seq':5,'rule':'warmth.wish','start':0,'end':2,'quote':'enjoy "   \
    "it'}]}"
#define JOY                                                                                                                                \
    "{'id':'enrich.celebrates','outcome':'delivered','evidence':[{'turn':3,'seq':4,'rule':'customer.delight','start':0,'end':2,'quote':'"  \
    "lovely'}]}"

Test(moments, what_was_never_seen_open_is_told_by_its_final_card)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", BONUS "," JOY);
    const char *json = section(CM_BOARD_MOMENTS, NULL);
    expect_says(json, "{'list':[{'at':'2026-11-30T08:59:00.000Z','kind':'praise','interaction_id':'a',");
    expect_says(json, "'title':'A personal touch','words':'enjoy it'}]}");
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", BONUS "," JOY);
    cr_expect_eq(count(section(CM_BOARD_MOMENTS, NULL), "\"at\""), 2);
}

Test(moments, a_revision_says_what_is_left_where_no_texts_are_kept)
{
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    see("a", "orders", "enrich.personal", "bonus", "08:59:00", 4, "warmth.wish");
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", BONUS);
    expect_says(section(CM_BOARD_MOMENTS, NULL), "you made my day");
    tell("{'interaction_id':'a','pack':{'name':'care'},'queue':'orders','ended_at':'2026-11-30T08:59:00Z','behaviours':[" BONUS
         "],'status':'final','revision':1}");
    expect_silent(section(CM_BOARD_MOMENTS, NULL), "you made my day");
    expect_says(section(CM_BOARD_MOMENTS, NULL), "enjoy it");
}

Test(moments, an_erase_leaves_none_and_a_queue_that_changes_takes_them_along)
{
    see("a", "orders", "customer_outcome.delight", "delight", "08:59:00", 3, "customer.delight");
    tell(FINAL, "a", "cards", "08:59:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_MOMENTS, "cards"), "'queue':'cards'");
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, "orders"), "{\"list\":[]}");
    cm_board_erase(board, CM_SPAN("a"));
    cr_expect_str_eq(section(CM_BOARD_MOMENTS, NULL), "{\"list\":[]}");
}
