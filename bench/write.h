/*
 * write: JSON strings and times for the bench's own programs, which write
 * archives that our decoder and others' read back. Single-threaded, header only.
 */
#ifndef CM_BENCH_WRITE_H
#define CM_BENCH_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The inside of a JSON string: quotes, backslashes and control bytes escaped, all else as it is. */
static inline void bench_put_string(FILE *out, const char *ptr, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        fwrite_unlocked(ptr + from, 1, i - from, out);
        from = i + 1;
        if (c == '\n') {
            fputs_unlocked("\\n", out);
        } else if (c < 0x20) {
            fputs_unlocked("\\u00", out);
            putc_unlocked(hex[c >> 4], out);
            putc_unlocked(hex[c & 15], out);
        } else {
            putc_unlocked('\\', out);
            putc_unlocked((int)c, out);
        }
    }
    fwrite_unlocked(ptr + from, 1, len - from, out);
}

static inline void bench_put_digits(FILE *out, unsigned value, int width)
{
    char digits[10];
    for (int i = width - 1; i >= 0; i--) {
        digits[i] = (char)('0' + value % 10);
        value /= 10;
    }
    fwrite_unlocked(digits, 1, (size_t)width, out);
}

/* Epoch milliseconds as RFC 3339 in UTC; days to a date by Hinnant's civil_from_days (public domain algorithm). */
static inline void bench_put_time(FILE *out, int64_t ms)
{
    int64_t seconds = ms / 1000, days = seconds / 86400;
    unsigned day = (unsigned)(seconds % 86400);
    int64_t z = days + 719468, era = z / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned month = mp < 10 ? mp + 3 : mp - 9;
    unsigned year = yoe + (unsigned)era * 400 + (month <= 2);
    bench_put_digits(out, year, 4);
    putc_unlocked('-', out);
    bench_put_digits(out, month, 2);
    putc_unlocked('-', out);
    bench_put_digits(out, doy - (153 * mp + 2) / 5 + 1, 2);
    putc_unlocked('T', out);
    bench_put_digits(out, day / 3600, 2);
    putc_unlocked(':', out);
    bench_put_digits(out, day / 60 % 60, 2);
    putc_unlocked(':', out);
    bench_put_digits(out, day % 60, 2);
    if (ms % 1000) {
        putc_unlocked('.', out);
        bench_put_digits(out, (unsigned)(ms % 1000), 3);
    }
    putc_unlocked('Z', out);
}

#endif
