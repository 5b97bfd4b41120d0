/* RFC 3339 to epoch milliseconds, held against the C library's calendar. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "event/decode.h"

static int64_t time_of(const char *text)
{
    int64_t ms = INT64_MIN;
    return cm_decode_time(cm_span_of(text), &ms) ? ms : INT64_MIN;
}

Test(time, zones_and_fractions)
{
    cr_assert_eq(time_of("1970-01-01T00:00:00Z"), 0);
    cr_assert_eq(time_of("1970-01-01t00:00:00z"), 0);
    cr_assert_eq(time_of("1970-01-01 00:00:00.001Z"), 1);
    cr_assert_eq(time_of("1970-01-01T02:00:00+02:00"), 0);
    cr_assert_eq(time_of("1969-12-31T19:00:00.5-05:00"), 500);
    cr_assert_eq(time_of("1970-01-01T00:00:00-00:00"), 0);
    cr_assert_eq(time_of("2024-02-29T23:59:59.9999999Z"), 1709251199999);
    cr_assert_eq(time_of("1969-12-31T23:59:59.999Z"), -1);
}

Test(time, a_leap_second_is_the_end_of_its_minute)
{
    cr_assert_eq(time_of("2016-12-31T23:59:60Z"), time_of("2016-12-31T23:59:59.999Z"));
    cr_assert_eq(time_of("2016-12-31T23:59:60.25Z"), time_of("2016-12-31T23:59:59.999Z"));
}

Test(time, what_is_none)
{
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-01-01",
                                      "2024-01-01T00:00:00",
                                      "2024-01-01T00:00:00+0200",
                                      "2024-01-01T00:00:00+02",
                                      "2024-01-01T00:00Z",
                                      "2024-13-01T00:00:00Z",
                                      "2024-00-01T00:00:00Z",
                                      "2024-01-00T00:00:00Z",
                                      "2024-01-32T00:00:00Z",
                                      "2023-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2024-04-31T00:00:00Z",
                                      "2024-01-01T24:00:00Z",
                                      "2024-01-01T00:60:00Z",
                                      "2024-01-01T00:00:61Z",
                                      "2024-01-01T00:00:00.Z",
                                      "2024-01-01T00:00:00.5",
                                      "2024-01-01T00:00:00,5Z",
                                      "2024-01-01T00:00:00+24:00",
                                      "2024-01-01T00:00:00+02:60",
                                      "2024-01-01T00:00:00 Z",
                                      " 2024-01-01T00:00:00Z",
                                      "2024/01/01T00:00:00Z",
                                      "2024-1-01T00:00:00Z ",
                                      "-024-01-01T00:00:00Z",
                                      "2024-01-01T00:00:00ZZ",
                                      "2024-01-01X00:00:00Z",
                                      "20240101T000000Z0000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(time_of(bad[i]), INT64_MIN, "%s", bad[i]);
}

Test(time, every_day_of_eight_centuries)
{
    char text[40];
    for (int64_t day = -130000; day < 170000; day++) {
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        struct tm parts;
        cr_assert_not_null(gmtime_r(&seconds, &parts));
        cr_assert_gt(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts), (size_t)0);
        cr_assert_eq(time_of(text), (int64_t)seconds * 1000, "%s", text);
    }
}

Test(time, the_years_of_the_format)
{
    cr_assert_eq(time_of("0000-01-01T00:00:00Z"), -62167219200000);
    cr_assert_eq(time_of("9999-12-31T23:59:59.999Z"), 253402300799999);
    cr_assert_eq(time_of("2000-02-29T00:00:00Z"), 951782400000);
}
