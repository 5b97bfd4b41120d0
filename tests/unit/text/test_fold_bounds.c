/* Sentence ends, clause ends, questions, quotations. */
#include "folding.h"

TestSuite(fold_bounds, .init = open_folder, .fini = close_folder);

Test(fold_bounds, sentence_ends)
{
    EXPECT("one. two! three? four\xE2\x80\xA6 five", "one. two. three?. four. five");
    EXPECT("one\ntwo\r\nthree\rfour", "one. two. three. four");
    EXPECT("one.two 3.5 a!b", "one two NUMBER:3.5 a b");
    EXPECT("one . two", "one. two");
}

Test(fold_bounds, ends_collapse_and_none_stands_first_or_last)
{
    EXPECT("...\n\none!!! ... \n\n two.\n", "one. two");
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("\none.\n\n.two.\n"), &folded), CM_OK);
    cr_expect(cm_span_equal(folded.text, CM_SPAN("one\ntwo")));
}

Test(fold_bounds, closers_may_follow)
{
    EXPECT("(one.) two", "one. two");
    EXPECT("\"one!\" two", "one. two");
    EXPECT("\xE2\x80\x9Cone?\xE2\x80\x9D two", "one?. two");
    EXPECT("one!\xF0\x9F\x98\x8A two", "one EMOJI:smile. two");
    EXPECT("one! \xF0\x9F\x98\x8A two", "one. EMOJI:smile two");
    EXPECT("one!x two", "one x two");
}

Test(fold_bounds, abbreviations)
{
    EXPECT("Dr. Smith vs. Mr. X", "dr NAME:smith vs mr x");
    EXPECT("e.g. this, i.e. that", "e g this, i e that");
    EXPECT("approx. five", "approximately five");
    EXPECT("Dr.\nSmith", "dr. smith");
    EXPECT("Dr... no", "dr. no");
    EXPECT("the doctor. No", "the doctor. no");
    EXPECT("plan b. Then", "plan b. then");
}

Test(fold_bounds, clause_ends)
{
    EXPECT("a, b; c: d (e) f", "a, b, c, d, e, f");
    EXPECT("c - d c-d c\xE2\x80\x93"
           "d c \xE2\x80\x93 d",
           "c, d c d c d c, d");
    EXPECT("one\xE2\x80\x94two one--two", "one, two one, two");
    EXPECT(", a", "a");
    EXPECT("1,5 10:30", "NUMBER:1,5 NUMBER:10:30");
}

Test(fold_bounds, clause_words_are_listed)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("but however though although because"), &folded), CM_OK);
    for (uint32_t i = 0; i < folded.count; i++)
        cr_expect(folded.tokens[i].lists & CM_WORD_CLAUSE);
}

Test(fold_bounds, questions)
{
    EXPECT("why? because. how", "why?. because. how");
    EXPECT("why?", "why?");
    EXPECT("why?!?", "why?");
    EXPECT("why?not", "why not");
    EXPECT("why\xEF\xBC\x9F", "why?");
}

Test(fold_bounds, quoted_lines)
{
    EXPECT("one\n> two\n>three\nfour", "one. >two. >three. four");
    EXPECT("  > two", ">two");
    EXPECT("a > b", "a b");
    EXPECT(">:( one", "EMOJI:frown one");
}

Test(fold_bounds, everything_after_wrote)
{
    EXPECT("one\nOn Monday, Jo <a@b.co> wrote:\ntwo\nthree", "one. on monday, NAME:jo EMAIL:a@b.co wrote. >two. >three");
    EXPECT("one\nOn 5 May 2024 at 10:30,\nJo wrote:\ntwo", "one. on NUMBER:5 may NUMBER:2024 at NUMBER:10:30. jo wrote. >two");
    EXPECT("One\nOn May 5, 2024 Jo wrote: two", "one. on may NUMBER:5, NUMBER:2024 NAME:jo wrote, >two");
    EXPECT("On monday he wrote: two", "on monday he wrote, two");
    EXPECT("he wrote:\ntwo", "he wrote. two");
}

Test(fold_bounds, original_message)
{
    EXPECT("one\n-----Original Message-----\ntwo", "one. >original >NAME:message. >two");
    EXPECT("one\n---------- Forwarded message ---------\ntwo", "one. >forwarded >message. >two");
    EXPECT("one\n-- \ntwo", "one. two");
}
