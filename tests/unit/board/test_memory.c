/* Memory: none is asked for once the board has grown, and running out of it at any point is an error and no crash. */
#include "boarding.h"

/* The linker sends the allocations of everything in this program but the C library and Criterion here. */
void *__real_realloc(void *ptr, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);

static unsigned long asked, fails_at; /* 0: never */

static bool refused(void)
{
    return ++asked == fails_at;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return refused() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

TestSuite(board_memory, .init = open_reading, .fini = close_board);

#define BODY                                                                                                                               \
    "We value every one of our customers and we are truly sorry for any inconvenience that this may have caused to you. "                  \
    "Your comments have been passed on to the department that looks after them. I will call you tomorrow before noon."

/* Something of everything; each line by itself, for spans of `text` are used again. */
static const char *const lines[] = {
    "e{'interaction_id':'%s','seq':1,'speaker':'customer','customer_name':'Jo Bloggs','text':'Nobody called me back. It \\u0069s broken.'}",
    "e{'interaction_id':'%s','seq':2,'ts':'2026-11-30T08:58:00Z','channel':'email','queue':'orders','speaker':'agent','text':'" BODY "'}",
    "e{'interaction_id':'%s','type':'edit','seq':3,'target_seq':1,'text':'Nobody called me back!'}",
    "c{'interaction_id':'%s','pack':{'name':'care'},'channel':'chat','agent_id':'anna','customer_id':'c1','queue':'orders','started_at':"
    "'2026-11-30T08:50:00Z','status':'open','pending':[{'id':'respond.new','dimension':'respond','kind':'opportunity','agent_id':'anna','"
    "since':null,"
    "'state':'unmet','evidence':[{'turn':0,'seq':1,'rule':'customer.complaint','start':0,'end':6,'quote':'Nobody'}]}],'moments':[{'id':'"
    "enrich.personal',"
    "'kind':'bonus','at':null,'evidence':{'turn':1,'seq':2,'rule':'warmth.wish','start':0,'end':8}},{'id':'respond.dated_promise','kind':'"
    "bonus','at':null,"
    "'evidence':{'turn':1,'seq':2,'rule':'promise.with_time','start':0,'end':8}}]}",
    "c{'interaction_id':'%s-2','pack':{'name':'care'},'customer_id':'c1','queue':'cards','started_at':'2026-11-30T08:59:00Z','ended_at':'"
    "2026-11-30T08:59:30Z',"
    "'care':{'score':71.5,'communicate':60},'status':'final','behaviours':[{'id':'enrich.personal','outcome':'delivered','evidence':[{'"
    "turn':0,'seq':1,"
    "'rule':'customer.complaint','start':0,'end':6,'quote':'nobody called'},{'turn':2,'seq':3,'rule':'warmth.wish','start':0,'end':6}]}]}",
};

static enum cm_status tell_line(const char *line, const char *id)
{
    char plain[2000];
    size_t len = (size_t)snprintf(plain, sizeof plain, line + 1, id);
    for (size_t i = 0; i < len; i++)
        plain[i] = plain[i] == '\'' ? '"' : plain[i];
    struct cm_span span = {plain, len};
    return *line == 'e' ? cm_board_event(board, span) : cm_board_card(board, span);
}

static enum cm_status tell_all(const char *id)
{
    enum cm_status status = CM_OK;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum cm_status one = tell_line(lines[i], id);
        status = status == CM_OK ? one : status;
    }
    return status;
}

static enum cm_status look_at_all(const char *id)
{
    cm_buffer_reset(&shown);
    cm_board_snapshot(board, (struct cm_span){NULL, 0}, &shown);
    cm_board_interaction(board, cm_span_of(id), &shown);
    cm_board_metrics(board, 5, &shown);
    return cm_buffer_status(&shown);
}

Test(board_memory, none_is_asked_for_once_it_has_grown)
{
    cr_assert_eq(tell_all("a"), CM_OK);
    for (unsigned i = 0; i < 2; i++)
        for (size_t line = 3; line < sizeof lines / sizeof *lines; line++)
            cr_assert_eq(tell_line(lines[line], "a"), CM_OK);
    cr_assert_eq(look_at_all("a"), CM_OK);
    cr_assert_eq(look_at_all("a"), CM_OK);
    asked = 0;
    for (unsigned i = 0; i < 10; i++) {
        for (size_t line = 3; line < sizeof lines / sizeof *lines; line++)
            cr_assert_eq(tell_line(lines[line], "a"), CM_OK);
        cr_assert_eq(look_at_all("a"), CM_OK);
    }
    cr_expect_eq(asked, 0, "%lu", asked);
}

Test(board_memory, running_out_of_it_is_an_error_and_what_is_told_again_is_shown)
{
    cr_assert_eq(tell_all("a"), CM_OK);
    cr_assert_eq(tell_all("b"), CM_OK);
    cr_assert_eq(look_at_all("a"), CM_OK);
    asked = 0;
    cr_assert_eq(tell_all("c"), CM_OK);
    cr_assert_eq(look_at_all("c"), CM_OK);
    unsigned long needed = asked;
    for (unsigned long n = 0; n <= needed + 5; n++) {
        close_board();
        open_reading();
        cr_assert_eq(tell_all("a"), CM_OK);
        cr_assert_eq(tell_all("b"), CM_OK);
        cr_assert_eq(look_at_all("a"), CM_OK);
        asked = 0;
        fails_at = n;
        enum cm_status status = tell_all("c"), seen = look_at_all("c");
        fails_at = 0;
        cr_assert(status == CM_OK || status == CM_ENOMEM);
        cr_assert(seen == CM_OK || seen == CM_ENOMEM);
        for (size_t line = 3; line < sizeof lines / sizeof *lines; line++)
            cr_assert_eq(tell_line(lines[line], "c"), CM_OK);
        section(CM_BOARD_CONCERNS, NULL);
        expect_says(shown.ptr, "'count':3,");
        expect_says(section(CM_BOARD_SOURCE, NULL), "'open':3,'final':3,");
        expect_says(section(CM_BOARD_CARE, NULL), "{'n':3,'score':72,");
    }
}

Test(board_memory, a_board_that_cannot_be_made_is_none)
{
    struct cm_board_settings settings = usual();
    struct cm_board *other;
    settings.texts = true;
    settings.redactor = redactor;
    asked = 0;
    cr_assert_eq(cm_board_new(&settings, &other), CM_OK);
    cm_board_free(other);
    unsigned long needed = asked;
    for (unsigned long n = 1; n <= needed; n++) {
        asked = 0;
        fails_at = n;
        cr_expect_eq(cm_board_new(&settings, &other), CM_ENOMEM);
        fails_at = 0;
        cr_expect_null(other);
    }
}
