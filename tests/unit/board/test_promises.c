#include "boarding.h"

TestSuite(promises, .init = open_usual, .fini = close_board);

#define EVIDENCE "{'turn':%d,'seq':null,'rule':'%s','start':0,'end':4,'quote':'%s'}"

static void say(const char *id, const char *customer, const char *time, int turn, const char *rule, const char *quote)
{
    tell(
        "{'interaction_id':'%s','pack':{'name':'care'},'channel':'chat','agent_id':'anna','customer_id':'%s','queue':'orders','started_at':"
        "'2026-11-30T%s.000Z','ended_at':null,'status':'open','moments':[{'id':'respond.dated_promise','kind':'bonus','agent_id':'ben','at'"
        ":"
        "'2026-11-30T%s.000Z','evidence':" EVIDENCE "}]}",
        id, customer, time, time, turn, rule, quote);
}

static void complain(const char *id, const char *customer, const char *time, int turn, const char *quote)
{
    tell("{'interaction_id':'%s','pack':{'name':'care'},'customer_id':'%s','queue':'cards','started_at':'2026-11-30T%s.000Z','status':'"
         "open','pending':"
         "[{'id':'respond.empathy','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':[" EVIDENCE "]}]}",
         id, customer, time, turn, "customer.complaint", quote);
}

static void end(const char *id, const char *customer, const char *from, const char *to)
{
    tell("{'interaction_id':'%s','pack':{'name':'care'},'customer_id':'%s','queue':'cards','started_at':'2026-11-30T%s.000Z','ended_at':"
         "'2026-11-30T%s.000Z','status':'final','behaviours':[]}",
         id, customer, from, to);
}

Test(promises, a_promise_says_what_and_when)
{
    say("a", "c1", "08:30:00", 2, "promise.with_time", "call you before noon tomorrow");
    expect_all(section(CM_BOARD_PROMISES, NULL),
               "{'open':1,'due':0,'broken':0,'list':[{'interaction_id':'a','channel':'chat','queue':'orders','agent_id':null,'made_at':"
               "'2026-11-30T08:30:00.000Z','due_at':'2026-12-01T12:00:00.000Z','state':'open','words':'call you before noon "
               "tomorrow','broken_by':null}]}");
    say("a", "c1", "08:30:00", 2, "promise.with_time", "call you before noon tomorrow");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':1,");
    expect_all(section(CM_BOARD_PROMISES, "cards"), "{'open':0,'due':0,'broken':0,'list':[]}");
}

Test(promises, who_says_no_time_promises_all_the_same)
{
    say("a", "c1", "08:30:00", 2, "promise.no_time", "someone will be in touch");
    say("b", "c1", "08:30:00", 2, "deed.done", "I have done it");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':1,'due':0,'broken':0,");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'due_at':null,'state':'open'");
}

#define PROMISED "{'id':'respond.dated_promise','kind':'bonus','agent_id':'ben','at':'2026-11-30T%s.000Z','evidence':" EVIDENCE "}"

Test(promises, said_twice_for_the_same_time_it_is_one)
{
    tell("{'interaction_id':'a','pack':{'name':'care'},'status':'open','moments':[" PROMISED "," PROMISED "]}", "08:30:00", 2,
         "promise.with_time", "by 5 pm", "08:31:00", 4, "promise.with_time", "by five pm");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':1,");
    tell("{'interaction_id':'a','pack':{'name':'care'},'status':'open','moments':[" PROMISED "," PROMISED "]}", "08:31:00", 4,
         "promise.with_time", "by five pm", "08:32:00", 6, "promise.with_time", "by Friday");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':2,");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'words':'by five pm'");
}

Test(promises, what_is_over_is_due_and_leaves_a_day_later)
{
    say("a", "c1", "08:30:00", 2, "promise.with_time", "in an hour");
    cm_board_time(board, at("09:30:00"));
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':0,'due':1,'broken':0,");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'state':'due'");
    cm_board_time(board, at("2026-12-01T09:29:59Z"));
    expect_says(section(CM_BOARD_PROMISES, NULL), "'due':1,");
    cm_board_time(board, at("2026-12-01T09:30:00Z"));
    cr_expect_str_eq(section(CM_BOARD_PROMISES, NULL), "{\"open\":0,\"due\":0,\"broken\":0,\"list\":[]}");
}

Test(promises, what_was_due_long_ago_is_not_told_when_the_board_begins)
{
    cm_board_time(board, at("2026-12-02T09:00:00Z"));
    say("a", "c1", "08:30:00", 2, "promise.with_time", "in an hour");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':0,");
}

static const char broken[] = "'state':'broken','words':'in an hour','broken_by':{'interaction_id':'b','words':'nobody called me back'}}";

Test(promises, the_customer_says_in_a_later_interaction_that_nobody_called)
{
    say("a", "c1", "07:30:00", 2, "promise.with_time", "in an hour");
    say("z", "c2", "07:30:00", 2, "promise.with_time", "in an hour");
    complain("b", "c1", "08:59:00", 0, "nobody called me back");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':0,'due':1,'broken':1,'list':[{'interaction_id':'a',");
    expect_says(section(CM_BOARD_PROMISES, NULL), broken);
    complain("b", "c1", "08:59:00", 0, "nobody called me back");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'broken':1,");
    cm_board_erase(board, CM_SPAN("b"));
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':0,'due':2,'broken':0,");
}

Test(promises, in_whatever_order_they_are_told)
{
    complain("b", "c1", "08:59:00", 0, "nobody called me back");
    say("a", "c1", "07:30:00", 2, "promise.with_time", "in an hour");
    expect_says(section(CM_BOARD_PROMISES, NULL), broken);
}

Test(promises, a_reproach_is_about_what_was_promised_before_it)
{
    complain("b", "c1", "07:00:00", 0, "nobody called me back");
    say("a", "c1", "08:30:00", 2, "promise.with_time", "in two hours");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':1,'due':0,'broken':0,");
    complain("c", "c3", "08:59:00", 0, "nobody called me back");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'broken':0,");
    complain("d", "c1", "08:59:00", 0, "it is broken and I am sad");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'broken':0,");
}

Test(promises, in_the_same_interaction_it_is_the_turn_that_tells)
{
    tell("{'interaction_id':'a','pack':{'name':'care'},'started_at':'2026-11-30T08:00:00Z','status':'open','pending':[{'id':'respond."
         "empathy','dimension':"
         "'respond','kind':'opportunity','since':null,'state':'unmet','evidence':[" EVIDENCE "]}],'moments':[{'id':'x','kind':'bonus','at':"
         "'2026-11-30T08:01:00Z','evidence':" EVIDENCE "}]}",
         4, "customer.complaint", "you said you would call", 2, "promise.with_time", "in an hour");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'broken':1,");
}

Test(promises, who_comes_back_and_does_not_complain_has_got_it)
{
    say("a", "c1", "07:30:00", 2, "promise.with_time", "in an hour");
    end("b", "c1", "08:50:00", "08:59:00");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'due':1,");
    cm_board_time(board, at("10:00:00"));
    expect_says(section(CM_BOARD_PROMISES, NULL), "'due':0,");
}

Test(promises, a_final_card_tells_of_promises_too)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null",
         "{'id':'respond.problem','outcome':'delivered','evidence':[{'turn':3,'seq':null,'rule':'promise.contact','start':0,'end':4,'quote'"
         ":'will call you at 5 pm'}]}");
    expect_says(section(CM_BOARD_PROMISES, NULL),
                "'made_at':'2026-11-30T08:59:00.000Z','due_at':'2026-11-30T17:00:00.000Z','state':'open','words':'will call you at 5 pm'");
}

Test(promises, what_a_card_says_no_more_was_taken_back)
{
    say("a", "c1", "08:30:00", 2, "promise.with_time", "call you before noon tomorrow");
    say("a", "c1", "08:30:00", 70, "promise.with_time", "will send it on Friday");
    expect_silent(section(CM_BOARD_PROMISES, NULL), "noon");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'words':'will send it on Friday'");
    end("a", "c1", "08:30:00", "08:59:00");
    expect_all(section(CM_BOARD_PROMISES, NULL), "{'open':0,'due':0,'broken':0,'list':[]}");
    say("a", "c1", "08:30:00", 2, "promise.with_time", "call you before noon tomorrow");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'words':'call you before noon tomorrow'");
}

Test(promises, a_quote_of_another_part_of_the_turn_is_not_what_was_promised)
{
    say("a", "c1", "08:30:00", 2, "promise.with_time", "sorry");
    expect_says(section(CM_BOARD_PROMISES, NULL), "'due_at':null,'state':'open','words':null,");
}

Test(promises, broken_ones_come_first_then_those_that_are_due_then_by_time)
{
    say("late", "c2", "08:30:00", 2, "promise.with_time", "tomorrow");
    say("none", "c3", "08:30:00", 2, "promise.no_time", "soon");
    say("over", "c4", "07:30:00", 2, "promise.with_time", "in an hour");
    say("soon", "c5", "08:30:00", 2, "promise.with_time", "at noon");
    say("bad", "c1", "07:30:00", 2, "promise.with_time", "in an hour");
    complain("b", "c1", "08:59:00", 0, "I was promised a call");
    const char *json = section(CM_BOARD_PROMISES, NULL), *at_last = json;
    static const char *const ids[] = {"bad", "over", "soon", "late", "none"};
    for (size_t i = 0; i < 5; i++) {
        char id[40];
        snprintf(id, sizeof id, "{\"interaction_id\":\"%s\"", ids[i]);
        const char *found = strstr(at_last, id);
        cr_assert(found, "%s in %s", id, json);
        at_last = found;
    }
}

Test(promises, there_is_a_ceiling_and_what_leaves_first_goes_first)
{
    for (unsigned i = 0; i < CM_BOARD_PROMISES_MAX + 100; i++) {
        char id[20];
        snprintf(id, sizeof id, "chat-%u", i);
        say(id, "c", "08:30:00", 2, "promise.with_time", i < 50 ? "in ten minutes" : "tomorrow");
    }
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':4096,'due':0,");
}

Test(promises, words_that_say_broken)
{
    static const char *const yes[] = {"nobody called me back",
                                      "No one has rung, no one called",
                                      "You promised!",
                                      "I was promised a call tuesday",
                                      "you said you would call",
                                      "they said it would be here",
                                      "I haven't heard anything",
                                      "never got back to me",
                                      "it was supposed to arrive",
                                      "nothing has arrived",
                                      "you did not call"};
    static const char *const no[] = {
        "", "hello", "I promise to pay", "I can't call you", "nobody is perfect", "she said hello", "thank you for calling"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_expect(cm_board_says_broken(cm_span_of(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_not(cm_board_says_broken(cm_span_of(no[i])), "%s", no[i]);
}
