#include <criterion/criterion.h>
#include <stdio.h>

#include "match/regexes.h"
#include "tiny.h"

static struct tiny tiny;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
}

static void fini(void)
{
    tiny_close(&tiny);
}

TestSuite(regexes, .init = init, .fini = fini);

static struct cm_rule_regex rule(const char *pattern, bool case_sensitive)
{
    return (struct cm_rule_regex){cm_span_of(pattern), case_sensitive, {"t", 1, 5, 1}};
}

/* Hits as "regex:start-end", then faults as "!regex". */
static const char *hits_of(struct cm_span text, const struct cm_rule_regex *rules, size_t count)
{
    static char out[1000];
    const struct cm_rule_regex *pointers[8];
    uint64_t wanted = 0;
    struct cm_regexes *regexes;
    struct cm_regex_scratch *scratch;
    struct cm_regex_found found;
    struct cm_folded turn;
    for (uint32_t i = 0; i < count; i++) {
        pointers[i] = &rules[i];
        wanted |= UINT64_C(1) << i;
    }
    cr_assert_eq(cm_fold(tiny.folder, text, &turn), CM_OK);
    cr_assert_eq(cm_regexes_new(pointers, count, &tiny.diagnostics, &regexes), CM_OK);
    cr_assert_eq(cm_regex_scratch_new(regexes, &scratch), CM_OK);
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(cm_regexes_find(regexes, scratch, &turn, &wanted, &found), CM_OK);
        out[0] = '\0';
        for (size_t i = 0; i < found.hit_count; i++)
            snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%u:%u-%u", i ? " " : "", found.hits[i].regex, found.hits[i].start,
                     found.hits[i].end);
        for (size_t i = 0; i < found.fault_count; i++)
            snprintf(out + strlen(out), sizeof(out) - strlen(out), "!%u", found.faults[i]);
    }
    cm_regex_scratch_free(scratch);
    cm_regexes_free(regexes);
    return out;
}

static void expect_bytes(struct cm_span text, const char *pattern, bool case_sensitive, const char *expected)
{
    struct cm_rule_regex one = rule(pattern, case_sensitive);
    const char *got = hits_of(text, &one, 1);
    cr_assert_str_eq(got, expected, "/%s/: %s, not %s", pattern, got, expected);
}

static void expect(const char *text, const char *pattern, const char *expected)
{
    expect_bytes(cm_span_of(text), pattern, false, expected);
}

Test(regexes, hits)
{
    expect("I want a Refund, a REFUND", "refund", "0:9-15 0:19-25");
    expect("no such thing", "refund", "");
    expect("order #1234-567", "#\\d{4}-\\d{3}", "0:6-15");
    expect("", "a", "");
}

Test(regexes, case_is_asked_for)
{
    expect_bytes(CM_SPAN("Refund refund"), "refund", true, "0:7-13");
}

Test(regexes, leftmost_as_perl_finds_them_and_no_empty_ones)
{
    expect("abab", "a|ab", "0:0-1 0:2-3");
    expect("baac", "a*", "0:1-3");
    expect("abc", "x*", "");
    expect("abc", "(?=b)", "");
    expect("\xC3\xA9\xC3\xA9", "\xC3\xA9?", "0:0-2 0:2-4");
}

Test(regexes, unicode)
{
    expect("CAF\xC3\x89", "caf\xC3\xA9", "0:0-5");
    expect("na\xC3\xAFve", "\\bna.ve\\b", "0:0-6");
    /* the two characters beyond ASCII that fold to ASCII letters pass the prefilter */
    expect("\xE2\x84\xAA"
           "elvin",
           "kelvin", "0:0-8");
    expect("mi\xC5\xBFter", "mister", "0:0-7");
}

Test(regexes, offsets_are_those_of_the_text_before_repair)
{
    expect_bytes(CM_SPAN("a\xFF\xFF refund"), "refund", false, "0:4-10");
    expect_bytes(CM_SPAN("\xE2\x82 x\xF0\x9F refund\xC0"), "refund.", false, "0:7-14");
}

Test(regexes, only_those_wanted_and_possible_run)
{
    const struct cm_rule_regex rules[] = {rule("refund", false), rule("(money|cash) back", false), rule("\\d+", false),
                                          rule("chash", false)};
    cr_assert_str_eq(hits_of(CM_SPAN("cash back 7"), rules, 4), "1:0-9 2:10-11");
}

Test(regexes, a_limit_is_a_fault_and_no_miss)
{
    expect("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", "(a+)+b|(a+)+c\\z|((a|aa)+)+$", "!0");
    char text[3000];
    memset(text, 'a', sizeof(text));
    expect_bytes((struct cm_span){text, sizeof(text)}, "((a+)*)*[bc]", false, "!0");
}

Test(regexes, bad_patterns_are_told_with_their_place)
{
    const struct cm_rule_regex bad[] = {rule("a(b", false), rule("good", false), rule("caf\xC3\xA9 [", false)};
    const struct cm_rule_regex *const rules[] = {&bad[0], &bad[1], &bad[2]};
    struct cm_regexes *regexes;
    cr_assert_eq(cm_regexes_new(rules, 3, &tiny.diagnostics, &regexes), CM_ERULES);
    cr_assert_null(regexes);
    cr_assert_eq(tiny.diagnostics.errors, 2);
    cr_assert_str_eq(tiny.diagnostics.items[0].id, "regex-syntax");
    cr_assert_eq(tiny.diagnostics.items[0].place.column, 8);
    cr_assert_eq(tiny.diagnostics.items[1].place.column, 11);
}

/* With and without its literals a regex finds the same: random texts over the letters of the patterns. */
Test(regexes, the_prefilter_changes_nothing)
{
    static const char *const patterns[] = {"abc", "ab+c", "(abc|cab)a?", "a[bc]{2}abc", "\\babc", "abc|b.c", "(?:ab)?cab", "c(?=abc)"};
    static const char letters[] = "aabbccABC \xC5\xBF";
    uint64_t state = 9;
    for (unsigned round = 0; round < 300; round++) {
        char text[60];
        size_t len = tiny_below(&state, sizeof(text));
        for (size_t i = 0; i < len; i++)
            text[i] = letters[tiny_below(&state, sizeof(letters) - 1)];
        for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
            char unknown[64], filtered[1000];
            snprintf(unknown, sizeof(unknown), "(?#nothing is known of this)%s", patterns[p]);
            struct cm_rule_regex with = rule(patterns[p], false), without = rule(unknown, false);
            snprintf(filtered, sizeof(filtered), "%s", hits_of((struct cm_span){text, len}, &with, 1));
            cr_assert_str_eq(filtered, hits_of((struct cm_span){text, len}, &without, 1), "/%s/ in \"%.*s\"", patterns[p], (int)len, text);
        }
    }
}

/* A sign that is required and is not there rules a match out, and nothing else does. */
Test(regexes, signs_are_looked_for)
{
    expect("is it? it is", "\\w\\?", "0:4-6");
    expect("it is", "\\w\\?", "");
    expect("a#1 <2", "[#<]\\d", "0:1-3 0:4-6");
    expect("wow!", "\\w(?:!|\\?)$", "0:2-4");
    expect("\xC5\xBF?", "s\\?", "0:0-3");
    expect("?", "\\?", "0:0-1");
}

/* More sets of signs than there are bits for, and more expressions than a word has bits. */
Test(regexes, many_signs)
{
    static const char signs[] = "!\"#$%&*/:;<=>?@_`{|}~";
    static char patterns[100][16];
    static struct cm_rule_regex rules[100];
    const struct cm_rule_regex *pointers[100];
    uint64_t wanted[CM_REGEX_WORDS(100)] = {UINT64_MAX, UINT64_MAX};
    struct cm_regexes *regexes;
    struct cm_regex_scratch *scratch;
    struct cm_regex_found found;
    struct cm_folded turn;
    for (size_t i = 0; i < 100; i++) {
        snprintf(patterns[i], sizeof(patterns[i]), "[%c%c]", signs[i % 21], signs[(i % 21 + 1 + i / 21) % 21]);
        rules[i] = rule(patterns[i], false);
        pointers[i] = &rules[i];
    }
    cr_assert_eq(cm_regexes_new(pointers, 100, &tiny.diagnostics, &regexes), CM_OK);
    cr_assert_eq(cm_regex_scratch_new(regexes, &scratch), CM_OK);
    for (size_t at = 0; at < 21; at++) {
        char text[] = {'a', signs[at], '\0'};
        size_t expected = 0;
        cr_assert_eq(cm_fold(tiny.folder, cm_span_of(text), &turn), CM_OK);
        cr_assert_eq(cm_regexes_find(regexes, scratch, &turn, wanted, &found), CM_OK);
        for (size_t i = 0; i < 100; i++)
            expected += patterns[i][1] == signs[at] || patterns[i][2] == signs[at];
        cr_assert_eq(found.hit_count, expected, "%c: %zu, not %zu", signs[at], found.hit_count, expected);
    }
    cm_regex_scratch_free(scratch);
    cm_regexes_free(regexes);
}
