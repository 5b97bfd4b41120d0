#include <criterion/criterion.h>

#include "match/attributes.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_soft_conditionals soft;

static void init(void)
{
    cr_assert(tiny_open(&tiny, NULL));
    cr_assert_eq(cm_soft_conditionals_init(&soft, tiny.lexicon, &tiny.arena), CM_OK);
}

static void fini(void)
{
    tiny_close(&tiny);
}

TestSuite(attributes, .init = init, .fini = fini);

/* The hit is the word "sorry", wherever it stands. n: negated, h: hypothetical, q: quoted. */
static void expect(const char *text, const char *expected)
{
    struct cm_folded turn = tiny_fold(&tiny, text);
    for (uint32_t i = 0; i < turn.count; i++) {
        if (!cm_span_equal((struct cm_span){turn.text.ptr + turn.tokens[i].at, turn.tokens[i].len}, CM_SPAN("sorry")))
            continue;
        char got[4] = "";
        strcat(got, cm_attribute_negated(&turn, i) ? "n" : "");
        strcat(got, cm_attribute_hypothetical(&turn, &soft, i) ? "h" : "");
        strcat(got, cm_attribute_quoted(&turn, i, i + 1) ? "q" : "");
        cr_assert_str_eq(got, expected, "\"%s\": \"%s\", not \"%s\"", text, got, expected);
        return;
    }
    cr_assert_fail("no \"sorry\" in \"%s\"", text);
}

Test(attributes, negators_reach_three_tokens)
{
    expect("sorry", "");
    expect("not sorry", "n");
    expect("i can't be sorry", "n");
    expect("never a b sorry", "n");
    expect("never a b c sorry", "");
    expect("sorry not", "");
    expect("without sorry", "n");
    expect("hardly sorry", "n");
}

Test(attributes, negation_stays_in_its_clause)
{
    expect("not now, sorry", "");
    expect("not now. sorry", "");
    expect("no: sorry", "");
    expect("not now but sorry", "");
    expect("but not sorry", "n");
    expect("not because sorry", "");
}

Test(attributes, no_negates_only_the_next_word)
{
    expect("no sorry", "n");
    expect("no real sorry", "");
}

static bool no_before(const char *text, uint32_t first)
{
    struct cm_folded turn = tiny_fold(&tiny, text);
    return cm_attribute_negated(&turn, first);
}

Test(attributes, no_does_not_negate_thanks_problems_or_pronouns)
{
    cr_assert(no_before("no refund", 1));
    cr_assert(!no_before("no thanks", 1));
    cr_assert(!no_before("no problem", 1));
    cr_assert(!no_before("no worries", 1));
    cr_assert(!no_before("no i am", 1));
    cr_assert(!no_before("no", 0));
}

Test(attributes, conditions)
{
    expect("if you are sorry", "h");
    expect("if you are here, sorry", "");
    expect("i would say sorry", "h");
    expect("sorry if", "");
    expect("i could have said sorry", "h");
    expect("i could say sorry", "");
    expect("could you say sorry", "");
    expect("if only. sorry", "");
    expect("if not sorry", "nh");
}

Test(attributes, courtesy_supposes_nothing)
{
    expect("i would like to say sorry", "");
    expect("i would love to say sorry", "");
    expect("we would be happy to say sorry", "");
    expect("we would be sad to say sorry", "h");
    expect("if i would like to say sorry", "h");
}

Test(attributes, quoted)
{
    expect("> sorry", "q");
    expect("> so\nsorry", "");
}

Test(attributes, a_place_behind_the_last_token)
{
    struct cm_folded turn = tiny_fold(&tiny, "not if");
    cr_assert(!cm_attribute_negated(&turn, 2));
    cr_assert(!cm_attribute_hypothetical(&turn, &soft, 2));
    cr_assert(!cm_attribute_quoted(&turn, 2, 2));
}
