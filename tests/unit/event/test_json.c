/* The scanner below the decoder: the fast string scan equals its scalar meaning; skipping equals the grammar. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "event/json.h"

Test(json, plain_end_equals_its_scalar_twin_at_every_place)
{
    const struct cm_simd_kernels *scalar = cm_simd_kernels_of(CM_SIMD_SCALAR);
    static const char special[] = {'"', '\\', 0x1F, 0, '\n', ' ', 0x7F, (char)0x80, (char)0xFF, '!', '#', '[', ']'};
    for (size_t len = 0; len <= 70; len++) {
        char *bytes = malloc(len + 1); /* exactly so long: a sanitizer sees what is read beyond */
        cr_assert_not_null(bytes);
        for (size_t at = 0; at < len; at++)
            for (size_t s = 0; s < sizeof special; s++) {
                memset(bytes, 'a', len);
                bytes[at] = special[s];
                cr_assert_eq(cm_json_plain_end(bytes, bytes + len), scalar->plain_end(bytes, bytes + len));
                cr_assert_eq(cm_json_plain_end(bytes + at, bytes + len), scalar->plain_end(bytes + at, bytes + len));
            }
        memset(bytes, 0xE2, len);
        cr_assert_eq(cm_json_plain_end(bytes, bytes + len), bytes + len);
        free(bytes);
    }
}

static ptrdiff_t skip(const char *text)
{
    struct cm_json_fault fault;
    const char *end = cm_json_skip_value(text, text + strlen(text), &fault);
    return end ? end - text : -(fault.at - text) - 1;
}

Test(json, values_end_where_they_end)
{
    cr_assert_eq(skip("12,"), 2);
    cr_assert_eq(skip("-0.5e-7]"), 7);
    cr_assert_eq(skip("\"a\\\"b\"x"), 6);
    cr_assert_eq(skip("[]"), 2);
    cr_assert_eq(skip("[ ]x"), 3);
    cr_assert_eq(skip("{\"a\" : [1 , {} , \"]\"] }}"), 23);
    cr_assert_eq(skip("true1"), 4);
}

Test(json, faults_have_their_place)
{
    cr_assert_eq(skip(""), -1);
    cr_assert_eq(skip("tru"), -1);
    cr_assert_eq(skip("[1 2]"), -4);
    cr_assert_eq(skip("{\"a\"}"), -5);
    cr_assert_eq(skip("{\"a\":}"), -6);
    cr_assert_eq(skip("{1:2}"), -2);
    cr_assert_eq(skip("\"\\"), -3);
    cr_assert_eq(skip("\"\\u12"), -6);
    cr_assert_eq(skip("-"), -2);
}

Test(json, utf8_check)
{
    static const char text[] = "sixteen bytes of plain text, and then \xC3\xA9 and more";
    cr_assert(cm_json_is_utf8(text, text + sizeof text - 1));
    cr_assert_not(cm_json_is_utf8(text, text + 39));
    cr_assert(cm_json_is_utf8(text, text));
}
