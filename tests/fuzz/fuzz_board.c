/*
 * Any lines as scorecards and events: the board stays below its ceiling, what it shows is JSON, and it shows the same twice. A line
 * begins with what it is: c a scorecard, e an event, x the id of an erased interaction, t seconds that pass.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "board/board.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                                \
            abort();                                                                                                                       \
        }                                                                                                                                  \
    } while (0)

static const struct cm_board_behaviour behaviours[] = {
    {"respond.problem", "Meets problems", "respond", "opportunity", false},
    {"enrich.personal", "A personal touch", "enrich", "bonus", true},
};
static const struct cm_board_dimension dimensions[] = {{"respond", "Respond", 7000}, {"enrich", "Enrich", -1}};

static struct cm_redactor *redactor;
static struct cm_arena arena;
static struct cm_buffer shown, again;

static struct cm_board *open_board(void)
{
    struct cm_board *board;
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (!redactor)
        CHECK(cm_redactor_load(CM_SOURCE_DIR "/rules/redaction", &diagnostics, &redactor) == CM_OK);
    cm_diagnostics_free(&diagnostics);
    const struct cm_board_settings settings = {.behaviours = behaviours,
                                               .behaviour_count = 2,
                                               .dimensions = dimensions,
                                               .dimension_count = 2,
                                               .target = 7000,
                                               .window_ms = 3600000,
                                               .late_ms = {120000, 120000, 120000, 120000, 120000, 120000},
                                               .agents = true,
                                               .texts = true,
                                               .memory_bytes = 65536,
                                               .redactor = redactor};
    CHECK(cm_board_new(&settings, &board) == CM_OK);
    cm_board_time(board, INT64_C(1796029200000));
    return board;
}

static void check_json(const struct cm_buffer *text)
{
    struct cm_json *json;
    cm_arena_reset(&arena);
    CHECK(cm_buffer_status(text) == CM_OK);
    CHECK(cm_json_parse(&arena, cm_buffer_view(text), &json, NULL) == CM_OK);
    CHECK(cm_utf8_valid_prefix(text->ptr, text->len) == text->len);
}

static void look(struct cm_board *board, struct cm_span id)
{
    cm_buffer_reset(&shown);
    cm_buffer_reset(&again);
    cm_board_snapshot(board, (struct cm_span){NULL, 0}, &shown);
    cm_board_snapshot(board, (struct cm_span){NULL, 0}, &again);
    check_json(&shown);
    CHECK(cm_span_equal(cm_buffer_view(&shown), cm_buffer_view(&again)));
    cm_buffer_reset(&shown);
    if (id.len && cm_board_interaction(board, id, &shown))
        check_json(&shown);
    cm_buffer_reset(&shown);
    cm_board_metrics(board, 3, &shown);
    CHECK(cm_buffer_status(&shown) == CM_OK);
}

static void tell(struct cm_board *board, struct cm_span line, int64_t *now)
{
    struct cm_span rest = {line.ptr + 1, line.len - 1};
    enum cm_status status = CM_OK;
    if (line.ptr[0] == 'c')
        status = cm_board_card(board, rest);
    else if (line.ptr[0] == 'e')
        status = cm_board_event(board, rest);
    else if (line.ptr[0] == 'x')
        cm_board_erase(board, rest);
    else if (line.ptr[0] == 't')
        cm_board_time(board, *now += (int64_t)rest.len * 60000);
    CHECK(status == CM_OK || status == CM_EINPUT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t now = INT64_C(1796029200000);
    struct cm_board *board = open_board();
    for (const char *p = (const char *)data, *end = p + size; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct cm_span line = {p, (size_t)((newline ? newline : end) - p)};
        if (line.len)
            tell(board, line, &now);
        p = line.ptr + line.len + 1;
    }
    look(board, CM_SPAN("a"));
    cm_board_free(board);
    return 0;
}
