#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"

#define EXPECT(buffer, text) cr_assert(cm_span_equal(cm_buffer_view(&(buffer)), CM_SPAN(text)), "got %.*s", (int)(buffer).len, (buffer).ptr)

Test(buffer, decimals_are_exact)
{
    static const struct {
        int64_t value;
        unsigned places;
        const char *text;
    } cases[] = {
        {0, 2, "0.00"},
        {5, 2, "0.05"},
        {12345, 2, "123.45"},
        {-5, 2, "-0.05"},
        {-12345, 3, "-12.345"},
        {7, 0, "7"},
        {1000000, 6, "1.000000"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MAX, 3, "9223372036854775.807"},
    };
    struct cm_buffer out = CM_BUFFER_EMPTY;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cm_buffer_reset(&out);
        cm_buffer_decimal(&out, cases[i].value, cases[i].places);
        cr_assert(cm_span_equal(cm_buffer_view(&out), cm_span_of(cases[i].text)), "%s: got %.*s", cases[i].text, (int)out.len, out.ptr);
    }
    cm_buffer_free(&out);
}

Test(buffer, json_strings_are_always_valid)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_json(&out, (struct cm_span){"a\"b\\c\n\t\r\x01\x00z\x7F", 12});
    EXPECT(out, "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u0000z\\u007f\"");
    cm_buffer_reset(&out);
    cm_buffer_json(&out, CM_SPAN("caf\xC3\xA9 \xF0\x9F\x99\x82"));
    EXPECT(out, "\"caf\xC3\xA9 \xF0\x9F\x99\x82\"");
    cm_buffer_reset(&out);
    cm_buffer_json(&out, CM_SPAN("\xFFx\xE2\x82"));
    EXPECT(out, "\"\xEF\xBF\xBDx\xEF\xBF\xBD\"");
    cm_buffer_free(&out);
}

Test(buffer, printf_and_numbers)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_printf(&out, "%s=%d;", "x", 42);
    cm_buffer_unsigned(&out, UINT64_MAX);
    cm_buffer_byte(&out, '.');
    EXPECT(out, "x=42;18446744073709551615.");
    cm_buffer_free(&out);
}

Test(buffer, a_failure_is_remembered_until_reset)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    cm_buffer_text(&out, "kept");
    cr_assert_not(cm_buffer_reserve(&out, SIZE_MAX / 2 + 1));
    cm_buffer_text(&out, "dropped");
    cr_assert_eq(cm_buffer_status(&out), CM_ENOMEM);
    EXPECT(out, "kept");
    cm_buffer_reset(&out);
    cr_assert_eq(cm_buffer_status(&out), CM_OK);
    cm_buffer_free(&out);
}

Test(buffer, growth_of_arrays_keeps_their_items)
{
    uint32_t *items = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert_eq(cm_grow(&items, &cap, i + 1, sizeof *items), CM_OK);
        items[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        cr_assert_eq(items[i], i);
    cr_assert_eq(cm_grow(&items, &cap, SIZE_MAX / 2, sizeof *items), CM_ENOMEM);
    cr_assert_eq(items[999], 999);
    free(items);
}
