#include "boarding.h"

TestSuite(concerns, .init = open_usual, .fini = close_board);

#define PROBLEM(since)                                                                                                                     \
    "{'id':'respond.problem','dimension':'respond','kind':'opportunity','agent_id':null,'since':'2026-11-30T" since ".000Z','state':"

static void wait_for(const char *id, const char *queue, const char *since, const char *rule)
{
    char pending[512];
    snprintf(pending, sizeof pending, WAITS, "respond.problem", since, "unmet", 0, rule, "it is broken");
    tell(OPEN, id, queue, pending, "");
}

/* Ids in the order of the list. */
static const char *order(const char *queue)
{
    static char ids[1000];
    const char *json = section(CM_BOARD_CONCERNS, queue);
    size_t len = 0;
    ids[0] = '\0';
    for (const char *at = json; (at = strstr(at, "\"interaction_id\":\"")); at += 18)
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%.*s ", (int)strcspn(at + 18, "\""), at + 18);
    return ids;
}

Test(concerns, a_line_says_who_waits_for_what)
{
    wait_for("chat-1", "orders", "08:58:30", "customer.problem");
    expect_all(
        section(CM_BOARD_CONCERNS, NULL),
        "{'count':1,'uncared':0,'late':0,'worst_since':'2026-11-30T08:58:30.000Z','list':[{'interaction_id':'chat-1','channel':'chat',"
        "'queue':'orders','agent_id':null,'since':'2026-11-30T08:58:30.000Z','late_at':'2026-11-30T09:00:30.000Z','state':'unmet','uncared'"
        ":false,'words':'it is broken',"
        "'behaviour':'respond.problem','title':'Meets problems','more':0}]}");
}

Test(concerns, nobody_waits_on_an_empty_board)
{
    cr_expect_str_eq(section(CM_BOARD_CONCERNS, NULL), "{\"count\":0,\"uncared\":0,\"late\":0,\"worst_since\":null,\"list\":[]}");
    cr_expect_str_eq(section(CM_BOARD_CONCERNS, "nobody's"), "{\"count\":0,\"uncared\":0,\"late\":0,\"worst_since\":null,\"list\":[]}");
}

Test(concerns, who_says_that_nobody_cares_comes_first_then_who_waits_longest)
{
    wait_for("a", "orders", "08:59:00", "customer.problem");
    wait_for("b", "orders", "08:57:00", "customer.problem");
    wait_for("c", "cards", "08:59:30", "customer.uncared");
    wait_for("d", "cards", "08:58:00", "customer.repeat");
    wait_for("e", "cards", "08:50:00", "concern.asks_why");
    cr_expect_str_eq(order(NULL), "d c e b a ");
    cr_expect_str_eq(order("orders"), "b a ");
    cr_expect_str_eq(order("cards"), "d c e ");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':5,'uncared':2,'late':2,'worst_since':'2026-11-30T08:50:00.000Z'");
}

Test(concerns, those_that_wait_become_late_with_time)
{
    wait_for("a", "orders", "08:58:00", "customer.problem");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'late':0,");
    cm_board_time(board, at("09:00:00.001"));
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'late':1,");
    expect_says(section(CM_BOARD_CONCERNS, "orders"), "'late':1,");
}

/* An hour in a mail is no two minutes in a chat; and what was late for a while is told. */
static void count_overdue(void *context, const struct cm_board_overdue *overdue)
{
    size_t *count = context;
    (*count)++;
    cr_expect(cm_span_equal(overdue->interaction_id, CM_SPAN("chat")));
}

static void mail_waits(const char *id, const char *since)
{
    char line[1024];
    snprintf(line, sizeof line,
             "{'interaction_id':'%s','pack':{'name':'care'},'channel':'email','queue':'mail','status':'open','pending':[{'id':"
             "'respond.problem','dimension':'respond','kind':'opportunity','since':'2026-11-30T%s.000Z','state':'unmet','evidence':[{"
             "'turn':0,'seq':1,'rule':'customer.problem','start':0,'end':2,'quote':'no'}]}],'moments':[]}",
             id, since);
    for (char *at = line; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    cr_assert_eq(cm_board_card(board, cm_span_of(line)), CM_OK);
}

Test(concerns, every_channel_has_a_time_of_its_own)
{
    size_t overdue = 0;
    mail_waits("mail", "08:30:00");
    wait_for("chat", "orders", "08:57:30", "customer.problem");
    cr_expect_str_eq(order(NULL), "chat mail ");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'late':1,'worst_since':'2026-11-30T08:57:30.000Z'");
    expect_says(section(CM_BOARD_CONCERNS, "mail"), "'late':0,'worst_since':'2026-11-30T08:30:00.000Z'");
    cm_board_overdue(board, CM_BOARD_MINUTE_MS, count_overdue, &overdue);
    cr_expect_eq(overdue, 0, "late for half a minute");
    cm_board_time(board, at("09:00:31"));
    cm_board_overdue(board, CM_BOARD_MINUTE_MS, count_overdue, &overdue);
    cm_board_overdue(board, CM_BOARD_MINUTE_MS, count_overdue, &overdue);
    cr_expect_eq(overdue, 1);
    cm_board_time(board, at("09:30:01"));
    expect_says(section(CM_BOARD_CONCERNS, "mail"), "'late':1,");
}

Test(concerns, what_is_answered_leaves)
{
    wait_for("a", "orders", "08:58:00", "customer.problem");
    tell(OPEN, "a", "orders", "", "");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':0,");
    wait_for("a", "orders", "08:58:00", "customer.problem");
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':0,");
    wait_for("b", "orders", "08:58:00", "customer.problem");
    cm_board_erase(board, CM_SPAN("b"));
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':0,");
}

Test(concerns, only_opportunities_to_respond_are_concerns)
{
    tell(OPEN, "a", "orders",
         "{'id':'enrich.options','dimension':'enrich','kind':'opportunity','since':'2026-11-30T08:58:00Z','state':'unmet','evidence':"
         "[{'turn':0,'seq':1,'rule':'customer.problem','start':0,'end':1}]},"
         "{'id':'respond.promptness','dimension':'respond','kind':'timed','since':null,'state':'due','evidence':[]}",
         "");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'count':0,");
}

Test(concerns, several_behaviours_for_the_same_words_are_one_line)
{
    tell(OPEN, "a", "orders",
         PROBLEM("08:57:00") "'unmet','evidence':[{'turn':3,'seq':4,'rule':'customer.problem','start':0,'end':2,'quote':'no'}]},"
                             "{'id':'respond.empathy','dimension':'respond','kind':'opportunity','since':'2026-11-30T08:57:00Z','state':'"
                             "half','evidence':"
                             "[{'turn':3,'seq':4,'rule':'customer.upset','start':4,'end':6,'quote':'so "
                             "sad'},{'turn':4,'seq':5,'rule':'sorry','start':0,'end':2}]},"
                             "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':'2026-11-30T08:58:00Z','state':'"
                             "unmet','evidence':"
                             "[{'turn':5,'seq':6,'rule':'customer.problem','start':0,'end':2,'quote':'again'}]}",
         "");
    const char *json = section(CM_BOARD_CONCERNS, NULL);
    expect_says(json, "'count':1,");
    expect_says(json, "'state':'half','uncared':false,'words':'so sad','behaviour':'respond.empathy','title':'Meets feelings','more':1}");
}

Test(concerns, words_that_were_not_kept_are_null_and_a_time_that_is_none_is_that_of_the_beginning)
{
    tell(OPEN, "a", "orders",
         "{'id':'respond.other','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':"
         "[{'turn':0,'seq':null,'rule':'customer.problem','start':0,'end':2}]}",
         "");
    expect_says(
        section(CM_BOARD_CONCERNS, NULL),
        "'since':'2026-11-30T08:50:00.000Z','late_at':'2026-11-30T08:52:00.000Z','state':'unmet','uncared':false,'words':null,'behaviour':"
        "'respond.other','title':'respond.other'");
}

Test(concerns, twenty_are_listed_and_all_are_counted)
{
    for (unsigned i = 0; i < 100; i++) {
        char id[20], since[20];
        snprintf(id, sizeof id, "chat-%u", i);
        snprintf(since, sizeof since, "08:%02u:%02u", i / 60, i % 60);
        wait_for(id, i % 2 ? "odd" : "even", since, "customer.problem");
    }
    const char *json = section(CM_BOARD_CONCERNS, NULL);
    expect_says(json, "'count':100,");
    expect_says(json, "'chat-19'");
    expect_silent(json, "'chat-20'");
    expect_says(section(CM_BOARD_CONCERNS, "even"), "'count':50,");
    expect_says(section(CM_BOARD_CONCERNS, "even"), "'chat-38'");
    expect_silent(section(CM_BOARD_CONCERNS, "even"), "'chat-40'");
}

Test(concerns, an_interaction_that_changes_its_queue_waits_there)
{
    wait_for("a", "orders", "08:58:00", "customer.problem");
    wait_for("a", "cards", "08:58:00", "customer.problem");
    expect_says(section(CM_BOARD_CONCERNS, "orders"), "'count':0,");
    expect_says(section(CM_BOARD_CONCERNS, "cards"), "'count':1,");
    expect_says(section(CM_BOARD_QUEUES, NULL), "'list':[{'queue':'cards','n':0,'score':null,'open':1,'concerns':1,");
}

/* ---------------------------------------------------------------- overdue */

static char told[200];

static void note(void *context, const struct cm_board_overdue *overdue)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%.*s/%.*s/%d ", (int)overdue->interaction_id.len,
             overdue->interaction_id.ptr, (int)overdue->queue.len, overdue->queue.ptr, overdue->uncared);
    cr_expect_null(overdue->agent_id.ptr);
    cr_expect(cm_span_equal(overdue->words, CM_SPAN("it is broken")));
}

static const char *overdue(void)
{
    told[0] = '\0';
    cm_board_overdue(board, CM_BOARD_MINUTE_MS, note, NULL);
    return told;
}

Test(concerns, who_waits_too_long_is_told_once_and_again_when_another_concern_does)
{
    wait_for("a", "orders", "08:56:00", "customer.problem");
    wait_for("b", "orders", "08:55:00", "customer.uncared");
    wait_for("c", "orders", "08:57:30", "customer.problem");
    cr_expect_str_eq(overdue(), "b/orders/1 a/orders/0 ");
    cr_expect_str_eq(overdue(), "");
    wait_for("a", "orders", "08:56:00", "customer.problem");
    cr_expect_str_eq(overdue(), "");
    cr_expect(cm_board_waits(board, CM_SPAN("a"), at("08:56:00")));
    cr_expect_not(cm_board_waits(board, CM_SPAN("a"), at("08:56:01")));
    cr_expect_not(cm_board_waits(board, CM_SPAN("z"), at("08:56:00")));
    wait_for("a", "orders", "08:56:30", "customer.problem");
    cr_expect_str_eq(overdue(), "a/orders/0 ");
    cm_board_time(board, at("09:00:31"));
    cr_expect_str_eq(overdue(), "c/orders/0 ");
}
