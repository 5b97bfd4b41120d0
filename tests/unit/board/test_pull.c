#include "boarding.h"

#include "board/pull.h"

static struct cm_arena arena;
static struct cm_pull pull;

static void drop(void)
{
    cm_arena_free(&arena);
}

TestSuite(pull, .fini = drop);

static void begin(const char *json)
{
    cm_pull_begin(&pull, &arena, cm_span_of(json));
}

static void expect_text(const char *json, const char *wanted)
{
    begin(json);
    struct cm_span got = cm_pull_text(&pull);
    cr_assert_eq(cm_pull_end(&pull), CM_OK, "%s", json);
    cr_expect(got.ptr ? wanted && cm_span_equal(got, cm_span_of(wanted)) : !wanted, "%s", json);
}

Test(pull, texts_are_what_their_escapes_say_and_null_is_none)
{
    expect_text("\"plain\"", "plain");
    expect_text("\"\"", "");
    expect_text(" \"a\\\"b\\\\c\\/d\\n\\u00e9\\ud83d\\ude00\" ", "a\"b\\c/d\né😀");
    expect_text("null", NULL);
}

Test(pull, what_is_no_text_is_a_fault_that_stays)
{
    static const char *const faults[] = {"1", "true", "[]", "{}", "", "\"open", "\"bad \\x\"", "\"\\u12\"", "nul", "\"a\nb\""};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        begin(faults[i]);
        cr_expect_null(cm_pull_text(&pull).ptr, "%s", faults[i]);
        cr_expect_eq(cm_pull_end(&pull), CM_EINPUT, "%s", faults[i]);
        cr_expect_not(cm_pull_more(&pull, ']'));
        cr_expect_eq(cm_pull_unsigned(&pull, NULL), 0);
    }
}

static int32_t hundredths(const char *json)
{
    begin(json);
    int32_t value = cm_pull_hundredths(&pull);
    return cm_pull_end(&pull) == CM_OK ? value : -2;
}

Test(pull, scores_are_hundredths_halves_up)
{
    cr_expect_eq(hundredths("72.50"), 7250);
    cr_expect_eq(hundredths("100"), 10000);
    cr_expect_eq(hundredths("0.005"), 1);
    cr_expect_eq(hundredths("0.0049"), 0);
    cr_expect_eq(hundredths("7.1"), 710);
    cr_expect_eq(hundredths("null"), -1);
    cr_expect_eq(hundredths("-1"), -2);
    cr_expect_eq(hundredths("1e2"), -2);
    cr_expect_eq(hundredths("1000001"), -2);
    cr_expect_eq(hundredths("\"1\""), -2);
}

Test(pull, whole_numbers_end_where_64_bits_do)
{
    bool there;
    begin("18446744073709551615");
    cr_expect_eq(cm_pull_unsigned(&pull, &there), UINT64_MAX);
    cr_expect(there);
    begin("18446744073709551616");
    cr_expect_eq(cm_pull_unsigned(&pull, &there), 0);
    cr_expect_eq(cm_pull_end(&pull), CM_EINPUT);
    begin("null");
    cr_expect_eq(cm_pull_unsigned(&pull, &there), 0);
    cr_expect_not(there);
    cr_expect_eq(cm_pull_end(&pull), CM_OK);
    static const char *const faults[] = {"null", "-1", "1.0", "1e3", "01", "+1"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        begin(faults[i]);
        (void)cm_pull_unsigned(&pull, NULL);
        cr_expect_eq(cm_pull_end(&pull), CM_EINPUT, "%s", faults[i]);
    }
}

/* Keys of an object, and how many items its lists have. */
static const char *outline(const char *json)
{
    static char line[100];
    size_t len = 0;
    begin(json);
    for (bool more = cm_pull_open(&pull, '{'); more; more = cm_pull_more(&pull, '}')) {
        struct cm_span key = cm_pull_key(&pull);
        size_t items = 0;
        for (bool item = cm_pull_open(&pull, '['); item; item = cm_pull_more(&pull, ']')) {
            cm_pull_skip(&pull);
            items++;
        }
        len += (size_t)snprintf(line + len, sizeof line - len, "%.*s:%zu ", (int)key.len, key.ptr, items);
    }
    snprintf(line + len, sizeof line - len, "%s", cm_status_text(cm_pull_end(&pull)));
    return line;
}

Test(pull, objects_and_lists_are_walked_and_what_is_not_wanted_is_skipped)
{
    cr_expect_str_eq(outline("{}"), "ok");
    cr_expect_str_eq(outline(" { \"a\" : [ ] , \"b\" : [ 1 , {\"x\":[[]]} , \"]\" ] } "), "a:0 b:3 ok");
    cr_expect_str_eq(outline("{\"a\":[1,2}"), "a:2 bad input");
    cr_expect_str_eq(outline("{\"a\":[1],}"), "a:1 :0 bad input");
    cr_expect_str_eq(outline("{\"a\" [1]}"), "a:0 bad input");
    cr_expect_str_eq(outline("{\"a\":[1]} x"), "a:1 bad input");
    cr_expect_str_eq(outline("[]"), "bad input");
}
