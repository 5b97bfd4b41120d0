/* Customers' words on a terminal: nothing that steers it, columns as people see them. */
#include <criterion/criterion.h>

#include "cli/text.h"

static struct cm_buffer out;

static void is(const char *wanted)
{
    cr_assert(cm_span_equal(cm_buffer_view(&out), cm_span_of(wanted)), "\"%.*s\"", (int)out.len, out.ptr ? out.ptr : "");
    cm_buffer_free(&out);
}

Test(cli_text, clean)
{
    cm_text_clean(&out, CM_SPAN("a\nb\tc\r"));
    is("a b c ");
    cm_text_clean(&out, CM_SPAN("\x1b[31m\x07\x7f"));
    is("\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD");
    cm_text_clean(&out, CM_SPAN("\xC2\x9B"
                                "31m")); /* CSI as one C1 character */
    is("\xEF\xBF\xBD"
       "31m");
    cm_text_clean(&out, CM_SPAN("\xE2\x80\xAE"
                                "abc")); /* right-to-left override */
    is("\xEF\xBF\xBD"
       "abc");
    cm_text_clean(&out, CM_SPAN("ok \xFF \xC3\xA9"));
    is("ok \xEF\xBF\xBD \xC3\xA9");
}

Test(cli_text, columns)
{
    cr_assert_eq(cm_text_columns(CM_SPAN("abc")), 3);
    cr_assert_eq(cm_text_columns(CM_SPAN("\xC3\xA9")), 1);
    cr_assert_eq(cm_text_columns(CM_SPAN("e\xCC\x81")), 1);
    cr_assert_eq(cm_text_columns(CM_SPAN("\xF0\x9F\x98\x80")), 2);
}

Test(cli_text, pad)
{
    cm_text_pad(&out, CM_SPAN("ab"), 4);
    is("ab  ");
    cm_text_pad(&out, CM_SPAN("abcdef"), 4);
    is("abc…");
    cm_text_pad(&out, CM_SPAN("abcd"), 4);
    is("abcd");
    cm_text_pad(&out, CM_SPAN("a\xF0\x9F\x98\x80\xF0\x9F\x98\x80"), 4);
    is("a\xF0\x9F\x98\x80…");
}

Test(cli_text, number)
{
    cm_text_number(&out, 0);
    is("0");
    cm_text_number(&out, 999);
    is("999");
    cm_text_number(&out, 1000);
    is("1,000");
    cm_text_number(&out, UINT64_MAX);
    is("18,446,744,073,709,551,615");
}
