#include "fake_board.h"

#include <stdlib.h>

#define VALUE_BYTES 65536u

struct cm_board {
    char values[CM_BOARD_SECTION_COUNT][VALUE_BYTES];
    unsigned rendered;
    uint64_t lost;
    int64_t now_ms;
};

static const char *const names[CM_BOARD_SECTION_COUNT] = {"source", "concerns", "care", "queues", "moments", "promises", "letters"};

static void empty(struct cm_board *board)
{
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++)
        snprintf(board->values[i], VALUE_BYTES, "{}");
}

enum cm_status cm_board_new(const struct cm_board_settings *settings, struct cm_board **out)
{
    (void)settings;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return CM_ENOMEM;
    empty(*out);
    return CM_OK;
}

void cm_board_free(struct cm_board *board)
{
    free(board);
}

/* What a board does that has much to do. */
static void be_busy(long ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (const int64_t until_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
         (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 < until_ms;)
        clock_gettime(CLOCK_MONOTONIC, &now);
}

enum cm_status cm_board_card(struct cm_board *board, struct cm_span line)
{
    if (cm_span_starts_with(line, CM_SPAN("busy "))) {
        be_busy(strtol(line.ptr + 5, NULL, 10));
        return CM_OK;
    }
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++) {
        size_t len = strlen(names[i]);
        if (line.len <= len || memcmp(line.ptr, names[i], len) != 0 || line.ptr[len] != ' ')
            continue;
        snprintf(board->values[i], VALUE_BYTES, "%.*s", (int)(line.len - len - 1), line.ptr + len + 1);
        return CM_OK;
    }
    return CM_EINPUT;
}

void cm_board_erase(struct cm_board *board, struct cm_span interaction_id)
{
    (void)interaction_id;
    empty(board);
}

enum cm_status cm_board_event(struct cm_board *board, struct cm_span line)
{
    (void)board;
    (void)line;
    return CM_OK;
}

void cm_board_lost(struct cm_board *board, uint64_t cards)
{
    board->lost += cards;
}

void cm_board_source_is(struct cm_board *board, const struct cm_board_source *source)
{
    snprintf(board->values[CM_BOARD_SOURCE], VALUE_BYTES, "{\"state\":%d}", (int)source->state);
}

void cm_board_time(struct cm_board *board, int64_t now_ms)
{
    if (now_ms < board->now_ms)
        abort(); /* it never goes back */
    board->now_ms = now_ms;
}

const char *cm_board_section_name(enum cm_board_section section)
{
    return names[section];
}

void cm_board_section(struct cm_board *board, enum cm_board_section section, struct cm_span queue, struct cm_buffer *out)
{
    (void)queue;
    board->rendered++;
    cm_buffer_text(out, board->values[section]);
}

void cm_board_snapshot(struct cm_board *board, struct cm_span queue, struct cm_buffer *out)
{
    cm_buffer_text(out, "{\"version\":1,\"queue\":");
    if (queue.ptr)
        cm_buffer_json(out, queue);
    else
        cm_buffer_text(out, "null");
    for (unsigned i = 0; i < CM_BOARD_SECTION_COUNT; i++)
        cm_buffer_printf(out, ",\"%s\":%s", names[i], board->values[i]);
    cm_buffer_byte(out, '}');
}

bool cm_board_interaction(struct cm_board *board, struct cm_span interaction_id, struct cm_buffer *out)
{
    (void)board;
    if (!cm_span_equal(interaction_id, CM_SPAN("known/1 é")))
        return false;
    cm_buffer_text(out, "{\"version\":1,\"interaction_id\":");
    cm_buffer_json(out, interaction_id);
    cm_buffer_byte(out, '}');
    return true;
}

void cm_board_overdue(struct cm_board *board, int64_t after_ms, void (*tell)(void *context, const struct cm_board_overdue *overdue),
                      void *context)
{
    (void)board;
    (void)after_ms;
    (void)tell;
    (void)context;
}

bool cm_board_waits(const struct cm_board *board, struct cm_span interaction_id, int64_t since_ms)
{
    (void)board;
    (void)interaction_id;
    (void)since_ms;
    return false;
}

void cm_board_metrics(struct cm_board *board, uint32_t cues, struct cm_buffer *out)
{
    (void)board;
    (void)cues;
    cm_buffer_text(out, "# HELP fake A board that is none.\n# TYPE fake gauge\nfake 1\n");
}

unsigned fake_board_rendered(const struct cm_board *board)
{
    return board->rendered;
}

uint64_t fake_board_lost(const struct cm_board *board)
{
    return board->lost;
}

int64_t fake_board_time(const struct cm_board *board)
{
    return board->now_ms;
}
