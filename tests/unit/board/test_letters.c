#include "boarding.h"

TestSuite(letters, .init = open_reading, .fini = close_board);

#define BODY                                                                                                                               \
    "We value every one of our customers and we are truly sorry for any inconvenience that this may have caused to you. "                  \
    "Your comments have been passed on to the department that looks after them."

static void write_letter(const char *id, const char *queue, const char *time, const char *words)
{
    hear("{'interaction_id':'%s','seq':2,'ts':'2026-11-30T%s.000Z','channel':'email','speaker':'agent','queue':'%s','text':'%s'}", id, time,
         queue, words);
}

Test(letters, the_same_words_to_three_are_a_letter_whoever_signs)
{
    write_letter("mail-1", "orders", "08:20:00", "Dear Ms Fry,\\n\\n" BODY "\\n\\nKind regards\\nNadia");
    write_letter("mail-2", "cards", "08:30:00", "Dear Mr Lee,\\n\\n" BODY "\\n\\nBest wishes\\nSam");
    expect_all(section(CM_BOARD_LETTERS, NULL), "{'list':[]}");
    write_letter("mail-3", "orders", "08:10:00", "Hello!\\n" BODY "\\nTom");
    write_letter("mail-3", "orders", "08:10:00", "Hello!\\n" BODY "\\nTom");
    expect_all(
        section(CM_BOARD_LETTERS, NULL),
        "{'list':[{'n':3,'queues':['orders','cards'],'first_at':'2026-11-30T08:10:00.000Z','last_at':'2026-11-30T08:30:00.000Z','words':"
        "'We value every one of our customers and','interaction_ids':['mail-1','mail-2','mail-3']}]}");
    expect_says(section(CM_BOARD_LETTERS, "cards"), "'n':3,");
    expect_all(section(CM_BOARD_LETTERS, "phone"), "{'list':[]}");
}

Test(letters, what_is_filled_in_makes_no_other_letter)
{
    write_letter("mail-1", "orders", "08:20:00", BODY " The order 4471 of Monday went to Leeds and will come within 3 days to you.");
    write_letter("mail-2", "orders", "08:20:00", BODY " The order 99 of Friday went to York and will come within 5 days to you.");
    write_letter("mail-3", "orders", "08:20:00", BODY " The order 12345 of Sunday went to Bath and will come within 10 days to you.");
    expect_says(section(CM_BOARD_LETTERS, NULL), "'n':3,");
}

Test(letters, short_words_customers_words_and_other_words_are_none)
{
    for (unsigned i = 0; i < 5; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        write_letter(id, "orders", "08:20:00", "Is there anything else that I can do for you today? Thank you for your patience.");
        hear("{'interaction_id':'%s','seq':3,'channel':'email','speaker':'customer','text':'%s'}", id, BODY);
        hear("{'interaction_id':'%s','seq':4,'channel':'call','speaker':'agent','text':'%s'}", id, BODY);
    }
    write_letter("mail-a", "orders", "08:20:00", BODY " one");
    write_letter("mail-b", "orders", "08:20:00", BODY " and another two words here");
    write_letter("mail-c", "orders", "08:20:00", BODY " with three other words here");
    expect_all(section(CM_BOARD_LETTERS, NULL), "{'list':[]}");
}

Test(letters, words_of_who_was_erased_or_deleted_them_are_not_shown)
{
    char words[600];
    for (unsigned i = 0; i < 4; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        snprintf(words, sizeof words, i == 2 ? "For your Wilhelmina this is hard. %s" : "For your Carl this is hard. %s", BODY);
        write_letter(id, "orders", "08:20:00", words);
    }
    expect_says(section(CM_BOARD_LETTERS, NULL), "'words':'For your Wilhelmina");
    cm_board_erase(board, CM_SPAN("mail-2"));
    expect_silent(section(CM_BOARD_LETTERS, NULL), "Wilhelmina");
    write_letter("mail-4", "orders", "08:20:00", words);
    expect_says(section(CM_BOARD_LETTERS, NULL), "'n':4,");
    expect_says(section(CM_BOARD_LETTERS, NULL), "'words':'For your Carl");
    hear("{'interaction_id':'mail-4','type':'delete','seq':9,'target_seq':2}");
    expect_silent(section(CM_BOARD_LETTERS, NULL), "Carl");
}

Test(letters, an_erased_interaction_has_got_none_and_a_day_later_all_are_gone)
{
    for (unsigned i = 0; i < 4; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        write_letter(id, "orders", "08:20:00", BODY);
    }
    cm_board_erase(board, CM_SPAN("mail-1"));
    expect_says(section(CM_BOARD_LETTERS, NULL), "'n':3,");
    expect_silent(section(CM_BOARD_LETTERS, NULL), "mail-1");
    cm_board_time(board, at("2026-12-01T08:20:00Z"));
    expect_all(section(CM_BOARD_LETTERS, NULL), "{'list':[]}");
}

Test(letters, words_are_masked)
{
    for (unsigned i = 0; i < 3; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        write_letter(id, "orders", "08:20:00", "Write to help@example.com when you need us, " BODY);
    }
    expect_says(section(CM_BOARD_LETTERS, NULL), "'words':'Write to [email] when you need us");
}

Test(letters, there_is_a_ceiling_and_letters_to_several_outlast_others)
{
    for (unsigned i = 0; i < 3; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        write_letter(id, "orders", "08:59:00", BODY);
    }
    for (unsigned i = 0; i < CM_BOARD_LETTERS_MAX + 2000; i++) {
        char id[20], words[400];
        snprintf(id, sizeof id, "other-%u", i);
        snprintf(words, sizeof words, "%s And this word is %c%c%c%c.", BODY, 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26),
                 'a' + (int)(i / 676), 'x');
        write_letter(id, "orders", "08:58:00", words);
    }
    cr_expect_leq(board->letter_count, CM_BOARD_LETTERS_MAX);
    expect_says(section(CM_BOARD_LETTERS, NULL), "{'list':[{'n':3,");
}

Test(letters, without_texts_nobody_writes_any)
{
    close_board();
    open_usual();
    for (unsigned i = 0; i < 3; i++) {
        char id[20];
        snprintf(id, sizeof id, "mail-%u", i);
        write_letter(id, "orders", "08:20:00", BODY);
    }
    expect_all(section(CM_BOARD_LETTERS, NULL), "{'list':[]}");
    cr_expect_eq(board->item_count, 0);
}
