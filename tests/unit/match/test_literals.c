#include <criterion/criterion.h>
#include <stdio.h>

#include "match/literals.h"

/* What is required, as "a|b"; "" where nothing is known. */
static void expect(const char *pattern, const char *expected)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_literals literals;
    char out[400] = "";
    cr_assert_eq(cm_literals_required(cm_span_of(pattern), &arena, &literals), CM_OK);
    for (uint32_t i = 0; i < literals.count; i++)
        snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%.*s", i ? "|" : "", (int)literals.items[i].len, literals.items[i].ptr);
    cr_assert_str_eq(out, expected, "/%s/: %s, not %s", pattern, out, expected);
    cm_arena_free(&arena);
}

Test(literals, runs)
{
    expect("refund", "refund");
    expect("Money Back", "money back");
    expect("ab", "");
    expect("", "");
    expect("a.b refund c", "b refund c");
    expect("xyz.*longer", "longer");
    expect("caf\xC3\xA9 noir", " noir");
}

Test(literals, repetition)
{
    expect("colou?r me", "colo");
    expect("refunds?", "refund");
    expect("ab+cde", "cde");
    expect("abc*", "");
    expect("abcd*?", "abc");
    expect("abcd{0}", "abc");
    expect("abcd{2,3}e", "abcd");
    expect("abc{x}", "abc{x}");
    expect("abc{,3}", ""); /* a quantifier to newer PCRE2 */
}

Test(literals, zero_width)
{
    expect("\\brefund\\b", "refund");
    expect("^refund$", "refund");
    expect("re\\bfund", "refund");
    expect("foo(?=bar)", "foo");
    expect("(?!never)foo", "foo");
    expect("(?<=some)(?<!none)", "");
}

Test(literals, groups)
{
    expect("(refund)", "refund");
    expect("(?:refund|money back)", "refund|money back");
    expect("a(refund|money back)?b", "");
    expect("(refund)*x", "");
    expect("(?<name>refund)", "refund");
    expect("(?P<name>refund)", "refund");
    expect("(?>refund)", "refund");
    expect("(?i)refund", "refund");
    expect("(?i:refund)", "refund");
    expect("(a|refund)", "");
    expect("(refund|)", "");
    expect("a(?:very long|short) longest one", " longest one");
    expect("((one|two) three|four)", " three|four");
    expect("one|two|three", "one|two|three");
    expect("one|.|three", "");
}

Test(literals, classes_and_escapes)
{
    expect("[a-z]refund", "refund");
    expect("[]x]refund", "refund");
    expect("[^]x]refund", "refund");
    expect("[\\]x]refund", "refund");
    expect("[[:alpha:]x]refund", "refund");
    expect("\\drefund\\s", "refund");
    expect("a\\.b\\.c", "a.b.c");
    expect("\\x{41}refund", "refund");
    expect("\\x41refund", "refund");
    expect("\\p{L}refund", "refund");
    expect("\\pLrefund", "refund");
    expect("\\1refund", "refund");
    expect("re\\Kfund", "refund");
}

/* Whatever is not known makes no claim. */
Test(literals, giving_up)
{
    static const char *const unknown[] = {"\\Qref.und\\E", "(?x)re fund",     "(*UTF)refund",  "(?R)refund", "(?(1)refund)",   "\\grefund",
                                          "\\krefund",     "(?P=name)refund", "(?#refund)abc", "\\crefund",  "\\N{U+41}refund"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        expect(unknown[i], "");
}

Test(literals, too_many_alternatives)
{
    expect("(aaa|bbb|ccc|ddd|eee|fff|ggg|hhh|iii|jjj|kkk|lll|mmm|nnn|ooo|ppp|qqq)", "");
}

/* The signs of which one is required; "" where nothing is known. */
static void expect_signs(const char *pattern, const char *expected)
{
    struct cm_arena arena = CM_ARENA_EMPTY;
    struct cm_literals literals;
    char out[129] = "";
    size_t len = 0;
    cr_assert_eq(cm_literals_required(cm_span_of(pattern), &arena, &literals), CM_OK);
    for (unsigned c = 0; c < 128; c++)
        if (literals.signs[c >> 6] >> (c & 63) & 1)
            out[len++] = (char)c;
    cr_assert_str_eq(out, expected, "/%s/: %s, not %s", pattern, out, expected);
    cm_arena_free(&arena);
}

Test(literals, signs)
{
    expect_signs("\\w+\\?", "?");
    expect_signs("a\\?*b!+", "!");
    expect_signs("[#<\\[]\\w", "#<[");
    expect_signs("[]?]", "?]");
    expect_signs("[^?]", "");
    expect_signs("[?.]", "");  /* a stop is in every other text */
    expect_signs("[!-/]", ""); /* a range has more than its ends */
    expect_signs("[\\d?]", "");
    expect_signs("[[:punct:]]", "");
    expect_signs("[#<].*\\?", "?"); /* the one that says more */
    expect_signs("a\\?|b!", "!?");
    expect_signs("a\\?|b", "");
    expect_signs("(?:a\\?|b!){2}", "!?");
    expect_signs("(?:a\\?)?", "");
    expect_signs("x(?=.*\\?)", "");
    expect_signs("(?!\\?)x", "");
    expect_signs("\\Q?\\E?", "");
    expect_signs("refund\\?", "?");
}
