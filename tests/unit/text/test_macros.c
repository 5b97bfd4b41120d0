/* The composites of rules/lexicon/macros, found in text. */
#include <criterion/criterion.h>

#include "match/phrases.h"
#include "tiny.h"

static struct tiny tiny;
static struct cm_phrases *phrases;
static struct cm_phrase_scratch *scratch;

static void init(void)
{
    cr_assert(tiny_open(&tiny, CM_SOURCE_DIR "/rules/lexicon"));
}

static void fini(void)
{
    cm_phrase_scratch_free(scratch);
    cm_phrases_free(phrases);
    tiny_close(&tiny);
}

TestSuite(macros, .init = init, .fini = fini);

static void open_macro(const char *source)
{
    const struct cm_phrase *phrase = tiny_phrase(&tiny, source);
    uint32_t id = 1;
    cr_assert_not_null(phrase);
    cr_assert_eq(cm_phrases_new(&phrase, &id, 1, &phrases), CM_OK);
    cr_assert_eq(cm_phrase_scratch_new(phrases, &scratch), CM_OK);
}

/* The one hit begins at the first token and ends with the last; or there is none. */
static void expect_hit(const char *text, bool expected)
{
    const struct cm_phrase_hit *hits;
    uint32_t count;
    struct cm_folded turn = tiny_fold(&tiny, text);
    cr_assert_eq(cm_phrases_find(phrases, scratch, &turn, &hits, &count), CM_OK);
    bool whole = count == 1 && hits[0].first == 0 && hits[0].end == turn.count;
    cr_expect_eq(expected ? whole : count == 0, true, "\"%s\": %u hits", text, count);
}

Test(macros, durations)
{
    static const char *const durations[] = {
        "2 days",         "2-3 business days", "24 to 48 hours",    "30mins",         "an hour",
        "half an hour",   "a couple of days",  "a few more hours",  "couple of days", "two to three weeks",
        "fourteen days",  "thirty minutes",    "twenty four hours", "eleven months",  "several full days",
        "seventeen days", "five or six weeks", "half a year",       "one year",       "ninety seconds",
    };
    open_macro("%duration");
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
        expect_hit(durations[i], true);
    expect_hit("ten parcels", false);
    expect_hit("in a couple of boxes", false);
    expect_hit("half the day", false);
}
