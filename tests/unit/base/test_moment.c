#include <criterion/criterion.h>

#include "base/moment.h"
#include "base/span.h"

static void expect(int64_t ms, const char *wanted)
{
    char text[CM_MOMENT_BYTES];
    cr_assert(cm_moment_write(text, ms));
    cr_expect(cm_span_equal((struct cm_span){text, sizeof text}, cm_span_of(wanted)), "%.24s", text);
}

Test(moment, is_written_to_the_millisecond)
{
    expect(0, "1970-01-01T00:00:00.000Z");
    expect(INT64_C(1772615530007), "2026-03-04T09:12:10.007Z");
    expect(-1, "1969-12-31T23:59:59.999Z");
    expect(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    expect(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    expect(INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z");
}

Test(moment, outside_of_four_digits_there_is_none)
{
    char text[CM_MOMENT_BYTES] = "as before";
    cr_expect_not(cm_moment_write(text, INT64_C(253402300800000)));
    cr_expect_not(cm_moment_write(text, INT64_C(-62167219200001)));
    cr_expect_not(cm_moment_write(text, INT64_MIN));
    cr_expect_not(cm_moment_write(text, INT64_MAX));
    cr_expect_eq(text[0], 'a');
}
