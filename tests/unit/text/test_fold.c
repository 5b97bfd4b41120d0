/* Folding word by word: rules/REFERENCE.md has it in words, a test a sentence. Tokens of a class and boundaries have files of their own. */
#include "folding.h"

#include <stdlib.h>

#include "text/words.h"

TestSuite(fold, .init = open_folder, .fini = close_folder);

Test(fold, nothing)
{
    EXPECT("", "(none)");
    EXPECT(" \t\r\n ", "(none)");
    EXPECT("...!?", "(none)");
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, (struct cm_span){NULL, 0}, &folded), CM_OK);
    cr_expect_eq(folded.count, 0);
    cr_expect_eq(folded.text.len, 0);
}

Test(fold, lower_case)
{
    EXPECT("THE CAT sAT Mat", "the cat sat NAME:mat");
    EXPECT("\xC3\x89T\xC3\x89 stra\xC3\x9F"
           "e",
           "\xC3\xA9t\xC3\xA9 stra\xC3\x9F"
           "e");
    EXPECT("\xD0\x9F\xD0\xA0\xD0\x98\xD0\x92\xD0\x95\xD0\xA2", "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82");
    EXPECT("\xCE\x91\xCE\x92", "\xCE\xB1\xCE\xB2");
}

Test(fold, offsets_are_bytes_of_the_source)
{
    EXPECT_SOURCE("caf\xC3\xA9 now", 0, 0, 5);
    EXPECT_SOURCE("caf\xC3\xA9 now", 1, 6, 9);
    EXPECT_SOURCE("\xE2\x80\x9Cword\xE2\x80\x9D", 0, 3, 7);
    EXPECT_SOURCE("  two  words  ", 1, 7, 12);
}

Test(fold, repair_keeps_offsets)
{
    EXPECT("caf\xE9 ole", "caf\xEF\xBF\xBD ole");
    EXPECT_SOURCE("caf\xE9 ole", 0, 0, 4);
    EXPECT_SOURCE("caf\xE9 ole", 1, 5, 8);
    /* a cut sequence is one bad part, two stray bytes are two */
    EXPECT("x \xE2\x82 y", "x \xEF\xBF\xBD y");
    EXPECT_SOURCE("x \xE2\x82 y", 1, 2, 4);
    EXPECT("x \xFF\xFE y", "x \xEF\xBF\xBD\xEF\xBF\xBD y");
    EXPECT_SOURCE("x \xFF\xFE y", 2, 5, 6);
}

Test(fold, repaired_text_and_map)
{
    struct cm_folded folded;
    struct cm_span bad = CM_SPAN("a\xFF"
                                 "b");
    cr_assert_eq(cm_fold(test_folder, bad, &folded), CM_OK);
    cr_expect(cm_span_equal(folded.repaired, CM_SPAN("a\xEF\xBF\xBD"
                                                     "b")));
    static const uint32_t expected[] = {0, 1, 1, 1, 2, 3};
    cr_assert_not_null(folded.repaired_to_source);
    cr_expect_eq(memcmp(folded.repaired_to_source, expected, sizeof(expected)), 0);
    struct cm_span good = CM_SPAN("caf\xC3\xA9");
    cr_assert_eq(cm_fold(test_folder, good, &folded), CM_OK);
    cr_expect_eq(folded.repaired.ptr, good.ptr);
    cr_expect_null(folded.repaired_to_source);
}

Test(fold, nul_is_white_space)
{
    EXPECT("one\0two\0", "one two");
    EXPECT_SOURCE("one\0two", 1, 4, 7);
}

Test(fold, apostrophes_are_one)
{
    EXPECT("I'm", "i am");
    EXPECT("I\xE2\x80\x99m", "i am");
    EXPECT("I`m", "i am");
    EXPECT("I\xC2\xB4m", "i am");
    EXPECT("im", "i am");
    EXPECT("IM", "i am");
    EXPECT_SOURCE("so I\xE2\x80\x99m", 1, 3, 8);
    EXPECT_SOURCE("so I\xE2\x80\x99m", 2, 3, 8);
}

Test(fold, negations)
{
    EXPECT("can't cannot cant", "can not can not can not");
    EXPECT("won't wont", "will not will not");
    EXPECT("ain't aint", "is not is not");
    EXPECT("don't DON'T dont do'nt", "do not do not do not do not");
    EXPECT("wouldn't couldn\xE2\x80\x99t isnt", "would not could not is not");
    EXPECT("shan't mustn't", "shall not must not");
    EXPECT("do n't 1n't a'n't", "do not 1n't a'n't");
}

Test(fold, other_suffixes)
{
    EXPECT("we'll they're we've he'd", "we will they are we have he would");
    EXPECT("you'd've", "you would have");
    EXPECT("wouldn't've", "would not have");
    EXPECT("u'll", "you will");
    EXPECT("y'all", "you all");
    EXPECT("let's", "let us");
}

Test(fold, s_is_is_for_a_closed_list)
{
    EXPECT("it's that's what's he's who's", "it is that is what is he is who is");
    EXPECT("thats whats heres", "that is what is here is");
    EXPECT("the customer's order", "the customer order");
    EXPECT("James's bag", "james bag");
    EXPECT("customers' orders", "customers orders");
    EXPECT_SOURCE("the customer's order", 1, 4, 14);
}

Test(fold, suffixes_that_stand_alone)
{
    EXPECT("it 's fine we 're here you 'll see", "it is fine we are here you will see");
    EXPECT("the star 's room I 'm", "the star room i am");
    EXPECT("it \xE2\x80\x99s 've", "it is have");
    EXPECT("'re so 'sorry' 'ed", "re so sorry ed");
    EXPECT_SOURCE("it 's", 1, 3, 5);
    EXPECT("i do n't say sorry you ca n't wo n't", "i do not say sorry you can not will not");
    EXPECT("so Let 's go so Ca n't how 'd it ai n't", "so let us go so can not how did it is not");
    EXPECT_SOURCE("you ca n't", 1, 4, 6);
    EXPECT_SOURCE("you ca n't", 2, 7, 10);
    EXPECT("ca, n't wo\nn't", "ca, not wo. not");
    EXPECT("the Smith 's room [name]'s bag @Me's #NAME#'ll", "the NAME:smith room NAME_MASK:name bag MENTION:me NAME_MASK:name will");
}

Test(fold, english_words_keep_their_meaning)
{
    EXPECT("its were well ill id hell shell wed lets", "its were well ill id hell shell wed lets");
}

Test(fold, british_and_american_are_one)
{
    EXPECT("apologise colour centre cancelled catalogue", "apologize color center canceled catalog");
    EXPECT("apologize color center canceled catalog", "apologize color center canceled catalog");
    EXPECT("organisation licence favourite grey enquiry", "organization license favorite gray inquiry");
    EXPECT("advise exercise our four cheque", "advise exercise our four cheque");
}

Test(fold, misspellings_and_chat_forms)
{
    EXPECT("recieve teh adress definately", "receive the address definitely");
    EXPECT("u pls thx ur tmrw asap", "you please thanks your tomorrow asap");
    EXPECT("ok okey kk", "okay okay okay");
    EXPECT("2day gr8 b4", "today great before");
    EXPECT("alot ofcourse idk", "a lot of course i do not know");
}

Test(fold, elongation_settles_on_known_words)
{
    EXPECT("soooo", "so");
    EXPECT("helllp", "help");
    EXPECT("goood goooood", "good good");
    EXPECT("pleeease pleaseee", "please please");
    EXPECT("sooorryyy", "sorry");
    EXPECT("SOOOON", "soon");
    EXPECT("hmmmm", "hmm");
    EXPECT("plsss", "please");
    EXPECT("caaan't", "can not");
    EXPECT("sooo's", "so");
    /* two, where neither form is known */
    EXPECT("zzzorp", "zzorp");
    EXPECT("\xC3\xA9\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9");
    /* two letters are no elongation, digits never */
    EXPECT("goodd", "good");
    EXPECT("aab", "aab");
    EXPECT("a1000", "a1000");
    EXPECT("10000", "NUMBER:10000");
    EXPECT_SOURCE("soooo good", 0, 0, 5);
}

Test(fold, expansions_share_their_source)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("ok idk!"), &folded), CM_OK);
    cr_assert_eq(folded.count, 5);
    for (uint32_t i = 1; i < 5; i++) {
        cr_expect_eq(folded.tokens[i].start, 3);
        cr_expect_eq(folded.tokens[i].end, 6);
        cr_expect_eq(folded.tokens[i].changed, 1);
    }
}

Test(fold, hyphenated_words)
{
    EXPECT("e-mail E-Mail", "email email");
    EXPECT("co-operate", "cooperate");
    EXPECT("well-known follow-up", "well known follow up");
    EXPECT("good\xE2\x80\x90"
           "bye",
           "goodbye");
    EXPECT("re-send-it", "resend it");
    EXPECT("pre-e-mail", "pre email");
    EXPECT_SOURCE("my e-mail", 1, 3, 9);
    EXPECT_SOURCE("well-known", 0, 0, 4);
    EXPECT_SOURCE("well-known", 1, 5, 10);
}

Test(fold, invisible_characters_inside_words)
{
    EXPECT("co\xC2\xADoperate", "cooperate");
    EXPECT("he\xE2\x80\x8Bllo", "hello");
    EXPECT("\xEF\xBB\xBFhello", "hello");
    EXPECT_SOURCE("a he\xE2\x80\x8Bllo b", 1, 2, 10);
}

Test(fold, names)
{
    EXPECT("Thanks John", "thanks NAME:john");
    EXPECT("John thanks", "john thanks");
    EXPECT("Hi there. Maria", "hi there. maria");
    EXPECT("so I said Monday JOHN mcDonald McDonald", "so i said monday john mcdonald NAME:mcdonald");
    EXPECT("hi John's", "hi NAME:john");
    EXPECT("hi O'Brien O\xE2\x80\x99"
           "Brien's D'Angelo Anne-Marie",
           "hi NAME:o'brien NAME:o'brien NAME:d'angelo NAME:anne NAME:marie");
    EXPECT("so O'BRIEN o'Brien I'M I'Ll O'b", "so o'brien o'brien i am i will o'b");
    EXPECT("hi Jos\xC3\xA9", "hi NAME:jos\xC3\xA9");
    EXPECT("hi \xC3\x89va J", "hi NAME:\xC3\xA9va j");
    /* a word that folds is no name, nor is the first word behind a mention or an emoji */
    EXPECT("hi Thx Pls", "hi thanks please");
    EXPECT("@Brand Frodo", "MENTION:brand frodo");
    EXPECT("\xF0\x9F\x98\x8A Frodo", "EMOJI:smile frodo");
    EXPECT("5 Frodo", "NUMBER:5 NAME:frodo");
}

Test(fold, words_of_any_length)
{
    char text[80];
    for (size_t len = 1; len < 70; len++) {
        memset(text, ' ', sizeof(text));
        for (size_t i = 0; i < len; i++)
            text[i] = (char)((i & 1 ? 'A' : 'b') + (i % 7));
        struct cm_folded folded;
        cr_assert_eq(cm_fold(test_folder, (struct cm_span){text, len + 1}, &folded), CM_OK);
        cr_assert_eq(folded.count, 1, "%zu", len);
        cr_expect_eq(folded.tokens[0].len, len);
        cr_expect_eq(folded.tokens[0].hash, cm_word_hash(folded.text.ptr, len));
    }
}

Test(fold, lists_of_the_folded_word)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("wouldn't but Monday yeah"), &folded), CM_OK);
    cr_expect(folded.tokens[0].lists & CM_WORD_HYPOTHETICAL);
    cr_expect(folded.tokens[1].lists & CM_WORD_NEGATOR);
    cr_expect(folded.tokens[2].lists & CM_WORD_CLAUSE);
    cr_expect(folded.tokens[3].lists & CM_WORD_NOT_NAME);
    cr_expect(folded.tokens[4].lists & CM_WORD_BACKCHANNEL);
}

Test(fold, folded_text_has_marks_and_separators)
{
    struct cm_folded folded;
    cr_assert_eq(cm_fold(test_folder, CM_SPAN("Pay 5 now! [name] :)"), &folded), CM_OK);
    cr_expect(cm_span_equal(folded.text, CM_SPAN("pay \x01"
                                                 "5 now\n\x0E"
                                                 "name \x07smile")),
              "%.*s", (int)folded.text.len, folded.text.ptr);
}

Test(fold, limits)
{
    struct cm_folded folded;
    char *text = malloc(CM_TEXT_MAX_BYTES + 1);
    cr_assert_not_null(text);
    memset(text, 'x', CM_TEXT_MAX_BYTES + 1);
    cr_expect_eq(cm_fold(test_folder, (struct cm_span){text, CM_TEXT_MAX_BYTES + 1}, &folded), CM_ELIMIT);
    cr_expect_eq(folded.count, 0);
    /* worst cases of 64 KiB: one word, signs that grow, bad bytes, dots, brackets */
    static const char *const units[] = {"x",  "ab",      "$5", "5%", "\xFF", ".",   "!)", "[a",
                                        "u ", "i'd've ", "a.", "-a", "@a",   "#a#", ":)", "&"};
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        size_t len = strlen(units[u]), size = CM_TEXT_MAX_BYTES / len * len;
        for (size_t i = 0; i < size; i++)
            text[i] = units[u][i % len];
        cr_expect_eq(cm_fold(test_folder, (struct cm_span){text, size}, &folded), CM_OK);
        for (uint32_t i = 0; i < folded.count; i++)
            cr_assert_leq(folded.tokens[i].end, size);
    }
    free(text);
}
