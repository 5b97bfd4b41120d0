#include "board/due.h"

#include "board/due_words.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define DAY_MINUTES 1440
/* What is farther away than that is no promise about this matter. */
#define HORIZON_DAYS 92

/* What has been read so far. */
struct reading {
    const struct cm_due_word *words;
    size_t count;
    int64_t made_at, today; /* today: days since 1970 */
    int64_t day;            /* days since 1970; -1: not told */
    int minute;             /* of that day; -1: not told */
    int part;               /* the same, of a part of the day: "in the morning" */
    int64_t span_until;     /* epoch ms of "within two hours"; -1 */
};

static const struct cm_due_word *word_at(const struct reading *reading, size_t at)
{
    static const struct cm_due_word none = {.number = -1};
    return at < reading->count ? &reading->words[at] : &none;
}

static bool is(const struct reading *reading, size_t at, const char *text)
{
    return strcmp(word_at(reading, at)->text, text) == 0;
}

/* One of a NULL-terminated list; its index, or -1. */
static int which(const struct reading *reading, size_t at, const char *const *list)
{
    for (int i = 0; list[i]; i++)
        if (is(reading, at, list[i]))
            return i;
    return -1;
}

static int number_at(const struct reading *reading, size_t at)
{
    return word_at(reading, at)->number;
}

/* Thursday is day 0 of 1970; Monday: 0. */
static int weekday(int64_t day)
{
    return (int)((day % 7 + 7 + 3) % 7);
}

/* ----------------------------------------------------------------- lengths */

static int64_t working_days(int64_t day, int count)
{
    while (count > 0)
        count -= weekday(++day) < 5;
    return day;
}

/* Unit behind a number: where it ends; *until is told by it. 0: none. */
static size_t read_unit(struct reading *reading, size_t at, int number, int64_t *until)
{
    static const char *const units[] = {"minute", "minutes", "min",  "mins", "hour",  "hours", "hr",
                                        "hrs",    "day",     "days", "week", "weeks", NULL};
    static const int64_t ms[] = {MINUTE_MS, MINUTE_MS, MINUTE_MS, MINUTE_MS, HOUR_MS,    HOUR_MS,
                                 HOUR_MS,   HOUR_MS,   DAY_MS,    DAY_MS,    7 * DAY_MS, 7 * DAY_MS};
    if (is(reading, at, "working") || is(reading, at, "business")) {
        *until = (working_days(reading->today, number) + 1) * DAY_MS;
        return is(reading, at + 1, "day") || is(reading, at + 1, "days") ? at + 2 : 0;
    }
    int unit = which(reading, at, units);
    if (unit < 0)
        return 0;
    *until = reading->made_at + number * ms[unit];
    return at + 1;
}

/* "half an hour", "an hour", "a couple of days", "48 hours", "3 to 5 working days": behind it, or 0. */
static size_t read_length(struct reading *reading, size_t at, int64_t *until)
{
    if (is(reading, at, "half") && is(reading, at + 1, "an") && is(reading, at + 2, "hour")) {
        *until = reading->made_at + 30 * MINUTE_MS;
        return at + 3;
    }
    if (is(reading, at, "an") || is(reading, at, "a")) {
        if (is(reading, at + 1, "couple") && is(reading, at + 2, "of"))
            return read_unit(reading, at + 3, 2, until);
        bool idle = is(reading, at + 1, "minute") || is(reading, at + 1, "min"); /* "in a minute" is no minute */
        return idle ? 0 : read_unit(reading, at + 1, 1, until);
    }
    int number = number_at(reading, at);
    if (number < 0 || word_at(reading, at)->minutes >= 0)
        return 0;
    if (is(reading, at + 1, "to") && number_at(reading, at + 2) > number) {
        number = number_at(reading, at + 2);
        at += 2;
    }
    return number <= 1000 ? read_unit(reading, at + 1, number, until) : 0;
}

/* "within the next two hours" */
static size_t read_span(struct reading *reading, size_t at)
{
    static const char *const begins[] = {"within", "in", "after", "inside", "under", NULL};
    static const char *const between[] = {"the", "about", "around", "another", "approximately", "maximum", "most",
                                          "at",  "next",  "max",    NULL};
    if (reading->span_until >= 0 || which(reading, at, begins) < 0)
        return 0;
    at++;
    while (which(reading, at, between) >= 0)
        at++;
    int64_t until;
    size_t behind = read_length(reading, at, &until);
    if (behind == 0 || is(reading, behind, "ago") || is(reading, behind, "of"))
        return 0;
    reading->span_until = until;
    return behind;
}

/* --------------------------------------------------------------------- days */

static const char *const weekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", NULL};

/* The coming one; that of today is over. */
static int64_t coming(const struct reading *reading, int day)
{
    int ahead = (day - weekday(reading->today) + 7) % 7;
    return reading->today + (ahead ? ahead : 7);
}

static size_t read_end_of(struct reading *reading, size_t at)
{
    if (!is(reading, at, "end") || !is(reading, at + 1, "of"))
        return 0;
    at += 2;
    while (is(reading, at, "the") || is(reading, at, "this") || is(reading, at, "business") || is(reading, at, "working"))
        at++;
    if (is(reading, at, "day") || is(reading, at, "today"))
        reading->day = reading->day < 0 ? reading->today : reading->day;
    else if (is(reading, at, "week"))
        reading->day = reading->today + 6 - weekday(reading->today);
    else if (is(reading, at, "tomorrow"))
        reading->day = reading->today + 1;
    else if (which(reading, at, weekdays) >= 0)
        reading->day = coming(reading, which(reading, at, weekdays));
    else
        return 0;
    return at + 1;
}

static size_t read_day(struct reading *reading, size_t at)
{
    static const char *const past[] = {"last", "since", "every", "each", NULL};
    size_t behind = read_end_of(reading, at);
    if (behind || (at > 0 && which(reading, at - 1, past) >= 0))
        return behind;
    int64_t day = -1;
    behind = at + 1;
    if (is(reading, at, "day") && is(reading, at + 1, "after") && is(reading, at + 2, "tomorrow")) {
        reading->day = reading->today + 2;
        return at + 3;
    }
    if (is(reading, at, "today") || is(reading, at, "tonight"))
        day = reading->today;
    else if (is(reading, at, "tomorrow"))
        day = reading->today + 1;
    else if (which(reading, at, weekdays) >= 0)
        day = coming(reading, which(reading, at, weekdays));
    else if (is(reading, at, "next") && is(reading, at + 1, "week"))
        day = reading->today + 13 - weekday(reading->today);
    else if (is(reading, at, "this") && is(reading, at + 1, "week"))
        day = reading->today + 6 - weekday(reading->today);
    if (day < 0)
        return 0;
    if (reading->day < 0 || day > reading->day) /* "Thursday or Friday" */
        reading->day = day;
    return behind;
}

/* -------------------------------------------------------------- times of day */

/* Who says "at four" at work means the afternoon; "at ten" the morning. */
static int minute_of(const struct cm_due_word *word, int minutes)
{
    int hour = word->number;
    if (hour > 24 || minutes > 59)
        return -1;
    if (word->half_day == 'p' && hour < 12)
        hour += 12;
    else if (word->half_day == 'a' && hour == 12)
        hour = 0;
    else if (!word->half_day && hour < 8 && hour > 0 && !word->padded)
        hour += 12;
    return hour * 60 + minutes;
}

/* "half past three", "quarter to four" */
static size_t read_half_past(const struct reading *reading, size_t at, int *minute)
{
    int part = is(reading, at, "half") ? 30 : is(reading, at, "quarter") ? 15 : -1;
    bool past = is(reading, at + 1, "past"), to = is(reading, at + 1, "to") && part == 15;
    if (part < 0 || (!past && !to) || number_at(reading, at + 2) < 1 || number_at(reading, at + 2) > 12)
        return 0;
    *minute = minute_of(word_at(reading, at + 2), 0) + (past ? part : -part);
    return at + 3;
}

/* What stands behind "at", or has a colon or am and pm; behind it, or 0. */
static size_t read_clock(const struct reading *reading, size_t at, bool told, int *minute)
{
    const struct cm_due_word *word = word_at(reading, at);
    if (is(reading, at, "noon") || is(reading, at, "midday") || is(reading, at, "midnight")) {
        *minute = is(reading, at, "midnight") ? DAY_MINUTES : 720;
        return at + 1;
    }
    size_t behind = read_half_past(reading, at, minute);
    if (behind)
        return behind;
    if (word->number < 0 || (!told && !word->half_day && word->minutes < 0) || word->ordinal)
        return 0;
    int64_t ignored;
    struct reading copy = *reading;
    if (read_unit(&copy, at + 1, word->number, &ignored) || (word->minutes < 0 && !word->half_day && word->number > 12))
        return 0;
    int minutes = word->minutes >= 0 ? word->minutes : 0;
    behind = at + 1;
    int more = number_at(reading, behind);
    if (word->minutes < 0 && word->spelled && (more == 15 || more == 30 || more == 45 || more == 20 || more == 10)) {
        minutes = more; /* "four fifteen" */
        behind++;
    }
    *minute = minute_of(word, minutes);
    return *minute < 0 ? 0 : behind + is(reading, behind, "oclock");
}

static size_t read_time(struct reading *reading, size_t at)
{
    static const char *const before[] = {"at", "by", "before", "until", "till", "around", "about", "between", "and", "to", "past", NULL};
    static const char *const not_due[] = {"after", "from", "since", "every", NULL};
    int minute;
    bool told = at > 0 && which(reading, at - 1, before) >= 0;
    if (at > 0 && which(reading, at - 1, not_due) >= 0)
        return 0;
    bool joined = at > 0 && (is(reading, at - 1, "and") || is(reading, at - 1, "to"));
    size_t behind = read_clock(reading, at, told && (!joined || reading->minute >= 0), &minute);
    if (!behind)
        return 0;
    if (reading->minute < 0 || (joined && minute > reading->minute)) /* "between two and four" */
        reading->minute = minute;
    return behind;
}

static size_t read_part(struct reading *reading, size_t at)
{
    static const char *const parts[] = {"morning", "lunchtime", "afternoon", "evening", "tonight", NULL};
    static const int ends[] = {720, 840, 1080, 1320, DAY_MINUTES};
    int part = which(reading, at, parts);
    bool greets = at > 0 && is(reading, at - 1, "good");
    if (part < 0 || greets)
        return 0;
    reading->part = ends[part];
    if (at > 0 && is(reading, at - 1, "this") && reading->day < 0)
        reading->day = reading->today;
    return at + 1;
}

/* ------------------------------------------------------------------ all of it */

static void read_all(struct reading *reading)
{
    for (size_t at = 0; at < reading->count;) {
        size_t behind = read_span(reading, at);
        if (!behind)
            behind = read_day(reading, at);
        if (!behind || is(reading, at, "tonight"))
            behind = read_part(reading, at) ? at + 1 : behind;
        if (!behind)
            behind = read_time(reading, at);
        at = behind ? behind : at + 1;
    }
}

static int64_t settle(const struct reading *reading)
{
    int minute = reading->minute >= 0 ? reading->minute : reading->part;
    if (reading->minute >= 0 && reading->part == 720 && minute > 720 && minute < 720 + 8 * 60)
        minute -= 720; /* "at seven in the morning" */
    if (reading->day >= 0)
        return reading->day * DAY_MS + (minute >= 0 ? minute : DAY_MINUTES) * MINUTE_MS;
    if (reading->span_until >= 0)
        return reading->span_until;
    if (minute < 0 || reading->minute < 0)
        return -1;
    int64_t at = reading->today * DAY_MS + minute * MINUTE_MS;
    return at > reading->made_at ? at : at + DAY_MS;
}

bool cm_due_read(struct cm_span words, int64_t made_at, int64_t *due_at)
{
    struct cm_due_word list[CM_DUE_WORDS_MAX];
    struct reading reading = {.words = list, .made_at = made_at, .day = -1, .minute = -1, .part = -1, .span_until = -1};
    if (made_at < 0)
        return false;
    reading.today = made_at / DAY_MS;
    reading.count = cm_due_words(words, list);
    read_all(&reading);
    *due_at = settle(&reading);
    return *due_at > made_at && *due_at <= made_at + HORIZON_DAYS * DAY_MS;
}

bool cm_due_promises(struct cm_span words)
{
    static const char *const signs[] = {"will", "ll", "shall", "promise", NULL};
    struct cm_due_word list[CM_DUE_WORDS_MAX];
    struct reading reading = {.words = list, .count = cm_due_words(words, list)};
    for (size_t at = 0; at < reading.count; at++)
        if (which(&reading, at, signs) >= 0 || (is(&reading, at, "going") && is(&reading, at + 1, "to")))
            return true;
    return false;
}
