#include <criterion/criterion.h>

#include "event/decode.h"
#include "event/retime.h"

#define NOW INT64_C(1772615530007) /* 2026-03-04T09:12:10.007Z */

static void expect(const char *line, int64_t ts, int64_t end_ts, const char *wanted)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cr_assert_eq(cm_event_retime(&out, cm_span_of(line), ts, end_ts), CM_OK);
    cr_expect(cm_span_equal(cm_buffer_view(&out), cm_span_of(wanted)), "%.*s", (int)out.len, out.ptr);
    cm_buffer_free(&out);
}

Test(retime, only_the_two_values_change)
{
    expect(
        "{\"ts\":\"2020-01-01T00:00:00Z\", \"text\": \"ts\\\"end_ts\" , \"end_ts\" : 5,\"x\":{\"ts\":1}}", NOW, NOW + 1000,
        "{\"ts\":\"2026-03-04T09:12:10.007Z\", \"text\": \"ts\\\"end_ts\" , \"end_ts\" : \"2026-03-04T09:12:11.007Z\",\"x\":{\"ts\":1}}");
    expect("{\"a\":[1,{\"ts\":2}],\"ts\":3}", NOW, NOW, "{\"a\":[1,{\"ts\":2}],\"ts\":\"2026-03-04T09:12:10.007Z\"}");
    expect("\xEF\xBB\xBF {\"ts\":12} \r", NOW, CM_RETIME_KEEP, "\xEF\xBB\xBF {\"ts\":\"2026-03-04T09:12:10.007Z\"} \r");
}

Test(retime, keys_with_escapes_are_the_same_keys)
{
    expect("{\"\\u0074s\":12,\"\\u0065\\u006e\\u0064\\u005f\\u0074\\u0073\":13,"
           "\"\\u0074\\u0073\\u0074\\u0073\\u0074\\u0073\\u0074\\u0073\":1}",
           NOW, NOW,
           "{\"\\u0074s\":\"2026-03-04T09:12:10.007Z\",\"\\u0065\\u006e\\u0064\\u005f\\u0074\\u0073\":\"2026-03-04T09:12:10.007Z\","
           "\"\\u0074\\u0073\\u0074\\u0073\\u0074\\u0073\\u0074\\u0073\":1}");
}

Test(retime, what_is_absent_stays_absent)
{
    expect("{\"ts\":null,\"end_ts\":\"\"}", NOW, NOW, "{\"ts\":null,\"end_ts\":\"\"}");
    expect("{\"text\":\"\"}", NOW, NOW, "{\"text\":\"\"}");
    expect("{}", NOW, NOW, "{}");
    expect("{\"ts\":1}", CM_RETIME_KEEP, CM_RETIME_KEEP, "{\"ts\":1}");
    expect("{\"ts\":1}", INT64_MAX, 0, "{\"ts\":1}");
}

/* The caller decodes first; but what it passes may be anything. */
Test(retime, what_is_no_event_comes_out_as_it_went_in)
{
    static const char *const lines[] = {"",          "x",           "{",          "{\"ts\"",    "{\"ts\":",   "{\"ts\":}",
                                        "{\"a\":1,", "{\"a\":1 x}", "[\"ts\",1]", "{\"ts\" 1}", "{\"ts\":tr", "{\"a\\"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect(lines[i], NOW, NOW, lines[i]);
}

Test(retime, the_event_has_the_new_times)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_event event;
    struct cm_decoded decoded;
    const char *line = "{\"interaction_id\":\"c\",\"speaker\":\"agent\",\"text\":\"hi\",\"ts\":7,\"end_ts\":9}";
    cr_assert_eq(cm_event_retime(&out, cm_span_of(line), NOW, NOW + 2), CM_OK);
    cr_assert_eq(cm_decode(&arena, cm_buffer_view(&out), &event, &decoded), CM_OK);
    cr_expect_eq(decoded.reject, CM_REJECT_NONE);
    cr_expect_eq(event.ts, NOW);
    cr_expect_eq(event.end_ts, NOW + 2);
    cm_arena_free(&arena);
    cm_buffer_free(&out);
}

static void expect_again(const char *line, const char *wanted)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cr_assert_eq(cm_event_again(&out, cm_span_of(line), NOW, NOW, CM_SPAN("~2")), CM_OK);
    cr_expect(cm_span_equal(cm_buffer_view(&out), cm_span_of(wanted)), "%s gives %.*s", line, (int)out.len, out.ptr);
    cm_buffer_free(&out);
}

Test(retime, somebody_else_says_the_same)
{
    expect_again("{\"interaction_id\":\"a\",\"customer_id\":\"k\",\"text\":\"interaction_id\"}",
                 "{\"interaction_id\":\"a~2\",\"customer_id\":\"k~2\",\"text\":\"interaction_id\"}");
    expect_again("{\"ts\":1,\"interaction_id\" : \"a\\\"\"}", "{\"ts\":\"2026-03-04T09:12:10.007Z\",\"interaction_id\" : \"a\\\"~2\"}");
    expect_again("{\"interaction_id\":7,\"customer_id\":null}", "{\"interaction_id\":7,\"customer_id\":null}");
    expect_again("{\"customer_id\":\"\"}", "{\"customer_id\":\"\"}");
}
