/* Numbers of JSON to integers, exactly. */
#include <criterion/criterion.h>

#include "event/number.h"

static int64_t scaled(const char *token, unsigned places)
{
    int64_t value;
    return cm_number_scaled(cm_span_of(token), places, INT64_C(1000000000000), &value) ? value : INT64_MIN;
}

Test(number, scaled_rounds_half_away_from_zero)
{
    cr_assert_eq(scaled("0", 3), 0);
    cr_assert_eq(scaled("-0.0", 3), 0);
    cr_assert_eq(scaled("4.5", 3), 4500);
    cr_assert_eq(scaled("0.0004999999999999999999999999", 3), 0);
    cr_assert_eq(scaled("0.0005", 3), 1);
    cr_assert_eq(scaled("-0.0005", 3), -1);
    cr_assert_eq(scaled("1.23449", 3), 1234);
    cr_assert_eq(scaled("1.2345", 3), 1235);
    cr_assert_eq(scaled("9.9999", 3), 10000);
    cr_assert_eq(scaled("12", 0), 12);
    cr_assert_eq(scaled("0.5", 0), 1);
    cr_assert_eq(scaled("0.05", 0), 0);
}

Test(number, scaled_reads_exponents)
{
    cr_assert_eq(scaled("1e3", 3), 1000000);
    cr_assert_eq(scaled("1E+0", 3), 1000);
    cr_assert_eq(scaled("12345e-4", 3), 1235);
    cr_assert_eq(scaled("0.00012e4", 3), 1200);
    cr_assert_eq(scaled("5e-4", 3), 1);
    cr_assert_eq(scaled("5e-5", 3), 0);
    cr_assert_eq(scaled("99e-5", 3), 1);
    cr_assert_eq(scaled("0e999999999999999999999", 3), 0);
    cr_assert_eq(scaled("1e-999999999999999999999", 3), 0);
    cr_assert_eq(scaled("1e999999999999999999999", 3), INT64_MIN);
    cr_assert_eq(scaled("0.0000000000000000000000000000000000000001e40", 3), 1000);
}

Test(number, scaled_has_its_limit)
{
    cr_assert_eq(scaled("1000000000", 3), INT64_C(1000000000000));
    cr_assert_eq(scaled("-1000000000", 3), -INT64_C(1000000000000));
    cr_assert_eq(scaled("1000000000.001", 3), INT64_MIN);
    cr_assert_eq(scaled("1000000000.0005", 3), INT64_MIN);
    cr_assert_eq(scaled("99999999999999999999999999999999", 3), INT64_MIN);
}

Test(number, integers_have_theirs)
{
    uint64_t count;
    int64_t value;
    cr_assert(cm_number_unsigned(cm_span_of("18446744073709551615"), UINT64_MAX, &count));
    cr_assert_eq(count, UINT64_MAX);
    cr_assert_not(cm_number_unsigned(cm_span_of("18446744073709551616"), UINT64_MAX, &count));
    cr_assert_not(cm_number_unsigned(cm_span_of("11"), 10, &count));
    cr_assert_not(cm_number_unsigned(cm_span_of("-1"), 10, &count));
    cr_assert(cm_number_unsigned(cm_span_of("-0"), 10, &count));
    cr_assert_eq(count, 0);
    cr_assert(cm_number_signed(cm_span_of("-10"), 10, &value));
    cr_assert_eq(value, -10);
    cr_assert_not(cm_number_signed(cm_span_of("-11"), 10, &value));
}
