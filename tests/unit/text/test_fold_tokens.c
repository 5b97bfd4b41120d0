/* Tokens that are no plain words. */
#include "folding.h"

TestSuite(fold_tokens, .init = open_folder, .fini = close_folder);

Test(fold_tokens, numbers)
{
    EXPECT("20 4.50 10:30 1,000 1.2.3", "NUMBER:20 NUMBER:4.50 NUMBER:10:30 NUMBER:1,000 NUMBER:1.2.3");
    EXPECT("at 5. Then 7, ok", "at NUMBER:5. then NUMBER:7, okay");
    EXPECT("24-48 12/05/2020", "NUMBER:24 NUMBER:48 NUMBER:12 NUMBER:05 NUMBER:2020");
    EXPECT("20th b12 3x", "20th b12 3x");
    EXPECT("the 80's", "the NUMBER:80");
    EXPECT("#12345", "NUMBER:12345");
    EXPECT_SOURCE("pay 4.50.", 1, 4, 8);
    EXPECT_SOURCE("the 80's", 1, 4, 8);
}

Test(fold_tokens, units_behind_digits_are_words)
{
    EXPECT("30mins 5pm 2hrs 10:30pm 4.5gb", "NUMBER:30 minutes NUMBER:5 pm NUMBER:2 hours NUMBER:10:30 pm NUMBER:4.5 gb");
    EXPECT("30minsx", "30minsx");
    EXPECT_SOURCE("30mins", 0, 0, 2);
    EXPECT_SOURCE("30mins", 1, 2, 6);
}

Test(fold_tokens, currency_and_percent_beside_numbers)
{
    EXPECT("$50 50$ 50 $", "dollar NUMBER:50 NUMBER:50 dollar NUMBER:50");
    EXPECT("\xC2\xA3"
           "4.50 \xE2\x82\xAC"
           "5 \xC2\xA5"
           "6 \xE2\x82\xB9"
           "7",
           "pound NUMBER:4.50 euro NUMBER:5 yen NUMBER:6 rupee NUMBER:7");
    EXPECT("50% 50 %", "NUMBER:50 percent NUMBER:50");
    EXPECT("US$50 -$5", "us dollar NUMBER:50 dollar NUMBER:5");
    EXPECT("$[num] [num]%", "dollar NUMBER:num NUMBER:num percent");
    EXPECT("$.99 a$ap", "dollar NUMBER:99 a ap");
    EXPECT_SOURCE("$50", 0, 0, 1);
    EXPECT_SOURCE("$50", 1, 1, 3);
    EXPECT_SOURCE("x \xC2\xA3"
                  "5",
                  1, 2, 4);
}

Test(fold_tokens, ampersand)
{
    EXPECT("terms & conditions", "terms and conditions");
    EXPECT("terms &amp; conditions", "terms and conditions");
    EXPECT("AT&T Q&amp;A", "at t q a");
}

Test(fold_tokens, urls)
{
    EXPECT("see https://a.b/c?d=e. Now", "see URL:https://a.b/c?d=e. now");
    EXPECT("www.Example.org (http://x.y/z)", "URL:www.example.org, URL:http://x.y/z");
    EXPECT("go to example.com/help, or co.uk", "go to URL:example.com/help, or URL:co.uk");
    EXPECT("ok.me too end.It is v2.0", "okay me too end it is v2 NUMBER:0");
    EXPECT("http:// x", "http, x");
    EXPECT("example.com:8080/x wiki/A_(b)", "URL:example.com:8080/x wiki a, b");
    EXPECT("https://e.org/A_(b)", "URL:https://e.org/a_(b)");
    EXPECT_SOURCE("a https://b.c!", 1, 2, 13);
}

Test(fold_tokens, addresses)
{
    EXPECT("mail Me.Too+x@Ex-ample.co.uk.", "mail EMAIL:me.too+x@ex-ample.co.uk");
    EXPECT("mail 123_a@x.com", "mail EMAIL:123_a@x.com");
    EXPECT("a@b a @ b", "a b a b");
    EXPECT_SOURCE("to a_b@c.de, ok", 1, 3, 11);
}

Test(fold_tokens, mentions_and_tags)
{
    EXPECT("@Brand_1 hi #LoveIt #1", "MENTION:brand_1 hi TAG:loveit NUMBER:1");
    EXPECT("#love#peace #caf\xC3\xA9", "TAG:love TAG:peace TAG:caf\xC3\xA9");
    EXPECT("@ # a#b", "a b");
    EXPECT_SOURCE("hi @Brand", 1, 3, 9);
}

Test(fold_tokens, masks)
{
    EXPECT("[name] [NAME] #NAME# <PERSON>", "NAME_MASK:name NAME_MASK:name NAME_MASK:name NAME_MASK:person");
    EXPECT("[num] #NUMBER-0# #NUMBER# <number_2>", "NUMBER:num NUMBER:number NUMBER:number NUMBER:number");
    EXPECT("[business] #PRS_ORG# <ORG>", "MASK:business MASK:prs_org MASK:org");
    EXPECT("[First Name] [ x] [a] [] <3x> <", "NAME_MASK:first_name x a 3x");
    EXPECT("#PHONENUMBER-1# #NAME1#", "NUMBER:phonenumber NAME_MASK:name");
    EXPECT_SOURCE("hi #NAME-2#!", 1, 3, 11);
}

Test(fold_tokens, emoji)
{
    EXPECT("\xF0\x9F\x91\x8D \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", "EMOJI:thumbsup EMOJI:thumbsup");
    /* heart with style, shrug with joiner and sex, a family, a flag */
    EXPECT("\xE2\x9D\xA4\xEF\xB8\x8F", "EMOJI:heart");
    EXPECT("\xF0\x9F\xA4\xB7\xF0\x9F\x8F\xBD\xE2\x80\x8D\xE2\x99\x80\xEF\xB8\x8F", "EMOJI:shrug");
    EXPECT("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9", "EMOJI:\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9");
    EXPECT("\xF0\x9F\x87\xAC\xF0\x9F\x87\xA7\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7",
           "EMOJI:\xF0\x9F\x87\xAC\xF0\x9F\x87\xA7 EMOJI:\xF0\x9F\x87\xAB\xF0\x9F\x87\xB7");
    EXPECT("hi\xF0\x9F\x98\x8A\xF0\x9F\x98\x8A"
           "bye",
           "hi EMOJI:smile EMOJI:smile bye");
    EXPECT_SOURCE("a \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD b", 1, 2, 10);
}

Test(fold_tokens, emoticons)
{
    EXPECT(":) :-) :))) =) ;-) :D :-P", "EMOJI:smile EMOJI:smile EMOJI:smile EMOJI:smile EMOJI:wink EMOJI:laugh EMOJI:tongue");
    EXPECT(":( :'( <3 :/", "EMOJI:frown EMOJI:cry EMOJI:heart EMOJI:skeptical");
    EXPECT("thanks:)", "thanks EMOJI:smile");
    EXPECT("note:(see) a:David x:D", "note, see, a, NAME:david x, d");
    EXPECT_SOURCE("ok :-)))", 1, 3, 8);
}
