#include "text/chars.h"

#include <criterion/criterion.h>

#include "base/utf8.h"

Test(chars, lower_case_by_script)
{
    static const uint32_t pairs[][2] = {
        {'A', 'a'},       {'Z', 'z'},       {'a', 'a'},       {'[', '['},     {'@', '@'},       {0xC0, 0xE0},   {0xDE, 0xFE},
        {0xD7, 0xD7},     {0xDF, 0xDF},     {0x100, 0x101},   {0x101, 0x101}, {0x130, 'i'},     {0x131, 0x131}, {0x139, 0x13A},
        {0x13A, 0x13A},   {0x148, 0x148},   {0x14A, 0x14B},   {0x178, 0xFF},  {0x179, 0x17A},   {0x17D, 0x17E}, {0x17F, 0x17F},
        {0x386, 0x3AC},   {0x391, 0x3B1},   {0x3A9, 0x3C9},   {0x3C2, 0x3C2}, {0x401, 0x451},   {0x410, 0x430}, {0x42F, 0x44F},
        {0x460, 0x461},   {0x531, 0x561},   {0x1E00, 0x1E01}, {0x1E9E, 0xDF}, {0x1EF8, 0x1EF9}, {0x212A, 'k'},  {0x212B, 0xE5},
        {0xFF21, 0xFF41}, {0x4E2D, 0x4E2D}, {0x5D0, 0x5D0},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        cr_expect_eq(cm_char_lower(pairs[i][0]), pairs[i][1], "U+%04X -> U+%04X", pairs[i][0], cm_char_lower(pairs[i][0]));
}

Test(chars, lower_case_is_stable_and_never_longer)
{
    char before[CM_UTF8_MAX_BYTES], after[CM_UTF8_MAX_BYTES];
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        uint32_t lower = cm_char_lower(code);
        cr_assert_eq(cm_char_lower(lower), lower, "U+%04X", code);
        cr_assert_leq(cm_utf8_encode(lower, after), cm_utf8_encode(code, before), "U+%04X", code);
    }
}

Test(chars, kinds)
{
    cr_expect_eq(cm_char_of(0xA0), CM_CHAR_SPACE);
    cr_expect_eq(cm_char_of(0x85), CM_CHAR_NEWLINE);
    cr_expect_eq(cm_char_of(0x2028), CM_CHAR_NEWLINE);
    cr_expect_eq(cm_char_of(0x2019), CM_CHAR_APOSTROPHE);
    cr_expect_eq(cm_char_of(0x201C), CM_CHAR_QUOTE);
    cr_expect_eq(cm_char_of(0x2013), CM_CHAR_HYPHEN);
    cr_expect_eq(cm_char_of(0x2014), CM_CHAR_EM_DASH);
    cr_expect_eq(cm_char_of(0x2026), CM_CHAR_TERMINATOR);
    cr_expect_eq(cm_char_of(0x20AC), CM_CHAR_CURRENCY);
    cr_expect_eq(cm_char_of(0x1F600), CM_CHAR_EMOJI);
    cr_expect_eq(cm_char_of(0x2764), CM_CHAR_EMOJI);
    cr_expect_eq(cm_char_of(0x200D), CM_CHAR_JOINER);
    cr_expect_eq(cm_char_of(0xFE0F), CM_CHAR_JOINER);
    cr_expect_eq(cm_char_of(0xE9), CM_CHAR_LETTER);
    cr_expect_eq(cm_char_of(0xFFFD), CM_CHAR_LETTER);
    cr_expect_eq(cm_char_of(0x10FFFF), CM_CHAR_LETTER);
    cr_expect_eq(cm_char_ascii[0], CM_CHAR_SPACE);
    cr_expect_eq(cm_char_ascii[0x7F], CM_CHAR_SPACE);
    cr_expect_eq(cm_char_ascii[0x80], CM_CHAR_HIGH);
}

Test(chars, lower_unifies_quotes_and_hyphens)
{
    char out[64];
    struct cm_span text = CM_SPAN("I\xE2\x80\x99M \xC3\x89t\xC3\x89 Co\xE2\x80\x90"
                                  "Op\xFF");
    size_t len = cm_chars_lower(text, out);
    struct cm_span expected = CM_SPAN("i'm \xC3\xA9t\xC3\xA9 co-op\xFF");
    cr_expect(cm_span_equal((struct cm_span){out, len}, expected), "%.*s", (int)len, out);
}
