#include <criterion/criterion.h>

#include "base/utf8.h"

/* How many bytes each maximal bad part takes; Unicode 15, table 3-8. */
Test(utf8, maximal_bad_parts)
{
    static const struct {
        const char *bytes;
        unsigned len, taken;
    } cases[] = {
        {"\x80", 1, 1},
        {"\xC0\xAF", 2, 1},
        {"\xE0\x80\xAF", 3, 1},
        {"\xED\xA0\x80", 3, 1},
        {"\xF4\x90\x80\x80", 4, 1},
        {"\xE2\x82", 2, 2},
        {"\xE2\x82X", 3, 2},
        {"\xF0\x9F\x99", 3, 3},
        {"\xF0\x9F"
         "A",
         3, 2},
        {"\xFF", 1, 1},
        {"\xC3", 1, 1},
        {"\xF5\x80", 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned taken;
        cr_assert_eq(cm_utf8_decode(cases[i].bytes, cases[i].bytes + cases[i].len, &taken), CM_UTF8_INVALID, "case %zu", i);
        cr_assert_eq(taken, cases[i].taken, "case %zu took %u", i, taken);
    }
}

Test(utf8, every_code_point_survives_a_round_trip)
{
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        char bytes[CM_UTF8_MAX_BYTES];
        unsigned len = cm_utf8_encode(code, bytes), taken;
        cr_assert_eq(cm_utf8_decode(bytes, bytes + len, &taken), code);
        cr_assert_eq(taken, len);
    }
}

Test(utf8, cuts_fall_between_characters)
{
    const char text[] = "a\xE2\x82\xAC"
                        "b";
    cr_assert_eq(cm_utf8_floor(text, 5, 0), 0);
    cr_assert_eq(cm_utf8_floor(text, 5, 1), 1);
    cr_assert_eq(cm_utf8_floor(text, 5, 2), 1);
    cr_assert_eq(cm_utf8_floor(text, 5, 3), 1);
    cr_assert_eq(cm_utf8_floor(text, 5, 4), 4);
    cr_assert_eq(cm_utf8_floor(text, 5, 99), 5);
}

Test(utf8, valid_prefix_ends_at_the_first_bad_byte)
{
    cr_assert_eq(cm_utf8_valid_prefix("plain ascii text", 16), 16);
    cr_assert_eq(cm_utf8_valid_prefix("12345678\xC3\xA9\xFFzz", 13), 10);
    cr_assert_eq(cm_utf8_valid_prefix("", 0), 0);
}
