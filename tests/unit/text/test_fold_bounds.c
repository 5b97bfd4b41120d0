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
    EXPECT("e.g. this, i.e. that", "e.g this, i.e that");
    EXPECT("approx. five", "approximately five");
    EXPECT("Dr.\nSmith", "dr. smith");
    EXPECT("Dr... no", "dr. no");
    EXPECT("(approx.) 5 days, (see approx.). Then", "approximately, NUMBER:5 days, see approximately. then");
    EXPECT("(the end.) 5 days", "the end. NUMBER:5 days");
    EXPECT("the doctor. No", "the doctor. no");
    EXPECT("plan b. Then", "plan b. then");
}

Test(fold_bounds, initials)
{
    EXPECT("the U.S. office, the U.K. one", "the u.s office, the u.k one");
    EXPECT("u.s. r.e. that", "u.s r.e that");
    EXPECT("J. R. Smith", "j r NAME:smith");
    EXPECT("J.R. Smith, R.Smith and J.R.Smith", "j.r NAME:smith, r NAME:smith and j.r NAME:smith");
    EXPECT("Smith J. R. said", "smith j r said");
    EXPECT("Dr. R. Smith", "dr r NAME:smith");
    EXPECT("R. O'Brien and U. \xC3\x89va", "r NAME:o'brien and u NAME:\xC3\xA9va");
    EXPECT("at 10 a.m. or 5 P.M. today", "at NUMBER:10 am or NUMBER:5 pm today");
    EXPECT("a.b.c.d.e.f.g.h.i.j.k", "a.b.c.d.e.f.g.h i.j.k");
    EXPECT_SOURCE("the U.S. office", 1, 4, 7);
    /* no initials */
    EXPECT("how r u. Maria said", "how are you. maria said");
    EXPECT("so do I. Maria too", "so do i. maria too");
    EXPECT("plan B. Then go. R. THEN", "plan b. then go. are. then");
    EXPECT("a.bc ab.c", "a bc ab c");
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

Test(fold_bounds, headers_of_quoted_mail)
{
    /* flattened mail: the header stands within a line */
    EXPECT("ok. On Tue, Jan 2, 2024 at 10:00 AM Anna wrote: sorry",
           "okay. on tue, jan NUMBER:2, NUMBER:2024 at NUMBER:10:00 am NAME:anna wrote, >sorry");
    EXPECT("On Mon Bob wrote: help", "on mon NAME:bob wrote, >help");
    EXPECT("on 1 jan 2024 bob wrote:\nhelp", "on NUMBER:1 jan NUMBER:2024 bob wrote. >help");
    EXPECT("yes on 01/02/2024 10:00 bob wrote: help", "yes on NUMBER:01 NUMBER:02 NUMBER:2024 NUMBER:10:00 bob wrote, >help");
    EXPECT("On the 2nd of May, Bob\nSmith\nwrote:\nhelp", "on the 2nd of may, NAME:bob. smith. wrote. >help");
    EXPECT("On Jan. 2, 2024, J. Bob wrote: help", "on jan NUMBER:2, NUMBER:2024, j NAME:bob wrote, >help");
}

Test(fold_bounds, speech_is_no_header)
{
    EXPECT("on the form I wrote: sorry", "on the form i wrote, sorry");
    EXPECT("On my form my wife wrote: sorry", "on my form my wife wrote, sorry");
    EXPECT("On Monday I wrote: sorry", "on monday i wrote, sorry");
    EXPECT("he came on monday and bob wrote: sorry", "he came on monday and bob wrote, sorry");
    EXPECT("it was on 1 jan 2024! bob wrote: sorry", "it was on NUMBER:1 jan NUMBER:2024. bob wrote, sorry");
    EXPECT("On 1 Jan 2024 it broke. Bob wrote: sorry", "on NUMBER:1 jan NUMBER:2024 it broke. bob wrote, sorry");
    EXPECT("On 1 Jan 2024\n\n\n bob wrote: sorry", "on NUMBER:1 jan NUMBER:2024. bob wrote, sorry");
    EXPECT("On 1 Jan 2024 bob rewrote: sorry", "on NUMBER:1 jan NUMBER:2024 bob rewrote, sorry");
}

Test(fold_bounds, original_message)
{
    EXPECT("one\n-----Original Message-----\ntwo", "one. >original >NAME:message. >two");
    EXPECT("one\n---------- Forwarded message ---------\ntwo", "one. >forwarded >message. >two");
    EXPECT("one\n-- \ntwo", "one. two");
}
