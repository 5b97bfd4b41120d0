/* Numbers, sizes and durations: what is one, and how it is written again. */
#include <criterion/criterion.h>

#include "base/quantity.h"

Test(quantity, sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},
                {"12", 12},
                {"1K", 1024},
                {"1k", 1024},
                {"3M", 3u << 20},
                {"4GB", (uint64_t)4 << 30},
                {"2GiB", (uint64_t)2 << 30},
                {"1T", (uint64_t)1 << 40}};
    static const char *const wrong[] = {"", "x", "-1", "1X", "1KX", "K", "1 M", "99999999999999999999", "99999999T", "1.5G", "1 ", "1@"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(cm_size_parse(good[i].text, &bytes), "%s", good[i].text);
        cr_assert_eq(bytes, good[i].bytes, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(cm_size_parse(wrong[i], &bytes), "%s", wrong[i]);
}

Test(quantity, numbers)
{
    uint64_t number;
    cr_assert(cm_number_parse("18446744073709551615", &number));
    cr_assert_eq(number, UINT64_MAX);
    cr_assert_not(cm_number_parse("18446744073709551616", &number));
    cr_assert_not(cm_number_parse("+1", &number));
    cr_assert_not(cm_number_parse("1x", &number));
}

Test(quantity, durations)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0", 0},         {"17", 17},        {"250ms", 250},    {"90s", 90000},
                {"30m", 1800000}, {"12h", 43200000}, {"3d", 259200000}, {"9223372036854775807", INT64_MAX}};
    static const char *const wrong[] = {
        "", "s", "-1s", "+1s", "1 s", "1.5h", "5min", "5S", "5sec", " 5s", "5s ", "9223372036854775808", "106751991168d"};
    int64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(cm_duration_parse(good[i].text, &ms), "%s", good[i].text);
        cr_assert_eq(ms, good[i].ms, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(cm_duration_parse(wrong[i], &ms), "%s", wrong[i]);
}

Test(quantity, written_in_the_largest_exact_unit)
{
    static const int64_t durations[] = {0, 1, 999, 1000, 1500, 60000, 90000, 3600000, 86400000, 90000000, INT64_MAX};
    static const uint64_t sizes[] = {0, 1, 1023, 1024, 1025, 900 * 1024, 64u << 20, (uint64_t)1 << 40, (uint64_t)1 << 60, UINT64_MAX};
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        int64_t again;
        cm_buffer_reset(&text);
        cm_duration_write(&text, durations[i]);
        cm_buffer_byte(&text, '\0');
        cr_assert(cm_duration_parse(text.ptr, &again));
        cr_assert_eq(again, durations[i], "%s", text.ptr);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t again;
        cm_buffer_reset(&text);
        cm_size_write(&text, sizes[i]);
        cm_buffer_byte(&text, '\0');
        cr_assert(cm_size_parse(text.ptr, &again));
        cr_assert_eq(again, sizes[i], "%s", text.ptr);
    }
    cm_buffer_reset(&text);
    cm_duration_write(&text, 90000);
    cm_buffer_byte(&text, ' ');
    cm_size_write(&text, 64u << 20);
    cr_assert(cm_span_equal(cm_buffer_view(&text), CM_SPAN("90s 64M")));
    cm_buffer_free(&text);
}
