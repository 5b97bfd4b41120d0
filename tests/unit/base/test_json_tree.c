/* The reader of scorecards, labels and ratings. */
#include <criterion/criterion.h>

#include "base/json.h"

static struct cm_arena arena;

static enum cm_status parse(const char *text, struct cm_json **out)
{
    return cm_json_parse(&arena, cm_span_of(text), out, NULL);
}

static void stop(void)
{
    cm_arena_free(&arena);
}

TestSuite(json_tree, .fini = stop);

Test(json_tree, members)
{
    struct cm_json *json;
    cr_assert_eq(parse(" {\"a\": [1, -2.50e3 , {}], \"b\":null,\"c\":true, \"d\":{\"e\":\"x\"}} \n", &json), CM_OK);
    const struct cm_json *items = cm_json_get(json, "a");
    cr_assert_not_null(items);
    cr_assert(cm_span_equal(items->child->next->text, CM_SPAN("-2.50e3")));
    cr_assert_null(items->child->next->next->child);
    cr_assert_null(cm_json_get(json, "b"), "null is absence");
    cr_assert_null(cm_json_get(json, "f"));
    cr_assert(cm_span_equal(cm_json_text(cm_json_get(json, "d"), "e"), CM_SPAN("x")));
    cr_assert_null(cm_json_text(json, "c").ptr, "true is no text");
    cr_assert_null(cm_json_get(NULL, "a"));
}

Test(json_tree, numbers)
{
    struct cm_json *json;
    cr_assert_eq(parse("{\"a\":42,\"b\":-1,\"c\":1.5,\"d\":99999999999999999999}", &json), CM_OK);
    cr_assert_eq(cm_json_number(json, "a", 7), 42);
    cr_assert_eq(cm_json_number(json, "b", 7), 7);
    cr_assert_eq(cm_json_number(json, "c", 7), 7);
    cr_assert_eq(cm_json_number(json, "d", 7), 7);
    cr_assert_eq(cm_json_number(json, "e", 7), 7);
}

Test(json_tree, escapes)
{
    struct cm_json *json;
    cr_assert_eq(parse("{\"\\u0061\":\"\\\"\\\\\\/\\n\\u00e9\\ud83d\\ude00\"}", &json), CM_OK);
    cr_assert(cm_span_equal(cm_json_text(json, "a"), CM_SPAN("\"\\/\n\xC3\xA9\xF0\x9F\x98\x80")));
}

Test(json_tree, what_is_none)
{
    static const char *const wrong[] = {"",     "{",          "{\"a\"}",    "{\"a\":}", "[1,]",      "\"a",         "{} x",
                                        "nul",  "{a:1}",      "[1 2]",      "\"\\x\"",  "\"\\u12\"", "\"\\ud83d\"", "\"\\ud83dx\"",
                                        "\"\\", "{\"a\":1,}", "01",         "1.",       ".5",        "+1",          "1e",
                                        "-",    "\"a\tb\"",   "\"\\udc00\""};
    struct cm_json *json;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(parse(wrong[i], &json), CM_EINPUT, "%s", wrong[i]);
}

Test(json_tree, depth_is_bounded)
{
    struct cm_json *json;
    char text[4 * CM_JSON_TREE_DEPTH_MAX + 1];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_assert_eq(parse(text, &json), CM_EINPUT);
}

Test(json_tree, places)
{
    struct cm_json *json;
    size_t fault = 0;
    cr_assert_eq(parse("{\"a\": [1,\"b\"]}", &json), CM_OK);
    cr_assert_eq(cm_json_get(json, "a")->at, 6);
    cr_assert_eq(cm_json_get(json, "a")->child->next->at, 9);
    cr_assert_eq(cm_json_parse(&arena, CM_SPAN("{\"a\": nul}"), &json, &fault), CM_EINPUT);
    cr_assert_eq(fault, 6);
    cr_assert_eq(cm_json_parse(&arena, CM_SPAN("{} {}"), &json, &fault), CM_EINPUT);
    cr_assert_eq(fault, 3);
}

Test(json_tree, decimals)
{
    struct cm_json *json;
    double value;
    cr_assert_eq(parse("{\"a\":-2.5e1,\"b\":\"7\"}", &json), CM_OK);
    cr_assert(cm_json_double(cm_json_get(json, "a"), &value));
    cr_assert_float_eq(value, -25, 1e-12);
    cr_assert_not(cm_json_double(cm_json_get(json, "b"), &value), "text is no number");
    cr_assert_not(cm_json_double(NULL, &value));
}
