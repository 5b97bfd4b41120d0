#include "boarding.h"

#include "board/due.h"

/* Said on Monday, 30 November 2026, at 09:00; "" : no time that can be told. */
static const struct {
    const char *words, *due;
} sentences[] = {
    {"I will call you back tomorrow before noon", "2026-12-01T12:00:00Z"},
    {"You’ll hear from me tomorrow before 12.", "2026-12-01T12:00:00Z"},
    {"I’ll e-mail you by noon tomorrow", "2026-12-01T12:00:00Z"},
    {"i'll ring you back on thursday at ten", "2026-12-03T10:00:00Z"},
    {"We will call you on Friday at 3", "2026-12-04T15:00:00Z"},
    {"I'll be back to you within 24 hours", "2026-12-01T09:00:00Z"},
    {"You'll have an answer in half an hour", "2026-11-30T09:30:00Z"},
    {"I will ring you in an hour", "2026-11-30T10:00:00Z"},
    {"in two hours", "2026-11-30T11:00:00Z"},
    {"Within the next 2 hours somebody will call", "2026-11-30T11:00:00Z"},
    {"We'll call you by 5 pm", "2026-11-30T17:00:00Z"},
    {"We'll call you by 5pm today", "2026-11-30T17:00:00Z"},
    {"before 5 p.m. we will know", "2026-11-30T17:00:00Z"},
    {"I will write again today", "2026-12-01T00:00:00Z"},
    {"by the end of the day", "2026-12-01T00:00:00Z"},
    {"You'll hear by end of business today", "2026-12-01T00:00:00Z"},
    {"You'll see it in the app tonight", "2026-12-01T00:00:00Z"},
    {"I'll write again tomorrow morning", "2026-12-01T12:00:00Z"},
    {"I’ll call tomorrow afternoon", "2026-12-01T18:00:00Z"},
    {"we will be with you this evening", "2026-11-30T22:00:00Z"},
    {"He will ring your bell before 11:30.", "2026-11-30T11:30:00Z"},
    {"I will text you at 11.05", "2026-11-30T11:05:00Z"},
    {"We'll call you at four fifteen", "2026-11-30T16:15:00Z"},
    {"I'll phone you at half past three", "2026-11-30T15:30:00Z"},
    {"I'll phone you at quarter to four", "2026-11-30T15:45:00Z"},
    {"I'll phone you at 8", "2026-12-01T08:00:00Z"},
    {"I will call at seven in the morning tomorrow", "2026-12-01T07:00:00Z"},
    {"We will update the page at 06:48", "2026-12-01T06:48:00Z"},
    {"The engineer will come between two and four tomorrow", "2026-12-01T16:00:00Z"},
    {"The engineer will come between 2 and 4 pm", "2026-11-30T16:00:00Z"},
    {"The money will be back in three working days", "2026-12-04T00:00:00Z"},
    {"it’ll be back on your card in 3 to 5 days", "2026-12-05T09:00:00Z"},
    {"it'll be back on your card within 3-5 working days", "2026-12-08T00:00:00Z"},
    {"You will have it within five business days", "2026-12-08T00:00:00Z"},
    {"I'll get back to you in 2 days", "2026-12-02T09:00:00Z"},
    {"You’ll get it within a week", "2026-12-07T09:00:00Z"},
    {"in a couple of days we will know more", "2026-12-02T09:00:00Z"},
    {"We will be in touch next week", "2026-12-14T00:00:00Z"},
    {"We will have it by the end of the week", "2026-12-07T00:00:00Z"},
    {"I will sort it out this week", "2026-12-07T00:00:00Z"},
    {"I'll call you the day after tomorrow", "2026-12-03T00:00:00Z"},
    {"I'll call you on Monday", "2026-12-08T00:00:00Z"},
    {"We will ring on Thursday or Friday", "2026-12-05T00:00:00Z"},
    {"By Wednesday noon you will have it", "2026-12-02T12:00:00Z"},
    {"before midnight you'll have a mail", "2026-12-01T00:00:00Z"},
    {"in 45 minutes", "2026-11-30T09:45:00Z"},
    {"I will call you in about 20 mins", "2026-11-30T09:20:00Z"},
    {"at most 48 hours from now, within 48 hours", "2026-12-02T09:00:00Z"},
    /* No time, or not surely one. */
    {"Someone will be in touch.", ""},
    {"I'll let you know as soon as I know", ""},
    {"He’ll be with you in a minute or two", ""},
    {"I will be with you in a moment", ""},
    {"You ordered it three days ago", ""},
    {"updates here every 15 minutes", ""},
    {"I will call you after 3 pm", ""},
    {"It happened last Friday", ""},
    {"since Monday", ""},
    {"The code is 4 and the price 20 pounds", ""},
    {"Good morning, I will look", ""},
    {"I'll send 12 of them", ""},
    {"in 5000 days", ""},
    {"", ""},
    {"within", ""},
    {"by by by at at", ""},
};

Test(due, sentences_name_a_time_or_none)
{
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        int64_t due = 0;
        bool told = cm_due_read(cm_span_of(sentences[i].words), at("09:00:00"), &due);
        cr_expect_eq(told, *sentences[i].due != '\0', "%s", sentences[i].words);
        if (told && *sentences[i].due)
            cr_expect_eq(due, at(sentences[i].due), "%s: %lld minutes off", sentences[i].words,
                         (long long)(due - at(sentences[i].due)) / 60000);
    }
}

Test(due, what_is_due_is_never_before_it_was_said_nor_far_away)
{
    static const char *const words[] = {"tomorrow", "at",     "ten",  "in",   "two",   "days", "by",     "noon", "5",
                                        "pm",       "within", "next", "week", "end",   "of",   "the",    "day",  "friday",
                                        "half",     "past",   "an",   "hour", "11:30", "3-5",  "working"};
    uint64_t state = 7;
    for (unsigned round = 0; round < 20000; round++) {
        char sentence[200] = "";
        size_t len = 0;
        for (unsigned i = 0; i < 6; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            len += (size_t)snprintf(sentence + len, sizeof sentence - len, "%s ", words[(state >> 33) % (sizeof words / sizeof *words)]);
        }
        int64_t due;
        if (cm_due_read(cm_span_of(sentence), at("09:00:00"), &due))
            cr_assert(due > at("09:00:00") && due <= at("09:00:00") + 92 * CM_BOARD_DAY_MS, "%s", sentence);
    }
}

Test(due, a_promise_says_what_will_be_done)
{
    cr_expect(cm_due_promises(CM_SPAN("I’ll call you")));
    cr_expect(cm_due_promises(CM_SPAN("I promise.")));
    cr_expect(cm_due_promises(CM_SPAN("we are going to refund it")));
    cr_expect_not(cm_due_promises(CM_SPAN("The well is deep, and I called the mill.")));
    cr_expect_not(cm_due_promises(CM_SPAN("")));
}
