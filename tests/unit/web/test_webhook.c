/* Unanswered concerns reach the other side, once or more, in order, and nobody waits for it. */
#include "web/webhook.h"

#include <criterion/criterion.h>
#include <sched.h>

#include "hook.h"

static struct hook hook;
static struct cm_webhook *webhook;
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static char told[2000];

static void keep(void *context, bool warning, const char *text)
{
    (void)context;
    pthread_mutex_lock(&told_lock);
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s%s\n", warning ? "warning: " : "", text);
    pthread_mutex_unlock(&told_lock);
}

/* Fast, so that no test waits long. */
#define PACE ((struct cm_webhook_pace){2000, 2000, 10, 40, 3600000, 100, 3})

static void begin_at(const char *url, const char *token, struct cm_webhook_pace pace)
{
    struct cm_webhook_settings settings = {.url = url, .after_ms = 1000, .token = token};
    cr_assert_eq(cm_webhook_open(&settings, &pace, keep, NULL, &webhook), CM_OK);
}

static void begin(const char *plan, struct cm_webhook_pace pace)
{
    cr_assert(hook_open(&hook, plan));
    begin_at(hook.url, "s3cret", pace);
}

static void end(void)
{
    cm_webhook_close(webhook);
    hook_close(&hook);
}

static void concern(const char *id, int64_t since_ms)
{
    struct cm_board_overdue overdue = {.interaction_id = cm_span_of(id),
                                       .channel = CM_SPAN("chat"),
                                       .queue = CM_SPAN("orders"),
                                       .words = CM_SPAN("nobody \"called\" me"),
                                       .behaviour = CM_SPAN("respond.problem"),
                                       .title = CM_SPAN("Takes problems up"),
                                       .since_ms = since_ms,
                                       .now_ms = since_ms + 123456,
                                       .uncared = true,
                                       .half = true};
    cm_webhook_tell(webhook, &overdue);
}

/* The value of a metric, once it is that, or as it is when we have waited long enough. */
static uint64_t metric(const char *name, uint64_t wanted)
{
    uint64_t value = UINT64_MAX;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    for (time_t until = time(NULL) + HOOK_WAIT_S; value != wanted && time(NULL) < until; sched_yield()) {
        cm_buffer_reset(&out);
        cm_webhook_metrics(webhook, &out);
        cm_buffer_byte(&out, '\0');
        cr_assert_eq(cm_buffer_status(&out), CM_OK);
        const char *line = strstr(out.ptr, name);
        cr_assert_not_null(line, "%s", name);
        value = strtoull(line + strlen(name), NULL, 10);
    }
    cm_buffer_free(&out);
    return value;
}

#define OUTCOME(name) "\ncaremeter_webhook_concerns_total{outcome=\"" name "\"} "
#define FAILURES "\ncaremeter_webhook_failed_total "
#define WAITING "\ncaremeter_webhook_waiting "

Test(webhook, what_is_sent)
{
    begin("200", PACE);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    cr_expect_eq(metric(OUTCOME("sent"), 1), 1);
    cr_expect_str_eq(hook_body(&hook, 0),
                     "{\"version\":1,\"event\":\"concern_unanswered\",\"delivery\":\"30616d4e609d4d34044040efe888226c\","
                     "\"at\":\"1970-01-01T00:02:04.456Z\",\"interaction_id\":\"chat-1\",\"channel\":\"chat\","
                     "\"queue\":\"orders\",\"agent_id\":null,\"since\":\"1970-01-01T00:00:01.000Z\",\"waited_s\":123,"
                     "\"state\":\"half\",\"uncared\":true,\"behaviour\":\"respond.problem\","
                     "\"title\":\"Takes problems up\",\"words\":\"nobody \\\"called\\\" me\"}");
    cr_expect(strncmp(hook.requests[0], "POST /in?secret=1 HTTP/1.1\r\n", 28) == 0);
    cr_expect_not_null(strstr(hook.requests[0], "\r\nAuthorization: Bearer s3cret\r\n"));
    cr_expect_not_null(strstr(hook.requests[0], "\r\nContent-Type: application/json\r\n"));
    end();
    cr_expect_str_eq(told, "");
}

Test(webhook, failures_are_tried_again_with_the_same_delivery_and_in_order)
{
    begin("500 drop 200", PACE);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    concern("chat-2", 1000);
    cr_assert(hook_waits_for(&hook, 4));
    for (unsigned i = 1; i < 3; i++)
        cr_expect_str_eq(hook_body(&hook, i), hook_body(&hook, 0));
    cr_expect_not_null(strstr(hook_body(&hook, 3), "chat-2"));
    cr_expect_eq(metric(OUTCOME("sent"), 2), 2);
    cr_expect_eq(metric(FAILURES, 2), 2);
    cr_expect_eq(metric(WAITING, 0), 0);
    end();
    cr_expect_str_eq(told, "warning: webhook: concerns could not be told, 1 attempt, and are tried again: the answer was 500\n"
                           "webhook: concerns are told again\n");
}

Test(webhook, one_that_is_never_taken_lets_others_go_first)
{
    begin("500 500 500 500 500 200 500", PACE);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    concern("chat-2", 1000);
    cr_assert(hook_waits_for(&hook, 8));
    cr_expect_not_null(strstr(hook_body(&hook, 4), "chat-1"));
    cr_expect_not_null(strstr(hook_body(&hook, 5), "chat-2"));
    cr_expect_not_null(strstr(hook_body(&hook, 7), "chat-1"));
    end();
}

Test(webhook, what_is_refused_is_given_up_and_said_once)
{
    begin("404 302 408 425 429 200", PACE);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    cr_expect_eq(metric(OUTCOME("refused"), 1), 1);
    concern("chat-2", 1000);
    concern("chat-3", 1000);
    cr_assert(hook_waits_for(&hook, 6));
    cr_expect_eq(metric(OUTCOME("refused"), 2), 2);
    cr_expect_eq(metric(OUTCOME("sent"), 1), 1);
    for (unsigned i = 2; i < 6; i++)
        cr_expect_not_null(strstr(hook_body(&hook, i), "chat-3"));
    end();
    cr_expect(strncmp(told, "warning: webhook: 1 unanswered concern was not told: the answer was 404\n", 71) == 0, "%s", told);
    cr_expect_null(strstr(told, "302"));
}

Test(webhook, a_pause_that_is_asked_for_is_made)
{
    struct timespec from, to;
    begin("503/1 200", PACE);
    clock_gettime(CLOCK_MONOTONIC, &from);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 2));
    clock_gettime(CLOCK_MONOTONIC, &to);
    int64_t ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    cr_expect_geq(ms, 990, "%lld", (long long)ms);
    end();
}

Test(webhook, an_answer_that_never_comes_is_a_failure)
{
    struct cm_webhook_pace pace = PACE;
    pace.answer_ms = 50;
    begin("hang 200", pace);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    cr_expect_eq(metric(FAILURES, 1), 1);
    hook_go_on(&hook);
    cr_assert(hook_waits_for(&hook, 2));
    cr_expect_eq(metric(OUTCOME("sent"), 1), 1);
    cr_expect_not_null(strstr(told, "Timeout was reached"), "%s", told);
    end();
}

Test(webhook, nobody_there_and_closing_leaves_at_once)
{
    cr_assert(hook_open(&hook, ""));
    char url[64];
    snprintf(url, sizeof url, "%s", hook.url);
    hook_close(&hook);
    begin_at(url, NULL, PACE);
    concern("chat-1", 1000);
    cr_expect_eq(metric(FAILURES, 3), 3);
    cr_expect_eq(metric(WAITING, 1), 1);
    cm_webhook_close(webhook);
    cr_expect_null(strstr(told, "secret"), "%s", told);
    cr_expect_not_null(strstr(told, "connect"), "%s", told);
}

Test(webhook, closing_does_not_wait_for_an_answer)
{
    struct cm_webhook_pace pace = PACE;
    struct timespec from, to;
    pace.answer_ms = 60000;
    begin("hang", pace);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    clock_gettime(CLOCK_MONOTONIC, &from);
    cm_webhook_close(webhook);
    clock_gettime(CLOCK_MONOTONIC, &to);
    cr_expect_lt(to.tv_sec - from.tv_sec, 10);
    hook_close(&hook);
}

Test(webhook, above_its_ceiling_the_oldest_are_given_up)
{
    begin("hang", PACE);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    for (unsigned i = 2; i < 6; i++)
        concern((const char *[]){"chat-2", "chat-3", "chat-4", "chat-5"}[i - 2], 1000);
    cr_expect_eq(metric(OUTCOME("dropped"), 2), 2);
    cr_expect_eq(metric(WAITING, 3), 3);
    hook_go_on(&hook);
    cr_assert(hook_waits_for(&hook, 4));
    cr_expect_not_null(strstr(hook_body(&hook, 1), "chat-1"));
    cr_expect_not_null(strstr(hook_body(&hook, 2), "chat-4"));
    cr_expect_not_null(strstr(hook_body(&hook, 3), "chat-5"));
    end();
    cr_expect_not_null(strstr(told, "too many wait"));
}

static bool only_chat_2(void *context, struct cm_span interaction_id, int64_t since_ms)
{
    ++*(unsigned *)context;
    return cm_span_equal(interaction_id, CM_SPAN("chat-2")) && since_ms == 2000;
}

Test(webhook, what_was_answered_meanwhile_is_not_told)
{
    unsigned asked = 0;
    struct cm_webhook_pace pace = PACE;
    begin("hang", pace);
    concern("chat-1", 1000);
    cr_assert(hook_waits_for(&hook, 1));
    concern("chat-2", 2000);
    concern("chat-3", 3000);
    cm_webhook_settle(webhook, only_chat_2, &asked);
    cr_expect_eq(asked, 3);
    cr_expect_eq(metric(OUTCOME("answered"), 1), 1);
    hook_go_on(&hook);
    cr_assert(hook_waits_for(&hook, 2));
    cr_expect_not_null(strstr(hook_body(&hook, 1), "chat-2"));
    cr_expect_eq(metric(OUTCOME("answered"), 2), 2);
    cr_expect_eq(metric(WAITING, 0), 0);
    end();
}

Test(webhook, addresses_that_are_none)
{
    const char *urls[] = {"ftp://h/x", "h", "", "file:///etc/passwd", "http://"};
    struct cm_webhook_pace pace = PACE;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct cm_webhook_settings settings = {.url = urls[i]};
        cr_expect_eq(cm_webhook_open(&settings, &pace, keep, NULL, &webhook), CM_EUSAGE, "%s", urls[i]);
        cr_expect_null(webhook);
    }
    struct cm_webhook_settings settings = {.url = "http://h/", .token = "a\r\nX: y"};
    cr_expect_eq(cm_webhook_open(&settings, &pace, keep, NULL, &webhook), CM_EUSAGE);
    cm_webhook_close(NULL);
}
