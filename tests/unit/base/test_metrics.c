#include <criterion/criterion.h>

#include "base/metrics.h"

static void expect(struct cm_buffer *out, const char *wanted)
{
    cr_assert_eq(cm_buffer_status(out), CM_OK);
    cr_expect(cm_span_equal(cm_buffer_view(out), cm_span_of(wanted)), "%.*s", (int)out->len, out->ptr);
    cm_buffer_free(out);
}

Test(metrics, a_family_says_its_type_before_its_samples)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_metric_family(&out, "caremeter_events_total", "counter", "Events that were read.");
    cm_metric_unsigned(&out, "caremeter_events_total", NULL, 7);
    cm_metric_unsigned(&out, "caremeter_events_total", (const char *[]){"topic", "chats", "partition", "3", NULL}, UINT64_MAX);
    expect(&out, "# HELP caremeter_events_total Events that were read.\n# TYPE caremeter_events_total counter\n"
                 "caremeter_events_total 7\ncaremeter_events_total{topic=\"chats\",partition=\"3\"} 18446744073709551615\n");
}

Test(metrics, milliseconds_are_told_as_seconds)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_metric_milliseconds(&out, "wait_seconds", NULL, 1250);
    cm_metric_milliseconds(&out, "wait_seconds", (const char *[]){NULL}, -7);
    expect(&out, "wait_seconds 1.250\nwait_seconds -0.007\n");
}

Test(metrics, what_ends_a_label_is_escaped_and_what_is_no_text_is_replaced)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_metric_unsigned(&out, "m", (const char *[]){"queue", "a\"b\\c\nd\xFF é", NULL}, 0);
    expect(&out, "m{queue=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD é\"} 0\n");
}

Test(metrics, buckets_are_cumulative_and_bounds_belong_below)
{
    struct cm_metric_histogram histogram = {0};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    const int64_t all[] = {-3, 0, 5, 6, 10000, 10001};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cm_metric_observe(&histogram, all[i]);
    cm_metric_histogram(&out, "h", (const char *[]){"kind", "x", NULL}, &histogram);
    expect(&out, "h_bucket{kind=\"x\",le=\"0.005\"} 3\nh_bucket{kind=\"x\",le=\"0.01\"} 4\nh_bucket{kind=\"x\",le=\"0.025\"} 4\n"
                 "h_bucket{kind=\"x\",le=\"0.05\"} 4\nh_bucket{kind=\"x\",le=\"0.1\"} 4\nh_bucket{kind=\"x\",le=\"0.25\"} 4\n"
                 "h_bucket{kind=\"x\",le=\"0.5\"} 4\nh_bucket{kind=\"x\",le=\"1\"} 4\nh_bucket{kind=\"x\",le=\"2.5\"} 4\n"
                 "h_bucket{kind=\"x\",le=\"5\"} 4\nh_bucket{kind=\"x\",le=\"10\"} 5\nh_bucket{kind=\"x\",le=\"+Inf\"} 6\n"
                 "h_sum{kind=\"x\"} 20.012\nh_count{kind=\"x\"} 6\n");
}

Test(metrics, without_labels_only_the_bound_stands_in_braces)
{
    struct cm_metric_histogram histogram = {0};
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_metric_histogram(&out, "h", NULL, &histogram);
    cm_buffer_byte(&out, '\0');
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    cr_expect(strstr(out.ptr, "h_bucket{le=\"+Inf\"} 0\nh_sum 0.000\nh_count 0\n"));
    cm_buffer_free(&out);
}
