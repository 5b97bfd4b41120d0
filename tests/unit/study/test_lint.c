/* Every warning of the lint: that it is told, and that what looks like it is not. */
#include "packing.h"

#include "study/lint/lint.h"

TestSuite(lint, .fini = unpack);

/* How often the lint says this of one cue with these lines. */
static size_t told(const char *body, const char *id, bool strict)
{
    char text[8192];
    snprintf(text, sizeof text, HEAD "  - id: a\n    speaker: agent\n    why: w\n%s\n    hit: [\"x\"]\n    miss: [\"y\"]\n", body);
    enum cm_status status = pack(text);
    cm_diagnostics_print(&diagnostics, stderr, false);
    cr_assert_eq(status, CM_OK, "%s", body);
    cr_assert_eq(cm_lint(&packs, 0, strict, &diagnostics), CM_OK);
    size_t count = 0;
    for (size_t i = 0; i < diagnostics.count; i++) {
        cr_expect_not_null(diagnostics.items[i].help, "every warning says what to do");
        count += strcmp(diagnostics.items[i].id, id) == 0;
    }
    unpack();
    packs = CM_PACKS_EMPTY;
    diagnostics = CM_DIAGNOSTICS_EMPTY;
    return count;
}

Test(lint, dead_alternatives)
{
    cr_expect_eq(told("    phrases: [\"so (a|a) much\"]", "alternative-dead", false), 1);
    cr_expect_eq(told("    phrases: [\"(cannot|can't) help\"]", "alternative-dead", false), 1, "they fold alike");
    cr_expect_eq(told("    phrases: [\"(apolog*|apology) accepted\"]", "alternative-dead", false), 1, "the prefix has it");
    cr_expect_eq(told("    phrases: [\"(so sorry|so (sorry|sad)) dear\"]", "alternative-dead", false), 1, "it is inside another");
    cr_expect_eq(told("    phrases: [\"(so sorry|sorry|so sad) dear\"]", "alternative-dead", false), 0);
    cr_expect_eq(told("    phrases: [\"(apolog*|sorry) accepted\", \"(apolog*|sorry) granted\"]", "alternative-dead", false), 0);
    cr_expect_eq(told("    phrases: [\"wait (%number|five) days\"]", "alternative-dead", false), 0, "five is a word, no number");
}

Test(lint, phrases_that_others_make_idle)
{
    cr_expect_eq(told("    phrases: [\"(thank|thanks) you kindly\", \"(thank|thanks) you\"]", "phrase-shadowed", false), 1);
    cr_expect_eq(told("    phrases: [\"really (glad|happy) today\", \"(glad|happy|pleased) today\"]", "phrase-shadowed", false), 1);
    cr_expect_eq(told("    phrases: [\"(glad|happy) today\", \"(happy|glad) (today)\"]", "phrase-shadowed", false), 1, "the later of two");
    cr_expect_eq(told("    phrases: [\"(glad|merry) today\", \"(glad|happy) today\"]", "phrase-shadowed", false), 0);
    cr_expect_eq(told("    phrases: [\"not (glad|happy)\", \"(glad|happy)\"]", "phrase-shadowed", false), 0, "it holds the negation");
    cr_expect_eq(told("    phrases: [\"am <0-2> (glad|happy)\", \"(glad|happy)\"]", "phrase-shadowed", false), 0, "its gap may");
    cr_expect_eq(told("    phrases: [\"very (glad|happy)\", \"^ (glad|happy)\"]", "phrase-shadowed", false), 0);
    cr_expect_eq(told("    phrases: [\"very (glad|happy)\", \"(glad|happy)\"]\n    min_count: 2", "phrase-shadowed", false), 0);
}

Test(lint, prefixes_that_nothing_folds_to)
{
    cr_expect_eq(told("    phrases: [\"cannot* help\"]", "prefix-dead", false), 1);
    cr_expect_eq(told("    phrases: [\"sooo* sorry\"]", "prefix-dead", false), 1);
    cr_expect_eq(told("    phrases: [\"apolog* for it\", \"cancel* it\"]", "prefix-dead", false), 0);
}

Test(lint, punctuation_in_phrases)
{
    cr_expect_eq(told("    phrases: [\"sorry (wait, delay)\"]", "phrase-comma", false), 1);
    cr_expect_eq(told("    phrases: [\"so sorry; really\"]", "phrase-comma", false), 1);
    cr_expect_eq(told("    phrases: [\"pay 1,000 now\", \"so sorry\"]", "phrase-comma", false), 0, "of a number");
}

Test(lint, broad_phrases)
{
    cr_expect_eq(told("    phrases: [\"the\"]", "phrase-broad", false), 1);
    cr_expect_eq(told("    phrases: [\"(refund|and)\"]", "phrase-broad", false), 1);
    cr_expect_eq(told("    phrases: [\"very? the\"]", "phrase-broad", false), 1);
    cr_expect_eq(told("    phrases: [\"thanks\", \"refund\", \"^ the\", \"the refund\"]", "phrase-broad", false), 0);
    cr_expect_eq(told("    phrases: [\"the\"]\n    min_count: 3", "phrase-broad", false), 0);
}

Test(lint, costly_expressions)
{
    cr_expect_eq(told("    regex: [\".*refund\"]", "regex-costly", false), 1);
    cr_expect_eq(told("    regex: ['(a+)+$']", "regex-costly", false), 1);
    cr_expect_eq(told("    regex: ['(\\w+\\s?)+:$']", "regex-costly", false), 1);
    cr_expect_eq(told("    regex: ['\\bRMA-\\d{6}\\b', '[?]!', '(?:ab){2,}']", "regex-costly", false), 0);
}

Test(lint, advice_is_given_only_where_it_is_asked_for)
{
    cr_expect_eq(told("    regex: ['\\d\\d']", "regex-no-literal", true), 1);
    cr_expect_eq(told("    regex: ['\\d\\d']", "regex-no-literal", false), 0);
    cr_expect_eq(told("    phrases: [\"very? kind refund\"]", "phrase-edge-optional", true), 1);
    cr_expect_eq(told("    phrases: [\"kind refund now?\"]", "phrase-edge-optional", true), 1);
    cr_expect_eq(told("    phrases: [\"kind very? refund\"]", "phrase-edge-optional", true), 0);
}

Test(lint, a_cue_without_examples)
{
    cr_assert_eq(pack(HEAD "  - {id: a, speaker: agent, why: w, phrases: [one two], hit: [one two], miss: [three]}\n"
                           "  - {id: b, speaker: agent, why: w, echo: {words: 2}}\n"),
                 CM_OK);
    cr_assert_eq(cm_lint(&packs, 0, true, &diagnostics), CM_OK);
    const struct cm_diagnostic *found = cm_diagnostics_find(&diagnostics, "example-missing");
    cr_assert_not_null(found);
    cr_assert_eq(found->place.line, 5);
}

Test(lint, cues_of_the_base_are_not_told)
{
    cr_assert_eq(pack("pack: p\nversion: 1.0.0\nextends: customer-care\n"), CM_OK);
    cr_assert_eq(cm_lint(&packs, 0, true, &diagnostics), CM_OK);
    cr_assert_eq(diagnostics.count, 0);
}
