/* Dead letters as people read them. */
#include <criterion/criterion.h>

#include "io/deadletter.h"

static struct cm_buffer buffer;

static void append(const char *text, size_t len, struct cm_decoded decoded, bool payload)
{
    struct cm_block block = {.bytes = {text, len}, .name = "a \"b\".ndjson", .offset = 100, .line = 1, .first_of_file = true};
    struct cm_line line = {0};
    cr_assert(cm_block_next_line(&block, &line));
    cm_buffer_reset(&buffer);
    cm_dead_letter_append(&buffer, &block, &line, &decoded, payload);
    cm_buffer_byte(&buffer, '\0');
    cr_assert_eq(cm_buffer_status(&buffer), CM_OK);
}

#define APPEND(literal, payload, ...) append("" literal, sizeof(literal) - 1, (struct cm_decoded){__VA_ARGS__}, payload)

Test(deadletter, every_key)
{
    APPEND("{\"seq\":1,\"seq\":2}\n", false, .reject = CM_REJECT_DUPLICATE_KEY, .column = 10, .field = "seq");
    cr_assert_str_eq(
        buffer.ptr,
        "{\"source\":\"a \\\"b\\\".ndjson\",\"line\":1,\"offset\":100,\"reason\":\"duplicate_key\",\"field\":\"seq\",\"column\":10}\n");
    APPEND("{}\n", false, .reject = CM_REJECT_NO_ID);
    cr_assert_str_eq(
        buffer.ptr,
        "{\"source\":\"a \\\"b\\\".ndjson\",\"line\":1,\"offset\":100,\"reason\":\"no_interaction_id\",\"field\":null,\"column\":null}\n");
}

Test(deadletter, columns_count_from_the_start_of_the_line)
{
    APPEND("\xEF\xBB\xBF  {]", false, .reject = CM_REJECT_NOT_JSON, .column = 2);
    cr_assert(strstr(buffer.ptr, "\"column\":7}"), "%s", buffer.ptr);
}

Test(deadletter, payload_only_when_asked_and_always_valid)
{
    APPEND("a\"\xFF\t\n", true, .reject = CM_REJECT_NOT_JSON, .column = 1);
    cr_assert(strstr(buffer.ptr, "\"payload\":\"a\\\"\xEF\xBF\xBD\\t\"}\n"), "%s", buffer.ptr);
    APPEND("secret\n", false, .reject = CM_REJECT_NOT_JSON, .column = 1);
    cr_assert_null(strstr(buffer.ptr, "secret"));
}

Test(deadletter, long_payloads_are_cut_at_a_character)
{
    char line[CM_DEAD_LETTER_PAYLOAD_MAX_BYTES + 10];
    memset(line, 'x', sizeof line);
    memcpy(line + CM_DEAD_LETTER_PAYLOAD_MAX_BYTES - 1, "\xC3\xA9", 2);
    append(line, sizeof line, (struct cm_decoded){.reject = CM_REJECT_NOT_JSON, .column = 1}, true);
    cr_assert_null(strstr(buffer.ptr, "\xC3"));
    cr_assert_null(strstr(buffer.ptr, "\xEF\xBF\xBD"));
    cr_assert(strstr(buffer.ptr, "x\",\"payload_bytes\":4106}\n"), "%s", buffer.ptr + buffer.len - 60);
}

Test(deadletter, what_lines_look_like)
{
    struct {
        struct cm_span line;
        unsigned shape;
    } cases[] = {
        {CM_SPAN("[{\"a\":1},"), CM_DEAD_ARRAY},
        {CM_SPAN(" ["), CM_DEAD_ARRAY},
        {CM_SPAN("{"), CM_DEAD_SPREAD},
        {CM_SPAN("\xFF\xFE{\0"), CM_DEAD_UTF16},
        {CM_SPAN("{\0"), CM_DEAD_UTF16},
        {CM_SPAN("\0{"), CM_DEAD_UTF16},
        {CM_SPAN("hello"), 0},
        {CM_SPAN(""), 0},
        {CM_SPAN("{}"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cm_dead_letter_counts counts = {0}, sum = {0};
        cm_dead_letter_look(&counts, cases[i].line);
        cm_dead_letter_counts_add(&sum, &counts);
        cr_assert_eq(sum.shapes, cases[i].shape, "%zu", i);
    }
}

Test(deadletter, counts_add_up)
{
    struct cm_dead_letter_counts a = {0}, b = {0};
    cm_dead_letter_count(&a, CM_REJECT_NOT_JSON);
    cm_dead_letter_count(&b, CM_REJECT_NOT_JSON);
    cm_dead_letter_count(&b, CM_REJECT_BAD_TIME);
    cm_dead_letter_counts_add(&a, &b);
    cr_assert_eq(a.by_reason[CM_REJECT_NOT_JSON], 2);
    cr_assert_eq(a.by_reason[CM_REJECT_BAD_TIME], 1);
    cr_assert_eq(cm_dead_letter_counts_total(&a), 3);
}
