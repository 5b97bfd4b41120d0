#include "text/chars.h"

#include "base/utf8.h"

#define L CM_CHAR_LETTER
#define D CM_CHAR_DIGIT
#define S CM_CHAR_SPACE
#define N CM_CHAR_NEWLINE
#define T CM_CHAR_TERMINATOR
#define C CM_CHAR_CLAUSE
#define O CM_CHAR_OTHER
#define X CM_CHAR_CLOSER
#define H CM_CHAR_HIGH

/* clang-format off */
const uint8_t cm_char_ascii[256] = {
    S, S, S, S, S, S, S, S, S, S, N, S, S, N, S, S,
    S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
    /* space ! " # $ % & ' ( ) * + , - . / */
    S, T, CM_CHAR_QUOTE, CM_CHAR_HASH, CM_CHAR_CURRENCY, CM_CHAR_PERCENT, CM_CHAR_AMPERSAND, CM_CHAR_APOSTROPHE,
    C, C, X, O, C, CM_CHAR_HYPHEN, T, O,
    /* 0-9 : ; < = > ? */
    D, D, D, D, D, D, D, D, D, D, C, C, CM_CHAR_BRACKET, O, X, T,
    CM_CHAR_AT, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, CM_CHAR_BRACKET, O, X, O, X,
    CM_CHAR_APOSTROPHE, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, O, O, X, X, S,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
    H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
};
/* clang-format on */

#undef L
#undef D
#undef S
#undef N
#undef T
#undef C
#undef O
#undef X
#undef H

/* clang-format off */
const uint8_t cm_char_may_join[256] = {
    ['\''] = 1,   ['`'] = 1,    ['-'] = 1,    ['.'] = 1,    ['@'] = 1,    ['_'] = 1,    ['+'] = 1,    ['%'] = 1,    [':'] = 1,
#define HIGH4(x) [x] = 1, [(x) + 1] = 1, [(x) + 2] = 1, [(x) + 3] = 1
#define HIGH16(x) HIGH4(x), HIGH4((x) + 4), HIGH4((x) + 8), HIGH4((x) + 12)
    HIGH16(0x80), HIGH16(0x90), HIGH16(0xA0), HIGH16(0xB0), HIGH16(0xC0), HIGH16(0xD0), HIGH16(0xE0), HIGH16(0xF0),
};

const uint8_t cm_char_joins[256] = {
    ['/'] = 1,    ['_'] = 1,
#define DIGITS(x)                                                                                                                          \
    [x] = 1, [(x) + 1] = 1, [(x) + 2] = 1, [(x) + 3] = 1, [(x) + 4] = 1, [(x) + 5] = 1, [(x) + 6] = 1, [(x) + 7] = 1, [(x) + 8] = 1,       \
    [(x) + 9] = 1
#define LETTERS(x)                                                                                                                         \
    DIGITS(x), DIGITS((x) + 10), [(x) + 20] = 1, [(x) + 21] = 1, [(x) + 22] = 1, [(x) + 23] = 1, [(x) + 24] = 1, [(x) + 25] = 1
    DIGITS('0'),  LETTERS('A'), LETTERS('a'), HIGH16(0x80), HIGH16(0x90), HIGH16(0xA0),
    HIGH16(0xB0), HIGH16(0xC0), HIGH16(0xD0), HIGH16(0xE0), HIGH16(0xF0),
#undef LETTERS
#undef DIGITS
};
#undef HIGH16
#undef HIGH4
/* clang-format on */

struct range {
    uint32_t first, last;
    enum cm_char what;
};

/* Sorted; what is in no range is a letter. Blocks of symbols are taken whole. */
static const struct range ranges[] = {
    {0x0080, 0x0084, CM_CHAR_SPACE},      {0x0085, 0x0085, CM_CHAR_NEWLINE},    {0x0086, 0x00A0, CM_CHAR_SPACE},
    {0x00A1, 0x00A1, CM_CHAR_OTHER},      {0x00A2, 0x00A5, CM_CHAR_CURRENCY},   {0x00A6, 0x00A9, CM_CHAR_OTHER},
    {0x00AB, 0x00AB, CM_CHAR_QUOTE},      {0x00AC, 0x00AC, CM_CHAR_OTHER},      {0x00AD, 0x00AD, CM_CHAR_JOINER},
    {0x00AE, 0x00B3, CM_CHAR_OTHER},      {0x00B4, 0x00B4, CM_CHAR_APOSTROPHE}, {0x00B6, 0x00B9, CM_CHAR_OTHER},
    {0x00BB, 0x00BB, CM_CHAR_QUOTE},      {0x00BC, 0x00BF, CM_CHAR_OTHER},      {0x00D7, 0x00D7, CM_CHAR_OTHER},
    {0x00F7, 0x00F7, CM_CHAR_OTHER},      {0x02BB, 0x02BC, CM_CHAR_APOSTROPHE}, {0x1680, 0x1680, CM_CHAR_SPACE},
    {0x2000, 0x200A, CM_CHAR_SPACE},      {0x200B, 0x200F, CM_CHAR_JOINER},     {0x2010, 0x2013, CM_CHAR_HYPHEN},
    {0x2014, 0x2015, CM_CHAR_EM_DASH},    {0x2016, 0x2017, CM_CHAR_OTHER},      {0x2018, 0x2019, CM_CHAR_APOSTROPHE},
    {0x201A, 0x201A, CM_CHAR_QUOTE},      {0x201B, 0x201B, CM_CHAR_APOSTROPHE}, {0x201C, 0x201F, CM_CHAR_QUOTE},
    {0x2020, 0x2025, CM_CHAR_OTHER},      {0x2026, 0x2026, CM_CHAR_TERMINATOR}, {0x2027, 0x2027, CM_CHAR_OTHER},
    {0x2028, 0x2029, CM_CHAR_NEWLINE},    {0x202A, 0x202E, CM_CHAR_JOINER},     {0x202F, 0x202F, CM_CHAR_SPACE},
    {0x2030, 0x2031, CM_CHAR_OTHER},      {0x2032, 0x2032, CM_CHAR_APOSTROPHE}, {0x2033, 0x2033, CM_CHAR_QUOTE},
    {0x2034, 0x2038, CM_CHAR_OTHER},      {0x2039, 0x203A, CM_CHAR_QUOTE},      {0x203B, 0x203B, CM_CHAR_OTHER},
    {0x203C, 0x203D, CM_CHAR_TERMINATOR}, {0x203E, 0x2046, CM_CHAR_OTHER},      {0x2047, 0x2049, CM_CHAR_TERMINATOR},
    {0x204A, 0x205E, CM_CHAR_OTHER},      {0x205F, 0x205F, CM_CHAR_SPACE},      {0x2060, 0x206F, CM_CHAR_JOINER},
    {0x2070, 0x209F, CM_CHAR_OTHER},      {0x20A0, 0x20CF, CM_CHAR_CURRENCY},   {0x20D0, 0x20FF, CM_CHAR_JOINER},
    {0x2100, 0x2125, CM_CHAR_OTHER},      {0x2127, 0x2129, CM_CHAR_OTHER},      {0x212C, 0x2211, CM_CHAR_OTHER},
    {0x2212, 0x2212, CM_CHAR_HYPHEN},     {0x2213, 0x2319, CM_CHAR_OTHER},      {0x231A, 0x231B, CM_CHAR_EMOJI},
    {0x231C, 0x23E8, CM_CHAR_OTHER},      {0x23E9, 0x23FA, CM_CHAR_EMOJI},      {0x23FB, 0x25FF, CM_CHAR_OTHER},
    {0x2600, 0x27BF, CM_CHAR_EMOJI},      {0x27C0, 0x2933, CM_CHAR_OTHER},      {0x2934, 0x2935, CM_CHAR_EMOJI},
    {0x2936, 0x2B04, CM_CHAR_OTHER},      {0x2B05, 0x2B07, CM_CHAR_EMOJI},      {0x2B08, 0x2B1A, CM_CHAR_OTHER},
    {0x2B1B, 0x2B1C, CM_CHAR_EMOJI},      {0x2B1D, 0x2B4F, CM_CHAR_OTHER},      {0x2B50, 0x2B55, CM_CHAR_EMOJI},
    {0x2B56, 0x2BFF, CM_CHAR_OTHER},      {0x2E00, 0x2E39, CM_CHAR_OTHER},      {0x2E3A, 0x2E3B, CM_CHAR_EM_DASH},
    {0x2E3C, 0x2E7F, CM_CHAR_OTHER},      {0x3000, 0x3000, CM_CHAR_SPACE},      {0x3001, 0x3001, CM_CHAR_CLAUSE},
    {0x3002, 0x3002, CM_CHAR_TERMINATOR}, {0x3003, 0x3004, CM_CHAR_OTHER},      {0x3008, 0x3020, CM_CHAR_OTHER},
    {0x3030, 0x3030, CM_CHAR_EMOJI},      {0x303D, 0x303D, CM_CHAR_EMOJI},      {0x3297, 0x3297, CM_CHAR_EMOJI},
    {0x3299, 0x3299, CM_CHAR_EMOJI},      {0xFE00, 0xFE0F, CM_CHAR_JOINER},     {0xFE10, 0xFE1F, CM_CHAR_OTHER},
    {0xFE30, 0xFE6F, CM_CHAR_OTHER},      {0xFEFF, 0xFEFF, CM_CHAR_JOINER},     {0xFF01, 0xFF01, CM_CHAR_TERMINATOR},
    {0xFF02, 0xFF06, CM_CHAR_OTHER},      {0xFF07, 0xFF07, CM_CHAR_APOSTROPHE}, {0xFF08, 0xFF09, CM_CHAR_CLAUSE},
    {0xFF0A, 0xFF0B, CM_CHAR_OTHER},      {0xFF0C, 0xFF0C, CM_CHAR_CLAUSE},     {0xFF0D, 0xFF0D, CM_CHAR_HYPHEN},
    {0xFF0E, 0xFF0E, CM_CHAR_TERMINATOR}, {0xFF0F, 0xFF0F, CM_CHAR_OTHER},      {0xFF1A, 0xFF1B, CM_CHAR_CLAUSE},
    {0xFF1C, 0xFF1E, CM_CHAR_OTHER},      {0xFF1F, 0xFF1F, CM_CHAR_TERMINATOR}, {0xFF20, 0xFF20, CM_CHAR_OTHER},
    {0xFF3B, 0xFF40, CM_CHAR_OTHER},      {0xFF5B, 0xFF65, CM_CHAR_OTHER},      {0xFFE0, 0xFFE1, CM_CHAR_CURRENCY},
    {0xFFE2, 0xFFE4, CM_CHAR_OTHER},      {0xFFE5, 0xFFE6, CM_CHAR_CURRENCY},   {0xFFE8, 0xFFFC, CM_CHAR_OTHER},
    {0x1F000, 0x1FAFF, CM_CHAR_EMOJI},    {0xE0000, 0xE01EF, CM_CHAR_JOINER},
};

enum cm_char cm_char_of(uint32_t code)
{
    size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else if (code < ranges[middle].first)
            high = middle;
        else
            return ranges[middle].what;
    }
    return CM_CHAR_LETTER;
}

static uint32_t lower_latin(uint32_t code)
{
    if (code >= 0xC0 && code <= 0xDE)
        return code == 0xD7 ? code : code + 32;
    if (code == 0x130)
        return 'i';
    if (code == 0x178)
        return 0xFF;
    /* Latin Extended-A: pairs, upper even except in two stretches where it is odd */
    bool odd = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E);
    bool even = (code >= 0x100 && code <= 0x137 && code != 0x131) || (code >= 0x14A && code <= 0x177);
    if (odd)
        return code & 1 ? code + 1 : code;
    if (even)
        return code | 1;
    return code;
}

static uint32_t lower_greek(uint32_t code)
{
    if (code == 0x386)
        return 0x3AC;
    if (code >= 0x388 && code <= 0x38A)
        return code + 37;
    if (code == 0x38C)
        return 0x3CC;
    if (code == 0x38E || code == 0x38F)
        return code + 63;
    if (code >= 0x391 && code <= 0x3AB && code != 0x3A2)
        return code + 32;
    return code;
}

static uint32_t lower_cyrillic(uint32_t code)
{
    if (code <= 0x40F)
        return code + 80;
    if (code <= 0x42F)
        return code + 32;
    if ((code >= 0x460 && code <= 0x481) || (code >= 0x48A && code <= 0x4BF) || (code >= 0x4D0 && code <= 0x52F))
        return code | 1;
    return code;
}

static uint32_t lower_above_armenian(uint32_t code)
{
    if ((code >= 0x1E00 && code <= 0x1E95) || (code >= 0x1EA0 && code <= 0x1EFF))
        return code | 1;
    if (code == 0x1E9E)
        return 0xDF;
    if (code == 0x2126)
        return 0x3C9;
    if (code == 0x212A)
        return 'k';
    if (code == 0x212B)
        return 0xE5;
    if (code >= 0xFF21 && code <= 0xFF3A)
        return code + 32;
    return code;
}

uint32_t cm_char_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    if (code < 0x180)
        return lower_latin(code);
    if (code >= 0x370 && code < 0x400)
        return lower_greek(code);
    if (code >= 0x400 && code < 0x530)
        return lower_cyrillic(code);
    if (code >= 0x531 && code <= 0x556)
        return code + 48;
    return lower_above_armenian(code);
}

size_t cm_chars_lower(struct cm_span text, char *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    char *start = out;
    while (p < end) {
        unsigned len;
        uint32_t code = cm_utf8_decode(p, end, &len);
        enum cm_char what = code < 0x80 ? cm_char_ascii[code] : code == CM_UTF8_INVALID ? CM_CHAR_OTHER : cm_char_of(code);
        if (code == CM_UTF8_INVALID)
            memcpy(out, p, len), out += len;
        else if (what == CM_CHAR_APOSTROPHE)
            *out++ = '\'';
        else if (what == CM_CHAR_HYPHEN)
            *out++ = '-';
        else
            out += cm_utf8_encode(cm_char_lower(code), out);
        p += len;
    }
    return (size_t)(out - start);
}
