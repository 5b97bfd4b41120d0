/* Turns that only listen. */
#include "folding.h"
#include "text/backchannel.h"

TestSuite(backchannel, .init = open_folder, .fini = close_folder);

static void expect_listening(const char *text, bool listening)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, cm_span_of(text), &folded), CM_OK);
    cr_expect_eq(cm_is_backchannel(&folded), listening, "\"%s\"", text);
}

Test(backchannel, words)
{
    expect_listening("Yeah, right. OK", true);
    expect_listening("mhm uh-huh umm", true);
    expect_listening("yeah the parcel", false);
    expect_listening("", false);
}

Test(backchannel, rows_of_words)
{
    expect_listening("I see", true);
    expect_listening("oh, I see. Got it!", true);
    expect_listening("of course", true);
    expect_listening("ofcourse, gotcha", true);
    expect_listening("all right all right", true);
    expect_listening("I see it", false);
    expect_listening("I", false);
    expect_listening("of", false);
    expect_listening("I. See", false);
}

Test(backchannel, answers_are_turns)
{
    static const char *const answers[] = {"yes", "yep", "yup", "no", "sure", "exactly", "absolutely", "indeed", "true", "correct"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        expect_listening(answers[i], false);
}

Test(backchannel, emoji_neither_make_nor_break)
{
    expect_listening("okay \xF0\x9F\x99\x82", true);
    expect_listening("\xF0\x9F\x99\x82", false);
}

/* Tokens that nobody folded have no lexicon: single words count by their bits. */
Test(backchannel, without_lexicon)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("yeah okay"), &folded), CM_OK);
    folded.lexicon = NULL;
    cr_expect(cm_is_backchannel(&folded));
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("i see"), &folded), CM_OK);
    folded.lexicon = NULL;
    cr_expect_not(cm_is_backchannel(&folded));
}
