/* Context of grep: the turns around a hit of the same interaction, each once, in source order, whatever lies between. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cli/turns.h"

/* "a1 b2+ a3": interaction, text, + a hit. What is printed: the texts, "|" where a break was. */
static char *print(const char *turns, uint32_t context)
{
    static const struct cm_turn_style plain = {false, false};
    static char printed[256];
    struct cm_turn_printer *printer;
    char *memory = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&memory, &size);
    cr_assert_eq(cm_turn_printer_new(file, &plain, context, &printer), CM_OK);
    struct cm_block block = {.name = "f"};
    struct cm_buffer buffer = CM_BUFFER_EMPTY;
    for (const char *at = turns; *at; at += strcspn(at, " "), at += *at == ' ') {
        struct cm_event event = {.interaction_id = {at, 1}, .text = {at, 2}, .speaker = CM_SPEAKER_AGENT};
        struct cm_found found = {0, 0, 2};
        struct cm_line line = {.number = 1};
        bool hit = at[2] == '+';
        if (hit || context > 0)
            cm_turn_append(&buffer, &plain, &block, &line, &event, &found, hit);
        if (at[1] % 3 == 0) { /* as blocks that end anywhere */
            cr_assert_eq(cm_turn_print(printer, cm_buffer_view(&buffer)), CM_OK);
            cm_buffer_reset(&buffer);
        }
    }
    cr_assert_eq(cm_turn_print(printer, cm_buffer_view(&buffer)), CM_OK);
    cm_buffer_free(&buffer);
    cm_turn_printer_free(printer);
    fclose(file);
    size_t to = 0;
    for (const char *line = memory; *line && to < sizeof printed - 3; line = strchr(line, '\n') + 1) {
        size_t len = strcspn(line, "\n");
        if (len == 2 && line[0] == '-') {
            printed[to++] = '|';
            continue;
        }
        printed[to++] = line[len - 2];
        printed[to++] = line[len - 1];
    }
    free(memory);
    printed[to] = '\0';
    return printed;
}

Test(cli_turns, without_context_only_hits)
{
    cr_assert_str_eq(print("a1 a2+ b3 a4+", 0), "a2a4");
}

Test(cli_turns, around_a_hit)
{
    cr_assert_str_eq(print("a1 a2 a3 a4+ a5 a6 a7", 1), "a3a4a5");
    cr_assert_str_eq(print("a1+ a2 a3", 2), "a1a2a3");
    cr_assert_str_eq(print("a1 a2 a3+", 2), "a1a2a3");
}

Test(cli_turns, windows_that_touch_are_one)
{
    cr_assert_str_eq(print("a1 a2+ a3 a4+ a5 a6", 1), "a1a2a3a4a5");
}

Test(cli_turns, a_break_where_turns_are_left_out)
{
    cr_assert_str_eq(print("a1+ a2 a3 a4 a5 a6+", 1), "a1a2|a5a6");
}

Test(cli_turns, interactions_that_are_interleaved)
{
    cr_assert_str_eq(print("a1 b1 a2+ b2 a3 b3+ b4", 1), "a1a2a3|b2b3b4");
}
