#include "event/number.h"

/* Exponents beyond this are out of every range already, or zero. */
#define EXPONENT_MAX 100000

static bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

bool cm_number_unsigned(struct cm_span token, uint64_t limit, uint64_t *value)
{
    const char *p = token.ptr, *end = p + token.len;
    bool negative = *p == '-';
    uint64_t sum = 0;
    for (p += negative; p < end; p++)
        if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) || __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
            return false;
    *value = sum;
    return sum <= limit && !(negative && sum);
}

bool cm_number_signed(struct cm_span token, int64_t limit, int64_t *value)
{
    bool negative = *token.ptr == '-';
    uint64_t size;
    if (!cm_number_unsigned((struct cm_span){token.ptr + negative, token.len - negative}, (uint64_t)limit, &size))
        return false;
    *value = negative ? -(int64_t)size : (int64_t)size;
    return true;
}

static int64_t read_exponent(const char *p, const char *end)
{
    bool negative = *p == '-';
    int64_t exponent = 0;
    for (p += *p == '-' || *p == '+'; p < end; p++)
        if (exponent < EXPONENT_MAX * 1000)
            exponent = exponent * 10 + (*p - '0');
    return negative ? -exponent : exponent;
}

bool cm_number_scaled(struct cm_span token, unsigned places, int64_t limit, int64_t *value)
{
    const char *p = token.ptr, *end = p + token.len;
    bool negative = *p == '-';
    p += negative;
    const char *point = p;
    while (point < end && is_digit(*point))
        point++;
    const char *digits_end = point;
    while (digits_end < end && *digits_end != 'e' && *digits_end != 'E')
        digits_end++;
    int64_t exponent = digits_end < end ? read_exponent(digits_end + 1, end) : 0;

    /* How many digits stand before the point once it is moved: those make the value, the next one rounds it. */
    int64_t whole = (point - p) + exponent + (int64_t)places;
    int64_t sum = 0, at = 0;
    for (; p < digits_end && at < whole; p++) {
        if (*p == '.')
            continue;
        sum = sum * 10 + (*p - '0');
        at++;
        if (sum > limit)
            return false;
    }
    for (; sum && at < whole; at++) {
        sum *= 10;
        if (sum > limit)
            return false;
    }
    if (p < digits_end && *p == '.')
        p++;
    /* whole < 0: zeros stand before the first digit, and the first of them rounds down */
    if (whole >= 0 && p < digits_end && *p >= '5')
        sum++;
    *value = negative ? -sum : sum;
    return sum <= limit;
}
