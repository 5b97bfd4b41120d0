#include "boarding.h"

#include "base/utf8.h"

TestSuite(texts, .init = open_reading, .fini = close_board);

static const char *look(const char *id)
{
    cm_buffer_reset(&shown);
    bool known = cm_board_interaction(board, cm_span_of(id), &shown);
    cm_buffer_byte(&shown, '\0');
    cr_assert_eq(cm_buffer_status(&shown), CM_OK);
    return known ? shown.ptr : "404";
}

#define SAID                                                                                                                               \
    "{'interaction_id':'a','seq':%d,'ts':'2026-11-30T08:50:%02d.000Z','channel':'chat','speaker':'%s','agent_id':'anna','text':'%s'}"

Test(texts, an_interaction_is_its_cards_and_what_was_said)
{
    hear(SAID, 1, 1, "customer", "Hi, it is broken");
    hear(SAID, 2, 30, "agent", "I am sorry");
    char pending[512];
    snprintf(pending, sizeof pending, WAITS, "respond.problem", "08:50:01", "unmet", 0, "customer.problem", "it is broken");
    tell(OPEN, "a", "orders", pending, "");
    const char *json = look("a");
    expect_says(json, "{'version':1,'clock':{'now':'2026-11-30T09:00:00.000Z','rate':1},'interaction_id':'a','status':'open','cards':[{'"
                      "schema_version':'1.0',");
    expect_says(
        json, "'behaviours':{'respond.problem':{'title':'Meets problems','dimension':'respond','kind':'opportunity','unvalidated':false}},"
              "'dimensions':{'communicate':'Communicate','respond':'Respond'},'turns':[{'turn':0,'seq':1,'ts':'2026-11-30T08:50:01.000Z',"
              "'speaker':'customer','agent_id':null,'text':'Hi, it is "
              "broken','deleted':false,'marks':[{'behaviour':'respond.problem','start':0,'end':4}]},"
              "{'turn':1,'seq':2,");
    expect_says(json, "'text':'I am sorry','deleted':false}],'text':'kept'}");
}

Test(texts, who_is_not_known_is_404)
{
    cr_expect_str_eq(look("a"), "404");
    hear(SAID, 1, 1, "customer", "Hi, it is broken");
    cr_expect_str_eq(look("a"), "404"); /* nothing was judged of it yet */
    tell(OPEN, "a", "orders", "", "");
    expect_says(look("a"), "'status':'open'");
    cm_board_erase(board, CM_SPAN("a"));
    cr_expect_str_eq(look("a"), "404");
}

Test(texts, a_card_of_each_pack_is_shown_as_it_came)
{
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    tell("{'interaction_id':'a','pack':{'name':'team'},'status':'final','behaviours':[], 'odd' : 1}");
    tell("{'interaction_id':'a','pack':{'name':'team'},'status':'final','behaviours':[], 'odd' : 2}");
    expect_says(look("a"), "{'interaction_id':'a','pack':{'name':'team'},'status':'final','behaviours':[], 'odd' : 2}]");
    expect_silent(look("a"), "'odd' : 1");
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,");
    tell("{'interaction_id':'b','pack':{'name':'team'},'status':'final','care':{'score':5},'behaviours':[]}");
    expect_says(section(CM_BOARD_CARE, NULL), "{'n':1,");
    expect_says(look("b"), "'status':'final'");
}

/* Texts of the turns, in order. */
static const char *said(void)
{
    static char texts[1000];
    size_t len = 0;
    texts[0] = '\0';
    for (const char *p = strstr(look("a"), "\"turns\""); p && (p = strstr(p, "\"text\":")); p += 7) {
        const char *from = p + 7;
        int bytes = *from == '"' ? (int)strcspn(from + 1, "\"") + 2 : 4;
        if (p[8] != 'k' || strncmp(from, "\"kept\"", 6) != 0)
            len += (size_t)snprintf(texts + len, sizeof texts - len, "%.*s ", bytes, from);
    }
    return texts;
}

Test(texts, turns_are_in_the_engines_order_without_duplicates)
{
    tell(OPEN, "a", "orders", "", "");
    hear(SAID, 3, 5, "agent", "three");
    hear(SAID, 1, 9, "customer", "one");
    hear(SAID, 2, 7, "agent", "two");
    hear(SAID, 1, 9, "customer", "one");
    cr_expect_str_eq(said(), "\"one\" \"two\" \"three\" ");
    hear("{'interaction_id':'a','ts':'2026-11-30T08:50:08Z','speaker':'agent','text':'between'}");
    cr_expect_str_eq(said(), "\"three\" \"two\" \"between\" \"one\" ");
    hear("{'interaction_id':'a','speaker':'agent','text':'whenever'}");
    cr_expect_str_eq(said(), "\"three\" \"one\" \"two\" \"between\" \"whenever\" ");
}

Test(texts, edits_and_deletions_are_applied_whenever_they_come)
{
    tell(OPEN, "a", "orders", "", "");
    hear("{'interaction_id':'a','type':'edit','seq':8,'target_seq':1,'speaker':'customer','text':'second thoughts'}");
    hear("{'interaction_id':'a','type':'edit','seq':7,'target_seq':1,'speaker':'customer','text':'first thoughts'}");
    hear(SAID, 1, 1, "customer", "no thoughts");
    hear(SAID, 2, 2, "customer", "my password is secret");
    hear("{'interaction_id':'a','type':'delete','seq':9,'target_seq':2}");
    hear("{'interaction_id':'a','type':'edit','seq':10,'target_seq':2,'text':'still a secret'}");
    cr_expect_str_eq(said(), "\"second thoughts\" null ");
    expect_says(look("a"), "'text':null,'deleted':true}");
    expect_silent(look("a"), "secret");
}

Test(texts, what_identifies_is_masked_and_marks_move_with_it)
{
    hear("{'interaction_id':'a','seq':1,'speaker':'customer','customer_name':'Mr Adeyemi','text':'\\ud83d\\ude21 I am Adeyemi, "
         "ann@example.com, and it is broken'}");
    tell(OPEN, "a", "orders",
         "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':"
         "[{'turn':0,'seq':1,'rule':'customer.problem','start':39,'end':51}]},"
         "{'id':'respond.empathy','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':"
         "[{'turn':0,'seq':1,'rule':'customer.upset','start':12,'end':16}]}",
         "");
    expect_says(look("a"), "'text':'\xF0\x9F\x98\xA1 I am [name], [email], and it is "
                           "broken','deleted':false,'marks':[{'behaviour':'respond.problem','start':28,'end':40},"
                           "{'behaviour':'respond.empathy','start':8,'end':14}]");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'words':'\xF0\x9F\x98\xA1 I am [name], [email], and it is broken'");
    expect_silent(look("a"), "Adeyemi");
}

Test(texts, a_name_that_is_told_later_is_masked_in_what_was_said_before)
{
    hear("{'interaction_id':'a','seq':1,'speaker':'customer','text':'Miller here'}");
    hear("{'interaction_id':'a','seq':2,'type':'start','customer_name':'Jo Miller'}");
    tell(OPEN, "a", "orders", "", "");
    cr_expect_str_eq(said(), "\"[name] here\" ");
}

Test(texts, words_on_the_board_are_the_sentence_that_they_are_from)
{
    hear("{'interaction_id':'a','seq':1,'speaker':'customer','text':'Good morning. My parcel never came! Where is it?'}");
    tell(OPEN, "a", "orders",
         "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':"
         "[{'turn':0,'seq':1,'rule':'customer.problem','start':24,'end':34,'quote':'never came'}]}",
         "");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "'words':'My parcel never came!'");
}

Test(texts, of_a_sentence_without_end_the_part_around_the_evidence)
{
    struct cm_buffer long_text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < 100; i++)
        cm_buffer_text(&long_text, i == 60 ? "never came " : "and so on ");
    cm_buffer_byte(&long_text, '\0');
    hear("{'interaction_id':'a','seq':1,'speaker':'customer','text':'%s'}", long_text.ptr);
    tell(OPEN, "a", "orders",
         "{'id':'respond.problem','dimension':'respond','kind':'opportunity','since':null,'state':'unmet','evidence':"
         "[{'turn':0,'seq':1,'rule':'customer.problem','start':600,'end':610,'quote':'never came'}]}",
         "");
    expect_says(section(CM_BOARD_CONCERNS, NULL), "so on never came and so on");
    cm_buffer_free(&long_text);
}

Test(texts, agents_appear_when_configured)
{
    close_board();
    struct cm_board_settings settings = usual();
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    cr_assert_eq(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor), CM_OK);
    settings.texts = settings.agents = true;
    settings.redactor = redactor;
    open_board(&settings);
    hear(SAID, 1, 1, "agent", "Hello");
    tell(OPEN, "a", "orders", "", "");
    expect_says(look("a"), "'speaker':'agent','agent_id':'anna'");
    cm_diagnostics_free(&diagnostics);
}

Test(texts, no_card_names_an_agent_where_none_are_shown)
{
    tell(
        "{'interaction_id':'a','pack':{'name':'care'},'agent_id':'anna','agents':[{'agent_id' : 'anna'},{'agent_id':\n'bob \\u0041'},"
        "{'agent_id':null}],'status':'open','behaviours':[{'id':'x','outcome':'missed','agent_id':'bob \\u0041','evidence':[]}],'pending':["
        "{'id':'agent_id','agent_id':'anna'}]}");
    tell("{'interaction_id':'a','pack':{'name':'team'},'agent_id':'carl','agents':[],'status':'open'}");
    const char *json = look("a");
    expect_says(json, "'agent_id':'agent 1','agents':[{'agent_id' : 'agent 1'},{'agent_id':\n'agent 2'},{'agent_id':null}]");
    expect_says(json, "'outcome':'missed','agent_id':'agent 2'");
    expect_says(json, "{'id':'agent_id','agent_id':'agent 1'}");
    expect_says(json, "'pack':{'name':'team'},'agent_id':'agent 3'");
    expect_silent(json, "anna");
    expect_silent(json, "bob");
    expect_silent(json, "carl");
}

Test(texts, where_none_are_kept_it_says_so)
{
    close_board();
    open_usual();
    hear(SAID, 1, 1, "agent", "Hello");
    tell(OPEN, "a", "orders", "", "");
    expect_says(look("a"), "'turns':[],'text':'not kept'}");
}

Test(texts, events_that_are_none_are_ignored)
{
    hear("%s", "");
    hear("nonsense");
    hear("{'interaction_id':'a'}");
    hear("{'interaction_id':'a','seq':1,'speaker':'customer'}");
    hear("{'interaction_id':'a','seq':-1,'speaker':'customer','text':'x'}");
    cr_expect_eq(board->item_count, 0);
}

Test(texts, bytes_that_are_no_characters_do_no_harm)
{
    hear("{'interaction_id':'a','seq':1,'speaker':'customer','text':'ab\xFF\xC3 cd'}");
    tell("{'interaction_id':'a','pack':{'name':'care'},'status':'open','pending':[{'id':'respond.problem','dimension':'respond','kind':'"
         "opportunity',"
         "'since':null,'state':'unmet','evidence':[{'turn':0,'seq':1,'rule':'customer.problem','start':3,'end':4,'quote':'\xFF'}]}]}");
    const char *json = look("a");
    cr_expect_eq(cm_utf8_valid_prefix(json, strlen(json)), strlen(json));
    expect_says(json, "'text':'ab\xEF\xBF\xBD\xEF\xBF\xBD cd'");
}

Test(texts, what_was_deleted_is_nowhere_any_more)
{
    hear(SAID, 1, 1, "customer", "You made my day, my secret is 4711");
    hear(SAID, 2, 2, "agent", "I will call you tomorrow with the secret");
    tell(OPEN, "a", "orders", "",
         "{'id':'customer_outcome.delight','kind':'delight','at':'2026-11-30T08:50:01Z','evidence':{'turn':0,'seq':1,'rule':'customer."
         "delight','start':0,"
         "'end':16}},{'id':'respond.dated_promise','kind':'bonus','at':'2026-11-30T08:50:02Z','evidence':{'turn':1,'seq':2,'rule':'promise."
         "with_time','start':0,"
         "'end':6}}");
    expect_says(section(CM_BOARD_MOMENTS, NULL), "my secret");
    expect_says(section(CM_BOARD_PROMISES, NULL), "the secret");
    hear("{'interaction_id':'a','type':'delete','seq':3,'target_seq':1}");
    hear("{'interaction_id':'a','type':'delete','seq':4,'target_seq':2}");
    tell(FINAL, "a", "orders", "08:59:00", "80.00", "null", "null", GREETED);
    expect_all(section(CM_BOARD_MOMENTS, NULL), "{'list':[]}");
    expect_says(section(CM_BOARD_PROMISES, NULL), "{'open':0,");
    expect_silent(look("a"), "secret");
}
