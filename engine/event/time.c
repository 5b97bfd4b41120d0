#include <stdbool.h>

#include "event/decode.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (24 * 60 * MINUTE_MS)

/* Two digits, or a number beyond 99 where they are none. */
static unsigned two_digits(const char *p)
{
    unsigned high = (unsigned char)(p[0] - '0'), low = (unsigned char)(p[1] - '0');
    return high > 9 || low > 9 ? 1000 : high * 10 + low;
}

/*
 * Days from 1970-01-01 in the Gregorian calendar; years run from March, so that the leap day is the last of one
 * (H. Hinnant, "chrono-compatible low-level date algorithms").
 */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z" or "+hh:mm", all of p..end; false where it is none. */
static bool read_zone(const char *p, const char *end, int64_t *minutes)
{
    *minutes = 0;
    if (end - p == 1)
        return *p == 'Z' || *p == 'z';
    if (end - p != 6 || (p[0] != '+' && p[0] != '-') || p[3] != ':')
        return false;
    unsigned hours = two_digits(p + 1), rest = two_digits(p + 4);
    if (hours > 23 || rest > 59)
        return false;
    *minutes = (int64_t)(hours * 60 + rest) * (p[0] == '-' ? -1 : 1);
    return true;
}

/* ".123456" to 123, moving *p behind all digits; false for a point without digits. */
static bool read_fraction(const char **p, const char *end, unsigned *ms)
{
    static const unsigned char unit[] = {100, 10, 1};
    const char *at = *p;
    *ms = 0;
    if (at >= end || *at != '.')
        return true;
    at++;
    for (unsigned i = 0; at < end && (unsigned char)(*at - '0') <= 9; at++, i++)
        if (i < 3)
            *ms += unit[i] * (unsigned)(*at - '0');
    bool digits = at > *p + 1;
    *p = at;
    return digits;
}

int cm_decode_time(struct cm_span text, int64_t *ms)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    if (text.len < 20) /* 2020-01-01T00:00:00Z */
        return 0;
    unsigned century = two_digits(p), rest = two_digits(p + 2), month = two_digits(p + 5), day = two_digits(p + 8);
    unsigned hour = two_digits(p + 11), minute = two_digits(p + 14), second = two_digits(p + 17);
    unsigned year = century * 100 + rest;
    bool marks = p[4] == '-' && p[7] == '-' && p[13] == ':' && p[16] == ':' && (p[10] == 'T' || p[10] == 't' || p[10] == ' ');
    if (!marks || century > 99 || rest > 99 || month - 1 > 11 || hour > 23 || minute > 59 || second > 60)
        return 0;
    if (day < 1 || day > days_of_month(year, month))
        return 0;
    unsigned fraction;
    int64_t zone;
    p += 19;
    if (!read_fraction(&p, end, &fraction) || !read_zone(p, end, &zone))
        return 0;
    if (second == 60) { /* a leap second has no place in epoch time: it counts as the end of its minute */
        second = 59;
        fraction = 999;
    }
    *ms = days_from_civil(year, month, day) * DAY_MS + ((int64_t)(hour * 60 + minute) - zone) * MINUTE_MS + second * 1000 + fraction;
    return 1;
}
