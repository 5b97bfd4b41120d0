#include "base/moment.h"

#include <string.h>

/* Proleptic Gregorian date of a day count from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static void digits(char *text, unsigned count, uint32_t value)
{
    for (; count > 0; value /= 10)
        text[--count] = (char)('0' + value % 10);
}

bool cm_moment_write(char *text, int64_t ms)
{
    const int64_t day_ms = INT64_C(86400000);
    int64_t days = ms / day_ms - (ms % day_ms < 0), of_day, year;
    unsigned month, day;
    if (ms == INT64_MIN)
        return false;
    of_day = ms - days * day_ms;
    civil_from_days(days, &year, &month, &day);
    if (year < 0 || year > 9999) /* RFC 3339 has four digits */
        return false;
    memcpy(text, "0000-00-00T00:00:00.000Z", CM_MOMENT_BYTES);
    digits(text, 4, (uint32_t)year);
    digits(text + 5, 2, month);
    digits(text + 8, 2, day);
    digits(text + 11, 2, (uint32_t)(of_day / 3600000));
    digits(text + 14, 2, (uint32_t)(of_day / 60000 % 60));
    digits(text + 17, 2, (uint32_t)(of_day / 1000 % 60));
    digits(text + 20, 3, (uint32_t)(of_day % 1000));
    return true;
}
