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

Test(cli_text, wrap)
{
    cm_text_wrap(&out, CM_SPAN("one two three"), 0, 2, 9);
    is("one two\n  three");
    cm_text_wrap(&out, CM_SPAN("one two"), 7, 2, 9);
    is("\n  one two");
    cm_text_wrap(&out, CM_SPAN("a-very-long-word b"), 2, 2, 9);
    is("a-very-long-word\n  b");
    cm_text_wrap(&out, CM_SPAN("d\xC3\xA9j\xC3\xA0 vu"), 0, 0, 7);
    is("d\xC3\xA9j\xC3\xA0 vu");
    cm_text_wrap(&out, CM_SPAN(""), 4, 2, 9);
    is("");
}

Test(cli_text, cut)
{
    cm_text_cut(&out, CM_SPAN("ab"), 4);
    is("ab");
    cm_text_cut(&out, CM_SPAN("abcdef"), 4);
    is("abc…");
}

Test(cli_text, duration)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0 s"},    {0.4, "0.4 s"}, {9.5, "9.5 s"},        {12.4, "12 s"}, {60, "1 min"},       {95, "1 min 35 s"},
                 {3600, "1 h"}, {3605, "1 h"},  {16200, "4 h 30 min"}, {86400, "1 d"}, {183600, "2 d 3 h"}, {59.7, "1 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cm_text_duration(&out, cases[i].seconds);
        is(cases[i].text);
    }
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
