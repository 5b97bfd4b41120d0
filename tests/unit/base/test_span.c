#include <criterion/criterion.h>

#include "base/span.h"

Test(span, empty_spans_are_equal_whatever_they_point_to)
{
    cr_assert(cm_span_equal((struct cm_span){NULL, 0}, CM_SPAN("")));
}

Test(span, zero_bytes_count)
{
    struct cm_span a = {"a\0b", 3}, b = {"a\0c", 3};
    cr_assert_not(cm_span_equal(a, b));
    cr_assert_lt(cm_span_compare(a, b), 0);
}

Test(span, order_is_bytewise_and_a_prefix_comes_first)
{
    cr_assert_lt(cm_span_compare(CM_SPAN("ab"), CM_SPAN("abc")), 0);
    cr_assert_gt(cm_span_compare(CM_SPAN("\xC3\xA9"), CM_SPAN("z")), 0, "bytes compare unsigned");
    cr_assert_eq(cm_span_compare(CM_SPAN("same"), CM_SPAN("same")), 0);
}

Test(span, starts_with)
{
    cr_assert(cm_span_starts_with(CM_SPAN("prefix*"), CM_SPAN("pre")));
    cr_assert(cm_span_starts_with(CM_SPAN("x"), CM_SPAN("")));
    cr_assert_not(cm_span_starts_with(CM_SPAN("pr"), CM_SPAN("pre")));
}
