/* Pages: nothing that was given as text becomes markup, and figures are told as they are. */
#include <criterion/criterion.h>
#include <math.h>

#include "page/page.h"
#include "page/plot.h"

static struct cm_buffer out;

static void start(void)
{
    out = CM_BUFFER_EMPTY;
}

static void stop(void)
{
    cm_buffer_free(&out);
}

TestSuite(page, .init = start, .fini = stop);

/* What was written since the last time. */
static const char *taken(void)
{
    static char text[4096];
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    cr_assert_lt(out.len, sizeof text);
    memcpy(text, out.ptr ? out.ptr : "", out.len);
    text[out.len] = '\0';
    cm_buffer_reset(&out);
    return text;
}

static bool holds(const char *part)
{
    return out.len > 0 && memmem(out.ptr, out.len, part, strlen(part)) != NULL;
}

static const char *escaped(struct cm_span text)
{
    cm_page_escape(&out, text);
    return taken();
}

Test(page, what_is_markup_is_escaped)
{
    cr_assert_str_eq(escaped(CM_SPAN("a < b & c > \"d\" 'e'")), "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;");
    cr_assert_str_eq(escaped(CM_SPAN("</style><script>alert(1)</script>")), "&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    cr_assert_str_eq(escaped(CM_SPAN("")), "");
    cr_assert_str_eq(escaped(CM_SPAN("naïve \xF0\x9F\x98\x80 \xE2\x80\x9Cq\xE2\x80\x9D")),
                     "naïve \xF0\x9F\x98\x80 \xE2\x80\x9Cq\xE2\x80\x9D");
}

Test(page, what_html_may_not_hold_is_replaced)
{
    cr_assert_str_eq(escaped(CM_SPAN("a\0b")), "a\xEF\xBF\xBD"
                                               "b");
    cr_assert_str_eq(escaped(CM_SPAN("\x1B[31m\x7F")), "\xEF\xBF\xBD[31m\xEF\xBF\xBD");
    cr_assert_str_eq(escaped(CM_SPAN("tab\tline\n")), "tab\tline\n");
    cr_assert_str_eq(escaped(CM_SPAN("\r\n")), "\n\n");
    cr_assert_str_eq(escaped(CM_SPAN("\xC2\x85\xC2\xA0")), "\xEF\xBF\xBD\xC2\xA0");
    cr_assert_str_eq(escaped(CM_SPAN("\xEF\xBF\xBF")), "\xEF\xBF\xBD");
    cr_assert_str_eq(escaped(CM_SPAN("\xE2\x80\xAE txet")), "\xEF\xBF\xBD txet", "direction is not turned");
}

Test(page, bad_utf8_is_replaced_once_a_bad_part)
{
    cr_assert_str_eq(escaped(CM_SPAN("\xFF<")), "\xEF\xBF\xBD&lt;");
    cr_assert_str_eq(escaped(CM_SPAN("\xE2\x82")), "\xEF\xBF\xBD");
    cr_assert_str_eq(escaped(CM_SPAN("\xC0\xAF")), "\xEF\xBF\xBD\xEF\xBF\xBD");
    cr_assert_str_eq(escaped(CM_SPAN("\xED\xA0\x80")), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "a surrogate");
}

Test(page, numbers)
{
    cm_page_cell_count(&out, 0);
    cr_assert_str_eq(taken(), "<td class=\"number\">0</td>");
    cm_page_cell_count(&out, 1234567);
    cr_assert_str_eq(taken(), "<td class=\"number\">1,234,567</td>");
    cm_page_cell_count(&out, UINT64_MAX);
    cr_assert_str_eq(taken(), "<td class=\"number\">18,446,744,073,709,551,615</td>");
    cm_page_cell_number(&out, 12345.678, 2);
    cr_assert_str_eq(taken(), "<td class=\"number\">12,345.68</td>");
    cm_page_cell_number(&out, -0.001, 2);
    cr_assert_str_eq(taken(), "<td class=\"number\">0.00</td>", "no sign before nothing");
    cm_page_cell_number(&out, -100.5, 1);
    cr_assert_str_eq(taken(), "<td class=\"number\">\xE2\x88\x92"
                              "100.5</td>");
    cm_page_cell_number(&out, NAN, 2);
    cr_assert_str_eq(taken(), "<td class=\"number none\"><span aria-label=\"none\">\xE2\x80\x93</span></td>");
}

Test(page, changes_have_sign_and_shape)
{
    cm_page_cell_delta(&out, 1.5, NAN, NAN, 1, CM_PAGE_PLAIN);
    cr_assert(holds("\xE2\x96\xB2") && holds("+1.5"));
    cm_buffer_reset(&out);
    cm_page_cell_delta(&out, -1.5, -2, 0.25, 1, CM_PAGE_BAD);
    cr_assert(holds("\xE2\x96\xBC") &&
              holds("\xE2\x88\x92"
                    "1.5") &&
              holds("class=\"bad\""));
    cr_assert(holds("<span class=\"interval\">\xE2\x88\x92"
                    "2.0 to +0.2</span>"));
    cm_buffer_reset(&out);
    cm_page_cell_delta(&out, 0.001, NAN, NAN, 1, CM_PAGE_GOOD);
    cr_assert(!holds("\xE2\x96\xB2") && !holds("+"), "nothing has no direction");
}

Test(page, shares_have_a_bar_that_stays_in_its_box)
{
    cm_page_cell_share(&out, 0.83, 0.79, 0.87);
    cr_assert(holds("0.83") && holds("0.79 to 0.87") && holds("width=\"83.0\"") && holds("x=\"79.0\""));
    cm_buffer_reset(&out);
    cm_page_cell_share(&out, 1.7, -0.5, 2);
    cr_assert(holds("width=\"100.0\"") && holds("x=\"0.0\""));
    cm_buffer_reset(&out);
    cm_page_cell_share(&out, 0.5, NAN, NAN);
    cr_assert(!holds("class=\"range\"") && !holds("class=\"interval\""));
    cm_buffer_reset(&out);
    cm_page_cell_percent(&out, 0.5412);
    cr_assert(holds(">54.1<") && holds("width=\"54.1\"") && !holds("class=\"interval\""));
    cm_buffer_reset(&out);
    cm_page_cell_percent(&out, -0.012);
    cr_assert(holds("\xE2\x88\x92"
                    "1.2") &&
              holds("width=\"0.0\""));
}

Test(page, quotes_mark_bytes_and_never_more_than_there_are)
{
    cm_page_quote(&out, "agent", CM_SPAN("so <sorry> about"), 3, 10, CM_SPAN("c-1"));
    cr_assert(holds("<p>so <mark>&lt;sorry&gt;</mark> about</p>") && holds("<span class=\"where\">c-1</span>"));
    cm_buffer_reset(&out);
    cm_page_quote(&out, "agent", CM_SPAN("abc"), 2, 9, CM_SPAN(""));
    cr_assert(holds("<p>abc</p>") && !holds("<mark>") && !holds("where"));
    cm_buffer_reset(&out);
    cm_page_quote(&out, "agent", CM_SPAN("abc"), 3, 3, CM_SPAN(""));
    cr_assert(holds("<p>abc</p>") && !holds("<mark>"));
}

static void whole_page(void)
{
    static const struct cm_page_column columns[] = {{"<Cue>", CM_PAGE_TEXT}, {"n", CM_PAGE_NUMBER}};
    const struct cm_page_fact fact = {"Pack", CM_SPAN("a & b")};
    const struct cm_page_pack pack = {"old", "small", "1.0.0", 0xAB, 1};
    cm_page_begin(&out, &(struct cm_page_head){"T & T", CM_SPAN("lead"), &fact, 1});
    cm_page_section(&out, "S", NULL);
    cm_page_table(&out, "the \"caption\"", columns, 2);
    cm_page_row(&out, CM_SPAN("a<b"));
    cm_page_cell_count(&out, 1);
    cm_page_row_end(&out);
    cm_page_table_end(&out);
    cm_page_fold(&out, CM_SPAN("more"));
    cm_page_notice(&out, "Unvalidated", CM_SPAN("nothing"));
    cm_page_code(&out, CM_SPAN("a: <b>\n"));
    cm_page_fold_end(&out);
    cm_page_end(&out, &(struct cm_page_foot){"0.1.0", &pack, 1, NULL});
}

Test(page, a_page_stands_alone_and_is_the_same_each_time)
{
    whole_page();
    cr_assert_eq(memcmp(out.ptr, "<!DOCTYPE html>", 15), 0);
    cr_assert(holds("<title>T &amp; T</title>") && holds("prefers-color-scheme: dark") && holds("@page"));
    cr_assert(holds("<caption>the &quot;caption&quot;</caption>") && holds("<th scope=\"col\" class=\"text\">&lt;Cue&gt;</th>"));
    cr_assert(holds("<th scope=\"row\">a&lt;b</th>") && holds("hash <code>00000000000000ab0000000000000001</code>"));
    cr_assert(!holds("<script") && !holds("http:") && !holds("https:") && !holds("@import") && !holds("url("));
    struct cm_buffer first = out;
    out = CM_BUFFER_EMPTY;
    whole_page();
    cr_assert(cm_span_equal(cm_buffer_view(&first), cm_buffer_view(&out)));
    cm_buffer_free(&first);
}

static size_t times(const char *part)
{
    size_t count = 0;
    for (const char *at = out.ptr; (at = memmem(at, (size_t)(out.ptr + out.len - at), part, strlen(part))); at++)
        count++;
    return count;
}

Test(page, a_plot_has_a_point_for_each_figure_and_a_line_for_each_series)
{
    static const char *const steps[] = {"1", "<2>", "4"};
    static const double values[] = {1500, NAN, 4000}, low[] = {1000, NAN, 3000}, high[] = {2000, NAN, 4900}, even[] = {1500, 3000, 6000};
    const struct cm_page_series series[] = {{"ours", values, low, high}, {"even & fair", even, NULL, NULL}};
    cm_page_plot(&out, &(struct cm_page_plot){"Turns <a second>", "threads", "turns", steps, 3, series, 2});
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    cr_assert_eq(times("<circle"), 2, "what is no number has no point");
    cr_assert_eq(times("class=\"range\""), 2);
    cr_assert_eq(times("<polyline"), 2);
    cr_assert(holds("aria-label=\"Turns &lt;a second&gt;\"") && holds(">&lt;2&gt;</text>") && holds("even &amp; fair"));
    cr_assert(holds(">0</text>") && holds(">6k</text>") && !holds(">8k</text>"), "from nothing to the largest");
    cr_assert(!holds("nan") && !holds("inf") && !holds("style="));
}

Test(page, a_plot_of_nothing_much)
{
    static const char *const steps[] = {"1"};
    static const double nothing[] = {0};
    const struct cm_page_series series = {"ours", nothing, NULL, NULL};
    cm_page_plot(&out, &(struct cm_page_plot){"T", "x", "y", steps, 1, &series, 1});
    cr_assert_eq(times("<circle"), 1);
    cr_assert(!holds("nan") && !holds("inf"));
}
